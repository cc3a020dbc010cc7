/* SPDX-License-Identifier: MPL-2.0 */
/*
 * kea-migrate. The first byte says what the rest is: a configuration of dhcpd for DHCPv4 or DHCPv6, whose conversion
 * passes the server's check, one of dnsmasq, Windows, coredhcp or Kea, or a lease file. What comes out of a lease file
 * of dhcpd survives the way there and back.
 */
#include "kea-migrate/check.h"
#include "kea-migrate/coredhcp.h"
#include "kea-migrate/dnsmasq.h"
#include "kea-migrate/kea.h"
#include "kea-migrate/leases.h"
#include "kea-migrate/windows.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char plan4[] = "{ \"Dhcp4\": { \"subnet4\": [ { \"id\": 1, \"subnet\": \"0.0.0.0/0\" } ] } }";
static const char plan6[] = "{ \"Dhcp6\": { \"subnet6\": [ { \"id\": 1, \"subnet\": \"::/0\", \"pd-pools\": [ { "
			    "\"prefix\": \"2001:db8::\", "
			    "\"prefix-len\": 32, \"delegated-len\": 56 } ] } ] } }";

static struct config *config_of(unsigned family)
{
	static struct config *configs[2];
	struct diag *diag = NULL;
	const char *text = family == 6 ? plan6 : plan4;

	if (!configs[family == 6])
		assert(config_load_text("plan", text, strlen(text), family, CONFIG_CHECK, &diag,
					&configs[family == 6]) == 0);
	diag_free(diag);
	return configs[family == 6];
}

static void convert(unsigned family, const char *text, size_t len, char source)
{
	struct dhcpd_input in = { .name = "fuzz", .text = text, .len = len, .family = family };
	struct dnsmasq_input other = { .name = "fuzz", .text = text, .len = len, .family = family };
	struct windows_input windows = { "fuzz", text, len };
	struct coredhcp_input coredhcp = { "fuzz", text, len, family };
	struct arena *arena = arena_new(0);
	struct str out = { 0 }, ddns = { 0 };
	struct conversion conv;
	struct report rep;

	report_init(&rep, arena);
	if (source == 'd')
		dnsmasq_run(&other, &rep, &conv);
	else if (source == 'w')
		windows_run(&windows, &rep, &conv);
	else if (source == 'y')
		coredhcp_run(&coredhcp, &rep, &conv);
	else
		dhcpd_run(&in, &rep, &conv);
	assert(conv.root);
	if (!check_output(&conv, &rep, &out, &ddns)) {
		report_print(&rep, stderr);
		fprintf(stderr, "%.*s\n", (int)len, text);
		abort();
	}
	assert(out.len);
	str_free(&out);
	str_free(&ddns);
	report_done(&rep);
	arena_free(arena);
}

/* The result may be nothing, but what there is passes the check; kea_run() has made sure of that. */
static void upgrade(const char *text, size_t len)
{
	struct arena *arena = arena_new(0);
	struct kea_input in = { "fuzz", text, len };
	struct str out = { 0 };
	struct report rep;

	report_init(&rep, arena);
	kea_run(&in, &rep, &out);
	assert(rep.is_unusable == !out.len);
	str_free(&out);
	report_done(&rep);
	arena_free(arena);
}

static void leases(unsigned family, const char *text, size_t len, bool back,
		   void (*fn)(const struct leases_input *, struct report *, struct str *), struct str *out)
{
	struct arena *arena = arena_new(0);
	struct leases_input in = { "fuzz", text, len, family, back ? NULL : config_of(family) };
	struct report rep;

	report_init(&rep, arena);
	fn(&in, &rep, out);
	report_done(&rep);
	arena_free(arena);
}

static void round_trip(unsigned family, const char *text, size_t len)
{
	struct str csv = { 0 }, again = { 0 }, dhcpd = { 0 };

	leases(family, text, len, false, leases_from_dhcpd, &csv);
	leases(family, csv.text, csv.len, true, leases_to_dhcpd, &dhcpd);
	leases(family, dhcpd.text, dhcpd.len, false, leases_from_dhcpd, &again);
	/* DHCPv6 leases come back sorted. */
	if (csv.len != again.len) {
		fprintf(stderr, "%s\n%s\n%s\n", str_text(&csv), str_text(&dhcpd), str_text(&again));
		abort();
	}
	assert(family == 6 || memcmp(csv.text, again.text, csv.len) == 0);
	str_free(&csv);
	str_free(&again);
	str_free(&dhcpd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	struct str out = { 0 };

	if (!size)
		return 0;
	switch (data[0]) {
	case '4':
	case '6':
		convert(data[0] == '6' ? 6 : 4, text, size - 1, 'i');
		break;
	case 'd':
	case 'D':
		convert(data[0] == 'D' ? 6 : 4, text, size - 1, 'd');
		break;
	case 'w':
		convert(4, text, size - 1, 'w');
		break;
	case 'y':
	case 'Y':
		convert(data[0] == 'Y' ? 6 : 4, text, size - 1, 'y');
		break;
	case 'k':
		upgrade(text, size - 1);
		break;
	case 'l':
	case 'L':
		round_trip(data[0] == 'L' ? 6 : 4, text, size - 1);
		break;
	case 'c':
	case 'C':
		leases(data[0] == 'C' ? 6 : 4, text, size - 1, true, leases_to_dhcpd, &out);
		str_free(&out);
		break;
	default:
		break;
	}
	return 0;
}

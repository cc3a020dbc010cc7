/* SPDX-License-Identifier: MPL-2.0 */
/* What is logged about a configuration that was read, and what stays in memory for serving. */
#include "../suite.h"

#include "base/str.h"
#include "root/config.h"

#include <malloc.h>

static void check_summary(unsigned digit, const char *text, const char *expect)
{
	struct config *cfg = NULL;
	struct diag *diag;

	ck_assert_int_eq(config_load_text("test", text, strlen(text), digit, 0, &diag, &cfg), 0);
	ck_assert_str_eq(cfg->summary, expect);
	config_free(cfg);
	diag_free(diag);
}

START_TEST(summary4)
{
	check_summary(4, "{ \"Dhcp4\": { \"interfaces-config\": { \"interfaces\": [] } } }",
		      "0 subnets, 0 pools, 0 interfaces");
	check_summary(4,
		      "{ \"Dhcp4\": { \"interfaces-config\": { \"interfaces\": [] }, \"subnet4\": ["
		      " { \"id\": 1, \"subnet\": \"192.0.2.0/24\", \"pools\": ["
		      " { \"pool\": \"192.0.2.10-192.0.2.19\" }, { \"pool\": \"192.0.2.30-192.0.2.39\" } ] },"
		      " { \"id\": 2, \"subnet\": \"198.51.100.0/24\" } ] } }",
		      "2 subnets, 2 pools, 0 interfaces");
}
END_TEST

/* Prefix pools are logged next to address pools, even if there are none. */
START_TEST(summary6)
{
	check_summary(6,
		      "{ \"Dhcp6\": { \"interfaces-config\": { \"interfaces\": [] }, \"subnet6\": ["
		      " { \"id\": 1, \"subnet\": \"2001:db8:1::/64\", \"pools\": [ { \"pool\": \"2001:db8:1::/80\" } ] "
		      "} ] } }",
		      "1 subnet, 1 pool, 0 pd-pools, 0 interfaces");
	check_summary(6,
		      "{ \"Dhcp6\": { \"interfaces-config\": { \"interfaces\": [] }, \"subnet6\": ["
		      " { \"id\": 1, \"subnet\": \"2001:db8:1::/64\", \"pools\": [ { \"pool\": \"2001:db8:1::/80\" } "
		      "], \"pd-pools\": ["
		      " { \"prefix\": \"2001:db8:8000::\", \"prefix-len\": 40, \"delegated-len\": 56 },"
		      " { \"prefix\": \"2001:db8:9000::\", \"prefix-len\": 40, \"delegated-len\": 56 } ] },"
		      " { \"id\": 2, \"subnet\": \"2001:db8:2::/64\", \"pd-pools\": ["
		      " { \"prefix\": \"2001:db8:a000::\", \"prefix-len\": 40, \"delegated-len\": 56 } ] } ] } }",
		      "2 subnets, 1 pool, 3 pd-pools, 0 interfaces");
}
END_TEST

#define HOSTS 20000u
#define HOST_BYTES 150

/* Bytes that malloc has handed out; a sanitizer's malloc reports nothing. */
static size_t in_use(void)
{
#ifdef __GLIBC__
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
#else
	return 0;
#endif
}

/* Every other address is reserved, so that no two of them share a range. */
static void add_hosts(struct str *text, unsigned digit, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned id = i * 0x9e3779 & 0xffffff; /* in no order, as real ones */

		if (digit == 6)
			str_addf(text,
				 "%s{ \"duid\": \"00:03:00:01:02:00:00:%02x:%02x:%02x\","
				 " \"ip-addresses\": [ \"2001:db8::%x\" ] }",
				 i ? ", " : "", id >> 16, id >> 8 & 255, id & 255, 2 * i + 1);
		else
			str_addf(text,
				 "%s{ \"hw-address\": \"02:00:00:%02x:%02x:%02x\", \"ip-address\": \"10.%u.%u.%u\" }",
				 i ? ", " : "", id >> 16, id >> 8 & 255, id & 255, (2 * i + 1) >> 16,
				 (2 * i + 1) >> 8 & 255, (2 * i + 1) & 255);
	}
}

/* Returns what a configuration with this many reservations takes while it serves. */
static size_t memory_of(unsigned digit, unsigned n)
{
	struct str text = { 0 };
	struct diag *diag = NULL;
	struct config *cfg = NULL;
	size_t before, after;
	int err;

	str_addf(&text, "{ \"Dhcp%u\": { \"interfaces-config\": { \"interfaces\": [] }, \"subnet%u\": [ { \"id\": 1, ",
		 digit, digit);
	str_add(&text, digit == 6 ? "\"subnet\": \"2001:db8::/64\", \"pools\": [ { \"pool\": \"2001:db8::/96\" } ]"
				  : "\"subnet\": \"10.0.0.0/8\", \"pools\": [ { \"pool\": \"10.0.0.0/9\" } ]");
	str_add(&text, ", \"reservations\": [ ");
	add_hosts(&text, digit, n);
	str_add(&text, " ] } ] } }");
	before = in_use();
	err = config_load_text("test", str_text(&text), text.len, digit, CONFIG_SERVE, &diag, &cfg);
	diag_free(diag);
	after = in_use();
	ck_assert_int_eq(err, 0);
	ck_assert(!cfg->doc.root && !cfg->loading);
	ck_assert_uint_eq(cfg->plan.subs[0].pools[0].n_withheld, n);
	after = after > before ? after - before : 0;
	config_free(cfg);
	str_free(&text);
	return after;
}

START_TEST(reservations_are_small)
{
	unsigned digit = _i ? 6 : 4;
	size_t none = memory_of(digit, 0), many = memory_of(digit, HOSTS);

	ck_assert_msg(many - none <= (size_t)HOSTS * HOST_BYTES, "%.1f bytes each", (double)(many - none) / HOSTS);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("config");

	tcase_add_test(tc, summary4);
	tcase_add_test(tc, summary6);
	tcase_add_loop_test(tc, reservations_are_small, 0, 2);
	return suite_run(tc);
}

/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/hwaddr6.h"

#include "wire/ident.h"

enum {
	CABLELABS = 4491,
	DOCSIS_DEVICE_ID = 36,     /* in the modem's option 17 */
	DOCSIS_CMTS_CM_MAC = 1026, /* in the CMTS's option 17 */
};

struct query {
	const struct packet6 *pkt;
	const struct ip *from;
	uint8_t hwtype;
};

static bool take(struct bytes addr, uint8_t hwtype, struct hwaddr6 *ret)
{
	if (!addr.len || addr.len > HWADDR6_MAX)
		return false;
	ret->hwtype = hwtype;
	ret->len = (uint8_t)addr.len;
	memcpy(ret->b, addr.data, addr.len);
	return true;
}

static bool from_duid(const struct query *q, struct hwaddr6 *ret)
{
	const struct opt *opt = opts_find(&q->pkt->opts, OPT6_CLIENTID);
	struct bytes addr;
	uint8_t hwtype;

	return opt && duid_hwaddr(opt->data, &hwtype, &addr) && take(addr, hwtype, ret);
}

static bool from_link_local(const struct query *q, struct hwaddr6 *ret)
{
	const struct relay6 *relay = packet6_first_relay(q->pkt);
	uint8_t mac[6];

	return ident_eui64(relay ? &relay->peer : q->from, mac) && take(bytes_of(mac, sizeof(mac)), q->hwtype, ret);
}

/* RFC 6939 section 4: a two-byte type and the address. */
static bool from_client_link_addr(const struct query *q, struct hwaddr6 *ret)
{
	const struct opt *opt = packet6_relay_opt(q->pkt, OPT6_CLIENT_LINKLAYER_ADDR);
	struct reader r;
	uint16_t hwtype;

	if (!opt)
		return false;
	r = reader_of(opt->data);
	hwtype = read_u16(&r);
	return hwtype <= UINT8_MAX && take(read_rest(&r), (uint8_t)hwtype, ret);
}

/* RFC 4649 section 3: an enterprise number, then relay-specific data: here, an address. */
static bool from_remote_id(const struct query *q, struct hwaddr6 *ret)
{
	const struct opt *opt = packet6_relay_opt(q->pkt, OPT6_REMOTE_ID);
	struct reader r;

	if (!opt)
		return false;
	r = reader_of(opt->data);
	(void)read_u32(&r);
	return take(read_rest(&r), q->hwtype, ret);
}

static bool from_subscriber_id(const struct query *q, struct hwaddr6 *ret)
{
	const struct opt *opt = packet6_relay_opt(q->pkt, OPT6_SUBSCRIBER_ID);

	return opt && take(opt->data, q->hwtype, ret);
}

/* Finds the sub-option in the first CableLabs option 17 of the list. */
static bool from_docsis(const struct opts *opts, uint16_t code, uint8_t hwtype, struct hwaddr6 *ret)
{
	for (unsigned i = 0; i < opts->n; i++) {
		struct reader r = reader_of(opts->v[i].data);
		struct bytes addr;

		if (opts->v[i].code == OPT6_VENDOR_OPTS && read_u32(&r) == CABLELABS)
			return opt_find6(read_rest(&r), code, &addr) && take(addr, hwtype, ret);
	}
	return false;
}

static bool from_docsis_cmts(const struct query *q, struct hwaddr6 *ret)
{
	for (unsigned i = q->pkt->n_relays; i--;)
		if (from_docsis(&q->pkt->relays[i].opts, DOCSIS_CMTS_CM_MAC, q->hwtype, ret))
			return true;
	return false;
}

static bool from_docsis_modem(const struct query *q, struct hwaddr6 *ret)
{
	return from_docsis(&q->pkt->opts, DOCSIS_DEVICE_ID, q->hwtype, ret);
}

/* In the order in which "any" tries them: what a relay saw before what the client says. */
static const struct source {
	enum hwaddr6_source source;
	const char *name, *alias;
	bool (*find)(const struct query *q, struct hwaddr6 *ret);
} sources[] = {
	{ HWADDR6_RAW, "raw", NULL, NULL },
	{ HWADDR6_CLIENT_LINK_ADDR, "client-link-addr-option", "rfc6939", from_client_link_addr },
	{ HWADDR6_DUID, "duid", NULL, from_duid },
	{ HWADDR6_LINK_LOCAL, "ipv6-link-local", NULL, from_link_local },
	{ HWADDR6_REMOTE_ID, "remote-id", "rfc4649", from_remote_id },
	{ HWADDR6_SUBSCRIBER_ID, "subscriber-id", "rfc4580", from_subscriber_id },
	{ HWADDR6_DOCSIS_CMTS, "docsis-cmts", NULL, from_docsis_cmts },
	{ HWADDR6_DOCSIS_MODEM, "docsis-modem", NULL, from_docsis_modem },
	{ HWADDR6_ANY, "any", NULL, NULL },
};
enum { SOURCES = sizeof(sources) / sizeof(sources[0]) };

enum hwaddr6_source hwaddr6_source_by_name(const char *name)
{
	for (unsigned i = 0; i < SOURCES; i++)
		if (strcmp(sources[i].name, name) == 0 || (sources[i].alias && strcmp(sources[i].alias, name) == 0))
			return sources[i].source;
	return HWADDR6_UNKNOWN;
}

const char *hwaddr6_source_name(enum hwaddr6_source source)
{
	for (unsigned i = 0; i < SOURCES; i++)
		if (sources[i].source == source)
			return sources[i].name;
	return NULL;
}

bool hwaddr6_find(const struct packet6 *pkt, enum hwaddr6_source source, const struct ip *from, uint8_t hwtype,
		  struct hwaddr6 *ret)
{
	struct query q = { pkt, from, hwtype };

	for (unsigned i = 0; i < SOURCES; i++) {
		struct hwaddr6 found;

		if (!sources[i].find || (source != HWADDR6_ANY && source != sources[i].source))
			continue;
		found = (struct hwaddr6){ .source = sources[i].source };
		if (sources[i].find(&q, &found)) {
			*ret = found;
			return true;
		}
	}
	return false;
}

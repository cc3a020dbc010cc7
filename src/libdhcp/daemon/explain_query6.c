/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/explain_query.h"

#include "wire/ia6.h"
#include "wire/packet6.h"

/* What a client asks for that says nothing else about it: DNS, its search list, NTP. */
static const uint8_t usual[] = { 0, 23, 0, 24, 0, 31, 0, 56 };
static const struct ip all_servers = { { 0xff, 2, [13] = 1, [15] = 2 } }, some_client = { { 0xfe, 0x80, [15] = 1 } };

static void fail(struct ctl_call *call, const struct explain_args *args, const char *key, const char *why)
{
	diag_error(ctl_call_diag(call), conf_pos(&args->node, key), "\"%s\": %s", key, why);
}

static struct bytes duid_of(struct ctl_call *call, const struct explain_args *args)
{
	struct bytes mac;
	uint8_t *buf;

	if (args->client_id || !args->hw_address)
		return explain_bytes_of(call, args, "duid", args->client_id);
	mac = explain_bytes_of(call, args, "hw-address", args->hw_address);
	buf = arena_alloc(ctl_call_arena(call), mac.len + 4);
	memcpy(buf, "\0\3\0\1", 4);
	if (mac.len)
		memcpy(buf + 4, mac.data, mac.len);
	return bytes_of(buf, mac.len ? mac.len + 4 : 0);
}

/* Without "want": what the client names, else an address. */
static bool wants(const struct explain_args *args, const char *what, bool is_named)
{
	for (unsigned i = 0; i < args->want.n; i++)
		if (!strcmp(args->want.v[i], what))
			return true;
	return !args->want.n && is_named;
}

/* True if the client names something. */
static bool read_named(struct ctl_call *call, const struct explain_args *args, struct prefix *ret)
{
	if (!args->address)
		return false;
	if (strchr(args->address, '/') ? prefix_parse(args->address, ret) >= 0
				       : ip_parse(args->address, &ret->addr) >= 0) {
		if (!strchr(args->address, '/'))
			ret->len = 128;
		if (!ip_is4(&ret->addr))
			return true;
	}
	fail(call, args, "address", "expected an IPv6 address, or a prefix with its length");
	return false;
}

static void add_ias(struct ctl_call *call, const struct explain_args *args, unsigned type, struct opts *opts)
{
	static const struct {
		const char *name;
		uint16_t code;
	} kinds[] = { { "address", OPT6_IA_NA }, { "prefix", OPT6_IA_PD } };
	struct prefix named;
	bool is_named = read_named(call, args, &named);
	struct ia6_builder b;

	for (unsigned i = 0; i < args->want.n; i++)
		if (strcmp(args->want.v[i], "address") && strcmp(args->want.v[i], "prefix"))
			fail(call, args, "want", "expected address or prefix");
	if (type == DHCP6_INFORMATION_REQUEST || ia6_builder_init(&b, opts, 256) < 0)
		return;
	for (unsigned i = 0; i < 2; i++) {
		bool is_it = (kinds[i].code == OPT6_IA_PD) == (is_named && named.len < 128);

		if (!wants(args, kinds[i].name, is_it))
			continue;
		ia6_open(&b, kinds[i].code, args->iaid, 0, 0);
		if (is_named && is_it)
			ia6_add(&b, &named, 0, 0);
		(void)ia6_close(&b);
	}
}

static void add_relay(struct ctl_call *call, const struct explain_args *args, struct packet6 *pkt)
{
	struct bytes id = explain_bytes_of(call, args, "interface-id", args->interface_id);
	struct relay6 *relay = arena_alloc(ctl_call_arena(call), sizeof(*relay));

	*relay = (struct relay6){ .link = ip_zero6, .peer = some_client };
	opts_init(&relay->opts, ctl_call_arena(call));
	if (!explain_address_of(call, args, "link", args->link, &relay->link) && !id.len && !args->relay_options)
		return;
	if (id.len)
		(void)opts_add(&relay->opts, OPT6_INTERFACE_ID, id);
	explain_add_options(call, args, "relay-options", args->relay_options, "dhcp6", &relay->opts);
	pkt->relay_type = DHCP6_RELAY_FORW;
	pkt->relays = relay;
	pkt->n_relays = 1;
}

bool explain_query6(struct ctl_call *call, const struct explain_args *args, unsigned type, struct dgram *ret)
{
	const struct daemon *d = call_daemon(call);
	struct packet6 pkt = { .type = (uint8_t)type, .xid = 1 };
	struct bytes duid = duid_of(call, args);
	int len;

	opts_init(&pkt.opts, ctl_call_arena(call));
	if (duid.len)
		(void)opts_add(&pkt.opts, OPT6_CLIENTID, duid);
	if (d->fam->messages[type].server_id == ID_MUST)
		(void)opts_add(&pkt.opts, OPT6_SERVERID, duid_bytes(&d->srv.duid));
	explain_add_options(call, args, "options", args->options, "dhcp6", &pkt.opts);
	if (!opts_find(&pkt.opts, OPT6_ORO))
		(void)opts_add(&pkt.opts, OPT6_ORO, bytes_of(usual, sizeof(usual)));
	add_ias(call, args, type, &pkt.opts);
	add_relay(call, args, &pkt);
	if (!duid.len && d->fam->messages[type].client_id == ID_MUST && !diag_errors(ctl_call_diag(call)))
		diag_error(ctl_call_diag(call), conf_pos(&args->node, NULL),
			   "who asks? expected \"duid\", \"hw-address\" or \"packet\"");
	if (diag_errors(ctl_call_diag(call)))
		return false;
	ret->size = PACKET6_MAX;
	ret->buf = arena_alloc(ctl_call_arena(call), ret->size);
	len = packet6_write(&pkt, ret->buf, ret->size, NULL);
	ret->len = len < 0 ? 0 : (uint32_t)len;
	if (len < 0)
		fail(call, args, "options", "the message is too long");
	return len >= 0;
}

/* A relay's address would do no harm, but its message names its link. */
void explain_addresses6(struct dgram *ret)
{
	ret->sport = ret->len && ret->buf[0] == DHCP6_RELAY_FORW ? DHCP6_SERVER_PORT : DHCP6_CLIENT_PORT;
	ret->dport = DHCP6_SERVER_PORT;
	ret->src = some_client;
	ret->dst = all_servers;
}

/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/explain_query.h"

#include "wire/packet4.h"

/* What a client asks for that says nothing else about it. */
static const uint8_t usual[] = {
	OPT4_SUBNET_MASK, OPT4_ROUTERS,       OPT4_DOMAIN_NAME_SERVERS,
	OPT4_HOST_NAME,   OPT4_DOMAIN_NAME,   OPT4_BROADCAST_ADDRESS,
	OPT4_NTP_SERVERS, OPT4_DOMAIN_SEARCH, OPT4_CLASSLESS_STATIC_ROUTE,
};

static void add_sub(struct writer *w, uint8_t code, struct bytes data)
{
	if (!data.len)
		return;
	write_u8(w, code);
	write_u8(w, (uint8_t)data.len);
	write_bytes(w, data.data, data.len);
}

static struct bytes short_bytes(struct ctl_call *call, const struct explain_args *args, const char *key,
				const char *text)
{
	struct bytes bytes = explain_bytes_of(call, args, key, text);

	if (bytes.len <= 255)
		return bytes;
	diag_error(ctl_call_diag(call), conf_pos(&args->node, key), "\"%s\": longer than 255 bytes", key);
	return bytes_of(NULL, 0);
}

static void add_relay_info(struct ctl_call *call, const struct explain_args *args, struct opts *opts)
{
	uint8_t *buf = arena_alloc(ctl_call_arena(call), 1024);
	struct writer w = writer_init(buf, 1024);
	struct ip link;

	add_sub(&w, 1, short_bytes(call, args, "circuit-id", args->circuit_id));
	add_sub(&w, 2, short_bytes(call, args, "remote-id", args->remote_id));
	if (explain_address_of(call, args, "link", args->link, &link)) {
		write_u8(&w, 5);
		write_u8(&w, 4);
		write_u32(&w, ip_to4(&link));
	}
	if (!w.err && writer_len(&w))
		(void)opts_add(opts, OPT4_DHCP_AGENT_OPTIONS, bytes_of(buf, writer_len(&w)));
}

static void set_hwaddr(struct ctl_call *call, const struct explain_args *args, struct packet4 *pkt)
{
	struct bytes mac = explain_bytes_of(call, args, "hw-address", args->hw_address);

	if (mac.len > sizeof(pkt->chaddr)) {
		diag_error(ctl_call_diag(call), conf_pos(&args->node, "hw-address"),
			   "\"hw-address\": longer than %zu bytes", sizeof(pkt->chaddr));
		return;
	}
	pkt->htype = 1;
	pkt->hlen = (uint8_t)mac.len;
	if (mac.len)
		memcpy(pkt->chaddr, mac.data, mac.len);
}

static void add_address(struct ctl_call *call, const struct explain_args *args, struct packet4 *pkt)
{
	uint8_t *buf = arena_alloc(ctl_call_arena(call), 4);
	struct writer w = writer_init(buf, 4);
	struct ip addr;

	if (!explain_address_of(call, args, "address", args->address, &addr))
		return;
	if (pkt->type == DHCP4_RELEASE || pkt->type == DHCP4_INFORM) {
		pkt->ciaddr = ip_to4(&addr);
		return;
	}
	write_u32(&w, ip_to4(&addr));
	(void)opts_add(&pkt->opts, OPT4_DHCP_REQUESTED_ADDRESS, bytes_of(buf, 4));
}

bool explain_query4(struct ctl_call *call, const struct explain_args *args, unsigned type, struct dgram *ret)
{
	struct arena *arena = ctl_call_arena(call);
	struct packet4 pkt = { .op = BOOTREQUEST, .type = (uint8_t)type, .xid = 1, .sname = "", .file = "" };
	struct packet4_limits limits = { EXPLAIN_MAX, EXPLAIN_MAX };
	struct bytes id;
	struct ip relay;
	int len;

	opts_init(&pkt.opts, arena);
	set_hwaddr(call, args, &pkt);
	id = short_bytes(call, args, "client-id", args->client_id);
	if (id.len)
		(void)opts_add(&pkt.opts, OPT4_DHCP_CLIENT_IDENTIFIER, id);
	add_address(call, args, &pkt);
	if (explain_address_of(call, args, "relay", args->relay, &relay))
		pkt.giaddr = ip_to4(&relay);
	explain_add_options(call, args, "options", args->options, "dhcp4", &pkt.opts);
	if (!opts_find(&pkt.opts, OPT4_DHCP_PARAMETER_REQUEST_LIST))
		(void)opts_add(&pkt.opts, OPT4_DHCP_PARAMETER_REQUEST_LIST, bytes_of(usual, sizeof(usual)));
	add_relay_info(call, args, &pkt.opts);
	if (!pkt.hlen && !id.len && !diag_errors(ctl_call_diag(call)))
		diag_error(ctl_call_diag(call), conf_pos(&args->node, NULL),
			   "who asks? expected \"hw-address\", \"client-id\" or \"packet\"");
	if (diag_errors(ctl_call_diag(call)))
		return false;
	ret->buf = arena_alloc(arena, 2048);
	ret->size = 2048;
	len = packet4_write(&pkt, &limits, ret->buf, 2048, NULL);
	ret->len = len < 0 ? 0 : (uint32_t)len;
	if (len < 0)
		diag_error(ctl_call_diag(call), conf_pos(&args->node, "options"),
			   "\"options\": the message is too long");
	return len >= 0;
}

void explain_addresses4(struct dgram *ret)
{
	struct reader r = reader_init(ret->buf, ret->len);
	uint32_t ciaddr, giaddr;

	(void)read_bytes(&r, 12);
	ciaddr = read_u32(&r);
	(void)read_bytes(&r, 8);
	giaddr = read_u32(&r);
	if (r.err)
		return;
	ret->sport = giaddr ? 67 : 68;
	ret->dport = 67;
	ret->src = ip_from4(giaddr ? giaddr : ciaddr);
	ret->dst = giaddr || ciaddr ? ret->local : ip_from4(UINT32_MAX);
}

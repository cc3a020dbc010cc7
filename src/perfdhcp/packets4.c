/* SPDX-License-Identifier: MPL-2.0 */
/* DHCPv4 messages of a client, or of the relay agent in front of it: RFC 2131, 2132. */
#include "perfdhcp/packets.h"

enum { DISCOVER = 1, OFFER = 2, REQUEST = 3, ACK = 5, NAK = 6, RELEASE = 7 };
enum {
	OPT_REQUESTED = 50,
	OPT_LIFETIME = 51,
	OPT_TYPE = 53,
	OPT_SERVER_ID = 54,
	OPT_WANTED = 55,
	OPT_CLIENT_ID = 61,
	OPT_END = 255
};

#define COOKIE 0x63825363
#define FIXED_LEN 236
#define CHADDR_AT 28
#define MIN_LEN 300 /* RFC 1542 2.1 */

static const uint8_t type_of[N_KINDS] = {
	[FIRST] = DISCOVER,
	[SECOND] = REQUEST,
	[RENEWAL] = REQUEST,
	[RELEASING] = RELEASE,
};

static void option(struct writer *w, uint8_t code, const void *data, uint8_t len)
{
	write_u8(w, code);
	write_u8(w, len);
	write_bytes(w, data, len);
}

static void option_u32(struct writer *w, uint8_t code, uint32_t value)
{
	write_u8(w, code);
	write_u8(w, 4);
	write_u32(w, value);
}

static void server_id(struct writer *w, const struct grant *grant)
{
	if (grant->server.len)
		option(w, OPT_SERVER_ID, grant->server.data, (uint8_t)grant->server.len);
}

static void header(const struct options *opt, const struct message *msg, const uint8_t *mac, struct writer *w)
{
	bool in_use = msg->kind == RENEWAL || msg->kind == RELEASING;

	write_u8(w, 1); /* BOOTREQUEST */
	write_u8(w, 1); /* Ethernet */
	write_u8(w, MAC_LEN);
	write_u8(w, msg->relay ? 1 : 0);
	write_u32(w, msg->xid);
	write_u16(w, msg->waited_ms / 1000 > UINT16_MAX ? UINT16_MAX : (uint16_t)(msg->waited_ms / 1000));
	write_u16(w, opt->broadcast ? 0x8000 : 0);
	write_u32(w, in_use ? ip_to4(&msg->grant->addr) : 0);
	write_u32(w, 0);
	write_u32(w, 0);
	write_u32(w, msg->relay ? ip_to4(msg->relay) : 0);
	write_bytes(w, mac, MAC_LEN);
	write_zeros(w, FIXED_LEN - CHADDR_AT - MAC_LEN);
}

static void generate(const struct options *opt, const struct message *msg, struct writer *w)
{
	static const uint8_t wanted[] = { 1, 28, 2, 3, 15, 6, 12 };
	uint8_t client_id[1 + MAC_LEN] = { 1 }; /* Ethernet */

	client_mac(opt, msg->client, client_id + 1);
	header(opt, msg, client_id + 1, w);
	write_u32(w, COOKIE);
	option(w, OPT_TYPE, &type_of[msg->kind], 1);
	if (msg->kind == SECOND) {
		option_u32(w, OPT_REQUESTED, ip_to4(&msg->grant->addr));
		server_id(w, msg->grant);
	} else if (msg->kind == RELEASING) {
		server_id(w, msg->grant);
	}
	if (msg->kind != RELEASING)
		option(w, OPT_WANTED, wanted, sizeof(wanted));
	option(w, OPT_CLIENT_ID, client_id, sizeof(client_id));
	for (unsigned i = 0; i < opt->n_extra; i++)
		option(w, (uint8_t)opt->extra[i].code, opt->extra[i].data.data, (uint8_t)opt->extra[i].data.len);
	write_u8(w, OPT_END);
	if (writer_len(w) < MIN_LEN)
		write_zeros(w, MIN_LEN - writer_len(w));
}

/* Writes fields at offsets in a message from a file. */
static void put_u16(uint8_t *bytes, size_t len, size_t at, uint16_t v)
{
	struct writer w = writer_init(bytes + (at < len ? at : len), at < len ? len - at : 0);

	write_u16(&w, v);
}

static void put_u32(uint8_t *bytes, size_t len, size_t at, uint32_t v)
{
	struct writer w = writer_init(bytes + (at < len ? at : len), at < len ? len - at : 0);

	write_u32(&w, v);
}

static void from_template(const struct options *opt, const struct message *msg, struct writer *w)
{
	const struct template *t = &opt->templates[msg->kind == SECOND];
	uint8_t bytes[MAX_TEMPLATE], address[6], server[2 + 255];
	struct writer aw = writer_init(address, sizeof(address)), sw = writer_init(server, sizeof(server));
	struct reader giaddr = reader_init(t->bytes + 24, t->len < 28 ? 0 : 4);
	uint16_t secs = (uint16_t)(msg->waited_ms / 1000);

	memcpy(bytes, t->bytes, t->len);
	put_u32(bytes, t->len, t->xid_at ? t->xid_at : 4, msg->xid);
	/* Without the relay agent's address no response would come back. */
	if (msg->relay && read_u32(&giaddr) == 0)
		put_u32(bytes, t->len, 24, ip_to4(msg->relay));
	template_client(opt, bytes, t->len, t->id_at ? t->id_at : CHADDR_AT + MAC_LEN - 1, msg->client);
	if (msg->kind == FIRST) {
		if (secs)
			put_u16(bytes, t->len, 8, secs);
		write_bytes(w, bytes, t->len);
		return;
	}
	if (opt->time_at)
		put_u16(bytes, t->len, opt->time_at, secs);
	option_u32(&aw, OPT_REQUESTED, ip_to4(&msg->grant->addr));
	server_id(&sw, msg->grant);
	struct splice splices[] = {
		{ opt->ip_at, OPT_REQUESTED, bytes_of(address, writer_len(&aw)) },
		{ opt->server_id_at, OPT_SERVER_ID, bytes_of(server, writer_len(&sw)) },
	};
	template_write(bytes, t->len, 2, splices, 2, w);
}

static void write4(const struct options *opt, const struct message *msg, struct writer *w)
{
	if (msg->kind <= SECOND && opt->templates[msg->kind].len)
		from_template(opt, msg, w);
	else
		generate(opt, msg, w);
}

static bool read4(const struct options *opt, struct bytes datagram, struct answer *ret)
{
	struct reader r = reader_of(datagram);
	uint8_t op = read_u8(&r), hlen;

	(void)opt;
	*ret = (struct answer){ 0 };
	(void)read_u8(&r);
	hlen = read_u8(&r);
	(void)read_u8(&r);
	ret->xid = read_u32(&r);
	(void)read_bytes(&r, 8); /* secs, flags, ciaddr */
	ret->grant.addr = ip_from4(read_u32(&r));
	(void)read_bytes(&r, 8); /* siaddr, giaddr */
	ret->client = bytes_of(read_bytes(&r, 16), hlen < 16 ? hlen : 16);
	(void)read_bytes(&r, FIXED_LEN - CHADDR_AT - 16);
	if (read_u32(&r) != COOKIE || r.err || op != 2)
		return false;
	while (reader_left(&r)) {
		uint8_t code = read_u8(&r), len;
		struct reader value;

		if (code == OPT_END)
			break;
		if (!code)
			continue;
		len = read_u8(&r);
		value = read_sub(&r, len);
		if (r.err)
			return false;
		switch (code) {
		case OPT_TYPE:
			ret->type = read_u8(&value);
			break;
		case OPT_LIFETIME:
			ret->grant.valid = read_u32(&value);
			break;
		case OPT_SERVER_ID:
			ret->grant.server = read_rest(&value);
			break;
		}
		if (value.err)
			return false;
	}
	ret->refused = ret->type == NAK;
	ret->committed = ret->type == ACK;
	ret->grant.has_addr = !ret->refused && !ip_is_zero(&ret->grant.addr);
	return ret->type != 0;
}

static bool answers4(const struct options *opt, uint8_t type, enum kind kind, bool *ret_last)
{
	*ret_last = kind != FIRST || opt->first_only;
	return kind == FIRST ? type == OFFER : (kind == SECOND || kind == RENEWAL) && (type == ACK || type == NAK);
}

static enum kind kind_of4(uint8_t type)
{
	return type == OFFER ? FIRST : type == ACK || type == NAK ? SECOND : N_KINDS;
}

const struct proto proto4 = {
	.kind_names = { "DISCOVER-OFFER", "REQUEST-ACK", "REQUEST-ACK (renewal)", "RELEASE" },
	.server_port = 67,
	.client_port = 68,
	.relay_port = 67,
	.xid_bits = 32,
	.write = write4,
	.read = read4,
	.answers = answers4,
	.kind_of = kind_of4,
};

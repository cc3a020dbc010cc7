/* SPDX-License-Identifier: MPL-2.0 */
/* DHCPv6 messages of a client, or of the relay agent in front of it: RFC 8415. */
#include "perfdhcp/packets.h"

enum { SOLICIT = 1, ADVERTISE = 2, REQUEST = 3, RENEW = 5, REPLY = 7, RELEASE = 8, RELAY_FORW = 12, RELAY_REPL = 13 };
enum {
	OPT_CLIENT_ID = 1,
	OPT_SERVER_ID = 2,
	OPT_IA_NA = 3,
	OPT_IA_ADDR = 5,
	OPT_WANTED = 6,
	OPT_ELAPSED = 8,
	OPT_RELAY_MSG = 9,
	OPT_STATUS = 13,
	OPT_RAPID_COMMIT = 14,
	OPT_IA_PD = 25,
	OPT_IA_PREFIX = 26,
};

#define IAID 1
#define HEAD_LEN 4   /* type and transaction id */
#define OPTION_LEN 4 /* code and length */
#define IA_MAX 80

static const uint8_t type_of[N_KINDS] = {
	[FIRST] = SOLICIT,
	[SECOND] = REQUEST,
	[RENEWAL] = RENEW,
	[RELEASING] = RELEASE,
};

static void option(struct writer *w, uint16_t code, struct bytes value)
{
	write_u16(w, code);
	write_u16(w, (uint16_t)value.len);
	write_bytes(w, value.data, value.len);
}

/* RFC 8415 21.4: zero times leave the choice to the server. */
static void ia_head(struct writer *w, uint16_t code, uint16_t content)
{
	write_u16(w, code);
	write_u16(w, (uint16_t)(12 + content));
	write_u32(w, IAID);
	write_u64(w, 0);
}

static void ia_na(struct writer *w, const struct grant *grant)
{
	bool has = grant && grant->has_addr;

	ia_head(w, OPT_IA_NA, has ? OPTION_LEN + 24 : 0);
	if (!has)
		return;
	write_u16(w, OPT_IA_ADDR);
	write_u16(w, 24);
	write_bytes(w, grant->addr.b, 16);
	write_u64(w, 0); /* lifetimes */
}

static void ia_pd(struct writer *w, const struct grant *grant)
{
	bool has = grant && grant->has_prefix;

	ia_head(w, OPT_IA_PD, has ? OPTION_LEN + 25 : 0);
	if (!has)
		return;
	write_u16(w, OPT_IA_PREFIX);
	write_u16(w, 25);
	write_u64(w, 0);
	write_u8(w, grant->prefix_len);
	write_bytes(w, grant->prefix.b, 16);
}

static uint16_t elapsed(const struct message *msg)
{
	return msg->waited_ms / 10 > UINT16_MAX ? UINT16_MAX : (uint16_t)(msg->waited_ms / 10);
}

static void generate(const struct options *opt, const struct message *msg, struct writer *w)
{
	uint8_t duid[MAX_DUID];
	size_t duid_len = client_duid(opt, msg->client, duid);

	write_u32(w, (uint32_t)type_of[msg->kind] << 24 | (msg->xid & 0xffffff));
	option(w, OPT_CLIENT_ID, bytes_of(duid, duid_len));
	if (msg->grant && msg->grant->server.len)
		option(w, OPT_SERVER_ID, msg->grant->server);
	/* Renew and release name what the client has; the others what it wants. */
	if (msg->kind <= SECOND ? opt->leases & LEASE_ADDRESS : msg->grant->has_addr)
		ia_na(w, msg->grant);
	if (msg->kind <= SECOND ? opt->leases & LEASE_PREFIX : msg->grant->has_prefix)
		ia_pd(w, msg->grant);
	if (msg->kind != RELEASING) {
		write_u16(w, OPT_WANTED);
		write_u16(w, 4);
		write_u32(w, 23 << 16 | 24); /* DNS servers, search list */
	}
	write_u16(w, OPT_ELAPSED);
	write_u16(w, 2);
	write_u16(w, elapsed(msg));
	if (opt->rapid && msg->kind == FIRST)
		option(w, OPT_RAPID_COMMIT, bytes_of(NULL, 0));
	for (unsigned i = 0; i < opt->n_extra; i++)
		option(w, opt->extra[i].code, opt->extra[i].data);
}

/* Returns the offset of an option; 0 if it is missing. */
static size_t find_option(const uint8_t *bytes, size_t len, uint16_t code)
{
	struct reader r = reader_init(bytes, len);

	(void)read_u32(&r);
	while (reader_left(&r)) {
		size_t at = len - reader_left(&r);
		uint16_t found = read_u16(&r);
		uint16_t size = read_u16(&r);

		(void)read_bytes(&r, size);
		if (r.err)
			return 0;
		if (found == code)
			return at;
	}
	return 0;
}

/* Writes bytes at an offset in a message from a file; skipped if the message is too short. */
static void put(uint8_t *bytes, size_t len, size_t at, uint32_t value, unsigned n)
{
	for (unsigned i = 0; at + n <= len && i < n; i++)
		bytes[at + i] = (uint8_t)(value >> 8 * (n - 1 - i));
}

static size_t client_end(const uint8_t *bytes, size_t len)
{
	size_t at = find_option(bytes, len, OPT_CLIENT_ID);
	struct reader r = reader_init(bytes + at, len - at);

	(void)read_u16(&r);
	return at ? at + OPTION_LEN + read_u16(&r) - 1 : 0;
}

static void from_template(const struct options *opt, const struct message *msg, struct writer *w)
{
	const struct template *t = &opt->templates[msg->kind == SECOND];
	uint8_t bytes[MAX_TEMPLATE], na[IA_MAX], pd[IA_MAX], server[OPTION_LEN + MAX_DUID];
	struct writer nw = writer_init(na, sizeof(na)), pw = writer_init(pd, sizeof(pd)),
		      sw = writer_init(server, sizeof(server));
	size_t elapsed_at;

	memcpy(bytes, t->bytes, t->len);
	put(bytes, t->len, t->xid_at ? t->xid_at : 1, msg->xid, 3);
	template_client(opt, bytes, t->len, t->id_at ? t->id_at : (uint32_t)client_end(bytes, t->len), msg->client);
	if (msg->kind == FIRST) {
		elapsed_at = find_option(bytes, t->len, OPT_ELAPSED);
		if (elapsed_at && msg->waited_ms)
			put(bytes, t->len, elapsed_at + OPTION_LEN, elapsed(msg), 2);
		write_bytes(w, bytes, t->len);
		return;
	}
	if (opt->time_at)
		put(bytes, t->len, opt->time_at, elapsed(msg), 2);
	if (msg->grant->server.len)
		option(&sw, OPT_SERVER_ID, msg->grant->server);
	ia_na(&nw, msg->grant);
	ia_pd(&pw, msg->grant);
	struct splice splices[] = {
		{ opt->server_id_at, OPT_SERVER_ID, bytes_of(server, writer_len(&sw)) },
		{ opt->ip_at, OPT_IA_NA, bytes_of(na, writer_len(&nw)) },
		{ opt->leases == LEASE_BOTH ? (uint32_t)find_option(bytes, t->len, OPT_IA_PD) : 0, OPT_IA_PD,
		  bytes_of(pd, writer_len(&pw)) },
	};
	if (opt->leases == LEASE_PREFIX)
		splices[1] = (struct splice){ opt->ip_at, OPT_IA_PD, bytes_of(pd, writer_len(&pw)) };
	template_write(bytes, t->len, OPTION_LEN, splices, 3, w);
}

static void client_message(const struct options *opt, const struct message *msg, struct writer *w)
{
	if (msg->kind <= SECOND && opt->templates[msg->kind].len)
		from_template(opt, msg, w);
	else
		generate(opt, msg, w);
}

static void write6(const struct options *opt, const struct message *msg, struct writer *w)
{
	struct writer length;
	uint8_t *at, mac[MAC_LEN];

	if (!msg->relay) {
		client_message(opt, msg, w);
		return;
	}
	write_u8(w, RELAY_FORW);
	write_u8(w, 0); /* hops */
	write_bytes(w, msg->relay->b, 16);
	/* the client's link-local address, RFC 4291 appendix A */
	client_mac(opt, msg->client, mac);
	write_u64(w, UINT64_C(0xfe80) << 48);
	write_u8(w, mac[0] ^ 2);
	write_bytes(w, mac + 1, 2);
	write_u16(w, 0xfffe);
	write_bytes(w, mac + 3, 3);
	write_u16(w, OPT_RELAY_MSG);
	at = write_space(w, 2);
	if (!at)
		return;
	client_message(opt, msg, w);
	length = writer_init(at, 2);
	write_u16(&length, (uint16_t)(w->pos - at - 2));
}

static void read_ia_addr(struct reader r, struct answer *a)
{
	struct ip ip;
	uint32_t valid;

	read_copy(&r, ip.b, 16);
	(void)read_u32(&r); /* preferred */
	valid = read_u32(&r);
	if (r.err || !valid || a->grant.has_addr)
		return;
	a->grant.has_addr = true;
	a->grant.addr = ip;
	a->grant.valid = valid;
}

static void read_ia_prefix(struct reader r, struct answer *a)
{
	struct ip ip;
	uint32_t valid;
	uint8_t len;

	(void)read_u32(&r);
	valid = read_u32(&r);
	len = read_u8(&r);
	read_copy(&r, ip.b, 16);
	if (r.err || !valid || len > 128 || a->grant.has_prefix)
		return;
	a->grant.has_prefix = true;
	a->grant.prefix = ip;
	a->grant.prefix_len = len;
	a->grant.prefix_valid = valid;
}

/* Reads the relevant options, at each level; false if one is truncated. */
static bool read_options(struct reader *r, bool in_ia, struct answer *a)
{
	while (reader_left(r)) {
		uint16_t code = read_u16(r);
		struct reader value = read_sub(r, read_u16(r));

		if (r->err)
			return false;
		if (code == OPT_STATUS)
			a->refused |= read_u16(&value) != 0;
		else if (in_ia && code == OPT_IA_ADDR)
			read_ia_addr(value, a);
		else if (in_ia && code == OPT_IA_PREFIX)
			read_ia_prefix(value, a);
		else if (!in_ia && code == OPT_CLIENT_ID)
			a->client = read_rest(&value);
		else if (!in_ia && code == OPT_SERVER_ID)
			a->grant.server = read_rest(&value);
		else if (!in_ia && (code == OPT_IA_NA || code == OPT_IA_PD)) {
			(void)read_bytes(&value, 12);
			if (value.err || !read_options(&value, true, a))
				return false;
		}
		if (value.err)
			return false;
	}
	return !r->err;
}

/* Returns the client's message inside what the server sent. */
static struct reader unwrap(struct reader r)
{
	struct reader found = reader_init(NULL, 0);

	if (read_u8(&r) != RELAY_REPL)
		return found;
	(void)read_bytes(&r, 33); /* hops and addresses */
	while (reader_left(&r)) {
		uint16_t code = read_u16(&r);
		struct reader value = read_sub(&r, read_u16(&r));

		if (r.err)
			break;
		if (code == OPT_RELAY_MSG)
			found = value;
	}
	return found;
}

static bool read6(const struct options *opt, struct bytes datagram, struct answer *ret)
{
	struct reader r = reader_of(datagram);
	uint32_t head;

	*ret = (struct answer){ 0 };
	if (opt->relay_level)
		r = unwrap(r);
	head = read_u32(&r);
	if (r.err)
		return false;
	ret->type = (uint8_t)(head >> 24);
	ret->xid = head & 0xffffff;
	ret->committed = ret->type == REPLY;
	return read_options(&r, false, ret);
}

static bool answers6(const struct options *opt, uint8_t type, enum kind kind, bool *ret_last)
{
	*ret_last = kind != FIRST || type == REPLY || opt->first_only;
	return type == REPLY ? kind != FIRST || opt->rapid : type == ADVERTISE && kind == FIRST;
}

static enum kind kind_of6(uint8_t type)
{
	return type == ADVERTISE ? FIRST : type == REPLY ? SECOND : N_KINDS;
}

const struct proto proto6 = {
	.kind_names = { "SOLICIT-ADVERTISE", "REQUEST-REPLY", "RENEW-REPLY", "RELEASE-REPLY" },
	.server_port = 547,
	.client_port = 546,
	.relay_port = 547,
	.xid_bits = 24,
	.release_answered = true,
	.write = write6,
	.read = read6,
	.answers = answers6,
	.kind_of = kind_of6,
};

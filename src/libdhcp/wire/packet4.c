/* SPDX-License-Identifier: MPL-2.0 */
/* DHCPv4 packets, RFC 2131: header, options with overload and long options (RFC 3396). */
#include "wire/packet4.h"

#include "base/err.h"

#define MAGIC 0x63825363u

enum {
	IP_UDP = 28,
	OVERLOAD_FILE = 1,
	OVERLOAD_SNAME = 2,
	OPTS_MAX = 512, /* options in one packet we write */
};

const char *packet4_type_name(uint8_t type)
{
	static const char *const names[] = {
		[0] = "BOOTP",
		[DHCP4_DISCOVER] = "DHCPDISCOVER",
		[DHCP4_OFFER] = "DHCPOFFER",
		[DHCP4_REQUEST] = "DHCPREQUEST",
		[DHCP4_DECLINE] = "DHCPDECLINE",
		[DHCP4_ACK] = "DHCPACK",
		[DHCP4_NAK] = "DHCPNAK",
		[DHCP4_RELEASE] = "DHCPRELEASE",
		[DHCP4_INFORM] = "DHCPINFORM",
		[DHCP4_FORCERENEW] = "DHCPFORCERENEW",
		[DHCP4_LEASEQUERY] = "DHCPLEASEQUERY",
		[DHCP4_LEASEUNASSIGNED] = "DHCPLEASEUNASSIGNED",
		[DHCP4_LEASEUNKNOWN] = "DHCPLEASEUNKNOWN",
		[DHCP4_LEASEACTIVE] = "DHCPLEASEACTIVE",
		[DHCP4_BULKLEASEQUERY] = "DHCPBULKLEASEQUERY",
		[DHCP4_LEASEQUERYDONE] = "DHCPLEASEQUERYDONE",
		[DHCP4_ACTIVELEASEQUERY] = "DHCPACTIVELEASEQUERY",
		[DHCP4_LEASEQUERYSTATUS] = "DHCPLEASEQUERYSTATUS",
		[DHCP4_TLS] = "DHCPTLS",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown";
}

static int refuse(const char **ret_why, const char *why)
{
	*ret_why = why ? why : "not enough memory";
	return why ? -E_INVAL : -E_NOMEM;
}

/* The overload option of the options field; later parts of a hostile packet do not count. */
static unsigned overload(struct reader field)
{
	while (reader_left(&field)) {
		uint8_t code = read_u8(&field), len;
		const uint8_t *data;

		if (code == OPT4_PAD)
			continue;
		if (code == OPT4_END)
			break;
		len = read_u8(&field);
		data = read_bytes(&field, len);
		if (!data)
			break;
		if (code == OPT4_DHCP_OPTION_OVERLOAD && len == 1)
			return data[0] & (OVERLOAD_FILE | OVERLOAD_SNAME);
	}
	return 0;
}

/* Text up to a NUL or the field's end. NULL at the arena's cap. */
static const char *field_text(struct arena *arena, const uint8_t *field, size_t size)
{
	size_t len = strnlen((const char *)field, size);

	return len ? arena_strndup(arena, (const char *)field, len) : "";
}

static int parse(struct bytes datagram, bool lenient, struct arena *arena, struct packet4 *ret, const char **ret_why)
{
	struct reader r = reader_of(datagram), fields[3];
	struct packet4 pkt = { 0 };
	const uint8_t *sname, *file;
	const struct opt *type;
	unsigned n = 0, over;
	uint8_t code = 0;
	int err;

	pkt.op = read_u8(&r);
	pkt.htype = read_u8(&r);
	pkt.hlen = read_u8(&r);
	pkt.hops = read_u8(&r);
	pkt.xid = read_u32(&r);
	pkt.secs = read_u16(&r);
	pkt.flags = read_u16(&r);
	pkt.ciaddr = read_u32(&r);
	pkt.yiaddr = read_u32(&r);
	pkt.siaddr = read_u32(&r);
	pkt.giaddr = read_u32(&r);
	read_copy(&r, pkt.chaddr, sizeof(pkt.chaddr));
	sname = read_bytes(&r, PACKET4_SNAME);
	file = read_bytes(&r, PACKET4_FILE);
	if (r.err)
		return refuse(ret_why, "shorter than the fixed header of 236 bytes");
	if (pkt.hlen > sizeof(pkt.chaddr))
		return refuse(ret_why, "hardware address longer than 16 bytes");
	opts_init(&pkt.opts, arena);

	if (reader_left(&r) < 4 || read_u32(&r) != MAGIC) {
		over = 0;
	} else {
		over = overload(r);
		fields[n++] = r;
		/* RFC 2131 4.1: file is read before sname */
		if (over & OVERLOAD_FILE)
			fields[n++] = reader_init(file, PACKET4_FILE);
		if (over & OVERLOAD_SNAME)
			fields[n++] = reader_init(sname, PACKET4_SNAME);
		err = opts_parse4_fields(fields, n, lenient, arena, &pkt.opts, &code);
		if (err == -E_INVAL)
			return refuse(ret_why, arena_printf(arena, "option %u is cut short", code));
		if (err < 0)
			return refuse(ret_why, NULL);
	}
	pkt.sname = over & OVERLOAD_SNAME ? "" : field_text(arena, sname, PACKET4_SNAME);
	pkt.file = over & OVERLOAD_FILE ? "" : field_text(arena, file, PACKET4_FILE);
	if (!pkt.sname || !pkt.file)
		return refuse(ret_why, NULL);

	type = opts_find(&pkt.opts, OPT4_DHCP_MESSAGE_TYPE);
	if (type) {
		if (type->data.len != 1)
			return refuse(ret_why, "option 53 is not one byte long");
		if (!type->data.data[0])
			return refuse(ret_why, "option 53 is zero");
		pkt.type = type->data.data[0];
	}
	*ret = pkt;
	return 0;
}

int packet4_parse(struct bytes datagram, struct arena *arena, struct packet4 *ret, const char **ret_why)
{
	return parse(datagram, false, arena, ret, ret_why);
}

int packet4_parse_lenient(struct bytes datagram, struct arena *arena, struct packet4 *ret, const char **ret_why)
{
	return parse(datagram, true, arena, ret, ret_why);
}

/* Where an option is written. */
enum place { LEFT_OUT, MAIN, FILE_FIELD, SNAME_FIELD, PLACES };

struct layout {
	bool plain; /* all in the options field, as nearly always; then `place` is not filled in */
	uint8_t place[OPTS_MAX];
	size_t room[PLACES];
	bool used[PLACES];
};

static bool is_written_elsewhere(uint16_t code)
{
	switch (code) {
	case OPT4_PAD:
	case OPT4_END:
	case OPT4_DHCP_OPTION_OVERLOAD:
	case OPT4_DHCP_MESSAGE_TYPE:
	case OPT4_DHCP_AGENT_OPTIONS:
		return true;
	default:
		return false;
	}
}

/* Without these the client cannot use the answer. */
static bool is_needed(uint16_t code)
{
	switch (code) {
	case OPT4_DHCP_LEASE_TIME:
	case OPT4_DHCP_SERVER_IDENTIFIER:
	case OPT4_DHCP_RENEWAL_TIME:
	case OPT4_DHCP_REBINDING_TIME:
	case OPT4_DHCP_CLIENT_IDENTIFIER:
		return true;
	default:
		return false;
	}
}

static bool place_one(struct layout *l, unsigned i, size_t len)
{
	for (unsigned where = MAIN; where < PLACES; where++) {
		if (l->room[where] >= len) {
			l->room[where] -= len;
			l->used[where] = true;
			l->place[i] = (uint8_t)where;
			return true;
		}
	}
	return false;
}

/* First the options that must go, then the others as far as there is room, in order. */
static int place_all(const struct opts *opts, struct layout *l, bool *ret_left_out)
{
	*ret_left_out = false;
	for (int needed = 1; needed >= 0; needed--) {
		for (unsigned i = 0; i < opts->n; i++) {
			const struct opt *opt = &opts->v[i];

			if (is_written_elsewhere(opt->code) || is_needed(opt->code) != (bool)needed)
				continue;
			if (place_one(l, i, opt_wire_len4(opt->data.len)))
				continue;
			if (needed)
				return -E_SPACE;
			*ret_left_out = true;
		}
	}
	return 0;
}

static void write_placed(struct writer *w, const struct opts *opts, const struct layout *l, enum place where)
{
	for (unsigned i = 0; i < opts->n; i++)
		if (l->plain ? !is_written_elsewhere(opts->v[i].code) : l->place[i] == where)
			opt_write4(w, (uint8_t)opts->v[i].code, opts->v[i].data);
}

/* sname or file: a name, or options with their own END. */
static void write_field(struct writer *w, const struct packet4 *pkt, const struct layout *l, enum place where,
			const char *name, size_t size)
{
	uint8_t *at = write_space(w, size);
	struct writer field;

	if (!at)
		return;
	memset(at, 0, size);
	field = writer_init(at, size);
	if (l->used[where]) {
		write_placed(&field, &pkt->opts, l, where);
		write_u8(&field, OPT4_END);
	} else {
		write_bytes(&field, name, strlen(name));
	}
}

/* Decide where each option goes: the options field alone if all fit, else with overload. */
static int lay_out(const struct packet4 *pkt, size_t limit, struct layout *l)
{
	bool sname_free = !pkt->sname || !*pkt->sname, file_free = !pkt->file || !*pkt->file;
	size_t fixed = PACKET4_HEADER + 4 + 1; /* header, cookie, END */
	size_t rest = 0;
	bool left_out;
	int err;

	if (pkt->type)
		fixed += 3;
	for (unsigned i = 0; i < pkt->opts.n; i++) {
		const struct opt *opt = &pkt->opts.v[i];

		if (opt->code == OPT4_DHCP_AGENT_OPTIONS)
			fixed += opt_wire_len4(opt->data.len);
		else if (!is_written_elsewhere(opt->code))
			rest += opt_wire_len4(opt->data.len);
	}
	if (fixed > limit)
		return -E_SPACE;
	l->plain = rest <= limit - fixed;
	if (l->plain) {
		memset(l->used, 0, sizeof(l->used));
		return 0;
	}
	*l = (struct layout){ .room = { [MAIN] = limit - fixed } };
	err = place_all(&pkt->opts, l, &left_out);
	if ((err == 0 && !left_out) || (!sname_free && !file_free) || limit - fixed < 3)
		return err;
	*l = (struct layout){ .room = { [MAIN] = limit - fixed - 3,
					[FILE_FIELD] = file_free ? PACKET4_FILE - 1 : 0,
					[SNAME_FIELD] = sname_free ? PACKET4_SNAME - 1 : 0 } };
	return place_all(&pkt->opts, l, &left_out);
}

static int check(const struct packet4 *pkt)
{
	if (pkt->hlen > sizeof(pkt->chaddr) || pkt->opts.n > OPTS_MAX)
		return -E_RANGE;
	if (pkt->sname && strlen(pkt->sname) > PACKET4_SNAME)
		return -E_RANGE;
	if (pkt->file && strlen(pkt->file) > PACKET4_FILE)
		return -E_RANGE;
	for (unsigned i = 0; i < pkt->opts.n; i++)
		if (pkt->opts.v[i].code > OPT4_END)
			return -E_RANGE;
	return 0;
}

int packet4_write(const struct packet4 *pkt, unsigned max_len, void *buf, size_t size)
{
	struct writer w;
	struct layout l;
	size_t limit;
	int err = check(pkt);

	if (err < 0)
		return err;
	limit = (max_len < PACKET4_MAX_LEN ? PACKET4_MAX_LEN : max_len) - IP_UDP;
	if (size < limit)
		limit = size;
	if (limit < PACKET4_MIN)
		return -E_SPACE;
	err = lay_out(pkt, limit, &l);
	if (err < 0)
		return err;

	w = writer_init(buf, limit);
	write_u8(&w, pkt->op);
	write_u8(&w, pkt->htype);
	write_u8(&w, pkt->hlen);
	write_u8(&w, pkt->hops);
	write_u32(&w, pkt->xid);
	write_u16(&w, pkt->secs);
	write_u16(&w, pkt->flags);
	write_u32(&w, pkt->ciaddr);
	write_u32(&w, pkt->yiaddr);
	write_u32(&w, pkt->siaddr);
	write_u32(&w, pkt->giaddr);
	write_bytes(&w, pkt->chaddr, sizeof(pkt->chaddr));
	write_field(&w, pkt, &l, SNAME_FIELD, pkt->sname ? pkt->sname : "", PACKET4_SNAME);
	write_field(&w, pkt, &l, FILE_FIELD, pkt->file ? pkt->file : "", PACKET4_FILE);
	write_u32(&w, MAGIC);
	if (pkt->type) {
		write_u8(&w, OPT4_DHCP_MESSAGE_TYPE);
		write_u8(&w, 1);
		write_u8(&w, pkt->type);
	}
	if (l.used[FILE_FIELD] || l.used[SNAME_FIELD]) {
		write_u8(&w, OPT4_DHCP_OPTION_OVERLOAD);
		write_u8(&w, 1);
		write_u8(&w, (uint8_t)((l.used[FILE_FIELD] ? OVERLOAD_FILE : 0) |
				       (l.used[SNAME_FIELD] ? OVERLOAD_SNAME : 0)));
	}
	write_placed(&w, &pkt->opts, &l, MAIN);
	/* RFC 3046 2.1: the last option before END */
	for (unsigned i = 0; i < pkt->opts.n; i++)
		if (pkt->opts.v[i].code == OPT4_DHCP_AGENT_OPTIONS)
			opt_write4(&w, OPT4_DHCP_AGENT_OPTIONS, pkt->opts.v[i].data);
	write_u8(&w, OPT4_END);
	if (writer_len(&w) < PACKET4_MIN)
		write_zeros(&w, PACKET4_MIN - writer_len(&w));
	return w.err ? -E_SPACE : (int)writer_len(&w);
}

/* SPDX-License-Identifier: MPL-2.0 */
/* DHCPv4 packets, RFC 2131: header, options with overload and long options (RFC 3396). */
#include "wire/packet4.h"

#include "base/err.h"
#include "wire/layout4.h"

#define MAGIC 0x63825363u

enum { OVERLOAD_FILE = 1, OVERLOAD_SNAME = 2 };

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

/* Returns the overload option of the options field; later ones in a hostile packet are ignored. */
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

/* Text up to a NUL or the end of the field. NULL at the arena's cap. */
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

/* Writes sname or file: a name, or options with their own END. */
static void write_field(struct writer *w, const struct packet4 *pkt, const struct layout4 *layout, enum field4 which,
			const char *name, size_t size)
{
	uint8_t *at = write_space(w, size);
	struct writer field;

	if (!at)
		return;
	memset(at, 0, size);
	field = writer_init(at, size);
	if (layout->used[which]) {
		layout4_write(layout, &pkt->opts, which, &field);
		write_u8(&field, OPT4_END);
	} else {
		write_bytes(&field, name, strlen(name));
	}
}

static int check(const struct packet4 *pkt)
{
	if (pkt->hlen > sizeof(pkt->chaddr) || pkt->opts.n > LAYOUT4_OPTS_MAX)
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

static void write_header(struct writer *w, const struct packet4 *pkt, const struct layout4 *layout)
{
	write_u8(w, pkt->op);
	write_u8(w, pkt->htype);
	write_u8(w, pkt->hlen);
	write_u8(w, pkt->hops);
	write_u32(w, pkt->xid);
	write_u16(w, pkt->secs);
	write_u16(w, pkt->flags);
	write_u32(w, pkt->ciaddr);
	write_u32(w, pkt->yiaddr);
	write_u32(w, pkt->siaddr);
	write_u32(w, pkt->giaddr);
	write_bytes(w, pkt->chaddr, sizeof(pkt->chaddr));
	write_field(w, pkt, layout, FIELD_SNAME, pkt->sname ? pkt->sname : "", PACKET4_SNAME);
	write_field(w, pkt, layout, FIELD_FILE, pkt->file ? pkt->file : "", PACKET4_FILE);
	write_u32(w, MAGIC);
}

int packet4_write(const struct packet4 *pkt, const struct packet4_limits *limits, void *buf, size_t size,
		  struct opts_omitted *ret_omitted)
{
	struct writer w = writer_init(buf, size);
	struct layout4 layout;
	int err = check(pkt);

	if (err < 0)
		return err;
	if (size < PACKET4_MIN)
		return -E_SPACE;
	err = layout4_make(pkt, limits, size, ret_omitted, &layout);
	if (err < 0)
		return err;
	write_header(&w, pkt, &layout);
	if (pkt->type) {
		write_u8(&w, OPT4_DHCP_MESSAGE_TYPE);
		write_u8(&w, 1);
		write_u8(&w, pkt->type);
	}
	if (layout.used[FIELD_FILE] || layout.used[FIELD_SNAME]) {
		write_u8(&w, OPT4_DHCP_OPTION_OVERLOAD);
		write_u8(&w, 1);
		write_u8(&w, (uint8_t)((layout.used[FIELD_FILE] ? OVERLOAD_FILE : 0) |
				       (layout.used[FIELD_SNAME] ? OVERLOAD_SNAME : 0)));
	}
	layout4_write(&layout, &pkt->opts, FIELD_OPTIONS, &w);
	/* RFC 3046 2.1: the last option before END */
	if (layout.has_relay_info)
		opt_write4(&w, OPT4_DHCP_AGENT_OPTIONS, opts_find(&pkt->opts, OPT4_DHCP_AGENT_OPTIONS)->data);
	write_u8(&w, OPT4_END);
	if (writer_len(&w) < PACKET4_MIN)
		write_zeros(&w, PACKET4_MIN - writer_len(&w));
	return w.err ? -E_SPACE : (int)writer_len(&w);
}

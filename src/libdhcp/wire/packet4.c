/* SPDX-License-Identifier: MPL-2.0 */
/* Reads DHCPv4 packets, RFC 2131: header, options with overload and long options (RFC 3396). */
#include "wire/packet4.h"

#include "base/err.h"

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
	struct opt opt;

	while (opt_next4(&field, true, &opt))
		if (opt.code == OPT4_DHCP_OPTION_OVERLOAD && opt.data.len == 1)
			return opt.data.data[0] & (OVERLOAD4_FILE | OVERLOAD4_SNAME);
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

	if (reader_left(&r) < 4 || read_u32(&r) != PACKET4_MAGIC) {
		over = 0;
	} else {
		over = overload(r);
		fields[n++] = r;
		/* RFC 2131 4.1: file is read before sname */
		if (over & OVERLOAD4_FILE)
			fields[n++] = reader_init(file, PACKET4_FILE);
		if (over & OVERLOAD4_SNAME)
			fields[n++] = reader_init(sname, PACKET4_SNAME);
		err = opts_parse4_fields(fields, n, lenient, arena, &pkt.opts, &code);
		if (err == -E_INVAL)
			return refuse(ret_why, arena_printf(arena, "option %u is cut short", code));
		if (err < 0)
			return refuse(ret_why, NULL);
	}
	pkt.sname = over & OVERLOAD4_SNAME ? "" : field_text(arena, sname, PACKET4_SNAME);
	pkt.file = over & OVERLOAD4_FILE ? "" : field_text(arena, file, PACKET4_FILE);
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

static struct reader fixed(const struct packet4 *pkt, uint16_t code, size_t len)
{
	const struct opt *opt = opts_find(&pkt->opts, code);

	return opt && opt->data.len == len ? reader_of(opt->data) : reader_init(NULL, 0);
}

uint16_t packet4_u16(const struct packet4 *pkt, uint16_t code)
{
	struct reader r = fixed(pkt, code, 2);

	return read_u16(&r);
}

uint32_t packet4_u32(const struct packet4 *pkt, uint16_t code)
{
	struct reader r = fixed(pkt, code, 4);

	return read_u32(&r);
}

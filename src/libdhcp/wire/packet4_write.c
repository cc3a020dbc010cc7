/* SPDX-License-Identifier: MPL-2.0 */
/* Writes DHCPv4 packets, RFC 2131; layout4.h decides where each option goes. */
#include "wire/packet4.h"

#include "base/err.h"
#include "wire/layout4.h"

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
	write_u32(w, PACKET4_MAGIC);
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
		write_u8(&w, (uint8_t)((layout.used[FIELD_FILE] ? OVERLOAD4_FILE : 0) |
				       (layout.used[FIELD_SNAME] ? OVERLOAD4_SNAME : 0)));
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

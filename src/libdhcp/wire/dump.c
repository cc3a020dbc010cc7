/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/dump.h"

#include "base/ip.h"
#include "wire/codec.h"

static const struct optdef *built_in(uint16_t code)
{
	/* the rows of the main space come first, by code */
	for (unsigned i = 0; i < dict4_n && strcmp(dict4[i].space, "dhcp4") == 0; i++)
		if (dict4[i].code == code)
			return &dict4[i];
	return NULL;
}

static void put_address(struct str *out, const char *name, uint32_t addr)
{
	struct ip ip = ip_from4(addr);
	char buf[IP_TEXT_MAX];

	if (addr)
		str_addf(out, " %s=%s", name, ip_format(&ip, buf));
}

/* A name from the network: printable characters only. */
static void put_name(struct str *out, const char *name, const char *text)
{
	if (!text || !*text)
		return;
	str_addf(out, " %s=\"", name);
	for (; *text; text++)
		str_addc(out, *text >= ' ' && *text < 0x7f && *text != '"' ? *text : '?');
	str_addc(out, '"');
}

static void put_option(struct str *out, const struct opt *opt)
{
	const struct optdef *def = built_in(opt->code);
	char hex[3];

	str_addf(out, " %u", opt->code);
	if (def)
		str_addf(out, ":%s", def->name);
	str_addc(out, '=');
	if (def && codec_decode_text(def, opt->data, out) == 0)
		return;
	for (size_t i = 0; i < opt->data.len; i++) {
		bytes_to_hex(bytes_of(opt->data.data + i, 1), 0, hex, sizeof(hex));
		str_add(out, hex);
	}
}

void dump_packet4(const struct packet4 *pkt, struct str *out)
{
	char hw[64];
	size_t hlen = pkt->hlen < sizeof(pkt->chaddr) ? pkt->hlen : sizeof(pkt->chaddr);

	bytes_to_hex(bytes_of(pkt->chaddr, hlen), ':', hw, sizeof(hw));
	str_addf(out, "%s op=%u hwtype=%u hwaddr=%s hops=%u xid=0x%x secs=%u flags=0x%x",
		 packet4_type_name(pkt->type), pkt->op, pkt->htype, hw, pkt->hops, pkt->xid,
		 pkt->secs, pkt->flags);
	put_address(out, "ciaddr", pkt->ciaddr);
	put_address(out, "yiaddr", pkt->yiaddr);
	put_address(out, "siaddr", pkt->siaddr);
	put_address(out, "giaddr", pkt->giaddr);
	put_name(out, "sname", pkt->sname);
	put_name(out, "file", pkt->file);
	str_addf(out, " options(%u):", pkt->opts.n);
	for (unsigned i = 0; i < pkt->opts.n; i++)
		put_option(out, &pkt->opts.v[i]);
}

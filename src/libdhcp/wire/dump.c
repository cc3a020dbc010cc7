/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/dump.h"

#include "base/ip.h"
#include "wire/codec.h"
#include "wire/ia6.h"

/* A family's built-in definitions; the rows of the main space come first, by code. */
struct rows {
	const struct optdef *v;
	unsigned n;
};

static const struct optdef *built_in(const struct rows *rows, uint16_t code)
{
	for (unsigned i = 0; i < rows->n && strcmp(rows->v[i].space, rows->v[0].space) == 0; i++)
		if (rows->v[i].code == code)
			return &rows->v[i];
	return NULL;
}

static void put_address(struct str *out, const char *name, uint32_t addr)
{
	struct ip ip = ip_from4(addr);
	char buf[IP_TEXT_MAX];

	if (addr)
		str_addf(out, " %s=%s", name, ip_format(&ip, buf));
}

/* Prints a name from the network: printable characters only. */
static void put_name(struct str *out, const char *name, const char *text)
{
	if (!text || !*text)
		return;
	str_addf(out, " %s=\"", name);
	for (; *text; text++)
		str_addc(out, *text >= ' ' && *text < 0x7f && *text != '"' ? *text : '?');
	str_addc(out, '"');
}

static void put_option(struct str *out, const struct rows *rows, const struct opt *opt)
{
	const struct optdef *def = built_in(rows, opt->code);
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
	const struct rows rows = { dict4, dict4_n };
	char hw[64];
	size_t hlen = pkt->hlen < sizeof(pkt->chaddr) ? pkt->hlen : sizeof(pkt->chaddr);

	bytes_to_hex(bytes_of(pkt->chaddr, hlen), ':', hw, sizeof(hw));
	str_addf(out, "%s op=%u hwtype=%u hwaddr=%s hops=%u xid=0x%x secs=%u flags=0x%x", packet4_type_name(pkt->type),
		 pkt->op, pkt->htype, hw, pkt->hops, pkt->xid, pkt->secs, pkt->flags);
	put_address(out, "ciaddr", pkt->ciaddr);
	put_address(out, "yiaddr", pkt->yiaddr);
	put_address(out, "siaddr", pkt->siaddr);
	put_address(out, "giaddr", pkt->giaddr);
	put_name(out, "sname", pkt->sname);
	put_name(out, "file", pkt->file);
	str_addf(out, " options(%u):", pkt->opts.n);
	for (unsigned i = 0; i < pkt->opts.n; i++)
		put_option(out, &rows, &pkt->opts.v[i]);
}

/* Prints an IA, its addresses and their options: three levels, whatever the message nests deeper. */
static void put_option6(struct str *out, const struct opt *opt, unsigned level)
{
	const struct rows rows = { dict6, dict6_n };
	size_t fixed = level < 3 ? ia6_fixed_len(opt->code) : 0;
	struct reader r;
	struct opt sub;

	if (!fixed || opt->data.len <= fixed) {
		put_option(out, &rows, opt);
		return;
	}
	put_option(out, &rows, &(struct opt){ opt->code, bytes_of(opt->data.data, fixed) });
	str_add(out, " [");
	r = reader_init(opt->data.data + fixed, opt->data.len - fixed);
	while (opt_next6(&r, &sub))
		put_option6(out, &sub, level + 1);
	str_add(out, " ]");
}

static void put_options6(struct str *out, const struct opts *opts)
{
	str_addf(out, " options(%u):", opts->n);
	for (unsigned i = 0; i < opts->n; i++)
		put_option6(out, &opts->v[i], 1);
}

static void put_relay(struct str *out, uint8_t type, const struct relay6 *relay)
{
	char link[IP_TEXT_MAX], peer[IP_TEXT_MAX];

	str_addf(out, "(%s hop-count=%u link=%s peer=%s", packet6_type_name(type), relay->hop_count,
		 ip_format(&relay->link, link), ip_format(&relay->peer, peer));
	put_options6(out, &relay->opts);
	str_add(out, ") ");
}

void dump_packet6(const struct packet6 *pkt, struct str *out)
{
	for (unsigned i = 0; i < pkt->n_relays; i++)
		put_relay(out, pkt->relay_type, &pkt->relays[i]);
	str_addf(out, "%s xid=0x%06x", packet6_type_name(pkt->type), pkt->xid);
	put_options6(out, &pkt->opts);
}

/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/layout4.h"

#include "base/err.h"

enum {
	IP_UDP = 28,
	HEADER = PACKET4_HEADER + 4, /* including the magic cookie */
	TYPE = 3,                    /* option 53 */
	END = 1,
	OVERLOAD = 3, /* option 52 */
};

enum { IN_PARTS = FIELDS, OMITTED };

/* How important an option is to the client: the groups are placed in this order. */
enum need {
	NEED_MOST,  /* without these the response is invalid */
	NEED_LEASE, /* without these the client misinterprets its lease, or the response (RFC 6842) */
	NEED_REST,
	NEEDS,
	NOT_PLACED, /* written elsewhere */
};

static enum need need_of(uint16_t code)
{
	switch (code) {
	case OPT4_PAD:
	case OPT4_END:
	case OPT4_DHCP_OPTION_OVERLOAD:
	case OPT4_DHCP_MESSAGE_TYPE:
	case OPT4_DHCP_AGENT_OPTIONS:
		return NOT_PLACED;
	case OPT4_DHCP_LEASE_TIME:
	case OPT4_DHCP_SERVER_IDENTIFIER:
		return NEED_MOST;
	case OPT4_DHCP_RENEWAL_TIME:
	case OPT4_DHCP_REBINDING_TIME:
	case OPT4_DHCP_CLIENT_IDENTIFIER:
		return NEED_LEASE;
	default:
		return NEED_REST;
	}
}

/* --- one option --- */

static bool place_whole(struct layout4 *l, unsigned i, size_t len)
{
	size_t wire_len = opt_wire_len4(len);

	for (enum field4 field = FIELD_OPTIONS; field < FIELDS; field++) {
		if (l->room[field] < wire_len)
			continue;
		l->room[field] -= wire_len;
		l->used[field] = true;
		l->place[i] = (uint8_t)field;
		return true;
	}
	return false;
}

/* Returns the longest value of an option with this many bytes on the wire; the inverse of opt_wire_len4(). */
static size_t value_len(size_t wire_len)
{
	size_t rest = wire_len % 257;

	return wire_len / 257 * 255 + (rest > 2 ? rest - 2 : 0);
}

static bool place_in_parts(struct layout4 *l, unsigned i, size_t len)
{
	struct parts4 parts = { .opt = i };

	if (!len || l->n_parts == FIELDS)
		return false;
	for (enum field4 field = FIELD_OPTIONS; field < FIELDS; field++) {
		size_t max = value_len(l->room[field]);

		parts.len[field] = len < max ? len : max;
		len -= parts.len[field];
	}
	if (len)
		return false;
	for (enum field4 field = FIELD_OPTIONS; field < FIELDS; field++) {
		if (!parts.len[field])
			continue;
		l->room[field] -= opt_wire_len4(parts.len[field]);
		l->used[field] = true;
	}
	l->place[i] = IN_PARTS;
	l->parts[l->n_parts++] = parts;
	return true;
}

/* --- all options --- */

/* Returns the most needed group of which something was omitted; NEEDS if nothing was. */
static enum need place_all(struct layout4 *l, const struct opts *opts)
{
	enum need omitted = NEEDS;

	for (unsigned i = 0; i < opts->n; i++)
		l->place[i] = OMITTED;
	for (enum need need = NEED_MOST; need < NEEDS; need++)
		for (unsigned i = 0; i < opts->n; i++) {
			size_t len = opts->v[i].data.len;

			if (need_of(opts->v[i].code) == need && !place_whole(l, i, len) && !place_in_parts(l, i, len) &&
			    omitted == NEEDS)
				omitted = need;
		}
	return omitted;
}

/* Places the options in this many bytes, without option 82. Result as for place_all(). */
static enum need lay_out(const struct packet4 *pkt, size_t limit, struct layout4 *l)
{
	size_t file = !pkt->file || !*pkt->file ? PACKET4_FILE - END : 0;
	size_t sname = !pkt->sname || !*pkt->sname ? PACKET4_SNAME - END : 0;
	size_t fixed = HEADER + (pkt->type ? TYPE : 0) + END, all = 0;

	if (limit < fixed + OVERLOAD)
		return NEED_MOST;
	for (unsigned i = 0; i < pkt->opts.n; i++)
		if (need_of(pkt->opts.v[i].code) != NOT_PLACED)
			all += opt_wire_len4(pkt->opts.v[i].data.len);
	memset(l->used, 0, sizeof(l->used));
	l->n_parts = 0;
	l->plain = all <= limit - fixed;
	if (l->plain)
		return NEEDS;
	l->room[FIELD_OPTIONS] = limit - fixed - (file || sname ? OVERLOAD : 0);
	l->room[FIELD_FILE] = file;
	l->room[FIELD_SNAME] = sname;
	return place_all(l, &pkt->opts);
}

static size_t datagram_len(unsigned limit)
{
	return (limit < PACKET4_MAX_LEN ? PACKET4_MAX_LEN : limit) - IP_UDP;
}

int layout4_make(const struct packet4 *pkt, const struct packet4_limits *limits, size_t size,
		 struct opts_omitted *ret_omitted, struct layout4 *ret)
{
	const struct opt *relay_info = opts_find(&pkt->opts, OPT4_DHCP_AGENT_OPTIONS);
	size_t link = datagram_len(limits->link), client = datagram_len(limits->client);
	size_t relay_len = relay_info ? opt_wire_len4(relay_info->data.len) : 0;
	enum need omitted = NEED_MOST;

	if (link > size)
		link = size;
	if (client > link)
		client = link;
	/* What relays remove on the way does not count toward the client's limit. */
	if (relay_len < link)
		omitted = lay_out(pkt, client < link - relay_len ? client : link - relay_len, ret);
	ret->has_relay_info = relay_info && omitted > NEED_LEASE;
	/* RFC 3046 2.2: if it does not fit, the response is sent without it. */
	if (relay_info && !ret->has_relay_info) {
		if (ret_omitted)
			opts_omit(ret_omitted, OPT4_DHCP_AGENT_OPTIONS);
		omitted = lay_out(pkt, client, ret);
	}
	if (omitted == NEED_MOST || (!ret_omitted && (omitted < NEEDS || (relay_info && !ret->has_relay_info))))
		return -E_SPACE;
	for (unsigned i = 0; omitted < NEEDS && i < pkt->opts.n; i++)
		if (ret->place[i] == OMITTED && need_of(pkt->opts.v[i].code) != NOT_PLACED)
			opts_omit(ret_omitted, pkt->opts.v[i].code);
	return 0;
}

/* --- writing --- */

static void write_part(const struct layout4 *l, unsigned i, const struct opt *opt, enum field4 field, struct writer *w)
{
	const struct parts4 *parts = l->parts;
	size_t skip = 0;

	while (parts->opt != i)
		parts++;
	for (enum field4 before = FIELD_OPTIONS; before < field; before++)
		skip += parts->len[before];
	if (parts->len[field])
		opt_write4(w, (uint8_t)opt->code, bytes_of(opt->data.data + skip, parts->len[field]));
}

void layout4_write(const struct layout4 *l, const struct opts *opts, enum field4 field, struct writer *w)
{
	for (unsigned i = 0; i < opts->n; i++) {
		const struct opt *opt = &opts->v[i];

		if (l->plain ? need_of(opt->code) != NOT_PLACED : l->place[i] == field)
			opt_write4(w, (uint8_t)opt->code, opt->data);
		else if (!l->plain && l->place[i] == IN_PARTS)
			write_part(l, i, opt, field, w);
	}
}

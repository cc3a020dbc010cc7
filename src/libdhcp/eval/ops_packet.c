/* SPDX-License-Identifier: MPL-2.0 */
/* Packet data available to expressions: options, relays, vendor options, header and classes. */
#include "eval/expr_int.h"
#include "wire/codec.h"

#include <arpa/inet.h>

static const struct bytes empty = { (const uint8_t *)"", 0 };

static struct bytes number(struct eval *ev, uint32_t v)
{
	uint8_t *room = eval_room(ev, 4);
	struct writer w;

	if (!room)
		return empty;
	w = writer_init(room, 4);
	write_u32(&w, v);
	return bytes_of(room, 4);
}

/* --- options of a list ------------------------------------------------------------ */

/* Caches lookups, found or not: many classes ask for the same options. */
static const struct opt *search(struct eval *ev, const struct opts *list, uint16_t code)
{
	unsigned slot = code % FOUND_SLOTS;
	const struct opt *opt = opts_find(list, code);

	if (!eval_charge(ev, opt ? (size_t)(opt - list->v) + 1 : list->n))
		return NULL;
	ev->scratch->found[slot] = (struct found){ list, opt, code };
	ev->found_valid |= 1ULL << slot;
	return opt;
}

static inline const struct opt *lookup(struct eval *ev, const struct opts *list, uint16_t code)
{
	unsigned slot = code % FOUND_SLOTS;
	const struct found *found = &ev->scratch->found[slot];

	if ((ev->found_valid >> slot & 1) && found->list == list && found->code == code)
		return found->opt;
	return search(ev, list, code);
}

static inline const struct opts *main_options(const struct eval *ev)
{
	return ev->q4 ? &ev->q4->opts : &ev->q6->opts;
}

/*
 * As in Kea, trailing zero bytes of strings are ignored (RFC 2132 2), and a string that becomes empty counts as absent.
 * Data of other options is used unchanged.
 */
static inline bool take_value(bool is_string, struct bytes data, struct bytes *ret)
{
	if (is_string) {
		while (data.len && !data.data[data.len - 1])
			data.len--;
		if (!data.len)
			return false;
	}
	*ret = data;
	return true;
}

static inline bool find_in(struct eval *ev, const struct opts *list, const struct eval_node *node, struct bytes *ret)
{
	const struct opt *opt = lookup(ev, list, (uint16_t)node->index);

	return opt && take_value(node->is_string, opt->data, ret);
}

/* Returns how the option is decoded for the first of the client's classes that defines it; NULL: none does. */
static const struct eval_alt *alt_of(const struct eval *ev, const struct eval_node *node)
{
	unsigned i, k;

	for (i = 0; node->n_alts && i < ev->n_order; i++)
		for (k = 0; k < node->n_alts; k++)
			if (node->alts[k].class_id == ev->order[i])
				return &node->alts[k];
	return NULL;
}

/* An option that classes may define: absent, as in Kea, if it does not have the format of the definition. */
static bool find_redefined(struct eval *ev, const struct eval_node *node, struct bytes *ret)
{
	const struct opt *opt = lookup(ev, main_options(ev), (uint16_t)node->index);
	const struct eval_alt *alt = alt_of(ev, node);

	if (!opt)
		return false;
	if (!alt)
		return take_value(node->is_string, opt->data, ret);
	return eval_charge(ev, opt->data.len) && codec_check(alt->def, opt->data) == 0 &&
	       take_value(alt->is_string, opt->data, ret);
}

struct bytes text_main_option(const struct eval_node *node, struct eval *ev)
{
	struct bytes data = empty;

	(void)find_in(ev, main_options(ev), node, &data);
	return data;
}

bool test_main_exists(const struct eval_node *node, struct eval *ev)
{
	struct bytes data;

	return find_in(ev, main_options(ev), node, &data);
}

/* Most tests compare an option with a literal. */
bool test_main_equal(const struct eval_node *node, struct eval *ev)
{
	struct bytes data = text_main_option(node, ev);

	return data.len == node->literal.len && eval_charge(ev, data.len / 16) &&
	       (!data.len || !memcmp(data.data, node->literal.data, data.len));
}

/* --- sub-options -------------------------------------------------------------------- */

/* Finds a DHCPv4 sub-option; concatenates its parts (RFC 3396) in the rare case that there are several. */
static bool find_sub4(struct eval *ev, struct bytes subs, bool has_pads, uint8_t code, struct bytes *ret)
{
	struct reader r = reader_of(subs);
	struct bytes first = empty;
	uint8_t *room, *to;
	struct opt opt;
	unsigned n = 0;
	size_t len = 0;

	while (opt_next4(&r, has_pads, &opt)) {
		if (!eval_charge(ev, 1))
			return false;
		if (opt.code == code) {
			first = n++ ? first : opt.data;
			len += opt.data.len;
		}
	}
	*ret = first;
	if (n < 2)
		return n > 0;
	room = to = eval_room(ev, len);
	if (!room)
		return false;
	for (r = reader_of(subs); opt_next4(&r, has_pads, &opt);)
		if (opt.code == code && opt.data.len) {
			memcpy(to, opt.data.data, opt.data.len);
			to += opt.data.len;
		}
	*ret = bytes_of(room, len);
	return true;
}

static bool find_sub6(struct eval *ev, struct bytes subs, uint16_t code, struct bytes *ret)
{
	struct reader r = reader_of(subs);
	struct opt opt;

	while (opt_next6(&r, &opt)) {
		if (!eval_charge(ev, 1))
			return false;
		if (opt.code == code) {
			*ret = opt.data;
			return true;
		}
	}
	return false;
}

static bool find_sub(struct eval *ev, struct bytes subs, bool has_pads, const struct eval_node *node, struct bytes *ret)
{
	struct bytes data;
	bool found = ev->q4 ? find_sub4(ev, subs, has_pads, (uint8_t)node->index, &data)
			    : find_sub6(ev, subs, (uint16_t)node->index, &data);

	return found && take_value(node->is_string, data, ret);
}

/* Returns the data after the value of an option. */
static bool subs_of(const struct eval *ev, const struct eval_node *node, struct bytes data, struct bytes *ret)
{
	const struct eval_alt *alt = alt_of(ev, node);
	int32_t subs = alt ? alt->subs : node->subs;
	size_t from = (size_t)subs;

	if (subs < 0 || data.len < from)
		return false;
	*ret = bytes_of(data.data + from, data.len - from);
	if (alt)
		return true;
	/* RFC 3925 4: another vendor's data may follow. */
	if (ev->q4 && node->def && node->def->more && ret->len > data.data[from - 1])
		ret->len = data.data[from - 1];
	return true;
}

static const struct relay6 *relay_at(const struct eval *ev, const struct eval_node *node)
{
	int n = (int)ev->q6->n_relays, i = node->start < 0 ? n + node->start : node->start;

	return i >= 0 && i < n ? &ev->q6->relays[i] : NULL;
}

bool find_option(const struct eval_node *node, struct eval *ev, struct bytes *ret)
{
	const struct eval_node *before = node->first;
	const struct relay6 *relay;
	struct bytes data;

	if (!before)
		return node->n_alts ? find_redefined(ev, node, ret) : find_in(ev, main_options(ev), node, ret);
	if (before->op->to == AT_RELAY) {
		relay = relay_at(ev, before);
		return relay && find_in(ev, &relay->opts, node, ret);
	}
	if (!node_find(before, ev, &data))
		return false;
	if (before->op->to == AT_OPTION && !subs_of(ev, before, data, &data))
		return false;
	return find_sub(ev, data, before->has_pads, node, ret);
}

bool find_relay4(const struct eval_node *node, struct eval *ev, struct bytes *ret)
{
	const struct opt *opt = lookup(ev, &ev->q4->opts, OPT4_DHCP_AGENT_OPTIONS);

	return opt && find_sub(ev, opt->data, false, node, ret);
}

bool find_relay6(const struct eval_node *node, struct eval *ev, struct bytes *ret)
{
	*ret = empty;
	return relay_at(ev, node) != NULL;
}

bool find_packet(const struct eval_node *node, struct eval *ev, struct bytes *ret)
{
	(void)node;
	(void)ev;
	*ret = empty;
	return true;
}

/* --- vendors --------------------------------------------------------------------------- */

/* Iterates over vendors' data: entries within one option in DHCPv4, separate options in DHCPv6. */
struct entries {
	struct reader r; /* DHCPv4 */
	unsigned i;      /* DHCPv6 */
	uint16_t code;
	uint32_t enterprise;
	struct bytes data;
};

static struct entries entries_of(struct eval *ev, uint16_t code4, uint16_t code6)
{
	struct entries entries = { .code = ev->q4 ? code4 : code6 };
	const struct opt *opt = lookup(ev, main_options(ev), entries.code);

	if (opt && ev->q4)
		entries.r = reader_of(opt->data);
	/* Options before the first match have other codes. */
	entries.i = opt && ev->q6 ? (unsigned)(opt - ev->q6->opts.v) : UINT16_MAX;
	return entries;
}

/* RFC 3925 3, 4: enterprise number, length, data. */
static bool next_entry4(struct entries *entries)
{
	uint8_t len;

	if (!reader_left(&entries->r))
		return false;
	entries->enterprise = read_u32(&entries->r);
	len = read_u8(&entries->r);
	entries->data = bytes_of(read_bytes(&entries->r, len), len);
	return !entries->r.err;
}

static bool next_entry6(struct eval *ev, struct entries *entries)
{
	const struct opts *opts = &ev->q6->opts;

	for (; entries->i < opts->n && eval_charge(ev, 1); entries->i++) {
		const struct opt *opt = &opts->v[entries->i];
		struct reader r = reader_of(opt->data);

		if (opt->code != entries->code || opt->data.len < 4)
			continue;
		entries->enterprise = read_u32(&r);
		entries->data = read_rest(&r);
		entries->i++;
		return true;
	}
	return false;
}

static bool next_entry(struct eval *ev, struct entries *entries)
{
	if (ev->q6)
		return next_entry6(ev, entries);
	return eval_charge(ev, 1) && next_entry4(entries);
}

static struct entries entries_at(struct eval *ev, const struct eval_node *vendor)
{
	return vendor->op->to == AT_VENDOR ? entries_of(ev, OPT4_VIVSO_SUBOPTIONS, OPT6_VENDOR_OPTS)
					   : entries_of(ev, OPT4_VIVCO_SUBOPTIONS, OPT6_VENDOR_CLASS);
}

/* Finds the vendor's nth entry, counted from 0; "any" selects the vendor of the first entry. */
static bool find_entry(struct eval *ev, const struct eval_node *vendor, int n, struct bytes *ret)
{
	struct entries entries = entries_at(ev, vendor);
	uint32_t enterprise = vendor->index;
	bool is_first = vendor->is_any;

	while (next_entry(ev, &entries)) {
		if (is_first)
			enterprise = entries.enterprise;
		is_first = false;
		if (entries.enterprise != enterprise || n--)
			continue;
		*ret = entries.data;
		return true;
	}
	return false;
}

bool find_vendor(const struct eval_node *node, struct eval *ev, struct bytes *ret)
{
	return find_entry(ev, node, 0, ret);
}

/* DHCPv4 has one data field per entry; DHCPv6 (RFC 9915 21.16) has several, each with a length. */
bool find_data(const struct eval_node *node, struct eval *ev, struct bytes *ret)
{
	const struct eval_node *vendor = node->first;
	struct bytes data = empty;
	struct reader r;
	int i;

	if (!find_entry(ev, vendor, ev->q4 ? node->start : 0, &data))
		return false;
	if (ev->q4) {
		*ret = data;
		return true;
	}
	r = reader_of(data);
	for (i = 0; i <= node->start && reader_left(&r) && eval_charge(ev, 1); i++) {
		uint16_t len = read_u16(&r);
		const uint8_t *at = read_bytes(&r, len);

		if (at && i == node->start) {
			*ret = bytes_of(at, len);
			return true;
		}
	}
	return false;
}

struct bytes text_enterprise(const struct eval_node *node, struct eval *ev)
{
	struct entries entries = entries_at(ev, node->first);

	return next_entry(ev, &entries) ? number(ev, entries.enterprise) : empty;
}

/* --- members ------------------------------------------------------------------------------ */

bool test_exists(const struct eval_node *node, struct eval *ev)
{
	struct bytes data;

	return node_find(node->first, ev, &data);
}

struct bytes text_place(const struct eval_node *node, struct eval *ev)
{
	const struct eval_node *place = eval_is_place(node) ? node : node->first;
	struct bytes data;

	return node_find(place, ev, &data) ? data : empty;
}

/* Text being built in the rest of the scratch. */
struct draft {
	struct eval *ev;
	char *text;
	size_t len, size;
};

static void draft_add(struct draft *draft, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void draft_add(struct draft *draft, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(draft->text + draft->len, draft->size - draft->len, fmt, ap);
	va_end(ap);
	if (!eval_charge(draft->ev, 4))
		return;
	if (n < 0 || (size_t)n >= draft->size - draft->len)
		draft->ev->is_exceeded = true;
	else
		draft->len += (size_t)n;
}

static void draft_hex(struct draft *draft, struct bytes data)
{
	size_t i;

	for (i = 0; i < data.len && !draft->ev->is_exceeded; i++)
		draft_add(draft, "%s%02x", i ? ":" : "", data.data[i]);
}

/* Writes a binary field of a record, in upper case. */
static void draft_binary(struct draft *draft, struct bytes data)
{
	size_t i;

	for (i = 0; i < data.len && !draft->ev->is_exceeded; i++)
		draft_add(draft, "%02X", data.data[i]);
}

static bool draft_number(struct draft *draft, enum opt_type type, struct reader *r)
{
	switch (type) {
	case OPT_INT8:
		draft_add(draft, "%d", (int8_t)read_u8(r));
		break;
	case OPT_UINT8:
		draft_add(draft, "%u", read_u8(r));
		break;
	case OPT_INT16:
		draft_add(draft, "%d", (int16_t)read_u16(r));
		break;
	case OPT_UINT16:
		draft_add(draft, "%u", read_u16(r));
		break;
	case OPT_INT32:
		draft_add(draft, "%d", (int32_t)read_u32(r));
		break;
	case OPT_UINT32:
		draft_add(draft, "%u", read_u32(r));
		break;
	default:
		return false;
	}
	return true;
}

/* Writes one value of a simple type. False if the type is not simple or the data is truncated. */
static bool draft_value(struct draft *draft, enum opt_type type, struct reader *r)
{
	char buf[INET6_ADDRSTRLEN] = "";
	const uint8_t *addr;

	if (type == OPT_BOOLEAN) {
		draft_add(draft, "%s", read_u8(r) ? "true" : "false");
	} else if (type == OPT_IPV4_ADDRESS || type == OPT_IPV6_ADDRESS) {
		addr = read_bytes(r, type == OPT_IPV4_ADDRESS ? 4 : 16);
		if (addr)
			draft_add(draft, "%s",
				  inet_ntop(type == OPT_IPV4_ADDRESS ? AF_INET : AF_INET6, addr, buf, sizeof(buf)));
	} else if (type == OPT_STRING) {
		struct bytes rest = read_rest(r);

		draft_add(draft, "\"%.*s\"", (int)rest.len, (const char *)rest.data);
	} else if (type == OPT_BINARY) {
		draft_binary(draft, read_rest(r));
	} else if (!draft_number(draft, type, r)) {
		return false;
	}
	return !r->err;
}

static bool is_number(enum opt_type type)
{
	return type >= OPT_INT8 && type <= OPT_UINT32;
}

/* Writes the values in Kea's format: "1(uint8) 3(uint8)", "192.0.2.1 192.0.2.2", "1 (uint8) ab (binary)". */
static bool draft_values(struct draft *draft, const struct optdef *def, struct bytes data)
{
	struct reader r = reader_of(data);
	unsigned i;

	if (def->encapsulate || def->more)
		return false;
	for (i = 0; i < def->record_n; i++) {
		draft_add(draft, i ? " " : "");
		if (!draft_value(draft, def->record[i], &r))
			return false;
		draft_add(draft, " (%s)", opt_type_name(def->record[i]));
	}
	if (def->record_n)
		return !reader_left(&r);
	if (def->type == OPT_BINARY || def->type == OPT_STRING)
		return false;
	for (i = 0; (def->array ? reader_left(&r) > 0 : !i) && !draft->ev->is_exceeded; i++) {
		draft_add(draft, i ? " " : "");
		if (!draft_value(draft, def->type, &r))
			return false;
		if (!def->array || is_number(def->type))
			draft_add(draft, "%s(%s)", def->array ? "" : " ", opt_type_name(def->type));
	}
	return !reader_left(&r);
}

static struct bytes describe(const struct eval_node *option, struct eval *ev, struct bytes data)
{
	struct draft draft = { ev, (char *)ev->scratch->text + ev->text_used, 0, EVAL_TEXT_MAX - ev->text_used };
	size_t head;

	if (!draft.size)
		return empty;
	draft_add(&draft, ev->q4 ? "type=%03u, len=%03u: " : "type=%05u, len=%05u: ", option->index,
		  (unsigned)data.len);
	head = draft.len;
	if (!option->def || !draft_values(&draft, option->def, data)) {
		draft.len = head;
		draft_hex(&draft, data);
	}
	if (ev->is_exceeded)
		return empty;
	ev->text_used += (uint32_t)draft.len;
	return bytes_of(draft.text, draft.len);
}

static bool is_string_for(const struct eval_node *option, const struct eval *ev)
{
	const struct eval_alt *alt = alt_of(ev, option);

	return alt ? alt->is_string : option->is_string;
}

struct bytes text_of_option(const struct eval_node *node, struct eval *ev)
{
	const struct eval_node *option = node->first;
	struct bytes data;

	if (!node_find(option, ev, &data))
		return empty;
	if (is_string_for(option, ev))
		return data;
	return describe(option, ev, data);
}

struct bytes text_relay_peer(const struct eval_node *node, struct eval *ev)
{
	const struct relay6 *relay = relay_at(ev, node->first);

	return relay ? bytes_of(relay->peer.b, 16) : empty;
}

struct bytes text_relay_link(const struct eval_node *node, struct eval *ev)
{
	const struct relay6 *relay = relay_at(ev, node->first);

	return relay ? bytes_of(relay->link.b, 16) : empty;
}

/* --- header --------------------------------------------------------------------------------- */

static struct bytes address(const struct eval *ev, const struct ip *ip)
{
	return ev->q4 ? bytes_of(ip->b + 12, 4) : bytes_of(ip->b, 16);
}

struct bytes text_iface(const struct eval_node *node, struct eval *ev)
{
	(void)node;
	return ev->iface ? bytes_of(ev->iface, strlen(ev->iface)) : empty;
}

struct bytes text_src(const struct eval_node *node, struct eval *ev)
{
	(void)node;
	return address(ev, &ev->src);
}

struct bytes text_dst(const struct eval_node *node, struct eval *ev)
{
	(void)node;
	return address(ev, &ev->dst);
}

struct bytes text_len(const struct eval_node *node, struct eval *ev)
{
	(void)node;
	return number(ev, ev->len);
}

struct bytes text_mac(const struct eval_node *node, struct eval *ev)
{
	(void)node;
	return bytes_of(ev->q4->chaddr, ev->q4->hlen);
}

struct bytes text_hlen(const struct eval_node *node, struct eval *ev)
{
	(void)node;
	return number(ev, ev->q4->hlen);
}

struct bytes text_htype(const struct eval_node *node, struct eval *ev)
{
	(void)node;
	return number(ev, ev->q4->htype);
}

struct bytes text_ciaddr(const struct eval_node *node, struct eval *ev)
{
	(void)node;
	return number(ev, ev->q4->ciaddr);
}

struct bytes text_giaddr(const struct eval_node *node, struct eval *ev)
{
	(void)node;
	return number(ev, ev->q4->giaddr);
}

struct bytes text_yiaddr(const struct eval_node *node, struct eval *ev)
{
	(void)node;
	return number(ev, ev->q4->yiaddr);
}

struct bytes text_siaddr(const struct eval_node *node, struct eval *ev)
{
	(void)node;
	return number(ev, ev->q4->siaddr);
}

struct bytes text_msgtype(const struct eval_node *node, struct eval *ev)
{
	(void)node;
	return number(ev, ev->q4 ? ev->q4->type : ev->q6->type);
}

struct bytes text_transid(const struct eval_node *node, struct eval *ev)
{
	(void)node;
	return number(ev, ev->q4 ? ev->q4->xid : ev->q6->xid);
}

/* --- the client -------------------------------------------------------------------------------- */

bool test_known(const struct eval_node *node, struct eval *ev)
{
	(void)node;
	return ev->is_known;
}

bool test_unknown(const struct eval_node *node, struct eval *ev)
{
	(void)node;
	return !ev->is_known;
}

bool test_member(const struct eval_node *node, struct eval *ev)
{
	switch (node->class_kind) {
	case CLASS_KNOWN:
		return ev->is_known;
	case CLASS_UNKNOWN:
		return !ev->is_known;
	case CLASS_ALL:
		return true;
	case CLASS_ORDINARY:
		break;
	}
	return ev->classes && ev->classes[node->class_id / 64] >> node->class_id % 64 & 1;
}

/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/replay_diff.h"

#include "base/str.h"
#include "wire/codec.h"
#include "wire/ia6.h"
#include "wire/packet4.h"
#include "wire/packet6.h"

#include <json-c/json.h>
#include <string.h>

#define DEPTH_MAX 4 /* options in options: IA, address, its options */

struct diff {
	const struct dict *dict;
	const char *space; /* of the options */
	bool is_v6;
	struct arena *arena;
	struct json_object *list;
};

/* NULL: there is none. */
static void add(struct diff *d, const char *path, const char *field, const char *ours, const char *captured)
{
	struct json_object *map = json_object_new_object();
	struct str name = { 0 };

	str_addf(&name, "%s%s%s", path, path[0] && field[0] ? " " : "", field);
	json_object_object_add(map, "field", json_object_new_string(str_text(&name)));
	if (ours)
		json_object_object_add(map, "server", json_object_new_string(ours));
	if (captured)
		json_object_object_add(map, "captured", json_object_new_string(captured));
	json_object_array_add(d->list, map);
	str_free(&name);
}

static void compare_text(struct diff *d, const char *path, const char *field, const char *ours, const char *captured)
{
	if (strcmp(ours, captured) != 0)
		add(d, path, field, ours, captured);
}

static void compare_number(struct diff *d, const char *path, const char *field, uint32_t ours, uint32_t captured)
{
	char a[16], b[16];

	(void)snprintf(a, sizeof(a), "%u", ours);
	(void)snprintf(b, sizeof(b), "%u", captured);
	compare_text(d, path, field, a, b);
}

static void compare_ip(struct diff *d, const char *path, const char *field, const struct ip *ours,
		       const struct ip *captured)
{
	char a[IP_TEXT_MAX], b[IP_TEXT_MAX];

	compare_text(d, path, field, ip_format(ours, a), ip_format(captured, b));
}

static void compare_ip4(struct diff *d, const char *field, uint32_t ours, uint32_t captured)
{
	struct ip a = ip_from4(ours), b = ip_from4(captured);

	compare_ip(d, "", field, &a, &b);
}

/* --- options --------------------------------------------------------------- */

/* One option of a response; NULL data: it is missing. */
static const char *value_text(const struct diff *d, const struct optdef *def, const struct opt *opt)
{
	struct str text = { 0 };
	const char *copy;

	if (!opt)
		return NULL;
	if (!def || def->type == OPT_EMPTY || codec_decode_text(def, opt->data, &text) < 0) {
		size_t size = 2 * opt->data.len + 3;
		char *hex = xmalloc(size);

		str_add(&text, "0x");
		(void)bytes_to_hex(opt->data, 0, hex, size);
		str_add(&text, hex);
		free(hex);
	}
	copy = arena_strdup(d->arena, str_text(&text));
	str_free(&text);
	return copy;
}

static void compare_options(struct diff *d, const char *path, const struct opts *ours, const struct opts *captured,
			    unsigned depth);

static const char *name_of(uint16_t code)
{
	switch (code) {
	case OPT6_IA_NA:
		return "ia-na";
	case OPT6_IA_TA:
		return "ia-ta";
	case OPT6_IA_PD:
		return "ia-pd";
	case OPT6_IAADDR:
		return "address";
	case OPT6_IAPREFIX:
		return "prefix";
	}
	return NULL;
}

/* The bytes by which an IA, an address or a prefix is the same one in both responses. */
static struct bytes key_of(const struct opt *opt)
{
	struct bytes b = opt->data;

	if (opt->code == OPT6_IAADDR)
		return bytes_of(b.data, 16);
	if (opt->code == OPT6_IAPREFIX)
		return bytes_of(b.data + 8, 17);
	return bytes_of(b.data, 4);
}

static const char *label_of(const struct diff *d, const struct opt *opt)
{
	struct bytes key = key_of(opt);
	struct reader r = reader_of(key);
	struct prefix prefix = { .len = 128 };
	char text[PREFIX_TEXT_MAX];

	if (opt->code == OPT6_IAADDR) {
		memcpy(prefix.addr.b, key.data, 16);
		return arena_printf(d->arena, "address %s", ip_format(&prefix.addr, text));
	}
	if (opt->code == OPT6_IAPREFIX) {
		prefix.len = key.data[0];
		memcpy(prefix.addr.b, key.data + 1, 16);
		return arena_printf(d->arena, "prefix %s", prefix_format(&prefix, text));
	}
	return arena_printf(d->arena, "%s %u", name_of(opt->code), read_u32(&r));
}

static struct opts options_of(const struct diff *d, struct bytes bytes)
{
	struct reader r = reader_of(bytes);
	struct opts opts;

	opts_init(&opts, d->arena);
	(void)opts_parse6(&r, d->arena, &opts);
	return opts;
}

/* Two IAs, addresses or prefixes with the same key. */
static void compare_container(struct diff *d, const char *path, const struct opt *ours, const struct opt *captured,
			      unsigned depth)
{
	static const char *const names[][2] = { { "T1", "T2" }, { "preferred-lifetime", "valid-lifetime" } };
	uint16_t code = ours->code;
	bool is_item = code == OPT6_IAADDR || code == OPT6_IAPREFIX;
	size_t fixed = ia6_fixed_len(code), at = code == OPT6_IAADDR ? 16 : code == OPT6_IAPREFIX ? 0 : 4;
	struct opts a, b;

	for (unsigned i = 0; i < 2 && code != OPT6_IA_TA; i++) {
		struct reader x = reader_init(ours->data.data + at + 4 * i, 4);
		struct reader y = reader_init(captured->data.data + at + 4 * i, 4);
		uint32_t v = read_u32(&x), w = read_u32(&y);

		compare_number(d, path, names[is_item][i], v, w);
	}
	a = options_of(d, bytes_of(ours->data.data + fixed, ours->data.len - fixed));
	b = options_of(d, bytes_of(captured->data.data + fixed, captured->data.len - fixed));
	compare_options(d, path, &a, &b, depth + 1);
}

static bool is_container(const struct diff *d, const struct opt *opt)
{
	size_t fixed = d->is_v6 ? ia6_fixed_len(opt->code) : 0;

	return fixed && opt->data.len >= fixed && (opt->code != OPT6_IAPREFIX || opt->data.data[8] <= 128);
}

static void compare_option(struct diff *d, const char *path, const struct opt *ours, const struct opt *captured,
			   unsigned depth)
{
	const struct opt *any = ours ? ours : captured;
	const struct optdef *def = dict_by_code(d->dict, d->space, any->code);
	char name[300];

	if (ours && captured && bytes_equal(ours->data, captured->data))
		return;
	if (is_container(d, any) && depth < DEPTH_MAX) {
		const char *label = label_of(d, any);
		const char *inside = arena_printf(d->arena, "%s%s%s", path, path[0] ? " " : "", label);

		if (ours && captured)
			compare_container(d, inside, ours, captured, depth);
		else
			add(d, inside, "", value_text(d, def, ours), value_text(d, def, captured));
		return;
	}
	(void)snprintf(name, sizeof(name), "option %u%s%s", any->code, def ? " " : "", def ? def->name : "");
	add(d, path, name, value_text(d, def, ours), value_text(d, def, captured));
}

/* Returns the option that is to be compared with v[i]: of several with its code, the one with its key or number. */
static const struct opt *counterpart(const struct diff *d, const struct opts *from, unsigned i, const struct opts *in)
{
	const struct opt *opt = &from->v[i];
	unsigned n = 0, seen = 0;

	for (unsigned k = 0; k < i; k++)
		n += from->v[k].code == opt->code;
	for (unsigned k = 0; k < in->n; k++) {
		if (in->v[k].code != opt->code)
			continue;
		if (is_container(d, opt) && is_container(d, &in->v[k])) {
			if (bytes_equal(key_of(opt), key_of(&in->v[k])))
				return &in->v[k];
		} else if (seen++ == n) {
			return &in->v[k];
		}
	}
	return NULL;
}

static void compare_options(struct diff *d, const char *path, const struct opts *ours, const struct opts *captured,
			    unsigned depth)
{
	for (unsigned i = 0; i < ours->n; i++)
		if (ours->v[i].code != OPT4_DHCP_OPTION_OVERLOAD || d->is_v6)
			compare_option(d, path, &ours->v[i], counterpart(d, ours, i, captured), depth);
	for (unsigned i = 0; i < captured->n; i++)
		if ((captured->v[i].code != OPT4_DHCP_OPTION_OVERLOAD || d->is_v6) &&
		    !counterpart(d, captured, i, ours))
			compare_option(d, path, NULL, &captured->v[i], depth);
}

/* --- DHCPv4 ---------------------------------------------------------------- */

static void compare_header4(struct diff *d, const struct packet4 *a, const struct packet4 *b)
{
	char x[64], y[64];

	compare_text(d, "", "type", packet4_type_name(a->type), packet4_type_name(b->type));
	compare_number(d, "", "htype", a->htype, b->htype);
	compare_number(d, "", "hlen", a->hlen, b->hlen);
	compare_number(d, "", "hops", a->hops, b->hops);
	compare_number(d, "", "secs", a->secs, b->secs);
	compare_number(d, "", "flags", a->flags, b->flags);
	compare_ip4(d, "ciaddr", a->ciaddr, b->ciaddr);
	compare_ip4(d, "yiaddr", a->yiaddr, b->yiaddr);
	compare_ip4(d, "siaddr", a->siaddr, b->siaddr);
	(void)bytes_to_hex(bytes_of(a->chaddr, 16), 0, x, sizeof(x));
	(void)bytes_to_hex(bytes_of(b->chaddr, 16), 0, y, sizeof(y));
	compare_text(d, "", "chaddr", x, y);
	compare_text(d, "", "sname", a->sname, b->sname);
	compare_text(d, "", "file", a->file, b->file);
}

/* Without the type, which the header is said to have. */
static void compare4(struct diff *d, struct bytes ours, struct bytes captured)
{
	struct packet4 a, b;
	const char *why = "out of memory";

	if (packet4_parse_lenient(ours, d->arena, &a, &why) < 0 ||
	    packet4_parse_lenient(captured, d->arena, &b, &why) < 0) {
		add(d, "", "response", "valid", why);
		return;
	}
	compare_header4(d, &a, &b);
	opts_remove(&a.opts, OPT4_DHCP_MESSAGE_TYPE);
	opts_remove(&b.opts, OPT4_DHCP_MESSAGE_TYPE);
	compare_options(d, "", &a.opts, &b.opts, 0);
}

/* --- DHCPv6 ---------------------------------------------------------------- */

static void compare_relay(struct diff *d, const char *path, const struct relay6 *a, const struct relay6 *b)
{
	compare_number(d, path, "hop-count", a->hop_count, b->hop_count);
	compare_ip(d, path, "link-address", &a->link, &b->link);
	compare_ip(d, path, "peer-address", &a->peer, &b->peer);
	compare_options(d, path, &a->opts, &b->opts, 0);
}

static void compare6(struct diff *d, struct bytes ours, struct bytes captured)
{
	struct packet6 a, b;
	const char *why = "out of memory";
	char path[32];

	if (packet6_parse_lenient(ours, d->arena, &a, &why) < 0 ||
	    packet6_parse_lenient(captured, d->arena, &b, &why) < 0) {
		add(d, "", "response", "valid", why);
		return;
	}
	compare_text(d, "", "type", packet6_type_name(a.type), packet6_type_name(b.type));
	compare_number(d, "", "relays", a.n_relays, b.n_relays);
	for (unsigned i = 0; i < a.n_relays && i < b.n_relays; i++) {
		(void)snprintf(path, sizeof(path), "relay %u", i + 1);
		compare_relay(d, path, &a.relays[i], &b.relays[i]);
	}
	compare_options(d, "", &a.opts, &b.opts, 0);
}

/* --- both ------------------------------------------------------------------ */

static const char *type_text(struct diff *d, const struct replay_response *response)
{
	const char *why;
	struct packet4 pkt4;
	struct packet6 pkt6;

	if (!response->bytes.len)
		return NULL;
	if (d->is_v6)
		return packet6_parse_lenient(response->bytes, d->arena, &pkt6, &why) < 0 ? "not valid"
											 : packet6_type_name(pkt6.type);
	return packet4_parse_lenient(response->bytes, d->arena, &pkt4, &why) < 0 ? "not valid"
										 : packet4_type_name(pkt4.type);
}

struct json_object *replay_compare(const struct dict *dict, unsigned digit, const struct replay_response *ours,
				   const struct replay_response *captured)
{
	struct diff d = { dict, dict_main_space(dict), digit == 6, arena_new(0), json_object_new_array() };

	if (!ours->bytes.len || !captured->bytes.len) {
		if (ours->bytes.len || captured->bytes.len)
			add(&d, "", "response", type_text(&d, ours), type_text(&d, captured));
	} else {
		compare_ip(&d, "", "destination", &ours->dst, &captured->dst);
		compare_number(&d, "", "destination port", ours->dport, captured->dport);
		if (d.is_v6)
			compare6(&d, ours->bytes, captured->bytes);
		else
			compare4(&d, ours->bytes, captured->bytes);
	}
	arena_free(d.arena);
	return d.list;
}

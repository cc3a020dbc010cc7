/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ISC dhcpd's configuration to Kea's: walks over the statements, finds the row of each in the table (dhcpd_rows.c) and
 * calls its function. Groups do not exist in Kea: their statements are converted again in each declaration in them.
 * Hosts are converted last, because their addresses decide to which subnet they belong.
 */
#include "kea-migrate/dhcpd.h"

#include "base/err.h"

#include <stdlib.h>

#define DEFAULT_LEASE_TIME 43200
#define MAX_LEASE_TIME 86400

enum part { PART_ALL, PART_PARAMETERS, PART_DECLARATIONS };

bool dhcpd_number(const char *text, uint64_t max, uint64_t *ret)
{
	char *end;
	unsigned long long v;

	if (*text < '0' || *text > '9' || strlen(text) > 20)
		return false;
	v = strtoull(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
	if (*end || v > max)
		return false;
	*ret = v;
	return true;
}

bool dhcpd_flag(const struct statement *st, unsigned i, bool *ret)
{
	const char *text = token_text(st, i);

	*ret = str_case_equal(text, "on") || str_case_equal(text, "true");
	return st->n == i + 1 && (*ret || str_case_equal(text, "off") || str_case_equal(text, "false"));
}

struct out *dhcpd_unit(struct dhcpd *d, const struct statement *st, struct out *value)
{
	(void)d;
	value->src = st->pos;
	if (st->comment)
		value->comment = st->comment;
	return value;
}

void dhcpd_notice(struct dhcpd *d, const struct statement *st, const char *fmt, ...)
{
	struct str s = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	report_note(d->rep, REPORT_NOTICE, st->pos, "%s", str_text(&s));
	str_free(&s);
}

static unsigned count_statements(const struct statement *first)
{
	unsigned n = 0;

	for (const struct statement *st = first; st; st = st->next)
		n += 1 + count_statements(st->block);
	return n;
}

void dhcpd_decide(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st, const char *fmt, ...)
{
	struct out *map = sc->guarded ? sc->guarded->map : sc->map;
	struct str s = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	/* What is in its block is part of the decision. */
	if (report_note(d->rep, REPORT_DECISION, st->pos, "%s: %s", token_text(st, 0), str_text(&s)))
		d->rep->statements -= count_statements(st->block);
	if (d->n_values++ < DHCPD_VALUES_MAX) {
		struct str text = { 0 };

		if (st->comment)
			str_addf(&text, "%s\n", st->comment);
		str_addf(&text, "NEEDS A DECISION (%s): %s\n%s", report_where(d->rep, st->pos), str_text(&s),
			 st->source);
		out_comment(d->arena, map ? map : d->top, str_text(&text));
		str_free(&text);
	}
	str_free(&s);
}

static const struct dhcpd_row *find_row(const char *name)
{
	for (unsigned i = 0; i < dhcpd_n_rows; i++)
		if (str_case_equal(dhcpd_rows[i].name, name))
			return &dhcpd_rows[i];
	return NULL;
}

static const char *scope_name(unsigned kind)
{
	switch (kind) {
	case IN_ROOT:
		return "the global scope";
	case IN_NET:
		return "a shared network";
	case IN_SUBNET:
		return "a subnet";
	case IN_POOL:
		return "a pool";
	case IN_GROUP:
		return "a group";
	case IN_HOST:
		return "a host";
	case IN_IF:
		return "a condition";
	default:
		return "a class";
	}
}

static bool is_declaration(const struct statement *st)
{
	const struct dhcpd_row *row = find_row(st->v[0].text);

	if (token_is(st, 0, "option"))
		return token_is(st, 1, "space") || token_is(st, 2, "code");
	return row && row->is_declaration;
}

static void convert_one(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	const struct dhcpd_row *row = st->v[0].kind == TOKEN_WORD ? find_row(st->v[0].text) : NULL;
	unsigned kind = sc->kind;

	d->current = st;
	if (!row) {
		dhcpd_decide(d, sc, st, "this statement is unknown");
		return;
	}
	if (!(row->families & (d->family == 6 ? DHCPD_6 : DHCPD_4))) {
		dhcpd_notice(d, st, "dhcpd -%u ignores %s; left out", d->family, row->name);
		return;
	}
	/* Conditions in networks, subnets and pools can only set options and boot fields there. */
	if (sc->kind == IN_IF && sc->guarded && !(row->where & IN_GUARDED)) {
		dhcpd_decide(d, sc, st, "cannot depend on a condition in %s in Kea", scope_name(sc->guarded->kind));
		return;
	}
	if (!(row->where & kind)) {
		dhcpd_decide(d, sc, st, "cannot be set in %s in Kea", scope_name(kind));
		return;
	}
	d->row = row;
	row->convert(d, sc, st);
}

static void convert_part(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *first, enum part part)
{
	for (const struct statement *st = first; st; st = st->next) {
		if (part != PART_ALL && is_declaration(st) != (part == PART_DECLARATIONS))
			continue;
		if (d->n_values >= DHCPD_VALUES_MAX) {
			report_note(d->rep, REPORT_ERROR, st->pos, "too many values; the rest is left out");
			return;
		}
		if (token_is(st, 0, "if"))
			st = dhcpd_if(d, sc, st);
		else
			convert_one(d, sc, st);
	}
}

void dhcpd_convert(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *first)
{
	convert_part(d, sc, first, PART_ALL);
}

static void convert_inherited(struct dhcpd *d, struct dhcpd_scope *sc, const struct inherited *inherited)
{
	if (!inherited)
		return;
	convert_inherited(d, sc, inherited->outer);
	convert_part(d, sc, inherited->first, PART_PARAMETERS);
}

void dhcpd_block(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	const struct inherited *inherited = sc->inherited;

	convert_inherited(d, sc, inherited);
	/* What is in it inherits from Kea's scope, except hosts. */
	if (sc->kind & (IN_NET | IN_SUBNET))
		sc->inherited = NULL;
	convert_part(d, sc, st->block, PART_ALL);
	sc->inherited = inherited;
}

void dhcpd_group(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	struct inherited *own = arena_new_obj(d->arena, struct inherited);
	const struct inherited *outer = sc->inherited;

	*own = (struct inherited){ outer, st->block };
	sc->inherited = own;
	convert_part(d, sc, st->block, PART_DECLARATIONS);
	sc->inherited = outer;
}

struct out *dhcpd_boot_map(struct dhcpd *d, struct dhcpd_scope *sc)
{
	struct out *list;

	if (!sc->guarded)
		return sc->map;
	if (!sc->boot) {
		const char *name = arena_printf(d->arena, "%s-boot", sc->class_name);

		sc->boot = out_map(d->arena, d->ifs, NULL);
		sc->boot->src = d->current->pos;
		out_string(d->arena, sc->boot, "name", name);
		out_string(d->arena, sc->boot, "test", arena_printf(d->arena, "member('%s')", sc->class_name));
		out_bool(d->arena, sc->boot, "only-in-additional-list", true);
		list = out_get_list(d->arena, sc->guarded->map, "evaluate-additional-classes");
		/* Of several conditions that are true, the last one counts. */
		out_move_first(list, out_string(d->arena, list, NULL, name));
	}
	return sc->boot;
}

/* --- links --- */

static struct out *subnet_list(struct dhcpd *d, struct dhcpd_scope *sc)
{
	const char *key = d->family == 6 ? "subnet6" : "subnet4";

	return sc->kind == IN_NET ? out_get_list(d->arena, sc->map, key) : d->subnets;
}

static bool read_prefix(struct dhcpd *d, const struct statement *st, struct prefix *ret)
{
	struct ip mask;

	if (d->family == 6)
		return prefix_parse(token_text(st, 1), ret) == 0 && !ip_is4(&ret->addr) && st->n == 2;
	return dhcpd_address(d, st, token_text(st, 1), 4, &ret->addr) && token_is(st, 2, "netmask") &&
	       ip_parse(token_text(st, 3), &mask) == 0 && st->n == 4 && ip_mask_len(&mask, &ret->len) &&
	       prefix_is_clean(ret);
}

void dhcpd_subnet_stmt(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	struct dhcpd_scope own = { .kind = IN_SUBNET, .outer = sc, .inherited = sc->inherited };
	char buf[PREFIX_TEXT_MAX];
	struct dhcpd_subnet *sub;

	if (!read_prefix(d, st, &own.prefix) || !st->has_block) {
		dhcpd_decide(d, sc, st, "expected a subnet with its %s and a block",
			     d->family == 6 ? "length" : "netmask");
		return;
	}
	own.map = dhcpd_unit(d, st, out_map(d->arena, subnet_list(d, sc), NULL));
	sub = vec_push(&d->subs);
	*sub = (struct dhcpd_subnet){ own.prefix, own.map };
	out_number(d->arena, own.map, "id", d->next_id++);
	out_string(d->arena, own.map, "subnet", prefix_format(&own.prefix, buf));
	dhcpd_block(d, &own, st);
}

void dhcpd_network(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	struct dhcpd_scope own = { .kind = IN_NET, .outer = sc, .inherited = sc->inherited };

	if (sc->kind != IN_ROOT || st->n != 2 || !st->has_block) {
		dhcpd_decide(d, sc, st, "expected a name and a block");
		return;
	}
	own.map = dhcpd_unit(d, st, out_map(d->arena, d->networks, NULL));
	out_string(d->arena, own.map, "name", token_text(st, 1));
	dhcpd_block(d, &own, st);
}

/* The subnet in this scope that contains the address; NULL if there is none. */
static struct out *subnet_of(struct dhcpd *d, struct dhcpd_scope *sc, const struct ip *ip)
{
	while (sc && !(sc->kind & (IN_NET | IN_SUBNET)))
		sc = sc->outer;
	if (sc && sc->kind == IN_SUBNET)
		return sc->map;
	for (size_t i = d->subs.n; sc && i-- > 0;)
		if (prefix_contains(&d->subs.v[i].prefix, ip) && d->subs.v[i].map->parent &&
		    d->subs.v[i].map->parent->parent == sc->map)
			return d->subs.v[i].map;
	return NULL;
}

/* Adds a pool with what its block sets; pools of a shared network go to the subnet of their address. */
static void add_pool(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st, const char *key,
		     const struct ip *first, struct out **ret)
{
	struct out *sub = subnet_of(d, sc, first);

	*ret = NULL;
	if (!sub) {
		dhcpd_decide(d, sc, st, "no subnet here contains the addresses");
		return;
	}
	*ret = dhcpd_unit(d, st, out_map(d->arena, out_get_list(d->arena, sub, key), NULL));
	if (sc->kind == IN_POOL)
		*vec_push(&sc->permits->pools) = *ret;
}

void dhcpd_range(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	char a[IP_TEXT_MAX], b[IP_TEXT_MAX];
	struct ip first, last;
	struct out *pool;
	unsigned i = 1;

	if (token_is(st, 1, "dynamic-bootp")) {
		dhcpd_notice(d, st, "Kea does not serve BOOTP clients from pools");
		i++;
	}
	if (!dhcpd_address(d, st, token_text(st, i), 4, &first) ||
	    (st->n > i + 1 && !dhcpd_address(d, st, token_text(st, i + 1), 4, &last)) || st->n > i + 2) {
		dhcpd_decide(d, sc, st, "expected one or two addresses");
		return;
	}
	if (st->n == i + 1)
		last = first;
	if (ip_cmp(&first, &last) > 0) {
		struct ip swap = first;

		first = last;
		last = swap;
	}
	add_pool(d, sc, st, "pools", &first, &pool);
	if (pool)
		out_string(d->arena, pool, "pool",
			   arena_printf(d->arena, "%s - %s", ip_format(&first, a), ip_format(&last, b)));
}

void dhcpd_range6(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	char a[PREFIX_TEXT_MAX], b[IP_TEXT_MAX];
	struct ip first, last;
	struct prefix p;
	struct out *pool;

	if (token_is(st, st->n - 1, "temporary")) {
		dhcpd_decide(d, sc, st, "temporary addresses are not supported");
		return;
	}
	if (st->n == 2 && prefix_parse(token_text(st, 1), &p) == 0 && !ip_is4(&p.addr)) {
		add_pool(d, sc, st, "pools", &p.addr, &pool);
		if (pool)
			out_string(d->arena, pool, "pool", prefix_format(&p, a));
		return;
	}
	if (st->n != 3 || ip_parse(token_text(st, 1), &first) < 0 || ip_parse(token_text(st, 2), &last) < 0) {
		dhcpd_decide(d, sc, st, "expected two addresses or a prefix");
		return;
	}
	add_pool(d, sc, st, "pools", &first, &pool);
	if (pool)
		out_string(d->arena, pool, "pool",
			   arena_printf(d->arena, "%s - %s", ip_format(&first, a), ip_format(&last, b)));
}

/* Kea's prefix pools are prefixes themselves: a range becomes as few as possible. */
void dhcpd_prefix6(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	struct ip at, last;
	uint64_t bits;
	unsigned n = 0;

	if (st->n != 4 || ip_parse(token_text(st, 1), &at) < 0 || ip_parse(token_text(st, 2), &last) < 0 ||
	    ip_is4(&at) || ip_is4(&last) || token_text(st, 3)[0] != '/' ||
	    !dhcpd_number(token_text(st, 3) + 1, 128, &bits) || !bits || ip_cmp(&at, &last) > 0 ||
	    !prefix_is_clean(&(struct prefix){ at, (uint8_t)bits })) {
		dhcpd_decide(d, sc, st, "expected the first and the last prefix and their length");
		return;
	}
	last = prefix_last(&(struct prefix){ last, (uint8_t)bits });
	for (;;) {
		struct prefix p = { at, (uint8_t)bits }, wider;
		struct out *pool, *sub = NULL;
		char text[IP_TEXT_MAX];
		struct ip end;

		for (wider = p; wider.len > 1; p = wider) {
			wider.len--;
			end = prefix_last(&wider);
			if (!prefix_is_clean(&wider) || ip_cmp(&end, &last) > 0)
				break;
		}
		sub = subnet_of(d, sc, &at);
		for (struct dhcpd_scope *s = sc; s && !sub; s = s->outer)
			sub = s->kind == IN_NET && out_find(s->map, "subnet6") ? out_find(s->map, "subnet6")->first
									       : NULL;
		if (!sub || n++ == 256) {
			dhcpd_decide(d, sc, st,
				     sub ? "the range is more than 256 prefixes" : "there is no subnet for it");
			return;
		}
		pool = dhcpd_unit(d, st, out_map(d->arena, out_get_list(d->arena, sub, "pd-pools"), NULL));
		if (sc->kind == IN_POOL)
			*vec_push(&sc->permits->pools) = pool;
		out_string(d->arena, pool, "prefix", ip_format(&p.addr, text));
		out_number(d->arena, pool, "prefix-len", p.len);
		out_number(d->arena, pool, "delegated-len", (int64_t)bits);
		end = prefix_last(&p);
		if (ip_cmp(&end, &last) >= 0)
			return;
		at = ip_add(&end, 1);
	}
}

/* Options and guards of a pool go to each of its ranges. False if that is too much. */
static bool copy_to_pools(struct dhcpd *d, struct permits *permits, const struct out *map)
{
	size_t n = out_count(map);

	if (d->n_values + permits->pools.n * n > DHCPD_VALUES_MAX)
		return false;
	for (size_t i = 0; i < permits->pools.n; i++)
		for (struct out *o = map->first; o; o = o->next)
			if (!i || o->kind != OUT_COMMENT)
				(void)out_copy(d->arena, permits->pools.v[i], o);
	d->n_values += (unsigned)(permits->pools.n * n);
	return true;
}

void dhcpd_pool_stmt(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	struct permits permits = { 0 };
	struct dhcpd_scope own = {
		.kind = IN_POOL, .outer = sc, .permits = &permits, .map = out_new(d->arena, OUT_MAP)
	};
	bool is_usable;

	if (!(sc->kind & (IN_NET | IN_SUBNET)) || st->n != 1 || !st->has_block) {
		dhcpd_decide(d, sc, st, "expected a block in a subnet or a shared network");
		return;
	}
	own.map->parent = NULL;
	dhcpd_block(d, &own, st);
	dhcpd_pool_guard(d, &own, st);
	is_usable = !permits.is_closed && copy_to_pools(d, &permits, own.map);
	for (size_t i = 0; i < permits.pools.n && !is_usable; i++)
		out_remove(permits.pools.v[i]);
	if (!permits.is_closed && !is_usable)
		dhcpd_decide(d, sc, st, "too many ranges for so many options: Kea needs them in each range");
	else if (!permits.is_closed && !permits.pools.n)
		dhcpd_decide(d, sc, st, "the pool has no addresses");
	vec_free(&permits.pools);
	str_free(&permits.allow);
	str_free(&permits.deny);
}

/* --- the whole --- */

/* Counts what only one of the protocols has. */
static void count_words(const struct statement *first, unsigned votes[2])
{
	for (const struct statement *st = first; st; st = st->next) {
		const struct dhcpd_row *row = find_row(st->v[0].text);

		votes[0] += row && row->families == DHCPD_4;
		votes[1] += row && row->families == DHCPD_6;
		count_words(st->block, votes);
	}
}

static unsigned guess_family(const struct statement *first)
{
	unsigned votes[2] = { 0, 0 };

	count_words(first, votes);
	return votes[1] > votes[0] ? 6 : 4;
}

static int64_t number_of(struct out *map, const char *key, int64_t otherwise)
{
	struct out *o = out_find(map, key);

	return o && o->kind == OUT_TEXT ? strtoll(o->text, NULL, 10) : otherwise;
}

/* dhcpd applies the maximum and the minimum to the default, too; Kea rejects a default that is outside. */
static void clamp(struct dhcpd *d, struct out *map, int64_t def, int64_t min, int64_t max)
{
	int64_t own_def = number_of(map, "valid-lifetime", def), own_min = number_of(map, "min-valid-lifetime", min),
		own_max = number_of(map, "max-valid-lifetime", max), value;
	struct out *lists[] = { out_find(map, "subnet4"), out_find(map, "subnet6"), out_find(map, "shared-networks") };

	if (own_min > own_max) {
		own_min = own_max;
		out_number(d->arena, map, "min-valid-lifetime", own_min);
	}
	value = own_def > own_max ? own_max : own_def < own_min ? own_min : own_def;
	if (value != own_def)
		out_number(d->arena, map, "valid-lifetime", value);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (struct out *o = lists[i] ? lists[i]->first : NULL; o; o = o->next)
			if (o->kind == OUT_MAP)
				clamp(d, o, value, own_min, own_max);
}

/*
 * dhcpd knows the links of the server by its addresses. In DHCPv6 the server needs the interface, unless clients come
 * through relays.
 */
static void add_link(struct dhcpd *d, struct out *map, bool is_only)
{
	struct pos pos = map->src;

	if (out_find(map, "interface"))
		return;
	if (is_only && d->n_interfaces == 1)
		out_string(d->arena, map, "interface", d->interfaces[0]);
	else
		report_note(d->rep, REPORT_NOTICE, pos,
			    "if clients are on a link of the server, not behind relays, add \"interface\" here");
}

static void add_links(struct dhcpd *d)
{
	struct out *lists[] = { d->networks, d->subnets };
	unsigned n = 0;

	for (size_t pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < 2; i++)
			for (struct out *o = lists[i]->first; o; o = o->next) {
				if (o->kind != OUT_MAP)
					continue;
				if (pass)
					add_link(d, o, n == 1);
				else
					n++;
			}
}

/* What applies in dhcpd without being said. */
static void add_defaults(struct dhcpd *d)
{
	if (!out_find(d->top, "valid-lifetime"))
		out_number(d->arena, d->top, "valid-lifetime", DEFAULT_LEASE_TIME);
	if (!out_find(d->top, "max-valid-lifetime"))
		out_number(d->arena, d->top, "max-valid-lifetime", MAX_LEASE_TIME);
	if (!out_find(d->top, "min-valid-lifetime"))
		out_number(d->arena, d->top, "min-valid-lifetime", 300);
	clamp(d, d->top, DEFAULT_LEASE_TIME, 300, MAX_LEASE_TIME);
	if (d->family == 6 && !out_find(d->top, "preferred-lifetime"))
		out_number(d->arena, d->top, "preferred-lifetime", number_of(d->top, "valid-lifetime", 0) * 5 / 8);
	if (d->family == 6)
		add_links(d);
	if (d->rapid_commit)
		for (size_t i = 0; i < d->subs.n; i++)
			if (!out_find(d->subs.v[i].map, "rapid-commit"))
				out_bool(d->arena, d->subs.v[i].map, "rapid-commit", true);
}

static void add_interfaces(struct dhcpd *d)
{
	struct out *map = out_map(d->arena, d->top, "interfaces-config");
	struct out *list = out_list(d->arena, map, "interfaces");

	for (unsigned i = 0; i < d->n_interfaces; i++)
		out_string(d->arena, list, NULL, d->interfaces[i]);
	if (!d->n_interfaces)
		out_string(d->arena, list, NULL, "*");
}

static void start(struct dhcpd *d)
{
	d->root = out_new(d->arena, OUT_MAP);
	d->top = out_map(d->arena, d->root, d->family == 6 ? "Dhcp6" : "Dhcp4");
	d->ddns = out_new(d->arena, OUT_MAP);
	d->ddns_top = out_map(d->arena, d->ddns, "DhcpDdns");
	add_interfaces(d);
	d->option_defs = out_new(d->arena, OUT_LIST);
	d->classes = out_new(d->arena, OUT_LIST);
	d->ifs = out_new(d->arena, OUT_LIST);
	d->networks = out_new(d->arena, OUT_LIST);
	d->subnets = out_new(d->arena, OUT_LIST);
}

static void attach(struct dhcpd *d, struct out *list, const char *key)
{
	if (!list->first)
		return;
	list->key = key;
	out_append(d->top, list);
}

void dhcpd_run(const struct dhcpd_input *in, struct report *rep, struct conversion *ret)
{
	struct dhcpd d = { .arena = rep->arena,
			   .rep = rep,
			   .may_resolve = in->may_resolve,
			   .next_id = 1,
			   .interfaces = in->interfaces,
			   .n_interfaces = in->n_interfaces };
	struct statements statements = { 0 };
	struct dhcpd_scope root = { .kind = IN_ROOT };
	int err = 0;

	*ret = (struct conversion){ 0 };
	if (in->text)
		statements_parse(in->name, in->text, in->len, rep, &statements);
	else
		err = statements_read(in->name, rep, &statements);
	if (err < 0) {
		rep->is_unusable = true;
		return;
	}
	d.family = in->family ? in->family : guess_family(statements.first);
	d.dict = dict_new(d.arena, d.family == 6);
	start(&d);
	root.map = d.top;
	dhcpd_prepare_options(&d, statements.first);
	dhcpd_convert(&d, &root, statements.first);
	dhcpd_finish_classes(&d);
	dhcpd_finish_hosts(&d);
	dhcpd_finish_ddns(&d);
	dhcpd_hoist(&d);
	attach(&d, d.option_defs, "option-def");
	while (d.ifs->first) {
		struct out *o = d.ifs->first;

		out_remove(o);
		out_append(d.classes, o);
	}
	attach(&d, d.classes, "client-classes");
	attach(&d, d.networks, "shared-networks");
	attach(&d, d.subnets, d.family == 6 ? "subnet6" : "subnet4");
	add_defaults(&d);
	if (statements.trailing)
		out_comment(d.arena, d.top, statements.trailing);
	ret->family = d.family;
	ret->root = d.root;
	ret->ddns = d.has_zones ? d.ddns : NULL;
	vec_free(&d.subs);
	vec_free(&d.hosts);
	for (size_t i = 0; i < d.class_list.n; i++)
		str_free(&d.class_list.v[i]->subs);
	vec_free(&d.class_list);
	vec_free(&d.options);
	vec_free(&d.spaces);
}

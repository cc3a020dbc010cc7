/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Classes, subclasses, conditions and the permissions of pools. In dhcpd the options of a class win over those of
 * subnets, in Kea it is the other way round: where both set an option, the subnet gets the value of the class too, for
 * its members only (dhcpd_hoist()).
 */
#include "kea-migrate/dhcpd.h"

#include "base/err.h"

static struct dhcpd_class *find_class(struct dhcpd *d, const char *name)
{
	for (size_t i = 0; i < d->class_list.n; i++)
		if (strcmp(d->class_list.v[i]->name, name) == 0)
			return d->class_list.v[i];
	return NULL;
}

static struct dhcpd_class *new_class(struct dhcpd *d, const struct statement *st, const char *name)
{
	struct dhcpd_class *class = arena_new_obj(d->arena, struct dhcpd_class);

	class->name = name;
	class->st = st;
	class->map = dhcpd_unit(d, st, out_map(d->arena, d->classes, NULL));
	out_string(d->arena, class->map, "name", name);
	*vec_push(&d->class_list) = class;
	return class;
}

static void reject_class(struct dhcpd_class *class)
{
	class->is_rejected = true;
	class->map->why = "the condition of this class could not be converted";
}

/* Conditions in a class need its own, which may come later. */
static const char *find_test(struct dhcpd *d, const struct statement *first)
{
	const char *why = NULL;

	for (const struct statement *st = first; st; st = st->next)
		if (token_is(st, 0, "match") && token_is(st, 1, "if"))
			return dhcpd_condition(d, st, 2, &why);
	return NULL;
}

void dhcpd_class_stmt(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	struct dhcpd_scope own = { .kind = IN_CLASS, .outer = sc, .inherited = sc->inherited };

	if (st->n != 2 || !st->has_block || !*token_text(st, 1)) {
		dhcpd_decide(d, sc, st, "expected a name and a block");
		return;
	}
	own.class = find_class(d, token_text(st, 1));
	if (!own.class)
		own.class = new_class(d, st, token_text(st, 1));
	own.class_name = own.class->name;
	own.map = own.class->map;
	own.test = find_test(d, st->block);
	dhcpd_block(d, &own, st);
}

void dhcpd_match(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	const char *why = NULL, *test;
	unsigned i = 1;
	struct ex e;

	if (!sc->class || sc->kind != IN_CLASS) {
		dhcpd_decide(d, sc, st, "only a class has a match");
		return;
	}
	if (token_is(st, 1, "if")) {
		test = dhcpd_condition(d, st, 2, &why);
		if (test)
			dhcpd_unit(d, st, out_string(d->arena, sc->map, "test", test))->src.line = 0;
	} else {
		e = dhcpd_expr(d, st, &i, &why);
		test = e.type == EX_BAD || e.type == EX_BOOL || i < st->n ? NULL : e.text;
		sc->class->match = arena_new_obj(d->arena, struct ex);
		*sc->class->match = e;
	}
	if (!test) {
		sc->class->match = NULL;
		dhcpd_decide(d, sc->outer, st, "%s", why ? why : "this is no text");
		reject_class(sc->class);
	}
}

void dhcpd_spawn(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	const char *why = NULL;
	unsigned i = 2;
	struct ex e = dhcpd_expr(d, st, &i, &why);

	if (!token_is(st, 1, "with") || e.type != EX_DATA || i < st->n || !sc->class) {
		dhcpd_decide(d, sc, st, "%s", why ? why : "expected: spawn with a text");
		return;
	}
	out_string(d->arena, sc->map, "template-test", e.text);
}

/* A value of a subclass as an expression. */
static bool read_value(struct dhcpd *d, const struct statement *st, struct ex *ret)
{
	const char *why = NULL;
	unsigned i = 2;

	*ret = dhcpd_expr(d, st, &i, &why);
	if (ret->type == EX_NUMBER && ret->is_const) {
		uint8_t byte = 0;

		if (dhcpd_hex(ret->text, &byte, 1) != 1)
			return false;
		ret->type = EX_DATA;
		ret->data = bytes_of(arena_dup(d->arena, &byte, 1), 1);
		ret->text = dhcpd_literal(d, ret->data);
	}
	return ret->type == EX_DATA && ret->is_const && i == st->n;
}

void dhcpd_subclass(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	struct dhcpd_scope own = { .kind = IN_SUBCLASS, .outer = sc, .inherited = sc->inherited };
	struct dhcpd_class *class = find_class(d, token_text(st, 1));
	const char *test;
	struct ex value;

	if (!class || !class->match || class->is_rejected || st->n < 3 || !read_value(d, st, &value)) {
		dhcpd_decide(d, sc, st, "%s",
			     !class               ? "its class is not defined before it"
			     : class->is_rejected ? "the condition of its class could not be converted"
			     : !class->match      ? "its class has no \"match\""
						  : "expected a value");
		return;
	}
	test = dhcpd_equals(d, class->match, &value);
	if (!test) {
		dhcpd_decide(d, sc, st, "its class never has this value");
		return;
	}
	str_addf(&class->subs, "%s%s", class->n_subs++ ? " or " : "", test);
	if (class->match->is_hardware && value.data.len > 1 && value.data.len <= 21 && value.data.data[0] == 1) {
		char mac[64];

		(void)bytes_to_hex(bytes_of(value.data.data + 1, value.data.len - 1), ':', mac, sizeof(mac));
		if (!class->hardware)
			class->hardware = out_new(d->arena, OUT_LIST);
		out_string(d->arena, class->hardware, NULL, mac);
		class->n_hardware++;
	}
	if (!st->has_block)
		return;
	own.class_name = arena_printf(d->arena, "%s-%u", class->name, ++d->next_sub);
	own.test = test;
	own.map = dhcpd_unit(d, st, out_map(d->arena, d->classes, NULL));
	/* Its options win over those of the class. */
	out_insert_before(class->map, own.map);
	out_string(d->arena, own.map, "name", own.class_name);
	out_string(d->arena, own.map, "test", test);
	dhcpd_block(d, &own, st);
}

void dhcpd_finish_classes(struct dhcpd *d)
{
	for (size_t i = 0; i < d->class_list.n; i++) {
		struct dhcpd_class *class = d->class_list.v[i];

		if (!class->n_subs || class->is_rejected || out_find(class->map, "test"))
			continue;
		if (class->n_hardware == class->n_subs)
			out_append(out_map(d->arena, class->map, "match"),
				   (class->hardware->key = "hardware", class->hardware));
		else
			out_string(d->arena, class->map, "test", str_text(&class->subs));
	}
}

/* --- conditions --- */

static struct out *new_branch(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st, struct out *before)
{
	struct out *map = out_map(d->arena, d->ifs, NULL);

	if (sc->kind & (IN_CLASS | IN_SUBCLASS) || (sc->kind == IN_IF && !sc->guarded))
		out_insert_before(sc->map, map);
	else if (before && before->parent == d->ifs)
		out_insert_before(before, map);
	return dhcpd_unit(d, st, map);
}

/* The test of a branch: that of what it is in, none of the branches before it, and its own condition. */
static const char *branch_test(struct dhcpd *d, struct dhcpd_scope *sc, const char *before, const char *test)
{
	struct str s = { 0 };
	const char *text;

	if (sc->kind & (IN_CLASS | IN_SUBCLASS | IN_IF))
		str_addf(&s, "(%s)", sc->test ? sc->test : arena_printf(d->arena, "member('%s')", sc->class_name));
	if (*before)
		str_addf(&s, "%s%s", s.len ? " and " : "", before);
	if (test && (s.len))
		str_addf(&s, " and (%s)", test);
	else if (test)
		str_add(&s, test);
	text = s.len > 60000 ? NULL : arena_strdup(d->arena, str_text(&s));
	str_free(&s);
	return text;
}

static void convert_branch(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st, const char *test,
			   const char *name, struct out *before)
{
	struct dhcpd_scope own = { .kind = IN_IF, .outer = sc, .class_name = name, .test = test };

	if (sc->kind & (IN_NET | IN_SUBNET | IN_POOL))
		own.guarded = sc;
	else if (sc->kind == IN_IF)
		own.guarded = sc->guarded;
	own.map = new_branch(d, sc, st, before);
	out_string(d->arena, own.map, "name", name);
	out_string(d->arena, own.map, "test", test);
	dhcpd_block(d, &own, st);
}

static bool is_branch(const struct statement *st)
{
	return st && (token_is(st, 0, "elsif") || token_is(st, 0, "elseif") || token_is(st, 0, "else"));
}

const struct statement *dhcpd_if(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	struct out *before = d->ifs->first;
	struct str done = { 0 };
	const char *why = NULL;

	if (sc->kind & IN_HOST)
		why = "a condition in a host has no counterpart";
	for (;; st = st->next) {
		bool is_else = token_is(st, 0, "else") && !token_is(st, 1, "if");
		unsigned i = token_is(st, 0, "else") && !is_else ? 2 : 1;
		const char *test = NULL, *name;

		d->current = st;
		if (!why && !is_else) {
			test = dhcpd_condition(d, st, i, &why);
			test = test ? test : (why = why ? why : "this condition cannot be converted", NULL);
		}
		if (!why && !st->has_block)
			why = "expected a block";
		if (!why) {
			const char *all = branch_test(d, sc, str_text(&done), test);

			name = arena_printf(d->arena, "dhcpd-if-%u", ++d->next_if);
			if (!all)
				why = "the condition is too long";
			else
				convert_branch(d, sc, st, all, name, before);
			str_addf(&done, "%snot member('%s')", done.len ? " and " : "", name);
		}
		if (why)
			dhcpd_decide(d, sc, st, "%s", why);
		if (is_else || !is_branch(st->next))
			break;
	}
	str_free(&done);
	return st;
}

/* --- permissions --- */

static void permit(struct str *list, unsigned *n, const char *text)
{
	str_addf(list, "%s%s", (*n)++ ? " or " : "", text);
}

static void permit_pool(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st, bool allow)
{
	struct permits *p = sc->permits;
	const char *class = NULL, *test = NULL;

	if (token_is(st, 1, "unknown-clients") || (token_is(st, 1, "unknown") && token_is(st, 2, "clients"))) {
		class = "UNKNOWN";
		test = "unknown";
		d->uses_known = true;
	} else if (token_is(st, 1, "known-clients") || (token_is(st, 1, "known") && token_is(st, 2, "clients"))) {
		class = "KNOWN";
		test = "known";
		d->uses_known = true;
	} else if (token_is(st, 1, "members") && token_is(st, 2, "of") && st->n == 4) {
		struct dhcpd_class *c = find_class(d, token_text(st, 3));

		if (!c || c->is_rejected) {
			dhcpd_decide(d, sc, st,
				     "class %s does not exist or could not be converted; the pool is left out",
				     token_text(st, 3));
			p->is_closed = true;
			return;
		}
		class = c->name;
		test = arena_printf(d->arena, "member('%s')", class);
	} else if (token_is(st, 1, "all") || token_is(st, 1, "unauthenticated")) {
		p->is_open = p->is_open || allow;
		if (!allow) {
			dhcpd_notice(d, st, "nobody may use the pool; left out");
			p->is_closed = true;
		}
		return;
	} else if (token_is(st, 1, "dynamic") || token_is(st, 1, "authenticated")) {
		/* No such clients exist: Kea assigns nothing to BOOTP clients, and nobody implements authentication. */
		if (allow)
			p->n_allow += 0;
		return;
	} else {
		dhcpd_decide(d, sc, st, "this permission has no counterpart; the pool is left out");
		p->is_closed = true;
		return;
	}
	if (allow) {
		permit(&p->allow, &p->n_allow, test);
		*vec_push(&p->allowed) = class;
	} else {
		permit(&p->deny, &p->n_deny, test);
	}
}

void dhcpd_permit(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	bool allow = token_is(st, 0, "allow");
	struct out *o = NULL;

	if (sc->kind == IN_POOL)
		permit_pool(d, sc, st, allow);
	else if (token_is(st, 1, "unknown-clients") && sc->kind & IN_LINKS) {
		d->uses_known = true;
		o = out_bool(d->arena, sc->map, "deny-unknown", !allow);
	} else if (token_is(st, 1, "client-updates") && sc->kind & IN_LINKS)
		o = out_bool(d->arena, sc->map, "ddns-override-client-update", !allow);
	else if (token_is(st, 1, "booting") && sc->kind == IN_HOST) {
		if (!allow)
			out_string(d->arena, out_get_list(d->arena, sc->map, "client-classes"), NULL, "DROP");
	} else if (token_is(st, 1, "bootp")) {
		if (allow)
			dhcpd_notice(d, st, "Kea does not serve BOOTP clients");
	} else if (allow &&
		   (token_is(st, 1, "duplicates") || token_is(st, 1, "declines") || token_is(st, 1, "booting"))) {
		return;
	} else if (!allow && token_is(st, 1, "leasequery")) {
		return;
	} else {
		dhcpd_decide(d, sc, st, "\"%s\" has no counterpart here", token_text(st, 1));
	}
	if (o)
		dhcpd_unit(d, st, o);
}

void dhcpd_pool_guard(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	struct permits *p = sc->permits;
	struct out *list, *map;
	const char *name;
	struct str test = { 0 };

	if (p->is_open) {
		p->n_allow = 0;
		str_reset(&p->allow);
	}
	if (p->is_closed || (!p->n_allow && !p->n_deny)) {
		vec_free(&p->allowed);
		return;
	}
	list = out_list(d->arena, sc->map, "client-classes");
	if (!p->n_deny) {
		for (size_t i = 0; i < p->allowed.n; i++)
			out_string(d->arena, list, NULL, p->allowed.v[i]);
		vec_free(&p->allowed);
		return;
	}
	vec_free(&p->allowed);
	if (p->n_allow)
		str_addf(&test, "(%s) and ", str_text(&p->allow));
	str_addf(&test, p->n_deny > 1 ? "not (%s)" : "not %s", str_text(&p->deny));
	name = arena_printf(d->arena, "dhcpd-pool-%u", ++d->next_pool);
	map = out_map(d->arena, d->ifs, NULL);
	map->src = st->pos;
	out_string(d->arena, map, "name", name);
	out_string(d->arena, map, "test", str_text(&test));
	out_string(d->arena, list, NULL, name);
	str_free(&test);
}

/* --- precedence of options --- */

static bool same_text(const struct out *a, const struct out *b, const char *key)
{
	const struct out *x = out_find(a, key), *y = out_find(b, key);

	return (!x && !y) || (x && y && x->text && y->text && strcmp(x->text, y->text) == 0);
}

static bool has_option(const struct out *list, const struct out *opt)
{
	for (const struct out *o = list->first; o; o = o->next)
		if (o->kind == OUT_MAP && !o->why && !out_find(o, "client-classes") && same_text(o, opt, "name") &&
		    same_text(o, opt, "code") && same_text(o, opt, "space"))
			return true;
	return false;
}

static void hoist_into(struct dhcpd *d, struct out *list)
{
	for (struct out *c = d->classes->last; c; c = c->prev) {
		struct out *opts = c->kind == OUT_MAP && !c->why ? out_find(c, "option-data") : NULL;

		for (struct out *o = opts ? opts->last : NULL; o; o = o->prev) {
			struct out *copy;

			if (o->kind != OUT_MAP || o->why || !has_option(list, o) || d->n_values++ > DHCPD_VALUES_MAX)
				continue;
			copy = out_copy(d->arena, list, o);
			copy->comment = NULL;
			out_string(d->arena, out_list(d->arena, copy, "client-classes"), NULL,
				   out_value(d->arena, c, "name"));
			out_move_first(list, copy);
		}
	}
}

static void hoist_scope(struct dhcpd *d, struct out *map)
{
	static const char *const inner[] = { "pools", "pd-pools", "subnet4", "subnet6" };
	struct out *list = out_find(map, "option-data");

	if (list)
		hoist_into(d, list);
	for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]); i++) {
		struct out *v = out_find(map, inner[i]);

		for (struct out *o = v ? v->first : NULL; o; o = o->next)
			if (o->kind == OUT_MAP)
				hoist_scope(d, o);
	}
}

void dhcpd_hoist(struct dhcpd *d)
{
	struct out *lists[] = { d->networks, d->subnets };

	for (size_t i = 0; i < 2; i++)
		for (struct out *o = lists[i]->first; o; o = o->next)
			if (o->kind == OUT_MAP)
				hoist_scope(d, o);
}

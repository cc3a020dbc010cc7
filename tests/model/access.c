/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Reservations and guards: random ones for each configuration, and what they mean. What a server is to do with them is
 * said here in the simplest way, without its tables.
 */
#include "model.h"

static const struct {
	unsigned bit;
	const char *name;
} classes[] = {
	{ CLASS_RED, "red" },         { CLASS_BLUE, "blue" },   { CLASS_KNOWN, "KNOWN" },
	{ CLASS_UNKNOWN, "UNKNOWN" }, { CLASS_STAFF, "staff" }, { CLASS_GOLD, "gold" },
};

const char *const look_text[LOOKS] = { "", "r", "b", "rb" };

/* --- making them ----------------------------------------------------------- */

static bool is_on_link(const struct thing *thing, unsigned scope)
{
	unsigned id = thing->subnet_id;

	/* All servers of a store must divide their addresses in the same way. */
	if (m.is_shared && thing->type == LEASE_PD && thing->prefix.len != 64)
		return false;
	return !id || (scope ? id == scope : id == 1 || m.has_second);
}

/* Several hosts may have the same one, not a part of another's. */
static bool is_placed(const struct reservation *r, const struct thing *thing)
{
	const struct access *a = &m.access;

	for (unsigned i = 0; i < r->n_places; i++)
		if (prefix_overlaps(&r->places[i]->prefix, &thing->prefix))
			return true;
	for (unsigned i = 0; i < a->n; i++)
		for (unsigned k = 0; k < a->v[i].n_places; k++)
			if (prefix_overlaps(&a->v[i].places[k]->prefix, &thing->prefix) &&
			    (a->unique || a->v[i].places[k] != thing))
				return true;
	return false;
}

static bool matches(const struct reservation *r, const struct client *c)
{
	struct bytes id = rules.id_of(c, r->kind);

	return id.len && bytes_equal(id, r->id);
}

/* A client with reservations in both subnets gets that of the one it comes from, which this model does not know. */
static bool is_torn(const struct reservation *r)
{
	for (unsigned i = 0; i < rules.n_clients; i++)
		for (unsigned k = 0; k < m.access.n && r->scope && matches(r, &m.clients[i]); k++)
			if (m.access.v[k].scope == 3 - r->scope && matches(&m.access.v[k], &m.clients[i]))
				return true;
	return false;
}

static bool exists(const struct reservation *r)
{
	for (unsigned i = 0; i < m.access.n; i++)
		if (m.access.v[i].scope == r->scope && m.access.v[i].kind == r->kind &&
		    bytes_equal(m.access.v[i].id, r->id))
			return true;
	return false;
}

static unsigned n_kinds(void)
{
	unsigned n = 0;

	while (rules.id_names[n])
		n++;
	return n;
}

static void make_reservation(void)
{
	struct client *c = &m.clients[dice(rules.n_clients)];
	struct reservation r = { .scope = dice(m.has_second ? 3 : 2) };
	unsigned n = rules.family->one_lease ? dice(6) != 0 : dice(PLACES_MAX + 1);

	r.kind = dice(n_kinds());
	r.id = rules.id_of(c, r.kind);
	if (!r.id.len || exists(&r) || is_torn(&r))
		return;
	while (n--) {
		const struct thing *thing = &m.things[dice(rules.n_things)];

		if (is_on_link(thing, r.scope) && !is_placed(&r, thing))
			r.places[r.n_places++] = thing;
	}
	r.classes = dice(3) ? 0 : dice(2) ? CLASS_GOLD : CLASS_GOLD | CLASS_BLUE;
	m.access.v[m.access.n++] = r;
}

/* Sometimes one of them is not used. */
static void make_order(void)
{
	struct access *a = &m.access;

	a->n_kinds = n_kinds();
	for (unsigned i = 0; i < a->n_kinds; i++) {
		unsigned k = dice(i + 1);

		a->kinds[i] = a->kinds[k];
		a->kinds[k] = i;
	}
	a->n_kinds -= !dice(4);
}

static void add_id(struct str *text, const struct reservation *r)
{
	str_addf(text, "{ \"%s\": \"", rules.id_names[r->kind]);
	for (size_t i = 0; i < r->id.len; i++)
		str_addf(text, "%s%02x", i ? ":" : "", r->id.data[i]);
	str_add(text, "\"");
}

static void add_places(struct str *text, const struct reservation *r, bool prefixes)
{
	char place[PREFIX_TEXT_MAX];
	unsigned n = 0;

	for (unsigned i = 0; i < r->n_places; i++) {
		const struct thing *thing = r->places[i];

		if ((thing->type == LEASE_PD) != prefixes)
			continue;
		if (prefixes)
			(void)prefix_format(&thing->prefix, place);
		else
			(void)ip_format(&thing->prefix.addr, place);
		if (rules.family->one_lease)
			str_addf(text, ", \"ip-address\": \"%s\"", place);
		else
			str_addf(text, "%s\"%s\"",
				 n++        ? ", "
				 : prefixes ? ", \"prefixes\": [ "
					    : ", \"ip-addresses\": [ ",
				 place);
	}
	if (n)
		str_add(text, " ]");
}

void add_reservations(struct str *text, unsigned subnet_id)
{
	char scope[32];
	unsigned n = 0;

	for (unsigned i = 0; i < m.access.n; i++) {
		const struct reservation *r = &m.access.v[i];

		if (r->scope != subnet_id)
			continue;
		str_add(text, n++ ? ", " : ", \"reservations\": [ ");
		add_id(text, r);
		add_places(text, r, false);
		add_places(text, r, true);
		if (r->classes)
			str_add(text, r->classes & CLASS_BLUE ? ", \"client-classes\": [ \"blue\", \"gold\" ]"
							      : ", \"client-classes\": [ \"gold\" ]");
		add_scope_option(text, "reservation");
		str_add(text, " }");
	}
	if (n)
		str_add(text, " ]");
	(void)snprintf(scope, sizeof(scope), "subnet %u", subnet_id);
	add_scope_option(text, subnet_id ? scope : "global");
}

void add_guard(struct str *text, unsigned *ret)
{
	unsigned n = 0;

	*ret = 0;
	if (dice(4))
		return;
	for (unsigned i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (dice(3))
			continue;
		*ret |= classes[i].bit;
		str_addf(text, "%s\"%s\"", n++ ? ", " : ", \"client-classes\": [ ", classes[i].name);
	}
	if (n)
		str_add(text, " ]");
}

void add_pool_guard(struct str *text, struct guard *guard)
{
	unsigned what = dice(10);

	add_guard(text, &guard->classes);
	guard->deny_unknown = what < 2 ? what : m.access.deny_unknown;
	if (what < 2)
		str_addf(text, ", \"deny-unknown\": %s", what ? "true" : "false");
}

void access_begin(struct str *text)
{
	unsigned n = dice(4) ? dice(2 * RESERVATIONS_MAX) : 0, flags = dice(6);
	struct access *a = &m.access;

	m.has_second = dice(2);
	*a = (struct access){ .in_subnet = flags != 0, .global = flags > 2 || !flags, .unique = dice(3) };
	a->early = !dice(4);
	a->deny_unknown = !dice(12);
	make_order();
	while (n-- && a->n < RESERVATIONS_MAX)
		make_reservation();
	str_addf(text, " \"reservations-in-subnet\": %s, \"reservations-global\": %s, \"ip-reservations-unique\": %s,",
		 a->in_subnet ? "true" : "false", a->global ? "true" : "false", a->unique ? "true" : "false");
	str_addf(text, " \"deny-unknown\": %s,", a->deny_unknown ? "true" : "false");
	str_addf(text, " \"early-global-reservations-lookup\": %s,", a->early ? "true" : "false");
	for (unsigned i = 0; i < a->n_kinds; i++)
		str_addf(text, "%s\"%s\"", i ? ", " : " \"host-reservation-identifiers\": [ ",
			 rules.id_names[a->kinds[i]]);
	str_add(text, " ], \"client-classes\": [");
	str_addf(text, " { \"name\": \"red\", \"test\": \"%s == 'r' or %s == 'rb'\"", rules.class_test,
		 rules.class_test);
	add_scope_option(text, "class red");
	str_addf(text, " }, { \"name\": \"blue\", \"test\": \"%s == 'b' or %s == 'rb'\"", rules.class_test,
		 rules.class_test);
	add_scope_option(text, "class blue");
	str_add(text, " }, { \"name\": \"gold\"");
	add_scope_option(text, "class gold");
	str_add(text, " }, { \"name\": \"staff\", \"test\": \"member('KNOWN') and member('red')\"");
	add_scope_option(text, "class staff");
	str_add(text, " } ]");
	add_reservations(text, 0);
	str_add(text, ",");
}

/* --- what they mean -------------------------------------------------------- */

static bool is_in_effect(const struct reservation *r)
{
	return r->scope ? m.access.in_subnet : m.access.global;
}

/* The first one by the order of identifiers. */
static const struct reservation *host_in(const struct client *c, bool global)
{
	const struct access *a = &m.access;

	for (unsigned k = 0; k < a->n_kinds; k++)
		for (unsigned i = 0; i < a->n; i++)
			if (a->v[i].kind == a->kinds[k] && !a->v[i].scope == global && matches(&a->v[i], c))
				return &a->v[i];
	return NULL;
}

const struct reservation *host_of(const struct client *c)
{
	const struct reservation *r = m.access.in_subnet ? host_in(c, false) : NULL;

	return r || !m.access.global ? r : host_in(c, true);
}

bool is_same_host(const struct client *a, const struct client *b)
{
	for (unsigned k = 0; rules.id_names[k] && a != b; k++) {
		struct bytes id = rules.id_of(a, k);
		bool is_shown = !strcmp(rules.id_names[k], "hw-address") || !strcmp(rules.id_names[k], "duid");

		if (is_shown && id.len && bytes_equal(id, rules.id_of(b, k)))
			return true;
	}
	return false;
}

bool owns(const struct client *c, const struct thing *thing)
{
	const struct reservation *r = host_of(c);

	for (unsigned i = 0; r && i < r->n_places; i++)
		if (r->places[i] == thing)
			return true;
	return false;
}

bool has_home(const struct client *c, enum lease_type type)
{
	const struct reservation *r = host_of(c);

	for (unsigned i = 0; r && i < r->n_places; i++)
		if (r->places[i]->type == type)
			return true;
	return false;
}

bool is_exclusive(const struct client *c, const struct thing *thing)
{
	const struct access *a = &m.access;

	for (unsigned i = 0; i < a->n; i++)
		for (unsigned k = 0; k < a->v[i].n_places; k++) {
			if (a->v[i].places[k] != thing || !is_in_effect(&a->v[i]))
				continue;
			if (!matches(&a->v[i], c) || rules.shares_id(c, a->v[i].kind))
				return false;
		}
	return true;
}

bool is_reserved(const struct thing *thing)
{
	const struct access *a = &m.access;

	for (unsigned i = 0; i < a->n; i++)
		for (unsigned k = 0; k < a->v[i].n_places && is_in_effect(&a->v[i]); k++)
			if (a->v[i].places[k] == thing)
				return true;
	return false;
}

static bool is_withheld(const struct client *c, const struct thing *thing)
{
	const struct access *a = &m.access;

	for (unsigned i = 0; i < a->n; i++)
		for (unsigned k = 0; k < a->v[i].n_places && is_in_effect(&a->v[i]); k++)
			if (prefix_overlaps(&a->v[i].places[k]->prefix, &thing->prefix))
				return !owns(c, thing);
	return false;
}

static unsigned with_host(unsigned in, const struct reservation *r)
{
	if (r)
		in |= r->classes | CLASS_KNOWN;
	return in & CLASS_KNOWN && in & CLASS_RED ? in | CLASS_STAFF : in;
}

/* Those that the client is in when its subnet is selected. */
static unsigned early_classes_of(const struct client *c, unsigned look)
{
	return with_host(look, m.access.early ? host_in(c, true) : NULL);
}

static unsigned classes_of(const struct client *c, unsigned look)
{
	unsigned ret = with_host(early_classes_of(c, look), host_of(c));

	return ret & CLASS_KNOWN ? ret : ret | CLASS_UNKNOWN;
}

static bool allows(unsigned guard, unsigned in)
{
	return !guard || guard & in;
}

/* nth: 0 or 1 */
static bool allows_subnet(unsigned nth, unsigned in)
{
	return allows(m.access.network, in) && allows(m.access.subnets[nth], in);
}

static bool selects(unsigned early)
{
	return allows_subnet(0, early) || (m.has_second && allows_subnet(1, early));
}

const struct pool *pool_of_thing(const struct thing *thing)
{
	const struct subnet *sub = &m.live->cfg->plan.subs[0];

	return thing->type == LEASE_PD ? link_pd_pool_around(sub, &thing->prefix)
				       : link_pool_of(sub, &thing->prefix.addr);
}

static bool allows_pool(const struct pool *pool, bool is_prefix, unsigned in)
{
	const struct subnet *sub = pool->sub;
	unsigned nth = sub->id - 1, k = (unsigned)(pool - (is_prefix ? sub->pd_pools : sub->pools));
	const struct guard *guard = &(is_prefix ? m.access.pd_pools : m.access.pools)[nth][k];

	return allows_subnet(nth, in) && allows(guard->classes, in) && (!guard->deny_unknown || in & CLASS_KNOWN);
}

/* Where it is in no pool: the subnet that contains it, or that of the reservation. */
static bool allows_own(const struct client *c, const struct thing *thing, unsigned in)
{
	const struct pool *pool = pool_of_thing(thing);
	unsigned id = pool ? pool->sub->id : thing->subnet_id ? thing->subnet_id : host_of(c)->scope;

	return !id || allows_subnet(id - 1, in);
}

const char *forbidden(const struct client *c, unsigned look, const struct thing *thing)
{
	const struct pool *pool = pool_of_thing(thing);
	unsigned in = classes_of(c, look);

	if (!selects(early_classes_of(c, look)))
		return "on a link that is for others";
	if (owns(c, thing))
		return allows_own(c, thing, in) ? NULL : "in a subnet that is for others";
	if (is_withheld(c, thing))
		return "reserved for another";
	if (!pool)
		return "in no pool";
	return allows_pool(pool, thing->type == LEASE_PD, in) ? NULL : "in a pool that is for others";
}

bool may_assign(const struct client *c, const struct thing *thing, unsigned ia)
{
	const struct pool *pool = pool_of_thing(thing);

	return thing->type == rules.type_of(ia) && (owns(c, thing) || (pool && pool->len == thing->prefix.len)) &&
	       !forbidden(c, c->look, thing);
}

bool may_keep(const struct client *c, unsigned look, const struct thing *thing)
{
	return !forbidden(c, look, thing) && (owns(c, thing) || !has_home(c, thing->type)) &&
	       subnet_by_id(&m.live->cfg->plan, thing->lease_subnet);
}

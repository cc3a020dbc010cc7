/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Host reservations in the configuration file, indexed (host/file.h), and withheld from pools. An address that is
 * reserved anywhere is withheld in every pool that contains it.
 */
#include "base/str.h"
#include "base/vec.h"
#include "host/check.h"
#include "host/file.h"
#include "root/config_build.h"
#include "root/config_lenient.h"

/* One list of reservations: a subnet's or the global one. */
struct group {
	const struct conf_list *list;
	struct subnet *sub;             /* NULL: global */
	const struct subnet_conf *conf; /* NULL: global, or the configuration is complete */
};

struct hosts {
	struct build *b;
	struct host_file *file;
	struct host *v;
	const struct reservation_conf **confs; /* configuration of each host */
	size_t n;
	struct host_place *places; /* room for those of the next host */
	uint8_t *room;             /* for identifiers and texts */
	size_t room_left;
	unsigned n_unfound[HOST_ID_N]; /* reservations by an identifier that no client is looked up by */
	struct pos first_unfound[HOST_ID_N];
	unsigned n_in_pools; /* in pools, although reservations-out-of-pool is true */
	struct pos first_in_pool;
	VEC(struct ip_span) spans;        /* withheld everywhere: of subnet reservations, and those left out */
	VEC(struct ip_span) global_spans; /* where global reservations apply, too */
	unsigned types;                   /* a bit for each type of identifier that a reservation has */
};

#define ROOM 1024 /* an identifier or text fits */

/* Copies it next to the previous one: in the arena, each would take 16 bytes at least. */
static const void *pack(struct hosts *hosts, const void *data, size_t len)
{
	uint8_t *p;

	if (hosts->room_left < len) {
		hosts->room = arena_room(hosts->b->cfg->arena, ROOM);
		hosts->room_left = ROOM;
	}
	p = hosts->room;
	memcpy(p, data, len);
	hosts->room += len;
	hosts->room_left -= len;
	return p;
}

static const char *pack_text(struct hosts *hosts, const char *text)
{
	return text && text[0] ? pack(hosts, text, strlen(text) + 1) : "";
}

/* --- addresses ------------------------------------------------------------------- */

static void outside_subnet(struct build *b, const struct group *group, struct pos pos, const char *text)
{
	char prefix[PREFIX_TEXT_MAX];

	diag_error(b->diag, pos, "reserved address %s is not in subnet %s", text,
		   prefix_format(&group->sub->prefix, prefix));
	if (group->conf)
		diag_note(b->diag, conf_pos(&group->conf->node, "subnet"), "the subnet is here");
}

static bool check_address(struct build *b, const struct group *group, struct pos pos, const char *text, struct ip *ret)
{
	bool is_v6 = b->cfg->family == KEY_6;

	if (ip_parse(text, ret) < 0 || ip_is4(ret) == is_v6) {
		diag_error(b->diag, pos, "\"%s\" is not an %s address", text, address_kind(b));
		return false;
	}
	if (!host_may_have(ret)) {
		diag_error(b->diag, pos, "%s cannot be reserved: it is not the address of a host", text);
		return false;
	}
	if (group->sub && group->sub->prefix.len && !prefix_contains(&group->sub->prefix, ret)) {
		outside_subnet(b, group, pos, text);
		return false;
	}
	return true;
}

static bool parse_prefix(struct build *b, struct pos pos, const char *text, struct prefix *ret)
{
	int err = prefix_parse(text, ret);

	if (err < 0 || ip_is4(&ret->addr) || !ret->len) {
		diag_error(b->diag, pos, "\"%s\" is not an IPv6 prefix", text);
		diag_help(b->diag, "a prefix is written as \"2001:db8:1::/56\"");
		return false;
	}
	clear_host_bits(b, pos, "prefix", ret);
	return true;
}

/* RFC 6603 4.2; text "" means that nothing is excluded. */
static void parse_excluded(struct build *b, struct pos pos, const char *text, struct host_place *place,
			   struct prefix *ret)
{
	char buf[PREFIX_TEXT_MAX];
	struct prefix excluded;

	place->sets_excluded = true;
	if (!text[0] || !parse_prefix(b, pos, text, &excluded))
		return;
	if (excluded.len <= place->prefix.len || !prefix_contains(&place->prefix, &excluded.addr)) {
		diag_error(b->diag, pos, "the excluded prefix must be inside the reserved prefix, %s, and longer",
			   prefix_format(&place->prefix, buf));
		return;
	}
	*ret = excluded;
}

static void check_n_excluded(struct build *b, const struct reservation_conf *conf)
{
	unsigned n = conf->excluded_prefixes.n, n_prefixes = conf->prefixes.n;
	char items[COUNT_TEXT_MAX];

	if (!n || n == n_prefixes || CONF_BAD(conf, prefixes) || CONF_BAD(conf, excluded_prefixes))
		return;
	diag_error(b->diag, conf_pos(&conf->node, "excluded-prefixes"),
		   "\"excluded-prefixes\" has %s, but \"prefixes\" has %u", str_count(items, n, "item"), n_prefixes);
	diag_help(b->diag, "each reserved prefix has one item, in the same order; \"\" for none");
}

/* buf must have PREFIX_TEXT_MAX bytes. */
static const char *place_text(const struct host_place *place, char *buf)
{
	return place->is_delegated ? prefix_format(&place->prefix, buf) : ip_format(&place->prefix.addr, buf);
}

/* Returns false after an error. */
static bool add_place(struct hosts *hosts, struct host *host, struct pos pos, const struct host_place *place)
{
	char text[PREFIX_TEXT_MAX];

	for (unsigned i = 0; i < host->n_places; i++)
		if (prefix_equal(&host->places[i].prefix, &place->prefix)) {
			diag_error(hosts->b->diag, pos, "%s is listed twice", place_text(place, text));
			return false;
		}
	hosts->places[host->n_places++] = *place;
	return true;
}

static size_t n_places_of(const struct reservation_conf *conf)
{
	return conf->ip_addresses.n + conf->prefixes.n + CONF_SET(conf, ip_address);
}

/* Returns the prefixes excluded from each place; NULL: no place sets it. */
static const struct prefix *build_places(struct hosts *hosts, const struct group *group,
					 const struct reservation_conf *conf, struct host *host)
{
	struct prefix *excluded = NULL;
	struct build *b = hosts->b;

	host->places = hosts->places;
	if (b->cfg->family == KEY_4) {
		struct host_place place = { .prefix.len = 32 };

		if (CONF_SET(conf, ip_address) &&
		    check_address(b, group, conf_pos(&conf->node, "ip-address"), conf->ip_address, &place.prefix.addr))
			(void)add_place(hosts, host, POS_NONE, &place);
		return NULL;
	}
	if (conf->excluded_prefixes.n)
		excluded = arena_new_array(b->cfg->arena, struct prefix, n_places_of(conf));
	for (unsigned i = 0; i < conf->ip_addresses.n; i++) {
		struct pos pos = conf->ip_addresses.pos[i];
		struct host_place place = { .prefix.len = 128 };

		if (check_address(b, group, pos, conf->ip_addresses.v[i], &place.prefix.addr))
			(void)add_place(hosts, host, pos, &place);
	}
	for (unsigned i = 0; i < conf->prefixes.n; i++) {
		struct host_place place = { .is_delegated = true };
		struct prefix inner = { 0 };

		if (!parse_prefix(b, conf->prefixes.pos[i], conf->prefixes.v[i], &place.prefix))
			continue;
		if (i < conf->excluded_prefixes.n)
			parse_excluded(b, conf->excluded_prefixes.pos[i], conf->excluded_prefixes.v[i], &place, &inner);
		if (add_place(hosts, host, conf->prefixes.pos[i], &place) && excluded)
			excluded[host->n_places - 1] = inner;
	}
	check_n_excluded(b, conf);
	return excluded;
}

/* --- building reservations --------------------------------------------------------- */

/* Returns the hostname in lower case, as in leases. */
static const char *build_hostname(struct hosts *hosts, const struct reservation_conf *conf)
{
	char name[HOST_NAME_MAX + 1];

	if (!CONF_SET(conf, hostname) || !conf->hostname[0])
		return "";
	if (!host_name(conf->hostname, name)) {
		diag_error(hosts->b->diag, conf_pos(&conf->node, "hostname"), "\"%s\" is not a host name",
			   conf->hostname);
		return "";
	}
	return pack_text(hosts, name);
}

static void build_host_classes(struct build *b, const struct reservation_conf *conf, struct host_extra *extra)
{
	const struct conf_strings *names = &conf->client_classes;
	const char **v;

	if (!names->n)
		return;
	v = arena_new_array(b->cfg->arena, const char *, names->n);
	for (unsigned i = 0; i < names->n; i++)
		if (names->v[i][0])
			v[extra->n_classes++] =
				b->is_complete ? arena_strdup(b->cfg->arena, names->v[i]) : host_class(b, names->v[i]);
	extra->classes = v;
}

static const struct host_extra *build_extra(struct hosts *hosts, const struct reservation_conf *conf,
					    const struct prefix *excluded)
{
	struct host_extra extra = {
		.excluded = excluded,
		.next_server = ip_from4(conf->next_server),
		.server_hostname = pack_text(hosts, conf->server_hostname),
		.boot_file = pack_text(hosts, conf->boot_file_name),
	};
	struct build *b = hosts->b;

	BUILD_OPTLIST(b, conf, option_data, &extra.opts);
	build_host_classes(b, conf, &extra);
	if (!extra.opts.n && !extra.n_classes && !extra.excluded && !conf->next_server && !extra.server_hostname[0] &&
	    !extra.boot_file[0])
		return NULL;
	return arena_dup(b->cfg->arena, &extra, sizeof(extra));
}

static bool is_place_of(const struct host *host, const struct prefix *prefix)
{
	for (unsigned i = 0; i < host->n_places; i++)
		if (prefix_equal(&host->places[i].prefix, prefix))
			return true;
	return false;
}

/* Returns the position of an address or prefix in the reservation. */
static struct pos pos_of_place(const struct reservation_conf *conf, const struct prefix *prefix)
{
	struct prefix other;

	for (unsigned i = 0; i < conf->ip_addresses.n; i++)
		if (ip_parse(conf->ip_addresses.v[i], &other.addr) == 0 && ip_equal(&other.addr, &prefix->addr))
			return conf->ip_addresses.pos[i];
	for (unsigned i = 0; i < conf->prefixes.n; i++)
		if (prefix_parse(conf->prefixes.v[i], &other) == 0 && other.len == prefix->len &&
		    prefix_contains(prefix, &other.addr))
			return conf->prefixes.pos[i];
	return conf_pos(&conf->node, "ip-address");
}

static void report_duplicate(struct hosts *hosts, const struct reservation_conf *conf, const struct host *host,
			     const struct host *other)
{
	const struct reservation_conf *first = hosts->confs[other - hosts->v];
	const char *key = host_id_rows[host->id.type].name, *where = host->subnet_id ? "in this subnet" : "globally";
	struct diag *diag = hosts->b->diag;
	char text[PREFIX_TEXT_MAX];

	if (host->id.type == other->id.type && bytes_equal(host->id.value, other->id.value)) {
		diag_error(diag, conf_pos(&conf->node, key), "%s \"%s\" already has a reservation %s", key,
			   host_id_text(conf, host->id.type), where);
		diag_note(diag, conf_pos(&first->node, key), "the first one is here");
		return;
	}
	for (unsigned i = 0; i < host->n_places; i++) {
		const struct prefix *prefix = &host->places[i].prefix;

		if (!is_place_of(other, prefix))
			continue;
		diag_error(diag, pos_of_place(conf, prefix), "%s is already reserved %s",
			   place_text(&host->places[i], text), where);
		diag_note(diag, pos_of_place(first, prefix), "the first reservation is here");
		diag_help(diag, "set \"ip-reservations-unique\" to false if several hosts share it");
		return;
	}
}

static void note_spans(struct hosts *hosts, const struct group *group, const struct host *host)
{
	if (group->sub && !group->sub->par.reservations_in_subnet)
		return;
	for (unsigned i = 0; i < host->n_places; i++) {
		const struct prefix *prefix = &host->places[i].prefix;
		struct ip_span span = { prefix_first(prefix), prefix_last(prefix) };

		hosts->b->cfg->plan.reserves_prefixes |= host->places[i].is_delegated;
		if (group->sub)
			*vec_push(&hosts->spans) = span;
		else
			*vec_push(&hosts->global_spans) = span;
	}
}

static bool is_in_pool(const struct subnet *sub, const struct host_place *place)
{
	struct ip last = prefix_last(&place->prefix);
	unsigned n;
	const struct pool *pools = subnet_pools(sub, place->is_delegated, &n);

	for (unsigned i = 0; i < n; i++)
		if (ip_cmp(&pools[i].first, &last) <= 0 && ip_cmp(&place->prefix.addr, &pools[i].last) <= 0)
			return true;
	return false;
}

static void note_in_pools(struct hosts *hosts, const struct group *group, const struct reservation_conf *conf,
			  const struct host *host)
{
	if (!group->sub || !group->conf->net.reservations_out_of_pool)
		return;
	for (unsigned i = 0; i < host->n_places; i++)
		if (is_in_pool(group->sub, &host->places[i]) && !hosts->n_in_pools++)
			hosts->first_in_pool = pos_of_place(conf, &host->places[i].prefix);
}

static bool is_tried(const struct config *cfg, enum host_id_type type)
{
	for (unsigned i = 0; i < cfg->n_host_ids; i++)
		if (cfg->host_ids[i] == type)
			return true;
	return false;
}

/* True if only a hook library can set it, and there is none. */
static bool is_unset(const struct build *b, enum host_id_type type)
{
	return type == HOST_ID_FLEX_ID && !b->has_hooks;
}

static void note_unfound(struct hosts *hosts, const struct reservation_conf *conf, enum host_id_type type)
{
	if (is_tried(hosts->b->cfg, type) && !is_unset(hosts->b, type))
		return;
	if (!hosts->n_unfound[type]++)
		hosts->first_unfound[type] = conf_pos(&conf->node, host_id_rows[type].name);
}

/* Returns false if it has no valid identifier; then, as after any other error, only the rest is checked. */
static bool read_host(struct hosts *hosts, const struct group *group, const struct reservation_conf *conf,
		      struct host *host)
{
	const struct prefix *excluded;
	uint8_t id[HOST_ID_ROOM];
	bool has_id;

	*host = (struct host){ .subnet_id = group->sub ? group->sub->id : 0, .hostname = build_hostname(hosts, conf) };
	has_id = build_host_id(hosts->b, conf, id, &host->id);
	excluded = build_places(hosts, group, conf, host);
	host->extra = build_extra(hosts, conf, excluded);
	build_scope_maps(hosts->b, OTHER_SCOPE, conf->user_context);
	if (has_id)
		host->id.value.data = pack(hosts, id, host->id.value.len);
	return has_id;
}

bool build_single_host(struct build *b, struct subnet *sub, const struct reservation_conf *conf, struct host *ret)
{
	const struct group group = { .sub = sub };
	struct hosts hosts = { .b = b };

	hosts.places = arena_new_array(b->cfg->arena, struct host_place, n_places_of(conf));
	return read_host(&hosts, &group, conf, ret);
}

static void build_host(struct hosts *hosts, const struct group *group, const struct reservation_conf *conf)
{
	struct host *host = &hosts->v[hosts->n];
	const struct host *other;

	if (!read_host(hosts, group, conf, host))
		return;
	note_unfound(hosts, conf, host->id.type);
	hosts->confs[hosts->n] = conf;
	if (host_file_add(hosts->file, &other) < 0) {
		report_duplicate(hosts, conf, host, other);
		return;
	}
	hosts->n++;
	hosts->places += host->n_places;
	hosts->types |= 1u << host->id.type;
	note_in_pools(hosts, group, conf, host);
	note_spans(hosts, group, host);
}

static void build_group(struct hosts *hosts, const struct group *group)
{
	const struct reservation_conf *confs = group->list->v;

	for (unsigned i = 0; i < group->list->n; i++)
		build_host(hosts, group, &confs[i]);
	if (group->sub)
		group->sub->has_hosts =
			(group->list->n || has_host_databases(hosts->b)) && group->sub->par.reservations_in_subnet;
}

/* --- prefixes that overlap ------------------------------------------------------- */

struct placed {
	struct ip_span span;
	const struct host *host;
	const struct host_place *place;
};

/* By subnet, then by address; what contains another comes first. */
static int by_place(const void *x, const void *y)
{
	const struct placed *a = x, *b = y;
	int order = (a->host->subnet_id > b->host->subnet_id) - (a->host->subnet_id < b->host->subnet_id);

	if (!order)
		order = ip_cmp(&a->span.first, &b->span.first);
	return order ? order : ip_cmp(&b->span.last, &a->span.last);
}

/*
 * A reserved prefix that contains another reserved prefix or address of its subnet: both cannot be assigned. Equal ones
 * were reported, or are allowed.
 */
static void check_overlaps(const struct hosts *hosts)
{
	VEC(struct placed) v = { 0 };
	const struct placed *outer = NULL;
	char text[PREFIX_TEXT_MAX], outer_text[PREFIX_TEXT_MAX];

	if (!hosts->b->cfg->plan.reserves_prefixes)
		return;
	for (size_t i = 0; i < hosts->n; i++) {
		const struct host *host = &hosts->v[i];

		for (unsigned k = 0; k < host->n_places; k++) {
			const struct prefix *prefix = &host->places[k].prefix;

			*vec_push(&v) = (struct placed){ { prefix_first(prefix), prefix_last(prefix) },
							 host,
							 &host->places[k] };
		}
	}
	if (v.n)
		qsort(v.v, v.n, sizeof(*v.v), by_place);
	for (size_t i = 0; i < v.n; i++) {
		const struct placed *inner = &v.v[i];

		if (!outer || outer->host->subnet_id != inner->host->subnet_id ||
		    ip_cmp(&inner->span.first, &outer->span.last) > 0) {
			outer = inner;
			continue;
		}
		if (inner->place->prefix.len == outer->place->prefix.len)
			continue;
		diag_error(hosts->b->diag, pos_of_place(hosts->confs[inner->host - hosts->v], &inner->place->prefix),
			   "%s is in %s, which is reserved too", place_text(inner->place, text),
			   place_text(outer->place, outer_text));
		diag_note(hosts->b->diag, pos_of_place(hosts->confs[outer->host - hosts->v], &outer->place->prefix),
			  "%s is reserved here", outer_text);
	}
	vec_free(&v);
}

/* What "lenient" left out is withheld too. */
static void note_left_out(struct hosts *hosts)
{
	const struct left_out *out = hosts->b->left_out;

	for (size_t i = 0; out && i < out->spans.n; i++)
		*vec_push(&hosts->spans) = out->spans.v[i];
}

/* --- withholding from pools ------------------------------------------------------ */

static int by_first(const void *x, const void *y)
{
	const struct ip_span *a = x, *b = y;

	return ip_cmp(&a->first, &b->first);
}

/* Sorts spans and merges those that overlap or touch; the result is in the arena. */
static const struct ip_span *merge(struct arena *arena, struct ip_span *v, size_t n, size_t *ret_n)
{
	size_t k = 0, sorted = 1;

	while (sorted < n && by_first(&v[sorted - 1], &v[sorted]) <= 0)
		sorted++;
	if (sorted < n)
		qsort(v, n, sizeof(*v), by_first);
	for (size_t i = 0; i < n; i++) {
		if (k && (ip_cmp(&v[i].first, &v[k - 1].last) <= 0 || ip_distance(&v[k - 1].last, &v[i].first) == 1)) {
			if (ip_cmp(&v[i].last, &v[k - 1].last) > 0)
				v[k - 1].last = v[i].last;
			continue;
		}
		v[k++] = v[i];
	}
	*ret_n = k;
	return k ? arena_dup(arena, v, k * sizeof(*v)) : NULL;
}

static void withhold(struct pool *pool, const struct ip_span *spans, size_t n)
{
	size_t first = n ? ip_span_at(spans, n, &pool->first) : 0, end = first;

	while (end < n && ip_cmp(&spans[end].first, &pool->last) <= 0)
		end++;
	pool->n_withheld = end - first;
	pool->withheld = end > first ? &spans[first] : NULL;
}

/* Adds pseudo-pools for reservations outside all pools. */
static void add_outside(struct build *b, struct subnet *sub)
{
	bool is_v4 = b->cfg->family == KEY_4;

	sub->outside = arena_new_array(b->cfg->arena, struct pool, 2);
	for (unsigned i = 0; i < 2; i++)
		sub->outside[i] = (struct pool){
			.sub = sub,
			.naming = sub->naming,
			.exprs = sub->exprs,
			.is_guarded = sub->is_guarded,
			.len = is_v4 ? 32 : 128,
		};
}

/* As in Kea: what is reserved in such a pool is not looked up. */
static void note_ignoring(struct subnet *sub, const struct subnet_conf *conf)
{
	for (unsigned k = 0; k < sub->n_pools; k++)
		sub->pools[k].ignores_hosts = conf->net.reservations_out_of_pool;
	for (unsigned k = 0; k < sub->n_pd_pools; k++)
		sub->pd_pools[k].ignores_hosts = conf->net.reservations_out_of_pool;
}

static void withhold_all(struct hosts *hosts)
{
	struct build *b = hosts->b;
	struct plan *plan = &b->cfg->plan;
	size_t n, n_global;
	const struct ip_span *spans = merge(b->cfg->arena, hosts->spans.v, hosts->spans.n, &n), *all = spans;

	n_global = n;
	if (hosts->global_spans.n) {
		for (size_t i = 0; i < n; i++)
			*vec_push(&hosts->global_spans) = spans[i];
		all = merge(b->cfg->arena, hosts->global_spans.v, hosts->global_spans.n, &n_global);
	}
	plan->withheld = all;
	plan->n_withheld = n_global;
	for (size_t i = 0; i < plan->n; i++) {
		struct subnet *sub = &plan->subs[i];
		bool is_global = sub->par.reservations_global;

		if (sub->has_hosts || (is_global && b->cfg->has_global_hosts))
			add_outside(b, sub);
		for (unsigned k = 0; k < sub->n_pools; k++)
			withhold(&sub->pools[k], is_global ? all : spans, is_global ? n_global : n);
		for (unsigned k = 0; k < sub->n_pd_pools; k++)
			withhold(&sub->pd_pools[k], is_global ? all : spans, is_global ? n_global : n);
	}
}

/* Drops identifiers that no reservation has; not flex-id, as a hook library may set another identifier in its place. */
static void drop_unused_ids(struct config *cfg, unsigned types)
{
	unsigned n = 0;

	for (unsigned i = 0; i < cfg->n_host_ids; i++)
		if (types >> cfg->host_ids[i] & 1 || cfg->host_ids[i] == HOST_ID_FLEX_ID)
			cfg->host_ids[n++] = cfg->host_ids[i];
	cfg->n_host_ids = n;
}

/* --- all reservations ------------------------------------------------------------ */

/* Warns about reservations that are never used. */
static void lint_group(struct build *b, const struct group *group, bool any_global)
{
	if (!group->list->n)
		return;
	if (group->sub && !group->sub->par.reservations_in_subnet)
		diag_warn(b->diag, conf_pos(&group->conf->node, "reservations"),
			  "these reservations are not used: \"reservations-in-subnet\" is false");
	if (!group->sub && !any_global && !b->root->early_global_reservations_lookup)
		diag_warn(b->diag, conf_pos(&b->root->node, "reservations"),
			  "global reservations are not used: \"reservations-global\" is false in every subnet");
}

static void lint_ids(const struct hosts *hosts)
{
	char text[COUNT_TEXT_MAX];

	for (unsigned i = 0; i < HOST_ID_N; i++) {
		if (!hosts->n_unfound[i])
			continue;
		(void)str_count(text, hosts->n_unfound[i], "reservation");
		if (is_tried(hosts->b->cfg, (enum host_id_type)i))
			diag_warn(hosts->b->diag, hosts->first_unfound[i],
				  "no hook library sets a \"%s\": %s with it will not be found", host_id_rows[i].name,
				  text);
		else
			diag_warn(hosts->b->diag, hosts->first_unfound[i],
				  "\"host-reservation-identifiers\" does not contain \"%s\": %s with it will not be "
				  "found",
				  host_id_rows[i].name, text);
	}
}

/* Kea ignores them there; here a reservation holds wherever its subnet contains it. */
static void lint_pools(const struct hosts *hosts)
{
	char text[COUNT_TEXT_MAX];

	if (hosts->n_in_pools)
		diag_warn(hosts->b->diag, hosts->first_in_pool,
			  "%s in pools although \"reservations-out-of-pool\" is true: they are still reserved",
			  str_count(text, hosts->n_in_pools, "reservation"));
}

static size_t count_places(const struct conf_list *list)
{
	const struct reservation_conf *confs = list->v;
	size_t n = 0;

	for (unsigned i = 0; i < list->n; i++)
		n += n_places_of(&confs[i]);
	return n;
}

void build_hosts(struct build *b, const struct subnet_pair *pairs, size_t n)
{
	struct config *cfg = b->cfg;
	struct hosts hosts = { .b = b };
	struct group *groups = xcalloc(n + 1, sizeof(*groups));
	size_t n_hosts = 0, n_places = 0;
	bool any_global = false, has_id_types = build_host_id_types(b);

	if (b->root->reservations_lookup_first)
		diag_warn(
			b->diag, conf_pos(&b->root->node, "reservations-lookup-first"),
			"reservations are always looked up before leases: \"reservations-lookup-first\" has no effect");
	groups[0] = (struct group){ .list = &b->root->reservations };
	for (size_t i = 0; i < n; i++) {
		groups[i + 1] = (struct group){ &pairs[i].conf->reservations, &cfg->plan.subs[i], pairs[i].conf };
		any_global |= cfg->plan.subs[i].par.reservations_global;
	}
	for (size_t i = 0; i <= n; i++) {
		n_hosts += groups[i].list->n;
		n_places += count_places(groups[i].list);
	}
	note_left_out(&hosts);
	cfg->asks_hosts = has_host_databases(b);
	if (!n_hosts && !hosts.spans.n && !cfg->asks_hosts)
		goto out;
	hosts.v = arena_new_array(cfg->arena, struct host, n_hosts);
	hosts.places = arena_new_array(cfg->arena, struct host_place, n_places);
	hosts.confs = xcalloc(n_hosts, sizeof(*hosts.confs));
	hosts.file = host_file_new(cfg->arena, hosts.v, n_hosts, n_places, b->root->ip_reservations_unique);
	cfg->has_global_hosts = groups[0].list->n || cfg->asks_hosts;
	cfg->plan.reserves_prefixes |= cfg->asks_hosts && cfg->family == KEY_6;
	for (size_t i = 0; i <= n; i++) {
		build_group(&hosts, &groups[i]);
		lint_group(b, &groups[i], any_global);
	}
	if (has_id_types)
		lint_ids(&hosts);
	if (!cfg->asks_hosts)
		drop_unused_ids(cfg, hosts.types);
	for (size_t i = 0; i < n && cfg->asks_hosts; i++)
		note_ignoring(&cfg->plan.subs[i], pairs[i].conf);
	lint_pools(&hosts);
	check_overlaps(&hosts);
	host_file_ready(hosts.file);
	cfg->hosts = host_file_source(hosts.file);
	withhold_all(&hosts);
	vec_free(&hosts.spans);
	vec_free(&hosts.global_spans);
	free(hosts.confs);
out:
	free(groups);
}

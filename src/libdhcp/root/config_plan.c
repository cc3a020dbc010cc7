/* SPDX-License-Identifier: MPL-2.0 */
/* Subnets and pools: inheritance and consistency checks. */
#include "alloc/freemap.h"
#include "base/err.h"
#include "root/config_build.h"

void clear_host_bits(struct build *b, struct pos pos, const char *what, struct prefix *prefix)
{
	struct prefix clean = { prefix_first(prefix), prefix->len };
	char text[PREFIX_TEXT_MAX], clean_text[PREFIX_TEXT_MAX];

	if (prefix_is_clean(prefix))
		return;
	diag_warn(b->diag, pos, "%s \"%s\" has host bits set; it is read as \"%s\"", what, prefix_format(prefix, text),
		  prefix_format(&clean, clean_text));
	*prefix = clean;
}

/* --- pools ----------------------------------------------------------------- */

const char *address_kind(const struct build *b)
{
	return b->cfg->family == KEY_6 ? "IPv6" : "IPv4";
}

static bool is_of_family(const struct build *b, const struct ip *ip)
{
	return ip_is4(ip) == (b->cfg->family == KEY_4);
}

/* Parses "FIRST - LAST", with or without spaces. */
static bool parse_range(const char *text, struct pool *pool)
{
	const char *dash = strchr(text, '-'), *a = text, *a_end = dash, *z, *z_end = text + strlen(text);

	if (!dash)
		return false;
	z = dash + 1;
	while (a < a_end && *a == ' ')
		a++;
	while (a_end > a && a_end[-1] == ' ')
		a_end--;
	while (*z == ' ')
		z++;
	while (z_end > z && z_end[-1] == ' ')
		z_end--;
	return ip_parse_n(a, (size_t)(a_end - a), &pool->first) == 0 &&
	       ip_parse_n(z, (size_t)(z_end - z), &pool->last) == 0 && ip_is4(&pool->first) == ip_is4(&pool->last);
}

/* Returns false after an error, reported here or when the key was read. */
static bool parse_pool(struct build *b, const struct pool_conf *conf, struct pool *pool)
{
	struct pos pos = conf_pos(&conf->node, "pool");
	const char *text = conf->pool;
	struct prefix prefix;

	if (!CONF_SET(conf, pool))
		return false;
	if (strchr(text, '/')) {
		int err = prefix_parse(text, &prefix);

		if (err < 0) {
			diag_error(b->diag, pos, "pool \"%s\": %s", text,
				   err == -E_RANGE ? "invalid prefix length" : "not a prefix");
			return false;
		}
		clear_host_bits(b, pos, "pool", &prefix);
		pool->first = prefix.addr;
		pool->last = prefix_last(&prefix);
	} else if (!parse_range(text, pool)) {
		diag_error(b->diag, pos, "pool \"%s\": expected \"FIRST - LAST\" or a prefix", text);
		return false;
	}
	if (!is_of_family(b, &pool->first)) {
		diag_error(b->diag, pos, "pool \"%s\": expected %s addresses", text, address_kind(b));
		return false;
	}
	if (ip_cmp(&pool->first, &pool->last) > 0) {
		diag_error(b->diag, pos, "pool \"%s\" is reversed: the first address is greater than the last", text);
		return false;
	}
	return true;
}

/* RFC 4291 2.6.1, RFC 5453: interface identifiers no host may use, of 64 bits and shorter. */
static void set_reserved(const struct prefix *prefix, struct pool *pool)
{
	struct ip anycast = prefix_first(prefix);
	bool is_v6 = !ip_is4(&anycast);

	pool->skip_reserved = is_v6 && prefix->len <= 64;
	pool->skip_first = is_v6 && prefix->len > 64 && prefix->len < 127 && ip_equal(&pool->first, &anycast);
}

static bool is_reserved(const struct pool *pool)
{
	struct ip first, last;

	if (pool->skip_first)
		return ip_equal(&pool->first, &pool->last);
	return pool->skip_reserved && ip_next_reserved(&pool->first, &first, &last) &&
	       ip_cmp(&first, &pool->first) <= 0 && ip_cmp(&pool->last, &last) <= 0;
}

static void check_overlaps(struct build *b, const struct subnet *sub, const struct pool_conf *conf,
			   const struct pool *pool, const struct pool_conf *const *before)
{
	char first[IP_TEXT_MAX], last[IP_TEXT_MAX];
	unsigned i;

	for (i = 0; i < sub->n_pools; i++) {
		const struct pool *other = &sub->pools[i];

		if (ip_cmp(&pool->first, &other->last) > 0 || ip_cmp(&other->first, &pool->last) > 0)
			continue;
		diag_error(b->diag, conf_pos(&conf->node, "pool"), "pool %s - %s overlaps another pool of the subnet",
			   ip_format(&pool->first, first), ip_format(&pool->last, last));
		diag_note(b->diag, conf_pos(&before[i]->node, "pool"), "the other pool is here");
	}
}

/* Checks that need the subnet's prefix. */
static void check_pool(struct build *b, const struct subnet_conf *sub_conf, const struct subnet *sub,
		       const struct pool_conf *conf, const struct pool *pool)
{
	struct pos pos = conf_pos(&conf->node, "pool");
	struct ip net = prefix_first(&sub->prefix), bcast = prefix_last(&sub->prefix);
	char first[IP_TEXT_MAX], last[IP_TEXT_MAX], net_text[IP_TEXT_MAX], bcast_text[IP_TEXT_MAX];

	(void)ip_format(&net, net_text);
	(void)ip_format(&bcast, bcast_text);
	if (!prefix_contains(&sub->prefix, &pool->first) || !prefix_contains(&sub->prefix, &pool->last)) {
		diag_error(b->diag, pos, "pool %s - %s is outside its subnet", ip_format(&pool->first, first),
			   ip_format(&pool->last, last));
		diag_note(b->diag, conf_pos(&sub_conf->node, "subnet"), "the subnet is %s to %s", net_text, bcast_text);
		return;
	}
	if (is_reserved(pool))
		diag_warn(
			b->diag, pos,
			"pool %s - %s has only reserved interface identifiers (RFC 5453): nothing is assigned from it",
			ip_format(&pool->first, first), ip_format(&pool->last, last));
	if (ip_is4(&net) && sub->prefix.len < 31) {
		if (ip_equal(&pool->first, &net))
			diag_warn(b->diag, pos, "the pool contains the network address %s, which some clients reject",
				  net_text);
		if (ip_equal(&pool->last, &bcast))
			diag_warn(b->diag, pos, "the pool contains the broadcast address %s, which no client can use",
				  bcast_text);
	}
}

void check_allocator(struct build *b, struct pos pos, enum allocator how, uint64_t size)
{
	if (how == ALLOC_FLQ && size > FREEMAP_MAX)
		diag_warn(b->diag, pos, "the pool is too large for allocator \"flq\": using \"random\"");
}

void build_pool_guard(struct build *b, const struct conf_strings *names, bool deny_unknown, struct pool *pool)
{
	const char *known = "KNOWN";

	build_guard(b, names, NULL, &pool->guard);
	if (deny_unknown)
		build_guard(b, &(struct conf_strings){ .v = &known, .n = 1 }, NULL, &pool->known);
	pool->is_guarded = pool->sub->is_guarded || pool->guard.n || pool->known.n;
}

static void build_pools(struct build *b, const struct subnet_conf *conf, bool has_prefix, struct subnet *sub)
{
	const struct pool_conf *confs = conf->pools.v;
	const struct pool_conf **before = xcalloc(conf->pools.n, sizeof(struct pool_conf *));
	unsigned i;

	sub->pools = arena_new_array(b->cfg->arena, struct pool, conf->pools.n);
	for (i = 0; i < conf->pools.n; i++) {
		struct pool *pool = &sub->pools[sub->n_pools];

		*pool = (struct pool){ .sub = sub, .id = (uint32_t)confs[i].pool_id };
		pool->naming = build_naming(b, &confs[i].node, &confs[i].ddns, sub->naming);
		pool->exprs = build_scope_exprs(b, confs[i].user_context, sub->exprs);
		build_scope_maps(b, KEA_SCOPE_POOL, confs[i].user_context);
		BUILD_OPTLIST(b, &confs[i], option_data, &pool->opts);
		build_pool_guard(b, &confs[i].client_classes, confs[i].deny_unknown, pool);
		build_additional(b, &confs[i].additional_classes, &pool->additional);
		if (!parse_pool(b, &confs[i], pool))
			continue;
		if (has_prefix) {
			set_reserved(&sub->prefix, pool);
			check_pool(b, conf, sub, &confs[i], pool);
		}
		check_overlaps(b, sub, &confs[i], pool, before);
		pool->len = ip_is4(&pool->first) ? 32 : 128;
		pool->size = ip_distance(&pool->first, &pool->last);
		if (pool->size != UINT64_MAX)
			pool->size++;
		check_allocator(b, conf_pos(&confs[i].node, "pool"), sub->par.allocator, pool->size);
		before[sub->n_pools++] = &confs[i];
	}
	free(before);
}

/* --- subnets --------------------------------------------------------------- */

static bool parse_prefix(struct build *b, const struct subnet_conf *conf, struct prefix *ret)
{
	struct pos pos = conf_pos(&conf->node, "subnet");
	int err;

	if (!CONF_SET(conf, subnet))
		return false;
	err = prefix_parse(conf->subnet, ret);
	if (err < 0) {
		diag_error(b->diag, pos, "subnet \"%s\": %s", conf->subnet,
			   err == -E_RANGE ? "invalid prefix length" : "expected a prefix");
		diag_help(b->diag, b->cfg->family == KEY_6 ? "a subnet is written as \"2001:db8::/64\""
							   : "a subnet is written as \"192.0.2.0/24\"");
		return false;
	}
	if (!is_of_family(b, &ret->addr)) {
		diag_error(b->diag, pos, "subnet \"%s\" is an IPv%d prefix in a DHCPv%d configuration", conf->subnet,
			   ip_is4(&ret->addr) ? 4 : 6, ip_is4(&ret->addr) ? 6 : 4);
		return false;
	}
	clear_host_bits(b, pos, "subnet", ret);
	return true;
}

/* Kea before 1.4 printed the zero address for "no relay". */
static bool is_no_relay(const char *text)
{
	return !text[0] || !strcmp(text, "0.0.0.0") || !strcmp(text, "::");
}

static void build_relays(struct build *b, const struct relay_conf *relay, struct subnet *sub)
{
	unsigned i;

	sub->relays = arena_new_array(b->cfg->arena, struct ip, relay->ip_addresses.n);
	for (i = 0; i < relay->ip_addresses.n; i++) {
		const char *text = relay->ip_addresses.v[i];
		struct ip ip;

		if (is_no_relay(text))
			continue;
		if (ip_parse(text, &ip) < 0 || !is_of_family(b, &ip))
			diag_error(b->diag, relay->ip_addresses.pos[i], "\"%s\" is not an %s address", text,
				   address_kind(b));
		else
			sub->relays[sub->n_relays++] = ip;
	}
}

static bool has_relays(const struct relay_conf *relay)
{
	unsigned i;

	for (i = 0; i < relay->ip_addresses.n; i++)
		if (!is_no_relay(relay->ip_addresses.v[i]))
			return true;
	return false;
}

/* A link is either local or behind a relay. As in Kea, checked per subnet or network. */
static void check_link(struct build *b, const struct conf_node *node, const struct link_conf *link, const char *what)
{
	if (!link->interface || !link->interface[0] || !link->interface_id || !link->interface_id[0])
		return;
	diag_error(b->diag, conf_pos(node, "interface-id"),
		   "%s has both \"interface\" and \"interface-id\": its link is either local or behind a relay", what);
	diag_note(b->diag, conf_pos(node, "interface"), "\"interface\" is set here");
}

static void check_interface(struct build *b, const struct shared_network_conf *net, const struct subnet_conf *conf)
{
	const char *outer = net ? net->link.interface : NULL, *inner = conf->link.interface;

	if (!outer || !outer[0] || !inner || !inner[0] || !strcmp(outer, inner))
		return;
	diag_error(b->diag, conf_pos(&conf->node, "interface"),
		   "\"interface\" is \"%s\", but the shared network has \"%s\"", inner, outer);
	diag_note(b->diag, conf_pos(&net->node, "interface"), "set here for the whole link");
}

/* Offsets of net_conf fields, the same in global, networks and subnets. */
#define AT(field) offsetof(struct subnet_conf, net.field)

/* What reservation-mode means: its words, and the keys that it sets. */
static const struct {
	bool in_subnet, out_of_pool, global;
} reservation_modes[] = {
	[RESERVATION_ALL] = { .in_subnet = true },
	[RESERVATION_GLOBAL] = { .global = true },
	[RESERVATION_OUT_OF_POOL] = { .in_subnet = true, .out_of_pool = true },
	[RESERVATION_DISABLED] = { 0 },
	[RESERVATION_OFF] = { 0 },
};

static const struct {
	const char *name;
	size_t at;
} mode_keys[] = {
	{ "reservations-in-subnet", AT(par.reservations_in_subnet) },
	{ "reservations-out-of-pool", AT(reservations_out_of_pool) },
	{ "reservations-global", AT(par.reservations_global) },
};

/* Replaces reservation-mode of a scope with the keys that it sets. "all", which sets defaults, may be next to them. */
static void expand_reservation_mode(struct build *b, struct conf_node *node, struct net_conf *net)
{
	struct pos pos = conf_pos(node, "reservation-mode");
	bool is_new = false;

	if (!conf_marked(node, AT(reservation_mode), CONF_MARK_SET) ||
	    conf_marked(node, AT(reservation_mode), CONF_MARK_BAD))
		return;
	for (unsigned i = 0; i < sizeof(mode_keys) / sizeof(mode_keys[0]); i++) {
		if (!conf_marked(node, mode_keys[i].at, CONF_MARK_SET))
			continue;
		is_new = true;
		if (net->reservation_mode != RESERVATION_ALL)
			diag_error(b->diag, pos, "\"reservation-mode\" conflicts with \"%s\", which replaces it",
				   mode_keys[i].name);
	}
	conf_unmark(node, AT(reservation_mode), CONF_MARK_SET);
	if (is_new)
		return;
	diag_warn(b->diag, pos,
		  "\"reservation-mode\" is deprecated: use \"reservations-in-subnet\", "
		  "\"reservations-out-of-pool\" and \"reservations-global\"");
	net->par.reservations_in_subnet = reservation_modes[net->reservation_mode].in_subnet;
	net->reservations_out_of_pool = reservation_modes[net->reservation_mode].out_of_pool;
	net->par.reservations_global = reservation_modes[net->reservation_mode].global;
	for (unsigned i = 0; i < sizeof(mode_keys) / sizeof(mode_keys[0]); i++)
		conf_mark(node, mode_keys[i].at, CONF_MARK_SET);
}

static void inherit(struct build *b, const struct shared_network_conf *net, struct subnet_conf *conf)
{
	struct pool_conf *pools = conf->pools.v;
	struct pd_pool_conf *pd_pools = conf->pd_pools.v;
	unsigned i;

	expand_reservation_mode(b, &conf->node, &conf->net);
	expand_conflict_resolution(b, &conf->node, &conf->net);
	if (net)
		conf_inherit(&subnet_scope, conf, &shared_network_scope, net);
	else
		conf_inherit(&subnet_scope, conf, &global_scope, b->root);
	for (i = 0; i < conf->pools.n; i++)
		conf_inherit(&pool_scope, &pools[i], &subnet_scope, conf);
	for (i = 0; i < conf->pd_pools.n; i++)
		conf_inherit(&pd_pool_scope, &pd_pools[i], &subnet_scope, conf);
}

/* Builds a subnet in its network; net_conf is NULL if it has none. Returns true if its prefix is valid. */
static bool build_subnet(struct build *b, const struct shared_network_conf *net_conf, const struct network *net,
			 struct subnet_conf *conf, struct subnet *sub)
{
	bool net_relays = net_conf && !has_relays(conf->link.relay);
	bool has_prefix = parse_prefix(b, conf, &sub->prefix);

	sub->id = (uint32_t)conf->id;
	sub->net = net;
	check_link(b, &conf->node, &conf->link, "subnet");
	check_interface(b, net_conf, conf);
	inherit(b, net_conf, conf);
	sub->iface = conf->link.interface ? conf->link.interface : "";
	if (conf->link.interface_id)
		sub->iface_id = bytes_of(conf->link.interface_id, strlen(conf->link.interface_id));
	sub->par = conf->net.par;
	check_params(b, &conf->node, &sub->par);
	sub->naming = build_naming(b, &conf->node, &conf->net.ddns, net ? net->naming : b->cfg->plan.naming);
	sub->exprs = build_scope_exprs(b, conf->user_context, net ? net->exprs : b->cfg->plan.exprs);
	build_scope_maps(b, KEA_SCOPE_SUBNET, conf->user_context);
	build_relays(b, net_relays ? net_conf->link.relay : conf->link.relay, sub);
	BUILD_OPTLIST(b, conf, link.option_data, &sub->opts);
	build_guard(b, &conf->link.client_classes, net ? NULL : "this subnet", &sub->guard);
	build_boot(b, &conf->link.additional_classes, conf->net.boot, &sub->additional);
	sub->is_guarded = sub->guard.n || (net && net->guard.n);
	build_pools(b, conf, has_prefix, sub);
	build_pd_pools(b, conf, sub);
	return has_prefix;
}

/* --- the whole plan -------------------------------------------------------- */

/* Subnets in one place of the configuration: top level or one network. */
struct group {
	const struct shared_network_conf *net; /* NULL: top level */
	struct subnet_conf *subs;
	unsigned n;
};

static int order_numbers(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

static bool has_id(const struct subnet_conf *conf)
{
	return CONF_SET(conf, id) && conf->id;
}

/* Numbers subnets without an id from 1 in order, skipping ids that are configured. */
static void number_subnets(struct group *groups, size_t n_groups, size_t n_subs)
{
	int64_t *given = xcalloc(n_subs, sizeof(*given)), next = 1;
	size_t n_given = 0, g, i, k = 0;

	for (g = 0; g < n_groups; g++)
		for (i = 0; i < groups[g].n; i++)
			if (has_id(&groups[g].subs[i]))
				given[n_given++] = groups[g].subs[i].id;
	qsort(given, n_given, sizeof(*given), order_numbers);
	for (g = 0; g < n_groups; g++)
		for (i = 0; i < groups[g].n; i++) {
			if (has_id(&groups[g].subs[i]))
				continue;
			while (k < n_given && given[k] <= next)
				next += given[k++] == next;
			conf_mark(&groups[g].subs[i].node, offsetof(struct subnet_conf, id), CONF_MARK_SET);
			groups[g].subs[i].id = (uint32_t)next++;
		}
	free(given);
}

static void build_network(struct build *b, struct shared_network_conf *confs, size_t i, struct network *net)
{
	struct shared_network_conf *conf = &confs[i];
	size_t k;

	net->name = conf->name ? conf->name : "";
	if (CONF_SET(conf, name) && !net->name[0])
		diag_error(b->diag, conf_pos(&conf->node, "name"), "the name of a shared network must not be empty");
	for (k = 0; k < i && net->name[0]; k++)
		if (CONF_SET(&confs[k], name) && !strcmp(confs[k].name, net->name)) {
			diag_error(b->diag, conf_pos(&conf->node, "name"), "duplicate shared network \"%s\"",
				   net->name);
			diag_note(b->diag, conf_pos(&confs[k].node, "name"), "first defined here");
			break;
		}
	check_link(b, &conf->node, &conf->link, "shared network");
	expand_reservation_mode(b, &conf->node, &conf->net);
	expand_conflict_resolution(b, &conf->node, &conf->net);
	conf_inherit(&shared_network_scope, conf, &global_scope, b->root);
	net->naming = build_naming(b, &conf->node, &conf->net.ddns, b->cfg->plan.naming);
	net->exprs = build_scope_exprs(b, conf->user_context, b->cfg->plan.exprs);
	build_scope_maps(b, KEA_SCOPE_NETWORK, conf->user_context);
	BUILD_OPTLIST(b, conf, link.option_data, &net->opts);
	build_guard(b, &conf->link.client_classes, "this shared network", &net->guard);
	build_additional(b, &conf->link.additional_classes, &net->additional);
	if (!conf->subnets.n && !CONF_BAD(conf, subnets) && !json_is_cut(conf->node.json))
		diag_warn(b->diag, conf_pos(&conf->node, NULL), "this shared network has no subnets");
}

static void build_group(struct build *b, const struct group *group, struct network *net, struct subnet_pair *refs)
{
	struct plan *plan = &b->cfg->plan;
	unsigned i;

	if (net)
		net->subs = &plan->subs[plan->n];
	for (i = 0; i < group->n; i++) {
		struct subnet *sub = &plan->subs[plan->n];
		bool has_prefix = build_subnet(b, group->net, net, &group->subs[i], sub);

		refs[plan->n++] = (struct subnet_pair){ sub, &group->subs[i], has_prefix };
		if (net)
			net->n++;
	}
}

void build_plan(struct build *b)
{
	const struct conf_list *list = &b->root->subnets, *nets = &b->root->shared_networks;
	struct shared_network_conf *net_confs = nets->v;
	struct plan *plan = &b->cfg->plan;
	struct group *groups = xcalloc(nets->n + 1, sizeof(*groups));
	struct subnet_pair *refs;
	struct net_params par;
	size_t n_subs = list->n, g;

	expand_reservation_mode(b, &b->root->node, &b->root->net);
	par = b->root->net.par;
	plan->naming = build_naming(b, &b->root->node, &b->root->net.ddns, NULL);
	groups[0] = (struct group){ .subs = list->v, .n = list->n };
	for (g = 1; g <= nets->n; g++) {
		groups[g] = (struct group){ &net_confs[g - 1], net_confs[g - 1].subnets.v, net_confs[g - 1].subnets.n };
		n_subs += groups[g].n;
	}
	number_subnets(groups, nets->n + 1, n_subs);
	if (!n_subs) /* checks what subnets would inherit even if there are none */
		check_params(b, &b->root->node, &par);
	plan->nets = arena_new_array(b->cfg->arena, struct network, nets->n);
	plan->subs = arena_new_array(b->cfg->arena, struct subnet, n_subs);
	refs = xcalloc(n_subs, sizeof(*refs));
	build_group(b, &groups[0], NULL, refs);
	for (g = 1; g <= nets->n; g++) {
		build_network(b, net_confs, g - 1, &plan->nets[g - 1]);
		plan->n_nets++;
		build_group(b, &groups[g], &plan->nets[g - 1], refs);
	}
	build_hosts(b, refs, plan->n);
	lint_plan(b, refs, plan->n);
	check_plan(b, refs, plan->n);
	free(refs);
	free(groups);
	if (!diag_errors(b->diag))
		plan_index(plan, b->cfg->arena);
}

/* SPDX-License-Identifier: MPL-2.0 */
/* Subnets and pools: inheritance, and everything that two of them can get wrong about each other. */
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

static int parse_pool(struct build *b, const struct pool_conf *conf, struct pool *pool)
{
	struct pos pos = conf_pos(&conf->node, "pool");
	const char *text = conf->pool.v, *dash;
	struct prefix prefix;

	if (!conf->pool.set) {
		if (conf_lacks(&conf->node, "pool"))
			diag_error(b->diag, conf_pos(&conf->node, NULL), "\"pool\" is missing in pools");
		return -E_INVAL;
	}
	if (strchr(text, '/')) {
		int err = prefix_parse(text, &prefix);

		if (err < 0) {
			diag_error(b->diag, pos, "pool \"%s\": %s", text,
				   err == -E_RANGE ? "invalid prefix length" : "not a prefix");
			return err;
		}
		clear_host_bits(b, pos, "pool", &prefix);
		pool->first = prefix.addr;
		pool->last = prefix_last(&prefix);
		return 0;
	}
	dash = strchr(text, '-');
	if (dash) {
		const char *a = text, *a_end = dash, *z = dash + 1, *z_end = text + strlen(text);

		while (a < a_end && *a == ' ')
			a++;
		while (a_end > a && a_end[-1] == ' ')
			a_end--;
		while (*z == ' ')
			z++;
		while (z_end > z && z_end[-1] == ' ')
			z_end--;
		if (ip_parse_n(a, (size_t)(a_end - a), &pool->first) < 0 ||
		    ip_parse_n(z, (size_t)(z_end - z), &pool->last) < 0 || ip_is4(&pool->first) != ip_is4(&pool->last))
			dash = NULL;
	}
	if (!dash) {
		diag_error(b->diag, pos, "pool \"%s\": expected \"FIRST - LAST\" or a prefix", text);
		return -E_INVAL;
	}
	if (ip_cmp(&pool->first, &pool->last) > 0) {
		diag_error(b->diag, pos, "pool \"%s\" is reversed: the first address is greater than the last", text);
		return -E_INVAL;
	}
	return 0;
}

/* RFC 4291 2.6.1, RFC 5453: interface identifiers that no host has, of 64 bits and of fewer. */
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

static void check_pool(struct build *b, const struct subnet_conf *sub_conf, const struct subnet *sub,
		       const struct pool_conf *conf, const struct pool *pool, const struct pool_conf *const *before)
{
	struct pos pos = conf_pos(&conf->node, "pool");
	struct ip net = prefix_first(&sub->prefix), bcast = prefix_last(&sub->prefix);
	char first[IP_TEXT_MAX], last[IP_TEXT_MAX], net_text[IP_TEXT_MAX], bcast_text[IP_TEXT_MAX];
	unsigned i;

	(void)ip_format(&net, net_text);
	(void)ip_format(&bcast, bcast_text);
	if (!prefix_contains(&sub->prefix, &pool->first) || !prefix_contains(&sub->prefix, &pool->last)) {
		diag_error(b->diag, pos, "pool %s - %s is outside its subnet", ip_format(&pool->first, first),
			   ip_format(&pool->last, last));
		diag_note(b->diag, conf_pos(&sub_conf->node, "subnet"), "the subnet is %s to %s", net_text, bcast_text);
		return;
	}
	for (i = 0; i < sub->n_pools; i++) {
		const struct pool *other = &sub->pools[i];

		if (ip_cmp(&pool->first, &other->last) > 0 || ip_cmp(&other->first, &pool->last) > 0)
			continue;
		diag_error(b->diag, pos, "pool %s - %s overlaps another pool of the subnet",
			   ip_format(&pool->first, first), ip_format(&pool->last, last));
		diag_note(b->diag, conf_pos(&before[i]->node, "pool"), "the other pool is here");
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

static void build_pools(struct build *b, const struct subnet_conf *conf, struct subnet *sub)
{
	const struct pool_conf *confs = conf->pools.v;
	const struct pool_conf **before = xcalloc(conf->pools.n, sizeof(struct pool_conf *));
	unsigned i;

	sub->pools = arena_new_array(b->cfg->arena, struct pool, conf->pools.n);
	for (i = 0; i < conf->pools.n; i++) {
		struct pool *pool = &sub->pools[sub->n_pools];

		if (parse_pool(b, &confs[i], pool) < 0)
			continue;
		set_reserved(&sub->prefix, pool);
		check_pool(b, conf, sub, &confs[i], pool, before);
		pool->sub = sub;
		pool->len = ip_is4(&pool->first) ? 32 : 128;
		pool->id = (uint32_t)confs[i].pool_id.v;
		pool->size = ip_distance(&pool->first, &pool->last);
		if (pool->size != UINT64_MAX)
			pool->size++;
		check_allocator(b, conf_pos(&confs[i].node, "pool"), sub->par.allocator, pool->size);
		build_optlist(b, &confs[i].option_data, &pool->opts);
		before[sub->n_pools++] = &confs[i];
	}
	free(before);
}

/* --- subnets --------------------------------------------------------------- */

static bool parse_prefix(struct build *b, const struct subnet_conf *conf, struct prefix *ret)
{
	struct pos pos = conf_pos(&conf->node, "subnet");
	int err;

	if (!conf->subnet.set) {
		if (conf_lacks(&conf->node, "subnet"))
			diag_error(b->diag, conf_pos(&conf->node, NULL), "\"subnet\" is missing in subnet");
		return false;
	}
	err = prefix_parse(conf->subnet.v, ret);
	if (err < 0) {
		diag_error(b->diag, pos, "subnet \"%s\": %s", conf->subnet.v,
			   err == -E_RANGE ? "invalid prefix length" : "expected a prefix");
		diag_help(b->diag, b->cfg->family == KEY_6 ? "a subnet is written as \"2001:db8::/64\""
							   : "a subnet is written as \"192.0.2.0/24\"");
		return false;
	}
	if (ip_is4(&ret->addr) != (b->cfg->family == KEY_4)) {
		diag_error(b->diag, pos, "subnet \"%s\" is an IPv%d prefix in a DHCPv%d configuration", conf->subnet.v,
			   ip_is4(&ret->addr) ? 4 : 6, ip_is4(&ret->addr) ? 6 : 4);
		return false;
	}
	clear_host_bits(b, pos, "subnet", ret);
	return true;
}

/* Kea before 1.4 printed the address of no relay where there was none. */
static bool is_no_relay(const char *text)
{
	return !text[0] || !strcmp(text, "0.0.0.0") || !strcmp(text, "::");
}

static void build_relays(struct build *b, const struct conf_map *map, struct subnet *sub)
{
	const struct relay_conf *relay = map->v;
	unsigned i;

	sub->relays = arena_new_array(b->cfg->arena, struct ip, relay->ip_addresses.n);
	for (i = 0; i < relay->ip_addresses.n; i++) {
		const char *text = relay->ip_addresses.v[i];
		struct ip ip;

		if (is_no_relay(text))
			continue;
		if (ip_parse(text, &ip) < 0 || ip_is4(&ip) != (b->cfg->family == KEY_4))
			diag_error(b->diag, conf_pos(&relay->node, "ip-addresses"),
				   "\"%s\" is not a relay address of this family", text);
		else
			sub->relays[sub->n_relays++] = ip;
	}
}

static bool has_relays(const struct conf_map *map)
{
	const struct relay_conf *relay = map->v;
	unsigned i;

	for (i = 0; i < relay->ip_addresses.n; i++)
		if (!is_no_relay(relay->ip_addresses.v[i]))
			return true;
	return false;
}

/* A subnet with its network; net_conf is NULL for one of its own. */
static bool build_subnet(struct build *b, const struct shared_network_conf *net_conf, const struct network *net,
			 const struct subnet_conf *conf, struct subnet *sub)
{
	bool net_relays = net_conf && !has_relays(&conf->link.relay);
	const char *iface_id;

	if (!parse_prefix(b, conf, &sub->prefix))
		return false;
	sub->id = (uint32_t)conf->id.v;
	sub->net = net;
	sub->iface = conf->link.interface.set || !net_conf ? conf->link.interface.v : net_conf->link.interface.v;
	if (!sub->iface)
		sub->iface = "";
	if (net_conf && net_conf->link.interface.v && net_conf->link.interface.v[0] && sub->iface[0] &&
	    strcmp(net_conf->link.interface.v, sub->iface) != 0) {
		diag_error(b->diag, conf_pos(&conf->node, "interface"),
			   "\"interface\" is \"%s\", but the shared network has \"%s\"", sub->iface,
			   net_conf->link.interface.v);
		diag_note(b->diag, conf_pos(&net_conf->node, "interface"), "set here for the whole link");
	}
	build_params(b, net_conf, conf, &sub->par);
	build_relays(b, net_relays ? &net_conf->link.relay : &conf->link.relay, sub);
	build_optlist(b, &conf->link.option_data, &sub->opts);
	build_pools(b, conf, sub);
	build_pd_pools(b, conf, sub);
	sub->rapid_commit =
		conf->link.rapid_commit.set || !net_conf ? conf->link.rapid_commit.v : net_conf->link.rapid_commit.v;
	iface_id = conf->link.interface_id.set || !net_conf ? conf->link.interface_id.v : net_conf->link.interface_id.v;
	if (iface_id && iface_id[0])
		sub->iface_id = bytes_of(iface_id, strlen(iface_id));
	return true;
}

/* --- all of them ----------------------------------------------------------- */

/* Where subnets stand in the configuration: by themselves, and in each network. */
struct group {
	const struct shared_network_conf *net; /* NULL: by themselves */
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
	return conf->id.set && conf->id.v;
}

/* Subnets without an id are numbered from 1 in their order, around the ids that are given. */
static void number_subnets(struct group *groups, size_t n_groups, size_t n_subs)
{
	int64_t *given = xcalloc(n_subs, sizeof(*given)), next = 1;
	size_t n_given = 0, g, i, k = 0;

	for (g = 0; g < n_groups; g++)
		for (i = 0; i < groups[g].n; i++)
			if (has_id(&groups[g].subs[i]))
				given[n_given++] = groups[g].subs[i].id.v;
	qsort(given, n_given, sizeof(*given), order_numbers);
	for (g = 0; g < n_groups; g++)
		for (i = 0; i < groups[g].n; i++) {
			if (has_id(&groups[g].subs[i]))
				continue;
			while (k < n_given && given[k] <= next)
				next += given[k++] == next;
			groups[g].subs[i].id = (struct opt_int){ true, next++ };
		}
	free(given);
}

static void build_network(struct build *b, const struct shared_network_conf *conf, struct network *net)
{
	const struct network *other;

	if (!conf->name.set || !conf->name.v[0]) {
		if (conf->name.set || conf_lacks(&conf->node, "name"))
			diag_error(b->diag, conf_pos(&conf->node, conf->name.set ? "name" : NULL),
				   "\"name\" is missing in shared-network");
		return;
	}
	net->name = conf->name.v;
	for (other = b->cfg->plan.nets; other < net; other++)
		if (other->name && !strcmp(other->name, net->name))
			diag_error(b->diag, conf_pos(&conf->node, "name"), "duplicate shared network \"%s\"",
				   net->name);
	build_optlist(b, &conf->link.option_data, &net->opts);
	if (!conf->subnets.n)
		diag_warn(b->diag, conf_pos(&conf->node, NULL), "shared network \"%s\" has no subnets", net->name);
}

static void build_group(struct build *b, const struct group *group, struct network *net, struct subnet_pair *refs)
{
	struct plan *plan = &b->cfg->plan;
	unsigned i;

	if (net)
		net->subs = &plan->subs[plan->n];
	for (i = 0; i < group->n; i++) {
		struct subnet *sub = &plan->subs[plan->n];

		if (!build_subnet(b, group->net, net, &group->subs[i], sub))
			continue;
		refs[plan->n++] = (struct subnet_pair){ sub, &group->subs[i] };
		if (net)
			net->n++;
	}
}

void build_plan(struct build *b)
{
	const struct conf_list *list = &b->root->subnets, *nets = &b->root->shared_networks;
	const struct shared_network_conf *net_confs = nets->v;
	struct plan *plan = &b->cfg->plan;
	struct group *groups = xcalloc(nets->n + 1, sizeof(*groups));
	struct subnet_pair *refs;
	struct net_params par;
	size_t n_subs = list->n, g;

	groups[0] = (struct group){ .subs = list->v, .n = list->n };
	for (g = 1; g <= nets->n; g++) {
		groups[g] = (struct group){ &net_confs[g - 1], net_confs[g - 1].subnets.v, net_confs[g - 1].subnets.n };
		n_subs += groups[g].n;
	}
	number_subnets(groups, nets->n + 1, n_subs);
	if (!n_subs) /* what subnets would inherit is checked even without one */
		build_params(b, NULL, NULL, &par);
	plan->nets = arena_new_array(b->cfg->arena, struct network, nets->n);
	plan->subs = arena_new_array(b->cfg->arena, struct subnet, n_subs);
	refs = xcalloc(n_subs, sizeof(*refs));
	build_group(b, &groups[0], NULL, refs);
	for (g = 1; g <= nets->n; g++) {
		build_network(b, groups[g].net, &plan->nets[g - 1]);
		plan->n_nets++;
		build_group(b, &groups[g], &plan->nets[g - 1], refs);
	}
	check_plan(b, refs, plan->n);
	free(refs);
	free(groups);
	plan_index(plan, b->cfg->arena);
}

/* SPDX-License-Identifier: MPL-2.0 */
/* Subnets and pools: inheritance, and everything that two of them can get wrong about each other. */
#include "base/err.h"
#include "serve/config_build.h"

/* --- parameters ------------------------------------------------------------ */

/* The subnet's value if it has one, else the global one (which may be a default). */
#define INHERIT(b, conf, field) ((conf)->field.set ? (conf)->field.v : (b)->root->field.v)
#define IS_SET(b, conf, field) ((conf)->field.set || (b)->root->field.set)

static uint32_t parse_v4(struct build *b, const struct conf_node *node, const char *key, const char *text)
{
	struct ip ip;

	if (!text || !text[0])
		return 0;
	if (ip_parse(text, &ip) < 0 || !ip_is4(&ip)) {
		diag_error(b->diag, conf_pos(node, key), "\"%s\": \"%s\" is not an IPv4 address", key, text);
		return 0;
	}
	return ip_to4(&ip);
}

static void check_length(struct build *b, const struct conf_node *node, const char *key, const char *text,
			 size_t max)
{
	if (text && strlen(text) > max)
		diag_error(b->diag, conf_pos(node, key), "\"%s\" is longer than %zu characters", key, max);
}

/* valid alone sets all three; a bound alone pulls the default inside. */
static void build_lifetimes(struct build *b, const struct subnet_conf *conf, struct net_params *par)
{
	const struct conf_node *node = conf->valid_lifetime.set || conf->min_valid_lifetime.set ||
						       conf->max_valid_lifetime.set ?
					       &conf->node : &b->root->node;

	bool own_default = conf->valid_lifetime.set;
	int64_t valid = INHERIT(b, conf, valid_lifetime);
	bool min_set = own_default ? conf->min_valid_lifetime.set : IS_SET(b, conf, min_valid_lifetime);
	bool max_set = own_default ? conf->max_valid_lifetime.set : IS_SET(b, conf, max_valid_lifetime);
	int64_t min = min_set ? INHERIT(b, conf, min_valid_lifetime) : valid;
	int64_t max = max_set ? INHERIT(b, conf, max_valid_lifetime) : valid;

	/* A default that nobody gave follows the bounds that somebody did. */
	if (!IS_SET(b, conf, valid_lifetime)) {
		if (min_set && valid < min)
			valid = min;
		if (max_set && valid > max)
			valid = max;
		if (!min_set)
			min = valid;
		if (!max_set)
			max = valid;
	}
	if (min > max)
		diag_error(b->diag, conf_pos(node, "min-valid-lifetime"),
			   "\"min-valid-lifetime\" %lld is more than \"max-valid-lifetime\" %lld", (long long)min, (long long)max);
	else if (valid < min || valid > max)
		diag_error(b->diag, conf_pos(node, "valid-lifetime"),
			   "\"valid-lifetime\" %lld is not between \"min-valid-lifetime\" %lld and \"max-valid-lifetime\" %lld",
			   (long long)valid, (long long)min, (long long)max);
	else if (valid == 0)
		diag_error(b->diag, conf_pos(node, "valid-lifetime"), "\"valid-lifetime\" is 0: no lease could be used");
	par->valid = (uint32_t)valid;
	par->min_valid = (uint32_t)min;
	par->max_valid = (uint32_t)max;
}

static void check_timers(struct build *b, const struct subnet_conf *conf, const struct net_params *par)
{
	const struct conf_node *node = conf->renew_timer.set || conf->rebind_timer.set || conf->valid_lifetime.set ?
					       &conf->node : &b->root->node;

	if (par->t1_set && par->t2_set && par->t1 >= par->t2)
		diag_warn(b->diag, conf_pos(node, "renew-timer"),
			  "\"renew-timer\" %u is not less than \"rebind-timer\" %u: it is not sent", par->t1, par->t2);
	if (par->t2_set && par->t2 >= par->valid)
		diag_warn(b->diag, conf_pos(node, "rebind-timer"),
			  "\"rebind-timer\" %u is not less than \"valid-lifetime\" %u: it is not sent", par->t2, par->valid);
	else if (par->t1_set && par->t1 >= par->valid)
		diag_warn(b->diag, conf_pos(node, "renew-timer"),
			  "\"renew-timer\" %u is not less than \"valid-lifetime\" %u: it is not sent", par->t1, par->valid);
}

static void build_params(struct build *b, const struct subnet_conf *conf, struct net_params *par)
{
	const struct conf_node *node = conf->next_server.set ? &conf->node : &b->root->node;

	build_lifetimes(b, conf, par);
	par->t1 = (uint32_t)INHERIT(b, conf, renew_timer);
	par->t2 = (uint32_t)INHERIT(b, conf, rebind_timer);
	par->t1_set = IS_SET(b, conf, renew_timer);
	par->t2_set = IS_SET(b, conf, rebind_timer);
	par->calculate_tee = INHERIT(b, conf, calculate_tee_times);
	par->t1_percent = INHERIT(b, conf, t1_percent);
	par->t2_percent = INHERIT(b, conf, t2_percent);
	if (par->calculate_tee && par->t1_percent >= par->t2_percent)
		diag_error(b->diag, conf_pos(conf->t1_percent.set || conf->t2_percent.set ? &conf->node : &b->root->node, "t1-percent"),
			   "\"t1-percent\" %g is not less than \"t2-percent\" %g", par->t1_percent, par->t2_percent);
	par->cache_threshold = INHERIT(b, conf, cache_threshold);
	par->cache_max_age = (uint32_t)INHERIT(b, conf, cache_max_age);
	par->authoritative = INHERIT(b, conf, authoritative);
	par->match_client_id = INHERIT(b, conf, match_client_id);
	par->next_server = parse_v4(b, node, "next-server", INHERIT(b, conf, next_server));
	par->server_hostname = INHERIT(b, conf, server_hostname);
	par->boot_file_name = INHERIT(b, conf, boot_file_name);
	if (!par->server_hostname)
		par->server_hostname = "";
	if (!par->boot_file_name)
		par->boot_file_name = "";
	check_length(b, conf->server_hostname.set ? &conf->node : &b->root->node, "server-hostname", par->server_hostname, 63);
	check_length(b, conf->boot_file_name.set ? &conf->node : &b->root->node, "boot-file-name", par->boot_file_name, 127);
	check_timers(b, conf, par);
}

/* --- pools ----------------------------------------------------------------- */

static int parse_pool(struct build *b, const struct pool_conf *conf, struct pool *pool)
{
	struct pos pos = conf_pos(&conf->node, "pool");
	const char *text = conf->pool.v, *dash;
	struct prefix prefix;

	if (!conf->pool.set) {
		diag_error(b->diag, conf_pos(&conf->node, NULL), "a pool lacks \"pool\"");
		return -E_INVAL;
	}
	if (strchr(text, '/')) {
		int err = prefix_parse(text, &prefix);

		if (err < 0) {
			diag_error(b->diag, pos, "pool \"%s\": %s", text,
				   err == -E_RANGE ? "there is no such prefix length" : "this is not a prefix");
			return err;
		}
		pool->first = prefix_first(&prefix);
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
		    ip_parse_n(z, (size_t)(z_end - z), &pool->last) < 0 ||
		    ip_is4(&pool->first) != ip_is4(&pool->last))
			dash = NULL;
	}
	if (!dash) {
		diag_error(b->diag, pos, "pool \"%s\" is neither \"FIRST - LAST\" nor a prefix", text);
		return -E_INVAL;
	}
	if (ip_cmp(&pool->first, &pool->last) > 0) {
		diag_error(b->diag, pos, "pool \"%s\" is reversed: the first address is behind the last", text);
		return -E_INVAL;
	}
	return 0;
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
		diag_error(b->diag, pos, "pool %s - %s overlaps with another pool of the subnet",
			   ip_format(&pool->first, first), ip_format(&pool->last, last));
		diag_note(b->diag, conf_pos(&before[i]->node, "pool"), "the other one is here");
	}
	if (ip_is4(&net) && sub->prefix.len < 31) {
		if (ip_equal(&pool->first, &net))
			diag_warn(b->diag, pos, "the pool holds the network address %s, which some clients refuse", net_text);
		if (ip_equal(&pool->last, &bcast))
			diag_warn(b->diag, pos, "the pool holds the broadcast address %s, which no client can use", bcast_text);
	}
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
		check_pool(b, conf, sub, &confs[i], pool, before);
		pool->sub = sub;
		pool->id = (uint32_t)confs[i].pool_id.v;
		pool->size = ip_distance(&pool->first, &pool->last);
		if (pool->size != UINT64_MAX)
			pool->size++;
		build_optlist(b, &confs[i].option_data, &pool->opts);
		before[sub->n_pools++] = &confs[i];
	}
	free(before);
}

/* --- subnets --------------------------------------------------------------- */

static bool parse_prefix(struct build *b, const struct subnet_conf *conf, struct prefix *ret)
{
	struct pos pos = conf_pos(&conf->node, "subnet");
	char text[PREFIX_TEXT_MAX];
	struct prefix clean;
	int err;

	if (!conf->subnet.set) {
		diag_error(b->diag, conf_pos(&conf->node, NULL), "a subnet lacks \"subnet\"");
		return false;
	}
	err = prefix_parse(conf->subnet.v, ret);
	if (err < 0) {
		diag_error(b->diag, pos, "subnet \"%s\": %s", conf->subnet.v,
			   err == -E_RANGE ? "invalid prefix length, want 0..32" : "this is not a prefix such as 192.0.2.0/24");
		return false;
	}
	if (ip_is4(&ret->addr) != (b->cfg->family == KEY_4)) {
		diag_error(b->diag, pos, "subnet \"%s\" is of the other address family", conf->subnet.v);
		return false;
	}
	if (!prefix_is_clean(ret)) {
		clean = (struct prefix){ prefix_first(ret), ret->len };
		diag_warn(b->diag, pos, "subnet \"%s\" has bits set behind its length", conf->subnet.v);
		diag_help(b->diag, "it is read as \"%s\"", prefix_format(&clean, text));
		ret->addr = clean.addr;
	}
	return true;
}

static void build_relays(struct build *b, const struct subnet_conf *conf, struct subnet *sub)
{
	const struct relay_conf *relay = conf->relay.v;
	unsigned i;

	sub->relays = arena_new_array(b->cfg->arena, struct ip, relay->ip_addresses.n);
	for (i = 0; i < relay->ip_addresses.n; i++) {
		struct ip ip;

		if (ip_parse(relay->ip_addresses.v[i], &ip) < 0 || ip_is4(&ip) != (b->cfg->family == KEY_4))
			diag_error(b->diag, conf_pos(&relay->node, "ip-addresses"), "\"%s\" is not the address of a relay",
				   relay->ip_addresses.v[i]);
		else
			sub->relays[sub->n_relays++] = ip;
	}
}

static bool build_subnet(struct build *b, const struct subnet_conf *conf, struct subnet *sub)
{
	if (!parse_prefix(b, conf, &sub->prefix))
		return false;
	sub->id = (uint32_t)conf->id.v;
	sub->iface = conf->interface.v ? conf->interface.v : "";
	build_params(b, conf, &sub->par);
	build_relays(b, conf, sub);
	build_optlist(b, &conf->option_data, &sub->opts);
	build_pools(b, conf, sub);
	return true;
}

struct by_something {
	const struct subnet *sub;
	const struct subnet_conf *conf;
};

static int order_by_id(const void *x, const void *y)
{
	const struct by_something *a = x, *b = y;

	if (a->sub->id != b->sub->id)
		return a->sub->id < b->sub->id ? -1 : 1;
	return a->sub < b->sub ? -1 : a->sub > b->sub;
}

static int order_by_prefix(const void *x, const void *y)
{
	const struct by_something *a = x, *b = y;
	int order = ip_cmp(&a->sub->prefix.addr, &b->sub->prefix.addr);

	if (order)
		return order;
	if (a->sub->prefix.len != b->sub->prefix.len)
		return a->sub->prefix.len < b->sub->prefix.len ? -1 : 1;
	return a->sub < b->sub ? -1 : a->sub > b->sub;
}

static void check_pairs(struct build *b, struct by_something *refs, size_t n)
{
	size_t i;

	qsort(refs, n, sizeof(*refs), order_by_id);
	for (i = 1; i < n; i++)
		if (refs[i].sub->id == refs[i - 1].sub->id) {
			diag_error(b->diag, conf_pos(&refs[i].conf->node, "id"), "subnet id %u is already in use", refs[i].sub->id);
			diag_note(b->diag, conf_pos(&refs[i - 1].conf->node, "id"), "it is used here");
		}
	qsort(refs, n, sizeof(*refs), order_by_prefix);
	for (i = 1; i < n; i++) {
		const struct prefix *a = &refs[i - 1].sub->prefix, *z = &refs[i].sub->prefix;
		char text[PREFIX_TEXT_MAX];

		if (a->len == z->len && ip_equal(&a->addr, &z->addr)) {
			diag_error(b->diag, conf_pos(&refs[i].conf->node, "subnet"), "subnet %s is defined twice", prefix_format(z, text));
			diag_note(b->diag, conf_pos(&refs[i - 1].conf->node, "subnet"), "the first one is here");
		} else if (prefix_contains(a, &z->addr)) {
			diag_warn(b->diag, conf_pos(&refs[i].conf->node, "subnet"), "subnet %s lies inside another one", prefix_format(z, text));
			diag_note(b->diag, conf_pos(&refs[i - 1].conf->node, "subnet"), "it lies inside this one");
		}
	}
}

/* Subnets without an id are numbered from 1 in their order, around the ids that are given. */
static void number_subnets(struct subnet_conf *confs, unsigned n)
{
	int64_t next = 1;
	unsigned i, k;

	for (i = 0; i < n; i++) {
		bool used;

		if (confs[i].id.set)
			continue;
		do {
			used = false;
			for (k = 0; k < n && !used; k++)
				used = confs[k].id.set && confs[k].id.v == next;
			if (used)
				next++;
		} while (used);
		confs[i].id = (struct opt_int){ true, next++ };
	}
}

void build_plan(struct build *b)
{
	const struct conf_list *list = b->cfg->family == KEY_6 ? &b->root->subnet6 : &b->root->subnet4;
	struct subnet_conf *confs = list->v;
	struct plan *plan = &b->cfg->plan;
	struct by_something *refs = xcalloc(list->n, sizeof(*refs));
	struct subnet_conf defaults = { 0 };
	struct net_params par;
	unsigned i;

	number_subnets(confs, list->n);
	if (!list->n) /* what subnets would inherit is checked even without one */
		build_params(b, &defaults, &par);
	plan->subs = arena_new_array(b->cfg->arena, struct subnet, list->n);
	for (i = 0; i < list->n; i++) {
		struct subnet *sub = &plan->subs[plan->n];

		if (!build_subnet(b, &confs[i], sub))
			continue;
		refs[plan->n++] = (struct by_something){ sub, &confs[i] };
	}
	check_pairs(b, refs, plan->n);
	free(refs);
	plan_index(plan, b->cfg->arena);
}

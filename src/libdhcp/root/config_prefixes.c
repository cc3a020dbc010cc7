/* SPDX-License-Identifier: MPL-2.0 */
/* Pools of prefixes to delegate. */
#include "base/err.h"
#include "root/config_build.h"

static bool parse_pd_pool(struct build *b, const struct pd_pool_conf *conf, struct prefix *prefix)
{
	struct pos pos = conf_pos(&conf->node, "prefix");

	if (!conf->prefix.set || !conf->prefix_len.set || !conf->delegated_len.set) {
		if (conf_lacks(&conf->node, "prefix") || conf_lacks(&conf->node, "prefix-len") ||
		    conf_lacks(&conf->node, "delegated-len"))
			diag_error(b->diag, conf_pos(&conf->node, NULL),
				   "a pd-pool needs \"prefix\", \"prefix-len\" and \"delegated-len\"");
		return false;
	}
	prefix->len = (uint8_t)conf->prefix_len.v;
	if (ip_parse(conf->prefix.v, &prefix->addr) < 0 || ip_is4(&prefix->addr)) {
		diag_error(b->diag, pos, "\"%s\" is not an IPv6 address", conf->prefix.v);
		return false;
	}
	clear_host_bits(b, pos, "prefix", prefix);
	if (!conf->prefix_len.v || conf->delegated_len.v < conf->prefix_len.v) {
		diag_error(b->diag, conf_pos(&conf->node, "delegated-len"),
			   "delegated-len (%lld) must not be less than prefix-len (%lld)",
			   (long long)conf->delegated_len.v, (long long)conf->prefix_len.v);
		return false;
	}
	return true;
}

/* RFC 6603 4.2: a longer prefix inside the first delegated one; the others exclude theirs at the same place. */
static void parse_excluded(struct build *b, const struct pd_pool_conf *conf, struct pool *pool)
{
	struct prefix excluded = { .len = (uint8_t)conf->excluded_prefix_len.v }, first = { pool->first, pool->len };
	bool is_address = conf->excluded_prefix.set && ip_parse(conf->excluded_prefix.v, &excluded.addr) == 0;

	/* There is none: nothing is set, or ::/0, as Kea accepts too. */
	if (!excluded.len && (!conf->excluded_prefix.set || (is_address && ip_is_zero(&excluded.addr))))
		return;
	if (!is_address || excluded.len <= pool->len || !prefix_contains(&first, &excluded.addr)) {
		diag_error(b->diag, conf_pos(&conf->node, "excluded-prefix"),
			   "\"excluded-prefix\" must be longer than the delegated prefixes and inside the first one");
		return;
	}
	clear_host_bits(b, conf_pos(&conf->node, "excluded-prefix"), "excluded prefix", &excluded);
	pool->excluded = excluded;
}

static bool overlap(const struct pool *a, const struct pool *b)
{
	return ip_cmp(&a->first, &b->last) <= 0 && ip_cmp(&b->first, &a->last) <= 0;
}

static void check_overlaps(struct build *b, const struct pd_pool_conf *conf, const struct subnet *sub,
			   const struct pool *pool)
{
	struct pos pos = conf_pos(&conf->node, "prefix");
	char first[IP_TEXT_MAX], last[IP_TEXT_MAX];
	unsigned i;

	for (i = 0; i < sub->n_pd_pools; i++)
		if (overlap(pool, &sub->pd_pools[i]))
			diag_error(b->diag, pos, "this pd-pool overlaps another one of the subnet");
	for (i = 0; i < sub->n_pools; i++)
		if (overlap(pool, &sub->pools[i])) {
			diag_warn(b->diag, pos, "this pd-pool overlaps pool %s - %s",
				  ip_format(&sub->pools[i].first, first), ip_format(&sub->pools[i].last, last));
			diag_help(b->diag, "a prefix is not delegated while one of its addresses is assigned, nor "
					   "an address assigned while its prefix is delegated");
		}
}

void build_pd_pools(struct build *b, const struct subnet_conf *conf, struct subnet *sub)
{
	const struct pd_pool_conf *confs = conf->pd_pools.v;
	unsigned i;

	sub->pd_pools = arena_new_array(b->cfg->arena, struct pool, conf->pd_pools.n);
	for (i = 0; i < conf->pd_pools.n; i++) {
		struct pool *pool = &sub->pd_pools[sub->n_pd_pools];
		struct prefix prefix = { .len = 0 };

		if (!parse_pd_pool(b, &confs[i], &prefix))
			continue;
		pool->first = prefix.addr;
		pool->last = prefix_last(&prefix);
		pool->len = (uint8_t)confs[i].delegated_len.v;
		pool->sub = sub;
		pool->id = (uint32_t)confs[i].pool_id.v;
		pool->size = ip_count_steps(&pool->first, &pool->last, 128u - pool->len);
		if (pool->size != UINT64_MAX)
			pool->size++;
		check_overlaps(b, &confs[i], sub, pool);
		check_allocator(b, conf_pos(&confs[i].node, "prefix"), sub->par.pd_allocator, pool->size);
		parse_excluded(b, &confs[i], pool);
		build_optlist(b, &confs[i].option_data, &pool->opts);
		sub->n_pd_pools++;
	}
}

/* SPDX-License-Identifier: MPL-2.0 */
/* Prefix delegation pools. */
#include "root/config_build.h"

/* Parses the pool's prefix and length; false after an error, reported here or when a key was read. */
static bool parse_pd_prefix(struct build *b, const struct pd_pool_conf *conf, struct prefix *ret)
{
	struct pos pos = conf_pos(&conf->node, "prefix");

	if (CONF_SET(conf, prefix) && (ip_parse(conf->prefix, &ret->addr) < 0 || ip_is4(&ret->addr))) {
		diag_error(b->diag, pos, "\"%s\" is not an IPv6 address", conf->prefix);
		if (strchr(conf->prefix, '/'))
			diag_help(b->diag, "the length of the prefix belongs in \"prefix-len\"");
		return false;
	}
	if (!CONF_SET(conf, prefix) || !CONF_SET(conf, prefix_len) || !conf->prefix_len)
		return false;
	ret->len = (uint8_t)conf->prefix_len;
	clear_host_bits(b, pos, "prefix", ret);
	return true;
}

static bool check_lengths(struct build *b, const struct pd_pool_conf *conf)
{
	if (CONF_SET(conf, prefix_len) && !conf->prefix_len)
		diag_error(b->diag, conf_pos(&conf->node, "prefix-len"), "prefix-len must not be 0");
	if (!CONF_SET(conf, prefix_len) || !CONF_SET(conf, delegated_len))
		return false;
	if (conf->delegated_len >= conf->prefix_len)
		return conf->prefix_len > 0;
	diag_error(b->diag, conf_pos(&conf->node, "delegated-len"),
		   "delegated-len (%lld) must not be less than prefix-len (%lld)", (long long)conf->delegated_len,
		   (long long)conf->prefix_len);
	return false;
}

/*
 * RFC 6603 4.2: a longer prefix inside the first delegated prefix; the others exclude the same relative position.
 * first: the first delegated prefix, NULL if unknown.
 */
static void parse_excluded(struct build *b, const struct pd_pool_conf *conf, const struct prefix *first,
			   struct pool *pool)
{
	struct prefix excluded = { .len = (uint8_t)conf->excluded_prefix_len };
	struct pos pos = conf_pos(&conf->node, "excluded-prefix");
	char text[PREFIX_TEXT_MAX];

	if (CONF_SET(conf, excluded_prefix) &&
	    (ip_parse(conf->excluded_prefix, &excluded.addr) < 0 || ip_is4(&excluded.addr))) {
		diag_error(b->diag, pos, "\"%s\" is not an IPv6 address", conf->excluded_prefix);
		return;
	}
	/* No excluded prefix: not set, or ::/0, which Kea accepts too. */
	if (CONF_BAD(conf, excluded_prefix) || CONF_BAD(conf, excluded_prefix_len) ||
	    (!excluded.len && (!CONF_SET(conf, excluded_prefix) || ip_is_zero(&excluded.addr))))
		return;
	if (CONF_SET(conf, delegated_len) && excluded.len <= conf->delegated_len) {
		diag_error(b->diag, conf_pos(&conf->node, "excluded-prefix-len"),
			   "excluded-prefix-len (%u) must be greater than delegated-len (%lld)", excluded.len,
			   (long long)conf->delegated_len);
		return;
	}
	if (!first)
		return;
	if (!CONF_SET(conf, excluded_prefix) || !prefix_contains(first, &excluded.addr)) {
		diag_error(b->diag, pos, "the excluded prefix must be inside the first delegated prefix, %s",
			   prefix_format(first, text));
		return;
	}
	clear_host_bits(b, pos, "excluded prefix", &excluded);
	pool->excluded = excluded;
}

static bool overlap(const struct pool *a, const struct pool *b)
{
	return ip_cmp(&a->first, &b->last) <= 0 && ip_cmp(&b->first, &a->last) <= 0;
}

static void check_overlaps(struct build *b, const struct pd_pool_conf *conf, const struct subnet *sub,
			   const struct pool *pool, const struct pd_pool_conf *const *before)
{
	struct pos pos = conf_pos(&conf->node, "prefix");
	char first[IP_TEXT_MAX], last[IP_TEXT_MAX];
	unsigned i;

	for (i = 0; i < sub->n_pd_pools; i++)
		if (overlap(pool, &sub->pd_pools[i])) {
			diag_error(b->diag, pos, "this pd-pool overlaps another one of the subnet");
			diag_note(b->diag, conf_pos(&before[i]->node, "prefix"), "the other pd-pool is here");
		}
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
	const struct pd_pool_conf **before = xcalloc(conf->pd_pools.n, sizeof(struct pd_pool_conf *));
	unsigned i;

	sub->pd_pools = arena_new_array(b->cfg->arena, struct pool, conf->pd_pools.n);
	for (i = 0; i < conf->pd_pools.n; i++) {
		struct pool *pool = &sub->pd_pools[sub->n_pd_pools];
		struct prefix prefix = { .len = 0 };
		bool has_prefix = parse_pd_prefix(b, &confs[i], &prefix), has_lengths = check_lengths(b, &confs[i]);
		struct prefix first = { prefix.addr, (uint8_t)confs[i].delegated_len };

		*pool = (struct pool){ .sub = sub, .id = (uint32_t)confs[i].pool_id, .first = prefix.addr };
		pool->naming = build_naming(b, &confs[i].node, &confs[i].ddns, sub->naming);
		check_prefix_naming(b, &confs[i].node);
		pool->exprs = build_scope_exprs(b, confs[i].user_context, sub->exprs);
		build_scope_maps(b, KEA_SCOPE_POOL, confs[i].user_context);
		BUILD_OPTLIST(b, &confs[i], option_data, &pool->opts);
		build_pool_guard(b, &confs[i].client_classes, confs[i].deny_unknown, pool);
		build_additional(b, &confs[i].additional_classes, &pool->additional);
		parse_excluded(b, &confs[i], has_prefix && has_lengths ? &first : NULL, pool);
		if (!has_prefix)
			continue;
		pool->last = prefix_last(&prefix);
		check_overlaps(b, &confs[i], sub, pool, before);
		before[sub->n_pd_pools++] = &confs[i];
		if (!has_lengths)
			continue;
		pool->len = first.len;
		pool->size = ip_count_steps(&pool->first, &pool->last, 128u - pool->len);
		if (pool->size != UINT64_MAX)
			pool->size++;
		check_allocator(b, conf_pos(&confs[i].node, "prefix"), sub->par.pd_allocator, pool->size);
	}
	free(before);
}

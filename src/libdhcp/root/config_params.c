/* SPDX-License-Identifier: MPL-2.0 */
/* Lease parameters after inheritance: checks them against each other and derives those that are not set. */
#include "root/config_build.h"

/* Offsets of net_params fields, the same in global, networks and subnets. */
#define AT(field) offsetof(struct subnet_conf, net.par.field)
#define IS_SET(node, field) conf_is_given(node, AT(field))
#define IS_BAD(node, field) conf_is_unknown(node, AT(field))
/* Position of the effective value, or where it would be set. */
#define POS_OF(node, field, key) conf_pos(conf_origin(node, AT(field)), key)

/* --- lifetimes ------------------------------------------------------------- */

/* The three keys of a lifetime and the offsets of their fields. */
struct lifetime_keys {
	const char *def, *min, *max;
	size_t def_at, min_at, max_at;
};

static const struct lifetime_keys valid_keys = {
	.def = "valid-lifetime",
	.def_at = AT(valid.def),
	.min = "min-valid-lifetime",
	.min_at = AT(valid.min),
	.max = "max-valid-lifetime",
	.max_at = AT(valid.max),
};
static const struct lifetime_keys preferred_keys = {
	.def = "preferred-lifetime",
	.def_at = AT(preferred.def),
	.min = "min-preferred-lifetime",
	.min_at = AT(preferred.min),
	.max = "max-preferred-lifetime",
	.max_at = AT(preferred.max),
};

static unsigned depth_of(const struct conf_node *node)
{
	unsigned depth = 0;

	for (; node->outer; node = node->outer)
		depth++;
	return depth;
}

/* Returns the position for errors about inconsistent values: the innermost scope that sets one of them. */
static struct pos lifetime_pos(const struct conf_node *node, const struct lifetime_keys *keys, const char *key)
{
	const size_t at[] = { keys->def_at, keys->min_at, keys->max_at };
	const struct conf_node *inner = conf_origin(node, at[0]);
	size_t i;

	for (i = 1; i < sizeof(at) / sizeof(at[0]); i++) {
		const struct conf_node *origin = conf_origin(node, at[i]);

		if (depth_of(origin) > depth_of(inner))
			inner = origin;
	}
	return conf_pos(inner, key);
}

/* A default alone sets all three values; bounds alone clamp the default. */
static void check_lifetime(struct build *b, const struct conf_node *node, const struct lifetime_keys *keys,
			   struct lifetime *v)
{
	bool def_bad = conf_is_unknown(node, keys->def_at);
	bool min_bad = conf_is_unknown(node, keys->min_at), max_bad = conf_is_unknown(node, keys->max_at);
	bool def_set = conf_is_given(node, keys->def_at);
	bool min_set = conf_is_given(node, keys->min_at);
	bool max_set = conf_is_given(node, keys->max_at);

	if (!def_set) {
		if (min_set && v->def < v->min)
			v->def = v->min;
		if (max_set && v->def > v->max)
			v->def = v->max;
	}
	if (!min_set)
		v->min = v->def;
	if (!max_set)
		v->max = v->def;
	if (min_set && max_set && v->min > v->max && !min_bad && !max_bad)
		diag_error(b->diag, lifetime_pos(node, keys, keys->min), "%s (%u) must not be greater than %s (%u)",
			   keys->min, v->min, keys->max, v->max);
	else if (min_set && v->def < v->min && !def_bad && !min_bad)
		diag_error(b->diag, lifetime_pos(node, keys, keys->def), "%s (%u) must not be less than %s (%u)",
			   keys->def, v->def, keys->min, v->min);
	else if (max_set && v->def > v->max && !def_bad && !max_bad)
		diag_error(b->diag, lifetime_pos(node, keys, keys->def), "%s (%u) must not be greater than %s (%u)",
			   keys->def, v->def, keys->max, v->max);
}

static void check_valid(struct build *b, const struct conf_node *node, struct lifetime *valid)
{
	check_lifetime(b, node, &valid_keys, valid);
	if (IS_BAD(node, valid.def))
		return;
	if (valid->def == 0)
		diag_error(b->diag, lifetime_pos(node, &valid_keys, valid_keys.def), "%s must not be 0",
			   valid_keys.def);
	else if (valid->min == 0) {
		diag_warn(b->diag, lifetime_pos(node, &valid_keys, valid_keys.min), "%s must not be 0; it is read as 1",
			  valid_keys.min);
		valid->min = 1;
	}
}

/* RFC 9915 21.6: the preferred lifetime must not exceed the valid lifetime. */
static void check_preferred(struct build *b, const struct conf_node *node, struct net_params *par)
{
	/* A preferred lifetime that is not set is limited by the valid lifetime. */
	if (!IS_SET(node, preferred.def) && par->preferred.def > par->valid.def)
		par->preferred.def = par->valid.def;
	check_lifetime(b, node, &preferred_keys, &par->preferred);
	if (par->preferred.def > par->valid.def && !IS_BAD(node, preferred.def) && !IS_BAD(node, valid.def))
		diag_warn(b->diag, lifetime_pos(node, &preferred_keys, preferred_keys.def),
			  "preferred-lifetime (%u) must not be greater than valid-lifetime (%u); it is read as %u",
			  par->preferred.def, par->valid.def, par->valid.def);
}

static void check_timers(struct build *b, const struct conf_node *node, struct net_params *par)
{
	uint32_t valid = par->valid.def;

	par->t1_set = IS_SET(node, t1);
	par->t2_set = IS_SET(node, t2);
	if (par->calculate_tee && par->t1_percent >= par->t2_percent && !IS_BAD(node, t1_percent) &&
	    !IS_BAD(node, t2_percent))
		diag_error(b->diag,
			   IS_SET(node, t1_percent) ? POS_OF(node, t1_percent, "t1-percent")
						    : POS_OF(node, t2_percent, "t2-percent"),
			   "t1-percent (%g) must be less than t2-percent (%g)", par->t1_percent, par->t2_percent);
	if (par->t1_set && par->t2_set && par->t1 >= par->t2 && !IS_BAD(node, t1) && !IS_BAD(node, t2))
		diag_warn(b->diag, POS_OF(node, t1, "renew-timer"),
			  "renew-timer (%u) must be less than rebind-timer (%u); clients will not be sent T1", par->t1,
			  par->t2);
	if (IS_BAD(node, valid.def))
		return;
	if (par->t2_set && par->t2 >= valid && !IS_BAD(node, t2))
		diag_warn(b->diag, POS_OF(node, t2, "rebind-timer"),
			  "rebind-timer (%u) must be less than valid-lifetime (%u); clients will not be sent T2",
			  par->t2, valid);
	else if (par->t1_set && par->t1 >= valid && !IS_BAD(node, t1))
		diag_warn(b->diag, POS_OF(node, t1, "renew-timer"),
			  "renew-timer (%u) must be less than valid-lifetime (%u); clients will not be sent T1",
			  par->t1, valid);
}

/* --- all parameters -------------------------------------------------------- */

static void check_shared(struct build *b, struct pos pos, const char *key, enum allocator *how)
{
	if (*how <= ALLOC_FLQ || b->root->lease_database->type != DATABASE_MEMFILE)
		return;
	diag_error(b->diag, pos, "\"%s\": \"shared-flq\" needs an SQL lease database", key);
	diag_help(b->diag, "use \"flq\" with memfile");
	*how = ALLOC_ITERATIVE;
}

/* Returns the lifetime a class sets; NULL if none. */
static const struct lifetime *class_lifetime(struct build *b, const struct conf_node *node,
					     const struct lifetime_keys *keys, const struct lifetime *read)
{
	bool has_def = conf_is_given(node, keys->def_at), has_min = conf_is_given(node, keys->min_at);
	struct lifetime *ret;

	if (!has_def && !has_min && !conf_is_given(node, keys->max_at))
		return NULL;
	ret = arena_dup(b->cfg->arena, read, sizeof(*read));
	if (!has_def)
		ret->def = has_min ? read->min : read->max;
	check_lifetime(b, node, keys, ret);
	if (!ret->def && !conf_is_unknown(node, keys->def_at) && keys == &valid_keys)
		diag_error(b->diag, lifetime_pos(node, keys, keys->def), "%s must not be 0", keys->def);
	return ret;
}

void check_class_lifetimes(struct build *b, const struct conf_node *node, const struct net_params *par,
			   const struct lifetime **ret_valid, const struct lifetime **ret_preferred)
{
	*ret_valid = class_lifetime(b, node, &valid_keys, &par->valid);
	*ret_preferred = class_lifetime(b, node, &preferred_keys, &par->preferred);
}

void check_params(struct build *b, const struct conf_node *node, struct net_params *par)
{
	check_valid(b, node, &par->valid);
	if (b->cfg->family == KEY_6)
		check_preferred(b, node, par);
	check_timers(b, node, par);
	check_shared(b, POS_OF(node, allocator, "allocator"), "allocator", &par->allocator);
	check_shared(b, POS_OF(node, pd_allocator, "pd-allocator"), "pd-allocator", &par->pd_allocator);
}

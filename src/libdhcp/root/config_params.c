/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a subnet grants by: each value is the subnet's own, else its network's, else the global one. The
 * same values are checked against each other where they come together.
 */
#include "root/config_build.h"

#include "base/err.h"

#define CHAIN_MAX 3

/* The scopes a subnet takes its values from, innermost first; the last one is global and has defaults. */
struct chain {
	struct {
		const struct conf_node *node;
		const struct net_conf *net;
	} v[CHAIN_MAX];
	unsigned n;
};

/* The innermost scope that sets the field; the global one if none does. */
#define SCOPE_OF(chain, field)                                                          \
	({                                                                              \
		unsigned scope_i = 0;                                                   \
		while (scope_i + 1 < (chain)->n && !(chain)->v[scope_i].net->field.set) \
			scope_i++;                                                      \
		scope_i;                                                                \
	})
#define VALUE(chain, field) ((chain)->v[SCOPE_OF(chain, field)].net->field.v)
#define IS_SET(chain, field) ((chain)->v[SCOPE_OF(chain, field)].net->field.set)
/* Some scope's value for the field is wrong, and has been reported: what the subnet would have is not known. */
#define IS_BAD(chain, field)                                                       \
	({                                                                         \
		bool is_bad = false;                                               \
		for (unsigned bad_i = 0; bad_i <= SCOPE_OF(chain, field); bad_i++) \
			is_bad |= (chain)->v[bad_i].net->field.bad;                \
		is_bad;                                                            \
	})
#define NODE_OF(chain, field) ((chain)->v[SCOPE_OF(chain, field)].node)
/* Where a field that is wrong together with others stands: the innermost scope that sets one of them. */
#define POS_OF(chain, field) conf_pos(NODE_OF(chain, field), field_key(#field))

/* "min_valid_lifetime" -> "min-valid-lifetime" */
static const char *field_key(const char *field)
{
	static _Thread_local char key[64];
	size_t i;

	for (i = 0; field[i] && i + 1 < sizeof(key); i++)
		key[i] = field[i] == '_' ? '-' : field[i];
	key[i] = '\0';
	return key;
}

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

static void check_length(struct build *b, const struct conf_node *node, const char *key, const char *text, size_t max)
{
	if (text && strlen(text) > max)
		diag_error(b->diag, conf_pos(node, key), "\"%s\" is longer than %zu characters", key, max);
}

/* --- lifetimes ------------------------------------------------------------- */

/* One lifetime as a scope has it: the three keys, and how far out each of them was found. */
struct lifetime_keys {
	const char *name, *min_name, *max_name;
	struct opt_int def, min, max; /* bad: not known */
	unsigned def_scope, min_scope, max_scope;
};

static struct pos lifetime_pos(const struct chain *chain, const struct lifetime_keys *keys, const char *key)
{
	unsigned scope = keys->def_scope;

	if (keys->min.set && keys->min_scope < scope)
		scope = keys->min_scope;
	if (keys->max.set && keys->max_scope < scope)
		scope = keys->max_scope;
	return conf_pos(chain->v[scope].node, key);
}

/* A default alone sets all three; bounds alone pull the default between them. */
static struct lifetime build_lifetime(struct build *b, const struct chain *chain, struct lifetime_keys *keys)
{
	long long def = keys->def.v, min, max;
	bool def_bad = keys->def.bad, min_bad = keys->min.bad, max_bad = keys->max.bad;

	if (!keys->def.set) {
		if (keys->min.set && def < keys->min.v)
			def = keys->min.v;
		if (keys->max.set && def > keys->max.v)
			def = keys->max.v;
	}
	min = keys->min.set ? keys->min.v : def;
	max = keys->max.set ? keys->max.v : def;
	if (keys->min.set && keys->max.set && min > max && !min_bad && !max_bad)
		diag_error(b->diag, lifetime_pos(chain, keys, keys->min_name),
			   "%s (%lld) must not be greater than %s (%lld)", keys->min_name, min, keys->max_name, max);
	else if (keys->min.set && def < min && !def_bad && !min_bad)
		diag_error(b->diag, lifetime_pos(chain, keys, keys->name), "%s (%lld) must not be less than %s (%lld)",
			   keys->name, def, keys->min_name, min);
	else if (keys->max.set && def > max && !def_bad && !max_bad)
		diag_error(b->diag, lifetime_pos(chain, keys, keys->name),
			   "%s (%lld) must not be greater than %s (%lld)", keys->name, def, keys->max_name, max);
	return (struct lifetime){ (uint32_t)def, (uint32_t)min, (uint32_t)max };
}

/* The innermost value that is set, marked if it is not the one that counts. */
#define OPT_OF(chain, field)                                                           \
	({                                                                             \
		struct opt_int opt_of = (chain)->v[SCOPE_OF(chain, field)].net->field; \
		opt_of.bad = IS_BAD(chain, field);                                     \
		opt_of;                                                                \
	})

#define LIFETIME_KEYS(chain, kind)                                   \
	((struct lifetime_keys){                                     \
		.name = #kind "-lifetime",                           \
		.min_name = "min-" #kind "-lifetime",                \
		.max_name = "max-" #kind "-lifetime",                \
		.def = OPT_OF(chain, kind##_lifetime),               \
		.min = OPT_OF(chain, min_##kind##_lifetime),         \
		.max = OPT_OF(chain, max_##kind##_lifetime),         \
		.def_scope = SCOPE_OF(chain, kind##_lifetime),       \
		.min_scope = SCOPE_OF(chain, min_##kind##_lifetime), \
		.max_scope = SCOPE_OF(chain, max_##kind##_lifetime), \
	})

static void build_lifetimes(struct build *b, const struct chain *chain, struct net_params *par)
{
	struct lifetime_keys valid = LIFETIME_KEYS(chain, valid);

	par->valid = build_lifetime(b, chain, &valid);
	if (valid.def.bad)
		return;
	if (par->valid.def == 0)
		diag_error(b->diag, lifetime_pos(chain, &valid, "valid-lifetime"), "valid-lifetime must not be 0");
	else if (par->valid.min == 0) {
		diag_warn(b->diag, lifetime_pos(chain, &valid, "min-valid-lifetime"),
			  "min-valid-lifetime must not be 0; it is read as 1");
		par->valid.min = 1;
	}
}

/* RFC 9915 21.6: preferred is never longer than valid. */
static void build_preferred(struct build *b, const struct chain *chain, struct net_params *par)
{
	struct lifetime_keys preferred = LIFETIME_KEYS(chain, preferred);

	/* A default that nobody gave follows the valid lifetime that somebody did. */
	if (!preferred.def.set && preferred.def.v > par->valid.def)
		preferred.def.v = par->valid.def;
	par->preferred = build_lifetime(b, chain, &preferred);
	if (par->preferred.def > par->valid.def && !preferred.def.bad && !IS_BAD(chain, valid_lifetime))
		diag_warn(b->diag, lifetime_pos(chain, &preferred, "preferred-lifetime"),
			  "preferred-lifetime (%u) must not be greater than valid-lifetime (%u); it is read as %u",
			  par->preferred.def, par->valid.def, par->valid.def);
}

static void build_timers(struct build *b, const struct chain *chain, struct net_params *par)
{
	uint32_t valid = par->valid.def;

	par->t1 = (uint32_t)VALUE(chain, renew_timer);
	par->t2 = (uint32_t)VALUE(chain, rebind_timer);
	par->t1_set = IS_SET(chain, renew_timer);
	par->t2_set = IS_SET(chain, rebind_timer);
	par->calculate_tee = VALUE(chain, calculate_tee_times);
	par->t1_percent = VALUE(chain, t1_percent);
	par->t2_percent = VALUE(chain, t2_percent);
	if (par->calculate_tee && par->t1_percent >= par->t2_percent && !IS_BAD(chain, t1_percent) &&
	    !IS_BAD(chain, t2_percent))
		diag_error(b->diag, IS_SET(chain, t1_percent) ? POS_OF(chain, t1_percent) : POS_OF(chain, t2_percent),
			   "t1-percent (%g) must be less than t2-percent (%g)", par->t1_percent, par->t2_percent);
	if (par->t1_set && par->t2_set && par->t1 >= par->t2 && !IS_BAD(chain, renew_timer) &&
	    !IS_BAD(chain, rebind_timer))
		diag_warn(b->diag, POS_OF(chain, renew_timer),
			  "renew-timer (%u) must be less than rebind-timer (%u); clients will not be sent T1", par->t1,
			  par->t2);
	if (IS_BAD(chain, valid_lifetime))
		return;
	if (par->t2_set && par->t2 >= valid && !IS_BAD(chain, rebind_timer))
		diag_warn(b->diag, POS_OF(chain, rebind_timer),
			  "rebind-timer (%u) must be less than valid-lifetime (%u); clients will not be sent T2",
			  par->t2, valid);
	else if (par->t1_set && par->t1 >= valid && !IS_BAD(chain, renew_timer))
		diag_warn(b->diag, POS_OF(chain, renew_timer),
			  "renew-timer (%u) must be less than valid-lifetime (%u); clients will not be sent T1",
			  par->t1, valid);
}

/* --- the rest -------------------------------------------------------------- */

static enum allocator build_allocator(struct build *b, const struct conf_node *node, const char *key, int64_t word)
{
	if (word <= ALLOC_FLQ)
		return (enum allocator)word;
	diag_error(b->diag, conf_pos(node, key), "\"%s\": \"shared-flq\" needs an SQL lease database", key);
	diag_help(b->diag, "use \"flq\" with memfile");
	return ALLOC_ITERATIVE;
}

/* The innermost text that is not empty: "" means that a scope says nothing, as in Kea. */
#define FIRST_TEXT(chain, field)                                                                    \
	({                                                                                          \
		unsigned text_i = 0;                                                                \
		while (text_i + 1 < (chain)->n &&                                                   \
		       (!(chain)->v[text_i].net->field.set || !(chain)->v[text_i].net->field.v[0])) \
			text_i++;                                                                   \
		text_i;                                                                             \
	})

static void build_boot(struct build *b, const struct chain *chain, struct net_params *par)
{
	unsigned server = FIRST_TEXT(chain, next_server);
	unsigned name = FIRST_TEXT(chain, server_hostname), file = FIRST_TEXT(chain, boot_file_name);

	par->next_server = parse_v4(b, chain->v[server].node, "next-server", chain->v[server].net->next_server.v);
	par->server_hostname = chain->v[name].net->server_hostname.v;
	par->boot_file_name = chain->v[file].net->boot_file_name.v;
	if (!par->server_hostname)
		par->server_hostname = "";
	if (!par->boot_file_name)
		par->boot_file_name = "";
	check_length(b, chain->v[name].node, "server-hostname", par->server_hostname, 63);
	check_length(b, chain->v[file].node, "boot-file-name", par->boot_file_name, 127);
}

void build_params(struct build *b, const struct shared_network_conf *net, const struct subnet_conf *sub,
		  struct net_params *par)
{
	struct chain chain = { .n = 0 };

	if (sub) {
		chain.v[chain.n].node = &sub->node;
		chain.v[chain.n++].net = &sub->net;
	}
	if (net) {
		chain.v[chain.n].node = &net->node;
		chain.v[chain.n++].net = &net->net;
	}
	chain.v[chain.n].node = &b->root->node;
	chain.v[chain.n++].net = &b->root->net;
	build_lifetimes(b, &chain, par);
	if (b->cfg->family == KEY_6)
		build_preferred(b, &chain, par);
	build_timers(b, &chain, par);
	par->cache_threshold = VALUE(&chain, cache_threshold);
	par->cache_max_age = (uint32_t)VALUE(&chain, cache_max_age);
	par->adaptive_threshold =
		IS_SET(&chain, adaptive_lease_time_threshold) ? VALUE(&chain, adaptive_lease_time_threshold) : 0;
	par->offer_lifetime = (uint32_t)VALUE(&chain, offer_lifetime);
	par->allocator = build_allocator(b, NODE_OF(&chain, allocator), "allocator", VALUE(&chain, allocator));
	par->pd_allocator =
		build_allocator(b, NODE_OF(&chain, pd_allocator), "pd-allocator", VALUE(&chain, pd_allocator));
	par->authoritative = VALUE(&chain, authoritative);
	par->match_client_id = VALUE(&chain, match_client_id);
	par->store_extended_info = VALUE(&chain, store_extended_info);
	par->addresses_per_ia = (unsigned)VALUE(&chain, max_addresses_per_ia);
	par->prefixes_per_ia = (unsigned)VALUE(&chain, max_prefixes_per_ia);
	build_boot(b, &chain, par);
}

/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Warnings about settings that are allowed but probably a mistake. A warning applies to every client it mentions, and
 * one that many subnets share is reported once.
 */
#include "base/str.h"
#include "root/config_build.h"
#include "wire/dict4.h"

/* --- routers --------------------------------------------------------------- */

/* Returns the routers sent to a subnet's clients; pool may be NULL. */
static const struct optval *routers_of(const struct build *b, const struct subnet *sub, const struct pool *pool)
{
	const struct optlist *room[OPT_SCOPES_FEW];
	struct opt_scopes scopes = { .v = room, .max = OPT_SCOPES_FEW };

	if (pool)
		opt_scopes_add(&scopes, &pool->opts);
	opt_scopes_add(&scopes, &sub->opts);
	if (sub->net)
		opt_scopes_add(&scopes, &sub->net->opts);
	opt_scopes_add(&scopes, &b->cfg->opts);
	return opt_scopes_find(&scopes, 0, OPT4_ROUTERS);
}

static bool is_routers(const struct option_data_conf *conf)
{
	return (!CONF_SET(conf, space) || !strcmp(conf->space, "dhcp4")) &&
	       (CONF_SET(conf, name) ? !strcmp(conf->name, "routers") : conf->code == OPT4_ROUTERS);
}

static struct pos routers_pos(const struct conf_list *list)
{
	const struct option_data_conf *confs = list->v;
	struct pos pos = POS_NONE;
	unsigned i;

	for (i = 0; i < list->n; i++)
		if (is_routers(&confs[i]))
			pos = conf_pos(&confs[i].node, CONF_SET(&confs[i], data_hex) ? "data-hex" : "data");
	return pos;
}

/* In a /32 subnet every router is off-link, and clients know that. */
static bool is_on_link(const struct subnet *sub, const struct ip *router)
{
	return sub->prefix.len == 32 || link_contains(sub, router);
}

static void warn_of_router(struct build *b, const struct conf_list *list, const struct ip *router,
			   const struct subnet *sub, size_t n)
{
	char text[IP_TEXT_MAX], prefix[PREFIX_TEXT_MAX], more[COUNT_TEXT_MAX] = "";

	if (sub->net && sub->net->n > 1)
		(void)snprintf(more, sizeof(more), " or its shared network");
	else if (n > 1)
		(void)str_count(more, n - 1, "other subnet that uses it");
	diag_warn(b->diag, routers_pos(list), "router %s is not in subnet %s%s%s", ip_format(router, text),
		  prefix_format(&sub->prefix, prefix), more[0] && more[0] != ' ' ? ", nor in " : "", more);
	diag_help(b->diag, "clients reach a router only on their own link");
}

/* Checks the routers of one list, which applies to those of n subnets (or to one pool) without a list of their own. */
static void lint_routers(struct build *b, const struct conf_list *list, const struct optlist *opts,
			 const struct subnet *subs, size_t n, const struct pool *pool)
{
	const struct optval *val = optlist_find(opts, OPT4_ROUTERS);
	struct reader r = reader_of(val ? val->data : bytes_of(NULL, 0));
	size_t i;

	while (reader_left(&r) >= 4) {
		struct ip router = ip_from4(read_u32(&r));
		const struct subnet *first = NULL;
		size_t n_outside = 0;

		for (i = 0; i < n; i++) {
			if (routers_of(b, &subs[i], pool) != val || is_on_link(&subs[i], &router))
				continue;
			if (!n_outside++)
				first = &subs[i];
		}
		if (first)
			warn_of_router(b, list, &router, first, n_outside);
	}
}

static void lint_pool_routers(struct build *b, const struct subnet_pair *pair)
{
	const struct pool_conf *confs = pair->conf->pools.v;
	unsigned i;

	if (pair->sub->n_pools != pair->conf->pools.n)
		return; /* invalid pools were dropped: the indexes do not match */
	for (i = 0; i < pair->sub->n_pools; i++)
		lint_routers(b, &confs[i].option_data, &pair->sub->pools[i].opts, pair->sub, 1, &pair->sub->pools[i]);
}

static void lint_all_routers(struct build *b, const struct subnet_pair *pairs, size_t n)
{
	const struct shared_network_conf *nets = b->root->shared_networks.v;
	const struct plan *plan = &b->cfg->plan;
	size_t i;

	for (i = 0; i < n; i++)
		if (!pairs[i].has_prefix)
			return;
	for (i = 0; i < n; i++) {
		lint_routers(b, &pairs[i].conf->link.option_data, &pairs[i].sub->opts, pairs[i].sub, 1, NULL);
		lint_pool_routers(b, &pairs[i]);
	}
	for (i = 0; i < plan->n_nets; i++)
		lint_routers(b, &nets[i].link.option_data, &plan->nets[i].opts, plan->nets[i].subs, plan->nets[i].n,
			     NULL);
	lint_routers(b, &b->root->option_data, &b->cfg->opts, plan->subs, plan->n, NULL);
}

/* --- pools ----------------------------------------------------------------- */

static bool has_no_pools(const struct subnet_pair *pair)
{
	return !pair->conf->pools.n && !CONF_BAD(pair->conf, pools) && !pair->conf->pd_pools.n &&
	       !CONF_BAD(pair->conf, pd_pools) && !link_has_pools(pair->sub, false, NULL) &&
	       !link_has_pools(pair->sub, true, NULL);
}

/*
 * Warns about subnets without pools, unless others on the link have some. Skipped after errors, since a missing pool
 * may be an invalid one.
 */
static void lint_pools(struct build *b, const struct subnet_pair *pairs, size_t n)
{
	const struct subnet_pair *first = NULL;
	char more[COUNT_TEXT_MAX];
	size_t i, n_empty = 0;

	for (i = 0; i < n && !diag_errors(b->diag); i++)
		if (has_no_pools(&pairs[i]) && !n_empty++)
			first = &pairs[i];
	if (!first)
		return;
	diag_warn(b->diag, conf_pos(&first->conf->node, NULL),
		  "subnet %u has no pools: its clients get no addresses%s%s", first->sub->id,
		  n_empty > 1 ? "; nor do those of " : "",
		  n_empty > 1 ? str_count(more, n_empty - 1, "other subnet") : "");
}

static bool any_denies(const struct pool *pools, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (pools[i].known.n)
			return true;
	return false;
}

/* True if it has pools that are only for clients with a reservation, and no client on its link can have one. */
static bool denies_all(const struct config *cfg, const struct subnet *sub)
{
	bool has_hosts = cfg->has_global_hosts && sub->par.reservations_global;
	unsigned i;

	for (i = 0; i < link_size(sub); i++)
		has_hosts |= link_subnet(sub, i)->has_hosts;
	return !has_hosts && (any_denies(sub->pools, sub->n_pools) || any_denies(sub->pd_pools, sub->n_pd_pools));
}

/* Warns about "deny-unknown" without reservations. Skipped after errors, which a reservation may have. */
static void lint_unknown(struct build *b, const struct subnet_pair *pairs, size_t n)
{
	const struct subnet_pair *first = NULL;
	char more[COUNT_TEXT_MAX];
	size_t i, n_empty = 0;

	for (i = 0; i < n && !diag_errors(b->diag); i++)
		if (denies_all(b->cfg, pairs[i].sub) && !n_empty++)
			first = &pairs[i];
	if (!first)
		return;
	diag_warn(b->diag, conf_pos(&first->conf->node, NULL),
		  "\"deny-unknown\" is set in subnet %u, but no reservation applies there: no client gets a lease from "
		  "those pools%s%s",
		  first->sub->id, n_empty > 1 ? "; nor in " : "",
		  n_empty > 1 ? str_count(more, n_empty - 1, "other subnet") : "");
}

void lint_plan(struct build *b, const struct subnet_pair *pairs, size_t n)
{
	if (b->cfg->family == KEY_4)
		lint_all_routers(b, pairs, n);
	lint_pools(b, pairs, n);
	lint_unknown(b, pairs, n);
}

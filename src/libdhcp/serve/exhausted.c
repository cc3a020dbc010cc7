/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/exhausted.h"

#include "log/log.h"
#include "serve/family.h"
#include "serve/server.h"

/* Addresses and prefixes of a subnet or network are logged on their own. */
static uint64_t fold_key(uint32_t subnet_id, bool prefixes)
{
	return (uint64_t)prefixes << 32 | subnet_id;
}

void report_exhausted(struct request *req, bool prefixes)
{
	const struct subnet *sub = req->chosen;
	const char *what = prefixes ? "prefix" : "address";
	struct stats *stats = req->worker->stats;
	struct server *srv = req->worker->srv;
	unsigned fam = req->fam->idx;
	char prefix[PREFIX_TEXT_MAX];

	stat_add(stats, STAT_ALLOC_FAIL, 1);
	(void)prefix_format(&sub->prefix, prefix);
	if (!link_has_pools(sub, prefixes)) {
		stat_add(stats, STAT_ALLOC_FAIL_NO_POOLS, 1);
		LOGF(fam, ALLOC_ENGINE_Vx_ALLOC_FAIL_NO_POOLS, request_label(req), what, prefix, sub->id);
		return;
	}
	server_want_reclaim(srv);
	if (sub->net) {
		stat_add(stats, STAT_ALLOC_FAIL_SHARED_NETWORK, 1);
		LOGF_FOLDED(fam, srv->fold, fold_key(sub->net->subs[0].id, prefixes),
			    ALLOC_ENGINE_Vx_ALLOC_FAIL_SHARED_NETWORK, request_label(req), what, sub->net->name,
			    sub->net->n);
	} else {
		stat_add(stats, STAT_ALLOC_FAIL_SUBNET, 1);
		LOGF_FOLDED(fam, srv->fold, fold_key(sub->id, prefixes), ALLOC_ENGINE_Vx_ALLOC_FAIL_SUBNET,
			    request_label(req), what, prefix, sub->id);
	}
}

void report_max_leases(struct request *req)
{
	struct stats *stats = req->worker->stats;

	stat_add(stats, STAT_ALLOC_FAIL, 1);
	stat_add(stats, STAT_ALLOC_FAIL_MAX_LEASES, 1);
	LOGF_FOLDED(req->fam->idx, req->worker->srv->fold, req->turn.client.a, ALLOC_ENGINE_Vx_ALLOC_FAIL_MAX_LEASES,
		    request_label(req), req->cfg->max_leases);
}

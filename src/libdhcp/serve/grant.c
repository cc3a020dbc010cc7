/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/grant.h"

#include "base/clock.h"
#include "serve/budget.h"
#include "serve/server.h"

bool lease_is_over(const struct lease *lease)
{
	return !lease_is_in_use(lease) || lease_is_expired(lease, clock_boot_sec());
}

uint32_t lifetime_granted(const struct lifetime *lifetime, uint32_t asked)
{
	if (!asked)
		return lifetime->def;
	if (asked < lifetime->min)
		return lifetime->min;
	return asked > lifetime->max ? lifetime->max : asked;
}

bool pool_is_scarce(struct request *req, const struct pool *pool)
{
	double threshold = pool ? pool->sub->par.adaptive_threshold : 0;

	if (threshold <= 0 || !pool->size)
		return false;
	return (double)(pool->size - server_n_free(req, pool)) > threshold * (double)pool->size;
}

bool lease_may_be_reused(const struct net_params *par, const struct lease *old, const struct lease *fresh)
{
	uint32_t left = lease_left(old), age = old->valid - left;

	if (old->state != LEASE_DEFAULT || !left || old->expires == INT64_MAX || old->subnet_id != fresh->subnet_id ||
	    old->iaid != fresh->iaid || old->prefix_len != fresh->prefix_len ||
	    !bytes_equal(old->hwaddr, fresh->hwaddr) || !bytes_equal(old->client_id, fresh->client_id) ||
	    old->valid != fresh->valid || old->preferred != fresh->preferred ||
	    strcmp(old->hostname, fresh->hostname) != 0)
		return false;
	if (par->cache_max_age && age > par->cache_max_age)
		return false;
	return par->cache_threshold > 0 && (double)age <= par->cache_threshold * old->valid;
}

bool client_may_have_more(const struct request *req)
{
	uint32_t max = req->cfg->max_leases;

	return !max || (uint64_t)req->n_leases + req->n_new < max;
}

void timers_of(const struct net_params *par, uint32_t lifetime, uint32_t *ret_t1, uint32_t *ret_t2)
{
	uint32_t t1 = 0, t2 = 0;

	if (par->t2_set)
		t2 = par->t2;
	else if (par->calculate_tee && lifetime != UINT32_MAX)
		t2 = (uint32_t)(par->t2_percent * lifetime + 0.5);
	if (t2 >= lifetime)
		t2 = 0;
	if (par->t1_set)
		t1 = par->t1;
	else if (par->calculate_tee && lifetime != UINT32_MAX)
		t1 = (uint32_t)(par->t1_percent * lifetime + 0.5);
	if (t1 >= (t2 ? t2 : lifetime))
		t1 = 0;
	*ret_t1 = t1;
	*ret_t2 = t2;
}

struct store_change *change_put(struct request *req, const struct lease *lease, const struct lease *old)
{
	struct store_change *change = &req->changes[req->n_changes++];

	*change = (struct store_change){
		.kind = old ? CHANGE_UPDATE : CHANGE_INSERT,
		.new = *lease,
		.addr = lease->addr,
		.expected_version = old ? old->version : 0,
	};
	return change;
}

void change_delete(struct request *req, const struct lease *old)
{
	req->changes[req->n_changes++] = (struct store_change){
		.kind = CHANGE_DELETE,
		.new = *old,
		.addr = old->addr,
		.expected_version = old->version,
	};
}

void change_release(struct request *req, const struct lease *old)
{
	struct lease over = *old;

	if (!req->cfg->expiry.hold_reclaimed_sec || !req->cfg->expiry.flush_wait_sec) {
		change_delete(req, old);
		return;
	}
	lease_end(&over, LEASE_RELEASED);
	(void)change_put(req, &over, old);
}

bool change_decline(struct request *req, const struct lease *old)
{
	struct lease declined = {
		.addr = old->addr,
		.prefix_len = old->prefix_len,
		.type = old->type,
		.state = LEASE_DECLINED,
		.subnet_id = old->subnet_id,
		.pool_id = old->pool_id,
		.hostname = "",
	};

	/* Without a probation it is free again at once. */
	if (!req->cfg->decline_probation) {
		change_delete(req, old);
		return true;
	}
	if (!budget_take(req->worker->srv->declines, &req->turn.client)) {
		stat_add(req->worker->stats, STAT_LIMIT_EXCEEDED, 1);
		change_delete(req, old);
		return false;
	}
	lease_start(&declined, req->cfg->decline_probation);
	(void)change_put(req, &declined, old);
	return true;
}

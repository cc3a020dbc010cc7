/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/reclaim.h"

#include "base/clock.h"
#include "lease/store.h"
#include "log/log.h"

#include <pthread.h>

/* One lease under way: a transaction of its own, so one conflict spoils nothing else. */
struct job {
	struct reclaim *reclaim;
	struct store_txn txn;
	struct store_change change;
	enum lease_state was;
};

struct reclaim {
	struct store *store;
	unsigned family;
	struct stats *stats;
	struct arena *arena; /* of the slice under way */
	struct job *jobs;
	unsigned behind;      /* slices in a row that did not reach the end */
	pthread_mutex_t lock; /* guards n_open, n_done */
	pthread_cond_t idle;
	unsigned n_open;
};

struct reclaim *reclaim_new(struct store *store, unsigned family, struct stats *stats)
{
	struct reclaim *reclaim = xcalloc(1, sizeof(*reclaim));

	reclaim->store = store;
	reclaim->family = family;
	reclaim->stats = stats;
	reclaim->arena = arena_new(0);
	reclaim->jobs = xcalloc(RECLAIM_SLICE_MAX, sizeof(*reclaim->jobs));
	(void)pthread_mutex_init(&reclaim->lock, NULL);
	(void)pthread_cond_init(&reclaim->idle, NULL);
	return reclaim;
}

void reclaim_free_wait(struct reclaim *reclaim)
{
	if (!reclaim)
		return;
	(void)pthread_mutex_lock(&reclaim->lock);
	while (reclaim->n_open)
		(void)pthread_cond_wait(&reclaim->idle, &reclaim->lock);
	(void)pthread_mutex_unlock(&reclaim->lock);
	(void)pthread_mutex_destroy(&reclaim->lock);
	(void)pthread_cond_destroy(&reclaim->idle);
	arena_free(reclaim->arena);
	free(reclaim->jobs);
	free(reclaim);
}

static void job_done(struct store_txn *txn, uint64_t ticket)
{
	struct job *job = txn->owner;
	struct reclaim *reclaim = job->reclaim;

	(void)ticket;
	(void)pthread_mutex_lock(&reclaim->lock);
	if (--reclaim->n_open == 0)
		(void)pthread_cond_signal(&reclaim->idle);
	(void)pthread_mutex_unlock(&reclaim->lock);
}

static bool is_busy(struct reclaim *reclaim)
{
	bool busy;

	(void)pthread_mutex_lock(&reclaim->lock);
	busy = reclaim->n_open != 0;
	(void)pthread_mutex_unlock(&reclaim->lock);
	return busy;
}

static bool start(struct reclaim *reclaim, struct job *job)
{
	(void)pthread_mutex_lock(&reclaim->lock);
	reclaim->n_open++;
	(void)pthread_mutex_unlock(&reclaim->lock);
	job->reclaim = reclaim;
	job->txn = (struct store_txn){ .v = &job->change, .n = 1, .done = job_done, .owner = job };
	if (store_apply(reclaim->store, &job->txn) >= 0)
		return true;
	job_done(&job->txn, 0);
	return false;
}

static void delete_lease(struct store_change *change, const struct lease *lease)
{
	*change = (struct store_change){
		.kind = CHANGE_DELETE,
		.new = *lease,
		.addr = lease->addr,
		.expected_version = lease->version,
	};
}

/* The change that reclaims the lease: kept in state reclaimed, or removed at once. */
static void reclaim_lease(struct store_change *change, const struct lease *lease, const struct expiry_conf *conf)
{
	/* A declined lease belongs to nobody: there is no client to hold it for. */
	if (!conf->hold_reclaimed_sec || lease->state == LEASE_DECLINED) {
		delete_lease(change, lease);
		return;
	}
	*change = (struct store_change){
		.kind = CHANGE_UPDATE,
		.new = *lease,
		.addr = lease->addr,
		.expected_version = lease->version,
	};
	change->new.state = LEASE_RECLAIMED;
}

unsigned reclaim_slice(struct reclaim *reclaim, const struct expiry_conf *conf)
{
	int64_t now = clock_boot_sec(), start_ms = clock_boot_ms();
	unsigned max = conf->max_leases && conf->max_leases < RECLAIM_SLICE_MAX ? conf->max_leases : RECLAIM_SLICE_MAX;
	struct lease *leases;
	unsigned n, i, n_started = 0;

	if (is_busy(reclaim))
		return 0;
	arena_reset(reclaim->arena);
	leases = arena_new_array(reclaim->arena, struct lease, max);
	n = store_expired(reclaim->store, now, reclaim->arena, leases, max);
	for (i = 0; i < n; i++) {
		struct job *job = &reclaim->jobs[i];

		if (conf->max_ms && clock_boot_ms() - start_ms > conf->max_ms)
			break;
		reclaim_lease(&job->change, &leases[i], conf);
		if (!start(reclaim, job))
			break;
		n_started++;
		stat_add(reclaim->stats, STAT_RECLAIMED, 1);
		if (leases[i].state == LEASE_DECLINED) {
			char text[IP_TEXT_MAX];

			stat_add(reclaim->stats, STAT_RECLAIMED_DECLINED, 1);
			LOGF(reclaim->family, ALLOC_ENGINE_Vx_DECLINED_RECOVERED, ip_format(&leases[i].addr, text));
		}
	}
	if (n)
		LOGF(reclaim->family, ALLOC_ENGINE_Vx_LEASES_RECLAMATION_COMPLETE, n_started,
		     (long long)(clock_boot_ms() - start_ms));
	reclaim->behind = n_started == max || n_started < n ? reclaim->behind + 1 : 0;
	if (conf->unwarned_cycles && reclaim->behind > conf->unwarned_cycles) {
		LOGF(reclaim->family, ALLOC_ENGINE_Vx_LEASES_RECLAMATION_SLOW, reclaim->behind);
		reclaim->behind = 0;
	}
	return n_started;
}

unsigned reclaim_flush(struct reclaim *reclaim, const struct expiry_conf *conf)
{
	int64_t limit = clock_boot_sec() - conf->hold_reclaimed_sec;
	struct lease *leases;
	unsigned n, i, n_started = 0;

	if (is_busy(reclaim))
		return 0;
	arena_reset(reclaim->arena);
	leases = arena_new_array(reclaim->arena, struct lease, RECLAIM_SLICE_MAX);
	n = store_retired(reclaim->store, limit, reclaim->arena, leases, RECLAIM_SLICE_MAX);
	for (i = 0; i < n; i++) {
		delete_lease(&reclaim->jobs[i].change, &leases[i]);
		if (!start(reclaim, &reclaim->jobs[i]))
			break;
		n_started++;
	}
	return n_started;
}

/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/reclaim.h"

#include "base/clock.h"
#include "base/vec.h"
#include "lease/store.h"
#include "log/log.h"

#include <pthread.h>

#define SLICE_MAX 4096 /* where the configuration sets no limit */

/* One lease under way: a transaction of its own, so one conflict spoils nothing else. */
struct job {
	struct reclaim *reclaim;
	struct store_txn txn;
	struct store_change change;
	enum lease_state was;
};

struct held {
	struct ip addr;
	int64_t since; /* boot seconds at which it was reclaimed */
};

struct reclaim {
	struct store *store;
	unsigned family;
	struct stats *stats;
	struct arena *arena; /* of the slice under way */
	struct job *jobs;
	unsigned behind;     /* slices in a row that did not reach the end */
	/* Leases in state reclaimed, oldest first: a ring in a growing array. */
	VEC(struct held) held;
	size_t held_first;
	pthread_mutex_t lock; /* guards n_open, n_done */
	pthread_cond_t idle;
	unsigned n_open;
};

static bool remember(void *ctx, const struct lease *lease)
{
	struct reclaim *reclaim = ctx;

	if (!lease_is_in_use(lease))
		*vec_push(&reclaim->held) = (struct held){ lease->addr, clock_boot_sec() };
	return true;
}

struct reclaim *reclaim_new(struct store *store, unsigned family, struct stats *stats)
{
	struct reclaim *reclaim = xcalloc(1, sizeof(*reclaim));

	reclaim->store = store;
	reclaim->family = family;
	reclaim->stats = stats;
	reclaim->arena = arena_new(0);
	reclaim->jobs = xcalloc(SLICE_MAX, sizeof(*reclaim->jobs));
	(void)pthread_mutex_init(&reclaim->lock, NULL);
	(void)pthread_cond_init(&reclaim->idle, NULL);
	(void)store_each(store, remember, reclaim);
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
	vec_free(&reclaim->held);
	arena_free(reclaim->arena);
	free(reclaim->jobs);
	free(reclaim);
}

static void job_done(struct store_txn *txn)
{
	struct job *job = txn->owner;
	struct reclaim *reclaim = job->reclaim;

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
	job_done(&job->txn);
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
static void reclaim_lease(struct store_change *change, const struct lease *lease,
			  const struct expiry_conf *conf)
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
	unsigned max = conf->max_leases && conf->max_leases < SLICE_MAX ? conf->max_leases : SLICE_MAX;
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
			LOGF(reclaim->family, ALLOC_ENGINE_Vx_DECLINED_RECOVERED,
			     ip_format(&leases[i].addr, text));
		} else if (conf->hold_reclaimed_sec) {
			*vec_push(&reclaim->held) = (struct held){ leases[i].addr, now };
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

/* The oldest held lease whose time is over, taken off the ring. */
static bool next_held(struct reclaim *reclaim, int64_t limit, struct held *ret)
{
	if (reclaim->held_first == reclaim->held.n) {
		reclaim->held.n = reclaim->held_first = 0;
		return false;
	}
	*ret = reclaim->held.v[reclaim->held_first];
	if (ret->since > limit)
		return false;
	reclaim->held_first++;
	if (reclaim->held_first > 1024 && reclaim->held_first * 2 > reclaim->held.n) {
		reclaim->held.n -= reclaim->held_first;
		memmove(reclaim->held.v, reclaim->held.v + reclaim->held_first,
			reclaim->held.n * sizeof(*reclaim->held.v));
		reclaim->held_first = 0;
	}
	return true;
}

unsigned reclaim_flush(struct reclaim *reclaim, const struct expiry_conf *conf)
{
	int64_t limit = clock_boot_sec() - conf->hold_reclaimed_sec;
	struct held held;
	unsigned n = 0;

	if (is_busy(reclaim))
		return 0;
	arena_reset(reclaim->arena);
	while (n < SLICE_MAX && next_held(reclaim, limit, &held)) {
		struct lease_query query = { .by = BY_ADDR, .addr = held.addr, .type = LEASE_V4 };
		struct lease lease;

		if (store_find(reclaim->store, &query, reclaim->arena, &lease, 1) != 1 ||
		    lease_is_in_use(&lease))
			continue;
		delete_lease(&reclaim->jobs[n].change, &lease);
		if (!start(reclaim, &reclaim->jobs[n]))
			break;
		n++;
	}
	return n;
}

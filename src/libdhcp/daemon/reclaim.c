/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/reclaim.h"

#include "base/clock.h"
#include "base/err.h"
#include "lease/store.h"
#include "log/log.h"
#include "serve/feed.h"
#include "serve/lease_dns.h"
#include "serve/slots.h"

#include <pthread.h>

/* One pending lease: each has its own transaction, so a conflict affects no other lease. */
struct job {
	struct reclaim *reclaim;
	struct store_txn txn;
	struct store_change change;
	const struct lease *lease; /* before the change */
	bool has_dns;              /* records that must be removed */
	struct lease_dns dns;
};

struct reclaim {
	unsigned family;
	struct arena *arena; /* for the pending slice */
	struct job *jobs;
	unsigned behind;        /* consecutive slices that left leases over */
	struct store_find find; /* the search for the leases of a slice */
	struct lease_query query;
	const struct store *store;                  /* where they are searched for */
	struct expired_leases_processing_conf conf; /* in effect when the search began */
	struct feed *feed;                          /* NULL: none */
	struct ncr_sender *sender;                  /* see reclaim_use_dns() */
	const struct config *dns_cfg;
	bool found_none; /* the last search for expired leases */
	void (*found)(void *ctx);
	void *found_ctx;
	pthread_mutex_t lock; /* guards n_open, n_failed, is_found */
	pthread_cond_t idle;
	unsigned n_open;   /* changes, and the search */
	bool is_found;     /* the store responded late; reclaim_resume() continues */
	unsigned n_failed; /* in the pending slice */
	bool is_failing;   /* the last slice could not be stored, which was logged */
	bool is_flush;     /* the pending slice removes leases reclaimed earlier */
};

struct reclaim *reclaim_new(unsigned family, void (*found)(void *ctx), void *ctx)
{
	struct reclaim *reclaim = xcalloc(1, sizeof(*reclaim));

	reclaim->family = family;
	reclaim->found = found;
	reclaim->found_ctx = ctx;
	reclaim->arena = arena_new(0);
	reclaim->jobs = xcalloc(RECLAIM_SLICE_MAX, sizeof(*reclaim->jobs));
	(void)pthread_mutex_init(&reclaim->lock, NULL);
	(void)pthread_cond_init(&reclaim->idle, NULL);
	return reclaim;
}

bool reclaim_is_idle(struct reclaim *reclaim)
{
	bool is_idle;

	(void)pthread_mutex_lock(&reclaim->lock);
	is_idle = !reclaim->n_open && !reclaim->is_found;
	(void)pthread_mutex_unlock(&reclaim->lock);
	return is_idle;
}

bool reclaim_found_none(const struct reclaim *reclaim)
{
	return reclaim->found_none;
}

bool reclaim_is_failing(struct reclaim *reclaim)
{
	bool is_failing;

	(void)pthread_mutex_lock(&reclaim->lock);
	is_failing = reclaim->n_failed || reclaim->is_failing;
	(void)pthread_mutex_unlock(&reclaim->lock);
	return is_failing;
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

static void report(const struct reclaim *reclaim, const struct lease *lease)
{
	char addr[PREFIX_TEXT_MAX], id[3 * LEASE_ID_MAX + 1];
	struct bytes who = lease->client_id.len ? lease->client_id : lease->hwaddr;

	if (log_is_on(&log_msg_ALLOC_ENGINE_Vx_LEASE_RECLAIM[reclaim->family])) {
		(void)bytes_to_hex(who, ':', id, sizeof(id));
		LOGF(reclaim->family, ALLOC_ENGINE_Vx_LEASE_RECLAIM, id, lease_address_text(lease, addr));
	}
	if (lease->state == LEASE_DECLINED)
		LOGF(reclaim->family, ALLOC_ENGINE_Vx_DECLINED_RECOVERED, ip_format(&lease->addr, addr),
		     lease->subnet_id);
}

/* Called from any thread. If a client got the address meanwhile, its request has reclaimed the lease. */
static void job_done(struct store_txn *txn, uint64_t ticket)
{
	struct job *job = txn->owner;
	struct reclaim *reclaim = job->reclaim;
	bool is_reclaimed = txn->result == CHANGE_OK && !reclaim->is_flush;

	(void)ticket;
	if (is_reclaimed) {
		report(reclaim, job->lease);
		feed_lease(reclaim->feed, FEED_LEASE_EXPIRED, job->lease, job->change.kind == CHANGE_DELETE);
	}
	if (is_reclaimed && job->has_dns)
		(void)lease_dns_ask(reclaim->sender, reclaim->family, NCR_REMOVE, &job->dns, job->lease);
	(void)pthread_mutex_lock(&reclaim->lock);
	/* A conflict is not a failure: the client has returned meanwhile. */
	reclaim->n_failed += txn->result == CHANGE_FAILED;
	if (--reclaim->n_open == 0)
		(void)pthread_cond_signal(&reclaim->idle);
	(void)pthread_mutex_unlock(&reclaim->lock);
}

void reclaim_use_feed(struct reclaim *reclaim, struct feed *feed)
{
	reclaim->feed = feed;
}

void reclaim_use_dns(struct reclaim *reclaim, struct ncr_sender *sender, const struct config *cfg)
{
	reclaim->sender = sender;
	reclaim->dns_cfg = cfg;
}

/* Returns false while the last slice is pending; otherwise logs its result. */
static bool begin(struct reclaim *reclaim, bool is_flush)
{
	unsigned n_open, n_failed;

	(void)pthread_mutex_lock(&reclaim->lock);
	n_open = reclaim->n_open + reclaim->is_found;
	n_failed = reclaim->n_failed;
	(void)pthread_mutex_unlock(&reclaim->lock);
	if (n_open) {
		LOGF(reclaim->family, DHCPx_RECLAIM_EXPIRED_LEASES_SKIPPED);
		return false;
	}
	if (n_failed && !reclaim->is_failing) {
		if (reclaim->is_flush)
			LOGF(reclaim->family, ALLOC_ENGINE_Vx_RECLAIMED_LEASES_DELETE_FAILED, n_failed);
		else
			LOGF(reclaim->family, ALLOC_ENGINE_Vx_LEASES_RECLAMATION_FAILED, n_failed);
	}
	reclaim->is_failing = n_failed != 0;
	reclaim->n_failed = 0;
	reclaim->is_flush = is_flush;
	arena_reset(reclaim->arena);
	return true;
}

static bool start(struct reclaim *reclaim, struct store *store, struct job *job)
{
	(void)pthread_mutex_lock(&reclaim->lock);
	reclaim->n_open++;
	(void)pthread_mutex_unlock(&reclaim->lock);
	job->reclaim = reclaim;
	job->txn = (struct store_txn){ .v = &job->change, .n = 1, .done = job_done, .owner = job };
	if (store_apply(store, &job->txn) >= 0)
		return true;
	job->txn.result = CHANGE_ABORTED;
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

/*
 * Prepares the change that reclaims the lease: sets state reclaimed, or removes it at once. Returns false if a
 * hook library keeps the lease unchanged.
 */
static bool reclaim_lease(struct store_change *change, const struct lease *lease, const struct hooks *hooks,
			  const struct expired_leases_processing_conf *conf)
{
	/* A declined lease has no client to hold it for. */
	bool removes = !conf->hold_reclaimed_time || lease->state == LEASE_DECLINED;
	struct lease kept = *lease;

	if (!slots_reclaim(hooks, &kept, removes))
		return false;
	if (removes) {
		delete_lease(change, lease);
		change->ended = lease;
		return true;
	}
	kept.state = LEASE_RECLAIMED;
	kept.fqdn_fwd = kept.fqdn_rev = false;
	*change = (struct store_change){
		.kind = CHANGE_UPDATE,
		.new = kept,
		.addr = lease->addr,
		.expected_version = lease->version,
		.ended = lease,
	};
	return true;
}

/* --- searching --- */

/* Called from any thread. Nothing is freed before n_open is 0. */
static void search_done(struct store_find *find, uint64_t ticket)
{
	struct reclaim *reclaim = find->owner;

	(void)ticket;
	(void)pthread_mutex_lock(&reclaim->lock);
	reclaim->is_found = true;
	if (reclaim->found)
		reclaim->found(reclaim->found_ctx);
	if (--reclaim->n_open == 0)
		(void)pthread_cond_signal(&reclaim->idle);
	(void)pthread_mutex_unlock(&reclaim->lock);
}

/* Returns true if the store has responded. */
static bool search(struct reclaim *reclaim, struct store *store, enum store_by by, int64_t ended_by, unsigned max)
{
	int err;

	reclaim->store = store;
	reclaim->query = (struct lease_query){ .by = by, .ended_by = ended_by, .max = max };
	reclaim->find = (struct store_find){
		.v = &reclaim->query, .n = 1, .arena = reclaim->arena, .done = search_done, .owner = reclaim
	};
	(void)pthread_mutex_lock(&reclaim->lock);
	reclaim->n_open++;
	(void)pthread_mutex_unlock(&reclaim->lock);
	err = store_find(store, &reclaim->find);
	if (err == -E_AGAIN)
		return false;
	(void)pthread_mutex_lock(&reclaim->lock);
	reclaim->n_open--;
	(void)pthread_mutex_unlock(&reclaim->lock);
	if (err < 0)
		reclaim->query.n = err;
	return true;
}

static unsigned slice_max(const struct expired_leases_processing_conf *conf)
{
	return conf->max_reclaim_leases && conf->max_reclaim_leases < RECLAIM_SLICE_MAX ? conf->max_reclaim_leases
											: RECLAIM_SLICE_MAX;
}

/* The configuration may be gone when the change is made. */
static void note_dns(struct job *job, const struct config *cfg)
{
	job->has_dns = cfg && cfg->ncr_target.is_enabled;
	if (job->has_dns)
		job->dns = lease_dns_how(cfg, job->lease);
}

static unsigned reclaim_found(struct reclaim *reclaim, struct store *store, const struct hooks *hooks,
			      const struct expired_leases_processing_conf *conf)
{
	int64_t start_ms = clock_boot_ms();
	unsigned max = slice_max(conf), n_asked = reclaim->query.max;
	const struct lease *leases = reclaim->query.out;
	unsigned n, i, n_started = 0, n_done = 0;

	reclaim->found_none = reclaim->query.n == 0;
	/* The store is failing: the next slice will show whether that is over. */
	if (reclaim->query.n < 0) {
		(void)pthread_mutex_lock(&reclaim->lock);
		reclaim->is_failing = true;
		(void)pthread_mutex_unlock(&reclaim->lock);
		return 0;
	}
	n = (unsigned)reclaim->query.n;
	for (i = 0; i < n && n_started < max; i++) {
		struct job *job = &reclaim->jobs[i];

		if (conf->max_reclaim_time && clock_boot_ms() - start_ms > conf->max_reclaim_time) {
			LOGF(reclaim->family, ALLOC_ENGINE_Vx_LEASES_RECLAMATION_TIMEOUT,
			     (long long)(clock_boot_ms() - start_ms));
			break;
		}
		job->lease = &leases[i];
		note_dns(job, reclaim->dns_cfg);
		if (reclaim_lease(&job->change, &leases[i], hooks, conf)) {
			if (!start(reclaim, store, job))
				break;
			n_started++;
		}
		n_done++;
	}
	if (n)
		LOGF(reclaim->family, ALLOC_ENGINE_Vx_LEASES_RECLAMATION_COMPLETE, n_started,
		     (long long)(clock_boot_ms() - start_ms));
	if (n_done == n && n < n_asked)
		LOGF(reclaim->family, ALLOC_ENGINE_Vx_NO_MORE_EXPIRED_LEASES);
	reclaim->behind = n_started == max || n_done < n ? reclaim->behind + 1 : 0;
	if (conf->unwarned_reclaim_cycles && reclaim->behind > conf->unwarned_reclaim_cycles) {
		LOGF(reclaim->family, ALLOC_ENGINE_Vx_LEASES_RECLAMATION_SLOW, reclaim->behind);
		reclaim->behind = 0;
	}
	return n_started;
}

static unsigned flush_found(struct reclaim *reclaim, struct store *store)
{
	const struct lease *leases = reclaim->query.out;
	unsigned n_started = 0;

	for (int i = 0; i < reclaim->query.n; i++) {
		delete_lease(&reclaim->jobs[i].change, &leases[i]);
		if (!start(reclaim, store, &reclaim->jobs[i]))
			break;
		n_started++;
	}
	if (n_started)
		LOGF(reclaim->family, ALLOC_ENGINE_Vx_RECLAIMED_LEASES_DELETE_COMPLETE, n_started);
	return n_started;
}

unsigned reclaim_slice(struct reclaim *reclaim, struct store *store, const struct hooks *hooks,
		       const struct expired_leases_processing_conf *conf)
{
	/* Leases that a library keeps come first every time. They must not hide the others. */
	unsigned n_asked = hooks ? RECLAIM_SLICE_MAX : slice_max(conf);

	if (!begin(reclaim, false))
		return 0;
	reclaim->conf = *conf;
	LOGF(reclaim->family, ALLOC_ENGINE_Vx_LEASES_RECLAMATION_START, conf->max_reclaim_leases,
	     conf->max_reclaim_time);
	if (!search(reclaim, store, BY_EXPIRY, clock_boot_sec(), n_asked))
		return 0;
	return reclaim_found(reclaim, store, hooks, conf);
}

unsigned reclaim_flush(struct reclaim *reclaim, struct store *store, const struct expired_leases_processing_conf *conf)
{
	if (!begin(reclaim, true))
		return 0;
	LOGF(reclaim->family, ALLOC_ENGINE_Vx_RECLAIMED_LEASES_DELETE, conf->hold_reclaimed_time);
	if (!search(reclaim, store, BY_RETIRED, clock_boot_sec() - conf->hold_reclaimed_time, RECLAIM_SLICE_MAX))
		return 0;
	return flush_found(reclaim, store);
}

unsigned reclaim_resume(struct reclaim *reclaim, struct store *store, const struct hooks *hooks, bool *ret_is_flush)
{
	bool is_found;

	(void)pthread_mutex_lock(&reclaim->lock);
	is_found = reclaim->is_found;
	reclaim->is_found = false;
	(void)pthread_mutex_unlock(&reclaim->lock);
	*ret_is_flush = reclaim->is_flush;
	/* A reload may have changed the store meanwhile. */
	if (!is_found || store != reclaim->store)
		return 0;
	return reclaim->is_flush ? flush_found(reclaim, store) : reclaim_found(reclaim, store, hooks, &reclaim->conf);
}

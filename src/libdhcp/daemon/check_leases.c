/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What can be wrong with a stored lease: its subnet does not exist or does not contain its address (after
 * renumbering), or its relay information has an older form.
 */
#include "daemon/check_leases.h"

#include "base/thread.h"
#include "base/vec.h"
#include "log/log.h"

#include <pthread.h>
#include <stdatomic.h>

#define LINES_MAX 100 /* leases logged individually; beyond that only their number is */
#define PART_MIN 4096 /* leases that are worth a thread */

struct check {
	const struct family *fam;
	const struct config *cfg;
	const struct sanity_checks_conf *conf;
	struct arena *arena;
	VEC(struct store_change) changes;
	struct check_sum *sum;
	int err;
};

/* Of all threads. */
struct check_sum {
	atomic_ullong n_failed, n_contexts;
};

/* True if the lease's subnet exists and contains its address. */
static bool is_right(const struct config *cfg, const struct lease *lease)
{
	const struct subnet *sub = subnet_by_id(&cfg->plan, lease->subnet_id);

	/* Delegated prefixes may lie outside the subnet. */
	return sub && (lease->type == LEASE_PD || prefix_contains(&sub->prefix, &lease->addr));
}

static void add_change(struct check *check, const struct lease *lease, enum store_change_kind kind, uint32_t subnet_id,
		       const char *context)
{
	struct store_change *change = vec_push(&check->changes);

	*change = (struct store_change){ .kind = kind, .addr = lease->addr, .expected_version = lease->version };
	if (lease_copy(check->arena, lease, &change->new) < 0) {
		check->changes.n--;
		return;
	}
	change->new.subnet_id = subnet_id;
	change->new.user_context = context;
}

static void check_subnet(struct check *check, const struct lease *lease, uint32_t *subnet_id, bool *remove)
{
	const struct subnet *right = subnet_by_address(&check->cfg->plan, &lease->addr);
	enum lease_checks level = check->conf->lease_checks;
	bool tell = atomic_fetch_add(&check->sum->n_failed, 1) < LINES_MAX;
	char text[IP_TEXT_MAX];

	(void)ip_format(&lease->addr, text);
	if (level == LEASE_CHECK_DEL || (level == LEASE_CHECK_FIX_DEL && !right)) {
		*remove = true;
		if (tell)
			LOG(DHCPSRV_LEASE_SANITY_FAIL_DISCARD, text, lease->subnet_id, right ? right->id : 0);
	} else if (level != LEASE_CHECK_WARN && right) {
		*subnet_id = right->id;
		if (tell)
			LOG(DHCPSRV_LEASE_SANITY_FIXED, text, lease->subnet_id, right->id);
	} else if (tell) {
		LOG(DHCPSRV_LEASE_SANITY_FAIL, text, lease->subnet_id, right ? right->id : 0);
	}
}

static void check_lease(struct check *check, const struct lease *lease)
{
	const char *context = lease->user_context;
	uint32_t subnet_id = lease->subnet_id;
	bool remove = false;
	enum context_verdict verdict = CONTEXT_FINE;

	if (check->conf->lease_checks != LEASE_CHECK_NONE && !is_right(check->cfg, lease))
		check_subnet(check, lease, &subnet_id, &remove);
	if (remove) {
		add_change(check, lease, CHANGE_DELETE, subnet_id, context);
		return;
	}
	if (context)
		verdict = context_check(check->fam->context, check->arena, context, check->conf->extended_info_checks,
					&context);
	if (verdict != CONTEXT_FINE && atomic_fetch_add(&check->sum->n_contexts, 1) < LINES_MAX) {
		char text[IP_TEXT_MAX];

		(void)ip_format(&lease->addr, text);
		if (verdict == CONTEXT_REMOVED)
			LOGF(check->fam->idx, DHCPSRV_LEASEx_EXTENDED_INFO_SANITY_FAIL, text);
		else
			LOGF(check->fam->idx, DHCPSRV_LEASEx_EXTENDED_INFO_UPGRADED, text);
	}
	if (verdict != CONTEXT_FINE || subnet_id != lease->subnet_id)
		add_change(check, lease, CHANGE_UPDATE, subnet_id, context);
}

/* --- making the changes --- */

struct waiting {
	pthread_mutex_t lock; /* guards n_open */
	pthread_cond_t all_done;
	size_t n_open;
};

static void txn_done(struct store_txn *txn, uint64_t ticket)
{
	struct waiting *waiting = txn->owner;

	(void)ticket;
	(void)pthread_mutex_lock(&waiting->lock);
	if (--waiting->n_open == 0)
		(void)pthread_cond_signal(&waiting->all_done);
	(void)pthread_mutex_unlock(&waiting->lock);
}

#define TXNS_MAX 4096 /* maximum number of pending transactions */

static void wait_all(struct waiting *waiting)
{
	(void)pthread_mutex_lock(&waiting->lock);
	while (waiting->n_open)
		(void)pthread_cond_wait(&waiting->all_done, &waiting->lock);
	(void)pthread_mutex_unlock(&waiting->lock);
}

static unsigned apply_wait(struct store *store, struct store_change *changes, size_t n)
{
	struct waiting waiting = { .lock = PTHREAD_MUTEX_INITIALIZER, .all_done = PTHREAD_COND_INITIALIZER };
	struct store_txn *txns = xcalloc(TXNS_MAX, sizeof(*txns));
	unsigned n_made = 0;
	size_t first, i;

	for (first = 0; first < n; first += TXNS_MAX) {
		size_t count = n - first < TXNS_MAX ? n - first : TXNS_MAX;

		waiting.n_open = count;
		for (i = 0; i < count; i++) {
			txns[i] = (struct store_txn){
				.v = &changes[first + i], .n = 1, .done = txn_done, .owner = &waiting
			};
			if (store_apply(store, &txns[i]) < 0) {
				txns[i].result = CHANGE_FAILED;
				txn_done(&txns[i], 0);
			}
		}
		wait_all(&waiting);
		for (i = 0; i < count; i++)
			n_made += txns[i].result == CHANGE_OK;
	}
	free(txns);
	return n_made;
}

struct checks {
	struct store *store;
	unsigned n;
	struct check *v;
};

static void check_part(void *ctx, unsigned part)
{
	const struct checks *checks = ctx;
	struct check *check = &checks->v[part];
	struct store_scan scan = { .arena = arena_new(0), .part = part, .n_parts = checks->n };
	int n;

	while ((n = store_scan(checks->store, &scan)) > 0) {
		for (int i = 0; i < n; i++)
			check_lease(check, &scan.v[i]);
		arena_reset(scan.arena);
	}
	arena_free(scan.arena);
	check->err = n;
}

/* Nothing is changed unless all leases were read. */
static int change_all(struct store *store, const struct checks *checks)
{
	unsigned n_made = 0;

	for (unsigned i = 0; i < checks->n; i++)
		if (checks->v[i].err < 0)
			return checks->v[i].err;
	for (unsigned i = 0; i < checks->n; i++)
		n_made += apply_wait(store, checks->v[i].changes.v, checks->v[i].changes.n);
	return (int)n_made;
}

int check_leases_wait(struct store *store, const struct family *fam, const struct config *cfg)
{
	const struct sanity_checks_conf *conf = cfg->global.sanity_checks;
	struct checks checks = { .store = store, .n = store_parts(store, PART_MIN) };
	struct check_sum sum = { 0 };
	int n_made;

	if (conf->lease_checks == LEASE_CHECK_NONE && conf->extended_info_checks == CONTEXT_CHECK_NONE)
		return 0;
	checks.v = xcalloc(checks.n, sizeof(*checks.v));
	for (unsigned i = 0; i < checks.n; i++)
		checks.v[i] =
			(struct check){ .fam = fam, .cfg = cfg, .conf = conf, .arena = arena_new(0), .sum = &sum };
	thread_each(checks.n, check_part, &checks);
	n_made = change_all(store, &checks);
	if (sum.n_failed > LINES_MAX || sum.n_contexts > LINES_MAX)
		LOG(DHCPSRV_LEASE_SANITY_SUMMARY, sum.n_failed, sum.n_contexts, n_made < 0 ? 0 : (unsigned)n_made);
	for (unsigned i = 0; i < checks.n; i++) {
		vec_free(&checks.v[i].changes);
		arena_free(checks.v[i].arena);
	}
	free(checks.v);
	return n_made;
}

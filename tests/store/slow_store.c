/* SPDX-License-Identifier: MPL-2.0 */
/* See slow_store.h. */
#include "slow_store.h"

#include "base/err.h"
#include "base/list.h"

/* A find or a transaction. */
struct job {
	struct slow_job slow;
	struct store_find *find;
	struct store_txn *txn;
	void (*found)(struct store_find *find, uint64_t ticket);
	void (*done)(struct store_txn *txn, uint64_t ticket);
	uint64_t ticket;
};

struct slow_store {
	struct store store;
	struct store *inner;
	slow_asked_fn *asked;
	void *asked_ctx;
	struct slow_queue *queue;
};

static struct slow_store *slow_of(struct store *store)
{
	return container_of(store, struct slow_store, store);
}

/* --- responses --- */

static void answer_find(struct slow_store *s, const struct job *job, enum slow_fate fate)
{
	if (!job->slow.is_repeat && fate != SLOW_FAIL)
		(void)store_find(s->inner, job->find);
	for (unsigned i = 0; fate == SLOW_FAIL && i < job->find->n; i++)
		job->find->v[i].n = -E_SYS;
	job->found(job->find, job->ticket);
}

static void refuse(const struct job *job, enum store_result result)
{
	struct store_txn *txn = job->txn;

	for (unsigned i = 0; i < txn->n; i++)
		txn->v[i].result = result == CHANGE_FAILED || !i ? result : CHANGE_ABORTED;
	txn->result = result;
	job->done(txn, job->ticket);
}

static void answer_txn(struct slow_store *s, const struct job *job, enum slow_fate fate)
{
	if (job->slow.is_repeat)
		job->done(job->txn, job->ticket);
	else if (fate == SLOW_FAIL || fate == SLOW_CONFLICT)
		refuse(job, fate == SLOW_FAIL ? CHANGE_FAILED : CHANGE_CONFLICT);
	else if (store_apply(s->inner, job->txn) < 0)
		refuse(job, CHANGE_FAILED);
}

static void respond(void *ctx, struct slow_job *slow, enum slow_fate fate)
{
	(slow->is_change ? answer_txn : answer_find)(ctx, container_of(slow, struct job, slow), fate);
}

/* --- the store --- */

static void add_job(struct slow_store *s, const struct job *job)
{
	struct job *copy = xcalloc(1, sizeof(*copy));

	*copy = *job;
	slow_queue_add(s->queue, &copy->slow);
}

static int slow_find(struct store *store, struct store_find *find)
{
	struct slow_store *s = slow_of(store);

	s->asked(s->asked_ctx, find, NULL);
	add_job(s, &(struct job){ .find = find, .found = find->done, .ticket = find->ticket });
	return -E_AGAIN;
}

static int slow_apply(struct store *store, struct store_txn *txn)
{
	struct slow_store *s = slow_of(store);

	s->asked(s->asked_ctx, NULL, txn);
	add_job(s, &(struct job){ .slow.is_change = true, .txn = txn, .done = txn->done, .ticket = txn->ticket });
	return 0;
}

static int slow_scan(struct store *store, struct store_scan *scan)
{
	return store_scan(slow_of(store)->inner, scan);
}

static void slow_watch(struct store *store, store_watch_fn *changed, void *ctx)
{
	store_watch(slow_of(store)->inner, changed, ctx);
}

static void slow_close(struct store *store)
{
	struct slow_store *s = slow_of(store);

	slow_queue_free(s->queue);
	store_close(s->inner);
	free(s);
}

static const struct store_ops slow_ops = {
	.name = "slow",
	.close = slow_close,
	.find = slow_find,
	.apply = slow_apply,
	.scan = slow_scan,
	.watch = slow_watch,
};

struct store *slow_store_new(int family, slow_asked_fn *asked, void *ctx)
{
	struct store_conf conf = { .type = "memfile", .family = family };
	struct slow_store *s = xcalloc(1, sizeof(*s));

	s->store.ops = &slow_ops;
	s->asked = asked;
	s->asked_ctx = ctx;
	if (store_open(&conf, &s->inner, NULL) < 0)
		abort();
	s->queue = slow_queue_new(respond, s);
	return &s->store;
}

struct slow_queue *slow_store_queue(struct store *store)
{
	return slow_of(store)->queue;
}

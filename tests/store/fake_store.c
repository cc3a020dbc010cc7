/* SPDX-License-Identifier: MPL-2.0 */
/* See fake_store.h. The leases are in a memfile without a file. */
#include "fake_store.h"

#include "base/err.h"
#include "base/list.h"
#include "base/vec.h"

#include <assert.h>

struct fake_store {
	struct store store;
	struct store *inner;
	bool hold, hold_finds, twice, is_unseen;
	store_watch_fn *watcher;
	void *watcher_ctx;
	unsigned fail_next, busy_next;
	enum store_result fail_with;
	VEC(struct store_txn *) waiting;
	VEC(struct store_find *) finds;
};

static const struct store_ops fake_ops;

static struct fake_store *fake_of(struct store *store)
{
	assert(store->ops == &fake_ops);
	return container_of(store, struct fake_store, store);
}

struct store *fake_store_new(int family)
{
	struct store_conf conf = { .type = "memfile", .family = family };
	struct fake_store *f = xcalloc(1, sizeof(*f));

	f->store.ops = &fake_ops;
	if (store_open(&conf, &f->inner, NULL) < 0)
		abort();
	return &f->store;
}

static void fake_close(struct store *store)
{
	struct fake_store *f = fake_of(store);

	store_close(f->inner);
	vec_free(&f->waiting);
	vec_free(&f->finds);
	free(f);
}

static void done(const struct fake_store *f, struct store_txn *txn, uint64_t ticket)
{
	txn->done(txn, ticket);
	if (f->twice && ticket)
		txn->done(txn, ticket);
}

static void refuse(const struct fake_store *f, struct store_txn *txn, enum store_result result)
{
	for (unsigned i = 0; i < txn->n; i++)
		txn->v[i].result = result == CHANGE_FAILED || i == 0 ? result : CHANGE_ABORTED;
	txn->result = result;
	done(f, txn, txn->ticket);
}

static int fake_apply(struct store *store, struct store_txn *txn)
{
	struct fake_store *f = fake_of(store);

	if (f->busy_next) {
		f->busy_next--;
		return -E_BUSY;
	}
	if (f->fail_next) {
		f->fail_next--;
		refuse(f, txn, f->fail_with);
		return 0;
	}
	if (!f->hold)
		return store_apply(f->inner, txn);
	*vec_push(&f->waiting) = txn;
	return 0;
}

void fake_store_hold(struct store *store, bool hold)
{
	fake_of(store)->hold = hold;
}

void fake_store_hold_finds(struct store *store, bool hold)
{
	fake_of(store)->hold_finds = hold;
}

unsigned fake_store_n_waiting(struct store *store)
{
	return (unsigned)fake_of(store)->waiting.n;
}

struct store_txn *fake_store_waiting(struct store *store, unsigned i)
{
	return fake_of(store)->waiting.v[i];
}

unsigned fake_store_n_waiting_finds(struct store *store)
{
	return (unsigned)fake_of(store)->finds.n;
}

void fake_store_answer(struct store *store, unsigned i, enum store_result result)
{
	struct fake_store *f = fake_of(store);
	struct store_txn *txn;

	assert(i < f->waiting.n);
	txn = f->waiting.v[i];
	memmove(&f->waiting.v[i], &f->waiting.v[i + 1], (--f->waiting.n - i) * sizeof(f->waiting.v[0]));
	if (result != CHANGE_OK)
		refuse(f, txn, result);
	else if (store_apply(f->inner, txn) < 0)
		refuse(f, txn, CHANGE_FAILED);
}

void fake_store_answer_all(struct store *store, bool reverse)
{
	struct fake_store *f = fake_of(store);

	/* Not those that the results themselves add. */
	for (size_t n = f->waiting.n; n > 0; n--)
		fake_store_answer(store, reverse ? (unsigned)n - 1 : 0, CHANGE_OK);
	for (size_t n = f->finds.n; n > 0; n--)
		fake_store_answer_find(store, reverse ? (unsigned)n - 1 : 0);
}

static int fake_find(struct store *store, struct store_find *find)
{
	struct fake_store *f = fake_of(store);

	if (!f->hold_finds)
		return store_find(f->inner, find);
	*vec_push(&f->finds) = find;
	return -E_AGAIN;
}

static struct store_find *take_find(struct fake_store *f, unsigned i)
{
	struct store_find *find;

	assert(i < f->finds.n);
	find = f->finds.v[i];
	memmove(&f->finds.v[i], &f->finds.v[i + 1], (--f->finds.n - i) * sizeof(f->finds.v[0]));
	return find;
}

static void found(const struct fake_store *f, struct store_find *find)
{
	uint64_t ticket = find->ticket;

	find->done(find, ticket);
	if (f->twice && ticket)
		find->done(find, ticket);
}

void fake_store_answer_find(struct store *store, unsigned i)
{
	struct fake_store *f = fake_of(store);
	struct store_find *find = take_find(f, i);

	(void)store_find(f->inner, find);
	found(f, find);
}

void fake_store_fail_find(struct store *store, unsigned i)
{
	struct fake_store *f = fake_of(store);
	struct store_find *find = take_find(f, i);

	for (unsigned k = 0; k < find->n; k++)
		find->v[k].n = -E_SYS;
	found(f, find);
}

int fake_store_find_now(struct store *store, struct lease_query *query, struct arena *arena, struct lease *ret)
{
	return store_find_wait(fake_of(store)->inner, query, arena, ret, 1);
}

void fake_store_twice(struct store *store, bool twice)
{
	fake_of(store)->twice = twice;
}

void fake_store_fail_next(struct store *store, unsigned n, enum store_result result)
{
	fake_of(store)->fail_next = n;
	fake_of(store)->fail_with = result;
}

void fake_store_busy_next(struct store *store, unsigned n)
{
	fake_of(store)->busy_next = n;
}

static void put_done(struct store_txn *txn, uint64_t ticket)
{
	(void)txn;
	(void)ticket;
}

void fake_store_put(struct store *store, const struct lease *lease)
{
	struct store_change change = { .kind = CHANGE_UPDATE, .new = *lease };
	struct store_txn txn = { .v = &change, .n = 1, .done = put_done };
	int err;

	fake_of(store)->is_unseen = true;
	err = store_apply(fake_of(store)->inner, &txn);
	assert(err == 0);
	if (txn.result == CHANGE_GONE) {
		change.kind = CHANGE_INSERT;
		err = store_apply(fake_of(store)->inner, &txn);
	}
	assert(err == 0 && txn.result == CHANGE_OK);
	(void)err;
	fake_of(store)->is_unseen = false;
}

static int fake_scan(struct store *store, struct store_scan *scan)
{
	return store_scan(fake_of(store)->inner, scan);
}

static uint64_t fake_count(struct store *store, enum lease_state state)
{
	return store_count(fake_of(store)->inner, state);
}

static void changed(void *ctx, const struct store_notice *notice)
{
	const struct fake_store *f = ctx;

	if (!f->is_unseen)
		f->watcher(f->watcher_ctx, notice);
}

static void fake_watch(struct store *store, store_watch_fn *watcher, void *ctx)
{
	struct fake_store *f = fake_of(store);

	f->watcher = watcher;
	f->watcher_ctx = ctx;
	store_watch(f->inner, watcher ? changed : NULL, f);
}

static void fake_stats(struct store *store, struct store_stats *ret)
{
	store_get_stats(fake_of(store)->inner, ret);
}

static const struct store_ops fake_ops = {
	.name = "fake",
	.close = fake_close,
	.find = fake_find,
	.apply = fake_apply,
	.scan = fake_scan,
	.count = fake_count,
	.watch = fake_watch,
	.stats = fake_stats,
};

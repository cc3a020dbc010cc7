/* SPDX-License-Identifier: MPL-2.0 */
#include "lease/cached.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/list.h"

#include <assert.h>
#include <stdlib.h>

struct cached {
	struct store store;
	struct store_ops ops; /* with the name of the other store */
	struct store *back;
	struct store *memory; /* a memfile without a file: it responds at once */
	store_watch_fn *changed;
	void *ctx;
};

static struct cached *cached_of(struct store *store)
{
	return container_of(store, struct cached, store);
}

/* --- what is remembered ------------------------------------------------------------ */

static void made(struct store_txn *txn, uint64_t ticket)
{
	(void)txn;
	(void)ticket;
}

static enum store_result change(struct cached *c, const struct store_change *what)
{
	struct store_change own = *what;
	struct store_txn txn = { .v = &own, .n = 1, .done = made };

	return store_apply(c->memory, &txn) < 0 ? CHANGE_FAILED : txn.result;
}

static void forget(struct cached *c, const struct ip *addr)
{
	(void)change(c, &(struct store_change){ .kind = CHANGE_DELETE, .addr = *addr });
}

static bool is_valid(const struct lease *lease)
{
	return lease->state == LEASE_DEFAULT && !lease_is_expired(lease, clock_boot_sec());
}

static void remember(struct cached *c, const struct lease *lease)
{
	struct store_change own = { .kind = CHANGE_UPDATE, .addr = lease->addr, .new = *lease };

	if (!is_valid(lease)) {
		forget(c, &lease->addr);
		return;
	}
	own.ended = NULL;
	if (change(c, &own) == CHANGE_OK)
		return;
	own.kind = CHANGE_INSERT;
	(void)change(c, &own);
}

/* The other store's watcher: another server has changed a lease, or one has ended. */
static void note(void *ctx, const struct store_notice *notice)
{
	struct cached *c = ctx;

	if (notice->old.present && (!notice->new.in_use || !notice->same_client))
		forget(c, &notice->addr);
	if (c->changed)
		c->changed(c->ctx, notice);
}

static void watch(struct store *store, store_watch_fn *changed, void *ctx)
{
	struct cached *c = cached_of(store);

	c->changed = changed;
	c->ctx = ctx;
	store_watch(c->back, note, c);
}

/* --- queries ----------------------------------------------------------------------- */

struct finding {
	struct store_find inner;
	struct store_find *outer;
	struct cached *cached;
	uint64_t ticket;
};

static bool is_answerable(const struct lease_query *query)
{
	return query->by == BY_ADDR || query->by == BY_HWADDR || query->by == BY_CLIENT_ID;
}

/* Reduces what was remembered to leases that have not ended. */
static void keep_valid(struct lease_query *query)
{
	int n = 0;

	for (int i = 0; i < query->n; i++)
		if (is_valid(&query->out[i]))
			query->out[n++] = query->out[i];
	query->n = n;
}

/* One lease of the client is enough: what else it asks about does not exist, as far as is known. */
static void recall(struct cached *c, struct store_find *find)
{
	bool any = false;

	for (unsigned i = 0; i < find->n; i++) {
		struct store_find one = { .v = &find->v[i], .n = 1, .arena = find->arena };

		if (!is_answerable(&find->v[i]) || store_find(c->memory, &one) < 0 || find->v[i].n < 0)
			goto fail;
		keep_valid(&find->v[i]);
		any |= find->v[i].n > 0;
	}
	if (any) {
		find->is_remembered = true;
		return;
	}
fail:
	for (unsigned i = 0; i < find->n; i++)
		find->v[i].n = -E_SYS;
}

static void learn(struct cached *c, struct store_find *find)
{
	for (unsigned i = 0; i < find->n; i++)
		if (find->v[i].n == -E_SYS) {
			recall(c, find);
			return;
		}
	for (unsigned i = 0; i < find->n; i++)
		for (int k = 0; is_answerable(&find->v[i]) && k < find->v[i].n; k++)
			remember(c, &find->v[i].out[k]);
}

static void found(struct store_find *inner, uint64_t ticket)
{
	struct finding *finding = container_of(inner, struct finding, inner);

	(void)ticket;
	learn(finding->cached, finding->outer);
	finding->outer->done(finding->outer, finding->ticket);
}

static int find_leases(struct store *store, struct store_find *find)
{
	struct cached *c = cached_of(store);
	struct finding *finding = arena_alloc(find->arena, sizeof(*finding));
	int err;

	if (!finding)
		return -E_NOMEM;
	*finding = (struct finding){
		.inner = { .v = find->v, .n = find->n, .arena = find->arena, .done = found },
		.outer = find,
		.cached = c,
		.ticket = find->ticket,
	};
	err = store_find(c->back, &finding->inner);
	if (err == 0)
		learn(c, find);
	return err;
}

/* --- changes ----------------------------------------------------------------------- */

static void learn_changes(struct cached *c, const struct store_txn *txn)
{
	for (unsigned i = 0; i < txn->n; i++) {
		if (txn->v[i].kind == CHANGE_DELETE)
			forget(c, &txn->v[i].addr);
		else
			remember(c, &txn->v[i].new);
	}
}

static void give_back(struct store_txn *txn)
{
	txn->done = txn->outer_done;
	txn->owner = txn->outer_owner;
}

static void applied(struct store_txn *txn, uint64_t ticket)
{
	struct cached *c = txn->owner;

	give_back(txn);
	if (txn->result == CHANGE_OK)
		learn_changes(c, txn);
	txn->done(txn, ticket);
}

static int apply(struct store *store, struct store_txn *txn)
{
	struct cached *c = cached_of(store);
	int err;

	txn->outer_done = txn->done;
	txn->outer_owner = txn->owner;
	txn->done = applied;
	txn->owner = c;
	err = store_apply(c->back, txn);
	if (err < 0)
		give_back(txn);
	return err;
}

/* --- the rest is the other store's ------------------------------------------------- */

static int scan(struct store *store, struct store_scan *page)
{
	return store_scan(cached_of(store)->back, page);
}

static uint64_t count(struct store *store, enum lease_state state)
{
	return store_count(cached_of(store)->back, state);
}

static void stats(struct store *store, struct store_stats *ret)
{
	struct store_stats memory;

	store_get_stats(cached_of(store)->back, ret);
	store_get_stats(cached_of(store)->memory, &memory);
	ret->memory += memory.memory;
}

static void watch_share(struct store *store, store_share_fn *changed, void *ctx)
{
	store_watch_share(cached_of(store)->back, changed, ctx);
}

static void close_cached(struct store *store)
{
	struct cached *c = cached_of(store);

	store_close(c->back);
	store_close(c->memory);
	free(c);
}

struct store *store_cached_new(struct store *back, int family)
{
	struct cached *c = xcalloc(1, sizeof(*c));
	struct store_conf conf = { .type = "memfile", .family = family };
	int err = store_open(&conf, &c->memory, NULL);

	assert(err == 0 && c->memory);
	(void)err;
	c->back = back;
	c->ops = *back->ops;
	c->ops.finds_at_once = false;
	c->ops.close = close_cached;
	c->ops.find = find_leases;
	c->ops.apply = apply;
	c->ops.scan = scan;
	c->ops.count = count;
	c->ops.watch = watch;
	c->ops.stats = stats;
	c->ops.watch_share = watch_share;
	c->store.ops = &c->ops;
	store_watch(back, note, c);
	return &c->store;
}

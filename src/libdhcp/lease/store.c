/* SPDX-License-Identifier: MPL-2.0 */
/* Selects the backend; every other call is passed on to it. */
#include "lease/store.h"

#include "base/err.h"
#include "base/thread.h"

#include <semaphore.h>

int store_open(const struct store_conf *conf, struct store **ret, char **reterr)
{
	char *why = NULL;
	int err = -E_UNSUPPORTED;

	for (size_t i = 0; store_backends[i]; i++)
		if (strcmp(store_backends[i]->name, conf->type) == 0)
			err = store_backends[i]->open(conf, ret, &why);
	if (err < 0 && !why && asprintf(&why, "cannot open the lease store \"%s\": %s", conf->type, err_text(err)) < 0)
		why = NULL;
	if (err < 0 && reterr)
		*reterr = why;
	else
		free(why);
	return err;
}

void store_close(struct store *store)
{
	if (store)
		store->ops->close(store);
}

int store_find(struct store *store, struct store_find *find)
{
	return store->ops->find(store, find);
}

static void found(struct store_find *find, uint64_t ticket)
{
	(void)ticket;
	(void)sem_post(find->owner);
}

int store_find_wait(struct store *store, struct lease_query *query, struct arena *arena, struct lease *out,
		    unsigned max)
{
	sem_t done;
	struct store_find find = { .v = query, .n = 1, .arena = arena, .done = found, .owner = &done };
	int err;

	query->max = max;
	(void)sem_init(&done, 0, 0);
	err = store_find(store, &find);
	while (err == -E_AGAIN && sem_wait(&done) < 0)
		;
	(void)sem_destroy(&done);
	if (err < 0 && err != -E_AGAIN)
		return err;
	if (query->n > 0)
		memcpy(out, query->out, (size_t)query->n * sizeof(*out));
	return query->n;
}

int store_apply(struct store *store, struct store_txn *txn)
{
	return store->ops->apply(store, txn);
}

void store_watch(struct store *store, store_watch_fn *changed, void *ctx)
{
	store->ops->watch(store, changed, ctx);
}

void store_watch_share(struct store *store, store_share_fn *changed, void *ctx)
{
	if (store->ops->watch_share)
		store->ops->watch_share(store, changed, ctx);
}

int store_scan(struct store *store, struct store_scan *scan)
{
	if (!store->ops->has_parts) {
		if (scan->part)
			return 0;
		scan->n_parts = 0; /* a store around another one passes it on */
	}
	return store->ops->scan(store, scan);
}

unsigned store_parts(struct store *store, uint64_t min)
{
	unsigned cpus = thread_cpus();
	struct store_stats stats;

	if (!store->ops->has_parts)
		return 1;
	store_get_stats(store, &stats);
	return stats.leases / min >= cpus ? cpus : (unsigned)(stats.leases / min) + 1;
}

uint64_t store_count(struct store *store, enum lease_state state)
{
	return store->ops->count(store, state);
}

void store_get_stats(struct store *store, struct store_stats *ret)
{
	store->ops->stats(store, ret);
}

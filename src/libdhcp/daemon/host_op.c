/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/host_op.h"

#include "base/err.h"
#include "base/list.h"
#include "base/thread.h"
#include "host/file.h"

#define FOUND_MAX 64 /* hosts whose addresses or prefixes contain the one that is looked for */

bool host_is_at(const struct host *host, const struct ip *addr)
{
	for (unsigned i = 0; i < host->n_places; i++)
		if (ip_equal(&host->places[i].prefix.addr, addr))
			return true;
	return false;
}

/* --- in the thread --- */

/* True if another database may have the host. */
static bool is_elsewhere(int err)
{
	return err == -E_NOENT || err == -E_UNSUPPORTED;
}

static int remove_at(struct host_op *op, struct host_source *source)
{
	struct host_query query = { .by = HOST_BY_PLACE,
				    .subnet_id = op->subnet_id,
				    .place = { op->addr, ip_is4(&op->addr) ? 32 : 128 },
				    .max = FOUND_MAX,
				    .with_texts = true };
	struct arena *arena = arena_new(0);
	struct host_find find = { .v = &query, .n = 1, .arena = arena };
	int err = -E_NOENT;

	host_find_wait(source, &find);
	if (query.n < 0) {
		err = query.n;
		str_add(&op->why, "the hosts database is failing");
	}
	for (int i = 0; i < query.n && err == -E_NOENT; i++)
		if (host_is_at(query.out[i], &op->addr))
			err = host_remove_wait(source, op->subnet_id, &query.out[i]->id, &op->why);
	arena_free(arena);
	return err;
}

static int change_one(struct host_op *op, struct host_source *source)
{
	str_reset(&op->why);
	switch (op->kind) {
	case HOST_OP_ADD:
		return host_add_wait(source, op->host, &op->why);
	case HOST_OP_UPDATE:
		return host_change_wait(source, op->host, &op->why);
	case HOST_OP_DELETE:
		break;
	}
	return op->id ? host_remove_wait(source, op->subnet_id, op->id, &op->why) : remove_at(op, source);
}

/* Returns 0 if it was made anywhere, else the last error, but of NOENT and UNSUPPORTED the former. */
static int change(struct host_op *op)
{
	struct host_source *all = op->live->cfg->hosts;
	int err = -E_UNSUPPORTED;

	for (unsigned i = 0; i < host_chain_size(all); i++) {
		struct host_source *source = host_chain_at(all, i);
		int one;

		if (host_is_file(source))
			continue;
		one = change_one(op, source);
		if (!is_elsewhere(one) && (one < 0 || op->kind != HOST_OP_DELETE))
			return one;
		if (one == 0 || (one == -E_NOENT && err == -E_UNSUPPORTED))
			err = one;
	}
	return err;
}

/* What messages found before the change is no longer kept. */
static void forget(struct host_op *op)
{
	struct host_keeper *keeper = op->live->cfg->keeper;

	if (!keeper)
		return;
	if (op->kind != HOST_OP_DELETE)
		(void)host_keeper_remove(keeper, op->host->subnet_id, &op->host->id);
	else if (op->id)
		(void)host_keeper_remove(keeper, op->subnet_id, op->id);
	else
		(void)host_keeper_remove_at(keeper, op->subnet_id, &op->addr);
}

static void *run(void *arg)
{
	struct host_op *op = arg;

	op->err = change(op);
	forget(op);
	loop_post(op->d->loop, &op->post);
	return NULL;
}

/* --- in the main thread --- */

static void finish(struct post *post)
{
	struct host_op *op = container_of(post, struct host_op, post);
	struct daemon *d = op->d;
	struct live *live = op->live;

	(void)pthread_join(op->thread, NULL);
	d->n_host_ops--;
	op->done(op);
	daemon_release(d, live);
}

int host_op_start(struct host_op *op)
{
	if (op->d->n_host_ops >= HOST_OPS_MAX)
		return -E_BUSY;
	op->live = daemon_hold(op->d);
	op->post.fn = finish;
	if (thread_start(&op->thread, run, op) != 0) {
		daemon_release(op->d, op->live);
		return -E_BUSY;
	}
	op->d->n_host_ops++;
	return 0;
}

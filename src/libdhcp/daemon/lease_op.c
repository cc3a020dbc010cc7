/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/lease_op.h"

#include "base/clock.h"
#include "base/err.h"
#include "serve/feed.h"

static void post(struct lease_op *op)
{
	loop_post(op->d->loop, &op->post);
}

/* Any thread. */
static void found(struct store_find *find, uint64_t ticket)
{
	(void)ticket;
	post(find->owner);
}

static void changed(struct store_txn *txn, uint64_t ticket)
{
	(void)ticket;
	post(txn->owner);
}

static void feed_change(const struct lease_op *op)
{
	struct feed *feed = op->d->srv.feed;

	if (op->kind == LEASE_OP_DELETE && op->n_found)
		feed_lease(feed, FEED_LEASE_DELETED, op->found, true);
	else if (op->kind == LEASE_OP_ADD || (op->kind == LEASE_OP_PUT && op->was_added))
		feed_lease(feed, FEED_LEASE_ADDED, &op->lease, false);
	else if (op->kind == LEASE_OP_UPDATE || op->kind == LEASE_OP_PUT)
		feed_lease(feed, FEED_LEASE_UPDATED, &op->lease, false);
}

static void finish(struct lease_op *op, enum store_result result)
{
	struct leasedb *db = op->db;

	op->d->n_lease_ops--;
	op->result = result;
	if (result == CHANGE_OK && feed_is_on(op->d->srv.feed))
		feed_change(op);
	op->done(op);
	leasedb_leave(db);
}

static void apply(struct lease_op *op, const struct store_change *change)
{
	op->change = *change;
	op->is_changing = true;
	op->txn = (struct store_txn){ .v = &op->change, .n = 1, .done = changed, .owner = op };
	if (store_apply(op->db->store, &op->txn) < 0)
		finish(op, CHANGE_FAILED);
}

static bool has_ended(const struct lease *lease)
{
	return !lease_is_in_use(lease) || lease_is_expired(lease, clock_boot_sec());
}

static void change_found(struct lease_op *op)
{
	const struct lease *old = op->n_found ? op->found : NULL;
	struct store_change change = { .new = op->lease, .addr = op->lease.addr };

	if (op->kind == LEASE_OP_DELETE && op->n_found > 1) {
		op->is_ambiguous = true;
		finish(op, CHANGE_CONFLICT);
		return;
	}
	if (!old && op->kind != LEASE_OP_PUT) {
		finish(op, CHANGE_GONE);
		return;
	}
	op->was_added = !old;
	change.kind = !old ? CHANGE_INSERT : op->kind == LEASE_OP_DELETE ? CHANGE_DELETE : CHANGE_UPDATE;
	if (old) {
		change.expected_version = old->version;
		change.ended = has_ended(old) ? old : NULL;
	}
	if (op->kind == LEASE_OP_DELETE) {
		change.new = *old;
		change.addr = old->addr;
	}
	apply(op, &change);
}

static void take_found(struct lease_op *op)
{
	op->is_found = true;
	for (unsigned i = 0; i < op->n_queries; i++)
		if (op->queries[i].n < 0) {
			finish(op, CHANGE_FAILED);
			return;
		}
	for (unsigned i = 0; i < op->n_queries; i++)
		op->n_found += (unsigned)op->queries[i].n;
	op->found = arena_new_array(op->arena, struct lease, op->n_found + 1);
	for (unsigned i = 0, n = 0; i < op->n_queries; i++)
		for (int k = 0; k < op->queries[i].n; k++)
			op->found[n++] = op->queries[i].out[k];
	if (op->kind == LEASE_OP_FIND)
		finish(op, op->n_found ? CHANGE_OK : CHANGE_GONE);
	else
		change_found(op);
}

static void go_on(struct post *p)
{
	struct lease_op *op = container_of(p, struct lease_op, post);

	if (op->is_changing)
		finish(op, op->txn.result);
	else
		take_found(op);
}

void lease_op_by_address(struct lease_op *op, enum lease_type type, const struct ip *addr)
{
	op->queries[0] = (struct lease_query){ .by = BY_ADDR, .type = type, .addr = *addr, .max = 1 };
	op->n_queries = 1;
}

void lease_op_start(struct lease_op *op)
{
	const struct store_change insert = { .kind = CHANGE_INSERT, .new = op->lease, .addr = op->lease.addr };

	int err;

	op->db = op->d->db;
	leasedb_join(op->db);
	op->d->n_lease_ops++;
	op->post.fn = go_on;
	if (op->kind == LEASE_OP_ADD) {
		apply(op, &insert);
		return;
	}
	if (op->kind == LEASE_OP_UPDATE || op->kind == LEASE_OP_PUT)
		lease_op_by_address(op, op->lease.type, &op->lease.addr);
	op->find = (struct store_find){
		.v = op->queries, .n = op->n_queries, .arena = op->arena, .done = found, .owner = op
	};
	err = store_find(op->db->store, &op->find);
	if (err == 0)
		take_found(op);
	else if (err != -E_AGAIN)
		finish(op, CHANGE_FAILED);
}

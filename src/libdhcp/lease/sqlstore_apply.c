/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Transactions. Each change is one statement whose condition is the state that was read, so the number of rows it
 * changed is the result. A transaction of one change needs no rollback if its statement changes nothing, so it does not
 * disturb the others of its group. One of several changes fails as a whole in the database.
 *
 * Further round trips are rare: after a conflict, to find out what the address has; if the response to a commit was
 * lost, to find out whether it took effect; and if the responses of several connections may have been processed in
 * another order than the database worked in, to find out which state is the latest.
 */
#include "lease/sqlstore_apply.h"

#include "base/clock.h"
#include "base/err.h"
#include "lease/record.h"
#include "log/log.h"

#include <stdio.h>

#define TRIES_MAX 3
#define KEEP_JOBS 1024

enum stage {
	APPLYING,
	EXPLAINING, /* which change was rejected, and why? */
	CHECKING,   /* the response was lost: were the changes made? */
	NOTING,     /* the changes were made, and the index may not have the latest state */
};

/* What the database has at the address of a change. */
struct there {
	bool present;
	bool has_ended;
	uint64_t version;
	struct sql_known known;
};

struct part {
	struct db_value values[SQL_COLUMNS_MAX + 1];
	struct db_value addr;
	char version[SQL_VERSION_LEN + 1];
	char buf[SQL_PUT_ROOM];
	struct there there;
};

struct job {
	struct list link;
	struct db_work work;
	struct sqlstore *s;
	struct store_txn *txn;
	uint64_t ticket;
	uint64_t since;
	enum stage stage;
	unsigned tries;
	unsigned cap;       /* parts; there are twice as many calls */
	struct part *parts; /* one for each change */
	struct db_call *calls;
};

/* --- jobs -------------------------------------------------------------------------- */

static void free_job(struct job *job)
{
	free(job->parts);
	free(job->calls);
	free(job);
}

static struct job *take_job(struct sqlstore *s, unsigned n)
{
	struct list *free_one;
	struct job *job;

	(void)pthread_mutex_lock(&s->lock);
	free_one = list_pop(&s->jobs);
	s->n_jobs -= free_one != NULL;
	(void)pthread_mutex_unlock(&s->lock);
	job = free_one ? container_of(free_one, struct job, link) : xcalloc(1, sizeof(*job));
	if (job->cap < n) {
		free(job->parts);
		free(job->calls);
		job->cap = n < 2 ? 2 : n;
		job->parts = xcalloc(job->cap, sizeof(*job->parts));
		job->calls = xcalloc(2 * (size_t)job->cap, sizeof(*job->calls));
	}
	return job;
}

static void return_job(struct job *job)
{
	struct sqlstore *s = job->s;
	bool keep;

	(void)pthread_mutex_lock(&s->lock);
	keep = s->n_jobs < KEEP_JOBS;
	if (keep) {
		list_add_head(&s->jobs, &job->link);
		s->n_jobs++;
	}
	(void)pthread_mutex_unlock(&s->lock);
	if (!keep)
		free_job(job);
}

void sqlstore_apply_done(struct sqlstore *s)
{
	struct list *link;

	while ((link = list_pop(&s->jobs)))
		free_job(container_of(link, struct job, link));
}

/* --- results ----------------------------------------------------------------------- */

static const struct ip *change_addr(const struct store_change *change)
{
	return change->kind == CHANGE_DELETE ? &change->addr : &change->new.addr;
}

static void set_results(struct store_txn *txn, enum store_result result)
{
	for (unsigned i = 0; i < txn->n; i++)
		txn->v[i].result = result;
	txn->result = result;
}

static void set_rejected(struct store_txn *txn, unsigned i, enum store_result result)
{
	set_results(txn, CHANGE_ABORTED);
	txn->result = txn->v[i].result = result;
}

static void finish(struct job *job)
{
	struct store_txn *txn = job->txn;
	uint64_t ticket = job->ticket;

	atomic_store_explicit(&job->s->is_failing, txn->result == CHANGE_FAILED, memory_order_relaxed);
	return_job(job);
	txn->done(txn, ticket);
}

static void finish_failed(struct job *job)
{
	atomic_fetch_add_explicit(&job->s->failures, 1, memory_order_relaxed);
	set_results(job->txn, CHANGE_FAILED);
	finish(job);
}

/* --- statements -------------------------------------------------------------------- */

static void add_call(struct job *job, enum sql_stmt_id id, const struct db_value *params, bool must)
{
	job->calls[job->work.n++] = (struct db_call){ .stmt = &job->s->stmts.v[id], .params = params, .must = must };
}

static struct db_value version_value(struct part *part, uint64_t version)
{
	(void)snprintf(part->version, sizeof(part->version), "%016llx", (unsigned long long)version);
	return db_string(part->version);
}

static void add_change(struct job *job, unsigned i)
{
	struct store_change *change = &job->txn->v[i];
	struct part *part = &job->parts[i];
	bool is_any = !change->expected_version, must = job->txn->n > 1;

	part->addr = sqlstore_addr_value(job->s, change_addr(change));
	if (change->kind == CHANGE_DELETE) {
		part->values[0] = part->addr;
		part->values[1] = version_value(part, change->expected_version);
		add_call(job, is_any ? SQL_DELETE : SQL_DELETE_IF, part->values, must);
		return;
	}
	sql_put(&change->new, job->s->kind, &job->s->clock, part->values, part->buf);
	change->new.version = sql_version(job->s->family, part->values);
	part->values[sql_column_count(job->s->family)] = version_value(part, change->expected_version);
	switch (change->kind) {
	case CHANGE_INSERT:
		add_call(job, must ? SQL_INSERT : SQL_INSERT_IF_FREE, part->values, must);
		break;
	case CHANGE_UPDATE:
		add_call(job, is_any ? SQL_UPDATE : SQL_UPDATE_IF, part->values, must);
		break;
	case CHANGE_TAKE:
		if (job->s->kind == DB_PGSQL) {
			add_call(job, SQL_TAKE, part->values, must);
			break;
		}
		/* Most addresses have no lease. If it has one after all, the next attempt finds that out. */
		if (!job->tries && !sql_index_has(job->s->index, &change->new.addr)) {
			add_call(job, must ? SQL_INSERT : SQL_INSERT_IF_FREE, part->values, must);
			break;
		}
		add_call(job, SQL_TAKE, part->values, false);
		add_call(job, must ? SQL_TAKE_ELSE : SQL_TAKE_ELSE_IF, part->values, false);
		break;
	case CHANGE_DELETE:
		break;
	}
}

static int send_changes(struct job *job)
{
	job->stage = APPLYING;
	job->work.n = 0;
	for (unsigned i = 0; i < job->txn->n; i++)
		add_change(job, i);
	return db_submit(job->s->db, &job->work);
}

/* Reads what the addresses have now. */
static void send_look(struct job *job, enum stage stage)
{
	job->stage = stage;
	job->work.n = 0;
	for (unsigned i = 0; i < job->txn->n; i++)
		add_call(job, SQL_AT, &job->parts[i].addr, false);
	if (db_submit(job->s->db, &job->work) == 0)
		return;
	if (stage == NOTING)
		finish(job);
	else
		finish_failed(job);
}

/* --- the index --------------------------------------------------------------------- */

/* True if a later change of the transaction is for the same address. */
static bool is_replaced(const struct store_txn *txn, unsigned i)
{
	for (unsigned k = i + 1; k < txn->n; k++)
		if (ip_equal(change_addr(&txn->v[i]), change_addr(&txn->v[k])))
			return true;
	return false;
}

/* Reports the changes. False if the index may not have the latest state now. */
static bool note_changes(struct job *job)
{
	struct store_txn *txn = job->txn;
	bool is_clear = true;

	for (unsigned i = 0; i < txn->n; i++) {
		const struct store_change *change = &txn->v[i];
		struct sql_known known = { .held.present = false };

		if (is_replaced(txn, i))
			continue;
		if (change->kind != CHANGE_DELETE) {
			known = sql_known_of(&change->new);
			sqlstore_learn_lifetime(job->s, change->new.valid);
		}
		if (!sql_index_note_change(job->s->index, change_addr(change), job->since, &known,
					   change->ended != NULL || change->kind == CHANGE_TAKE))
			is_clear = false;
	}
	return is_clear;
}

static bool note_there(struct job *job)
{
	bool is_clear = true;

	for (unsigned i = 0; i < job->txn->n; i++)
		if (!sql_index_note(job->s->index, change_addr(&job->txn->v[i]), job->since,
				    &job->parts[i].there.known))
			is_clear = false;
	return is_clear;
}

/* --- judging what is there --------------------------------------------------------- */

/* What the address has when it is the turn of change i. */
static struct there before(const struct job *job, unsigned i)
{
	const struct store_txn *txn = job->txn;
	struct there there = job->parts[i].there;

	for (unsigned k = 0; k < i; k++) {
		const struct store_change *change = &txn->v[k];

		if (!ip_equal(change_addr(change), change_addr(&txn->v[i])))
			continue;
		there.present = change->kind != CHANGE_DELETE;
		there.version = change->new.version;
		there.has_ended = !lease_is_in_use(&change->new) || lease_is_expired(&change->new, clock_boot_sec());
	}
	return there;
}

static enum store_result check_change(const struct store_change *change, const struct there *there)
{
	if (change->kind == CHANGE_INSERT)
		return there->present ? CHANGE_CONFLICT : CHANGE_OK;
	if (change->kind == CHANGE_TAKE)
		return there->present && !there->has_ended ? CHANGE_CONFLICT : CHANGE_OK;
	if (!there->present)
		return CHANGE_GONE;
	return change->expected_version && there->version != change->expected_version ? CHANGE_CONFLICT : CHANGE_OK;
}

/* Sets the results of a transaction that was rejected. False if nothing speaks against it now: try again. */
static bool explain(struct job *job)
{
	struct store_txn *txn = job->txn;

	for (unsigned i = 0; i < txn->n; i++) {
		struct there there = before(job, i);
		enum store_result result = check_change(&txn->v[i], &there);

		if (result == CHANGE_OK)
			continue;
		set_rejected(txn, i, result);
		return true;
	}
	if (job->tries < TRIES_MAX)
		return false;
	set_rejected(txn, 0, CHANGE_CONFLICT);
	return true;
}

/*
 * Was a transaction whose response was lost committed? It is made as a whole or not at all. If another server has
 * already changed one of its leases again, the client has to start over.
 */
static void judge(struct job *job)
{
	struct store_txn *txn = job->txn;
	unsigned n_made = 0, n_not = 0, other = 0;

	for (unsigned i = 0; i < txn->n; i++) {
		const struct store_change *change = &txn->v[i];
		const struct there *there = &job->parts[i].there;
		bool is_made = change->kind == CHANGE_DELETE ? !there->present
							     : there->present && there->version == change->new.version;

		if (is_replaced(txn, i))
			continue;
		n_made += is_made;
		n_not += !is_made;
		other = is_made ? other : i;
	}
	if (!n_not)
		set_results(txn, CHANGE_OK);
	else if (n_made)
		set_rejected(txn, other, CHANGE_CONFLICT);
	else
		set_results(txn, CHANGE_FAILED);
}

/* --- responses --------------------------------------------------------------------- */

static void begin(struct db_work *work)
{
	struct job *job = container_of(work, struct job, work);

	job->since = sql_index_time(job->s->index);
	if (job->stage == APPLYING)
		return;
	for (unsigned i = 0; i < job->txn->n; i++)
		job->parts[i].there = (struct there){ .present = false };
}

static void row(struct db_work *work, unsigned call, struct db_row *row)
{
	struct job *job = container_of(work, struct job, work);
	struct there *there = &job->parts[call].there;
	char buf[SQL_GET_ROOM];
	struct lease lease;

	(void)sqlstore_read_row(job->s, row, &lease, buf);
	*there = (struct there){ .present = true, .version = lease.version, .known = sql_known_of(&lease) };
	there->has_ended = !lease_is_in_use(&lease) || lease_is_expired(&lease, clock_boot_sec());
}

/* Another server has the address: it probably has others that are not known yet. */
static void hurry(struct sqlstore *s)
{
	sqlstore_doubt(s);
	(void)pthread_mutex_lock(&s->lock);
	s->is_hurried = true;
	(void)pthread_cond_signal(&s->wake);
	(void)pthread_mutex_unlock(&s->lock);
}

static void end_applying(struct job *job, enum db_result result)
{
	uint64_t n = 0;

	switch (result) {
	case DB_OK:
		for (unsigned i = 0; i < job->work.n; i++)
			n += job->calls[i].n;
		if (n != job->txn->n) {
			send_look(job, EXPLAINING);
			return;
		}
		set_results(job->txn, CHANGE_OK);
		if (note_changes(job)) {
			finish(job);
			return;
		}
		job->tries = 0;
		send_look(job, NOTING);
		return;
	case DB_CONFLICT:
		send_look(job, EXPLAINING);
		return;
	case DB_UNKNOWN:
		send_look(job, CHECKING);
		return;
	case DB_BAD: {
		char addr[IP_TEXT_MAX];
		struct str why = { 0 };

		db_why(job->s->db, &why);
		LOG(DHCPSRV_SQL_REJECTED, ip_format(change_addr(&job->txn->v[0]), addr), str_text(&why));
		str_free(&why);
		finish_failed(job);
		return;
	}
	case DB_FAILED:
		break;
	}
	finish_failed(job);
}

static void done(struct db_work *work, enum db_result result)
{
	struct job *job = container_of(work, struct job, work);

	job->tries++;
	switch (job->stage) {
	case APPLYING:
		end_applying(job, result);
		return;
	case EXPLAINING:
		if (result != DB_OK) {
			finish_failed(job);
			return;
		}
		(void)note_there(job);
		hurry(job->s);
		if (explain(job))
			finish(job);
		else if (send_changes(job) < 0)
			finish_failed(job);
		return;
	case CHECKING:
		if (result != DB_OK) {
			finish_failed(job);
			return;
		}
		judge(job);
		if (job->txn->result == CHANGE_OK)
			(void)note_changes(job);
		else
			(void)note_there(job);
		finish(job);
		return;
	case NOTING:
		if (result == DB_OK && !note_there(job) && job->tries < TRIES_MAX)
			send_look(job, NOTING);
		else
			finish(job);
		return;
	}
}

static int check_txn(const struct sqlstore *s, const struct store_txn *txn)
{
	for (unsigned i = 0; i < txn->n; i++)
		if (txn->v[i].kind != CHANGE_DELETE && record_check(&txn->v[i].new, s->family) < 0)
			return -E_RANGE;
	return 0;
}

int sqlstore_apply(struct store *store, struct store_txn *txn)
{
	struct sqlstore *s = sqlstore_of(store);
	struct job *job;
	int err;

	if (check_txn(s, txn) < 0)
		return -E_RANGE;
	job = take_job(s, txn->n);
	job->s = s;
	job->txn = txn;
	job->ticket = txn->ticket;
	job->tries = 0;
	job->work = (struct db_work){ .v = job->calls, .begin = begin, .row = row, .done = done };
	err = send_changes(job);
	if (err == -E_BUSY) {
		return_job(job);
		return err;
	}
	if (err < 0)
		finish_failed(job);
	return 0;
}

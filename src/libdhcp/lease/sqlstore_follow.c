/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Keeps the index up to date with what other servers change, and measures the database's clock.
 *
 * A lease that was granted or renewed expires one lifetime later: a search for leases with a certain lifetime that
 * expire between one lifetime after the last search and one after this finds what is new, by the table's index on state
 * and expiry. One search for each lifetime that was seen, and one for leases that were released.
 * Leases that were deleted, or changed by hand, are found by reading the whole table again, slowly.
 */
#include "lease/sqlstore_follow.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/thread.h"
#include "db/schema.h"
#include "io/notify.h"
#include "lease/sqlstore_share.h"
#include "log/log.h"

#include <assert.h>
#include <time.h>

#define FOLLOW_MS 250  /* between two searches */
#define HURRY_MS 50    /* the same after a conflict */
#define SHARE_MS 1000  /* between two looks at who else is there */
#define OVERLAP_SEC 2  /* a change may be committed later than it was made */
#define NEWS_MAX 4096  /* leases of one search; the next one continues */
#define FILL_PAGE 4096 /* leases at once when the index is filled */
#define SCAN_PAGE 512
#define REREAD_PAGE 1024      /* leases at once, each time */
#define REREAD_PASS_MS 600000 /* a pass takes about this long, if pages are large enough */
#define REREAD_PAGE_MAX 4096
#define SWEEP_MAX 1024

/* --- one statement ----------------------------------------------------------------- */

/* A statement that is run to completion; its leases go to `each`. */
struct question {
	struct db_work work;
	struct db_call call;
	struct sqlstore *s;
	void (*each)(struct question *q, const struct lease *lease);
	uint64_t since; /* index time before */
	int64_t before_us;
	int64_t after_us;
	int64_t numbers[2]; /* of a row without a lease */
	unsigned n_rows, n_valid;
	struct ip last; /* address of the last row */
	int64_t last_expires;
	void *ctx;
	enum db_result result;
	int err;
};

static void begin_question(struct db_work *work)
{
	struct question *q = work->owner;

	q->since = sql_index_time(q->s->index);
	q->before_us = clock_boot_us();
	q->n_rows = q->n_valid = 0;
	q->err = 0;
}

static void note(struct question *q, const struct lease *lease)
{
	struct sql_known known = sql_known_of(lease);

	(void)sql_index_note(q->s->index, &lease->addr, q->since, &known);
}

static void row_of_question(struct db_work *work, unsigned call, struct db_row *row)
{
	struct question *q = work->owner;
	char buf[SQL_GET_ROOM];
	struct lease lease;

	(void)call;
	q->after_us = clock_boot_us();
	q->n_rows++;
	if (row->n <= 2) {
		for (unsigned i = 0; i < row->n; i++)
			q->numbers[i] = db_row_int(row, i, INT64_MIN, INT64_MAX);
		return;
	}
	if (sqlstore_read_row(q->s, row, &lease, buf)) {
		q->n_valid++;
		q->last_expires = lease.expires;
		q->each(q, &lease);
	} else if (!ip_is_zero(&lease.addr)) {
		note(q, &lease);
	}
	q->last = lease.addr;
}

static bool ask(struct question *q, struct sqlstore *s, enum sql_stmt_id id, const struct db_value *params)
{
	q->s = s;
	q->call = (struct db_call){ .stmt = &s->stmts.v[id], .params = params };
	q->work =
		(struct db_work){ .v = &q->call, .n = 1, .begin = begin_question, .row = row_of_question, .owner = q };
	q->result = db_run_wait(s->db, &q->work);
	return q->result == DB_OK && q->err == 0;
}

/* Asks for the leases after `after`. */
static bool ask_page(struct question *q, struct sqlstore *s, const struct ip *after, unsigned max)
{
	struct db_value params[] = { sqlstore_addr_value(s, after), db_number(max) };

	return ask(q, s, SQL_PAGE, params);
}

/* --- the clock --------------------------------------------------------------------- */

static bool measure_clock(struct sqlstore *s)
{
	struct question q = { .err = 0 };

	if (!ask(&q, s, SQL_CLOCK, NULL) || q.n_rows != 1)
		return false;
	(void)sql_clock_measure(&s->clock, q.numbers[0], q.before_us, q.after_us);
	return true;
}

/* --- scan -------------------------------------------------------------------------- */

struct scanning {
	struct store_scan *scan;
	unsigned n;
};

static void scan_one(struct question *q, const struct lease *lease)
{
	struct scanning *scanning = q->ctx;
	struct lease *place = &scanning->scan->v[scanning->n];

	if (lease_copy(scanning->scan->arena, lease, place) < 0)
		q->err = -E_NOMEM;
	else
		scanning->n++;
}

int sqlstore_follow_scan(struct sqlstore *s, struct store_scan *scan)
{
	struct scanning scanning = { .scan = scan };
	struct question q = { .each = scan_one, .ctx = &scanning };
	bool is_last;

	_Static_assert(sizeof(struct ip) == sizeof(scan->place), "a place is an address");
	if (scan->place[0] == UINT64_MAX && scan->place[1] == UINT64_MAX)
		return 0;
	memcpy(&q.last, scan->place, sizeof(q.last));
	scan->v = arena_room(scan->arena, SCAN_PAGE * sizeof(*scan->v));
	if (!scan->v)
		return -E_NOMEM;
	/* Nothing but invalid rows is not the end. */
	do {
		struct ip after = q.last;

		scanning.n = 0;
		if (!ask_page(&q, s, &after, SCAN_PAGE))
			return q.err < 0 ? q.err : -E_SYS;
		is_last = q.n_rows < SCAN_PAGE || ip_cmp(&q.last, &after) <= 0;
	} while (!is_last && !q.n_valid);
	/* What is added meanwhile does not make the walk longer. */
	if (is_last)
		memset(scan->place, 0xff, sizeof(scan->place));
	else
		memcpy(scan->place, &q.last, sizeof(q.last));
	return (int)scanning.n;
}

/* --- following --------------------------------------------------------------------- */

struct follower {
	struct sqlstore *s;
	/* For each lifetime: leases that expire until then were seen; by the database's clock. */
	int64_t until[SQL_LIFETIMES_MAX];
	int64_t released_until; /* the same for leases that were released */
	/* The slow reading: */
	struct ip place;
	bool is_sweeping;
	uint64_t sweep_place;
	uint64_t n_read; /* in this pass */
};

static void note_news(struct question *q, const struct lease *lease)
{
	note(q, lease);
	sqlstore_learn_lifetime(q->s, lease->valid);
}

/* Leases of a state that expire after *until and up to `end`; 0 = any lifetime. Moves *until. */
static bool ask_news(struct follower *f, enum lease_state state, uint32_t lifetime, int64_t end, int64_t *until)
{
	struct question q = { .each = note_news };
	int64_t begin = *until ? *until : end - 60;
	struct db_value params[] = { db_number(state), db_number(begin), db_number(end), db_number(lifetime),
				     db_number(NEWS_MAX) };

	if (!ask(&q, f->s, SQL_NEWS, params))
		return false;
	if (q.n_rows < NEWS_MAX)
		*until = end - OVERLAP_SEC;
	else
		*until = sql_clock_from_boot(&f->s->clock, q.last_expires) - 1;
	return true;
}

static bool follow_news(struct follower *f)
{
	int64_t now = sql_clock_from_boot(&f->s->clock, clock_boot_sec());
	bool is_ok = true;

	for (unsigned i = 0; i < SQL_LIFETIMES_MAX && is_ok; i++) {
		uint32_t sec = atomic_load_explicit(&f->s->lifetimes[i], memory_order_relaxed);

		/* The column of an infinite lease has the time it was granted. */
		if (sec)
			is_ok = ask_news(f, LEASE_DEFAULT, sec, now + 1 + (sec == LEASE_FOREVER ? 0 : sec),
					 &f->until[i]);
	}
	/* A released lease ends when it is released. One that is reclaimed had ended, which was known. */
	return is_ok && ask_news(f, LEASE_RELEASED, 0, now + 1, &f->released_until);
}

/* --- the slow reading -------------------------------------------------------------- */

static void look_again(struct follower *f, const struct ip *v, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct question q = { .each = note };
		struct db_value param = sqlstore_addr_value(f->s, &v[i]);

		if (ask(&q, f->s, SQL_AT, &param) && !q.n_rows)
			(void)sql_index_note(f->s->index, &v[i], q.since, &(struct sql_known){ .held.present = false });
	}
}

static void sweep(struct follower *f)
{
	struct ip *v = xcalloc(SWEEP_MAX, sizeof(*v));
	unsigned n = 0;

	while (!n && f->is_sweeping) {
		f->is_sweeping = sql_index_sweep(f->s->index, &f->sweep_place, v, SWEEP_MAX, &n);
		look_again(f, v, n);
	}
	free(v);
	if (!f->is_sweeping) {
		sql_index_begin_sweep(f->s->index);
		f->n_read = 0;
		memset(&f->place, 0, sizeof(f->place));
	}
}

static uint64_t n_leases(struct sqlstore *s)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < LEASE_STATE_N; i++)
		n += sql_index_count(s->index, (enum lease_state)i);
	return n;
}

static void reread(struct follower *f)
{
	struct question q = { .each = note_news, .last = f->place };
	uint64_t max = n_leases(f->s) * FOLLOW_MS / REREAD_PASS_MS;

	if (f->is_sweeping) {
		sweep(f);
		return;
	}
	max = max < REREAD_PAGE ? REREAD_PAGE : max > REREAD_PAGE_MAX ? REREAD_PAGE_MAX : max;
	if (!ask_page(&q, f->s, &f->place, (unsigned)max))
		return;
	f->n_read += q.n_rows;
	if (q.n_rows < max || ip_cmp(&q.last, &f->place) <= 0) {
		f->is_sweeping = true;
		f->sweep_place = 0;
	}
	f->place = q.last;
}

/* False if it is time to stop. *ret_is_due: not only because of a conflict. */
static bool wait_a_moment(struct sqlstore *s, bool *ret_is_due)
{
	int64_t begin_ms = clock_mono_ms(), now_ms = begin_ms;
	bool stop;

	(void)pthread_mutex_lock(&s->lock);
	for (;; now_ms = clock_mono_ms()) {
		int64_t until_ms = begin_ms + (s->is_hurried ? HURRY_MS : FOLLOW_MS);
		struct timespec until = { .tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000 };

		if (s->stop || now_ms >= until_ms)
			break;
		(void)pthread_cond_timedwait(&s->wake, &s->lock, &until);
	}
	stop = s->stop;
	s->is_hurried = false;
	(void)pthread_mutex_unlock(&s->lock);
	*ret_is_due = now_ms - begin_ms >= FOLLOW_MS;
	return !stop;
}

static void *follow(void *arg)
{
	struct follower f = { .s = arg };
	int64_t looked_ms = clock_mono_ms();
	bool is_due;

	while (wait_a_moment(f.s, &is_due)) {
		if (clock_mono_ms() - looked_ms >= SHARE_MS) {
			sqlstore_share_look(f.s);
			looked_ms = clock_mono_ms();
		}
		if (measure_clock(f.s) && follow_news(&f) && is_due)
			reread(&f);
	}
	return NULL;
}

/* --- opening ----------------------------------------------------------------------- */

static bool failed(struct sqlstore *s, struct str *why, const char *what)
{
	str_addf(why, "%s: ", what);
	db_why(s->db, why);
	return false;
}

/* 0, -E_CONFIG if trying again is of no use, or -E_SYS. */
static int check_schema(struct sqlstore *s, struct str *why)
{
	struct question q = { .numbers = { -1, -1 } };

	if (!ask(&q, s, SQL_VERSION, NULL) && q.result != DB_BAD) {
		(void)failed(s, why, "the version of its schema cannot be read");
		return -E_SYS;
	}
	return db_schema_check(s->kind, q.numbers[0], q.numbers[1], why) ? 0 : -E_CONFIG;
}

static bool fill(struct sqlstore *s, struct str *why)
{
	struct notify_progress progress = notify_progress_now();
	struct question q = { .each = note };
	uint64_t rows = 0;
	struct ip after;

	do {
		after = q.last;
		notify_progress(&progress, "loading leases: %llu rows read", (unsigned long long)rows);
		if (!ask_page(&q, s, &after, FILL_PAGE))
			return failed(s, why, "the leases cannot be read");
		rows += q.n_rows;
	} while (q.n_rows == FILL_PAGE && ip_cmp(&q.last, &after) > 0);
	return true;
}

int sqlstore_follow_open(struct sqlstore *s, struct str *why)
{
	int err = check_schema(s, why);

	if (err < 0)
		return err;
	if (!measure_clock(s)) {
		(void)failed(s, why, "the clock of the database cannot be read");
		return -E_SYS;
	}
	if (!fill(s, why))
		return -E_SYS;
	sqlstore_share_begin(s);
	return 0;
}

void sqlstore_follow_start(struct sqlstore *s)
{
	sql_index_begin_sweep(s->index);
	if (thread_start(&s->follower, follow, s) != 0)
		die_of_memory();
	s->has_follower = true;
}

void sqlstore_follow_stop(struct sqlstore *s)
{
	if (!s->has_follower)
		return;
	(void)pthread_mutex_lock(&s->lock);
	s->stop = true;
	(void)pthread_cond_signal(&s->wake);
	(void)pthread_mutex_unlock(&s->lock);
	(void)pthread_join(s->follower, NULL);
}

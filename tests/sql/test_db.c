/* SPDX-License-Identifier: MPL-2.0 */
/* db/ with a real PostgreSQL and a real MariaDB server; each test runs with both. tests/sql/run starts them. */
#include "../unit/suite.h"
#include "base/clock.h"
#include "base/err.h"
#include "db/db.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum stmt_id {
	DROP,
	CREATE,
	INSERT,
	INSERT_IF_FREE,
	UPDATE,
	SELECT,
	COUNT,
	MISSING,
	SLEEP,
	KILL_ME,
	WRONG_TYPES,
	WRONG_NUMBER,
	STMT_N
};

static const struct db_stmt stmts[STMT_N] = {
	[DROP] = { "drop", { "DROP TABLE IF EXISTS t", "DROP TABLE IF EXISTS t" }, "", "", true },
	[CREATE] = { "create",
		     { "CREATE TABLE t (id BIGINT PRIMARY KEY, b BOOLEAN, t TEXT, x BYTEA, a INET)",
		       "CREATE TABLE t (id BIGINT PRIMARY KEY, b TINYINT(1), t MEDIUMTEXT, x VARBINARY(255), a "
		       "BINARY(16)) "
		       "ENGINE=InnoDB" },
		     "",
		     "",
		     true },
	[INSERT] = { "insert",
		     { "INSERT INTO t VALUES ($1, $2, $3, $4, $5)", "INSERT INTO t VALUES ($1, $2, $3, $4, $5)" },
		     "ibtx6",
		     "",
		     true,
		     { "INSERT INTO t VALUES ", "($1, $2, $3, $4, $5)", ", ", NULL },
		     "INSERT INTO t SELECT c1, c2, c3, c4, c5 FROM unnest($1::bigint[], $2::boolean[], $3::text[], "
		     "$4::bytea[], $5::inet[]) WITH ORDINALITY AS new (c1, c2, c3, c4, c5, n) "
		     "RETURNING array_position($1, t.id)" },
	[INSERT_IF_FREE] = { "insert_if_free",
			     { "INSERT INTO t (id) VALUES ($1) ON CONFLICT DO NOTHING",
			       "INSERT IGNORE INTO t (id) VALUES ($1)" },
			     "i",
			     "",
			     true,
			     { 0 },
			     "INSERT INTO t (id) SELECT c1 FROM unnest($1::bigint[]) AS new (c1) ON CONFLICT DO "
			     "NOTHING "
			     "RETURNING array_position($1, t.id)" },
	[UPDATE] = { "update",
		     { "UPDATE t SET t = $2 WHERE id = $1", "UPDATE t SET t = $2 WHERE id = $1" },
		     "it",
		     "",
		     true,
		     { "UPDATE (", "SELECT $1 AS c1, $2 AS c2", " UNION ALL ",
		       ") AS new STRAIGHT_JOIN t ON id = c1 SET t.t = c2" },
		     "UPDATE t SET t = c2 FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS new (c1, c2, n) "
		     "WHERE "
		     "id = c1 RETURNING n" },
	[SELECT] = { "select",
		     { "SELECT id, b, t, x, a FROM t WHERE id = $1", "SELECT id, b, t, x, a FROM t WHERE id = $1" },
		     "i",
		     "ibtx6",
		     false,
		     { NULL, "(SELECT $0, id, b, t, x, a FROM t WHERE id = $1)", " UNION ALL ", NULL },
		     "SELECT n, t.* FROM unnest($1::bigint[]) WITH ORDINALITY AS new (c1, n), LATERAL (SELECT id, b, "
		     "t, "
		     "x, a FROM t WHERE id = c1 LIMIT 1) AS t" },
	[COUNT] = { "count", { "SELECT count(*) FROM t", "SELECT count(*) FROM t" }, "", "i", false },
	[MISSING] = { "missing", { "SELECT 1 FROM nowhere", "SELECT 1 FROM nowhere" }, "", "i", false },
	[SLEEP] = { "sleep", { "SELECT 1 FROM pg_sleep(30)", "SELECT SLEEP(30)" }, "", "i", false },
	[KILL_ME] = { "kill_me",
		      { "SELECT pg_terminate_backend(pg_backend_pid())::int", "KILL CONNECTION_ID()" },
		      "",
		      "i",
		      true },
	[WRONG_TYPES] = { "wrong_types",
			  { "SELECT 'x', NULL, 5000000000, repeat('x', 101)",
			    "SELECT 'x', NULL, 5000000000, repeat('x', 101)" },
			  "",
			  "iiit",
			  false },
	[WRONG_NUMBER] = { "wrong_number",
			   { "SELECT $1::bigint", "SELECT $1" },
			   "i",
			   "i",
			   true,
			   { NULL, "SELECT 5000, $1", " UNION ALL ", NULL },
			   "SELECT n, 1 FROM unnest($1::bigint[]) AS new (n)" },
};

static struct db *db;

static struct db_conf server_conf(int kind)
{
	static char buf[2][128];
	static const char *hosts[2];
	const char *env = getenv(kind == DB_PGSQL ? "KEA_TEST_PGSQL" : "KEA_TEST_MYSQL");
	char *colon;

	ck_assert_msg(env, "tests/sql/run starts the servers");
	(void)snprintf(buf[kind], sizeof(buf[kind]), "%s", env);
	colon = strrchr(buf[kind], ':');
	*colon = 0;
	hosts[kind] = buf[kind];
	return (struct db_conf){ .kind = (enum db_kind)kind,
				 .hosts = &hosts[kind],
				 .n_hosts = 1,
				 .port = (unsigned)strtoul(colon + 1, NULL, 10),
				 .name = "keatest",
				 .user = "keatest",
				 .password = "keatest",
				 .stmts = stmts,
				 .n_stmts = STMT_N };
}

static enum db_result run1(enum stmt_id id, const struct db_value *params, bool must, uint64_t *ret_n)
{
	struct db_call call = { .stmt = &stmts[id], .params = params, .must = must };
	struct db_work work = { .v = &call, .n = 1 };
	enum db_result result = db_run_wait(db, &work);

	if (ret_n)
		*ret_n = call.n;
	return result;
}

static void keep_number(struct db_work *work, unsigned call, struct db_row *row)
{
	(void)call;
	*(int64_t *)work->owner = db_row_int(row, 0, INT64_MIN, INT64_MAX);
}

static int64_t count(void)
{
	struct db_call call = { .stmt = &stmts[COUNT] };
	int64_t n = -1;
	struct db_work work = { .v = &call, .n = 1, .row = keep_number, .owner = &n };

	ck_assert_int_eq(db_run_wait(db, &work), DB_OK);
	return n;
}

static atomic_uint n_connected, n_lost, n_retried;

static void count_event(void *ctx, enum db_event event, const char *why)
{
	(void)why;
	ck_assert_ptr_eq(ctx, &n_lost);
	atomic_fetch_add(event == DB_CONNECTED ? &n_connected : event == DB_LOST ? &n_lost : &n_retried, 1);
}

static void open_conf(const struct db_conf *conf)
{
	struct str why = { 0 };

	db = db_open(conf);
	ck_assert_msg(db_wait_connected(db, &why) == 0, "%s", str_text(&why));
	ck_assert_int_eq(run1(DROP, NULL, false, NULL), DB_OK);
	ck_assert_int_eq(run1(CREATE, NULL, false, NULL), DB_OK);
}

static void open_db(int kind, unsigned connections, unsigned timeout_ms)
{
	struct db_conf conf = server_conf(kind);

	conf.connections = connections;
	conf.statement_timeout_ms = timeout_ms;
	conf.event = count_event;
	conf.ctx = &n_lost;
	open_conf(&conf);
}

/* --- values ------------------------------------------------------------------------ */

struct read_row {
	int64_t id, b;
	char t[4096], x[512], a[16];
	size_t t_len, x_len, a_len;
	bool nulls[5], err;
	unsigned n;
};

static void keep_row(struct db_work *work, unsigned call, struct db_row *row)
{
	struct read_row *got = work->owner;
	struct bytes text, bytes, address;

	(void)call;
	for (unsigned i = 0; i < 5; i++)
		got->nulls[i] = db_row_is_null(row, i);
	got->id = db_row_int(row, 0, INT64_MIN, INT64_MAX);
	text = db_row_text(row, 2, sizeof(got->t));
	bytes = db_row_bytes(row, 3, sizeof(got->x));
	address = db_row_bytes(row, 4, sizeof(got->a));
	memcpy(got->t, text.data, got->t_len = text.len);
	memcpy(got->x, bytes.data, got->x_len = bytes.len);
	memcpy(got->a, address.data, got->a_len = address.len);
	if (!got->nulls[1])
		got->b = db_row_bool(row, 1);
	got->err = row->err;
	got->n++;
}

static struct read_row read_back(int64_t id)
{
	struct db_value params[] = { db_number(id) };
	struct db_call call = { .stmt = &stmts[SELECT], .params = params };
	struct read_row got = { 0 };
	struct db_work work = { .v = &call, .n = 1, .row = keep_row, .owner = &got };

	ck_assert_int_eq(db_run_wait(db, &work), DB_OK);
	ck_assert_uint_eq(call.n, 1);
	ck_assert_uint_eq(got.n, 1);
	ck_assert(!got.err);
	return got;
}

START_TEST(values_are_read_as_written)
{
	static const char text[] = "it's \"50 %\" \\ \n \xc3\xa4 $1 ; -- x";
	uint8_t all[255], address[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 }, mapped[16] = { 0 };
	struct read_row got;

	open_db(_i, 1, 0);
	for (unsigned i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	{
		struct db_value v[] = { db_number(INT64_MIN), db_number(1), db_string(text),
					db_bytes_value(bytes_of(all, sizeof(all))),
					db_bytes_value(bytes_of(address, 16)) };

		ck_assert_int_eq(run1(INSERT, v, true, NULL), DB_OK);
	}
	got = read_back(INT64_MIN);
	ck_assert_int_eq(got.b, 1);
	ck_assert_uint_eq(got.t_len, strlen(text));
	ck_assert_mem_eq(got.t, text, got.t_len);
	ck_assert_uint_eq(got.x_len, sizeof(all));
	ck_assert_mem_eq(got.x, all, sizeof(all));
	ck_assert_mem_eq(got.a, address, 16);
	{
		struct db_value v[] = { db_number(INT64_MAX), db_number(0), db_string(""),
					db_bytes_value(bytes_of("", 0)), db_bytes_value(bytes_of(mapped, 16)) };

		ck_assert_int_eq(run1(INSERT, v, true, NULL), DB_OK);
	}
	got = read_back(INT64_MAX);
	ck_assert_int_eq(got.b, 0);
	ck_assert_uint_eq(got.t_len + got.x_len, 0);
	ck_assert(!got.nulls[2] && !got.nulls[3]);
	ck_assert_mem_eq(got.a, mapped, 16);
	{
		struct db_value v[] = { db_number(0), db_null(), db_string(NULL), db_null(), db_null() };

		ck_assert_int_eq(run1(INSERT, v, true, NULL), DB_OK);
	}
	got = read_back(0);
	for (unsigned i = 1; i < 5; i++)
		ck_assert(got.nulls[i]);
	db_close(db);
}
END_TEST

static void read_wrong(struct db_work *work, unsigned call, struct db_row *row)
{
	unsigned *errors = work->owner;
	struct db_row fresh = *row;

	(void)call;
	*errors += !fresh.err;
	(void)db_row_int(&fresh, 0, INT64_MIN, INT64_MAX);
	*errors += fresh.err && fresh.err_column == 0;
	fresh = *row;
	(void)db_row_int(&fresh, 1, 0, 9);
	*errors += fresh.err && fresh.err_column == 1;
	fresh = *row;
	(void)db_row_int(&fresh, 2, 0, UINT32_MAX);
	*errors += fresh.err && fresh.err_column == 2;
	fresh = *row;
	(void)db_row_text(&fresh, 3, 100);
	*errors += fresh.err && fresh.err_column == 3;
	(void)db_row_int(&fresh, 2, 0, INT64_MAX);
	*errors += fresh.err && fresh.err_column == 3;
}

START_TEST(wrong_values_are_errors_of_the_row)
{
	struct db_call call = { .stmt = &stmts[WRONG_TYPES] };
	unsigned errors = 0;
	struct db_work work = { .v = &call, .n = 1, .row = read_wrong, .owner = &errors };

	open_db(_i, 1, 0);
	ck_assert_int_eq(db_run_wait(db, &work), DB_OK);
	ck_assert_uint_eq(errors, 6);
	db_close(db);
}
END_TEST

/* --- groups ------------------------------------------------------------------------ */

struct job {
	struct db_call calls[2];
	struct db_value params[2][5];
	struct db_work work;
	atomic_int result; /* -1 until done */
	unsigned rows;
};

static void job_done(struct db_work *work, enum db_result result)
{
	struct job *job = work->owner;

	ck_assert_int_eq(job->result, -1);
	atomic_store(&job->result, (int)result);
}

static void job_begin(struct db_work *work)
{
	((struct job *)work->owner)->rows = 0;
}

static void job_row(struct db_work *work, unsigned call, struct db_row *row)
{
	(void)call;
	(void)row;
	((struct job *)work->owner)->rows++;
}

static struct job *job_new(unsigned n)
{
	struct job *job = xcalloc(1, sizeof(*job));

	for (unsigned i = 0; i < n; i++)
		job->calls[i].params = job->params[i];
	job->work = (struct db_work){
		.v = job->calls, .n = n, .begin = job_begin, .row = job_row, .done = job_done, .owner = job
	};
	atomic_store(&job->result, -1);
	return job;
}

static struct job *insert_job(int64_t id)
{
	struct job *job = job_new(1);

	job->calls[0].stmt = &stmts[INSERT_IF_FREE];
	job->calls[0].must = true;
	job->params[0][0] = db_number(id);
	return job;
}

static int job_wait(struct job *job)
{
	int result;

	while ((result = atomic_load(&job->result)) < 0)
		(void)usleep(200);
	if (result >= DB_FAILED) {
		struct str why = { 0 };

		db_why(db, &why);
		(void)fprintf(stderr, "%s\n", str_text(&why));
		str_free(&why);
	}
	return result;
}

#define PER_THREAD 500

static void *insert_many(void *arg)
{
	struct job **jobs = arg;

	for (unsigned i = 0; i < PER_THREAD; i++)
		ck_assert_int_eq(db_submit(db, &jobs[i]->work), 0);
	return NULL;
}

START_TEST(work_of_many_threads_is_grouped)
{
	struct job *jobs[4 * PER_THREAD];
	pthread_t threads[4];
	struct db_stats stats;

	open_db(_i, 2, 0);
	for (unsigned i = 0; i < 4 * PER_THREAD; i++)
		jobs[i] = insert_job(i);
	for (unsigned i = 0; i < 4; i++)
		(void)pthread_create(&threads[i], NULL, insert_many, &jobs[(size_t)i * PER_THREAD]);
	for (unsigned i = 0; i < 4; i++)
		(void)pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < 4 * PER_THREAD; i++) {
		ck_assert_int_eq(job_wait(jobs[i]), DB_OK);
		free(jobs[i]);
	}
	ck_assert_int_eq(count(), 4 * PER_THREAD);
	db_get_stats(db, &stats);
	ck_assert_uint_eq(stats.pending, 0);
	ck_assert_msg(stats.groups < 4 * PER_THREAD / 4, "%u groups", (unsigned)stats.groups);
	db_close(db);
}
END_TEST

/* Every tenth id is taken, every seventeenth statement is wrong: only these fail, wherever they are in a group. */
START_TEST(failures_stay_with_their_work)
{
	struct job *jobs[400];

	open_db(_i, 1, 0);
	for (unsigned i = 0; i < 400; i += 10) {
		struct db_value id = db_number(i);

		ck_assert_int_eq(run1(INSERT_IF_FREE, &id, true, NULL), DB_OK);
	}
	for (unsigned i = 0; i < 400; i++) {
		jobs[i] = insert_job(i);
		if (i % 17 == 0)
			jobs[i]->calls[0].stmt = &stmts[MISSING];
	}
	for (unsigned i = 0; i < 400; i++)
		ck_assert_int_eq(db_submit(db, &jobs[i]->work), 0);
	for (unsigned i = 0; i < 400; i++) {
		int expected = i % 17 == 0 ? DB_BAD : i % 10 == 0 ? DB_CONFLICT : DB_OK;

		ck_assert_msg(job_wait(jobs[i]) == expected, "%u: %d instead of %d", i, jobs[i]->result, expected);
		free(jobs[i]);
	}
	db_close(db);
}
END_TEST

START_TEST(work_is_done_as_a_whole_or_not_at_all)
{
	struct job *job;
	struct read_row got;

	open_db(_i, 1, 0);
	for (int id = 1; id <= 2; id++) {
		struct db_value v = db_number(id);

		ck_assert_int_eq(run1(INSERT_IF_FREE, &v, true, NULL), DB_OK);
	}
	for (unsigned wrong = 0; wrong < 2; wrong++) {
		job = job_new(2);
		for (unsigned i = 0; i < 2; i++) {
			job->calls[i].stmt = &stmts[i == wrong ? UPDATE : INSERT_IF_FREE];
			job->calls[i].must = true;
			job->params[i][0] = db_number(i == wrong ? 99 : 50);
			job->params[i][1] = db_string("new");
		}
		ck_assert_int_eq(db_submit(db, &job->work), 0);
		ck_assert_int_eq(job_wait(job), DB_CONFLICT);
		ck_assert_int_eq(count(), 2);
		free(job);
	}
	job = job_new(2);
	for (unsigned i = 0; i < 2; i++) {
		job->calls[i].stmt = &stmts[UPDATE];
		job->calls[i].must = true;
		job->params[i][0] = db_number(i + 1);
		job->params[i][1] = db_string("both");
	}
	ck_assert_int_eq(db_submit(db, &job->work), 0);
	ck_assert_int_eq(job_wait(job), DB_OK);
	got = read_back(2);
	ck_assert_mem_eq(got.t, "both", 4);
	/* A row that is changed to what it was counts as changed. */
	{
		struct db_value v[] = { db_number(2), db_string("both") };

		ck_assert_int_eq(run1(UPDATE, v, true, NULL), DB_OK);
	}
	free(job);
	db_close(db);
}
END_TEST

#define BATCH 300 /* calls: more than one statement has */

static void note_id(struct db_work *work, unsigned call, struct db_row *row)
{
	int64_t *ids = work->owner;

	ck_assert_uint_lt(call, BATCH);
	ck_assert_int_eq(ids[call], 0);
	ids[call] = db_row_int(row, 0, 1, BATCH);
}

/* The same statement many times: the database gets fewer statements, and every call its own result. */
START_TEST(calls_of_one_statement_have_results_of_their_own)
{
	static struct db_value numbers[BATCH][5];
	static struct db_call calls[BATCH];
	int64_t ids[BATCH] = { 0 };
	struct db_work work = { .v = calls, .n = BATCH, .row = note_id, .owner = ids };

	open_db(_i, 1, 0);
	for (unsigned i = 0; i < BATCH; i++) {
		numbers[i][0] = db_number(i + 1);
		for (unsigned k = 1; k < 5; k++)
			numbers[i][k] = db_null();
		calls[i] = (struct db_call){ .stmt = &stmts[INSERT], .params = numbers[i], .must = true };
	}
	calls[7].params = numbers[8];
	ck_assert_int_eq(db_run_wait(db, &work), DB_CONFLICT);
	ck_assert_int_eq(count(), 0);
	/* Every second row. */
	for (unsigned i = 0; i < BATCH; i += 2)
		calls[i / 2] = (struct db_call){ .stmt = &stmts[INSERT], .params = numbers[i] };
	work.n = BATCH / 2;
	ck_assert_int_eq(db_run_wait(db, &work), DB_OK);
	for (unsigned i = 0; i < BATCH / 2; i++)
		ck_assert_uint_eq(calls[i].n, 1);
	for (unsigned i = 0; i < BATCH; i++)
		calls[i] = (struct db_call){ .stmt = &stmts[SELECT], .params = numbers[i] };
	work.n = BATCH;
	ck_assert_int_eq(db_run_wait(db, &work), DB_OK);
	for (unsigned i = 0; i < BATCH; i++) {
		ck_assert_uint_eq(calls[i].n, i % 2 == 0);
		ck_assert_int_eq(ids[i], i % 2 == 0 ? i + 1 : 0);
	}
	/* Some of the rows exist. */
	for (unsigned i = 0; i < BATCH; i++) {
		numbers[i][1] = db_string("changed");
		calls[i] = (struct db_call){ .stmt = &stmts[UPDATE], .params = numbers[i] };
	}
	ck_assert_int_eq(db_run_wait(db, &work), DB_OK);
	for (unsigned i = 0; i < BATCH; i++)
		ck_assert_uint_eq(calls[i].n, i % 2 == 0);
	for (unsigned i = 0; i < BATCH; i++)
		calls[i].must = i % 2 == 0;
	for (unsigned i = 0; i < BATCH / 2; i++)
		calls[i] = calls[2 * i];
	work.n = BATCH / 2;
	ck_assert_int_eq(db_run_wait(db, &work), DB_OK);
	db_close(db);
}
END_TEST

static void keep_rows(struct db_work *work, unsigned call, struct db_row *row)
{
	struct db_work one = { .owner = (struct read_row *)work->owner + call };

	keep_row(&one, 0, row);
}

/* Values of every type, the empty ones and NULL, in one statement. */
START_TEST(values_of_many_calls_are_read_as_written)
{
	uint8_t address[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	struct db_value v[3][5] = {
		{ db_number(INT64_MIN), db_number(1), db_string("a'\"\\,{}\xc3\xa4"),
		  db_bytes_value(bytes_of("\0\xff\\", 3)), db_bytes_value(bytes_of(address, 16)) },
		{ db_number(-1), db_number(0), db_string(""), db_bytes_value(bytes_of("", 0)),
		  db_bytes_value(bytes_of("\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\2", 16)) },
		{ db_number(INT64_MAX), db_null(), db_null(), db_null(), db_null() },
	};
	struct read_row got[3] = { 0 };
	struct db_call calls[3];
	struct db_work work = { .v = calls, .n = 3, .row = keep_rows, .owner = got };

	open_db(_i, 1, 0);
	for (unsigned i = 0; i < 3; i++)
		calls[i] = (struct db_call){ .stmt = &stmts[INSERT], .params = v[i], .must = true };
	ck_assert_int_eq(db_run_wait(db, &work), DB_OK);
	for (unsigned i = 0; i < 3; i++)
		calls[i] = (struct db_call){ .stmt = &stmts[SELECT], .params = v[i] };
	ck_assert_int_eq(db_run_wait(db, &work), DB_OK);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_uint_eq(got[i].n, 1);
		ck_assert(!got[i].err);
		ck_assert_int_eq(got[i].id, v[i][0].number);
		ck_assert_int_eq(got[i].b, v[i][1].number);
		for (unsigned k = 1; k < 5; k++)
			ck_assert_int_eq(got[i].nulls[k], v[i][k].is_null);
		ck_assert_uint_eq(got[i].t_len, v[i][2].bytes.len);
		ck_assert_int_eq(memcmp(got[i].t, v[i][2].bytes.len ? v[i][2].bytes.data : address, got[i].t_len), 0);
		ck_assert_uint_eq(got[i].x_len, v[i][3].bytes.len);
		ck_assert_int_eq(memcmp(got[i].x, v[i][3].bytes.len ? v[i][3].bytes.data : address, got[i].x_len), 0);
		ck_assert_uint_eq(got[i].a_len, v[i][4].bytes.len);
		ck_assert_int_eq(memcmp(got[i].a, v[i][4].bytes.len ? v[i][4].bytes.data : address, got[i].a_len), 0);
	}
	db_close(db);
}
END_TEST

/* Two works of a group insert one row: the first one does, and the others of the group are not disturbed. */
START_TEST(one_row_is_inserted_once)
{
	struct job *jobs[20];
	unsigned n = 0;

	open_db(_i, 1, 0);
	for (unsigned i = 0; i < 20; i++) {
		jobs[i] = insert_job(i < 2 ? 1 : i);
		jobs[i]->calls[0].must = false;
	}
	for (unsigned i = 0; i < 20; i++)
		ck_assert_int_eq(db_submit(db, &jobs[i]->work), 0);
	for (unsigned i = 0; i < 20; i++) {
		ck_assert_int_eq(job_wait(jobs[i]), DB_OK);
		n += jobs[i]->calls[0].n;
		ck_assert_uint_eq(jobs[i]->calls[0].n, i != 1);
		free(jobs[i]);
	}
	ck_assert_uint_eq(n, 19);
	ck_assert_int_eq(count(), 19);
	db_close(db);
}
END_TEST

/* A result that belongs to no call: what was done is not known. */
START_TEST(rows_with_a_wrong_number_are_an_error)
{
	struct db_value numbers[2] = { db_number(7), db_number(-1) };
	struct db_call calls[2] = { { .stmt = &stmts[WRONG_NUMBER], .params = &numbers[0] },
				    { .stmt = &stmts[WRONG_NUMBER], .params = &numbers[1] } };
	struct db_work work = { .v = calls, .n = 2 };
	struct db_value id = db_number(1);

	open_db(_i, 1, 0);
	ck_assert_int_eq(db_run_wait(db, &work), DB_UNKNOWN);
	/* On a new connection. */
	for (unsigned i = 0; i < 1000 && run1(INSERT_IF_FREE, &id, false, NULL) != DB_OK; i++)
		(void)usleep(10000);
	ck_assert_int_eq(count(), 1);
	db_close(db);
}
END_TEST

/* Two connections change two rows in opposite order, again and again. */
START_TEST(deadlocks_are_retried)
{
	struct job *jobs[400];

	open_db(_i, 2, 20000);
	for (int id = 1; id <= 2; id++) {
		struct db_value v = db_number(id);

		ck_assert_int_eq(run1(INSERT_IF_FREE, &v, true, NULL), DB_OK);
	}
	for (unsigned i = 0; i < 400; i++) {
		jobs[i] = job_new(2);
		for (unsigned k = 0; k < 2; k++) {
			jobs[i]->calls[k].stmt = &stmts[UPDATE];
			jobs[i]->calls[k].must = true;
			jobs[i]->params[k][0] = db_number(1 + (i + k) % 2);
			jobs[i]->params[k][1] = db_string("x");
		}
		ck_assert_int_eq(db_submit(db, &jobs[i]->work), 0);
		if (i % 3 == 0)
			(void)usleep(500);
	}
	for (unsigned i = 0; i < 400; i++) {
		ck_assert_msg(job_wait(jobs[i]) == DB_OK, "%u: %d", i, jobs[i]->result);
		free(jobs[i]);
	}
	db_close(db);
}
END_TEST

/* More than both sides' socket buffers hold, in both directions. */
START_TEST(large_groups_do_not_block)
{
	struct job *jobs[500];
	char *big = xmalloc(65001);

	memset(big, 'b', 65000);
	big[65000] = 0;
	open_db(_i, 1, 30000);
	{
		struct db_value v[] = { db_number(1), db_null(), db_string(big), db_null(), db_null() };

		ck_assert_int_eq(run1(INSERT, v, true, NULL), DB_OK);
	}
	for (unsigned i = 0; i < 500; i++) {
		jobs[i] = job_new(2);
		jobs[i]->calls[0].stmt = &stmts[SELECT];
		jobs[i]->params[0][0] = db_number(1);
		jobs[i]->calls[1].stmt = &stmts[i % 10 ? SELECT : UPDATE];
		jobs[i]->params[1][0] = db_number(1);
		jobs[i]->params[1][1] = db_string(big);
		ck_assert_int_eq(db_submit(db, &jobs[i]->work), 0);
	}
	for (unsigned i = 0; i < 500; i++) {
		ck_assert_msg(job_wait(jobs[i]) == DB_OK, "%u: %d", i, jobs[i]->result);
		ck_assert_uint_eq(jobs[i]->rows, i % 10 ? 2 : 1);
		free(jobs[i]);
	}
	free(big);
	db_close(db);
}
END_TEST

/* --- failing databases ------------------------------------------------------------- */

START_TEST(slow_statements_fail_alone)
{
	struct job *slow, *quick;
	int64_t begin_ms;
	int result;

	open_db(_i, 2, 1000);
	slow = job_new(1);
	slow->calls[0].stmt = &stmts[SLEEP];
	begin_ms = clock_mono_ms();
	ck_assert_int_eq(db_submit(db, &slow->work), 0);
	(void)usleep(100000);
	quick = insert_job(7);
	ck_assert_int_eq(db_submit(db, &quick->work), 0);
	ck_assert_int_eq(job_wait(quick), DB_OK);
	ck_assert_int_lt(clock_mono_ms() - begin_ms, 900);
	result = job_wait(slow);
	ck_assert_msg(result == DB_FAILED, "%d", result);
	ck_assert_int_lt(clock_mono_ms() - begin_ms, 10000);
	ck_assert_int_eq(count(), 1);
	free(slow);
	free(quick);
	db_close(db);
}
END_TEST

/* Writes whose response is lost are unknown; reads are repeated on the next connection. */
START_TEST(lost_connections_come_back)
{
	struct job *reader;
	struct db_stats stats;
	enum db_result result;

	open_db(_i, 1, 3000);
	result = run1(KILL_ME, NULL, false, NULL);
	ck_assert_msg(result == DB_UNKNOWN || result == DB_FAILED, "%d", (int)result);
	for (unsigned i = 0; i < 100 && !db_is_connected(db); i++)
		(void)usleep(50000);
	reader = job_new(1);
	reader->calls[0].stmt = &stmts[COUNT];
	ck_assert_int_eq(db_submit(db, &reader->work), 0);
	ck_assert_int_eq(job_wait(reader), DB_OK);
	db_get_stats(db, &stats);
	ck_assert_uint_eq(stats.connects, 2);
	free(reader);
	db_close(db);
	ck_assert_uint_eq(n_connected, 2);
	ck_assert_uint_eq(n_lost, 1);
}
END_TEST

START_TEST(without_a_server_work_is_refused)
{
	static const char *nowhere[] = { "127.0.0.1" };
	struct db_conf conf = server_conf(_i);
	struct job *job = insert_job(1);
	struct str why = { 0 };

	conf.hosts = nowhere;
	conf.port = 1;
	conf.event = count_event;
	conf.ctx = &n_lost;
	db = db_open(&conf);
	ck_assert_int_eq(db_wait_connected(db, &why), -E_CLOSED);
	ck_assert_msg(strstr(str_text(&why), "refused") || strstr(str_text(&why), "127.0.0.1"), "%s", str_text(&why));
	ck_assert_int_eq(db_submit(db, &job->work), -E_CLOSED);
	ck_assert_int_eq(job->result, -1);
	str_free(&why);
	free(job);
	db_close(db);
	ck_assert_uint_gt(n_retried, 0);
}
END_TEST

START_TEST(hosts_are_tried_in_order)
{
	struct db_conf conf = server_conf(_i);
	const char *hosts[] = { "/nonexistent", conf.hosts[0] };

	conf.hosts = hosts;
	conf.n_hosts = 2;
	open_conf(&conf);
	ck_assert_int_eq(count(), 0);
	db_close(db);
}
END_TEST

START_TEST(a_wrong_password_has_a_reason)
{
	struct db_conf conf = server_conf(_i);
	struct str why = { 0 };

	conf.password = "wrong";
	db = db_open(&conf);
	ck_assert_int_eq(db_wait_connected(db, &why), -E_CLOSED);
	ck_assert_msg(strstr(str_text(&why), "keatest") && !strstr(str_text(&why), "wrong"), "%s", str_text(&why));
	str_free(&why);
	db_close(db);
}
END_TEST

START_TEST(closing_finishes_everything_once)
{
	struct job *jobs[300];
	unsigned n = 0;

	open_db(_i, 1, 5000);
	for (unsigned i = 0; i < 300; i++) {
		jobs[i] = insert_job(i);
		n += db_submit(db, &jobs[i]->work) == 0;
	}
	db_close(db);
	ck_assert_uint_eq(n, 300);
	for (unsigned i = 0; i < 300; i++) {
		ck_assert_int_ge(jobs[i]->result, 0);
		free(jobs[i]);
	}
}
END_TEST

START_TEST(too_much_pending_work_is_refused)
{
	struct db_conf conf = server_conf(_i);
	struct job *jobs[100];
	unsigned busy = 0;

	conf.max_pending = 10;
	conf.statement_timeout_ms = 5000;
	open_conf(&conf);
	for (unsigned i = 0; i < 100; i++) {
		jobs[i] = insert_job(i);
		if (db_submit(db, &jobs[i]->work) == -E_BUSY) {
			busy++;
			atomic_store(&jobs[i]->result, DB_OK);
		}
	}
	ck_assert_uint_gt(busy, 0);
	for (unsigned i = 0; i < 100; i++) {
		ck_assert_int_eq(job_wait(jobs[i]), DB_OK);
		free(jobs[i]);
	}
	db_close(db);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("db");

	tcase_set_timeout(tc, 120);
#define BOTH(test) tcase_add_loop_test(tc, test, 0, DB_KIND_N)
	BOTH(values_are_read_as_written);
	BOTH(wrong_values_are_errors_of_the_row);
	BOTH(work_of_many_threads_is_grouped);
	BOTH(failures_stay_with_their_work);
	BOTH(work_is_done_as_a_whole_or_not_at_all);
	BOTH(calls_of_one_statement_have_results_of_their_own);
	BOTH(values_of_many_calls_are_read_as_written);
	BOTH(one_row_is_inserted_once);
	BOTH(rows_with_a_wrong_number_are_an_error);
	BOTH(deadlocks_are_retried);
	BOTH(large_groups_do_not_block);
	BOTH(slow_statements_fail_alone);
	BOTH(lost_connections_come_back);
	BOTH(without_a_server_work_is_refused);
	BOTH(hosts_are_tried_in_order);
	BOTH(a_wrong_password_has_a_reason);
	BOTH(closing_finishes_everything_once);
	BOTH(too_much_pending_work_is_refused);
	return suite_run(tc);
}

/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The queue of a database and the threads that empty it. A thread owns one connection: it connects, takes a group
 * from the queue, runs it, runs again what another's failure undid, and reports. pgsql.c and mysql.c talk to the
 * libraries.
 */
#include "db/db.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/thread.h"
#include "db/conn.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <time.h>

#define TRIES_MAX 5   /* of one work */
#define GRACE_MS 500  /* for the server to report its own statement timeout, before the connection is given up */
#define PATIENCE_MS 1 /* after a group has begun, before the next one of its kind does */
#define IDLE_MS 1000  /* how often an idle connection is looked at */
#define RECONNECT_FIRST_MS 100
#define RECONNECT_MAX_MS 2000

/*
 * Reads wait for no writes: a group of writes ends with a sync of the database's disk, and waits for locks of others.
 * So the two are never in one group, and some connections are left to reads.
 */
enum kind { READS, WRITES, KIND_N };

struct thread {
	struct db *db;
	pthread_t id;
	struct db_conn *conn;  /* changed by the thread with the lock */
	struct queue *running; /* of its group, if that counts there */
};

struct queue {
	struct db_work *head, **tail;
	unsigned n_running; /* groups */
	int64_t last_us;    /* when the last one began */
};

struct db {
	struct db_conf conf;
	char **strings; /* copies of what conf points to */
	unsigned n_strings;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;  /* work was queued, or stop */
	pthread_cond_t news;  /* a connection attempt ended */
	pthread_cond_t pause; /* stop; of threads that cannot connect: work is not for them */
	struct queue queues[KIND_N];
	unsigned pending;
	unsigned n_connected;
	unsigned n_attempts; /* ended */
	bool stop;
	struct str why;
	struct db_stats stats;
	struct thread *threads;
	pthread_mutex_t events_lock; /* held while an event is reported; guards was_connected */
	bool was_connected;
};

/* What the program was built with. */
static const struct db_conn_ops *const kinds[DB_KIND_N] = {
#ifdef HAVE_PGSQL
	[DB_PGSQL] = &db_pgsql_ops,
#endif
#ifdef HAVE_MYSQL
	[DB_MYSQL] = &db_mysql_ops,
#endif
};

/* --- lists of work ----------------------------------------------------------------- */

bool db_work_writes(const struct db_work *work)
{
	for (unsigned i = 0; i < work->n; i++)
		if (work->v[i].stmt->writes)
			return true;
	return false;
}

void db_settle(struct db_work *list, int outcome, int outcome_of_writes)
{
	for (; list; list = list->next)
		if (list->outcome == OUTCOME_NONE)
			list->outcome = db_work_writes(list) ? outcome_of_writes : outcome;
}

static void finish(struct db *db, struct db_work *work, enum db_result result)
{
	(void)pthread_mutex_lock(&db->lock);
	db->pending--;
	db->stats.works++;
	db->stats.calls += work->n;
	(void)pthread_mutex_unlock(&db->lock);
	work->done(work, result);
}

static void finish_all(struct db *db, struct db_work *list, enum db_result result)
{
	while (list) {
		struct db_work *next = list->next;

		finish(db, list, result);
		list = next;
	}
}

/* With the lock held: everything that is queued, whose deadline has passed if `late_only`. */
static struct db_work *take_queued(struct db *db, bool late_only)
{
	struct db_work *taken = NULL, **taken_tail = &taken;
	int64_t now = clock_mono_ms();

	for (int kind = 0; kind < KIND_N; kind++) {
		struct db_work **at = &db->queues[kind].head;

		while (*at) {
			struct db_work *work = *at;

			if (late_only && work->deadline_ms > now) {
				at = &work->next;
				continue;
			}
			*at = work->next;
			work->next = NULL;
			*taken_tail = work;
			taken_tail = &work->next;
		}
		db->queues[kind].tail = at;
	}
	return taken;
}

/* With the lock held. */
static bool is_queued(const struct db *db)
{
	return db->queues[READS].head || db->queues[WRITES].head;
}

/* With the lock held: something is queued, and not too many connections are busy with what is of its kind. */
static bool may_run(const struct db *db, enum kind kind)
{
	unsigned max = db->conf.connections;

	if (kind == WRITES && max > 1)
		max /= 2;
	return db->queues[kind].head && db->queues[kind].n_running < max;
}

/*
 * With the lock held. Soon after a group has begun, the next one is left to grow: a database nearby needs less time for
 * it than for two, and one far away is not waited for.
 */
static bool may_take(const struct db *db, enum kind kind, int64_t now_us)
{
	const struct queue *queue = &db->queues[kind];

	return may_run(db, kind) && (!queue->n_running || now_us - queue->last_us >= PATIENCE_MS * 1000);
}

/* With the lock held: where the next group is; NULL if there is nothing to do now. */
static struct queue *next_queue(struct db *db)
{
	struct queue *reads = &db->queues[READS], *writes = &db->queues[WRITES];
	int64_t now_us = clock_mono_us();

	if (!may_take(db, WRITES, now_us))
		return may_take(db, READS, now_us) ? reads : NULL;
	if (!may_take(db, READS, now_us))
		return writes;
	return writes->head->deadline_ms < reads->head->deadline_ms ? writes : reads;
}

/* With the lock held. */
static struct db_work *take_group(struct thread *t)
{
	struct db *db = t->db;
	struct queue *queue = next_queue(db);
	struct db_work *group, *last = NULL;
	unsigned n = 0;

	if (!queue)
		return NULL;
	group = queue->head;
	for (struct db_work *work = group; work && (!n || n + work->n <= db->conf.group_max); work = work->next) {
		n += work->n;
		last = work;
	}
	queue->head = last->next;
	if (!queue->head)
		queue->tail = &queue->head;
	last->next = NULL;
	t->running = queue;
	queue->n_running++;
	queue->last_us = clock_mono_us();
	/* What is left is for another thread. */
	if (is_queued(db))
		(void)pthread_cond_signal(&db->wake);
	return group;
}

/* Also before the group has ended, if its thread connects first: that takes long, and others have connections. */
static void end_group(struct thread *t)
{
	struct db *db = t->db;

	(void)pthread_mutex_lock(&db->lock);
	if (t->running)
		t->running->n_running--;
	t->running = NULL;
	if (is_queued(db))
		(void)pthread_cond_signal(&db->wake);
	(void)pthread_mutex_unlock(&db->lock);
}

/* --- a connection's thread --------------------------------------------------------- */

/* With the lock held. */
static void keep_why(struct db *db, const char *why)
{
	str_reset(&db->why);
	str_add(&db->why, why);
}

/*
 * Reports whether there is a connection, if that is news, or else that another attempt failed. With several threads,
 * what is reported last is true.
 */
static void say(struct db *db, bool has_failed, const char *why)
{
	bool is_connected;

	if (!db->conf.event)
		return;
	(void)pthread_mutex_lock(&db->events_lock);
	is_connected = db_is_connected(db);
	if (is_connected != db->was_connected)
		db->conf.event(db->conf.ctx, is_connected ? DB_CONNECTED : DB_LOST, why);
	else if (has_failed && !is_connected)
		db->conf.event(db->conf.ctx, DB_RETRIED, why);
	db->was_connected = is_connected;
	(void)pthread_mutex_unlock(&db->events_lock);
}

static void drop_connection(struct thread *t)
{
	struct db *db = t->db;
	struct db_conn *conn = t->conn;

	(void)pthread_mutex_lock(&db->lock);
	t->conn = NULL;
	db->n_connected--;
	keep_why(db, str_text(&conn->why));
	(void)pthread_mutex_unlock(&db->lock);
	say(db, false, str_text(&conn->why));
	conn->ops->close(conn);
}

static bool connect_once(struct thread *t)
{
	struct db *db = t->db;
	struct db_work *failed = NULL;
	struct str why = { 0 };
	struct db_conn *conn = kinds[db->conf.kind]->open(&db->conf, &why);

	(void)pthread_mutex_lock(&db->lock);
	t->conn = conn;
	if (conn) {
		db->n_connected++;
		db->stats.connects++;
	} else if (!db->n_connected) {
		failed = take_queued(db, false);
	}
	if (!conn)
		keep_why(db, str_text(&why));
	db->n_attempts++;
	(void)pthread_cond_broadcast(&db->news);
	(void)pthread_mutex_unlock(&db->lock);
	finish_all(db, failed, DB_FAILED);
	/* Of several threads that fail one counts, so that the number of attempts does not depend on theirs. */
	say(db, !conn && t == db->threads, str_text(&why));
	str_free(&why);
	return conn;
}

/* Returns false if it must stop. */
static bool connect_at_last(struct thread *t)
{
	struct db *db = t->db;
	unsigned wait = db->conf.reconnect_wait_ms ? db->conf.reconnect_wait_ms : RECONNECT_FIRST_MS;

	for (;;) {
		int64_t until;
		bool stop;

		(void)pthread_mutex_lock(&db->lock);
		stop = db->stop;
		(void)pthread_mutex_unlock(&db->lock);
		if (stop)
			return false;
		if (connect_once(t))
			return true;
		until = clock_mono_ms() + wait;
		(void)pthread_mutex_lock(&db->lock);
		for (int64_t now = clock_mono_ms(); !db->stop && now < until; now = clock_mono_ms())
			cond_wait_ms(&db->pause, &db->lock, until - now);
		(void)pthread_mutex_unlock(&db->lock);
		if (!db->conf.reconnect_wait_ms)
			wait = wait * 2 < RECONNECT_MAX_MS ? wait * 2 : RECONNECT_MAX_MS;
	}
}

void db_begin(struct db_work *list, const struct db_work *end)
{
	for (; list != end; list = list->next) {
		list->outcome = OUTCOME_NONE;
		for (unsigned i = 0; i < list->n; i++)
			list->v[i].n = 0;
		if (list->begin)
			list->begin(list);
	}
}

/* Reports what is settled; returns what must run again. */
static struct db_work *report(struct db *db, struct db_work *list)
{
	struct db_work *again = NULL, **tail = &again;
	int64_t now = clock_mono_ms();

	while (list) {
		struct db_work *work = list;

		list = work->next;
		work->next = NULL;
		assert(work->outcome != OUTCOME_NONE);
		if (work->outcome != OUTCOME_AGAIN) {
			finish(db, work, (enum db_result)work->outcome);
		} else if (work->tries >= TRIES_MAX || work->deadline_ms <= now) {
			finish(db, work, DB_FAILED);
		} else {
			*tail = work;
			tail = &work->next;
		}
	}
	return again;
}

static void run_group(struct thread *t, struct db_work *list)
{
	struct db *db = t->db;
	bool is_one = true;

	while (list) {
		bool is_usable;

		for (struct db_work *work = list; work; work = work->next)
			work->tries++;
		db_begin(list, NULL);
		str_reset(&t->conn->why);
		is_usable = t->conn->ops->run(t->conn, list, is_one,
					      clock_mono_ms() + db->conf.statement_timeout_ms + GRACE_MS);
		(void)pthread_mutex_lock(&db->lock);
		db->stats.groups++;
		if (t->conn->why.len)
			keep_why(db, str_text(&t->conn->why));
		(void)pthread_mutex_unlock(&db->lock);
		list = report(db, list);
		is_one = false;
		if (!is_usable) {
			drop_connection(t);
			end_group(t);
		}
		if (!list)
			return;
		(void)pthread_mutex_lock(&db->lock);
		for (struct db_work *work = list; work; work = work->next)
			db->stats.retries++;
		(void)pthread_mutex_unlock(&db->lock);
		if (!is_usable && !connect_once(t)) {
			finish_all(db, list, DB_FAILED);
			return;
		}
	}
}

/* Without a request to it: nothing can be expected from a connection that the other end has closed. */
static bool is_alive(struct db_conn *conn)
{
	struct pollfd fd = { .fd = conn->ops->fd(conn), .events = POLLRDHUP };

	if (poll(&fd, 1, 0) <= 0)
		return true;
	str_reset(&conn->why);
	str_add(&conn->why, "the connection was closed");
	return false;
}

static void *serve(void *arg)
{
	struct thread *t = arg;
	struct db *db = t->db;

	for (;;) {
		struct db_work *group, *late;
		bool stop, is_idle;

		if (!t->conn && !connect_at_last(t))
			break;
		(void)pthread_mutex_lock(&db->lock);
		if (!next_queue(db) && !db->stop)
			cond_wait_ms(&db->wake, &db->lock,
				     may_run(db, READS) || may_run(db, WRITES) ? PATIENCE_MS : IDLE_MS);
		stop = db->stop;
		is_idle = !is_queued(db);
		late = take_queued(db, true);
		group = stop ? NULL : take_group(t);
		(void)pthread_mutex_unlock(&db->lock);
		finish_all(db, late, DB_FAILED);
		if (stop)
			break;
		if (group) {
			run_group(t, group);
			end_group(t);
		} else if (is_idle && !is_alive(t->conn)) {
			drop_connection(t);
		}
	}
	if (t->conn)
		t->conn->ops->close(t->conn);
	return NULL;
}

/* --- callers ----------------------------------------------------------------------- */

static const char *keep(struct db *db, const char *text)
{
	if (!text)
		return NULL;
	db->strings = xrealloc(db->strings, (db->n_strings + 1) * sizeof(*db->strings));
	db->strings[db->n_strings] = xstrdup(text);
	return db->strings[db->n_strings++];
}

static void copy_conf(struct db *db, const struct db_conf *conf)
{
	const char **hosts = xcalloc(conf->n_hosts ? conf->n_hosts : 1, sizeof(*hosts));
	struct db_conf *own = &db->conf;

	*own = *conf;
	for (unsigned i = 0; i < conf->n_hosts; i++)
		hosts[i] = keep(db, conf->hosts[i]);
	own->hosts = hosts;
	own->name = keep(db, conf->name);
	own->user = keep(db, conf->user);
	own->password = keep(db, conf->password);
	own->trust_anchor = keep(db, conf->trust_anchor);
	own->cert_file = keep(db, conf->cert_file);
	own->key_file = keep(db, conf->key_file);
	own->cipher_list = keep(db, conf->cipher_list);
	own->connect_timeout_ms = conf->connect_timeout_ms ? conf->connect_timeout_ms : 5000;
	own->statement_timeout_ms = conf->statement_timeout_ms ? conf->statement_timeout_ms : 5000;
	own->connections = conf->connections ? conf->connections : 1;
	own->max_pending = conf->max_pending ? conf->max_pending : 65536;
	own->group_max = conf->group_max ? conf->group_max : 512;
}

bool db_is_built(enum db_kind kind)
{
	return kinds[kind];
}

struct db *db_open(const struct db_conf *conf)
{
	struct db *db = xcalloc(1, sizeof(*db));

	assert(kinds[conf->kind]);
	if (kinds[conf->kind]->init)
		kinds[conf->kind]->init();
	copy_conf(db, conf);
	for (int kind = 0; kind < KIND_N; kind++)
		db->queues[kind].tail = &db->queues[kind].head;
	(void)pthread_mutex_init(&db->lock, NULL);
	(void)pthread_mutex_init(&db->events_lock, NULL);
	cond_init(&db->wake);
	cond_init(&db->news);
	cond_init(&db->pause);
	db->threads = xcalloc(db->conf.connections, sizeof(*db->threads));
	for (unsigned i = 0; i < db->conf.connections; i++) {
		db->threads[i].db = db;
		if (thread_start(&db->threads[i].id, serve, &db->threads[i]) != 0)
			die_of_memory();
	}
	return db;
}

int db_wait_connected(struct db *db, struct str *why)
{
	int err;

	(void)pthread_mutex_lock(&db->lock);
	while (!db->n_connected && !db->n_attempts)
		(void)pthread_cond_wait(&db->news, &db->lock);
	err = db->n_connected ? 0 : -E_CLOSED;
	(void)pthread_mutex_unlock(&db->lock);
	if (err < 0)
		db_why(db, why);
	return err;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	(void)pthread_mutex_lock(&db->lock);
	db->stop = true;
	(void)pthread_cond_broadcast(&db->wake);
	(void)pthread_cond_broadcast(&db->pause);
	(void)pthread_mutex_unlock(&db->lock);
	for (unsigned i = 0; i < db->conf.connections; i++)
		(void)pthread_join(db->threads[i].id, NULL);
	finish_all(db, take_queued(db, false), DB_FAILED);
	for (unsigned i = 0; i < db->n_strings; i++)
		free(db->strings[i]);
	free(db->strings);
	free((void *)db->conf.hosts);
	free(db->threads);
	str_free(&db->why);
	(void)pthread_cond_destroy(&db->wake);
	(void)pthread_cond_destroy(&db->news);
	(void)pthread_cond_destroy(&db->pause);
	(void)pthread_mutex_destroy(&db->events_lock);
	(void)pthread_mutex_destroy(&db->lock);
	free(db);
}

int db_submit(struct db *db, struct db_work *work)
{
	struct queue *queue = &db->queues[db_work_writes(work) ? WRITES : READS];
	int err = 0;

	assert(work->n && work->done);
	work->next = NULL;
	work->tries = 0;
	work->deadline_ms = clock_mono_ms() + db->conf.statement_timeout_ms;
	(void)pthread_mutex_lock(&db->lock);
	if (db->stop || !db->n_connected) {
		err = -E_CLOSED;
	} else if (db->pending >= db->conf.max_pending) {
		err = -E_BUSY;
	} else {
		if (!queue->head)
			(void)pthread_cond_signal(&db->wake);
		*queue->tail = work;
		queue->tail = &work->next;
		db->pending++;
	}
	(void)pthread_mutex_unlock(&db->lock);
	return err;
}

struct waiter {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool is_done;
	enum db_result result;
	struct db_work *work; /* the caller's */
	struct db_work own;   /* what is queued instead */
};

static void begin_waiting(struct db_work *own)
{
	struct db_work *work = ((struct waiter *)own->owner)->work;

	if (work->begin)
		work->begin(work);
}

static void row_for_waiter(struct db_work *own, unsigned call, struct db_row *row)
{
	struct db_work *work = ((struct waiter *)own->owner)->work;

	work->row(work, call, row);
}

static void wake_waiter(struct db_work *own, enum db_result result)
{
	struct waiter *waiter = own->owner;

	(void)pthread_mutex_lock(&waiter->lock);
	waiter->result = result;
	waiter->is_done = true;
	(void)pthread_cond_signal(&waiter->cond);
	(void)pthread_mutex_unlock(&waiter->lock);
}

enum db_result db_run_wait(struct db *db, struct db_work *work)
{
	struct waiter waiter = { .lock = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER, .work = work };

	waiter.own = (struct db_work){ .v = work->v,
				       .n = work->n,
				       .begin = begin_waiting,
				       .row = work->row ? row_for_waiter : NULL,
				       .done = wake_waiter,
				       .owner = &waiter };
	if (db_submit(db, &waiter.own) < 0)
		return DB_FAILED;
	(void)pthread_mutex_lock(&waiter.lock);
	while (!waiter.is_done)
		(void)pthread_cond_wait(&waiter.cond, &waiter.lock);
	(void)pthread_mutex_unlock(&waiter.lock);
	return waiter.result;
}

void db_why(struct db *db, struct str *out)
{
	(void)pthread_mutex_lock(&db->lock);
	str_add(out, str_text(&db->why));
	(void)pthread_mutex_unlock(&db->lock);
}

bool db_is_connected(struct db *db)
{
	bool is_connected;

	(void)pthread_mutex_lock(&db->lock);
	is_connected = db->n_connected;
	(void)pthread_mutex_unlock(&db->lock);
	return is_connected;
}

void db_get_stats(struct db *db, struct db_stats *ret)
{
	(void)pthread_mutex_lock(&db->lock);
	*ret = db->stats;
	ret->pending = db->pending;
	(void)pthread_mutex_unlock(&db->lock);
}

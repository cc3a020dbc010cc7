/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/database.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/thread.h"
#include "daemon/check_leases.h"
#include "host/chain.h"
#include "host/sql.h"
#include "io/notify.h"
#include "lease/cached.h"
#include "lease/memfile.h"
#include "log/log.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

/* How long to wait for a file that is being closed. */
#define CLOSING_LOOKS 50
#define CLOSING_LOOK_MS 20
/* While a database is opened. */
#define LOOK_MS 2
/* Pauses between attempts at the start, if the configuration has none; as in db/. */
#define RETRY_FIRST_MS 100
#define RETRY_MAX_MS 2000

/* --- a file ------------------------------------------------------------------------ */

static struct leasedb *open_file(const struct database_env *env, const struct config *cfg, char **reterr)
{
	const struct database_conf *db = cfg->global.lease_database;
	struct store_conf conf = {
		.type = "memfile",
		.family = (int)env->fam->idx,
		.path = cfg->lease_file,
		.persist = db->persist,
		.sync = db->sync == SYNC_GROUP,
		.max_row_errors = db->max_row_errors,
	};
	struct store *store = NULL;
	int err;

	/*
	 * The last requests of an earlier configuration are still pending, or have just ended: a post to this thread
	 * closes the database then.
	 */
	for (unsigned i = 0; (err = store_open(&conf, &store, reterr)) == -E_AGAIN && i < CLOSING_LOOKS; i++) {
		free(*reterr);
		*reterr = NULL;
		loop_run_posts(env->loop);
		(void)usleep(CLOSING_LOOK_MS * 1000);
	}
	if (err < 0) {
		LOG(DHCPSRV_MEMFILE_FAILED_TO_OPEN, *reterr ? *reterr : err_text(err));
		return NULL;
	}
	err = check_leases_wait(store, env->fam, cfg);
	if (err < 0) {
		if (asprintf(reterr, "the leases cannot be read: %s", err_text(err)) < 0)
			*reterr = NULL;
		store_close(store);
		return NULL;
	}
	return leasedb_new(store);
}

/* --- waiting ----------------------------------------------------------------------- */

/* An attempt to open a database, in a thread. */
struct opening {
	void (*run)(struct opening *opening); /* sets err and, if it fails, why */
	void (*failed)(const struct outage *outage, const char *why);
	int err; /* -E_CONFIG: trying again is of no use */
	struct str why;
	atomic_bool is_done;
};

static void *run(void *arg)
{
	struct opening *opening = arg;

	opening->run(opening);
	atomic_store(&opening->is_done, true);
	return NULL;
}

/* Keeps the service manager informed, and lets configurations that are no longer in use be freed. */
static void look_after(const struct database_env *env)
{
	if (notify_watchdog_us())
		(void)notify_watchdog();
	loop_run_posts(env->loop);
	(void)usleep(LOOK_MS * 1000);
}

static void run_aside(const struct database_env *env, struct opening *opening)
{
	pthread_t thread;

	atomic_store(&opening->is_done, false);
	if (thread_start(&thread, run, opening) != 0) {
		opening->run(opening);
		return;
	}
	while (!atomic_load(&opening->is_done))
		look_after(env);
	(void)pthread_join(thread, NULL);
}

/* True if a signal to end arrived; the loop will handle it. */
static bool must_stop(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1);
}

/* "retry-on-startup": counts an attempt that failed, and waits. Returns false if it was the last. */
static bool may_try_again(const struct database_env *env, struct outage_state *state, const struct database_conf *conf)
{
	unsigned wait_ms = conf->reconnect_wait_time;
	int64_t until;

	if (!env->is_start || !conf->retry_on_startup || outage_next(state, DB_RETRIED) & OUTAGE_EXIT)
		return false;
	if (!wait_ms)
		wait_ms = state->tries > 4 ? RETRY_MAX_MS : RETRY_FIRST_MS << (state->tries - 1);
	for (until = clock_mono_ms() + wait_ms; clock_mono_ms() < until && !must_stop();)
		look_after(env);
	return !must_stop();
}

/* systemd limits the time until the server is ready, and it is: it waits. */
static void report_waiting(const struct outage *outage, const char *why)
{
	(void)notify_ready("waiting for the %s database %s: %s", outage->what, outage->db_name, why);
}

/* Tries as often as the configuration permits. */
static bool open_patiently(const struct database_env *env, const struct database_conf *conf,
			   const struct outage *outage, struct opening *opening)
{
	struct outage_state state = { .on_fail = conf->on_fail, .tries_max = conf->max_reconnect_tries };

	for (;;) {
		str_reset(&opening->why);
		run_aside(env, opening);
		if (opening->err == 0)
			return true;
		opening->failed(outage, str_text(&opening->why));
		if (opening->err == -E_CONFIG || !may_try_again(env, &state, conf))
			return false;
		report_waiting(outage, str_text(&opening->why));
	}
}

/* --- leases over SQL --------------------------------------------------------------- */

struct opening_leases {
	struct opening opening;
	struct store_conf conf;
	struct store *store;
};

static void open_leases(struct opening *opening)
{
	struct opening_leases *leases = container_of(opening, struct opening_leases, opening);
	char *why = NULL;

	opening->err = store_open(&leases->conf, &leases->store, &why);
	if (opening->err < 0)
		str_add(&opening->why, why ? why : err_text(opening->err));
	free(why);
}

static void leases_failed(const struct outage *outage, const char *why)
{
	LOG(DHCPSRV_LEASE_MGR_DB_OPEN_CONNECTION_WITH_RETRY_FAILED, outage->kind, outage->db_name, why);
}

static void end_outage(void *outage)
{
	outage_free(outage);
}

static struct leasedb *open_sql(const struct database_env *env, const struct config *cfg, char **reterr)
{
	const struct sql_database *sql = cfg->lease_sql;
	struct outage *outage = outage_new(env->loop, sql->conf, "lease", env->outage, env->ctx);
	struct db_conf db = sql->db;
	struct opening_leases leases = {
		.opening = { .run = open_leases, .failed = leases_failed },
		.conf = { .type = outage->kind, .family = (int)env->fam->idx, .db = &db },
	};
	struct leasedb *ret = NULL;

	db.event = outage_event;
	db.ctx = outage;
	if (open_patiently(env, sql->conf, outage, &leases.opening)) {
		if (sql->conf->on_fail == ON_FAIL_CACHED)
			leases.store = store_cached_new(leases.store, leases.conf.family);
		ret = leasedb_new(leases.store);
		ret->closed = end_outage;
		ret->closed_ctx = outage;
	} else {
		*reterr = xstrdup(str_text(&leases.opening.why));
		outage_free(outage);
	}
	str_free(&leases.opening.why);
	return ret;
}

struct leasedb *database_open(const struct database_env *env, const struct config *cfg, char **reterr)
{
	struct str types = { 0 };

	*reterr = NULL;
	for (unsigned i = 0; store_backends[i]; i++)
		str_addf(&types, "%s%s", i ? " " : "", store_backends[i]->name);
	LOG(DHCPSRV_LEASE_MGR_BACKENDS_REGISTERED, str_text(&types));
	str_free(&types);
	return cfg->lease_sql ? open_sql(env, cfg, reterr) : open_file(env, cfg, reterr);
}

/* --- equal settings --------------------------------------------------------------- */

static bool same_hosts(const struct db_conf *a, const struct db_conf *b)
{
	if (a->n_hosts != b->n_hosts)
		return false;
	for (unsigned i = 0; i < a->n_hosts; i++)
		if (strcmp(a->hosts[i], b->hosts[i]) != 0)
			return false;
	return true;
}

/* True if nothing has changed that a database in use would have to be opened again for. */
static bool same_sql(const struct sql_database *one, const struct sql_database *two)
{
	const struct db_conf *a = &one->db, *b = &two->db;

	return a->kind == b->kind && same_hosts(a, b) && a->port == b->port && str_equal(a->name, b->name) &&
	       str_equal(a->user, b->user) && str_equal(a->password, b->password) &&
	       str_equal(a->trust_anchor, b->trust_anchor) && str_equal(a->cert_file, b->cert_file) &&
	       str_equal(a->key_file, b->key_file) && str_equal(a->cipher_list, b->cipher_list) &&
	       a->ssl_mode == b->ssl_mode && a->connect_timeout_ms == b->connect_timeout_ms &&
	       a->read_timeout_ms == b->read_timeout_ms && a->write_timeout_ms == b->write_timeout_ms &&
	       a->statement_timeout_ms == b->statement_timeout_ms && a->tcp_user_timeout_ms == b->tcp_user_timeout_ms &&
	       a->connections == b->connections && a->reconnect_wait_ms == b->reconnect_wait_ms &&
	       one->conf->on_fail == two->conf->on_fail &&
	       one->conf->max_reconnect_tries == two->conf->max_reconnect_tries;
}

/* --- reservations ------------------------------------------------------------------ */

struct opening_hosts {
	struct opening opening;
	struct host_source *source;
};

static void wait_hosts(struct opening *opening)
{
	struct opening_hosts *hosts = container_of(opening, struct opening_hosts, opening);

	opening->err = host_sql_wait_ready(hosts->source, &opening->why);
}

static void hosts_failed(const struct outage *outage, const char *why)
{
	LOG(DHCPSRV_HOST_MGR_DB_OPEN_CONNECTION_WITH_RETRY_FAILED, outage->kind, outage->db_name, why);
}

struct host_outages {
	struct outage *v[HOST_CHAIN_MAX];
	unsigned n;
};

/* The outage of such a database of the configuration in service; NULL if it has none. */
static const struct outage *outage_before(const struct config *before, const struct sql_database *sql)
{
	const struct host_outages *outages = before ? before->hosts_ctx : NULL;

	for (unsigned i = 0; outages && i < outages->n; i++)
		if (same_sql(&before->hosts_sql[i], sql))
			return outages->v[i];
	return NULL;
}

/*
 * Returns the source, or NULL with the reason. What is open already is known to be right: if it cannot be reached now,
 * that is no reason to refuse the configuration, or to wait.
 */
static struct host_source *open_hosts(const struct database_env *env, struct config *cfg, const struct config *before,
				      const struct sql_database *sql, struct outage *outage, char **reterr)
{
	struct opening_hosts hosts = { .opening = { .run = wait_hosts, .failed = hosts_failed } };
	const struct outage *known = outage_before(before, sql);
	struct db_conf db = sql->db;
	struct host_sql_conf conf = {
		.db = &db,
		.family = (int)env->fam->idx,
		.readonly = sql->conf->readonly,
		.unique = cfg->global.ip_reservations_unique,
		.encode = config_host_options,
		.subnet = config_host_subnet,
		.ctx = cfg,
	};

	db.event = outage_event;
	db.ctx = outage;
	hosts.source = host_sql_open(&conf);
	if (!(known && known->state.is_down) && !open_patiently(env, sql->conf, outage, &hosts.opening) && !known) {
		host_source_close(hosts.source);
		hosts.source = NULL;
		*reterr = xstrdup(str_text(&hosts.opening.why));
	}
	str_free(&hosts.opening.why);
	return hosts.source;
}

static void end_host_outages(void *ctx)
{
	struct host_outages *outages = ctx;

	for (unsigned i = 0; i < outages->n; i++)
		outage_free(outages->v[i]);
	free(outages);
}

static void keep_hosts(struct config *cfg)
{
	if (cfg->keeps_hosts && cfg->hosts)
		cfg->keeper = host_keeper_new(cfg->hosts, cfg->max_kept_hosts);
}

int database_open_hosts(const struct database_env *env, struct config *cfg, const struct config *before, char **reterr)
{
	struct host_source *v[HOST_CHAIN_MAX];
	struct host_outages *outages;
	unsigned n = 0;

	*reterr = NULL;
	if (!cfg->n_hosts_sql) {
		keep_hosts(cfg);
		return 0;
	}
	outages = xcalloc(1, sizeof(*outages));
	cfg->hosts_closed = end_host_outages;
	cfg->hosts_ctx = outages;
	if (cfg->hosts)
		v[n++] = cfg->hosts;
	for (unsigned i = 0; i < cfg->n_hosts_sql && n < HOST_CHAIN_MAX; i++) {
		struct outage *outage = outage_new(env->loop, cfg->hosts_sql[i].conf, "host", env->outage, env->ctx);

		outages->v[outages->n++] = outage;
		v[n] = open_hosts(env, cfg, before, &cfg->hosts_sql[i], outage, reterr);
		if (!v[n])
			break;
		n++;
	}
	cfg->hosts = n > 1 ? host_chain_new(v, n) : n ? v[0] : NULL;
	keep_hosts(cfg);
	return *reterr ? -E_SYS : 0;
}

/* --- the open database ------------------------------------------------------------- */

bool database_is_same(const struct leasedb *db, const struct config *old, const struct config *cfg)
{
	const struct database_conf *conf = cfg->global.lease_database;
	const char *path;
	char *resolved;
	bool same;

	if (old->lease_sql || cfg->lease_sql)
		return old->lease_sql && cfg->lease_sql && same_sql(old->lease_sql, cfg->lease_sql);
	path = memfile_path(db->store);
	if (old->global.lease_database->persist != conf->persist)
		return false;
	if (!conf->persist || !path || strcmp(old->lease_file, cfg->lease_file) == 0)
		return true;
	resolved = realpath(cfg->lease_file, NULL);
	same = resolved && strcmp(resolved, path) == 0;
	free(resolved);
	return same;
}

void database_adjust(struct leasedb *db, const struct config *cfg)
{
	if (!cfg->lease_sql)
		memfile_set_sync(db->store, cfg->global.lease_database->sync == SYNC_GROUP);
}

static bool is_file(const struct leasedb *db)
{
	return db->store->ops == &memfile_ops;
}

const char *database_name(const struct leasedb *db, char *buf, size_t size)
{
	const struct outage *outage = db->closed_ctx;
	const char *path = is_file(db) ? memfile_path(db->store) : NULL;

	if (is_file(db))
		(void)snprintf(buf, size, "%s%s", path ? "the file " : "memory only", path ? path : "");
	else
		(void)snprintf(buf, size, "the %s database %s", outage->kind, outage->db_name);
	return buf;
}

uint64_t database_leases(const struct leasedb *db)
{
	struct store_stats stats;

	store_get_stats(db->store, &stats);
	return stats.leases;
}

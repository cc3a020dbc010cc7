/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Start, reload and stop. A reload prepares everything before it changes anything: configuration, log files,
 * sockets, free maps; then each worker switches over between two turns, and pending requests finish with the
 * configuration they started with.
 */
#include "daemon/daemon.h"

#include "api/api.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/heap.h"
#include "base/thread.h"
#include "io/caps.h"
#include "io/notify.h"
#include "ctl/library.h"
#include "json/diag.h"
#include "log/config.h"
#include "log/log.h"
#include "daemon/agent.h"
#include "daemon/database.h"
#include "daemon/own_log.h"
#include "daemon/subscribers.h"
#include "serve/explain.h"
#include "serve/family.h"
#include "serve/grant.h"
#include "serve/slots.h"

#include <errno.h>
#include <unistd.h>

#define SLOTS_MIN 2048      /* pending requests per worker: they wait for the disk together */
#define RECLAIM_SOON_MS 100 /* delay between finding a pool exhausted and reclaiming expired leases */
#define FLUSH_MORE_MS 50    /* between slices of reclaimed leases if there are more */
#define STATUS_MS 10000
#define SUBNET_LINES_MAX 100
#define DRAIN_MS 2000 /* how long shutdown waits for pending responses */

/* --- configuration --- */

static void log_diag(void *ctx, enum diag_kind kind, const char *line)
{
	struct daemon *d = ctx;

	if (kind == DIAG_ERROR) {
		LOGF(d->fam->idx, DHCPx_PARSER_FAIL, line);
		if (d->why)
			str_addf(d->why, "%s%s", d->why->len ? "\n" : "", line);
	} else
		LOGF(d->fam->idx, DHCPx_CONFIG_SYNTAX_WARNING, line);
}

struct config *daemon_load_config(struct daemon *d)
{
	unsigned flags = CONFIG_SERVE | (d->opts.relaxed ? CONFIG_RELAXED : 0);
	struct config *cfg = NULL;
	struct diag *diag = NULL;
	int err;

	LOGF(d->fam->idx, DHCPx_CONFIG_START, d->opts.config_file);
	err = config_load_file(d->opts.config_file, d->fam->digit, flags, &diag, &cfg);

	if (err < 0 && !d->sockets.live && !d->opts.verbose)
		own_log_open(d->fam, d->opts.config_file, flags);
	diag_each(diag, log_diag, d);
	if (err == 0)
		cfg = changes_replay(&d->changes, cfg, diag, flags);
	if (err < 0) {
		struct str why = { 0 };

		diag_reason(diag, &why);
		LOGF(d->fam->idx, DHCPx_CONFIG_LOAD_FAIL, d->opts.config_file, str_text(&why));
		str_free(&why);
	}
	diag_free(diag);
	/* The text of the file was freed with the diagnostics. */
	heap_settle();
	return cfg;
}

static void report_built_in(const struct config *cfg)
{
	const struct hooks_library_conf *libraries = cfg->global.hooks_libraries.v;

	for (unsigned i = 0; i < cfg->global.hooks_libraries.n; i++)
		if (ctl_library_is_built_in(libraries[i].library))
			LOG(HOOKS_LIBRARY_BUILT_IN, libraries[i].library);
}

static void report_config(const struct daemon *d, const struct config *cfg)
{
	char prefix[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < cfg->plan.n && i < SUBNET_LINES_MAX; i++)
		LOGF(d->fam->idx, DHCPSRV_CFGMGR_NEW_SUBNETx, prefix_format(&cfg->plan.subs[i].prefix, prefix),
		     cfg->plan.subs[i].id, lifetime_granted(&cfg->plan.subs[i].par.valid, 0));
	report_built_in(cfg);
	LOGF(d->fam->idx, DHCPx_CONFIG_COMPLETE, cfg->summary);
}

static void use_sender(struct daemon *d, const struct config *cfg)
{
	if (ncr_sender_use(d->srv.sender, &cfg->ncr_target) < 0)
		LOGF(d->fam->idx, DHCPx_DDNS_REQUEST_SEND_FAILED, "any address", "no thread can be started");
}

/* --- workers --- */

static void on_batch(struct worker *worker, struct dgram *v, unsigned n)
{
	serve_worker_batch(worker->user, v, n);
}

static void on_turn(struct worker *worker)
{
	serve_worker_flush(worker->user);
}

/* --- timers --- */

static void reclaim_now(struct daemon *d)
{
	uint32_t wait = d->sockets.live->cfg->global.expired_leases_processing->reclaim_timer_wait_time;

	/* From here on the next rejected client requests reclaiming again: once per run, not once per client. */
	atomic_store(&d->srv.want_reclaim, false);
	reclaim_use_dns(d->reclaim, d->srv.sender, d->sockets.live->cfg);
	(void)reclaim_slice(d->reclaim, d->db->store, d->sockets.live->hooks,
			    d->sockets.live->cfg->global.expired_leases_processing);
	if (wait)
		loop_timer_start(d->loop, &d->reclaim_timer, (int64_t)wait * 1000);
}

static void reclaim_tick(void *ctx)
{
	reclaim_now(ctx);
}

/*
 * A pool is exhausted: reclaim now, but at most ten times a second. This also applies if the timer is disabled:
 * an expired lease is available to any client that needs it. Repeated requests must not postpone the run they
 * wait for.
 */
static void reclaim_wanted(struct post *post)
{
	struct daemon *d = container_of(post, struct daemon, reclaim_post);
	const struct timer *timer = &d->reclaim_timer;

	if (!timer_is_running(timer) || timer->due_us > clock_boot_us() + RECLAIM_SOON_MS * 1000)
		loop_timer_start(d->loop, &d->reclaim_timer, RECLAIM_SOON_MS);
}

/* The lease database has found the leases that reclaim_slice() or reclaim_flush() asked for. */
static void reclaim_found(struct post *post)
{
	struct daemon *d = container_of(post, struct daemon, found_post);
	bool is_flush;
	unsigned n;

	reclaim_use_dns(d->reclaim, d->srv.sender, d->sockets.live->cfg);
	n = reclaim_resume(d->reclaim, d->db->store, d->sockets.live->hooks, &is_flush);
	if (is_flush && n == RECLAIM_SLICE_MAX)
		loop_timer_start(d->loop, &d->flush_timer, FLUSH_MORE_MS);
}

static void wake_to_reclaim(void *ctx)
{
	struct daemon *d = ctx;

	loop_post(d->loop, &d->found_post);
}

static void wake_main(struct server *srv)
{
	struct daemon *d = container_of(srv, struct daemon, srv);

	loop_post(d->loop, &d->reclaim_post);
}

static void flush_tick(void *ctx)
{
	struct daemon *d = ctx;
	uint32_t wait = d->sockets.live->cfg->global.expired_leases_processing->flush_reclaimed_timer_wait_time;

	if (!wait)
		return;
	/* A full slice: there are more leases, and they must not pile up. */
	if (reclaim_flush(d->reclaim, d->db->store, d->sockets.live->cfg->global.expired_leases_processing) ==
	    RECLAIM_SLICE_MAX)
		loop_timer_start(d->loop, &d->flush_timer, FLUSH_MORE_MS);
	else
		loop_timer_start(d->loop, &d->flush_timer, (int64_t)wait * 1000);
}

#define SERVING_MAX (2 * COUNT_TEXT_MAX + 8)

/* Writes "2 subnets on 1 interface" to buf of SERVING_MAX. */
static const char *serving(const struct daemon *d, char *buf)
{
	char subnets[COUNT_TEXT_MAX], ifaces[COUNT_TEXT_MAX];

	(void)snprintf(buf, SERVING_MAX, "%s on %s", str_count(subnets, d->sockets.live->cfg->plan.n, "subnet"),
		       str_count(ifaces, d->sockets.n_ifaces, "interface"));
	return buf;
}

void daemon_status(const struct daemon *d, struct str *out)
{
	char what[SERVING_MAX], leases[COUNT_TEXT_MAX];
	struct store_stats stats;

	store_get_stats(d->db->store, &stats);
	str_addf(out, "serving %s; %s; %.0f req/s%s%s%s%s", serving(d, what),
		 str_count(leases, store_count(d->db->store, LEASE_DEFAULT), "lease"), d->requests_per_sec,
		 d->last_reload[0] ? "; last reload " : "", d->last_reload,
		 stats.failing ? "; LEASES CANNOT BE STORED: " : "", stats.failing ? stats.why : "");
}

static void status_tick(void *ctx)
{
	struct daemon *d = ctx;
	int64_t now_ms = clock_boot_ms(), received = stat_sum(STAT_RECEIVED);
	struct str text = { 0 };

	sockets_note_overload(&d->sockets);
	d->requests_per_sec = 0;
	if (now_ms > d->last_status_ms)
		d->requests_per_sec =
			(double)(received - d->last_received) * 1000 / (double)(now_ms - d->last_status_ms);
	d->last_received = received;
	d->last_status_ms = now_ms;
	daemon_status(d, &text);
	(void)notify_status("%s", str_text(&text));
	str_free(&text);
	loop_timer_start(d->loop, &d->status_timer, STATUS_MS);
}

static void watchdog_tick(void *ctx)
{
	struct daemon *d = ctx;

	(void)notify_watchdog();
	loop_timer_start(d->loop, &d->watchdog_timer, (int64_t)(notify_watchdog_us() / 2000));
}

static void start_timers(struct daemon *d)
{
	const struct expired_leases_processing_conf *conf = d->sockets.live->cfg->global.expired_leases_processing;

	if (conf->reclaim_timer_wait_time)
		loop_timer_start(d->loop, &d->reclaim_timer, (int64_t)conf->reclaim_timer_wait_time * 1000);
	else
		loop_timer_stop(d->loop, &d->reclaim_timer);
	if (conf->flush_reclaimed_timer_wait_time)
		loop_timer_start(d->loop, &d->flush_timer, (int64_t)conf->flush_reclaimed_timer_wait_time * 1000);
	else
		loop_timer_stop(d->loop, &d->flush_timer);
	lfc_use(d->lfc, d->db->store);
	lfc_set_history(d->lfc, d->sockets.live->cfg->global.lease_database->history_size);
	lfc_set_interval(d->lfc, d->sockets.live->cfg->global.lease_database->lfc_interval);
}

static void service_changed(void *ctx, bool is_disabled)
{
	struct daemon *d = ctx;

	atomic_store(&d->srv.is_disabled, is_disabled);
	if (is_disabled)
		LOGF(d->fam->idx, DHCPx_SERVICE_DISABLED);
	else
		LOGF(d->fam->idx, DHCPx_SERVICE_ENABLED);
}

/* --- databases that cannot be reached --- */

static const char *until_connected(enum database_on_fail on_fail)
{
	switch (on_fail) {
	case ON_FAIL_STOP_EXIT:
		return "no client gets a response until it is back";
	case ON_FAIL_SERVE_EXIT:
	case ON_FAIL_SERVE:
		return "messages that do not need it are answered";
	case ON_FAIL_CACHED:
		return "known leases are renewed for the time that is stored";
	}
	return "";
}

static void end_for_database(struct daemon *d, const struct outage *outage)
{
	if (outage->state.tries_max)
		LOGF(d->fam->idx, DHCPx_FATAL_DB_RECONNECT_FAILED, outage->what, outage->db_name, outage->kind,
		     outage->state.tries_max);
	else
		LOGF(d->fam->idx, DHCPx_FATAL_DB_RECONNECT_DISABLED, outage->what, outage->db_name, outage->kind);
	d->exit_value = 1;
	loop_stop(d->loop);
}

/* Always at first, then at powers of two. */
static bool is_worth_a_line(uint32_t tries)
{
	return tries <= 4 || (tries & (tries - 1)) == 0;
}

static void stop_for_database(struct daemon *d, int change)
{
	d->n_stopped += change;
	if (d->n_stopped)
		(void)origins_disable(&d->origins, ORIGIN_DATABASE, 0);
	else
		origins_enable(&d->origins, ORIGIN_DATABASE);
}

static void on_outage(void *ctx, struct outage *outage, unsigned actions)
{
	struct daemon *d = ctx;

	if (d->is_stopping)
		return;
	if (actions & OUTAGE_BEGINS)
		LOGF(d->fam->idx, DHCPx_DB_RECONNECT_LOST_CONNECTION, outage->what, outage->db_name, outage->kind,
		     outage->why, until_connected(outage->state.on_fail));
	if (actions & OUTAGE_TRIED && is_worth_a_line(outage->state.tries))
		LOGF(d->fam->idx, DHCPx_DB_RECONNECT_ATTEMPT_FAILED, outage->what, outage->db_name, outage->kind,
		     outage->state.tries, outage->why);
	if (actions & OUTAGE_NO_MORE && outage->state.tries_max)
		LOGF(d->fam->idx, DHCPx_DB_RECONNECT_FAILED, outage->what, outage->db_name, outage->kind,
		     outage->state.tries_max);
	if (actions & OUTAGE_ENDS)
		LOGF(d->fam->idx, DHCPx_DB_RECONNECT_SUCCEEDED, outage->what, outage->db_name, outage->kind);
	if (actions & OUTAGE_STOP)
		stop_for_database(d, 1);
	if (actions & OUTAGE_RESUME)
		stop_for_database(d, -1);
	if (actions & OUTAGE_EXIT)
		end_for_database(d, outage);
}

static struct database_env database_env(struct daemon *d, bool is_start)
{
	return (struct database_env){
		.fam = d->fam, .loop = d->loop, .is_start = is_start, .outage = on_outage, .ctx = d
	};
}

/* --- start --- */

static void free_unused(struct live *live)
{
	if (!live->is_unused || live->n_held)
		return;
	live_free(live);
	/* Two configurations were in memory; the memory of one is free now. */
	heap_settle();
}

static void free_live_post(struct post *post)
{
	struct live *live = container_of(post, struct live, post);

	live->is_unused = true;
	free_unused(live);
}

struct live *daemon_hold(struct daemon *d)
{
	d->n_held++;
	d->sockets.live->n_held++;
	return d->sockets.live;
}

void daemon_release(struct daemon *d, struct live *live)
{
	d->n_held--;
	live->n_held--;
	free_unused(live);
}

/* Posted by the last worker that had a request with it; it is freed in the main thread. */
static void live_unused(struct live *live)
{
	struct daemon *d = live->owner;

	live->post.fn = free_live_post;
	loop_post(d->loop, &live->post);
}

static struct live *make_live(struct daemon *d, struct leasedb *db, struct config *cfg)
{
	struct live *live = live_new(&d->srv, db, cfg);

	if (!live) {
		LOGF(d->fam->idx, DHCPx_CONFIG_LOAD_FAIL, d->opts.config_file, "the leases cannot be read");
		return NULL;
	}
	live->owner = d;
	live->unused = live_unused;
	return live;
}

static unsigned count_threads(const struct config *cfg)
{
	const struct multi_threading_conf *conf = cfg->global.multi_threading;
	unsigned cpus = thread_cpus();

	if (!conf->enable_multi_threading)
		return 1;
	if (conf->thread_pool_size)
		return conf->thread_pool_size;
	/* The kernel's packet processing and the journal need a core as well, as measured with tests/bench. */
	return cpus > 1 ? cpus - 1 : 1;
}

static int init_fail(struct daemon *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int init_fail(struct daemon *d, const char *fmt, ...)
{
	char why[512 + FILE_WHY_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	LOGF(d->fam->idx, DHCPx_INIT_FAIL, why);
	return -E_CONFIG;
}

static int take_pidfile(struct daemon *d)
{
	char path[512], why[FILE_WHY_MAX];
	pid_t owner = 0;
	int err;

	if (pidfile_path(d->opts.config_file, d->fam->program, path, sizeof(path)) < 0)
		return init_fail(d, "the path of the pid file is too long");
	err = pidfile_take(path, &d->pidfile, &owner);
	if (err == -E_BUSY) {
		LOGF(d->fam->idx, DHCPx_ALREADY_RUNNING, d->fam->program, (int)owner, path);
		return err;
	}
	if (err < 0)
		return init_fail(d, "cannot write the pid file %s: %s", path, file_why(path, W_OK, why));
	return 0;
}

static int start_workers(struct daemon *d)
{
	struct worker_conf conf = {
		.batch = on_batch,
		.turn = on_turn,
		.buf_size = (uint32_t)d->fam->datagram_max,
	};
	static struct worker_conf kept;
	unsigned i;

	kept = conf;
	d->workers = workers_new(&kept, d->srv.n_workers);
	if (!d->workers)
		return init_fail(d, "cannot create %u workers: %s", d->srv.n_workers, strerror(errno));
	for (i = 0; i < d->srv.n_workers; i++) {
		struct worker *worker = workers_get(d->workers, i);

		worker->user = &d->srv.workers[i];
		d->srv.workers[i].io = worker;
	}
	if (workers_start(d->workers) < 0)
		return init_fail(d, "cannot start threads: %s", strerror(errno));
	return 0;
}

/* The server has no interfaces: not configured yet, or misconfigured. */
static void report_no_interfaces(struct daemon *d, const struct config *cfg)
{
	if (cfg->plan.n)
		LOG(DHCPSRV_NO_SOCKETS_OPEN);
	else
		LOGF(d->fam->idx, DHCPx_NOTHING_CONFIGURED);
}

static int start_sockets(struct daemon *d, struct live *live)
{
	const struct config *cfg = live->cfg;
	struct opened opened;
	char why[512];

	if (cfg->n_listen && !caps_check(config_is_raw(cfg), d->srv.server_port, why, sizeof(why)))
		return init_fail(d, "%s", why);
	d->sockets = (struct sockets){
		.srv = &d->srv,
		.workers = d->workers,
		.loop = d->loop,
		.stats = d->stats,
		.live = live,
	};
	/* Watch first, so that changes during opening are noticed. */
	if (sockets_watch(&d->sockets) < 0)
		return init_fail(d, "cannot watch interfaces: %s", strerror(errno));
	if (sockets_open(&d->sockets, cfg, true, &opened) < 0)
		return init_fail(d, "the configured sockets could not be opened");
	sockets_use(&d->sockets, live, &opened);
	if (!cfg->n_listen)
		report_no_interfaces(d, cfg);
	else if (!d->sockets.n_ifaces)
		LOGF(d->fam->idx, DHCPx_OPEN_SOCKETS_FAILED, "none of the configured interfaces can be used now");
	return 0;
}

static struct leasedb *use_database(struct daemon *d, struct leasedb *db)
{
	if (db) {
		list_add_tail(&d->databases, &db->link);
		db->closes_aside = true;
		d->db = db;
	}
	return db;
}

static int open_channels(struct daemon *d, const struct config *cfg)
{
	struct channels_next *next;
	char *why = NULL;

	d->channels = channels_new(d->loop, d->ctl);
	if (channels_prepare(d->channels, cfg->channels, cfg->n_channels, &next, &why) < 0) {
		(void)init_fail(d, "%s", why);
		free(why);
		return -E_SYS;
	}
	channels_use(d->channels, next);
	return 0;
}

/* A configuration that is not from a file leaves the port alone. */
static void take_agent(struct daemon *d, struct config *cfg)
{
	if (cfg->has_agent)
		agent_use(d->agent, cfg->agent);
	cfg->agent = NULL;
}

int daemon_start(struct daemon *d)
{
	struct database_env env = database_env(d, true);
	struct config *cfg;
	const struct multi_threading_conf *mt;
	char text[600 + FILE_WHY_MAX], *refused;
	const char *why = NULL;
	unsigned n_threads;

	changes_init(&d->changes, d->fam->idx, d->opts.config_file);
	cfg = daemon_load_config(d);
	list_init(&d->databases);
	if (!cfg)
		return init_fail(d, "configuration error in %s", d->opts.config_file);
	if (take_pidfile(d) < 0 || (!d->opts.verbose && log_configure(&cfg->log, &why) < 0)) {
		if (why)
			(void)init_fail(d, "logging: %s", why);
		goto out;
	}
	if (d->opts.relaxed)
		LOGF(d->fam->idx, DHCPx_SECURITY_CHECKS_DISABLED);
	if (geteuid() == 0)
		LOGF(d->fam->idx, DHCPx_ROOT_USER_SECURITY_WARNING, config_is_raw(cfg) ? "CAP_NET_RAW and " : "");
	origins_init(&d->origins, d->loop, service_changed, d);
	if (!use_database(d, database_open(&env, cfg, &refused))) {
		(void)init_fail(d, "%s", refused ? refused : "the lease database cannot be opened");
		free(refused);
		goto out;
	}
	if (database_open_hosts(&env, cfg, NULL, &refused) < 0) {
		(void)init_fail(d, "%s", refused);
		free(refused);
		goto out;
	}
	mt = cfg->global.multi_threading;
	n_threads = count_threads(cfg);
	server_init(&d->srv, d->fam, n_threads, mt->packet_queue_size > SLOTS_MIN ? mt->packet_queue_size : SLOTS_MIN);
	d->srv_ready = true;
	d->srv.wake_main = wake_main;
	d->srv.feed = feed_new();
	d->feed_readers = feed_readers_new(d->srv.feed, d->loop);
	api_use_feed(d->feed_readers);
	d->srv.to_source = getenv("KEA_TEST_SEND_RESPONSES_TO_SOURCE") != NULL;
	if (d->srv.to_source)
		LOGF(d->fam->idx, DHCPx_TESTING_MODE_SEND_TO_SOURCE_ENABLED);
	if (d->opts.server_port)
		d->srv.server_port = d->opts.server_port;
	if (d->opts.client_port)
		d->srv.client_port = d->opts.client_port;
	LOGF(d->fam->idx, DHCPx_START_INFO, (int)getpid(), d->srv.server_port, d->srv.client_port, d->opts.config_file);
	LOGF(d->fam->idx, DHCPx_MULTI_THREADING_INFO, mt->enable_multi_threading ? "yes" : "no", n_threads,
	     mt->packet_queue_size);
	if (d->fam->prepare && d->fam->prepare(&d->srv, cfg, text, sizeof(text)) < 0) {
		(void)init_fail(d, "%s", text);
		goto out;
	}
	d->stats = stats_new();
	d->sockets.live = make_live(d, d->db, cfg);
	if (!d->sockets.live)
		goto out;
	if (!slots_accept_config(d->sockets.live, &why))
		return init_fail(d, "%s", why);
	server_enter(&d->srv, d->sockets.live);
	d->srv.sender = ncr_sender_new(d->fam->idx);
	use_sender(d, cfg);
	d->publisher = publisher_new(d->loop, d->fam->idx);
	publisher_use(d->publisher, cfg, d->db);
	d->reclaim = reclaim_new(d->fam->idx, wake_to_reclaim, d);
	reclaim_use_feed(d->reclaim, d->srv.feed);
	d->lfc = lfc_new(d->loop, d->fam->idx);
	d->reclaim_post.fn = reclaim_wanted;
	d->found_post.fn = reclaim_found;
	timer_init(&d->reclaim_timer, reclaim_tick, d);
	timer_init(&d->flush_timer, flush_tick, d);
	timer_init(&d->status_timer, status_tick, d);
	timer_init(&d->watchdog_timer, watchdog_tick, d);
	tracer_init(&d->tracer, d->loop, d->srv.traces, d->fam->idx);
	if (start_workers(d) < 0 || start_sockets(d, d->sockets.live) < 0)
		return -E_SYS;
	start_timers(d);
	d->started_ms = d->configured_ms = d->last_status_ms = clock_boot_ms();
	loop_timer_start(d->loop, &d->status_timer, STATUS_MS);
	d->ctl = ctl_new(cfg->family, d);
	d->agent = agent_new(
		d->loop, d->commands ? d->commands->add : NULL,
		&(struct program_build){ .program = d->fam->program, .flags = d->opts.relaxed ? CONFIG_RELAXED : 0 },
		d->opts.config_file);
	if (d->commands) {
		d->commands->add(d->ctl);
		d->commands->configure(d);
	}
	if (open_channels(d, cfg) < 0)
		return -E_SYS;
	take_agent(d, cfg);
	if (notify_watchdog_us())
		watchdog_tick(d);
	changes_use(&d->changes, d->sockets.live->cfg->global.persist_changes);
	report_config(d, d->sockets.live->cfg);
	LOGF(d->fam->idx, DHCPx_STARTED, PACKAGE_VERSION);
	(void)notify_ready("serving %s", serving(d, text));
	return 0;
out:
	config_free(cfg);
	return -E_SYS;
}

/* --- reload --- */

static void warn_fixed(struct daemon *d, const struct config *cfg)
{
	if (count_threads(cfg) != d->srv.n_workers)
		LOGF(d->fam->idx, DHCPx_CONFIG_UNSUPPORTED_CHANGE, "multi-threading");
}

static bool refuse(struct daemon *d, const char *why)
{
	LOGF(d->fam->idx, DHCPx_CONFIG_LOAD_FAIL, d->opts.config_file, why);
	if (d->why)
		str_addf(d->why, "%s%s", d->why->len ? "\n" : "", why);
	return false;
}

static void explain(struct daemon *d, const char *why)
{
	if (d->why)
		str_add(d->why, why);
}

/* Returns the current database or a newly opened one; NULL if that cannot be opened. */
static struct leasedb *choose_database(struct daemon *d, const struct config *cfg)
{
	struct database_env env = database_env(d, false);
	char *why = NULL;
	struct leasedb *db;

	if (database_is_same(d->db, d->sockets.live->cfg, cfg))
		return d->db;
	db = database_open(&env, cfg, &why);
	if (!db)
		(void)refuse(d, why ? why : "the new lease database cannot be opened");
	free(why);
	return db;
}

static bool open_hosts(struct daemon *d, struct config *cfg)
{
	struct database_env env = database_env(d, false);
	char *why = NULL;

	if (database_open_hosts(&env, cfg, d->sockets.live->cfg, &why) == 0)
		return true;
	(void)refuse(d, why);
	free(why);
	return false;
}

/* New requests use this database from here on; pending ones finish with the old one. */
static void change_database(struct daemon *d, struct leasedb *db, const struct config *cfg)
{
	struct leasedb *old = d->db;
	char from[512], to[512];

	if (db == old) {
		database_adjust(db, cfg);
		return;
	}
	LOGF(d->fam->idx, DHCPx_LEASE_DATABASE_CHANGED, database_name(db, to, sizeof(to)),
	     (unsigned long long)database_leases(db), database_name(old, from, sizeof(from)),
	     (unsigned long long)database_leases(old));
	(void)use_database(d, db);
	leasedb_leave(old);
}

/* What a reload prepares before it changes anything. */
struct built {
	struct opened opened;
	struct leasedb *db;
	struct live *live;
	struct channels_next *channels;
};

static bool prepare_channels(struct daemon *d, const struct config *cfg, struct built *b)
{
	char *why = NULL;

	if (channels_prepare(d->channels, cfg->channels, cfg->n_channels, &b->channels, &why) == 0)
		return true;
	(void)refuse(d, why);
	free(why);
	return false;
}

static bool build(struct daemon *d, struct config *cfg, struct built *b)
{
	const char *why = NULL;

	if (cfg->n_listen && !b->opened.n_open && d->sockets.n_ifaces) {
		LOGF(d->fam->idx, DHCPx_OPEN_SOCKETS_FAILED, "none of the newly configured interfaces can be used");
		explain(d, "none of the newly configured interfaces can be used");
		return false;
	}
	b->db = choose_database(d, cfg);
	if (!b->db || !open_hosts(d, cfg))
		return false;
	b->live = make_live(d, b->db, cfg);
	if (!b->live)
		return false;
	if (!slots_accept_config(b->live, &why))
		return refuse(d, why);
	if (!prepare_channels(d, cfg, b))
		return false;
	/* Last, because it cannot be undone. */
	if (!d->opts.verbose && log_configure(&cfg->log, &why) < 0)
		return refuse(d, why);
	return true;
}

/* Prepares, then switches over; false if the old configuration stays in use. */
static bool switch_to(struct daemon *d, struct config *cfg)
{
	struct built b = { 0 };

	if (d->is_stopping) {
		explain(d, "the server is shutting down");
		config_free(cfg);
		return false;
	}
	if (sockets_open(&d->sockets, cfg, false, &b.opened) < 0) {
		explain(d, "the configured sockets could not be opened: see the log");
		config_free(cfg);
		return false;
	}
	if (!build(d, cfg, &b)) {
		sockets_drop(&d->sockets, &b.opened);
		channels_drop(b.channels);
		if (b.live)
			live_free(b.live);
		else
			config_free(cfg);
		if (b.db != d->db)
			leasedb_leave(b.db);
		return false;
	}
	warn_fixed(d, cfg);
	history_add(&d->history, d->sockets.live->cfg->text, cfg->text);
	/* They refer to the configuration that is freed once no worker uses it. */
	channels_use(d->channels, b.channels);
	server_enter(&d->srv, b.live);
	use_sender(d, cfg);
	publisher_use(d->publisher, cfg, b.db);
	change_database(d, b.db, cfg);
	sockets_use(&d->sockets, b.live, &b.opened);
	start_timers(d);
	d->configured_ms = clock_boot_ms();
	if (d->commands)
		d->commands->configure(d);
	take_agent(d, cfg);
	if (!cfg->n_listen)
		report_no_interfaces(d, cfg);
	report_config(d, cfg);
	return true;
}

bool daemon_use_config(struct daemon *d, struct config *cfg, struct str *why)
{
	const struct config *old = d->sockets.live->cfg;
	bool is_stored = old->global.persist_changes || cfg->global.persist_changes, ok;

	if (!is_stored)
		changes_skip(&d->changes);
	else if (!changes_add(&d->changes, old->text, cfg->text, why)) {
		config_free(cfg);
		return false;
	}
	d->why = why;
	ok = switch_to(d, cfg);
	d->why = NULL;
	feed_text(d->srv.feed, FEED_RELOAD, ok, "by a command");
	if (!ok)
		changes_undo(&d->changes);
	return ok;
}

static bool try_reload(struct daemon *d)
{
	struct config *cfg = daemon_load_config(d);

	if (!cfg || !switch_to(d, cfg))
		return false;
	changes_use(&d->changes, cfg->global.persist_changes);
	return true;
}

bool daemon_reload_why(struct daemon *d, struct str *why)
{
	time_t now = (time_t)clock_wall_sec();
	char what[SERVING_MAX];
	struct tm tm;
	bool ok;

	LOGF(d->fam->idx, DHCPx_DYNAMIC_RECONFIGURATION, d->opts.config_file);
	(void)notify_reloading();
	d->why = why;
	ok = try_reload(d);
	d->why = NULL;
	d->has_reload_failed = !ok;
	feed_text(d->srv.feed, FEED_RELOAD, ok, "%s", d->opts.config_file);
	if (ok)
		LOGF(d->fam->idx, DHCPx_DYNAMIC_RECONFIGURATION_SUCCESS, d->opts.config_file);
	else
		LOGF(d->fam->idx, DHCPx_DYNAMIC_RECONFIGURATION_FAIL, d->opts.config_file);
	(void)localtime_r(&now, &tm);
	(void)snprintf(d->last_reload, sizeof(d->last_reload), "%02d:%02d:%02d %s", tm.tm_hour, tm.tm_min, tm.tm_sec,
		       ok ? "ok" : "failed");
	(void)notify_ready("serving %s; last reload %s", serving(d, what), d->last_reload);
	return ok;
}

void daemon_reload(struct daemon *d)
{
	(void)daemon_reload_why(d, NULL);
}

/* --- stop --- */

static void drain(struct daemon *d)
{
	int64_t until = clock_boot_ms() + DRAIN_MS;
	unsigned i, busy;

	do {
		busy = 0;
		for (i = 0; i < d->srv.n_workers; i++)
			busy += atomic_load(&d->srv.workers[i].n_busy);
		if (busy)
			(void)loop_run_once(d->loop, 5);
	} while (busy && clock_boot_ms() < until);
}

static void free_server(struct daemon *d)
{
	unsigned i;

	if (d->sockets.live && !atomic_load(&d->sockets.live->users))
		live_free(d->sockets.live); /* was never in use */
	for (i = 0; i < d->srv.n_workers; i++)
		serve_worker_switch(&d->srv.workers[i], NULL);
	server_done(&d->srv);
	loop_run_posts(d->loop); /* frees what the workers returned; a timer that is due would use it */
}

/* False if some disk takes too long. */
static bool await_databases(void)
{
	int64_t until = clock_boot_ms() + DRAIN_MS;

	while (!leasedb_all_ended() && clock_boot_ms() < until)
		(void)usleep(1000);
	return leasedb_all_ended();
}

/*
 * Commands that hold a configuration wait for its databases, whose responses have deadlines; commands that change
 * leases perhaps for a disk.
 */
static void await_commands(struct daemon *d)
{
	int64_t until = clock_boot_ms() + DRAIN_MS;

	atomic_store(&d->is_ending, true);
	while (d->n_held || (d->n_lease_ops && clock_boot_ms() < until)) {
		loop_run_posts(d->loop);
		(void)usleep(1000);
	}
}

void daemon_stop(struct daemon *d)
{
	d->is_stopping = true;
	(void)notify_stopping();
	sockets_note_overload(&d->sockets);
	sockets_unwatch(&d->sockets);
	lfc_set_interval(d->lfc, 0);
	if (d->workers) {
		/* Receives nothing new; pending requests are stored, answered and sent. */
		workers_set_engines(d->workers, NULL);
		drain(d);
		workers_stop(d->workers);
		/* Before the workers and their requests are freed: libraries are unloaded after that. */
		server_end_parked_wait(&d->srv);
	}
	agent_free(d->agent);
	channels_free(d->channels);
	explainer_stop(d->explainer);
	await_commands(d);
	origins_done(&d->origins);
	ctl_free(d->ctl);
	/* The store may still return requests, so the workers' loops must outlive it. */
	reclaim_free_wait(d->reclaim);
	publisher_end_wait(d->publisher);
	if (d->db)
		LOG(DHCPSRV_CLOSE_DB);
	if (d->srv_ready)
		server_close_hosts(&d->srv);
	api_use_live(NULL, NULL);
	list_for_each (pos, &d->databases)
		leasedb_close(container_of(pos, struct leasedb, link));
	workers_free(d->workers);
	explainer_free(d->explainer);
	if (d->srv_ready)
		free_server(d);
	/* Changes that were just stored are still asked for. */
	ncr_sender_free_wait(d->srv.sender);
	leasedb_leave(d->db);
	sockets_done(&d->sockets);
	if (d->stats)
		stats_free(d->stats);
	/* A database that is still being closed may yet report that its file was moved aside. */
	if (await_databases()) {
		lfc_free(d->lfc);
		publisher_free(d->publisher);
	}
	loop_run_posts(d->loop); /* of databases that were closed */
	subscribers_free(d->subscribers);
	api_use_feed(NULL);
	feed_readers_free(d->feed_readers);
	feed_free(d->srv.feed);
	changes_done(&d->changes);
	history_done(&d->history);
	pidfile_free(d->pidfile);
}

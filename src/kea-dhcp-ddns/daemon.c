/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Start, reload and stop. A reload reads the file, opens the new socket and the log files before anything changes; if
 * that fails, the old configuration stays in use. Requests in progress survive it.
 */
#include "kea-dhcp-ddns/daemon.h"

#include "api/api.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "hook/library.h"
#include "io/notify.h"
#include "json/diag.h"
#include "kea-dhcp-ddns/hooks.h"
#include "log/log.h"
#include "root/config.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#define DRAIN_MS 2000 /* how long shutdown waits for responses of DNS servers */
#define STATUS_MS 10000

static void log_diag(void *ctx, enum diag_kind kind, const char *line)
{
	struct str *why = ctx;

	if (kind != DIAG_ERROR) {
		LOG(DHCP_DDNS_CONFIG_SYNTAX_WARNING, line);
		return;
	}
	LOG(DCTL_PARSER_FAIL, line);
	if (why)
		str_addf(why, "%s%s", why->len ? "\n" : "", line);
}

unsigned d2_daemon_flags(const struct d2_daemon *d)
{
	return CONFIG_SERVE | (d->opts.relaxed ? CONFIG_RELAXED : 0);
}

/* Returns the configuration; NULL with the first error in first, and all errors in `all`, which may be NULL. */
static struct d2_config *load(const struct d2_daemon *d, struct str *first, struct str *all)
{
	struct d2_config *cfg = NULL;
	struct diag *diag = NULL;

	LOG(DCTL_CONFIG_START, d->opts.config_file);
	(void)d2_config_load_file(d->opts.config_file, d2_daemon_flags(d), &diag, &cfg);
	diag_each(diag, log_diag, all);
	if (!cfg)
		diag_reason(diag, first);
	diag_free(diag);
	return cfg;
}

static bool is_loopback(const struct ip *ip)
{
	static const struct ip loopback6 = { .b = { [15] = 1 } };

	return ip_is4(ip) ? ip_to4(ip) >> 24 == 127 : ip_equal(ip, &loopback6);
}

static void report(const struct d2_config *cfg)
{
	char text[IP_TEXT_MAX];

	if (ip_is_zero(&cfg->ip))
		LOG(DHCP_DDNS_LISTENING_ON_ALL_INTERFACES, ip_format(&cfg->ip, text));
	else if (!is_loopback(&cfg->ip))
		LOG(DHCP_DDNS_NOT_ON_LOOPBACK, ip_format(&cfg->ip, text));
	LOG(DCTL_CONFIG_COMPLETE, cfg->summary);
}

static void status_tick(void *ctx)
{
	struct d2_daemon *d = ctx;
	char requests[COUNT_TEXT_MAX];

	(void)notify_status("%s; %s in progress; %llu received, %llu dropped", d->d2.cfg->summary,
			    str_count(requests, d->d2.n_requests, "request"),
			    (unsigned long long)d->d2.stats.n[D2_NCR_RECEIVED],
			    (unsigned long long)d->d2.stats.n[D2_QUEUE_FULL]);
	loop_timer_start(d->loop, &d->status, STATUS_MS);
}

static void watchdog_tick(void *ctx)
{
	struct d2_daemon *d = ctx;

	(void)notify_watchdog();
	loop_timer_start(d->loop, &d->watchdog, (int64_t)(notify_watchdog_us() / 2000));
}

/* --- start --- */

static int take_pidfile(struct d2_daemon *d)
{
	char path[512], why[FILE_WHY_MAX];
	pid_t owner = 0;
	int err = pidfile_path(d->opts.config_file, D2_PROGRAM, path, sizeof(path));

	if (err == 0)
		err = pidfile_take(path, &d->pidfile, &owner);
	if (err == -E_BUSY)
		LOG(DCTL_ALREADY_RUNNING, D2_PROGRAM, (int)owner, path);
	else if (err == -E_SYS)
		LOG(DCTL_PID_FILE_ERROR, D2_PROGRAM, file_why(path, W_OK, why));
	else if (err < 0)
		LOG(DCTL_PID_FILE_ERROR, D2_PROGRAM, "its path is too long");
	return err;
}

static int open_listener(struct d2_daemon *d, const struct d2_config *cfg, struct d2_listener **ret)
{
	char why[IP_TEXT_MAX + 128], text[IP_TEXT_MAX];
	int err = d2_listener_new(&d->d2, &cfg->ip, cfg->conf.port, ret);

	if (err == 0)
		return 0;
	(void)snprintf(why, sizeof(why), "%s port %u: %s", ip_format(&cfg->ip, text), cfg->conf.port, strerror(errno));
	LOG(DHCP_DDNS_QUEUE_MGR_START_ERROR, why);
	return err;
}

static int open_channels(struct d2_daemon *d, const struct d2_config *cfg)
{
	struct channels_next *next;
	char *why = NULL;

	d->ctl = ctl_new(KEY_D2, d);
	d2_commands_add(d->ctl);
	d->channels = channels_new(d->loop, d->ctl);
	if (channels_prepare(d->channels, cfg->channels, cfg->n_channels, &next, &why) < 0) {
		LOG(DCTL_INIT_PROCESS_FAIL, D2_PROGRAM, why);
		free(why);
		return -E_SYS;
	}
	channels_use(d->channels, next);
	return 0;
}

/* Takes a configuration that cannot fail any more. */
static void use(struct d2_daemon *d, struct d2_config *cfg)
{
	/* Commands of the libraries that it replaces are removed first. */
	api_use_commands(d->ctl, cfg->hooks);
	d2_use(&d->d2, cfg);
}

static int start(struct d2_daemon *d)
{
	struct str why = { 0 };
	struct d2_config *cfg = load(d, &why, NULL);
	const char *log_why = NULL;

	if (!cfg) {
		LOG(DCTL_CONFIG_FILE_LOAD_FAIL, d->opts.config_file, str_text(&why));
		str_free(&why);
		return -E_CONFIG;
	}
	if (take_pidfile(d) < 0)
		goto out;
	if (!d->opts.verbose && log_configure(&cfg->log, &log_why) < 0) {
		LOG(DCTL_INIT_PROCESS_FAIL, D2_PROGRAM, log_why);
		goto out;
	}
	if (d->opts.relaxed)
		LOG(DHCP_DDNS_SECURITY_CHECKS_DISABLED);
	if (geteuid() == 0)
		LOG(DCTL_ROOT_USER_SECURITY_WARNING, D2_PROGRAM);
	if (open_listener(d, cfg, &d->listener) < 0 || open_channels(d, cfg) < 0)
		goto out;
	if (!d2_hooks_accept(cfg, &log_why)) {
		LOG(DCTL_INIT_PROCESS_FAIL, D2_PROGRAM, log_why);
		goto out;
	}
	use(d, cfg);
	if (d2_listener_start(d->listener) < 0) {
		LOG(DHCP_DDNS_QUEUE_MGR_START_ERROR, strerror(errno));
		return -E_SYS;
	}
	d->started_ms = d->configured_ms = clock_boot_ms();
	report(cfg);
	LOG(DHCP_DDNS_STARTED, PACKAGE_VERSION);
	(void)notify_ready("%s", cfg->summary);
	loop_timer_start(d->loop, &d->status, STATUS_MS);
	if (notify_watchdog_us())
		watchdog_tick(d);
	return 0;
out:
	d2_config_free(cfg);
	return -E_SYS;
}

/* --- reload --- */

static bool prepare_channels(struct d2_daemon *d, const struct d2_config *cfg, struct channels_next **ret,
			     struct str *why)
{
	char *text = NULL;

	if (channels_prepare(d->channels, cfg->channels, cfg->n_channels, ret, &text) == 0)
		return true;
	str_add(why, text);
	free(text);
	return false;
}

bool d2_daemon_use(struct d2_daemon *d, struct d2_config *cfg, struct str *why)
{
	bool moves = !d2_listener_is_at(d->listener, &cfg->ip, cfg->conf.port);
	struct d2_listener *listener = NULL;
	struct channels_next *channels = NULL;
	const char *log_why = NULL;

	if (moves && open_listener(d, cfg, &listener) < 0) {
		str_add(why, "the new address cannot be used");
		goto out;
	}
	if (!prepare_channels(d, cfg, &channels, why))
		goto out;
	if (!d2_hooks_accept(cfg, &log_why)) {
		str_add(why, log_why);
		goto out;
	}
	/* Last, because it cannot be undone. */
	if (!d->opts.verbose && log_configure(&cfg->log, &log_why) < 0) {
		str_add(why, log_why);
		goto out;
	}
	/* They refer to the configuration that is freed. */
	channels_use(d->channels, channels);
	use(d, cfg);
	if (moves) {
		d2_listener_free(d->listener);
		d->listener = listener;
		if (d2_listener_start(listener) < 0)
			LOG(DHCP_DDNS_QUEUE_MGR_START_ERROR, strerror(errno));
	}
	d->configured_ms = clock_boot_ms();
	report(cfg);
	return true;
out:
	channels_drop(channels);
	d2_listener_free(listener);
	d2_config_free(cfg);
	return false;
}

bool d2_daemon_reload(struct d2_daemon *d, struct str *why)
{
	struct str first = { 0 };
	struct d2_config *cfg;
	bool ok = false;

	(void)notify_reloading();
	cfg = load(d, &first, why);
	if (cfg) {
		ok = d2_daemon_use(d, cfg, why);
		str_add(&first, ok ? "" : str_text(why));
	}
	if (!ok)
		LOG(DCTL_CFG_FILE_RELOAD_ERROR, str_text(&first));
	(void)notify_ready("%s%s", d->d2.cfg->summary, ok ? "" : "; last reload failed");
	str_free(&first);
	return ok;
}

static void reload(struct d2_daemon *d)
{
	struct str why = { 0 };

	LOG(DCTL_CFG_FILE_RELOAD_SIGNAL_RECVD, SIGHUP, d->opts.config_file);
	(void)d2_daemon_reload(d, &why);
	str_free(&why);
}

/* --- stop --- */

static void drain_tick(void *ctx)
{
	loop_stop(((struct d2_daemon *)ctx)->loop);
}

/* At the end of each turn: nothing waits for a response any more. */
static void check_end(void *ctx)
{
	struct d2_daemon *d = ctx;

	if (d->is_ending && !(d->end == D2_END_DRAIN ? d->d2.n_requests : d->d2.n_updates))
		loop_stop(d->loop);
}

/* Requests are no longer received; those in progress may end. A second call does not wait any longer. */
void d2_daemon_end(struct d2_daemon *d, enum d2_end end)
{
	if (d->is_ending || end == D2_END_NOW) {
		loop_stop(d->loop);
		return;
	}
	d->is_ending = true;
	d->end = end;
	(void)notify_stopping();
	d2_listener_free(d->listener);
	d->listener = NULL;
	if (end == D2_END_NORMAL)
		loop_timer_start(d->loop, &d->drain, DRAIN_MS);
}

static void on_signal(void *ctx, int signo)
{
	struct d2_daemon *d = ctx;

	if (signo == SIGHUP) {
		if (!d->is_ending)
			reload(d);
		return;
	}
	LOG(DCTL_SHUTDOWN_SIGNAL_RECVD, signo);
	d2_daemon_end(d, D2_END_NORMAL);
}

static void stop(struct d2_daemon *d, bool was_serving)
{
	channels_free(d->channels);
	ctl_free(d->ctl);
	d2_listener_free(d->listener);
	if (d->d2.n_requests > d->d2.n_kept)
		LOG(DHCP_DDNS_REQUESTS_LOST, d->d2.n_requests - d->d2.n_kept);
	if (was_serving)
		d2_log_stats(&d->d2);
	d2_done(&d->d2);
	pidfile_free(d->pidfile);
}

int d2_serve(const struct d2_options *opts)
{
	static const int signals[] = { SIGHUP, SIGTERM, SIGINT };
	static struct d2_daemon d;
	bool ok;

	d = (struct d2_daemon){ .opts = *opts };
	file_raise_limit(); /* each update in progress has a socket */
	d.loop = loop_new_main();
	hooks_set_loop(d.loop);
	if (!d.loop || loop_signals(d.loop, signals, sizeof(signals) / sizeof(signals[0]), on_signal, &d) < 0 ||
	    log_start(D2_PROGRAM) < 0) {
		perror(D2_PROGRAM);
		return 1;
	}
	log_default(opts->verbose);
	timer_init(&d.status, status_tick, &d);
	timer_init(&d.watchdog, watchdog_tick, &d);
	timer_init(&d.drain, drain_tick, &d);
	loop_on_turn(d.loop, check_end, &d);
	LOG(DCTL_STARTING, D2_PROGRAM, (int)getpid(), PACKAGE_VERSION);
	d2_init(&d.d2, d.loop);
	ok = start(&d) == 0;
	if (ok)
		(void)loop_run(d.loop);
	stop(&d, ok);
	if (ok)
		LOG(DCTL_SHUTDOWN, D2_PROGRAM, (int)getpid(), PACKAGE_VERSION);
	log_stop();
	hooks_set_loop(NULL);
	loop_free(d.loop);
	return ok ? d.exit_value : 1;
}

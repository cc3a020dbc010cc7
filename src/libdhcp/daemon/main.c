/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/main.h"

#include "io/caps.h"
#include "json/diag.h"
#include "log/config.h"
#include "log/log.h"
#include "daemon/daemon.h"
#include "serve/family.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void on_signal(void *ctx, int signo)
{
	struct daemon *d = ctx;

	if (signo == SIGHUP)
		daemon_reload(d);
	else if (signo == SIGCHLD)
		lfc_child_ended(d->lfc);
	else
		loop_stop(d->loop);
}

/* Sockets are many where interfaces and workers are; the usual soft limit is for programs that use select(). */
static void raise_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur >= files.rlim_max)
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

static int serve(const struct family *fam, const struct run_options *opts)
{
	static const int signals[] = { SIGHUP, SIGTERM, SIGINT, SIGCHLD };
	static struct daemon d;
	int status = 1;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL); /* whoever started us may have ignored it: then nobody could be waited for */
	d = (struct daemon){ .fam = fam, .opts = *opts };
	raise_limits();
	d.loop = loop_new();
	if (!d.loop || loop_signals(d.loop, signals, sizeof(signals) / sizeof(signals[0]), on_signal, &d) < 0 ||
	    log_start(fam->program) < 0) {
		perror(fam->program);
		return 1;
	}
	log_default(opts->verbose);
	LOGF(fam->idx, DHCPx_STARTING, fam->protocol, PACKAGE_VERSION);
	if (daemon_start(&d) == 0) {
		(void)loop_run(d.loop);
		status = d.exit_status;
	}
	daemon_stop(&d);
	if (status == 0)
		LOGF(fam->idx, DHCPx_SHUTDOWN);
	log_stop();
	loop_free(d.loop);
	return status;
}

/* What -T looks at beyond the file: the interfaces named and the right to open sockets on them. */
static unsigned check_machine(const struct config *cfg, uint16_t port)
{
	struct ifaces *ifaces = NULL;
	unsigned n_errors = 0, i;
	char why[512];

	if (ifaces_read(&ifaces) < 0) {
		perror("cannot read the interfaces");
		return 1;
	}
	for (i = 0; i < cfg->n_listen; i++) {
		const char *name = cfg->listen[i].name;

		if (!strchr(name, '*') && !ifaces_by_name(ifaces, name)) {
			fprintf(stderr, "error: interface \"%s\" does not exist\n", name);
			n_errors++;
		}
	}
	ifaces_free(ifaces);
	if (cfg->n_listen && !caps_check(cfg->raw, port, why, sizeof(why))) {
		fprintf(stderr, "error: %s\n", why);
		n_errors++;
	}
	return n_errors;
}

static int check(const struct family *fam, const struct run_options *opts)
{
	unsigned flags = CONFIG_CHECK | (opts->relaxed ? CONFIG_RELAXED : 0);
	struct config *cfg = NULL;
	struct diag *diag = NULL;
	int err = config_load_file(opts->config_file, fam->digit, flags, &diag, &cfg);
	int status = err < 0 || (opts->strict && diag_warnings(diag));

	diag_print(diag, stderr, (enum diag_format)opts->diag_format);
	diag_free(diag);
	if (cfg && opts->mode == RUN_CHECK_WIDE && check_machine(cfg, fam->server_port))
		status = 1;
	if (cfg && opts->mode == RUN_PRINT_CONFIG) {
		struct json_object *tree = config_print(cfg);

		puts(json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(tree);
	}
	config_free(cfg);
	return status;
}

int serve_main(const struct family *fam, int argc, char **argv)
{
	struct run_options opts;

	(void)umask(0027);
	if (run_options_parse(fam, argc, argv, &opts) < 0)
		return 1;
	switch (opts.mode) {
	case RUN_VERSION:
	case RUN_VERSION_LONG:
	case RUN_BUILD_REPORT:
		run_options_version(fam, opts.mode);
		return 0;
	case RUN_PRINT_SCHEMA:
		config_print_schema(fam->digit, stdout);
		return 0;
	case RUN_PRINT_REFERENCE:
		config_print_reference(fam->digit, stdout);
		return 0;
	case RUN_CHECK:
	case RUN_CHECK_WIDE:
	case RUN_PRINT_CONFIG:
		return check(fam, &opts);
	case RUN_SERVE:
		break;
	}
	return serve(fam, &opts);
}

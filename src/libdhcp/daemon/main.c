/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/main.h"

#include "api/api.h"
#include "base/file.h"
#include "base/str.h"
#include "eval/expr.h"
#include "hook/library.h"
#include "io/caps.h"
#include "io/sock_want.h"
#include "json/diag.h"
#include "log/config.h"
#include "log/log.h"
#include "daemon/commands.h"
#include "daemon/daemon.h"
#include "daemon/replay.h"
#include "serve/family.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static void on_signal(void *ctx, int signo)
{
	struct daemon *d = ctx;

	if (signo == SIGHUP)
		daemon_reload(d);
	else if (signo == SIGCHLD)
		lfc_child_ended(d->lfc);
	else {
		LOGF(d->fam->idx, DHCPx_SHUTDOWN_REQUEST, signo);
		loop_stop(d->loop);
	}
}

static int serve(const struct family *fam, const struct run_options *opts)
{
	static const int signals[] = { SIGHUP, SIGTERM, SIGINT, SIGCHLD };
	static struct daemon d;
	int status = 1;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD,
		     SIG_DFL); /* the parent may have ignored it, which would make it impossible to wait for children */
	d = (struct daemon){ .fam = fam, .opts = *opts, .commands = &server_commands };
	file_raise_limit();
	d.loop = loop_new_main();
	hooks_set_loop(d.loop);
	if (!d.loop || loop_signals(d.loop, signals, sizeof(signals) / sizeof(signals[0]), on_signal, &d) < 0 ||
	    log_start(fam->program) < 0) {
		perror(fam->program);
		return 1;
	}
	log_default(opts->verbose);
	LOGF(fam->idx, DHCPx_STARTING, fam->protocol, PACKAGE_VERSION);
	if (daemon_start(&d) == 0) {
		(void)loop_run(d.loop);
		status = d.sockets.has_failed ? 1 : d.exit_value;
	}
	daemon_stop(&d);
	if (status == 0)
		LOGF(fam->idx, DHCPx_SHUTDOWN);
	log_stop();
	hooks_set_loop(NULL);
	loop_free(d.loop);
	return status;
}

/* What -T checks beyond the file. */
struct machine {
	const struct config *cfg;
	const struct ifaces *ifaces;
	struct diag *diag;
};

/* Returns the position of the interface's entry in interfaces-config. */
static struct pos pos_of(const struct config *cfg, const char *ifname)
{
	for (unsigned i = 0; i < cfg->n_listen; i++)
		if (!strcmp(cfg->listen[i].name, ifname))
			return cfg->listen_pos[i];
	return POS_NONE;
}

static void check_interface(void *ctx, const char *ifname, const struct ip *addr, const char *text)
{
	struct machine *m = ctx;
	struct pos pos = pos_of(m->cfg, ifname);

	(void)addr;
	if (!strchr(ifname, '*') && !ifaces_by_name(m->ifaces, ifname))
		diag_error(m->diag, pos, "interface \"%s\" does not exist on this host", ifname);
	else
		diag_warn(m->diag, pos, "interface \"%s\" cannot be used now: %s", ifname, text);
}

static void check_selection(struct machine *m, const struct sock_want *want)
{
	char text[IP_TEXT_MAX], prefix[PREFIX_TEXT_MAX];
	struct ip addr;
	const struct subnet *sub = sockets_unselected(&m->cfg->plan, want->iface, &want->addrs.v[0], &addr);

	if (!sub)
		return;
	diag_warn(m->diag, pos_of(m->cfg, want->iface->name),
		  "no subnet is selected for clients on interface \"%s\", although subnet %s (id %u) contains its "
		  "address %s",
		  want->iface->name, prefix_format(&sub->prefix, prefix), sub->id, ip_format(&addr, text));
	diag_help(m->diag, "add \"interface\": \"%s\" to the subnet", want->iface->name);
}

static void check_machine(const struct family *fam, const struct config *cfg, struct diag *diag)
{
	struct sockset_conf conf = {
		.family = fam->idx, .listen = cfg->listen, .n_listen = cfg->n_listen, .raw = config_is_raw(cfg)
	};
	struct machine m = { .cfg = cfg, .diag = diag };
	struct ifaces *ifaces = NULL;
	sock_wants wants;
	char why[512];

	if (ifaces_read(&ifaces) < 0) {
		diag_error(diag, POS_NONE, "cannot read the interfaces of this host: %s", strerror(errno));
		return;
	}
	m.ifaces = ifaces;
	sock_wants_find(&conf, ifaces, check_interface, &m, &wants);
	for (size_t i = 0; i < wants.n; i++)
		check_selection(&m, &wants.v[i]);
	sock_wants_free(&wants);
	ifaces_free(ifaces);
	if (cfg->n_listen && !caps_check(config_is_raw(cfg), fam->server_port, why, sizeof(why)))
		diag_error(diag, POS_NONE, "%s", why);
}

static int check(const struct family *fam, const struct run_options *opts)
{
	bool wide = opts->mode == RUN_CHECK_WIDE;
	unsigned flags = (wide ? 0 : CONFIG_CHECK) | (opts->relaxed ? CONFIG_RELAXED : 0);
	struct json_object *tree = NULL;
	struct config *cfg = NULL;
	struct diag *diag = NULL;
	int status;

	(void)config_load_file(opts->config_file, fam->digit, flags, &diag, &cfg);
	if (cfg && wide)
		check_machine(fam, cfg, diag);
	if (cfg && opts->mode == RUN_PRINT_CONFIG)
		tree = opts->for_kea ? config_print_kea(cfg, diag) : config_print(cfg);
	if (opts->strict)
		diag_set_strict(diag);
	status = !diag_is_usable(diag);
	diag_print_check(diag, stderr, opts->diag_format);
	diag_free(diag);
	if (tree)
		puts(json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(tree);
	config_free(cfg);
	return status;
}

static void print_commands(const struct family *fam,
			   void (*print)(const struct ctl *ctl, const char *program, FILE *to))
{
	struct ctl *ctl = ctl_new(fam->digit == 6 ? KEY_6 : KEY_4, NULL);

	server_commands.add(ctl);
	print(ctl, fam->program, stdout);
	ctl_free(ctl);
}

int serve_main(const struct family *fam, int argc, char **argv)
{
	struct run_options opts;

	(void)umask(0027);
	api_init();
	if (run_options_parse(fam, argc, argv, &opts) < 0)
		return 1;
	switch (opts.mode) {
	case RUN_VERSION:
	case RUN_BUILD_REPORT:
		run_options_version(fam, opts.mode);
		return 0;
	case RUN_PRINT_SCHEMA:
		config_print_schema(fam->digit, stdout);
		return 0;
	case RUN_PRINT_REFERENCE:
		config_print_reference(fam->digit, stdout);
		return 0;
	case RUN_PRINT_EXPRESSIONS:
		eval_print_reference(fam->digit, stdout);
		return 0;
	case RUN_PRINT_COMMANDS:
		print_commands(fam, ctl_print_reference);
		return 0;
	case RUN_PRINT_OPENAPI:
		print_commands(fam, ctl_print_openapi);
		return 0;
	case RUN_CHECK:
	case RUN_CHECK_WIDE:
	case RUN_PRINT_CONFIG:
		return check(fam, &opts);
	case RUN_REPLAY:
		return replay(fam, &opts);
	case RUN_SERVE:
		break;
	}
	return serve(fam, &opts);
}

/* SPDX-License-Identifier: MPL-2.0 */
/* Commands about the process: its version and status, stopping the service or the server, reclamation, LFC. */
#include "daemon/commands.h"

#include "base/clock.h"
#include "base/str.h"
#include "daemon/command_text.h"
#include "log/log.h"

#include <unistd.h>

static void put_int(struct json_object *map, const char *name, int64_t v)
{
	json_object_object_add(map, name, json_object_new_int64(v));
}

static void put_bool(struct json_object *map, const char *name, bool v)
{
	json_object_object_add(map, name, json_object_new_boolean(v));
}

static void put_text(struct json_object *map, const char *name, const char *v)
{
	json_object_object_add(map, name, json_object_new_string(v));
}

/* --- version --- */

static void print_version(const void *fam, FILE *to)
{
	run_options_print_version(fam, to);
}

static void version_get(struct ctl_call *call, const void *args)
{
	struct json_object *map = json_object_new_object();
	char *text = command_printed(print_version, call_daemon(call)->fam);

	(void)args;
	put_text(map, "extended", text);
	free(text);
	ctl_respond(call, CTL_SUCCESS, map, "%s", PACKAGE_VERSION);
}

static void build_report_get(struct ctl_call *call, const void *args)
{
	(void)args;
	command_respond_build_report(call);
}

static void server_tag_get(struct ctl_call *call, const void *args)
{
	const char *tag = call_daemon(call)->sockets.live->cfg->global.server_tag;
	struct json_object *map = json_object_new_object();

	(void)args;
	put_text(map, "server-tag", tag ? tag : "");
	ctl_respond(call, CTL_SUCCESS, map, NULL);
}

static void config_backend_pull(struct ctl_call *call, const void *args)
{
	(void)args;
	ctl_respond(call, CTL_EMPTY, NULL, "No config backend.");
}

/* --- status --- */

static struct json_object *print_origins(const struct origins *origins, uint32_t first, uint32_t last)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < ORIGINS_MAX; i++)
		if (origins->v[i].id >= first && origins->v[i].id <= last)
			json_object_array_add(list, json_object_new_int64(origins->v[i].id));
	return list;
}

static struct json_object *print_state(const struct origins *origins)
{
	struct json_object *map = json_object_new_object();

	put_bool(map, "disabled-by-db-connection", origins_has(origins, ORIGIN_DATABASE));
	json_object_object_add(map, "disabled-by-local-command",
			       print_origins(origins, ORIGIN_LOCAL, ORIGIN_REMOTE - 1));
	json_object_object_add(map, "disabled-by-remote-command", print_origins(origins, ORIGIN_REMOTE, ORIGIN_MAX));
	put_bool(map, "disabled-by-user", origins_has(origins, ORIGIN_USER));
	put_bool(map, "globally-disabled", origins_any(origins));
	return map;
}

static struct json_object *print_sockets(const struct sockets *sockets)
{
	struct json_object *map = json_object_new_object(), *errors = json_object_new_array();
	char text[IP_TEXT_MAX], line[320];

	for (size_t i = 0; i < sockets->states.v.n; i++) {
		const struct socket_state *state = &sockets->states.v.v[i];

		if (!state->text[0])
			continue;
		(void)snprintf(line, sizeof(line), "cannot use interface %s%s%s: %s", state->ifname,
			       ip_is_zero(&state->addr) ? "" : ", address ",
			       ip_is_zero(&state->addr) ? "" : ip_format(&state->addr, text), state->text);
		json_object_array_add(errors, json_object_new_string(line));
	}
	if (!json_object_array_length(errors)) {
		json_object_put(errors);
		put_text(map, "status", "ready");
		return map;
	}
	json_object_object_add(map, "errors", errors);
	put_text(map, "status", timer_is_running(&sockets->retry_timer) ? "retrying" : "failed");
	return map;
}

static void status_get(struct ctl_call *call, const void *args)
{
	const struct daemon *d = call_daemon(call);
	const struct multi_threading_conf *mt = d->sockets.live->cfg->global.multi_threading;
	struct json_object *map = json_object_new_object();
	int64_t now_ms = clock_boot_ms();
	struct str summary = { 0 };

	(void)args;
	json_object_object_add(map, "dhcp-state", print_state(&d->origins));
	put_bool(map, "multi-threading-enabled", mt->enable_multi_threading);
	if (mt->enable_multi_threading) {
		struct json_object *averages = json_object_new_array();

		/* Kea's averages of the length of its packet queue; this server has none. */
		for (unsigned i = 0; i < 3; i++)
			json_object_array_add(averages, json_object_new_double_s(0, "0.0"));
		put_int(map, "packet-queue-size", mt->packet_queue_size);
		json_object_object_add(map, "packet-queue-statistics", averages);
		put_int(map, "thread-pool-size", d->srv.n_workers);
	}
	put_int(map, "pid", getpid());
	put_int(map, "reload", (now_ms - d->configured_ms) / 1000);
	json_object_object_add(map, "sockets", print_sockets(&d->sockets));
	/* Not in Kea: the line that the service manager shows. */
	daemon_status(d, &summary);
	put_text(map, "summary", str_text(&summary));
	str_free(&summary);
	put_int(map, "uptime", (now_ms - d->started_ms) / 1000);
	ctl_respond(call, CTL_SUCCESS, map, NULL);
}

/* --- dhcp-disable, dhcp-enable --- */

struct origin_args {
	struct conf_node node;
	const char *origin;
	uint32_t origin_id, max_period;
};
#define K_ORIGIN                                                                                                       \
	K_STRING(                                                                                                      \
		struct origin_args, origin, "origin", .since = "4.2.0",                                                \
		.doc = "who disables or enables the service: \"user\" (the default), \"ha-partner\" or \"database\""), \
		K_INT(struct origin_args, origin_id, "origin-id", .min = 1, .max = ORIGIN_MAX, .since = "4.2.0",       \
		      .doc = "the same as a number: 1 user, 3 database, 1000 and above local HA, 2000 and above "      \
			     "HA partner")

static const struct key disable_keys[] = {
	K_INT(struct origin_args, max_period, "max-period", .min = 1, .unit = "s", .since = "4.2.0",
	      .doc = "enables the service again after this time; without it, dhcp-enable does"),
	K_ORIGIN,
};
static const struct key enable_keys[] = { K_ORIGIN };
static const struct scope disable_scope = SCOPE("arguments", struct origin_args, disable_keys);
static const struct scope enable_scope = SCOPE("arguments", struct origin_args, enable_keys);

/* Returns the number of the origin; 0 after an error, to which it has responded. */
static uint32_t origin_of(struct ctl_call *call, const struct origin_args *a)
{
	static const struct {
		const char *name;
		uint32_t id;
	} names[] = { { "user", ORIGIN_USER }, { "database", ORIGIN_DATABASE }, { "ha-partner", ORIGIN_REMOTE } };

	if (a->origin_id)
		return a->origin_id;
	if (!a->origin)
		return ORIGIN_USER;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i].name, a->origin))
			return names[i].id;
	ctl_respond(call, CTL_ERROR, NULL, "invalid value used for 'origin' parameter: %s", a->origin);
	return 0;
}

static void dhcp_disable(struct ctl_call *call, const void *args)
{
	const struct origin_args *a = args;
	struct daemon *d = call_daemon(call);
	uint32_t id = origin_of(call, a);

	if (!id)
		return;
	if (!origins_disable(&d->origins, id, a->max_period))
		ctl_respond(call, CTL_ERROR, NULL, "the service is already disabled by %u origins", ORIGINS_MAX);
	else if (a->max_period)
		ctl_respond(call, CTL_SUCCESS, NULL, "%s service disabled for %u seconds", d->fam->protocol,
			    a->max_period);
	else
		ctl_respond(call, CTL_SUCCESS, NULL, "%s service disabled", d->fam->protocol);
}

static void dhcp_enable(struct ctl_call *call, const void *args)
{
	uint32_t id = origin_of(call, args);

	if (!id)
		return;
	origins_enable(&call_daemon(call)->origins, id);
	ctl_respond(call, CTL_SUCCESS, NULL, "DHCP service successfully enabled");
}

/* --- shutdown --- */

struct shutdown_args {
	struct conf_node node;
	const char *type;
	uint32_t exit_value;
};
static const struct key shutdown_keys[] = {
	K_INT(struct shutdown_args, exit_value, "exit-value", .def = "0", .max = 255, .since = "4.2.0",
	      .doc = "exit status of the process"),
	K_STRING(struct shutdown_args, type, "type", .max = 32, .since = "4.2.0",
		 .doc = "accepted for kea-dhcp-ddns, whose kinds of shutdown the servers do not have"),
};
static const struct scope shutdown_scope = SCOPE("arguments", struct shutdown_args, shutdown_keys);

static void stop(void *user, void *ctx)
{
	struct daemon *d = user;

	(void)ctx;
	loop_stop(d->loop);
}

static void shutdown_server(struct ctl_call *call, const void *args)
{
	const struct shutdown_args *a = args;
	struct daemon *d = call_daemon(call);

	d->exit_value = (int)a->exit_value;
	ctl_after(call, stop, NULL);
	ctl_respond(call, CTL_SUCCESS, NULL, "Shutting down.");
}

/* --- leases-reclaim, kea-lfc-start --- */

struct reclaim_args {
	struct conf_node node;
	bool remove;
};
static const struct key reclaim_keys[] = {
	K_BOOL(struct reclaim_args, remove, "remove", .required = true, .since = "4.2.0",
	       .doc = "remove the leases, instead of keeping them as reclaimed"),
};
static const struct scope reclaim_scope = SCOPE("arguments", struct reclaim_args, reclaim_keys);

#define RECLAIM_POLL_MS 20

/* Reclaims in slices, between which the loop runs, until no expired lease is left. */
struct reclaiming {
	struct ctl_call *call;
	bool remove;
	bool has_begun;
};

static void reclaim_more(void *ctx)
{
	struct reclaiming *r = ctx;
	struct daemon *d = call_daemon(r->call);
	struct expired_leases_processing_conf conf = *d->sockets.live->cfg->global.expired_leases_processing;
	bool is_done = false;

	conf.max_reclaim_leases = conf.max_reclaim_time = 0;
	conf.unwarned_reclaim_cycles = 0;
	conf.hold_reclaimed_time = r->remove ? 0 : conf.hold_reclaimed_time ? conf.hold_reclaimed_time : 1;
	/* A database responds later: then the slice is still pending. */
	if (reclaim_is_idle(d->reclaim)) {
		is_done = r->has_begun && reclaim_found_none(d->reclaim);
		reclaim_use_dns(d->reclaim, d->srv.sender, d->sockets.live->cfg);
		if (!is_done)
			is_done = !reclaim_slice(d->reclaim, d->db->store, d->sockets.live->hooks, &conf) &&
				  reclaim_is_idle(d->reclaim);
		r->has_begun = true;
	}
	if (!is_done && !reclaim_is_failing(d->reclaim)) {
		loop_timer(d->loop, RECLAIM_POLL_MS, reclaim_more, r);
		return;
	}
	if (is_done)
		ctl_respond(r->call, CTL_SUCCESS, NULL, "Reclamation of expired leases is complete.");
	else
		ctl_respond(r->call, CTL_ERROR, NULL, "Reclamation of expired leases failed: they cannot be stored.");
	free(r);
}

static void leases_reclaim(struct ctl_call *call, const void *args)
{
	struct reclaiming *r = xcalloc(1, sizeof(*r));

	r->call = call;
	r->remove = ((const struct reclaim_args *)args)->remove;
	loop_timer(call_daemon(call)->loop, 0, reclaim_more, r);
}

static void lfc_start_now(struct ctl_call *call, const void *args)
{
	(void)args;
	switch (lfc_start(call_daemon(call)->lfc)) {
	case LFC_STARTED:
		ctl_respond(call, CTL_SUCCESS, NULL, "Lease file cleanup started.");
		break;
	case LFC_RUNNING:
		ctl_respond(call, CTL_EMPTY, NULL, "Lease file cleanup is already running.");
		break;
	case LFC_NO_FILE:
		ctl_respond(call, CTL_ERROR, NULL, "There is no lease file: the leases are not stored in one.");
		break;
	case LFC_FAILED:
		ctl_respond(call, CTL_ERROR, NULL, "The lease file cannot be moved aside.");
		break;
	}
}

#define ROW(n, a) .name = n, .families = KEY_DHCP, .access = a, .provider = "core", .since = "4.2.0"

static const struct command rows[] = {
	{ ROW("version-get", CTL_READ), .run = version_get,
	  .doc = "Returns the version, and as \"extended\" the versions of the libraries in use." },
	{ ROW("build-report", CTL_READ), .run = build_report_get,
	  .doc = "Returns how the program was configured and built." },
	{ ROW("server-tag-get", CTL_READ), .run = server_tag_get,
	  .doc = "Returns \"server-tag\" of the configuration." },
	{ ROW("config-backend-pull", CTL_WRITE), .run = config_backend_pull,
	  .doc = "Returns that there is no configuration backend: they are not supported." },
	{ ROW("status-get", CTL_READ), .run = status_get,
	  .doc = "Returns the process id, the seconds since the start and since the last configuration, who has "
		 "disabled "
		 "the service, the number of threads, and the sockets that cannot be opened." },
	{ ROW("dhcp-disable", CTL_WRITE), .args = &disable_scope, .run = dhcp_disable,
	  .doc = "Stops responding to clients, until each origin that asked for this has enabled the service again." },
	{ ROW("dhcp-enable", CTL_WRITE), .args = &enable_scope, .run = dhcp_enable,
	  .doc = "Undoes dhcp-disable of the same origin." },
	{ ROW("shutdown", CTL_WRITE), .args = &shutdown_scope, .run = shutdown_server,
	  .doc = "Stops the server once the response was sent." },
	{ ROW("leases-reclaim", CTL_WRITE), .args = &reclaim_scope, .run = leases_reclaim,
	  .doc = "Reclaims all expired leases now, and responds when this is stored." },
	{ ROW("kea-lfc-start", CTL_WRITE), .run = lfc_start_now,
	  .doc = "Starts kea-lfc, which cleans up the lease file." },
};
const struct command_rows commands_server = COMMAND_ROWS(rows);

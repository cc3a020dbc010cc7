/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/agent.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "daemon/command_text.h"
#include "daemon/config_file.h"
#include "io/loop.h"
#include "log/log.h"
#include "root/config.h"

#include <unistd.h>

#define RETRY_MS 5000

struct agent {
	struct loop *loop;
	struct ctl *ctl;   /* its own commands; user: the agent */
	struct ctl *known; /* those of the services, for access rules */
	struct channels *channels;
	struct agent_conf *conf;     /* NULL: none */
	struct program_build server; /* without diag and arena */
	const char *server_file;
	/* A change by a command takes effect once its client has the response. */
	struct timer change;
	bool is_changing;
	struct agent_conf *next; /* NULL: the port is to be closed */
	struct channels_next *next_channels;
	struct timer retry;
	bool has_failed; /* logged once */
	int64_t started_ms, configured_ms;
};

/* --- commands about the agent itself --- */

static struct agent *agent_of(const struct ctl_call *call)
{
	return ctl_call_user(call);
}

static void config_get(struct ctl_call *call, const void *args)
{
	(void)args;
	command_respond_text(call, agent_of(call)->conf->shown, AGENT_ROOT);
}

static void config_hash_get(struct ctl_call *call, const void *args)
{
	(void)args;
	ctl_respond(call, CTL_SUCCESS, command_hash(agent_of(call)->conf->shown), NULL);
}

struct config_args {
	struct conf_node node;
	struct json_object *root;
	const char *hash;
};
static const struct key config_keys[] = {
	K_JSON(struct config_args, root, AGENT_ROOT, .families = KEY_AGENT, .required = true, .since = "5.0.0",
	       .doc = "the configuration, as in a file"),
	K_STRING(struct config_args, hash, "hash", .families = KEY_AGENT, .max = CONFIG_HASH_MAX, .since = "5.0.0",
		 .doc = "hash of the configuration that is replaced, as config-get returned it: if it has changed "
			"since, the result is 4 and nothing changes"),
};
static const struct scope config_scope = SCOPE("arguments", struct config_args, config_keys);

/* Reads the configuration in the arguments; NULL after responding with its errors. */
static struct agent_conf *load(struct ctl_call *call, const struct config_args *a)
{
	struct program_build pb = agent_of(call)->server;
	struct agent_conf *conf;

	pb.diag = ctl_call_diag(call);
	conf = agent_build(&pb, a->root);
	if (!conf)
		ctl_respond_diag(call);
	return conf;
}

static void config_test(struct ctl_call *call, const void *args)
{
	struct agent_conf *conf = load(call, args);

	if (!conf)
		return;
	agent_conf_free(conf);
	ctl_respond(call, CTL_SUCCESS, NULL, "Configuration check successful");
}

static void begin_change(void *user, void *ctx)
{
	struct agent *agent = user;

	(void)ctx;
	loop_timer_start(agent->loop, &agent->change, 0);
}

static bool may_change(struct ctl_call *call)
{
	if (agent_of(call)->is_changing)
		ctl_respond(call, CTL_ERROR, NULL, "another change of the agent is about to take effect");
	return !agent_of(call)->is_changing;
}

/* Opens what conf needs, which takes effect later; takes conf. The agent's file stays the same. */
static void change_to(struct ctl_call *call, struct agent_conf *conf)
{
	struct agent *agent = agent_of(call);
	char *why = NULL;

	if (agent->conf->path)
		conf->path = arena_strdup(conf->arena, agent->conf->path);
	if (channels_prepare(agent->channels, &conf->channel, 1, &agent->next_channels, &why) < 0) {
		ctl_respond(call, CTL_ERROR, NULL, "%s", why);
		free(why);
		agent_conf_free(conf);
		return;
	}
	agent->next = conf;
	agent->is_changing = true;
	ctl_after(call, begin_change, NULL);
	ctl_respond(call, CTL_SUCCESS, command_hash(conf->shown), "Configuration applied successfully.");
}

static void config_set(struct ctl_call *call, const void *args)
{
	const struct agent *agent = agent_of(call);
	const struct config_args *a = args;
	struct agent_conf *conf = NULL;

	if (may_change(call) && command_hash_matches(call, agent->conf->shown, a->hash))
		conf = load(call, a);
	if (conf)
		change_to(call, conf);
}

static void config_reload(struct ctl_call *call, const void *args)
{
	const struct agent *agent = agent_of(call);
	const char *path = agent->conf->path;
	struct program_build pb = agent->server;
	struct agent_conf *conf;

	(void)args;
	if (!may_change(call))
		return;
	pb.diag = ctl_call_diag(call);
	conf = agent_load(&pb, path ? path : agent->server_file, NULL, 0);
	if (conf)
		change_to(call, conf);
	else
		ctl_respond_diag(call);
}

static struct config_text *read_text(const struct config_file *file, const char *text, size_t len,
				     struct diag **ret_diag)
{
	struct program_build pb = *(const struct program_build *)file->ctx;
	struct config_text *read = NULL;
	struct agent_conf *conf;

	*ret_diag = pb.diag = diag_new();
	conf = agent_load(&pb, file->path, text, len);
	if (conf)
		read = config_text_ref(conf->text);
	agent_conf_free(conf);
	return read;
}

struct write_args {
	struct conf_node node;
	const char *filename;
};
static const struct key write_keys[] = {
	K_STRING(struct write_args, filename, "filename", .families = KEY_AGENT, .max = 4096, .since = "5.0.0",
		 .doc = "a file in the directory of the agent's file, which is the default"),
};
static const struct scope write_scope = SCOPE("arguments", struct write_args, write_keys);

static void config_write(struct ctl_call *call, const void *args)
{
	const struct write_args *a = args;
	struct agent *agent = agent_of(call);
	struct config_file file = { .path = agent->conf->path,
				    .root = AGENT_ROOT,
				    .is_any_allowed = agent->server.flags & CONFIG_RELAXED,
				    .read = read_text,
				    .ctx = &agent->server };

	if (file.path)
		command_config_write(call, &file, agent->conf->text, a->filename);
	else
		ctl_respond(call, CTL_ERROR, NULL,
			    "\"" AGENT_ROOT "\" is in %s, the file of the server that opens the port, which only the "
			    "server writes",
			    agent->server_file);
}

struct shutdown_args {
	struct conf_node node;
	uint32_t exit_value;
};
static const struct key shutdown_keys[] = {
	K_INT(struct shutdown_args, exit_value, "exit-value", .families = KEY_AGENT, .def = "0", .max = 255,
	      .since = "5.0.0", .doc = "not used: no process ends"),
};
static const struct scope shutdown_scope = SCOPE("arguments", struct shutdown_args, shutdown_keys);

static void shutdown_agent(struct ctl_call *call, const void *args)
{
	struct agent *agent = agent_of(call);

	(void)args;
	if (!may_change(call))
		return;
	agent->next = NULL;
	agent->is_changing = true;
	ctl_after(call, begin_change, NULL);
	ctl_respond(call, CTL_SUCCESS, NULL, "Control Agent is shutting down");
}

static void status_get(struct ctl_call *call, const void *args)
{
	const struct agent *agent = agent_of(call);
	struct json_object *map = json_object_new_object();
	int64_t now_ms = clock_boot_ms();

	(void)args;
	json_object_object_add(map, "pid", json_object_new_int64(getpid()));
	json_object_object_add(map, "uptime", json_object_new_int64((now_ms - agent->started_ms) / 1000));
	json_object_object_add(map, "reload", json_object_new_int64((now_ms - agent->configured_ms) / 1000));
	ctl_respond(call, CTL_SUCCESS, map, NULL);
}

static void version_get(struct ctl_call *call, const void *args)
{
	struct json_object *map = json_object_new_object();

	(void)args;
	json_object_object_add(map, "extended",
			       json_object_new_string(PACKAGE_VERSION "\ncontrol agent of the server\n"));
	ctl_respond(call, CTL_SUCCESS, map, "%s", PACKAGE_VERSION);
}

static void build_report_get(struct ctl_call *call, const void *args)
{
	(void)args;
	command_respond_build_report(call);
}

#define ROW(n, a) .name = n, .families = KEY_AGENT, .access = a, .provider = "core"

static const struct command rows[] = {
	{ ROW("build-report", CTL_READ), .run = build_report_get, .since = "4.2.0",
	  .doc = "Returns how the program was configured and built." },
	{ ROW("config-get", CTL_READ), .run = config_get, .since = "4.2.0",
	  .doc = "Returns \"Control-agent\" with all defaults and without passwords, and its hash." },
	{ ROW("config-hash-get", CTL_READ), .run = config_hash_get, .since = "5.0.0",
	  .doc = "Returns the hash of \"Control-agent\"." },
	{ ROW("config-reload", CTL_WRITE), .run = config_reload, .since = "5.0.0",
	  .doc = "Reads \"Control-agent\" again, from the file that it is from." },
	{ ROW("config-set", CTL_WRITE), .args = &config_scope, .run = config_set, .since = "5.0.0",
	  .doc = "Replaces \"Control-agent\", until it is read again." },
	{ ROW("config-test", CTL_WRITE), .args = &config_scope, .run = config_test, .since = "5.0.0",
	  .doc = "Checks a \"Control-agent\"." },
	{ ROW("config-write", CTL_WRITE), .args = &write_scope, .run = config_write, .since = "5.0.0",
	  .doc = "Writes \"Control-agent\" to the file beside the server's that it is from, or to another one there." },
	{ ROW("shutdown", CTL_WRITE), .args = &shutdown_scope, .run = shutdown_agent, .since = "5.0.0",
	  .doc = "Closes the port until the configuration of the server is loaded again." },
	{ ROW("status-get", CTL_READ), .run = status_get, .since = "4.2.0",
	  .doc = "Returns the process id, and the seconds since the start and since the last configuration." },
	{ ROW("version-get", CTL_READ), .run = version_get, .since = "4.2.0", .doc = "Returns the version." },
};

void agent_commands_add(struct ctl *ctl)
{
	ctl_add(ctl, rows, sizeof(rows) / sizeof(rows[0]));
}

/* --- the port --- */

/* Opens the port; false if that has to be tried again. */
static bool open_port(struct agent *agent)
{
	struct channels_next *next;
	char *why = NULL;

	if (channels_prepare(agent->channels, &agent->conf->channel, 1, &next, &why) < 0) {
		if (!agent->has_failed)
			LOG(CTRL_AGENT_PORT_NOT_OPENED, agent->conf->channel.name, why);
		agent->has_failed = true;
		free(why);
		return false;
	}
	LOG(CTRL_AGENT_STARTED, agent->conf->channel.name);
	agent->has_failed = false;
	channels_use(agent->channels, next);
	return true;
}

static void try_open(void *ctx)
{
	struct agent *agent = ctx;

	if (!open_port(agent))
		loop_timer_start(agent->loop, &agent->retry, RETRY_MS);
}

static void close_port(struct agent *agent)
{
	struct channels_next *next;
	char *why = NULL;

	if (channels_prepare(agent->channels, NULL, 0, &next, &why) == 0)
		channels_use(agent->channels, next);
	free(why);
}

static void set_conf(struct agent *agent, struct agent_conf *conf)
{
	static const char *const none[CTL_SERVICES];

	agent->conf = conf;
	agent->configured_ms = clock_boot_ms();
	ctl_forward(agent->ctl, agent->loop, agent->known, conf ? conf->paths : none);
}

static void take_change(void *ctx)
{
	struct agent *agent = ctx;
	struct agent_conf *old = agent->conf;

	agent->is_changing = false;
	if (!agent->next) {
		agent_use(agent, NULL);
		return;
	}
	set_conf(agent, agent->next);
	channels_use(agent->channels, agent->next_channels);
	agent->next = NULL;
	agent->next_channels = NULL;
	agent_conf_free(old);
}

static void drop_change(struct agent *agent)
{
	loop_timer_stop(agent->loop, &agent->change);
	channels_drop(agent->next_channels);
	agent_conf_free(agent->next);
	agent->next_channels = NULL;
	agent->next = NULL;
	agent->is_changing = false;
}

void agent_use(struct agent *agent, struct agent_conf *conf)
{
	struct agent_conf *old = agent->conf;

	drop_change(agent);
	loop_timer_stop(agent->loop, &agent->retry);
	agent->has_failed = false;
	/* A port that is no longer wanted must not stay open, whatever becomes of the new one. */
	if (!conf || (old && !channel_conf_is_same(&old->channel, &conf->channel)))
		close_port(agent);
	set_conf(agent, conf);
	if (conf && !open_port(agent)) {
		/* The old settings of an open socket are freed. */
		close_port(agent);
		loop_timer_start(agent->loop, &agent->retry, RETRY_MS);
	}
	agent_conf_free(old);
}

struct ctl *agent_ctl(const struct agent *agent)
{
	return agent->ctl;
}

struct agent *agent_new(struct loop *loop, void (*add_known)(struct ctl *ctl), const struct program_build *server,
			const char *server_file)
{
	struct agent *agent = xcalloc(1, sizeof(*agent));

	agent->loop = loop;
	agent->ctl = ctl_new(KEY_AGENT, agent);
	agent_commands_add(agent->ctl);
	agent->known = ctl_new(KEY_DHCP | KEY_D2, NULL);
	if (add_known)
		add_known(agent->known);
	agent->channels = channels_new(loop, agent->ctl);
	agent->server = *server;
	agent->server_file = server_file;
	timer_init(&agent->retry, try_open, agent);
	timer_init(&agent->change, take_change, agent);
	agent->started_ms = clock_boot_ms();
	return agent;
}

void agent_free(struct agent *agent)
{
	if (!agent)
		return;
	drop_change(agent);
	loop_timer_stop(agent->loop, &agent->retry);
	channels_free(agent->channels);
	ctl_free(agent->ctl);
	ctl_free(agent->known);
	agent_conf_free(agent->conf);
	free(agent);
}

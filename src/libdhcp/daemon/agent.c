/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/agent.h"

#include "base/clock.h"
#include "base/str.h"
#include "daemon/command_text.h"
#include "io/loop.h"
#include "log/log.h"

#include <unistd.h>

#define RETRY_MS 5000

struct agent {
	struct loop *loop;
	struct ctl *ctl;   /* its own commands; user: the agent */
	struct ctl *known; /* those of the services, for access rules */
	struct channels *channels;
	struct agent_conf *conf; /* NULL: none */
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
	command_respond_text(call, agent_of(call)->conf->text, AGENT_ROOT);
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

#define ROW(n) .name = n, .families = KEY_AGENT, .access = CTL_READ, .provider = "core", .since = "4.2.0"

static const struct command rows[] = {
	{ ROW("build-report"), .run = build_report_get, .doc = "Returns how the program was configured and built." },
	{ ROW("config-get"), .run = config_get,
	  .doc = "Returns \"Control-agent\" with all defaults and without passwords, and its hash." },
	{ ROW("status-get"), .run = status_get,
	  .doc = "Returns the process id, and the seconds since the start and since the last configuration." },
	{ ROW("version-get"), .run = version_get, .doc = "Returns the version." },
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

void agent_use(struct agent *agent, struct agent_conf *conf)
{
	static const char *const none[CTL_SERVICES];
	struct agent_conf *old = agent->conf;

	loop_timer_stop(agent->loop, &agent->retry);
	agent->has_failed = false;
	/* A port that is no longer wanted must not stay open, whatever becomes of the new one. */
	if (!conf || (old && !channel_conf_is_same(&old->channel, &conf->channel)))
		close_port(agent);
	agent->conf = conf;
	agent->configured_ms = clock_boot_ms();
	ctl_forward(agent->ctl, agent->loop, agent->known, conf ? conf->paths : none);
	if (conf && !open_port(agent)) {
		/* The old settings of an open socket are freed. */
		close_port(agent);
		loop_timer_start(agent->loop, &agent->retry, RETRY_MS);
	}
	agent_conf_free(old);
}

struct agent *agent_new(struct loop *loop, void (*add_known)(struct ctl *ctl))
{
	struct agent *agent = xcalloc(1, sizeof(*agent));

	agent->loop = loop;
	agent->ctl = ctl_new(KEY_AGENT, agent);
	agent_commands_add(agent->ctl);
	agent->known = ctl_new(KEY_DHCP | KEY_D2, NULL);
	if (add_known)
		add_known(agent->known);
	agent->channels = channels_new(loop, agent->ctl);
	timer_init(&agent->retry, try_open, agent);
	agent->started_ms = clock_boot_ms();
	return agent;
}

void agent_free(struct agent *agent)
{
	if (!agent)
		return;
	loop_timer_stop(agent->loop, &agent->retry);
	channels_free(agent->channels);
	ctl_free(agent->ctl);
	ctl_free(agent->known);
	agent_conf_free(agent->conf);
	free(agent);
}

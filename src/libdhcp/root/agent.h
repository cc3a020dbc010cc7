/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ctl/forward.h"
#include "ctl/channel.h"
#include "root/config_text.h"
#include "root/keys_agent.h"

/*
 * "Control-agent", the configuration of Kea's control agent: the servers open its port. It is a map in the server's
 * file or in a file beside it. Once built it is immutable, and its arena holds everything in it.
 */
#define AGENT_FILE "kea-ctrl-agent.conf"

struct agent_conf {
	struct arena *arena;
	struct channel_conf channel;
	const char *paths[CTL_SERVICES]; /* unix sockets of the services; NULL: not configured */
	struct config_text *text;        /* for config-write */
	struct config_text *shown;       /* for config-get: without passwords; its hash is that of `text` */
	const char *path;                /* the file beside the server's that it was read from; NULL: another source */
};

struct program_build;
/*
 * Builds the map; errors are in the diag of pb, whose arena is not used. NULL after errors. The map is not needed
 * afterwards.
 */
struct agent_conf *agent_build(const struct program_build *pb, struct json_object *map);
/*
 * Returns what AGENT_FILE in the directory of a server's configuration file says; NULL without such a file. A file with
 * errors is only a warning: the server does not depend on it.
 */
struct agent_conf *agent_build_beside(const struct program_build *pb, const char *path);
/*
 * Returns what a file or, if text is not NULL, a text of len bytes has as "Control-agent". Errors are in the diag of
 * pb; NULL after errors.
 */
struct agent_conf *agent_load(const struct program_build *pb, const char *path, const char *text, size_t len);
void agent_conf_free(struct agent_conf *conf); /* NULL is fine */

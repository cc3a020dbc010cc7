/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ctl/channel.h"
#include "json/read.h"
#include "log/config.h"
#include "root/keys.h"

/*
 * What the configuration files of all programs have in common: a map for each program, paths that are confined to a
 * directory, and loggers.
 */
struct program_build {
	struct arena *arena; /* for results */
	struct diag *diag;
	unsigned flags;      /* CONFIG_RELAXED: paths elsewhere are warnings */
	const char *program; /* "kea-dhcp4": the root logger */
	/* True if the program logs to this child of its root logger ("leases"). */
	bool (*logs_to)(const struct program_build *pb, const char *logger);
	bool shared_loggers; /* set by program_find_root(): the loggers are from a "Logging" map for several programs */
};

#define PROGRAM_MAPS 6 /* that a file may contain */
struct program_top {
	struct key keys[PROGRAM_MAPS];
	struct scope scope;
};

/* Describes a file in which the program's map has this scope and its name; refers to top, which it fills. */
struct json_shape program_shape(struct program_top *top, const struct scope *scope);
/* Finds the program's map; others belong to other programs or are mistakes. NULL if it is missing or not a map. */
struct json_object *program_find_root(struct program_build *pb, struct json_object *top, const char *name);

/*
 * Returns the path of a file of the program: NAME, or FOLDER/NAME where FOLDER is the value of the environment variable
 * or the compiled-in directory. Anything else is an error, or with -X a warning. NULL after an error.
 */
const char *program_path(const struct program_build *pb, struct pos pos, const char *key, const char *text,
			 const char *env, const char *folder);
/* Builds and checks the loggers, a list of struct logger_conf. */
struct log_conf program_loggers(const struct program_build *pb, const struct conf_list *loggers);
/*
 * Builds and checks "control-socket" (NULL: none) and "control-sockets" of a map, a list of struct control_socket_conf.
 * default_name is the file name of unix sockets. Returns their number; they are in the arena.
 */
unsigned program_control(const struct program_build *pb, const struct conf_node *root,
			 const struct control_socket_conf *one, const struct conf_list *list, const char *default_name,
			 struct channel_conf **ret);
/*
 * Loads one of "hooks-libraries", which must not be built in, and adds it to *hooks, which is created in the arena with
 * the first one. digit is that of the family, 0 for kea-dhcp-ddns. False after an error.
 */
struct hooks;
bool program_hook(const struct program_build *pb, const struct hooks_library_conf *conf, unsigned digit,
		  struct hooks **hooks);
/* Builds one HTTP or HTTPS socket from the keys other than its type, which is set in ret. */
void program_http(const struct program_build *pb, const struct control_socket_conf *conf, struct channel_conf *ret);

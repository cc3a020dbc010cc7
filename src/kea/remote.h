/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "kea/cli.h"
#include "kea/peer.h"

#include <json-c/json.h>

struct json_doc;

/*
 * The server of a command line, and commands to it.
 *
 *	struct remote remote;
 *	struct reply reply;
 *	int code = remote_open(cli, KEY_4, &remote);
 *	if (code == EXIT_OK)
 *		code = remote_ask(&remote, "lease4-get", args, &reply);	takes args
 *	... reply.result, reply.arguments ...
 *	reply_done(&reply);
 *	remote_close(&remote);
 *
 * Functions that return an exit code have printed the reason if it is not EXIT_OK.
 */
struct remote {
	struct peer peer;
	unsigned family; /* KEY_4, KEY_6, KEY_D2 */
	const char *service;
};

struct reply {
	struct json_object *root; /* the response */
	int result;
	const char *text;              /* "" if there is none; borrowed from root */
	struct json_object *arguments; /* borrowed from root; NULL: none */
};

/* The family of the server: the one that the options name, else the one that the configuration has, else this one. */
int remote_open(const struct cli *cli, unsigned family, struct remote *ret);
/*
 * Reads the configuration that the options name, without a server: *ret_map is the map of the server in it. *family is
 * as for remote_open(), and changes if the file has another one. json_doc_done() must follow in any case.
 */
int remote_read_config(const struct cli *cli, unsigned *family, struct json_doc *ret, struct json_object **ret_map);
void remote_close(struct remote *remote);
/* EXIT_OK if a valid response came, whatever its result is. */
int remote_ask(struct remote *remote, const char *command, struct json_object *arguments, struct reply *ret);
/* Same with a request as JSON. */
int remote_ask_json(struct remote *remote, struct json_object *request, struct reply *ret);
/* Prints that there is no response. Returns EXIT_UNREACHABLE. */
int remote_unreachable(const struct remote *remote, const char *why);
void reply_done(struct reply *reply);
/* The exit code of a result; prints the server's text if it is an error. */
int reply_code(const struct reply *reply);
/* Prints a response as the options say, and returns the exit code of its result. */
int reply_print(const struct cli *cli, const struct reply *reply);

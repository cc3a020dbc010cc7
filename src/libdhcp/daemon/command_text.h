/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* Responses that the programs have in common. */
struct ctl_call;
struct config_file;
struct config_text;
struct json_object;

/*
 * The response to config-get, in pieces: { ROOT: the configuration, "hash": its hash }. A configuration that replaces
 * this one meanwhile does not change the response. Main thread.
 */
void command_respond_text(struct ctl_call *call, struct config_text *text, const char *root); /* borrows root */
/* Returns { "hash": that of the configuration }. */
struct json_object *command_hash(const struct config_text *text);
/* False, after responding with a conflict, if the hash of the configuration is another; NULL matches any. */
bool command_hash_matches(struct ctl_call *call, const struct config_text *text, const char *hash);
/* config-write: writes the text with config_file_replace(), and responds. */
void command_config_write(struct ctl_call *call, const struct config_file *file, struct config_text *text,
			  const char *filename);
/* Returns what print writes, allocated. */
char *command_printed(void (*print)(const void *ctx, FILE *to), const void *ctx);
/* Responds with what the program was built with. */
void command_respond_build_report(struct ctl_call *call);

/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ctl/command.h"

#include <json-c/json.h>

/* The servers' table of commands. */

/* Returns the command of that name of one of the families, the lowest; NULL if there is none. */
const struct command *command_row(const char *name, unsigned families);
/* The families whose table has the command. */
unsigned command_families(const char *name);
/* Calls fn for each command of the families, in order of name, those of several families once. */
void command_each(unsigned families, void (*fn)(void *ctx, const struct command *cmd), void *ctx);
/*
 * Makes arguments of words: NAME=VALUE, a JSON map, or "-" for one on standard input. cmd NULL: the command is not
 * known. *ret is NULL without words. EXIT_USAGE, and the reason printed, if a word is none of these.
 */
int command_arguments(const struct command *cmd, unsigned family, char **words, unsigned n, struct json_object **ret);
/* True if the argument is one of the family. */
static inline bool key_is_of(const struct key *key, unsigned families)
{
	return (key->families ? key->families : KEY_DHCP) & families;
}

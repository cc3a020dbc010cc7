/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "daemon/commands.h"

/*
 * Commands that change a part of the configuration: they edit a copy of its document, which is then checked and put
 * into service as a whole, like a reload. Nothing has changed if that fails.
 */

/* What an edit says: the result, and the text and arguments of the response. */
struct command_edited {
	enum ctl_result result; /* other than CTL_SUCCESS: nothing is changed */
	struct str text;
	struct json_object *arguments; /* NULL: none; taken */
	bool only_reads;               /* nothing was edited */
};

/*
 * Edits `root`, the map Dhcp4 or Dhcp6 with all defaults. Values of the request may be put into it: they keep their
 * positions. Errors of arguments go to ctl_call_diag() and make the edit fail, whatever the result is.
 */
typedef void command_edit_fn(struct ctl_call *call, struct json_object *root, const void *args,
			     struct command_edited *ret);

/* Calls edit from the loop and responds. hash: for command_hash_is_current(). */
void command_edit(struct ctl_call *call, const void *args, const char *hash, command_edit_fn *edit);

/* Returns the list of that name in the map; creates an empty one. */
struct json_object *command_list(struct json_object *map, const char *name);
/* Returns the text of a member; "" if there is none. */
const char *command_text(struct json_object *map, const char *key);
/* Returns "subnet4" or "subnet6". */
const char *command_subnets(const struct ctl_call *call);

/* Where a subnet is in the document. */
struct command_place {
	struct json_object *list, *map;
	size_t at;
};
/* Returns the id of a subnet; 0 if it has none. */
uint32_t command_subnet_id(struct json_object *map);
/* Finds a subnet in a list by its id, or with 0 by its prefix. */
bool command_find_in(struct json_object *list, uint32_t id, const char *prefix, struct command_place *ret);
/* Same, in all lists of the document. */
bool command_find_subnet(const struct ctl_call *call, struct json_object *root, uint32_t id, const char *prefix,
			 struct command_place *ret);
/* Returns the index of the first item with this value of a key; -1: none. */
int command_find(struct json_object *list, const char *key, struct json_object *value);

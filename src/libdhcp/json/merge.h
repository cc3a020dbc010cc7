/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"

#include <json-c/json.h>

/*
 * Changes a JSON text and keeps what does not change as it is written: values, layout and comments. `before` is what
 * the text means and `after` what it shall mean. Members that both have with the same value need not be in the text
 * (they are defaults), and members of the text that neither has stay. Items of lists are the same if their "id",
 * "name", "subnet", "pool" or "prefix" is, or else their value.
 *
 * The text has been read without errors. Appends to out; false if the outermost value is not a map, or was included.
 */
bool json_merge(const char *text, size_t len, struct json_object *before, struct json_object *after, struct str *out);
/* Appends value as text of several lines, those after the first with this indentation. */
void json_add_pretty(struct str *out, struct json_object *value, const char *indent, size_t indent_len);

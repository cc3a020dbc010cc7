/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <json-c/json.h>
#include <stdint.h>

/* Values without positions. They may be as deep as those of a configuration; json-c by itself reads 32 levels. */

/* Reads plain JSON. NULL if it is not valid, or is null. */
struct json_object *json_parse(const char *text, size_t len);
/* Returns a copy that has names and strings of its own; NULL for NULL. */
struct json_object *json_copy(struct json_object *value);

/* A member of a map from elsewhere, which may be anything: the default if it is missing or of another type. Borrowed.
 */
struct json_object *json_member(struct json_object *map, const char *name);
const char *json_member_text(struct json_object *map, const char *name); /* default: "" */
int64_t json_member_int(struct json_object *map, const char *name, int64_t by_default);

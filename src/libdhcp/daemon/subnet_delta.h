/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "wire/dict.h"

#include <json-c/json.h>

/*
 * Changes to parts of a subnet, as JSON. Pools are the same if their "pool" is, prefix pools if "prefix", "prefix-len"
 * and "delegated-len" are, options if name or code, and space, are.
 */

/* Sets what `delta` has: values, and items of lists of pools and options; a pool that exists is changed the same way.
 */
void subnet_delta_add(const struct dict *dict, struct json_object *map, struct json_object *delta);
/*
 * Removes what `delta` has, whatever the values are. A pool with nothing but what identifies it is removed; otherwise,
 * those of its parts.
 */
void subnet_delta_del(const struct dict *dict, struct json_object *map, struct json_object *delta);

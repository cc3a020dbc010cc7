/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>

/*
 * What changes one JSON value into another, as a list of steps, itself JSON:
 *
 *	[ { "at": [ "subnet4", 3, "valid-lifetime" ], "set": 7200 },
 *	  { "at": [ "subnet4", 3, "pool" ], "remove": 1 },
 *	  { "at": [ "reservations" ], "from": 12, "remove": 1, "insert": [ { ... } ] } ]
 *
 * "at" is the way to a member, or with "from" to a list, some of whose items are replaced. A change of one item of a
 * long list is one short step. The order of members does not count.
 */

/* Returns the steps, which refer to values of `after`; an empty list if both are equal. */
struct json_object *json_diff(struct json_object *before, struct json_object *after);
/*
 * Applies steps to a map; values of the steps become part of it. Returns false, with the map partly changed, if a step
 * does not fit. The steps may be anything.
 */
bool json_apply(struct json_object *map, struct json_object *steps);

/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stddef.h>

/*
 * Information about the keys of the document, used to decide which bracket is missing or wrong, and where. A
 * scope describes what one kind of map may contain; the reader only passes it on.
 */
enum json_kind { JSON_UNKNOWN, JSON_ANY, JSON_SCALAR, JSON_SCALARS, JSON_MAP, JSON_MAPS };

struct json_shape {
	const void *top; /* of the outermost map */
	/*
	 * Returns what the key contains, JSON_UNKNOWN if it is not allowed in `scope`; and the scope of its map or
	 * maps, NULL if none.
	 */
	enum json_kind (*key)(const void *scope, const char *key, size_t len, const void **ret_inner);
};

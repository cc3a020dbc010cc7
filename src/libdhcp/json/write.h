/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"

#include <json-c/json.h>

/*
 * Prints a JSON value in pieces, so that a long response is never in memory as text:
 *
 *	struct json_writing wr;
 *	json_write_init(&wr, value);
 *	while (json_write_next(&wr, &out, 64 << 10)) send(&out);
 *
 * The value must not change meanwhile.
 */
#define JSON_WRITE_DEPTH 128 /* deeper values are printed in one piece */

struct json_writing {
	struct json_object *value; /* NULL once it is finished */
	unsigned depth;
	struct {
		struct json_object *in;
		struct lh_entry *entry; /* next member of a map */
		size_t i;               /* next item of a list; members printed of a map */
	} at[JSON_WRITE_DEPTH];
};

/* Borrows the value; NULL prints "null". */
void json_write_init(struct json_writing *wr, struct json_object *value);
/* Appends about `len` bytes; false when the value is complete. */
bool json_write_next(struct json_writing *wr, struct str *out, size_t len);
/* Appends all of a value; NULL prints "null". */
void json_write_all(struct json_object *value, struct str *out);
/* Appends a string with quotes. Bytes that are not UTF-8 become U+FFFD. */
void json_add_string(struct str *out, const char *text, size_t len);

/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "json/diag.h"
#include "json/limits.h"
#include "json/shape.h"

#include <json-c/json.h>

/*
 * JSON as in Kea's configuration files, read into json-c objects that know their positions: with comments (# //
 * and slash-star), <?include "file"?> in place of a value or member, and extra commas (with a warning). All
 * errors of a text are found in one run, and a missing bracket or quote is one error. Duplicate keys, integers
 * beyond 64 bits, control characters and invalid UTF-8 are errors.
 */
struct json_doc {
	struct json_object *root; /* NULL if there was no value at all */
	struct arena *arena;      /* memory for positions and keys */
};

/*
 * Returns 0, or -E_CONFIG with the errors in diag. *ret then still contains everything that could be read,
 * unless the nesting could not be determined. shape may be NULL.
 */
int json_read_file(const char *path, const struct json_shape *shape, struct diag *diag, struct json_doc *ret);
int json_read_text(const char *name, const char *text, size_t len, unsigned flags, const struct json_shape *shape,
		   struct diag *diag, struct json_doc *ret);
void json_doc_done(struct json_doc *doc);

/*
 * Returns the position of the value, or of its key, in the text. POS_NONE for NULL and for values not read from
 * a text.
 */
struct pos json_pos(struct json_object *value);
struct pos json_key_pos(struct json_object *value);
/*
 * Returns the position of bytes `from` ... `from + len - 1` of a string's value; at least one character. The
 * position of the whole value if the source does not have it in double quotes.
 */
struct pos json_string_pos(const struct diag *diag, struct json_object *value, size_t from, size_t len);
/* True for the placeholder of a value that could not be read. The error has been reported. */
bool json_is_broken(struct json_object *value);
/* True for a map or list without its end: other parts may be missing too. */
bool json_is_cut(struct json_object *value);
void json_set_cut(struct json_object *value);

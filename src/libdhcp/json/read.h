/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "json/diag.h"

#include <json-c/json.h>

/*
 * JSON as Kea's configuration files use it, read into json-c objects that know their place: comments
 * (# // and slash-star), <?include "file"?> wherever a value or member may be, extra commas (with a
 * warning). All errors of a text are found in one run, and a missing bracket or quote is one error. Duplicate
 * keys, integers beyond 64 bits, control characters and broken UTF-8 are errors.
 */
struct json_doc {
	struct json_object *root; /* NULL when there was no value at all */
	struct arena *arena;      /* where the places and keys live */
};

#define JSON_DEPTH_MAX 100
#define JSON_INCLUDE_MAX 10
#define JSON_FILE_MAX (256u << 20) /* bytes */

enum { JSON_STRICT = 1 }; /* no comments, no includes, no trailing commas: for what comes off a socket */

/*
 * What is known about the keys of the document, to judge which bracket is missing or wrong, and where. A scope is
 * what one kind of map may hold; the reader only passes it around.
 */
enum json_kind { JSON_UNKNOWN, JSON_ANY, JSON_SCALAR, JSON_SCALARS, JSON_MAP, JSON_MAPS };

struct json_shape {
	const void *top; /* of the outermost map */
	/* What the key holds, JSON_UNKNOWN if it cannot be in `scope`; and the scope of its map or maps, NULL if none.
	 */
	enum json_kind (*key)(const void *scope, const char *key, size_t len, const void **ret_inner);
};

/*
 * 0, or -E_CONFIG with the errors in diag. Then *ret still holds what could be read, unless the nesting could not
 * be recovered. shape may be NULL.
 */
int json_read_file(const char *path, const struct json_shape *shape, struct diag *diag, struct json_doc *ret);
int json_read_text(const char *name, const char *text, size_t len, unsigned flags, const struct json_shape *shape,
		   struct diag *diag, struct json_doc *ret);
void json_doc_done(struct json_doc *doc);

/* Where the value, and its key, are in the text. POS_NONE for NULL or made values. */
struct pos json_pos(struct json_object *value);
struct pos json_key_pos(struct json_object *value);
/*
 * Where bytes `from` ... `from + len - 1` of a string's value are in the text; at least one character. All of the value
 * if the source does not have it in double quotes.
 */
struct pos json_string_pos(const struct diag *diag, struct json_object *value, size_t from, size_t len);
/* True for the placeholder of a value that could not be read. Its error has been reported. */
bool json_is_broken(struct json_object *value);
/* True for a map or list whose end was missing: it may lack more than that. */
bool json_is_cut(struct json_object *value);
void json_set_cut(struct json_object *value);

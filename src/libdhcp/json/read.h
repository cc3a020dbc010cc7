/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "json/diag.h"

#include <json-c/json.h>

/*
 * JSON as Kea's configuration files use it, read into json-c objects that know their place: comments
 * (# // and slash-star), <?include "file"?> wherever a value or member may stand, trailing commas (with a
 * warning). All errors of a text are found in one run. Duplicate keys, integers beyond 64 bits, control
 * characters and broken UTF-8 are errors.
 */
struct json_doc {
	struct json_object *root; /* NULL when there was no value at all */
	struct arena *arena;      /* where the places and keys live */
};

#define JSON_DEPTH_MAX 100
#define JSON_INCLUDE_MAX 10
#define JSON_FILE_MAX (256u << 20) /* bytes */

enum { JSON_STRICT = 1 }; /* no comments, no includes, no trailing commas: for what comes off a socket */

/* 0, or -E_CONFIG with diag telling why (then *ret may still hold what could be read). */
int json_read_file(const char *path, struct diag *diag, struct json_doc *ret);
int json_read_text(const char *name, const char *text, size_t len, unsigned flags, struct diag *diag,
		   struct json_doc *ret);
void json_doc_done(struct json_doc *doc);

/* Where the value, and the key it stands under, were written. POS_NONE for NULL or made values. */
struct pos json_pos(struct json_object *value);
struct pos json_key_pos(struct json_object *value);

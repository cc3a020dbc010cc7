/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"
#include "kea-migrate/report.h"

/*
 * The configuration that is written: JSON values with comments. A value with a position (`src`) is a unit: if the
 * server rejects anything in it, it becomes a comment as a whole. Everything is in one arena.
 */
enum out_kind { OUT_MAP, OUT_LIST, OUT_TEXT, OUT_COMMENT };

struct out {
	enum out_kind kind;
	const char *key;     /* NULL in lists */
	const char *text;    /* OUT_TEXT: JSON; OUT_COMMENT: its lines */
	const char *comment; /* lines before the value; NULL if none */
	const char *why;     /* not NULL: printed as a comment, for this reason */
	struct pos src;      /* line 0: not a unit */
	struct out *parent, *first, *last, *prev, *next;
	size_t from, to; /* bytes of the text printed last */
};

struct out *out_new(struct arena *arena, enum out_kind kind);
/* These add a value to a map (key) or a list (NULL); a value with this key is replaced. */
struct out *out_map(struct arena *arena, struct out *in, const char *key);
struct out *out_list(struct arena *arena, struct out *in, const char *key);
struct out *out_string(struct arena *arena, struct out *in, const char *key, const char *value);
struct out *out_number(struct arena *arena, struct out *in, const char *key, int64_t value);
struct out *out_bool(struct arena *arena, struct out *in, const char *key, bool value);
struct out *out_raw(struct arena *arena, struct out *in, const char *key, const char *json);
struct out *out_comment(struct arena *arena, struct out *in, const char *text);
/* A statement of the source that needs a decision. */
struct undecided {
	struct pos pos;
	const char *word;    /* before the reason in the report; NULL: nothing */
	const char *comment; /* lines before the statement; NULL if none */
	const char *source;  /* its text */
};
/* Reports it, and adds its text to the map as a comment. */
void out_decide(struct report *rep, struct out *in, const struct undecided *what, const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));
/* Like out_list(), but keeps a list that is there. */
struct out *out_get_list(struct arena *arena, struct out *in, const char *key);
/* NULL if there is none; values that are comments by now are not found. */
struct out *out_find(const struct out *in, const char *key);
/* Returns the value of a string without its quotes and escapes, in the arena; NULL if there is none. */
const char *out_value(struct arena *arena, const struct out *in, const char *key);
/* Returns the number of values in a map or list, with those in them. */
size_t out_count(const struct out *in);
/* Copies a value with everything in it. */
struct out *out_copy(struct arena *arena, struct out *in, const struct out *from);
/* Adds a value that is nowhere yet. */
void out_append(struct out *in, struct out *value);
void out_remove(struct out *value);
/* Moves a value to the beginning of its map or list, or another one. */
void out_move_first(struct out *in, struct out *value);
void out_insert_before(struct out *place, struct out *value);
/* Prints the whole text. */
void out_print(struct out *root, struct str *to);
/*
 * Returns the innermost unit at this byte of the text printed last; where there is none, the innermost part of a list
 * or of the program's map. NULL if there is none either.
 */
struct out *out_unit(struct out *root, size_t offset);

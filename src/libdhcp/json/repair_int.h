/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/vec.h"
#include "json/diag.h"
#include "json/shape.h"

/* Shared by the parts of a repair; private to json/. */
enum token_kind {
	TOKEN_OPEN_MAP,
	TOKEN_OPEN_LIST,
	TOKEN_CLOSE_MAP,
	TOKEN_CLOSE_LIST,
	TOKEN_COLON,
	TOKEN_COMMA,
	TOKEN_STRING,
	TOKEN_OTHER, /* number, word, anything else */
	TOKEN_INCLUDE,
	TOKEN_END,
};

struct token {
	enum token_kind kind;
	bool is_first;           /* first on its line */
	uint32_t line, indent;   /* indent: columns before the first token of the line */
	size_t line_at, at, len; /* offsets in the text */
};

/* A change: `drop` bytes at `at` are replaced with blanks, or `insert` is inserted there. */
struct change {
	size_t at, drop;
	int order; /* order of changes at the same position */
	char insert[8];
};

struct text {
	struct diag *diag;
	uint32_t file;
	bool is_fragment; /* an included file: a value, or members */
	const char *text;
	size_t len;
	VEC(struct token) tokens; /* ends with TOKEN_END */
	VEC(struct change) changes;
	VEC(char) tail; /* brackets that are open at the end */
};

struct pos text_pos(const struct text *t, const struct token *token, size_t at, size_t len);
/* Splits the text into tokens; missing quotes become changes. */
void lex(struct text *t);
/* Finds the changes that make the brackets match. False if there would be too many. */
bool match_brackets(struct text *t, const struct json_shape *shape);

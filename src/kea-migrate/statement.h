/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "kea-migrate/report.h"

#include <stdbool.h>

/*
 * The syntax of ISC dhcpd's configuration files, without its meaning: statements are words up to a semicolon, or words
 * and a block. "include" is followed. Whatever the input is, a tree results; what is wrong is in the report.
 */
enum token_kind { TOKEN_WORD, TOKEN_STRING, TOKEN_PUNCT };

struct token {
	enum token_kind kind;
	const char *text; /* NUL-terminated; the bytes of a string without escapes */
	size_t len;
	struct pos pos;
};

struct statement {
	const struct token *v;
	unsigned n;              /* at least 1 */
	struct statement *block; /* first statement in { }, NULL if empty */
	bool has_block;
	struct statement *next;
	struct pos pos;
	const char *comment; /* lines before it in the source, NULL if none */
	const char *source;  /* its text, as far as it fits one or a few lines */
};

#define STATEMENT_DEPTH 64    /* blocks in blocks */
#define INCLUDE_DEPTH 16      /* files in files */
#define INCLUDE_MAX 2000      /* files altogether */
#define SOURCE_MAX (64 << 20) /* bytes of all files */

struct statements {
	struct statement *first;
	const char *trailing; /* comment at the end; NULL if none */
};

/* Reads a file. -E_SYS: it cannot be read; the report has the reason. */
int statements_read(const char *path, struct report *rep, struct statements *ret);
/* Reads a text, without the files that it includes. */
void statements_parse(const char *name, const char *text, size_t len, struct report *rep, struct statements *ret);

/*
 * Reads a text of any length one statement of the outermost level at a time, into an arena that may be reset in
 * between. Files are not included. NULL at the end.
 */
struct statement_reader;
struct statement_reader *statement_reader_new(const char *name, const char *text, size_t len, struct report *rep);
const struct statement *statement_reader_next(struct statement_reader *reader, struct arena *arena);
void statement_reader_free(struct statement_reader *reader);

/* Reads a whole file of at most `max` bytes; NULL with the reason in *ret_why (in the arena). Not a directory. */
char *source_read(struct arena *arena, const char *path, size_t max, size_t *ret_len, const char **ret_why);

bool token_is(const struct statement *st, unsigned i, const char *word);
/* Returns the text of a token, "" if there is none. */
const char *token_text(const struct statement *st, unsigned i);

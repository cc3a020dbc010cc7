/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/args.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Collects everything that is wrong with a configuration: errors and warnings with their positions, a second
 * position if two settings conflict (notes), and help ("did you mean"). A diag also keeps the text of every file
 * read, so that lines can be quoted.
 *
 *	diag_error(diag, pos, "pool %s is outside its subnet", text);
 *	diag_note(diag, other, "the subnet is %s", subnet);
 *	diag_help(diag, "did you mean \"%s\"?", name);
 */
struct pos {
	uint32_t file;      /* number of the source; 0 = position unknown */
	uint32_t line, col; /* from 1; col counts characters, not bytes */
	uint32_t len;       /* characters to mark */
};

#define POS_NONE ((struct pos){ 0, 0, 0, 0 })
/* Errors and warnings kept, errors first; further ones are only counted. */
#define DIAG_MAX 50
/* Instead, for a text of which parts may be left out. */
#define DIAG_MAX_LENIENT 10000

struct diag;

enum diag_kind { DIAG_ERROR, DIAG_WARNING };

struct diag *diag_new(void);
void diag_free(struct diag *diag); /* NULL is fine */

/* Takes ownership of text (malloc'd). Returns the number of the source. */
uint32_t diag_add_source(struct diag *diag, const char *path, char *text, size_t len, struct pos included_from);
const char *diag_source_path(const struct diag *diag, uint32_t file);
const char *diag_source_text(const struct diag *diag, uint32_t file, size_t *ret_len); /* NULL if there is none */
/* Returns the number of the source that was included there; 0 = none. */
uint32_t diag_find_source(const struct diag *diag, const char *path, struct pos included_from);
size_t diag_sources(const struct diag *diag);

/* A mark, and forgetting the errors and warnings reported since; sources are kept. */
size_t diag_mark(const struct diag *diag);
void diag_rewind(struct diag *diag, size_t mark);

/* Reports an error or warning; the same text at the same position counts once. */
void diag_error(struct diag *diag, struct pos pos, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void diag_warn(struct diag *diag, struct pos pos, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* These belong to the preceding error or warning. */
void diag_note(struct diag *diag, struct pos pos, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void diag_help(struct diag *diag, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Keeps up to DIAG_MAX_LENIENT. */
void diag_set_lenient(struct diag *diag);
/* Calls fn for each error. */
void diag_each_error(const struct diag *diag, void (*fn)(void *ctx, struct pos pos, const char *text), void *ctx);
/* From now on warnings count as errors, for the verdict and its reason. */
void diag_set_strict(struct diag *diag);
/* True if the configuration can be used. */
bool diag_is_usable(const struct diag *diag);
unsigned diag_errors(const struct diag *diag);
unsigned diag_warnings(const struct diag *diag);

enum diag_format {
	DIAG_TEXT, /* FILE:LINE:COL: error: ..., the line, a caret */
	DIAG_GCC,  /* only the first line of that */
	DIAG_JSON,
};
/* The value of the option --format: text, gcc or json; else -E_INVAL and the reason, as args_complain() prints it. */
int diag_format_option(const char *word, enum diag_format *ret, char why[ARGS_WHY_MAX]);
/* Prints everything, ordered by position, and a closing verdict about the file read first. */
void diag_print(const struct diag *diag, FILE *to, enum diag_format format);
/*
 * What a program prints that only checked a file: diag_print(), and unless it is JSON the line by which management
 * systems find the reason, "Error encountered: REASON".
 */
void diag_print_check(const struct diag *diag, FILE *to, enum diag_format format);
/* Passes each error and warning to fn as one line of text without its kind, for the log. */
void diag_each(const struct diag *diag, void (*fn)(void *ctx, enum diag_kind kind, const char *line), void *ctx);

/*
 * Adds the first error as such a line, with the number of further ones: "...: unknown parameter \"x\" (and 2
 * more errors)".
 */
struct str;
void diag_reason(const struct diag *diag, struct str *out);

/*
 * Returns the name closest to `wrong`, if its distance is at most a third of the length; otherwise a name whose
 * last word it is; otherwise NULL.
 */
const char *diag_suggest(const char *wrong, const char *const *names, size_t n);
/* Adds the help "did you mean" with that name; false if there is none. */
bool diag_help_near(struct diag *diag, const char *wrong, const char *const *names, size_t n);

/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * What is wrong with a configuration, all of it at once: errors and warnings with their place, a
 * second place where two things clash (notes), and help ("did you mean"). A diag also keeps the text
 * of every file read, so that lines can be quoted.
 *
 *	diag_error(diag, pos, "pool %s is outside its subnet", text);
 *	diag_note(diag, other, "the subnet is %s", subnet);
 *	diag_help(diag, "did you mean \"%s\"?", name);
 */
struct pos {
	uint32_t file;      /* number of the source; 0 = no place known */
	uint32_t line, col; /* from 1; col counts characters, not bytes */
	uint32_t len;       /* characters to mark */
};

#define POS_NONE ((struct pos){ 0, 0, 0, 0 })
#define DIAG_MAX 50 /* errors and warnings kept, errors first; more are counted */

struct diag;

enum diag_kind { DIAG_ERROR, DIAG_WARNING };

struct diag *diag_new(void);
void diag_free(struct diag *diag); /* NULL is fine */

/* Takes text (malloc'd). Returns the number of the source. */
uint32_t diag_add_source(struct diag *diag, const char *path, char *text, size_t len, struct pos included_from);
const char *diag_source_path(const struct diag *diag, uint32_t file);
const char *diag_source_text(const struct diag *diag, uint32_t file, size_t *ret_len); /* NULL if there is none */
/* The number of the source that was included there; 0 = none. */
uint32_t diag_find_source(const struct diag *diag, const char *path, struct pos included_from);
size_t diag_sources(const struct diag *diag);

/* Forgets the errors and warnings since the mark; sources stay. */
size_t diag_mark(const struct diag *diag);
void diag_rewind(struct diag *diag, size_t mark);

/* The same text at the same place counts once. */
void diag_error(struct diag *diag, struct pos pos, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void diag_warn(struct diag *diag, struct pos pos, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* These belong to the error or warning before. */
void diag_note(struct diag *diag, struct pos pos, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void diag_help(struct diag *diag, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* From now on warnings count as errors do: the verdict, and the reason. */
void diag_set_strict(struct diag *diag);
/* True if nothing speaks against the configuration. */
bool diag_is_usable(const struct diag *diag);
unsigned diag_errors(const struct diag *diag);
unsigned diag_warnings(const struct diag *diag);

enum diag_format {
	DIAG_TEXT, /* FILE:LINE:COL: error: ..., the line, a caret */
	DIAG_GCC,  /* the first line of that only */
	DIAG_JSON,
};
/* In the order of their places, and a closing verdict about the file read first. */
void diag_print(const struct diag *diag, FILE *to, enum diag_format format);
/* Each as one line of text without its kind: for the log. */
void diag_each(const struct diag *diag, void (*fn)(void *ctx, enum diag_kind kind, const char *line), void *ctx);

/* The first error as such a line, and how many more there are: "...: unknown parameter \"x\" (and 2 more errors)". */
struct str;
void diag_reason(const struct diag *diag, struct str *out);

/*
 * The name nearest to `wrong`, if its distance is at most a third of the length; else one that is its last word; else
 * NULL.
 */
const char *diag_suggest(const char *wrong, const char *const *names, size_t n);

/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"

/*
 * Text from elsewhere on a terminal. Host names and errors are chosen by clients and servers, so control characters,
 * escape sequences, invalid UTF-8 and characters that reorder text are made visible; columns are counted as a terminal
 * draws them.
 */
/*
 * Appends text, at most max columns of it; what does not fit is cut and ends with an ellipsis. Returns the number of
 * columns.
 */
size_t screen_add(struct str *out, const char *text, size_t len, size_t max);
/* Appends JSON text; characters that a terminal would obey become \u escapes, so the value stays the same. */
void screen_add_json(struct str *out, const char *text, size_t len);
/* Prints a value as JSON and a newline: readable on a terminal, otherwise in one line. */
struct json_object;
void screen_print_json(struct json_object *v);
/* Always in one line. */
void screen_print_json_line(struct json_object *v);
/* Prints JSON text and a newline, as it is but for screen_add_json(). */
void screen_print_json_text(const char *text);
/* Columns of the terminal; 80 if standard output is none and COLUMNS is not set. */
unsigned screen_width(void);
/* True if colors may be used. */
bool screen_has_color(void);
/* True if characters beyond ASCII can be printed. */
bool screen_is_utf8(void);

/*
 * A table whose rows fit the width of the screen. Cells of flexible columns are cut; where other cells are longer than
 * their column, the flexible ones of that row give way.
 */
struct column {
	const char *title;
	unsigned width; /* least width; what is left of the screen goes to flexible columns in proportion to share */
	unsigned share; /* 0: not flexible */
	bool is_right;
};
struct cell {
	const char *text;
	const char *color; /* "33": yellow; NULL: none */
};
#define COLUMNS_MAX 12
struct table {
	const struct column *columns;
	unsigned n, widths[COLUMNS_MAX];
	bool has_color;
};
/* Prints the titles. */
void table_begin(struct table *table, const struct column *columns, unsigned n);
void table_row(const struct table *table, const struct cell *cells);

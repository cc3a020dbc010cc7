/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A growing string on the heap. str_init creates an empty one; s->text is always NUL-terminated.
 *
 *	struct str s = { 0 };
 *	str_addf(&s, "%u leases", n);
 *	puts(str_text(&s));
 *	str_free(&s);
 */
struct str {
	char *text; /* NULL until something is added */
	size_t len;
	size_t cap;
};

void str_add(struct str *s, const char *text);
void str_add_n(struct str *s, const char *text, size_t len);
/* Decimal, padded with zeros to min_digits (at most 20). */
void str_add_number(struct str *s, uint64_t v, unsigned min_digits);
void str_addc(struct str *s, char c);
void str_addf(struct str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void str_addv(struct str *s, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void str_reset(struct str *s);
void str_free(struct str *s);
static inline const char *str_text(const struct str *s)
{
	return s->text ? s->text : "";
}

/* In ASCII, whatever the locale. */
static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* A number with its noun: "1 lease", "2 leases", "3 addresses". */
#define COUNT_TEXT_MAX 64
const char *str_count(char buf[COUNT_TEXT_MAX], uint64_t n, const char *what);

/* Case-insensitive for ASCII, independent of the locale. */
bool str_case_equal(const char *a, const char *b);
/* True if both are NULL, or equal. */
bool str_equal(const char *a, const char *b);
/*
 * Damerau-Levenshtein distance (optimal string alignment), for "did you mean"; at most 64
 * characters of each are compared.
 */
unsigned str_distance(const char *a, const char *b);

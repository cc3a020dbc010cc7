/* SPDX-License-Identifier: MPL-2.0 */
#include "base/str.h"

static void reserve(struct str *s, size_t more)
{
	if (s->len + more + 1 <= s->cap)
		return;
	s->cap = (s->len + more + 1) * 2;
	s->text = xrealloc(s->text, s->cap);
	s->text[s->len] = '\0';
}

void str_add_n(struct str *s, const char *text, size_t len)
{
	reserve(s, len);
	if (len)
		memcpy(s->text + s->len, text, len);
	s->len += len;
	s->text[s->len] = '\0';
}

void str_add(struct str *s, const char *text)
{
	str_add_n(s, text, strlen(text));
}

void str_add_number(struct str *s, uint64_t v, unsigned min_digits)
{
	char digits[20];
	unsigned i = sizeof(digits);

	while (i && (v || i > sizeof(digits) - min_digits)) {
		digits[--i] = (char)('0' + v % 10);
		v /= 10;
	}
	str_add_n(s, digits + i, sizeof(digits) - i);
}

void str_addc(struct str *s, char c)
{
	str_add_n(s, &c, 1);
}

void str_addv(struct str *s, const char *fmt, va_list ap)
{
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	reserve(s, (size_t)len);
	(void)vsnprintf(s->text + s->len, (size_t)len + 1, fmt, ap);
	s->len += (size_t)len;
}

void str_addf(struct str *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_addv(s, fmt, ap);
	va_end(ap);
}

void str_reset(struct str *s)
{
	s->len = 0;
	if (s->text)
		s->text[0] = '\0';
}

void str_free(struct str *s)
{
	free(s->text);
	*s = (struct str){ 0 };
}

const char *str_count(char buf[COUNT_TEXT_MAX], uint64_t n, const char *what)
{
	size_t len = strlen(what);
	const char *end = n == 1 ? "" : len && what[len - 1] == 's' ? "es" : "s";

	(void)snprintf(buf, COUNT_TEXT_MAX, "%llu %s%s", (unsigned long long)n, what, end);
	return buf;
}

bool str_case_equal(const char *a, const char *b)
{
	while (*a && ascii_lower(*a) == ascii_lower(*b)) {
		a++;
		b++;
	}
	return ascii_lower(*a) == ascii_lower(*b);
}

bool str_equal(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

#define DISTANCE_MAX 64

unsigned str_distance(const char *a, const char *b)
{
	unsigned d[3][DISTANCE_MAX + 1];
	size_t la = strnlen(a, DISTANCE_MAX), lb = strnlen(b, DISTANCE_MAX), i, j;

	for (j = 0; j <= lb; j++)
		d[0][j] = (unsigned)j;
	for (i = 1; i <= la; i++) {
		unsigned *cur = d[i % 3], *prev = d[(i - 1) % 3], *prev2 = d[(i + 1) % 3];

		cur[0] = (unsigned)i;
		for (j = 1; j <= lb; j++) {
			unsigned cost = ascii_lower(a[i - 1]) != ascii_lower(b[j - 1]);
			unsigned best = prev[j - 1] + cost;

			if (prev[j] + 1 < best)
				best = prev[j] + 1;
			if (cur[j - 1] + 1 < best)
				best = cur[j - 1] + 1;
			if (i > 1 && j > 1 && ascii_lower(a[i - 1]) == ascii_lower(b[j - 2]) &&
			    ascii_lower(a[i - 2]) == ascii_lower(b[j - 1]) && prev2[j - 2] + 1 < best)
				best = prev2[j - 2] + 1;
			cur[j] = best;
		}
	}
	return d[la % 3][lb];
}

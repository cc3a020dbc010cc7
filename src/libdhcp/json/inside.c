/* SPDX-License-Identifier: MPL-2.0 */
/* Positions inside strings: maps bytes of the value to columns of the source, including escapes. */
#include "json/read.h"

#include <stdio.h>

struct cursor {
	const char *p, *end;
	uint32_t col;
	size_t bytes; /* bytes of the value up to here */
};

/* Returns the start of the column on its line; NULL if the source has no such column. */
static const char *find_column(const char *text, size_t len, struct pos pos)
{
	const char *p = text, *end = text + len;
	uint32_t line, col = 0;

	for (line = 1; p && line < pos.line; line++) {
		p = memchr(p, '\n', (size_t)(end - p));
		if (p)
			p++;
	}
	if (p == text && len >= 3 && !memcmp(p, "\xef\xbb\xbf", 3))
		p += 3;
	for (; p && p < end && *p != '\n'; p++) {
		if (((unsigned char)*p & 0xc0) != 0x80)
			col++;
		if (col == pos.col)
			return p;
	}
	return NULL;
}

static unsigned utf8_bytes(unsigned c)
{
	return c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
}

/* "\u1234" is several bytes of UTF-8; a surrogate pair is four. */
static unsigned take_unicode(struct cursor *cur)
{
	unsigned c = 0;

	if (cur->end - cur->p < 6 || sscanf(cur->p + 2, "%4x", &c) != 1)
		return 0;
	if (c >= 0xd800 && c < 0xdc00 && cur->end - cur->p >= 12) {
		cur->p += 12;
		cur->col += 12;
		return 4;
	}
	cur->p += 6;
	cur->col += 6;
	return utf8_bytes(c);
}

/* Advances by one character of the value; false at the end of the string. */
static bool take(struct cursor *cur)
{
	if (cur->p >= cur->end || *cur->p == '"' || *cur->p == '\n')
		return false;
	if (*cur->p == '\\' && cur->end - cur->p > 1) {
		if (cur->p[1] == 'u') {
			unsigned n = take_unicode(cur);

			cur->bytes += n;
			return n > 0;
		}
		cur->p += 2;
		cur->col += 2;
		cur->bytes++;
		return true;
	}
	do {
		cur->p++;
		cur->bytes++;
	} while (cur->p < cur->end && ((unsigned char)*cur->p & 0xc0) == 0x80);
	cur->col++;
	return true;
}

struct pos json_string_pos(const struct diag *diag, struct json_object *value, size_t from, size_t len)
{
	struct pos pos = json_pos(value);
	struct cursor cur = { 0 };
	size_t size;
	const char *text = diag_source_text(diag, pos.file, &size), *p;
	uint32_t start;

	p = text ? find_column(text, size, pos) : NULL;
	if (!p || *p != '"')
		return pos;
	cur = (struct cursor){ p + 1, text + size, pos.col + 1, 0 };
	while (cur.bytes < from && take(&cur))
		;
	start = cur.col;
	while (cur.bytes < from + len && take(&cur))
		;
	pos.col = start;
	pos.len = cur.col > start ? cur.col - start : 1;
	return pos;
}

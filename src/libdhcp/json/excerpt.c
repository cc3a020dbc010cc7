/* SPDX-License-Identifier: MPL-2.0 */
#include "json/excerpt.h"

#include "json/secret.h"

#include <stdbool.h>

#define SHOWN_MAX 160 /* characters */
#define BEFORE 60     /* characters before the mark, if the line is longer */

/* One character of the line. */
struct cell {
	const char *text;
	unsigned len;   /* bytes */
	unsigned width; /* terminal columns */
	bool is_shown;  /* printable; otherwise shown as '?' */
};

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static bool is_in(uint32_t c, const uint32_t (*ranges)[2], size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return false;
}

/* East Asian wide characters and emoji take two columns, combining characters none. */
static unsigned width_of(uint32_t c)
{
	static const uint32_t wide[][2] = { { 0x1100, 0x115f },   { 0x2e80, 0x303e },  { 0x3041, 0xa4cf },
					    { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },  { 0xfe30, 0xfe6f },
					    { 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },  { 0x1f300, 0x1f64f },
					    { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd } };
	static const uint32_t combining[][2] = {
		{ 0x300, 0x36f }, { 0x200b, 0x200f }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }
	};

	if (is_in(c, wide, sizeof(wide) / sizeof(wide[0])))
		return 2;
	return is_in(c, combining, sizeof(combining) / sizeof(combining[0])) ? 0 : 1;
}

static struct cell cell_at(const char *text, const char *end)
{
	static const struct {
		uint8_t first, last, mask, len;
	} forms[] = { { 0xc2, 0xdf, 0x1f, 2 }, { 0xe0, 0xef, 0x0f, 3 }, { 0xf0, 0xf4, 0x07, 4 } };
	uint8_t first = (uint8_t)*text;
	uint32_t c;
	size_t i;
	unsigned k;

	if (first < 0x80)
		return (struct cell){ text, 1, 1, (first >= 32 && first != 127) || first == '\t' };
	for (i = 0; i < 3; i++)
		if (first >= forms[i].first && first <= forms[i].last && end - text >= forms[i].len) {
			c = first & forms[i].mask;
			for (k = 1; k < forms[i].len && is_continuation(text[k]); k++)
				c = c << 6 | ((uint8_t)text[k] & 0x3f);
			if (k < forms[i].len)
				break;
			/* C1 control characters are two bytes long. */
			return (struct cell){ text, forms[i].len, width_of(c), c >= 0xa0 };
		}
	return (struct cell){ text, 1, is_continuation(*text) ? 0 : 1, false };
}

/* Columns count bytes that are not continuation bytes, as in the reader. */
static bool has_column(const struct cell *cell)
{
	return !is_continuation(*cell->text);
}

static void add_cell(struct str *out, const struct cell *cell)
{
	if (cell->is_shown)
		str_add_n(out, cell->text, cell->len);
	else if (has_column(cell))
		str_addc(out, '?');
}

void excerpt_add(struct str *out, const char *line, size_t line_len, uint32_t number, uint32_t col, uint32_t len,
		 char mark)
{
	struct str shown = { 0 };
	const char *end, *p;
	uint32_t total = 0, from = 1, to, at, marked = 0;
	struct str marks = { 0 };
	struct cell cell;

	json_add_without_secrets(&shown, line, line_len);
	line = str_text(&shown);
	end = line + shown.len;
	for (p = line; p < end; p += cell.len) {
		cell = cell_at(p, end);
		total += has_column(&cell);
	}
	to = total;
	if (total > SHOWN_MAX) {
		from = col > BEFORE ? col - BEFORE : 1;
		if (from > total - SHOWN_MAX)
			from = total - SHOWN_MAX + 1;
		to = from + SHOWN_MAX - 1;
	}
	str_addf(out, "%6u | %s", number, from > 1 ? "..." : "");
	for (at = 0, p = line; p < end && at <= to; p += cell.len) {
		unsigned i;

		cell = cell_at(p, end);
		at += has_column(&cell);
		if (at < from || at > to)
			continue;
		add_cell(out, &cell);
		if (at < col && *cell.text == '\t')
			str_addc(&marks, '\t');
		for (i = 0; i < cell.width && *cell.text != '\t'; i++)
			if (at < col)
				str_addc(&marks, ' ');
			else if (at < col + len) {
				str_addc(&marks, mark);
				marked++;
			}
	}
	str_addf(out, "%s\n       | %s", to < total ? "..." : "", from > 1 ? "   " : "");
	/* Past the end of the line. */
	for (at++; at < col; at++)
		str_addc(&marks, ' ');
	if (!marked)
		str_addc(&marks, mark);
	str_addf(out, "%s\n", str_text(&marks));
	str_free(&marks);
	str_free(&shown);
}

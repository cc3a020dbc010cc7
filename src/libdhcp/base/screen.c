/* SPDX-License-Identifier: MPL-2.0 */
#include "base/screen.h"

#include "base/utf8.h"

#include <json-c/json.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

bool screen_is_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

bool screen_has_color(void)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0 && !(no_color && *no_color);
}

unsigned screen_width(void)
{
	const char *text = getenv("COLUMNS");
	struct winsize size;
	unsigned long v;

	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
		return size.ws_col;
	v = text ? strtoul(text, NULL, 10) : 0;
	return v >= 40 && v <= 10000 ? (unsigned)v : 80;
}

/* --- characters --- */

/* Controls, and what changes the order of other characters or has no shape. */
static bool is_harmful(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xfff0 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

/* One character as it is printed, in buf of 16; returns its columns. */
static size_t draw(const char *text, size_t len, char *buf, size_t *ret_used)
{
	uint32_t c = 0;
	size_t n = utf8_decode(text, len, &c);
	int width;

	*ret_used = n ? n : 1;
	if (!n)
		return (size_t)snprintf(buf, 16, "\\x%02x", (unsigned char)text[0]);
	if (is_harmful(c))
		return (size_t)snprintf(buf, 16, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
	width = c < 0x80 ? 1 : screen_is_utf8() ? wcwidth((wchar_t)c) : -1;
	if (width < 0)
		return (size_t)snprintf(buf, 16, "\\u%04x", c);
	memcpy(buf, text, n);
	buf[n] = '\0';
	return (size_t)width;
}

size_t screen_add(struct str *out, const char *text, size_t len, size_t max)
{
	const char *more = screen_is_utf8() ? "…" : "~";
	size_t columns = 0, used, keep = out->len, keep_columns = 0;
	unsigned n_combining = 0;
	char buf[16];

	for (size_t i = 0; i < len; i += used) {
		size_t width = draw(text + i, len - i, buf, &used);

		/* Accents without end would fill the screen. */
		n_combining = width ? 0 : n_combining + 1;
		if (n_combining > 4)
			continue;
		if (columns + width > max) {
			out->len = keep;
			if (out->text)
				out->text[keep] = '\0';
			if (max) {
				str_add(out, more);
				keep_columns++;
			}
			return keep_columns;
		}
		str_add(out, buf);
		columns += width;
		if (columns < max) {
			keep = out->len;
			keep_columns = columns;
		}
	}
	return columns;
}

void screen_add_json(struct str *out, const char *text, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		uint32_t c = 0;

		n = utf8_decode(text + i, len - i, &c);
		if (!n) {
			str_add(out, "\\ufffd");
			n = 1;
		} else if (c >= 0x7f && is_harmful(c) && c < 0x10000) {
			str_addf(out, "\\u%04x", c);
		} else if (c >= 0x10000 && is_harmful(c)) {
			str_addf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + (c & 0x3ff));
		} else {
			str_add_n(out, text + i, n);
		}
	}
}

void screen_print_json_text(const char *text)
{
	struct str out = { 0 };

	screen_add_json(&out, text, strlen(text));
	puts(str_text(&out));
	str_free(&out);
}

void screen_print_json_line(struct json_object *v)
{
	screen_print_json_text(
		json_object_to_json_string_ext(v, JSON_C_TO_STRING_NOSLASHESCAPE | JSON_C_TO_STRING_SPACED));
}

void screen_print_json(struct json_object *v)
{
	if (isatty(STDOUT_FILENO))
		screen_print_json_text(json_object_to_json_string_ext(
			v, JSON_C_TO_STRING_NOSLASHESCAPE | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_PRETTY));
	else
		screen_print_json_line(v);
}

/* --- tables --- */

#define GAP 2

static void pad(struct str *out, size_t n)
{
	while (n--)
		str_addc(out, ' ');
}

static void add_row(const struct table *table, const struct cell *cells, bool is_title)
{
	struct str out = { 0 }, texts[COLUMNS_MAX] = { 0 };
	size_t used[COLUMNS_MAX], over = 0, last = 0;

	for (unsigned i = 0; i < table->n; i++) {
		if (table->columns[i].share)
			continue;
		used[i] = screen_add(&texts[i], cells[i].text, strlen(cells[i].text), SIZE_MAX);
		if (used[i] > table->widths[i])
			over += used[i] - table->widths[i];
	}
	for (unsigned i = 0; i < table->n; i++) {
		size_t room = table->widths[i], less;

		if (!table->columns[i].share)
			continue;
		less = over < room - 1 ? over : room - 1;
		over -= less;
		used[i] = screen_add(&texts[i], cells[i].text, strlen(cells[i].text), room - less);
		pad(&texts[i], room - less - used[i]);
		used[i] = room;
	}
	for (unsigned i = 0; i < table->n; i++) {
		const char *color = table->has_color ? is_title ? "1" : cells[i].color : NULL;
		size_t fill = used[i] < table->widths[i] ? table->widths[i] - used[i] : 0;

		if (i)
			pad(&out, GAP);
		if (table->columns[i].is_right)
			pad(&out, fill);
		if (color)
			str_addf(&out, "\033[%sm", color);
		str_add(&out, str_text(&texts[i]));
		if (color)
			str_add(&out, "\033[0m");
		if (!table->columns[i].is_right)
			pad(&out, fill);
		str_free(&texts[i]);
	}
	for (last = out.len; last && out.text[last - 1] == ' '; last--)
		;
	printf("%.*s\n", (int)last, str_text(&out));
	str_free(&out);
}

void table_begin(struct table *table, const struct column *columns, unsigned n)
{
	unsigned fixed = 0, shares = 0, left;
	struct cell titles[COLUMNS_MAX] = { 0 };

	*table = (struct table){ .columns = columns, .n = n, .has_color = screen_has_color() };
	for (unsigned i = 0; i < n; i++) {
		fixed += columns[i].width + (i ? GAP : 0);
		shares += columns[i].share;
		titles[i].text = columns[i].title;
	}
	left = screen_width() > fixed ? screen_width() - fixed : 0;
	for (unsigned i = 0; i < n; i++)
		table->widths[i] = columns[i].width + (columns[i].share ? left * columns[i].share / shares : 0);
	add_row(table, titles, true);
}

void table_row(const struct table *table, const struct cell *cells)
{
	add_row(table, cells, false);
}

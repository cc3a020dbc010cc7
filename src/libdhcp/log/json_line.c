/* SPDX-License-Identifier: MPL-2.0 */
#include "log/json_line.h"

#include "base/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ESCAPE_MAX 8 /* bytes that a character of the text becomes at most */

/* Writes one character as it is in a JSON string; returns its length. *ret_used: bytes of the text. */
static size_t escape(const char *text, size_t left, char buf[ESCAPE_MAX], size_t *ret_used)
{
	uint32_t c = 0;
	size_t n = utf8_decode(text, left, &c);

	*ret_used = n ? n : 1;
	if (!n)
		return (size_t)snprintf(buf, ESCAPE_MAX, "\\ufffd");
	if (c == '"' || c == '\\')
		return (size_t)snprintf(buf, ESCAPE_MAX, "\\%c", (char)c);
	if (c == '\n')
		return (size_t)snprintf(buf, ESCAPE_MAX, "\\n");
	/* Controls: a terminal may show the file. */
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return (size_t)snprintf(buf, ESCAPE_MAX, "\\u%04x", c & 0xffff);
	memcpy(buf, text, n);
	return n;
}

static void add_string(struct str *out, const char *text, size_t len)
{
	char buf[ESCAPE_MAX];

	str_addc(out, '"');
	for (size_t i = 0, used; i < len; i += used) {
		size_t n = escape(text + i, len - i, buf, &used);

		str_add_n(out, buf, n);
	}
	str_addc(out, '"');
}

static void add_member(struct str *out, const char *name, const char *text, size_t len)
{
	str_addf(out, "\"%s\":", name);
	add_string(out, text, len);
	str_addc(out, ',');
}

void json_line_add(const struct pattern_line *line, struct str *out)
{
	time_t sec = (time_t)(line->wall_us / 1000000);
	char date[32] = "";
	struct tm tm;

	if (gmtime_r(&sec, &tm))
		(void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	str_addf(out, "{\"time\":\"%s.%06uZ\",", date, (unsigned)(line->wall_us % 1000000));
	add_member(out, "level", line->level, strlen(line->level));
	add_member(out, "logger", line->logger, strlen(line->logger));
	add_member(out, "id", line->id, strlen(line->id));
	str_addf(out, "\"pid\":%ld,\"tid\":%ld,", (long)getpid(), line->tid);
	add_member(out, "message", line->text, line->text_len);
	str_addf(out, "\"arguments\":%s}\n", line->args && line->args[0] ? line->args : "[]");
}

/* --- arguments --- */

struct room {
	char *p, *end; /* the end leaves room for the list's own */
};

/* False if it does not fit. */
static bool put(struct room *room, const char *text, size_t len)
{
	if ((size_t)(room->end - room->p) < len)
		return false;
	memcpy(room->p, text, len);
	room->p += len;
	return true;
}

/* What does not fit is cut. */
static bool put_string(struct room *room, const char *text, size_t precision, size_t max)
{
	size_t len = text ? strnlen(text, precision) : 0;
	char *stop = room->p + max, buf[ESCAPE_MAX];

	if (!put(room, "\"", 1))
		return false;
	for (size_t i = 0, used; i < len; i += used) {
		size_t n = escape(text + i, len - i, buf, &used);

		if (room->p + n > stop || (size_t)(room->end - room->p) < n + 1)
			break;
		(void)put(room, buf, n);
	}
	return put(room, "\"", 1);
}

static bool put_number(struct room *room, bool is_signed, unsigned long long v)
{
	char buf[32];
	int len = is_signed ? snprintf(buf, sizeof(buf), "%lld", (long long)v) : snprintf(buf, sizeof(buf), "%llu", v);

	return put(room, buf, (size_t)len);
}

/* Takes an integer argument; is_long: how many l, or z. */
static unsigned long long take(va_list *ap, bool is_signed, unsigned n_long)
{
	if (is_signed)
		return n_long > 1 ? (unsigned long long)va_arg(*ap, long long)
		       : n_long   ? (unsigned long long)va_arg(*ap, long)
				  : (unsigned long long)va_arg(*ap, int);
	return n_long > 1 ? va_arg(*ap, unsigned long long)
	       : n_long   ? va_arg(*ap, unsigned long)
			  : va_arg(*ap, unsigned);
}

/* Writes one argument; false if it does not fit, or the conversion is unknown. */
static bool put_argument(struct room *room, const char **fmt, va_list *ap, size_t max)
{
	const char *p = *fmt + strspn(*fmt, "-+ #0123456789");
	size_t precision = SIZE_MAX;
	unsigned n_long = 0;
	char letter[2] = { 0 };

	if (*p == '.') {
		precision = strtoul(p + 1, NULL, 10);
		p += 1 + strspn(p + 1, "0123456789");
	}
	for (; *p == 'l' || *p == 'z'; p++)
		n_long++;
	*fmt = p + (*p != '\0');
	switch (*p) {
	case 'd':
	case 'i':
		return put_number(room, true, take(ap, true, n_long));
	case 'u':
	case 'x':
	case 'X':
		return put_number(room, false, take(ap, false, n_long));
	case 'c':
		letter[0] = (char)va_arg(*ap, int);
		return put_string(room, letter, SIZE_MAX, max);
	case 's':
		return !n_long && put_string(room, va_arg(*ap, const char *), precision, max);
	default:
		return false;
	}
}

size_t json_line_args(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct room room = { buf, buf + size - 2 };
	unsigned n = 0;
	va_list copy;

	va_copy(copy, ap);
	(void)put(&room, "[", 1);
	for (const char *p = fmt; (p = strchr(p, '%')) != NULL;) {
		char *before = room.p;

		if (*++p == '%') {
			p++;
			continue;
		}
		if ((n++ && !put(&room, ",", 1)) || !put_argument(&room, &p, &copy, size / 4)) {
			room.p = before;
			break;
		}
	}
	va_end(copy);
	*room.p++ = ']';
	*room.p = '\0';
	return (size_t)(room.p - buf);
}

/* SPDX-License-Identifier: MPL-2.0 */
/* Strings: escapes, UTF-8, and other characters used as quotes. */
#include "json/read_int.h"

#include "base/bytes.h"
#include "base/utf8.h"

static int hex4(struct parser *p)
{
	int v = 0, i;

	for (i = 0; i < 4; i++) {
		int digit = hex_value((char)peek(p));

		if (digit < 0)
			return -1;
		v = v * 16 + digit;
		(void)next(p);
	}
	return v;
}

static void add_utf8(struct str *s, unsigned c)
{
	if (c < 0x80) {
		str_addc(s, (char)c);
	} else if (c < 0x800) {
		str_addc(s, (char)(0xc0 | c >> 6));
		str_addc(s, (char)(0x80 | (c & 63)));
	} else if (c < 0x10000) {
		str_addc(s, (char)(0xe0 | c >> 12));
		str_addc(s, (char)(0x80 | (c >> 6 & 63)));
		str_addc(s, (char)(0x80 | (c & 63)));
	} else {
		str_addc(s, (char)(0xf0 | c >> 18));
		str_addc(s, (char)(0x80 | (c >> 12 & 63)));
		str_addc(s, (char)(0x80 | (c >> 6 & 63)));
		str_addc(s, (char)(0x80 | (c & 63)));
	}
}

static bool parse_escape(struct parser *p, struct str *s)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	struct pos at = here(p);
	int c = next(p);
	const char *hit;

	if (c == 'u') {
		int hi = hex4(p), lo;

		if (hi >= 0xd800 && hi < 0xdc00 && looking_at(p, "\\u")) {
			skip_n(p, 2);
			lo = hex4(p);
			if (lo >= 0xdc00 && lo < 0xe000) {
				add_utf8(s, 0x10000 + ((unsigned)(hi - 0xd800) << 10) + (unsigned)(lo - 0xdc00));
				return true;
			}
			hi = -1;
		}
		if (hi <= 0 || (hi >= 0xd800 && hi < 0xe000)) {
			diag_error(p->diag, at, "\\u must be followed by the four hex digits of a valid character");
			return false;
		}
		add_utf8(s, (unsigned)hi);
		return true;
	}
	hit = c > 0 ? strchr(from, c) : NULL;
	if (!hit) {
		diag_error(p->diag, at, "unknown escape in a string");
		diag_help(p->diag, "a backslash is written as \\\\");
		return false;
	}
	str_addc(s, to[hit - from]);
	return true;
}

unsigned utf8_len(const struct parser *p)
{
	/* The end is an error of the caller's. */
	return peek(p) == EOF ? 1 : (unsigned)utf8_decode(p->b->p, (size_t)(p->b->end - p->b->p), NULL);
}

/* Copies plain characters in one piece, nearly always the whole string. */
static void take_plain(struct parser *p, struct str *s)
{
	const char *from = p->b->p;
	size_t len;

	while (p->b->p < p->b->end && *p->b->p >= 32 && *p->b->p < 0x7f && *p->b->p != '"' && *p->b->p != '\\')
		p->b->p++;
	len = (size_t)(p->b->p - from);
	p->b->col += (uint32_t)len;
	str_add_n(s, from, len);
}

/* Appends one character of a string to s; false after an error. */
static bool take_char(struct parser *p, struct str *s)
{
	unsigned n = utf8_len(p);

	if (peek(p) < 32) {
		diag_error(p->diag, here(p), "control character 0x%02x in a string", (unsigned)peek(p));
		n = 0;
	} else if (!n) {
		diag_error(p->diag, here(p), "invalid UTF-8");
	}
	if (!n) {
		(void)next(p);
		return false;
	}
	while (n--)
		str_addc(s, (char)next(p));
	return true;
}

bool parse_text(struct parser *p)
{
	struct pos start = here(p);
	struct str *s = &p->text;
	bool ok = true;

	str_reset(s);
	(void)next(p);
	for (;;) {
		int c;

		take_plain(p, s);
		c = peek(p);
		if (c == '"') {
			(void)next(p);
			return ok;
		}
		if (c == EOF || c == '\n') {
			p->is_tangled = true;
			start.len = p->b->col - start.col;
			diag_error(p->diag, start, "string is not closed: it must end on its line");
			return false;
		}
		if (c == '\\') {
			(void)next(p);
			ok &= parse_escape(p, s);
		} else {
			ok &= take_char(p, s);
		}
	}
}

/* --- odd quotes --- */

static const struct odd_quote {
	const char *open, *name;
	const char *close[2];
} odd_quotes[] = {
	{ "'", "single quotes", { "'", NULL } },
	{ "`", "backquotes", { "`", "'" } },
	{ "\xe2\x80\x98", "typographic quotes", { "\xe2\x80\x99", "\xe2\x80\x98" } },
	{ "\xe2\x80\x99", "typographic quotes", { "\xe2\x80\x99", "\xe2\x80\x98" } },
	{ "\xe2\x80\x9c", "typographic quotes", { "\xe2\x80\x9d", "\xe2\x80\x9c" } },
	{ "\xe2\x80\x9d", "typographic quotes", { "\xe2\x80\x9d", "\xe2\x80\x9c" } },
	{ "\xe2\x80\x9e", "typographic quotes", { "\xe2\x80\x9c", "\xe2\x80\x9d" } },
	{ "\xc2\xab", "typographic quotes", { "\xc2\xbb", NULL } },
	{ "\xc2\xbb", "typographic quotes", { "\xc2\xab", "\xc2\xbb" } },
};

static const struct odd_quote *odd_quote(const struct parser *p)
{
	size_t i;

	for (i = 0; i < sizeof(odd_quotes) / sizeof(odd_quotes[0]); i++)
		if (looking_at(p, odd_quotes[i].open))
			return &odd_quotes[i];
	return NULL;
}

bool starts_odd_quotes(const struct parser *p)
{
	return odd_quote(p) != NULL;
}

/* Returns the length of the closing quote at the cursor, 0 if there is none. */
static size_t odd_end(const struct parser *p, const struct odd_quote *quote)
{
	unsigned i;

	for (i = 0; i < 2 && quote->close[i]; i++)
		if (looking_at(p, quote->close[i]))
			return strlen(quote->close[i]);
	return 0;
}

bool parse_odd_quotes(struct parser *p)
{
	const struct odd_quote *quote = odd_quote(p);
	struct pos start = here(p);
	struct str *s = &p->text;
	size_t end = 0;
	bool ok = true;

	str_reset(s);
	skip_n(p, strlen(quote->open));
	while (peek(p) != EOF && peek(p) != '\n' && peek(p) != '"' && !(end = odd_end(p, quote)))
		ok &= take_char(p, s);
	/* Also accepts “x" with mixed quotes. */
	skip_n(p, end ? end : peek(p) == '"');
	start.len = p->b->line == start.line ? p->b->col - start.col : 1;
	diag_error(p->diag, start, "strings must be in double quotes, not %s", quote->name);
	diag_help(p->diag, "write \"%s\"", str_text(s));
	return ok;
}

static bool ends_bare(int c, bool is_key)
{
	return c == EOF || c == '\n' || c == '\r' || c == ',' || c == '{' || c == '}' || c == '[' || c == ']' ||
	       c == '"' || c == '#' || (is_key && (c == ':' || c == '=' || c == ' ' || c == '\t'));
}

void take_bare(struct parser *p, bool is_key)
{
	struct str *s = &p->text;

	while (!ends_bare(peek(p), is_key)) {
		int c = next(p);

		str_addc(s, c < 32 || c == 127 ? ' ' : (char)c);
	}
	while (s->len && s->text[s->len - 1] == ' ')
		s->text[--s->len] = '\0';
}

uint32_t count_chars(const struct str *s)
{
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < s->len; i++)
		n += (s->text[i] & 0xc0) != 0x80;
	return n;
}

/* --- naming characters --- */

static const struct {
	uint32_t c;
	const char *name;
	bool is_blank; /* looks like a blank, and is treated as one */
} odd_chars[] = {
	{ 0xa0, "no-break space", true },   { 0x200b, "zero width space", true },
	{ 0x2028, "line separator", true }, { 0x202f, "narrow no-break space", true },
	{ 0x3000, "wide space", true },     { 0xfeff, "byte order mark", true },
	{ 0x2013, "en dash", false },       { 0x2014, "em dash", false },
	{ 0x2026, "ellipsis", false },      { 0x2212, "minus sign", false },
	{ 0xff0c, "wide comma", false },    { 0xff1a, "wide colon", false },
};

static uint32_t decode(const struct parser *p, unsigned n)
{
	static const uint8_t masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (uint32_t)peek(p) & masks[n];
	unsigned i;

	for (i = 1; i < n; i++)
		c = c << 6 | (uint32_t)(peek_at(p, i) & 63);
	return c;
}

const char *char_name(const struct parser *p, char *buf, size_t size)
{
	unsigned n = utf8_len(p);
	const char *name = "";
	uint32_t c;
	size_t i;

	if (peek(p) >= 32 && peek(p) < 127) {
		(void)snprintf(buf, size, "'%c'", peek(p));
		return buf;
	}
	if (n < 2) {
		(void)snprintf(buf, size, "character 0x%02x", (unsigned)peek(p));
		return buf;
	}
	c = decode(p, n);
	for (i = 0; i < sizeof(odd_chars) / sizeof(odd_chars[0]); i++)
		if (odd_chars[i].c == c)
			name = odd_chars[i].name;
	(void)snprintf(buf, size, "character U+%04X%s%s%s", c, name[0] ? " (" : "", name, name[0] ? ")" : "");
	return buf;
}

bool skip_odd_blank(struct parser *p)
{
	unsigned n = peek(p) < 128 ? 0 : utf8_len(p);
	uint32_t c = n ? decode(p, n) : 0;
	char name[64];
	size_t i;

	for (i = 0; i < sizeof(odd_chars) / sizeof(odd_chars[0]); i++)
		if (odd_chars[i].is_blank && odd_chars[i].c == c) {
			diag_error(p->diag, here(p), "unexpected %s", char_name(p, name, sizeof(name)));
			diag_help(p->diag, "replace it by an ordinary space");
			skip_n(p, n);
			return true;
		}
	return false;
}

/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Splits a text into tokens. A line with an unterminated string lacks a quote: of the possible positions, the
 * first that produces a plausible line is used. A string never continues on the next line, so a missing quote
 * affects only one line.
 */
#include "json/repair_int.h"

#include <string.h>

#define WINDOW 300 /* bytes around a line's first fault in which to look for the missing quote */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_structural(char c)
{
	return c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':';
}

struct pos text_pos(const struct text *t, const struct token *token, size_t at, size_t len)
{
	struct pos pos = { t->file, token->line, 1, 0 };
	size_t i = token->line_at;

	if (!i && t->len >= 3 && !memcmp(t->text, "\xef\xbb\xbf", 3))
		i = 3;
	for (; i < at; i++)
		pos.col += (t->text[i] & 0xc0) != 0x80;
	for (; i < at + len && i < t->len; i++)
		pos.len += (t->text[i] & 0xc0) != 0x80;
	return pos;
}

/* --- one line --- */

/* A candidate line: from here on, with a quote inserted at `quote`. */
struct line {
	const char *text;
	size_t at, end, quote;
};

/* Returns the end of a string that begins at `at`, with or without its quote; line->end if it is unterminated. */
static size_t string_end(const struct line *line, size_t at, bool *ret_closed)
{
	size_t quote = line->quote;

	*ret_closed = true;
	if (at == quote)
		quote = SIZE_MAX;
	else
		at++;
	for (; at < line->end; at++) {
		if (at == quote)
			return at;
		if (line->text[at] == '"')
			return at + 1;
		if (line->text[at] == '\\' && at + 1 < line->end)
			at++;
	}
	*ret_closed = at == quote;
	return line->end;
}

/* Returns the string that the inserted quote ends; SIZE_MAX if it begins one. */
static size_t string_ended(const struct line *line)
{
	size_t at = line->at, from;
	bool closed;

	while (at < line->quote) {
		from = at++;
		if (line->text[from] != '"')
			continue;
		at = string_end(line, from, &closed);
		if (at == line->quote)
			return from;
	}
	return SIZE_MAX;
}

static bool is_number(const char *text, size_t len)
{
	bool has_point = false, has_exponent = false;
	size_t i;

	for (i = 0; i < len; i++) {
		char c = text[i];

		if (c == '.' && !has_point && !has_exponent)
			has_point = true;
		else if ((c == 'e' || c == 'E') && i && !has_exponent)
			has_exponent = true;
		else if ((c < '0' || c > '9') && !((c == '-' || c == '+') && (!i || strchr("eE", text[i - 1]))))
			return false;
	}
	return true;
}

static bool is_value(const char *text, size_t len)
{
	static const char *const words[] = { "true", "false", "null" };
	size_t i;

	for (i = 0; i < 3; i++)
		if (strlen(words[i]) == len && !memcmp(words[i], text, len))
			return true;
	return is_number(text, len);
}

static bool is_comment(const struct line *line, size_t at)
{
	return line->text[at] == '#' || (line->text[at] == '/' && at + 1 < line->end && line->text[at + 1] == '/');
}

#define NESTED_MAX 32

/* What the tokens of a line reveal about each other. */
struct sense {
	enum { NOTHING, STRING, OTHER, OPEN, CLOSE, COMMA, COLON } last;
	bool is_value;           /* the last one follows a colon */
	char nested[NESTED_MAX]; /* '{', '[', 0: not opened on this line */
	unsigned depth, faults;
};

static void see_value(struct sense *s, bool is_string)
{
	s->faults += s->last == STRING || s->last == OTHER || s->last == CLOSE;
	/* A key must be a string. */
	s->faults += !is_string && s->nested[s->depth] == '{' && s->last != COLON;
	s->is_value = s->last == COLON;
	s->last = is_string ? STRING : OTHER;
}

static void see_mark(struct sense *s, char c)
{
	char *in = &s->nested[s->depth];

	/* A string before a comma in a map must be the value of a key. */
	s->faults += *in == '{' && s->last == STRING && !s->is_value && c != ':';
	switch (c) {
	case ':':
		s->faults += s->last != STRING || s->is_value || *in == '[';
		*in = '{';
		s->last = COLON;
		return;
	case ',':
		s->faults += s->last == COLON || s->last == OPEN;
		s->last = COMMA;
		return;
	case '{':
	case '[':
		s->faults += s->last == STRING || s->last == OTHER || s->last == CLOSE;
		s->depth = (s->depth + 1) % NESTED_MAX;
		s->nested[s->depth] = c;
		s->last = OPEN;
		return;
	default:
		s->faults += *in && *in != (c == '}' ? '{' : '[');
		s->faults += s->last == COLON;
		if (s->depth)
			s->depth--;
		else
			*in = 0;
		s->last = CLOSE;
		s->is_value = true;
		return;
	}
}

/* Returns how many tokens of the line are not allowed at their position; and the end of the first one. */
static unsigned line_faults(struct line line, size_t *ret_first)
{
	struct sense s = { .last = NOTHING };
	size_t start = line.at;
	bool closed;

	*ret_first = line.end;
	while (line.at < line.end) {
		size_t from = line.at;
		char c = line.text[from];

		if (s.faults && *ret_first == line.end)
			*ret_first = from;
		if (from != line.quote && is_blank(c)) {
			line.at++;
		} else if (from == line.quote || c == '"') {
			see_value(&s, true);
			line.at = string_end(&line, from, &closed);
			s.faults += !closed;
			if (from == line.quote || line.at == line.quote)
				line.quote = SIZE_MAX;
		} else if (is_comment(&line, from)) {
			/* "https://..." is not a comment. */
			s.faults += from > start && !is_blank(line.text[from - 1]) && line.text[from - 1] != ',';
			break;
		} else if (is_structural(c)) {
			see_mark(&s, c);
			line.at++;
		} else {
			while (line.at < line.end && line.at != line.quote && line.text[line.at] != '"' &&
			       !is_blank(line.text[line.at]) && !is_structural(line.text[line.at]) &&
			       !is_comment(&line, line.at))
				line.at++;
			see_value(&s, false);
			s.faults += !is_value(line.text + from, line.at - from);
		}
	}
	return s.faults;
}

/* A string may end here: a separator follows. */
static bool may_end(const struct line *line, size_t at)
{
	size_t after = at;

	while (after < line->end && is_blank(line->text[after]))
		after++;
	return at > line->at && !is_blank(line->text[at - 1]) &&
	       (after == line->end || is_structural(line->text[after]) || (after > at && is_comment(line, after)));
}

/* A string may begin here: a separator precedes it. */
static bool may_begin(const struct line *line, size_t at)
{
	size_t before = at;

	while (before > line->at && is_blank(line->text[before - 1]))
		before--;
	return at < line->end && !is_blank(line->text[at]) && !is_structural(line->text[at]) && line->text[at] != '"' &&
	       (before == line->at || is_structural(line->text[before - 1]));
}

/* Returns part of a long line, starting at a separator, around its first fault. */
static struct line window(struct line line)
{
	struct line part = line;
	size_t fault, at;

	(void)line_faults(line, &fault);
	if (fault > line.at + 2 * WINDOW)
		for (at = line.at; at < fault - WINDOW; at++) {
			if (line.text[at] == ',' || line.text[at] == '{' || line.text[at] == '[') {
				part.at = at;
			} else if (line.text[at] == '"') {
				bool closed;

				at = string_end(&line, at, &closed) - 1;
			}
		}
	if (line.end - fault > WINDOW)
		part.end = fault + WINDOW;
	return part;
}

static size_t place_of_quote(struct line line)
{
	unsigned best = 1000, faults;
	size_t place = line.end, at, fault;

	while (place > line.at && (is_blank(line.text[place - 1]) || strchr(",}]", line.text[place - 1])))
		place--;
	line = window(line);
	for (at = line.at; at <= line.end && best; at++) {
		bool ends = may_end(&line, at);

		if (!ends && !may_begin(&line, at))
			continue;
		line.quote = at;
		if ((string_ended(&line) != SIZE_MAX) != ends)
			continue;
		faults = line_faults(line, &fault);
		if (faults < best) {
			best = faults;
			place = at;
		}
	}
	return place;
}

/* --- the whole text --- */

struct lexer {
	struct text *t;
	size_t at, line_at, line_end, first_token; /* first_token: of the line */
	uint32_t line, indent;
	size_t quote; /* position of the quote inserted in this line; SIZE_MAX if none */
	bool is_new_line;
};

static void new_line(struct lexer *l)
{
	const char *end = memchr(l->t->text + l->at, '\n', l->t->len - l->at);
	size_t i;

	l->line_end = end ? (size_t)(end - l->t->text) : l->t->len;
	l->line++;
	l->line_at = l->at;
	l->first_token = l->t->tokens.n;
	l->quote = SIZE_MAX;
	l->is_new_line = true;
	l->indent = 0;
	for (i = l->at; i < l->t->len && is_blank(l->t->text[i]); i++)
		l->indent = l->t->text[i] == '\t' ? (l->indent | 7) + 1 : l->indent + 1;
}

/*
 * The line has an unterminated string beginning at `from`, or a comment there cuts one off: chooses the position
 * of the quote and starts the line again.
 */
static void insert_quote(struct lexer *l, size_t from)
{
	struct text *t = l->t;
	struct line line = { t->text, l->line_at, 0, SIZE_MAX };
	struct token here = { .line = l->line, .line_at = l->line_at };
	struct change *change = vec_push(&t->changes);

	line.end = l->line_end;
	while (line.end > line.at && is_blank(t->text[line.end - 1]))
		line.end--;
	/* The text before the first token may be the end of a comment. */
	line.at = l->first_token < t->tokens.n ? t->tokens.v[l->first_token].at : from;
	l->quote = place_of_quote(line);
	*change = (struct change){ .at = l->quote, .insert = "\"" };
	line.quote = l->quote;
	from = string_ended(&line);
	if (from == SIZE_MAX)
		diag_error(t->diag, text_pos(t, &here, l->quote, 1), "missing opening quote");
	else
		diag_error(t->diag, text_pos(t, &here, from, l->quote - from), "string is not closed");
	l->at = line.at;
	t->tokens.n = l->first_token;
	l->is_new_line = true;
}

/* "https://..." after a missing quote looks like a comment. */
static bool cuts_string(const struct lexer *l)
{
	const char *s = l->t->text;
	size_t end = l->line_end, at, quotes = 0;

	if (l->at == l->line_at || is_blank(s[l->at - 1]) || is_structural(s[l->at - 1]) != (s[l->at - 1] == ':'))
		return false;
	for (at = l->at; at < end; at++)
		quotes += s[at] == '"';
	return quotes % 2;
}

static void skip_comment(struct lexer *l)
{
	const char *s = l->t->text;
	size_t len = l->t->len;

	l->at += 2;
	while (l->at < len && !(s[l->at] == '*' && l->at + 1 < len && s[l->at + 1] == '/'))
		if (s[l->at++] == '\n')
			new_line(l);
	l->at = l->at + 2 < len ? l->at + 2 : len;
}

static void skip_blanks(struct lexer *l)
{
	const char *s = l->t->text;
	size_t len = l->t->len;

	while (l->at < len && l->at != l->quote) {
		if (s[l->at] == '\n') {
			l->at++;
			new_line(l);
		} else if (is_blank(s[l->at])) {
			l->at++;
		} else if (s[l->at] == '#' || (s[l->at] == '/' && l->at + 1 < len && s[l->at + 1] == '/')) {
			if (l->quote == SIZE_MAX && cuts_string(l)) {
				insert_quote(l, l->at);
				continue;
			}
			while (l->at < len && s[l->at] != '\n')
				l->at++;
		} else if (s[l->at] == '/' && l->at + 1 < len && s[l->at + 1] == '*') {
			skip_comment(l);
		} else {
			return;
		}
	}
}

static void push(struct lexer *l, enum token_kind kind, size_t from)
{
	struct token *token = vec_push(&l->t->tokens);

	*token = (struct token){ .kind = kind,
				 .is_first = l->is_new_line,
				 .line = l->line,
				 .indent = l->indent,
				 .line_at = l->line_at,
				 .at = from,
				 .len = l->at - from };
	l->is_new_line = false;
}

static void lex_string(struct lexer *l)
{
	struct line line = { l->t->text, l->line_at, l->line_end, l->quote };
	size_t from = l->at;
	bool closed;

	l->at = string_end(&line, from, &closed);
	if (!closed && l->quote == SIZE_MAX) {
		l->at = from;
		insert_quote(l, from);
		return;
	}
	/* The inserted opening quote has been consumed; the text after it belongs to this token. */
	if (from == l->quote || l->at == l->quote)
		l->quote = SIZE_MAX - 1;
	push(l, TOKEN_STRING, from);
}

/* 'x' counts as a string, so a comma in it is not a separator. */
static bool lex_single_quotes(struct lexer *l)
{
	size_t end = l->line_end, from = l->at, at;

	for (at = from + 1; at < end && l->t->text[at] != '\''; at++)
		;
	if (at == end)
		return false;
	l->at = at + 1;
	push(l, TOKEN_STRING, from);
	return true;
}

static void lex_include(struct lexer *l)
{
	size_t end = l->line_end, from = l->at;

	while (l->at < end && !(l->t->text[l->at] == '?' && l->at + 1 < end && l->t->text[l->at + 1] == '>'))
		l->at++;
	l->at = l->at + 2 < end ? l->at + 2 : end;
	push(l, TOKEN_INCLUDE, from);
}

static void lex_other(struct lexer *l)
{
	const struct text *t = l->t;
	/* As a value, an unquoted address is one word, including its colons. */
	bool is_value = t->tokens.n && t->tokens.v[t->tokens.n - 1].kind == TOKEN_COLON;
	size_t from = l->at;

	do {
		l->at++;
	} while (l->at < t->len && l->at != l->quote && t->text[l->at] != '"' && t->text[l->at] != '\n' &&
		 t->text[l->at] != '#' && !is_blank(t->text[l->at]) &&
		 (!is_structural(t->text[l->at]) || (is_value && t->text[l->at] == ':')));
	push(l, TOKEN_OTHER, from);
}

void lex(struct text *t)
{
	static const char marks[] = "{[}]:,";
	struct lexer l = { .t = t };
	const char *mark;

	if (t->len >= 3 && !memcmp(t->text, "\xef\xbb\xbf", 3))
		l.at = 3;
	new_line(&l);
	for (;;) {
		size_t from;

		skip_blanks(&l);
		from = l.at;
		if (from == t->len && from != l.quote)
			break;
		mark = from < t->len && t->text[from] ? strchr(marks, t->text[from]) : NULL;
		if (from == l.quote || t->text[from] == '"') {
			lex_string(&l);
		} else if (mark) {
			l.at++;
			push(&l, (enum token_kind)(TOKEN_OPEN_MAP + (mark - marks)), from);
		} else if (t->len - from >= 9 && !memcmp(t->text + from, "<?include", 9)) {
			lex_include(&l);
		} else if (t->text[from] != '\'' || !lex_single_quotes(&l)) {
			lex_other(&l);
		}
	}
	push(&l, TOKEN_END, t->len);
}

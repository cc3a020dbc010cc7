/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"
#include "json/diag.h"
#include "json/limits.h"
#include "json/repair.h"

#include <stdio.h>
#include <sys/stat.h>

/*
 * What the reader of values (read.c) is built on: characters (input.c) and strings (string.c). Private to json/.
 */
struct buffer {
	const char *p, *end;
	const char *ghost; /* the next character inserted by a repair, which has no column; NULL if none */
	const struct repair *repair;
	size_t n_ghosts; /* inserted characters the cursor has passed */
	uint32_t file, line, col;
};

struct file_id {
	dev_t dev;
	ino_t ino;
};

struct parser {
	struct diag *diag;
	struct arena *arena;
	unsigned flags;
	struct buffer stack[JSON_INCLUDE_MAX + 1];
	unsigned depth; /* index into buffers, plus 1 */
	struct buffer *b;
	VEC(struct file_id) ids;      /* identities of the sources, by number - 1 */
	VEC(struct repair *) repairs; /* same; NULL for sources without a repair */
	struct pos last_end;          /* end of the last token */
	VEC(struct pos) open;         /* open brackets */
	struct str text;              /* the string, key or number being read */
	bool eof_reported;
	bool is_tangled; /* brackets, quotes or separators do not match: try a repair */
	bool is_second;  /* second pass, over repaired texts */
	bool is_lost;    /* the nesting is unknown from here on: the rest is not read */
};

static inline struct pos here(const struct parser *p)
{
	return (struct pos){ p->b->file, p->b->line, p->b->col, 1 };
}

static inline int peek(const struct parser *p)
{
	return p->b->p < p->b->end ? (unsigned char)*p->b->p : EOF;
}

static inline int peek_at(const struct parser *p, size_t n)
{
	return (size_t)(p->b->end - p->b->p) > n ? (unsigned char)p->b->p[n] : EOF;
}

static inline bool is_ghost(const struct parser *p)
{
	return p->b->p == p->b->ghost;
}

void pass_ghost(struct buffer *b);

static inline int next(struct parser *p)
{
	int c = peek(p);

	if (c == EOF)
		return c;
	if (is_ghost(p)) {
		pass_ghost(p->b);
		return c;
	}
	p->b->p++;
	if (c == '\n') {
		p->b->line++;
		p->b->col = 1;
	} else if ((c & 0xc0) != 0x80) {
		p->b->col++;
	}
	return c;
}

bool looking_at(const struct parser *p, const char *text);
void skip_n(struct parser *p, size_t n);
/* Returns true, after reporting an error, if only strict JSON is allowed here. */
bool strict(struct parser *p, const char *what);

/* Starts reading a source known to diag, in its repaired version if there is one. */
void start_source(struct parser *p, unsigned level, uint32_t file);
int push_file(struct parser *p, const char *path, struct pos from, unsigned level);
/* Takes ownership of text (malloc'd, NUL-terminated). */
void push_text(struct parser *p, const char *name, char *text, size_t len);
/* Skips white space, comments and includes; leaves finished includes. */
void skip_space(struct parser *p);

/* Names the character at the cursor for errors: "'x'", "U+00A0 (no-break space)". */
const char *char_name(const struct parser *p, char *buf, size_t size);
/* Reports and skips a character that looks like a blank but is not. */
bool skip_odd_blank(struct parser *p);
/* Returns the length of the UTF-8 sequence at the cursor, 0 if it is invalid. */
unsigned utf8_len(const struct parser *p);
/*
 * Reads a string into p->text. The cursor is on the opening quote. False if an error was reported; the cursor is
 * then after the string.
 */
bool parse_text(struct parser *p);
/* True at a string in other than JSON's quotes ('x', typographic ones): an error, but its meaning is clear. */
bool starts_odd_quotes(const struct parser *p);
bool parse_odd_quotes(struct parser *p);
/* Appends the rest of unquoted text that is not a valid value or key to p->text. */
void take_bare(struct parser *p, bool is_key);
/* Returns the number of characters, not bytes. */
uint32_t count_chars(const struct str *s);

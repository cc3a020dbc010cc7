/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"
#include "base/vec.h"
#include "json/read.h"
#include "json/repair.h"

#include <sys/stat.h>

/*
 * The reader's inside: characters (input.c), strings (string.c), values (read.c). Private to json/.
 */
struct buffer {
	const char *p, *end;
	const char *ghost; /* the next character that a repair inserted: it has no column; NULL if none */
	const struct repair *repair;
	size_t n_ghosts; /* of repair, that the cursor has passed */
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
	unsigned depth; /* of buffers - 1 */
	struct buffer *b;
	VEC(struct file_id) ids;      /* of sources, by their number - 1 */
	VEC(struct repair *) repairs; /* the same; NULL where there is nothing to repair */
	struct pos last_end;          /* of the last token */
	VEC(struct pos) open;         /* brackets */
	struct str text;              /* of the string, key or number being read */
	bool eof_reported;
	bool is_tangled; /* brackets, quotes or separators do not fit: worth a repair */
	bool is_second;  /* what could be repaired is */
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
/* True, after an error, if what is not JSON is forbidden here. */
bool strict(struct parser *p, const char *what);

/* Reads a source that diag knows: repaired, if it was. */
void start_source(struct parser *p, unsigned level, uint32_t file);
int push_file(struct parser *p, const char *path, struct pos from, unsigned level);
/* Takes text (malloc'd, NUL-terminated). */
void push_text(struct parser *p, const char *name, char *text, size_t len);
/* White space, comments and includes; leaves finished includes. */
void skip_space(struct parser *p);

/* The character at the cursor as errors name it: "'x'", "U+00A0 (no-break space)". */
const char *char_name(const struct parser *p, char *buf, size_t size);
/* A character that looks like a blank and is none: an error, and skipped. */
bool skip_odd_blank(struct parser *p);
/* Length of the UTF-8 sequence at the cursor, 0 if it is broken. */
unsigned utf8_len(const struct parser *p);
/* Into p->text. The cursor is on the opening quote. False: an error was reported; the cursor is after the string. */
bool parse_text(struct parser *p);
/* A string in quotes that are not JSON's ('x', typographic ones): an error, but what is meant is clear. */
bool starts_odd_quotes(const struct parser *p);
bool parse_odd_quotes(struct parser *p);
/* Appends the rest of something without quotes that is no value, or no key, to p->text. */
void take_bare(struct parser *p, bool is_key);
/* Characters, not bytes. */
uint32_t count_chars(const struct str *s);

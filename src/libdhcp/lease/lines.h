/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Reads a text file line by line, in pieces of constant size, so it can read a file of any length and content.
 *
 *	lines_begin(&lines, fd);
 *	while ((kind = lines_next(&lines)) > 0)
 *		use lines.text, lines.len, lines.number
 *	lines_end(&lines);
 */
enum line_kind {
	LINE_END,   /* end of the file */
	LINE_WHOLE, /* a line without its newline */
	LINE_LONG,  /* a piece of a line longer than LINE_MAX_LEN; the last piece includes the newline */
	LINE_TAIL,  /* text after the last newline, if any */
};

#define LINE_MAX_LEN (1U << 20)

/* Reads up to `len` bytes. Returns their number, 0 at the end, -1 with errno. */
typedef ssize_t lines_read_fn(void *ctx, void *buf, size_t len);

struct lines {
	const char *text; /* valid until the next call */
	size_t len;
	uint64_t number; /* line number, from 1; the same for all pieces of a long line */
	off_t good_len;  /* end of the last line that has a newline */

	int fd;
	lines_read_fn *read; /* NULL: from fd */
	void *ctx;
	char *buf; /* NULL: reading from memory */
	const char *from, *end;
	bool at_eof, in_long;
	uint64_t long_len; /* length of the pieces so far */
};

/* Reads from the current offset of fd, which the caller still owns. */
void lines_begin(struct lines *lines, int fd);
/* Reads what the function returns. */
void lines_begin_from(struct lines *lines, lines_read_fn *read, void *ctx);
void lines_begin_text(struct lines *lines, const char *text, size_t len);
/* Returns an enum line_kind, or -E_SYS. */
int lines_next(struct lines *lines);
void lines_end(struct lines *lines);

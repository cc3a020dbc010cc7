/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A text file line by line, in pieces of constant size, so a file of any length and any content can
 * be read.
 *
 *	lines_begin(&lines, fd);
 *	while ((kind = lines_next(&lines)) > 0)
 *		use lines.text, lines.len, lines.number
 *	lines_end(&lines);
 */
enum line_kind {
	LINE_END,   /* nothing left */
	LINE_WHOLE, /* a line; its newline is not in it */
	LINE_LONG,  /* a piece of a line longer than LINE_MAX_LEN, the last one with its newline */
	LINE_TAIL,  /* what is behind the last newline, if anything */
};

#define LINE_MAX_LEN (1U << 20)

struct lines {
	const char *text; /* until the next call */
	size_t len;
	uint64_t number; /* of the line, from 1; all pieces of a long one have the same */
	off_t good_len;  /* where the last line that has a newline ends */

	int fd;
	char *buf; /* NULL: reading from memory */
	const char *from, *end;
	bool at_eof, in_long;
	uint64_t long_len; /* of the pieces so far */
};

/* Reads from where fd stands. The descriptor stays the caller's. */
void lines_begin(struct lines *lines, int fd);
void lines_begin_text(struct lines *lines, const char *text, size_t len);
/* An enum line_kind, or -E_SYS. */
int lines_next(struct lines *lines);
void lines_end(struct lines *lines);

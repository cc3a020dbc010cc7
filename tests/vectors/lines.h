/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* The lines of several files of vectors, and how many of them were wrong. */
struct lines {
	const char *const *files; /* those still to be read, below tests/vectors; NULL at the end */
	const char *file;
	FILE *f;
	unsigned line; /* number in this file */
	unsigned failed, done;
};

/* Reads the next line, if necessary from the next file; false after the last. Exits if a file cannot be opened. */
bool lines_next(struct lines *lines, char *buf, size_t size);
/* Reports an error in the current line. */
void lines_wrong(struct lines *lines, const char *what, const char *got, const char *expected);
/* Prints a summary; returns the exit status of the program. */
int lines_end(const struct lines *lines);

/* Cuts off white space at both ends. */
char *trim(char *s);

/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/*
 * The file that lines are appended to, and when it is replaced by another one:
 *
 *	DIRECTORY/BASE.20260131.txt			of a unit of days, months or years
 *	DIRECTORY/BASE.T00000000001769817600.txt	of seconds, or if it is never replaced
 *
 * All by local time. A file that exists is continued, except where it is never replaced. Not for several threads.
 */
enum file_unit { FILE_SECOND, FILE_DAY, FILE_MONTH, FILE_YEAR, FILE_UNIT_N };
extern const char *const file_units[FILE_UNIT_N]; /* as in the configuration */

struct file_conf {
	const char *directory, *base; /* valid as long as the file */
	enum file_unit unit;
	unsigned count;                     /* units until it is replaced; 0: it never is */
	const char *prerotate, *postrotate; /* programs that are started with the path; NULL: none */
};

struct file {
	struct file_conf conf;
	int fd;        /* -1: none is open */
	char *path;    /* of the open file, or of the last one */
	time_t opened; /* when the current one began */
	bool is_torn;  /* its last line has no end */
};

void file_init(struct file *file, const struct file_conf *conf);
/* Opens the file for that time. Returns 0 or an errno. */
int file_open(struct file *file, time_t now);
/*
 * Replaces the file if it is time to, and opens one if none is open. Returns 0 or an errno: then the old file stays in
 * use, if there is one.
 */
int file_rotate(struct file *file, time_t now);
/* Appends lines. Returns 0 or an errno: then a part may have been written, and the next lines begin after it. */
int file_write(struct file *file, const char *text, size_t len);
/* Returns an errno if the kernel reports one. */
int file_close(struct file *file);

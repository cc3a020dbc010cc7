/* SPDX-License-Identifier: MPL-2.0 */
#include "lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void open_file(struct lines *lines)
{
	const char *top = getenv("top_srcdir");
	char path[4096];

	lines->file = *lines->files++;
	lines->line = 0;
	(void)snprintf(path, sizeof(path), "%s/tests/vectors/%s", top ? top : ".", lines->file);
	lines->f = fopen(path, "r");
	if (!lines->f) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(99);
	}
}

bool lines_next(struct lines *lines, char *buf, size_t size)
{
	while (!lines->f || !fgets(buf, (int)size, lines->f)) {
		if (lines->f)
			fclose(lines->f);
		lines->f = NULL;
		if (!*lines->files)
			return false;
		open_file(lines);
	}
	lines->line++;
	return true;
}

void lines_wrong(struct lines *lines, const char *what, const char *got, const char *expected)
{
	fprintf(stderr, "%s:%u: %s: got \"%s\", expected \"%s\"\n", lines->file, lines->line, what, got, expected);
	lines->failed++;
}

int lines_end(const struct lines *lines)
{
	printf("%u vectors, %u wrong\n", lines->done, lines->failed);
	return lines->failed || !lines->done;
}

char *trim(char *s)
{
	size_t len;

	s += strspn(s, " \t");
	len = strlen(s);
	while (len && strchr(" \t\n", s[len - 1]))
		s[--len] = 0;
	return s;
}

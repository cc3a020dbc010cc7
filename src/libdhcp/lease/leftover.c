/* SPDX-License-Identifier: MPL-2.0 */
#include "lease/leftover.h"

#include "base/err.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 100 /* a cleanup renames files three times */

static char *name_of(const char *path, const char *suffix)
{
	char *name;

	if (asprintf(&name, "%s%s", path, suffix) < 0)
		abort();
	return name;
}

/* Returns 1 if it opened the file, 0 if there is none. */
static int add(struct leftover *l, const char *path, const char *suffix, char **reterr)
{
	char *name = name_of(path, suffix);
	int fd = load_open(name, reterr);

	if (fd < 0) {
		free(name);
		return fd == -E_NOENT ? 0 : fd;
	}
	l->names[l->n] = name;
	l->v[l->n++] = (struct load_source){ .fd = fd, .path = name, .bad_path = l->bad_path };
	return 1;
}

static bool is_there(const char *path, const char *suffix)
{
	char *name = name_of(path, suffix);
	struct stat st;
	bool there = lstat(name, &st) == 0 || errno != ENOENT;

	free(name);
	return there;
}

/* True if the name still leads to the opened file, or still does not exist if none was opened (fd < 0). */
static bool still_named(const char *path, const char *suffix, int fd)
{
	char *name = name_of(path, suffix);
	struct stat named, opened;
	bool there = stat(name, &named) == 0;

	free(name);
	if (fd < 0 || !there)
		return fd < 0 && !there;
	return fstat(fd, &opened) == 0 && opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* Returns -E_AGAIN if the names changed meanwhile. */
static int try_open(const char *path, struct leftover *l, char **reterr)
{
	int err, previous = -1, copy = -1;

	l->bad_path = name_of(path, ".bad");
	err = add(l, path, LEFTOVER_FINISH, reterr);
	if (err != 0)
		return err < 0 ? err : 0;
	err = add(l, path, LEFTOVER_PREVIOUS, reterr);
	if (err < 0)
		return err;
	if (err == 1)
		previous = l->v[l->n - 1].fd;
	err = add(l, path, LEFTOVER_COPY, reterr);
	if (err < 0)
		return err;
	if (err == 1)
		copy = l->v[l->n - 1].fd;
	return !is_there(path, LEFTOVER_FINISH) && still_named(path, LEFTOVER_PREVIOUS, previous) &&
			       still_named(path, LEFTOVER_COPY, copy)
		       ? 0
		       : -E_AGAIN;
}

int leftover_open(const char *path, struct leftover *ret, char **reterr)
{
	int err = -E_AGAIN;

	for (unsigned i = 0; err == -E_AGAIN && i < TRIES; i++) {
		struct leftover l = { 0 };

		err = try_open(path, &l, reterr);
		if (err == 0)
			*ret = l;
		else
			leftover_close(&l);
	}
	if (err == -E_AGAIN && asprintf(reterr, "the lease file cleanup files next to %s keep changing", path) < 0)
		*reterr = NULL;
	return err;
}

void leftover_close(struct leftover *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		(void)close(l->v[i].fd);
		free(l->names[i]);
	}
	free(l->bad_path);
	*l = (struct leftover){ 0 };
}

bool leftover_is_pending(const char *path)
{
	return is_there(path, LEFTOVER_COPY) || is_there(path, LEFTOVER_FINISH);
}

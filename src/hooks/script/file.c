/* SPDX-License-Identifier: MPL-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "script/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct kea_api *kea; /* of the library */

/* True if the path is in the directory, however it is written. */
static bool is_inside(const char *path, const char *directory)
{
	char *real = realpath(directory, NULL);
	size_t len = real ? strlen(real) : 0;
	bool inside = real && !strncmp(path, real, len) && path[len] == '/';

	free(real);
	return inside;
}

/* Others may replace what has this owner and mode. */
static bool is_open_to_others(const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return true;
	return st->st_mode & S_IWOTH || (st->st_mode & S_IWGRP && st->st_gid != 0 && st->st_gid != getegid());
}

/* The script runs as the server: the rule is that of hook libraries. */
static bool is_safe(struct kea_library *lib, const struct kea_json *value, const char *path, const struct stat *st)
{
	char directory[PATH_MAX];
	struct stat around;

	(void)snprintf(directory, sizeof(directory), "%s", path);
	*strrchr(directory, '/') = '\0';
	if (is_open_to_others(st))
		(void)kea->fail(lib, value, "other users may write to the script %s: it runs as the server", path);
	else if (stat(directory, &around) < 0 || is_open_to_others(&around))
		(void)kea->fail(lib, value, "other users may write to %s, the directory of the script %s", directory,
				path);
	else
		return true;
	return false;
}

char *script_file_path(struct kea_library *lib, const struct kea_json *value, bool is_program)
{
	const char *name = kea->json_text(value), *env = getenv("KEA_HOOK_SCRIPTS_PATH");
	const char *directory = env && *env ? env : KEA_SCRIPTS_DIR;
	bool is_path = strchr(name, '/') != NULL;
	char joined[PATH_MAX], *path;
	struct stat st;

	if (snprintf(joined, sizeof(joined), "%s%s%s", is_path ? "" : directory, is_path ? "" : "/", name) >=
	    (int)sizeof(joined)) {
		(void)kea->fail(lib, value, "the name of the script is too long");
		return NULL;
	}
	path = realpath(joined, NULL);
	if (!path || stat(path, &st) < 0) {
		(void)kea->fail(lib, value, "cannot run %s: %s", joined, strerror(errno));
	} else if (!S_ISREG(st.st_mode) || access(path, is_program ? X_OK : R_OK) < 0) {
		(void)kea->fail(lib, value, "cannot run %s: it is not %s file", joined,
				is_program ? "an executable" : "a readable");
	} else if (!is_inside(path, directory)) {
		(void)kea->fail(lib, value,
				"invalid path specified: scripts are run from %s only; move %s there, or set "
				"KEA_HOOK_SCRIPTS_PATH",
				directory, joined);
	} else if (is_safe(lib, value, path, &st)) {
		return path;
	}
	free(path);
	return NULL;
}

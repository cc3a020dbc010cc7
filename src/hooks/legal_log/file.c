/* SPDX-License-Identifier: MPL-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "legal_log/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_MODE 0640
#define PATH_VARIABLE "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define NEW_NAMES_MAX 1000

const char *const file_units[FILE_UNIT_N] = {
	[FILE_SECOND] = "second",
	[FILE_DAY] = "day",
	[FILE_MONTH] = "month",
	[FILE_YEAR] = "year",
};

void file_init(struct file *file, const struct file_conf *conf)
{
	*file = (struct file){ .conf = *conf, .fd = -1 };
}

/* --- names ------------------------------------------------------------------------------------------------------- */

/* Returns the path for that time, to be freed. */
static char *path_at(const struct file_conf *conf, time_t when)
{
	char suffix[32], *path;
	struct tm tm;

	if (conf->unit == FILE_SECOND || !conf->count || !localtime_r(&when, &tm) ||
	    !strftime(suffix, sizeof(suffix), "%Y%m%d", &tm))
		snprintf(suffix, sizeof(suffix), "T%020lld", (long long)when);
	if (asprintf(&path, "%s/%s.%s.txt", conf->directory, conf->base, suffix) < 0)
		return NULL;
	return path;
}

/* The number of units since some day, by local time. */
static long long units(enum file_unit unit, time_t when)
{
	struct tm tm;

	if (unit == FILE_SECOND || !localtime_r(&when, &tm))
		return when;
	if (unit == FILE_YEAR)
		return tm.tm_year;
	if (unit == FILE_MONTH)
		return tm.tm_year * 12LL + tm.tm_mon;
	/* The day as a number: noon of it in UTC is in the same day, whatever the zone's changes. */
	tm.tm_hour = 12;
	tm.tm_min = tm.tm_sec = 0;
	return timegm(&tm) / 86400;
}

static bool is_due(const struct file *file, time_t now)
{
	const struct file_conf *conf = &file->conf;

	return conf->count && units(conf->unit, now) - units(conf->unit, file->opened) >= conf->count;
}

/* --- programs ---------------------------------------------------------------------------------------------------- */

/*
 * Starts a program and does not wait for it: a process in between ends at once, so that the program is nobody's child
 * here.
 */
static void start(const char *program, char *path)
{
	static char shell[] = "/bin/sh", option[] = "-c", line[] = "\"$0\" \"$1\" &", variable[] = PATH_VARIABLE;
	char *copy = strdup(program);
	char *argv[] = { shell, option, line, copy, path, NULL }, *envp[] = { variable, NULL };
	posix_spawnattr_t attr;
	posix_spawn_file_actions_t files;
	sigset_t none, defaults;
	pid_t pid;
	int err;

	if (!copy)
		return;
	(void)sigemptyset(&none);
	(void)sigfillset(&defaults);
	(void)sigdelset(&defaults, SIGKILL);
	(void)sigdelset(&defaults, SIGSTOP);
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawnattr_setpgroup(&attr, 0);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &defaults);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	err = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
	if (!err)
		err = posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
#endif
	if (!err && posix_spawn(&pid, shell, &files, &attr, argv, envp) == 0)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&attr);
	free(copy);
}

/* --- the file ----------------------------------------------------------------------------------------------------- */

static int open_path(const char *path, int flags)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | flags, FILE_MODE);
}

/* Opens the file for that time beside the one in use. */
static int open_at(struct file *file, time_t when, int *ret_fd, char **ret_path)
{
	/* One that is never replaced does not continue the one of an earlier start. */
	int flags = file->conf.count ? 0 : O_EXCL, fd = -1, err = ENOMEM;

	for (time_t t = when; t < when + NEW_NAMES_MAX; t++) {
		char *path = path_at(&file->conf, t);

		if (!path)
			break;
		fd = open_path(path, flags);
		err = errno;
		if (fd >= 0) {
			*ret_fd = fd;
			*ret_path = path;
			return 0;
		}
		free(path);
		if (err != EEXIST || !flags)
			break;
	}
	return err;
}

int file_open(struct file *file, time_t now)
{
	int err = open_at(file, now, &file->fd, &file->path);

	if (!err)
		file->opened = now;
	return err;
}

int file_rotate(struct file *file, time_t now)
{
	bool had_one = file->fd >= 0;
	char *path;
	int fd, err;

	if (had_one && !is_due(file, now))
		return 0;
	err = open_at(file, now, &fd, &path);
	if (err)
		return err;
	if (had_one && file->conf.prerotate)
		start(file->conf.prerotate, file->path);
	(void)file_close(file);
	file->fd = fd;
	file->path = path;
	file->opened = now;
	if (had_one && file->conf.postrotate)
		start(file->conf.postrotate, path);
	return 0;
}

static int write_all(struct file *file, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(file->fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : EIO;
		text += n;
		len -= (size_t)n;
		file->is_torn = text[-1] != '\n';
	}
	return 0;
}

int file_write(struct file *file, const char *text, size_t len)
{
	int err = 0;

	if (file->is_torn)
		err = write_all(file, "\n", 1);
	if (!err)
		err = write_all(file, text, len);
	return err;
}

int file_close(struct file *file)
{
	int err = 0;

	if (file->fd >= 0 && close(file->fd) < 0 && errno != EINTR)
		err = errno;
	file->fd = -1;
	free(file->path);
	file->path = NULL;
	file->is_torn = false;
	return err;
}

/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>

/* Which file a descriptor is, to notice that something closed it and opened another one. */
struct file_id {
	dev_t dev;
	ino_t ino; /* 0: it was not open, or cannot be told */
};

static inline struct file_id file_id(int fd)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return (struct file_id){ 0 };
	return (struct file_id){ st.st_dev, st.st_ino };
}

/*
 * False: the descriptor was closed, or is another file by now. A file system that cannot tell for a while has closed
 * nothing. One system call, any thread.
 */
static inline bool file_is(int fd, const struct file_id *id)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fd >= 0 && errno != EBADF;
	return !id->ino || (st.st_ino == id->ino && st.st_dev == id->dev);
}

/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

/* Which file a descriptor is, to notice that something closed it and opened another one. */
struct file_id {
	dev_t dev;
	ino_t ino; /* 0: it was not open */
};

static inline struct file_id file_id(int fd)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return (struct file_id){ 0 };
	return (struct file_id){ st.st_dev, st.st_ino };
}

/* False: the descriptor was closed, or is another file by now. One system call, any thread. */
static inline bool file_is(int fd, const struct file_id *id)
{
	const struct file_id now = file_id(fd);

	return now.ino && now.ino == id->ino && now.dev == id->dev;
}

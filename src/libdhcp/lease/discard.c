/* SPDX-License-Identifier: MPL-2.0 */
#include "lease/discard.h"

#include "base/clock.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STEP (2 << 20) /* bytes */
#define NAP_MAX_US 5000

int discard_hold(const char *path)
{
	return open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

/*
 * True if nobody else has the file open. Since it has no name, nobody will open it again: the kernel grants a
 * write lease only then. A server may have opened it before and still be reading.
 */
static bool is_ours_alone(int fd, off_t *ret_size)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink || fcntl(fd, F_SETLEASE, F_WRLCK) < 0)
		return false;
	(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	*ret_size = st.st_size;
	return true;
}

void discard(int fd)
{
	off_t size = 0;

	if (fd < 0)
		return;
	if (!is_ours_alone(fd, &size))
		size = 0;
	while (size > STEP) {
		int64_t begin = clock_mono_us(), took;

		size -= STEP;
		if (ftruncate(fd, size) < 0)
			break;
		/* Leaves the disk to the server at least half of the time. */
		took = clock_mono_us() - begin;
		took = took < NAP_MAX_US ? took : NAP_MAX_US;
		(void)nanosleep(&(struct timespec){ .tv_nsec = took * 1000 }, NULL);
	}
	(void)close(fd);
}

/* SPDX-License-Identifier: MPL-2.0 */
#include "bad_disk.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static _Atomic unsigned n_calls[DISK_CALLS];
static _Atomic unsigned fail_at[DISK_CALLS];  /* fail this call from now, 1 = the next; 0 = none */
static _Atomic unsigned fail_for[DISK_CALLS]; /* number of consecutive failures */
static _Atomic unsigned calls_left;           /* until a call of any kind fails; 0 = none does */
static _Atomic int fail_errno;
static atomic_bool gate_closed;
static sem_t gate, held;

_Atomic size_t disk_max_write;
atomic_bool disk_tears_all_writes;

void disk_break(enum disk_call call, unsigned at, unsigned n, int err)
{
	atomic_store(&fail_errno, err);
	atomic_store(&fail_for[call], n);
	atomic_store(&n_calls[call], 0);
	atomic_store(&fail_at[call], at);
}

void disk_mend(enum disk_call call)
{
	atomic_store(&fail_at[call], 0);
}

void disk_mend_all(void)
{
	for (unsigned call = 0; call < DISK_CALLS; call++)
		disk_mend((enum disk_call)call);
}

unsigned disk_stop_at(unsigned n, int err)
{
	unsigned left = atomic_exchange(&calls_left, 0);

	/* A call that is failing now keeps its errno. */
	if (n)
		atomic_store(&fail_errno, err);
	atomic_store(&calls_left, n);
	return left;
}

void disk_hold_syncs(void)
{
	(void)sem_init(&gate, 0, 0);
	(void)sem_init(&held, 0, 0);
	atomic_store(&gate_closed, true);
}

void disk_wait_held(void)
{
	while (sem_wait(&held) < 0)
		;
}

void disk_release_syncs(void)
{
	atomic_store(&gate_closed, false);
	(void)sem_post(&gate);
}

static bool is_broken(enum disk_call call)
{
	unsigned n = atomic_fetch_add(&n_calls[call], 1) + 1, at = atomic_load(&fail_at[call]);

	if (!at || n < at || n >= at + atomic_load(&fail_for[call]))
		return false;
	errno = atomic_load(&fail_errno);
	return true;
}

static bool stops_here(void)
{
	unsigned left = atomic_load(&calls_left);

	while (left && !atomic_compare_exchange_weak(&calls_left, &left, left - 1))
		;
	if (left != 1)
		return false;
	if (!atomic_load(&fail_errno))
		(void)kill(getpid(), SIGKILL);
	errno = atomic_load(&fail_errno);
	return true;
}

static bool fails(enum disk_call call)
{
	return stops_here() || is_broken(call);
}

static ssize_t disk_write(int fd, const void *data, size_t len)
{
	size_t max = atomic_load(&disk_max_write);

	if (stops_here())
		return -1;
	if (is_broken(DISK_WRITE)) {
		int saved = errno;

		/* A full disk accepts what still fits. */
		if ((saved == ENOSPC || atomic_load(&disk_tears_all_writes)) && len > 10 &&
		    write(fd, data, len / 2) < 0)
			return -1;
		errno = saved;
		return -1;
	}
	return write(fd, data, max && len > max ? max : len);
}

static int disk_fdatasync(int fd)
{
	if (atomic_load(&gate_closed)) {
		(void)sem_post(&held);
		while (sem_wait(&gate) < 0)
			;
	}
	return fails(DISK_FDATASYNC) ? -1 : fdatasync(fd);
}

static int disk_fsync(int fd)
{
	return fails(DISK_FSYNC) ? -1 : fsync(fd);
}

static int disk_ftruncate(int fd, off_t len)
{
	return fails(DISK_FTRUNCATE) ? -1 : ftruncate(fd, len);
}

static int disk_rename(const char *from, const char *to)
{
	return fails(DISK_RENAME) ? -1 : rename(from, to);
}

static int disk_unlink(const char *path)
{
	return stops_here() ? -1 : unlink(path);
}

static int disk_no_reserve(int fd, off_t from, off_t len)
{
	(void)fd;
	(void)from;
	(void)len;
	return 0;
}

const struct journal_sys bad_disk = {
	.write = disk_write,
	.fdatasync = disk_fdatasync,
	.fsync = disk_fsync,
	.ftruncate = disk_ftruncate,
	.rename = disk_rename,
	.reserve = disk_no_reserve,
};

const struct lfc_sys bad_disk_lfc = {
	.write = disk_write,
	.fsync = disk_fsync,
	.rename = disk_rename,
	.unlink = disk_unlink,
};

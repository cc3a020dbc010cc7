/* SPDX-License-Identifier: MPL-2.0 */
/*
 * -g multi: a thread that only receives, so that responses are read and timestamped while the other thread
 * writes requests. Batches go through a ring buffer with one writer and one reader; each side makes a system
 * call for the other only if that one sleeps.
 */
#include "perfdhcp/net_int.h"

#include "base/arena.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define RING 64u /* batches */

struct batch {
	unsigned n;
	uint64_t at_ns;
	struct mmsghdr msg[NET_BATCH];
	struct iovec iov[NET_BATCH];
	uint8_t buf[NET_BATCH][RX_MAX];
};

struct net_thread {
	int fd;
	int arrived, room; /* eventfds */
	pthread_t id;
	atomic_bool stop;
	_Atomic uint32_t head, tail; /* filled, emptied */
	atomic_bool reader_sleeps, writer_sleeps;
	bool borrowed; /* the batch at the tail is in use */
	struct batch ring[RING];
};

static void wake(int fd)
{
	(void)!write(fd, &(uint64_t){ 1 }, sizeof(uint64_t));
}

/* Waits until woken, at most a tenth of a second, so that a stop is noticed. */
static void doze(int fd, const struct timespec *ts)
{
	uint64_t n;

	if (ppoll(&(struct pollfd){ fd, POLLIN, 0 }, 1, ts, NULL) > 0)
		(void)!read(fd, &n, sizeof(n));
}

static bool is_full(struct net_thread *t)
{
	return atomic_load(&t->head) - atomic_load(&t->tail) == RING;
}

static void wait_for_room(struct net_thread *t)
{
	while (is_full(t) && !atomic_load(&t->stop)) {
		atomic_store(&t->writer_sleeps, true);
		if (is_full(t))
			doze(t->room, &(struct timespec){ .tv_nsec = 100000000 });
		atomic_store(&t->writer_sleeps, false);
	}
}

static void *receive(void *arg)
{
	struct net_thread *t = arg;

	while (!atomic_load(&t->stop)) {
		struct batch *b;
		struct timespec ts;
		int n;

		wait_for_room(t);
		b = &t->ring[atomic_load(&t->head) % RING];
		n = recvmmsg(t->fd, b->msg, NET_BATCH, MSG_WAITFORONE, NULL);
		if (n <= 0)
			continue;
		(void)clock_gettime(CLOCK_MONOTONIC, &ts);
		b->at_ns = (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
		b->n = (unsigned)n;
		atomic_fetch_add(&t->head, 1);
		if (atomic_exchange(&t->reader_sleeps, false))
			wake(t->arrived);
	}
	return NULL;
}

int net_thread_start(struct net *net)
{
	struct net_thread *t = xcalloc(1, sizeof(*t));
	struct timeval patience = { .tv_usec = 100000 };

	t->fd = net->fd;
	for (unsigned i = 0; i < RING; i++)
		for (unsigned k = 0; k < NET_BATCH; k++) {
			struct batch *b = &t->ring[i];

			b->iov[k] = (struct iovec){ b->buf[k], RX_MAX };
			b->msg[k].msg_hdr = (struct msghdr){ .msg_iov = &b->iov[k], .msg_iovlen = 1 };
		}
	(void)setsockopt(t->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	t->arrived = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	t->room = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (t->arrived >= 0 && t->room >= 0) {
		errno = pthread_create(&t->id, NULL, receive, t);
		if (!errno) {
			net->thread = t;
			return 0;
		}
	}
	(void)close(t->arrived);
	(void)close(t->room);
	free(t);
	return -1;
}

void net_thread_stop(struct net_thread *t)
{
	if (!t)
		return;
	atomic_store(&t->stop, true);
	wake(t->room);
	(void)pthread_join(t->id, NULL);
	(void)close(t->arrived);
	(void)close(t->room);
	free(t);
}

static void give_back(struct net_thread *t)
{
	if (!t->borrowed)
		return;
	t->borrowed = false;
	atomic_fetch_add(&t->tail, 1);
	if (atomic_exchange(&t->writer_sleeps, false))
		wake(t->room);
}

unsigned net_thread_receive(struct net_thread *t, struct bytes *v, unsigned n, uint64_t *ret_at_ns)
{
	struct batch *b;

	give_back(t);
	if (atomic_load(&t->head) == atomic_load(&t->tail))
		return 0;
	b = &t->ring[atomic_load(&t->tail) % RING];
	t->borrowed = true;
	*ret_at_ns = b->at_ns;
	for (unsigned i = 0; i < b->n && i < n; i++)
		v[i] = bytes_of(b->buf[i], b->msg[i].msg_len);
	return b->n < n ? b->n : n;
}

void net_thread_wait(struct net_thread *t, const struct timespec *ts)
{
	give_back(t);
	atomic_store(&t->reader_sleeps, true);
	if (atomic_load(&t->head) == atomic_load(&t->tail))
		doze(t->arrived, ts);
	atomic_store(&t->reader_sleeps, false);
}

/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Many datagrams per system call. recvmmsg returns what is queued; sendmmsg stops at the first failure, and only
 * reports its reason if that datagram comes first in the call: so each failure costs one call, and a full socket
 * buffer fails the rest of the batch at once.
 */
#include "io/batch.h"

#include "log/descriptor.h"

#include <errno.h>

#define CLOCK_STEP_US 60000000 /* no socket queues anything for a minute: the clock was set */

unsigned batch_recv(struct batch *batch, int fd, bool with_headers, struct dgram *v, unsigned n)
{
	int got;

	if (n > BATCH_N)
		n = BATCH_N;
	for (unsigned i = 0; i < n; i++) {
		struct iovec *iov = batch->iov[i];
		struct msghdr *h = &batch->m[i].msg_hdr;

		iov[0] = (struct iovec){ batch->headers[i], BATCH_HEADERS };
		iov[1] = (struct iovec){ v[i].buf, v[i].size };
		*h = (struct msghdr){ .msg_name = &batch->name[i],
				      .msg_namelen = sizeof(batch->name[i]),
				      .msg_iov = with_headers ? iov : iov + 1,
				      .msg_iovlen = with_headers ? 2 : 1,
				      .msg_control = &batch->control[i],
				      .msg_controllen = sizeof(batch->control[i]) };
	}
	/* A pending error is reported instead of data: retry. */
	for (int tries = 0; tries < 3; tries++) {
		got = recvmmsg(fd, batch->m, n, MSG_DONTWAIT, NULL);
		if (got >= 0)
			return (unsigned)got;
		if (errno == EAGAIN)
			break;
	}
	return 0;
}

const void *batch_control(const struct batch *batch, unsigned i, int level, int type, size_t size)
{
	/* CMSG_NXTHDR takes no const. */
	struct msghdr *h = (struct msghdr *)&batch->m[i].msg_hdr;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c))
		if (c->cmsg_level == level && c->cmsg_type == type && c->cmsg_len >= CMSG_LEN(size))
			return CMSG_DATA(c);
	return NULL;
}

int64_t batch_wait_us(const struct batch *batch, unsigned i, const struct timespec *wall)
{
	const struct timespec *came = batch_control(batch, i, SOL_SOCKET, SCM_TIMESTAMPNS, sizeof(*came));
	int64_t us;

	if (!came)
		return 0;
	us = (int64_t)(wall->tv_sec - came->tv_sec) * 1000000 + (wall->tv_nsec - came->tv_nsec) / 1000;
	/* The clock was set meanwhile, or (in tests) is not the kernel's. */
	return us > 0 && us < CLOCK_STEP_US ? us : 0;
}

void batch_send(struct batch *batch, int fd, unsigned n, int *ret_err)
{
	unsigned done = 0;

	while (done < n) {
		int sent = sendmmsg(fd, batch->m + done, n - done, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent > 0) {
			for (int i = 0; i < sent; i++)
				ret_err[done++] = 0;
		} else if (errno == EAGAIN) {
			while (done < n)
				ret_err[done++] = EAGAIN;
		} else if (errno == EBADF || errno == ENOTSOCK) {
			descriptor_lost("a socket");
		} else if (errno != EINTR) {
			ret_err[done++] = errno;
		}
	}
}

bool batch_is_full(int err)
{
	return err == EAGAIN || err == ENOBUFS || err == ENOMEM;
}

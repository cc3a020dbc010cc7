/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/dgram.h"

#include <net/if.h>
#include <netinet/in.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <time.h>

/*
 * The arrays that recvmmsg and sendmmsg want, for up to BATCH_N datagrams, each of two pieces: headers
 * (packet sockets only) and payload. One per socket set, used by its thread alone.
 */
enum {
	BATCH_N = 64,
	BATCH_HEADERS = 14 + 20 + 8, /* Ethernet, IPv4 without options, UDP */
};

struct batch {
	struct mmsghdr m[BATCH_N];
	struct iovec iov[BATCH_N][2];
	uint8_t headers[BATCH_N][BATCH_HEADERS];
	union {
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_ll ll;
	} name[BATCH_N];
	union {
		struct cmsghdr align;
		uint8_t room[CMSG_SPACE(sizeof(struct tpacket_auxdata)) + CMSG_SPACE(sizeof(struct in6_pktinfo)) +
			     CMSG_SPACE(sizeof(struct timespec))];
	} control[BATCH_N];
};

/*
 * Receive up to n into the buffers of v (and the headers, if with_headers), never waiting. Returns how
 * many; the m[i] tell lengths, flags, names and control data. Errors that a socket reports once, such
 * as a link that went down, count as nothing there.
 */
unsigned batch_recv(struct batch *batch, int fd, bool with_headers, struct dgram *v, unsigned n);

/* The control message of this kind and at least this size in m[i]; NULL if none. */
const void *batch_control(const struct batch *batch, unsigned i, int level, int type, size_t size);

/* For how long m[i] was in the socket, of one with SO_TIMESTAMPNS; 0 when that is not known, as after the clock was
 * set. */
int64_t batch_wait_us(const struct batch *batch, unsigned i, const struct timespec *wall);

/*
 * Message i will be the bytes of dgram, to name[i] of this length, with one control message of this kind. Returns
 * the place of the latter's `size` bytes, which are zero.
 */
static inline void *batch_put(struct batch *batch, unsigned i, const struct dgram *dgram, size_t name_len, int level,
			      int type, size_t size)
{
	struct msghdr *h = &batch->m[i].msg_hdr;
	struct cmsghdr *c;

	batch->iov[i][1] = (struct iovec){ dgram->buf, dgram->len };
	memset(&batch->control[i], 0, sizeof(batch->control[i]));
	*h = (struct msghdr){ .msg_name = &batch->name[i],
			      .msg_namelen = (socklen_t)name_len,
			      .msg_iov = &batch->iov[i][1],
			      .msg_iovlen = 1,
			      .msg_control = &batch->control[i],
			      .msg_controllen = CMSG_SPACE(size) };
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(size);
	return CMSG_DATA(c);
}

/* Send m[0..n), never waiting; ret_err[i] is 0, or the errno for which it was not sent. */
void batch_send(struct batch *batch, int fd, unsigned n, int *ret_err);
/* True if the kernel had no room for it: another socket may have. */
bool batch_is_full(int err);

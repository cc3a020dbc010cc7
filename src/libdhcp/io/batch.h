/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/dgram.h"

#include <net/if.h>
#include <netinet/in.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <time.h>

/*
 * The arrays for recvmmsg and sendmmsg, for up to BATCH_N datagrams of two pieces each: headers (packet sockets
 * only) and payload. One per socket set, used only by its thread.
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
 * Receives up to n datagrams into the buffers of v (and the headers, if with_headers), without waiting. Returns
 * their number; m[i] has lengths, flags, names and control data. An error that a socket reports once, such as a
 * link that went down, counts as no data.
 */
unsigned batch_recv(struct batch *batch, int fd, bool with_headers, struct dgram *v, unsigned n);

/* Returns the control message of this type and at least this size in m[i]; NULL if there is none. */
const void *batch_control(const struct batch *batch, unsigned i, int level, int type, size_t size);

/*
 * Returns how long m[i] was in the socket, which must have SO_TIMESTAMPNS; 0 if unknown, for example after the
 * clock was set.
 */
int64_t batch_wait_us(const struct batch *batch, unsigned i, const struct timespec *wall);

/*
 * Makes message i the bytes of dgram, sent to name[i] of this length, with one control message of this type.
 * Returns a pointer to the `size` data bytes of the control message, which are zero.
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

/* Sends m[0..n) without waiting; ret_err[i] is 0, or the errno of the failure. */
void batch_send(struct batch *batch, int fd, unsigned n, int *ret_err);
/* True if the kernel had no buffer space: another socket may have some. */
bool batch_is_full(int err);

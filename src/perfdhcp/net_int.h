/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "perfdhcp/net.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#define TX_MAX 2048
#define RX_MAX 2048
#define RAW_HEAD 42 /* Ethernet, IPv4, UDP */

struct net_thread;

struct net {
	int fd;
	struct net_thread *thread; /* NULL: no receiving thread */
	struct ip local;
	unsigned head; /* bytes before the DHCP message: RAW_HEAD or 0 */
	uint8_t raw_head[RAW_HEAD];
	uint64_t failures;
	int error; /* errno of the last failure */
	struct writer w;

	struct sockaddr_storage to;
	unsigned n_tx;
	struct mmsghdr tx[NET_BATCH], rx[NET_BATCH];
	struct iovec tx_iov[NET_BATCH], rx_iov[NET_BATCH];
	uint8_t tx_buf[NET_BATCH][TX_MAX], rx_buf[NET_BATCH][RX_MAX];
};

int net_why(char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The two ways to open the socket. */
int net_open_udp(struct net *net, const struct options *opt, const struct proto *proto, char *why);
int net_open_raw(struct net *net, const struct options *opt, const struct proto *proto, char *why);
/* Fills in the headers before a message of len bytes; finds the message in a frame (data NULL: there is none). */
void net_raw_head(struct net *net, uint8_t *frame, size_t len, const uint8_t *mac);
struct bytes net_raw_payload(struct bytes frame);
/* Converts to and from the system's format. */
socklen_t net_sockaddr(const struct ip *ip, uint16_t port, unsigned scope, struct sockaddr_storage *ret);

/* net_thread.c. After net_thread_start() (negative with errno on failure) only that thread receives. */
int net_thread_start(struct net *net);
void net_thread_stop(struct net_thread *t); /* NULL is fine */
unsigned net_thread_receive(struct net_thread *t, struct bytes *v, unsigned n, uint64_t *ret_at_ns);
void net_thread_wait(struct net_thread *t, const struct timespec *ts);

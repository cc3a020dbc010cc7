/* SPDX-License-Identifier: MPL-2.0 */
#include "perfdhcp/net_int.h"

#include "base/arena.h"
#include "base/err.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <stdarg.h>
#include <unistd.h>

#define RCVBUF (16 << 20)
#define SNDBUF (4 << 20)
#define SEND_TRIES 100 /* one millisecond each, while the system is out of buffer space */

int net_why(char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, NET_WHY_MAX, fmt, ap);
	va_end(ap);
	return -E_SYS;
}

static uint64_t clock_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void set_buffer(int fd, int force, int plain, int size)
{
	if (setsockopt(fd, SOL_SOCKET, force, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, plain, &size, sizeof(size));
}

static void prepare_batches(struct net *net)
{
	for (unsigned i = 0; i < NET_BATCH; i++) {
		net->rx_iov[i] = (struct iovec){ net->rx_buf[i], RX_MAX };
		net->rx[i].msg_hdr = (struct msghdr){ .msg_iov = &net->rx_iov[i], .msg_iovlen = 1 };
		net->tx_iov[i] = (struct iovec){ net->tx_buf[i], 0 };
		net->tx[i].msg_hdr = (struct msghdr){ .msg_iov = &net->tx_iov[i], .msg_iovlen = 1 };
		if (!net->head) {
			net->tx[i].msg_hdr.msg_name = &net->to;
			net->tx[i].msg_hdr.msg_namelen =
				net->to.ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
		}
	}
}

int net_open(const struct options *opt, const struct proto *proto, struct net **ret, char *why)
{
	struct net *net = xcalloc(1, sizeof(*net));
	int err;

	net->fd = -1;
	err = opt->direct ? net_open_raw(net, opt, proto, why) : net_open_udp(net, opt, proto, why);
	if (err < 0) {
		net_close(net);
		return err;
	}
	set_buffer(net->fd, SO_RCVBUFFORCE, SO_RCVBUF, RCVBUF);
	set_buffer(net->fd, SO_SNDBUFFORCE, SO_SNDBUF, SNDBUF);
	prepare_batches(net);
	if (opt->threads > 1 && net_thread_start(net) < 0) {
		err = net_why(why, "-g multi: %s", strerror(errno));
		net_close(net);
		return err;
	}
	*ret = net;
	return 0;
}

void net_close(struct net *net)
{
	if (!net)
		return;
	net_thread_stop(net->thread);
	if (net->fd >= 0)
		(void)close(net->fd);
	free(net);
}

const struct ip *net_local(const struct net *net)
{
	return &net->local;
}

uint64_t net_overflows(const struct net *net)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	return getsockopt(net->fd, SOL_SOCKET, SO_MEMINFO, info, &len) < 0 ? 0 : info[SK_MEMINFO_DROPS];
}

uint64_t net_failures(const struct net *net, int *ret_error)
{
	if (ret_error)
		*ret_error = net->error;
	return net->failures;
}

struct writer *net_begin(struct net *net)
{
	if (net->n_tx == NET_BATCH)
		net_flush(net);
	net->w = writer_init(net->tx_buf[net->n_tx] + net->head, TX_MAX - net->head);
	return &net->w;
}

void net_commit(struct net *net, const uint8_t *mac)
{
	size_t len = writer_len(&net->w);

	if (net->w.err) {
		net->failures++;
		net->error = EMSGSIZE;
		return;
	}
	if (net->head)
		net_raw_head(net, net->tx_buf[net->n_tx], len, mac);
	net->tx_iov[net->n_tx++].iov_len = net->head + len;
}

/* Keeps trying while the system is only temporarily out of buffer space. */
void net_flush(struct net *net)
{
	unsigned done = 0, tries = 0;

	while (done < net->n_tx) {
		int n = sendmmsg(net->fd, net->tx + done, net->n_tx - done, MSG_DONTWAIT);

		if (n > 0) {
			done += (unsigned)n;
			tries = 0;
			continue;
		}
		if (errno == EINTR)
			continue;
		if ((errno == EAGAIN || errno == ENOBUFS) && tries++ < SEND_TRIES) {
			(void)poll(&(struct pollfd){ net->fd, POLLOUT, 0 }, 1, 1);
			continue;
		}
		/* ECONNREFUSED belongs to an earlier message: this one has not been sent yet */
		if (errno == ECONNREFUSED && tries++ < SEND_TRIES)
			continue;
		net->error = errno;
		net->failures++;
		done++;
		tries = 0;
	}
	net->n_tx = 0;
}

unsigned net_receive(struct net *net, struct bytes *v, uint64_t *ret_at_ns)
{
	unsigned n, kept = 0;

	if (net->thread) {
		n = net_thread_receive(net->thread, v, NET_BATCH, ret_at_ns);
	} else {
		int have = recvmmsg(net->fd, net->rx, NET_BATCH, MSG_DONTWAIT, NULL);

		n = have > 0 ? (unsigned)have : 0;
		for (unsigned i = 0; i < n; i++)
			v[i] = bytes_of(net->rx_buf[i], net->rx[i].msg_len);
		*ret_at_ns = clock_ns();
	}
	if (!net->head)
		return n;
	for (unsigned i = 0; i < n; i++) {
		struct bytes b = net_raw_payload(v[i]);

		if (b.data)
			v[kept++] = b;
	}
	return kept;
}

void net_wait(struct net *net, uint64_t ns)
{
	struct timespec ts = { .tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u) };

	if (net->thread)
		net_thread_wait(net->thread, &ts);
	else
		(void)ppoll(&(struct pollfd){ net->fd, POLLIN, 0 }, 1, &ts, NULL);
}

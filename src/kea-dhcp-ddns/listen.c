/* SPDX-License-Identifier: MPL-2.0 */
#include "kea-dhcp-ddns/listen.h"

#include "base/err.h"
#include "base/sockaddr.h"
#include "kea-dhcp-ddns/conn.h"
#include "log/log.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVE_BUFFER (4 << 20) /* the kernel may allow less */
#define PER_TURN 64              /* requests read before the loop looks at responses and timers again */
#define DATAGRAM_MAX 65535

struct d2_listener {
	int fd;
	struct conns *conns; /* the same address and port for TCP */
	struct ip ip;
	uint16_t port;
	struct d2 *d2;
};

int d2_listener_new(struct d2 *d2, const struct ip *ip, uint16_t port, struct d2_listener **ret)
{
	struct sockaddr_storage addr;
	socklen_t len = sockaddr_of(ip, port, &addr);
	int fd = socket(addr.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int size = RECEIVE_BUFFER, saved;
	struct conns *conns;

	if (fd < 0)
		return -E_SYS;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&addr, len) < 0 || conns_new(d2, ip, port, &conns) < 0) {
		saved = errno;
		(void)close(fd);
		errno = saved;
		return -E_SYS;
	}
	*ret = xcalloc(1, sizeof(**ret));
	**ret = (struct d2_listener){ .fd = fd, .conns = conns, .ip = *ip, .port = port, .d2 = d2 };
	return 0;
}

static void take(struct d2 *d2, struct bytes datagram)
{
	char why[NCR_WHY_MAX];
	struct ncr ncr;

	if (ncr_parse(datagram, &ncr, why) < 0) {
		d2->stats.n[D2_NCR_INVALID]++;
		LOG_FOLDED(d2->fold, 0, DHCP_DDNS_INVALID_NCR, why);
		return;
	}
	d2->stats.n[D2_NCR_RECEIVED]++;
	d2_accept(d2, &ncr, NULL);
}

static void readable(void *ctx, uint32_t events)
{
	static uint8_t buf[DATAGRAM_MAX];
	struct d2_listener *listener = ctx;
	struct d2 *d2 = listener->d2;

	(void)events;
	for (unsigned i = 0; i < PER_TURN; i++) {
		ssize_t n = recv(listener->fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (errno == EAGAIN)
				return;
			d2->stats.n[D2_NCR_ERROR]++;
			LOG_FOLDED(d2->fold, (uint64_t)errno, DHCP_DDNS_NCR_UDP_RECV_ERROR, strerror(errno));
			return;
		}
		take(d2, bytes_of(buf, (size_t)n));
	}
}

int d2_listener_start(struct d2_listener *listener)
{
	if (loop_add(listener->d2->loop, listener->fd, EPOLLIN, readable, listener) < 0 ||
	    conns_start(listener->conns) < 0)
		return -E_SYS;
	LOG(DHCP_DDNS_QUEUE_MGR_STARTED);
	return 0;
}

void d2_listener_free(struct d2_listener *listener)
{
	if (!listener)
		return;
	conns_free(listener->conns);
	loop_del(listener->d2->loop, listener->fd);
	(void)close(listener->fd);
	free(listener);
}

bool d2_listener_is_at(const struct d2_listener *listener, const struct ip *ip, uint16_t port)
{
	return listener->port == port && ip_equal(&listener->ip, ip);
}

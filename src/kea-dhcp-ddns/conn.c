/* SPDX-License-Identifier: MPL-2.0 */
#include "kea-dhcp-ddns/conn.h"

#include "base/err.h"
#include "base/sockaddr.h"
#include "base/str.h"
#include "log/log.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNS_MAX 16
#define IN_MAX (4 * NCR_DATAGRAM_MAX)
#define OUT_MAX (4u << 20) /* confirmations that a server does not read */
#define RETRY_MS 50        /* while a confirmation cannot be sent, or there is no room for requests */

struct conns {
	struct d2 *d2;
	int fd;
	struct list list; /* open connections */
	unsigned n;
};

struct conn {
	struct d2_origin origin;
	struct list link;
	struct conns *conns; /* NULL: closed; freed with its last request */
	struct d2 *d2;
	int fd;
	uint64_t journal; /* of its requests; 0: none yet */
	struct timer retry;
	struct str out;
	size_t in_len;
	uint8_t in[IN_MAX];
};

static void free_if_unused(struct conn *conn)
{
	if (conn->conns || conn->origin.n_requests)
		return;
	str_free(&conn->out);
	free(conn);
}

static void close_conn(struct conn *conn)
{
	if (!conn->conns)
		return;
	loop_timer_stop(conn->d2->loop, &conn->retry);
	loop_del(conn->d2->loop, conn->fd);
	(void)close(conn->fd);
	list_remove(&conn->link);
	conn->conns->n--;
	conn->conns = NULL;
	conn->origin.is_gone = true;
	free_if_unused(conn);
}

/* --- confirmations ------------------------------------------------------------------- */

/* Closes the connection if the server does not read. */
static void flush(struct conn *conn)
{
	while (conn->out.len) {
		ssize_t n = send(conn->fd, conn->out.text, conn->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		conn->out.len -= (size_t)n;
		memmove(conn->out.text, conn->out.text + n, conn->out.len + 1);
	}
	if (!conn->out.len)
		return;
	if (errno != EAGAIN || conn->out.len > OUT_MAX)
		(void)shutdown(conn->fd, SHUT_RDWR); /* readable() closes it */
	else if (!timer_is_running(&conn->retry))
		loop_timer_start(conn->d2->loop, &conn->retry, RETRY_MS);
}

static void ended(struct d2_origin *origin, uint64_t serial, bool is_done)
{
	struct conn *conn = (struct conn *)origin;
	char text[64];
	int len;

	if (!conn->conns) {
		free_if_unused(conn);
		return;
	}
	if (!is_done)
		return;
	len = snprintf(text, sizeof(text), "{ \"done\": %" PRIu64 " }", serial);
	str_addc(&conn->out, '\0');
	str_addc(&conn->out, (char)len);
	str_add_n(&conn->out, text, (size_t)len);
	flush(conn);
}

/* --- requests -------------------------------------------------------------------------- */

static void take(struct conn *conn, struct bytes frame)
{
	struct d2 *d2 = conn->d2;
	char why[NCR_WHY_MAX] = "it has no serial";
	struct ncr ncr;

	/* A server has one journal; to discard the requests of another one takes time. */
	if (ncr_parse(frame, &ncr, why) < 0 || !ncr.serial || !ncr.journal ||
	    (conn->journal && conn->journal != ncr.journal)) {
		d2->stats.n[D2_NCR_INVALID]++;
		LOG_FOLDED(d2->fold, 0, DHCP_DDNS_INVALID_NCR, why);
		return;
	}
	if (!conn->journal) {
		conn->journal = ncr.journal;
		d2_forget(d2, ncr.journal);
	}
	d2->stats.n[D2_NCR_RECEIVED]++;
	d2_accept(d2, &ncr, &conn->origin);
}

/* Takes complete requests. False if what was received is none. */
static bool take_all(struct conn *conn)
{
	size_t pos = 0;
	bool ok = true;

	while (ok && conn->in_len - pos >= 2 && d2_has_room(conn->d2)) {
		size_t len = 2 + (size_t)(conn->in[pos] << 8 | conn->in[pos + 1]);

		ok = len <= NCR_DATAGRAM_MAX;
		if (!ok || len > conn->in_len - pos)
			break;
		take(conn, bytes_of(conn->in + pos, len));
		pos += len;
	}
	memmove(conn->in, conn->in + pos, conn->in_len - pos);
	conn->in_len -= pos;
	if (!d2_has_room(conn->d2) && !timer_is_running(&conn->retry))
		loop_timer_start(conn->d2->loop, &conn->retry, RETRY_MS);
	return ok;
}

static void readable(void *ctx, uint32_t events)
{
	struct conn *conn = ctx;
	ssize_t n;

	if ((!d2_has_room(conn->d2) || conn->in_len == sizeof(conn->in)) && !(events & (EPOLLHUP | EPOLLERR))) {
		(void)loop_mod(conn->d2->loop, conn->fd, 0);
		if (!timer_is_running(&conn->retry))
			loop_timer_start(conn->d2->loop, &conn->retry, RETRY_MS);
		return;
	}
	n = recv(conn->fd, conn->in + conn->in_len, sizeof(conn->in) - conn->in_len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		conn->in_len += (size_t)n;
	/* A request may end at once, which uses the connection. */
	conn->origin.n_requests++;
	if (n <= 0 || !take_all(conn))
		close_conn(conn);
	conn->origin.n_requests--;
	free_if_unused(conn);
}

static void try_again(void *ctx)
{
	struct conn *conn = ctx;

	(void)loop_mod(conn->d2->loop, conn->fd, EPOLLIN);
	conn->origin.n_requests++;
	flush(conn);
	if (!take_all(conn))
		close_conn(conn);
	conn->origin.n_requests--;
	free_if_unused(conn);
}

/* --- the socket ------------------------------------------------------------------------- */

static void acceptable(void *ctx, uint32_t events)
{
	struct conns *conns = ctx;
	int one = 1, fd = accept4(conns->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct conn *conn;

	(void)events;
	if (fd < 0)
		return;
	/* A server that is gone leaves its connection behind: the oldest one makes room. */
	if (conns->n >= CONNS_MAX)
		close_conn(container_of(conns->list.next, struct conn, link));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	conn = xcalloc(1, sizeof(*conn));
	conn->origin.ended = ended;
	conn->conns = conns;
	conn->d2 = conns->d2;
	conn->fd = fd;
	timer_init(&conn->retry, try_again, conn);
	list_add_tail(&conns->list, &conn->link);
	conns->n++;
	if (loop_add(conns->d2->loop, fd, EPOLLIN, readable, conn) < 0)
		close_conn(conn);
}

int conns_new(struct d2 *d2, const struct ip *ip, uint16_t port, struct conns **ret)
{
	struct sockaddr_storage addr;
	socklen_t len = sockaddr_of(ip, port, &addr);
	int fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1, saved;

	if (fd < 0)
		return -E_SYS;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&addr, len) < 0 || listen(fd, CONNS_MAX) < 0) {
		saved = errno;
		(void)close(fd);
		errno = saved;
		return -E_SYS;
	}
	*ret = xcalloc(1, sizeof(**ret));
	(*ret)->d2 = d2;
	(*ret)->fd = fd;
	list_init(&(*ret)->list);
	return 0;
}

int conns_start(struct conns *conns)
{
	return loop_add(conns->d2->loop, conns->fd, EPOLLIN, acceptable, conns);
}

void conns_free(struct conns *conns)
{
	if (!conns)
		return;
	while (!list_is_empty(&conns->list))
		close_conn(container_of(conns->list.next, struct conn, link));
	loop_del(conns->d2->loop, conns->fd);
	(void)close(conns->fd);
	free(conns);
}

/* SPDX-License-Identifier: MPL-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "lease_query/bulk.h"

#include "lease_query/bulk_run.h"
#include "lease_query/messages.h"
#include "lease_query/stream.h"
#include "lease_query/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	OUT_SIZE = 32768,
	IN_SIZE = BULK_HEAD + BULK_MESSAGE_MAX,
	ACCEPT_MAX = 16, /* connections before others have their turn */
	ROUNDS_MAX = 8,  /* full buffers of a connection, likewise */
	BACKLOG = 64,
	LISTEN_AGAIN_MS = 250,
	LISTEN_QUIET_MS = 5000, /* meanwhile the instance before a reload may have the address */
	FOLD_MS = 10000,        /* lines that strangers could repeat */
};

struct conn {
	struct conn *next, **link;
	struct bulk *bulk;
	int fd;
	struct kea_watch *watch;
	unsigned events; /* watched */
	struct kea_timer *idle;
	struct kea_search *search;
	char peer[INET6_ADDRSTRLEN];
	uint8_t server[4]; /* DHCPv4: our address */
	struct bulk_run *runs, **last;
	unsigned n_runs;
	struct stream *stream;   /* an active query: there are no runs; NULL: none */
	int64_t progress_ms;     /* when it last had nothing to send, or the requester read something */
	bool is_searching;       /* for the first of the runs, or the stream */
	bool has_page;           /* of it */
	unsigned at;             /* next lease of the page */
	bool is_eof;             /* nothing more to read */
	struct tls_session *tls; /* NULL: none */
	bool begins_tls;         /* once the response to the request was sent */
	size_t n_in, n_sent;
	struct out out; /* the first n_sent bytes were sent */
	uint8_t in[IN_SIZE], out_bytes[OUT_SIZE];
};

struct bulk {
	struct kea_library *lib;
	struct lease_query *self;
	const struct bulk_family *family;
	int fd; /* -1: not listening */
	struct kea_watch *watch;
	struct kea_timer *timer; /* to listen, or to accept, again */
	int64_t since_ms;        /* of the first try to listen */
	bool has_failed;         /* which was logged */
	int64_t quiet_until_ms;
	struct conn *conns;
	unsigned n_conns;
};

static void count(const struct bulk *bulk, enum lq_stat stat)
{
	kea->stat_add(bulk->self->stats[stat], 1);
}

/* True if a line about what strangers do may be logged now. */
static bool may_log(struct bulk *bulk)
{
	int64_t now = kea->now_ms();

	if (now < bulk->quiet_until_ms)
		return false;
	bulk->quiet_until_ms = now + FOLD_MS;
	return true;
}

/* --- connections ------------------------------------------------------------------------------------------------- */

static void free_conn(struct conn *conn)
{
	kea->unwatch(conn->watch);
	kea->timer_free(conn->idle);
	kea->search_free(conn->search);
	tls_end(conn->tls);
	(void)close(conn->fd);
	for (struct bulk_run *run = conn->runs, *next; run; run = next) {
		next = run->next;
		bulk_run_free(run);
	}
	stream_free(conn->stream);
	*conn->link = conn->next;
	if (conn->next)
		conn->next->link = conn->link;
	conn->bulk->n_conns--;
	free(conn);
}

static void close_conn(struct conn *conn, const char *why)
{
	LOG(BULK_LEASE_QUERY_CONNECTION_CLOSED, conn->peer, why);
	free_conn(conn);
}

/* The requester does not keep up, which it may learn from this: it has to catch up. */
static void drop_conn(struct conn *conn, const char *why)
{
	count(conn->bulk, LQ_CONNECTIONS_DROPPED);
	if (may_log(conn->bulk))
		LOG(BULK_LEASE_QUERY_CONNECTION_DROPPED, conn->peer, why);
	close_conn(conn, why);
}

static void touch(struct conn *conn)
{
	const struct bulk_conf *conf = &conn->bulk->self->bulk_conf;
	int64_t ms = !conn->stream                        ? conf->idle_ms
		     : conf->keepalive_ms < conf->send_ms ? conf->keepalive_ms
							  : conf->send_ms;

	conn->progress_ms = kea->now_ms();
	(void)kea->timer_start(conn->idle, ms);
}

static void end_first(struct conn *conn, enum bulk_status status, const char *why)
{
	struct bulk_run *run = conn->runs;

	conn->bulk->family->add_end(&conn->out, run, status, status == BULK_SUCCESS ? NULL : why);
	LOG(BULK_LEASE_QUERY_RESPONSE_SENT, conn->peer, (unsigned long long)run->n_sent, why);
	conn->runs = run->next;
	if (!conn->runs)
		conn->last = &conn->runs;
	conn->n_runs--;
	bulk_run_free(run);
}

/* The first query waits for its next turn. */
static void rotate(struct conn *conn)
{
	struct bulk_run *run = conn->runs;

	if (!run->next)
		return;
	conn->runs = run->next;
	run->next = NULL;
	*conn->last = run;
	conn->last = &run->next;
}

/* --- responses --------------------------------------------------------------------------------------------------- */

static bool has_room(const struct conn *conn)
{
	return bulk_has_room(&conn->out);
}

/* What leases are searched for. */
static struct bulk_run *current(const struct conn *conn)
{
	return conn->stream ? conn->stream->run : conn->runs;
}

/* Adds leases of the page as long as there is room; the page has ended once it returns with has_page cleared. */
static void add_page(struct conn *conn)
{
	struct bulk_run *run = current(conn);
	const struct kea_object *lease = NULL;

	while (has_room(conn) && (lease = kea->search_lease(conn->search, conn->at)) != NULL) {
		conn->at++;
		if (!bulk_run_wants(run, lease))
			continue;
		conn->bulk->family->add_lease(&conn->out, run, lease, BULK_STORED);
		run->has_begun = true;
		run->n_sent++;
		count(conn->bulk, LQ_LEASES_SENT);
	}
	if (lease || !has_room(conn))
		return;
	bulk_run_next(run, conn->search);
	kea->search_clear(conn->search);
	conn->has_page = false;
	if (!conn->stream)
		rotate(conn);
}

/* The active query ends: the requester may ask again. */
static void end_stream(struct conn *conn, const char *why)
{
	conn->bulk->family->add_end(&conn->out, conn->stream->run, BULK_TERMINATED, why);
	LOG(BULK_LEASE_QUERY_RESPONSE_SENT, conn->peer, (unsigned long long)conn->stream->run->n_sent, why);
	stream_free(conn->stream);
	conn->stream = NULL;
	touch(conn);
}

/* False: changes were lost. */
static bool fill_stream(struct conn *conn)
{
	const struct bulk_family *family = conn->bulk->family;
	struct stream *stream = conn->stream;
	bool has_failed;

	while (has_room(conn) && !conn->is_searching) {
		if (conn->has_page) {
			add_page(conn);
			continue;
		}
		/* Not while a page is here, which is older. */
		if (!stream_fill(stream, family, &conn->out))
			return false;
		if (!stream->catches_up || !has_room(conn))
			break;
		if (bulk_run_ask(stream->run, conn->search, &has_failed)) {
			conn->is_searching = true;
		} else if (has_failed) {
			end_stream(conn, "the leases cannot be searched");
			break;
		} else {
			stream_caught_up(stream, family, &conn->out);
		}
	}
	return true;
}

/*
 * Fills the buffer until it is full, or leases have to be searched for, or nothing is left to do. False: changes were
 * lost.
 */
static bool fill(struct conn *conn)
{
	bool has_failed;

	if (conn->stream)
		return fill_stream(conn);
	while (conn->runs && !conn->is_searching && has_room(conn)) {
		if (conn->has_page)
			add_page(conn);
		else if (bulk_run_ask(conn->runs, conn->search, &has_failed))
			conn->is_searching = true;
		else if (has_failed)
			end_first(conn, BULK_TERMINATED, "the leases cannot be searched");
		else
			end_first(conn, BULK_SUCCESS, "complete");
	}
	return true;
}

/* False, and errno: the connection is broken. */
static bool flush(struct conn *conn)
{
	while (conn->n_sent < conn->out.n) {
		const uint8_t *next = conn->out.bytes + conn->n_sent;
		size_t len = conn->out.n - conn->n_sent;
		ssize_t n = conn->tls ? tls_send(conn->tls, next, len) : send(conn->fd, next, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return false;
		if (n <= 0)
			break;
		conn->n_sent += (size_t)n;
		touch(conn);
	}
	memmove(conn->out.bytes, conn->out.bytes + conn->n_sent, conn->out.n - conn->n_sent);
	conn->out.n -= conn->n_sent;
	conn->n_sent = 0;
	if (conn->begins_tls && !conn->out.n) {
		conn->begins_tls = false;
		conn->tls = tls_begin(conn->bulk->self->tls, conn->fd);
		errno = ENOMEM;
		return conn->tls != NULL;
	}
	return true;
}

static bool advance(struct conn *conn);

static void on_changes(struct kea_feed *feed, void *context)
{
	(void)feed;
	(void)advance(context);
}

/* --- queries ----------------------------------------------------------------------------------------------------- */

static bool is_xid_used(const struct conn *conn, const struct bulk_query *query)
{
	for (const struct bulk_run *run = conn->runs; run; run = run->next)
		if (!memcmp(run->query.xid, query->xid, sizeof(query->xid)))
			return true;
	return conn->stream && !memcmp(conn->stream->run->query.xid, query->xid, sizeof(query->xid));
}

static void log_invalid(struct conn *conn, const char *why)
{
	if (may_log(conn->bulk))
		LOG(BULK_LEASE_QUERY_INVALID_REQUEST, conn->peer, why);
}

/* A query that cannot be answered is answered before those that are in progress. */
static void refuse(struct conn *conn, struct bulk_run *run, enum bulk_status status, const char *why)
{
	const struct bulk_family *family = conn->bulk->family;

	count(conn->bulk, LQ_REJECTED);
	log_invalid(conn, why);
	(run->query.kind == BULK_ACTIVE ? family->add_status : family->add_end)(&conn->out, run, status, why);
	bulk_run_free(run);
}

/* RFC 7724 7.1, RFC 7653 8.1: before there is a query. */
static void answer_tls(struct conn *conn, struct bulk_run *run)
{
	bool accepts = conn->bulk->self->tls && !conn->tls && !conn->stream && !conn->runs;

	conn->bulk->family->add_tls(&conn->out, run, accepts ? BULK_SUCCESS : BULK_TLS_REFUSED,
				    accepts ? NULL : "TLS is not available, or not now");
	conn->begins_tls = accepts;
	bulk_run_free(run);
}

/* Returns why the connection has to be closed; NULL: it does not. */
static const char *begin_stream(struct conn *conn, struct bulk_run *run)
{
	unsigned timeout = (unsigned)conn->bulk->self->bulk_conf.send_ms;

	if (!conn->bulk->self->bulk_conf.has_active) {
		refuse(conn, run, BULK_NOT_SUPPORTED, "active queries are not enabled");
		return NULL;
	}
	if (conn->stream || conn->runs) {
		refuse(conn, run, BULK_NOT_ALLOWED, "another query is in progress on this connection");
		return NULL;
	}
	/* What a host that is gone does not acknowledge waits in the kernel, where send_ms would not see it. */
	(void)setsockopt(conn->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof(timeout));
	conn->stream = stream_new(conn->bulk->family, run, &conn->out, on_changes, conn);
	return conn->stream ? NULL : "out of memory";
}

static const char *begin_bulk(struct conn *conn, struct bulk_run *run)
{
	if (!conn->bulk->self->bulk_conf.has_bulk) {
		refuse(conn, run, BULK_NOT_ALLOWED, "bulk queries are not enabled");
		return NULL;
	}
	if (conn->stream) {
		refuse(conn, run, BULK_NOT_ALLOWED, "an active query is in progress on this connection");
		return NULL;
	}
	*conn->last = run;
	conn->last = &run->next;
	conn->n_runs++;
	if (conn->n_runs == conn->bulk->self->bulk_conf.queries_max)
		LOG(BULK_LEASE_QUERY_AT_MAX_CONCURRENT_QUERIES, conn->peer, conn->n_runs);
	return NULL;
}

/* A message has arrived. Returns why the connection has to be closed; NULL: it does not. */
static const char *receive(struct conn *conn, const uint8_t *data, size_t len)
{
	const struct lease_query *self = conn->bulk->self;
	enum bulk_status status = BULK_SUCCESS;
	struct bulk_query query;
	const char *why = "";
	struct bulk_run *run;

	if (!conn->bulk->family->parse(data, len, &query, &status, &why))
		return "a message is not a leasequery";
	if (query.kind != BULK_TLS)
		count(conn->bulk, query.kind == BULK_ACTIVE ? LQ_ACTIVE_RECEIVED : LQ_BULK_RECEIVED);
	LOG(BULK_LEASE_QUERY_QUERY_RECEIVED, conn->peer);
	/* RFC 6926 7.2, RFC 5460 6.1: nobody could tell the responses apart. */
	if (is_xid_used(conn, &query)) {
		if (may_log(conn->bulk))
			LOG(BULK_LEASE_QUERY_DUPLICATE_XID, conn->peer);
		return "two queries in progress have the same transaction id";
	}
	run = self->plans ? bulk_run_new(self, self->plans, &query, &status, &why) : NULL;
	if (!run)
		return "out of memory";
	memcpy(run->server, conn->server, sizeof(run->server));
	if (query.kind == BULK_TLS)
		answer_tls(conn, run);
	else if (self->bulk_conf.requires_tls && !conn->tls)
		refuse(conn, run, BULK_NOT_ALLOWED, "it must use TLS");
	else if (status != BULK_SUCCESS)
		refuse(conn, run, status, why);
	else
		return query.kind == BULK_ACTIVE ? begin_stream(conn, run) : begin_bulk(conn, run);
	return NULL;
}

/* Handles the messages that have arrived, as many as there may be queries. Returns why the connection has to be closed.
 */
static const char *receive_all(struct conn *conn)
{
	const char *why = NULL;
	size_t at = 0;
	int n = 0;

	while (!why && !conn->begins_tls && conn->n_runs < conn->bulk->self->bulk_conf.queries_max && has_room(conn)) {
		n = bulk_frame(conn->in + at, conn->n_in - at);
		if (n <= 0)
			break;
		why = receive(conn, conn->in + at + BULK_HEAD, (size_t)n - BULK_HEAD);
		at += (size_t)n;
		touch(conn);
	}
	if (n < 0)
		why = "a message has an impossible length";
	memmove(conn->in, conn->in + at, conn->n_in - at);
	conn->n_in -= at;
	/* They would count as if they had been encrypted. */
	if (conn->begins_tls && conn->n_in)
		why = "a request for TLS is followed by other data";
	return why;
}

/* True while more may be read. */
static bool wants_input(const struct conn *conn)
{
	return !conn->is_eof && !conn->begins_tls && conn->n_in < sizeof(conn->in) && has_room(conn) &&
	       conn->n_runs < conn->bulk->self->bulk_conf.queries_max;
}

/* False, and errno: the connection is broken. */
static bool read_more(struct conn *conn)
{
	uint8_t *to = conn->in + conn->n_in;
	size_t len = sizeof(conn->in) - conn->n_in;
	ssize_t n = conn->tls ? tls_recv(conn->tls, to, len) : recv(conn->fd, to, len, 0);

	if (n > 0)
		conn->n_in += (size_t)n;
	conn->is_eof = !n;
	return n >= 0 || errno == EAGAIN || errno == EINTR;
}

/* --- progress ---------------------------------------------------------------------------------------------------- */

/* True if bytes were received that the socket no longer reports. */
static bool has_pending(const struct conn *conn)
{
	return conn->tls && wants_input(conn) && tls_is_pending(conn->tls);
}

/* True if there is something to do that needs neither a search nor the requester. */
static bool has_work(const struct conn *conn)
{
	if (has_pending(conn))
		return true;
	return has_room(conn) && !conn->begins_tls &&
	       ((conn->runs && !conn->is_searching) ||
		(conn->stream && !conn->is_searching && (conn->stream->catches_up || conn->stream->has_more)) ||
		(conn->n_runs < conn->bulk->self->bulk_conf.queries_max && bulk_frame(conn->in, conn->n_in) != 0));
}

static void fail_conn(struct conn *conn, int err)
{
	if (err == ETIMEDOUT) {
		drop_conn(conn, "the requester does not read");
		return;
	}
	if (err == EPROTO)
		log_invalid(conn, "TLS failed, or its certificate was not accepted");
	close_conn(conn, err == EPROTO ? "TLS failed" : "it is broken");
}

/* Does what can be done now, a page of leases at most; returns false if the connection is gone. */
static bool advance(struct conn *conn)
{
	unsigned events, rounds = 0;

	do {
		bool was_empty = !conn->out.n;
		const char *why;

		if (has_pending(conn) && !read_more(conn)) {
			fail_conn(conn, errno);
			return false;
		}
		why = receive_all(conn);

		if (why) {
			count(conn->bulk, LQ_REJECTED);
			log_invalid(conn, why);
			close_conn(conn, why);
			return false;
		}
		if (!fill(conn)) {
			drop_conn(conn, "it reads changes too slowly");
			return false;
		}
		if (was_empty && conn->stream)
			conn->progress_ms = kea->now_ms();
		if (!flush(conn)) {
			fail_conn(conn, errno);
			return false;
		}
	} while (has_work(conn) && ++rounds < ROUNDS_MAX);
	/* RFC 6926 8.4: a requester that has sent its queries may close its side; it gets its responses. */
	if (conn->is_eof && !conn->n_runs && (!conn->out.n || conn->stream)) {
		close_conn(conn, "the requester closed it");
		return false;
	}
	/* With work left, the next turn of the loop goes on. */
	events = (wants_input(conn) ? (unsigned)KEA_READABLE : 0) |
		 (conn->out.n || has_work(conn) ? (unsigned)KEA_WRITABLE : 0) | (conn->tls ? tls_events(conn->tls) : 0);
	if (events != conn->events)
		(void)kea->watch_change(conn->watch, events);
	conn->events = events;
	return true;
}

static void on_ready(int fd, unsigned events, void *context)
{
	struct conn *conn = context;
	socklen_t size = sizeof(int);
	int err = 0;

	/* What was not asked for is an error. */
	if (events & ~conn->events) {
		(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size);
		fail_conn(conn, err);
	} else if (((events & KEA_READABLE) || (conn->tls && wants_input(conn))) && !read_more(conn)) {
		fail_conn(conn, errno);
	} else {
		(void)advance(conn);
	}
}

static void on_found(struct kea_search *search, void *context)
{
	struct conn *conn = context;
	bool has_failed;

	conn->is_searching = false;
	conn->at = 0;
	conn->has_page = bulk_run_found(current(conn), search, &has_failed);
	/* There is room: an end takes less than half of BULK_REPLY_MAX. */
	if (has_failed && conn->stream)
		end_stream(conn, "the lease database failed");
	else if (has_failed)
		end_first(conn, BULK_TERMINATED, "the lease database failed");
	(void)advance(conn);
}

/* RFC 7724 8.1, RFC 7653 8.1: a sign of life if there is nothing else; a requester that does not read is dropped. */
static void on_quiet(struct conn *conn)
{
	const struct bulk_conf *conf = &conn->bulk->self->bulk_conf;
	int64_t limit = conn->out.n ? conf->send_ms : conf->keepalive_ms;
	int64_t left = conn->progress_ms + limit - kea->now_ms();

	if (left > 0) {
		(void)kea->timer_start(conn->idle, left);
	} else if (conn->out.n) {
		drop_conn(conn, "the requester does not read");
	} else {
		conn->bulk->family->add_status(&conn->out, conn->stream->run, BULK_CONNECTION_ACTIVE, NULL);
		touch(conn);
		(void)advance(conn);
	}
}

static void on_idle(void *context)
{
	struct conn *conn = context;

	/* The requester waits for us. */
	if (conn->is_searching)
		touch(conn);
	else if (conn->stream)
		on_quiet(conn);
	else if (conn->out.n)
		drop_conn(conn, "the requester does not read");
	else
		close_conn(conn, "it was idle");
}

/* --- the listener ------------------------------------------------------------------------------------------------ */

static const void *address_of(const struct sockaddr_storage *addr, size_t *ret_len)
{
	const struct sockaddr_in *in = (const void *)addr;
	const struct sockaddr_in6 *in6 = (const void *)addr;

	*ret_len = addr->ss_family == AF_INET ? 4 : LINKS_ADDR;
	return addr->ss_family == AF_INET ? (const void *)&in->sin_addr : (const void *)&in6->sin6_addr;
}

static void set_server(struct conn *conn)
{
	struct sockaddr_storage addr = { 0 };
	socklen_t size = sizeof(addr);
	size_t len;

	if (conn->bulk->self->family == 4 && getsockname(conn->fd, (struct sockaddr *)&addr, &size) == 0)
		memcpy(conn->server, address_of(&addr, &len), sizeof(conn->server));
}

static void reject(struct bulk *bulk, int fd, const char *peer, const char *why)
{
	count(bulk, LQ_CONNECTIONS_REJECTED);
	if (may_log(bulk))
		LOG(BULK_LEASE_QUERY_REJECTED_CONNECTION, peer, why);
	(void)close(fd);
}

static void add_conn(struct bulk *bulk, int fd, const char *peer)
{
	struct conn *conn = calloc(1, sizeof(*conn));

	if (!conn) {
		reject(bulk, fd, peer, "out of memory");
		return;
	}
	conn->bulk = bulk;
	conn->fd = fd;
	memcpy(conn->peer, peer, sizeof(conn->peer));
	conn->last = &conn->runs;
	conn->out = (struct out){ .bytes = conn->out_bytes, .max = sizeof(conn->out_bytes) };
	conn->events = KEA_READABLE;
	conn->next = bulk->conns;
	conn->link = &bulk->conns;
	if (conn->next)
		conn->next->link = &conn->next;
	bulk->conns = conn;
	bulk->n_conns++;
	set_server(conn);
	conn->idle = kea->timer(bulk->lib, on_idle, conn);
	conn->search = kea->search(bulk->lib, on_found, conn);
	conn->watch = kea->watch(bulk->lib, fd, conn->events, on_ready, conn);
	if (!conn->watch) {
		free_conn(conn);
		return;
	}
	count(bulk, LQ_CONNECTIONS_ACCEPTED);
	LOG(BULK_LEASE_QUERY_CONNECTION_OPENED, peer);
	touch(conn);
}

/* False: no connection waits, or none can be accepted now. */
static bool accept_one(struct bulk *bulk)
{
	struct sockaddr_storage addr = { 0 };
	socklen_t size = sizeof(addr);
	int fd = accept4(bulk->fd, (struct sockaddr *)&addr, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	char peer[INET6_ADDRSTRLEN] = "";
	const void *from;
	size_t len;

	if (fd < 0 && (errno == ECONNABORTED || errno == EINTR))
		return true;
	if (fd < 0 && errno == EAGAIN)
		return false;
	if (fd < 0) {
		/* No descriptors, for example: the connection waits, which the descriptor would report again and again.
		 */
		(void)kea->watch_change(bulk->watch, 0);
		(void)kea->timer_start(bulk->timer, LISTEN_AGAIN_MS);
		return false;
	}
	from = address_of(&addr, &len);
	(void)inet_ntop(addr.ss_family, from, peer, sizeof(peer));
	if (!is_requester(bulk->self, from, len))
		reject(bulk, fd, peer, "its address is not in \"requesters\"");
	else if (bulk->n_conns >= bulk->self->bulk_conf.connections_max)
		reject(bulk, fd, peer, "there are \"max-requester-connections\" already");
	else
		add_conn(bulk, fd, peer);
	return true;
}

static void on_connection(int fd, unsigned events, void *context)
{
	struct bulk *bulk = context;

	(void)fd;
	(void)events;
	for (unsigned i = 0; i < ACCEPT_MAX && accept_one(bulk); i++)
		;
}

static socklen_t own_address(const struct lease_query *self, struct sockaddr_storage *ret)
{
	struct sockaddr_in *in = (void *)ret;
	struct sockaddr_in6 *in6 = (void *)ret;

	*ret = (struct sockaddr_storage){ .ss_family = self->family == 4 ? AF_INET : AF_INET6 };
	if (self->family == 4) {
		in->sin_port = htons(self->bulk_conf.port);
		memcpy(&in->sin_addr, self->bulk_conf.addr, sizeof(in->sin_addr));
		return sizeof(*in);
	}
	in6->sin6_port = htons(self->bulk_conf.port);
	memcpy(&in6->sin6_addr, self->bulk_conf.addr, sizeof(in6->sin6_addr));
	return sizeof(*in6);
}

/* Returns a socket, or -1 and errno. */
static int open_socket(const struct lease_query *self)
{
	struct sockaddr_storage addr;
	socklen_t size = own_address(self, &addr);
	int fd = socket(addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1, err;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	/* Connections inherit these. The last response to a query does not wait for more. */
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (self->family == 6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&addr, size) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	err = errno;
	(void)close(fd);
	errno = err;
	return -1;
}

static const char *own_text(const struct lease_query *self, char text[INET6_ADDRSTRLEN])
{
	return inet_ntop(self->family == 4 ? AF_INET : AF_INET6, self->bulk_conf.addr, text, INET6_ADDRSTRLEN);
}

static void try_to_listen(struct bulk *bulk)
{
	char text[INET6_ADDRSTRLEN];
	int64_t now = kea->now_ms();

	bulk->fd = open_socket(bulk->self);
	if (bulk->fd >= 0) {
		bulk->watch = kea->watch(bulk->lib, bulk->fd, KEA_READABLE, on_connection, bulk);
		LOG(BULK_LEASE_QUERY_LISTENING, own_text(bulk->self, text), (unsigned)bulk->self->bulk_conf.port,
		    bulk->self->n_requesters);
		return;
	}
	if (!bulk->has_failed && (errno != EADDRINUSE || now - bulk->since_ms > LISTEN_QUIET_MS)) {
		bulk->has_failed = true;
		LOG(BULK_LEASE_QUERY_LISTENER_START_FAILED, own_text(bulk->self, text),
		    (unsigned)bulk->self->bulk_conf.port, strerror(errno));
	}
	(void)kea->timer_start(bulk->timer, LISTEN_AGAIN_MS);
}

static void on_timer(void *context)
{
	struct bulk *bulk = context;

	if (bulk->fd < 0)
		try_to_listen(bulk);
	else
		(void)kea->watch_change(bulk->watch, KEA_READABLE);
}

struct bulk *bulk_new(struct kea_library *lib, struct lease_query *self)
{
	struct bulk *bulk = calloc(1, sizeof(*bulk));

	if (!bulk)
		return NULL;
	bulk->lib = lib;
	bulk->self = self;
	bulk->family = self->family == 4 ? &bulk4 : &bulk6;
	bulk->fd = -1;
	bulk->timer = kea->timer(lib, on_timer, bulk);
	return bulk;
}

void bulk_listen(struct bulk *bulk)
{
	/* A configuration that is not the first one of this instance. */
	if (bulk->since_ms)
		return;
	bulk->since_ms = kea->now_ms();
	try_to_listen(bulk);
}

void bulk_free(struct bulk *bulk)
{
	if (!bulk)
		return;
	while (bulk->conns)
		free_conn(bulk->conns);
	kea->unwatch(bulk->watch);
	kea->timer_free(bulk->timer);
	if (bulk->fd >= 0)
		(void)close(bulk->fd);
	free(bulk);
}

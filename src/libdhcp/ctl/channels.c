/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Sockets of the control channels: a reload, accepting, and whose request is executed next. Connections are in
 * ctl/conn.c.
 *
 * Requests wait in a queue per socket; sockets take turns, and a connection has one request at a time. So however many
 * requests some clients send, others wait for at most one request of each connection. The budgets (take()) keep
 * the main thread from taking a processor core from the workers.
 */
#include "ctl/channel_int.h"

#include "base/clock.h"
#include "base/err.h"
#include "ctl/tls.h"
#include "log/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ACCEPT_AGAIN_MS 100 /* after accept() has failed, for example because of too many open files */
#define WAIT_MS 2           /* until the budget of requests has some again */

struct channels_next {
	struct channels *all;
	struct list v;      /* channels that were opened */
	struct list reused; /* struct reuse */
};

struct reuse {
	struct list link;
	struct channel *ch;
	struct channel_conf conf;
	SSL_CTX *tls;
};

/* --- budgets --- */

/*
 * Takes one from a budget of CHANNEL_RATE per second, of which CHANNEL_BURST accumulate; *full_us is its state. False
 * if there is none left.
 */
static bool take(int64_t *full_us)
{
	const int64_t one_us = 1000000 / CHANNEL_RATE;
	int64_t now_us = clock_boot_us();

	/* Each one taken moves the time at which the budget is full again. */
	if (*full_us < now_us)
		*full_us = now_us;
	if (*full_us + one_us > now_us + one_us * CHANNEL_BURST)
		return false;
	*full_us += one_us;
	return true;
}

static void give_back(int64_t *full_us)
{
	*full_us -= 1000000 / CHANNEL_RATE;
}

/* --- requests --- */

/* The channel whose turn it is; the others move up. */
static struct channel *next_channel(struct channels *all)
{
	list_for_each (pos, &all->v) {
		struct channel *ch = container_of(pos, struct channel, link);

		if (list_is_empty(&ch->queue))
			continue;
		list_remove(&ch->link);
		list_add_tail(&all->v, &ch->link);
		return ch;
	}
	return NULL;
}

void channels_run(struct channels *all)
{
	int64_t end_us = clock_mono_us() + CHANNEL_SLICE_US;
	struct channel *ch;

	if (timer_is_running(&all->run))
		return;
	while ((ch = next_channel(all)) != NULL) {
		if (clock_mono_us() >= end_us) {
			loop_timer_start(all->loop, &all->run, 0);
			return;
		}
		if (!take(&all->requests_us)) {
			loop_timer_start(all->loop, &all->run, WAIT_MS);
			return;
		}
		conn_start(container_of(list_pop(&ch->queue), struct conn, queued));
	}
}

static void run_tick(void *ctx)
{
	channels_run(ctx);
}

/* --- accepting --- */

static void pause_accepting(struct channel *ch, int64_t ms)
{
	loop_del(ch->all->loop, ch->fd);
	ch->is_paused = true;
	if (!timer_is_running(&ch->all->accept))
		loop_timer_start(ch->all->loop, &ch->all->accept, ms);
}

static struct peer peer_of(int fd, const struct sockaddr_storage *addr)
{
	struct peer peer = { 0 };
	struct ucred cred = { 0 };
	socklen_t len = sizeof(cred);
	char text[INET6_ADDRSTRLEN] = "";
	const struct sockaddr_in6 *sin6 = (const void *)addr;
	const struct sockaddr_in *sin = (const void *)addr;

	if (addr->ss_family == AF_INET) {
		peer.addr = ip_from4(ntohl(sin->sin_addr.s_addr));
		(void)snprintf(peer.text, sizeof(peer.text), "%s:%u", ip_format(&peer.addr, text),
			       ntohs(sin->sin_port));
	} else if (addr->ss_family == AF_INET6) {
		memcpy(peer.addr.b, &sin6->sin6_addr, sizeof(peer.addr.b));
		(void)snprintf(peer.text, sizeof(peer.text), "[%s]:%u",
			       inet_ntop(AF_INET6, &sin6->sin6_addr, text, sizeof(text)), ntohs(sin6->sin6_port));
	} else if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0) {
		(void)snprintf(peer.text, sizeof(peer.text), "process %d of user %u", (int)cred.pid,
			       (unsigned)cred.uid);
	}
	return peer;
}

static void accept_failed(struct channel *ch)
{
	if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
		return;
	if (!ch->has_failed)
		LOG(COMMAND_SOCKET_ACCEPT_FAIL, ch->name, strerror(errno));
	ch->has_failed = true;
	pause_accepting(ch, ACCEPT_AGAIN_MS);
}

static void accept_one(struct channel *ch, int fd, const struct sockaddr_storage *addr)
{
	struct conn *old = ch->n_conns < CHANNEL_CONNECTIONS_MAX ? NULL : conn_to_evict(ch);
	struct peer peer;

	ch->has_failed = false;
	if (old) {
		LOG_FOLDED(ch->all->fold, (uintptr_t)ch, COMMAND_SOCKET_TOO_MANY_CONNECTIONS, ch->name,
			   CHANNEL_CONNECTIONS_MAX);
		conn_free(old);
	} else if (ch->n_conns >= CHANNEL_CONNECTIONS_MAX) {
		/* All of them have a request in execution. */
		close(fd);
		return;
	}
	peer = peer_of(fd, addr);
	conn_new(ch, fd, &peer);
}

static void acceptable(void *ctx, uint32_t events)
{
	struct channel *ch = ctx;

	(void)events;
	for (int i = 0; i < CHANNEL_ACCEPTS_PER_TURN; i++) {
		struct sockaddr_storage addr = { 0 };
		socklen_t len = sizeof(addr);
		int fd;

		if (!take(&ch->all->accepts_us)) {
			pause_accepting(ch, WAIT_MS);
			return;
		}
		fd = accept4(ch->fd, (struct sockaddr *)&addr, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			give_back(&ch->all->accepts_us);
			accept_failed(ch);
			return;
		}
		accept_one(ch, fd, &addr);
	}
}

static void start_accepting(struct channel *ch)
{
	ch->is_paused = false;
	if (loop_add(ch->all->loop, ch->fd, EPOLLIN, acceptable, ch) < 0) {
		LOG(COMMAND_SOCKET_ACCEPT_FAIL, ch->name, strerror(errno));
		pause_accepting(ch, ACCEPT_AGAIN_MS);
	}
}

static void accept_tick(void *ctx)
{
	struct channels *all = ctx;

	list_for_each (pos, &all->v) {
		struct channel *ch = container_of(pos, struct channel, link);

		if (ch->is_paused && ch->fd >= 0)
			start_accepting(ch);
	}
}

/* --- sockets --- */

void channel_free(struct channel *ch)
{
	channel_close(ch);
	list_remove(&ch->link);
	SSL_CTX_free(ch->tls);
	free(ch->name);
	free(ch);
}

static struct channel *channel_new(struct channels *all, const struct channel_conf *conf)
{
	struct channel *ch = xcalloc(1, sizeof(*ch));

	ch->all = all;
	ch->conf = *conf;
	ch->name = xstrdup(conf->name);
	ch->fd = -1;
	list_init(&ch->link);
	list_init(&ch->conns);
	list_init(&ch->queue);
	return ch;
}

static void close_idle(struct channel *ch)
{
	for (struct list *pos = ch->conns.next, *next; pos != &ch->conns; pos = next) {
		next = pos->next;
		conn_close_idle(container_of(pos, struct conn, link));
	}
}

static void check_streams(struct channel *ch)
{
	for (struct list *pos = ch->conns.next, *next; pos != &ch->conns; pos = next) {
		next = pos->next;
		conn_check_stream(container_of(pos, struct conn, link));
	}
}

/* Its connections end once they have their responses. */
static void stop(struct channel *ch)
{
	LOG(COMMAND_ACCEPTOR_STOP, ch->name);
	channel_close(ch);
	ch->is_closing = true;
	ch->conf = (struct channel_conf){ .type = ch->conf.type, .name = ch->name };
	ch->n_conns++; /* holds it while its connections end */
	close_idle(ch);
	check_streams(ch);
	if (--ch->n_conns == 0)
		channel_free(ch);
}

/* Other settings for an open socket. */
static void change(struct channel *ch, const struct channel_conf *conf, SSL_CTX *tls)
{
	bool had_tls = ch->tls != NULL;

	ch->conf = *conf;
	SSL_CTX_free(ch->tls);
	ch->tls = tls;
	free(ch->name);
	ch->name = xstrdup(conf->name);
	if (had_tls != (tls != NULL))
		close_idle(ch);
	check_streams(ch);
}

struct channels *channels_new(struct loop *loop, struct ctl *ctl)
{
	struct channels *all = xcalloc(1, sizeof(*all));

	all->loop = loop;
	all->ctl = ctl;
	all->fold = log_fold_new();
	list_init(&all->v);
	timer_init(&all->run, run_tick, all);
	timer_init(&all->accept, accept_tick, all);
	return all;
}

void channels_free(struct channels *all)
{
	struct list *pos;

	if (!all)
		return;
	while ((pos = all->v.next) != &all->v) {
		struct channel *ch = container_of(pos, struct channel, link);

		channel_close(ch);
		ch->is_closing = false;
		while (!list_is_empty(&ch->conns))
			conn_free(container_of(ch->conns.next, struct conn, link));
		channel_free(ch);
	}
	loop_timer_stop(all->loop, &all->run);
	loop_timer_stop(all->loop, &all->accept);
	log_fold_free(all->fold);
	free(all);
}

bool channel_conf_is_same(const struct channel_conf *a, const struct channel_conf *b)
{
	if ((a->type == CHANNEL_UNIX) != (b->type == CHANNEL_UNIX))
		return false;
	if (a->type == CHANNEL_UNIX)
		return strcmp(a->path, b->path) == 0;
	return a->port == b->port && ip_equal(&a->addr, &b->addr);
}

static struct channel *find(const struct channels *all, const struct channel_conf *conf)
{
	list_for_each (pos, &all->v) {
		struct channel *ch = container_of(pos, struct channel, link);

		if (!ch->is_closing && channel_conf_is_same(&ch->conf, conf))
			return ch;
	}
	return NULL;
}

static int prepare_one(struct channels_next *next, const struct channel_conf *conf, char **ret_why)
{
	struct channel *ch = find(next->all, conf);
	SSL_CTX *tls = NULL;
	struct reuse *reuse;
	int err = 0;

	if (conf->type == CHANNEL_HTTPS) {
		tls = tls_new(conf, ret_why);
		if (!tls)
			return -E_SYS;
	}
	if (!ch) {
		ch = channel_new(next->all, conf);
		ch->tls = tls;
		list_add_tail(&next->v, &ch->link);
		err = channel_open(ch, ret_why);
		return err;
	}
	reuse = xcalloc(1, sizeof(*reuse));
	*reuse = (struct reuse){ .ch = ch, .conf = *conf, .tls = tls };
	list_add_tail(&next->reused, &reuse->link);
	return 0;
}

int channels_prepare(struct channels *all, const struct channel_conf *confs, unsigned n, struct channels_next **ret,
		     char **ret_why)
{
	struct channels_next *next = xcalloc(1, sizeof(*next));
	int err = 0;

	next->all = all;
	list_init(&next->v);
	list_init(&next->reused);
	for (unsigned i = 0; i < n && err == 0; i++)
		err = prepare_one(next, &confs[i], ret_why);
	if (err < 0)
		channels_drop(next);
	else
		*ret = next;
	return err;
}

void channels_drop(struct channels_next *next)
{
	struct list *pos;

	if (!next)
		return;
	while ((pos = list_pop(&next->v)) != NULL)
		channel_free(container_of(pos, struct channel, link));
	while ((pos = list_pop(&next->reused)) != NULL) {
		struct reuse *reuse = container_of(pos, struct reuse, link);

		SSL_CTX_free(reuse->tls);
		free(reuse);
	}
	free(next);
}

void channels_use(struct channels *all, struct channels_next *next)
{
	struct list kept;
	struct list *pos;

	list_init(&kept);
	while ((pos = list_pop(&next->reused)) != NULL) {
		struct reuse *reuse = container_of(pos, struct reuse, link);
		struct channel *ch = reuse->ch;

		change(ch, &reuse->conf, reuse->tls);
		list_remove(&ch->link);
		list_add_tail(&kept, &ch->link);
		free(reuse);
	}
	for (struct list *at = all->v.next, *after; at != &all->v; at = after) {
		struct channel *ch = container_of(at, struct channel, link);

		after = at->next;
		if (!ch->is_closing)
			stop(ch);
	}
	while ((pos = list_pop(&kept)) != NULL)
		list_add_tail(&all->v, pos);
	while ((pos = list_pop(&next->v)) != NULL) {
		struct channel *ch = container_of(pos, struct channel, link);

		list_add_tail(&all->v, &ch->link);
		start_accepting(ch);
		LOG(COMMAND_ACCEPTOR_START, ch->name);
	}
	free(next);
}

unsigned channels_connections(const struct channels *all, const char *name)
{
	list_for_each (pos, &all->v) {
		const struct channel *ch = container_of(pos, struct channel, link);

		if (!ch->is_closing && !strcmp(ch->name, name))
			return ch->n_conns;
	}
	return 0;
}

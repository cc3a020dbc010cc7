/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Receiving: visits the sockets of a set that have data, in turn; decides what to leave unread when too much
 * arrives (flood.h). sock_take.h converts what was read to datagrams.
 */
#include "io/sock_take.h"

#include "stat/hist.h"

bool sock_in_time(struct sock *sock, unsigned i, int64_t wait_us, int64_t now_us, bool more)
{
	struct sockset *set = sock->set;

	if (i == 0) {
		flood_note(&set->flood, wait_us, now_us);
		stat_hist_add(set->stats, STAT_HIST_WAIT, wait_us);
	}
	if (!flood_is_stale(wait_us, more))
		return true;
	stat_add(set->stats, STAT_SOCKET_STALE, 1);
	return false;
}

/* When nothing arrives, nothing else checks whether the flood has ended. */
static void look_again(struct sockset *set)
{
	if (set->flood.keep && set->loop && !timer_is_running(&set->calmer))
		loop_timer_start(set->loop, &set->calmer, FLOOD_STEP_US / 1000);
}

static void count_flood(struct sockset *set, int64_t now_us)
{
	if (set->flood_us && now_us - set->flood_us < FLOOD_STEP_US && set->flood.keep)
		return;
	if (set->flood_us)
		stat_add(set->stats, STAT_FLOOD_MS, (now_us - set->flood_us + 500) / 1000);
	set->flood_us = set->flood.keep ? now_us : 0;
}

/* Periodically adjusts how much is accepted to what the server can handle. */
static void watch_flood(struct sockset *set)
{
	int64_t now_us = clock_boot_us();
	bool has_changed = flood_step(&set->flood, now_us);

	if (set->flood.keep || set->flood_us)
		count_flood(set, now_us);
	if (!has_changed)
		return;
	for (unsigned i = 0; i < set->n; i++) {
		struct sock *sock = &set->v[i];

		sock->keep = set->flood.keep;
		if (sock->receives)
			(void)sock->kind->filter(sock);
	}
	look_again(set);
}

static void calmer_due(void *ctx)
{
	struct sockset *set = ctx;

	watch_flood(set);
	look_again(set);
}

static void sock_readable(void *ctx, uint32_t events)
{
	struct sock *sock = ctx;
	struct sockset *set = sock->set;

	(void)events;
	if (!sock->ready) {
		sock->ready = true;
		set->n_ready++;
	}
	set->next = (unsigned)(sock - set->v);
	set->readable(set->ctx);
}

static void set_unready(struct sock *sock)
{
	if (sock->ready) {
		sock->ready = false;
		sock->set->n_ready--;
	}
}

int sockset_recv(struct sockset *set, struct dgram *v, unsigned n)
{
	unsigned got = 0;

	for (unsigned i = 0; i < set->n && got < n && (set->n_ready || !set->loop); i++) {
		struct sock *sock = &set->v[set->next];
		unsigned room = n - got < BATCH_N ? n - got : BATCH_N, had = 0;

		if (sock->receives && (sock->ready || !set->loop)) {
			got += sock->kind->recv(sock, v + got, room, &had);
			if (had < room)
				set_unready(sock);
		}
		if (++set->next >= set->n)
			set->next = 0;
	}
	if (!set->n_ready && set->loop)
		flood_note_empty(&set->flood);
	watch_flood(set);
	return (int)got;
}

void sockset_unwatch(struct sockset *set, struct loop *loop)
{
	for (unsigned i = 0; i < set->n; i++) {
		loop_del(loop, set->v[i].fd);
		set_unready(&set->v[i]);
	}
	loop_timer_stop(loop, &set->calmer);
	set->loop = NULL;
}

int sockset_watch(struct sockset *set, struct loop *loop, loop_fn *readable, void *ctx)
{
	int err;

	set->loop = loop;
	set->readable = readable;
	set->ctx = ctx;
	timer_init(&set->calmer, calmer_due, set);
	for (unsigned i = 0; i < set->n; i++) {
		if (!set->v[i].receives)
			continue;
		err = loop_add(loop, set->v[i].fd, EPOLLIN, sock_readable, &set->v[i]);
		if (err < 0) {
			sockset_unwatch(set, loop);
			return err;
		}
	}
	return 0;
}

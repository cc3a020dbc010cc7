/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/outage.h"

#include "base/list.h"
#include "base/str.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* --- the state machine ------------------------------------------------------------- */

static bool exits(const struct outage_state *state)
{
	return state->on_fail == ON_FAIL_STOP_EXIT || state->on_fail == ON_FAIL_SERVE_EXIT;
}

static unsigned begin(struct outage_state *state)
{
	state->is_down = true;
	state->tries = 0;
	return OUTAGE_BEGINS | (state->on_fail == ON_FAIL_STOP_EXIT ? OUTAGE_STOP : 0);
}

static unsigned tried(struct outage_state *state)
{
	uint32_t max = state->tries_max ? state->tries_max : 1;

	if (state->tries < UINT32_MAX)
		state->tries++;
	return OUTAGE_TRIED | (state->tries != max ? 0 : exits(state) ? OUTAGE_EXIT : OUTAGE_NO_MORE);
}

unsigned outage_next(struct outage_state *state, enum db_event event)
{
	switch (event) {
	case DB_LOST:
		return state->is_down ? 0 : begin(state);
	case DB_RETRIED:
		/* A database that was never connected. */
		return state->is_down ? tried(state) : begin(state) | tried(state);
	case DB_CONNECTED:
		if (!state->is_down)
			return 0;
		state->is_down = false;
		return OUTAGE_ENDS | (state->on_fail == ON_FAIL_STOP_EXIT ? OUTAGE_RESUME : 0);
	}
	return 0;
}

/* --- from the database's threads to the main thread --------------------------------- */

struct outage_post {
	struct post post;
	struct loop *loop;
	pthread_mutex_t lock; /* guards what follows */
	bool is_posted, is_freed;
	bool was_lost;
	unsigned n_tried;  /* since then */
	bool is_connected; /* the last news */
	char why[sizeof(((struct outage *)0)->why)];
	struct outage outage; /* the main thread's */
};

static void free_all(struct outage_post *p)
{
	(void)pthread_mutex_destroy(&p->lock);
	free((char *)p->outage.what);
	free((char *)p->outage.db_name);
	free(p);
}

/* With the lock held. */
static void post(struct outage_post *p)
{
	if (!p->is_posted)
		loop_post(p->loop, &p->post);
	p->is_posted = true;
}

static void act(struct outage *outage, enum db_event event)
{
	unsigned actions = outage_next(&outage->state, event);

	if (actions)
		outage->act(outage->ctx, outage, actions);
}

/* In the main thread. */
static void take_news(struct post *posted)
{
	struct outage_post *p = container_of(posted, struct outage_post, post);
	bool was_lost, is_connected, is_freed;
	unsigned n_tried;

	(void)pthread_mutex_lock(&p->lock);
	p->is_posted = false;
	is_freed = p->is_freed;
	was_lost = p->was_lost;
	n_tried = p->n_tried;
	is_connected = p->is_connected;
	p->was_lost = false;
	p->n_tried = 0;
	(void)snprintf(p->outage.why, sizeof(p->outage.why), "%s", p->why);
	(void)pthread_mutex_unlock(&p->lock);
	if (is_freed) {
		if (p->outage.state.is_down && outage_next(&p->outage.state, DB_CONNECTED) & OUTAGE_RESUME)
			p->outage.act(p->outage.ctx, &p->outage, OUTAGE_RESUME);
		free_all(p);
		return;
	}
	if (was_lost)
		act(&p->outage, DB_LOST);
	for (; n_tried; n_tried--)
		act(&p->outage, DB_RETRIED);
	if (is_connected)
		act(&p->outage, DB_CONNECTED);
}

void outage_event(void *ctx, enum db_event event, const char *why)
{
	struct outage_post *p = container_of((struct outage *)ctx, struct outage_post, outage);

	(void)pthread_mutex_lock(&p->lock);
	p->is_connected = event == DB_CONNECTED;
	if (event == DB_LOST)
		p->was_lost = true;
	if (event == DB_RETRIED)
		p->n_tried++;
	if (event != DB_CONNECTED)
		(void)snprintf(p->why, sizeof(p->why), "%s", why);
	post(p);
	(void)pthread_mutex_unlock(&p->lock);
}

struct outage *outage_new(struct loop *loop, const struct database_conf *conf, const char *what,
			  void (*fn)(void *ctx, struct outage *outage, unsigned actions), void *ctx)
{
	struct outage_post *p = xcalloc(1, sizeof(*p));

	p->outage = (struct outage){
		.state = { .on_fail = conf->on_fail, .tries_max = conf->max_reconnect_tries },
		.what = xstrdup(what),
		.kind = conf->type == DATABASE_MYSQL ? "mysql" : "postgresql",
		.db_name = xstrdup(conf->name ? conf->name : ""),
		.act = fn,
		.ctx = ctx,
	};
	p->post.fn = take_news;
	p->loop = loop;
	(void)pthread_mutex_init(&p->lock, NULL);
	return &p->outage;
}

void outage_free(struct outage *outage)
{
	struct outage_post *p;

	if (!outage)
		return;
	p = container_of(outage, struct outage_post, outage);
	(void)pthread_mutex_lock(&p->lock);
	p->is_freed = true;
	post(p);
	(void)pthread_mutex_unlock(&p->lock);
}

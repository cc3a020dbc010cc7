/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Runs messages that are only explained. They have a server of their own, so its turns, counters, budgets and the
 * memory of folded log lines are not those of the server that serves; what both must agree about is copied for each
 * message. Free addresses are asked in a trial (alloc.h), and the steps that store are left out (pipeline.h).
 */
#include "serve/explain.h"

#include "base/clock.h"
#include "log/log.h"
#include "serve/budget.h"
#include "serve/explain_json.h"
#include "serve/family.h"
#include "serve/pipeline.h"
#include "serve/server.h"
#include "serve/trace.h"
#include "serve/wait.h"

#include <json-c/json.h>

#define SLOTS 8 /* messages in progress */
#define CHECK_MS 500

/* A message in progress, in the slot with the same number. */
struct asking {
	struct trace trace;
	struct alloc *alloc;
	explained_fn *done; /* NULL: it was called */
	void *owner;
};

struct explainer {
	struct server *of; /* the one that serves */
	struct server srv;
	struct worker io;
	struct timer deadline;
	struct asking asking[SLOTS];
	bool is_stopped;
};

static struct asking *asking_of(struct explainer *x, const struct request *req)
{
	return &x->asking[req - x->srv.workers[0].slots];
}

static void respond(struct explainer *x, const struct request *req, struct json_object *what)
{
	struct asking *asking = asking_of(x, req);
	explained_fn *done = asking->done;

	asking->done = NULL;
	if (done)
		done(asking->owner, what);
	else
		json_object_put(what);
}

static void end(struct explainer *x, struct request *req)
{
	struct asking *asking = asking_of(x, req);

	alloc_trial_end(asking->alloc, asking->trace.trial);
	vec_free(&asking->trace.notes);
	asking->trace.is_cut = false;
	serve_worker_end(req);
}

static void run(struct explainer *x, struct request *req)
{
	bool was_mute = log_mute(true);
	enum progress progress = pipeline_try(req);

	if (progress == RUN_FINISHED)
		respond(x, req, explain_json(req));
	(void)log_mute(was_mute);
	if (progress == RUN_FINISHED)
		end(x, req);
	else if (x->io.loop && !timer_is_running(&x->deadline))
		loop_timer_start(x->io.loop, &x->deadline, CHECK_MS);
}

static void go_on(struct explainer *x, struct request *req)
{
	if (!wait_over(req)) {
		end(x, req);
		return;
	}
	if (wait_was_refused(req)) {
		(void)request_drop(req, req->wait.what.drop, req->wait.what.why);
		respond(x, req, explain_json(req));
		end(x, req);
		return;
	}
	req->step_ran |= !req->wait.what.reenter;
	run(x, req);
}

void explainer_resume(struct explainer *x)
{
	struct serve_worker *w = &x->srv.workers[0];
	struct list todo, *item;

	list_init(&todo);
	(void)pthread_mutex_lock(&w->lock);
	w->posted = false;
	while ((item = list_pop(&w->resumed)))
		list_add_tail(&todo, item);
	(void)pthread_mutex_unlock(&w->lock);
	while ((item = list_pop(&todo)))
		go_on(x, container_of(item, struct request, link));
}

static void resume_post(struct post *post)
{
	struct serve_worker *w = container_of(post, struct serve_worker, post);

	explainer_resume(container_of(w->srv, struct explainer, srv));
}

/* Responds for those that have waited too long; their slots are free when the store has responded. */
static void check_deadlines(void *ctx)
{
	struct explainer *x = ctx;
	struct list *parked = &x->srv.workers[0].parked, *item, *next;

	for (item = parked->next; item != parked; item = next) {
		struct request *req = container_of(item, struct request, wait.link);

		next = item->next;
		if (req->wait.deadline_ms > clock_boot_ms() && !x->is_stopped)
			break;
		if (!wait_expire(req)) {
			list_remove(&req->wait.link);
			continue;
		}
		(void)request_drop(req, req->wait.what.drop, req->wait.what.why);
		respond(x, req, x->is_stopped ? NULL : explain_json(req));
	}
	if (!list_is_empty(parked) && x->io.loop)
		loop_timer_start(x->io.loop, &x->deadline, CHECK_MS);
}

struct explainer *explainer_new(struct server *srv, struct loop *loop)
{
	struct explainer *x = xcalloc(1, sizeof(*x));
	struct serve_worker *w;

	x->of = srv;
	server_init(&x->srv, srv->fam, 1, SLOTS);
	/* How many addresses a client may still decline is asked, and never used up. */
	budget_free(x->srv.declines);
	x->srv.declines = srv->declines;
	x->io.loop = loop;
	timer_init(&x->deadline, check_deadlines, x);
	w = &x->srv.workers[0];
	/* A block that is in no sum. */
	stats_free(w->stats);
	w->stats = xcalloc(1, sizeof(*w->stats));
	w->io = loop ? &x->io : NULL;
	w->post.fn = resume_post;
	return x;
}

void explainer_stop(struct explainer *x)
{
	if (!x)
		return;
	x->is_stopped = true;
	check_deadlines(x);
	if (x->io.loop)
		loop_timer_stop(x->io.loop, &x->deadline);
}

void explainer_free(struct explainer *x)
{
	if (!x)
		return;
	for (unsigned i = 0; i < SLOTS; i++)
		vec_free(&x->asking[i].trace.notes);
	server_close_hosts(&x->srv);
	/* What stores have responded at last. */
	if (x->io.loop)
		loop_run_posts(x->io.loop);
	x->srv.declines = NULL;
	free(x->srv.workers[0].stats);
	x->srv.workers[0].stats = NULL;
	server_done(&x->srv);
	free(x);
}

/* What both servers must agree about. */
static void follow(struct explainer *x)
{
	struct server *of = x->of, *srv = &x->srv;
	struct ip *own;
	unsigned n;

	srv->duid = of->duid;
	srv->server_port = of->server_port;
	srv->client_port = of->client_port;
	srv->to_source = of->to_source;
	atomic_store(&srv->is_disabled, atomic_load(&of->is_disabled));
	(void)pthread_mutex_lock(&of->own_lock);
	n = of->n_own;
	own = xcalloc(n ? n : 1, sizeof(*own));
	if (n)
		memcpy(own, of->own, n * sizeof(*own));
	(void)pthread_mutex_unlock(&of->own_lock);
	server_set_addresses(srv, own, n);
	free(own);
}

int explain_message(struct explainer *x, struct live *live, const struct dgram *in, explained_fn *done, void *owner)
{
	struct serve_worker *w = &x->srv.workers[0];
	struct asking *asking;
	struct request *req;

	if (in->len > x->srv.fam->datagram_max)
		return -E_RANGE;
	if (list_is_empty(&w->free) || x->is_stopped)
		return -E_BUSY;
	follow(x);
	serve_worker_switch(w, live);
	req = serve_worker_begin(w, in);
	/* The request holds its configuration; the worker must not keep a former one. */
	serve_worker_switch(w, NULL);
	asking = asking_of(x, req);
	asking->done = done;
	asking->owner = owner;
	asking->alloc = live->db->alloc;
	asking->trace.trial = alloc_trial_begin(live->db->alloc);
	req->trace = &asking->trace;
	run(x, req);
	return 0;
}

/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Slots, batches, and what happens around the pipeline: a datagram becomes a request in a free slot, runs until
 * it is finished or parked, and finished responses are sent together. Everything but wait_respond() runs in the
 * worker's own thread.
 */
#include "serve/server.h"

#include "base/clock.h"
#include "base/thread.h"
#include "hook/library.h"
#include "io/engine.h"
#include "log/log.h"
#include "serve/budget.h"
#include "serve/client_trace.h"
#include "serve/family.h"
#include "serve/pipeline.h"
#include "serve/slots.h"
#include "serve/wait.h"
#include "stat/hist.h"
#include "serve/lease_stats.h"
#include "serve/report.h"

/* For clients that decline one address after another: how many of them they may take out of use per period. */
#define DECLINES_MAX 3
#define DECLINES_SEC 3600
/*
 * Messages of a batch go through the pipeline in groups of this size, small enough that their slots stay in the
 * cache.
 */
#define GROUP 4
/* How often an idle worker looks for requests that have waited too long. */
#define DEADLINE_CHECK_MS 1000

static void check_deadlines(void *ctx);
static void resume_post(struct post *post);
static void drop_late(struct serve_worker *w);
static void use_leave(struct live_use *use);

void server_init(struct server *srv, const struct family *fam, unsigned n_workers, unsigned n_slots)
{
	unsigned i, k;

	memset(srv, 0, sizeof(*srv));
	srv->fam = fam;
	srv->turns = turns_new();
	srv->declines = budget_new(DECLINES_MAX, DECLINES_SEC);
	srv->omissions = budget_new(1, UINT32_MAX);
	srv->traces = client_traces_new();
	srv->fold = log_fold_new();
	(void)pthread_mutex_init(&srv->own_lock, NULL);
	srv->server_port = fam->server_port;
	srv->client_port = fam->client_port;
	srv->n_workers = n_workers;
	srv->workers = xcalloc_lines(n_workers, sizeof(*srv->workers));
	for (i = 0; i < n_workers; i++) {
		struct serve_worker *w = &srv->workers[i];

		w->srv = srv;
		w->stats = stats_new();
		w->n_slots = n_slots;
		w->slots = xcalloc(n_slots, sizeof(*w->slots));
		w->out_bufs = xmalloc(OUT_MAX * fam->datagram_max);
		timer_init(&w->deadline, check_deadlines, w);
		list_init(&w->parked);
		list_init(&w->free);
		list_init(&w->out);
		list_init(&w->resumed);
		w->post.fn = resume_post;
		mutex_init_brief(&w->lock);
		for (k = 0; k < n_slots; k++) {
			struct request *req = &w->slots[k];

			req->worker = w;
			req->fam = fam;
			req->arena = arena_new(REQUEST_ARENA + fam->datagram_max + fam->arena_extra);
			list_init(&req->wait.link);
			list_add_tail(&w->free, &req->link);
		}
	}
}

void server_close_hosts(struct server *srv)
{
	unsigned i, k;

	for (i = 0; i < srv->n_workers; i++)
		for (k = 0; k < srv->workers[i].n_slots; k++) {
			struct live *live = srv->workers[i].slots[k].live;

			if (!live)
				continue;
			host_source_close(live->cfg->hosts);
			live->cfg->hosts = NULL;
		}
}

void server_end_parked_wait(struct server *srv)
{
	for (unsigned i = 0; i < srv->n_workers; i++)
		for (unsigned k = 0; k < srv->workers[i].n_slots; k++)
			hook_packet_settle_wait(&srv->workers[i].slots[k].hook_packet);
}

void server_done(struct server *srv)
{
	unsigned i, k;

	for (i = 0; i < srv->n_workers; i++) {
		struct serve_worker *w = &srv->workers[i];

		serve_worker_switch(w, NULL);
		for (k = 0; k < w->n_slots; k++) {
			hook_packet_end(&w->slots[k].hook_packet);
			use_leave(w->slots[k].use);
			arena_free(w->slots[k].arena);
		}
		free(w->slots);
		free(w->out_bufs);
		arena_free(w->trace_arena);
		eval_scratch_free(w->scratch);
		stats_free(w->stats);
		(void)pthread_mutex_destroy(&w->lock);
	}
	free(srv->workers);
	free(srv->own);
	(void)pthread_mutex_destroy(&srv->own_lock);
	turns_free(srv->turns);
	budget_free(srv->declines);
	budget_free(srv->omissions);
	client_traces_free(srv->traces);
	log_fold_free(srv->fold);
}

/* --- configurations -------------------------------------------------------- */

static void add_range(const struct config *cfg, struct pool *pool, enum allocator how, struct alloc_range *ranges,
		      size_t *n)
{
	bool is_v4 = ip_is4(&pool->first);

	ranges[*n] = (struct alloc_range){
		.first = pool->first,
		.last = pool->last,
		.size = pool->size,
		.shift = is_v4 ? 0 : (uint8_t)(128 - pool->len),
		.how = how,
		.skip_ends = is_v4 && cfg->global.compatibility->exclude_first_last_24 && pool->sub->prefix.len <= 24,
		.skip_first = pool->skip_first,
		.skip_reserved = pool->skip_reserved,
		.withheld = pool->withheld,
		.n_withheld = pool->n_withheld,
	};
	pool->index = (*n)++;
}

struct live *live_new(struct server *srv, struct leasedb *db, struct config *cfg)
{
	struct live *live = xcalloc(1, sizeof(*live));
	const struct plan *plan = &cfg->plan;
	struct alloc_range *ranges;
	size_t n = 0, i, k;
	uint64_t n_odd;

	slots_prepare();
	for (i = 0; i < plan->n; i++)
		n += plan->subs[i].n_pools + plan->subs[i].n_pd_pools;
	ranges = xcalloc(n, sizeof(*ranges));
	n = 0;
	for (i = 0; i < plan->n; i++) {
		const struct subnet *sub = &plan->subs[i];

		for (k = 0; k < sub->n_pools; k++)
			add_range(cfg, &sub->pools[k], sub->par.allocator, ranges, &n);
		for (k = 0; k < sub->n_pd_pools; k++)
			add_range(cfg, &sub->pd_pools[k], sub->par.pd_allocator, ranges, &n);
	}
	live->cfg = cfg;
	live->hooks = cfg->hooks;
	slots_plan(live);
	live->serial = ++srv->n_lives;
	live->set = alloc_set_new(db->alloc, ranges, n);
	if (plan->reserves_prefixes)
		alloc_set_watch_outside(db->alloc, live->set);
	free(ranges);
	if (leasedb_fill(db, live->set) < 0) {
		alloc_set_free(db->alloc, live->set);
		free(live);
		return NULL;
	}
	leasedb_join(db);
	live->db = db;
	lease_stats_use(db->places, &cfg->plan);
	n_odd = alloc_n_odd(db->alloc, live->set);
	if (n_odd)
		LOG(ALLOC_ENGINE_V6_LEASES_OF_OTHER_LENGTH, (unsigned long long)n_odd);
	atomic_init(&live->users, 0);
	return live;
}

void server_enter(struct server *srv, struct live *live)
{
	struct stat_places *old = srv->places;

	srv->places = live->db->places;
	lease_stats_enter(srv->places, &live->cfg->plan);
	if (old && old != srv->places)
		stat_places_inherit(srv->places, old);
}

void live_free(struct live *live)
{
	if (!live)
		return;
	alloc_set_free(live->db->alloc, live->set);
	lease_stats_unuse(live->db->places, &live->cfg->plan);
	leasedb_leave(live->db);
	config_free(live->cfg);
	free(live);
}

static struct live_use *use_new(struct live *live)
{
	struct live_use *use = xcalloc(1, sizeof(*use));

	*use = (struct live_use){ .live = live, .n = 1 };
	atomic_fetch_add(&live->users, 1);
	return use;
}

static void use_leave(struct live_use *use)
{
	struct live *live;

	if (!use || --use->n)
		return;
	live = use->live;
	free(use);
	if (atomic_fetch_sub(&live->users, 1) == 1 && live->unused)
		live->unused(live);
}

void serve_worker_switch(struct serve_worker *w, struct live *live)
{
	struct live_use *old = w->use;

	w->use = live ? use_new(live) : NULL;
	if (live && (live->cfg->classes.n || live->cfg->needs_regex || live->hooks) && !w->scratch)
		w->scratch = eval_scratch_new(true);
	use_leave(old);
}

/* --- requests -------------------------------------------------------------- */

static void count_busy(struct serve_worker *w, int n)
{
	unsigned now = atomic_load_explicit(&w->n_busy, memory_order_relaxed) + (unsigned)n;

	atomic_store_explicit(&w->n_busy, now, memory_order_release);
}

void serve_worker_end(struct request *req)
{
	struct serve_worker *w = req->worker;

	if (req->hook_packet.memory || req->hook_packet.parked || req->hook_packet.is_counted)
		slots_end(req);
	use_leave(req->use);
	req->use = NULL;
	req->live = NULL;
	/* The slot used last is used next: its memory is still in the cache. */
	list_add_head(&w->free, &req->link);
	count_busy(w, -1);
}

static void report_unsent(struct dgram *const *v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (v[i]->err)
			report_send_fail(container_of(v[i], struct request, out), v[i]->err);
}

void serve_worker_flush(struct serve_worker *w)
{
	struct dgram *v[OUT_MAX];
	struct list *item;
	unsigned n = 0;
	int64_t now_us;

	if (!list_is_empty(&w->parked)) {
		drop_late(w);
		if (w->io && !timer_is_running(&w->deadline))
			loop_timer_start(w->io->loop, &w->deadline, DEADLINE_CHECK_MS);
	}
	if (list_is_empty(&w->out))
		return;
	list_for_each (pos, &w->out)
		v[n++] = &container_of(pos, struct request, link)->out;
	if (w->engine && io_send(w->engine, v, n) < n)
		report_unsent(v, n);
	now_us = clock_boot_us();
	while ((item = list_pop(&w->out))) {
		struct request *req = container_of(item, struct request, link);

		stat_hist_add(w->stats, STAT_HIST_EXCHANGE, now_us - req->in.when_us);
		serve_worker_end(req);
	}
	w->n_out = 0;
}

static void give_turn(struct request *req)
{
	struct turn *next = req->has_turn ? turn_give(req->worker->srv->turns, &req->turn) : NULL;

	req->has_turn = false;
	if (next)
		(void)wait_respond(container_of(next, struct request, turn), next->ticket);
}

static void finish(struct request *req)
{
	struct serve_worker *w = req->worker;

	give_turn(req);
	if (!req->has_answer) {
		serve_worker_end(req);
		return;
	}
	list_add_tail(&w->out, &req->link);
	if (++w->n_out == OUT_MAX)
		serve_worker_flush(w);
}

struct request *serve_worker_begin(struct serve_worker *w, const struct dgram *dgram)
{
	struct list *item = list_pop(&w->free);
	struct request *req;

	stat_add(w->stats, STAT_RECEIVED, 1);
	if (!item || dgram->len > w->srv->fam->datagram_max) {
		if (item)
			list_add_tail(&w->free, item);
		stat_add(w->stats, STAT_QUEUE_FULL, 1);
		LOGF(w->srv->fam->idx, DHCPx_PACKET_QUEUE_FULL);
		stat_add(w->stats, STAT_RECEIVE_DROP, 1);
		return NULL;
	}
	req = container_of(item, struct request, link);
	arena_reset(req->arena);
	memset(&req->live, 0, offsetof(struct request, few_scopes) - offsetof(struct request, live));
	req->label[0] = '\0';
	req->in = *dgram;
	/* Cannot fail: the arena has room for the largest datagram. */
	req->in.buf = arena_dup(req->arena, dgram->buf, dgram->len);
	req->wanted = req->fam->zero;
	req->scopes = (struct opt_scopes){ .v = req->few_scopes, .max = OPT_SCOPES_FEW };
	req->use = w->use;
	req->use->n++;
	req->live = req->use->live;
	req->cfg = req->live->cfg;
	list_init(&req->link);
	count_busy(w, 1);
	return req;
}

/*
 * With ten thousand subnets nothing is in a cache: prefetches what the next steps read for the whole group
 * before the first of it needs it.
 */
static void look_ahead(struct request *const *group, unsigned n)
{
	const struct request *v[GROUP];
	unsigned i, n_pools = 0;

	for (i = 0; i < n; i++)
		if (group[i]->sub && group[i]->sub->n_pools)
			v[n_pools++] = group[i];
	for (i = 0; i < n_pools; i++)
		subnet_fetch(v[i]->sub);
	for (i = 0; i < n_pools; i++)
		alloc_fetch(v[i]->live->set, v[i]->sub->pools[0].index);
	for (i = 0; i < n_pools; i++)
		alloc_fetch_map(v[i]->live->set, v[i]->sub->pools[0].index);
}

static void serve_group(struct serve_worker *w, const struct dgram *v, unsigned n)
{
	struct request *group[GROUP];
	unsigned i, n_group = 0, end = pipeline_recall();

	for (i = 0; i < n; i++) {
		struct request *req = serve_worker_begin(w, &v[i]);
		enum progress progress = req ? pipeline_run_to(req, end) : RUN_PARKED;

		if (progress == RUN_SO_FAR)
			group[n_group++] = req;
		else if (progress == RUN_FINISHED)
			finish(req);
	}
	if (n_group > 1)
		look_ahead(group, n_group);
	for (i = 0; i < n_group; i++)
		if (pipeline_run(group[i]))
			finish(group[i]);
}

void serve_worker_batch(struct serve_worker *w, struct dgram *v, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i += GROUP)
		serve_group(w, &v[i], n - i < GROUP ? n - i : GROUP);
}

/* Its responses have arrived: continues with the next step, or re-enters the same one. */
static bool go_on(struct request *req)
{
	if (wait_was_refused(req)) {
		pipeline_drop(req, req->wait.what.drop, req->wait.what.why);
		return true;
	}
	req->step_ran |= !req->wait.what.reenter;
	return pipeline_run(req);
}

void serve_worker_resume(struct serve_worker *w)
{
	struct list todo;
	struct list *item;

	list_init(&todo);
	(void)pthread_mutex_lock(&w->lock);
	w->posted = false;
	while ((item = list_pop(&w->resumed)))
		list_add_tail(&todo, item);
	(void)pthread_mutex_unlock(&w->lock);
	while ((item = list_pop(&todo))) {
		struct request *req = container_of(item, struct request, link);

		if (!wait_over(req)) {
			/* It was dropped when its deadline passed. */
			give_turn(req);
			serve_worker_end(req);
		} else if (go_on(req)) {
			finish(req);
		}
	}
}

/*
 * Drops requests that have waited too long. Their slots are not free until the last response has arrived; see
 * wait.h. Until then they also keep the turn of their client: leases that a pending change will replace, or that
 * are not yet on disk, must not be confirmed.
 */
static void drop_late(struct serve_worker *w)
{
	int64_t now_ms = clock_boot_ms();
	struct list *item;

	while ((item = w->parked.next) != &w->parked) {
		struct request *req = container_of(item, struct request, wait.link);

		if (req->wait.deadline_ms > now_ms)
			break;
		/* Otherwise its last response has just arrived: it is in the resumed list and continues. */
		if (wait_expire(req)) {
			pipeline_drop(req, req->wait.what.drop, req->wait.what.why);
			if (req->hook_packet.parked)
				slots_expire(req);
		} else {
			list_remove(&req->wait.link);
		}
	}
}

/* An idle worker has no other occasion to check. */
static void check_deadlines(void *ctx)
{
	struct serve_worker *w = ctx;

	drop_late(w);
	if (!list_is_empty(&w->parked))
		loop_timer_start(w->io->loop, &w->deadline, DEADLINE_CHECK_MS);
}

static void resume_post(struct post *post)
{
	serve_worker_resume(container_of(post, struct serve_worker, post));
}

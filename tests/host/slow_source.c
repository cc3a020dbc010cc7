/* SPDX-License-Identifier: MPL-2.0 */
/* See slow_source.h. */
#include "slow_source.h"

#include "base/err.h"
#include "base/list.h"

struct job {
	struct slow_job slow;
	struct host_find *find;
	void (*done)(struct host_find *find, uint64_t ticket);
	uint64_t ticket;
};

struct slow_source {
	struct host_source source;
	struct host_source *inner;
	slow_responds_fn *responds;
	void *responds_ctx;
	struct slow_queue *queue;
};

static struct slow_source *slow_of(struct host_source *source)
{
	return container_of(source, struct slow_source, source);
}

static void find_first(struct slow_source *s, struct host_find *find, bool fails)
{
	if (s->responds)
		s->responds(s->responds_ctx, find, fails);
	if (!fails)
		(void)host_find(s->inner, find);
	for (unsigned i = 0; fails && i < find->n; i++)
		find->v[i].n = -E_SYS;
}

static void respond(void *ctx, struct slow_job *slow, enum slow_fate fate)
{
	struct job *job = container_of(slow, struct job, slow);

	if (!slow->is_repeat)
		find_first(ctx, job->find, fate == SLOW_FAIL);
	job->done(job->find, job->ticket);
}

static int slow_find(struct host_source *source, struct host_find *find)
{
	struct job *job = xcalloc(1, sizeof(*job));

	*job = (struct job){ .find = find, .done = find->done, .ticket = find->ticket };
	slow_queue_add(slow_of(source)->queue, &job->slow);
	return -E_AGAIN;
}

static void slow_close(struct host_source *source)
{
	struct slow_source *s = slow_of(source);

	slow_queue_free(s->queue);
	host_source_close(s->inner);
	free(s);
}

static const struct host_ops slow_ops = { .name = "slow", .find = slow_find, .close = slow_close };

struct host_source *slow_source_new(struct host_source *inner, slow_responds_fn *responds, void *ctx)
{
	struct slow_source *s = xcalloc(1, sizeof(*s));

	s->source.ops = &slow_ops;
	s->inner = inner;
	s->responds = responds;
	s->responds_ctx = ctx;
	s->queue = slow_queue_new(respond, s);
	return &s->source;
}

struct slow_queue *slow_source_queue(struct host_source *source)
{
	return slow_of(source)->queue;
}

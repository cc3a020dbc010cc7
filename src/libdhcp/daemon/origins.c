/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/origins.h"

static struct origin *find(struct origins *origins, uint32_t id)
{
	for (unsigned i = 0; i < ORIGINS_MAX; i++)
		if (origins->v[i].id == id)
			return &origins->v[i];
	return NULL;
}

bool origins_has(const struct origins *origins, uint32_t id)
{
	return find((struct origins *)origins, id) != NULL;
}

bool origins_any(const struct origins *origins)
{
	for (unsigned i = 0; i < ORIGINS_MAX; i++)
		if (origins->v[i].id)
			return true;
	return false;
}

static void clear(struct origin *origin)
{
	struct origins *of = origin->of;

	loop_timer_stop(of->loop, &origin->timer);
	origin->id = 0;
	if (!origins_any(of))
		of->changed(of->ctx, false);
}

static void time_over(void *ctx)
{
	clear(ctx);
}

void origins_init(struct origins *origins, struct loop *loop, void (*changed)(void *ctx, bool is_disabled), void *ctx)
{
	*origins = (struct origins){ .loop = loop, .changed = changed, .ctx = ctx };
	for (unsigned i = 0; i < ORIGINS_MAX; i++) {
		origins->v[i].of = origins;
		timer_init(&origins->v[i].timer, time_over, &origins->v[i]);
	}
}

void origins_done(struct origins *origins)
{
	for (unsigned i = 0; i < ORIGINS_MAX; i++)
		if (origins->v[i].id)
			loop_timer_stop(origins->loop, &origins->v[i].timer);
}

bool origins_disable(struct origins *origins, uint32_t id, uint32_t max_sec)
{
	struct origin *origin = find(origins, id);
	bool was_any = origins_any(origins);

	if (!origin)
		origin = find(origins, 0);
	if (!origin)
		return false;
	origin->id = id;
	if (max_sec)
		loop_timer_start(origins->loop, &origin->timer, (int64_t)max_sec * 1000);
	else
		loop_timer_stop(origins->loop, &origin->timer);
	if (!was_any)
		origins->changed(origins->ctx, true);
	return true;
}

void origins_enable(struct origins *origins, uint32_t id)
{
	struct origin *origin = id ? find(origins, id) : NULL;

	if (origin)
		clear(origin);
}

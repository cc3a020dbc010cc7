/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/turn.h"

#include "base/arena.h"
#include "base/thread.h"

#include <pthread.h>

#define PARTS 64
#define BUCKETS 256   /* of a part */
#define WAITING_MAX 8 /* per client */

/* Workers that serve different clients hardly meet: each part has a lock and cache lines of its own. */
struct part {
	pthread_mutex_t lock; /* guards the chains */
	struct turn *holder[BUCKETS];
} __attribute__((aligned(CACHE_LINE)));

struct turns {
	struct part parts[PARTS];
};

struct turns *turns_new(void)
{
	struct turns *turns = xcalloc_lines(1, sizeof(*turns));
	unsigned i;

	for (i = 0; i < PARTS; i++)
		mutex_init_brief(&turns->parts[i].lock);
	return turns;
}

void turns_free(struct turns *turns)
{
	unsigned i;

	if (!turns)
		return;
	for (i = 0; i < PARTS; i++)
		(void)pthread_mutex_destroy(&turns->parts[i].lock);
	free(turns);
}

static struct part *part_of(struct turns *turns, const struct turn *turn)
{
	return &turns->parts[turn->client.a % PARTS];
}

/* The chain of the client's holders. */
static struct turn **chain_of(struct part *part, const struct turn *turn)
{
	return &part->holder[turn->client.a / PARTS % BUCKETS];
}

static bool repeats(const struct turn *x, const struct turn *y)
{
	return x->xid == y->xid && x->type == y->type;
}

enum turn_result turn_take(struct turns *turns, struct turn *turn)
{
	struct part *part = part_of(turns, turn);
	struct turn **chain = chain_of(part, turn);
	enum turn_result result = TURN_WAIT;
	struct turn *holder;

	list_init(&turn->waiting);
	list_init(&turn->link);
	turn->n_waiting = 0;
	(void)pthread_mutex_lock(&part->lock);
	for (holder = *chain; holder; holder = holder->next)
		if (holder->client.a == turn->client.a && holder->client.b == turn->client.b)
			break;
	if (!holder) {
		turn->next = *chain;
		*chain = turn;
		result = TURN_MINE;
	} else if (repeats(holder, turn)) {
		result = TURN_REPEAT;
	} else {
		list_for_each (pos, &holder->waiting)
			if (repeats(container_of(pos, struct turn, link), turn))
				result = TURN_REPEAT;
		if (result == TURN_WAIT && holder->n_waiting == WAITING_MAX)
			result = TURN_CROWDED;
		if (result == TURN_WAIT) {
			list_add_tail(&holder->waiting, &turn->link);
			holder->n_waiting++;
		}
	}
	(void)pthread_mutex_unlock(&part->lock);
	return result;
}

struct turn *turn_give(struct turns *turns, struct turn *turn)
{
	struct part *part = part_of(turns, turn);
	struct turn **p, *heir = NULL;
	struct list *item;

	(void)pthread_mutex_lock(&part->lock);
	for (p = chain_of(part, turn); *p != turn; p = &(*p)->next)
		;
	item = list_pop(&turn->waiting);
	if (item) {
		/* The next waiter inherits the place in the chain and the remaining waiters. */
		heir = container_of(item, struct turn, link);
		heir->n_waiting = turn->n_waiting - 1;
		while ((item = list_pop(&turn->waiting)))
			list_add_tail(&heir->waiting, item);
		heir->next = turn->next;
		*p = heir;
	} else {
		*p = turn->next;
	}
	(void)pthread_mutex_unlock(&part->lock);
	return heir;
}

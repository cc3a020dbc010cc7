/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/turn.h"

#include "base/arena.h"

#include <pthread.h>

#define BUCKETS 16384
#define LOCKS 64
#define WAITING_MAX 8 /* per client */

struct turns {
	pthread_mutex_t lock[LOCKS]; /* each guards the chains of its buckets */
	struct turn *holder[BUCKETS];
};

struct turns *turns_new(void)
{
	struct turns *turns = xcalloc(1, sizeof(*turns));
	unsigned i;

	for (i = 0; i < LOCKS; i++)
		(void)pthread_mutex_init(&turns->lock[i], NULL);
	return turns;
}

void turns_free(struct turns *turns)
{
	unsigned i;

	if (!turns)
		return;
	for (i = 0; i < LOCKS; i++)
		(void)pthread_mutex_destroy(&turns->lock[i]);
	free(turns);
}

static bool repeats(const struct turn *x, const struct turn *y)
{
	return x->xid == y->xid && x->type == y->type;
}

enum turn_result turn_take(struct turns *turns, struct turn *turn)
{
	size_t bucket = turn->client.a % BUCKETS;
	pthread_mutex_t *lock = &turns->lock[bucket % LOCKS];
	enum turn_result result = TURN_WAIT;
	struct turn *holder;

	list_init(&turn->waiting);
	list_init(&turn->link);
	turn->n_waiting = 0;
	(void)pthread_mutex_lock(lock);
	for (holder = turns->holder[bucket]; holder; holder = holder->next)
		if (holder->client.a == turn->client.a && holder->client.b == turn->client.b)
			break;
	if (!holder) {
		turn->next = turns->holder[bucket];
		turns->holder[bucket] = turn;
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
	(void)pthread_mutex_unlock(lock);
	return result;
}

struct turn *turn_give(struct turns *turns, struct turn *turn)
{
	size_t bucket = turn->client.a % BUCKETS;
	pthread_mutex_t *lock = &turns->lock[bucket % LOCKS];
	struct turn **p, *heir = NULL;
	struct list *item;

	(void)pthread_mutex_lock(lock);
	for (p = &turns->holder[bucket]; *p != turn; p = &(*p)->next)
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
	(void)pthread_mutex_unlock(lock);
	return heir;
}

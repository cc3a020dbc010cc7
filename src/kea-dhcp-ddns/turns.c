/* SPDX-License-Identifier: MPL-2.0 */
#include "kea-dhcp-ddns/turns.h"

#include <stddef.h>

static struct list *bucket_of(struct turns *turns, uint64_t key)
{
	return &turns->buckets[key % TURN_BUCKETS];
}

static struct turn *turn_of(struct list *link)
{
	return container_of(link, struct turn, link);
}

void turns_init(struct turns *turns)
{
	for (unsigned i = 0; i < TURN_BUCKETS; i++)
		list_init(&turns->buckets[i]);
}

/* Returns the next turn for the same thing after `from`, which is a turn of it or the bucket. */
static struct turn *next_of(struct list *bucket, struct list *from, uint64_t key)
{
	for (struct list *pos = from->next; pos != bucket; pos = pos->next)
		if (turn_of(pos)->key == key)
			return turn_of(pos);
	return NULL;
}

/* True if the request has a turn for this thing already. */
static bool has_turn(const struct turn v[TURNS_MAX], uint64_t key)
{
	for (unsigned i = 0; i < v[0].n; i++)
		if (v[i].key == key)
			return true;
	return false;
}

void turns_enter(struct turns *turns, struct turn v[TURNS_MAX], const uint64_t *keys, unsigned n, void *owner)
{
	v[0].owner = owner;
	v[0].n = 0;
	v[0].n_waiting = 0;
	for (unsigned i = 0; i < n; i++) {
		struct list *bucket = bucket_of(turns, keys[i]);
		struct turn *turn = &v[v[0].n];
		bool is_first = !next_of(bucket, bucket, keys[i]);

		/* Two of its own things with one hash: one turn. */
		if (has_turn(v, keys[i]))
			continue;
		turn->key = keys[i];
		turn->lead = &v[0];
		list_add_tail(bucket, &turn->link);
		v[0].n++;
		v[0].n_waiting += !is_first;
	}
}

void turns_leave(struct turns *turns, struct turn v[TURNS_MAX], void (*fn)(void *ctx, void *owner), void *ctx)
{
	for (unsigned i = 0; i < v[0].n; i++) {
		struct list *bucket = bucket_of(turns, v[i].key);
		bool was_first = next_of(bucket, bucket, v[i].key) == &v[i];
		struct turn *next = next_of(bucket, &v[i].link, v[i].key);

		list_remove(&v[i].link);
		if (was_first && next && --next->lead->n_waiting == 0)
			fn(ctx, next->lead->owner);
	}
	v[0].n = 0;
}

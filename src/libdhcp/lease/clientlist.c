/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Doubly linked through struct record_link. The first record has no predecessor: its `prev` is the length of the
 * list. Within a group, as in a short list, the newest record comes first.
 */
#include "lease/clientlist.h"

#include <assert.h>

/* A list: its key and the location of its slots. */
struct list_key {
	const struct memtable *t;
	enum record_key key;
	struct bytes id;
	uint64_t hash;
};

struct group_key {
	const struct list_key *list;
	const struct record_group *group;
};

static struct list_key list_of(const struct memtable *t, uint32_t ref, enum record_key key)
{
	struct bytes id = record_key(memtable_record(t, ref), key);

	return (struct list_key){ t, key, id, id.len ? memtable_hash_key(key, id) : 0 };
}

static struct record_link *link_of(const struct list_key *k, uint32_t ref)
{
	return &memtable_record(k->t, ref)->link[k->key];
}

static struct record_group group_of(const struct list_key *k, uint32_t ref)
{
	return record_group(memtable_record(k->t, ref), k->key);
}

static bool same_group(const struct list_key *k, uint32_t a, uint32_t b)
{
	struct record_group ga = group_of(k, a), gb = group_of(k, b);

	return record_group_equal(&ga, &gb);
}

static bool has_key(const void *ctx, uint32_t ref)
{
	const struct list_key *k = ctx;

	return bytes_equal(record_key(memtable_record(k->t, ref), k->key), k->id);
}

static bool has_group(const void *ctx, uint32_t ref)
{
	const struct group_key *want = ctx;
	struct record_group group = group_of(want->list, ref);

	return record_group_equal(&group, want->group) && has_key(want->list, ref);
}

static const struct stripe *stripe_of(const struct list_key *k)
{
	return &k->t->stripes[memtable_stripe(k->hash)];
}

static struct index *by_key(struct memtable *t, const struct list_key *k)
{
	return &t->stripes[memtable_stripe(k->hash)].key[k->key].lists;
}

static struct index *by_group(struct memtable *t, const struct list_key *k)
{
	return &t->stripes[memtable_stripe(k->hash)].key[k->key].groups;
}

/* Returns the slot of the list; NULL if it is empty. */
static struct index_slot *find_list(const struct list_key *k)
{
	return index_find(&stripe_of(k)->key[k->key].lists, k->hash, has_key, k);
}

static uint64_t group_hash(const struct list_key *k, const struct record_group *group)
{
	return hash_bytes(group, sizeof(*group), k->hash);
}

static struct index_slot *find_group(const struct list_key *k, const struct record_group *group)
{
	struct group_key want = { k, group };

	return index_find(&stripe_of(k)->key[k->key].groups, group_hash(k, group), has_group, &want);
}

uint32_t clientlist_first(const struct memtable *t, enum record_key key, struct bytes id, uint64_t hash,
			  uint32_t *ret_n)
{
	struct list_key k = { t, key, id, hash };
	struct index_slot *list = find_list(&k);

	*ret_n = list ? link_of(&k, list->ref)->prev : 0;
	return list ? list->ref : 0;
}

uint32_t clientlist_group(const struct memtable *t, enum record_key key, struct bytes id, uint64_t hash,
			  const struct record_group *group)
{
	struct list_key k = { t, key, id, hash };
	struct index_slot *slot = find_group(&k, group);

	return slot ? slot->ref : 0;
}

/* --- changes --- */

/* Inserts before `next`, a record of the list. */
static void put_before(const struct list_key *k, struct index_slot *list, uint32_t next, uint32_t ref)
{
	struct record_link *link = link_of(k, ref), *after = link_of(k, next);

	*link = (struct record_link){ .next = next, .prev = after->prev };
	if (list->ref == next)
		list->ref = ref;
	else
		link_of(k, after->prev)->next = ref;
	after->prev = ref;
}

/* `ref` must not be the only record. */
static void take_out(const struct list_key *k, struct index_slot *list, uint32_t ref)
{
	const struct record_link *link = link_of(k, ref);

	if (link->next)
		link_of(k, link->next)->prev = link->prev;
	if (list->ref == ref)
		list->ref = link->next;
	else
		link_of(k, link->prev)->next = link->next;
}

/* Inserts as the first record of its group. The caller updates the length. */
static void put_in_group(struct memtable *t, const struct list_key *k, struct index_slot *list, uint32_t ref)
{
	struct record_group group = group_of(k, ref);
	struct index_slot *slot = find_group(k, &group);

	put_before(k, list, slot ? slot->ref : list->ref, ref);
	if (slot)
		slot->ref = ref;
	else
		index_add(by_group(t, k), group_hash(k, &group), ref);
}

/* Call this before removing the record from the list. */
static void leave_group(struct memtable *t, const struct list_key *k, uint32_t ref)
{
	struct record_group group = group_of(k, ref);
	struct index_slot *slot = find_group(k, &group);
	uint32_t next = link_of(k, ref)->next;

	assert(slot);
	if (slot->ref != ref)
		return;
	if (next && same_group(k, ref, next))
		slot->ref = next;
	else
		index_remove(by_group(t, k), slot);
}

/* The list has become too long to walk: sorts it into groups. */
static void make_groups(struct memtable *t, const struct list_key *k, struct index_slot *list)
{
	uint32_t refs[CLIENTLIST_WALK + 1], n = 0, ref = list->ref, len = link_of(k, ref)->prev;
	struct record_group group;

	assert(len == CLIENTLIST_WALK + 1);
	for (; ref; ref = link_of(k, ref)->next)
		refs[n++] = ref;
	ref = list->ref = refs[--n];
	*link_of(k, ref) = (struct record_link){ .prev = len };
	group = group_of(k, ref);
	index_add(by_group(t, k), group_hash(k, &group), ref);
	while (n--)
		put_in_group(t, k, list, refs[n]);
}

/* The list is short again. */
static void forget_groups(struct memtable *t, const struct list_key *k, const struct index_slot *list)
{
	uint32_t ref, before = 0;

	for (ref = list->ref; ref; before = ref, ref = link_of(k, ref)->next) {
		struct record_group group = group_of(k, ref);

		if (!before || !same_group(k, before, ref))
			index_remove(by_group(t, k), find_group(k, &group));
	}
}

static void add(struct memtable *t, uint32_t ref, enum record_key key)
{
	struct list_key k = list_of(t, ref, key);
	struct index_slot *list;
	uint32_t n;

	*link_of(&k, ref) = (struct record_link){ .prev = 1 };
	if (!k.id.len)
		return;
	list = find_list(&k);
	if (!list) {
		index_add(by_key(t, &k), k.hash, ref);
		return;
	}
	n = link_of(&k, list->ref)->prev;
	if (n > CLIENTLIST_WALK)
		put_in_group(t, &k, list, ref);
	else
		put_before(&k, list, list->ref, ref);
	link_of(&k, list->ref)->prev = n + 1;
	if (n == CLIENTLIST_WALK)
		make_groups(t, &k, list);
}

static void drop(struct memtable *t, uint32_t ref, enum record_key key)
{
	struct list_key k = list_of(t, ref, key);
	struct index_slot *list;
	uint32_t n;

	if (!k.id.len)
		return;
	list = find_list(&k);
	assert(list);
	n = link_of(&k, list->ref)->prev;
	if (n == 1) {
		index_remove(by_key(t, &k), list);
		return;
	}
	if (n > CLIENTLIST_WALK)
		leave_group(t, &k, ref);
	take_out(&k, list, ref);
	link_of(&k, list->ref)->prev = n - 1;
	if (n == CLIENTLIST_WALK + 1)
		forget_groups(t, &k, list);
}

/* Same key, and same group if there are groups: the new record replaces the old one in place. */
static void replace(const struct list_key *k, struct index_slot *list, uint32_t old, uint32_t new)
{
	struct record_link *link = link_of(k, new);
	uint32_t n = link_of(k, list->ref)->prev;

	*link = *link_of(k, old);
	if (link->next)
		link_of(k, link->next)->prev = new;
	if (list->ref == old)
		list->ref = new;
	else
		link_of(k, link->prev)->next = new;
	if (n > CLIENTLIST_WALK) {
		struct record_group group = group_of(k, new);
		struct index_slot *slot = find_group(k, &group);

		if (slot->ref == old)
			slot->ref = new;
	}
}

void clientlist_swap(struct memtable *t, uint32_t old, uint32_t new, enum record_key key)
{
	if (old && new) {
		struct list_key k = list_of(t, old, key);

		if (bytes_equal(k.id, record_key(memtable_record(t, new), key))) {
			struct index_slot *list = k.id.len ? find_list(&k) : NULL;

			if (!list || link_of(&k, list->ref)->prev <= CLIENTLIST_WALK || same_group(&k, old, new)) {
				if (list)
					replace(&k, list, old, new);
				return;
			}
		}
	}
	if (old)
		drop(t, old, key);
	if (new)
		add(t, new, key);
}

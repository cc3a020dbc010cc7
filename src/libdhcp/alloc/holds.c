/* SPDX-License-Identifier: MPL-2.0 */
#include "alloc/holds.h"

#include "base/fetch.h"

void holds_init(struct holds *holds, unsigned ms)
{
	holds->ms = ms;
	list_init(&holds->order);
	objpool_init(&holds->pool, sizeof(struct hold));
	objpool_init(&holds->spots, sizeof(struct spot));
}

void holds_done(struct holds *holds)
{
	objpool_done(&holds->pool);
	objpool_done(&holds->spots);
}

/* --- keys --- */

static bool is_none(const struct client_key *key)
{
	return !key->a && !key->b;
}

static struct hold **addr_chain(const struct holds *holds, const struct ip *addr)
{
	return (struct hold **)&holds->by_addr[hash_16(addr->b) % HOLD_BUCKETS];
}

static struct hold **id_chain(const struct holds *holds, const struct client_key *id)
{
	return (struct hold **)&holds->by_id[id->a % HOLD_BUCKETS];
}

static struct hold **other_chain(const struct holds *holds, const struct client_key *other)
{
	return (struct hold **)&holds->by_other[other->a % HOLD_BUCKETS];
}

/* The heads of chains of clients are read without the lock. */
static void set_link(struct hold **link, struct hold *hold)
{
	__atomic_store_n(link, hold, __ATOMIC_RELAXED);
}

static bool is_empty(struct hold *const *chain)
{
	return !__atomic_load_n(chain, __ATOMIC_RELAXED);
}

bool holds_may_have(const struct holds *holds, const struct alloc_client *client)
{
	return !(is_none(&client->id) || is_empty(id_chain(holds, &client->id))) ||
	       !(is_none(&client->other) || is_empty(other_chain(holds, &client->other)));
}

void holds_fetch_client(const struct holds *holds, const struct alloc_client *client)
{
	fetch(id_chain(holds, &client->id), 1);
	fetch(other_chain(holds, &client->other), 1);
}

void holds_fetch(const struct holds *holds, const struct ip *addr)
{
	fetch(addr_chain(holds, addr), 1);
}

bool hold_is_of(const struct hold *hold, const struct alloc_client *client)
{
	if (!is_none(&hold->client.id) && !is_none(&client->id))
		return client_key_equal(&hold->client.id, &client->id);
	return !is_none(&client->other) && client_key_equal(&hold->client.other, &client->other);
}

struct hold *holds_at(const struct holds *holds, const struct ip *addr)
{
	struct hold *hold = *addr_chain(holds, addr);

	while (hold && !ip_equal(&hold->prefix.addr, addr))
		hold = hold->next_addr;
	return hold;
}

struct hold *holds_of_other(const struct holds *holds, const struct client_key *other)
{
	struct hold *hold = is_none(other) ? NULL : *other_chain(holds, other);

	while (hold && !client_key_equal(&hold->client.other, other))
		hold = hold->next_other;
	return hold;
}

struct hold *holds_of(const struct holds *holds, const struct alloc_client *client)
{
	struct hold *hold = is_none(&client->id) ? NULL : *id_chain(holds, &client->id);

	while (hold && !client_key_equal(&hold->client.id, &client->id))
		hold = hold->next_id;
	if (hold)
		return hold;
	hold = holds_of_other(holds, &client->other);
	if (hold)
		hold = container_of(hold->ring.prev, struct hold, ring);
	return hold && hold_is_of(hold, client) ? hold : NULL;
}

static void link_keys(struct holds *holds, struct hold *hold)
{
	struct hold **chain, *oldest;

	list_init(&hold->ring);
	if (!is_none(&hold->client.id)) {
		chain = id_chain(holds, &hold->client.id);
		hold->next_id = *chain;
		set_link(chain, hold);
	}
	if (is_none(&hold->client.other))
		return;
	oldest = holds_of_other(holds, &hold->client.other);
	if (oldest) {
		list_add_tail(&oldest->ring, &hold->ring);
		return;
	}
	chain = other_chain(holds, &hold->client.other);
	hold->next_other = *chain;
	set_link(chain, hold);
}

static void unlink_other(struct holds *holds, struct hold *hold)
{
	struct hold **p = other_chain(holds, &hold->client.other),
		    *next = container_of(hold->ring.next, struct hold, ring);

	while (*p && *p != hold)
		p = &(*p)->next_other;
	/* The next one is now the oldest. */
	if (*p && next != hold) {
		next->next_other = hold->next_other;
		set_link(p, next);
	} else if (*p) {
		set_link(p, hold->next_other);
	}
	list_remove(&hold->ring);
}

static void unlink_keys(struct holds *holds, struct hold *hold)
{
	struct hold **p;

	if (!is_none(&hold->client.id)) {
		for (p = id_chain(holds, &hold->client.id); *p != hold; p = &(*p)->next_id)
			;
		set_link(p, hold->next_id);
	}
	if (!is_none(&hold->client.other))
		unlink_other(holds, hold);
}

/* --- ranges --- */

void hold_list_init(struct hold_list *list)
{
	list_init(&list->open);
	list_init(&list->firm);
}

void holds_enter(struct holds *holds, struct hold *hold, struct hold_list *list)
{
	struct spot *spot = hold->spot.list ? objpool_take(&holds->spots) : &hold->spot;

	spot->list = list;
	spot->hold = hold;
	spot->next = hold->spots;
	hold->spots = spot;
	list_add_tail(hold->client.commits ? &list->firm : &list->open, &spot->link);
}

static void leave(struct holds *holds, struct spot *spot)
{
	struct hold *hold = spot->hold;
	struct spot **p;

	for (p = &hold->spots; *p != spot; p = &(*p)->next)
		;
	*p = spot->next;
	list_remove(&spot->link);
	spot->list = NULL;
	if (spot != &hold->spot)
		objpool_give(&holds->spots, spot);
}

bool hold_is_open_in(const struct hold *hold, const struct hold_list *list)
{
	const struct spot *spot = hold->client.commits ? NULL : hold->spots;

	while (spot && spot->list != list)
		spot = spot->next;
	return spot != NULL;
}

void holds_leave_all(struct holds *holds, struct hold_list *list)
{
	while (!list_is_empty(&list->open))
		leave(holds, container_of(list->open.next, struct spot, link));
	while (!list_is_empty(&list->firm))
		leave(holds, container_of(list->firm.next, struct spot, link));
}

/* --- holds --- */

static void begin(struct holds *holds, struct hold *hold, int64_t now_ms)
{
	hold->ends_ms = now_ms + holds->ms;
	list_add_tail(&holds->order, &hold->order);
}

struct hold *holds_add(struct holds *holds, const struct prefix *prefix, const struct alloc_client *client,
		       int64_t now_ms)
{
	struct hold *hold = objpool_take(&holds->pool), **chain = addr_chain(holds, &prefix->addr);

	hold->prefix = *prefix;
	hold->client = *client;
	hold->next_addr = *chain;
	*chain = hold;
	link_keys(holds, hold);
	begin(holds, hold, now_ms);
	holds->n++;
	return hold;
}

void holds_renew(struct holds *holds, struct hold *hold, const struct alloc_client *client, int64_t now_ms)
{
	bool is_same = hold_is_of(hold, client) && hold->client.commits == client->commits;
	struct spot *spot = is_same ? NULL : hold->spots;

	list_remove(&hold->order);
	begin(holds, hold, now_ms);
	if (!client_key_equal(&hold->client.id, &client->id) ||
	    !client_key_equal(&hold->client.other, &client->other)) {
		unlink_keys(holds, hold);
		hold->client = *client;
		link_keys(holds, hold);
	}
	hold->client.commits = client->commits;
	for (; spot; spot = spot->next) {
		list_remove(&spot->link);
		list_add_tail(client->commits ? &spot->list->firm : &spot->list->open, &spot->link);
	}
}

void holds_disown(struct holds *holds, struct hold *hold)
{
	unlink_keys(holds, hold);
	hold->client = (struct alloc_client){ .commits = false };
	link_keys(holds, hold);
}

struct hold *holds_ended(const struct holds *holds, int64_t now_ms)
{
	struct hold *first = container_of(holds->order.next, struct hold, order);

	if (list_is_empty(&holds->order) || (first->ends_ms > now_ms && holds->n < HOLDS_MAX))
		return NULL;
	return first;
}

void holds_remove(struct holds *holds, struct hold *hold)
{
	struct hold **p;

	for (p = addr_chain(holds, &hold->prefix.addr); *p != hold; p = &(*p)->next_addr)
		;
	*p = hold->next_addr;
	unlink_keys(holds, hold);
	list_remove(&hold->order);
	while (hold->spots)
		leave(holds, hold->spots);
	objpool_give(&holds->pool, hold);
	holds->n--;
}

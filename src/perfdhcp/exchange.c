/* SPDX-License-Identifier: MPL-2.0 */
#include "perfdhcp/exchange.h"

#include "base/arena.h"

#define NONE UINT32_MAX

static uint32_t index_of(const struct exchanges *xs, const struct exchange *x)
{
	return (uint32_t)(x - xs->v);
}

void exchanges_init(struct exchanges *xs, uint32_t n, unsigned xid_bits)
{
	uint32_t slots;

	*xs = (struct exchanges){ .slot_bits = 8, .xid_mask = (uint32_t)((1ull << xid_bits) - 1) };
	while (xs->slot_bits + 4 < xid_bits && (1u << xs->slot_bits) < n)
		xs->slot_bits++;
	slots = 1u << xs->slot_bits;
	xs->v = xcalloc(slots, sizeof(*xs->v));
	for (uint32_t i = 0; i < slots; i++)
		xs->v[i] = (struct exchange){ .xid = i, .next = i + 1 < slots ? i + 1 : NONE };
	xs->free_last = slots - 1;
	for (unsigned q = 0; q < N_QUEUES; q++)
		xs->first[q] = xs->last[q] = NONE;
}

void exchanges_done(struct exchanges *xs)
{
	free(xs->v);
	*xs = (struct exchanges){ 0 };
}

void exchanges_rename(struct exchanges *xs, struct exchange *x)
{
	x->xid = (x->xid + (1u << xs->slot_bits)) & xs->xid_mask;
}

struct exchange *exchanges_begin(struct exchanges *xs, uint32_t client, uint64_t now_ns)
{
	struct exchange *x;

	if (xs->free_first == NONE)
		return NULL;
	x = &xs->v[xs->free_first];
	xs->free_first = x->next;
	*x = (struct exchange){ .begun_ns = now_ns, .xid = x->xid, .client = client, .queue = N_QUEUES };
	return x;
}

static void unlink_from_queue(struct exchanges *xs, struct exchange *x)
{
	if (!x->live)
		return;
	x->live = false;
	xs->waiting[x->kind]--;
	xs->total--;
	if (x->prev == NONE)
		xs->first[x->queue] = x->next;
	else
		xs->v[x->prev].next = x->next;
	if (x->next == NONE)
		xs->last[x->queue] = x->prev;
	else
		xs->v[x->next].prev = x->prev;
}

void exchanges_wait(struct exchanges *xs, struct exchange *x, enum kind kind, unsigned queue, uint64_t now_ns)
{
	uint32_t i = index_of(xs, x);

	unlink_from_queue(xs, x);
	x->live = true;
	x->sent_ns = now_ns;
	x->kind = (uint8_t)kind;
	x->queue = (uint8_t)queue;
	x->next = NONE;
	x->prev = xs->last[queue];
	if (x->prev == NONE)
		xs->first[queue] = i;
	else
		xs->v[x->prev].next = i;
	xs->last[queue] = i;
	xs->waiting[kind]++;
	xs->total++;
}

struct exchange *exchanges_find(struct exchanges *xs, uint32_t xid)
{
	struct exchange *x = &xs->v[xid & ((1u << xs->slot_bits) - 1)];

	return x->live && x->xid == xid ? x : NULL;
}

void exchanges_end(struct exchanges *xs, struct exchange *x)
{
	uint32_t i = index_of(xs, x);

	unlink_from_queue(xs, x);
	exchanges_rename(xs, x);
	x->next = NONE;
	if (xs->free_first == NONE)
		xs->free_first = i;
	else
		xs->v[xs->free_last].next = i;
	xs->free_last = i;
}

struct exchange *exchanges_oldest(struct exchanges *xs, unsigned queue)
{
	return xs->first[queue] == NONE ? NULL : &xs->v[xs->first[queue]];
}

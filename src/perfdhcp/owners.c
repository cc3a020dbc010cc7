/* SPDX-License-Identifier: MPL-2.0 */
#include "perfdhcp/owners.h"

#include "base/arena.h"
#include "base/hash.h"

#define FIRST_SIZE 4096

struct owner {
	struct ip ip;
	uint32_t client_plus_1; /* 0: free */
};

void owners_init(struct owners *o)
{
	*o = (struct owners){ .v = xcalloc(FIRST_SIZE, sizeof(*o->v)), .mask = FIRST_SIZE - 1 };
}

void owners_done(struct owners *o)
{
	free(o->v);
	*o = (struct owners){ 0 };
}

static uint64_t home(const struct owners *o, const struct ip *ip)
{
	return hash_bytes(ip->b, sizeof(ip->b), 0) & o->mask;
}

/* Returns the entry of this address, or the free one where it belongs. */
static struct owner *find(const struct owners *o, const struct ip *ip)
{
	uint64_t i = home(o, ip);

	while (o->v[i].client_plus_1 && !ip_equal(&o->v[i].ip, ip))
		i = (i + 1) & o->mask;
	return &o->v[i];
}

static void grow(struct owners *o)
{
	struct owners bigger = { .mask = 2 * o->mask + 1, .n = o->n };

	bigger.v = xcalloc(bigger.mask + 1, sizeof(*bigger.v));
	for (uint64_t i = 0; i <= o->mask; i++)
		if (o->v[i].client_plus_1)
			*find(&bigger, &o->v[i].ip) = o->v[i];
	free(o->v);
	*o = bigger;
}

bool owners_give(struct owners *o, const struct ip *ip, uint32_t client)
{
	struct owner *owner = find(o, ip);
	uint32_t before = owner->client_plus_1;

	if (!before) {
		if (2 * (o->n + 1) > o->mask) {
			grow(o);
			owner = find(o, ip);
		}
		owner->ip = *ip;
		o->n++;
	}
	owner->client_plus_1 = client + 1;
	return !before || before == client + 1;
}

/* Moves following entries up, so that no search ends too early. */
void owners_forget(struct owners *o, const struct ip *ip)
{
	struct owner *owner = find(o, ip);
	uint64_t gap, i;

	if (!owner->client_plus_1)
		return;
	o->n--;
	gap = (uint64_t)(owner - o->v);
	for (i = (gap + 1) & o->mask; o->v[i].client_plus_1; i = (i + 1) & o->mask) {
		if (((i - home(o, &o->v[i].ip)) & o->mask) < ((i - gap) & o->mask))
			continue;
		o->v[gap] = o->v[i];
		gap = i;
	}
	o->v[gap].client_plus_1 = 0;
}

/* SPDX-License-Identifier: MPL-2.0 */
/* The order of requests: compared with a simple model over random arrivals and ends. */
#include "kea-dhcp-ddns/turns.h"

#include "../suite.h"

#include <stdlib.h>

enum { N = 40, ROUNDS = 600, THINGS = 12 };

struct item {
	struct turn turns[TURNS_MAX];
	uint64_t keys[TURNS_MAX];
	unsigned n, age; /* age 0: not there */
	bool runs;
};

static struct turns turns;
static struct item items[N];
static unsigned ages;

static void on_runnable(void *ctx, void *owner)
{
	struct item *item = owner;

	(void)ctx;
	ck_assert(item->age && !item->runs);
	item->runs = true;
}

static bool shares(const struct item *a, const struct item *b)
{
	for (unsigned i = 0; i < a->n; i++)
		for (unsigned k = 0; k < b->n; k++)
			if (a->keys[i] == b->keys[k])
				return true;
	return false;
}

/* By the model: no older item concerns the same thing. */
static bool may_run(const struct item *item)
{
	for (unsigned i = 0; i < N; i++)
		if (items[i].age && items[i].age < item->age && shares(&items[i], item))
			return false;
	return true;
}

static void check_all(void)
{
	unsigned n = 0, n_runs = 0;

	for (unsigned i = 0; i < N; i++) {
		if (!items[i].age)
			continue;
		n++;
		n_runs += items[i].runs;
		ck_assert_msg(items[i].runs == may_run(&items[i]), "item %u of age %u", i, items[i].age);
		ck_assert(items[i].runs == turns_may_run(items[i].turns));
	}
	ck_assert(!n || n_runs);
}

START_TEST(random_order)
{
	srandom(1);
	turns_init(&turns);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct item *item = &items[(unsigned)random() % N];

		if (!item->age) {
			item->n = 2 + (unsigned)random() % 2;
			for (unsigned i = 0; i < item->n; i++) {
				/* Some of them share a bucket. */
				item->keys[i] = (uint64_t)random() % THINGS;
				item->keys[i] += (uint64_t)(random() % 2) * TURN_BUCKETS;
			}
			item->age = ++ages;
			turns_enter(&turns, item->turns, item->keys, item->n, item);
			item->runs = turns_may_run(item->turns);
		} else if (item->runs || random() % 8 == 0) {
			/* Also one that has not run yet, as when a reload discards it. */
			item->age = 0;
			item->runs = false;
			turns_leave(&turns, item->turns, on_runnable, NULL);
		}
		check_all();
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("turns");

	tcase_add_test(tc, random_order);
	return suite_run(tc);
}

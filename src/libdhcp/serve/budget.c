/* SPDX-License-Identifier: MPL-2.0 */
/* A table of small sets. A client's hash selects its set; in a full set the oldest entry is replaced. */
#include "serve/budget.h"

#include "base/arena.h"
#include "base/clock.h"

#include <pthread.h>

#define SETS 4096
#define WAYS 8

struct entry {
	struct client_key client;
	int64_t since_sec; /* boot time */
	unsigned n;        /* 0: the entry is free */
};

struct budget {
	pthread_mutex_t lock; /* guards sets */
	unsigned max, period_sec;
	struct entry sets[SETS][WAYS];
};

struct budget *budget_new(unsigned max, unsigned period_sec)
{
	struct budget *budget = xcalloc(1, sizeof(*budget));

	(void)pthread_mutex_init(&budget->lock, NULL);
	budget->max = max;
	budget->period_sec = period_sec;
	return budget;
}

void budget_free(struct budget *budget)
{
	if (!budget)
		return;
	(void)pthread_mutex_destroy(&budget->lock);
	free(budget);
}

/* Returns the client's entry, or the one to use for it. */
static struct entry *entry_of(struct entry *set, const struct client_key *client)
{
	struct entry *oldest = &set[0];
	unsigned i;

	for (i = 0; i < WAYS; i++) {
		if (set[i].n && set[i].client.a == client->a && set[i].client.b == client->b)
			return &set[i];
		if (!set[i].n || (oldest->n && set[i].since_sec < oldest->since_sec))
			oldest = &set[i];
	}
	return oldest;
}

/* True if the entry is the client's and its period has not ended. */
static bool is_current(const struct budget *budget, const struct entry *entry, const struct client_key *client)
{
	return entry->n && entry->client.a == client->a && entry->client.b == client->b &&
	       clock_boot_sec() - entry->since_sec < budget->period_sec;
}

unsigned budget_left(struct budget *budget, const struct client_key *client)
{
	const struct entry *entry;
	unsigned left;

	(void)pthread_mutex_lock(&budget->lock);
	entry = entry_of(budget->sets[client->a % SETS], client);
	left = is_current(budget, entry, client) ? budget->max - entry->n : budget->max;
	(void)pthread_mutex_unlock(&budget->lock);
	return left;
}

bool budget_take(struct budget *budget, const struct client_key *client)
{
	struct entry *entry;
	bool ok;

	(void)pthread_mutex_lock(&budget->lock);
	entry = entry_of(budget->sets[client->a % SETS], client);
	if (!is_current(budget, entry, client))
		*entry = (struct entry){ .client = *client, .since_sec = clock_boot_sec() };
	ok = entry->n < budget->max;
	if (ok)
		entry->n++;
	(void)pthread_mutex_unlock(&budget->lock);
	return ok;
}

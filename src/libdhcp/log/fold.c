/* SPDX-License-Identifier: MPL-2.0 */
/* A table of small sets: the hash of message and key selects the set; if it is full, its oldest entry is replaced. */
#include "log/fold.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"

#include <pthread.h>
#include <stdio.h>

enum { SETS = 512, WAYS = 8, MESSAGES = 16 };

struct entry {
	const struct log_msg *msg; /* NULL: free */
	uint64_t key;
	int64_t since_sec; /* boot time of the line that was written */
	unsigned n;        /* lines left out since then */
};

/* Keeps a message with ever new keys from filling the log. */
struct rate {
	const struct log_msg *msg;
	int64_t sec;
	unsigned n;      /* written in this second */
	unsigned n_lost; /* left out because of the rate, not reported yet */
};

struct log_fold {
	pthread_mutex_t lock; /* guards all fields */
	struct entry sets[SETS][WAYS];
	struct rate rates[MESSAGES];
};

struct log_fold *log_fold_new(void)
{
	struct log_fold *fold = xcalloc(1, sizeof(*fold));

	(void)pthread_mutex_init(&fold->lock, NULL);
	return fold;
}

void log_fold_free(struct log_fold *fold)
{
	if (!fold)
		return;
	(void)pthread_mutex_destroy(&fold->lock);
	free(fold);
}

/* Returns the entry of the key, or the one to reuse for it. */
static struct entry *entry_of(struct log_fold *fold, const struct log_msg *msg, uint64_t key)
{
	uint64_t both[2] = { (uint64_t)(uintptr_t)msg, key };
	struct entry *set = fold->sets[hash_16(both) % SETS], *oldest = &set[0];
	unsigned i;

	for (i = 0; i < WAYS; i++) {
		if (set[i].msg == msg && set[i].key == key)
			return &set[i];
		if (oldest->msg && (!set[i].msg || set[i].since_sec < oldest->since_sec))
			oldest = &set[i];
	}
	return oldest;
}

/* Messages beyond the end of the table share its last entry. */
static struct rate *rate_of(struct log_fold *fold, const struct log_msg *msg)
{
	unsigned i = 0;

	while (i < MESSAGES - 1 && fold->rates[i].msg && fold->rates[i].msg != msg)
		i++;
	fold->rates[i].msg = msg;
	return &fold->rates[i];
}

static bool is_too_many(struct rate *rate, int64_t now_sec)
{
	if (rate->sec != now_sec) {
		rate->sec = now_sec;
		rate->n = 0;
	}
	if (rate->n < FOLD_PER_SEC) {
		rate->n++;
		return false;
	}
	rate->n_lost++;
	return true;
}

static void describe(unsigned n, int64_t sec, unsigned n_lost, char text[FOLD_TEXT_MAX])
{
	int len = 0;

	text[0] = '\0';
	if (n)
		len = snprintf(text, FOLD_TEXT_MAX, " (%u more in the last %lld s)", n, (long long)sec);
	if (n_lost)
		(void)snprintf(text + len, FOLD_TEXT_MAX - (size_t)len,
			       " (more than %d lines a second: %u others with this id were left out)", FOLD_PER_SEC,
			       n_lost);
}

bool log_fold_passes(struct log_fold *fold, const struct log_msg *msg, uint64_t key, char text[FOLD_TEXT_MAX])
{
	int64_t now_sec = clock_boot_sec(), since_sec = now_sec;
	unsigned n = 0, n_lost = 0;
	struct entry *entry;
	bool passes = false;

	(void)pthread_mutex_lock(&fold->lock);
	entry = entry_of(fold, msg, key);
	if (entry->msg != msg || entry->key != key || now_sec - entry->since_sec >= FOLD_SEC) {
		struct rate *rate = rate_of(fold, msg);

		passes = !is_too_many(rate, now_sec);
		if (passes) {
			if (entry->msg == msg && entry->key == key) {
				n = entry->n;
				since_sec = entry->since_sec;
			}
			*entry = (struct entry){ .msg = msg, .key = key, .since_sec = now_sec };
			n_lost = rate->n_lost;
			rate->n_lost = 0;
		}
	} else {
		entry->n++;
	}
	(void)pthread_mutex_unlock(&fold->lock);
	if (!passes)
		return false;
	describe(n, now_sec - since_sec, n_lost, text);
	return true;
}

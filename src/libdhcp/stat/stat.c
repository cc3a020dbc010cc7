/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The list of counter blocks and the sums over it. The lock guards the list, the totals of freed blocks and the
 * reset marks; counting takes no lock.
 */
#include "stat/stat.h"
#include "stat/table.h"
#include "base/arena.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct stats *all;
static int64_t base[STAT_N]; /* totals of freed blocks minus what was reset */
static struct stat_hist_sum hist_base[STAT_HIST_N];

static void add_hists(const struct stats *stats, enum stat_hist_id id, struct stat_hist_sum *to)
{
	for (unsigned i = 0; i < STAT_HIST_BUCKETS; i++)
		to->n[i] += atomic_load_explicit(&stats->hist[id].n[i], memory_order_relaxed);
	to->sum += atomic_load_explicit(&stats->hist[id].sum, memory_order_relaxed);
}

void stat_hist_sum(enum stat_hist_id id, struct stat_hist_sum *ret)
{
	pthread_mutex_lock(&lock);
	*ret = hist_base[id];
	for (const struct stats *s = all; s; s = s->next)
		add_hists(s, id, ret);
	pthread_mutex_unlock(&lock);
}

struct stats *stats_new(void)
{
	struct stats *stats = xcalloc(1, sizeof(*stats));

	pthread_mutex_lock(&lock);
	stats->next = all;
	all = stats;
	pthread_mutex_unlock(&lock);
	return stats;
}

void stats_free(struct stats *stats)
{
	if (!stats)
		return;
	pthread_mutex_lock(&lock);
	for (struct stats **p = &all; *p; p = &(*p)->next) {
		if (*p != stats)
			continue;
		*p = stats->next;
		break;
	}
	for (int i = 0; i < STAT_N; i++)
		base[i] += atomic_load_explicit(&stats->n[i], memory_order_relaxed);
	for (unsigned i = 0; i < STAT_HIST_N; i++)
		add_hists(stats, (enum stat_hist_id)i, &hist_base[i]);
	pthread_mutex_unlock(&lock);
	free(stats);
}

static int64_t sum_locked(enum stat_id id)
{
	int64_t sum = base[id];

	for (const struct stats *s = all; s; s = s->next)
		sum += atomic_load_explicit(&s->n[id], memory_order_relaxed);
	return sum;
}

int64_t stat_sum(enum stat_id id)
{
	int64_t sum;

	pthread_mutex_lock(&lock);
	sum = sum_locked(id);
	pthread_mutex_unlock(&lock);
	return sum;
}

void stat_reset(enum stat_id id)
{
	pthread_mutex_lock(&lock);
	base[id] -= sum_locked(id);
	pthread_mutex_unlock(&lock);
}

enum stat_kind stat_kind(enum stat_id id)
{
	return stat_table[id].kind;
}

const char *stat_name(enum stat_id id, int family, char *buf, size_t size)
{
	const char *name = stat_table[id].name[family];
	size_t i;

	if (!name || strlen(name) >= size)
		return NULL;
	for (i = 0; name[i]; i++)
		buf[i] = name[i] == '#' ? (family ? '6' : '4') : name[i];
	buf[i] = '\0';
	return buf;
}

enum stat_id stat_by_name(const char *name, int family)
{
	char buf[STAT_NAME_MAX];

	for (enum stat_id id = 0; id < STAT_N; id++)
		if (stat_name(id, family, buf, sizeof(buf)) && strcmp(buf, name) == 0)
			return id;
	return STAT_N;
}

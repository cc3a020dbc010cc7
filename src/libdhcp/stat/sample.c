/* SPDX-License-Identifier: MPL-2.0 */
#include "stat/sample.h"

#include "base/arena.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

struct row {
	struct stat_sample last;   /* the newest; at_us 0: none yet */
	struct stat_sample *older; /* the others, oldest first */
	unsigned n_older, cap;
	bool is_hidden, has_limit;
	struct stat_limit limit;
};

struct stat_history {
	unsigned n;
	struct row v[];
};

static struct row *row_of(struct stat_ref ref)
{
	enum stat_id first = ref.place->key.kind == PLACE_GLOBAL ? 0 : STAT_ASSIGNED;
	struct stat_history *history = ref.place->history;

	if (!history) {
		history = xcalloc(1, sizeof(*history) + (STAT_N - first) * sizeof(history->v[0]));
		history->n = STAT_N - first;
		ref.place->history = history;
	}
	return &history->v[ref.id - first];
}

void stat_history_free(struct stat_place *place)
{
	if (!place->history)
		return;
	for (unsigned i = 0; i < place->history->n; i++)
		free(place->history->v[i].older);
	free(place->history);
	place->history = NULL;
}

static void push(struct row *row, struct stat_sample sample)
{
	if (row->n_older == row->cap) {
		row->cap = row->cap ? 2 * row->cap : 4;
		row->older = xrealloc(row->older, row->cap * sizeof(*row->older));
	}
	row->older[row->n_older++] = sample;
}

/* Discards samples beyond the limit. */
static void trim(struct row *row, const struct stat_limit *limit)
{
	unsigned max = limit->by_age ? STAT_SAMPLES_MAX : limit->n > STAT_SAMPLES_MAX ? STAT_SAMPLES_MAX : limit->n;
	unsigned keep = row->n_older, drop;

	if (keep + 1 > max)
		keep = max ? max - 1 : 0;
	if (limit->by_age) {
		int64_t oldest = clock_wall_us() - (int64_t)limit->n * 1000000;

		while (keep && row->older[row->n_older - keep].at_us < oldest)
			keep--;
	}
	drop = row->n_older - keep;
	if (!drop)
		return;
	memmove(row->older, row->older + drop, keep * sizeof(*row->older));
	row->n_older = keep;
}

unsigned stat_samples(struct stat_ref ref, const struct stat_limit *fallback)
{
	bool is_total = stat_kind(ref.id) == STAT_IS_TOTAL;
	struct row *row = row_of(ref);
	int64_t value = stat_value(ref);

	if (row->is_hidden && value == row->last.value)
		return 0;
	row->is_hidden = false;
	if (!row->last.at_us) {
		row->last = (struct stat_sample){ value, value && !is_total ? clock_wall_us() : ref.place->since_us };
	} else if (value != row->last.value) {
		push(row, row->last);
		row->last = (struct stat_sample){ value, clock_wall_us() };
	}
	trim(row, row->has_limit ? &row->limit : fallback);
	return row->n_older + 1;
}

struct stat_sample stat_sample(struct stat_ref ref, unsigned i)
{
	const struct row *row = row_of(ref);

	return i ? row->older[row->n_older - i] : row->last;
}

void stat_set_limit(struct stat_ref ref, const struct stat_limit *limit)
{
	struct row *row = row_of(ref);

	row->has_limit = true;
	row->limit = *limit;
}

void stat_restart(struct stat_ref ref)
{
	struct row *row = row_of(ref);

	(void)stat_reset_ref(ref);
	row->n_older = 0;
	row->last = (struct stat_sample){ stat_value(ref), clock_wall_us() };
}

void stat_hide(struct stat_ref ref)
{
	stat_restart(ref);
	row_of(ref)->is_hidden = true;
}

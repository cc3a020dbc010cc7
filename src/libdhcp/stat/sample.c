/* SPDX-License-Identifier: MPL-2.0 */
#include "stat/sample.h"

#include "base/arena.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

static struct stat_samples_row *row_of(struct stat_ref ref)
{
	enum stat_id first = ref.place->key.kind == PLACE_GLOBAL ? 0 : STAT_ASSIGNED;

	if (!ref.place->history)
		ref.place->history = stat_history_new(STAT_N - first);
	return &ref.place->history->v[ref.id - first];
}

static void push(struct stat_samples_row *row, struct stat_sample sample)
{
	if (row->n_older == row->cap) {
		row->cap = row->cap ? 2 * row->cap : 4;
		row->older = xrealloc(row->older, row->cap * sizeof(*row->older));
	}
	row->older[row->n_older++] = sample;
}

/* Discards samples beyond the limit. */
static void trim(struct stat_samples_row *row, const struct stat_limit *limit)
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
	struct stat_samples_row *row = row_of(ref);
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
	const struct stat_samples_row *row = row_of(ref);

	return i ? row->older[row->n_older - i] : row->last;
}

void stat_set_limit(struct stat_ref ref, const struct stat_limit *limit)
{
	struct stat_samples_row *row = row_of(ref);

	row->has_limit = true;
	row->limit = *limit;
}

void stat_restart(struct stat_ref ref)
{
	struct stat_samples_row *row = row_of(ref);

	(void)stat_reset_ref(ref);
	row->n_older = 0;
	row->last = (struct stat_sample){ stat_value(ref), clock_wall_us() };
}

void stat_hide(struct stat_ref ref)
{
	stat_restart(ref);
	row_of(ref)->is_hidden = true;
}

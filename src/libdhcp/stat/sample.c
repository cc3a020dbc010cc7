/* SPDX-License-Identifier: MPL-2.0 */
#include "stat/sample.h"

#include "base/arena.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

/*
 * Most subnets and pools of a large configuration have rows that are 0, and totals that do not change: each of these
 * has one sample, taken when the place began to count, which takes a bit. Their history is made when a row needs more.
 */
_Static_assert(STAT_N - STAT_ASSIGNED <= 32, "stat_place.was_read is too small");

static uint32_t bit_of(struct stat_ref ref)
{
	return 1u << (ref.id - STAT_ASSIGNED);
}

/* The value of such a row when it was read. */
static int64_t *unchanged(struct stat_place *place, enum stat_id id)
{
	static int64_t zero;

	zero = 0;
	return stat_kind(id) == STAT_IS_TOTAL ? &place->read_total[id - STAT_TOTAL] : &zero;
}

static bool needs_no_history(struct stat_ref ref, int64_t value)
{
	if (ref.place->history || ref.place->key.kind == PLACE_GLOBAL)
		return false;
	if (stat_kind(ref.id) != STAT_IS_TOTAL)
		return value == 0;
	return !(ref.place->was_read & bit_of(ref)) || value == *unchanged(ref.place, ref.id);
}

static struct stat_history *history_new(struct stat_place *place)
{
	enum stat_id first = stat_first_at(place);
	struct stat_history *history = stat_history_new(STAT_N - first);

	for (enum stat_id id = STAT_ASSIGNED; id < STAT_N; id++)
		if (place->was_read & bit_of((struct stat_ref){ place, id }))
			history->v[id - first].last = (struct stat_sample){ *unchanged(place, id), place->since_us };
	place->was_read = 0;
	return history;
}

static struct stat_samples_row *row_of(struct stat_ref ref)
{
	if (!ref.place->history)
		ref.place->history = history_new(ref.place);
	return &ref.place->history->v[ref.id - stat_first_at(ref.place)];
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
	int64_t value = stat_value(ref);
	struct stat_samples_row *row;

	if (needs_no_history(ref, value)) {
		ref.place->was_read |= bit_of(ref);
		*unchanged(ref.place, ref.id) = value;
		return 1;
	}
	row = row_of(ref);
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
	const struct stat_samples_row *row;

	if (!ref.place->history && ref.place->key.kind != PLACE_GLOBAL)
		return (struct stat_sample){ *unchanged(ref.place, ref.id), ref.place->since_us };
	row = row_of(ref);
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

/* SPDX-License-Identifier: MPL-2.0 */
#include "db/units.h"

/* Not before unit `from`: the calls of a work are executed in their order. */
static struct db_unit *find_unit(const struct db_units *units, size_t from, const struct db_call *call, db_fits *fits)
{
	for (size_t i = units->v.n; i-- > from;)
		if (units->v.v[i].n < DB_UNIT_MAX && fits(units, &units->v.v[i], call))
			return &units->v.v[i];
	return NULL;
}

/* Returns the index of the unit. */
static size_t place_call(struct db_units *units, size_t from, struct db_work *work, unsigned call, db_fits *fits)
{
	struct db_unit *unit = fits ? find_unit(units, from, &work->v[call], fits) : NULL;
	unsigned at = (unsigned)units->places.n;

	*vec_push(&units->places) = (struct db_place){ .work = work, .call = call, .next = DB_END };
	if (unit) {
		units->places.v[unit->last].next = at;
		unit->last = at;
		unit->n++;
	} else {
		*vec_push(&units->v) = (struct db_unit){ .first = at, .last = at, .n = 1 };
	}
	return unit ? (size_t)(unit - units->v.v) : units->v.n - 1;
}

void db_units_fill(struct db_units *units, struct db_work *first, const struct db_work *end, db_fits *fits)
{
	units->places.n = units->v.n = 0;
	for (struct db_work *work = first; work != end; work = work->next) {
		size_t from = 0;

		for (unsigned i = 0; i < work->n; i++)
			from = place_call(units, from, work, i, fits);
	}
}

void db_units_free(struct db_units *units)
{
	vec_free(&units->places);
	vec_free(&units->v);
}

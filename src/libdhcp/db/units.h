/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/vec.h"
#include "db/conn.h"

/*
 * The statements that a group is sent as. Calls that fit together become one statement, at the place of the first of
 * them: the order of different works is free.
 */
#define DB_UNIT_MAX 128   /* calls in a statement */
#define DB_END UINT32_MAX /* no place */

struct db_place { /* a call of the group */
	struct db_work *work;
	unsigned call;
	unsigned next; /* index of the next one in the same statement; DB_END: none */
};

struct db_unit {              /* a statement */
	unsigned first, last; /* indexes of places */
	unsigned n;           /* calls */
};

struct db_units {
	VEC(struct db_place) places;
	VEC(struct db_unit) v;
};

/* True if the call can be part of the unit. */
typedef bool db_fits(const struct db_units *units, const struct db_unit *unit, const struct db_call *call);

/* For the works from `first` to before `end`. If `fits` is NULL, each call is a statement. */
void db_units_fill(struct db_units *units, struct db_work *first, const struct db_work *end, db_fits *fits);
void db_units_free(struct db_units *units);

static inline struct db_call *db_place_call(const struct db_place *place)
{
	return &place->work->v[place->call];
}

static inline struct db_call *db_unit_call(const struct db_units *units, const struct db_unit *unit)
{
	return db_place_call(&units->places.v[unit->first]);
}

/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/wide.h"
#include "stat/stat.h"

#include <stdbool.h>

/*
 * Statistics of the server, of subnets and of pools. A column of table.c says which places have a row. A place
 * is identified by its kind, subnet id and pool id, not by a configuration: pools of a subnet with the same id
 * share one, and a place that a reload keeps keeps its counters. Names:
 *
 *	declined-addresses		subnet[7].pool[1].declined-addresses
 *	subnet[7].declined-addresses	subnet[7].pd-pool[2].assigned-pds
 *
 * Gauges (such as the number of assigned leases) count leases whether or not their subnet is configured. A place
 * that is not configured is out of service: it cannot be found by name, exists as long as it counts a lease, and
 * is correct when its subnet is configured again.
 *
 * Counting takes no lock and allocates nothing if the place exists. The places of a configuration do: the
 * configuration holds them (stat_place_use) from before its first request until after its last one. Only one
 * configuration is in service.
 */
struct stat_places;
struct stat_history;

struct stat_key {
	enum place_kind kind;
	uint32_t subnet_id, pool_id; /* 0 if the kind has none */
};

struct stat_place {
	struct stat_key key;
	unsigned serial;       /* of the last configuration that named it; in service if that is the latest one */
	unsigned n_users;      /* configurations, and places below */
	struct stat_place *up; /* a pool's subnet, a subnet's server; NULL */
	struct wide total[2];  /* STAT_TOTAL, STAT_TOTAL_PD */
	int64_t since_us;      /* wall clock: counts from here on */
	struct stat_history *history; /* samples of its rows, see sample.h; NULL: all are as when they were read */
	uint32_t was_read;            /* without history: rows from STAT_ASSIGNED on that were read */
	int64_t read_total[2];        /* and the values of totals then; other rows were 0 */
	_Atomic int64_t n[];          /* from STAT_ASSIGNED on */
};

struct stat_places *stat_places_new(void);
void stat_places_free(struct stat_places *places);

/* --- counting --- */

/* Adds to the row at this place and at those above that have it. Any thread. */
void stat_place_add(struct stat_place *place, enum stat_id id, int64_t n);
/* Same for an event, but for the whole server it is counted in the worker's own block. Only that worker. */
void stat_count(struct stats *own, struct stat_place *place, enum stat_id id, int64_t n);

/*
 * Returns the place of a lease, in service or not; it exists at least until stat_places_leave(*ret_pin). Any
 * thread. Locks and allocates only if there is no such place yet.
 */
struct stat_place *stat_places_enter(struct stat_places *places, const struct stat_key *key, unsigned *ret_pin);
void stat_places_leave(struct stat_places *places, unsigned pin);

/* --- configurations: one thread at a time --- */

/* A configuration that is being built uses this place. */
struct stat_place *stat_place_use(struct stat_places *places, const struct stat_key *key);
/*
 * A configuration is put into service: places that it does not enter are out of service, and count from zero if
 * they return.
 */
void stat_places_begin(struct stat_places *places);
/*
 * Enters a place of the configuration, with its number of addresses and prefixes (added up if it was entered
 * before).
 */
void stat_place_enter(struct stat_places *places, struct stat_place *place, const struct wide total[2]);
/* Another lease database is put into service: continues with the counters of the previous one. */
void stat_places_inherit(struct stat_places *places, struct stat_places *old);
/* A configuration is gone: call this once for each use. */
void stat_place_unuse(struct stat_places *places, struct stat_place *place);
/* Frees places that are unused and count no leases. */
void stat_places_sweep(struct stat_places *places);
/* Resets the gauges, because all leases will be counted again; none may change meanwhile. */
void stat_places_forget_leases(struct stat_places *places);

/* --- reading and resetting: the configuring thread --- */

/* Returns the places in service in the order of stat_each(), without the server's; the caller frees *ret. */
size_t stat_places_list(struct stat_places *places, struct stat_key **ret);
/* Returns the place if it is in service, or NULL. Valid until the next configuration. */
struct stat_place *stat_places_get(struct stat_places *places, const struct stat_key *key);

/* A row at a place in service. Valid until the next configuration. */
struct stat_ref {
	struct stat_place *place;
	enum stat_id id;
};

#define STAT_PLACE_NAME_MAX (STAT_NAME_MAX + 48)

/* Writes "subnet[7].pool[1].declined-addresses" to buf of STAT_PLACE_NAME_MAX; NULL if the family has no such row. */
const char *stat_ref_name(struct stat_ref ref, int family, char *buf);
/* The inverse; false if there is no such statistic. */
bool stat_find(struct stat_places *places, int family, const char *name, struct stat_ref *ret);
/* Writes what the names of the place begin with, "subnet[7].pool[1].", to a buf of STAT_PLACE_NAME_MAX. */
const char *stat_place_prefix(const struct stat_place *place, char *buf);
/* The first row that the place may have. */
enum stat_id stat_first_at(const struct stat_place *place);
/* A larger total becomes INT64_MAX. */
int64_t stat_value(struct stat_ref ref);
/* Writes decimal text of any size to buf of WIDE_TEXT_MAX; returns its start. */
const char *stat_value_text(struct stat_ref ref, char *buf);
/* Resets a counter to zero. False for gauges and totals, which are current values. */
bool stat_reset_ref(struct stat_ref ref);
/*
 * Visits all rows of all places in service: the server's, then subnets in order of id, each with its pools;
 * until fn returns false.
 */
void stat_each(struct stat_places *places, int family, bool (*fn)(void *ctx, struct stat_ref ref), void *ctx);
/* Number of places in memory, including those out of service. */
size_t stat_places_n(struct stat_places *places);

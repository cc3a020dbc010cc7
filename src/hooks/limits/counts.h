/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How many leases the members of each limited class have. For each lease the table remembers the classes that it is
 * counted for, so ending it needs no more than its address. Any thread, unless a function says something else.
 */
struct counts;

enum { COUNTS_CLASSES_MAX = 1000, COUNTS_PER_LEASE = 8, COUNTS_ADDR = 16 };

struct counts_key {
	unsigned char addr[COUNTS_ADDR]; /* IPv4: the first four bytes */
	bool is_prefix;
};

/* The classes that a lease is counted for. */
struct counts_classes {
	unsigned n;
	uint16_t v[COUNTS_PER_LEASE];
	uint32_t limits[COUNTS_PER_LEASE]; /* of counts_take() */
};

struct counts *counts_new(void);
void counts_free(struct counts *counts); /* NULL is fine */

/* Returns the number of a class, which stays the same; negative: there are too many. In the main thread. */
int counts_class(struct counts *counts, const char *name);
/* Returns its number, or negative: it is not limited. In the main thread. */
int counts_find_class(const struct counts *counts, const char *name);

uint32_t counts_of(struct counts *counts, unsigned class, bool of_prefixes);

/*
 * Counts a lease for these classes, unless one of them would exceed its limit: then returns the index of that one, and
 * nothing changes. Returns -1 once it is counted, with what it was counted for before; only_checks: it is not counted.
 */
int counts_take(struct counts *counts, const struct counts_key *key, const struct counts_classes *classes,
		bool only_checks, struct counts_classes *ret_before);
/* Counts it for these classes, whatever their limits; for none: the lease has ended. */
void counts_set(struct counts *counts, const struct counts_key *key, const struct counts_classes *classes);

/*
 * A recount in the main thread, while leases change. Between begin and end, counts_seen() is called for each lease that
 * is stored; what has changed meanwhile is known better.
 */
void counts_begin(struct counts *counts);
void counts_seen(struct counts *counts, const struct counts_key *key, const struct counts_classes *classes);
void counts_end(struct counts *counts);

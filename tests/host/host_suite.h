/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "host/source.h"

#include <check.h>

/* The tests that every source of reservations must pass, for sources that respond at once or late. */
struct host_kind {
	const char *name;
	/*
	 * Opens a source with these hosts, which outlive it. Those with addresses of both families are only for sources
	 * that serve both.
	 */
	struct host_source *(*open)(const struct host_kind *kind, struct arena *arena, const struct host *v,
				    unsigned n);
	size_t small_arena; /* fits a host that is found, but not 64 of them; 0: not tested */
	int number;         /* for open */
};

/* "192.0.2.1", "2001:db8:1::/56": an address has its full length. Fails the test if it is neither. */
struct prefix host_suite_prefix(const char *text);
/* Runs each test with each of the n kinds. */
void host_suite_add(TCase *tc, const struct host_kind *v, int n);

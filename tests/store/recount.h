/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/store.h"
#include "stat/place.h"

/*
 * Counts the leases of the store one by one and compares the result with the gauges, at every place in service
 * and for the whole server. No lease may change meanwhile. False: `why` describes the difference.
 */
bool recount_agrees(struct stat_places *places, struct store *store, int family, char *why, size_t size);

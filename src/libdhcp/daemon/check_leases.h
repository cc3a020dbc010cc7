/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/store.h"
#include "serve/family.h"

/*
 * Implements sanity-checks: compares the loaded leases with the configuration. Waits until its changes are
 * stored; call it before any client is served. Returns the number of leases changed or removed, or -E_SYS if the
 * store cannot be read.
 */
int check_leases_wait(struct store *store, const struct family *fam, const struct config *cfg);

/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/store.h"
#include "serve/family.h"

/*
 * sanity-checks: the leases that were loaded against the configuration that is to serve them. Waits
 * until what it changes is stored; to be called before anybody is served. Returns how many leases were
 * changed or removed, or -E_SYS when the store cannot be read.
 */
int check_leases_wait(struct store *store, const struct family *fam, const struct config *cfg);

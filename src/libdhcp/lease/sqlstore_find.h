/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/sqlstore_int.h"

/* store_find() for databases: one round trip, and a second one for clients with more than SQL_FEW leases. */
int sqlstore_find(struct store *store, struct store_find *find);

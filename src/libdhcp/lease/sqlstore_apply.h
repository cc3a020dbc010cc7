/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/sqlstore_int.h"

/* store_apply() for databases. */
int sqlstore_apply(struct store *store, struct store_txn *txn);
/* Frees what transactions used; none is pending. */
void sqlstore_apply_done(struct sqlstore *s);

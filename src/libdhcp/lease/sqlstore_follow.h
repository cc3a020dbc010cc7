/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/sqlstore_int.h"

/* Checks the schema, measures the clock and fills the index. -E_SYS with the reason. Blocks. */
int sqlstore_follow_open(struct sqlstore *s, struct str *why);
/* From now on a thread follows what other servers change. */
void sqlstore_follow_start(struct sqlstore *s);
void sqlstore_follow_stop(struct sqlstore *s);
/* store_scan() with bytes: pages by address. */
int sqlstore_follow_scan(struct sqlstore *s, struct store_scan *scan);

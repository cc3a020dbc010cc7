/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/sqlstore_int.h"

/* Opens the connection whose session holds this server's number. The rest is as in `conf`. */
void sqlstore_share_open(struct sqlstore *s, const struct db_conf *conf);
/* The first look, once there is a connection. Blocks. */
void sqlstore_share_begin(struct sqlstore *s);
/* Finds out who else is there, takes a number if this server has none, and reports changes. Blocks; one thread. */
void sqlstore_share_look(struct sqlstore *s);
/* This server's number, and how many there are. */
struct sql_share_is {
	unsigned number, n;
};
struct sql_share_is sqlstore_share_get(struct sqlstore *s);
void sqlstore_share_close(struct sqlstore *s);
/* For store_watch_share(). */
void sqlstore_share_watch(struct store *store, store_share_fn *changed, void *ctx);

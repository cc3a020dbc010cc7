/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/loop.h"
#include "lease/store.h"

/*
 * Starts kea-lfc, which cleans up what the lease file has grown to (lease/lfc.h):
 *
 *	- every lfc-interval seconds;
 *	- when the lease file holds 16 MiB and four times what the leases held now need, looked at every
 *	  5 seconds: with the one time that the cleaned file takes, disk use and the time of a start
 *	  stay in proportion to the leases, whatever their rate of change;
 *	- at the start of the server, if an earlier cleanup did not come to its end.
 *
 * An interval of 0 means never. One cleanup at a time; after one that failed, size starts the next
 * after a minute at the earliest. A cleanup outlives its server. Main thread only.
 */
struct lfc;

/* `family` is an index. */
struct lfc *lfc_new(struct loop *loop, unsigned family);
/*
 * Cleans up this store's file, if it has one, from here on; the store stays the caller's. The file of the one before,
 * if it was being moved aside, is cleaned up when it is in service again.
 */
void lfc_use(struct lfc *lfc, struct store *store);
/*
 * At the start and after each reload, after lfc_use(); with an interval that is the same the time runs on. 0 also
 * stops.
 */
void lfc_set_interval(struct lfc *lfc, uint32_t sec);
/* SIGCHLD came. */
void lfc_child_ended(struct lfc *lfc);
/* After store_close() and when the loop runs no more. NULL is fine for all of these. */
void lfc_free(struct lfc *lfc);

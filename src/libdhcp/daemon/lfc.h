/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/loop.h"
#include "lease/store.h"

/*
 * Starts kea-lfc, which cleans up a lease file that has grown (lease/lfc.h):
 *
 *	- every lfc-interval seconds;
 *	- when the lease file has reached 16 MiB and four times the size the current leases need, checked
 *	  every 5 seconds: together with the cleaned file, this keeps disk use and start time in
 *	  proportion to the number of leases, whatever their rate of change;
 *	- at the start of the server, if an earlier cleanup was interrupted.
 *
 * An interval of 0 means never. Only one cleanup runs at a time; after a failed one, file size triggers the next
 * after a minute at the earliest. A cleanup continues when its server ends. Main thread only.
 */
struct lfc;

/* `family` is an index. */
struct lfc *lfc_new(struct loop *loop, unsigned family);
/*
 * From here on, cleans up the file of this store, if it has one; the store remains the caller's. If the previous
 * store's file was just being moved aside, it is cleaned up once that store is in use again.
 */
void lfc_use(struct lfc *lfc, struct store *store);
/*
 * Call at the start and after each reload, after lfc_use(); an unchanged interval does not restart the timer. 0
 * also stops a running timer.
 */
void lfc_set_interval(struct lfc *lfc, uint32_t sec);
/* How much the next cleanups keep of what they discard (lease/archive.h), in MiB; 0: nothing. */
void lfc_set_history(struct lfc *lfc, uint32_t mib);
/* Starts a cleanup now, whatever the interval is. */
enum lfc_started { LFC_STARTED, LFC_RUNNING, LFC_NO_FILE, LFC_FAILED };
enum lfc_started lfc_start(struct lfc *lfc);
/* Call on SIGCHLD. */
void lfc_child_ended(struct lfc *lfc);
/* Call after store_close(), when the loop no longer runs. NULL is fine for all these functions. */
void lfc_free(struct lfc *lfc);

/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/load.h"

/*
 * The files that stand before the lease file, under Kea's names. The server moves its file to .1; the
 * cleanup makes one of .2 (what the last cleanup made) and .1:
 *
 *	.2 and .1            wait to be cleaned up, or are being read
 *	.output              is being written: worthless
 *	.completed           whole and synced; .2 and .1 count no more and may be gone already
 *	.2                   .completed under its final name
 *
 * So the leases are in .completed if there is one, else in .2 and then .1; the lease file comes last.
 */
#define LEFTOVER_PREVIOUS ".2"
#define LEFTOVER_COPY ".1"
#define LEFTOVER_FINISH ".completed"

struct leftover {
	unsigned n;
	struct load_source v[2]; /* in the order in which they count */
	char *names[2], *bad_path;
};

/*
 * Open what counts now. A cleanup may be at work: what was opened belongs together, and stays
 * readable when it is removed. Bad rows will be kept in PATH.bad.
 */
int leftover_open(const char *path, struct leftover *ret, char **reterr);
void leftover_close(struct leftover *leftover);
/* Whether a cleanup has something to begin or to finish; then the lease file must stay. */
bool leftover_is_pending(const char *path);

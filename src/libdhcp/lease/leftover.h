/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/load.h"

/*
 * The files that precede the lease file, with Kea's names. The server renames its file to .1; the cleanup merges
 * .2 (the result of the last cleanup) and .1:
 *
 *	.2 and .1            waiting for the cleanup, or being read by it
 *	.output              being written: ignored
 *	.completed           complete and synced; .2 and .1 are ignored and may be gone already
 *	.2                   .completed under its final name
 *
 * So the leases are in .completed if it exists, otherwise in .2 and then .1; the lease file comes last.
 */
#define LEFTOVER_PREVIOUS ".2"
#define LEFTOVER_COPY ".1"
#define LEFTOVER_FINISH ".completed"

struct leftover {
	unsigned n;
	struct load_source v[2]; /* in the order in which they apply */
	char *names[2], *bad_path;
};

/*
 * Opens the files that apply now. A cleanup may be running: the opened files are consistent with each other and
 * stay readable after it removes them. Bad rows will be kept in PATH.bad.
 */
int leftover_open(const char *path, struct leftover *ret, char **reterr);
void leftover_close(struct leftover *leftover);
/* True if a cleanup is due or unfinished; the lease file must then not be renamed. */
bool leftover_is_pending(const char *path);

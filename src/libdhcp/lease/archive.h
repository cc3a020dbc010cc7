/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/lfc.h"
#include "lease/load.h"

#include <stddef.h>

/*
 * The history of a lease file: what a cleanup would discard. Each file of changes that it has merged is kept beside the
 * lease file, compressed with zlib if that is linked, as
 *
 *	FILE.history.20261130-124501.123456789.gz
 *
 * by the time (UTC) of the last change in it, so the names are in the order of the changes. The oldest ones are removed
 * while all of them together are larger than a limit. The cleanup writes them, never a server; tenure.h reads them.
 */
#define ARCHIVE_SUFFIX ".history."

/*
 * Adds the file of changes `copy` (FILE.1) and removes the oldest ones beyond max_bytes. To be called before the
 * cleanup removes `copy`; if it is interrupted and called again, the file is not added twice. Nothing happens if there
 * is no such file. On failure *reterr (malloc'd) gives the reason.
 */
int archive_add(const char *copy, uint64_t max_bytes, const struct lfc_sys *sys, char **reterr);

/* The files of a history, the oldest first. */
struct archives {
	char **paths;
	size_t n;
};
/* `path` is the lease file. -E_SYS with *reterr if its directory cannot be read. */
int archives_find(const char *path, struct archives *ret, char **reterr);
/* True if both have the same files. */
bool archives_equal(const struct archives *a, const struct archives *b);
void archives_free(struct archives *archives);

/*
 * Reads one of them as a source for load_source(): `source` reads from it until archive_close(). A file that is cut
 * short or damaged ends there, and archive_is_damaged() is true then.
 */
struct archive;
/* NULL with *reterr (malloc'd); without it (NULL) if the file does not exist: a cleanup has removed it. */
struct archive *archive_open(const char *path, struct load_source *ret, char **reterr);
bool archive_is_damaged(const struct archive *archive);
void archive_close(struct archive *archive);

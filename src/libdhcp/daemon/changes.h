/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"
#include "root/config.h"

/*
 * "persist-changes": what commands change in the configuration, in a file next to the configuration file, FILE.changes.
 * Each change is a line that is synced before the command responds; they are made again whenever the file is loaded,
 * until config-write makes them part of it. The first line names the file's content by a hash: after somebody has
 * edited the file, its changes are not used, but kept as FILE.changes.dropped.
 *
 *	loaded = changes_replay(&changes, cfg, diag, ...);	after the file was read
 *	changes_use(&changes);					loaded is in service
 *	changes_add(&changes, before, after, &why);		a command
 *
 * Main thread; waits for the disk.
 */
#define CHANGES_HASH_MAX 65
#define CHANGES_SIZE_MAX (256 << 20) /* bytes; further changes are rejected until config-write */

enum changes_state {
	CHANGES_NONE,
	CHANGES_MADE,   /* they are part of the configuration */
	CHANGES_FOLDED, /* config-write has written them to the file */
	CHANGES_STALE,  /* the configuration file was edited since */
	CHANGES_BAD,    /* they cannot be made again */
};

/* The configuration file and its changes. */
struct changes_base {
	char hash[CHANGES_HASH_MAX];
	enum changes_state state;
	int64_t size; /* of the file with the changes */
};

struct changes {
	unsigned family; /* index */
	const char *config_file;
	char *path;
	struct changes_base base; /* of the configuration in service */
	struct changes_base next; /* of the file loaded last */
	bool is_behind;           /* there were changes that were not stored */
	int64_t undo_size;        /* before the last change */
	bool undo_is_behind;
};

/* config_file is borrowed. */
void changes_init(struct changes *c, unsigned family, const char *config_file);
void changes_done(struct changes *c);

/*
 * Makes the changes in a configuration that was read from the file; takes cfg and returns the result, which is cfg
 * itself if there are none that can be used. diag has the file's texts; flags as for loading it.
 */
struct config *changes_replay(struct changes *c, struct config *cfg, const struct diag *diag, unsigned flags);
/*
 * What changes_replay() returned is in service now; logs what became of the changes and, if further ones are to be
 * stored, whether they cannot be.
 */
void changes_use(struct changes *c, bool stores);

/* There will be a change that is not stored. */
void changes_skip(struct changes *c);
/* Stores a change. On failure returns false, with the reason added to why, and nothing is stored. */
bool changes_add(struct changes *c, struct config_text *before, struct config_text *after, struct str *why);
/* The last change, stored or not, was not made after all. */
void changes_undo(struct changes *c);

/*
 * The configuration file is about to be replaced by this text, which includes all changes; then changes_folded() says
 * whether it was.
 */
bool changes_fold(struct changes *c, const char *text, size_t len, struct str *why);
void changes_folded(struct changes *c, bool is_written);

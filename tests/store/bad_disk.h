/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/journal.h"
#include "lease/lfc.h"

#include <stdatomic.h>

/* System calls of the journal and the cleanup that fail when a test says so. Any thread may call any function. */
extern const struct journal_sys bad_disk;
extern const struct lfc_sys bad_disk_lfc;

enum disk_call { DISK_WRITE, DISK_FDATASYNC, DISK_FSYNC, DISK_FTRUNCATE, DISK_RENAME, DISK_CALLS };

/*
 * Calls `at` to `at + n - 1` of this kind fail, counted from now: 1 is the next. There is one errno for all kinds. On a
 * full disk a failing write writes half of the data.
 */
void disk_break(enum disk_call call, unsigned at, unsigned n, int err);
void disk_mend(enum disk_call call);
void disk_mend_all(void);

/*
 * The n-th call from now, of whatever kind, fails with this errno; with 0 it kills the process instead. Returns how
 * many calls the previous one was still waiting for; n = 0 cancels it.
 */
unsigned disk_stop_at(unsigned n, int err);

/* fdatasync waits until it is released; disk_wait_held() returns once one does. */
void disk_hold_syncs(void);
void disk_wait_held(void);
void disk_release_syncs(void);

extern _Atomic size_t disk_max_write;     /* a write accepts at most this many bytes; 0 = all */
extern atomic_bool disk_tears_all_writes; /* a failing write writes half of the data, whatever the errno */

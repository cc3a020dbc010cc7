/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"
#include "root/config_text.h"

/*
 * The configurations that were in service before the current one, since the start: of each, what its text has instead
 * of that of the next one. Main thread.
 */
#define HISTORY_MAX 10

struct history {
	struct {
		size_t begin, end; /* equal bytes at both ends of the texts */
		char *text;        /* between them */
		size_t len;
	} v[HISTORY_MAX]; /* newest first */
	unsigned n;
};

/* Notes that a configuration replaces another one. */
void history_add(struct history *h, struct config_text *before, struct config_text *after);
/* Appends the text of the one that was in service that many changes ago, 1 to h->n. */
void history_get(const struct history *h, struct config_text *current, unsigned ago, struct str *ret);
void history_done(struct history *h);

/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <kea/hooks.h>

#include <stdbool.h>

/*
 * What is logged about a lease unless the configuration has expressions for it: the sentences of Kea, so that what
 * reads its files reads these.
 */

/* Text that is cut where its memory ends. */
struct text {
	char *buf; /* size bytes; always ends with NUL */
	size_t len, size;
};

void text_add(struct text *text, const char *fmt, ...) KEA_PRINTF(2, 3);

/* Appends the sentence: the lease was assigned to the client of the call, or has ended. In the thread of the call. */
void sentence_add(struct text *text, struct kea_call *call, const struct kea_object *lease, bool has_ended);
/* Appends "1 days 2 hrs 3 mins 4 secs", or "infinite duration". */
void sentence_add_duration(struct text *text, int64_t seconds);

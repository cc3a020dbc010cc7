/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease_query/bulk_run.h"

/*
 * An active query in progress (RFC 7724, RFC 7653): changes of leases as they are made, read from the server's ring at
 * a position of its own, so it needs no memory for those that its requester has not read. With a start time it begins
 * with a walk over the leases that changed since then, between whose pages it reads changes: what is sent last for an
 * address is its newest state. Main thread.
 */
struct stream {
	struct bulk_run *run; /* its walk is what is caught up */
	struct kea_feed *feed;
	bool catches_up;
	bool has_more; /* changes, for which there was no room */
};

/*
 * Takes the run, and adds the first message. fn is called when there are changes. NULL: out of memory, or the server
 * has no changes to read.
 */
struct stream *stream_new(const struct bulk_family *family, struct bulk_run *run, struct out *out, kea_feed_fn *fn,
			  void *context);
void stream_free(struct stream *stream); /* NULL is fine */
/* Adds changes as long as there is room. False: some were lost. Not while a page was found and not sent. */
bool stream_fill(struct stream *stream, const struct bulk_family *family, struct out *out);
/* All leases of the walk were sent. */
void stream_caught_up(struct stream *stream, const struct bulk_family *family, struct out *out);

/*
 * Notes which changes can no longer be found in the lease database, from now on, with a configuration that keeps leases
 * hold_sec after their end.
 */
void stream_note(struct lease_query *self, int64_t hold_sec);

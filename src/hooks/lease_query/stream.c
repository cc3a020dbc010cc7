/* SPDX-License-Identifier: MPL-2.0 */
#include "lease_query/stream.h"

#include "lease_query/answer.h"

#include <stdlib.h>
#include <time.h>

/*
 * What is known of leases that the database no longer has: main thread, of all instances, because a reload loads the
 * library again. Changes up to this time, s since 1970, may be missing in it.
 */
static int64_t missing_until;
static int64_t hold_sec = -1; /* leases that ended stay in the database for so long; -1: not known yet */

/* --- what can be caught up --------------------------------------------------------------------------------------- */

static void on_change(struct kea_feed *feed, void *context)
{
	const struct kea_object *lease;
	enum kea_change change;
	int is_removed;
	uint64_t lost;

	(void)context;
	do {
		lease = kea->feed_next(feed, &change, &is_removed, &lost);
		/* A walk does not find its end. */
		if (lost || (lease && is_removed))
			missing_until = time(NULL);
	} while (lease);
}

void stream_note(struct lease_query *self, int64_t new_hold_sec)
{
	int64_t gone = time(NULL) - hold_sec;

	/* What a longer time would have kept is gone already. */
	if (hold_sec >= 0 && new_hold_sec > hold_sec && gone > missing_until)
		missing_until = gone;
	hold_sec = new_hold_sec;
	if (!self->deletions)
		self->deletions = kea->feed(self->lib, on_change, NULL);
}

static bool is_missing(const struct bulk_run *run)
{
	if (run->self->deletions)
		on_change(run->self->deletions, NULL);
	return run->query.start <= missing_until || run->query.start < time(NULL) - hold_sec;
}

/* --- a stream ---------------------------------------------------------------------------------------------------- */

struct stream *stream_new(const struct bulk_family *family, struct bulk_run *run, struct out *out, kea_feed_fn *fn,
			  void *context)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	bool misses;

	if (stream)
		stream->feed = kea->feed(run->self->lib, fn, context);
	if (!stream || !stream->feed) {
		bulk_run_free(run);
		free(stream);
		return NULL;
	}
	misses = run->query.has_start && is_missing(run);
	stream->run = run;
	stream->catches_up = run->query.has_start && !misses;
	/* An end of what never ends: RFC 7724 has none. */
	run->query.has_end = false;
	if (misses)
		family->add_status(out, run, BULK_DATA_MISSING, "not all changes since that time are known");
	else
		family->add_status(out, run, BULK_CONNECTION_ACTIVE, NULL);
	run->has_begun = true;
	return stream;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	kea->feed_free(stream->feed);
	bulk_run_free(stream->run);
	free(stream);
}

bool stream_fill(struct stream *stream, const struct bulk_family *family, struct out *out)
{
	struct bulk_run *run = stream->run;
	const struct kea_object *lease;
	enum kea_change change;
	int is_removed;
	uint64_t lost;

	bulk_run_follow(run);
	while (bulk_has_room(out)) {
		lease = kea->feed_next(stream->feed, &change, &is_removed, &lost);
		if (lost)
			return false;
		stream->has_more = lease != NULL;
		if (!lease)
			return true;
		if (!bulk_run_is_about(run, lease))
			continue;
		family->add_lease(out, run, lease, change);
		run->n_sent++;
		kea->stat_add(run->self->stats[LQ_CHANGES_SENT], 1);
	}
	stream->has_more = true;
	return true;
}

void stream_caught_up(struct stream *stream, const struct bulk_family *family, struct out *out)
{
	stream->catches_up = false;
	family->add_status(out, stream->run, BULK_CAUGHT_UP, "these were the changes since that time");
}

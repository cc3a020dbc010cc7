/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Changes of leases for libraries: the feed that command `events` reads, of which a library sees the records about
 * leases, each reader at its own position.
 */
#include "api/api.h"

#include "api/api_int.h"
#include "serve/feed_readers.h"
#include "serve/service.h"

static struct feed_readers *the_readers;

struct kea_feed {
	struct hook_owned owned;
	struct kea_library *lib;
	kea_feed_fn *fn;
	void *context;
	struct feed_reader reader;
	uint64_t next;
	/* what the last call of api_feed_next() returned */
	struct feed_record rec;
	char texts[FEED_TEXTS];
	struct lease lease;
	struct kea_object object;
	struct hook_call hook; /* a call of no point, for its configuration */
	struct kea_call call;
};

static const enum kea_change changes[FEED_N] = {
	[FEED_LEASE_GRANTED] = KEA_CHANGE_GRANTED,   [FEED_LEASE_RENEWED] = KEA_CHANGE_RENEWED,
	[FEED_LEASE_RELEASED] = KEA_CHANGE_RELEASED, [FEED_LEASE_DECLINED] = KEA_CHANGE_DECLINED,
	[FEED_LEASE_EXPIRED] = KEA_CHANGE_EXPIRED,   [FEED_LEASE_REGISTERED] = KEA_CHANGE_REGISTERED,
	[FEED_LEASE_ADDED] = KEA_CHANGE_ADDED,       [FEED_LEASE_UPDATED] = KEA_CHANGE_UPDATED,
	[FEED_LEASE_DELETED] = KEA_CHANGE_DELETED,
};

void api_use_feed(struct feed_readers *readers)
{
	the_readers = readers;
}

static int run(void *arg)
{
	struct kea_feed *feed = arg;

	feed->fn(feed, feed->context);
	return 0;
}

static void ready(struct feed_reader *reader)
{
	struct kea_feed *feed = container_of(reader, struct kea_feed, reader);
	struct kea_library *lib = feed->lib;
	int result;

	/* The function may free the feed, and end the last use of the library. */
	hook_library_ref(lib);
	(void)hook_enter(lib, "changes of leases", run, feed, &result);
	hook_library_unref(lib);
}

void api_feed_free(struct kea_feed *feed)
{
	if (!feed)
		return;
	feed_readers_leave(the_readers, &feed->reader);
	list_remove(&feed->owned.link);
	free(feed);
}

static void end(struct hook_owned *owned)
{
	api_feed_free(container_of(owned, struct kea_feed, owned));
}

struct kea_feed *api_feed(struct kea_library *lib, kea_feed_fn *fn, void *context)
{
	struct kea_feed *feed;
	uint64_t first;

	if (!the_readers || lib->is_check)
		return NULL;
	feed = xcalloc(1, sizeof(*feed));
	feed->owned.end = end;
	feed->lib = lib;
	feed->fn = fn;
	feed->context = context;
	feed->reader.ready = ready;
	feed->hook.digit = lib->digit;
	feed->call.hook = &feed->hook;
	feed->object = (struct kea_object){
		.kind = KEA_OBJECT_LEASE, .role = KEA_ARG_OLD_LEASE, .at = &feed->lease, .call = &feed->call
	};
	feed_readers_join(the_readers, &feed->reader);
	feed_span(feed_readers_feed(the_readers), &first, &feed->next);
	list_add_tail(&lib->owned, &feed->owned.link);
	return feed;
}

const struct kea_object *api_feed_next(struct kea_feed *feed, enum kea_change *ret_change, int *ret_removed,
				       uint64_t *ret_lost)
{
	uint64_t lost;
	bool has;

	*ret_lost = 0;
	do {
		has = feed_read(feed_readers_feed(the_readers), &feed->next, &feed->rec, &lost);
		*ret_lost += lost;
	} while (has && !changes[feed->rec.kind]);
	if (!has)
		return NULL;
	feed->lease = feed_record_lease(&feed->rec, feed->texts);
	feed->hook.cfg = api_config_in_service();
	*ret_change = changes[feed->rec.kind];
	*ret_removed = feed->rec.is_removed;
	return &feed->object;
}

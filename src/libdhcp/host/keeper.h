/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "host/source.h"

/*
 * Keeps what a source of reservations found for clients, and that it found nothing, until it is removed or there is no
 * more room: Kea's library host_cache. What the source has in the configuration file is not kept, because it is there
 * at once. In contrast to host_cache it is for all messages, its entries are hosts, and commands read and change them.
 *
 *	struct host_keeper *keeper = host_keeper_new(hosts, 1000);
 *	err = host_find(host_keeper_source(keeper), &find);
 *
 * A client's reservation is found without the source, unless one of its identifiers that comes before has not been
 * looked up yet. Lookups by address or prefix still ask the source, and add what is kept: it may have been inserted.
 * Other queries are the source's. Any thread; the lock is held for a lookup.
 */
struct host_keeper;

/*
 * The source responds once to a find. Keeps at most max entries; 0: any number, but of those that say that there is no
 * host, HOST_KEEPER_NEGATIVE_MAX.
 */
struct host_keeper *host_keeper_new(struct host_source *source, uint32_t max);
#define HOST_KEEPER_NEGATIVE_MAX 65536u
/* After the source, which it does not close. NULL is fine. */
void host_keeper_free(struct host_keeper *keeper);
struct host_source *host_keeper_source(struct host_keeper *keeper);

/* Keeps a copy of the host, or that there is none with this identifier and subnet. True: it replaced an entry. */
bool host_keeper_insert(struct host_keeper *keeper, const struct host *host, bool is_negative);
/* Forgets an entry: before a change of the host, and after it. False if there is none. */
bool host_keeper_remove(struct host_keeper *keeper, uint32_t subnet_id, const struct host_id *id);
/* The same for a host with this address, or with a prefix that begins there. */
bool host_keeper_remove_at(struct host_keeper *keeper, uint32_t subnet_id, const struct ip *addr);
/* Forgets the n oldest entries; returns how many. */
size_t host_keeper_flush(struct host_keeper *keeper, size_t n);
size_t host_keeper_size(struct host_keeper *keeper);

struct host_kept {
	const struct host *host; /* with texts; of a negative entry only identifier and subnet */
	bool is_negative;
};
/*
 * Copies the entries, from the oldest to the newest, to the arena, which has no cap. Returns how many. id: only those
 * with this identifier; NULL: all.
 */
size_t host_keeper_read(struct host_keeper *keeper, const struct host_id *id, struct arena *arena,
			struct host_kept **ret);

/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/lease.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The feed: what happens in the server, for the subscribers of command `events`. Any thread adds records to a ring of
 * fixed size; the main thread reads them, each reader at its own pace. Records have ascending numbers, so a reader can
 * resume, and one that is too slow knows how many it has lost. Nobody waits for a reader: the lock is held while one
 * record is copied, and while nobody subscribes, adding a record is one relaxed load.
 *
 *	if (feed_is_on(feed))
 *		feed_lease(feed, FEED_LEASE_GRANTED, lease);
 *
 * Numbers begin with the time in microseconds at which the feed is switched on, so they are higher than any before,
 * also after a restart of the server, and fit in a double.
 */
enum feed_kind {
	FEED_NONE,
	FEED_LEASE_GRANTED,
	FEED_LEASE_RENEWED,
	FEED_LEASE_RELEASED,
	FEED_LEASE_DECLINED,
	FEED_LEASE_EXPIRED,
	FEED_LEASE_REGISTERED,
	FEED_LEASE_ADDED,
	FEED_LEASE_UPDATED,
	FEED_LEASE_DELETED,
	FEED_RELOAD,
	FEED_INTERFACE,
	FEED_RATES,
	FEED_N
};

struct feed_row {
	const char *name; /* "lease-granted" */
	bool has_lease;
	const char *doc;
};
extern const struct feed_row feed_rows[FEED_N];

#define FEED_TEXT_MAX 512
#define FEED_CONTEXT_MAX 1024
#define FEED_TEXTS (LEASE_HOSTNAME_MAX + FEED_CONTEXT_MAX + 2)
#define FEED_RATES_MAX 24

/* A record as it is in the ring; only `len` bytes of data are. Fields that do not apply are 0. */
struct feed_record {
	uint64_t number;
	int64_t wall_us;
	enum feed_kind kind;
	bool ok; /* RELOAD: the configuration is in service; INTERFACE: it is served */
	/* of a lease */
	enum lease_type type;
	struct ip addr;
	uint8_t prefix_len, hwtype, n_hwaddr, n_id, n_hostname;
	uint8_t state; /* enum lease_state */
	uint16_t hwsource, n_context;
	bool fqdn_fwd, fqdn_rev, is_removed;
	uint32_t subnet_id, pool_id, iaid, valid, preferred;
	int64_t cltt, expires;
	/* RATES */
	int64_t ms; /* that the numbers are for */
	int64_t received, sent;
	uint16_t n_rates; /* numbers in data: int64_t each */
	uint16_t len;     /* of data */
	/* hardware address, client id, host name, user-context; or numbers; or text, without a NUL */
	uint8_t data[LEASE_HWADDR_MAX + LEASE_ID_MAX + LEASE_HOSTNAME_MAX + FEED_CONTEXT_MAX];
};

struct feed;

struct feed *feed_new(void);
/* No thread may add records any longer. NULL is fine. */
void feed_free(struct feed *feed);

/* Switches recording on or off; what was recorded before is discarded when it is switched on. Main thread. */
void feed_switch(struct feed *feed, bool is_on);
/*
 * Sets what is called, from any thread, when a record was added and wake() was not called since feed_rearm(). Set it
 * before the feed is switched on.
 */
void feed_on_record(struct feed *feed, void (*wake)(void *ctx), void *ctx);
void feed_rearm(struct feed *feed);

/* Private but for feed_is_on(). */
struct feed_switch {
	atomic_bool is_on;
};
/* NULL: it is off. Any thread. */
static inline bool feed_is_on(const struct feed *feed)
{
	return feed && atomic_load_explicit(&((const struct feed_switch *)feed)->is_on, memory_order_relaxed);
}

/*
 * Add a record; do nothing while the feed is off. Any thread. A lease that ends is as it was before, with its client;
 * is_removed: it is no longer stored.
 */
void feed_lease(struct feed *feed, enum feed_kind kind, const struct lease *lease, bool is_removed);
void feed_text(struct feed *feed, enum feed_kind kind, bool ok, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* v: n numbers, at most FEED_RATES_MAX. */
void feed_rates(struct feed *feed, int64_t ms, int64_t received, int64_t sent, const int64_t *v, unsigned n);

/*
 * Returns the lease of a record. Its bytes are those of the record; texts: FEED_TEXTS bytes for its host name and its
 * user-context, which is NULL if it is longer than FEED_CONTEXT_MAX.
 */
struct lease feed_record_lease(const struct feed_record *rec, char *texts);

/* The numbers of the oldest record and of the next one. */
void feed_span(struct feed *feed, uint64_t *ret_first, uint64_t *ret_next);
/*
 * Reads the record with number *next, or the oldest one after it, and sets *next to the number that follows. Returns
 * false if there is none yet. *ret_lost is the number of records that were skipped because they are gone.
 */
bool feed_read(struct feed *feed, uint64_t *next, struct feed_record *ret, uint64_t *ret_lost);

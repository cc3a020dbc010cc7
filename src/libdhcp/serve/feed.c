/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/feed.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS (1u << 14) /* in the ring */
#define BYTES (2u << 20)
#define HEAD offsetof(struct feed_record, data)

const struct feed_row feed_rows[FEED_N] = {
	[FEED_LEASE_GRANTED] = { "lease-granted", true, "a client got a lease that it did not have before" },
	[FEED_LEASE_RENEWED] = { "lease-renewed", true, "a client renewed its lease, or confirmed it" },
	[FEED_LEASE_RELEASED] = { "lease-released", true, "a client released its lease" },
	[FEED_LEASE_DECLINED] = { "lease-declined", true,
				  "a client declined its address, or a ping was answered from it: another host uses "
				  "it" },
	[FEED_LEASE_EXPIRED] = { "lease-expired", true, "a lease expired and was reclaimed" },
	[FEED_LEASE_REGISTERED] = { "lease-registered", true, "a client registered its address (RFC 9686)" },
	[FEED_LEASE_ADDED] = { "lease-added", true, "a command added a lease" },
	[FEED_LEASE_UPDATED] = { "lease-updated", true, "a command changed a lease" },
	[FEED_LEASE_DELETED] = { "lease-deleted", true,
				 "a lease was deleted by a command, or because no pool contains it" },
	[FEED_RELOAD] = { "reload", false, "the configuration was loaded again" },
	[FEED_INTERFACE] = { "interface", false, "an interface or address is served, or no longer is" },
	[FEED_RATES] = { "rates", false, "messages since the last such event, and those dropped, by the reason" },
};

struct feed {
	struct feed_switch on; /* first: feed_is_on() */
	void (*wake)(void *ctx);
	void *wake_ctx;
	pthread_mutex_t lock; /* guards what follows, while one record is copied */
	bool is_woken;        /* wake() was called since feed_rearm() */
	uint64_t first, next; /* numbers: the oldest record, the next one */
	uint64_t end;         /* bytes ever written */
	uint64_t at[RECORDS]; /* where record `number % RECORDS` begins, as a count of bytes ever written */
	uint8_t bytes[BYTES];
};

struct feed *feed_new(void)
{
	struct feed *feed = xcalloc(1, sizeof(*feed));

	atomic_init(&feed->on.is_on, false);
	(void)pthread_mutex_init(&feed->lock, NULL);
	return feed;
}

void feed_free(struct feed *feed)
{
	if (!feed)
		return;
	(void)pthread_mutex_destroy(&feed->lock);
	free(feed);
}

void feed_switch(struct feed *feed, bool is_on)
{
	uint64_t now_us = (uint64_t)clock_wall_us();

	(void)pthread_mutex_lock(&feed->lock);
	if (is_on) {
		if (feed->next < now_us)
			feed->next = now_us;
		feed->first = feed->next;
		feed->is_woken = false;
	}
	(void)pthread_mutex_unlock(&feed->lock);
	atomic_store_explicit(&feed->on.is_on, is_on, memory_order_relaxed);
}

void feed_on_record(struct feed *feed, void (*wake)(void *ctx), void *ctx)
{
	feed->wake = wake;
	feed->wake_ctx = ctx;
}

void feed_rearm(struct feed *feed)
{
	(void)pthread_mutex_lock(&feed->lock);
	feed->is_woken = false;
	(void)pthread_mutex_unlock(&feed->lock);
}

/* --- the ring --- */

static void put(struct feed *feed, const void *data, size_t len)
{
	size_t at = feed->end % BYTES, n = BYTES - at < len ? BYTES - at : len;

	memcpy(feed->bytes + at, data, n);
	memcpy(feed->bytes, (const uint8_t *)data + n, len - n);
	feed->end += len;
}

static void get(const struct feed *feed, uint64_t from, void *data, size_t len)
{
	size_t at = from % BYTES, n = BYTES - at < len ? BYTES - at : len;

	memcpy(data, feed->bytes + at, n);
	memcpy((uint8_t *)data + n, feed->bytes, len - n);
}

static void add(struct feed *feed, struct feed_record *rec)
{
	size_t len = HEAD + rec->len;
	bool wakes;

	rec->wall_us = clock_wall_us();
	(void)pthread_mutex_lock(&feed->lock);
	while (feed->first < feed->next &&
	       (feed->next - feed->first == RECORDS || feed->end + len - feed->at[feed->first % RECORDS] > BYTES))
		feed->first++;
	rec->number = feed->next;
	feed->at[feed->next++ % RECORDS] = feed->end;
	put(feed, rec, len);
	wakes = !feed->is_woken;
	feed->is_woken = true;
	(void)pthread_mutex_unlock(&feed->lock);
	if (wakes && feed->wake)
		feed->wake(feed->wake_ctx);
}

void feed_span(struct feed *feed, uint64_t *ret_first, uint64_t *ret_next)
{
	(void)pthread_mutex_lock(&feed->lock);
	*ret_first = feed->first;
	*ret_next = feed->next;
	(void)pthread_mutex_unlock(&feed->lock);
}

bool feed_read(struct feed *feed, uint64_t *next, struct feed_record *ret, uint64_t *ret_lost)
{
	bool has;

	(void)pthread_mutex_lock(&feed->lock);
	*ret_lost = *next < feed->first ? feed->first - *next : 0;
	*next += *ret_lost;
	has = *next < feed->next;
	if (has) {
		uint64_t at = feed->at[*next % RECORDS];

		get(feed, at, ret, HEAD);
		get(feed, at + HEAD, ret->data, ret->len);
		++*next;
	}
	(void)pthread_mutex_unlock(&feed->lock);
	return has;
}

/* --- records --- */

static void begin(struct feed_record *rec, enum feed_kind kind)
{
	memset(rec, 0, HEAD);
	rec->kind = kind;
}

static uint16_t add_bytes(struct feed_record *rec, const void *data, size_t len, size_t max)
{
	if (len > max)
		len = max;
	if (len)
		memcpy(rec->data + rec->len, data, len);
	rec->len += (uint16_t)len;
	return (uint16_t)len;
}

void feed_lease(struct feed *feed, enum feed_kind kind, const struct lease *lease, bool is_removed)
{
	const char *hostname = lease->hostname ? lease->hostname : "";
	const char *context = lease->user_context ? lease->user_context : "";
	size_t n_context = strlen(context);
	struct feed_record rec;

	if (!feed_is_on(feed))
		return;
	begin(&rec, kind);
	rec.is_removed = is_removed;
	rec.type = lease->type;
	rec.addr = lease->addr;
	rec.prefix_len = lease->prefix_len;
	rec.subnet_id = lease->subnet_id;
	rec.pool_id = lease->pool_id;
	rec.iaid = lease->iaid;
	rec.valid = lease->valid;
	rec.preferred = lease->preferred;
	rec.state = (uint8_t)lease->state;
	rec.cltt = lease->cltt;
	rec.expires = lease->expires;
	rec.hwtype = lease->hwtype;
	rec.hwsource = lease->hwsource;
	rec.fqdn_fwd = lease->fqdn_fwd;
	rec.fqdn_rev = lease->fqdn_rev;
	rec.n_hwaddr = (uint8_t)add_bytes(&rec, lease->hwaddr.data, lease->hwaddr.len, LEASE_HWADDR_MAX);
	rec.n_id = (uint8_t)add_bytes(&rec, lease->client_id.data, lease->client_id.len, LEASE_ID_MAX);
	rec.n_hostname = (uint8_t)add_bytes(&rec, hostname, strlen(hostname), LEASE_HOSTNAME_MAX);
	if (n_context <= FEED_CONTEXT_MAX)
		rec.n_context = add_bytes(&rec, context, n_context, FEED_CONTEXT_MAX);
	add(feed, &rec);
}

struct lease feed_record_lease(const struct feed_record *rec, char *texts)
{
	const uint8_t *p = rec->data + rec->n_hwaddr + rec->n_id;
	char *hostname = texts, *context = texts + LEASE_HOSTNAME_MAX + 1;

	memcpy(hostname, p, rec->n_hostname);
	hostname[rec->n_hostname] = '\0';
	memcpy(context, p + rec->n_hostname, rec->n_context);
	context[rec->n_context] = '\0';
	return (struct lease){
		.addr = rec->addr,
		.prefix_len = rec->prefix_len,
		.type = rec->type,
		.state = (enum lease_state)rec->state,
		.hwtype = rec->hwtype,
		.hwsource = rec->hwsource,
		.hwaddr = bytes_of(rec->data, rec->n_hwaddr),
		.client_id = bytes_of(rec->data + rec->n_hwaddr, rec->n_id),
		.iaid = rec->iaid,
		.subnet_id = rec->subnet_id,
		.pool_id = rec->pool_id,
		.valid = rec->valid,
		.preferred = rec->preferred,
		.cltt = rec->cltt,
		.expires = rec->expires,
		.fqdn_fwd = rec->fqdn_fwd,
		.fqdn_rev = rec->fqdn_rev,
		.hostname = hostname,
		.user_context = rec->n_context ? context : NULL,
	};
}

void feed_text(struct feed *feed, enum feed_kind kind, bool ok, const char *fmt, ...)
{
	char text[FEED_TEXT_MAX];
	struct feed_record rec;
	va_list ap;

	if (!feed_is_on(feed))
		return;
	begin(&rec, kind);
	rec.ok = ok;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)add_bytes(&rec, text, strlen(text), FEED_TEXT_MAX);
	add(feed, &rec);
}

void feed_rates(struct feed *feed, int64_t ms, int64_t received, int64_t sent, const int64_t *v, unsigned n)
{
	struct feed_record rec;

	if (!feed_is_on(feed))
		return;
	begin(&rec, FEED_RATES);
	rec.ms = ms;
	rec.received = received;
	rec.sent = sent;
	rec.n_rates = (uint16_t)(n < FEED_RATES_MAX ? n : FEED_RATES_MAX);
	(void)add_bytes(&rec, v, rec.n_rates * sizeof(*v), FEED_RATES_MAX * sizeof(*v));
	add(feed, &rec);
}

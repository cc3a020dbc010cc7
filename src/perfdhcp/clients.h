/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "perfdhcp/cmdline.h"

/*
 * The clients and the leases they hold. A client is a number; its hardware address and DUID are derived from it
 * each time.
 */
void client_mac(const struct options *opt, uint32_t client, uint8_t mac[MAC_LEN]);
/* Returns the length; duid has MAX_DUID bytes. */
size_t client_duid(const struct options *opt, uint32_t client, uint8_t *duid);
/* Adds n to a big-endian number of len bytes; overflow is discarded. */
void count_up(uint8_t *number, size_t len, uint32_t n);

/* What a server granted, or what is requested from it. */
struct grant {
	bool has_addr, has_prefix;
	uint8_t prefix_len;
	struct ip addr, prefix;
	uint32_t valid, prefix_valid; /* lifetimes in seconds */
	struct bytes server;          /* server identifier: four bytes, or a DUID */
};

/*
 * The leases that can be renewed or released, least recently used first. Memory is only touched for clients that
 * have one.
 */
struct held;

struct held *held_new(uint32_t clients);
void held_free(struct held *h);
/* Stores the client's current lease. The server identifier is copied. */
void held_keep(struct held *h, uint32_t client, const struct grant *grant);
/* Same, but without queueing it; and what was stored: for requests that are repeated. */
void held_store(struct held *h, uint32_t client, const struct grant *grant);
bool held_get(const struct held *h, uint32_t client, struct grant *ret);
/* Takes the next lease out of the queue; false if there is none. */
bool held_take(struct held *h, uint32_t *ret_client, struct grant *ret);
/* The lease that was taken is still valid: puts it back into the queue. */
void held_put_back(struct held *h, uint32_t client);
void held_forget(struct held *h, uint32_t client);
uint32_t held_count(const struct held *h);

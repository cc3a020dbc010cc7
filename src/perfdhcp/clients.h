/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "perfdhcp/options.h"

/*
 * Who the clients are, and what leases they hold. A client is a number; its hardware address and
 * DUID are made from it each time.
 */
void client_mac(const struct options *opt, uint32_t client, uint8_t mac[MAC_LEN]);
/* Returns the length; duid has room for MAX_DUID. */
size_t client_duid(const struct options *opt, uint32_t client, uint8_t *duid);
/* Adds n to a big-endian number of len bytes; what does not fit is cut off. */
void count_up(uint8_t *number, size_t len, uint32_t n);

/* What a server gave, or what is asked of it. */
struct grant {
	bool has_addr, has_prefix;
	uint8_t prefix_len;
	struct ip addr, prefix;
	uint32_t valid, prefix_valid; /* lifetimes in seconds */
	struct bytes server;          /* its identifier: four bytes, or a DUID */
};

/*
 * The leases that can be renewed or released, the longest untouched first. Memory is touched only
 * for clients that have one.
 */
struct held;

struct held *held_new(uint32_t clients);
void held_free(struct held *h);
/* The client has this now. The server's identifier is copied. */
void held_keep(struct held *h, uint32_t client, const struct grant *grant);
/* The same without a place in the queue, and what was stored: for requests that are repeated. */
void held_store(struct held *h, uint32_t client, const struct grant *grant);
bool held_get(const struct held *h, uint32_t client, struct grant *ret);
/* Take the lease whose turn it is out of the queue; false if there is none. */
bool held_take(struct held *h, uint32_t *ret_client, struct grant *ret);
/* What was taken still holds: back into the queue. */
void held_put_back(struct held *h, uint32_t client);
void held_forget(struct held *h, uint32_t client);
uint32_t held_count(const struct held *h);

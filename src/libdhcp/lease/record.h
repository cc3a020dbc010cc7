/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/lease.h"

/*
 * A lease as memfile keeps it: fixed part and bytes in one piece of a slab. Once made its content
 * does not change (a changed lease is a new record); only the links do, each under its own lock.
 */
enum record_key { KEY_HWADDR, KEY_ID, RECORD_KEYS };

/* Neighbors of a record in the list of its key (clientlist.h); the key's stripe lock. */
struct record_link {
	uint32_t next, prev;
};

struct record {
	uint64_t version;
	uint64_t cltt : 40, hwsource : 16, hwtype : 8;
	uint32_t expires;  /* s since the store's epoch; RECORD_NEVER */
	uint32_t heap_pos; /* place in the expiry heap + 1, 0 = not in it; the heap's lock */
	struct record_link link[RECORD_KEYS];
	uint32_t valid, subnet_id, pool_id;
	uint16_t context_len;
	uint8_t hw_len, id_len, host_len, prefix_len;
	uint8_t state : 3, type : 2, fqdn_fwd : 1, fqdn_rev : 1;
	/* address (4 or 16), v6: iaid and preferred; hwaddr, id, hostname + 0, context + 0 */
	uint8_t data[];
};

#define RECORD_NEVER UINT32_MAX

/* What searches for a client's leases distinguish them by; without padding, as it is hashed. */
struct record_group {
	uint32_t subnet_id;
	uint32_t iaid; /* 0 unless the key is a DUID */
	uint32_t type; /* enum lease_type */
	uint8_t is_retired, is_registered;
	uint8_t has_id; /* with KEY_HWADDR: whether there is a client id; else 0 */
	uint8_t unused;
};

/* -E_RANGE when something in the lease is longer than a record can hold. */
int record_check(const struct lease *lease, int family);
size_t record_size(const struct lease *lease);
size_t record_size_of(const struct record *rec);
/* Fill rec, of record_size(lease) bytes; links are cleared. */
void record_pack(struct record *rec, const struct lease *lease, int64_t epoch, uint64_t version);
/* The lease's bytes are borrowed from the record. */
void record_unpack(const struct record *rec, int64_t epoch, struct lease *ret);
struct ip record_addr(const struct record *rec);
/* Boot s; INT64_MAX = never. */
int64_t record_expires(const struct record *rec, int64_t epoch);
struct bytes record_key(const struct record *rec, enum record_key key);
struct record_group record_group(const struct record *rec, enum record_key key);
/* 0 with DHCPv4. */
uint32_t record_iaid(const struct record *rec);

static inline bool record_group_equal(const struct record_group *a, const struct record_group *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* In use and with an end: the heap of ends holds it. */
bool record_can_expire(const struct record *rec);
/* Reclaimed or released, kept for its client for a while: the heap of retired leases holds it. */
bool record_is_retired(const struct record *rec);

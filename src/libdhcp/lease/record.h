/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/lease.h"

/*
 * A lease as memfile keeps it: fixed part and bytes in one piece of a slab. The content of a record never
 * changes (a changed lease is a new record); only its links do, each under its own lock.
 */
enum record_key { KEY_HWADDR, KEY_ID, RECORD_KEYS };

/* Neighbors of a record in the list of its key (clientlist.h); guarded by the lock of the key's stripe. */
struct record_link {
	uint32_t next, prev;
};

struct record {
	uint64_t version;
	uint64_t cltt : 40, hwsource : 16, hwtype : 8;
	uint32_t expires;  /* s since the store's epoch; RECORD_NEVER */
	uint32_t heap_pos; /* position in the heap of its address's stripe + 1, 0 = none */
	struct record_link link[RECORD_KEYS];
	uint32_t valid, subnet_id, pool_id;
	uint16_t context_len;
	uint8_t hw_len, id_len, host_len, prefix_len;
	uint8_t state : 3, type : 2, fqdn_fwd : 1, fqdn_rev : 1;
	/* Address (4 or 16), v6: iaid and preferred; hwaddr, id, hostname + NUL, context + NUL. */
	uint8_t data[];
};

#define RECORD_NEVER UINT32_MAX

/* The properties that searches for a client's leases filter by; no padding, because it is hashed. */
struct record_group {
	uint32_t subnet_id;
	uint32_t iaid; /* 0 unless the key is a DUID */
	uint32_t type; /* enum lease_type */
	uint8_t is_retired, is_registered;
	uint8_t has_id; /* KEY_HWADDR: the lease has a client id; otherwise 0 */
	uint8_t unused;
};

/* Returns -E_RANGE if a field of the lease is longer than a record can hold. */
int record_check(const struct lease *lease, int family);
size_t record_size(const struct lease *lease);
size_t record_size_of(const struct record *rec);
/* Fills rec, of record_size(lease) bytes; the links are cleared. */
void record_pack(struct record *rec, const struct lease *lease, int64_t epoch, uint64_t version);
/* The lease's bytes are borrowed from the record. */
void record_unpack(const struct record *rec, int64_t epoch, struct lease *ret);
struct ip record_addr(const struct record *rec);
/* Boot s; INT64_MAX = never. */
int64_t record_expires(const struct record *rec, int64_t epoch);
struct bytes record_key(const struct record *rec, enum record_key key);
struct record_group record_group(const struct record *rec, enum record_key key);
/* Returns 0 for DHCPv4. */
uint32_t record_iaid(const struct record *rec);

static inline bool record_group_equal(const struct record_group *a, const struct record_group *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* True if the lease is in use and has an end: it is then in the heap of ends. */
bool record_can_expire(const struct record *rec);
/* True if the lease was reclaimed or released and is kept for its client: it is then in the heap of retired leases. */
bool record_is_retired(const struct record *rec);

/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A lease as a value. Its bytes and texts are borrowed from the arena, request or row that made it;
 * the store keeps its own packed copy.
 *
 * Two clocks: `cltt` (when the client was last heard) is wall time, because files and people want
 * it; `expires` is boot time and alone decides whether the lease is over.
 */
enum lease_state {
	LEASE_DEFAULT = 0,
	LEASE_DECLINED = 1,
	LEASE_RECLAIMED = 2,  /* expired and processed, kept for a while for its client */
	LEASE_RELEASED = 3,   /* given back, kept for a while for its client */
	LEASE_REGISTERED = 4, /* RFC 9686 */
	LEASE_STATE_N,
};

enum lease_type {
	LEASE_NA = 0,
	LEASE_TA = 1,
	LEASE_PD = 2,
	LEASE_V4 = 3,
};

#define LEASE_FOREVER UINT32_MAX     /* a valid lifetime that never ends */
#define LEASE_HOSTNAME_MAX 255       /* bytes */
#define LEASE_CONTEXT_MAX UINT16_MAX /* bytes of user_context */
#define LEASE_ID_MAX 255             /* bytes of a client id or DUID */
#define LEASE_HWADDR_MAX 20          /* bytes of a hardware address */

struct lease {
	struct ip addr;
	uint8_t prefix_len; /* 32, 128 or what was delegated */
	enum lease_type type;
	enum lease_state state;
	uint8_t hwtype;
	uint16_t hwsource; /* v6: where hwaddr was learned */
	struct bytes hwaddr;
	struct bytes client_id; /* v4: option 61; v6: DUID; empty if none */
	uint32_t iaid;
	uint32_t subnet_id;
	uint32_t pool_id;
	uint32_t valid;     /* s */
	uint32_t preferred; /* s */
	int64_t cltt;       /* wall clock, s */
	int64_t expires;    /* boot clock, s; INT64_MAX = never */
	bool fqdn_fwd, fqdn_rev;
	const char *hostname;     /* "" if none */
	const char *user_context; /* JSON text, NULL if none */
	uint64_t version;         /* the store's: differs after each stored change */
};

static inline bool lease_is_expired(const struct lease *lease, int64_t boot_sec)
{
	return lease->expires <= boot_sec;
}

/* Whether the address is somebody's: neither reclaimed nor released (expired or not). */
static inline bool lease_is_in_use(const struct lease *lease)
{
	return lease->state != LEASE_RECLAIMED && lease->state != LEASE_RELEASED;
}

/* What it takes: of an address all bits count, whatever its prefix_len says. */
static inline uint8_t lease_span_len(enum lease_type type, uint8_t prefix_len)
{
	return type == LEASE_PD ? prefix_len : type == LEASE_V4 ? 32 : 128;
}

static inline struct prefix lease_span(const struct lease *lease)
{
	return (struct prefix){ lease->addr, lease_span_len(lease->type, lease->prefix_len) };
}

/* Valid for `valid` seconds from now: sets valid, cltt and expires. */
void lease_start(struct lease *lease, uint32_t valid);
/* For how long its client may be promised what is left of it, s; 0 when that is less than one. */
uint32_t lease_left(const struct lease *lease);
/* Over from now on, in this state; its lifetime stays, as it was granted. */
void lease_end(struct lease *lease, enum lease_state state);
/* Same, with all bytes in the arena; -E_NOMEM at its cap. */
int lease_copy(struct arena *arena, const struct lease *from, struct lease *ret);
/* "192.0.2.1" or, of a prefix, "2001:db8:1::/56" into buf of PREFIX_TEXT_MAX; returns buf. */
const char *lease_address_text(const struct lease *lease, char *buf);
/* "default", "declined", "expired-reclaimed", "released", "registered". */
const char *lease_state_name(enum lease_state state);

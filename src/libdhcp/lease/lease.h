/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A lease as a value. Its bytes and strings are borrowed from the arena, request or row it was made from; the
 * store keeps its own packed copy.
 *
 * There are two clocks: `cltt` (the client's last transaction time) is wall-clock time, as files and people use
 * it; `expires` is boot time and alone decides whether the lease has expired.
 */
enum lease_state {
	LEASE_DEFAULT = 0,
	LEASE_DECLINED = 1,
	LEASE_RECLAIMED = 2,  /* expired and processed, kept for a while for its client */
	LEASE_RELEASED = 3,   /* released, kept for a while for its client */
	LEASE_REGISTERED = 4, /* RFC 9686 */
	LEASE_STATE_N,
};

enum lease_type {
	LEASE_NA = 0,
	LEASE_TA = 1,
	LEASE_PD = 2,
	LEASE_V4 = 3,
};

#define LEASE_FOREVER UINT32_MAX     /* infinite valid lifetime */
#define LEASE_HOSTNAME_MAX 255       /* bytes */
#define LEASE_CONTEXT_MAX UINT16_MAX /* bytes of user_context */
#define LEASE_ID_MAX 255             /* bytes of a client id or DUID */
#define LEASE_HWADDR_MAX 20          /* bytes of a hardware address */

struct lease {
	struct ip addr;
	uint8_t prefix_len; /* 32, 128 or the delegated length */
	enum lease_type type;
	enum lease_state state;
	uint8_t hwtype;
	uint16_t hwsource; /* v6: source of hwaddr */
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
	uint64_t version;         /* set by the store: changes with each stored change */
};

static inline bool lease_is_expired(const struct lease *lease, int64_t boot_sec)
{
	return lease->expires <= boot_sec;
}

/* True unless the lease was reclaimed or released; an expired lease counts as in use until it is reclaimed. */
static inline bool lease_is_in_use(const struct lease *lease)
{
	return lease->state != LEASE_RECLAIMED && lease->state != LEASE_RELEASED;
}

/* Prefix length of the space the lease occupies: for an address always the full length, whatever prefix_len says. */
static inline uint8_t lease_span_len(enum lease_type type, uint8_t prefix_len)
{
	return type == LEASE_PD ? prefix_len : type == LEASE_V4 ? 32 : 128;
}

static inline struct prefix lease_span(const struct lease *lease)
{
	return (struct prefix){ lease->addr, lease_span_len(lease->type, lease->prefix_len) };
}

/* Makes the lease valid for `valid` seconds from now: sets valid, cltt and expires. */
void lease_start(struct lease *lease, uint32_t valid);
/* The remaining lifetime that may be sent to the client, s; 0 if it is less than one second. */
uint32_t lease_left(const struct lease *lease);
/* Ends the lease now, in this state; `valid` stays as granted. */
void lease_end(struct lease *lease, enum lease_state state);
/* Copies the lease with all its bytes into the arena; -E_NOMEM at its cap. */
int lease_copy(struct arena *arena, const struct lease *from, struct lease *ret);
/* Writes "192.0.2.1" or, for a prefix, "2001:db8:1::/56" to buf of PREFIX_TEXT_MAX; returns buf. */
const char *lease_address_text(const struct lease *lease, char *buf);
/* "default", "declined", "expired-reclaimed", "released", "registered". */
const char *lease_state_name(enum lease_state state);

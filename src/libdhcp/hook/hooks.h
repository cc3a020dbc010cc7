/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/ip.h"
#include "hook/point.h"

#include <stdint.h>

/*
 * The functions that libraries have registered at the hook points, per configuration. Immutable once in service.
 *
 *	if (hooks_at(hooks, HOOK_PKT_RECEIVE))		one pointer test if no library is loaded
 *		verdict = hooks_call(hooks, &call);
 */
/* In order of precedence: later ones override earlier ones. */
enum hook_verdict { HOOK_CONTINUE, HOOK_SKIP, HOOK_PARK, HOOK_DROP };

struct json_object;
struct request;
struct binding;
struct lease;
struct config;
struct subnet;
struct pool;
struct name;
struct hook_memory;
struct hook_finds;
struct ctl_exchange;
struct leasedb;
struct kea_parked;

/* What libraries keep for one packet. */
struct hook_packet {
	struct arena *arena; /* of the packet */
	struct hook_memory *memory;
	struct kea_parked *parked; /* what libraries still have to resume, or have resumed; see library.h */
	struct hook_finds *finds;  /* leases that a library searches for: api/find.c */
	unsigned slot;             /* of serve/slots.c, + 1: where the request is parked; 0: it is not */
	enum hook_verdict verdict; /* of the libraries there */
	bool is_counted;           /* for parked-packet-limit */
	/* What libraries set at that point, while the request is parked. */
	const struct subnet *subnet;
	struct bytes packed;
	bool is_in_use;
	uint32_t eval_work;    /* done by their expressions, of EVAL_WORK_MAX */
	bool is_eval_exceeded; /* these were too expensive: the request is dropped */
};

/* select_key: the DNS server, and the key that signs the update. */
struct hook_dns {
	struct ip addr;
	uint16_t port;
	const char *zone;
	const char *key; /* its name; "": the update is not signed */
	/* Uses the key of that name instead; false if there is none. */
	bool (*use_key)(struct hook_dns *dns, const char *name);
};

/* The arguments of a hook function; those that do not apply at its point are NULL. */
struct hook_call {
	enum hook_point_id point;
	struct request *req;           /* query, response, subnet; NULL outside the pipeline */
	struct hook_packet *packet;    /* of req */
	unsigned digit;                /* of the family; 0: kea-dhcp-ddns */
	enum hook_verdict verdict;     /* of the functions called before */
	struct binding *binding;       /* lease#_select: of the lease; NULL elsewhere */
	bool has_moved;                /* lease#_select: a library chose another address */
	struct lease *lease;           /* the lease concerned; may be changed if the table says so */
	const struct lease *old;       /* the previously stored lease */
	bool is_fake;                  /* lease#_select: an offer, which is not stored */
	bool removes;                  /* lease#_expire: the lease is deleted, not kept as reclaimed */
	const struct subnet *subnet;   /* subnet#_select: selected by a library; NULL: none was */
	const struct config *cfg;      /* dhcp#_srv_configured */
	struct leasedb *db;            /* dhcp#_srv_configured, command_processed: whose leases these serve */
	struct json_object *config;    /* dhcp#_srv_configured: the configuration, once a library has asked for it */
	const char *why;               /* *_srv_configured: with HOOK_DROP, the reason; NULL or never freed */
	struct bytes packed;           /* pkt#_send: with HOOK_SKIP, the response packed by the library */
	unsigned id_type;              /* host#_identifier: enum host_id_type of the identifier; flex-id at first */
	struct bytes id_value;         /* host#_identifier: its value, copied after the call; empty: there is none */
	const char *command;           /* command_processed, http_*: its name; NULL if there is none */
	struct json_object *arguments; /* command_processed, http_*: NULL if it had none */
	int result;                    /* command_processed */
	bool is_in_use;                /* lease4_offer: a library found that another host uses the address */
	struct arena *memory;          /* d2_srv_configured: of the configuration, for `why` */
	struct hook_dns *dns;          /* select_key */
	struct ctl_exchange *http;     /* http_auth, http_response */
	struct name *name;             /* ddns#_update: the decision, which a library may change */
	const struct pool *pool;       /* ddns#_update: of the lease; NULL: it is in none */
	bool is_parked;                /* a function of this call has parked the request */
	bool is_resumed; /* the request was parked at this point, and continues: it cannot be parked again */
};

typedef enum hook_verdict hook_fn(void *library, struct hook_call *call);

struct hook_use;

struct hooks {
	struct arena *arena;
	struct callout *at[HOOK_POINT_N];
	uint64_t points;       /* a bit for each where a function is registered */
	struct hook_use *uses; /* of libraries, in order: see library.h */
	struct leasedb *db;    /* whose leases they serve, once the configuration is about to */
};

/* Allocated in the arena. */
struct hooks *hooks_new(struct arena *arena);
/* Functions at one point are called in order of registration. */
void hooks_register(struct hooks *hooks, enum hook_point_id point, hook_fn *fn, void *library);
/* True if any function is registered there; hooks may be NULL. */
static inline bool hooks_at(const struct hooks *hooks, enum hook_point_id point)
{
	return hooks && hooks->points & 1ull << point;
}
/*
 * Calls all functions at call->point, until one returns HOOK_DROP, and returns the verdict with the highest
 * precedence, reduced to what the point allows.
 */
enum hook_verdict hooks_call(const struct hooks *hooks, struct hook_call *call);

/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "alloc/alloc.h"
#include "base/arena.h"
#include "io/dgram.h"
#include "lease/lease.h"
#include "lease/store.h"
#include "root/config.h"
#include "serve/drop.h"
#include "serve/relay4.h"
#include "serve/turn.h"
#include "serve/wait.h"
#include "subnet/subnet.h"
#include "wire/ia6.h"
#include "wire/packet4.h"
#include "wire/packet6.h"

/*
 * A request is a value in a slot of its worker: one message on its way through the pipeline. It is
 * touched by one thread at a time: its worker, or, while it is parked, whoever it waits for.
 */
struct family;
struct serve_worker;
struct live;
struct binding;

enum verdict {
	STEP_NEXT,  /* go on with the next step */
	STEP_DROP,  /* no answer; req->drop and req->why tell why */
	STEP_PARK,  /* somebody else has it now and will post it back; it goes on with the next step */
	STEP_AGAIN, /* the leases changed under us: back to recall */
	STEP_DONE,  /* processed, and there is no answer by the protocol */
};

#define CHANGES_MAX 2       /* DHCPv4: the lease, and the one it replaces */
#define CONFLICTS_MAX 5     /* then the request is dropped; the client asks again */
#define REQUEST_ARENA 65536 /* bytes a request may use */

struct request {
	/* the slot's, whatever message is in it */
	struct list link; /* in the worker's free, resumed or finished list */
	struct serve_worker *worker;
	const struct family *fam;
	struct arena *arena;
	struct wait wait;

	/* from here to the label: zero when a message arrives */
	struct live *live; /* the configuration it is served by; same from start to end */
	const struct config *cfg;
	unsigned step; /* index into the step list of the step to run next */
	enum drop_reason drop;
	const char *why; /* detail for the drop line, or NULL */

	struct dgram in;  /* in.buf is the request's own copy, in its arena */
	struct dgram out; /* out.buf is one of the worker's, from pack on */
	bool has_answer;

	/* the message, and the answer to it */
	struct packet4 q, a;
	struct packet6 q6, a6;
	unsigned type, answer_type;
	struct opts_omitted omitted; /* from the response, for lack of room */
	unsigned size_limit;         /* of the response as the client receives it, bytes */
	const struct message_row *row;

	/* who asks */
	struct turn turn;
	bool has_turn;
	uint8_t hwtype;
	struct bytes hwaddr, client_id; /* empty if none */
	struct bytes match_id;          /* the client id leases are looked up by; empty if not used */
	uint16_t hwsource;              /* DHCPv6: where hwaddr was learned */
	const char *name;               /* DHCPv6: see name6_of() */

	/* from where */
	struct relay_info4 rai;      /* DHCPv4: what its relay told */
	const struct subnet *chosen; /* by where it comes from; NULL: none fits */
	const struct subnet *sub;    /* it gets its address of: the chosen one, or another on that link */

	struct opt_scopes scopes; /* of its options; see request_set_scopes() */

	/* what it has and wants */
	struct ip wanted;  /* the address it names; zero if none */
	struct lease mine; /* its lease in the subnet */
	struct lease at;   /* the lease at `wanted`, whoever's */
	bool has_mine, has_at;
	uint32_t n_leases; /* how many the client has, on all links and in all states */
	uint32_t n_new;    /* DHCPv6: how many more this message gets */

	/* what it gets */
	struct lease lease;
	const struct pool *pool;        /* of lease.addr; NULL if none holds it */
	const struct pool *second_pool; /* another one whose options count; NULL */
	bool reused;                    /* confirmed without a change */
	struct binding *bindings;       /* DHCPv6: an IA each, in the request's arena */
	unsigned n_bindings;
	uint16_t status; /* DHCPv6: of the whole message, if has_status */
	const char *status_text;
	bool has_status, rapid;       /* DHCPv6; rapid: committed at once */
	struct store_change *changes; /* DHCPv4: few_changes */
	struct store_change few_changes[CHANGES_MAX];
	unsigned n_changes;
	struct store_txn txn;
	unsigned n_conflicts;

	char label[320]; /* who, for log lines; made when first needed */
};

/* Who it is from, for log lines: "[hwtype=1 02:00:00:00:00:01], cid=[no info], tid=0x1". */
const char *request_label(const struct request *req);

/* Sets the reason and returns STEP_DROP. `why` may be NULL; it must live as long as the request. */
enum verdict request_drop(struct request *req, enum drop_reason reason, const char *why);

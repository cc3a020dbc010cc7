/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "alloc/alloc.h"
#include "base/arena.h"
#include "base/list.h"
#include "host/source.h"
#include "io/dgram.h"
#include "lease/lease.h"
#include "lease/store.h"
#include "root/config.h"
#include "serve/drop.h"
#include "serve/rai4.h"
#include "serve/turn.h"
#include "subnet/subnet.h"
#include "wire/ia6.h"
#include "wire/packet4.h"
#include "wire/packet6.h"

#include <stdatomic.h>

/*
 * A request is a value in a slot of its worker: one message on its way through the pipeline. It is
 * touched by one thread at a time: its worker, or, while it is parked, whoever it waits for.
 */
struct family;
struct serve_worker;
struct live;
struct ia;
struct binding;
struct event;
struct reserved;

enum verdict {
	STEP_NEXT,  /* go on with the next step */
	STEP_DROP,  /* no answer; req->drop and req->why tell why */
	STEP_PARK,  /* it waits for somebody who will post it back */
	STEP_AGAIN, /* back to an earlier step, see request_again() */
	STEP_DONE,  /* processed, and there is no answer by the protocol */
};

/* What a parked request waits for; see wait.h. */
struct wait_for {
	int64_t ms;            /* how long at most; 0 = as long as it takes */
	enum drop_reason drop; /* what it is when the deadline passes */
	const char *why;       /* detail for the log, or NULL */
	bool reenter;          /* the step runs again when all have responded; else the next one does */
};

struct wait {                   /* in the request */
	_Atomic uint64_t state; /* see wait.c */
	unsigned n_expected;    /* responses asked for, outstanding or not */
	struct wait_for what;
	int64_t deadline_ms; /* boot time; INT64_MAX = none */
	struct list link;    /* in the worker's list of parked requests, the next deadline first */
};

typedef uint64_t wait_ticket;

/* The classes that the client of a request is in: numbers of cfg->classes. In the request's arena. */
struct class_set {
	uint64_t *bits;  /* NULL: the configuration has none */
	uint16_t *order; /* as they were assigned, but those of the reservation come first */
	unsigned n, n_reserved;
	unsigned n_with_opts; /* how many of them have options */
	unsigned sets;        /* what any of them sets: enum class_sets */
	bool is_known;        /* the client has a reservation */
};

#define CONFLICTS_MAX 5         /* then the request is dropped; the client asks again */
#define REQUEST_ARENA (2 << 16) /* bytes a request may use: a lease of the largest size, and as much for the rest */

struct request {
	/* the slot's, whatever message is in it */
	struct list link; /* in the worker's free, resumed or finished list */
	struct serve_worker *worker;
	const struct family *fam;
	struct arena *arena;
	struct wait wait;
	struct host_find host_find; /* see host.c */

	/* from here to few_scopes: zero when a message arrives */
	struct live *live; /* the configuration it is served by; same from start to end */
	const struct config *cfg;
	unsigned step; /* index into the step list of the step under way */
	bool step_ran; /* with hooks: it ran, and slots after it are next */
	unsigned slot; /* with hooks: the next slot of the step */
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
	struct host_id hook_id;         /* set by a library in the place of flex-id; its value is empty if none did */

	/* from where */
	struct relay_info4 rai;      /* DHCPv4: what its relay told */
	const struct subnet *chosen; /* by where it comes from; NULL: none fits */
	const struct subnet *sub;    /* it gets its address of: the chosen one, or another on that link */

	/* its reservation; see host.h */
	const struct host *host;        /* NULL: none */
	const struct host *global_host; /* found before the subnet was selected; NULL: none, or not looked up */
	struct reserved *reserved;
	unsigned n_reserved;

	struct opt_scopes scopes; /* of its options; see request_set_scopes() */
	struct class_set classes; /* see classify.h */

	/* what it asks for and has; see binding.h */
	struct ip wanted; /* the address that a DHCPv4 client, or a registration, names; zero if none */
	struct ia *ias;
	unsigned n_ias;
	uint32_t n_leases;            /* how many the client has, on all links and in all states */
	uint32_t n_new;               /* candidates that would be more than these */
	struct alloc_client claimant; /* who claims; in propose, once it is needed: has_claimant */
	bool has_claimant;
	unsigned declines_left; /* addresses that the client may take out of use now */

	/* what it gets */
	struct binding *bindings; /* of all IAs, one after the other */
	unsigned n_bindings;
	unsigned n_rejected;            /* candidates that turned out to be somebody else's */
	int64_t rejected_ms;            /* boot time of the first */
	const struct pool *pool;        /* whose options count; NULL if none */
	const struct pool *second_pool; /* another one whose options count; NULL */
	uint16_t status;                /* DHCPv6: of the whole message, if has_status */
	const char *status_text;
	bool has_status, rapid; /* DHCPv6; rapid: committed at once */
	struct event *events;
	unsigned n_events, events_max;
	struct store_change *changes;
	unsigned n_changes, changes_max;
	unsigned n_conflicts;

	/* what the step under way asks, see ask.h and steps.c */
	unsigned phase; /* how far it has come; 0 when it begins */
	bool has_asked;
	struct lease_query *queries;
	struct store_find find;
	struct store_txn txn;

	const struct optlist *few_scopes[OPT_SCOPES_FEW];
	char label[320]; /* who, for log lines; made when first needed */
};

/* Who it is from, for log lines: "[hwtype=1 02:00:00:00:00:01], cid=[no info], tid=0x1". */
const char *request_label(const struct request *req);

/* Sets the reason and returns STEP_DROP. `why` may be NULL; it must live as long as the request. */
enum verdict request_drop(struct request *req, enum drop_reason reason, const char *why);
/* Returns STEP_AGAIN: the request goes on with that step. */
enum verdict request_again(struct request *req, enum verdict (*step)(struct request *req));

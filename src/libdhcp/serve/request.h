/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "alloc/alloc.h"
#include "base/arena.h"
#include "base/list.h"
#include "hook/hooks.h"
#include "host/source.h"
#include "io/dgram.h"
#include "lease/lease.h"
#include "lease/store.h"
#include "root/config.h"
#include "serve/drop.h"
#include "serve/turn.h"
#include "subnet/subnet.h"
#include "wire/ia6.h"
#include "wire/packet4.h"
#include "wire/packet6.h"
#include "wire/rai4.h"

#include <stdatomic.h>

/*
 * A request is a value in a slot of its worker: one message on its way through the pipeline. One thread at a
 * time touches it: its worker, or, while it is parked, whatever it waits for.
 */
struct family;
struct serve_worker;
struct live;
struct live_use;
struct ia;
struct binding;
struct event;
struct reserved;
struct name;
struct trace;

enum verdict {
	STEP_NEXT,  /* continue with the next step */
	STEP_DROP,  /* no response; the reason is in req->drop and req->why */
	STEP_PARK,  /* it waits for a response that will post it back */
	STEP_AGAIN, /* back to an earlier step, see request_again() */
	STEP_DONE,  /* processed; the protocol requires no response */
};

/* What a parked request waits for; see wait.h. */
struct wait_for {
	int64_t ms;            /* longest wait; 0: no limit */
	enum drop_reason drop; /* reason of the drop if the deadline passes */
	const char *why;       /* detail for the log, or NULL */
	bool reenter;          /* when all have responded the step runs again; else the next step runs */
};

struct wait {                   /* in the request */
	_Atomic uint64_t state; /* see wait.c */
	unsigned n_expected;    /* responses expected, whether they have arrived or not */
	struct wait_for what;
	int64_t deadline_ms; /* boot time; INT64_MAX = none */
	struct list link;    /* in the worker's list of parked requests, earliest deadline first */
};

typedef uint64_t wait_ticket;

/* The classes that the client of a request is in: indexes of cfg->classes. In the request's arena. */
struct class_set {
	uint64_t *bits;  /* one bit per class; NULL if the configuration has no classes */
	uint32_t *order; /* in the order of assignment, those of the reservation first */
	unsigned n, n_reserved;
	unsigned n_with_opts; /* how many of them have options */
	unsigned sets;        /* what any of them sets: enum class_sets */
	bool is_known;        /* the client has a reservation */
};

#define CONFLICTS_MAX 5         /* after this many the request is dropped; the client will retransmit */
#define REQUEST_ARENA (2 << 16) /* bytes a request may use: a lease of the largest size, and as much again */

struct request {
	/* belongs to the slot, whatever message it holds */
	struct list link; /* in the worker's free, resumed or finished list */
	struct serve_worker *worker;
	const struct family *fam;
	struct arena *arena;
	struct wait wait;
	struct host_find host_find; /* see host.c */

	/* from here to few_scopes: zeroed when a message arrives */
	struct live *live;    /* the configuration that serves it, from start to end */
	struct live_use *use; /* holds it */
	const struct config *cfg;
	struct trace *trace; /* NULL: it is served; else it is only explained, see trace.h */
	unsigned step;       /* index of the current step in the step list */
	unsigned slot;       /* with hooks: the next slot of the step */
	unsigned phase;      /* progress of the step; 0 at its start */
	bool step_ran;       /* with hooks: the step has run, and the slots after it come next */
	bool has_asked;      /* the queries of this phase, see ask.h */
	enum drop_reason drop;
	const char *why; /* detail for the drop line, or NULL */

	struct dgram in;  /* in.buf is the request's own copy, in its arena */
	struct dgram out; /* from pack on, out.buf is one of the worker's buffers */
	bool has_answer;
	bool is_traced;   /* its log lines are written whatever the loggers say, see client_trace.h */
	bool is_answered; /* by a hook library: step pack comes next */

	/* the message and the response */
	struct packet4 q, a;
	struct packet6 q6, a6;
	unsigned type, answer_type;
	struct opts_omitted omitted; /* omitted from the response because they do not fit */
	unsigned size_limit;         /* of the response as the client receives it, bytes */
	const struct message_row *row;

	/* the client */
	struct turn turn;
	bool has_turn;
	uint8_t hwtype;
	struct bytes hwaddr, client_id; /* empty if absent */
	struct bytes match_id;          /* client id by which leases are found; empty if not used */
	uint16_t hwsource;              /* DHCPv6: where hwaddr was learned */
	const struct name *name;        /* its name, once bind has decided it; see name.h */
	struct hook_packet hook_packet; /* what hook libraries keep for it */
	struct host_id hook_id;         /* set by a hook library instead of flex-id; an empty value if none did */

	/* its link */
	struct relay_info4 rai;      /* DHCPv4: information from its relay */
	const struct subnet *chosen; /* subnet of its link; NULL if none matches */
	const struct subnet *sub;    /* subnet of its lease: the chosen one, or another on that link */

	/* its reservation; see host.h */
	const struct host *host;          /* NULL: none */
	const struct host *global_host;   /* found before the subnet was selected; NULL: none, or not looked up */
	struct asked_place *asked_places; /* see others_ask() */
	struct reserved *reserved;
	unsigned n_reserved;

	struct opt_scopes scopes; /* scopes of its options; see request_set_scopes() */
	struct class_set classes; /* see classify.h */

	/* what it asks for and has; see binding.h */
	struct ip wanted; /* the address named by a DHCPv4 client or a registration; zero if none */
	struct ia *ias;
	unsigned n_ias;
	uint32_t n_leases;            /* leases the client has, on all links and in all states */
	uint32_t n_new;               /* candidates that would add to these */
	struct alloc_client claimant; /* used for claims; set in propose when first needed: has_claimant */
	bool has_claimant;
	unsigned declines_left; /* addresses that the client may still decline */

	/* what it gets */
	struct binding *bindings; /* of all IAs, one after another */
	unsigned n_bindings;
	unsigned n_rejected;            /* candidates that turned out to belong to other clients */
	int64_t rejected_ms;            /* boot time of the first rejection */
	const struct pool *pool;        /* its options apply; NULL if none */
	const struct pool *second_pool; /* a second pool whose options apply, or NULL */
	uint16_t status;                /* DHCPv6: for the whole message, if has_status */
	const char *status_text;
	bool has_status, rapid; /* DHCPv6; rapid: committed without a Request */
	struct event *events;
	unsigned n_events, events_max;
	struct store_change *changes;
	unsigned n_changes, changes_max;
	unsigned n_conflicts;
	unsigned n_in_use; /* offers that a library rejected: another host uses the address; see IN_USE_MAX */
	bool is_declining; /* the change is such a declined address, after which the message is bound anew */
	bool is_cached;    /* some of what is known about the client was remembered: the lease database failed */

	/* queries of the current step, see ask.h and steps.c */
	struct lease_query *queries;
	unsigned recall_ends[3]; /* of the rounds that were asked as one, see recall.c */
	struct store_find find;
	struct store_txn txn;

	const struct optlist *few_scopes[OPT_SCOPES_FEW];
	char label[320]; /* identifies the client in log lines; made when first needed */
};

/* Returns the text that identifies the client in log lines: "[hwtype=1 02:00:00:00:00:01], cid=[no info], tid=0x1". */
const char *request_label(const struct request *req);

/* Sets the reason and returns STEP_DROP. `why` may be NULL; it must live as long as the request. */
enum verdict request_drop(struct request *req, enum drop_reason reason, const char *why);
/* Returns STEP_AGAIN: the request continues with that step. */
enum verdict request_again(struct request *req, enum verdict (*step)(struct request *req));

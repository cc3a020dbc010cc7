/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "daemon/daemon.h"
#include "host/chain.h"

#include <pthread.h>

/*
 * A change of one reservation in databases by a command. Databases may take long, so it is made in a thread of its own,
 * with the configuration in service when it starts, and calls back in the main thread.
 */
enum host_op_kind {
	HOST_OP_ADD,    /* to the first database that can be changed */
	HOST_OP_UPDATE, /* in the first one that has it */
	HOST_OP_DELETE, /* in all that have it */
};

#define HOST_OPS_MAX 64 /* at the same time */

struct host_op {
	/* Set by the caller; what they point to lives until done(). */
	struct daemon *d;
	enum host_op_kind kind;
	const struct host *host; /* ADD, UPDATE; as for host_add_wait() */
	uint32_t subnet_id;      /* DELETE: by identifier, or with NULL by one of its addresses or prefixes */
	const struct host_id *id;
	struct ip addr;
	void (*done)(struct host_op *op);
	void *owner;
	/* The result: an error of host_add_wait() and its like; for the operator. done() frees `why`, and may free
	 * this. */
	int err;
	struct str why;
	/* Private. */
	struct live *live;
	pthread_t thread;
	struct post post;
};

/* -E_BUSY: too many changes are in progress; done() is not called. */
int host_op_start(struct host_op *op);

/* True if one of its addresses, or the first address of one of its prefixes, is this one. */
bool host_is_at(const struct host *host, const struct ip *addr);

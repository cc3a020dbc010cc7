/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "host/host.h"

/*
 * Where reservations come from. One interface, several sources (struct host_ops): the configuration file (file.h),
 * later databases and a cache in front of them.
 *
 * Thread safety: all functions may be called by any thread, except host_source_close.
 */
struct host_source;

enum host_by {
	HOST_BY_ID,    /* of a client: the first of its identifiers that has a reservation in the subnet */
	HOST_BY_PLACE, /* all that have an address or prefix that overlaps this one, in the subnet */
	HOST_BY_PAGE,  /* any that the filter below lets pass, in the order of the source */
};

struct host_query {
	enum host_by by;
	uint32_t subnet_id; /* 0: global reservations. BY_PAGE: of this subnet only, with in_subnet */
	/* BY_ID: */
	const struct host_id *ids; /* in the order in which they are tried; borrowed until the response */
	unsigned n_ids;
	/* BY_PLACE: */
	struct prefix place; /* of an address with all its bits */
	/* BY_PAGE: */
	bool in_subnet;
	const char *hostname; /* with this name only, whatever its case; NULL = with any; borrowed likewise */
	uint64_t after;       /* 0 at first, then `next` of the page before */
	unsigned max;         /* as many are found at most; BY_ID finds one */
	void *owner;          /* of whoever asks */
	/* The response: */
	int n;                         /* how many were found; -E_NOMEM when the arena is at its cap, -E_SYS */
	const struct host *const *out; /* these, in the arena; the hosts live as long as the arena or the source */
	uint64_t next;                 /* BY_PAGE: where the next page begins; a page of none is the end */
};

/* Queries that are asked together; with what they point to they live until the response. */
struct host_find {
	struct host_query *v;
	unsigned n;
	struct arena *arena; /* of what is found */
	/* Called from any thread, with the ticket below as it was when the queries were asked. */
	void (*done)(struct host_find *find, uint64_t ticket);
	void *owner;
	uint64_t ticket;        /* the owner's */
	struct host_find *next; /* private to the source while it has the queries */
};

/* A source. It begins with struct host_source. */
struct host_ops {
	const char *name;
	bool finds_at_once; /* find never returns -E_AGAIN */
	int (*find)(struct host_source *source, struct host_find *find);
	void (*close)(struct host_source *source);
};

struct host_source {
	const struct host_ops *ops;
};

/*
 * Returns 0 when all queries are answered: done is not called. -E_AGAIN: it will be, perhaps before this returns. The
 * file source always responds at once.
 */
static inline int host_find(struct host_source *source, struct host_find *find)
{
	return source->ops->find(source, find);
}

static inline void host_source_close(struct host_source *source)
{
	if (source)
		source->ops->close(source);
}

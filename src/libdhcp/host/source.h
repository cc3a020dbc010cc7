/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "host/host.h"

/*
 * A source of reservations. One interface, several sources (struct host_ops): the configuration file (file.h),
 * databases (sql.h), and several of them in order (chain.h).
 *
 * Every find gets its response, at the latest when the source is closed. Its memory must not be reused before, even if
 * the caller no longer waits.
 *
 * Thread safety: all functions may be called by any thread, except host_source_close.
 */
struct host_source;

enum host_by {
	HOST_BY_ID,    /* a client's reservation: the first of its identifiers that has one in the subnet */
	HOST_BY_PLACE, /* all that have an address or prefix overlapping this one, in the subnet */
	HOST_BY_PAGE,  /* all that match the filter below, in the order of the source */
};

struct host_query {
	enum host_by by;
	uint32_t subnet_id; /* 0: global reservations. BY_PAGE: only this subnet, with in_subnet */
	bool any_subnet;    /* BY_ID, BY_PLACE: those of all subnets, for commands; BY_ID then finds up to max */
	/* BY_ID: */
	const struct host_id *ids; /* in search order; borrowed until the response */
	unsigned n_ids;
	/* BY_PLACE: */
	struct prefix place; /* for an address, with its full length */
	/* BY_PAGE: */
	bool in_subnet;
	const char *hostname; /* only this name, ignoring case; NULL = any; borrowed likewise */
	uint64_t after;       /* 0 at first, then `next` of the previous page */
	unsigned max;         /* maximum number of results; BY_ID in a subnet returns at most one */
	bool with_texts;      /* also fill host_extra.texts, for commands */
	void *owner;          /* for the caller */
	/* The response: */
	int n;                         /* number of results; -E_NOMEM if the arena is at its cap, -E_SYS */
	const struct host *const *out; /* results, in the arena; the hosts live as long as the arena or the source */
	uint64_t next;                 /* BY_PAGE: start of the next page; an empty page is the end */
};

/* A batch of queries. It and everything it points to must live until the response. */
struct host_find {
	struct host_query *v;
	unsigned n;
	struct arena *arena; /* for results */
	/* Called from any thread, with the value that `ticket` had when the queries were submitted. */
	void (*done)(struct host_find *find, uint64_t ticket);
	void *owner;
	uint64_t ticket;        /* the owner's */
	struct host_find *next; /* private to the source while it holds the queries */
};

/* Operations of a source, whose type begins with struct host_source. */
struct host_ops {
	const char *name;
	bool finds_at_once; /* find never returns -E_AGAIN */
	int (*find)(struct host_source *source, struct host_find *find);
	void (*close)(struct host_source *source); /* responds to all queries first, and never afterwards */
	/* NULL: the source cannot be changed. See below. */
	int (*add)(struct host_source *source, const struct host *host, struct str *why);
	int (*change)(struct host_source *source, const struct host *host, struct str *why);
	int (*remove)(struct host_source *source, uint32_t subnet_id, const struct host_id *id, struct str *why);
};

struct host_source {
	const struct host_ops *ops;
};

/*
 * Returns 0 if all queries have their response: done is not called. Returns -E_AGAIN if done will be called, possibly
 * before this returns. The file source always responds at once.
 */
static inline int host_find(struct host_source *source, struct host_find *find)
{
	return source->ops->find(source, find);
}

/* Same as host_find(); waits for the response and sets done and owner. Blocks: not for workers. */
void host_find_wait(struct host_source *source, struct host_find *find);

/*
 * Changes, for commands; they block, and are not for workers. A host to be stored has its options in extra->texts, and
 * extra->opts is ignored; its identifier and subnet say which host is changed. 0, or with the reason in `why`:
 *	-E_UNSUPPORTED	the source cannot be changed
 *	-E_EXIST	add: the subnet has a host with this identifier. add, change: or one with this address or prefix
 *	-E_NOENT	change, remove: there is no such host
 *	-E_INVAL	the source cannot store this
 *	-E_SYS		it failed; nothing was changed
 *	-E_CLOSED	the connection was lost before the response: it was done, or not
 * What a source has remembered about the host is forgotten before they return.
 */
static inline int host_unchangeable(const struct host_source *source, struct str *why)
{
	str_addf(why, "reservations of source \"%s\" cannot be changed", source->ops->name);
	return -E_UNSUPPORTED;
}

static inline int host_add_wait(struct host_source *source, const struct host *host, struct str *why)
{
	return source->ops->add ? source->ops->add(source, host, why) : host_unchangeable(source, why);
}

static inline int host_change_wait(struct host_source *source, const struct host *host, struct str *why)
{
	return source->ops->change ? source->ops->change(source, host, why) : host_unchangeable(source, why);
}

static inline int host_remove_wait(struct host_source *source, uint32_t subnet_id, const struct host_id *id,
				   struct str *why)
{
	return source->ops->remove ? source->ops->remove(source, subnet_id, id, why) : host_unchangeable(source, why);
}

static inline void host_source_close(struct host_source *source)
{
	if (source)
		source->ops->close(source);
}

/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Asks one source after the other, each for the queries that still need it. One after the other, because results are
 * in the find's arena, which one thread may use at a time. What a find needs here is in that arena, too.
 */
#include "host/chain.h"

#include "base/list.h"

#include <assert.h>

/* A page starts at a source, in the upper bits, and at a position in it. */
#define SOURCE_SHIFT 56
#define POSITION_MASK ((1ULL << SOURCE_SHIFT) - 1)

struct chain {
	struct host_source source;
	struct host_source *v[HOST_CHAIN_MAX];
	unsigned n;
};

/* A find on its way through the sources. */
struct passing {
	struct host_find find; /* for the source that is asked: the queries that need it */
	struct host_query **whose;
	struct host_find *outer;
	bool *is_settled; /* for each query of outer */
	const struct chain *chain;
	unsigned at; /* the source that is asked */
};

/* --- queries of one source --------------------------------------------------------- */

static bool needs(const struct passing *p, const struct host_query *query)
{
	return query->by != HOST_BY_PAGE || query->after >> SOURCE_SHIFT <= p->at;
}

/* True if the hosts of all sources are found. */
static bool is_joined(const struct host_query *query)
{
	return query->by == HOST_BY_PLACE || (query->by == HOST_BY_ID && query->any_subnet);
}

static struct host_query query_for_source(const struct passing *p, const struct host_query *query)
{
	struct host_query own = *query;

	own.n = 0;
	own.out = NULL;
	if (is_joined(query))
		own.max = query->max - (unsigned)query->n;
	if (query->by == HOST_BY_PAGE)
		own.after = query->after >> SOURCE_SHIFT == p->at ? query->after & POSITION_MASK : 0;
	return own;
}

static void choose_queries(struct passing *p)
{
	const struct host_find *outer = p->outer;

	p->find.n = 0;
	for (unsigned i = 0; i < outer->n; i++) {
		if (p->is_settled[i] || !needs(p, &outer->v[i]))
			continue;
		p->whose[p->find.n] = &outer->v[i];
		p->find.v[p->find.n++] = query_for_source(p, &outer->v[i]);
	}
}

/* --- what it found ------------------------------------------------------------------ */

static void settle(struct passing *p, struct host_query *query, int n)
{
	query->n = n;
	p->is_settled[query - p->outer->v] = true;
}

/* Adds the hosts at a place to those of earlier sources. */
static void join(struct passing *p, struct host_query *query, const struct host_query *own)
{
	const struct host **all = arena_new_array(p->outer->arena, const struct host *, (unsigned)(query->n + own->n));

	if (!all) {
		settle(p, query, -E_NOMEM);
		return;
	}
	if (query->n)
		memcpy(all, query->out, (size_t)query->n * sizeof(*all));
	memcpy(all + query->n, own->out, (size_t)own->n * sizeof(*all));
	query->out = all;
	query->n += own->n;
	if ((unsigned)query->n >= query->max)
		settle(p, query, query->n);
}

static void take(struct passing *p, struct host_query *query, const struct host_query *own)
{
	if (query->by == HOST_BY_PAGE)
		query->next = (uint64_t)p->at << SOURCE_SHIFT | (own->next & POSITION_MASK);
	if (own->n < 0) {
		settle(p, query, own->n);
	} else if (own->n && is_joined(query) && query->n) {
		join(p, query, own);
	} else if (own->n) {
		query->out = own->out;
		query->n = own->n;
		p->is_settled[query - p->outer->v] = !is_joined(query) || (unsigned)own->n >= query->max;
	}
}

static void take_all(struct passing *p, int err)
{
	for (unsigned i = 0; i < p->find.n; i++) {
		if (err < 0)
			p->find.v[i].n = err;
		take(p, p->whose[i], &p->find.v[i]);
	}
	p->at++;
}

/* --- from source to source ----------------------------------------------------------- */

/* Returns -E_AGAIN if a source will respond later; then another thread may already have the find. */
static int pass_on(struct passing *p)
{
	while (p->at < p->chain->n) {
		int err = 0;

		choose_queries(p);
		if (p->find.n)
			err = host_find(p->chain->v[p->at], &p->find);
		if (err == -E_AGAIN)
			return err;
		take_all(p, err);
	}
	return 0;
}

static void responded(struct host_find *find, uint64_t ticket)
{
	struct passing *p = container_of(find, struct passing, find);

	take_all(p, 0);
	if (pass_on(p) == 0)
		p->outer->done(p->outer, ticket);
}

static void fail_all(struct host_find *find, int err)
{
	for (unsigned i = 0; i < find->n; i++)
		find->v[i].n = err;
}

static int chain_find(struct host_source *source, struct host_find *outer)
{
	const struct chain *chain = container_of(source, struct chain, source);
	size_t size = sizeof(struct passing) +
		      outer->n * (sizeof(struct host_query) + sizeof(struct host_query *) + sizeof(bool));
	struct passing *p = arena_alloc(outer->arena, size);

	if (!p) {
		fail_all(outer, -E_NOMEM);
		return 0;
	}
	p->find = (struct host_find){
		.v = (struct host_query *)(p + 1), .arena = outer->arena, .done = responded, .ticket = outer->ticket
	};
	p->whose = (struct host_query **)(p->find.v + outer->n);
	p->is_settled = (bool *)(p->whose + outer->n);
	p->outer = outer;
	p->chain = chain;
	for (unsigned i = 0; i < outer->n; i++) {
		outer->v[i].n = 0;
		outer->v[i].out = NULL;
		outer->v[i].next = outer->v[i].after;
	}
	return pass_on(p);
}

/* --- changes ------------------------------------------------------------------------- */

/* The first source that can be changed. */
static int chain_add(struct host_source *source, const struct host *host, struct str *why)
{
	struct chain *chain = container_of(source, struct chain, source);

	for (unsigned i = 0; i < chain->n; i++)
		if (chain->v[i]->ops->add)
			return host_add_wait(chain->v[i], host, why);
	str_add(why, "no source of reservations can be changed");
	return -E_UNSUPPORTED;
}

/* The first source that has the host; a source that cannot be changed only counts if no other one has it. */
static int chain_change(struct host_source *source, const struct host *host, struct str *why)
{
	struct chain *chain = container_of(source, struct chain, source);
	int err = -E_UNSUPPORTED;

	for (unsigned i = 0; i < chain->n; i++) {
		str_reset(why);
		err = host_change_wait(chain->v[i], host, why);
		if (err != -E_NOENT && err != -E_UNSUPPORTED)
			break;
	}
	return err;
}

static int chain_remove(struct host_source *source, uint32_t subnet_id, const struct host_id *id, struct str *why)
{
	struct chain *chain = container_of(source, struct chain, source);
	int err = -E_UNSUPPORTED;

	for (unsigned i = 0; i < chain->n; i++) {
		str_reset(why);
		err = host_remove_wait(chain->v[i], subnet_id, id, why);
		if (err != -E_NOENT && err != -E_UNSUPPORTED)
			break;
	}
	return err;
}

/* --- opening and closing -------------------------------------------------------------- */

static void chain_close(struct host_source *source)
{
	struct chain *chain = container_of(source, struct chain, source);

	/* In order: a find that a source ends by closing may still go to later ones. */
	for (unsigned i = 0; i < chain->n; i++)
		host_source_close(chain->v[i]);
	free(chain);
}

#define CHAIN_OPS \
	.find = chain_find, .close = chain_close, .add = chain_add, .change = chain_change, .remove = chain_remove

static const struct host_ops chain_ops = { .name = "chain", CHAIN_OPS };
static const struct host_ops chain_ops_at_once = { .name = "chain", .finds_at_once = true, CHAIN_OPS };

static bool is_chain(const struct host_source *source)
{
	return source->ops == &chain_ops || source->ops == &chain_ops_at_once;
}

struct host_source *host_chain_new(struct host_source *const *v, unsigned n)
{
	struct chain *chain = xcalloc(1, sizeof(*chain));
	bool at_once = true;

	assert(n && n <= HOST_CHAIN_MAX);
	for (unsigned i = 0; i < n; i++) {
		chain->v[i] = v[i];
		at_once = at_once && v[i]->ops->finds_at_once;
	}
	chain->n = n;
	chain->source.ops = at_once ? &chain_ops_at_once : &chain_ops;
	return &chain->source;
}

unsigned host_chain_size(const struct host_source *source)
{
	return is_chain(source) ? container_of(source, const struct chain, source)->n : 1;
}

struct host_source *host_chain_at(struct host_source *source, unsigned i)
{
	return is_chain(source) ? container_of(source, struct chain, source)->v[i] : source;
}

/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/lease_walk.h"

#include "base/err.h"
#include "base/list.h"
#include "base/str.h"
#include "daemon/lease_text.h"
#include "daemon/page_wait.h"

#define PIECE (32u << 10)
#define PAGE_LEASES 1000
#define TYPES 3
#define PAGES_EMPTY 4    /* of a search; then the loop runs */
#define PAGES_AT_ONCE 64 /* without a match; then the loop runs */

struct walk {
	struct daemon *d;
	struct store *store;
	struct lease_filter filter;
	struct arena *arena; /* of one page */
	bool scans;          /* the store has its leases in memory: in any order, each page is cheap */
	struct store_scan scan;
	struct lease_query queries[TYPES]; /* one for each type of lease */
	unsigned n_queries;
	struct ip after;
	struct store_find find;
	struct page_wait page;
	struct timer timer;
	bool is_begun;
	uint32_t n;       /* leases sent */
	unsigned n_empty; /* pages without a match */
};

/* True if the text contains the lower-case word, in any case. */
static bool contains(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (; *text; text++) {
		size_t i = 0;

		while (i < len && ascii_lower(text[i]) == word[i])
			i++;
		if (i == len)
			return true;
	}
	return false;
}

static bool id_contains(struct bytes id, const char *word)
{
	char hex[3 * LEASE_ID_MAX + 1];

	(void)bytes_to_hex(id, ':', hex, sizeof(hex));
	return id.len && contains(hex, word);
}

static bool is_found(const struct lease *lease, const char *word)
{
	char addr[PREFIX_TEXT_MAX];

	if (lease->hostname && contains(lease->hostname, word))
		return true;
	/* Most words that are names cannot be anything else. */
	if (word[strspn(word, "0123456789abcdef.:/")])
		return false;
	return contains(lease_address_text(lease, addr), word) || id_contains(lease->hwaddr, word) ||
	       id_contains(lease->client_id, word);
}

static bool passes(const struct walk *walk, const struct lease *lease)
{
	const struct lease_filter *f = &walk->filter;
	unsigned i = 0;

	if (f->states && !(f->states & 1U << lease->state))
		return false;
	if (f->hostname && (!lease->hostname || !str_case_equal(lease->hostname, f->hostname)))
		return false;
	if (f->search && !is_found(lease, f->search))
		return false;
	if (f->hwaddr.len && !bytes_equal(f->hwaddr, lease->hwaddr))
		return false;
	while (i < f->n_subnets && f->subnets[i] != lease->subnet_id)
		i++;
	return !f->n_subnets || i < f->n_subnets;
}

static void add_lease(struct walk *walk, struct str *out, const struct lease *lease)
{
	if (!passes(walk, lease))
		return;
	if (walk->n++)
		str_add(out, ", ");
	lease_add_json(out, lease);
}

static enum ctl_more finish(struct walk *walk, struct str *out)
{
	str_add(out, " ]");
	if (walk->filter.is_page)
		str_addf(out, ", \"count\": %u", walk->n);
	str_add(out, " }");
	ctl_cursor_result(walk->page.call, walk->n ? CTL_SUCCESS : CTL_EMPTY, "%u IPv%u lease(s) found.", walk->n,
			  walk->d->fam->digit);
	return CTL_END;
}

/* The time of the other connections has come. */
static void resume(void *ctx)
{
	struct walk *walk = ctx;

	ctl_cursor_ready(walk->page.call);
}

static enum ctl_more next_scan(struct walk *walk, struct str *out)
{
	size_t start = out->len;

	for (unsigned i = 0; i < PAGES_AT_ONCE && out->len < start + PIECE; i++) {
		int n;

		arena_reset(walk->arena);
		n = store_scan(walk->store, &walk->scan);
		if (n < 0)
			return CTL_FAILED;
		for (int k = 0; k < n; k++)
			add_lease(walk, out, &walk->scan.v[k]);
		if (!n)
			return finish(walk, out);
	}
	if (out->len > start)
		return CTL_MORE;
	loop_timer_start(walk->d->loop, &walk->timer, 0);
	return CTL_WAIT;
}

static void free_walk(struct page_wait *page)
{
	struct walk *walk = container_of(page, struct walk, page);

	loop_timer_stop(walk->d->loop, &walk->timer);
	arena_free(walk->arena);
	free(walk);
}

/* Any thread. */
static void page_found(struct store_find *find, uint64_t ticket)
{
	struct walk *walk = find->owner;

	(void)ticket;
	page_wait_found(&walk->page);
}

/* Returns false if the response comes later; on failure the query's n is negative. */
static bool ask_page(struct walk *walk)
{
	bool is_exact = walk->filter.is_page && !walk->filter.search;
	uint32_t left = is_exact ? walk->filter.limit - walk->n : PAGE_LEASES;
	int err;

	arena_reset(walk->arena);
	for (unsigned i = 0; i < walk->n_queries; i++) {
		walk->queries[i].max = left < PAGE_LEASES ? left : PAGE_LEASES;
		walk->queries[i].addr = walk->after;
	}
	walk->find = (struct store_find){
		.v = walk->queries, .n = walk->n_queries, .arena = walk->arena, .done = page_found, .owner = walk
	};
	err = store_find(walk->store, &walk->find);
	if (err != 0 && err != -E_AGAIN)
		walk->queries[0].n = err;
	walk->page.is_asked = err == -E_AGAIN;
	return err != -E_AGAIN;
}

/* Adds the leases of all types in order of address, as many as each query may find. Returns their number. */
static unsigned add_page(struct walk *walk, struct str *out)
{
	int at[TYPES] = { 0 };
	unsigned n;

	for (n = 0; n < walk->queries[0].max; n++) {
		const struct lease *first = NULL;
		unsigned type = 0;

		for (unsigned i = 0; i < walk->n_queries; i++)
			if (at[i] < walk->queries[i].n &&
			    (!first || ip_cmp(&walk->queries[i].out[at[i]].addr, &first->addr) < 0)) {
				first = &walk->queries[i].out[at[i]];
				type = i;
			}
		if (!first)
			break;
		at[type]++;
		walk->after = first->addr;
		add_lease(walk, out, first);
		if (walk->filter.is_page && walk->n == walk->filter.limit)
			return n + 1;
	}
	return n;
}

static enum ctl_more next_page(struct walk *walk, struct str *out)
{
	size_t start = out->len;
	unsigned n;

	if (walk->page.is_asked)
		return CTL_WAIT;
	if (!walk->page.has_page && !ask_page(walk))
		return CTL_WAIT;
	walk->page.has_page = false;
	for (unsigned i = 0; i < walk->n_queries; i++)
		if (walk->queries[i].n < 0)
			return CTL_FAILED;
	n = add_page(walk, out);
	if (!n || (walk->filter.is_page && walk->n >= walk->filter.limit))
		return finish(walk, out);
	if (out->len > start || ++walk->n_empty % PAGES_EMPTY)
		return CTL_MORE;
	/* A long search: the time of the other connections has come. */
	loop_timer_start(walk->d->loop, &walk->timer, 0);
	return CTL_WAIT;
}

static enum ctl_more next(struct ctl_call *call, void *state, struct str *out)
{
	struct walk *walk = state;

	(void)call;
	if (!walk->is_begun) {
		walk->is_begun = true;
		str_add(out, "{ \"leases\": [ ");
		if (walk->filter.no_subnet)
			return finish(walk, out);
	}
	/* A new configuration has another lease database. */
	if (walk->store != walk->d->db->store)
		return CTL_FAILED;
	return walk->scans ? next_scan(walk, out) : next_page(walk, out);
}

static void leave(void *state)
{
	page_wait_leave(&((struct walk *)state)->page);
}

void lease_walk_respond(struct ctl_call *call, const struct lease_filter *filter)
{
	static const struct ctl_cursor cursor = { next, leave };
	static const enum lease_type types[TYPES] = { LEASE_NA, LEASE_TA, LEASE_PD };
	struct walk *walk = xcalloc(1, sizeof(*walk));
	bool is4 = ctl_call_family(call) == KEY_4;

	walk->d = call_daemon(call);
	page_wait_init(&walk->page, call, walk->d->loop, free_walk);
	walk->store = walk->d->db->store;
	walk->filter = *filter;
	walk->arena = arena_new(0);
	walk->scan.arena = walk->arena;
	walk->scans = !filter->is_page && store_finds_at_once(walk->store);
	timer_init(&walk->timer, resume, walk);
	walk->after = filter->is_page ? filter->after : is4 ? ip_zero4 : ip_zero6;
	walk->n_queries = is4 ? 1 : TYPES;
	for (unsigned i = 0; i < walk->n_queries; i++)
		walk->queries[i] = (struct lease_query){
			.by = BY_PAGE,
			.type = is4 ? LEASE_V4 : types[i],
			.subnets = filter->subnets,
			.n_subnets = filter->n_subnets,
			.states = filter->states,
			.hostname = filter->hostname,
		};
	ctl_respond_cursor(call, &cursor, walk);
}

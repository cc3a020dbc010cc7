/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/host_walk.h"

#include "base/err.h"
#include "base/list.h"
#include "daemon/host_op.h"
#include "daemon/host_text.h"
#include "daemon/page_wait.h"
#include "host/file.h"

#define PAGE_HOSTS 100
#define FOUND_MAX 4096 /* hosts of one source with an identifier, or at an address */

struct walk {
	struct daemon *d;
	struct live *live;
	struct host_walk_conf conf;
	struct arena *arena; /* of one page */
	struct {
		struct host_source *source;
		uint32_t index;
	} v[HOST_CHAIN_MAX];
	unsigned n_sources, at;
	struct host_query query; /* for the source */
	struct host_find find;
	struct page_wait page;
	bool is_begun;
	uint32_t n; /* hosts sent */
};

static bool is_paged(const struct walk *walk)
{
	return walk->query.by == HOST_BY_PAGE;
}

/* --- the response --- */

static void begin(struct walk *walk, struct str *out)
{
	if (!walk->is_begun && walk->conf.kind != HOST_WALK_ONE)
		str_add(out, "{ \"hosts\": [ ");
	walk->is_begun = true;
}

static bool passes(const struct walk *walk, const struct host *host)
{
	return walk->query.by != HOST_BY_PLACE || host_is_at(host, &walk->query.place.addr);
}

/* Adds the hosts of a page, and returns true if no more are needed. */
static bool add_page(struct walk *walk, struct str *out)
{
	begin(walk, out);
	for (int i = 0; i < walk->query.n; i++) {
		if (!passes(walk, walk->query.out[i]))
			continue;
		if (walk->n++)
			str_add(out, ", ");
		host_add_json(out, walk->live->cfg, walk->v[walk->at].source, walk->query.out[i]);
		if (walk->conf.kind == HOST_WALK_ONE)
			return true;
	}
	return walk->conf.kind == HOST_WALK_PAGE && walk->n >= walk->conf.limit;
}

static void end_list(struct walk *walk, struct str *out)
{
	str_add(out, " ]");
	if (walk->conf.kind == HOST_WALK_PAGE) {
		str_addf(out, ", \"count\": %u", walk->n);
		if (walk->n)
			str_addf(out, ", \"next\": { \"from\": %llu, \"source-index\": %u }",
				 (unsigned long long)walk->query.next, walk->v[walk->at].index);
	}
	str_add(out, " }");
}

static enum ctl_more finish(struct walk *walk, struct str *out)
{
	enum ctl_result result = walk->n ? CTL_SUCCESS : CTL_EMPTY;

	if (walk->conf.kind == HOST_WALK_ONE) {
		ctl_cursor_result(walk->page.call, result, walk->n ? "Host found." : "Host not found.");
		return CTL_END;
	}
	begin(walk, out);
	end_list(walk, out);
	ctl_cursor_result(walk->page.call, result, "%u IPv%u host(s) found.", walk->n, walk->d->fam->digit);
	return CTL_END;
}

static enum ctl_more fail(struct walk *walk, struct str *out)
{
	if (walk->is_begun && walk->conf.kind != HOST_WALK_ONE)
		end_list(walk, out);
	ctl_cursor_result(walk->page.call, CTL_ERROR, "%s%s",
			  walk->query.n == -E_NOMEM ? "too many reservations for one response"
						    : "the hosts database is failing",
			  walk->n ? ": the list is not complete" : "");
	return CTL_END;
}

/* --- asking --- */

static void free_walk(struct page_wait *page)
{
	struct walk *walk = container_of(page, struct walk, page);

	daemon_release(walk->d, walk->live);
	arena_free(walk->arena);
	free(walk);
}

/* Any thread. */
static void page_found(struct host_find *find, uint64_t ticket)
{
	struct walk *walk = find->owner;

	(void)ticket;
	page_wait_found(&walk->page);
}

static uint32_t page_size(const struct walk *walk)
{
	uint32_t left = walk->conf.kind == HOST_WALK_PAGE ? walk->conf.limit - walk->n : PAGE_HOSTS;

	return !is_paged(walk) ? FOUND_MAX : left < PAGE_HOSTS ? left : PAGE_HOSTS;
}

/* Returns false if the response comes later. */
static bool ask(struct walk *walk)
{
	arena_reset(walk->arena);
	walk->query.max = page_size(walk);
	walk->find = (struct host_find){
		.v = &walk->query, .n = 1, .arena = walk->arena, .done = page_found, .owner = walk
	};
	walk->page.is_asked = true;
	if (host_find(walk->v[walk->at].source, &walk->find) == -E_AGAIN)
		return false;
	walk->page.is_asked = false;
	return true;
}

static void next_source(struct walk *walk)
{
	walk->at++;
	walk->query.after = 0;
}

/* Goes on after a page. Returns true if that was the last one. */
static bool move_on(struct walk *walk)
{
	bool is_end = !is_paged(walk) || !walk->query.n;

	walk->query.after = walk->query.next;
	/* A page is from one source. */
	if (is_end && walk->conf.kind == HOST_WALK_PAGE && walk->n)
		return true;
	if (is_end)
		next_source(walk);
	return walk->at == walk->n_sources;
}

static enum ctl_more next(struct ctl_call *call, void *state, struct str *out)
{
	struct walk *walk = state;

	(void)call;
	if (walk->page.is_asked)
		return CTL_WAIT;
	if (walk->at == walk->n_sources)
		return finish(walk, out);
	if (!walk->page.has_page && !ask(walk))
		return CTL_WAIT;
	walk->page.has_page = false;
	if (walk->query.n < 0)
		return fail(walk, out);
	if (add_page(walk, out) || move_on(walk))
		return finish(walk, out);
	return CTL_MORE;
}

static void leave(void *state)
{
	page_wait_leave(&((struct walk *)state)->page);
}

/* --- starting --- */

static void choose_sources(struct walk *walk)
{
	struct host_source *all = walk->live->cfg->hosts;
	uint32_t index = 0;

	for (unsigned i = 0; all && i < host_chain_size(all); i++) {
		struct host_source *source = host_chain_at(all, i);
		bool is_file = host_is_file(source);

		index += !is_file;
		if (!(walk->conf.sources & (is_file ? HOST_MEMORY : HOST_DATABASES)))
			continue;
		if (walk->conf.kind == HOST_WALK_PAGE && (is_file ? 0 : index) < walk->conf.source_index)
			continue;
		walk->v[walk->n_sources].source = source;
		walk->v[walk->n_sources++].index = is_file ? 0 : index;
	}
	/* Where a page starts belongs to its source. */
	if (walk->n_sources && walk->v[0].index != walk->conf.source_index)
		walk->query.after = 0;
}

void host_walk_respond(struct ctl_call *call, const struct host_walk_conf *conf)
{
	static const struct ctl_cursor cursor = { next, leave };
	struct walk *walk = xcalloc(1, sizeof(*walk));

	walk->d = call_daemon(call);
	page_wait_init(&walk->page, call, walk->d->loop, free_walk);
	walk->live = daemon_hold(walk->d);
	walk->conf = *conf;
	walk->query = conf->query;
	walk->query.with_texts = true;
	walk->arena = arena_new(0);
	choose_sources(walk);
	ctl_respond_cursor(call, &cursor, walk);
}

/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Leases that a library searches for in the main thread, without a packet. A search has memory for one response, and
 * asks once at a time. One that ends before the store has responded is freed when it does, by the post that the
 * response arrives with; a store that is closed responds to what it was asked first.
 */
#include "api/api.h"

#include "api/api_int.h"
#include "base/err.h"
#include "io/loop.h"
#include "serve/service.h"

enum { SEARCH_LEASES_MAX = 1000 };
#define SEARCH_BYTES_MAX ((size_t)4 << 20)

static const struct live *the_live; /* whose lease database is asked */
static const struct duid *the_duid;

struct kea_search {
	struct hook_owned owned;
	struct kea_library *lib; /* NULL: it has ended, while the store is asked */
	kea_search_fn *fn;
	void *context;
	struct arena *arena; /* of the query and its response */
	struct lease_query query;
	struct store_find find;
	struct post post;
	bool is_asked;
	struct kea_object *objects;
	/* What fields of the leases are read by: a call of no point. */
	struct hook_call hook; /* its cfg: that in service, set before a library reads a lease */
	struct kea_call call;
};

void api_use_live(const struct live *live, const struct duid *duid)
{
	the_live = live;
	the_duid = duid;
}

const struct config *api_config_in_service(void)
{
	return the_live ? the_live->cfg : NULL;
}

const void *api_server_id(const struct kea_library *lib, size_t *ret_len)
{
	(void)lib;
	*ret_len = the_duid ? the_duid->len : 0;
	return *ret_len ? the_duid->b : NULL;
}

static void free_search(struct kea_search *search)
{
	arena_free(search->arena);
	free(search);
}

void api_search_free(struct kea_search *search)
{
	if (!search)
		return;
	list_remove(&search->owned.link);
	search->lib = NULL;
	if (!search->is_asked)
		free_search(search);
}

static void end(struct hook_owned *owned)
{
	api_search_free(container_of(owned, struct kea_search, owned));
}

static void make_objects(struct kea_search *search)
{
	struct lease_query *query = &search->query;

	if (query->n <= 0)
		return;
	search->objects = arena_new_array(search->arena, struct kea_object, (size_t)query->n);
	if (!search->objects) {
		query->n = -E_NOMEM;
		return;
	}
	for (int i = 0; i < query->n; i++)
		search->objects[i] = (struct kea_object){
			.kind = KEA_OBJECT_LEASE, .role = KEA_ARG_OLD_LEASE, .at = &query->out[i], .call = &search->call
		};
}

static int run(void *arg)
{
	struct kea_search *search = arg;

	search->fn(search, search->context);
	return 0;
}

static void on_found(struct post *post)
{
	struct kea_search *search = container_of(post, struct kea_search, post);
	struct kea_library *lib = search->lib;
	int result;

	search->is_asked = false;
	if (!lib) {
		free_search(search);
		return;
	}
	make_objects(search);
	/* The function may end the search, and the last use of the library. */
	hook_library_ref(lib);
	(void)hook_enter(lib, "a search for leases", run, search, &result);
	hook_library_unref(lib);
}

/* Any thread. */
static void found(struct store_find *find, uint64_t ticket)
{
	struct kea_search *search = find->owner;

	(void)ticket;
	loop_post(hook_loop(), &search->post);
}

struct kea_search *api_search(struct kea_library *lib, kea_search_fn *fn, void *context)
{
	struct kea_search *search = xcalloc(1, sizeof(*search));

	search->owned.end = end;
	search->lib = lib;
	search->fn = fn;
	search->context = context;
	search->arena = arena_new(SEARCH_BYTES_MAX);
	search->post.fn = on_found;
	search->hook.digit = lib->digit;
	search->call.hook = &search->hook;
	list_add_tail(&lib->owned, &search->owned.link);
	return search;
}

static bool make_query(struct kea_search *search, enum kea_find_by by, struct bytes id, int number)
{
	struct lease_query *query = &search->query;
	bool is_v6 = search->lib->digit == 6;

	if (by != KEA_FIND_AFTER)
		return find_query(search->lib->digit, by, id, number, query);
	/* The address is checked as one that is searched for. */
	if (!find_query(search->lib->digit, KEA_FIND_ADDRESS, id, 0, query) ||
	    (is_v6 && (number < LEASE_NA || number > LEASE_PD)))
		return false;
	query->by = BY_PAGE;
	query->type = is_v6 ? (enum lease_type)number : LEASE_V4;
	return true;
}

/* False: out of memory. */
static bool copy(struct kea_search *search, struct bytes id, const uint32_t *subnets, unsigned n)
{
	struct lease_query *query = &search->query;

	query->id.data = arena_dup(search->arena, id.data, id.len);
	query->subnets = n ? arena_dup(search->arena, subnets, n * sizeof(*subnets)) : NULL;
	query->n_subnets = n;
	return query->id.data && (!n || query->subnets);
}

int api_search_start(struct kea_search *search, enum kea_find_by by, const void *id, size_t len, int number,
		     const uint32_t *subnets, unsigned n, unsigned max)
{
	int err;

	if (search->is_asked || !the_live || !hook_loop())
		return -E_BUSY;
	if (!max || max > SEARCH_LEASES_MAX)
		return -E_RANGE;
	api_search_clear(search);
	if (!make_query(search, by, bytes_of(id, len), number))
		return -E_INVAL;
	if (!copy(search, bytes_of(id, len), subnets, n))
		return -E_NOMEM;
	search->query.max = max;
	search->find = (struct store_find){
		.v = &search->query, .n = 1, .arena = search->arena, .done = found, .owner = search
	};
	search->is_asked = true;
	err = store_find(the_live->db->store, &search->find);
	if (err == -E_AGAIN)
		return 0;
	if (err < 0)
		search->query.n = err;
	/* The loop runs in between, also if a library goes on and on. */
	loop_post(hook_loop(), &search->post);
	return 0;
}

int api_search_count(const struct kea_search *search)
{
	return search->is_asked ? -E_BUSY : search->query.n;
}

const struct kea_object *api_search_lease(struct kea_search *search, unsigned i)
{
	search->hook.cfg = api_config_in_service();
	return search->is_asked || search->query.n < 0 || i >= (unsigned)search->query.n ? NULL : &search->objects[i];
}

void api_search_clear(struct kea_search *search)
{
	if (search->is_asked)
		return;
	search->query = (struct lease_query){ 0 };
	search->objects = NULL;
	arena_reset(search->arena);
}

/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Sources of reservations that need nothing else: that of configuration files, one that responds late, in any order
 * and sometimes twice, and chains.
 */
#include "../unit/suite.h"
#include "host_suite.h"
#include "slow_source.h"

#include "base/err.h"
#include "host/chain.h"
#include "host/file.h"
#include "host/keeper.h"

#include <semaphore.h>
#include <stdatomic.h>

static struct host_source *open_file(const struct host_kind *kind, struct arena *arena, const struct host *v,
				     unsigned n)
{
	size_t n_places = 0;
	const struct host *other;
	struct host_file *file;

	(void)kind;
	for (unsigned i = 0; i < n; i++)
		n_places += v[i].n_places;
	file = host_file_new(arena, v, n, n_places, false);
	for (unsigned i = 0; i < n; i++)
		ck_assert_int_eq(host_file_add(file, &other), 0);
	host_file_ready(file);
	return host_file_source(file);
}

static struct host_source *open_slow(const struct host_kind *kind, struct arena *arena, const struct host *v,
				     unsigned n)
{
	return slow_source_new(open_file(kind, arena, v, n), NULL, NULL);
}

/* Part of the hosts are in each source. */
static struct host_source *open_chain(const struct host_kind *kind, struct arena *arena, const struct host *v,
				      unsigned n)
{
	unsigned first = n / 2, second = n / 4;
	struct host_source *parts[] = { open_file(kind, arena, v, first), open_file(kind, arena, v + first, second),
					open_file(kind, arena, v + first + second, n - first - second) };

	return host_chain_new(parts, 3);
}

/* The keeper of another source, which it closes: the suite has one source. */
struct kept_source {
	struct host_source source, *inner;
	struct host_keeper *keeper;
};

static int kept_find(struct host_source *source, struct host_find *find)
{
	return host_find(host_keeper_source(((struct kept_source *)source)->keeper), find);
}

static void kept_close(struct host_source *source)
{
	struct kept_source *kept = (struct kept_source *)source;

	host_source_close(kept->inner);
	host_keeper_free(kept->keeper);
	free(kept);
}

static const struct host_ops kept_ops = { .name = "kept", .find = kept_find, .close = kept_close };
static const struct host_ops kept_ops_at_once = {
	.name = "kept", .finds_at_once = true, .find = kept_find, .close = kept_close
};

/* number: the maximum. */
static struct host_source *open_kept(struct host_source *inner, int number)
{
	struct kept_source *kept = xcalloc(1, sizeof(*kept));

	kept->inner = inner;
	kept->keeper = host_keeper_new(inner, (uint32_t)number);
	kept->source.ops = inner->ops->finds_at_once ? &kept_ops_at_once : &kept_ops;
	return &kept->source;
}

/* Responds once, but not as the result of a find. */
struct prompt {
	struct host_source source, *inner;
};

static int prompt_find(struct host_source *source, struct host_find *find)
{
	ck_assert_int_eq(host_find(((struct prompt *)source)->inner, find), 0);
	find->done(find, find->ticket);
	return -E_AGAIN;
}

static void prompt_close(struct host_source *source)
{
	host_source_close(((struct prompt *)source)->inner);
	free(source);
}

static struct host_source *open_kept_prompt(const struct host_kind *kind, struct arena *arena, const struct host *v,
					    unsigned n)
{
	static const struct host_ops ops = { .name = "prompt", .find = prompt_find, .close = prompt_close };
	struct prompt *prompt = xcalloc(1, sizeof(*prompt));

	prompt->source.ops = &ops;
	prompt->inner = open_file(kind, arena, v, n);
	return open_kept(&prompt->source, kind->number);
}

static struct host_source *open_kept_file(const struct host_kind *kind, struct arena *arena, const struct host *v,
					  unsigned n)
{
	return open_kept(open_chain(kind, arena, v, n), kind->number);
}

#define SMALL (900 * sizeof(void *) / 8)

static const struct host_kind kinds[] = {
	{ "file", open_file, 256, 0 },
	{ "slow", open_slow, 256, 0 },
	{ "chain", open_chain, SMALL, 0 },
	{ "kept", open_kept_prompt, SMALL, 0 },
	{ "kept, little room", open_kept_prompt, SMALL, 2 },
	{ "kept, at once", open_kept_file, 0, 0 },
};
#define KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

/* --- closing --- */

static atomic_uint n_answered;

static void count(struct host_find *find, uint64_t ticket)
{
	ck_assert_uint_eq(ticket, 1);
	ck_assert_int_eq(find->v[0].n, 1);
	atomic_fetch_add(&n_answered, 1);
}

/* A request that waits is answered when the source is closed. */
START_TEST(closing_answers_all)
{
	struct arena *arena = arena_new(0);
	struct host host = { .id = { HOST_ID_DUID, bytes_of("a", 1) }, .hostname = "" };
	struct host_source *source = open_slow(kinds, arena, &host, 1);
	struct host_query v[400];
	struct host_find finds[400];

	slow_queue_withhold(slow_source_queue(source), true);
	for (unsigned i = 0; i < 400; i++) {
		v[i] = (struct host_query){ .by = HOST_BY_ID, .ids = &host.id, .n_ids = 1 };
		finds[i] = (struct host_find){ .v = &v[i], .n = 1, .arena = arena_new(0), .done = count, .ticket = 1 };
		ck_assert_int_eq(host_find(source, &finds[i]), -E_AGAIN);
	}
	ck_assert_uint_gt(slow_queue_counts(slow_source_queue(source)).withheld, 0);
	host_source_close(source);
	/* some of them twice */
	ck_assert_uint_gt(atomic_load(&n_answered), 400);
	for (unsigned i = 0; i < 400; i++) {
		ck_assert_int_eq(v[i].n, 1);
		arena_free(finds[i].arena);
	}
	arena_free(arena);
}
END_TEST

/* --- chains --- */

/* Responds when it is told to, once, and can fail. */
struct later {
	struct host_source source, *inner;
	struct host_find *find;
	uint64_t ticket;
	bool is_closed;
};

static int later_find(struct host_source *source, struct host_find *find)
{
	struct later *later = (struct later *)source;

	ck_assert_ptr_null(later->find);
	later->find = find;
	later->ticket = find->ticket;
	return -E_AGAIN;
}

static void later_respond(struct later *later, bool fails)
{
	struct host_find *find = later->find;

	ck_assert_ptr_nonnull(find);
	later->find = NULL;
	if (!fails)
		ck_assert_int_eq(host_find(later->inner, find), 0);
	for (unsigned i = 0; fails && i < find->n; i++)
		find->v[i].n = -E_SYS;
	find->done(find, later->ticket);
}

static void later_close(struct host_source *source)
{
	struct later *later = (struct later *)source;

	if (later->find)
		later_respond(later, false);
	later->is_closed = true;
}

static const struct host_ops later_ops = { .name = "later", .find = later_find, .close = later_close };

static struct host_place place4(const char *text)
{
	struct host_place place = { .prefix.len = 32 };

	ck_assert_int_eq(ip_parse(text, &place.prefix.addr), 0);
	return place;
}

static struct {
	struct arena *arena;
	struct host_place places[2];
	struct host hosts[4];
	struct later later[2];
	struct host_source *source;
	unsigned n_done;
} c;

static void chain_done(struct host_find *find, uint64_t ticket)
{
	ck_assert_uint_eq(ticket, 7);
	ck_assert_ptr_eq(find->owner, &c);
	c.n_done++;
}

/* host 0 in a source that responds at once; 1 and 2, with the same identifier and address, and 3 in two that do not */
static void chain_setup(void)
{
	struct host_source *parts[3];

	memset(&c, 0, sizeof(c));
	c.arena = arena_new(0);
	for (unsigned i = 0; i < 2; i++)
		c.places[i] = place4("192.0.2.1");
	for (unsigned i = 0; i < 4; i++)
		c.hosts[i] = (struct host){ .id = { HOST_ID_DUID, bytes_of(i ? i == 3 ? "d" : "b" : "a", 1) },
					    .subnet_id = 1,
					    .hostname = i == 1   ? "first"
							: i == 2 ? "second"
								 : "",
					    .places = c.places,
					    .n_places = i < 3 };
	parts[0] = open_file(NULL, c.arena, &c.hosts[0], 1);
	for (unsigned i = 0; i < 2; i++) {
		c.later[i].source.ops = &later_ops;
		c.later[i].inner = open_file(NULL, c.arena, &c.hosts[1 + i], 1 + i);
		parts[1 + i] = &c.later[i].source;
	}
	c.source = host_chain_new(parts, 3);
}

static void chain_teardown(void)
{
	host_source_close(c.source);
	ck_assert(c.later[0].is_closed && c.later[1].is_closed);
	arena_free(c.arena);
}

static struct host_find find_of(struct host_query *v, unsigned n)
{
	return (struct host_find){ .v = v, .n = n, .arena = c.arena, .done = chain_done, .ticket = 7, .owner = &c };
}

START_TEST(chain_asks_no_source_in_vain)
{
	struct host_query v[] = {
		{ .by = HOST_BY_ID, .subnet_id = 1, .ids = &c.hosts[0].id, .n_ids = 1 },
		{ .by = HOST_BY_ID, .subnet_id = 1, .ids = &c.hosts[1].id, .n_ids = 1 },
		{ .by = HOST_BY_ID, .subnet_id = 1, .ids = &c.hosts[3].id, .n_ids = 1 },
	};
	struct host_find find = find_of(v, 1);

	ck_assert(!c.source->ops->finds_at_once);
	ck_assert_int_eq(host_find(c.source, &find), 0);
	ck_assert_int_eq(v[0].n, 1);
	ck_assert_ptr_eq(v[0].out[0], &c.hosts[0]);
	find = find_of(v, 3);
	ck_assert_int_eq(host_find(c.source, &find), -E_AGAIN);
	ck_assert_uint_eq(c.later[0].find->n, 2);
	later_respond(&c.later[0], false);
	ck_assert_uint_eq(c.n_done, 0);
	ck_assert_uint_eq(c.later[1].find->n, 1);
	later_respond(&c.later[1], false);
	ck_assert_uint_eq(c.n_done, 1);
	/* of two with the same identifier, that of the earlier source */
	ck_assert_str_eq(v[1].out[0]->hostname, "first");
	ck_assert_ptr_eq(v[2].out[0], &c.hosts[3]);
}
END_TEST

START_TEST(chain_joins_places)
{
	struct host_query v[] = {
		{ .by = HOST_BY_PLACE, .subnet_id = 1, .place = c.places[0].prefix, .max = 9 },
		{ .by = HOST_BY_PLACE, .subnet_id = 1, .place = c.places[0].prefix, .max = 2 },
		{ .by = HOST_BY_PLACE, .subnet_id = 2, .place = c.places[0].prefix, .max = 9 },
	};
	struct host_find find = find_of(v, 3);

	ck_assert_int_eq(host_find(c.source, &find), -E_AGAIN);
	later_respond(&c.later[0], false);
	ck_assert_uint_eq(c.later[1].find->n, 2);
	later_respond(&c.later[1], false);
	ck_assert_int_eq(v[0].n, 3);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_ptr_eq(v[0].out[i], &c.hosts[i]);
	ck_assert_int_eq(v[1].n, 2);
	ck_assert_int_eq(v[2].n, 0);
}
END_TEST

/* A source that fails is not one without reservations; what does not depend on it is answered. */
START_TEST(chain_fails_where_a_source_does)
{
	struct host_query v[] = {
		{ .by = HOST_BY_ID, .subnet_id = 1, .ids = &c.hosts[0].id, .n_ids = 1 },
		{ .by = HOST_BY_ID, .subnet_id = 1, .ids = &c.hosts[2].id, .n_ids = 1 },
		{ .by = HOST_BY_PLACE, .subnet_id = 1, .place = c.places[0].prefix, .max = 9 },
		{ .by = HOST_BY_PAGE, .max = 9 },
	};
	struct host_find find = find_of(v, 4);

	ck_assert_int_eq(host_find(c.source, &find), -E_AGAIN);
	later_respond(&c.later[0], true);
	ck_assert_ptr_null(c.later[1].find);
	ck_assert_uint_eq(c.n_done, 1);
	ck_assert_int_eq(v[0].n, 1);
	ck_assert_int_eq(v[1].n, -E_SYS);
	ck_assert_int_eq(v[2].n, -E_SYS);
	ck_assert_int_eq(v[3].n, 1);
}
END_TEST

START_TEST(chain_closes_in_order)
{
	struct host_query v[] = { { .by = HOST_BY_ID, .subnet_id = 1, .ids = &c.hosts[3].id, .n_ids = 1 } };
	struct host_find find = find_of(v, 1);

	ck_assert_int_eq(host_find(c.source, &find), -E_AGAIN);
	host_source_close(c.source);
	ck_assert_uint_eq(c.n_done, 1);
	ck_assert_ptr_eq(v[0].out[0], &c.hosts[3]);
	arena_free(c.arena);
	chain_setup();
}
END_TEST

START_TEST(chain_of_sources_that_cannot_be_changed)
{
	struct str why = { 0 };

	ck_assert_uint_eq(host_chain_size(c.source), 3);
	ck_assert_ptr_eq(host_chain_at(c.source, 1), &c.later[0].source);
	ck_assert_uint_eq(host_chain_size(&c.later[0].source), 1);
	ck_assert_int_eq(host_add_wait(c.source, &c.hosts[0], &why), -E_UNSUPPORTED);
	ck_assert_str_eq(str_text(&why), "no source of reservations can be changed");
	ck_assert_int_eq(host_change_wait(c.source, &c.hosts[0], &why), -E_UNSUPPORTED);
	ck_assert_int_eq(host_remove_wait(c.source, 1, &c.hosts[0].id, &why), -E_UNSUPPORTED);
	ck_assert_str_eq(str_text(&why), "reservations of source \"later\" cannot be changed");
	str_free(&why);
}
END_TEST

/* --- what is kept --- */

static struct {
	struct arena *arena;
	struct host hosts[2];
	struct host_place place;
	struct later later;
	struct host_keeper *keeper;
	struct host_query query;
	struct host_find find;
	struct host_id ids[3];
	unsigned n_done;
} k;

static void kept_done(struct host_find *find, uint64_t ticket)
{
	(void)find;
	(void)ticket;
	k.n_done++;
}

static void keeper_setup(void)
{
	static const struct host_ops ops = { .name = "later", .find = later_find };

	k.arena = arena_new(0);
	k.place = (struct host_place){ .prefix = host_suite_prefix("192.0.2.1") };
	k.ids[0] = (struct host_id){ HOST_ID_HW_ADDRESS, bytes_of("a", 1) };
	k.ids[1] = (struct host_id){ HOST_ID_CLIENT_ID, bytes_of("b", 1) };
	k.ids[2] = (struct host_id){ HOST_ID_FLEX_ID, bytes_of("c", 1) };
	k.hosts[0] =
		(struct host){ .id = k.ids[1], .subnet_id = 1, .hostname = "one", .places = &k.place, .n_places = 1 };
	k.hosts[1] = (struct host){ .id = k.ids[0], .subnet_id = 1, .hostname = "other" };
	k.later = (struct later){ .source.ops = &ops };
	k.keeper = host_keeper_new(&k.later.source, 3);
	k.n_done = 0;
}

static void keeper_teardown(void)
{
	host_keeper_free(k.keeper);
	arena_free(k.arena);
}

/* Asks about the first n identifiers; true: the answer is here. */
static bool ask_ids(unsigned n)
{
	k.query = (struct host_query){ .by = HOST_BY_ID, .subnet_id = 1, .ids = k.ids, .n_ids = n };
	k.find = (struct host_find){ .v = &k.query, .n = 1, .arena = k.arena, .done = kept_done };
	return host_find(host_keeper_source(k.keeper), &k.find) == 0;
}

/* Same, at an address. */
static bool ask_at(const char *text)
{
	k.query =
		(struct host_query){ .by = HOST_BY_PLACE, .subnet_id = 1, .place = host_suite_prefix(text), .max = 10 };
	k.find = (struct host_find){ .v = &k.query, .n = 1, .arena = k.arena, .done = kept_done };
	return host_find(host_keeper_source(k.keeper), &k.find) == 0;
}

/* The source responds with this host; NULL: none. */
static void source_has(const struct host *host)
{
	static const struct host *out[1];
	struct host_find *find = k.later.find;

	ck_assert_ptr_nonnull(find);
	k.later.find = NULL;
	out[0] = host;
	find->v[0].n = host != NULL;
	find->v[0].out = out;
	find->done(find, k.later.ticket);
}

START_TEST(keeper_asks_once)
{
	ck_assert(!ask_ids(2));
	ck_assert(k.later.find->v[0].with_texts);
	source_has(&k.hosts[0]);
	ck_assert_uint_eq(k.n_done, 1);
	ck_assert_int_eq(k.query.n, 1);
	/* The first identifier has none, the second the host; the third is not known. */
	ck_assert_uint_eq(host_keeper_size(k.keeper), 2);
	ck_assert(ask_ids(1));
	ck_assert_int_eq(k.query.n, 0);
	ck_assert(ask_ids(3));
	ck_assert_int_eq(k.query.n, 1);
	ck_assert_str_eq(k.query.out[0]->hostname, "one");
	ck_assert_ptr_ne(k.query.out[0], &k.hosts[0]);
	/* A failure is not kept, and neither are queries for commands. */
	ck_assert(host_keeper_remove(k.keeper, 1, &k.ids[0]));
	ck_assert(!ask_ids(1));
	k.later.find->v[0].n = -E_SYS;
	k.later.find->done(k.later.find, 0);
	k.later.find = NULL;
	ck_assert_int_eq(k.query.n, -E_SYS);
	ck_assert(!ask_ids(1));
	source_has(NULL);
	ck_assert(ask_ids(1));
}
END_TEST

START_TEST(keeper_joins_places)
{
	ck_assert(!host_keeper_insert(k.keeper, &k.hosts[0], false));
	ck_assert(host_keeper_insert(k.keeper, &k.hosts[0], false));
	ck_assert(!ask_at("192.0.2.1"));
	source_has(NULL);
	ck_assert_int_eq(k.query.n, 1);
	/* The source's own is not found twice. */
	ck_assert(!ask_at("192.0.2.1"));
	source_has(&k.hosts[0]);
	ck_assert_int_eq(k.query.n, 1);
	ck_assert(!ask_at("192.0.2.2"));
	source_has(NULL);
	ck_assert_int_eq(k.query.n, 0);
	ck_assert(host_keeper_remove_at(k.keeper, 1, &k.place.prefix.addr));
	ck_assert(!host_keeper_remove_at(k.keeper, 1, &k.place.prefix.addr));
	ck_assert(!ask_at("192.0.2.1"));
	source_has(NULL);
	ck_assert_int_eq(k.query.n, 0);
}
END_TEST

/* What was found before a change is not kept after it. */
START_TEST(keeper_forgets)
{
	ck_assert(!ask_ids(2));
	ck_assert(!host_keeper_remove(k.keeper, 1, &k.ids[1]));
	source_has(&k.hosts[0]);
	ck_assert_int_eq(k.query.n, 1);
	ck_assert_uint_eq(host_keeper_size(k.keeper), 0);
}
END_TEST

/* The oldest entries make room; so many that the tables grow. */
START_TEST(keeper_makes_room)
{
	struct host_keeper *all = host_keeper_new(&k.later.source, 0);
	char names[300][4];
	struct host_kept *v;

	for (unsigned i = 0; i < 300; i++) {
		struct host host = k.hosts[0];

		(void)snprintf(names[i], sizeof(names[i]), "%03u", i);
		host.id.value = bytes_of(names[i], 3);
		(void)host_keeper_insert(k.keeper, &host, i % 2);
		(void)host_keeper_insert(all, &host, i % 2);
	}
	ck_assert_uint_eq(host_keeper_size(all), 300);
	ck_assert_uint_eq(host_keeper_read(k.keeper, NULL, k.arena, &v), 3);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_mem_eq(v[i].host->id.value.data, names[297 + i], 3);
		ck_assert(v[i].is_negative == (297 + i) % 2);
		ck_assert_uint_eq(v[i].host->n_places, !v[i].is_negative);
	}
	ck_assert_uint_eq(host_keeper_flush(all, 100), 100);
	ck_assert_uint_eq(host_keeper_read(all, NULL, k.arena, &v), 200);
	ck_assert_mem_eq(v[0].host->id.value.data, "100", 3);
	ck_assert_uint_eq(host_keeper_flush(all, 1000), 200);
	host_keeper_free(all);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("source of reservations"), *closing = tcase_create("closing"),
	      *chains = tcase_create("chain"), *kept = tcase_create("keeper");

	host_suite_add(tc, kinds, KINDS);
	tcase_add_test(closing, closing_answers_all);
	tcase_add_checked_fixture(chains, chain_setup, chain_teardown);
	tcase_add_test(chains, chain_asks_no_source_in_vain);
	tcase_add_test(chains, chain_joins_places);
	tcase_add_test(chains, chain_fails_where_a_source_does);
	tcase_add_test(chains, chain_closes_in_order);
	tcase_add_test(chains, chain_of_sources_that_cannot_be_changed);
	tcase_add_checked_fixture(kept, keeper_setup, keeper_teardown);
	tcase_add_test(kept, keeper_asks_once);
	tcase_add_test(kept, keeper_joins_places);
	tcase_add_test(kept, keeper_forgets);
	tcase_add_test(kept, keeper_makes_room);
	return suite_run_all((TCase *[]){ tc, closing, chains, kept }, 4);
}

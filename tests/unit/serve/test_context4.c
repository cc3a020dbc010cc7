/* SPDX-License-Identifier: MPL-2.0 */
/* Option 82 stored with DHCPv4 leases: nothing is stored that a lease cannot hold, and others' data there is kept. */
#include "../suite.h"
#include "padded.h"

#include "serve/context4.h"

#include "lease/lease.h"

#define INFO "\"relay-agent-info\": { \"remote-id\": \"010203\", \"sub-options\": \"0x0203010203\" }"
#define OURS "{ \"ISC\": { " INFO " } }"
#define OLD_INFO "\"relay-agent-info\": \"0x0203010203\""

static struct arena *arena;
static struct relay_info4 relay;

static void set_up(void)
{
	arena = arena_new(0);
	relay_info4_read(bytes_of("\2\3\1\2\3", 5), &relay);
}

static void tear_down(void)
{
	arena_free(arena);
}

START_TEST(others_contexts_are_kept)
{
	ck_assert_str_eq(context4_make(arena, &relay, NULL), OURS);
	ck_assert_str_eq(context4_make(arena, &relay, "{ \"mine\": 7 }"), "{ \"mine\": 7, \"ISC\": { " INFO " } }");
	ck_assert_str_eq(context4_make(arena, &relay, "{ \"ISC\": { \"mine\": 7 } }"),
			 "{ \"ISC\": { \"mine\": 7, " INFO " } }");
	/* begins like ours, but is shorter */
	ck_assert_str_eq(context4_make(arena, &relay, "{ \"ISC\": { \"relay-agent-info\": { } } }"), OURS);
}
END_TEST

START_TEST(what_no_lease_can_hold_is_not_made)
{
	size_t room = LEASE_CONTEXT_MAX - (strlen(OURS) - 2); /* two pairs of braces become one, with a comma in it */
	const char *old = padded(arena, "{ \"a\": \"", "\" }", room);

	ck_assert_uint_eq(strlen(context4_make(arena, &relay, old)), LEASE_CONTEXT_MAX);
	old = padded(arena, "{ \"a\": \"", "\" }", room + 1);
	ck_assert_ptr_eq(context4_make(arena, &relay, old), old);
	/* a single option that is too long */
	relay.bytes = bytes_of(arena_alloc(arena, 40000), 40000);
	ck_assert_ptr_null(context4_make(arena, &relay, NULL));
	ck_assert_str_eq(context4_make(arena, &relay, OURS), OURS);
}
END_TEST

/* A request has limited memory: others' data with the lease must not be lost because of that. */
START_TEST(without_memory_it_stays)
{
	struct arena *small = arena_new(65536);
	const char *old = padded(arena, "{ \"a\": \"", "\" }", 40000);

	ck_assert_ptr_nonnull(arena_alloc(small, 40000));
	ck_assert_ptr_eq(context4_make(small, &relay, old), old);
	arena_free(small);
}
END_TEST

START_TEST(a_check_makes_nothing_too_long)
{
	const char *old = padded(arena, "{ \"ISC\": { " OLD_INFO " }, \"a\": \"", "\" }", 1000), *text = "untouched";

	ck_assert_int_eq(context_check(&context4_form, arena, old, CONTEXT_CHECK_FIX, &text), CONTEXT_UPGRADED);
	ck_assert_ptr_nonnull(strstr(text, INFO));
	text = "untouched";
	old = padded(arena, "{ \"ISC\": { " OLD_INFO " }, \"a\": \"", "\" }", LEASE_CONTEXT_MAX);
	ck_assert_int_eq(context_check(&context4_form, arena, old, CONTEXT_CHECK_FIX, &text), CONTEXT_FINE);
	ck_assert_str_eq(text, "untouched");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("context4");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, others_contexts_are_kept);
	tcase_add_test(tc, what_no_lease_can_hold_is_not_made);
	tcase_add_test(tc, without_memory_it_stays);
	tcase_add_test(tc, a_check_makes_nothing_too_long);
	return suite_run(tc);
}

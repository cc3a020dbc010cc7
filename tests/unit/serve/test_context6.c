/* SPDX-License-Identifier: MPL-2.0 */
/* Relay information stored with DHCPv6 leases: Kea's old and new formats, what is invalid in them, and what is kept. */
#include "../suite.h"
#include "padded.h"

#include "serve/context6.h"

#include "lease/lease.h"

#define NEW                                                                                     \
	"{ \"ISC\": { \"relay-info\": [ { \"hop\": 3, \"link\": \"2001:db8::1\", \"options\": " \
	"\"0x00250006000000010203\", "                                                          \
	"\"peer\": \"fe80::9\", \"remote-id\": \"000000010203\" } ] } }"
#define OLD                                                                                 \
	"{ \"ISC\": { \"relays\": [ { \"hop\": 3, \"link\": \"2001:db8::1\", \"options\": " \
	"\"0x00250006000000010203\", \"peer\": \"fe80::9\" } ] } }"

static struct arena *arena;

static void set_up(void)
{
	arena = arena_new(0);
}

static void tear_down(void)
{
	arena_free(arena);
}

static void expect(const char *context, enum context_checks level, enum context_verdict want, const char *want_text)
{
	const char *text = "untouched";

	ck_assert_int_eq(context_check(&context6_form, arena, context, level, &text), want);
	if (want == CONTEXT_FINE)
		ck_assert_str_eq(text, "untouched");
	else if (!want_text)
		ck_assert_ptr_null(text);
	else
		ck_assert_str_eq(text, want_text);
}

START_TEST(the_new_form_is_fine)
{
	expect(NEW, CONTEXT_CHECK_NONE, CONTEXT_FINE, NULL);
	expect(NEW, CONTEXT_CHECK_FIX, CONTEXT_FINE, NULL);
	expect(NEW, CONTEXT_CHECK_STRICT, CONTEXT_FINE, NULL);
	expect(NEW, CONTEXT_CHECK_PEDANTIC, CONTEXT_FINE, NULL);
	expect("{ \"ours\": 1 }", CONTEXT_CHECK_PEDANTIC, CONTEXT_FINE, NULL);
}
END_TEST

START_TEST(the_old_form_becomes_the_new_one)
{
	expect(OLD, CONTEXT_CHECK_NONE, CONTEXT_FINE, NULL);
	expect(OLD, CONTEXT_CHECK_FIX, CONTEXT_UPGRADED, NEW);
}
END_TEST

START_TEST(what_cannot_be_read_goes_and_the_rest_stays)
{
	expect("{ \"ISC\": { \"relay-info\": [ { \"hop\": 3, \"link\": \"here\", \"peer\": \"fe80::9\" } ] } }",
	       CONTEXT_CHECK_FIX, CONTEXT_REMOVED, NULL);
	expect("{ \"mine\": 7, \"ISC\": { \"relay-info\": [ ] } }", CONTEXT_CHECK_FIX, CONTEXT_REMOVED,
	       "{ \"mine\": 7 }");
	expect("{ \"ISC\": { \"relay-info\": [ { \"hop\": 300, \"link\": \"::\", \"peer\": \"::\" } ] } }",
	       CONTEXT_CHECK_FIX, CONTEXT_REMOVED, NULL);
	expect("{ \"ISC\": { \"relays\": [ { \"hop\": 3, \"link\": \"::\", \"peer\": \"::\", \"options\": \"0x002500\" "
	       "} ] } }",
	       CONTEXT_CHECK_FIX, CONTEXT_REMOVED, NULL);
}
END_TEST

START_TEST(a_name_that_contradicts_the_options_is_mended)
{
	static const char wrong[] =
		"{ \"ISC\": { \"relay-info\": [ { \"hop\": 3, \"link\": \"2001:db8::1\", \"options\": "
		"\"0x00250006000000010203\", \"peer\": \"fe80::9\", \"remote-id\": \"FF\" } ] } }";

	expect(wrong, CONTEXT_CHECK_FIX, CONTEXT_FINE, NULL);
	expect(wrong, CONTEXT_CHECK_STRICT, CONTEXT_UPGRADED, NEW);
}
END_TEST

START_TEST(others_contexts_are_kept)
{
	struct relay6 relay = { .hop_count = 3 };
	struct packet6 query = { .n_relays = 1, .relays = &relay };

	ck_assert(ip_parse("2001:db8::1", &relay.link) == 0 && ip_parse("fe80::9", &relay.peer) == 0);
	opts_init(&relay.opts, arena);
	ck_assert_int_eq(opts_add(&relay.opts, OPT6_REMOTE_ID, bytes_of("\0\0\0\1\2\3", 6)), 0);
	ck_assert_str_eq(context6_make(arena, &query, NULL), NEW);
	ck_assert_str_eq(context6_make(arena, &query, NEW), NEW);
	ck_assert_ptr_nonnull(strstr(context6_make(arena, &query, "{ \"mine\": 7 }"), "\"mine\": 7"));
	ck_assert_ptr_nonnull(
		strstr(context6_make(arena, &query, "{ \"mine\": 7 }"), "\"remote-id\": \"000000010203\""));
	query.n_relays = 0;
	ck_assert_ptr_null(context6_make(arena, &query, NULL));
	ck_assert_str_eq(context6_make(arena, &query, "{ \"mine\": 7 }"), "{ \"mine\": 7 }");
}
END_TEST

static void make_relay(struct relay6 *relay)
{
	*relay = (struct relay6){ .hop_count = 3 };
	ck_assert(ip_parse("2001:db8::1", &relay->link) == 0 && ip_parse("fe80::9", &relay->peer) == 0);
	opts_init(&relay->opts, arena);
	ck_assert_int_eq(opts_add(&relay->opts, OPT6_REMOTE_ID, bytes_of("\0\0\0\1\2\3", 6)), 0);
}

START_TEST(what_no_lease_can_hold_is_not_made)
{
	struct relay6 relay;
	struct packet6 query = { .n_relays = 1, .relays = &relay };
	size_t room = LEASE_CONTEXT_MAX - (strlen(NEW) - 2);
	struct arena *small = arena_new(100000);
	const char *old;

	make_relay(&relay);
	old = padded(arena, "{ \"a\": \"", "\" }", room);
	ck_assert_uint_eq(strlen(context6_make(arena, &query, old)), LEASE_CONTEXT_MAX);
	old = padded(arena, "{ \"a\": \"", "\" }", room + 1);
	ck_assert_ptr_eq(context6_make(arena, &query, old), old);
	/* nor what exceeds the request's memory */
	old = padded(arena, "{ \"a\": \"", "\" }", 60000);
	ck_assert_ptr_nonnull(arena_alloc(small, 60000));
	ck_assert_ptr_eq(context6_make(small, &query, old), old);
	arena_free(small);
	/* the old format, and no space for the new one */
	expect(padded(arena,
		      "{ \"ISC\": { \"relays\": [ { \"hop\": 3, \"link\": \"2001:db8::1\", \"options\": "
		      "\"0x00250006000000010203\", \"peer\": \"fe80::9\" } ] }, \"a\": \"",
		      "\" }", LEASE_CONTEXT_MAX),
	       CONTEXT_CHECK_FIX, CONTEXT_FINE, NULL);
}
END_TEST

/* A text that begins and ends like the server's own, but contains something else. */
START_TEST(others_contexts_beside_ours_are_kept)
{
	static const char both[] = "{ \"ISC\": { \"relay-info\": [ { \"hop\": 0, \"link\": \"::\", "
				   "\"peer\": \"::\" } ], \"mine\": [ 7 ] } }";
	struct relay6 relay;
	struct packet6 query = { .n_relays = 1, .relays = &relay };
	const char *made;

	make_relay(&relay);
	made = context6_make(arena, &query, both);
	ck_assert_ptr_nonnull(strstr(made, "\"mine\": [ 7 ]"));
	ck_assert_ptr_nonnull(strstr(made, "2001:db8::1"));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("context6");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, the_new_form_is_fine);
	tcase_add_test(tc, the_old_form_becomes_the_new_one);
	tcase_add_test(tc, what_cannot_be_read_goes_and_the_rest_stays);
	tcase_add_test(tc, a_name_that_contradicts_the_options_is_mended);
	tcase_add_test(tc, others_contexts_are_kept);
	tcase_add_test(tc, others_contexts_beside_ours_are_kept);
	tcase_add_test(tc, what_no_lease_can_hold_is_not_made);
	return suite_run(tc);
}

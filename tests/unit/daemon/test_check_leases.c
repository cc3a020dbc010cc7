/* SPDX-License-Identifier: MPL-2.0 */
/* The checks of stored leases at the start, and the relay information stored with them. */
#include "../suite.h"

#include "base/clock.h"
#include "daemon/check_leases.h"
#include "serve/context4.h"

static const char conf_text[] =
	"{ \"Dhcp4\": { \"sanity-checks\": { \"lease-checks\": \"%s\", \"extended-info-checks\": \"%s\" },"
	" \"interfaces-config\": { \"interfaces\": [] },"
	" \"subnet4\": [ { \"id\": 1, \"subnet\": \"192.0.2.0/24\" }, { \"id\": 2, \"subnet\": \"198.51.100.0/24\" } ] "
	"} }";

static struct config *load(const char *leases, const char *contexts)
{
	struct config *cfg = NULL;
	struct diag *diag;
	char text[1024];

	(void)snprintf(text, sizeof(text), conf_text, leases, contexts);
	ck_assert_int_eq(config_load_text("test", text, strlen(text), 4, 0, &diag, &cfg), 0);
	diag_free(diag);
	return cfg;
}

static struct store *open_store(void)
{
	struct store_conf conf = { .type = "memfile" };
	struct store *store = NULL;

	ck_assert_int_eq(store_open(&conf, &store, NULL), 0);
	return store;
}

static void txn_done(struct store_txn *txn, uint64_t ticket)
{
	(void)ticket;
	*(bool *)txn->owner = true;
}

static void put(struct store *store, const char *addr, uint32_t subnet_id, const char *context)
{
	static uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
	bool is_done = false;
	struct store_change change = { .kind = CHANGE_INSERT };
	struct store_txn txn = { .v = &change, .n = 1, .done = txn_done, .owner = &is_done };

	change.new = (struct lease){ .prefix_len = 32,
				     .type = LEASE_V4,
				     .hwtype = 1,
				     .subnet_id = subnet_id,
				     .hwaddr = bytes_of(mac, 6),
				     .hostname = "",
				     .user_context = context };
	ck_assert_int_eq(ip_parse(addr, &change.new.addr), 0);
	lease_start(&change.new, 3600);
	change.addr = change.new.addr;
	ck_assert_int_eq(store_apply(store, &txn), 0);
	for (unsigned i = 0; i < 5000 && !*(volatile bool *)&is_done; i++)
		(void)usleep(1000);
	ck_assert_int_eq(txn.result, CHANGE_OK);
	mac[5]++;
}

/* The subnet id of the lease at addr, 0 if there is none. */
static uint32_t subnet_of(struct store *store, const char *addr)
{
	struct lease_query query = { .by = BY_ADDR, .type = LEASE_V4 };
	struct arena *arena = arena_new(0);
	struct lease lease;
	uint32_t id;

	ck_assert_int_eq(ip_parse(addr, &query.addr), 0);
	id = store_find_wait(store, &query, arena, &lease, 1) == 1 ? lease.subnet_id : 0;
	arena_free(arena);
	return id;
}

struct want {
	const char *level;
	unsigned n_changed;
	uint32_t fine, moved, lost;
};

START_TEST(each_level_does_what_it_says)
{
	static const struct want wants[] = {
		{ "none", 0, 1, 1, 1 },    { "warn", 0, 1, 1, 1 }, { "fix", 1, 1, 2, 1 },
		{ "fix-del", 2, 1, 2, 0 }, { "del", 2, 1, 0, 0 },
	};
	const struct want *want = &wants[_i];
	struct config *cfg = load(want->level, "none");
	struct store *store = open_store();

	put(store, "192.0.2.10", 1, NULL);
	put(store, "198.51.100.10", 1, NULL); /* now in subnet 2 */
	put(store, "203.0.113.10", 1, NULL);  /* in no subnet */
	ck_assert_uint_eq(check_leases_wait(store, &family4, cfg), want->n_changed);
	ck_assert_uint_eq(subnet_of(store, "192.0.2.10"), want->fine);
	ck_assert_uint_eq(subnet_of(store, "198.51.100.10"), want->moved);
	ck_assert_uint_eq(subnet_of(store, "203.0.113.10"), want->lost);
	store_close(store);
	config_free(cfg);
}
END_TEST

#define NEW "{ \"ISC\": { \"relay-agent-info\": { \"remote-id\": \"0102\", \"sub-options\": \"0x02020102\" } } }"

static void check(const char *context, enum context_checks level, enum context_verdict want, const char *text)
{
	struct arena *arena = arena_new(0);
	const char *got = context;

	ck_assert_int_eq(context_check(&context4_form, arena, context, level, &got), want);
	if (text)
		ck_assert_str_eq(got, text);
	else
		ck_assert_ptr_null(got);
	arena_free(arena);
}

START_TEST(contexts_are_upgraded_and_repaired)
{
	const char *old = "{ \"ISC\": { \"relay-agent-info\": \"0x02020102\" } }";
	const char *lacks = "{ \"ISC\": { \"relay-agent-info\": { \"sub-options\": \"0x02020102\" } } }";
	const char *more = "{ \"ISC\": { \"relay-agent-info\": { \"remote-id\": \"0102\", \"sub-options\": "
			   "\"0x02020102\", \"x\": 1 } } }";
	const char *broken = "{ \"ISC\": { \"relay-agent-info\": \"hello\" } }";
	const char *others = "{ \"mine\": 1, \"ISC\": { \"relay-agent-info\": 7 } }";

	check(NEW, CONTEXT_CHECK_PEDANTIC, CONTEXT_FINE, NEW);
	check("{ \"a\": 1 }", CONTEXT_CHECK_PEDANTIC, CONTEXT_FINE, "{ \"a\": 1 }");
	check(old, CONTEXT_CHECK_NONE, CONTEXT_FINE, old);
	check(old, CONTEXT_CHECK_FIX, CONTEXT_UPGRADED, NEW);
	check(lacks, CONTEXT_CHECK_FIX, CONTEXT_FINE, lacks);
	check(lacks, CONTEXT_CHECK_STRICT, CONTEXT_UPGRADED, NEW);
	check(more, CONTEXT_CHECK_STRICT, CONTEXT_FINE, more);
	check(more, CONTEXT_CHECK_PEDANTIC, CONTEXT_UPGRADED, NEW);
	check(broken, CONTEXT_CHECK_FIX, CONTEXT_REMOVED, NULL);
	check(others, CONTEXT_CHECK_FIX, CONTEXT_REMOVED, "{ \"mine\": 1 }");
}
END_TEST

START_TEST(what_others_keep_there_stays)
{
	struct arena *arena = arena_new(0);
	static const uint8_t option[] = { 2, 2, 1, 2 };
	struct relay_info4 rai;
	struct bytes back;

	relay_info4_read(bytes_of(option, sizeof(option)), &rai);
	ck_assert_str_eq(context4_make(arena, &rai, NULL), NEW);
	ck_assert_str_eq(context4_make(arena, &rai, NEW), NEW);
	ck_assert_str_eq(context4_make(arena, &rai, "{ \"mine\": 1 }"),
			 "{ \"mine\": 1, \"ISC\": { \"relay-agent-info\": { \"remote-id\": \"0102\", \"sub-options\": "
			 "\"0x02020102\" } } }");
	/* Not JSON: there is nothing to keep. */
	ck_assert_str_eq(context4_make(arena, &rai, "mine"), NEW);
	rai.bytes.len = 0;
	ck_assert_str_eq(context4_make(arena, &rai, "{ \"mine\": 1 }"), "{ \"mine\": 1 }");
	back = context4_relay(arena, NEW);
	ck_assert_uint_eq(back.len, 4);
	ck_assert_mem_eq(back.data, option, 4);
	ck_assert_uint_eq(context4_relay(arena, "{ \"ISC\": { \"relay-agent-info\": \"0x0102030\" } }").len, 0);
	ck_assert_uint_eq(context4_relay(arena, "{ \"ISC\": { \"relay-agent-info\": \"0x01zz\" } }").len, 0);
	ck_assert_uint_eq(context4_relay(arena, NULL).len, 0);
	arena_free(arena);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("leases");

	tcase_add_loop_test(tc, each_level_does_what_it_says, 0, 5);
	tcase_add_test(tc, contexts_are_upgraded_and_repaired);
	tcase_add_test(tc, what_others_keep_there_stays);
	return suite_run(tc);
}

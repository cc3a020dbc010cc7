/* SPDX-License-Identifier: MPL-2.0 */
/* Commands about what is cached of reservations, without databases; with them: tests/sql/test_host_commands.c. */
#include "commanding.h"

#define CACHE \
	"\"hooks-libraries\": [ { \"library\": \"libdhcp_host_cache.so\", \"parameters\": { \"maximum\": 3 } } ], "

static void setup4(void)
{
	command_start(&family4, CACHE "\"subnet4\": [ { \"id\": 4, \"subnet\": \"192.0.2.0/24\", \"reservations\": [ { "
				      "\"hw-address\": \"02:00:00:00:00:01\", \"hostname\": \"of-file\" } ] } ]");
}

static void setup6(void)
{
	command_start(&family6, CACHE "\"subnet6\": [ { \"id\": 6, \"subnet\": \"2001:db8::/32\" } ]");
}

/* Without the library. */
static void setup_none(void)
{
	command_start(&family4, "\"commands\": \"all\", \"subnet4\": [ ]");
}

#define ONE                                                                                                        \
	"{ 'hw-address': '01:02:03:04:05:06', 'subnet-id4': 4, 'subnet-id6': 4294967295, 'ip-address': "           \
	"'192.0.2.100', "                                                                                          \
	"'hostname': 'somehost.example.org', 'client-classes4': [ ], 'client-classes6': [ ], 'option-data4': [ { " \
	"'name': 'routers', 'data': '192.0.2.1' } ], 'option-data6': [ ], 'next-server': '192.0.0.2', "            \
	"'server-hostname': 'server.example.org', 'boot-file-name': 'bootfile.efi', 'host-id': 0 }"
#define TWO "{ 'client-id': '070809', 'subnet-id4': 0, 'hostname': '', 'server-hostname': '', 'negative': false }"
#define NONE "{ 'flex-id': '0a:0b', 'subnet-id4': 4, 'negative': true }"
#define SIX                                                                                                            \
	"{ 'duid': '01:02:03', 'subnet-id4': 4294967295, 'subnet-id6': 6, 'ip-addresses': [ '2001:db8::cafe:babe' ], " \
	"'prefixes': [ '2001:db8:dead:beef::/64' ], 'hostname': '', 'client-classes4': [ ], 'client-classes6': [ ], "  \
	"'option-data4': [ ], 'option-data6': [ ], 'next-server': '0.0.0.0', 'server-hostname': '', "                  \
	"'boot-file-name': "                                                                                           \
	"'', 'host-id': 0 }"
#define INSERT(entries) "{ 'command': 'cache-insert', 'arguments': " entries " }"

/* Returns what messages find for an identifier in subnet 4; NULL: nothing. */
static const struct host *find_host(enum host_id_type type, const char *hex, struct arena *arena)
{
	uint8_t buf[HOST_ID_ROOM];
	struct host_id id;
	struct host_query query = { .by = HOST_BY_ID, .subnet_id = 4, .ids = &id, .n_ids = 1, .max = 1 };
	struct host_find find = { .v = &query, .n = 1, .arena = arena };

	ck_assert_int_eq(host_id_parse(type, hex, buf, &id), 0);
	ck_assert_int_eq(host_find(host_keeper_source(commanded.sockets.live->cfg->keeper), &find), 0);
	ck_assert_int_ge(query.n, 0);
	return query.n ? query.out[0] : NULL;
}

START_TEST(inserts)
{
	struct arena *arena = arena_new(0);
	const struct host *host;

	command_expect("{ 'command': 'cache-get' }",
		       "{ 'result': 3, 'text': '0 entries returned.', 'arguments': [ ] }");
	command_expect(INSERT(ONE),
		       "{ 'result': 0, 'text': '1 entries inserted (0 overwritten by more recent entries).' }");
	command_expect(INSERT("[ " TWO ", " ONE ", " NONE ", " SIX " ]"),
		       "{ 'result': 0, 'text': '3 entries inserted (1 overwritten by more recent entries).' }");
	command_expect("{ 'command': 'cache-size' }",
		       "{ 'result': 0, 'text': '3 entries.', 'arguments': { 'size': 3 } }");
	command_expect("{ 'command': 'cache-get' }",
		       "{ 'result': 0, 'text': '3 entries returned.', 'arguments': [ { 'client-id': '07:08:09', "
		       "'subnet-id4': 0 }, " ONE ", " NONE " ] }");
	command_expect("{ 'command': 'cache-get-by-id', 'arguments': { 'hw-address': '01:02:03:04:05:06' } }",
		       "{ 'result': 0, 'arguments': [ " ONE " ] }");
	command_expect("{ 'command': 'cache-get-by-id', 'arguments': { 'flex-id': '01:02:03:04:05:06' } }",
		       "{ 'result': 3, 'arguments': [ ] }");
	/* The maximum. */
	command_expect(INSERT("[ { 'hw-address': '02:02', 'subnet-id4': 4 } ]"), "{ 'result': 0 }");
	command_expect(
		"{ 'command': 'cache-get' }",
		"{ 'arguments': [ { 'hw-address': '01:02:03:04:05:06' }, { 'flex-id': '0a:0b' }, { 'hw-address': "
		"'02:02' } ] }");
	/* Messages find it, but the configuration comes first. */
	host = find_host(HOST_ID_HW_ADDRESS, "010203040506", arena);
	ck_assert_ptr_nonnull(host);
	ck_assert_str_eq(host->hostname, "somehost.example.org");
	ck_assert_uint_eq(host->extra->opts.n, 1);
	ck_assert_ptr_null(host->extra->texts);
	ck_assert_ptr_null(find_host(HOST_ID_FLEX_ID, "0a0b", arena));
	command_expect(INSERT("{ 'hw-address': '02:00:00:00:00:01', 'subnet-id4': 4, 'hostname': 'cached' }"),
		       "{ 'result': 0 }");
	ck_assert_str_eq(find_host(HOST_ID_HW_ADDRESS, "020000000001", arena)->hostname, "of-file");
	/* All or nothing. */
	command_expect("{ 'command': 'cache-clear' }", "{ 'result': 0, 'text': 'Cache cleared.' }");
	command_expect(INSERT("[ " ONE ", { 'subnet-id4': 4 } ]"), "{ 'result': 1 }");
	command_expect(INSERT("[ " ONE ", { 'hw-address': '0102', 'subnet-id4': 5 } ]"), "{ 'result': 1 }");
	command_expect(INSERT("[ " ONE ", { 'hw-address': '0102' } ]"), "{ 'result': 1 }");
	command_expect(INSERT("[ " ONE ", { 'hw-address': '0102', 'subnet-id4': 4, 'ip-address': '10.0.0.1' } ]"),
		       "{ 'result': 1 }");
	command_expect(INSERT("[ " ONE ", true ]"), "{ 'result': 1 }");
	command_expect(INSERT("true"), "{ 'result': 1 }");
	command_expect(INSERT("[ ]"),
		       "{ 'result': 0, 'text': '0 entries inserted (0 overwritten by more recent entries).' }");
	command_expect("{ 'command': 'cache-insert' }",
		       "{ 'result': 1, 'text': 'no parameters specified for the command' }");
	command_expect("{ 'command': 'cache-size' }", "{ 'arguments': { 'size': 0 } }");
	arena_free(arena);
}
END_TEST

START_TEST(removes)
{
	command_expect(INSERT("[ " ONE ", " TWO ", " NONE " ]"), "{ 'result': 0 }");
	command_expect("{ 'command': 'cache-remove', 'arguments': { 'ip-address': '192.0.2.100', 'subnet-id': 4 } }",
		       "{ 'result': 0, 'text': 'Host removed.' }");
	command_expect("{ 'command': 'cache-remove', 'arguments': { 'ip-address': '192.0.2.100', 'subnet-id': 4 } }",
		       "{ 'result': 3, 'text': 'Host not removed (not found).' }");
	command_expect("{ 'command': 'cache-remove', 'arguments': { 'client-id': '07:08:09', 'subnet-id4': 0 } }",
		       "{ 'result': 0, 'text': 'Host removed.' }");
	command_expect("{ 'command': 'cache-remove', 'arguments': { 'flex-id': '0a0b' } }",
		       "{ 'result': 1, 'text': 'subnet-id is required' }");
	command_expect("{ 'command': 'cache-remove', 'arguments': { 'subnet-id': 4 } }",
		       "{ 'result': 1, 'text': 'either ip-address or an identifier is required' }");
	command_expect(
		"{ 'command': 'cache-remove', 'arguments': { 'subnet-id': 4, 'subnet-id4': 4, 'flex-id': '0a' } }",
		"{ 'result': 1, 'text': 'inconsistent parameters' }");
	command_expect(
		"{ 'command': 'cache-remove', 'arguments': { 'subnet-id': 4, 'ip-address': '192.0.2.1', 'flex-id': "
		"'0a' } }",
		"{ 'result': 1, 'text': 'inconsistent parameters' }");
	command_expect("{ 'command': 'cache-remove', 'arguments': { 'subnet-id': 4, 'ip-address': '0.0.0.0' } }",
		       "{ 'result': 1, 'text': 'invalid ip-address `0.0.0.0`' }");
	command_expect("{ 'command': 'cache-get-by-id', 'arguments': { 'duid': '0a', 'flex-id': '0a' } }",
		       "{ 'result': 1, 'text': 'only one identifier can be specified' }");
	command_expect("{ 'command': 'cache-get-by-id', 'arguments': { 'duid': '' } }", "{ 'result': 1 }");
	command_expect("{ 'command': 'cache-get-by-id', 'arguments': { } }", "{ 'result': 1 }");
	command_expect("{ 'command': 'cache-get-by-id', 'arguments': 7 }", "{ 'result': 1 }");
	command_expect("{ 'command': 'cache-size' }", "{ 'arguments': { 'size': 1 } }");
	command_expect("{ 'command': 'cache-flush', 'arguments': 5 }",
		       "{ 'result': 0, 'text': 'Cache flushed (1 entries removed).' }");
	command_expect("{ 'command': 'cache-flush', 'arguments': 0 }",
		       "{ 'result': 1, 'text': 'invalid (0) parameter: please use cache-clear command' }");
	command_expect("{ 'command': 'cache-flush', 'arguments': -1 }",
		       "{ 'result': 1, 'text': 'invalid (<0) parameter' }");
	command_expect("{ 'command': 'cache-flush', 'arguments': 'all' }", "{ 'result': 1 }");
	command_expect("{ 'command': 'cache-flush' }", "{ 'result': 1 }");
}
END_TEST

START_TEST(files)
{
	char path[96];

	command_expect(INSERT("[ " ONE ", " NONE " ]"), "{ 'result': 0 }");
	command_expect("{ 'command': 'cache-write', 'arguments': 'cache.json' }", "{ 'result': 0 }");
	command_expect("{ 'command': 'cache-clear' }", "{ 'result': 0 }");
	command_expect("{ 'command': 'cache-load', 'arguments': 'cache.json' }", "{ 'result': 0 }");
	command_expect("{ 'command': 'cache-get' }", "{ 'result': 0, 'arguments': [ " ONE ", " NONE " ] }");
	command_expect("{ 'command': 'cache-write', 'arguments': '/etc/cache.json' }", "{ 'result': 1 }");
	command_expect("{ 'command': 'cache-write', 'arguments': '../cache.json' }", "{ 'result': 1 }");
	command_expect("{ 'command': 'cache-write', 'arguments': '' }", "{ 'result': 1 }");
	command_expect("{ 'command': 'cache-write', 'arguments': true }",
		       "{ 'result': 1, 'text': 'invalid (not a string) parameter' }");
	command_expect("{ 'command': 'cache-write' }", "{ 'result': 1 }");
	command_expect("{ 'command': 'cache-load', 'arguments': 'missing.json' }", "{ 'result': 1 }");
	command_expect("{ 'command': 'cache-load', 'arguments': '/etc/passwd' }", "{ 'result': 1 }");
	(void)snprintf(path, sizeof(path), "%s/wrong.json", command_dir);
	command_write_file(path, "{ }");
	command_expect("{ 'command': 'cache-load', 'arguments': 'wrong.json' }", "{ 'result': 1 }");
	command_write_file(path, "[ { ]");
	command_expect("{ 'command': 'cache-load', 'arguments': 'wrong.json' }", "{ 'result': 1 }");
}
END_TEST

START_TEST(family_6)
{
	command_expect(INSERT("[ " SIX ", " ONE " ]"),
		       "{ 'result': 0, 'text': '1 entries inserted (0 overwritten by more recent entries).' }");
	command_expect("{ 'command': 'cache-get' }", "{ 'result': 0, 'arguments': [ " SIX " ] }");
	command_expect(
		"{ 'command': 'cache-remove', 'arguments': { 'ip-address': '2001:db8:dead:beef::', 'subnet-id6': 6 "
		"} }",
		"{ 'result': 0, 'text': 'Host removed.' }");
	command_expect("{ 'command': 'cache-size' }", "{ 'arguments': { 'size': 0 } }");
}
END_TEST

START_TEST(no_cache)
{
	static const char *const names[] = { "clear", "flush",  "get",  "get-by-id", "insert",
					     "load",  "remove", "size", "write" };
	char request[64];

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(request, sizeof(request), "{ 'command': 'cache-%s' }", names[i]);
		command_expect(request, "{ 'result': 1, 'text': 'there is no cache: libdhcp_host_cache.so is not "
					"configured' }");
	}
}
END_TEST

int main(void)
{
	TCase *v[] = { tcase_create("v4"), tcase_create("v6"), tcase_create("none") };
	void (*const setup[])(void) = { setup4, setup6, setup_none };

	for (unsigned i = 0; i < 3; i++) {
		tcase_add_checked_fixture(v[i], setup[i], command_stop);
		tcase_set_timeout(v[i], 60);
	}
	tcase_add_test(v[0], inserts);
	tcase_add_test(v[0], removes);
	tcase_add_test(v[0], files);
	tcase_add_test(v[1], family_6);
	tcase_add_test(v[2], no_cache);
	return suite_run_all(v, 3);
}

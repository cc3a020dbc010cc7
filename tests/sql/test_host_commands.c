/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Commands about reservations in databases, with both of them; those of the configuration are in
 * tests/unit/daemon/test_commands_host.c. tests/sql/run starts the servers.
 */
#include "../unit/daemon/commanding.h"
#include "hosts_db.h"

static int kind;

static void start(const struct family *fam, int which, const char *members, const char *more)
{
	char database[512];
	struct str text = { 0 };

	kind = which;
	hosts_db_wipe(kind);
	command_write_database(database, sizeof(database), kind == DB_PGSQL ? "postgresql" : "mysql", "keahosts");
	/* What the database keys end with. */
	database[strlen(database) - 1] = '\0';
	str_addf(&text, "\"commands\": \"all\", \"hosts-databases\": [ %s%s } ], %s", database, more, members);
	command_start(fam, text.text);
	str_free(&text);
}

#define SUBNETS4                                                                                                     \
	"\"subnet4\": [ { \"id\": 1, \"subnet\": \"192.0.2.0/24\", \"pools\": [ { \"pool\": "                        \
	"\"192.0.2.10-192.0.2.19\" } ], \"reservations\": [ { \"hw-address\": \"02:00:00:00:00:01\", \"hostname\": " \
	"\"file\", \"ip-address\": \"192.0.2.5\" } ] }, { \"id\": 2, \"subnet\": \"10.0.0.0/24\" } ]"

static void pgsql4(void)
{
	start(&family4, DB_PGSQL, SUBNETS4, "");
}

static void mysql4(void)
{
	start(&family4, DB_MYSQL, SUBNETS4, "");
}

#define SUBNETS6 "\"subnet6\": [ { \"id\": 1, \"subnet\": \"2001:db8:1::/64\" } ]"

static void pgsql6(void)
{
	start(&family6, DB_PGSQL, SUBNETS6, "");
}

static void mysql6(void)
{
	start(&family6, DB_MYSQL, SUBNETS6, "");
}

/* What the configuration in service finds, as a client's message would; 1 or 0. */
static int look_up(uint32_t subnet_id, const char *hex)
{
	uint8_t buf[HOST_ID_ROOM];
	struct arena *arena = arena_new(0);
	struct host_id id;
	struct host_query query = { .by = HOST_BY_ID, .subnet_id = subnet_id, .ids = &id, .n_ids = 1, .max = 1 };
	struct host_find find = { .v = &query, .n = 1, .arena = arena };
	int type = commanded.fam->digit == 4 ? HOST_ID_HW_ADDRESS : HOST_ID_DUID;

	ck_assert_int_eq(host_id_parse((enum host_id_type)type, hex, buf, &id), 0);
	host_find_wait(commanded.sockets.live->cfg->hosts, &find);
	arena_free(arena);
	return query.n;
}

START_TEST(add_get_update_del)
{
	/* It is remembered that there is none, but not longer than until there is one. */
	ck_assert_int_eq(look_up(1, "020000000003"), 0);
	command_expect("{ 'command': 'reservation-add', 'arguments': { 'reservation': { 'subnet-id': 1, 'hw-address': "
		       "'02:00:00:00:00:03', 'ip-address': '192.0.2.13', 'hostname': 'Printer.Example', "
		       "'client-classes': [ 'a', 'b' ], 'next-server': '192.0.2.1', 'boot-file-name': 'pxe', "
		       "'server-hostname': 'boot', 'user-context': { 'room': 7 }, 'comment': 'c', 'option-data': [ { "
		       "'name': 'routers', 'data': '192.0.2.1', 'always-send': true }, { 'code': 222, 'csv-format': "
		       "false, 'data': '0102' } ] } } }",
		       "{ 'result': 0, 'text': 'Host added.' }");
	ck_assert_int_eq(look_up(1, "020000000003"), 1);
	command_expect("{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 1, 'ip-address': '192.0.2.13' } }",
		       "{ 'result': 0, 'text': 'Host found.', 'arguments': { 'subnet-id': 1, 'hw-address': "
		       "'02:00:00:00:00:03', 'ip-address': '192.0.2.13', 'hostname': 'printer.example', "
		       "'client-classes': [ 'a', 'b' ], 'next-server': '192.0.2.1', 'boot-file-name': 'pxe', "
		       "'server-hostname': 'boot', 'user-context': { 'room': 7, 'comment': 'c' }, 'option-data': [ { "
		       "'name': 'routers', 'code': 3, 'space': 'dhcp4', 'csv-format': true, 'data': '192.0.2.1', "
		       "'always-send': true, 'never-send': false }, { 'code': 222, 'csv-format': false, 'data': "
		       "'0102' } ] } }");
	command_expect("{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 1, 'ip-address': '192.0.2.13', "
		       "'operation-target': 'memory' } }",
		       "{ 'result': 3, 'text': 'Host not found.' }");
	command_expect("{ 'command': 'reservation-add', 'arguments': { 'reservation': { 'subnet-id': 1, 'hw-address': "
		       "'02:00:00:00:00:03' } } }",
		       "{ 'result': 1, 'text': 'hw-address 02:00:00:00:00:03 already has a reservation in subnet 1' }");
	command_expect("{ 'command': 'reservation-add', 'arguments': { 'reservation': { 'subnet-id': 1, 'hw-address': "
		       "'02:00:00:00:00:04', 'ip-address': '192.0.2.13' } } }",
		       "{ 'result': 1 }");
	command_expect("{ 'command': 'reservation-add', 'arguments': { 'reservation': { 'subnet-id': 1, 'hw-address': "
		       "'02:00:00:00:00:04', 'ip-address': '192.0.9.13' } } }",
		       "{ 'result': 1 }");
	command_expect("{ 'command': 'reservation-add', 'arguments': { 'reservation': { 'subnet-id': 1, 'hw-address': "
		       "'02:00:00:00:00:04', 'option-data': [ { 'name': 'routers', 'data': 'x' } ] } } }",
		       "{ 'result': 1 }");
	command_expect("{ 'command': 'reservation-update', 'arguments': { 'reservation': { 'subnet-id': 1, "
		       "'hw-address': '02:00:00:00:00:03', 'hostname': 'new' } } }",
		       "{ 'result': 0, 'text': 'Host updated.' }");
	command_expect(
		"{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 1, 'identifier-type': 'hw-address', "
		"'identifier': '02:00:00:00:00:03' } }",
		"{ 'result': 0, 'arguments': { 'hostname': 'new', 'client-classes': [], 'next-server': "
		"'0.0.0.0', 'boot-file-name': '', 'option-data': [] } }");
	command_expect("{ 'command': 'reservation-update', 'arguments': { 'reservation': { 'subnet-id': 2, "
		       "'hw-address': '02:00:00:00:00:03', 'hostname': 'new' } } }",
		       "{ 'result': 1, 'text': 'Host not updated (not found).' }");
	command_expect(
		"{ 'command': 'reservation-del', 'arguments': { 'subnet-id': 1, 'identifier-type': 'hw-address', "
		"'identifier': '02:00:00:00:00:03' } }",
		"{ 'result': 0, 'text': 'Host deleted.' }");
	ck_assert_int_eq(look_up(1, "020000000003"), 0);
	command_expect(
		"{ 'command': 'reservation-del', 'arguments': { 'subnet-id': 1, 'identifier-type': 'hw-address', "
		"'identifier': '02:00:00:00:00:03' } }",
		"{ 'result': 3, 'text': 'Host not deleted (not found).' }");
	ck_assert_int_eq(hosts_db_number(kind, "SELECT count(*) FROM hosts"), 0);
	ck_assert_int_eq(hosts_db_number(kind, "SELECT count(*) FROM dhcp4_options"), 0);
}
END_TEST

/* The configuration and the database. */
START_TEST(targets)
{
	command_expect("{ 'command': 'reservation-add', 'arguments': { 'operation-target': 'all', 'reservation': { "
		       "'subnet-id': 1, 'hw-address': '02:00:00:00:00:03', 'ip-address': '192.0.2.13', 'hostname': "
		       "'both' } } }",
		       "{ 'result': 0 }");
	command_expect("{ 'command': 'reservation-add', 'arguments': { 'reservation': { 'subnet-id': 2, 'hw-address': "
		       "'02:00:00:00:00:03', 'ip-address': '10.0.0.13' } } }",
		       "{ 'result': 0 }");
	command_expect("{ 'command': 'reservation-get-by-id', 'arguments': { 'identifier-type': 'hw-address', "
		       "'identifier': '02:00:00:00:00:03' } }",
		       "{ 'result': 0, 'text': '3 IPv4 host(s) found.', 'arguments': { 'hosts': [ { 'subnet-id': 1 }, "
		       "{ 'subnet-id': 1 }, { 'subnet-id': 2 } ] } }");
	command_expect("{ 'command': 'reservation-get-by-id', 'arguments': { 'identifier-type': 'hw-address', "
		       "'identifier': '02:00:00:00:00:03', 'operation-target': 'alternate' } }",
		       "{ 'result': 0, 'text': '2 IPv4 host(s) found.' }");
	command_expect("{ 'command': 'reservation-get-by-hostname', 'arguments': { 'hostname': 'BOTH' } }",
		       "{ 'result': 0, 'text': '2 IPv4 host(s) found.' }");
	command_expect("{ 'command': 'reservation-get-by-address', 'arguments': { 'ip-address': '10.0.0.13' } }",
		       "{ 'result': 0, 'arguments': { 'hosts': [ { 'subnet-id': 2 } ] } }");
	command_expect("{ 'command': 'reservation-get-all', 'arguments': { 'subnet-id': 1 } }",
		       "{ 'result': 0, 'arguments': { 'hosts': [ { 'hostname': 'file' }, { 'hostname': 'both' }, { "
		       "'hostname': 'both' } ] } }");
	command_expect("{ 'command': 'reservation-get-all', 'arguments': { 'subnet-id': 1, 'operation-target': "
		       "'primary' } }",
		       "{ 'result': 0, 'text': '2 IPv4 host(s) found.' }");
	/* Each is in one of them only. */
	command_expect("{ 'command': 'reservation-update', 'arguments': { 'operation-target': 'all', 'reservation': { "
		       "'subnet-id': 2, 'hw-address': '02:00:00:00:00:03', 'hostname': 'x' } } }",
		       "{ 'result': 0 }");
	command_expect("{ 'command': 'reservation-update', 'arguments': { 'operation-target': 'all', 'reservation': { "
		       "'subnet-id': 1, 'hw-address': '02:00:00:00:00:01', 'hostname': 'y' } } }",
		       "{ 'result': 0 }");
	command_expect("{ 'command': 'reservation-del', 'arguments': { 'operation-target': 'all', 'subnet-id': 1, "
		       "'ip-address': '192.0.2.13' } }",
		       "{ 'result': 0 }");
	command_expect("{ 'command': 'reservation-del', 'arguments': { 'operation-target': 'all', 'subnet-id': 2, "
		       "'identifier-type': 'hw-address', 'identifier': '02:00:00:00:00:03' } }",
		       "{ 'result': 0 }");
	command_expect("{ 'command': 'reservation-del', 'arguments': { 'operation-target': 'all', 'subnet-id': 2, "
		       "'identifier-type': 'hw-address', 'identifier': '02:00:00:00:00:03' } }",
		       "{ 'result': 3 }");
	command_expect(
		"{ 'command': 'reservation-get-page', 'arguments': { 'limit': 9 } }",
		"{ 'result': 0, 'text': '1 IPv4 host(s) found.', 'arguments': { 'hosts': [ { 'hostname': 'y' } ] "
		"} }");
}
END_TEST

#define MANY 250

/* Pages of the configuration, then of the database; all are found, and each once. */
START_TEST(pages)
{
	unsigned from = 0, source = 0, n = 0;

	for (unsigned i = 0; i < MANY; i++) {
		char request[256];
		struct json_object *response;

		(void)snprintf(request, sizeof(request),
			       "{ \"command\": \"reservation-add\", \"arguments\": { \"reservation\": { \"subnet-id\": "
			       "2, \"hw-address\": \"02:00:00:00:01:%02x\", \"ip-address\": \"10.0.0.%u\" } } }",
			       i, i + 1);
		response = command_ask(request);
		ck_assert_ptr_nonnull(strstr(json_object_to_json_string(response), "Host added."));
		json_object_put(response);
	}
	command_expect("{ 'command': 'reservation-get-all', 'arguments': { 'subnet-id': 2 } }",
		       "{ 'result': 0, 'text': '250 IPv4 host(s) found.' }");
	for (unsigned i = 0; i < 20; i++) {
		struct json_object *response, *map, *count, *next, *value;
		char request[256];

		(void)snprintf(
			request, sizeof(request),
			"{ \"command\": \"reservation-get-page\", \"arguments\": { \"limit\": 120, \"from\": %u, "
			"\"source-index\": %u } }",
			from, source);
		response = command_ask(request);
		ck_assert(json_object_object_get_ex(response, "arguments", &map));
		ck_assert(json_object_object_get_ex(map, "count", &count));
		n += (unsigned)json_object_get_int(count);
		if (!json_object_object_get_ex(map, "next", &next)) {
			ck_assert_int_eq(json_object_get_int(count), 0);
			json_object_put(response);
			break;
		}
		ck_assert(json_object_object_get_ex(next, "from", &value));
		from = (unsigned)json_object_get_int64(value);
		ck_assert(json_object_object_get_ex(next, "source-index", &value));
		source = (unsigned)json_object_get_int(value);
		json_object_put(response);
	}
	ck_assert_uint_eq(n, MANY + 1);
	ck_assert_uint_eq(source, 1);
}
END_TEST

/* A command in progress. */
struct asked {
	struct ctl_call *call;
	bool is_ready;
};

static void ask(struct asked *asked, const char *request)
{
	struct ctl_who who = { .channel = "test" };

	asked->is_ready = false;
	asked->call = ctl_dispatch(commanded.ctl, ctl_request_parse(request, strlen(request)), &who, command_ready,
				   &asked->is_ready);
}

static void expect_wait(struct asked *asked)
{
	struct str out = { 0 };
	enum ctl_more more;

	while ((more = ctl_call_read(asked->call, &out)) == CTL_MORE)
		;
	ck_assert_msg(more == CTL_WAIT, "%s", str_text(&out));
	str_free(&out);
}

/* Waits for the end; returns the result. */
static enum ctl_result end(struct asked *asked)
{
	struct str out = { 0 };
	enum ctl_result result;

	for (unsigned i = 0; ctl_call_read(asked->call, &out) != CTL_END; i++) {
		ck_assert_uint_lt(i, 3000);
		ck_assert_int_eq(loop_run_once(commanded.loop, 10), 0);
	}
	result = ctl_call_result(asked->call);
	ck_assert_msg(result != CTL_ERROR, "%s", str_text(&out));
	ctl_call_free(asked->call);
	str_free(&out);
	return result;
}

/* While the database does not respond, other commands do; its commands wait, and clients may leave. */
START_TEST(slow)
{
	struct asked add, get, left, left_adding;

	hosts_db_block(kind);
	ask(&add, "{ \"command\": \"reservation-add\", \"arguments\": { \"reservation\": { \"subnet-id\": 1, "
		  "\"hw-address\": \"02:00:00:00:00:07\" } } }");
	ask(&get, "{ \"command\": \"reservation-get-all\", \"arguments\": { \"subnet-id\": 1 } }");
	ask(&left, "{ \"command\": \"reservation-get-all\", \"arguments\": { \"subnet-id\": 1 } }");
	ask(&left_adding, "{ \"command\": \"reservation-add\", \"arguments\": { \"reservation\": { \"subnet-id\": 2, "
			  "\"hw-address\": \"02:00:00:00:00:07\" } } }");
	for (unsigned i = 0; i < 20; i++)
		command_expect("{ 'command': 'version-get' }", "{ 'result': 0 }");
	expect_wait(&add);
	ctl_call_free(left.call);
	ctl_call_free(left_adding.call);
	hosts_db_unblock(kind);
	ck_assert_int_eq(end(&add), CTL_SUCCESS);
	ck_assert_int_eq(end(&get), CTL_SUCCESS);
	/* A response to those who left would be an error here. */
	for (unsigned i = 0; commanded.n_held && i < 3000; i++)
		ck_assert_int_eq(loop_run_once(commanded.loop, 10), 0);
	ck_assert_uint_eq(commanded.n_held, 0);
	ck_assert_int_eq(hosts_db_number(kind, "SELECT count(*) FROM hosts"), 2);
}
END_TEST

/* The server stops while commands wait: it ends with the database's deadline, and leaves nothing behind. */
START_TEST(stop_while_waiting)
{
	struct asked add, get;

	hosts_db_block(kind);
	ask(&add, "{ \"command\": \"reservation-add\", \"arguments\": { \"reservation\": { \"subnet-id\": 1, "
		  "\"hw-address\": \"02:00:00:00:00:07\" } } }");
	ask(&get, "{ \"command\": \"reservation-get-all\", \"arguments\": { \"subnet-id\": 1 } }");
	expect_wait(&get);
	ctl_call_free(add.call);
	ctl_call_free(get.call);
	command_stop();
	hosts_db_unblock(kind);
	/* For the fixture. */
	command_start(&family4, "\"commands\": \"all\"");
}
END_TEST

/* A new configuration while commands use the databases of the old one. */
START_TEST(reload_while_waiting)
{
	struct asked add, get;

	hosts_db_block(kind);
	ask(&add, "{ \"command\": \"reservation-add\", \"arguments\": { \"reservation\": { \"subnet-id\": 1, "
		  "\"hw-address\": \"02:00:00:00:00:07\" } } }");
	ask(&get, "{ \"command\": \"reservation-get-all\", \"arguments\": { \"subnet-id\": 1, \"operation-target\": "
		  "\"database\" } }");
	command_expect("{ 'command': 'config-set', 'arguments': { 'Dhcp4': { 'commands': 'all', 'interfaces-config': { "
		       "'interfaces': [] }, 'lease-database': { 'type': 'memfile', 'persist': false } } } }",
		       "{ 'result': 0 }");
	hosts_db_unblock(kind);
	ck_assert_int_eq(end(&add), CTL_SUCCESS);
	/* Before or after the other one. */
	(void)end(&get);
	ck_assert_int_eq(hosts_db_number(kind, "SELECT count(*) FROM hosts"), 1);
	ck_assert_uint_eq(commanded.n_held, 0);
	command_expect("{ 'command': 'reservation-get-all', 'arguments': { 'subnet-id': 1 } }", "{ 'result': 3 }");
}
END_TEST

START_TEST(six)
{
	command_expect("{ 'command': 'reservation-add', 'arguments': { 'reservation': { 'subnet-id': 1, 'duid': "
		       "'01:02:03', 'ip-addresses': [ '2001:db8:1::2', '2001:db8:1::3' ], 'prefixes': [ "
		       "'3000:1::/48', '3000:2::/48' ], 'excluded-prefixes': [ '', '3000:2:0:1::/64' ], 'hostname': "
		       "'six', 'option-data': [ { 'name': 'dns-servers', 'data': '2001:db8::53' }, { 'space': "
		       "'vendor-4491', 'code': 77, 'csv-format': false, 'data': '01' }, { 'name': 'vendor-opts', "
		       "'data': '4491' } ] } } }",
		       "{ 'result': 0 }");
	ck_assert_int_eq(look_up(1, "010203"), 1);
	command_expect("{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 1, 'ip-address': '3000:2::' } }",
		       "{ 'result': 0, 'arguments': { 'duid': '01:02:03', 'ip-addresses': [ '2001:db8:1::2', "
		       "'2001:db8:1::3' ], 'prefixes': [ '3000:1::/48', '3000:2::/48' ], 'excluded-prefixes': [ '', "
		       "'3000:2:0:1::/64' ], 'hostname': 'six', 'option-data': [ { 'name': 'dns-servers', 'data': "
		       "'2001:db8::53', 'space': 'dhcp6' }, { 'space': 'vendor-4491', 'code': 77, 'data': '01' }, { "
		       "'code': 17 } ] } }");
	command_expect("{ 'command': 'reservation-get-by-address', 'arguments': { 'ip-address': '2001:db8:1::3' } }",
		       "{ 'result': 0, 'text': '1 IPv6 host(s) found.' }");
	/* What a response has can be sent back as an update. */
	command_expect("{ 'command': 'reservation-update', 'arguments': { 'reservation': { 'client-classes': [], "
		       "'subnet-id': 1, 'duid': '01:02:03', 'ip-addresses': [ '2001:db8:1::4' ], 'prefixes': [], "
		       "'hostname': '', 'option-data': [] } } }",
		       "{ 'result': 0 }");
	command_expect(
		"{ 'command': 'reservation-get-all', 'arguments': { 'subnet-id': 1 } }",
		"{ 'result': 0, 'arguments': { 'hosts': [ { 'ip-addresses': [ '2001:db8:1::4' ], 'prefixes': [], "
		"'option-data': [] } ] } }");
	command_expect("{ 'command': 'reservation-del', 'arguments': { 'subnet-id': 1, 'ip-address': '2001:db8:1::4' } "
		       "}",
		       "{ 'result': 0 }");
	ck_assert_int_eq(look_up(1, "010203"), 0);
	ck_assert_int_eq(hosts_db_number(kind, "SELECT count(*) FROM ipv6_reservations"), 0);
}
END_TEST

static void pgsql_readonly(void)
{
	start(&family4, DB_PGSQL, SUBNETS4, ", \"readonly\": true");
}

static void mysql_readonly(void)
{
	start(&family4, DB_MYSQL, SUBNETS4, ", \"readonly\": true");
}

START_TEST(readonly)
{
	command_expect(
		"{ 'command': 'reservation-add', 'arguments': { 'reservation': { 'subnet-id': 1, 'hw-address': "
		"'02:00:00:00:00:03' } } }",
		kind == DB_PGSQL
			? "{ 'result': 1, 'text': 'postgresql \\'keahosts\\' is read-only: \\'readonly\\' is true' }"
			: "{ 'result': 1, 'text': 'mysql \\'keahosts\\' is read-only: \\'readonly\\' is true' }");
	command_expect("{ 'command': 'reservation-del', 'arguments': { 'subnet-id': 1, 'ip-address': '192.0.2.5' } }",
		       "{ 'result': 3 }");
	hosts_db_sql(kind, "INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, ipv4_address) "
			   "VALUES ({x:020000000008}, 0, 2, 167772168)");
	command_expect("{ 'command': 'reservation-del', 'arguments': { 'subnet-id': 2, 'ip-address': '10.0.0.8' } }",
		       "{ 'result': 1 }");
	command_expect("{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 2, 'ip-address': '10.0.0.8' } }",
		       "{ 'result': 0 }");
}
END_TEST

#define CACHE SUBNETS4 ", \"hooks-libraries\": [ { \"library\": \"libdhcp_host_cache.so\" } ]"

static void pgsql_cached(void)
{
	start(&family4, DB_PGSQL, CACHE, "");
}

static void mysql_cached(void)
{
	start(&family4, DB_MYSQL, CACHE, "");
}

/* As look_up(), with the cache. */
static int look_up_cached(const char *hex)
{
	uint8_t buf[HOST_ID_ROOM];
	struct arena *arena = arena_new(0);
	struct host_id id;
	struct host_query query = { .by = HOST_BY_ID, .subnet_id = 1, .ids = &id, .n_ids = 1, .max = 1 };
	struct host_find find = { .v = &query, .n = 1, .arena = arena };

	ck_assert_int_eq(host_id_parse(HOST_ID_HW_ADDRESS, hex, buf, &id), 0);
	host_find_wait(host_keeper_source(commanded.sockets.live->cfg->keeper), &find);
	ck_assert(query.n <= 0 || !query.out[0]->extra || query.out[0]->extra->opts.n == 1);
	arena_free(arena);
	return query.n;
}

#define ADD                                                                                                           \
	"{ 'command': 'reservation-add', 'arguments': { 'reservation': { 'subnet-id': 1, 'hw-address': "              \
	"'02:00:00:00:00:03', 'ip-address': '192.0.2.13', 'option-data': [ { 'name': 'routers', 'data': '192.0.2.1' " \
	"} "                                                                                                          \
	"] } } }"

/* The library host_cache: this server's changes hold at once, those of others when the entry is removed. */
START_TEST(cached)
{
	ck_assert_int_eq(look_up_cached("020000000003"), 0);
	command_expect("{ 'command': 'cache-get' }",
		       "{ 'result': 0, 'arguments': [ { 'hw-address': '02:00:00:00:00:03', 'negative': true } ] }");
	command_expect(ADD, "{ 'result': 0 }");
	command_expect("{ 'command': 'cache-size' }", "{ 'arguments': { 'size': 0 } }");
	ck_assert_int_eq(look_up_cached("020000000003"), 1);
	/* That of the configuration is not cached. */
	ck_assert_int_eq(look_up_cached("020000000001"), 1);
	command_expect(
		"{ 'command': 'cache-get' }",
		"{ 'result': 0, 'arguments': [ { 'hw-address': '02:00:00:00:00:03', 'subnet-id4': 1, 'ip-address': "
		"'192.0.2.13', 'option-data4': [ { 'name': 'routers', 'data': '192.0.2.1' } ] } ] }");
	/* Another program. */
	hosts_db_wipe(kind);
	ck_assert_int_eq(look_up_cached("020000000003"), 1);
	command_expect("{ 'command': 'cache-remove', 'arguments': { 'subnet-id': 1, 'ip-address': '192.0.2.13' } }",
		       "{ 'result': 0 }");
	ck_assert_int_eq(look_up_cached("020000000003"), 0);
	command_expect(ADD, "{ 'result': 0 }");
	ck_assert_int_eq(look_up_cached("020000000003"), 1);
	command_expect("{ 'command': 'reservation-del', 'arguments': { 'subnet-id': 1, 'ip-address': '192.0.2.13' } }",
		       "{ 'result': 0 }");
	ck_assert_int_eq(look_up_cached("020000000003"), 0);
}
END_TEST

static TCase *new_case(const char *name, void (*fixture)(void))
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, fixture, command_stop);
	tcase_set_timeout(tc, 120);
	return tc;
}

int main(void)
{
	static void (*const starts4[])(void) = { pgsql4, mysql4 }, (*const starts6[])(void) = { pgsql6, mysql6 };
	static void (*const starts_readonly[])(void) = { pgsql_readonly, mysql_readonly };
	static void (*const starts_cached[])(void) = { pgsql_cached, mysql_cached };
	TCase *v[8];
	unsigned n = 0;

	hosts_db_init();
	for (unsigned i = 0; i < 2; i++) {
		TCase *tc = new_case(i ? "MariaDB, v4" : "PostgreSQL, v4", starts4[i]);

		tcase_add_test(tc, add_get_update_del);
		tcase_add_test(tc, targets);
		tcase_add_test(tc, pages);
		tcase_add_test(tc, slow);
		tcase_add_test(tc, reload_while_waiting);
		tcase_add_test(tc, stop_while_waiting);
		v[n++] = tc;
		v[n] = new_case("v6", starts6[i]);
		tcase_add_test(v[n++], six);
		v[n] = new_case("read-only", starts_readonly[i]);
		tcase_add_test(v[n++], readonly);
		v[n] = new_case("cached", starts_cached[i]);
		tcase_add_test(v[n++], cached);
	}
	return suite_run_all(v, n);
}

/* SPDX-License-Identifier: MPL-2.0 */
/* Commands about reservations of the configuration; those in databases are in tests/sql/test_commands.c. */
#include "commanding.h"

#define CONFIG4                                                                                                      \
	"\"commands\": \"all\", \"reservations\": [ { \"hw-address\": \"02:00:00:00:00:09\", \"hostname\": \"any\" " \
	"} ], \"subnet4\": [ { \"id\": 1, \"subnet\": \"192.0.2.0/24\", \"pools\": [ { \"pool\": "                   \
	"\"192.0.2.10-192.0.2.19\" } ], \"reservations\": [ { \"hw-address\": \"02:00:00:00:00:01\", "               \
	"\"ip-address\": \"192.0.2.11\", \"hostname\": \"A.example\" }, { \"client-id\": \"'b, \\\\\\\"c}'\", "      \
	"\"ip-address\": \"192.0.2.12\", \"user-context\": { \"reservations\": [ 1, { } ] } } ] } ], "               \
	"\"shared-networks\": [ { \"name\": \"floor\", \"subnet4\": [ { \"reservations\": [ { \"hw-address\": "      \
	"\"02:00:00:00:00:01\", \"hostname\": \"a.example\" } ], \"id\": 5, \"subnet\": \"10.0.0.0/24\" } ] } ]"

static void setup4(void)
{
	command_start(&family4, CONFIG4);
}

static void setup6(void)
{
	command_start(&family6, "\"commands\": \"all\", \"subnet6\": [ { \"id\": 1, \"subnet\": \"2001:db8:1::/64\", "
				"\"reservations\": [ { \"duid\": \"01:02\", \"ip-addresses\": [ \"2001:db8:1::1\" ], "
				"\"prefixes\": [ \"3000:1::/48\" ] } ] } ]");
}

START_TEST(get)
{
	command_expect("{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 1, 'ip-address': '192.0.2.11' } }",
		       "{ 'result': 0, 'text': 'Host found.', 'arguments': { 'subnet-id': 1, 'hw-address': "
		       "'02:00:00:00:00:01', 'ip-address': '192.0.2.11', 'hostname': 'A.example' } }");
	/* In the text of the configuration, nothing in a string or a user-context is taken for something else. */
	command_expect("{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 1, 'identifier-type': 'client-id', "
		       "'identifier': '62:2c:20:5c:22:63:7d' } }",
		       "{ 'result': 0, 'arguments': { 'subnet-id': 1, 'ip-address': '192.0.2.12', 'user-context': { "
		       "'reservations': [ 1, { } ] } } }");
	command_expect(
		"{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 5, 'identifier-type': 'hw-address', "
		"'identifier': '020000000001' } }",
		"{ 'result': 0, 'arguments': { 'subnet-id': 5, 'hostname': 'a.example' } }");
	command_expect(
		"{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 0, 'identifier-type': 'hw-address', "
		"'identifier': '02:00:00:00:00:09' } }",
		"{ 'result': 0, 'arguments': { 'subnet-id': 0, 'hostname': 'any' } }");
	command_expect("{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 5, 'ip-address': '192.0.2.11' } }",
		       "{ 'result': 3, 'text': 'Host not found.' }");
	command_expect("{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 1, 'ip-address': '192.0.2.11', "
		       "'operation-target': 'database' } }",
		       "{ 'result': 3, 'text': 'Host not found.' }");
	command_expect("{ 'command': 'reservation-get', 'arguments': { 'ip-address': '192.0.2.11' } }",
		       "{ 'result': 1, 'text': 'Mandatory `subnet-id` parameter missing.' }");
	command_expect("{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 1 } }",
		       "{ 'result': 1, 'text': 'No `ip-address` provided and `identifier-type` is either missing or "
		       "not a string.' }");
	command_expect("{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 1, 'identifier-type': 'hw-address' "
		       "} }",
		       "{ 'result': 1, 'text': 'No `ip-address` provided and `identifier` is either missing or not a "
		       "string.' }");
	command_expect("{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 1, 'ip-address': '2001:db8::1' } }",
		       "{ 'result': 1 }");
	command_expect(
		"{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 1, 'identifier-type': 'hw-address', "
		"'identifier': 'zz' } }",
		"{ 'result': 1 }");
	command_expect(
		"{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 1, 'identifier-type': 'hw-address', "
		"'identifier': '000102030405060708090a0b0c0d0e0f1011121314' } }",
		"{ 'result': 1, 'text': '`identifier` is longer than 20 bytes' }");
}
END_TEST

START_TEST(lists)
{
	command_expect("{ 'command': 'reservation-get-all', 'arguments': { 'subnet-id': 1 } }",
		       "{ 'result': 0, 'text': '2 IPv4 host(s) found.', 'arguments': { 'hosts': [ { 'ip-address': "
		       "'192.0.2.11' }, { 'ip-address': '192.0.2.12' } ] } }");
	command_expect("{ 'command': 'reservation-get-all', 'arguments': { 'subnet-id': 7 } }",
		       "{ 'result': 3, 'text': '0 IPv4 host(s) found.', 'arguments': { 'hosts': [] } }");
	command_expect("{ 'command': 'reservation-get-by-id', 'arguments': { 'identifier-type': 'hw-address', "
		       "'identifier': '02:00:00:00:00:01' } }",
		       "{ 'result': 0, 'text': '2 IPv4 host(s) found.', 'arguments': { 'hosts': [ { 'subnet-id': 1 }, "
		       "{ 'subnet-id': 5 } ] } }");
	command_expect("{ 'command': 'reservation-get-by-id', 'arguments': { 'identifier-type': 'hw-address', "
		       "'identifier': '02:00:00:00:00:01', 'subnet-id': 1 } }",
		       "{ 'result': 1 }");
	command_expect("{ 'command': 'reservation-get-by-hostname', 'arguments': { 'hostname': 'A.EXAMPLE' } }",
		       "{ 'result': 0, 'text': '2 IPv4 host(s) found.', 'arguments': { 'hosts': [ { 'subnet-id': 1 }, "
		       "{ 'subnet-id': 5 } ] } }");
	command_expect("{ 'command': 'reservation-get-by-hostname', 'arguments': { 'hostname': 'a.example', "
		       "'subnet-id': 5 } }",
		       "{ 'result': 0, 'arguments': { 'hosts': [ { 'subnet-id': 5 } ] } }");
	command_expect("{ 'command': 'reservation-get-by-address', 'arguments': { 'ip-address': '192.0.2.12' } }",
		       "{ 'result': 0, 'text': '1 IPv4 host(s) found.', 'arguments': { 'hosts': [ { 'subnet-id': 1 } ] "
		       "} }");
	command_expect("{ 'command': 'reservation-get-by-address', 'arguments': { 'ip-address': '192.0.2.12', "
		       "'subnet-id': 5 } }",
		       "{ 'result': 3, 'arguments': { 'hosts': [] } }");
	command_expect("{ 'command': 'reservation-get-page', 'arguments': { 'limit': 3 } }",
		       "{ 'result': 0, 'text': '3 IPv4 host(s) found.', 'arguments': { 'count': 3, 'next': { "
		       "'source-index': 0, 'from': 3 }, 'hosts': [ { 'subnet-id': 0 }, { 'subnet-id': 1 }, { "
		       "'subnet-id': 1 } ] } }");
	command_expect("{ 'command': 'reservation-get-page', 'arguments': { 'limit': 3, 'source-index': 0, 'from': 3 } "
		       "}",
		       "{ 'result': 0, 'arguments': { 'count': 1, 'next': { 'source-index': 0, 'from': 4 }, 'hosts': [ "
		       "{ 'subnet-id': 5 } ] } }");
	command_expect("{ 'command': 'reservation-get-page', 'arguments': { 'limit': 3, 'source-index': 0, 'from': 4 } "
		       "}",
		       "{ 'result': 3, 'text': '0 IPv4 host(s) found.', 'arguments': { 'count': 0, 'hosts': [] } }");
	command_expect("{ 'command': 'reservation-get-page', 'arguments': { 'limit': 3, 'source-index': 1 } }",
		       "{ 'result': 3 }");
}
END_TEST

/* Returns what the configuration in service has for an identifier. */
static int find_host(uint32_t subnet_id, const char *hex, struct arena *arena, const struct host **ret)
{
	uint8_t buf[HOST_ID_ROOM];
	struct host_id id;
	struct host_query query = { .by = HOST_BY_ID, .subnet_id = subnet_id, .ids = &id, .n_ids = 1, .max = 1 };
	struct host_find find = { .v = &query, .n = 1, .arena = arena };

	ck_assert_int_eq(host_id_parse(HOST_ID_HW_ADDRESS, hex, buf, &id), 0);
	ck_assert_int_eq(host_find(commanded.sockets.live->cfg->hosts, &find), 0);
	if (query.n)
		*ret = query.out[0];
	return query.n;
}

START_TEST(changes)
{
	struct arena *arena = arena_new(0);
	const struct host *host = NULL;
	char text[IP_TEXT_MAX];

	command_expect("{ 'command': 'reservation-add', 'arguments': { 'reservation': { 'subnet-id': 1, 'hw-address': "
		       "'02:00:00:00:00:03' } } }",
		       "{ 'result': 1, 'text': 'Host database not available, cannot add host.' }");
	command_expect("{ 'command': 'reservation-add', 'arguments': { 'operation-target': 'memory', 'reservation': { "
		       "'subnet-id': 1, 'hw-address': '02:00:00:00:00:03', 'ip-address': '192.0.2.13', 'option-data': "
		       "[ { 'name': 'routers', 'data': '192.0.2.1' } ] } } }",
		       "{ 'result': 0, 'text': 'Host added.' }");
	ck_assert_int_eq(find_host(1, "020000000003", arena, &host), 1);
	ck_assert_str_eq(ip_format(&host->places[0].prefix.addr, text), "192.0.2.13");
	ck_assert_uint_eq(host->extra->opts.n, 1);
	command_expect("{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 1, 'ip-address': '192.0.2.13' } }",
		       "{ 'result': 0, 'arguments': { 'option-data': [ { 'name': 'routers', 'data': '192.0.2.1' } ] } "
		       "}");
	/* In the document that config-get and config-write use. */
	command_expect("{ 'command': 'subnet4-get', 'arguments': { 'id': 1 } }",
		       "{ 'arguments': { 'subnet4': [ { 'reservations': [ { 'ip-address': '192.0.2.11' }, { "
		       "'ip-address': '192.0.2.12' }, { 'ip-address': '192.0.2.13' } ] } ] } }");
	command_expect("{ 'command': 'reservation-add', 'arguments': { 'operation-target': 'all', 'reservation': { "
		       "'subnet-id': 1, 'hw-address': '02:00:00:00:00:03', 'ip-address': '192.0.2.14' } } }",
		       "{ 'result': 1 }");
	command_expect("{ 'command': 'reservation-add', 'arguments': { 'operation-target': 'memory', 'reservation': { "
		       "'subnet-id': 1, 'hw-address': '02:00:00:00:00:04', 'ip-address': '192.0.3.14' } } }",
		       "{ 'result': 1 }");
	command_expect("{ 'command': 'reservation-add', 'arguments': { 'operation-target': 'memory', 'reservation': { "
		       "'subnet-id': 9, 'hw-address': '02:00:00:00:00:04' } } }",
		       "{ 'result': 1, 'text': 'IPv4 subnet with ID of `9` is not configured' }");
	command_expect("{ 'command': 'reservation-add', 'arguments': { 'operation-target': 'memory', 'reservation': { "
		       "'hw-address': '02:00:00:00:00:04' } } }",
		       "{ 'result': 1, 'text': 'Mandatory `subnet-id` parameter missing.' }");
	command_expect("{ 'command': 'reservation-add', 'arguments': { 'operation-target': 'memory', 'reservation': { "
		       "'subnet-id': 1, 'hw-adress': '02:00:00:00:00:04' } } }",
		       "{ 'result': 1 }");
	command_expect("{ 'command': 'reservation-update', 'arguments': { 'operation-target': 'memory', "
		       "'reservation': { 'subnet-id': 1, 'hw-address': '020000000001', 'hostname': 'new' } } }",
		       "{ 'result': 0, 'text': 'Host updated.' }");
	ck_assert_int_eq(find_host(1, "020000000001", arena, &host), 1);
	ck_assert_uint_eq(host->n_places, 0);
	ck_assert_str_eq(host->hostname, "new");
	command_expect("{ 'command': 'reservation-update', 'arguments': { 'operation-target': 'memory', "
		       "'reservation': { 'subnet-id': 5, 'hw-address': '02:00:00:00:00:03' } } }",
		       "{ 'result': 1, 'text': 'Host not updated (not found).' }");
	command_expect("{ 'command': 'reservation-del', 'arguments': { 'subnet-id': 1, 'ip-address': '192.0.2.13' } }",
		       "{ 'result': 1, 'text': 'Unable to delete a host because there is no hosts-database "
		       "configured.' }");
	command_expect("{ 'command': 'reservation-del', 'arguments': { 'subnet-id': 1, 'ip-address': '192.0.2.12', "
		       "'operation-target': 'primary' } }",
		       "{ 'result': 0, 'text': 'Host deleted.' }");
	command_expect("{ 'command': 'reservation-del', 'arguments': { 'subnet-id': 1, 'ip-address': '192.0.2.12', "
		       "'operation-target': 'memory' } }",
		       "{ 'result': 3, 'text': 'Host not deleted (not found).' }");
	command_expect(
		"{ 'command': 'reservation-del', 'arguments': { 'subnet-id': 0, 'identifier-type': 'hw-address', "
		"'identifier': '02:00:00:00:00:09', 'operation-target': 'memory' } }",
		"{ 'result': 0 }");
	ck_assert_int_eq(find_host(0, "020000000009", arena, &host), 0);
	command_expect("{ 'command': 'reservation-get-all', 'arguments': { 'subnet-id': 1 } }",
		       "{ 'result': 0, 'arguments': { 'hosts': [ { 'hostname': 'new' }, { 'ip-address': '192.0.2.13' } "
		       "] } }");
	command_expect("{ 'command': 'reservation-del', 'arguments': { 'subnet-id': 1, 'ip-address': '192.0.2.13', "
		       "'operation-target': 'memory', 'hash': 'x' } }",
		       "{ 'result': 4 }");
	arena_free(arena);
}
END_TEST

/* The first reservation of a configuration that had none. */
START_TEST(first)
{
	command_expect("{ 'command': 'config-set', 'arguments': { 'Dhcp4': { 'commands': 'all', 'interfaces-config': { "
		       "'interfaces': [] }, 'lease-database': { 'type': 'memfile', 'persist': false }, 'subnet4': [ { "
		       "'id': 3, 'subnet': '10.3.0.0/24' } ] } } }",
		       "{ 'result': 0 }");
	command_expect("{ 'command': 'reservation-get-page', 'arguments': { 'limit': 3 } }", "{ 'result': 3 }");
	command_expect("{ 'command': 'reservation-del', 'arguments': { 'subnet-id': 3, 'ip-address': '10.3.0.1', "
		       "'operation-target': 'memory' } }",
		       "{ 'result': 3 }");
	command_expect("{ 'command': 'reservation-add', 'arguments': { 'operation-target': 'memory', 'reservation': { "
		       "'subnet-id': 3, 'flex-id': '`x`', 'ip-address': '10.3.0.1' } } }",
		       "{ 'result': 1 }");
	command_expect("{ 'command': 'reservation-add', 'arguments': { 'operation-target': 'memory', 'reservation': { "
		       "'subnet-id': 3, 'flex-id': '0102', 'ip-address': '10.3.0.1' } } }",
		       "{ 'result': 0 }");
	command_expect("{ 'command': 'reservation-get-page', 'arguments': { 'limit': 3 } }",
		       "{ 'result': 0, 'arguments': { 'count': 1, 'hosts': [ { 'flex-id': '0102' } ] } }");
}
END_TEST

START_TEST(family_6)
{
	command_expect("{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 1, 'ip-address': '2001:db8:1::1' } "
		       "}",
		       "{ 'result': 0, 'arguments': { 'subnet-id': 1, 'duid': '01:02', 'prefixes': [ '3000:1::/48' ] } "
		       "}");
	command_expect("{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 1, 'ip-address': '3000:1::' } }",
		       "{ 'result': 0 }");
	/* Inside of the reserved prefix, but not what is reserved. */
	command_expect("{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 1, 'ip-address': '3000:1::1' } }",
		       "{ 'result': 3 }");
	command_expect("{ 'command': 'reservation-get-by-address', 'arguments': { 'ip-address': '3000:1::' } }",
		       "{ 'result': 0, 'text': '1 IPv6 host(s) found.' }");
	command_expect("{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 1, 'identifier-type': 'client-id', "
		       "'identifier': '01' } }",
		       "{ 'result': 1, 'text': 'Identifier type `client-id` is not supported.' }");
	command_expect("{ 'command': 'reservation-add', 'arguments': { 'operation-target': 'memory', 'reservation': { "
		       "'subnet-id': 1, 'duid': '01:03', 'ip-addresses': [ '2001:db8:1::2', '2001:db8:1::3' ], "
		       "'prefixes': [ '3000:2::/48' ], 'excluded-prefixes': [ '3000:2:0:1::/64' ] } } }",
		       "{ 'result': 0 }");
	command_expect("{ 'command': 'reservation-get-all', 'arguments': { 'subnet-id': 1 } }",
		       "{ 'result': 0, 'arguments': { 'hosts': [ { 'duid': '01:02' }, { 'duid': '01:03', "
		       "'excluded-prefixes': [ '3000:2:0:1::/64' ] } ] } }");
	command_expect("{ 'command': 'reservation-del', 'arguments': { 'subnet-id': 1, 'ip-address': '3000:1::', "
		       "'operation-target': 'all' } }",
		       "{ 'result': 0 }");
	command_expect("{ 'command': 'reservation-get-all', 'arguments': { 'subnet-id': 1 } }",
		       "{ 'result': 0, 'arguments': { 'hosts': [ { 'duid': '01:03' } ] } }");
}
END_TEST

#define MANY 1000u

/* More than one page; the reservations of two subnets keep their order. */
START_TEST(many)
{
	struct str text = { 0 };
	struct json_object *response, *arguments, *hosts;

	str_add(&text, "{ \"command\": \"config-set\", \"arguments\": { \"Dhcp4\": { \"commands\": \"all\", "
		       "\"interfaces-config\": { \"interfaces\": [] }, \"lease-database\": { \"type\": \"memfile\", "
		       "\"persist\": false }, \"subnet4\": [ ");
	for (unsigned s = 2; s; s--) {
		str_addf(&text, "%s{ \"id\": %u, \"subnet\": \"10.%u.0.0/16\", \"reservations\": [ ",
			 s == 2 ? "" : ", ", s, s);
		for (unsigned i = 0; i < MANY; i++)
			str_addf(&text,
				 "%s{ \"hw-address\": \"02:00:00:00:%02x:%02x\", \"ip-address\": \"10.%u.%u.%u\" }",
				 i ? ", " : "", i >> 8, i & 255, s, 1 + i / 200, 1 + i % 200);
		str_add(&text, " ] }");
	}
	str_add(&text, " ] } } }");
	response = command_ask(text.text);
	ck_assert_ptr_nonnull(strstr(json_object_to_json_string(response), "\"result\": 0"));
	json_object_put(response);
	str_free(&text);
	for (unsigned s = 1; s <= 2; s++) {
		str_reset(&text);
		str_addf(&text, "{ \"command\": \"reservation-get-all\", \"arguments\": { \"subnet-id\": %u } }", s);
		response = command_ask(text.text);
		ck_assert(json_object_object_get_ex(response, "arguments", &arguments));
		ck_assert(json_object_object_get_ex(arguments, "hosts", &hosts));
		ck_assert_uint_eq(json_object_array_length(hosts), MANY);
		for (unsigned i = 0; i < MANY; i++) {
			struct json_object *host = json_object_array_get_idx(hosts, i), *value;
			char address[32];

			(void)snprintf(address, sizeof(address), "10.%u.%u.%u", s, 1 + i / 200, 1 + i % 200);
			ck_assert(json_object_object_get_ex(host, "ip-address", &value));
			ck_assert_str_eq(json_object_get_string(value), address);
			ck_assert(json_object_object_get_ex(host, "subnet-id", &value));
			ck_assert_int_eq(json_object_get_int(value), (int)s);
		}
		json_object_put(response);
	}
	command_expect("{ 'command': 'reservation-del', 'arguments': { 'operation-target': 'memory', 'subnet-id': 1, "
		       "'ip-address': '10.1.3.7' } }",
		       "{ 'result': 0 }");
	command_expect("{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 1, 'ip-address': '10.1.3.8' } }",
		       "{ 'result': 0, 'arguments': { 'ip-address': '10.1.3.8', 'hw-address': '02:00:00:00:01:97' } }");
	command_expect("{ 'command': 'reservation-get', 'arguments': { 'subnet-id': 1, 'ip-address': '10.1.3.7' } }",
		       "{ 'result': 3 }");
	str_free(&text);
}
END_TEST

int main(void)
{
	TCase *v[] = { tcase_create("v4"), tcase_create("v6") };

	for (unsigned i = 0; i < 2; i++) {
		tcase_add_checked_fixture(v[i], i ? setup6 : setup4, command_stop);
		tcase_set_timeout(v[i], 60);
	}
	tcase_add_test(v[0], get);
	tcase_add_test(v[0], lists);
	tcase_add_test(v[0], changes);
	tcase_add_test(v[0], first);
	tcase_add_test(v[0], many);
	tcase_add_test(v[1], family_6);
	return suite_run_all(v, 2);
}

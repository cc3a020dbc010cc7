/* SPDX-License-Identifier: MPL-2.0 */
/* Commands about leases, with Kea's responses: the same with a file, or if tests/sql/run starts this, with databases.
 */
#include "commanding.h"

#include <sys/stat.h>

static void setup4(void)
{
	command_start(
		&family4,
		"\"hooks-libraries\": [ { \"library\": \"/x/libdhcp_lease_cmds.so\" } ], \"subnet4\": [ { \"id\": "
		"1, \"subnet\": \"192.0.2.0/24\", \"pools\": [ { \"pool\": \"192.0.2.10-192.0.2.200\" } ] }, { "
		"\"id\": 2, \"subnet\": \"10.0.0.0/24\" } ]");
}

static void setup6(void)
{
	command_start(
		&family6,
		"\"server-id\": { \"type\": \"EN\", \"enterprise-id\": 2495, \"identifier\": \"0102\", \"persist\": "
		"false }, \"commands\": \"all\", \"subnet6\": [ { \"id\": 1, \"subnet\": \"2001:db8:1::/48\", "
		"\"pools\": [ { "
		"\"pool\": \"2001:db8:1::/64\" } ], \"pd-pools\": [ { \"prefix\": \"2001:db8:8::\", \"prefix-len\": "
		"48, "
		"\"delegated-len\": 64 } ] } ]");
}

#define ADD(args) command_expect("{ 'command': 'lease4-add', 'arguments': { " args " } }", "{ 'result': 0 }")

static int64_t statistic(const char *name)
{
	struct stat_ref ref;

	ck_assert_msg(stat_find(commanded.srv.places, (int)commanded.fam->idx, name, &ref), "%s", name);
	return stat_value(ref);
}

START_TEST(one_lease)
{
	command_expect("{ 'command': 'lease4-get', 'arguments': { 'ip-address': '192.0.2.20' } }",
		       "{ 'result': 3, 'text': 'Lease not found.' }");
	command_expect("{ 'command': 'lease4-add', 'arguments': { 'ip-address': '192.0.2.20', 'hw-address': "
		       "'1a:1b:1c:1d:1e:1f' } }",
		       "{ 'result': 0, 'text': 'Lease for address 192.0.2.20, subnet-id 1 added.' }");
	command_expect("{ 'command': 'lease4-add', 'arguments': { 'ip-address': '192.0.2.20', 'hw-address': "
		       "'1a:1b:1c:1d:1e:1f' } }",
		       "{ 'result': 4, 'text': 'IPv4 lease already exists.' }");
	ck_assert_int_eq(statistic("subnet[1].assigned-addresses"), 1);
	command_expect(
		"{ 'command': 'lease4-get', 'arguments': { 'ip-address': '192.0.2.20' } }",
		"{ 'result': 0, 'text': 'IPv4 lease found.', 'arguments': { 'fqdn-fwd': false, 'fqdn-rev': false, "
		"'hostname': '', 'hw-address': '1a:1b:1c:1d:1e:1f', 'ip-address': '192.0.2.20', 'state': 0, "
		"'subnet-id': 1, 'valid-lft': 7200 } }");
	command_expect(
		"{ 'command': 'lease4-update', 'arguments': { 'ip-address': '192.0.2.20', 'hw-address': "
		"'1a:1b:1c:1d:1e:2f', 'hostname': 'U2.Example', 'client-id': '01:02:03', 'user-context': { 'x': 1 }, "
		"'comment': 'c', 'valid-lft': 500, 'fqdn-fwd': true, 'pool-id': 7 } }",
		"{ 'result': 0, 'text': 'IPv4 lease updated.' }");
	command_expect(
		"{ 'command': 'lease4-get', 'arguments': { 'identifier-type': 'client-id', 'identifier': '010203', "
		"'subnet-id': 1 } }",
		"{ 'result': 0, 'arguments': { 'client-id': '01:02:03', 'hostname': 'u2.example', 'hw-address': "
		"'1a:1b:1c:1d:1e:2f', 'user-context': { 'x': 1, 'comment': 'c' }, 'valid-lft': 500, 'fqdn-fwd': true, "
		"'pool-id': 7 } }");
	command_expect("{ 'command': 'lease4-get', 'arguments': { 'identifier-type': 'hw-address', 'identifier': "
		       "'1a:1b:1c:1d:1e:1f', 'subnet-id': 1 } }",
		       "{ 'result': 3 }");
	command_expect("{ 'command': 'lease4-del', 'arguments': { 'ip-address': '192.0.2.20' } }",
		       "{ 'result': 0, 'text': 'IPv4 lease deleted.' }");
	command_expect("{ 'command': 'lease4-del', 'arguments': { 'ip-address': '192.0.2.20' } }",
		       "{ 'result': 3, 'text': 'IPv4 lease not found.' }");
	ck_assert_int_eq(statistic("subnet[1].assigned-addresses"), 0);
	command_expect(
		"{ 'command': 'lease4-update', 'arguments': { 'ip-address': '192.0.2.50', 'hw-address': "
		"'1a:1b:1c:1d:1e:2f' } }",
		"{ 'result': 4, 'text': 'failed to update the lease with address 192.0.2.50 either because the lease "
		"has been deleted or it has changed in the database, in both cases a retry might succeed' }");
	command_expect("{ 'command': 'lease4-update', 'arguments': { 'ip-address': '192.0.2.50', 'hw-address': "
		       "'1a:1b:1c:1d:1e:2f', 'force-create': true } }",
		       "{ 'result': 0, 'text': 'IPv4 lease added.' }");
}
END_TEST

/* Arguments that are wrong change nothing. */
START_TEST(wrong_arguments)
{
	static const char *const cases[][2] = {
		{ "'ip-address': 'foo', 'hw-address': '01'",
		  "Failed to convert string to address `foo`: Invalid argument" },
		{ "'ip-address': '2001:db8::1', 'hw-address': '01'", "Invalid IPv4 address specified: 2001:db8::1" },
		{ "'ip-address': '192.0.5.21', 'hw-address': '01'",
		  "subnet-id not specified and failed to find a subnet for address 192.0.5.21" },
		{ "'ip-address': '192.0.5.21', 'hw-address': '01', 'subnet-id': 1",
		  "The address 192.0.5.21 does not belong to subnet 192.0.2.0/24, subnet-id=1" },
		{ "'ip-address': '192.0.2.21', 'hw-address': '01', 'subnet-id': 9",
		  "Invalid subnet-id: No IPv4 subnet with subnet-id=9 currently configured." },
		{ "'ip-address': '192.0.2.21', 'hw-address': '01', 'fqdn-fwd': true",
		  "No hostname specified and either forward or reverse fqdn was set to true." },
		{ "'ip-address': '192.0.2.21', 'hw-address': 'zz'",
		  "`hw-address`: `zz` is not 1 to 20 hexadecimal bytes" },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char request[512], response[512];

		(void)snprintf(request, sizeof(request), "{ 'command': 'lease4-add', 'arguments': { %s } }",
			       cases[i][0]);
		(void)snprintf(response, sizeof(response), "{ 'result': 1, 'text': '%s' }", cases[i][1]);
		command_expect(request, response);
	}
	command_expect(
		"{ 'command': 'lease4-add' }",
		"{ 'result': 1, 'text': '\\'ip-address\\' is missing in arguments\\n\\'hw-address\\' is missing in "
		"arguments' }");
	command_expect("{ 'command': 'lease4-get-all' }", "{ 'result': 3, 'text': '0 IPv4 lease(s) found.' }");
}
END_TEST

START_TEST(several)
{
	ADD("'ip-address': '192.0.2.20', 'hw-address': '1a:1b:1c:1d:1e:1f', 'hostname': 'Foo'");
	ADD("'ip-address': '192.0.2.21', 'hw-address': '1a:1b:1c:1d:1e:1f', 'client-id': '01:01'");
	ADD("'ip-address': '192.0.2.22', 'hw-address': '1a:1b:1c:1d:1e:20', 'state': 1");
	ADD("'ip-address': '10.0.0.5', 'hw-address': '1a:1b:1c:1d:1e:20'");
	command_expect("{ 'command': 'lease4-get-all' }", "{ 'result': 0, 'text': '4 IPv4 lease(s) found.' }");
	command_expect("{ 'command': 'lease4-get-all', 'arguments': { 'subnets': [ 2 ] } }",
		       "{ 'result': 0, 'arguments': { 'leases': [ { 'ip-address': '10.0.0.5' } ] } }");
	command_expect("{ 'command': 'lease4-get-all', 'arguments': { 'subnets': [] } }",
		       "{ 'result': 3, 'arguments': { 'leases': [] } }");
	command_expect("{ 'command': 'lease4-get-all', 'arguments': { 'subnets': [ 'a' ] } }", "{ 'result': 1 }");
	command_expect("{ 'command': 'lease4-get-page', 'arguments': { 'from': 'start', 'limit': 3 } }",
		       "{ 'result': 0, 'text': '3 IPv4 lease(s) found.', 'arguments': { 'count': 3, 'leases': [ { "
		       "'ip-address': "
		       "'10.0.0.5' }, { 'ip-address': '192.0.2.20' }, { 'ip-address': '192.0.2.21' } ] } }");
	command_expect("{ 'command': 'lease4-get-page', 'arguments': { 'from': '192.0.2.21', 'limit': 3 } }",
		       "{ 'result': 0, 'arguments': { 'count': 1, 'leases': [ { 'ip-address': '192.0.2.22' } ] } }");
	command_expect("{ 'command': 'lease4-get-page', 'arguments': { 'from': '192.0.2.22', 'limit': 3 } }",
		       "{ 'result': 3, 'arguments': { 'count': 0, 'leases': [] } }");
	command_expect(
		"{ 'command': 'lease4-get-page', 'arguments': { 'from': 'start', 'limit': 1, 'search': '2.2' } }",
		"{ 'result': 0, 'arguments': { 'count': 1, 'leases': [ { 'ip-address': '192.0.2.20' } ] } }");
	command_expect(
		"{ 'command': 'lease4-get-page', 'arguments': { 'from': '192.0.2.20', 'limit': 9, 'search': '2.2' } }",
		"{ 'result': 0, 'arguments': { 'count': 2, 'leases': [ { 'ip-address': '192.0.2.21' }, { "
		"'ip-address': '192.0.2.22' } ] } }");
	command_expect("{ 'command': 'lease4-get-page', 'arguments': { 'from': 'start', 'limit': 9, 'search': 'OO' } }",
		       "{ 'result': 0, 'arguments': { 'count': 1, 'leases': [ { 'ip-address': '192.0.2.20' } ] } }");
	command_expect(
		"{ 'command': 'lease4-get-page', 'arguments': { 'from': 'start', 'limit': 9, 'search': '1A:1b' } }",
		"{ 'result': 0, 'arguments': { 'count': 4 } }");
	command_expect("{ 'command': 'lease4-get-page', 'arguments': { 'from': 'start', 'limit': 9, 'search': 'zz' } }",
		       "{ 'result': 3, 'arguments': { 'count': 0, 'leases': [] } }");
	command_expect("{ 'command': 'lease4-get-page', 'arguments': { 'from': 'foo', 'limit': 3 } }",
		       "{ 'result': 1, 'text': '`from` parameter value is neither `start` keyword nor a valid IPv4 "
		       "address' }");
	command_expect("{ 'command': 'lease4-get-by-hw-address', 'arguments': { 'hw-address': '1a:1b:1c:1d:1e:1f' } }",
		       "{ 'result': 0, 'text': '2 IPv4 lease(s) found.' }");
	command_expect("{ 'command': 'lease4-get-by-client-id', 'arguments': { 'client-id': '01:01' } }",
		       "{ 'result': 0, 'arguments': { 'leases': [ { 'ip-address': '192.0.2.21' } ] } }");
	command_expect("{ 'command': 'lease4-get-by-hostname', 'arguments': { 'hostname': 'fOO' } }",
		       "{ 'result': 0, 'arguments': { 'leases': [ { 'ip-address': '192.0.2.20' } ] } }");
	command_expect("{ 'command': 'lease4-get-by-hostname', 'arguments': { 'hostname': '' } }",
		       "{ 'result': 1, 'text': '`hostname` parameter is empty' }");
	command_expect("{ 'command': 'lease4-get-by-state', 'arguments': { 'state': 1, 'subnet-id': 1 } }",
		       "{ 'result': 0, 'arguments': { 'leases': [ { 'ip-address': '192.0.2.22' } ] } }");
	command_expect("{ 'command': 'lease4-get-by-state', 'arguments': { 'state': 1, 'subnet-id': 2 } }",
		       "{ 'result': 3 }");
	ck_assert_int_eq(statistic("declined-addresses"), 1);
	command_expect("{ 'command': 'lease4-resend-ddns', 'arguments': { 'ip-address': '192.0.2.22' } }",
		       "{ 'result': 1, 'text': 'DDNS updating is not enabled' }");
	command_expect("{ 'command': 'lease4-wipe', 'arguments': { 'subnet-id': 1 } }",
		       "{ 'result': 0, 'text': 'Deleted 3 IPv4 lease(s) from subnet(s) 1' }");
	command_expect("{ 'command': 'lease4-wipe', 'arguments': { 'subnet-id': 1 } }",
		       "{ 'result': 3, 'text': 'Deleted 0 IPv4 lease(s) from subnet(s) 1' }");
	command_expect("{ 'command': 'lease4-wipe' }",
		       "{ 'result': 0, 'text': 'Deleted 1 IPv4 lease(s) from subnet(s) 1 2' }");
	ck_assert_int_eq(statistic("declined-addresses"), 0);
}
END_TEST

/* Many leases: streamed, none lost, none twice. */
START_TEST(many)
{
	struct json_object *response, *map, *leases;

	for (unsigned i = 1; i < 255; i++) {
		char request[256];

		(void)snprintf(request, sizeof(request),
			       "{ \"command\": \"lease4-add\", \"arguments\": { \"ip-address\": \"192.0.2.%u\", "
			       "\"hw-address\": \"02:00:00:00:00:%02x\" } }",
			       i, i);
		json_object_put(command_ask(request));
	}
	response = command_ask("{ \"command\": \"lease4-get-all\" }");
	ck_assert(json_object_object_get_ex(response, "arguments", &map));
	ck_assert(json_object_object_get_ex(map, "leases", &leases));
	ck_assert_uint_eq(json_object_array_length(leases), 254);
	json_object_put(response);
	command_expect("{ 'command': 'lease4-wipe', 'arguments': { 'subnet-id': 0 } }",
		       "{ 'result': 0, 'text': 'Deleted 254 IPv4 lease(s) from subnet(s) 1 2' }");
}
END_TEST

START_TEST(six)
{
	command_expect(
		"{ 'command': 'lease6-add', 'arguments': { 'ip-address': '2001:db8:1::77', 'duid': '01:02:03:04:05', "
		"'iaid': 1234, 'subnet-id': 1 } }",
		"{ 'result': 0, 'text': 'Lease for address 2001:db8:1::77, subnet-id 1 added.' }");
	command_expect(
		"{ 'command': 'lease6-add', 'arguments': { 'ip-address': '2001:db8:8:1::', 'type': 'IA_PD', "
		"'prefix-len': "
		"64, 'duid': '01:02:03:04:06', 'iaid': 5, 'subnet-id': 1, 'hostname': 'A.B.', 'preferred-lft': 100, "
		"'valid-lft': 200, 'hw-address': '1a:1b:1c:1d:1e:1f' } }",
		"{ 'result': 0, 'text': 'Lease for prefix 2001:db8:8:1::/64, subnet-id 1 added.' }");
	command_expect(
		"{ 'command': 'lease6-get', 'arguments': { 'ip-address': '2001:db8:8:1::', 'type': 'IA_PD' } }",
		"{ 'result': 0, 'text': 'IPv6 lease found.', 'arguments': { 'duid': '01:02:03:04:06', 'hostname': "
		"'a.b.', "
		"'hw-address': '1a:1b:1c:1d:1e:1f', 'iaid': 5, 'ip-address': '2001:db8:8:1::', 'preferred-lft': 100, "
		"'prefix-len': 64, 'state': 0, 'subnet-id': 1, 'type': 'IA_PD', 'valid-lft': 200 } }");
	command_expect("{ 'command': 'lease6-get', 'arguments': { 'ip-address': '2001:db8:8:1::' } }",
		       "{ 'result': 3 }");
	command_expect(
		"{ 'command': 'lease6-get', 'arguments': { 'identifier-type': 'duid', 'identifier': '01:02:03:04:05', "
		"'iaid': 1234, 'subnet-id': 1 } }",
		"{ 'result': 0, 'arguments': { 'ip-address': '2001:db8:1::77' } }");
	command_expect("{ 'command': 'lease6-get-page', 'arguments': { 'from': '::', 'limit': 10 } }",
		       "{ 'result': 0, 'arguments': { 'count': 2, 'leases': [ { 'ip-address': '2001:db8:1::77' }, { "
		       "'ip-address': "
		       "'2001:db8:8:1::' } ] } }");
	command_expect("{ 'command': 'lease6-get-by-duid', 'arguments': { 'duid': '01:02:03:04:06' } }",
		       "{ 'result': 0, 'arguments': { 'leases': [ { 'type': 'IA_PD' } ] } }");
	command_expect("{ 'command': 'lease6-get-by-hw-address', 'arguments': { 'hw-address': '1a:1b:1c:1d:1e:1f' } }",
		       "{ 'result': 0, 'text': '1 IPv6 lease(s) found.' }");
	command_expect(
		"{ 'command': 'lease6-bulk-apply', 'arguments': { 'deleted-leases': [ { 'ip-address': "
		"'2001:db8:1::77', "
		"'type': 'IA_NA' }, { 'ip-address': '2001:db8:1::91', 'type': 'IA_NA' } ], 'leases': [ { 'ip-address': "
		"'2001:db8:1::95', 'duid': '01:02:03:04:05', 'iaid': 99, 'subnet-id': 1, 'type': 'IA_NA' } ] } }",
		"{ 'result': 0, 'text': 'Bulk apply of 2 IPv6 leases completed.', 'arguments': { "
		"'failed-deleted-leases': "
		"[ { 'error-message': 'lease not found', 'ip-address': '2001:db8:1::91', 'result': 3, 'type': 'IA_NA' "
		"} ] "
		"} }");
	command_expect("{ 'command': 'lease6-bulk-apply' }",
		       "{ 'result': 1, 'text': 'neither `deleted-leases` nor `leases` parameter specified' }");
	command_expect(
		"{ 'command': 'lease6-bulk-apply', 'arguments': { 'leases': [ { 'ip-address': '2001:db8:1::96' } ] } }",
		"{ 'result': 1 }");
	ck_assert_int_eq(statistic("subnet[1].assigned-nas"), 1);
	ck_assert_int_eq(statistic("subnet[1].assigned-pds"), 1);
	command_expect("{ 'command': 'lease6-wipe' }",
		       "{ 'result': 0, 'text': 'Deleted 2 IPv6 lease(s) from subnet(s) 1' }");
	ck_assert_int_eq(statistic("subnet[1].assigned-pds"), 0);
}
END_TEST

/* Without the library, the commands are not there. */
START_TEST(not_listed)
{
	char *text = command_text(4, "\"valid-lifetime\": 7");

	command_write_file(command_config, text);
	free(text);
	command_expect("{ 'command': 'config-reload' }", "{ 'result': 0 }");
	command_expect("{ 'command': 'lease4-get-all' }",
		       "{ 'result': 2, 'text': '`lease4-get-all` command not supported: add libdhcp_lease_cmds.so to "
		       "\\'hooks-libraries\\', or set \\'commands\\' to \\'all\\'' }");
}
END_TEST

/* Which subnet a message would select; interfaces. */
START_TEST(network)
{
	command_expect("{ 'command': 'subnet4-select-test', 'arguments': { 'address': '192.0.2.77' } }",
		       "{ 'result': 0, 'text': 'selected subnet `192.0.2.0/24` id 1' }");
	command_expect("{ 'command': 'subnet4-select-test', 'arguments': { 'relay': '10.0.0.1' } }",
		       "{ 'result': 0, 'text': 'selected subnet `10.0.0.0/24` id 2' }");
	command_expect(
		"{ 'command': 'subnet4-select-test', 'arguments': { 'link': '10.0.0.1', 'relay': '192.0.2.1' } }",
		"{ 'result': 0, 'text': 'selected subnet `10.0.0.0/24` id 2' }");
	command_expect("{ 'command': 'subnet4-select-test', 'arguments': { 'classes': [ 'foo' ] } }",
		       "{ 'result': 3, 'text': 'no subnet selected' }");
	command_expect("{ 'command': 'subnet4-select-test', 'arguments': { 'relay': 'x', 'link': '::1' } }",
		       "{ 'result': 1 }");
	command_expect("{ 'command': 'subnet4-select-test', 'arguments': { 'interface': 'nosuch0' } }",
		       "{ 'result': 1 }");
	command_expect("{ 'command': 'interface-list' }", "{ 'result': 0 }");
	command_expect("{ 'command': 'interface-redetect' }", "{ 'result': 0 }");
	command_expect("{ 'command': 'interface-add', 'arguments': { 'interfaces': [ 'nosuch0/x' ] } }",
		       "{ 'result': 1 }");
	command_expect("{ 'command': 'interface-add', 'arguments': { 'interfaces': [ 'nosuch0' ] } }",
		       "{ 'result': 0, 'text': 'Operation succeeded.' }");
	command_expect("{ 'command': 'config-get' }",
		       "{ 'arguments': { 'Dhcp4': { 'interfaces-config': { 'interfaces': [ 'nosuch0' ] } } } }");
}
END_TEST

static char *read_file(const char *name)
{
	char path[192], *text = calloc(1, 65536);
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", command_dir, name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	ck_assert_uint_gt(fread(text, 1, 65535, f), 0);
	(void)fclose(f);
	return text;
}

static unsigned count_lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* A request to write to this file, in the directory of the test; DIR in name is that directory. */
static void write_to(const char *name, const char *response)
{
	struct str request = { 0 };
	const char *dir = strstr(name, "DIR");

	str_addf(&request, "{ 'command': 'lease%u-write', 'arguments': { 'filename': '", commanded.fam->digit);
	if (dir)
		str_addf(&request, "%s%s", command_dir, dir + 3);
	else
		str_add(&request, name);
	str_add(&request, "' } }");
	command_expect(request.text, response);
	str_free(&request);
}

/* The file has what the database has, in the format of lease files. */
START_TEST(write_file)
{
	char *text, response[256], path[192];
	struct stat st;

	ADD("'ip-address': '192.0.2.20', 'hw-address': '1a:1b:1c:1d:1e:1f', 'hostname': 'a,b', 'client-id': '01:02'");
	ADD("'ip-address': '10.0.0.5', 'hw-address': '1a:1b:1c:1d:1e:20', 'state': 1");
	(void)snprintf(response, sizeof(response), "{ 'result': 0, 'text': 'IPv4 lease database into `%s/copy.csv`.' }",
		       command_dir);
	write_to("copy.csv", response);
	text = read_file("copy.csv");
	ck_assert_uint_eq(count_lines(text), 3);
	ck_assert_ptr_eq(strstr(text, "address,hwaddr,client_id,"), text);
	ck_assert_ptr_nonnull(strstr(text, "\n192.0.2.20,1a:1b:1c:1d:1e:1f,01:02,"));
	ck_assert_ptr_nonnull(strstr(text, "a&#x2cb"));
	ck_assert_ptr_nonnull(strstr(text, "\n10.0.0.5,1a:1b:1c:1d:1e:20,"));
	free(text);
	(void)snprintf(path, sizeof(path), "%s/copy.csv", command_dir);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0640);
	/* It is replaced. */
	command_expect("{ 'command': 'lease4-del', 'arguments': { 'ip-address': '10.0.0.5' } }", "{ 'result': 0 }");
	write_to("DIR/copy.csv", response);
	text = read_file("copy.csv");
	ck_assert_uint_eq(count_lines(text), 2);
	free(text);
}
END_TEST

START_TEST(write_nowhere_else)
{
	char path[192], other[192];

	(void)snprintf(path, sizeof(path), "%s/link", command_dir);
	(void)snprintf(other, sizeof(other), "%s/other", command_dir);
	ck_assert_int_eq(symlink("/etc/kea-test", path), 0);
	ck_assert_int_eq(mkfifo(other, 0600), 0);
	write_to("/etc/kea-test", "{ 'result': 1 }");
	write_to("../kea-test", "{ 'result': 1 }");
	write_to("DIR/../kea-test", "{ 'result': 1 }");
	write_to("a/../../kea-test", "{ 'result': 1 }");
	write_to(".", "{ 'result': 1 }");
	write_to("..", "{ 'result': 1 }");
	write_to("", "{ 'result': 1 }");
	write_to("DIR/", "{ 'result': 1 }");
	write_to("link", "{ 'result': 1 }");
	write_to("other", "{ 'result': 1 }");
	ck_assert_int_lt(access("/etc/kea-test", F_OK), 0);
	command_expect("{ 'command': 'lease4-write' }", "{ 'result': 1 }");
	/* The lease file of this server, and what belongs to it. */
	if (!command_database[0]) {
		write_to("leases.csv", "{ 'result': 1 }");
		write_to("leases.csv.1", "{ 'result': 1 }");
		write_to("leases.csv.completed", "{ 'result': 1 }");
		write_to("leases.csv.old", "{ 'result': 0 }");
	}
}
END_TEST

START_TEST(write_file6)
{
	char *text;

	command_expect("{ 'command': 'lease6-add', 'arguments': { 'ip-address': '2001:db8:8:1::', 'type': 'IA_PD', "
		       "'prefix-len': 64, 'duid': '01:02:03:04:06', 'iaid': 5, 'subnet-id': 1 } }",
		       "{ 'result': 0 }");
	write_to("six.csv", "{ 'result': 0 }");
	text = read_file("six.csv");
	ck_assert_uint_eq(count_lines(text), 2);
	ck_assert_ptr_nonnull(strstr(text, "\n2001:db8:8:1::,01:02:03:04:06,"));
	free(text);
}
END_TEST

/* The server stops while it writes; nothing is left behind. */
START_TEST(write_and_stop)
{
	struct ctl_who who = { .channel = "test" };
	const char *request = "{ \"command\": \"lease4-write\", \"arguments\": { \"filename\": \"copy.csv\" } }";
	bool is_ready;

	ctl_call_free(ctl_dispatch(commanded.ctl, ctl_request_parse(request, strlen(request)), &who, command_ready,
				   &is_ready));
	ck_assert(commanded.is_writing_leases);
	command_expect("{ 'command': 'lease4-write', 'arguments': { 'filename': 'second.csv' } }",
		       "{ 'result': 1, 'text': 'leases are being written to a file already: try again later' }");
}
END_TEST

/* --- with a file or a database --- */

static void use(const char *type)
{
	command_write_database(command_database, sizeof(command_database), type, "keacommands");
}

/* Leaves nothing for the next test. */
static void stop_database(void)
{
	json_object_put(command_ask(commanded.fam->digit == 4 ? "{ \"command\": \"lease4-wipe\" }"
							      : "{ \"command\": \"lease6-wipe\" }"));
	command_stop();
}

static void pgsql4(void)
{
	use("postgresql");
	setup4();
}

static void pgsql6(void)
{
	use("postgresql");
	setup6();
}

static void mysql4(void)
{
	use("mysql");
	setup4();
}

static void mysql6(void)
{
	use("mysql");
	setup6();
}

static TCase *new_case(const char *name, void (*start)(void))
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, start, start == setup4 || start == setup6 ? command_stop : stop_database);
	tcase_set_timeout(tc, 60);
	return tc;
}

static TCase *case4(const char *name, void (*start)(void))
{
	TCase *tc = new_case(name, start);

	tcase_add_test(tc, one_lease);
	tcase_add_test(tc, wrong_arguments);
	tcase_add_test(tc, several);
	tcase_add_test(tc, many);
	tcase_add_test(tc, write_file);
	tcase_add_test(tc, write_nowhere_else);
	tcase_add_test(tc, write_and_stop);
	return tc;
}

static TCase *case6(const char *name, void (*start)(void))
{
	TCase *tc = new_case(name, start);

	tcase_add_test(tc, six);
	tcase_add_test(tc, write_file6);
	return tc;
}

int main(void)
{
	TCase *v[4];
	unsigned n = 0;

	if (getenv("KEA_TEST_PGSQL")) {
		v[n++] = case4("PostgreSQL, v4", pgsql4);
		v[n++] = case6("PostgreSQL, v6", pgsql6);
		v[n++] = case4("MariaDB, v4", mysql4);
		v[n++] = case6("MariaDB, v6", mysql6);
	} else {
		v[n++] = case4("v4", setup4);
		v[n++] = case6("v6", setup6);
		tcase_add_test(v[0], not_listed);
		tcase_add_test(v[0], network);
	}
	return suite_run_all(v, n);
}

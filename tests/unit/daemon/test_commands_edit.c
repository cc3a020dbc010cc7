/* SPDX-License-Identifier: MPL-2.0 */
/* Commands that change a part of the configuration: subnets, shared networks, classes; and stat-lease4-get. */
#include "commanding.h"

static void setup(void)
{
	command_start(
		&family4,
		"\"commands\": \"all\", \"client-classes\": [ { \"name\": \"voip\" } ], \"subnet4\": [ { \"id\": 1, "
		"\"subnet\": \"192.0.2.0/24\", \"reservations\": [ { \"hw-address\": \"02:00:00:00:00:01\", "
		"\"hostname\": "
		"\"a\" } ], \"pools\": [ { \"pool\": \"192.0.2.10-192.0.2.19\" } ] } ], \"shared-networks\": [ { "
		"\"name\": "
		"\"floor\", \"subnet4\": [ { \"id\": 5, \"subnet\": \"10.0.0.0/24\" } ] } ]");
}

START_TEST(subnets)
{
	command_expect(
		"{ 'command': 'subnet4-list' }",
		"{ 'result': 0, 'text': '2 IPv4 subnets found', 'arguments': { 'subnets': [ { 'id': 1, 'subnet': "
		"'192.0.2.0/24', 'shared-network-name': null }, { 'id': 5, 'subnet': '10.0.0.0/24', "
		"'shared-network-name': "
		"'floor' } ] } }");
	command_expect("{ 'command': 'subnet4-get', 'arguments': { 'id': 5 } }",
		       "{ 'result': 0, 'text': 'Info about IPv4 subnet 10.0.0.0/24 (id 5) returned', 'arguments': { "
		       "'subnet4': [ { "
		       "'id': 5, 'subnet': '10.0.0.0/24' } ] } }");
	command_expect("{ 'command': 'subnet4-get', 'arguments': { 'subnet': '192.0.2.0/24' } }", "{ 'result': 0 }");
	command_expect("{ 'command': 'subnet4-get', 'arguments': { 'id': 7 } }", "{ 'result': 3 }");
	command_expect("{ 'command': 'subnet4-add', 'arguments': { 'subnet4': [ { 'id': 7, 'subnet': '10.1.0.0/24', "
		       "'pools': [ { "
		       "'pool': '10.1.0.1-10.1.0.9' } ] } ] } }",
		       "{ 'result': 0, 'text': 'IPv4 subnet added', 'arguments': { 'subnet4': [ { 'id': 7, 'subnet': "
		       "'10.1.0.0/24' } ] } }");
	command_expect(
		"{ 'command': 'stat-lease4-get', 'arguments': { 'subnet-id': 7 } }",
		"{ 'result': 0, 'text': 'stat-lease4-get[subnet-id=7]: 1 rows found', 'arguments': { 'result-set': { "
		"'columns': [ 'subnet-id', 'total-addresses', 'cumulative-assigned-addresses', 'assigned-addresses', "
		"'declined-addresses' ], 'rows': [ [ 7, 9, 0, 0, 0 ] ] } } }");
	/* Errors are those of a configuration, with positions in the request, and nothing changes. */
	command_expect("{ 'command': 'subnet4-add', 'arguments': { 'subnet4': [ { 'id': 7, 'subnet': '10.2.0.0/24', "
		       "'foo': 1 } ] } }",
		       "{ 'result': 1 }");
	command_expect("{ 'command': 'subnet4-add', 'arguments': { 'subnet4': [ { 'subnet': '10.3.0.0/24' } ] } }",
		       "{ 'result': 0, 'arguments': { 'subnet4': [ { 'id': 8, 'subnet': '10.3.0.0/24' } ] } }");
	command_expect(
		"{ 'command': 'subnet4-update', 'arguments': { 'subnet4': [ { 'id': 1, 'subnet': '192.0.2.0/24', "
		"'valid-lifetime': 77 } ] } }",
		"{ 'result': 0, 'text': 'IPv4 subnet updated' }");
	command_expect("{ 'command': 'subnet4-get', 'arguments': { 'id': 1 } }",
		       "{ 'arguments': { 'subnet4': [ { 'valid-lifetime': 77, 'reservations': [ { 'hostname': 'a' } ] "
		       "} ] } }");
	command_expect("{ 'command': 'subnet4-del', 'arguments': { 'id': 7 } }",
		       "{ 'result': 0, 'text': 'IPv4 subnet 10.1.0.0/24 (id 7) deleted', 'arguments': { 'subnets': [ { "
		       "'id': 7, "
		       "'subnet': '10.1.0.0/24' } ] } }");
	command_expect("{ 'command': 'subnet4-del', 'arguments': { 'id': 7 } }", "{ 'result': 3 }");
	command_expect("{ 'command': 'stat-lease4-get', 'arguments': { 'subnet-id': 7 } }",
		       "{ 'result': 3, 'text': 'stat-lease4-get[subnet-id=7]: no matching data, subnet-id: 7 does not "
		       "exist' }");
	command_expect("{ 'command': 'stat-lease4-get', 'arguments': { 'subnet-range': { 'first-subnet-id': 2, "
		       "'last-subnet-id': 8 "
		       "} } }",
		       "{ 'result': 0, 'text': 'stat-lease4-get[subnets 2 through 8]: 2 rows found' }");
}
END_TEST

START_TEST(deltas)
{
	command_expect(
		"{ 'command': 'subnet4-delta-add', 'arguments': { 'subnet4': [ { 'id': 1, 'valid-lifetime': 120, "
		"'option-data': [ { 'name': 'routers', 'data': '192.0.2.1' } ], 'pools': [ { 'pool': '192.0.2.10 - "
		"192.0.2.19', 'option-data': [ { 'code': 4, 'data': '192.0.2.2' } ] }, { 'pool': "
		"'192.0.2.30-192.0.2.39' } ] "
		"} ] } }",
		"{ 'result': 0, 'text': 'IPv4 subnet updated', 'arguments': { 'subnet4': [ { 'id': 1 } ] } }");
	command_expect("{ 'command': 'subnet4-get', 'arguments': { 'id': 1 } }",
		       "{ 'arguments': { 'subnet4': [ { 'valid-lifetime': 120, 'option-data': [ { 'data': '192.0.2.1' "
		       "} ], 'pools': "
		       "[ { 'pool': '192.0.2.10-192.0.2.19', 'option-data': [ { 'data': '192.0.2.2' } ] }, { 'pool': "
		       "'192.0.2.30-192.0.2.39' } ] } ] } }");
	command_expect(
		"{ 'command': 'subnet4-delta-del', 'arguments': { 'subnet4': [ { 'id': 1, 'subnet': '192.0.2.0/24', "
		"'valid-lifetime': 0, 'option-data': [ { 'code': 3 } ], 'pools': [ { 'pool': '192.0.2.10-192.0.2.19', "
		"'option-data': [ { 'name': 'time-servers' } ] }, { 'pool': '192.0.2.30-192.0.2.39' } ] } ] } }",
		"{ 'result': 0 }");
	command_expect(
		"{ 'command': 'subnet4-get', 'arguments': { 'id': 1 } }",
		"{ 'arguments': { 'subnet4': [ { 'option-data': [], 'pools': [ { 'pool': '192.0.2.10-192.0.2.19', "
		"'option-data': [] } ] } ] } }");
}
END_TEST

START_TEST(networks)
{
	command_expect("{ 'command': 'network4-list' }", "{ 'result': 0, 'text': '1 IPv4 network(s) found', "
							 "'arguments': { 'shared-networks': [ { 'name': 'floor' } ] "
							 "} }");
	command_expect("{ 'command': 'network4-get', 'arguments': { 'name': 'floor' } }",
		       "{ 'result': 0, 'text': 'Info about IPv4 shared network `floor` returned', 'arguments': { "
		       "'shared-networks': [ { 'name': 'floor', 'subnet4': [ { 'id': 5 } ] } ] } }");
	command_expect("{ 'command': 'network4-get', 'arguments': { 'name': 'x' } }", "{ 'result': 3 }");
	command_expect("{ 'command': 'network4-add', 'arguments': { 'shared-networks': [ { 'name': 'new', 'subnet4': [ "
		       "{ 'id': 9, "
		       "'subnet': '10.9.0.0/24' } ] } ] } }",
		       "{ 'result': 0, 'text': 'A new IPv4 shared network `new` added', 'arguments': { "
		       "'shared-networks': [ { 'name': "
		       "'new' } ] } }");
	command_expect(
		"{ 'command': 'network4-subnet-add', 'arguments': { 'name': 'new', 'id': 1 } }",
		"{ 'result': 0, 'text': 'IPv4 subnet 192.0.2.0/24 (id 1) is now part of shared network `new`' }");
	command_expect("{ 'command': 'network4-subnet-add', 'arguments': { 'name': 'new', 'id': 5 } }",
		       "{ 'result': 3 }");
	command_expect(
		"{ 'command': 'network4-subnet-del', 'arguments': { 'name': 'new', 'id': 1 } }",
		"{ 'result': 0, 'text': 'IPv4 subnet 192.0.2.0/24 (id 1) is now removed from shared network `new`' }");
	command_expect("{ 'command': 'network4-del', 'arguments': { 'name': 'new' } }",
		       "{ 'result': 0, 'text': 'IPv4 shared network `new` deleted' }");
	command_expect("{ 'command': 'network4-del', 'arguments': { 'name': 'floor', 'subnets-action': 'delete' } }",
		       "{ 'result': 0 }");
	command_expect("{ 'command': 'subnet4-list' }",
		       "{ 'arguments': { 'subnets': [ { 'id': 1 }, { 'id': 9, 'shared-network-name': null } ] } }");
	command_expect("{ 'command': 'network4-list' }", "{ 'result': 3, 'text': '0 IPv4 network(s) found' }");
}
END_TEST

START_TEST(classes)
{
	command_expect(
		"{ 'command': 'class-list' }",
		"{ 'result': 0, 'text': '1 class found', 'arguments': { 'client-classes': [ { 'name': 'voip' } ] } }");
	command_expect("{ 'command': 'class-add', 'arguments': { 'client-classes': [ { 'name': 'pxe', 'test': "
		       "'option[93].hex == 0x0009' } ] } }",
		       "{ 'result': 0, 'text': 'Class `pxe` added.' }");
	command_expect("{ 'command': 'class-add', 'arguments': { 'client-classes': [ { 'name': 'pxe' } ] } }",
		       "{ 'result': 1, 'text': 'Class `pxe` already exists.' }");
	command_expect("{ 'command': 'class-add', 'arguments': { 'client-classes': [ { 'name': 'bad', 'test': "
		       "'option[' } ] } }",
		       "{ 'result': 1 }");
	command_expect("{ 'command': 'class-update', 'arguments': { 'client-classes': [ { 'name': 'pxe', "
		       "'boot-file-name': 'x' } "
		       "] } }",
		       "{ 'result': 0, 'text': 'Class `pxe` updated.' }");
	command_expect("{ 'command': 'class-get', 'arguments': { 'name': 'pxe' } }",
		       "{ 'result': 0, 'text': 'Class `pxe` definition returned', 'arguments': { 'client-classes': [ { "
		       "'name': "
		       "'pxe', 'boot-file-name': 'x' } ] } }");
	command_expect("{ 'command': 'class-del', 'arguments': { 'name': 'pxe' } }",
		       "{ 'result': 0, 'text': 'Class `pxe` deleted.' }");
	command_expect("{ 'command': 'class-get', 'arguments': { 'name': 'pxe' } }",
		       "{ 'result': 3, 'text': 'Class `pxe` not found.' }");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("edit");

	tcase_add_checked_fixture(tc, setup, command_stop);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, subnets);
	tcase_add_test(tc, deltas);
	tcase_add_test(tc, networks);
	tcase_add_test(tc, classes);
	return suite_run(tc);
}

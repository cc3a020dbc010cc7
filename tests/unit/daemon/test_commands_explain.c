/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The command `explain`: what its arguments mean, each part of the explanation, and that nothing remains of it. That
 * the response is the one the server then sends is what the replay scenarios and the model check (EXPLAIN=1).
 */
#include "commanding.h"

static void setup4(void)
{
	command_start(
		&family4,
		"\"commands\": \"all\", \"valid-lifetime\": 4000, \"option-data\": [ { \"name\": "
		"\"domain-name-servers\", \"data\": "
		"\"198.51.100.1\" } ], \"client-classes\": [ { \"name\": \"phones\", \"test\": \"option[60].hex == "
		"'phone' and option[61].exists\", \"valid-lifetime\": 600, \"option-data\": [ { \"name\": "
		"\"tftp-server-name\", \"data\": \"boot\" } ], \"boot-file-name\": \"p.bin\" }, { \"name\": "
		"\"guests\", "
		"\"test\": \"not member('KNOWN')\" }, { \"name\": \"DROP\", \"test\": \"substring(pkt4.mac,0,1) == "
		"0x66\" } "
		"], \"shared-networks\": [ { \"name\": \"floor\", \"relay\": { \"ip-addresses\": [ \"10.9.9.9\" ] }, "
		"\"subnet4\": [ { \"id\": 1, \"subnet\": \"192.0.2.0/24\", \"pools\": [ { \"pool\": "
		"\"192.0.2.10-192.0.2.19\", \"client-class\": \"phones\" }, { \"pool\": \"192.0.2.20-192.0.2.20\" } ], "
		"\"option-data\": [ { \"name\": \"routers\", \"data\": \"192.0.2.1\" } ], \"reservations\": [ { "
		"\"hw-address\": \"02:00:00:00:00:01\", \"ip-address\": \"192.0.2.99\", \"hostname\": \"printer\" } ] "
		"} ] "
		"} ], \"subnet4\": [ { \"id\": 7, \"subnet\": \"10.7.0.0/16\", \"pools\": [ { \"pool\": "
		"\"10.7.0.1-10.7.0.1\" } ] } ]");
}

static void setup6(void)
{
	command_start(&family6,
		      "\"commands\": \"all\", \"preferred-lifetime\": 300, \"valid-lifetime\": 400, \"subnet6\": [ { "
		      "\"id\": 1, "
		      "\"subnet\": \"2001:db8:1::/64\", \"interface-id\": \"port7\", \"pools\": [ { \"pool\": "
		      "\"2001:db8:1::10-2001:db8:1::1f\" } ], \"pd-pools\": [ { \"prefix\": \"2001:db8:8::\", "
		      "\"prefix-len\": 56, \"delegated-len\": 64 } ], \"option-data\": [ { \"name\": "
		      "\"dns-servers\", \"data\": \"2001:db8::53\" } ] } ]");
}

#define ASK(arguments) "{ 'command': 'explain', 'arguments': { " arguments " } }"

START_TEST(reservation)
{
	for (unsigned i = 0; i < 2; i++)
		command_expect(
			ASK("'hw-address': '02:00:00:00:00:01', 'relay': '192.0.2.1', 'message-type': 'discover'"),
			"{ 'result': 0, 'text': 'DHCPOFFER', 'arguments': { 'message': 'DHCPDISCOVER', "
			"'response': 'DHCPOFFER', 'subnet': { 'id': 1, 'shared-network': 'floor', 'rule': 'it "
			"contains 192.0.2.1, the relay`s address' }, 'reservation': { 'identifier-type': "
			"'hw-address', 'identifier': '02:00:00:00:00:01', 'subnet-id': 1, 'source': "
			"'configuration', 'addresses': [ '192.0.2.99' ] }, 'bindings': [ { 'type': 'address', "
			"'granted': [ { 'address': '192.0.2.99', 'from': 'reservation', 'subnet-id': 1, "
			"'valid-lifetime': 4000, 'valid-lifetime-from': 'subnet' } ] } ] } }");
}
END_TEST

START_TEST(classes)
{
	command_expect(
		ASK("'hw-address': '02:00:00:00:00:02', 'relay': '10.9.9.9', 'options': { "
		    "'vendor-class-identifier': '\\u0027phone\\u0027' }, 'client-id': '01:02'"),
		"{ 'result': 0, 'arguments': { 'subnet': { 'id': 1, 'rule': 'it names the relay 10.9.9.9' }, "
		"'classes': [ { 'name': 'ALL', 'member': true, 'from': 'built in' }, { 'name': 'phones', 'member': "
		"true, 'because': 'option[60].hex == `phone` and option[61].exists is true' }, { 'name': 'UNKNOWN', "
		"'member': true }, { 'name': 'guests', 'member': true, 'because': 'member(`KNOWN`) is false' }, { "
		"'name': "
		"'DROP', 'member': false, 'because': 'substring(pkt4.mac,0,1) == 0x66 is false', 'value': '0x02' } ], "
		"'reservation': null, 'bindings': [ { 'granted': [ { 'address': '192.0.2.10', 'from': 'free', "
		"'pool': '192.0.2.10-192.0.2.19', 'valid-lifetime': 600, 'valid-lifetime-from': 'class phones' } ] "
		"} ], 'boot-fields': [ { 'name': 'boot-file-name', 'data': 'p.bin', 'from': 'class phones' } ] } }");
	/* Not in the class: its first pool is passed over. */
	command_expect(
		ASK("'hw-address': '02:00:00:00:00:02', 'relay': '10.9.9.9', 'options': { '60': '\\u0027phone\\u0027' "
		    "}"),
		"{ 'result': 0, 'arguments': { 'bindings': [ { 'granted': [ { 'address': '192.0.2.20' } ], "
		"'passed-over': [ { 'pool': '192.0.2.10-192.0.2.19', 'subnet-id': 1, 'why': 'it is for clients in "
		"other classes' } ] } ], 'options': [ { 'code': 54 }, { 'code': 51, 'data': '4000', 'from': 'the "
		"lease' }, { 'code': 1, 'data': '255.255.255.0', 'from': 'the prefix of the subnet' }, { 'code': 3, "
		"'name': 'routers', 'data': '192.0.2.1', 'from': 'subnet 1' }, { 'code': 6, 'data': "
		"'198.51.100.1', 'from': 'global' } ] } }");
}
END_TEST

START_TEST(no_response)
{
	command_expect(
		ASK("'hw-address': '66:00:00:00:00:02', 'relay': '10.9.9.9'"),
		"{ 'result': 3, 'text': 'the server would not respond', 'arguments': { 'response': null, 'reason': "
		"'class DROP' } }");
	command_expect(ASK("'hw-address': '02:00:00:00:00:02', 'relay': '172.16.0.1'"),
		       "{ 'result': 3, 'arguments': { 'response': null, 'subnet': null, 'reason': 'no subnet: no "
		       "subnet matches the relay' } }");
	command_expect(
		ASK("'hw-address': '02:00:00:00:00:02', 'relay': '10.7.0.9', 'message-type': 'release', 'address': "
		    "'10.7.0.1'"),
		"{ 'result': 3, 'arguments': { 'response': null, 'reason': 'the protocol has no response to this "
		"message', 'decisions': [ { 'what': 'nothing to release: there is no lease' } ] } }");
	command_expect(
		ASK("'hw-address': '02:00:00:00:00:02', 'relay': '10.7.0.9', 'message-type': 'request', 'address': "
		    "'10.8.0.1', 'options': { '54': '0a000001' }"),
		"{ 'result': 3, 'arguments': { 'response': null, 'reason': 'other server' } }");
}
END_TEST

START_TEST(wrong_arguments)
{
	command_expect(
		ASK("'relay': '10.9.9.9'"),
		"{ 'result': 1, 'text': 'request:1:38: who asks? expected \\\"hw-address\\\", \\\"client-id\\\" or "
		"\\\"packet\\\"' }");
	command_expect(ASK("'hw-address': '02', 'relay': '2001:db8::1'"), "{ 'result': 1 }");
	command_expect(ASK("'hw-address': 'x'"), "{ 'result': 1 }");
	command_expect(ASK("'hw-address': '02', 'message-type': 'offer'"), "{ 'result': 1 }");
	command_expect(ASK("'hw-address': '02', 'options': { 'nonsense': '01' }"), "{ 'result': 1 }");
	command_expect(ASK("'hw-address': '02', 'options': { '60': 7 }"), "{ 'result': 1 }");
	command_expect(ASK("'hw-address': '02', 'options': [ ]"), "{ 'result': 1 }");
	command_expect(ASK("'hw-address': '02', 'interface': 'a-name-that-is-too-long'"), "{ 'result': 1 }");
	command_expect(ASK("'packet': ''"), "{ 'result': 1 }");
	command_expect(ASK("'packet': 'zz'"), "{ 'result': 1 }");
	command_expect(ASK("'packet': '00'"), "{ 'result': 3, 'arguments': { 'response': null } }");
}
END_TEST

/* The only address is explained to many, and is then still free, for a client whose name goes nowhere. */
START_TEST(nothing_remains)
{
	for (unsigned i = 0; i < 20; i++) {
		char ask[320];

		(void)snprintf(ask, sizeof(ask),
			       ASK("'hw-address': '02:00:00:00:01:%02x', 'relay': '10.7.0.9', "
				   "'message-type': '%s', 'address': '10.7.0.1', 'options': { '54': '00000000' }"),
			       i, i % 2 ? "discover" : "request");
		command_expect(ask,
			       "{ 'result': 0, 'arguments': { 'bindings': [ { 'granted': [ { 'address': '10.7.0.1' "
			       "} ] } ] } }");
	}
	ck_assert_uint_eq(alloc_n_claims(commanded.sockets.live->db->alloc), 0);
	command_expect("{ 'command': 'lease4-get-all' }", "{ 'result': 3 }");
	command_expect("{ 'command': 'statistic-get', 'arguments': { 'name': 'pkt4-received' } }",
		       "{ 'result': 0, 'arguments': { } }");
}
END_TEST

START_TEST(family_6)
{
	command_expect(
		ASK("'duid': '00:01:02:03', 'interface-id': '\\u0027port7\\u0027', 'want': [ 'address', 'prefix' ], "
		    "'iaid': 5"),
		"{ 'result': 0, 'text': 'ADVERTISE', 'arguments': { 'subnet': { 'id': 1, 'rule': 'it has the "
		"interface-id of the relay' }, 'bindings': [ { 'type': 'address', 'iaid': 5, 'granted': [ { "
		"'address': '2001:db8:1::10', 'preferred-lifetime': 300, 'valid-lifetime': 400 } ] }, { 'type': "
		"'prefix', 'iaid': 5, 'granted': [ { 'prefix': '2001:db8:8::/64' } ], 'T1': 150, 'T2': 240 } ], "
		"'options': [ { 'code': 2 "
		"}, { 'code': 1, 'from': 'the message' }, { 'code': 23, 'data': '2001:db8::53', 'from': 'subnet 1' "
		"} ] } }");
	command_expect(ASK("'hw-address': '02:00:00:00:00:01', 'link': '2001:db8:1::1', 'message-type': 'request', "
			   "'address': '2001:db8:1::15'"),
		       "{ 'result': 0, 'text': 'REPLY', 'arguments': { 'bindings': [ { 'granted': [ { 'address': "
		       "'2001:db8:1::15', 'from': 'request' } ] } ], 'decisions': [ { 'what': 'assigned' } ] } }");
	command_expect("{ 'command': 'lease6-get-all' }", "{ 'result': 3 }");
	command_expect(ASK("'link': '2001:db8:1::1'"), "{ 'result': 1 }");
	command_expect(ASK("'duid': '00:01:02:03', 'want': [ 'lunch' ]"), "{ 'result': 1 }");
	command_expect(ASK("'duid': '00:01:02:03', 'address': '192.0.2.1'"), "{ 'result': 1 }");
}
END_TEST

static void setup_dns(void)
{
	command_start(
		&family4,
		"\"commands\": \"all\", \"valid-lifetime\": 3600, \"dhcp-ddns\": { \"enable-updates\": true }, "
		"\"ddns-qualifying-suffix\": \"example.org\", \"subnet4\": [ { \"id\": 1, \"subnet\": "
		"\"192.0.2.0/24\", \"pools\": [ { \"pool\": \"192.0.2.10-192.0.2.19\" } ], \"reservations\": [ { "
		"\"hw-address\": \"02:00:00:00:00:01\", \"hostname\": \"printer\" } ] }, { \"id\": 2, \"subnet\": "
		"\"10.2.0.0/16\", \"ddns-send-updates\": false, \"pools\": [ { \"pool\": \"10.2.0.1-10.2.0.9\" } ] "
		"}, { \"id\": 3, \"subnet\": \"10.3.0.0/16\", \"ddns-replace-client-name\": \"always\", "
		"\"ddns-generated-prefix\": \"gen\", \"pools\": [ { \"pool\": \"10.3.0.1-10.3.0.9\" } ] } ]");
}

START_TEST(dns)
{
	/* Option 12; an offer, from which updates follow. */
	command_expect(
		ASK("'hw-address': '02:00:00:00:00:02', 'relay': '192.0.2.1', 'options': { '12': "
		    "'\\u0027pc\\u0027' }"),
		"{ 'result': 0, 'arguments': { 'dns': { 'name': 'pc.example.org', 'name-from': 'the client`s host "
		"name option', 'qualifying-suffix': 'example.org', 'scope': 'global', 'forward': true, 'reverse': "
		"true, 'when': 'once the lease is assigned', 'updates': [ { 'what': 'add', 'name': "
		"'pc.example.org', 'address': '192.0.2.10', 'forward': true, 'reverse': true, 'ttl': 1200, "
		"'conflict-resolution-mode': 'check-with-dhcid' } ] } } }");
	/* Option 81 with the flag N, or without S. */
	command_expect(ASK("'hw-address': '02:00:00:00:00:02', 'relay': '192.0.2.1', 'options': { '81': '0c0000027063' "
			   "}"),
		       "{ 'result': 0, 'arguments': { 'dns': { 'forward': false, 'reverse': false, 'why': 'the client "
		       "asks for no updates, and ddns-override-no-update is false', 'updates': [ ] } } }");
	command_expect(ASK("'hw-address': '02:00:00:00:00:02', 'relay': '192.0.2.1', 'options': { '81': '040000027063' "
			   "}"),
		       "{ 'result': 0, 'arguments': { 'dns': { 'name-from': 'the client`s FQDN option', 'forward': "
		       "false, 'reverse': true, 'why': 'the client updates its address itself, and "
		       "ddns-override-client-update is false' } } }");
	command_expect(ASK("'hw-address': '02:00:00:00:00:01', 'relay': '192.0.2.1'"),
		       "{ 'result': 0, 'arguments': { 'dns': { 'name': 'printer.example.org', 'name-from': 'the "
		       "reservation' } } }");
	command_expect(ASK("'hw-address': '02:00:00:00:00:02', 'relay': '192.0.2.1'"),
		       "{ 'result': 0, 'arguments': { 'dns': { 'why': 'the client has no name', 'updates': [ ] } } }");
	/* Keys of other scopes. */
	command_expect(ASK("'hw-address': '02:00:00:00:00:02', 'relay': '10.2.0.1', 'options': { '12': "
			   "'\\u0027pc\\u0027' }"),
		       "{ 'result': 0, 'arguments': { 'dns': { 'scope': 'subnet 2', 'forward': false, 'why': "
		       "'ddns-send-updates is false' } } }");
	command_expect(ASK("'hw-address': '02:00:00:00:00:02', 'relay': '10.3.0.1', 'address': '10.3.0.7'"),
		       "{ 'result': 0, 'arguments': { 'dns': { 'name': 'gen-10-3-0-7.example.org', 'name-from': 'the "
		       "address, by ddns-replace-client-name and ddns-generated-prefix', 'scope': 'subnet 3' } } }");
}
END_TEST

int main(void)
{
	void (*const setups[])(void) = { setup4, setup6, setup_dns };
	TCase *v[] = { tcase_create("v4"), tcase_create("v6"), tcase_create("dns") };

	for (unsigned i = 0; i < 3; i++) {
		tcase_add_checked_fixture(v[i], setups[i], command_stop);
		tcase_set_timeout(v[i], 60);
	}
	tcase_add_test(v[0], reservation);
	tcase_add_test(v[0], classes);
	tcase_add_test(v[0], no_response);
	tcase_add_test(v[0], wrong_arguments);
	tcase_add_test(v[0], nothing_remains);
	tcase_add_test(v[1], family_6);
	tcase_add_test(v[2], dns);
	return suite_run_all(v, 3);
}

/* SPDX-License-Identifier: MPL-2.0 */
/* Commands about the process and its statistics, with Kea's responses. */
#include "commanding.h"

static void setup(void)
{
	command_start(&family4, "\"subnet4\": [ { \"id\": 1, \"subnet\": \"192.0.2.0/24\", \"pools\": [ { \"pool\": "
				"\"192.0.2.10-192.0.2.19\" } ] } ]");
}

static void setup6(void)
{
	command_start(
		&family6,
		"\"server-id\": { \"type\": \"EN\", \"enterprise-id\": 2495, \"identifier\": \"0102\", \"persist\": "
		"false }, \"subnet6\": [ { \"id\": 1, \"subnet\": \"2001:db8::/32\", \"pools\": [ { \"pool\": "
		"\"2001:db8:0:1::/64\" } ], \"pd-pools\": [ { \"prefix\": \"2001:db8:8000::\", \"prefix-len\": 33, "
		"\"delegated-len\": 128 } ] } ]");
}

static void setup_reclaiming(void)
{
	command_start(&family4, "\"expired-leases-processing\": { \"reclaim-timer-wait-time\": 1, "
				"\"flush-reclaimed-timer-wait-time\": 1 }, \"subnet4\": []");
}

/* Timers become due, and then the server stops, without a turn between them: they find nothing that was freed. */
START_TEST(stops_with_timers_due)
{
	usleep(1100000);
	ck_assert(!commanded.is_stopping);
}
END_TEST

START_TEST(process)
{
	command_expect("{ 'command': 'version-get' }", "{ 'result': 0, 'text': '" PACKAGE_VERSION "' }");
	command_expect("{ 'command': 'server-tag-get' }", "{ 'result': 0, 'arguments': { 'server-tag': '' } }");
	command_expect("{ 'command': 'config-backend-pull' }", "{ 'result': 3, 'text': 'No config backend.' }");
	command_expect("{ 'command': 'leases-reclaim', 'arguments': { 'remove': true } }",
		       "{ 'result': 0, 'text': 'Reclamation of expired leases is complete.' }");
	command_expect("{ 'command': 'leases-reclaim' }",
		       "{ 'result': 1, 'text': '\\'remove\\' is missing in arguments' }");
	command_expect("{ 'command': 'build-report' }", "{ 'result': 0 }");
}
END_TEST

/* The service is disabled while any origin says so; a period ends by itself. */
START_TEST(disabling)
{
	command_expect("{ 'command': 'dhcp-disable' }", "{ 'result': 0, 'text': 'DHCPv4 service disabled' }");
	ck_assert(atomic_load(&commanded.srv.is_disabled));
	command_expect("{ 'command': 'dhcp-disable', 'arguments': { 'origin': 'ha-partner', 'max-period': 20 } }",
		       "{ 'result': 0, 'text': 'DHCPv4 service disabled for 20 seconds' }");
	command_expect("{ 'command': 'dhcp-disable', 'arguments': { 'origin-id': 1001 } }", "{ 'result': 0 }");
	command_expect(
		"{ 'command': 'status-get' }",
		"{ 'result': 0, 'arguments': { 'sockets': { 'status': 'ready' }, 'summary': 'serving 1 subnet on 0 "
		"interfaces; "
		"0 leases; 0 req/s', 'dhcp-state': { "
		"'disabled-by-user': true, 'disabled-by-db-connection': false, 'disabled-by-local-command': [ 1001 ], "
		"'disabled-by-remote-command': [ 2000 ], 'globally-disabled': true } } }");
	command_expect("{ 'command': 'dhcp-enable', 'arguments': { 'origin': 'user' } }",
		       "{ 'result': 0, 'text': 'DHCP service successfully enabled' }");
	ck_assert(atomic_load(&commanded.srv.is_disabled));
	command_expect("{ 'command': 'dhcp-enable', 'arguments': { 'origin-id': 1001 } }", "{ 'result': 0 }");
	ck_assert(atomic_load(&commanded.srv.is_disabled));
	clock_set_virtual(1000000, 1000000);
	command_expect("{ 'command': 'dhcp-disable', 'arguments': { 'origin': 'ha-partner', 'max-period': 20 } }",
		       "{ 'result': 0 }");
	clock_advance(19000);
	ck_assert_int_eq(loop_run_once(commanded.loop, 0), 0);
	ck_assert(atomic_load(&commanded.srv.is_disabled));
	clock_advance(2000);
	ck_assert_int_eq(loop_run_once(commanded.loop, 0), 0);
	ck_assert(!atomic_load(&commanded.srv.is_disabled));
	clock_set_real();
	command_expect("{ 'command': 'dhcp-disable', 'arguments': { 'origin': 'x' } }",
		       "{ 'result': 1, 'text': 'invalid value used for `origin` parameter: x' }");
	command_expect("{ 'command': 'dhcp-disable', 'arguments': { 'max-period': 0 } }", "{ 'result': 1 }");
}
END_TEST

/* Samples are taken when a statistic is read. */
START_TEST(samples)
{
	struct stat_ref ref;

	command_expect("{ 'command': 'statistic-get', 'arguments': { 'name': 'nope' } }",
		       "{ 'result': 0, 'arguments': {} }");
	command_expect("{ 'command': 'statistic-reset', 'arguments': { 'name': 'nope' } }",
		       "{ 'result': 1, 'text': 'No `nope` statistic found' }");
	clock_set_virtual(1000000, 1000000);
	stat_add(commanded.stats, STAT_RECEIVED, 5);
	command_expect("{ 'command': 'statistic-get', 'arguments': { 'name': 'pkt4-received' } }",
		       "{ 'result': 0, 'arguments': { 'pkt4-received': [ [ 5, '1970-01-12 13:46:40.000000' ] ] } }");
	clock_advance(1500);
	stat_add(commanded.stats, STAT_RECEIVED, 1);
	command_expect("{ 'command': 'statistic-get', 'arguments': { 'name': 'pkt4-received' } }",
		       "{ 'arguments': { 'pkt4-received': [ [ 6, '1970-01-12 13:46:41.500000' ], [ 5, '1970-01-12 "
		       "13:46:40.000000' ] ] } }");
	command_expect(
		"{ 'command': 'statistic-sample-count-set', 'arguments': { 'name': 'pkt4-received', 'max-samples': 1 "
		"} }",
		"{ 'result': 0, 'text': 'Statistic `pkt4-received` count limit is set.' }");
	command_expect("{ 'command': 'statistic-get', 'arguments': { 'name': 'pkt4-received' } }",
		       "{ 'arguments': { 'pkt4-received': [ [ 6, '1970-01-12 13:46:41.500000' ] ] } }");
	command_expect(
		"{ 'command': 'statistic-sample-age-set', 'arguments': { 'name': 'pkt4-received', 'duration': 10 } }",
		"{ 'result': 0, 'text': 'Statistic `pkt4-received` duration limit is set.' }");
	for (unsigned i = 0; i < 3; i++) {
		clock_advance(6000);
		stat_add(commanded.stats, STAT_RECEIVED, 1);
		json_object_put(command_ask("{ \"command\": \"statistic-get-all\" }"));
	}
	command_expect("{ 'command': 'statistic-get', 'arguments': { 'name': 'pkt4-received' } }",
		       "{ 'arguments': { 'pkt4-received': [ [ 9, '1970-01-12 13:46:59.500000' ], [ 8, '1970-01-12 "
		       "13:46:53.500000' ] ] } }");
	command_expect("{ 'command': 'statistic-reset', 'arguments': { 'name': 'pkt4-received' } }",
		       "{ 'result': 0, 'text': 'Statistic `pkt4-received` reset.' }");
	command_expect("{ 'command': 'statistic-get', 'arguments': { 'name': 'pkt4-received' } }",
		       "{ 'arguments': { 'pkt4-received': [ [ 0, '1970-01-12 13:46:59.500000' ] ] } }");
	/* Gauges are current values. */
	command_expect("{ 'command': 'statistic-sample-count-set', 'arguments': { 'name': "
		       "'subnet[1].assigned-addresses', 'max-samples': 1 } }",
		       "{ 'result': 0 }");
	ck_assert(stat_find(commanded.srv.places, 0, "subnet[1].assigned-addresses", &ref));
	stat_place_add(ref.place, STAT_ASSIGNED, 2);
	command_expect("{ 'command': 'statistic-reset', 'arguments': { 'name': 'subnet[1].assigned-addresses' } }",
		       "{ 'result': 1 }");
	command_expect("{ 'command': 'statistic-reset-all' }",
		       "{ 'result': 0, 'text': 'All statistics reset to neutral values.' }");
	command_expect("{ 'command': 'statistic-get', 'arguments': { 'name': 'subnet[1].assigned-addresses' } }",
		       "{ 'arguments': { 'subnet[1].assigned-addresses': [ [ 2, '1970-01-12 13:46:59.500000' ] ] } }");
	command_expect("{ 'command': 'statistic-remove', 'arguments': { 'name': 'subnet[1].assigned-addresses' } }",
		       "{ 'result': 0, 'text': 'Statistic `subnet[1].assigned-addresses` removed.' }");
	command_expect("{ 'command': 'statistic-get', 'arguments': { 'name': 'subnet[1].assigned-addresses' } }",
		       "{ 'arguments': {} }");
	stat_place_add(ref.place, STAT_ASSIGNED, 1);
	command_expect("{ 'command': 'statistic-get', 'arguments': { 'name': 'subnet[1].assigned-addresses' } }",
		       "{ 'arguments': { 'subnet[1].assigned-addresses': [ [ 3, '1970-01-12 13:46:59.500000' ] ] } }");
	stat_place_add(ref.place, STAT_ASSIGNED, -3);
	clock_set_real();
}
END_TEST

static unsigned count_statistics(const char *command)
{
	struct json_object *response = command_ask(command), *map;
	unsigned n;

	ck_assert(json_object_object_get_ex(response, "arguments", &map));
	n = (unsigned)json_object_object_length(map);
	json_object_put(response);
	return n;
}

START_TEST(all_statistics)
{
	unsigned global = count_statistics("{ \"command\": \"statistic-global-get-all\" }");

	ck_assert_uint_gt(count_statistics("{ \"command\": \"statistic-get-all\" }"), global);
	command_expect("{ 'command': 'statistic-get', 'arguments': { 'name': 'subnet[1].pool[0].total-addresses' } }",
		       "{ 'result': 0 }");
	command_expect("{ 'command': 'statistic-sample-count-set-all', 'arguments': { 'max-samples': 3 } }",
		       "{ 'result': 0, 'text': 'All statistics count limit are set.' }");
	command_expect("{ 'command': 'statistic-sample-age-set-all', 'arguments': { 'duration': 3 } }",
		       "{ 'result': 0, 'text': 'All statistics duration limit are set.' }");
	command_expect("{ 'command': 'statistic-sample-age-set-all' }", "{ 'result': 1 }");
	command_expect(
		"{ 'command': 'statistic-remove-all' }",
		"{ 'result': 0, 'text': 'Warning: statistic-remove-all command is deprecated. All statistics removed.' "
		"}");
	ck_assert_uint_eq(count_statistics("{ \"command\": \"statistic-get-all\" }"), 0);
}
END_TEST

/* Totals beyond 64 bits are complete numbers. */
START_TEST(big_totals)
{
	const char *request =
		"{ \"command\": \"statistic-get\", \"arguments\": { \"name\": \"subnet[1].total-pds\" } }";
	struct ctl_who who = { .channel = "test" };
	struct str out = { 0 };
	struct ctl_call *call =
		ctl_dispatch(commanded.ctl, ctl_request_parse(request, strlen(request)), &who, command_ready, NULL);

	while (ctl_call_read(call, &out) != CTL_END)
		;
	ck_assert_msg(strstr(out.text, "[ 39614081257132168796771975168, ") != NULL, "%s", out.text);
	ctl_call_free(call);
	str_free(&out);
	command_expect("{ 'command': 'dhcp-disable' }", "{ 'result': 0, 'text': 'DHCPv6 service disabled' }");
}
END_TEST

/* The loop stops once the response was read. */
START_TEST(shutting_down)
{
	command_expect("{ 'command': 'shutdown', 'arguments': { 'exit-value': 'x' } }", "{ 'result': 1 }");
	command_expect("{ 'command': 'shutdown', 'arguments': { 'exit-value': 7 } }",
		       "{ 'result': 0, 'text': 'Shutting down.' }");
	ck_assert_int_eq(loop_run(commanded.loop), 0);
	ck_assert_int_eq(commanded.exit_value, 7);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("v4"), *tc6 = tcase_create("v6"), *reclaiming = tcase_create("reclaiming");

	(void)setenv("TZ", "UTC", 1);
	tcase_add_checked_fixture(tc, setup, command_stop);
	tcase_add_test(tc, process);
	tcase_add_test(tc, disabling);
	tcase_add_test(tc, samples);
	tcase_add_test(tc, all_statistics);
	tcase_add_test(tc, shutting_down);
	tcase_add_checked_fixture(tc6, setup6, command_stop);
	tcase_add_test(tc6, big_totals);
	tcase_add_checked_fixture(reclaiming, setup_reclaiming, command_stop);
	tcase_add_test(reclaiming, stops_with_timers_due);
	return suite_run_all((TCase *[]){ tc, tc6, reclaiming }, 3);
}

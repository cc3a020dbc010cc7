/* SPDX-License-Identifier: MPL-2.0 */
/* config-*: a bad configuration never replaces a good one; what is written is complete, and keeps comments. */
#include "commanding.h"

#include <sys/stat.h>

static const char members[] = "\"valid-lifetime\": 1000, # how long\n"
			      "  \"subnet4\": [\n"
			      "    # the office\n"
			      "    { \"id\": 1, \"subnet\": \"192.0.2.0/24\", // first\n"
			      "      \"pools\": [ { \"pool\": \"192.0.2.10-192.0.2.19\" } ] }\n"
			      "  ]";

static void setup(void)
{
	command_start(&family4, members);
}

static struct json_object *arguments_of(const char *command)
{
	struct json_object *response = command_ask(command), *map;

	ck_assert_msg(json_object_object_get_ex(response, "arguments", &map), "%s",
		      json_object_to_json_string(response));
	(void)json_object_get(map);
	json_object_put(response);
	return map;
}

static char *hash_now(void)
{
	struct json_object *map = arguments_of("{ \"command\": \"config-hash-get\" }"), *hash;
	char *text;

	ck_assert(json_object_object_get_ex(map, "hash", &hash));
	text = strdup(json_object_get_string(hash));
	json_object_put(map);
	ck_assert_uint_eq(strlen(text), 64);
	return text;
}

/* The configuration with these members, as a request. */
static char *request_of(const char *command, const char *other)
{
	char *text = command_text(4, other);
	struct str out = { 0 };

	str_addf(&out, "{ \"command\": \"%s\", \"arguments\": %s }", command, text);
	free(text);
	return out.text;
}

static void expect_set(const char *command, const char *other, const char *response)
{
	char *request = request_of(command, other);

	command_expect(request, response);
	free(request);
}

static char *read_file(const char *path)
{
	struct str out = { 0 };
	char buf[4096];
	FILE *f = fopen(path, "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		str_add_n(&out, buf, n);
	ck_assert_int_eq(fclose(f), 0);
	return out.text;
}

START_TEST(getting)
{
	char *hash = hash_now();
	struct json_object *map = arguments_of("{ \"command\": \"config-get\" }"), *v;

	ck_assert(json_object_object_get_ex(map, "hash", &v));
	ck_assert_str_eq(json_object_get_string(v), hash);
	ck_assert(json_object_object_get_ex(map, "Dhcp4", &v));
	ck_assert(json_object_object_get_ex(v, "valid-lifetime", &v));
	ck_assert_int_eq(json_object_get_int(v), 1000);
	json_object_put(map);
	free(hash);
}
END_TEST

START_TEST(setting)
{
	char *hash = hash_now(), *other;

	command_expect("{ 'command': 'config-set' }", "{ 'result': 1, 'text': '\\'Dhcp4\\' is missing in arguments' }");
	expect_set("config-test", "\"valid-lifetime\": 7",
		   "{ 'result': 0, 'text': 'Configuration seems sane. Control-socket, hook-libraries, and D2 "
		   "configuration "
		   "were sanity checked, but not applied.' }");
	expect_set("config-test", "\"valid-lifetime\": \"7\"", "{ 'result': 1 }");
	expect_set("config-set", "\"valid-lifetime\": \"7\",\n\"foo\": 1",
		   "{ 'result': 1, 'text': 'request:3:21: \\'valid-lifetime\\' is a string, expected an "
		   "integer in 0..4294967295\\nrequest:4:1: unknown parameter \\'foo\\' in Dhcp4' }");
	other = hash_now();
	ck_assert_str_eq(other, hash);
	free(other);
	expect_set("config-set", "\"valid-lifetime\": 7", "{ 'result': 0, 'text': 'Configuration successful.' }");
	other = hash_now();
	ck_assert_str_ne(other, hash);
	command_expect("{ 'command': 'config-reload' }", "{ 'result': 0, 'text': 'Configuration successful.' }");
	free(other);
	other = hash_now();
	ck_assert_str_eq(other, hash);
	command_write_file(command_config, "{ \"Dhcp4\": { \"x\": 1, \"y\": 2 } }");
	command_expect("{ 'command': 'config-reload' }", "{ 'result': 1 }");
	free(other);
	other = hash_now();
	ck_assert_str_eq(other, hash);
	free(other);
	free(hash);
}
END_TEST

/* What config-get returns can be set again, and then is the same. */
START_TEST(round_trip)
{
	char *hash = hash_now(), *other;
	struct json_object *map = arguments_of("{ \"command\": \"config-get\" }");
	struct str request = { 0 };

	str_addf(&request, "{ \"command\": \"config-set\", \"arguments\": %s }", json_object_to_json_string(map));
	command_expect(request.text, "{ 'result': 0 }");
	other = hash_now();
	ck_assert_str_eq(other, hash);
	json_object_put(map);
	str_free(&request);
	free(other);
	free(hash);
}
END_TEST

/* A hash of another configuration: somebody else was faster. */
START_TEST(locking)
{
	char *text = command_text(4, "\"valid-lifetime\": 7"), *hash = hash_now();
	struct str request = { 0 };

	str_addf(&request, "{ \"command\": \"config-set\", \"arguments\": { \"hash\": \"%s\", %s }", hash,
		 strchr(text, '{') + 1);
	command_expect(request.text, "{ 'result': 0 }");
	command_expect(request.text, "{ 'result': 4 }");
	str_free(&request);
	free(text);
	free(hash);
}
END_TEST

START_TEST(writing)
{
	char *before = read_file(command_config), *after, *hash = hash_now(), *other;
	struct stat st;

	ck_assert_int_eq(chmod(command_config, 0604), 0);
	command_expect("{ 'command': 'config-write' }", "{ 'result': 0 }");
	after = read_file(command_config);
	ck_assert_str_eq(after, before);
	free(after);
	ck_assert_int_eq(stat(command_config, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0604);
	expect_set("config-set",
		   "\"valid-lifetime\": 2000, \"renew-timer\": 5, \"subnet4\": [ { \"id\": 1, \"subnet\": "
		   "\"192.0.2.0/24\", "
		   "\"pools\": [ { \"pool\": \"192.0.2.10-192.0.2.29\" } ] }, { \"id\": 2, \"subnet\": "
		   "\"198.51.100.0/24\" } ]",
		   "{ 'result': 0 }");
	free(hash);
	hash = hash_now();
	command_expect("{ 'command': 'config-write' }", "{ 'result': 0 }");
	after = read_file(command_config);
	ck_assert_msg(strstr(after, "\"valid-lifetime\": 2000, # how long\n") != NULL, "%s", after);
	ck_assert_msg(strstr(after, "    # the office\n    { \"id\": 1, \"subnet\": \"192.0.2.0/24\", // first\n") !=
			      NULL,
		      "%s", after);
	ck_assert_msg(strstr(after, "\"id\": 2") || strstr(after, "\"id\":2"), "%s", after);
	ck_assert_msg(strstr(after, "\"echo-client-id\"") == NULL, "%s", after);
	command_expect("{ 'command': 'config-reload' }", "{ 'result': 0 }");
	other = hash_now();
	ck_assert_str_eq(other, hash);
	command_expect("{ 'command': 'config-write', 'arguments': { 'filename': 'copy.conf' } }", "{ 'result': 0 }");
	command_expect("{ 'command': 'config-write', 'arguments': { 'filename': '/etc/kea-test' } }",
		       "{ 'result': 1 }");
	ck_assert_int_lt(access("/etc/kea-test", F_OK), 0);
	free(before);
	free(after);
	free(other);
	free(hash);
}
END_TEST

/* What the file says for other programs stays in it, also in a copy and where the text cannot be kept. */
START_TEST(write_keeps_others)
{
	static const char agent[] = "{ \"Control-agent\": { \"http-host\": \"127.0.0.1\", \"http-port\": 8923 }, ";
	char *text = command_text(4, "\"valid-lifetime\": 777"), *both = NULL, *copy = NULL, *after;

	ck_assert_int_gt(asprintf(&both, "%s%s", agent, strchr(text, '{') + 1), 0);
	command_write_file(command_config, both);
	command_expect("{ 'command': 'config-reload' }", "{ 'result': 0 }");
	command_expect("{ 'command': 'config-write', 'arguments': { 'filename': 'copy.conf' } }", "{ 'result': 0 }");
	ck_assert_int_gt(asprintf(&copy, "%s/copy.conf", command_dir), 0);
	after = read_file(copy);
	ck_assert_msg(strstr(after, "\"http-port\": 8923") && strstr(after, "\"valid-lifetime\": 777"), "%s", after);
	free(after);
	expect_set("config-set", "\"valid-lifetime\": 778", "{ 'result': 0 }");
	command_expect("{ 'command': 'config-write' }", "{ 'result': 0 }");
	after = read_file(command_config);
	ck_assert_msg(strstr(after, "\"http-port\": 8923") && strstr(after, "\"valid-lifetime\": 778"), "%s", after);
	free(after);
	free(copy);
	free(both);
	free(text);
}
END_TEST

/* --- changes that survive, and those that are taken back --- */

#define PERSISTENT                                                                                             \
	"\"persist-changes\": true, \"commands\": \"all\", # both\n \"subnet4\": [ { \"id\": 1, \"subnet\": "  \
	"\"192.0.2.0/24\" }, { \"id\": 2, \"subnet\": \"10.0.0.0/24\", \"reservations\": [ { \"hw-address\": " \
	"\"02:00:00:00:00:01\" }, { \"hw-address\": \"02:00:00:00:00:02\" } ] } ]"

static void setup_persistent(void)
{
	command_start(&family4, PERSISTENT);
}

static bool has_file(const char *suffix)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s%s", command_config, suffix);
	return access(path, F_OK) == 0;
}

static void restart(void)
{
	command_end();
	command_begin(&family4);
}

#define ADD_SUBNET(id, prefix)                                                                                       \
	command_expect("{ 'command': 'subnet4-add', 'arguments': { 'subnet4': [ { 'id': " #id ", 'subnet': '" prefix \
		       "' } ] } }",                                                                                  \
		       "{ 'result': 0 }")
#define ADD_HOST                                                                                                      \
	command_expect("{ 'command': 'reservation-add', 'arguments': { 'operation-target': 'memory', 'reservation': " \
		       "{ 'subnet-id': 2, 'hw-address': '02:00:00:00:00:03' } } }",                                   \
		       "{ 'result': 0 }")
#define HAS_SUBNET(id, result) \
	command_expect("{ 'command': 'subnet4-get', 'arguments': { 'id': " #id " } }", "{ 'result': " #result " }")

/* Changes are there after a restart and a reload, without config-write. */
START_TEST(survive)
{
	char *hash, *again;

	ck_assert(!has_file(".changes"));
	ADD_SUBNET(7, "10.7.0.0/24");
	ck_assert(has_file(".changes"));
	ADD_HOST;
	command_expect("{ 'command': 'reservation-del', 'arguments': { 'operation-target': 'memory', 'subnet-id': 2, "
		       "'identifier-type': 'hw-address', 'identifier': '02:00:00:00:00:01' } }",
		       "{ 'result': 0 }");
	command_expect("{ 'command': 'subnet4-del', 'arguments': { 'id': 1 } }", "{ 'result': 0 }");
	command_expect("{ 'command': 'subnet4-delta-add', 'arguments': { 'subnet4': [ { 'id': 7, 'valid-lifetime': 77 "
		       "} ] } }",
		       "{ 'result': 0 }");
	/* One that is rejected leaves nothing. */
	command_expect("{ 'command': 'subnet4-add', 'arguments': { 'subnet4': [ { 'id': 7, 'subnet': '10.8.0.0/24' } ] "
		       "} }",
		       "{ 'result': 1 }");
	hash = hash_now();
	restart();
	again = hash_now();
	ck_assert_str_eq(hash, again);
	free(again);
	HAS_SUBNET(1, 3);
	command_expect("{ 'command': 'reservation-get-all', 'arguments': { 'subnet-id': 2 } }",
		       "{ 'arguments': { 'hosts': [ { 'hw-address': '02:00:00:00:00:02' }, { 'hw-address': "
		       "'02:00:00:00:00:03' } ] } }");
	command_expect("{ 'command': 'config-reload' }", "{ 'result': 0 }");
	again = hash_now();
	ck_assert_str_eq(hash, again);
	free(again);
	/* And more of them. */
	ADD_SUBNET(8, "10.8.0.0/24");
	restart();
	HAS_SUBNET(8, 0);
	free(hash);
}
END_TEST

/* config-write makes them part of the file, which keeps its comments. */
START_TEST(folded)
{
	ADD_SUBNET(7, "10.7.0.0/24");
	command_expect("{ 'command': 'config-write' }", "{ 'result': 0 }");
	ck_assert(!has_file(".changes"));
	ck_assert(!has_file(".changes.dropped"));
	ADD_HOST;
	ck_assert(has_file(".changes"));
	restart();
	HAS_SUBNET(7, 0);
	command_expect("{ 'command': 'reservation-get-all', 'arguments': { 'subnet-id': 2 } }",
		       "{ 'text': '3 IPv4 host(s) found.' }");
	command_expect("{ 'command': 'config-write', 'arguments': { 'filename': 'copy.conf' } }", "{ 'result': 0 }");
	ck_assert(has_file(".changes"));
}
END_TEST

/* The server died after it had written the file, before it removed the changes. */
START_TEST(folded_halfway)
{
	char path[160], copy[160];

	ADD_SUBNET(7, "10.7.0.0/24");
	(void)snprintf(path, sizeof(path), "%s.changes", command_config);
	(void)snprintf(copy, sizeof(copy), "%s.copy", command_config);
	/* A second name shows what was in it. */
	ck_assert_int_eq(link(path, copy), 0);
	command_expect("{ 'command': 'config-write' }", "{ 'result': 0 }");
	ck_assert_int_eq(rename(copy, path), 0);
	restart();
	HAS_SUBNET(7, 0);
	ck_assert(!has_file(".changes"));
	ck_assert(!has_file(".changes.dropped"));
}
END_TEST

/* Somebody edits the file: what commands have changed is not used, and kept. */
START_TEST(edited)
{
	char *text = command_text(4, PERSISTENT ", \"valid-lifetime\": 777");

	ADD_SUBNET(7, "10.7.0.0/24");
	/* A broken file changes nothing. */
	command_write_file(command_config, "{ ");
	command_expect("{ 'command': 'config-reload' }", "{ 'result': 1 }");
	HAS_SUBNET(7, 0);
	ck_assert(has_file(".changes"));
	command_write_file(command_config, text);
	command_expect("{ 'command': 'config-reload' }", "{ 'result': 0 }");
	HAS_SUBNET(7, 3);
	ck_assert(!has_file(".changes"));
	ck_assert(has_file(".changes.dropped"));
	ADD_SUBNET(9, "10.9.0.0/24");
	restart();
	HAS_SUBNET(9, 0);
	HAS_SUBNET(7, 3);
	free(text);
}
END_TEST

static void append_changes(const char *text)
{
	char path[160];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s.changes", command_config);
	f = fopen(path, "a");
	ck_assert_ptr_nonnull(f);
	(void)fputs(text, f);
	(void)fclose(f);
}

/* A line that is torn has no response; anything else that is wrong makes the file unusable. */
START_TEST(damaged)
{
	static const char *const lines[] = {
		"{ \"changes\": [ { \"at\": [ \"nosuch\", 1 ], \"set\": 1 } ] }\n",
		"{ \"changes\": [ { \"at\": [ \"subnet4\" ], \"from\": 9, \"remove\": 1, \"insert\": [] } ] }\n",
		"{ \"changes\": [ { \"at\": [ \"subnet4\" ], \"from\": 0, \"remove\": -1, \"insert\": [] } ] }\n",
		"{ \"changes\": [ { \"at\": [ \"subnet4\", 0, \"id\" ], \"set\": \"x\" } ] }\n",
		"{ \"config\": 7 }\n",
		"{ \"changes\": 7 }\n",
		"[]\n",
		"7\n",
		"{\n",
		"\n",
		"{ \"changes\": [ { \"at\": [], \"set\": 1 } ] }\n",
	};

	ADD_SUBNET(7, "10.7.0.0/24");
	command_end();
	append_changes("{ \"changes\": [ { \"at\"");
	command_begin(&family4);
	HAS_SUBNET(7, 0);
	ADD_SUBNET(8, "10.8.0.0/24");
	restart();
	HAS_SUBNET(8, 0);
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		command_end();
		append_changes(lines[i]);
		command_begin(&family4);
		command_expect("{ 'command': 'subnet4-list' }", "{ 'text': '2 IPv4 subnets found' }");
		ck_assert_msg(!has_file(".changes") && has_file(".changes.dropped"), "%s", lines[i]);
		ADD_SUBNET(7, "10.7.0.0/24");
	}
}
END_TEST

/* If a change cannot be stored, it is not made. */
START_TEST(cannot_be_stored)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s.changes", command_config);
	ADD_SUBNET(7, "10.7.0.0/24");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	command_expect("{ 'command': 'subnet4-add', 'arguments': { 'subnet4': [ { 'id': 8, 'subnet': '10.8.0.0/24' } ] "
		       "} }",
		       "{ 'result': 1 }");
	HAS_SUBNET(8, 3);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

/* What was changed before persist-changes was set is stored with the first change after it. */
START_TEST(set_later)
{
	expect_set("config-set", "\"commands\": \"all\", \"subnet4\": [ { \"id\": 3, \"subnet\": \"10.3.0.0/24\" } ]",
		   "{ 'result': 0 }");
	restart();
	HAS_SUBNET(3, 0);
	/* It is stored that changes are not stored from here on. */
	ADD_SUBNET(4, "10.4.0.0/24");
	restart();
	HAS_SUBNET(4, 3);
	ADD_SUBNET(5, "10.5.0.0/24");
	expect_set("config-set",
		   "\"commands\": \"all\", \"persist-changes\": true, \"subnet4\": [ { \"id\": 6, \"subnet\": "
		   "\"10.6.0.0/24\" } ]",
		   "{ 'result': 0 }");
	ADD_SUBNET(7, "10.7.0.0/24");
	restart();
	HAS_SUBNET(5, 3);
	HAS_SUBNET(6, 0);
	HAS_SUBNET(7, 0);
}
END_TEST

START_TEST(rollback)
{
	char *first = hash_now(), *second, *now;
	char response[160];

	command_expect("{ 'command': 'config-rollback' }", "{ 'result': 3 }");
	ADD_SUBNET(7, "10.7.0.0/24");
	second = hash_now();
	ADD_HOST;
	ADD_SUBNET(8, "10.8.0.0/24");
	command_expect("{ 'command': 'config-rollback', 'arguments': { 'steps': 2, 'hash': 'x' } }", "{ 'result': 4 }");
	(void)snprintf(response, sizeof(response), "{ 'result': 0, 'arguments': { 'hash': '%s' } }", second);
	command_expect("{ 'command': 'config-rollback', 'arguments': { 'steps': 2 } }", response);
	HAS_SUBNET(8, 3);
	HAS_SUBNET(7, 0);
	/* It is a change like others: it can be undone, and it survives. */
	command_expect("{ 'command': 'config-rollback' }", "{ 'result': 0 }");
	HAS_SUBNET(8, 0);
	(void)snprintf(response, sizeof(response), "{ 'result': 0, 'arguments': { 'hash': '%s' } }", first);
	command_expect("{ 'command': 'config-rollback', 'arguments': { 'steps': 5 } }", response);
	command_expect("{ 'command': 'config-rollback', 'arguments': { 'steps': 7 } }", "{ 'result': 3 }");
	command_expect("{ 'command': 'config-rollback', 'arguments': { 'steps': 11 } }", "{ 'result': 1 }");
	restart();
	now = hash_now();
	ck_assert_str_eq(first, now);
	/* The last ten only, and reloads count. */
	for (unsigned i = 0; i < 12; i++) {
		char text[64];

		(void)snprintf(text, sizeof(text), "\"valid-lifetime\": %u", 1000 + i);
		expect_set("config-set", text, "{ 'result': 0 }");
	}
	command_expect("{ 'command': 'config-rollback', 'arguments': { 'steps': 10 } }", "{ 'result': 0 }");
	command_expect("{ 'command': 'config-get' }", "{ 'arguments': { 'Dhcp4': { 'valid-lifetime': 1001 } } }");
	free(first);
	free(second);
	free(now);
}
END_TEST

int main(void)
{
	TCase *v[] = { tcase_create("config"), tcase_create("persistent") };

	for (unsigned i = 0; i < 2; i++) {
		tcase_add_checked_fixture(v[i], i ? setup_persistent : setup, command_stop);
		tcase_set_timeout(v[i], 60);
	}
	tcase_add_test(v[0], getting);
	tcase_add_test(v[0], setting);
	tcase_add_test(v[0], round_trip);
	tcase_add_test(v[0], locking);
	tcase_add_test(v[0], writing);
	tcase_add_test(v[0], write_keeps_others);
	tcase_add_test(v[1], survive);
	tcase_add_test(v[1], folded);
	tcase_add_test(v[1], folded_halfway);
	tcase_add_test(v[1], edited);
	tcase_add_test(v[1], damaged);
	tcase_add_test(v[1], cannot_be_stored);
	tcase_add_test(v[1], set_later);
	tcase_add_test(v[1], rollback);
	return suite_run_all(v, 2);
}

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

int main(void)
{
	TCase *tc = tcase_create("config");

	tcase_add_checked_fixture(tc, setup, command_stop);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, getting);
	tcase_add_test(tc, setting);
	tcase_add_test(tc, round_trip);
	tcase_add_test(tc, locking);
	tcase_add_test(tc, writing);
	return suite_run(tc);
}

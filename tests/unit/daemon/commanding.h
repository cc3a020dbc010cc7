/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "../suite.h"

#include "base/clock.h"
#include "base/str.h"
#include "daemon/commands.h"
#include "log/config.h"

#include <ftw.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * A complete server without interfaces, in a directory of its own, and commands to it without a channel. Responses are
 * compared as JSON: the expected text names the members that count.
 */
static struct daemon commanded;
static char command_dir[64], command_config[96];
/* "lease-database"; "": a file in the directory. */
static char command_database[512];

static inline void command_write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* The configuration: these members in addition to what every test needs. */
static inline char *command_text(unsigned digit, const char *members)
{
	struct str text = { 0 };

	str_addf(&text,
		 "{ \"Dhcp%u\": { \"interfaces-config\": { \"interfaces\": [] },\n  \"lease-database\": ", digit);
	if (command_database[0])
		str_add(&text, command_database);
	else
		str_addf(&text, "{ \"type\": \"memfile\", \"name\": \"%s/leases.csv\", \"lfc-interval\": 0 }",
			 command_dir);
	str_addf(&text, ",\n  %s } }\n", members);
	return text.text;
}

/* Writes the keys of a database on the servers that tests/sql/run has started; type: "postgresql" or "mysql". */
static inline void command_write_database(char *buf, size_t size, const char *type, const char *name)
{
	const char *env = getenv(type[0] == 'p' ? "KEA_TEST_PGSQL" : "KEA_TEST_MYSQL"), *colon;

	ck_assert_ptr_nonnull(env);
	colon = strrchr(env, ':');
	(void)snprintf(buf, size,
		       "{ \"type\": \"%s\", \"name\": \"%s\", \"host\": \"%.*s\", \"port\": %s, \"user\": "
		       "\"keatest\", \"password\": \"keatest\" }",
		       type, name, (int)(colon - env), env, colon + 1);
}

/* Starts the server with the configuration file as it is. */
static inline void command_begin(const struct family *fam)
{
	commanded = (struct daemon){ .fam = fam,
				     .commands = &server_commands,
				     .opts = { .config_file = command_config, .verbose = true } };
	commanded.loop = loop_new();
	ck_assert_ptr_nonnull(commanded.loop);
	ck_assert_int_eq(daemon_start(&commanded), 0);
}

static inline void command_start(const struct family *fam, const char *members)
{
	char *text;

	(void)snprintf(command_dir, sizeof(command_dir), "/tmp/test_commands.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(command_dir));
	(void)snprintf(command_config, sizeof(command_config), "%s/kea.conf", command_dir);
	(void)setenv("KEA_PIDFILE_DIR", command_dir, 1);
	(void)setenv("KEA_DHCP_DATA_DIR", command_dir, 1);
	text = command_text(fam->digit, members);
	command_write_file(command_config, text);
	free(text);
	command_begin(fam);
}

/* Stops the server; its files stay. */
static inline void command_end(void)
{
	daemon_stop(&commanded);
	loop_free(commanded.loop);
}

static inline int command_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline void command_stop(void)
{
	command_end();
	ck_assert_int_eq(nftw(command_dir, command_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static inline void command_ready(void *ctx)
{
	*(bool *)ctx = true;
}

/* Returns the response; the caller puts it. */
static inline struct json_object *command_ask(const char *request)
{
	struct ctl_who who = { .channel = "test" };
	struct json_object *response;
	struct str out = { 0 };
	enum ctl_more more;
	bool is_ready = false;
	struct ctl_call *call = ctl_dispatch(commanded.ctl, ctl_request_parse(request, strlen(request)), &who,
					     command_ready, &is_ready);

	while ((more = ctl_call_read(call, &out)) != CTL_END) {
		ck_assert_int_ne(more, CTL_FAILED);
		for (unsigned i = 0; more == CTL_WAIT && !is_ready; i++) {
			ck_assert_uint_lt(i, 2000);
			ck_assert_int_eq(loop_run_once(commanded.loop, 10), 0);
		}
		is_ready = false;
	}
	ctl_call_free(call);
	response = json_tokener_parse(str_text(&out));
	ck_assert_msg(response != NULL, "not JSON: %s", str_text(&out));
	str_free(&out);
	return response;
}

/* True if got has every member of want with the same value, at every depth; lists are equal item by item. */
static inline bool command_matches(struct json_object *got, struct json_object *want)
{
	if (json_object_is_type(want, json_type_array)) {
		if (!json_object_is_type(got, json_type_array) ||
		    json_object_array_length(got) != json_object_array_length(want))
			return false;
		for (size_t i = 0; i < json_object_array_length(want); i++)
			if (!command_matches(json_object_array_get_idx(got, i), json_object_array_get_idx(want, i)))
				return false;
		return true;
	}
	if (!json_object_is_type(want, json_type_object))
		return json_object_equal(got, want);
	if (!json_object_is_type(got, json_type_object))
		return false;
	json_object_object_foreach(want, name, value)
	{
		struct json_object *member;

		if (!json_object_object_get_ex(got, name, &member) || !command_matches(member, value))
			return false;
	}
	return true;
}

/* The response to the request must match; both are written with ' for ". */
static inline void command_expect(const char *request, const char *response)
{
	char *asked = strdup(request), *wanted = strdup(response);
	struct json_object *got, *want;

	for (char *p = asked; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	for (char *p = wanted; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	got = command_ask(asked);
	/* ` is an apostrophe in a text. */
	for (char *p = wanted; *p; p++)
		*p = *p == '`' ? '\'' : *p;
	want = json_tokener_parse(wanted);
	ck_assert_msg(want != NULL, "not JSON: %s", wanted);
	ck_assert_msg(command_matches(got, want), "%s\nresponse: %s\nexpected: %s", asked,
		      json_object_to_json_string(got), wanted);
	json_object_put(got);
	json_object_put(want);
	free(asked);
	free(wanted);
}

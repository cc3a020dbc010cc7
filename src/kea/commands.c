/* SPDX-License-Identifier: MPL-2.0 */
/* The table of commands, and any of them with arguments from the command line. */
#include "kea/commands.h"

#include "base/err.h"
#include "base/screen.h"
#include "daemon/commands.h"
#include "kea/input.h"
#include "kea/remote.h"

#include <stdio.h>
#include <string.h>

#define INPUT_MAX CTL_REQUEST_MAX

/* --- the table --- */

static struct ctl *table_of(unsigned family)
{
	static struct ctl *tables[2];
	struct ctl **table = &tables[family == KEY_6];

	if (!*table) {
		*table = ctl_new(family, NULL);
		server_commands.add(*table);
	}
	return *table;
}

const struct command *command_row(const char *name, unsigned families)
{
	const struct command *cmd = families & KEY_4 ? ctl_find(table_of(KEY_4), name) : NULL;

	return cmd || !(families & KEY_6) ? cmd : ctl_find(table_of(KEY_6), name);
}

unsigned command_families(const char *name)
{
	return (command_row(name, KEY_4) ? KEY_4 : 0u) | (command_row(name, KEY_6) ? KEY_6 : 0u);
}

struct each {
	void (*fn)(void *ctx, const struct command *cmd);
	void *ctx;
	unsigned other; /* a family whose commands were visited */
};

static void visit(void *ctx, const struct command *cmd, bool is_available)
{
	struct each *each = ctx;

	(void)is_available;
	if (!each->other || !command_row(cmd->name, each->other))
		each->fn(each->ctx, cmd);
}

void command_each(unsigned families, void (*fn)(void *ctx, const struct command *cmd), void *ctx)
{
	struct each each = { fn, ctx, 0 };

	if (families & KEY_4)
		ctl_each(table_of(KEY_4), visit, &each);
	each.other = families & KEY_4;
	if (families & KEY_6)
		ctl_each(table_of(KEY_6), visit, &each);
}

/* --- arguments --- */

static const struct key *find_key(const struct command *cmd, const char *name, size_t len, unsigned family)
{
	for (unsigned i = 0; cmd && cmd->args && i < cmd->args->n; i++) {
		const struct key *key = &cmd->args->keys[i];

		if (key_is_of(key, family) && strlen(key->name) == len && !strncmp(key->name, name, len))
			return key;
	}
	return NULL;
}

/* "a,b,c" */
static struct json_object *read_list(const char *text, bool are_numbers)
{
	struct json_object *list = json_object_new_array();

	for (const char *p = text; *text; p += *p == ',') {
		size_t len = strcspn(p, ",");
		struct json_object *v = json_object_new_string_len(p, (int)len);

		if (are_numbers) {
			char *end;
			int64_t n = strtoll(p, &end, 10);

			if (end == p + len && len) {
				json_object_put(v);
				v = json_object_new_int64(n);
			}
		}
		json_object_array_add(list, v);
		p += len;
		if (!*p)
			break;
	}
	return list;
}

/* What is not valid is sent as text: the server explains what it expects. */
static struct json_object *read_value(const struct key *key, const char *text)
{
	struct json_object *v = NULL;
	enum json_tokener_error err;

	if (key && (key->type == KEY_STRING || key->type == KEY_ENUM || key->type == KEY_IP4))
		return json_object_new_string(text);
	if (key && (key->type == KEY_STRINGS || key->type == KEY_INTS) && text[0] != '[')
		return read_list(text, key->type == KEY_INTS);
	if (text[0])
		v = json_tokener_parse_verbose(text, &err);
	/* The parser of json-c reads "1.2.3" as the number 1.2. */
	if (v && (json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_double)) &&
	    text[strspn(text, "-0123456789")] && !key) {
		json_object_put(v);
		v = NULL;
	}
	return v ? v : json_object_new_string(text);
}

static struct json_object *read_map(const char *text)
{
	struct json_object *v = json_tokener_parse(text);

	if (json_object_is_type(v, json_type_object))
		return v;
	json_object_put(v);
	return NULL;
}

/* Standard input; NULL if it is not a map. */
static struct json_object *read_input(void)
{
	struct json_object *v = NULL;
	struct str text = { 0 };

	if (input_read(stdin, INPUT_MAX, &text))
		v = read_map(str_text(&text));
	str_free(&text);
	return v;
}

/* Adds the members of `more` to the map. */
static void merge(struct json_object *map, struct json_object *more)
{
	json_object_object_foreach(more, name, value) json_object_object_add(map, name, json_object_get(value));
	json_object_put(more);
}

int command_arguments(const struct command *cmd, unsigned family, char **words, unsigned n, struct json_object **ret)
{
	struct json_object *map = n ? json_object_new_object() : NULL;

	for (unsigned i = 0; i < n; i++) {
		const char *word = words[i], *equals = strchr(word, '=');
		struct json_object *json = NULL;
		char *name;

		if (word[0] == '{' || !strcmp(word, "-")) {
			json = word[0] == '{' ? read_map(word) : read_input();
			if (!json) {
				json_object_put(map);
				return cli_fail(EXIT_USAGE, "%s is not a JSON map",
						word[0] == '{' ? word : "standard input");
			}
			merge(map, json);
			continue;
		}
		if (!equals || equals == word) {
			json_object_put(map);
			return cli_fail(EXIT_USAGE, "%s is neither NAME=VALUE nor a JSON map; see \"kea doc %s\"", word,
					cmd ? cmd->name : "COMMAND");
		}
		name = strndup(word, (size_t)(equals - word));
		json = read_value(find_key(cmd, word, (size_t)(equals - word), family), equals + 1);
		json_object_object_add(map, name, json);
		free(name);
	}
	*ret = map;
	return EXIT_OK;
}

/* --- run --- */

static int run_request(struct cli *cli, const char *text)
{
	struct json_object *request = read_map(text);
	struct remote remote;
	struct reply reply;
	int code;

	if (!request)
		return cli_fail(EXIT_USAGE, "the request is not a JSON map");
	code = remote_open(cli, KEY_4, &remote);
	if (code == EXIT_OK) {
		code = remote_ask_json(&remote, request, &reply);
		if (code == EXIT_OK)
			code = reply_print(cli, &reply);
		reply_done(&reply);
		remote_close(&remote);
	}
	json_object_put(request);
	return code;
}

int run_command(struct cli *cli, char **words, unsigned n)
{
	unsigned families = command_families(words[0]);
	const struct command *cmd;
	struct json_object *args = NULL;
	struct remote remote;
	struct reply reply;
	int code;

	if (words[0][0] == '{')
		return n == 1 ? run_request(cli, words[0]) : cli_fail(EXIT_USAGE, "unexpected argument %s", words[1]);
	code = remote_open(cli, families == KEY_6 ? KEY_6 : KEY_4, &remote);
	if (code != EXIT_OK)
		return code;
	cmd = command_row(words[0], remote.family);
	code = command_arguments(cmd, remote.family, words + 1, n - 1, &args);
	if (code == EXIT_OK) {
		code = remote_ask(&remote, words[0], args, &reply);
		if (code == EXIT_OK)
			code = reply_print(cli, &reply);
		reply_done(&reply);
	}
	remote_close(&remote);
	return code;
}

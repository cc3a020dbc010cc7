/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The commands as an OpenAPI 3.1 document: one path, to which requests are posted, and a schema for each command. It
 * comes from the rows that check the arguments.
 */
#include "ctl/call_int.h"

#include "ctl/library.h"

static void put(struct json_object *o, const char *name, const char *text)
{
	json_object_object_add(o, name, json_object_new_string(text));
}

/* Adds an empty map and returns it. */
static struct json_object *put_map(struct json_object *o, const char *name)
{
	struct json_object *map = json_object_new_object();

	json_object_object_add(o, name, map);
	return map;
}

static struct json_object *put_list(struct json_object *o, const char *name)
{
	struct json_object *list = json_object_new_array();

	json_object_object_add(o, name, list);
	return list;
}

static struct json_object *put_typed(struct json_object *o, const char *name, const char *type)
{
	struct json_object *map = put_map(o, name);

	put(map, "type", type);
	return map;
}

static bool has_required(const struct ctl *ctl, const struct scope *scope)
{
	for (unsigned i = 0; scope && i < scope->n; i++)
		if (scope->keys[i].required &&
		    (scope->keys[i].families ? scope->keys[i].families : KEY_DHCP) & ctl->family)
			return true;
	return false;
}

static struct json_object *arguments_schema(const struct ctl *ctl, const struct command *cmd)
{
	struct json_object *map;

	if (cmd->args)
		return conf_json_schema(ctl->family, cmd->args);
	map = json_object_new_object();
	if (cmd->takes_any)
		return map;
	put(map, "type", "object");
	json_object_object_add(map, "maxProperties", json_object_new_int(0));
	return map;
}

/* The request of a command. */
static struct json_object *command_schema(const struct ctl *ctl, const struct command *cmd)
{
	struct json_object *o = json_object_new_object(), *properties, *list, *service;
	const char *library = ctl_library_name(cmd->provider);

	put(o, "description", cmd->doc);
	put(o, "type", "object");
	properties = put_map(o, "properties");
	put(put_map(properties, "command"), "const", cmd->name);
	json_object_object_add(properties, "arguments", arguments_schema(ctl, cmd));
	service = put_typed(properties, "service", "array");
	put(put_map(service, "items"), "type", "string");
	(void)put_typed(properties, "remote-address", "string");
	list = put_list(o, "required");
	json_object_array_add(list, json_object_new_string("command"));
	if (has_required(ctl, cmd->args))
		json_object_array_add(list, json_object_new_string("arguments"));
	json_object_object_add(o, "additionalProperties", json_object_new_boolean(false));
	put(o, "x-access", cmd->access == CTL_READ ? "read" : "write");
	put(o, "x-since", cmd->since);
	if (library)
		put(o, "x-library", library);
	if (cmd->native)
		json_object_object_add(o, "x-native", json_object_new_boolean(true));
	return o;
}

/* A response; what "arguments" has depends on the command. */
static struct json_object *response_schema(void)
{
	struct json_object *o = json_object_new_object(), *properties, *result, *list;

	put(o, "type", "object");
	properties = put_map(o, "properties");
	result = put_typed(properties, "result", "integer");
	put(result, "description",
	    "0 success, 1 error (nothing changed), 2 no such command, 3 done but nothing found, 4 someone else was "
	    "faster, 5 "
	    "fatal");
	list = put_list(result, "enum");
	for (int i = CTL_SUCCESS; i <= CTL_FATAL; i++)
		json_object_array_add(list, json_object_new_int(i));
	(void)put_typed(properties, "text", "string");
	(void)put_map(properties, "arguments");
	list = put_list(o, "required");
	json_object_array_add(list, json_object_new_string("result"));
	return o;
}

static void put_ref(struct json_object *o, const char *name)
{
	struct str ref = { 0 };

	str_addf(&ref, "#/components/schemas/%s", name);
	put(o, "$ref", str_text(&ref));
	str_free(&ref);
}

/* Adds a body of JSON and returns its schema. */
static struct json_object *put_json(struct json_object *o)
{
	return put_map(put_map(put_map(o, "content"), "application/json"), "schema");
}

static void add_path(struct json_object *doc)
{
	static const struct {
		const char *status, *text;
	} errors[] = { { "400", "The request is not HTTP or not JSON." },
		       { "401", "User or password are missing or wrong." },
		       { "413", "The request is too long." } };
	struct json_object *post = put_map(put_map(put_map(doc, "paths"), "/"), "post"), *body, *responses, *ok, *list;

	put(post, "operationId", "command");
	put(post, "summary", "Executes a command");
	body = put_map(post, "requestBody");
	json_object_object_add(body, "required", json_object_new_boolean(true));
	put_ref(put_json(body), "request");
	responses = put_map(post, "responses");
	ok = put_map(responses, "200");
	put(ok, "description", "The response; a list of one.");
	list = put_json(ok);
	put(list, "type", "array");
	put_ref(put_map(list, "items"), "response");
	for (unsigned i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		put(put_map(responses, errors[i].status), "description", errors[i].text);
}

static void add_pages(struct json_object *doc, const struct ctl *ctl)
{
	struct json_object *paths = json_object_object_get(doc, "paths");

	for (size_t i = 0; i < ctl->pages.n; i++) {
		const struct ctl_page *page = ctl->pages.v[i];
		struct json_object *get, *responses, *ok;

		if (page->is_web)
			continue;
		get = put_map(put_map(paths, page->path), "get");
		put(get, "operationId", page->path + 1);
		put(get, "summary", page->doc);
		responses = put_map(get, "responses");
		ok = put_map(responses, "200");
		put(ok, "description", "The text.");
		(void)put_typed(put_map(put_map(ok, "content"), page->type), "schema", "string");
		put(put_map(responses, "401"), "description", "User or password are missing or wrong.");
		put(put_map(responses, "403"), "description", "The user must not read it.");
	}
}

static struct json_object *document(const struct ctl *ctl, const char *program)
{
	struct json_object *doc = json_object_new_object(), *info, *schemas, *one_of;
	struct str title = { 0 };

	put(doc, "openapi", "3.1.0");
	info = put_map(doc, "info");
	str_addf(&title, "Control commands of %s", program);
	put(info, "title", str_text(&title));
	str_free(&title);
	put(info, "version", PACKAGE_VERSION);
	add_path(doc);
	add_pages(doc, ctl);
	schemas = put_map(put_map(doc, "components"), "schemas");
	json_object_object_add(schemas, "response", response_schema());
	one_of = put_list(put_map(schemas, "request"), "oneOf");
	for (size_t i = 0; i < ctl->entries.n; i++) {
		const struct command *cmd = ctl->entries.v[i].cmd;
		struct json_object *ref = json_object_new_object();

		put_ref(ref, cmd->name);
		json_object_array_add(one_of, ref);
		json_object_object_add(schemas, cmd->name, command_schema(ctl, cmd));
	}
	return doc;
}

void ctl_print_openapi(const struct ctl *ctl, const char *program, FILE *to)
{
	struct json_object *doc = document(ctl, program);

	fprintf(to, "%s\n",
		json_object_to_json_string_ext(doc, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(doc);
}

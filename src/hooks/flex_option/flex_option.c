/* SPDX-License-Identifier: MPL-2.0 */
/*
 * flex_option: adds, replaces and removes options of responses, as expressions over the query say. The last thing that
 * happens to a response before it is packed.
 */
#include "flex_option/messages.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACTIONS_MAX 1000
#define LABEL_MAX 128
#define NAME_MAX_LEN 64

enum kind { ADD, SUPERSEDE, REMOVE, KIND_N };
static const char *const kinds[KIND_N] = { "add", "supersede", "remove" };

/* One action on an option or sub-option. Texts belong to the parameters. */
struct action {
	enum kind kind;
	const struct kea_option *option;
	const struct kea_expression *expression;
	const char *container_class, *client_class; /* "": for all */
	bool container_add, container_remove;
	bool is_response; /* the expression is about the response */
	bool is_sub;
	bool is_csv; /* the expression is the value as text */
};

/* Where it is in the configuration of a call. */
struct place {
	uint32_t path[KEA_OPTION_DEPTH];
	unsigned depth;
};

struct flex {
	struct action actions[ACTIONS_MAX];
	size_t n;
};

KEA_HOOK_LIBRARY

int kea_hook_threads(void)
{
	return 1;
}

/* --- a response -----------------------------------------------------------------------------------------------------
 */

static bool is_for(struct kea_call *call, const struct action *action)
{
	return (!action->container_class[0] || kea->class_has(call, action->container_class) == 1) &&
	       (!action->client_class[0] || kea->class_has(call, action->client_class) == 1);
}

static bool has(const struct kea_object *packet, const struct place *place, unsigned depth)
{
	size_t len;

	return kea->option_get(packet, place->path, depth, 0, &len) != NULL;
}

/* "67" or "43.1" */
static const char *name_of(const struct place *place, char buf[NAME_MAX_LEN])
{
	int n = 0;

	for (unsigned i = 0; i < place->depth && n < NAME_MAX_LEN; i++)
		n += snprintf(buf + n, NAME_MAX_LEN - (size_t)n, "%s%u", i ? "." : "", (unsigned)place->path[i]);
	return buf;
}

static const char *label_of(const struct kea_object *query, char buf[LABEL_MAX])
{
	if (kea->get_text(query, KEA_PACKET_LABEL, buf, LABEL_MAX) < 0)
		buf[0] = '\0';
	return buf;
}

static void remove_option(struct kea_object *response, const struct action *action, const struct place *place,
			  const struct kea_object *query)
{
	char name[NAME_MAX_LEN], label[LABEL_MAX];
	uint32_t code;

	if (kea->option_delete(response, place->path, place->depth) < 0)
		return;
	LOG(FLEX_OPTION_PROCESS_REMOVE, label_of(query, label), name_of(place, name));
	/* The enterprise of a vendor option, then the option, go with their last sub-option. */
	for (unsigned depth = place->depth - 1; depth && action->container_remove; depth--) {
		if (kea->option_at(response, place->path, depth, 0, &code, NULL, NULL))
			return;
		(void)kea->option_delete(response, place->path, depth);
	}
}

static void set_option(struct kea_object *response, const struct action *action, const struct place *place,
		       const void *value, size_t len, const struct kea_object *query)
{
	char name[NAME_MAX_LEN], label[LABEL_MAX];
	int err = kea->option_set(response, place->path, place->depth, value, len);

	if (err < 0)
		LOG(FLEX_OPTION_PROCESS_ERROR, label_of(query, label), name_of(place, name), err);
	else if (action->kind == ADD)
		LOG(FLEX_OPTION_PROCESS_ADD, label_of(query, label), name_of(place, name), len);
	else
		LOG(FLEX_OPTION_PROCESS_SUPERSEDE, label_of(query, label), name_of(place, name), len);
}

/* The value of the option that a text of the expression means; NULL: none. */
static const void *value_of(struct kea_call *call, const struct action *action, const struct place *place,
			    const struct kea_object *query, const void *text, size_t *len)
{
	char name[NAME_MAX_LEN], label[LABEL_MAX];
	const void *value;

	if (!action->is_csv)
		return text;
	value = kea->option_encode(call, action->option, text, *len, len);
	if (!value)
		LOG(FLEX_OPTION_PROCESS_ERROR, label_of(query, label), name_of(place, name), KEA_E_INVAL);
	return value;
}

static void act(struct kea_call *call, struct kea_object *response, const struct action *action)
{
	struct kea_object *query = kea->argument(call, KEA_ARG_QUERY, 0);
	struct kea_object *packet = action->is_response ? response : query;
	struct place place;
	const void *value;
	size_t len;

	if (!is_for(call, action) || !packet)
		return;
	place.depth = kea->option_path(call, action->option, place.path);
	if (action->is_sub && !action->container_add && !has(response, &place, 1))
		return;
	if (has(response, &place, place.depth) != (action->kind == REMOVE) && action->kind != SUPERSEDE)
		return;
	if (action->kind == REMOVE) {
		if (kea->test(packet, action->expression))
			remove_option(response, action, &place, query);
		return;
	}
	value = kea->evaluate(packet, action->expression, &len);
	if (value && len)
		value = value_of(call, action, &place, query, value, &len);
	if (value && len)
		set_option(response, action, &place, value, len, query);
}

static int pkt_send(struct kea_call *call)
{
	const struct flex *flex = kea->context(kea->library(call));
	struct kea_object *response = kea->argument(call, KEA_ARG_RESPONSE, 0);

	for (size_t i = 0; response && i < flex->n; i++)
		act(call, response, &flex->actions[i]);
	return KEA_CONTINUE;
}

/* --- parameters
 * ------------------------------------------------------------------------------------------------------- */

/* True if the entry has only keys that have an effect there. */
static bool has_none_of(struct kea_library *lib, const struct kea_json *entry, const char *const *keys, const char *why)
{
	bool ok = true;

	for (; *keys; keys++) {
		const struct kea_json *value = kea->json_get(entry, *keys);

		if (value) {
			(void)kea->fail(lib, value, "\"%s\" has no effect %s", *keys, why);
			ok = false;
		}
	}
	return ok;
}

/* Declares the option of an entry: by its name, its code or both. False after an error. */
static bool set_option_of(struct kea_library *lib, const struct kea_json *entry, struct action *action)
{
	const unsigned max = kea->family(lib) == 6 ? 65535 : action->is_sub ? 255 : 254;
	const struct kea_json *where = kea->json_get(entry, "name");
	const char *name = kea->param_text(lib, entry, "name", NULL);
	const int64_t code = kea->param_int(lib, entry, "code", 0, action->is_sub ? 0 : 1, max);

	if (where && !name)
		return false;
	if (name && !name[0]) {
		(void)kea->fail(lib, where, "\"name\" is empty");
		return false;
	}
	if (!where)
		where = kea->json_get(entry, "code");
	if (!where) {
		(void)kea->fail(lib, entry, "\"code\" or \"name\" is missing");
		return false;
	}
	action->is_csv = kea->param_bool(lib, entry, "csv-format", 0);
	action->option = kea->option(lib, where, action->option, kea->param_text(lib, entry, "space", NULL), name,
				     (uint32_t)code, action->is_csv);
	return action->option != NULL;
}

static const char *words(struct kea_library *lib, const struct kea_json *entry, const char *key, const char *def,
			 const char *other)
{
	const char *word = kea->param_text(lib, entry, key, def);

	if (strcmp(word, def) != 0 && strcmp(word, other) != 0)
		(void)kea->fail(lib, kea->json_get(entry, key), "\"%s\" is \"%s\", expected %s or %s", key, word, def,
				other);
	return word;
}

static void add_action(struct kea_library *lib, struct flex *flex, const struct kea_json *entry, struct action action)
{
	const struct kea_json *text = NULL;

	if (!strcmp(words(lib, entry, "destination", "response", "query"), "query"))
		(void)kea->fail(lib, kea->json_get(entry, "destination"),
				"\"destination\" \"query\" is not supported yet");
	action.is_response = !strcmp(words(lib, entry, "source", "query", "response"), "response");
	for (enum kind kind = ADD; kind < KIND_N; kind++) {
		const struct kea_json *value = kea->json_get(entry, kinds[kind]);

		if (value && text) {
			(void)kea->fail(lib, value, "an entry has only one of add, supersede and remove");
			return;
		}
		if (value) {
			text = value;
			action.kind = kind;
		}
	}
	if (!text) {
		(void)kea->fail(lib, entry, "\"add\", \"supersede\" or \"remove\" is missing");
		return;
	}
	action.expression = kea->expression(lib, text, action.kind == REMOVE);
	if (!action.expression)
		return;
	if (flex->n == ACTIONS_MAX) {
		(void)kea->fail(lib, entry, "more than %d actions", ACTIONS_MAX);
		return;
	}
	flex->actions[flex->n++] = action;
}

static bool is_map(struct kea_library *lib, const struct kea_json *entry, const struct kea_json *list)
{
	if (kea->json_type(entry) == KEA_JSON_MAP)
		return true;
	/* A null has no position. */
	(void)kea->fail(lib, entry ? entry : list, "expected a map");
	return false;
}

static void add_sub_options(struct kea_library *lib, struct flex *flex, const struct kea_json *list,
			    const struct action *container)
{
	static const char *const keys[] = { "code",       "name",         "space",
					    "csv-format", "add",          "supersede",
					    "remove",     "client-class", "container-add",
					    "source",     "destination",  "container-remove",
					    NULL };

	if (kea->json_type(list) != KEA_JSON_LIST) {
		(void)kea->fail(lib, list, "\"sub-options\": expected a list of maps");
		return;
	}
	for (size_t i = 0; i < kea->json_count(list); i++) {
		const struct kea_json *entry = kea->json_at(list, i, NULL);
		struct action action = *container;

		if (!is_map(lib, entry, list))
			continue;
		(void)kea->param_keys(lib, entry, keys);
		action.container_class = container->client_class;
		action.client_class = kea->param_text(lib, entry, "client-class", "");
		action.container_add = kea->param_bool(lib, entry, "container-add", 1);
		action.container_remove = kea->param_bool(lib, entry, "container-remove", 1);
		action.is_sub = true;
		if (set_option_of(lib, entry, &action))
			add_action(lib, flex, entry, action);
	}
}

/* As Kea, which finds a definition there, and sets the option of the message that has its code. */
static void warn_of_space(struct kea_library *lib, const struct kea_json *entry, const struct action *action)
{
	const struct kea_json *space = kea->json_get(entry, "space");

	if (space && !action->is_csv && !kea->json_get(entry, "name") &&
	    strcmp(kea->json_text(space), kea->family(lib) == 4 ? "dhcp4" : "dhcp6") != 0)
		kea->warn(lib, space, "\"space\" has no effect here, it belongs in a sub-option");
}

static void add_option(struct kea_library *lib, struct flex *flex, const struct kea_json *entry,
		       const struct kea_json *options)
{
	static const char *const keys[] = { "code",        "name",      "space",       "csv-format",
					    "add",         "supersede", "remove",      "client-class",
					    "sub-options", "source",    "destination", NULL };
	/* Those of the sub-options count. */
	static const char *const of_action[] = { "csv-format", "add",         "supersede", "remove",
						 "source",     "destination", NULL };
	const struct kea_json *list = kea->json_get(entry, "sub-options");
	struct action action = { .container_class = "", .container_add = true, .container_remove = true };

	if (!is_map(lib, entry, options))
		return;
	(void)kea->param_keys(lib, entry, keys);
	action.client_class = kea->param_text(lib, entry, "client-class", "");
	if (!set_option_of(lib, entry, &action))
		return;
	warn_of_space(lib, entry, &action);
	if (list) {
		if (has_none_of(lib, entry, of_action, "with \"sub-options\""))
			add_sub_options(lib, flex, list, &action);
	} else {
		add_action(lib, flex, entry, action);
	}
}

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	static const char *const keys[] = { "options", NULL };
	const struct kea_json *parameters = api->parameters(lib), *options = api->json_get(parameters, "options");
	struct flex *flex = calloc(1, sizeof(*flex));

	messages_register(lib, api);
	if (!flex)
		return KEA_E_NOMEM;
	kea->set_context(lib, flex);
	(void)kea->param_keys(lib, parameters, keys);
	if (kea->json_type(options) != KEA_JSON_LIST)
		return kea->fail(lib, options, "\"options\", a list of maps, is missing");
	for (size_t i = 0; i < kea->json_count(options); i++)
		add_option(lib, flex, kea->json_at(options, i, NULL), options);
	return kea->on(lib, "pkt#_send", pkt_send);
}

void kea_hook_unload(struct kea_library *lib)
{
	if (!kea->is_check(lib))
		LOG(FLEX_OPTION_UNLOAD);
	free(kea->context(lib));
}

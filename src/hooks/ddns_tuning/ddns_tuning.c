/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ddns_tuning: names clients by an expression over the query, that of their pool, subnet or shared network or a global
 * one, and makes no updates for members of class SKIP_DDNS.
 */
#include "ddns_tuning/messages.h"
#include "label.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define NAME_SIZE 256 /* of the longest name of a lease, with its end */

KEA_HOOK_LIBRARY

int kea_hook_threads(void)
{
	return 1;
}

/* --- the name ---------------------------------------------------------------------------------------------------- */

static size_t len_without_dot(const char *name)
{
	size_t len = strlen(name);

	return len && name[len - 1] == '.' ? len - 1 : len;
}

static bool is_same(const char *a, const char *b)
{
	size_t len = len_without_dot(a);

	return len == len_without_dot(b) && !strncasecmp(a, b, len);
}

static bool ends_in(const char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	return len >= n && !strcasecmp(name + len - n, suffix) && (len == n || name[len - n - 1] == '.');
}

/* Appends the suffix unless a dot says that the name is complete. False if that is too long. */
static bool qualify(char name[NAME_SIZE], const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	if (!n || name[len - 1] == '.' || ends_in(name, suffix))
		return true;
	if (len + 1 + n >= NAME_SIZE)
		return false;
	name[len] = '.';
	memcpy(name + len + 1, suffix, n + 1);
	return true;
}

/* Returns the length of the value, 0 if there is none: the client then keeps its name. */
static size_t evaluate(struct kea_call *call, char name[NAME_SIZE])
{
	const struct kea_expression *expression = kea->context(kea->library(call));
	char label[LABEL_MAX];
	size_t len;
	const char *value = kea->evaluate(kea->argument(call, KEA_ARG_QUERY, 0), expression, &len);

	if (!value)
		return 0;
	if (len >= NAME_SIZE || memchr(value, 0, len)) {
		LOG(DDNS_TUNING_UNUSABLE_HOSTNAME, label_of(call, label), len);
		return 0;
	}
	memcpy(name, value, len);
	name[len] = '\0';
	return len;
}

static void set_name(struct kea_call *call)
{
	struct kea_object *about = kea->argument(call, KEA_ARG_CALL, 0);
	char name[NAME_SIZE], before[NAME_SIZE], suffix[NAME_SIZE], label[LABEL_MAX];
	size_t len = evaluate(call, name);

	if (!len || kea->get_text(about, KEA_CALL_HOSTNAME, before, sizeof(before)) < 0 ||
	    kea->get_text(about, KEA_CALL_SUFFIX, suffix, sizeof(suffix)) < 0)
		return;
	if (!qualify(name, suffix)) {
		LOG(DDNS_TUNING_UNUSABLE_HOSTNAME, label_of(call, label), len);
		return;
	}
	if (is_same(name, before))
		return;
	if (kea->set_text(about, KEA_CALL_HOSTNAME, name) < 0)
		LOG(DDNS_TUNING_UNUSABLE_HOSTNAME, label_of(call, label), len);
	else if (kea->family(kea->library(call)) == 6)
		LOG(DDNS_TUNING6_CALCULATED_HOSTNAME, label_of(call, label), name, before);
	else
		LOG(DDNS_TUNING4_CALCULATED_HOSTNAME, label_of(call, label), name, before);
}

static void skip_updates(struct kea_call *call)
{
	struct kea_object *about = kea->argument(call, KEA_ARG_CALL, 0);
	char label[LABEL_MAX];

	(void)kea->set_int(about, KEA_CALL_FWD_UPDATE, 0);
	(void)kea->set_int(about, KEA_CALL_REV_UPDATE, 0);
	if (kea->family(kea->library(call)) == 6)
		LOG(DDNS_TUNING6_SKIPPING_DDNS, label_of(call, label));
	else
		LOG(DDNS_TUNING4_SKIPPING_DDNS, label_of(call, label));
}

static int ddns_update(struct kea_call *call)
{
	set_name(call);
	if (kea->class_has(call, "SKIP_DDNS"))
		skip_updates(call);
	return KEA_CONTINUE;
}

/* --- loading ------------------------------------------------------------------------------------------------------ */

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	static const char *const keys[] = { "hostname-expr", NULL };
	const struct kea_json *parameters = api->parameters(lib), *text;
	struct kea_expression *global = NULL;

	messages_register(lib, api);
	(void)kea->param_keys(lib, parameters, keys);
	text = kea->json_get(parameters, "hostname-expr");
	if (text && (kea->json_type(text) != KEA_JSON_TEXT || kea->json_text(text)[0]))
		global = kea->expression(lib, text, 0);
	kea->set_context(lib, kea->scope_expression(lib, "ddns-tuning", "hostname-expr", global, 0));
	if (global && !kea->is_check(lib))
		LOG(DDNS_TUNING_GLOBAL_EXPR_SET, kea->json_text(text));
	return kea->on(lib, "ddns#_update", ddns_update);
}

void kea_hook_unload(struct kea_library *lib)
{
	if (!kea->is_check(lib))
		LOG(DDNS_TUNING_UNLOAD);
}

/* SPDX-License-Identifier: MPL-2.0 */
/*
 * run_script: runs a program for what happens to leases. Its argument is the hook point, and its environment describes
 * the event. The server does not wait for it, and nothing it does changes the response.
 */
#include "run_script/environment.h"
#include "run_script/messages.h"
#include "run_script/runner.h"
#include "script/file.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define ARGUMENT_MAX 64

KEA_HOOK_LIBRARY

int kea_hook_threads(void)
{
	return 1;
}

static void queue(struct kea_call *call, unsigned has)
{
	struct runner *runner = kea->context(kea->library(call));
	struct environment env = { .size = RUNNER_EVENT_MAX - ARGUMENT_MAX };
	char point[ARGUMENT_MAX];

	env.text = kea->thread_context(kea->library(call), env.size, NULL);
	if (!env.text || !runner ||
	    kea->get_text(kea->argument(call, KEA_ARG_CALL, 0), KEA_CALL_POINT, point, sizeof(point)) < 0)
		return;
	environment_add(&env, call, has);
	runner_queue(runner, point, env.text, env.len);
}

/* What each point has, as in Kea. */
#define POINT(name, has)                       \
	static int name(struct kea_call *call) \
	{                                      \
		queue(call, has);              \
		return KEA_CONTINUE;           \
	}

POINT(lease4_renew, HAS_QUERY | HAS_SUBNET | HAS_CLIENT | HAS_LEASE)
POINT(lease6_renew, HAS_QUERY | HAS_LEASE | HAS_IA)
POINT(of_lease, HAS_LEASE)
POINT(of_query, HAS_QUERY | HAS_LEASE)
POINT(expire, HAS_LEASE | HAS_REMOVES)
POINT(committed, HAS_QUERY | HAS_LEASES)
POINT(registered, HAS_QUERY | HAS_REGISTERED)

static const struct {
	const char *point;
	kea_hook_fn *fn;
} points[] = {
	{ "lease4_renew", lease4_renew }, { "lease6_renew", lease6_renew }, { "lease6_rebind", lease6_renew },
	{ "lease#_expire", expire },      { "lease#_recover", of_lease },   { "leases#_committed", committed },
	{ "lease#_release", of_query },   { "lease#_decline", of_query },   { "addr6_register", registered },
};

/* --- parameters --------------------------------------------------------------------------------------------------- */

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	static const char *const keys[] = { "name", "sync", NULL };
	const struct kea_json *parameters = api->parameters(lib), *name = api->json_get(parameters, "name");
	struct runner *runner;
	char *path;
	int err = 0;

	messages_register(lib, api);
	(void)kea->param_keys(lib, parameters, keys);
	if (kea->param_bool(lib, parameters, "sync", 0))
		(void)kea->fail(lib, kea->json_get(parameters, "sync"),
				"\"sync\" true is not supported: clients would wait for the script");
	if (kea->json_type(name) != KEA_JSON_TEXT)
		return kea->fail(lib, name, "\"name\", the path of the script, %s",
				 name ? "must be a string" : "is missing");
	path = script_file_path(lib, name, true);
	if (!path)
		return KEA_E_CONFIG;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]) && !err; i++)
		err = kea->on(lib, points[i].point, points[i].fn);
	if (!err && !kea->is_check(lib)) {
		runner = runner_new(path, RUNNER_LIMIT_MS);
		if (runner)
			LOG(RUN_SCRIPT_LOAD, path);
		else
			err = kea->fail(lib, NULL, "cannot start a thread: out of memory");
		kea->set_context(lib, runner);
	}
	free(path);
	return err;
}

void kea_hook_unload(struct kea_library *lib)
{
	if (kea->context(lib))
		LOG(RUN_SCRIPT_UNLOAD);
	runner_end(kea->context(lib));
}

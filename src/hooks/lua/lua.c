/* SPDX-License-Identifier: MPL-2.0 */
/*
 * lua: runs a Lua script at hook points. Each thread that calls the library has a state of its own, which runs the
 * script as it was when the configuration was loaded; nothing is shared between them, so no thread waits for another.
 * Instructions of a call and memory of a state are limited.
 * The state of the main thread, which loaded the script, also does what belongs there: main.c; park.c passes values.
 */
#include "lua/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOAD_FACTOR 100 /* a script may run so many times longer while it is loaded */
#define MIB (1 << 20)

KEA_HOOK_LIBRARY

int kea_hook_threads(void)
{
	return 1;
}

/* --- limits ------------------------------------------------------------------------------------------------------- */

static void *allocate(void *context, void *old, size_t old_size, size_t size)
{
	struct state *state = context;
	size_t used = state->memory - (old ? old_size : 0); /* without a block, old_size is a type */
	void *block;

	if (!size) {
		free(old);
		state->memory = used;
		return NULL;
	}
	if (size > state->script->max_memory - used)
		return NULL;
	block = realloc(old, size);
	if (block)
		state->memory = used + size;
	return block;
}

/*
 * Beyond the limit each further instruction is an error, so that a script that catches it does not go on. A coroutine
 * has a count of its own, and may have kept that of an earlier call.
 */
static void on_count(lua_State *L, lua_Debug *ar)
{
	struct state *state = state_of(L);

	state->budget -= lua_gethookcount(L);
	if (state->budget > 0) {
		if (lua_gethookcount(L) != STATE_COUNT)
			lua_sethook(L, on_count, LUA_MASKCOUNT, STATE_COUNT);
		return;
	}
	lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
	(void)lua_getinfo(L, "Sl", ar);
	(void)lua_pushfstring(L, "%s:%d: too many instructions: \"max-instructions\" is %I", ar->short_src,
			      ar->currentline, (LUAI_UACINT)state->script->max_instructions);
	(void)lua_error(L);
}

static void start_counting(struct state *state, int64_t instructions)
{
	state->budget = instructions;
	lua_sethook(state->L, on_count, LUA_MASKCOUNT, STATE_COUNT);
}

/* --- errors ------------------------------------------------------------------------------------------------------- */

/* Writes the error at the top of the stack, with script:line. `defined` is the line of the function, or 0. */
static void describe_error(const struct state *state, int status, int defined, char text[SCRIPT_ERROR_MAX])
{
	const char *name = state->script->base.name;
	/* Not of a number: converting it needs memory. */
	const char *error = lua_type(state->L, -1) == LUA_TSTRING ? lua_tostring(state->L, -1) : NULL;

	if (status == LUA_ERRMEM)
		snprintf(text, SCRIPT_ERROR_MAX, "%s:%d: not enough memory: \"max-memory\" is %zu MiB", name, defined,
			 state->script->max_memory / MIB);
	else if (!error)
		snprintf(text, SCRIPT_ERROR_MAX, "%s:%d: the error is a %s", name, defined,
			 luaL_typename(state->L, -1));
	else
		snprintf(text, SCRIPT_ERROR_MAX, "%s", error);
}

/* --- states ------------------------------------------------------------------------------------------------------- */

/* Runs protected: makes what the script sees, and runs the script. */
static int load_script(lua_State *L)
{
	const struct script *script = &state_of(L)->script->base;
	char name[SCRIPT_LABEL_MAX];

	module_open(L);
	objects_open(L);
	park_open(L);
	main_open(L);
	snprintf(name, sizeof(name), "@%s", script->name);
	if (luaL_loadbufferx(L, script->text, script->len, name, "t") != LUA_OK)
		return lua_error(L);
	lua_call(L, 0, 0);
	return 0;
}

/* Starts the state of a thread. False: why not is in `text`. */
static bool start(struct state *state, struct kea_library *lib, char text[SCRIPT_ERROR_MAX])
{
	int status;

	state->script = kea->context(lib);
	state->lib = lib;
	state->L = lua_newstate(allocate, state);
	if (!state->L) {
		snprintf(text, SCRIPT_ERROR_MAX, "not enough memory");
		return false;
	}
	*(struct state **)lua_getextraspace(state->L) = state;
	if (state->script->base.is_loading)
		state->script->main = state;
	start_counting(state, LOAD_FACTOR * state->script->max_instructions);
	lua_pushcfunction(state->L, load_script);
	status = lua_pcall(state->L, 0, 0, 0);
	if (status != LUA_OK)
		describe_error(state, status, 0, text);
	lua_settop(state->L, 0);
	return status == LUA_OK;
}

static void end_state(void *context)
{
	struct state *state = context;

	if (!state->L)
		return;
	state->budget = state->script->max_instructions;
	lua_close(state->L);
}

/* --- calls -------------------------------------------------------------------------------------------------------- */

int state_failed(struct script *script, struct kea_call *call, const char *why)
{
	char label[SCRIPT_LABEL_MAX], point[64] = "";
	unsigned long n = script_error(script);

	(void)kea->get_text(kea->argument(call, KEA_ARG_CALL, 0), KEA_CALL_POINT, point, sizeof(point));
	if (n)
		LOG(LUA_SCRIPT_FAILED, script_label(call, label), why, point, n);
	return script->drops ? KEA_DROP : KEA_CONTINUE;
}

struct state *state_here(struct kea_library *lib, char text[SCRIPT_ERROR_MAX])
{
	struct state *state = kea->thread_context(lib, sizeof(*state), end_state);

	if (state && !state->L && !state->is_broken)
		state->is_broken = !start(state, lib, text);
	else if (!state || state->is_broken)
		snprintf(text, SCRIPT_ERROR_MAX, "the script could not be loaded in this thread");
	return state && !state->is_broken ? state : NULL;
}

/* Runs protected: calls the function. */
static int call_function(lua_State *L)
{
	const struct running *running = lua_touserdata(L, 1);

	if (lua_rawgeti(L, LUA_REGISTRYINDEX, running->function) != LUA_TFUNCTION)
		return luaL_error(L, "the script did not register a function here");
	lua_call(L, running->push(L, running->context), running->n_results);
	if (running->finish)
		running->finish(L, running->context);
	return running->n_results;
}

/* Returns the line of a function. */
static int line_of(const struct state *state, int function)
{
	lua_Debug ar;

	if (lua_rawgeti(state->L, LUA_REGISTRYINDEX, function) == LUA_TFUNCTION)
		return lua_getinfo(state->L, ">S", &ar) ? ar.linedefined : 0;
	lua_pop(state->L, 1);
	return 0;
}

bool state_run(struct state *state, struct running *running, char why[SCRIPT_ERROR_MAX])
{
	uint64_t outer = state->serial;
	int status;

	state->serial = ++state->serials;
	start_counting(state, state->script->max_instructions);
	lua_pushcfunction(state->L, call_function);
	lua_pushlightuserdata(state->L, running);
	status = lua_pcall(state->L, 1, running->n_results, 0);
	if (status != LUA_OK) {
		describe_error(state, status, line_of(state, running->function), why);
		lua_pop(state->L, 1);
	}
	state->serial = outer;
	return status == LUA_OK;
}

bool state_run_main(struct state *state, struct running *running, const char *doing, char why[SCRIPT_ERROR_MAX])
{
	bool ok = state_run(state, running, why);
	unsigned long n = ok ? 0 : script_error(&state->script->base);

	if (ok)
		lua_pop(state->L, running->n_results);
	if (n)
		LOG(LUA_SCRIPT_FAILED, "-", why, doing, n);
	return ok;
}

int state_verdict(struct state *state)
{
	lua_Integer verdict;
	int is_number;

	if (lua_isnil(state->L, -1))
		return KEA_CONTINUE;
	verdict = lua_tointegerx(state->L, -1, &is_number);
	if (is_number && verdict == KEA_PARK && state->parked == state->serials)
		return KEA_PARK;
	return is_number && (verdict == KEA_CONTINUE || verdict == KEA_SKIP || verdict == KEA_DROP) ? (int)verdict : -1;
}

void state_no_verdict(struct state *state, int function, char why[SCRIPT_ERROR_MAX])
{
	snprintf(why, SCRIPT_ERROR_MAX, "%s:%d: the function returned no verdict", state->script->base.name,
		 line_of(state, function));
}

static int push_call(lua_State *L, void *context)
{
	object_push(L, context, kea->argument(context, KEA_ARG_CALL, 0));
	return 1;
}

int script_call(struct kea_call *call, unsigned slot)
{
	struct kea_library *lib = kea->library(call);
	struct lua_script *script = kea->context(lib);
	struct running running = { .n_results = 1, .push = push_call, .context = call };
	char why[SCRIPT_ERROR_MAX] = "";
	struct state *state = state_here(lib, why);
	int verdict;

	if (!state)
		return state_failed(&script->base, call, why);
	running.function = state->functions[slot];
	if (!state_run(state, &running, why))
		return state_failed(&script->base, call, why);
	verdict = state_verdict(state);
	lua_pop(state->L, 1);
	if (verdict >= 0)
		return verdict;
	state_no_verdict(state, running.function, why);
	return state_failed(&script->base, call, why);
}

/* --- loading ------------------------------------------------------------------------------------------------------ */

static int load(struct kea_library *lib, struct lua_script *script)
{
	char why[SCRIPT_ERROR_MAX];

	if (!state_here(lib, why))
		return kea->fail(lib, script->base.where, "%s", why);
	script->base.is_loading = false;
	if (!script->base.n_points && !script->base.n_commands && !script->base.n_tasks)
		return kea->fail(lib, script->base.where, "%s: the script calls kea.on() for no hook point",
				 script->base.name);
	if (!kea->is_check(lib))
		LOG(LUA_LOADED, script->base.path, script->base.n_points);
	return 0;
}

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	static const char *const keys[] = { "max-instructions", "max-memory", NULL };
	struct lua_script *script = calloc(1, sizeof(*script));
	const struct kea_json *parameters = api->parameters(lib);
	int err;

	messages_register(lib, api);
	if (!script)
		return KEA_E_NOMEM;
	(void)pthread_mutex_init(&script->lock, NULL);
	script->last = &script->first;
	kea->set_context(lib, script);
	script->max_instructions =
		kea->param_int(lib, parameters, "max-instructions", 1000000, STATE_COUNT, 1000000000);
	script->max_memory = (size_t)kea->param_int(lib, parameters, "max-memory", 32, 1, 4095) * MIB;
	err = script_open(&script->base, lib, keys, "lua-script-errors");
	return err < 0 ? err : load(lib, script);
}

void kea_hook_unload(struct kea_library *lib)
{
	struct lua_script *script = kea->context(lib);

	if (!script)
		return;
	if (!kea->is_check(lib) && script->base.path)
		LOG(LUA_UNLOADED, script->base.path);
	messages_free(script);
	(void)pthread_mutex_destroy(&script->lock);
	script_close(&script->base);
	free(script);
}

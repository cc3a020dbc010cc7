/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Parking, and what states pass to each other: copies of values, never anything of Lua. A state calls a function of the
 * main thread's state by a message (kea.main), with the handle of a parked packet among its values; that state resumes
 * the packet with other values, which the function in the packet's own state gets.
 */
#include "lua/state.h"

#include "script/describe.h"

#include <stdlib.h>
#include <string.h>

enum { VALUES_MAX = 8, VALUES_BYTES_MAX = 65536 };

/* A parked packet: shared by the states that have a handle, and by the packet. */
struct parked {
	atomic_uint refs;                    /* handles and packet */
	atomic_uint handles;                 /* without one, the packet is dropped */
	_Atomic(struct kea_parked *) handle; /* NULL: resumed or dropped */
	struct values *values;               /* of resume(); written before the packet continues */
};

struct value {
	int type; /* LUA_TNIL ...; LUA_TUSERDATA is a parked packet */
	bool is_integer;
	union {
		int boolean;
		lua_Integer integer;
		lua_Number number;
		struct {
			size_t from, len; /* in bytes */
		} text;
		struct parked *parked;
	};
};

struct values {
	unsigned n;
	struct value v[VALUES_MAX];
	char bytes[];
};

/* A function of a packet's state that is called when the packet continues; in the memory of the packet. */
struct waiting {
	struct waiting *next;
	struct parked *parked;
	int function; /* reference; LUA_NOREF: none */
};

struct message {
	struct message *next;
	unsigned number; /* of the function of the main thread */
	struct values *values;
};

static const char parked_class[] = "kea.PARKED";

/* --- parked packets ----------------------------------------------------------------------------------------------- */

static void values_free(struct values *values);

static void unref(struct parked *parked)
{
	if (atomic_fetch_sub(&parked->refs, 1) != 1)
		return;
	values_free(parked->values);
	free(parked);
}

static struct parked *add_handle(struct parked *parked)
{
	atomic_fetch_add(&parked->handles, 1);
	atomic_fetch_add(&parked->refs, 1);
	return parked;
}

/* Without a handle nobody can resume the packet. */
static void remove_handle(struct parked *parked)
{
	struct kea_parked *handle;

	if (atomic_fetch_sub(&parked->handles, 1) == 1) {
		handle = atomic_exchange(&parked->handle, NULL);
		if (handle)
			(void)kea->drop(handle);
	}
	unref(parked);
}

/* --- values ------------------------------------------------------------------------------------------------------- */

static void values_free(struct values *values)
{
	if (!values)
		return;
	for (unsigned i = 0; i < values->n; i++)
		if (values->v[i].type == LUA_TUSERDATA)
			remove_handle(values->v[i].parked);
	free(values);
}

/* Checks the values from an index to the top, and returns the length of their texts. `handles`: of parked packets, too.
 */
static size_t check_values(lua_State *L, int from, bool handles)
{
	size_t bytes = 0, len;

	luaL_argcheck(L, lua_gettop(L) - from < VALUES_MAX, from, "too many values");
	for (int i = from; i <= lua_gettop(L); i++) {
		switch (lua_type(L, i)) {
		case LUA_TNIL:
		case LUA_TBOOLEAN:
		case LUA_TNUMBER:
			break;
		case LUA_TSTRING:
			(void)lua_tolstring(L, i, &len);
			bytes += len;
			luaL_argcheck(L, bytes <= VALUES_BYTES_MAX, i, "more than 64 KiB of text");
			break;
		default:
			if (!handles || !luaL_testudata(L, i, parked_class))
				(void)luaL_error(L, "a %s cannot be passed to another thread", luaL_typename(L, i));
		}
	}
	return bytes;
}

/* Copies the values from an index to the top. */
static struct values *values_new(lua_State *L, int from, bool handles)
{
	struct values *values = calloc(1, sizeof(*values) + check_values(L, from, handles));
	size_t at = 0, len;
	const char *text;

	if (!values) {
		(void)luaL_error(L, "not enough memory");
		return NULL;
	}
	for (int i = from; i <= lua_gettop(L); i++) {
		struct value *value = &values->v[values->n++];

		value->type = lua_type(L, i);
		switch (value->type) {
		case LUA_TBOOLEAN:
			value->boolean = lua_toboolean(L, i);
			break;
		case LUA_TNUMBER:
			value->is_integer = lua_isinteger(L, i);
			if (value->is_integer)
				value->integer = lua_tointeger(L, i);
			else
				value->number = lua_tonumber(L, i);
			break;
		case LUA_TSTRING:
			text = lua_tolstring(L, i, &len);
			memcpy(values->bytes + at, text, len);
			value->text.from = at;
			value->text.len = len;
			at += len;
			break;
		case LUA_TUSERDATA:
			value->parked = add_handle(*(struct parked **)lua_touserdata(L, i));
			break;
		default:
			break;
		}
	}
	return values;
}

static void push_parked(lua_State *L, struct parked *parked)
{
	struct parked **handle = lua_newuserdatauv(L, sizeof(struct parked *), 0);

	*handle = NULL;
	luaL_setmetatable(L, parked_class);
	*handle = add_handle(parked);
}

static int push_values(lua_State *L, const struct values *values)
{
	luaL_checkstack(L, VALUES_MAX, NULL);
	for (unsigned i = 0; i < values->n; i++) {
		const struct value *value = &values->v[i];

		switch (value->type) {
		case LUA_TBOOLEAN:
			lua_pushboolean(L, value->boolean);
			break;
		case LUA_TNUMBER:
			if (value->is_integer)
				lua_pushinteger(L, value->integer);
			else
				lua_pushnumber(L, value->number);
			break;
		case LUA_TSTRING:
			(void)lua_pushlstring(L, values->bytes + value->text.from, value->text.len);
			break;
		case LUA_TUSERDATA:
			push_parked(L, value->parked);
			break;
		default:
			lua_pushnil(L);
		}
	}
	return (int)values->n;
}

/* --- messages to the main thread ---------------------------------------------------------------------------------- */

static void free_list(struct message *message)
{
	struct message *next;

	for (; message; message = next) {
		next = message->next;
		values_free(message->values);
		free(message);
	}
}

static struct message *take_messages(struct lua_script *script)
{
	struct message *first;

	(void)pthread_mutex_lock(&script->lock);
	first = script->first;
	script->first = NULL;
	script->last = &script->first;
	script->n_messages = 0;
	(void)pthread_mutex_unlock(&script->lock);
	return first;
}

void messages_free(struct lua_script *script)
{
	free_list(take_messages(script));
}

static int push_message(lua_State *L, void *context)
{
	return push_values(L, ((const struct message *)context)->values);
}

static void run_messages(void *context)
{
	struct lua_script *script = context;
	struct message *first = take_messages(script);
	char why[SCRIPT_ERROR_MAX];

	for (struct message *message = first; message; message = message->next) {
		struct running running = { .function = script->main->main[message->number],
					   .push = push_message,
					   .context = message };

		(void)state_run_main(script->main, &running, "kea.main", why);
		/* A packet does not wait for the other messages. */
		values_free(message->values);
		message->values = NULL;
	}
	free_list(first);
}

/* Adds a message; false if there are too many. */
static bool send_message(struct state *state, struct message *message)
{
	struct lua_script *script = state->script;
	bool ok, is_first;

	(void)pthread_mutex_lock(&script->lock);
	ok = script->n_messages < SCRIPT_WAITING_MAX;
	is_first = ok && !script->n_messages;
	if (ok) {
		*script->last = message;
		script->last = &message->next;
		script->n_messages++;
	}
	(void)pthread_mutex_unlock(&script->lock);
	if (is_first)
		(void)kea->post(state->lib, run_messages, script);
	return ok;
}

/* Upvalue: the number. */
static int call_main(lua_State *L)
{
	struct values *values = values_new(L, 1, true);
	struct message *message = calloc(1, sizeof(*message));

	if (message) {
		message->number = (unsigned)lua_tointeger(L, lua_upvalueindex(1));
		message->values = values;
	}
	if (message && send_message(state_of(L), message))
		return 0;
	values_free(values);
	free(message);
	return luaL_error(L, "the main thread is too busy: %d calls wait for it", SCRIPT_WAITING_MAX);
}

int kea_main(lua_State *L)
{
	struct state *state = state_of(L);
	int number;

	luaL_checktype(L, 1, LUA_TFUNCTION);
	state_check_loading(L);
	number = script_main(&state->script->base, &state->n_main);
	if (number < 0)
		return luaL_error(L, "at most %d functions, the same ones each time", SCRIPT_MAIN_MAX);
	lua_settop(L, 1);
	state->main[number] = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_pushinteger(L, number);
	lua_pushcclosure(L, call_main, 1);
	return 1;
}

/* --- parking ------------------------------------------------------------------------------------------------------ */

struct continuing {
	struct kea_call *call;
	const struct waiting *waiting;
};

static int push_continuing(lua_State *L, void *context)
{
	const struct continuing *continuing = context;
	const struct values *values = continuing->waiting->parked->values;

	object_push(L, continuing->call, kea->argument(continuing->call, KEA_ARG_CALL, 0));
	return 1 + (values ? push_values(L, values) : 0);
}

/* Called by the server in the packet's thread. */
static int resumed(struct kea_call *call, void *context)
{
	struct continuing continuing = { call, context };
	struct lua_script *script = kea->context(kea->library(call));
	struct packet_data *data = kea->packet_context(call, sizeof(*data), NULL);
	char why[SCRIPT_ERROR_MAX] = "the packet continues in another thread";
	struct state *state = state_here(kea->library(call), why);
	struct running running = { .function = continuing.waiting->function,
				   .n_results = 1,
				   .push = push_continuing,
				   .context = &continuing };
	int verdict;

	if (running.function == LUA_NOREF)
		return KEA_CONTINUE;
	if (!state || !data || data->state != state)
		return state_failed(&script->base, call, why);
	if (!state_run(state, &running, why))
		return state_failed(&script->base, call, why);
	verdict = state_verdict(state);
	lua_pop(state->L, 1);
	if (verdict >= 0 && verdict != KEA_PARK)
		return verdict;
	state_no_verdict(state, running.function, why);
	return state_failed(&script->base, call, why);
}

void waiting_end(struct state *state, struct waiting *waiting)
{
	for (; waiting; waiting = waiting->next) {
		luaL_unref(state->L, LUA_REGISTRYINDEX, waiting->function);
		unref(waiting->parked);
	}
}

int CALL_park(lua_State *L)
{
	struct kea_call *call = object_call(L);
	lua_Integer ms = luaL_checkinteger(L, 2);
	struct packet_data *data = packet_data(L, call);
	struct waiting *waiting = kea->packet_alloc(call, sizeof(*waiting));
	struct parked **handle, *parked;

	lua_settop(L, 3);
	if (!lua_isnil(L, 3))
		luaL_checktype(L, 3, LUA_TFUNCTION);
	handle = lua_newuserdatauv(L, sizeof(struct parked *), 0);
	*handle = NULL;
	luaL_setmetatable(L, parked_class);
	parked = waiting ? calloc(1, sizeof(*parked)) : NULL;
	if (!parked)
		return luaL_error(L, "the memory of the packet is used up");
	/* From here on, the packet owns one reference, and the handle another. */
	atomic_init(&parked->refs, 1);
	*handle = add_handle(parked);
	*waiting = (struct waiting){ data->waiting, parked, LUA_NOREF };
	data->waiting = waiting;
	if (!lua_isnil(L, 3)) {
		lua_pushvalue(L, 3);
		waiting->function = luaL_ref(L, LUA_REGISTRYINDEX);
	}
	atomic_store(&parked->handle, kea->park(call, ms, resumed, waiting));
	if (!atomic_load(&parked->handle))
		return luaL_error(L, "cannot park: not at this point, or \"parked-packet-limit\" is reached");
	state_of(L)->parked = state_of(L)->serial;
	return 1;
}

static struct parked *parked_of(lua_State *L)
{
	struct parked *parked = *(struct parked **)luaL_checkudata(L, 1, parked_class);

	if (!parked)
		(void)luaL_error(L, "the script has ended");
	return parked;
}

static int PARKED_resume(lua_State *L)
{
	struct parked *parked = parked_of(L);
	/* A packet that has a handle of itself, or of one that has a handle of it, would never be freed. */
	struct values *values = lua_gettop(L) > 1 ? values_new(L, 2, false) : NULL;
	struct kea_parked *handle = atomic_exchange(&parked->handle, NULL);

	/* Only the one who took the handle. */
	if (handle)
		parked->values = values;
	else
		values_free(values);
	lua_pushboolean(L, handle && kea->resume(handle) == 0);
	return 1;
}

static int PARKED_drop(lua_State *L)
{
	struct kea_parked *handle = atomic_exchange(&parked_of(L)->handle, NULL);

	lua_pushboolean(L, handle && kea->drop(handle) == 0);
	return 1;
}

static int free_parked(lua_State *L)
{
	struct parked **handle = lua_touserdata(L, 1);

	if (*handle)
		remove_handle(*handle);
	*handle = NULL;
	return 0;
}

#define METHOD(object, name, arguments, doc) { #name, object##_##name },
static const luaL_Reg methods[] = { SCRIPT_METHODS_PARKED(METHOD){ NULL, NULL } };

void park_open(lua_State *L)
{
	class_open(L, parked_class, methods, free_parked);
}

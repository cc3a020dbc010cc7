/* SPDX-License-Identifier: MPL-2.0 */
/* The module kea: the functions and values of the shared rows. */
#include "lua/state.h"

#include "script/describe.h"

#include <stdlib.h>
#include <string.h>

/* --- functions ---------------------------------------------------------------------------------------------------- */

void state_check_loading(lua_State *L)
{
	if (state_of(L)->serial)
		(void)luaL_error(L, "only while the script is loaded, outside of its functions for hook points");
}

static int kea_on(lua_State *L)
{
	struct state *state = state_of(L);
	const char *point = luaL_checkstring(L, 1), *why;
	int slot;

	state_check_loading(L);
	luaL_checktype(L, 2, LUA_TFUNCTION);
	slot = script_on(&state->script->base, state->lib, point, &why);
	if (slot < 0)
		return luaL_error(L, "\"%s\": %s", point, why);
	lua_settop(L, 2);
	state->functions[slot] = luaL_ref(L, LUA_REGISTRYINDEX);
	return 0;
}

static const char *line_of(lua_State *L)
{
	return luaL_tolstring(L, 1, NULL);
}

static int kea_debug(lua_State *L)
{
	LOG(LUA_SCRIPT_DEBUG, state_of(L)->script->base.name, line_of(L));
	return 0;
}

static int kea_info(lua_State *L)
{
	LOG(LUA_SCRIPT_INFO, state_of(L)->script->base.name, line_of(L));
	return 0;
}

static int kea_warn(lua_State *L)
{
	LOG(LUA_SCRIPT_WARN, state_of(L)->script->base.name, line_of(L));
	return 0;
}

static int kea_error(lua_State *L)
{
	LOG(LUA_SCRIPT_ERROR, state_of(L)->script->base.name, line_of(L));
	return 0;
}

static int kea_stat(lua_State *L)
{
	struct state *state = state_of(L);
	const char *name = luaL_checkstring(L, 1);
	struct kea_stat *stat = script_stat(&state->script->base, state->lib, name);

	if (!stat)
		return luaL_error(L, "statistic \"%s\": at most %d are created, while the script is loaded", name,
				  SCRIPT_STATS_MAX);
	stat_push(L, stat);
	return 1;
}

static int kea_depends_on(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);

	state_check_loading(L);
	/* Other threads load the script, too, when all is known. */
	(void)kea->depends_on(state_of(L)->lib, path);
	return 0;
}

static int kea_expression(lua_State *L)
{
	struct state *state = state_of(L);
	const char *text = luaL_checkstring(L, 1);
	const struct kea_expression *expression;
	lua_Debug ar;

	state_check_loading(L);
	if (!lua_getstack(L, 1, &ar) || !lua_getinfo(L, "l", &ar))
		ar.currentline = 0;
	expression = script_expression(&state->script->base, state->lib, text, ar.currentline);
	if (!expression)
		return luaL_error(L, "at most %d expressions, the same ones each time", SCRIPT_EXPRESSIONS_MAX);
	expression_push(L, expression);
	return 1;
}

static int kea_hex(lua_State *L)
{
	size_t len, n;
	const char *data = luaL_checklstring(L, 1, &len);
	luaL_Buffer buffer;
	char *to;

	luaL_argcheck(L, len <= SCRIPT_TEXT_MAX, 1, "too long");
	to = luaL_buffinitsize(L, &buffer, 3 * len + 1);
	n = script_hex((const unsigned char *)data, len, to);
	luaL_pushresultsize(&buffer, n);
	return 1;
}

static int kea_unhex(lua_State *L)
{
	size_t len;
	const char *text = luaL_checklstring(L, 1, &len);
	luaL_Buffer buffer;
	char *to = luaL_buffinitsize(L, &buffer, len / 2 + 1);
	int n = script_unhex(text, len, (unsigned char *)to);

	luaL_argcheck(L, n >= 0, 1, "not pairs of hexadecimal digits");
	luaL_pushresultsize(&buffer, (size_t)n);
	return 1;
}

static int kea_addr_text(lua_State *L)
{
	size_t len;
	const char *data = luaL_checklstring(L, 1, &len);
	char text[INET6_ADDRSTRLEN];

	luaL_argcheck(L, script_addr_text(data, len, text), 1, "an address has 4 or 16 bytes");
	(void)lua_pushstring(L, text);
	return 1;
}

static int kea_addr_bytes(lua_State *L)
{
	unsigned char bytes[16];
	size_t len = script_addr_bytes(luaL_checkstring(L, 1), bytes);

	luaL_argcheck(L, len, 1, "not an address");
	(void)lua_pushlstring(L, (const char *)bytes, len);
	return 1;
}

/* --- values ------------------------------------------------------------------------------------------------------- */

static void push_parameters(lua_State *L, const struct state *state)
{
	if (state->script->base.parameters)
		json_push(L, state->script->base.parameters);
	else
		lua_newtable(L);
}

static void push_family(lua_State *L, const struct state *state)
{
	lua_pushinteger(L, kea->family(state->lib));
}

static void push_is_check(lua_State *L, const struct state *state)
{
	lua_pushboolean(L, kea->is_check(state->lib));
}

#define VERDICT(name)                                                    \
	static void push_##name(lua_State *L, const struct state *state) \
	{                                                                \
		(void)state;                                             \
		lua_pushinteger(L, KEA_##name);                          \
	}
VERDICT(CONTINUE)
VERDICT(SKIP)
VERDICT(DROP)
VERDICT(PARK)

#define FUNCTION(name, arguments, doc) { #name, kea_##name },
static const luaL_Reg functions[] = { SCRIPT_FUNCTIONS(FUNCTION) SCRIPT_FUNCTIONS_LUA(FUNCTION){ NULL, NULL } };

#define VALUE(name, doc) { #name, push_##name },
static const struct {
	const char *name;
	void (*push)(lua_State *L, const struct state *state);
} values[] = { SCRIPT_VALUES(VALUE) };

/* What lets a script load other code, block for long, or end the server is not there. */
static void remove_functions(lua_State *L)
{
	static const char *const names[][2] = {
		{ "_G", "dofile" },  { "_G", "loadfile" }, { "os", "exit" },
		{ "os", "execute" }, { "os", "tmpname" },  { "os", "setlocale" },
		{ "io", "popen" },   { "io", "tmpfile" },  { "string", "dump" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)lua_getglobal(L, names[i][0]);
		lua_pushnil(L);
		lua_setfield(L, -2, names[i][1]);
		lua_pop(L, 1);
	}
}

void module_open(lua_State *L)
{
	static const luaL_Reg libraries[] = {
		{ LUA_GNAME, luaopen_base },       { LUA_COLIBNAME, luaopen_coroutine },
		{ LUA_TABLIBNAME, luaopen_table }, { LUA_IOLIBNAME, luaopen_io },
		{ LUA_OSLIBNAME, luaopen_os },     { LUA_STRLIBNAME, luaopen_string },
		{ LUA_UTF8LIBNAME, luaopen_utf8 }, { LUA_MATHLIBNAME, luaopen_math },
	};
	struct state *state = state_of(L);

	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
		luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
		lua_pop(L, 1);
	}
	remove_functions(L);
	luaL_newlib(L, functions);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		values[i].push(L, state);
		lua_setfield(L, -2, values[i].name);
	}
	(void)lua_getfield(L, -1, "info");
	lua_setglobal(L, "print");
	lua_setglobal(L, "kea");
}

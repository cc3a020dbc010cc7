/* SPDX-License-Identifier: MPL-2.0 */
/* JSON to and from tables. */
#include "lua/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64
#define TEXT_MAX (16u << 20)

static void push(lua_State *L, const struct kea_json *json, unsigned depth)
{
	const struct kea_json *value;
	const char *key;

	luaL_checkstack(L, 4, NULL);
	switch (kea->json_type(json)) {
	case KEA_JSON_NULL:
		lua_pushnil(L);
		return;
	case KEA_JSON_BOOL:
		lua_pushboolean(L, kea->json_bool(json));
		return;
	case KEA_JSON_INT:
		lua_pushinteger(L, kea->json_int(json));
		return;
	case KEA_JSON_REAL:
		lua_pushnumber(L, kea->json_real(json));
		return;
	case KEA_JSON_TEXT:
		(void)lua_pushstring(L, kea->json_text(json));
		return;
	case KEA_JSON_LIST:
	case KEA_JSON_MAP:
		break;
	}
	if (!depth)
		(void)luaL_error(L, "the JSON has too many levels");
	lua_newtable(L);
	for (size_t i = 0; i < kea->json_count(json); i++) {
		value = kea->json_at(json, i, &key);
		push(L, value, depth - 1);
		if (key)
			lua_setfield(L, -2, key);
		else
			lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

void json_push(lua_State *L, const struct kea_json *json)
{
	push(L, json, DEPTH_MAX);
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static void add(lua_State *L, struct json_text *out, const char *text, size_t len)
{
	size_t room = out->room ? out->room : 256;
	char *grown;

	while (room < out->len + len + 1)
		room *= 2;
	if (room > TEXT_MAX)
		(void)luaL_error(L, "the JSON is larger than 16 MiB");
	if (room != out->room) {
		grown = realloc(out->text, room);
		if (!grown) {
			(void)luaL_error(L, "not enough memory");
			return;
		}
		out->text = grown;
		out->room = room;
	}
	memcpy(out->text + out->len, text, len);
	out->len += len;
	out->text[out->len] = '\0';
}

static void add_text(lua_State *L, struct json_text *out, const char *text, size_t len)
{
	char escaped[8];

	add(L, out, "\"", 1);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\' || (unsigned char)text[i] < ' ') {
			snprintf(escaped, sizeof(escaped), "\\u%04x", (unsigned)(unsigned char)text[i]);
			add(L, out, escaped, 6);
		} else {
			add(L, out, &text[i], 1);
		}
	}
	add(L, out, "\"", 1);
}

static void write_value(lua_State *L, int at, struct json_text *out, unsigned depth);

/* A table with the numbers from 1 as its only keys is a list. */
static bool is_list(lua_State *L, int at)
{
	lua_Unsigned n = 0;

	lua_pushnil(L);
	while (lua_next(L, at)) {
		lua_pop(L, 1);
		n++;
	}
	return n && n == lua_rawlen(L, at);
}

static void write_list(lua_State *L, int at, struct json_text *out, unsigned depth)
{
	lua_Integer n = (lua_Integer)lua_rawlen(L, at);

	add(L, out, "[", 1);
	for (lua_Integer i = 1; i <= n; i++) {
		if (i > 1)
			add(L, out, ",", 1);
		(void)lua_rawgeti(L, at, i);
		write_value(L, lua_gettop(L), out, depth);
		lua_pop(L, 1);
	}
	add(L, out, "]", 1);
}

static void write_map(lua_State *L, int at, struct json_text *out, unsigned depth)
{
	bool is_first = true;
	const char *key;
	size_t len;

	add(L, out, "{", 1);
	lua_pushnil(L);
	while (lua_next(L, at)) {
		if (lua_type(L, -2) != LUA_TSTRING)
			(void)luaL_error(L, "a key of a JSON map is a %s", luaL_typename(L, -2));
		if (!is_first)
			add(L, out, ",", 1);
		is_first = false;
		key = lua_tolstring(L, -2, &len);
		add_text(L, out, key, len);
		add(L, out, ":", 1);
		write_value(L, lua_gettop(L), out, depth);
		lua_pop(L, 1);
	}
	add(L, out, "}", 1);
}

static void write_number(lua_State *L, int at, struct json_text *out)
{
	char text[40];

	if (lua_isinteger(L, at)) {
		snprintf(text, sizeof(text), "%lld", (long long)lua_tointeger(L, at));
	} else {
		if (!isfinite(lua_tonumber(L, at)))
			(void)luaL_error(L, "JSON has no such number");
		snprintf(text, sizeof(text), "%.17g", lua_tonumber(L, at));
	}
	add(L, out, text, strlen(text));
}

static void write_value(lua_State *L, int at, struct json_text *out, unsigned depth)
{
	const char *text;
	size_t len;

	luaL_checkstack(L, 4, NULL);
	switch (lua_type(L, at)) {
	case LUA_TNIL:
		add(L, out, "null", 4);
		return;
	case LUA_TBOOLEAN:
		text = lua_toboolean(L, at) ? "true" : "false";
		add(L, out, text, strlen(text));
		return;
	case LUA_TNUMBER:
		write_number(L, at, out);
		return;
	case LUA_TSTRING:
		text = lua_tolstring(L, at, &len);
		add_text(L, out, text, len);
		return;
	case LUA_TTABLE:
		if (!depth)
			(void)luaL_error(L, "the table has too many levels for JSON");
		if (is_list(L, at))
			write_list(L, at, out, depth - 1);
		else
			write_map(L, at, out, depth - 1);
		return;
	default:
		(void)luaL_error(L, "JSON has no %s", luaL_typename(L, at));
	}
}

void json_write(lua_State *L, int at, struct json_text *out)
{
	write_value(L, lua_absindex(L, at), out, DEPTH_MAX);
}

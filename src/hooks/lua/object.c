/* SPDX-License-Identifier: MPL-2.0 */
/* Objects in Lua: a userdata is a handle that is valid during its call; fields and methods go by the shared rows. */
#include "lua/state.h"

#include "script/describe.h"

#include <string.h>

/* A handle; CALL has the object of the call's own fields. */
struct handle {
	struct kea_object *object;
	struct kea_call *call;
	uint64_t serial;
	enum kea_object_kind kind;
};

static const char stat_class[] = "kea.STAT", expression_class[] = "kea.EXPRESSION";

void object_push(lua_State *L, struct kea_call *call, struct kea_object *object)
{
	struct state *state = state_of(L);
	struct handle *handle;

	if (!object) {
		lua_pushnil(L);
		return;
	}
	handle = lua_newuserdatauv(L, sizeof(*handle), 0);
	*handle = (struct handle){ object, call, state->serial, kea->kind(object) };
	(void)lua_rawgeti(L, LUA_REGISTRYINDEX, state->metatables[handle->kind]);
	(void)lua_setmetatable(L, -2);
}

static struct handle *check_serial(lua_State *L, struct handle *handle)
{
	if (handle->serial != state_of(L)->serial)
		(void)luaL_error(L, "this %s was part of a call that has ended", script_kind(handle->kind));
	return handle;
}

/* The object that a method is called on: its class is the function's first upvalue. */
static struct handle *self_of(lua_State *L)
{
	struct handle *handle = lua_touserdata(L, 1);

	if (!handle || !lua_getmetatable(L, 1) || !lua_rawequal(L, -1, lua_upvalueindex(1)))
		(void)luaL_error(L, "not called on an object of the right kind; methods are called with a colon");
	lua_pop(L, 1);
	return check_serial(L, handle);
}

struct kea_object *object_check(lua_State *L, int at, enum kea_object_kind kind)
{
	struct handle *handle = lua_touserdata(L, at);
	bool is_right = handle && lua_getmetatable(L, at);

	if (is_right) {
		(void)lua_rawgeti(L, LUA_REGISTRYINDEX, state_of(L)->metatables[kind]);
		is_right = lua_rawequal(L, -1, -2);
		lua_pop(L, 2);
	}
	luaL_argcheck(L, is_right, at, script_kind(kind));
	return check_serial(L, handle)->object;
}

struct kea_call *object_call(lua_State *L)
{
	return self_of(L)->call;
}

/* --- fields ------------------------------------------------------------------------------------------------------- */

static int push_field(lua_State *L, const struct kea_object *object, const struct script_field *row)
{
	struct script_value value;
	int err = script_get(object, row, &value);

	if (err < 0)
		return luaL_error(L, "cannot read \"%s\": %s", row->name, script_why(err));
	if (value.type == KEA_TYPE_INT)
		lua_pushinteger(L, value.number);
	else
		(void)lua_pushlstring(L, value.text, value.len);
	return 1;
}

static int set_field(lua_State *L, struct kea_object *object, const struct script_field *row, int at)
{
	const char *text;
	size_t len;

	if (row->type == KEA_TYPE_INT) {
		if (lua_isboolean(L, at))
			return kea->set_int(object, row->field, lua_toboolean(L, at));
		return kea->set_int(object, row->field, luaL_checkinteger(L, at));
	}
	text = luaL_checklstring(L, at, &len);
	return script_set_text(object, row, text, len);
}

/* --- parts -------------------------------------------------------------------------------------------------------- */

static int push_list(lua_State *L, const struct handle *handle, const struct script_part *row)
{
	struct kea_object *object;
	unsigned n = 0;

	lua_newtable(L);
	while (n < SCRIPT_LIST_MAX && (object = script_part(handle->call, handle->object, row, n)) != NULL) {
		object_push(L, handle->call, object);
		lua_rawseti(L, -2, ++n);
	}
	return 1;
}

static int push_classes(lua_State *L, struct kea_call *call)
{
	const char *name;
	unsigned n = 0;

	lua_newtable(L);
	while (n < SCRIPT_LIST_MAX && (name = kea->class_at(call, n)) != NULL) {
		(void)lua_pushstring(L, name);
		lua_rawseti(L, -2, ++n);
	}
	return 1;
}

static void end_packet(void *context)
{
	const struct packet_data *data = context;

	if (!data->state)
		return;
	luaL_unref(data->state->L, LUA_REGISTRYINDEX, data->ref);
	waiting_end(data->state, data->waiting);
}

struct packet_data *packet_data(lua_State *L, struct kea_call *call)
{
	struct packet_data *data = kea->packet_context(call, sizeof(*data), end_packet);

	if (!data)
		(void)luaL_error(L, "not possible at this point, or the memory of the packet is used up");
	else if (!data->state)
		*data = (struct packet_data){ .state = state_of(L), .ref = LUA_NOREF };
	else if (data->state != state_of(L))
		(void)luaL_error(L, "what belongs to the packet is in another thread");
	return data;
}

static int push_data(lua_State *L, struct kea_call *call)
{
	struct packet_data *data = packet_data(L, call);

	if (data->ref == LUA_NOREF) {
		lua_newtable(L);
		data->ref = luaL_ref(L, LUA_REGISTRYINDEX);
	}
	(void)lua_rawgeti(L, LUA_REGISTRYINDEX, data->ref);
	return 1;
}

static int push_part(lua_State *L, const struct handle *handle, const struct script_part *row)
{
	switch (row->kind) {
	case PART_ONE:
		object_push(L, handle->call, script_part(handle->call, handle->object, row, 0));
		return 1;
	case PART_LIST:
	case PART_PARTS:
		return push_list(L, handle, row);
	case PART_CLASSES:
		return push_classes(L, handle->call);
	case PART_DATA:
		return push_data(L, handle->call);
	}
	return 0;
}

/* --- attributes --------------------------------------------------------------------------------------------------- */

/* In the table of names: a row of script_fields, or of script_parts after this; methods are functions. */
#define PARTS_FROM 1000

static int no_attribute(lua_State *L, const struct handle *handle)
{
	return luaL_error(L, "%s has no attribute \"%s\" in %s", script_kind(handle->kind), luaL_tolstring(L, 2, NULL),
			  script_server(kea->family(state_of(L)->lib)));
}

/* Upvalue: the names. Only the metatable has this function, so its first argument is a handle. */
static int get_attribute(lua_State *L)
{
	struct handle *handle = lua_touserdata(L, 1);
	lua_Integer n;

	lua_pushvalue(L, 2);
	switch (lua_rawget(L, lua_upvalueindex(1))) {
	case LUA_TFUNCTION:
		return 1;
	case LUA_TNUMBER:
		break;
	default:
		return no_attribute(L, handle);
	}
	n = lua_tointeger(L, -1);
	check_serial(L, handle);
	return n < PARTS_FROM ? push_field(L, handle->object, &script_fields[n])
			      : push_part(L, handle, &script_parts[n - PARTS_FROM]);
}

/* Returns the row of the field that the value at 2 names; names is the index of the table. */
static const struct script_field *named_field(lua_State *L, const struct handle *handle, int names)
{
	lua_Integer n = PARTS_FROM;

	lua_pushvalue(L, 2);
	if (lua_rawget(L, names) == LUA_TNUMBER)
		n = lua_tointeger(L, -1);
	lua_pop(L, 1);
	if (n >= PARTS_FROM) {
		(void)no_attribute(L, handle);
		return NULL;
	}
	return &script_fields[n];
}

static int assign_attribute(lua_State *L)
{
	struct handle *handle = check_serial(L, lua_touserdata(L, 1));
	const struct script_field *row = named_field(L, handle, lua_upvalueindex(1));
	int err = set_field(L, handle->object, row, 3);

	return err < 0 ? luaL_error(L, "cannot set \"%s\": %s", row->name, script_why(err)) : 0;
}

/* Upvalue 2: the names. */
static int set(lua_State *L)
{
	struct handle *handle = self_of(L);
	const struct script_field *row = named_field(L, handle, lua_upvalueindex(2));
	int err = set_field(L, handle->object, row, 3);

	if (err == KEA_E_UNSUPPORTED || err == KEA_E_NOENT)
		return luaL_error(L, "cannot set \"%s\": %s", row->name, script_why(err));
	lua_pushboolean(L, err >= 0);
	return 1;
}

/* --- options ------------------------------------------------------------------------------------------------------ */

struct path {
	uint32_t codes[SCRIPT_PATH_MAX];
	unsigned depth;
};

static uint32_t code_of(lua_State *L, const struct handle *handle, int at)
{
	lua_Integer code;
	const char *name;

	if (at == 2 && lua_type(L, at) == LUA_TSTRING) {
		name = lua_tostring(L, at);
		code = kea->option_code(handle->call, NULL, name);
		if (code < 0)
			return (uint32_t)luaL_error(L, "there is no option \"%s\"", name);
		return (uint32_t)code;
	}
	code = luaL_checkinteger(L, at);
	luaL_argcheck(L, code >= 0 && code <= UINT32_MAX, at, "not the code of an option");
	return (uint32_t)code;
}

/* Reads the arguments from 2 to last. */
static struct path path_of(lua_State *L, const struct handle *handle, int last)
{
	struct path path = { .depth = 0 };

	luaL_argcheck(L, last - 1 <= SCRIPT_PATH_MAX, last, "the path is too long");
	for (int i = 2; i <= last; i++)
		path.codes[path.depth++] = code_of(L, handle, i);
	return path;
}

static int option(lua_State *L)
{
	struct handle *handle = self_of(L);
	struct path path = path_of(L, handle, lua_gettop(L));
	const char *data;
	size_t len;

	luaL_argcheck(L, path.depth, 2, "the code of an option is missing");
	data = kea->option_get(handle->object, path.codes, path.depth, 0, &len);
	if (data)
		(void)lua_pushlstring(L, data, len);
	else
		lua_pushnil(L);
	return 1;
}

static int options(lua_State *L)
{
	struct handle *handle = self_of(L);
	struct path path = path_of(L, handle, lua_gettop(L));
	uint32_t code;
	const void *data;
	size_t len;

	lua_newtable(L);
	for (unsigned i = 0;
	     i < SCRIPT_LIST_MAX && kea->option_at(handle->object, path.codes, path.depth, i, &code, &data, &len) > 0;
	     i++) {
		lua_createtable(L, 2, 0);
		lua_pushinteger(L, code);
		lua_rawseti(L, -2, 1);
		(void)lua_pushlstring(L, len ? data : "", len);
		lua_rawseti(L, -2, 2);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

typedef int edit_fn(struct kea_object *packet, const uint32_t *path, unsigned depth, const void *data, size_t len);

static int edit(lua_State *L, edit_fn *fn, const char *what)
{
	struct handle *handle = self_of(L);
	int last = lua_gettop(L), err;
	struct path path;
	const char *value;
	size_t len;

	luaL_argcheck(L, last >= 3, last, "a code and a value are needed");
	path = path_of(L, handle, last - 1);
	value = luaL_checklstring(L, last, &len);
	err = fn(handle->object, path.codes, path.depth, value, len);
	return err < 0 ? luaL_error(L, "cannot %s option %d: %s", what, (int)path.codes[0], script_why(err)) : 0;
}

static int set_option(lua_State *L)
{
	return edit(L, kea->option_set, "set");
}

static int add_option(lua_State *L)
{
	return edit(L, kea->option_add, "add");
}

static int delete_option(lua_State *L)
{
	struct handle *handle = self_of(L);
	struct path path = path_of(L, handle, lua_gettop(L));
	int n;

	luaL_argcheck(L, path.depth, 2, "the code of an option is missing");
	n = kea->option_delete(handle->object, path.codes, path.depth);
	if (n < 0)
		return luaL_error(L, "cannot delete option %d: %s", (int)path.codes[0], script_why(n));
	lua_pushinteger(L, n);
	return 1;
}

/* --- the call ----------------------------------------------------------------------------------------------------- */

static int CALL_has_class(lua_State *L)
{
	struct handle *handle = self_of(L);

	lua_pushboolean(L, kea->class_has(handle->call, luaL_checkstring(L, 2)));
	return 1;
}

static int CALL_add_class(lua_State *L)
{
	struct handle *handle = self_of(L);
	int err = kea->class_add(handle->call, luaL_checkstring(L, 2));

	if (err < 0 && err != KEA_E_NOENT)
		return luaL_error(L, "cannot add a class: %s", script_why(err));
	lua_pushboolean(L, err >= 0);
	return 1;
}

static int CALL_select_subnet(lua_State *L)
{
	struct handle *handle = self_of(L);
	lua_Integer id = luaL_checkinteger(L, 2);
	int err = id >= 0 && id <= UINT32_MAX ? kea->set_subnet_id(handle->call, (uint32_t)id) : KEA_E_NOENT;

	if (err < 0 && err != KEA_E_NOENT)
		return luaL_error(L, "cannot select a subnet: %s", script_why(err));
	lua_pushboolean(L, err >= 0);
	return 1;
}

/* --- statistics --------------------------------------------------------------------------------------------------- */

static struct kea_stat *stat_of(lua_State *L)
{
	return *(struct kea_stat **)luaL_checkudata(L, 1, stat_class);
}

static int STAT_add(lua_State *L)
{
	kea->stat_add(stat_of(L), luaL_optinteger(L, 2, 1));
	return 0;
}

static int STAT_set(lua_State *L)
{
	kea->stat_set(stat_of(L), luaL_checkinteger(L, 2));
	return 0;
}

static int STAT_get(lua_State *L)
{
	lua_pushinteger(L, kea->stat_get(stat_of(L)));
	return 1;
}

void stat_push(lua_State *L, struct kea_stat *stat)
{
	struct kea_stat **handle = lua_newuserdatauv(L, sizeof(*handle), 0);

	*handle = stat;
	luaL_setmetatable(L, stat_class);
}

/* --- expressions -------------------------------------------------------------------------------------------------- */

static int EXPRESSION_evaluate(lua_State *L)
{
	const struct kea_expression *expression =
		*(const struct kea_expression **)luaL_checkudata(L, 1, expression_class);
	struct kea_object *packet = object_check(L, 2, KEA_OBJECT_PACKET);
	const char *text;
	size_t len;

	if (kea->is_test(packet, expression)) {
		lua_pushboolean(L, kea->test(packet, expression));
		return 1;
	}
	text = kea->evaluate(packet, expression, &len);
	(void)lua_pushlstring(L, text ? text : "", text ? len : 0);
	return 1;
}

void expression_push(lua_State *L, const struct kea_expression *expression)
{
	const struct kea_expression **handle = lua_newuserdatauv(L, sizeof(expression), 0);

	*handle = expression;
	luaL_setmetatable(L, expression_class);
}

/* --- classes ------------------------------------------------------------------------------------------------------ */

struct method {
	enum kea_object_kind kind;
	luaL_Reg reg;
};

#define METHOD(object, name, arguments, doc) { KEA_OBJECT_##object, { #name, object##_##name } },
static const struct method methods[] = { SCRIPT_METHODS_CALL(METHOD) SCRIPT_METHODS_PACKET(METHOD)
						 SCRIPT_METHODS_RELAY(METHOD) SCRIPT_METHODS_LEASE(METHOD) };
#undef METHOD
#define METHOD(object, name, arguments, doc) { #name, object##_##name },
static const luaL_Reg stat_methods[] = { SCRIPT_METHODS_STAT(METHOD){ NULL, NULL } };
static const luaL_Reg expression_methods[] = { SCRIPT_METHODS_EXPRESSION(METHOD){ NULL, NULL } };

/* The metatable is at -2 and the table of names at -1. */
static void add_names(lua_State *L, enum kea_object_kind kind, int family)
{
	for (unsigned i = 0; i < script_fields_n; i++)
		if ((unsigned)script_fields[i].field >> 16 == kind &&
		    script_is_for(script_fields[i].families, family)) {
			lua_pushinteger(L, i);
			lua_setfield(L, -2, script_fields[i].name);
		}
	for (unsigned i = 0; i < script_parts_n; i++)
		if (script_parts[i].object == kind && script_is_for(script_parts[i].families, family)) {
			lua_pushinteger(L, PARTS_FROM + i);
			lua_setfield(L, -2, script_parts[i].name);
		}
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (methods[i].kind == kind) {
			lua_pushvalue(L, -2);
			lua_pushvalue(L, -2);
			lua_pushcclosure(L, methods[i].reg.func, 2);
			lua_setfield(L, -2, methods[i].reg.name);
		}
}

void class_open(lua_State *L, const char *name, const luaL_Reg *class_methods, lua_CFunction gc)
{
	(void)luaL_newmetatable(L, name);
	lua_newtable(L);
	luaL_setfuncs(L, class_methods, 0);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	if (gc) {
		lua_pushcfunction(L, gc);
		lua_setfield(L, -2, "__gc");
	}
	lua_pop(L, 1);
}

void objects_open(lua_State *L)
{
	struct state *state = state_of(L);
	int family = kea->family(state->lib);

	for (unsigned kind = KEA_OBJECT_PACKET; kind < STATE_KINDS; kind++) {
		lua_newtable(L);
		lua_newtable(L);
		add_names(L, (enum kea_object_kind)kind, family);
		lua_pushvalue(L, -1);
		lua_pushcclosure(L, get_attribute, 1);
		lua_setfield(L, -3, "__index");
		lua_pushcclosure(L, assign_attribute, 1);
		lua_setfield(L, -2, "__newindex");
		/* Scripts do not get it: its functions trust their first argument. */
		lua_pushboolean(L, 0);
		lua_setfield(L, -2, "__metatable");
		(void)lua_pushstring(L, script_kind((enum kea_object_kind)kind));
		lua_setfield(L, -2, "__name");
		state->metatables[kind] = luaL_ref(L, LUA_REGISTRYINDEX);
	}
	class_open(L, stat_class, stat_methods, NULL);
	class_open(L, expression_class, expression_methods, NULL);
}

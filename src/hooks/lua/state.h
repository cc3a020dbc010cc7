/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/* The Lua state of a thread, which runs one script. Each thread that calls the library has one. */
#include "lua/messages.h"
#include "script/script.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

enum {
	STATE_KINDS = KEA_OBJECT_CALL + 1, /* of objects */
	STATE_COUNT = 1000                 /* instructions between two looks at the limit */
};

/* The library's context. */
struct lua_script {
	struct script base;
	int64_t max_instructions;
	size_t max_memory; /* bytes per thread */
};

struct state {
	lua_State *L; /* NULL: not started */
	struct lua_script *script;
	struct kea_library *lib;
	size_t memory;               /* bytes in use */
	int64_t budget;              /* instructions left */
	uint64_t serial;             /* of the call that runs; 0: none */
	uint64_t serials;            /* numbers used so far */
	bool is_broken;              /* the script ended with an error when this thread loaded it */
	int functions[SCRIPT_SLOTS]; /* references; 0: none */
	int metatables[STATE_KINDS];
};

static inline struct state *state_of(lua_State *L)
{
	return *(struct state **)lua_getextraspace(L);
}

/* Loads the module kea and the classes of the objects. They run protected, and leave an error to the caller. */
void module_open(lua_State *L);
void objects_open(lua_State *L);
/* Pushes an object of the call that runs; nil if it is NULL. */
void object_push(lua_State *L, struct kea_call *call, struct kea_object *object);
/* Pushes the JSON value: maps and lists are tables. */
void json_push(lua_State *L, const struct kea_json *json);
/* Makes "STAT" objects: pushes one. */
void stat_push(lua_State *L, struct kea_stat *stat);

/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/*
 * The Lua state of a thread, which runs one script. Each thread that calls the library has one. That of the main thread
 * also runs timers, descriptors, commands, and what the other states pass to it.
 */
#include "lua/messages.h"
#include "script/script.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <pthread.h>

enum {
	STATE_KINDS = KEA_OBJECT_CALL + 1, /* of objects */
	STATE_COUNT = 1000                 /* instructions between two looks at the limit */
};

/* The library's context. */
struct lua_script {
	struct script base;
	int64_t max_instructions;
	size_t max_memory;    /* bytes per thread */
	struct state *main;   /* the state of the main thread */
	pthread_mutex_t lock; /* guards what follows */
	struct message *first, **last;
	unsigned n_messages;
};

struct state {
	lua_State *L; /* NULL: not started */
	struct lua_script *script;
	struct kea_library *lib;
	size_t memory;               /* bytes in use */
	int64_t budget;              /* instructions left */
	uint64_t serial;             /* of the call that runs; 0: none */
	uint64_t serials;            /* numbers used so far */
	uint64_t parked;             /* the last call that parked its packet */
	bool is_broken;              /* the script ended with an error when this thread loaded it */
	int functions[SCRIPT_SLOTS]; /* references; 0: none */
	unsigned n_main;
	int main[SCRIPT_MAIN_MAX];         /* references, for kea.main() */
	int commands[SCRIPT_COMMANDS_MAX]; /* the same; in the main thread */
	int metatables[STATE_KINDS];
};

static inline struct state *state_of(lua_State *L)
{
	return *(struct state **)lua_getextraspace(L);
}

static inline bool state_is_main(const struct state *state)
{
	return state == state->script->main;
}

/* Returns this thread's state; NULL: why not is in `text`. */
struct state *state_here(struct kea_library *lib, char text[SCRIPT_ERROR_MAX]);
/* A function of the script that the server calls. */
struct running {
	int function; /* its reference */
	int n_results;
	int (*push)(lua_State *L, void *context);    /* pushes the arguments, and returns how many */
	void (*finish)(lua_State *L, void *context); /* reads the results, which are on the stack; NULL: nothing */
	void *context;
};
/* Calls it, with its limits. False: the error, with script:line, is in `why`. lua.c */
bool state_run(struct state *state, struct running *running, char why[SCRIPT_ERROR_MAX]);
/* The same for what the script does in the main thread: counts and logs the error itself, with what it did. */
bool state_run_main(struct state *state, struct running *running, const char *doing, char why[SCRIPT_ERROR_MAX]);
/* Returns what the function's return value at the top of the stack means; negative: nothing. */
int state_verdict(struct state *state);
/* Counts and logs an error in a function for a hook point; returns the verdict. */
int state_failed(struct script *script, struct kea_call *call, const char *why);
/* Writes that a function returned no verdict. */
void state_no_verdict(struct state *state, int function, char why[SCRIPT_ERROR_MAX]);
/* An error unless the script is being loaded. */
void state_check_loading(lua_State *L);

/* Loads the module kea and the classes of the objects. They run protected, and leave an error to the caller. */
void module_open(lua_State *L);
void objects_open(lua_State *L);
void park_open(lua_State *L);
void main_open(lua_State *L);
/* Makes a class of userdata, whose metatable has this name. gc may be NULL. object.c */
void class_open(lua_State *L, const char *name, const luaL_Reg *methods, lua_CFunction gc);
/* Pushes an object of the call that runs; nil if it is NULL. */
void object_push(lua_State *L, struct kea_call *call, struct kea_object *object);
/* The call of the CALL that a method is called on. */
struct kea_call *object_call(lua_State *L);
/* Returns the object of this kind at an index, or raises an error. */
struct kea_object *object_check(lua_State *L, int at, enum kea_object_kind kind);
/* Makes "STAT" objects: pushes one. */
void stat_push(lua_State *L, struct kea_stat *stat);
/* Makes "EXPRESSION" objects: pushes one. */
void expression_push(lua_State *L, const struct kea_expression *expression);

/* What a script has as long as a packet. */
struct packet_data {
	struct state *state; /* NULL: not used yet */
	int ref;             /* of a table; LUA_NOREF: none yet */
	struct waiting *waiting;
};
/* Returns it, or raises an error. object.c */
struct packet_data *packet_data(lua_State *L, struct kea_call *call);
/* The packet of a list of waiting ones has ended. park.c */
void waiting_end(struct state *state, struct waiting *waiting);

/* Pushes the JSON value: maps and lists are tables. json.c */
void json_push(lua_State *L, const struct kea_json *json);
/* The JSON text of a value. */
struct json_text {
	char *text; /* to be freed, also after an error */
	size_t len, room;
};
/* Adds the value at an index to it, or raises an error. */
void json_write(lua_State *L, int at, struct json_text *out);

/* Functions of the module kea and methods, by the shared rows. */
int kea_main(lua_State *L);
int kea_command(lua_State *L);
int kea_timer(lua_State *L);
int kea_watch(lua_State *L);
int kea_connect(lua_State *L);
int CALL_park(lua_State *L);
/* Frees what still waits for the main thread. */
void messages_free(struct lua_script *script);

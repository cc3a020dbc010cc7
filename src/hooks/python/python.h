/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/*
 * The interpreter: one for the process, which stays when the library is unloaded. All that touches it holds Python's
 * lock, the GIL. Without "calls": "per-worker" the server also calls the functions of a script in one thread at a time.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "python/messages.h"
#include "script/script.h"

#include <pthread.h>

/* The library's context: a script. */
struct python_script {
	struct script base;
	struct kea_library *lib;
	PyObject *module;                  /* what the script defines */
	PyObject *functions[SCRIPT_SLOTS]; /* NULL: none */
	PyObject *kea;                     /* the module kea of this script */
	PyObject *endings;                 /* a list of functions for the end; NULL: none */
	struct parked_object *parked;      /* that the script may resume */
	PyObject *commands[SCRIPT_COMMANDS_MAX];
	PyObject *waiting;         /* a list of functions, with their arguments, for the main thread; NULL: none */
	struct task_object *tasks; /* that are active */
	pthread_t main_thread;
	uint64_t number; /* never used again */
};

/* The script that runs in this thread: while it is loaded, or called. NULL in threads of a script. */
extern _Thread_local struct python_script *running;
/* The number of the call that runs in this thread; 0: none. */
extern _Thread_local uint64_t running_call;

/* Takes the GIL; python_leave() with what it returned. */
PyGILState_STATE python_enter(void);
void python_leave(PyGILState_STATE state);

/* Starts the interpreter, once. False: why not is in `text`. */
bool python_start(char text[SCRIPT_ERROR_MAX]);

/* The module kea for a script, with its parameters. A new reference; NULL: an exception is set. module.c */
PyObject *module_new(struct python_script *script);
/* Later, what the module does for the script is an error: threads of the script may live longer. */
void module_end(PyObject *module);
/* Makes the classes of objects, once. False: an exception is set. object.c */
bool objects_open(int family);
/* An object of the call that runs; None if it is NULL. A new reference. */
PyObject *object_new(struct kea_call *call, struct kea_object *object);
PyObject *stat_new(PyObject *module, struct kea_stat *stat);
/* Drops what is still parked: the script is unloaded. */
void objects_end_parked(struct python_script *script);

/* Makes a class of objects; has_fields: with the rows of fields. */
PyObject *class_new(const char *name, size_t size, PyMethodDef *methods, destructor destroy, bool has_fields);
/* The same of objects that the garbage collector knows. clear() lets go of all that the object has. */
PyObject *class_new_gc(const char *name, size_t size, PyMethodDef *methods, traverseproc traverse, inquiry clear);
/* A row of describe.h in a table of methods. */
#define PYTHON_METHOD(object, name, arguments, doc) \
	{ #name, object##_##name, METH_VARARGS, #name "(" arguments ")\n\n" doc },
PyObject *expression_new(const struct kea_expression *expression, uint64_t script_number);

/*
 * Calls a function with the CALL and the values of a tuple (or NULL); returns a verdict, or an error that was counted
 * and logged. python.c
 */
int python_call(struct kea_call *call, PyObject *function, PyObject *values);
/* Calls a function of the script, elsewhere than at a hook point. A new reference; NULL: an exception is set. */
PyObject *python_run(struct python_script *script, PyObject *function, PyObject *args);
/* Counts and logs the exception that is set, and clears it. Its text is also in `why`, if that is not NULL. */
void python_failed(struct python_script *script, const char *doing, char why[SCRIPT_ERROR_MAX]);

/* The state of a module. */
struct python_module {
	struct python_script *script; /* NULL: it was unloaded */
};
/*
 * The script of a module, which may be NULL; NULL: an exception is set. script_loading(): only in the thread that loads
 * it. module.c
 */
struct python_script *script_of(PyObject *module);
struct python_script *script_loading(PyObject *module);
PyObject *json_new(const struct kea_json *json);

/* Makes the classes of timers and descriptors. False: an exception is set. main.c */
bool tasks_open(void);
/* Ends what is active: the script is unloaded. */
void tasks_end(struct python_script *script);
/* Functions of the module kea, by the shared rows. */
PyObject *kea_main(PyObject *self, PyObject *args);
PyObject *kea_command(PyObject *self, PyObject *args);
PyObject *kea_timer(PyObject *self, PyObject *args);
PyObject *kea_watch(PyObject *self, PyObject *args);

/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/*
 * The interpreter: one for the process, which stays when the library is unloaded. All that touches it holds Python's
 * lock, the GIL; the server calls the library in one thread at a time.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "python/messages.h"
#include "script/script.h"

/* The library's context: a script. */
struct python_script {
	struct script base;
	struct kea_library *lib;
	PyObject *module;                  /* what the script defines */
	PyObject *functions[SCRIPT_SLOTS]; /* NULL: none */
	PyObject *kea;                     /* the module kea of this script */
	PyObject *endings;                 /* a list of functions for the end; NULL: none */
	struct parked_object *parked;      /* that the script may resume */
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
PyObject *stat_new(struct kea_stat *stat);
/* Drops what is still parked: the script is unloaded. */
void objects_end_parked(struct python_script *script);

/* Calls a function with the CALL; returns a verdict, or an error that was counted and logged. python.c */
int python_call(struct kea_call *call, PyObject *function);

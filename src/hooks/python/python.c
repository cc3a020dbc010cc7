/* SPDX-License-Identifier: MPL-2.0 */
/*
 * python: runs a Python script at hook points. There is one interpreter in the process, in which each script has names
 * of its own. Calls wait for each other, and for threads of scripts that hold the interpreter's lock; with "calls":
 * "per-worker" only for that lock, which a function that waits lets go.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "python/python.h"

#include <dlfcn.h>
#include <stdlib.h>

_Thread_local struct python_script *running;
_Thread_local uint64_t running_call;
static uint64_t calls; /* guarded by the GIL */

KEA_HOOK_LIBRARY

/* --- the interpreter ---------------------------------------------------------------------------------------------- */

/* Extension modules are not linked with Python, and find its symbols only if they are those of the process. */
static void publish_symbols(void)
{
	Dl_info info;

	if (dladdr((const void *)(uintptr_t)Py_IsInitialized, &info) && info.dli_fname)
		(void)dlopen(info.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
}

bool python_start(char text[SCRIPT_ERROR_MAX])
{
	PyPreConfig preconfig;
	PyConfig config;
	PyStatus status;

	if (Py_IsInitialized())
		return true;
	publish_symbols();
	PyPreConfig_InitIsolatedConfig(&preconfig);
	preconfig.utf8_mode = 1;
	if (IS_SANITIZED)
		preconfig.allocator = PYMEM_ALLOCATOR_MALLOC;
	status = Py_PreInitialize(&preconfig);
	PyConfig_InitIsolatedConfig(&config);
	/* Its modules are those of this program, whatever PATH names. */
	if (!PyStatus_Exception(status))
		status = PyConfig_SetBytesString(&config, &config.program_name, KEA_PYTHON);
	config.write_bytecode = 0;
	if (!PyStatus_Exception(status))
		status = Py_InitializeFromConfig(&config);
	PyConfig_Clear(&config);
	if (PyStatus_Exception(status)) {
		snprintf(text, SCRIPT_ERROR_MAX, "Python does not start: %s",
			 status.err_msg ? status.err_msg : "unknown reason");
		return false;
	}
	(void)PyEval_SaveThread();
	return true;
}

PyGILState_STATE python_enter(void)
{
	static _Thread_local bool is_known;

	/* The thread's state is made once, not for each call. */
	if (!is_known) {
		is_known = true;
		(void)PyGILState_Ensure();
		(void)PyEval_SaveThread();
	}
	return PyGILState_Ensure();
}

void python_leave(PyGILState_STATE state)
{
	PyGILState_Release(state);
}

/* --- errors ------------------------------------------------------------------------------------------------------- */

/* Returns the innermost line of the script in the traceback; 0: none. */
static int line_of(const struct script *script, PyObject *traceback)
{
	int line = 0;

	for (PyTracebackObject *tb = (PyTracebackObject *)traceback; tb; tb = tb->tb_next) {
		PyCodeObject *code = PyFrame_GetCode(tb->tb_frame);
		const char *file = PyUnicode_AsUTF8(code->co_filename);

		if (file && !strcmp(file, script->path))
			line = tb->tb_lineno;
		Py_DECREF(code);
	}
	return line;
}

/* An attribute of a SyntaxError. */
static int number_of(PyObject *exception, const char *name)
{
	PyObject *value = PyObject_GetAttrString(exception, name);
	long n = value && PyLong_Check(value) ? PyLong_AsLong(value) : 0;

	Py_XDECREF(value);
	PyErr_Clear();
	return (int)n;
}

static PyObject *message_of(PyObject *type, PyObject *value)
{
	PyObject *text = type == PyExc_SyntaxError ? PyObject_GetAttrString(value, "msg") : PyObject_Str(value);

	PyErr_Clear();
	return text;
}

/* Writes the exception that is set, with script:line, and clears it. */
static void describe_error(const struct script *script, char text[SCRIPT_ERROR_MAX])
{
	PyObject *type, *value, *traceback, *message;
	char at[16] = "";
	const char *words;
	int line;

	PyErr_Fetch(&type, &value, &traceback);
	PyErr_NormalizeException(&type, &value, &traceback);
	line = line_of(script, traceback);
	if (!line && value && PyErr_GivenExceptionMatches(type, PyExc_SyntaxError))
		line = number_of(value, "lineno");
	message = value ? message_of(type, value) : NULL;
	words = message ? PyUnicode_AsUTF8(message) : NULL;
	if (line)
		snprintf(at, sizeof(at), ":%d", line);
	snprintf(text, SCRIPT_ERROR_MAX, "%s%s: %s: %s", script->name, at,
		 type && PyType_Check(type) ? ((PyTypeObject *)type)->tp_name : "error", words ? words : "");
	PyErr_Clear();
	Py_XDECREF(message);
	Py_XDECREF(type);
	Py_XDECREF(value);
	Py_XDECREF(traceback);
}

/* --- calls -------------------------------------------------------------------------------------------------------- */

static int fail(struct script *script, struct kea_call *call, const char *why)
{
	char label[SCRIPT_LABEL_MAX], point[64] = "";
	unsigned long n = script_error(script);

	(void)kea->get_text(kea->argument(call, KEA_ARG_CALL, 0), KEA_CALL_POINT, point, sizeof(point));
	if (n)
		LOG(PYTHON_SCRIPT_FAILED, script_label(call, label), why, point, n);
	return script->drops ? KEA_DROP : KEA_CONTINUE;
}

/* Returns the verdict; negative: it is none. */
static int verdict_of(PyObject *result)
{
	long verdict;

	if (result == Py_None)
		return KEA_CONTINUE;
	verdict = PyLong_Check(result) ? PyLong_AsLong(result) : -1;
	PyErr_Clear();
	return verdict >= KEA_CONTINUE && verdict <= KEA_DROP ? (int)verdict : -1;
}

PyObject *python_run(struct python_script *script, PyObject *function, PyObject *args)
{
	struct python_script *outer = running;
	uint64_t outer_call = running_call;
	PyObject *result;

	running = script;
	running_call = ++calls;
	result = PyObject_CallObject(function, args);
	running = outer;
	running_call = outer_call;
	return result;
}

void python_failed(struct python_script *script, const char *doing, char why[SCRIPT_ERROR_MAX])
{
	unsigned long n = script_error(&script->base);
	char text[SCRIPT_ERROR_MAX];

	describe_error(&script->base, why ? why : text);
	if (n)
		LOG(PYTHON_SCRIPT_FAILED, "-", why ? why : text, doing, n);
}

/* Returns the arguments: the CALL, and the values. NULL: an exception is set. */
static PyObject *arguments_new(struct kea_call *call, PyObject *values)
{
	PyObject *object = object_new(call, kea->argument(call, KEA_ARG_CALL, 0));
	PyObject *one = object ? PyTuple_Pack(1, object) : NULL;
	PyObject *all = one && values ? PySequence_Concat(one, values) : Py_XNewRef(one);

	Py_XDECREF(object);
	Py_XDECREF(one);
	return all;
}

int python_call(struct kea_call *call, PyObject *function, PyObject *values)
{
	struct python_script *script = kea->context(kea->library(call)), *outer = running;
	PyGILState_STATE state = python_enter();
	uint64_t outer_call = running_call;
	char why[SCRIPT_ERROR_MAX] = "";
	PyObject *args, *result;
	int verdict = -1;

	running = script;
	running_call = ++calls;
	args = arguments_new(call, values);
	result = args ? PyObject_CallObject(function, args) : NULL;
	if (result) {
		verdict = verdict_of(result);
		if (verdict < 0)
			snprintf(why, sizeof(why), "%s: the function for this point returned no verdict",
				 script->base.name);
	} else {
		describe_error(&script->base, why);
	}
	Py_XDECREF(result);
	Py_XDECREF(args);
	running = outer;
	running_call = outer_call;
	python_leave(state);
	return verdict < 0 ? fail(&script->base, call, why) : verdict;
}

int script_call(struct kea_call *call, unsigned slot)
{
	const struct python_script *script = kea->context(kea->library(call));

	return python_call(call, script->functions[slot], NULL);
}

/* --- loading ------------------------------------------------------------------------------------------------------ */

/* Runs the script with names of its own. False: an exception is set. */
static bool run(struct python_script *script)
{
	const struct script *base = &script->base;
	PyObject *code, *globals, *result = NULL;

	script->module = PyModule_New("__kea_script__");
	script->kea = script->module ? module_new(script) : NULL;
	/* For "import kea": each script has its own. */
	if (!script->kea || PyDict_SetItemString(PyImport_GetModuleDict(), "kea", script->kea) < 0)
		return false;
	globals = PyModule_GetDict(script->module);
	if (PyDict_SetItemString(globals, "__builtins__", PyEval_GetBuiltins()) < 0 ||
	    PyDict_SetItemString(globals, "kea", script->kea) < 0 ||
	    PyModule_AddStringConstant(script->module, "__file__", base->path) < 0)
		return false;
	code = Py_CompileString(base->text, base->path, Py_file_input);
	if (code)
		result = PyEval_EvalCode(code, globals, globals);
	Py_XDECREF(code);
	Py_XDECREF(result);
	return result != NULL;
}

static int load(struct kea_library *lib, struct python_script *script)
{
	PyGILState_STATE state;
	char why[SCRIPT_ERROR_MAX];
	bool ok;

	if (strlen(script->base.text) != script->base.len)
		return kea->fail(lib, script->base.where, "%s: a NUL in the script", script->base.name);
	if (!python_start(why))
		return kea->fail(lib, script->base.where, "%s", why);
	state = python_enter();
	running = script;
	ok = objects_open(kea->family(lib)) && run(script);
	running = NULL;
	if (!ok)
		describe_error(&script->base, why);
	python_leave(state);
	script->base.is_loading = false;
	if (!ok)
		return kea->fail(lib, script->base.where, "%s", why);
	if (!script->base.n_points && !script->base.n_commands && !script->base.n_tasks)
		return kea->fail(lib, script->base.where, "%s: the script calls kea.on() for no hook point",
				 script->base.name);
	if (!kea->is_check(lib))
		LOG(PYTHON_LOADED, script->base.path, script->base.n_points);
	return 0;
}

/* Reads "calls": whether workers run functions of the script beside each other. */
static void read_calls(struct kea_library *lib)
{
	const struct kea_json *parameters = kea->parameters(lib);
	const char *word = kea->param_text(lib, parameters, "calls", "serialized");

	if (!strcmp(word, "per-worker"))
		kea->allow_threads(lib);
	else if (strcmp(word, "serialized") != 0)
		(void)kea->fail(lib, kea->json_get(parameters, "calls"),
				"\"calls\" is \"%s\", expected \"serialized\" or \"per-worker\"", word);
}

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	static const char *const keys[] = { "calls", NULL };
	static uint64_t scripts;
	struct python_script *script = calloc(1, sizeof(*script));
	int err;

	messages_register(lib, api);
	if (!script)
		return KEA_E_NOMEM;
	script->lib = lib;
	script->main_thread = pthread_self();
	script->number = ++scripts;
	kea->set_context(lib, script);
	read_calls(lib);
	err = script_open(&script->base, lib, keys, "python-script-errors");
	return err < 0 ? err : load(lib, script);
}

static void call_endings(struct python_script *script)
{
	char why[SCRIPT_ERROR_MAX];

	for (Py_ssize_t i = 0; script->endings && i < PyList_GET_SIZE(script->endings); i++) {
		PyObject *result = PyObject_CallNoArgs(PyList_GET_ITEM(script->endings, i));

		if (!result) {
			describe_error(&script->base, why);
			LOG(PYTHON_SCRIPT_ERROR, script->base.name, why);
		}
		Py_XDECREF(result);
	}
	Py_CLEAR(script->endings);
}

/* Threads of the script may live on: what they reach of it says that it was unloaded. */
static void end_script(struct python_script *script)
{
	PyGILState_STATE state = python_enter();

	call_endings(script);
	tasks_end(script);
	objects_end_parked(script);
	Py_CLEAR(script->waiting);
	for (unsigned i = 0; i < SCRIPT_COMMANDS_MAX; i++)
		Py_CLEAR(script->commands[i]);
	for (unsigned i = 0; i < SCRIPT_SLOTS; i++)
		Py_CLEAR(script->functions[i]);
	if (script->kea) {
		module_end(script->kea);
		if (PyDict_GetItemString(PyImport_GetModuleDict(), "kea") == script->kea)
			(void)PyDict_DelItemString(PyImport_GetModuleDict(), "kea");
		PyErr_Clear();
	}
	Py_CLEAR(script->kea);
	Py_CLEAR(script->module);
	(void)PyGC_Collect();
	python_leave(state);
}

void kea_hook_unload(struct kea_library *lib)
{
	struct python_script *script = kea->context(lib);

	if (!script)
		return;
	if (!kea->is_check(lib) && script->base.path)
		LOG(PYTHON_UNLOADED, script->base.path);
	if (script->module)
		end_script(script);
	script_close(&script->base);
	free(script);
}

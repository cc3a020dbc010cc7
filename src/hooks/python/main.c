/* SPDX-License-Identifier: MPL-2.0 */
/* What a script does in the main thread: commands, timers, descriptors, and what other threads pass to it. */
#include "python/python.h"

#include "script/describe.h"

#include <errno.h>
#include <unistd.h>

/* A timer, or a descriptor that is watched. While it is active, the list of its script has a reference. */
struct task_object {
	PyObject_HEAD PyObject *module; /* kea, which knows whether the script was unloaded; NULL: garbage */
	struct kea_timer *timer;        /* these two exist while it is active: other threads may free this */
	struct kea_watch *watch;
	PyObject *function;
	int fd; /* a duplicate of what the script watches; -1: none */
	bool is_active;
	struct task_object *next, **link;
};

static PyObject *timer_class, *watch_class;

/* The script of a module, in its main thread. NULL: an exception is set. */
static struct python_script *here(PyObject *module)
{
	struct python_script *script = script_of(module);

	if (!script || pthread_equal(pthread_self(), script->main_thread))
		return script;
	PyErr_SetString(PyExc_RuntimeError, "only in the main thread: see kea.main()");
	return NULL;
}

static bool is_function(PyObject *function)
{
	if (PyCallable_Check(function))
		return true;
	PyErr_Format(PyExc_TypeError, "%s is not a function", Py_TYPE(function)->tp_name);
	return false;
}

/* --- commands ----------------------------------------------------------------------------------------------------- */

PyObject *kea_command(PyObject *self, PyObject *args)
{
	struct python_script *script = script_loading(self);
	const char *name, *access = "write", *why;
	PyObject *function;
	int n;

	if (!script || !PyArg_ParseTuple(args, "sO|s", &name, &function, &access) || !is_function(function))
		return NULL;
	n = script_command(&script->base, script->lib, name, access, &why);
	if (n < 0)
		return PyErr_Format(PyExc_ValueError, "command \"%s\": %s", name, why);
	script->commands[n] = Py_NewRef(function);
	Py_RETURN_NONE;
}

/* Returns the JSON text of a value; NULL: an exception is set. */
static PyObject *dump(PyObject *value)
{
	PyObject *json = PyImport_ImportModule("json"), *text = NULL;
	PyObject *dumps = json ? PyObject_GetAttrString(json, "dumps") : NULL;
	PyObject *args = PyTuple_Pack(1, value), *options = Py_BuildValue("{sO}", "allow_nan", Py_False);

	if (dumps && args && options)
		text = PyObject_Call(dumps, args, options);
	Py_XDECREF(options);
	Py_XDECREF(args);
	Py_XDECREF(dumps);
	Py_XDECREF(json);
	return text;
}

struct response {
	enum kea_result result;
	PyObject *text; /* str */
	struct kea_json *arguments;
};

static bool is_result(long long result)
{
	return result == KEA_SUCCESS || result == KEA_FAILED || result == KEA_EMPTY || result == KEA_CONFLICT;
}

/* Reads what the function returned: None, the result, or a tuple. False: an exception is set. */
static bool read_response(PyObject *value, struct response *ret)
{
	PyObject *text = NULL, *arguments = Py_None, *json;
	const char *words;
	long long result = 0;
	Py_ssize_t len;

	if (value == Py_None)
		return true;
	if (PyTuple_Check(value) ? !PyArg_ParseTuple(value, "L|OO;a command returns result, text and arguments",
						     &result, &text, &arguments)
				 : (result = PyLong_AsLongLong(value)) == -1 && PyErr_Occurred())
		return false;
	if (!is_result(result)) {
		PyErr_SetString(PyExc_ValueError, "the result of the command is not 0, 1, 3 or 4");
		return false;
	}
	ret->result = (enum kea_result)result;
	ret->text = text && text != Py_None ? PyObject_Str(text) : NULL;
	if (arguments == Py_None || PyErr_Occurred())
		return !PyErr_Occurred();
	json = dump(arguments);
	words = json ? PyUnicode_AsUTF8AndSize(json, &len) : NULL;
	ret->arguments = words ? kea->json_read(words, (size_t)len) : NULL;
	if (words && !ret->arguments)
		PyErr_SetString(PyExc_ValueError, "the arguments are not valid JSON");
	Py_XDECREF(json);
	return ret->arguments != NULL;
}

void script_run_command(struct script_command *command, struct kea_request *request)
{
	struct python_script *script = (struct python_script *)command->script;
	struct response response = { .result = KEA_SUCCESS };
	char why[SCRIPT_ERROR_MAX] = "";
	PyGILState_STATE state = python_enter();
	PyObject *arguments = json_new(kea->arguments(request));
	PyObject *args = arguments ? PyTuple_Pack(1, arguments) : NULL;
	PyObject *value = args ? python_run(script, script->commands[command->index], args) : NULL;
	bool ok = value && read_response(value, &response);
	const char *text = !ok ? NULL : response.text ? PyUnicode_AsUTF8(response.text) : "";

	if (!text) {
		python_failed(script, command->name, why);
		kea->json_free(response.arguments);
		response = (struct response){ KEA_FAILED, response.text, NULL };
		text = why;
	}
	/*
	 * Libraries are called at command_processed. One of them may be a script whose lock another thread holds, which
	 * waits for that of Python.
	 */
	Py_BEGIN_ALLOW_THREADS;
	kea->respond(request, response.result, response.arguments, "%s", text);
	Py_END_ALLOW_THREADS;
	Py_XDECREF(response.text);
	Py_XDECREF(value);
	Py_XDECREF(args);
	Py_XDECREF(arguments);
	python_leave(state);
}

/* --- tasks -------------------------------------------------------------------------------------------------------- */

static struct task_object *task_new(PyObject *class, PyObject *module, PyObject *function)
{
	struct task_object *task = PyObject_GC_New(struct task_object, (PyTypeObject *)class);

	if (!task)
		return NULL;
	task->module = Py_NewRef(module);
	task->timer = NULL;
	task->watch = NULL;
	task->function = Py_NewRef(function);
	task->fd = -1;
	task->is_active = false;
	PyObject_GC_Track(task);
	return task;
}

/* Adds the task to those of its script. False: an exception is set. */
static bool activate(struct task_object *task, struct python_script *script)
{
	if (task->is_active)
		return true;
	if (script->base.n_tasks == SCRIPT_TASKS_MAX) {
		PyErr_Format(PyExc_RuntimeError, "more than %d timers and descriptors", SCRIPT_TASKS_MAX);
		return false;
	}
	script->base.n_tasks++;
	task->is_active = true;
	task->next = script->tasks;
	task->link = &script->tasks;
	if (task->next)
		task->next->link = &task->next;
	script->tasks = task;
	Py_INCREF(task);
	return true;
}

/* In the main thread, while the script is loaded. */
static void deactivate(struct task_object *task, struct python_script *script)
{
	kea->timer_free(task->timer);
	task->timer = NULL;
	kea->unwatch(task->watch);
	task->watch = NULL;
	if (task->fd >= 0)
		(void)close(task->fd);
	task->fd = -1;
	if (!task->is_active)
		return;
	*task->link = task->next;
	if (task->next)
		task->next->link = task->link;
	task->is_active = false;
	script->base.n_tasks--;
	Py_DECREF(task);
}

void tasks_end(struct python_script *script)
{
	struct task_object *task;

	while ((task = script->tasks) != NULL)
		deactivate(task, script);
}

/* A script has its timers in variables, and they have its functions. */
static int traverse_task(PyObject *self, visitproc visit, void *arg)
{
	const struct task_object *task = (struct task_object *)self;

	Py_VISIT(Py_TYPE(self));
	Py_VISIT(task->module);
	Py_VISIT(task->function);
	return 0;
}

static int clear_task(PyObject *self)
{
	struct task_object *task = (struct task_object *)self;

	Py_CLEAR(task->module);
	Py_CLEAR(task->function);
	return 0;
}

/* --- timers ------------------------------------------------------------------------------------------------------- */

static void on_timer(void *context);

/* Returns the milliseconds; negative: an exception is set. */
static int64_t ms_of(double seconds)
{
	int64_t ms = script_ms(seconds);

	if (ms < 0)
		PyErr_SetString(PyExc_ValueError, "not from 0 seconds to 30 days");
	return ms;
}

static bool start(struct task_object *task, struct python_script *script, double seconds)
{
	int64_t ms = ms_of(seconds);

	if (ms < 0 || !activate(task, script))
		return false;
	if (!task->timer)
		task->timer = kea->timer(script->lib, on_timer, task);
	(void)kea->timer_start(task->timer, ms);
	return true;
}

/* A number starts the timer again. False: an exception is set. */
static bool start_again(struct task_object *task, struct python_script *script, PyObject *value)
{
	double seconds;

	if (value == Py_None)
		return true;
	seconds = PyFloat_AsDouble(value);
	return !PyErr_Occurred() && start(task, script, seconds);
}

/* Of a task that is active. */
static struct python_script *script_of_active(const struct task_object *task)
{
	return ((struct python_module *)PyModule_GetState(task->module))->script;
}

static void on_timer(void *context)
{
	struct task_object *task = context;
	PyGILState_STATE state = python_enter();
	struct python_script *script = script_of_active(task);
	PyObject *args, *value;

	Py_INCREF(task);
	/* It is active again if the function starts it. */
	deactivate(task, script);
	args = PyTuple_New(0);
	value = args ? python_run(script, task->function, args) : NULL;
	if (!value || !start_again(task, script, value))
		python_failed(script, "kea.timer", NULL);
	Py_XDECREF(value);
	Py_XDECREF(args);
	Py_DECREF(task);
	python_leave(state);
}

PyObject *kea_timer(PyObject *self, PyObject *args)
{
	struct python_script *script = here(self);
	struct task_object *task;
	PyObject *function;
	double seconds;

	if (!script || !PyArg_ParseTuple(args, "dO", &seconds, &function) || !is_function(function))
		return NULL;
	task = task_new(timer_class, self, function);
	if (task && !start(task, script, seconds))
		Py_CLEAR(task);
	return (PyObject *)task;
}

static PyObject *TIMER_start(PyObject *self, PyObject *args)
{
	struct task_object *task = (struct task_object *)self;
	struct python_script *script;
	double seconds;

	if (!PyArg_ParseTuple(args, "d", &seconds) || !(script = here(task->module)) || !start(task, script, seconds))
		return NULL;
	Py_RETURN_NONE;
}

static PyObject *stop(PyObject *self, PyObject *args)
{
	struct task_object *task = (struct task_object *)self;
	struct python_script *script;

	if (!PyArg_ParseTuple(args, "") || !(script = here(task->module)))
		return NULL;
	deactivate(task, script);
	Py_RETURN_NONE;
}

#define TIMER_stop stop
#define WATCH_stop stop

/* --- descriptors -------------------------------------------------------------------------------------------------- */

static void on_ready(int fd, unsigned events, void *context)
{
	struct task_object *task = context;
	PyGILState_STATE state = python_enter();
	struct python_script *script = script_of_active(task);
	PyObject *args, *value;

	(void)fd;
	Py_INCREF(task);
	args = Py_BuildValue("(s)", script_events_text(events));
	value = args ? python_run(script, task->function, args) : NULL;
	if (!value)
		python_failed(script, "kea.watch", NULL);
	Py_XDECREF(value);
	Py_XDECREF(args);
	Py_DECREF(task);
	python_leave(state);
}

/* Returns 0 with an exception. */
static unsigned events_of(const char *text)
{
	unsigned events = script_events(text);

	if (!events)
		PyErr_Format(PyExc_ValueError, "\"%s\" is not \"r\", \"w\" or \"rw\"", text);
	return events;
}

/* Watches the descriptor. False: an exception is set. */
static bool watch(struct task_object *task, struct python_script *script, int fd, unsigned events)
{
	if (!activate(task, script))
		return false;
	if (kea->is_check(script->lib))
		return true;
	task->fd = script_descriptor(fd);
	if (task->fd < 0)
		PyErr_Format(PyExc_ValueError, "cannot watch the descriptor: %s", strerror(errno));
	else
		task->watch = kea->watch(script->lib, task->fd, events, on_ready, task);
	if (task->fd >= 0 && !task->watch)
		PyErr_SetString(PyExc_ValueError, "the descriptor cannot be watched: it is a file");
	if (!task->watch)
		deactivate(task, script);
	return task->watch != NULL;
}

PyObject *kea_watch(PyObject *self, PyObject *args)
{
	struct python_script *script = here(self);
	struct task_object *task;
	PyObject *file, *function;
	const char *text = "r";
	unsigned events;
	int fd;

	if (!script || !PyArg_ParseTuple(args, "OO|s", &file, &function, &text) || !is_function(function))
		return NULL;
	fd = PyObject_AsFileDescriptor(file);
	events = fd >= 0 ? events_of(text) : 0;
	task = events ? task_new(watch_class, self, function) : NULL;
	if (task && !watch(task, script, fd, events))
		Py_CLEAR(task);
	return (PyObject *)task;
}

static PyObject *WATCH_change(PyObject *self, PyObject *args)
{
	struct task_object *task = (struct task_object *)self;
	const char *text;
	unsigned events;

	if (!PyArg_ParseTuple(args, "s", &text) || !here(task->module))
		return NULL;
	events = events_of(text);
	if (!events)
		return NULL;
	if (task->watch)
		(void)kea->watch_change(task->watch, events);
	Py_RETURN_NONE;
}

/* --- from other threads ------------------------------------------------------------------------------------------- */

static void run_waiting(void *context)
{
	struct python_script *script = context;
	PyGILState_STATE state = python_enter();
	PyObject *waiting = script->waiting, *pair, *value;

	script->waiting = NULL;
	for (Py_ssize_t i = 0; waiting && i < PyList_GET_SIZE(waiting); i++) {
		pair = PyList_GET_ITEM(waiting, i);
		value = python_run(script, PyTuple_GET_ITEM(pair, 0), PyTuple_GET_ITEM(pair, 1));
		if (!value)
			python_failed(script, "kea.main", NULL);
		Py_XDECREF(value);
	}
	Py_XDECREF(waiting);
	python_leave(state);
}

/* What kea.main(function) returns. Its self is the pair of module and function. */
static PyObject *call_main(PyObject *self, PyObject *args)
{
	struct python_script *script = script_of(PyTuple_GET_ITEM(self, 0));
	PyObject *pair;
	bool is_first, ok;

	if (!script)
		return NULL;
	is_first = !script->waiting;
	if (is_first)
		script->waiting = PyList_New(0);
	if (script->waiting && PyList_GET_SIZE(script->waiting) >= SCRIPT_WAITING_MAX)
		return PyErr_Format(PyExc_RuntimeError, "the main thread is too busy: %d calls wait for it",
				    SCRIPT_WAITING_MAX);
	pair = script->waiting ? PyTuple_Pack(2, PyTuple_GET_ITEM(self, 1), args) : NULL;
	ok = pair && PyList_Append(script->waiting, pair) == 0;
	Py_XDECREF(pair);
	if (is_first && !ok)
		Py_CLEAR(script->waiting);
	else if (is_first)
		(void)kea->post(script->lib, run_waiting, script);
	return ok ? Py_NewRef(Py_None) : NULL;
}

static PyMethodDef main_method = { "main", call_main, METH_VARARGS, NULL };

PyObject *kea_main(PyObject *self, PyObject *args)
{
	PyObject *function, *pair, *result;

	if (!script_loading(self) || !PyArg_ParseTuple(args, "O", &function) || !is_function(function))
		return NULL;
	pair = PyTuple_Pack(2, self, function);
	result = pair ? PyCFunction_New(&main_method, pair) : NULL;
	Py_XDECREF(pair);
	return result;
}

/* --- classes ------------------------------------------------------------------------------------------------------ */

static PyMethodDef timer_methods[] = { SCRIPT_METHODS_TIMER(PYTHON_METHOD){ NULL, NULL, 0, NULL } };
static PyMethodDef watch_methods[] = { SCRIPT_METHODS_WATCH(PYTHON_METHOD){ NULL, NULL, 0, NULL } };

bool tasks_open(void)
{
	timer_class = class_new_gc("TIMER", sizeof(struct task_object), timer_methods, traverse_task, clear_task);
	watch_class = class_new_gc("WATCH", sizeof(struct task_object), watch_methods, traverse_task, clear_task);
	return timer_class && watch_class;
}

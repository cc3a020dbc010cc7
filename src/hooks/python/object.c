/* SPDX-License-Identifier: MPL-2.0 */
/* Objects in Python: a handle is valid during its call; fields and methods go by the shared rows. */
#include "python/python.h"

#include "script/describe.h"

#include <structmember.h>

#define KINDS (KEA_OBJECT_CALL + 1)

/* A handle; CALL has the object of the call's own fields. */
struct object {
	PyObject_HEAD struct kea_object *object;
	struct kea_call *call;
	uint64_t serial;
	enum kea_object_kind kind;
};

struct stat_object {
	PyObject_HEAD struct kea_stat *stat; /* as long as the script of the module is loaded */
	PyObject *module;                    /* NULL: garbage */
};

struct expression_object {
	PyObject_HEAD const struct kea_expression *expression;
	uint64_t script_number;
};

/* A parked packet; in the list of its script while it has a handle of the server. */
struct parked_object {
	PyObject_HEAD struct kea_parked *parked;
	struct python_script *script;
	struct parked_object *next, **link;
	PyObject *waiting; /* a list, which the packet has too: the function, and the tuple of resume() */
};

/* What lives as long as the packet. */
struct packet_data {
	PyObject *data;    /* a dict; NULL until it is used */
	PyObject *waiting; /* a list of what is called when it continues */
};

static PyObject *classes[KINDS], *stat_class, *parked_class, *expression_class;
static PyObject *names[KINDS]; /* of an attribute: a row of script_fields, or of script_parts after these */
#define PARTS_FROM 1000

static struct object *object_of(PyObject *self)
{
	return (struct object *)self;
}

PyObject *object_new(struct kea_call *call, struct kea_object *object)
{
	enum kea_object_kind kind;
	struct object *handle;

	if (!object)
		Py_RETURN_NONE;
	kind = kea->kind(object);
	handle = PyObject_New(struct object, (PyTypeObject *)classes[kind]);
	if (!handle)
		return NULL;
	handle->object = object;
	handle->call = call;
	handle->serial = running_call;
	handle->kind = kind;
	return (PyObject *)handle;
}

static void free_object(PyObject *self)
{
	PyTypeObject *type = Py_TYPE(self);

	PyObject_Free(self);
	Py_DECREF(type);
}

/* False: an exception is set. */
static bool is_valid(const struct object *handle)
{
	if (handle->serial == running_call)
		return true;
	PyErr_Format(PyExc_RuntimeError, "this %s was part of a call that has ended", script_kind(handle->kind));
	return false;
}

static PyObject *fail(PyObject *exception, const char *what, const char *name, int err)
{
	PyErr_Format(exception, "cannot %s \"%s\": %s", what, name, script_why(err));
	return NULL;
}

/* --- fields ------------------------------------------------------------------------------------------------------- */

static PyObject *text_new(const char *text, size_t len)
{
	return PyUnicode_DecodeUTF8(text, (Py_ssize_t)len, "surrogateescape");
}

static PyObject *get_field(const struct kea_object *object, const struct script_field *row)
{
	struct script_value value;
	int err = script_get(object, row, &value);

	if (err < 0)
		return fail(PyExc_ValueError, "read", row->name, err);
	if (value.type == KEA_TYPE_INT)
		return PyLong_FromLongLong(value.number);
	if (value.type == KEA_TYPE_BYTES)
		return PyBytes_FromStringAndSize(value.text, (Py_ssize_t)value.len);
	return text_new(value.text, value.len);
}

/* Returns the bytes of a str or bytes, as a new reference to bytes. NULL: an exception is set. */
static PyObject *bytes_of(PyObject *value)
{
	if (PyUnicode_Check(value))
		return PyUnicode_AsEncodedString(value, "utf-8", "surrogateescape");
	if (PyBytes_Check(value))
		return Py_NewRef(value);
	PyErr_Format(PyExc_TypeError, "expected str or bytes, not %s", Py_TYPE(value)->tp_name);
	return NULL;
}

/* Returns an enum kea_error, 0, or 1 if an exception is set. */
static int set_field(struct kea_object *object, const struct script_field *row, PyObject *value)
{
	PyObject *bytes;
	long long number;
	int err;

	if (row->type == KEA_TYPE_INT) {
		number = PyLong_AsLongLong(value);
		if (number == -1 && PyErr_Occurred())
			return 1;
		return kea->set_int(object, row->field, number);
	}
	bytes = bytes_of(value);
	if (!bytes)
		return 1;
	err = script_set_text(object, row, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
	Py_DECREF(bytes);
	return err < 0 ? err : 0;
}

/* --- parts -------------------------------------------------------------------------------------------------------- */

/* Takes the item. False: an exception is set. */
static bool append(PyObject *list, PyObject *item)
{
	bool ok = item && PyList_Append(list, item) == 0;

	Py_XDECREF(item);
	return ok;
}

static PyObject *list_new(const struct object *handle, const struct script_part *row)
{
	PyObject *list = PyList_New(0);
	struct kea_object *object;

	for (unsigned n = 0; list && n < SCRIPT_LIST_MAX; n++) {
		object = script_part(handle->call, handle->object, row, n);
		if (!object)
			break;
		if (!append(list, object_new(handle->call, object)))
			Py_CLEAR(list);
	}
	return list;
}

static PyObject *classes_new(struct kea_call *call)
{
	PyObject *list = PyList_New(0);
	const char *name;

	for (unsigned n = 0; list && n < SCRIPT_LIST_MAX && (name = kea->class_at(call, n)) != NULL; n++)
		if (!append(list, PyUnicode_FromString(name)))
			Py_CLEAR(list);
	return list;
}

static void end_packet(void *context)
{
	struct packet_data *data = context;
	PyGILState_STATE state = python_enter();

	Py_CLEAR(data->data);
	Py_CLEAR(data->waiting);
	python_leave(state);
}

static struct packet_data *packet_data(struct kea_call *call)
{
	struct packet_data *data = kea->packet_context(call, sizeof(*data), end_packet);

	if (!data)
		PyErr_SetString(PyExc_ValueError, "not possible at this point, or the memory of the packet is used up");
	return data;
}

static PyObject *get_data(struct kea_call *call)
{
	struct packet_data *data = packet_data(call);

	if (data && !data->data)
		data->data = PyDict_New();
	return data ? Py_XNewRef(data->data) : NULL;
}

static PyObject *get_part(const struct object *handle, const struct script_part *row)
{
	switch (row->kind) {
	case PART_ONE:
		return object_new(handle->call, script_part(handle->call, handle->object, row, 0));
	case PART_LIST:
	case PART_PARTS:
		return list_new(handle, row);
	case PART_CLASSES:
		return classes_new(handle->call);
	case PART_DATA:
		return get_data(handle->call);
	}
	Py_RETURN_NONE;
}

/* --- attributes --------------------------------------------------------------------------------------------------- */

/* Returns the row of the attribute; negative: it is none of the table. */
static long row_of(const struct object *handle, PyObject *name)
{
	PyObject *row = PyDict_GetItemWithError(names[handle->kind], name);

	return row ? PyLong_AsLong(row) : -1;
}

static PyObject *get_attribute(PyObject *self, PyObject *name)
{
	const struct object *handle = object_of(self);
	long row = row_of(handle, name);

	if (row < 0)
		return PyErr_Occurred() ? NULL : PyObject_GenericGetAttr(self, name);
	if (!is_valid(handle))
		return NULL;
	return row < PARTS_FROM ? get_field(handle->object, &script_fields[row])
				: get_part(handle, &script_parts[row - PARTS_FROM]);
}

/* Returns the field; NULL: an exception is set. */
static const struct script_field *named_field(const struct object *handle, PyObject *name)
{
	long row = row_of(handle, name);

	if (row >= 0 && row < PARTS_FROM)
		return &script_fields[row];
	if (!PyErr_Occurred())
		PyErr_Format(PyExc_AttributeError, "%s has no attribute \"%S\" in %s that can be written",
			     script_kind(handle->kind), name, script_server(kea->family(kea->library(handle->call))));
	return NULL;
}

static int set_attribute(PyObject *self, PyObject *name, PyObject *value)
{
	const struct object *handle = object_of(self);
	const struct script_field *row = is_valid(handle) ? named_field(handle, name) : NULL;
	int err;

	if (!row)
		return -1;
	if (!value) {
		PyErr_SetString(PyExc_TypeError, "fields cannot be deleted");
		return -1;
	}
	err = set_field(handle->object, row, value);
	if (err < 0)
		(void)fail(PyExc_ValueError, "set", row->name, err);
	return err ? -1 : 0;
}

static PyObject *set(PyObject *self, PyObject *args)
{
	const struct object *handle = object_of(self);
	const struct script_field *row;
	PyObject *name, *value;
	int err;

	if (!PyArg_ParseTuple(args, "UO", &name, &value) || !is_valid(handle))
		return NULL;
	row = named_field(handle, name);
	if (!row)
		return NULL;
	err = set_field(handle->object, row, value);
	if (err == KEA_E_UNSUPPORTED || err == KEA_E_NOENT)
		return fail(PyExc_ValueError, "set", row->name, err);
	return err > 0 ? NULL : PyBool_FromLong(err == 0);
}

/* --- options ------------------------------------------------------------------------------------------------------ */

struct path {
	uint32_t codes[SCRIPT_PATH_MAX];
	unsigned depth;
};

static bool add_code(const struct object *handle, struct path *path, PyObject *item)
{
	long long code;

	if (path->depth == SCRIPT_PATH_MAX) {
		PyErr_SetString(PyExc_ValueError, "the path is too long");
		return false;
	}
	if (!path->depth && PyUnicode_Check(item)) {
		const char *name = PyUnicode_AsUTF8(item);

		code = name ? kea->option_code(handle->call, NULL, name) : 0;
		if (code < 0)
			PyErr_Format(PyExc_ValueError, "there is no option \"%s\"", name);
	} else {
		code = PyLong_AsLongLong(item);
		if (!PyErr_Occurred() && (code < 0 || code > UINT32_MAX))
			PyErr_SetString(PyExc_ValueError, "not the code of an option");
	}
	if (PyErr_Occurred())
		return false;
	path->codes[path->depth++] = (uint32_t)code;
	return true;
}

/* Reads the first n arguments, at least `least`. False: an exception is set. */
static bool read_path(const struct object *handle, PyObject *args, Py_ssize_t n, Py_ssize_t least, struct path *path)
{
	path->depth = 0;
	if (!is_valid(handle))
		return false;
	if (n < least) {
		PyErr_SetString(PyExc_TypeError, "the code of an option is missing");
		return false;
	}
	for (Py_ssize_t i = 0; i < n; i++)
		if (!add_code(handle, path, PyTuple_GET_ITEM(args, i)))
			return false;
	return true;
}

static PyObject *option(PyObject *self, PyObject *args)
{
	const struct object *handle = object_of(self);
	struct path path;
	const char *data;
	size_t len;

	if (!read_path(handle, args, PyTuple_GET_SIZE(args), 1, &path))
		return NULL;
	data = kea->option_get(handle->object, path.codes, path.depth, 0, &len);
	if (!data)
		Py_RETURN_NONE;
	return PyBytes_FromStringAndSize(data, (Py_ssize_t)len);
}

static PyObject *options(PyObject *self, PyObject *args)
{
	const struct object *handle = object_of(self);
	struct path path;
	uint32_t code;
	const void *data;
	size_t len;
	PyObject *list;

	if (!read_path(handle, args, PyTuple_GET_SIZE(args), 0, &path))
		return NULL;
	list = PyList_New(0);
	for (unsigned i = 0; list && i < SCRIPT_LIST_MAX &&
			     kea->option_at(handle->object, path.codes, path.depth, i, &code, &data, &len) > 0;
	     i++)
		if (!append(list, Py_BuildValue("(ky#)", (unsigned long)code, len ? (const char *)data : "",
						(Py_ssize_t)len)))
			Py_CLEAR(list);
	return list;
}

typedef int edit_fn(struct kea_object *packet, const uint32_t *path, unsigned depth, const void *data, size_t len);

static PyObject *edit(PyObject *self, PyObject *args, edit_fn *fn, const char *what)
{
	const struct object *handle = object_of(self);
	Py_ssize_t n = PyTuple_GET_SIZE(args);
	struct path path;
	PyObject *value;
	int err;

	if (!read_path(handle, args, n - 1, 1, &path))
		return NULL;
	value = bytes_of(PyTuple_GET_ITEM(args, n - 1));
	if (!value)
		return NULL;
	err = fn(handle->object, path.codes, path.depth, PyBytes_AS_STRING(value), (size_t)PyBytes_GET_SIZE(value));
	Py_DECREF(value);
	if (err >= 0)
		Py_RETURN_NONE;
	return PyErr_Format(PyExc_ValueError, "cannot %s option %u: %s", what, (unsigned)path.codes[0],
			    script_why(err));
}

static PyObject *set_option(PyObject *self, PyObject *args)
{
	return edit(self, args, kea->option_set, "set");
}

static PyObject *add_option(PyObject *self, PyObject *args)
{
	return edit(self, args, kea->option_add, "add");
}

static PyObject *delete_option(PyObject *self, PyObject *args)
{
	const struct object *handle = object_of(self);
	struct path path;
	int n;

	if (!read_path(handle, args, PyTuple_GET_SIZE(args), 1, &path))
		return NULL;
	n = kea->option_delete(handle->object, path.codes, path.depth);
	if (n >= 0)
		return PyLong_FromLong(n);
	return PyErr_Format(PyExc_ValueError, "cannot delete option %u: %s", (unsigned)path.codes[0], script_why(n));
}

/* --- the call ----------------------------------------------------------------------------------------------------- */

static PyObject *CALL_has_class(PyObject *self, PyObject *args)
{
	const struct object *handle = object_of(self);
	const char *name;

	if (!PyArg_ParseTuple(args, "s", &name) || !is_valid(handle))
		return NULL;
	return PyBool_FromLong(kea->class_has(handle->call, name));
}

static PyObject *CALL_add_class(PyObject *self, PyObject *args)
{
	const struct object *handle = object_of(self);
	const char *name;
	int err;

	if (!PyArg_ParseTuple(args, "s", &name) || !is_valid(handle))
		return NULL;
	err = kea->class_add(handle->call, name);
	if (err < 0 && err != KEA_E_NOENT)
		return fail(PyExc_ValueError, "add class", name, err);
	return PyBool_FromLong(err >= 0);
}

static PyObject *CALL_select_subnet(PyObject *self, PyObject *args)
{
	const struct object *handle = object_of(self);
	long long id;
	int err;

	if (!PyArg_ParseTuple(args, "L", &id) || !is_valid(handle))
		return NULL;
	err = id >= 0 && id <= UINT32_MAX ? kea->set_subnet_id(handle->call, (uint32_t)id) : KEA_E_NOENT;
	if (err < 0 && err != KEA_E_NOENT)
		return PyErr_Format(PyExc_ValueError, "cannot select a subnet: %s", script_why(err));
	return PyBool_FromLong(err >= 0);
}

/* --- parking ------------------------------------------------------------------------------------------------------ */

/* Called by the server in the packet's thread; the context is a list of the packet. */
static int resumed(struct kea_call *call, void *context)
{
	PyGILState_STATE state = python_enter();
	PyObject *function = PyList_GET_ITEM(context, 0);
	PyObject *values = PyList_GET_SIZE(context) > 1 ? PyList_GET_ITEM(context, 1) : NULL;
	int verdict = function == Py_None ? KEA_CONTINUE : python_call(call, function, values);

	python_leave(state);
	return verdict;
}

static struct kea_parked *take(struct parked_object *parked)
{
	struct kea_parked *handle = parked->parked;

	if (!handle)
		return NULL;
	*parked->link = parked->next;
	if (parked->next)
		parked->next->link = parked->link;
	parked->parked = NULL;
	return handle;
}

/* Returns a list with the function, which lives as long as the packet. A new reference; NULL: an exception is set. */
static PyObject *waiting_new(struct kea_call *call, PyObject *function)
{
	struct packet_data *data = packet_data(call);
	PyObject *waiting = NULL;

	if (data && !data->waiting)
		data->waiting = PyList_New(0);
	if (data && data->waiting)
		waiting = Py_BuildValue("[O]", function);
	if (waiting && PyList_Append(data->waiting, waiting) < 0)
		Py_CLEAR(waiting);
	return waiting;
}

static PyObject *CALL_park(PyObject *self, PyObject *args)
{
	const struct object *handle = object_of(self);
	struct parked_object *parked;
	PyObject *function = Py_None, *waiting;
	long long ms;

	if (!PyArg_ParseTuple(args, "L|O", &ms, &function) || !is_valid(handle))
		return NULL;
	if (function != Py_None && !PyCallable_Check(function)) {
		PyErr_SetString(PyExc_TypeError, "the second argument is not a function");
		return NULL;
	}
	waiting = waiting_new(handle->call, function);
	if (!waiting)
		return NULL;
	parked = PyObject_GC_New(struct parked_object, (PyTypeObject *)parked_class);
	if (!parked) {
		Py_DECREF(waiting);
		return NULL;
	}
	parked->waiting = waiting;
	parked->parked = NULL;
	PyObject_GC_Track(parked);
	parked->parked = kea->park(handle->call, ms, resumed, waiting);
	if (!parked->parked) {
		Py_DECREF(parked);
		PyErr_SetString(PyExc_ValueError,
				"cannot park: not at this point, or \"parked-packet-limit\" is reached");
		return NULL;
	}
	parked->script = running;
	parked->next = running->parked;
	parked->link = &running->parked;
	if (parked->next)
		parked->next->link = &parked->next;
	running->parked = parked;
	return (PyObject *)parked;
}

/* They return false if the packet has waited too long, or was continued before. */
static PyObject *PARKED_resume(PyObject *self, PyObject *args)
{
	struct parked_object *parked = (struct parked_object *)self;
	struct kea_parked *handle;

	if (parked->parked && PyTuple_GET_SIZE(args) && PyList_Append(parked->waiting, args) < 0)
		return NULL;
	handle = take(parked);
	return PyBool_FromLong(handle && kea->resume(handle) == 0);
}

static PyObject *PARKED_drop(PyObject *self, PyObject *args)
{
	struct kea_parked *handle;

	if (!PyArg_ParseTuple(args, ""))
		return NULL;
	handle = take((struct parked_object *)self);
	return PyBool_FromLong(handle && kea->drop(handle) == 0);
}

/* Nobody can resume the packet any longer. */
static int clear_parked(PyObject *self)
{
	struct kea_parked *handle = take((struct parked_object *)self);

	if (handle)
		(void)kea->drop(handle);
	Py_CLEAR(((struct parked_object *)self)->waiting);
	return 0;
}

/* A script may have it in a variable, and it has a function of the script. */
static int traverse_parked(PyObject *self, visitproc visit, void *arg)
{
	Py_VISIT(Py_TYPE(self));
	Py_VISIT(((struct parked_object *)self)->waiting);
	return 0;
}

void objects_end_parked(struct python_script *script)
{
	struct parked_object *parked;

	while ((parked = script->parked) != NULL)
		(void)kea->drop(take(parked));
}

/* --- statistics --------------------------------------------------------------------------------------------------- */

PyObject *stat_new(PyObject *module, struct kea_stat *stat)
{
	struct stat_object *object = PyObject_GC_New(struct stat_object, (PyTypeObject *)stat_class);

	if (!object)
		return NULL;
	object->stat = stat;
	object->module = Py_NewRef(module);
	PyObject_GC_Track(object);
	return (PyObject *)object;
}

static int traverse_stat(PyObject *self, visitproc visit, void *arg)
{
	Py_VISIT(Py_TYPE(self));
	Py_VISIT(((struct stat_object *)self)->module);
	return 0;
}

static int clear_stat(PyObject *self)
{
	Py_CLEAR(((struct stat_object *)self)->module);
	return 0;
}

/* A thread of the script may live longer than the statistic. NULL: an exception is set. */
static struct kea_stat *stat_of(PyObject *self)
{
	const struct stat_object *object = (struct stat_object *)self;

	return script_of(object->module) ? object->stat : NULL;
}

static PyObject *STAT_add(PyObject *self, PyObject *args)
{
	struct kea_stat *stat;
	long long n = 1;

	/* First: an argument may run Python, which may unload the script. */
	if (!PyArg_ParseTuple(args, "|L", &n) || !(stat = stat_of(self)))
		return NULL;
	kea->stat_add(stat, n);
	Py_RETURN_NONE;
}

static PyObject *STAT_set(PyObject *self, PyObject *args)
{
	struct kea_stat *stat;
	long long n;

	if (!PyArg_ParseTuple(args, "L", &n) || !(stat = stat_of(self)))
		return NULL;
	kea->stat_set(stat, n);
	Py_RETURN_NONE;
}

static PyObject *STAT_get(PyObject *self, PyObject *args)
{
	const struct kea_stat *stat = stat_of(self);

	if (!stat || !PyArg_ParseTuple(args, ""))
		return NULL;
	return PyLong_FromLongLong(kea->stat_get(stat));
}

/* --- expressions -------------------------------------------------------------------------------------------------- */

PyObject *expression_new(const struct kea_expression *expression, uint64_t script_number)
{
	struct expression_object *object = PyObject_New(struct expression_object, (PyTypeObject *)expression_class);

	if (object) {
		object->expression = expression;
		object->script_number = script_number;
	}
	return (PyObject *)object;
}

static PyObject *EXPRESSION_evaluate(PyObject *self, PyObject *args)
{
	const struct expression_object *object = (struct expression_object *)self;
	const struct object *handle;
	PyObject *packet;
	const char *text;
	size_t len;

	if (!PyArg_ParseTuple(args, "O!", classes[KEA_OBJECT_PACKET], &packet))
		return NULL;
	handle = object_of(packet);
	if (!is_valid(handle))
		return NULL;
	if (!running || object->script_number != running->number) {
		PyErr_SetString(PyExc_RuntimeError, "this EXPRESSION belongs to another script");
		return NULL;
	}
	if (kea->is_test(handle->object, object->expression))
		return PyBool_FromLong(kea->test(handle->object, object->expression));
	text = kea->evaluate(handle->object, object->expression, &len);
	return PyBytes_FromStringAndSize(text ? text : "", text ? (Py_ssize_t)len : 0);
}

/* --- classes ------------------------------------------------------------------------------------------------------ */

#define END                         \
	{                           \
		NULL, NULL, 0, NULL \
	}
static PyMethodDef call_methods[] = { SCRIPT_METHODS_CALL(PYTHON_METHOD) END };
static PyMethodDef packet_methods[] = { SCRIPT_METHODS_PACKET(PYTHON_METHOD) END };
static PyMethodDef relay_methods[] = { SCRIPT_METHODS_RELAY(PYTHON_METHOD) END };
static PyMethodDef lease_methods[] = { SCRIPT_METHODS_LEASE(PYTHON_METHOD) END };
static PyMethodDef stat_methods[] = { SCRIPT_METHODS_STAT(PYTHON_METHOD) END };
static PyMethodDef parked_methods[] = { SCRIPT_METHODS_PARKED(PYTHON_METHOD) END };
static PyMethodDef expression_methods[] = { SCRIPT_METHODS_EXPRESSION(PYTHON_METHOD) END };
static PyMethodDef no_methods[] = { END };

static PyMethodDef *methods_of(unsigned kind)
{
	switch (kind) {
	case KEA_OBJECT_CALL:
		return call_methods;
	case KEA_OBJECT_PACKET:
		return packet_methods;
	case KEA_OBJECT_RELAY:
		return relay_methods;
	case KEA_OBJECT_LEASE:
		return lease_methods;
	default:
		return no_methods;
	}
}

PyObject *class_new(const char *name, size_t size, PyMethodDef *methods, destructor destroy, bool has_fields)
{
	PyType_Slot slots[] = {
		{ Py_tp_methods, methods },
		{ Py_tp_dealloc, (void *)destroy },
		{ has_fields ? Py_tp_getattro : 0, (void *)get_attribute },
		{ Py_tp_setattro, (void *)set_attribute },
		{ 0, NULL },
	};
	char full[SCRIPT_LABEL_MAX];
	PyType_Spec spec = {
		.name = full,
		.basicsize = (int)size,
		.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
		.slots = slots,
	};

	snprintf(full, sizeof(full), "kea.%s", name);
	return PyType_FromSpec(&spec);
}

/* clear() is a slot of the class, too. */
static void free_gc(PyObject *self)
{
	PyTypeObject *type = Py_TYPE(self);

	PyObject_GC_UnTrack(self);
	(void)type->tp_clear(self);
	PyObject_GC_Del(self);
	Py_DECREF(type);
}

PyObject *class_new_gc(const char *name, size_t size, PyMethodDef *methods, traverseproc traverse, inquiry clear)
{
	PyType_Slot slots[] = {
		{ Py_tp_methods, methods },
		{ Py_tp_dealloc, (void *)free_gc },
		{ Py_tp_traverse, (void *)traverse },
		{ Py_tp_clear, (void *)clear },
		{ 0, NULL },
	};
	char full[SCRIPT_LABEL_MAX];
	PyType_Spec spec = {
		.name = full,
		.basicsize = (int)size,
		.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
		.slots = slots,
	};

	snprintf(full, sizeof(full), "kea.%s", name);
	return PyType_FromSpec(&spec);
}

static bool add_name(PyObject *dict, const char *name, long row)
{
	PyObject *number = PyLong_FromLong(row);
	bool ok = number && PyDict_SetItemString(dict, name, number) == 0;

	Py_XDECREF(number);
	return ok;
}

static PyObject *names_new(unsigned kind, int family)
{
	PyObject *dict = PyDict_New();
	bool ok = dict != NULL;

	for (unsigned i = 0; i < script_fields_n && ok; i++)
		if ((unsigned)script_fields[i].field >> 16 == kind && script_is_for(script_fields[i].families, family))
			ok = add_name(dict, script_fields[i].name, i);
	for (unsigned i = 0; i < script_parts_n && ok; i++)
		if ((unsigned)script_parts[i].object == kind && script_is_for(script_parts[i].families, family))
			ok = add_name(dict, script_parts[i].name, PARTS_FROM + (long)i);
	if (!ok)
		Py_CLEAR(dict);
	return dict;
}

bool objects_open(int family)
{
	if (expression_class)
		return true;
	for (unsigned kind = KEA_OBJECT_PACKET; kind < KINDS; kind++) {
		names[kind] = names_new(kind, family);
		classes[kind] = class_new(script_kind((enum kea_object_kind)kind), sizeof(struct object),
					  methods_of(kind), free_object, true);
		if (!names[kind] || !classes[kind])
			return false;
	}
	stat_class = class_new_gc("STAT", sizeof(struct stat_object), stat_methods, traverse_stat, clear_stat);
	parked_class =
		class_new_gc("PARKED", sizeof(struct parked_object), parked_methods, traverse_parked, clear_parked);
	if (!stat_class || !parked_class || !tasks_open())
		return false;
	expression_class =
		class_new("EXPRESSION", sizeof(struct expression_object), expression_methods, free_object, false);
	return expression_class != NULL;
}

/* SPDX-License-Identifier: MPL-2.0 */
/* The module kea: the functions and values of the shared rows. Each script has its own. */
#include "python/python.h"

#include "script/describe.h"

#define JSON_DEPTH_MAX 64

struct python_script *script_of(PyObject *self)
{
	const struct python_module *module = self ? PyModule_GetState(self) : NULL;

	if (module && module->script)
		return module->script;
	PyErr_SetString(PyExc_RuntimeError, "the script was unloaded");
	return NULL;
}

struct python_script *script_loading(PyObject *self)
{
	struct python_script *script = script_of(self);

	if (!script || (script == running && script->base.is_loading))
		return script;
	PyErr_SetString(PyExc_RuntimeError,
			"only while the script is loaded, outside of its functions for hook points");
	return NULL;
}

/* --- JSON --------------------------------------------------------------------------------------------------------- */

static PyObject *value_new(const struct kea_json *json, unsigned depth);

static PyObject *container_new(const struct kea_json *json, unsigned depth)
{
	bool is_map = kea->json_type(json) == KEA_JSON_MAP, ok;
	PyObject *container = is_map ? PyDict_New() : PyList_New(0), *value;
	const char *key;

	for (size_t i = 0; container && i < kea->json_count(json); i++) {
		const struct kea_json *member = kea->json_at(json, i, &key);

		value = value_new(member, depth);
		ok = value &&
		     (is_map ? PyDict_SetItemString(container, key, value) : PyList_Append(container, value)) == 0;
		Py_XDECREF(value);
		if (!ok)
			Py_CLEAR(container);
	}
	return container;
}

static PyObject *value_new(const struct kea_json *json, unsigned depth)
{
	switch (kea->json_type(json)) {
	case KEA_JSON_BOOL:
		return PyBool_FromLong(kea->json_bool(json));
	case KEA_JSON_INT:
		return PyLong_FromLongLong(kea->json_int(json));
	case KEA_JSON_REAL:
		return PyFloat_FromDouble(kea->json_real(json));
	case KEA_JSON_TEXT:
		return PyUnicode_FromString(kea->json_text(json));
	case KEA_JSON_LIST:
	case KEA_JSON_MAP:
		if (depth)
			return container_new(json, depth - 1);
		PyErr_SetString(PyExc_ValueError, "the JSON has too many levels");
		return NULL;
	case KEA_JSON_NULL:
		break;
	}
	Py_RETURN_NONE;
}

PyObject *json_new(const struct kea_json *json)
{
	return value_new(json, JSON_DEPTH_MAX);
}

/* --- functions ---------------------------------------------------------------------------------------------------- */

static PyObject *on(PyObject *self, const char *point, PyObject *function)
{
	struct python_script *script = script_loading(self);
	const char *why;
	int slot;

	if (!script)
		return NULL;
	if (!PyCallable_Check(function))
		return PyErr_Format(PyExc_TypeError, "%s is not a function", Py_TYPE(function)->tp_name);
	slot = script_on(&script->base, script->lib, point, &why);
	if (slot < 0)
		return PyErr_Format(PyExc_ValueError, "\"%s\": %s", point, why);
	script->functions[slot] = Py_NewRef(function);
	return Py_NewRef(function);
}

/* What kea.on(point) returns: a decorator. Its self is the pair of module and point. */
static PyObject *decorate(PyObject *self, PyObject *function)
{
	const char *point = PyUnicode_AsUTF8(PyTuple_GET_ITEM(self, 1));

	return point ? on(PyTuple_GET_ITEM(self, 0), point, function) : NULL;
}

static PyMethodDef decorator = { "on", decorate, METH_O, NULL };

static PyObject *kea_on(PyObject *self, PyObject *args)
{
	PyObject *function = NULL, *pair, *result;
	const char *point;

	if (!PyArg_ParseTuple(args, "s|O", &point, &function))
		return NULL;
	if (function)
		return on(self, point, function);
	pair = Py_BuildValue("(Os)", self, point);
	result = pair ? PyCFunction_New(&decorator, pair) : NULL;
	Py_XDECREF(pair);
	return result;
}

/* Returns the text of the only argument, whatever it is; a new reference in *ret. NULL: an exception is set. */
static const char *line_of(PyObject *args, PyObject **ret)
{
	PyObject *value;
	const char *line;

	if (!PyArg_ParseTuple(args, "O", &value))
		return NULL;
	*ret = PyObject_Str(value);
	line = *ret ? PyUnicode_AsUTF8(*ret) : NULL;
	if (!line)
		Py_CLEAR(*ret);
	return line;
}

#define LOGGER(level, id)                                                \
	static PyObject *kea_##level(PyObject *self, PyObject *args)     \
	{                                                                \
		const struct python_script *script = script_of(self);    \
		PyObject *text = NULL;                                   \
		const char *line = script ? line_of(args, &text) : NULL; \
                                                                         \
		if (!line)                                               \
			return NULL;                                     \
		LOG(id, script->base.name, line);                        \
		Py_DECREF(text);                                         \
		Py_RETURN_NONE;                                          \
	}
LOGGER(debug, PYTHON_SCRIPT_DEBUG)
LOGGER(info, PYTHON_SCRIPT_INFO)
LOGGER(warn, PYTHON_SCRIPT_WARN)
LOGGER(error, PYTHON_SCRIPT_ERROR)

static PyObject *kea_stat(PyObject *self, PyObject *args)
{
	struct python_script *script = script_of(self);
	struct kea_stat *stat;
	const char *name;

	if (!script || !PyArg_ParseTuple(args, "s", &name))
		return NULL;
	stat = script_stat(&script->base, script->lib, name);
	if (stat)
		return stat_new(self, stat);
	return PyErr_Format(PyExc_ValueError, "statistic \"%s\": at most %d are created, while the script is loaded",
			    name, SCRIPT_STATS_MAX);
}

static PyObject *kea_at_unload(PyObject *self, PyObject *args)
{
	struct python_script *script = script_loading(self);
	PyObject *function;

	if (!script || !PyArg_ParseTuple(args, "O", &function))
		return NULL;
	if (!PyCallable_Check(function))
		return PyErr_Format(PyExc_TypeError, "%s is not a function", Py_TYPE(function)->tp_name);
	if (!script->endings)
		script->endings = PyList_New(0);
	if (!script->endings || PyList_Append(script->endings, function) < 0)
		return NULL;
	Py_RETURN_NONE;
}

static PyObject *kea_depends_on(PyObject *self, PyObject *args)
{
	struct python_script *script = script_loading(self);
	const char *path;

	if (!script || !PyArg_ParseTuple(args, "s", &path))
		return NULL;
	(void)kea->depends_on(script->lib, path);
	Py_RETURN_NONE;
}

static PyObject *kea_expression(PyObject *self, PyObject *args)
{
	struct python_script *script = script_loading(self);
	const struct kea_expression *expression;
	PyFrameObject *frame = PyEval_GetFrame();
	const char *text;

	if (!script || !PyArg_ParseTuple(args, "s", &text))
		return NULL;
	expression = script_expression(&script->base, script->lib, text, frame ? PyFrame_GetLineNumber(frame) : 0);
	if (expression)
		return expression_new(expression, script->number);
	return PyErr_Format(PyExc_ValueError, "at most %d expressions", SCRIPT_EXPRESSIONS_MAX);
}

static PyObject *kea_hex(PyObject *self, PyObject *args)
{
	const char *data;
	Py_ssize_t len;
	PyObject *text;
	char *buf;

	(void)self;
	if (!PyArg_ParseTuple(args, "y#", &data, &len))
		return NULL;
	buf = len <= SCRIPT_TEXT_MAX ? PyMem_Malloc(3 * (size_t)len + 1) : NULL;
	if (!buf)
		return PyErr_NoMemory();
	text = PyUnicode_FromStringAndSize(buf, (Py_ssize_t)script_hex((const unsigned char *)data, (size_t)len, buf));
	PyMem_Free(buf);
	return text;
}

static PyObject *kea_unhex(PyObject *self, PyObject *args)
{
	PyObject *bytes = NULL;
	const char *text;
	Py_ssize_t len;
	unsigned char *buf;
	int n;

	(void)self;
	if (!PyArg_ParseTuple(args, "s#", &text, &len))
		return NULL;
	buf = PyMem_Malloc((size_t)len / 2 + 1);
	if (!buf)
		return PyErr_NoMemory();
	n = script_unhex(text, (size_t)len, buf);
	if (n >= 0)
		bytes = PyBytes_FromStringAndSize((const char *)buf, n);
	else
		PyErr_SetString(PyExc_ValueError, "not pairs of hexadecimal digits");
	PyMem_Free(buf);
	return bytes;
}

static PyObject *kea_addr_text(PyObject *self, PyObject *args)
{
	char text[INET6_ADDRSTRLEN];
	const char *data;
	Py_ssize_t len;

	(void)self;
	if (!PyArg_ParseTuple(args, "y#", &data, &len))
		return NULL;
	if (script_addr_text(data, (size_t)len, text))
		return PyUnicode_FromString(text);
	PyErr_SetString(PyExc_ValueError, "an address has 4 or 16 bytes");
	return NULL;
}

static PyObject *kea_addr_bytes(PyObject *self, PyObject *args)
{
	unsigned char bytes[16];
	const char *text;
	size_t len;

	(void)self;
	if (!PyArg_ParseTuple(args, "s", &text))
		return NULL;
	len = script_addr_bytes(text, bytes);
	if (len)
		return PyBytes_FromStringAndSize((const char *)bytes, (Py_ssize_t)len);
	PyErr_SetString(PyExc_ValueError, "not an address");
	return NULL;
}

/* --- values ------------------------------------------------------------------------------------------------------- */

static PyObject *new_parameters(const struct python_script *script)
{
	return script->base.parameters ? json_new(script->base.parameters) : PyDict_New();
}

static PyObject *new_family(const struct python_script *script)
{
	return PyLong_FromLong(kea->family(script->lib));
}

static PyObject *new_is_check(const struct python_script *script)
{
	return PyBool_FromLong(kea->is_check(script->lib));
}

#define VERDICT(name)                                                   \
	static PyObject *new_##name(const struct python_script *script) \
	{                                                               \
		(void)script;                                           \
		return PyLong_FromLong(KEA_##name);                     \
	}
VERDICT(CONTINUE)
VERDICT(SKIP)
VERDICT(DROP)
VERDICT(PARK)

#define FUNCTION(name, arguments, doc) { #name, kea_##name, METH_VARARGS, #name "(" arguments ")\n\n" doc },
static PyMethodDef functions[] = { SCRIPT_FUNCTIONS(FUNCTION)
					   SCRIPT_FUNCTIONS_PYTHON(FUNCTION){ NULL, NULL, 0, NULL } };

#define VALUE(name, doc) { #name, new_##name },
static const struct {
	const char *name;
	PyObject *(*new)(const struct python_script *script);
} values[] = { SCRIPT_VALUES(VALUE) };

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "kea",
	.m_doc = "The DHCP server that runs the script.",
	.m_size = sizeof(struct python_module),
	.m_methods = functions,
};

PyObject *module_new(struct python_script *script)
{
	PyObject *module = PyModule_Create(&definition), *value;

	if (!module)
		return NULL;
	((struct python_module *)PyModule_GetState(module))->script = script;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		value = values[i].new(script);
		if (!value || PyModule_AddObject(module, values[i].name, value) < 0) {
			Py_XDECREF(value);
			Py_DECREF(module);
			return NULL;
		}
	}
	return module;
}

void module_end(PyObject *module)
{
	((struct python_module *)PyModule_GetState(module))->script = NULL;
}

/*
 * plugin_class.c
 *	  From the source of a plugin to an object of its class.
 *
 * A source is executed as a module nfstream_plugins.NAME, so that no plugin hides a module that another one imports.  NFPlugin is
 * there whether it imports it or not.  What a pickle calls __main__ is the plugin's module: that is where the class stood when
 * the object was pickled.
 */
#include "meter/python/plugin_class.h"

#include <stdio.h>

#include "meter/python/module.h"

#define MODULE_PREFIX "nfstream_plugins."
#define CLASSES_MAX	  8 /* whose names a message has */

/* Fills `wrong` and takes the exception, if there is one, for its detail. */
static PyObject *
fail(ClassWrong *wrong, const char *text)
{
	wrong->code = PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_ModuleNotFoundError) ? FAILURE_PLUGIN_IMPORT : FAILURE_PLUGIN;
	snprintf(wrong->text, sizeof(wrong->text), "%s", text);
	wrong->detail[0] = '\0';
	if (PyErr_Occurred())
		traceback_take(wrong->detail);
	return NULL;
}

/* The name of a file, for tracebacks. */
static void
file_name(const PluginOrder *order, char name[PLUGIN_NAME_BYTES + 4])
{
	snprintf(name, PLUGIN_NAME_BYTES + 4, "%.*s.py", (int) order->name.length, order->name.bytes);
}

/* -------------------------------------------------------------------------------------------------------------- the module */

static PyObject *
compile_source(const PluginOrder *order, ClassWrong *wrong)
{
	PyCompilerFlags flags = {.cf_flags = PyCF_IGNORE_COOKIE, .cf_feature_version = PY_MINOR_VERSION};
	char			name[PLUGIN_NAME_BYTES + 4];
	PyObject	   *text = PyBytes_FromStringAndSize(order->source.bytes, order->source.length),
			 *code;

	if (text == NULL)
		return fail(wrong, "does not compile");
	if (strlen(PyBytes_AS_STRING(text)) != order->source.length)
	{
		Py_DECREF(text);
		fail(wrong, "does not compile: its source has a NUL");
		wrong->code = FAILURE_PLUGIN_SOURCE;
		return NULL;
	}
	file_name(order, name);
	code = Py_CompileStringExFlags(PyBytes_AS_STRING(text), name, Py_file_input, &flags, 0);
	Py_DECREF(text);
	if (code == NULL)
	{
		char said[TRACEBACK_MAX];

		wrong->code = FAILURE_PLUGIN_SOURCE;
		traceback_take_syntax(said);
		if (strncmp(said, "line ", 5) == 0)
			snprintf(wrong->text, sizeof(wrong->text), "does not compile: %.200s", said);
		else
			snprintf(wrong->text, sizeof(wrong->text), "does not compile");
		snprintf(wrong->detail, sizeof(wrong->detail), "%s", strncmp(said, "line ", 5) == 0 ? "" : said);
	}
	return code;
}

/* What a module starts with. */
static bool
fill_module(PyObject *names, const PluginOrder *order)
{
	char	  file[PLUGIN_NAME_BYTES + 4];
	PyObject *loader = PyObject_CallFunction(module_get("SourceLoader"), "s#", order->source.bytes, (Py_ssize_t) order->source.length),
			 *name;
	bool filled;

	file_name(order, file);
	name = PyUnicode_FromString(file);
	filled = loader != NULL && name != NULL &&
			 traceback_add_source(file, order->source.bytes, order->source.length) &&
			 PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()) == 0 &&
			 PyDict_SetItemString(names, "__loader__", loader) == 0 &&
			 PyDict_SetItemString(names, "__file__", name) == 0 &&
			 PyDict_SetItemString(names, "NFPlugin", module_get("NFPlugin")) == 0 &&
			 PyDict_SetItemString(names, "NFStreamer", module_get("NFStreamer")) == 0;
	Py_XDECREF(loader);
	Py_XDECREF(name);
	return filled;
}

/* The module, as a borrowed reference. */
static PyObject *
load_module(const PluginOrder *order, ClassWrong *wrong)
{
	char	  name[sizeof(MODULE_PREFIX) + PLUGIN_NAME_BYTES];
	PyObject *module,
		*code,
		*done = NULL;

	snprintf(name, sizeof(name), MODULE_PREFIX "%.*s", (int) order->name.length, order->name.bytes);
	module = py_imported(name);
	if (module != NULL)
		return module;
	code = compile_source(order, wrong);
	if (code == NULL)
		return NULL;
	module = PyImport_AddModule(name);
	if (module != NULL && fill_module(PyModule_GetDict(module), order))
		done = PyEval_EvalCode(code, PyModule_GetDict(module), PyModule_GetDict(module));
	Py_DECREF(code);
	if (done == NULL)
		return fail(wrong, "failed when its source was executed");
	Py_DECREF(done);
	return module;
}

/* --------------------------------------------------------------------------------------------------------------- the class */

static bool
derives(PyObject *value)
{
	return PyType_Check(value) && value != module_get("NFPlugin") &&
		   PyType_IsSubtype((PyTypeObject *) value, (PyTypeObject *) module_get("NFPlugin"));
}

/* Whether a class stands in this very module, and was not imported into it. */
static bool
is_of_module(PyObject *class, PyObject *module)
{
	PyObject *its = PyObject_GetAttrString(class, "__module__"),
			 *name = PyModule_GetNameObject(module);
	int is = its == NULL || name == NULL ? 0 : PyObject_RichCompareBool(its, name, Py_EQ);

	PyErr_Clear();
	Py_XDECREF(its);
	Py_XDECREF(name);
	return is == 1;
}

static PyObject *
named_class(PyObject *module, PluginText name, ClassWrong *wrong)
{
	char	  text[PLUGIN_NAME_BYTES + 1];
	PyObject *class;

	snprintf(text, sizeof(text), "%.*s", (int) name.length, name.bytes);
	class = PyDict_GetItemString(PyModule_GetDict(module), text);
	if (class != NULL && derives(class))
		return py_hold(class);
	wrong->code = FAILURE_PLUGIN_CLASS;
	snprintf(wrong->text, sizeof(wrong->text), class == NULL ? "has no class \"%s\"" : "has no class \"%s\" that derives from NFPlugin", text);
	wrong->detail[0] = '\0';
	return NULL;
}

static PyObject *
only_class(PyObject *module, ClassWrong *wrong)
{
	PyObject *found[CLASSES_MAX],
		*name,
		*value;
	Py_ssize_t place = 0;
	size_t	   count = 0,
		   length;

	while (count < CLASSES_MAX && PyDict_Next(PyModule_GetDict(module), &place, &name, &value))
	{
		bool is_new = derives(value) && is_of_module(value, module);

		for (size_t i = 0; i < count; i++)
			is_new = is_new && found[i] != value; /* it may have two names */
		if (is_new)
			found[count++] = value;
	}
	if (count == 1)
		return py_hold(found[0]);
	if (count == 0)
	{
		wrong->code = FAILURE_PLUGIN_CLASS;
		snprintf(wrong->text, sizeof(wrong->text), "has no class that derives from NFPlugin");
		wrong->detail[0] = '\0';
		return NULL;
	}
	wrong->code = FAILURE_PLUGIN_CLASS;
	snprintf(wrong->text, sizeof(wrong->text), "has several classes that derive from NFPlugin, and it is not said which one it is");
	length = (size_t) snprintf(wrong->detail, sizeof(wrong->detail), "They are ");
	for (size_t i = 0; i < count; i++)
		length += (size_t) snprintf(wrong->detail + length, sizeof(wrong->detail) - length, "%s%.100s",
									i == 0 ? "" : ", ", ((PyTypeObject *) found[i])->tp_name);
	snprintf(wrong->detail + length, sizeof(wrong->detail) - length, ".");
	return NULL;
}

PyObject *
class_load(const PluginOrder *order, ClassWrong *wrong)
{
	PyObject *module = load_module(order, wrong);

	if (module == NULL)
		return NULL;
	return order->class_name.length > 0 ? named_class(module, order->class_name, wrong) : only_class(module, wrong);
}

/* --------------------------------------------------------------------------------------------------------------- arguments */

static PyObject *
load_with(const char *module_name, const char *format, const PluginText *value)
{
	PyObject *module = PyImport_ImportModule(module_name),
			 *object = module == NULL ? NULL : PyObject_CallMethod(module, "loads", format, value->bytes, (Py_ssize_t) value->length);

	Py_XDECREF(module);
	return object;
}

/* Of an object whose class stands in the plugin's source, the pickle says __main__. */
static PyObject *
load_pickle(const PluginText *value, PyObject *class)
{
	PyObject *modules = PyImport_GetModuleDict(),
			 *name = PyObject_GetAttrString(class, "__module__"),
			 *module = name == NULL ? NULL : PyDict_GetItem(modules, name);

	Py_XDECREF(name);
	if (module == NULL || PyDict_SetItemString(modules, "__main__", module) != 0)
		return NULL;
	return load_with("pickle", "y#", value);
}

static PyObject *
argument_object(const PluginArgument *argument, PyObject *class)
{
	switch (argument->kind)
	{
		case PLUGIN_VALUE_BOOLEAN:
			return PyBool_FromLong(plugin_argument_boolean(argument));
		case PLUGIN_VALUE_INTEGER:
			return PyLong_FromLongLong(plugin_argument_integer(argument));
		case PLUGIN_VALUE_REAL:
			return PyFloat_FromDouble(plugin_argument_real(argument));
		case PLUGIN_VALUE_TEXT:
			return PyUnicode_DecodeUTF8(argument->value.bytes, (Py_ssize_t) argument->value.length, "replace");
		case PLUGIN_VALUE_JSON:
			return load_with("json", "s#", &argument->value);
		case PLUGIN_VALUE_PICKLE:
			return load_pickle(&argument->value, class);
		default:
			return py_hold(Py_None);
	}
}

PyObject *
class_construct(PyObject *class, const PluginOrders *orders, const PluginOrder *order, ClassWrong *wrong)
{
	PyObject *names = PyDict_New(),
			 *none = PyTuple_New(0),
			 *object = NULL;

	for (uint32_t i = 0; names != NULL && i < order->arguments; i++)
	{
		const PluginArgument *argument = &orders->arguments[order->argument + i];
		PyObject			 *name = PyUnicode_DecodeUTF8(argument->name.bytes, (Py_ssize_t) argument->name.length, "replace"),
				 *value = name == NULL ? NULL : argument_object(argument, class);

		if (value == NULL || PyDict_SetItem(names, name, value) != 0)
		{
			char text[128];

			snprintf(text, sizeof(text), argument->kind == PLUGIN_VALUE_PICKLE ? "cannot open the pickle of its parameter \"%.*s\"" : "cannot take its parameter \"%.*s\"",
					 (int) argument->name.length, argument->name.bytes);
			fail(wrong, text);
			Py_CLEAR(names);
		}
		Py_XDECREF(name);
		Py_XDECREF(value);
	}
	if (names != NULL && none != NULL)
	{
		object = PyObject_Call(class, none, names);
		if (object == NULL)
			fail(wrong, "cannot be constructed");
	}
	Py_XDECREF(none);
	Py_XDECREF(names);
	return object;
}

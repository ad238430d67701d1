/*
 * python_plugin.c
 *	  Plugins in Python, as the host of plugins calls them.
 *
 * `create` only notes the order.  The interpreter starts with the first plugin that begins, once the sandbox is closed.
 *
 * The plugins of a scan share the object of a flow, in the pointer that the host keeps for them.  A hook that the class does not have
 * is not called.  Hooks are looked up at each call, as NFStream does: a plugin may put another function in the place of one while
 * it runs.
 */
#include "meter/python/python_plugin.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"
#include "meter/python/cpython.h"
#include "meter/python/describe.h"
#include "meter/python/flow.h"
#include "meter/python/interpreter.h"
#include "meter/python/module.h"
#include "meter/python/packet.h"
#include "meter/python/plugin_class.h"
#include "meter/python/prints.h"
#include "meter/python/reads.h"
#include "meter/python/value_json.h"

typedef enum Hook
{
	HOOK_ON_INIT,
	HOOK_ON_UPDATE,
	HOOK_ON_EXPIRE,
	HOOK_CLEANUP,
	HOOKS
} Hook;

typedef struct PythonPlugin
{
	const PluginOrders *orders;
	const PluginOrder  *order;
	PyObject		   *object;			 /* NULL before it has begun */
	PyObject		   *function[HOOKS]; /* of the class; NULL: it has none but NFPlugin's */
} PythonPlugin;

static const char *const hook_names[HOOKS] = {"on_init", "on_update", "on_expire", "cleanup"};

static const NfstreamHost *host;
static const Directories  *directories;
static bool				   is_started;

/* ---------------------------------------------------------------------------------------------------------------- starting */

static bool
fail(FailureMessage *failure, const PluginOrder *order, const ClassWrong *wrong)
{
	return failure_tell(failure, wrong->code, wrong->detail, "plugin \"%.*s\" %s", (int) order->name.length, order->name.bytes, wrong->text);
}

/* What was there when the interpreter started stays: the collector of circles need not look at it again and again. */
static bool
freeze(void)
{
	PyObject *collector = PyImport_ImportModule("gc"),
			 *done = collector == NULL ? NULL : PyObject_CallMethod(collector, "freeze", NULL);

	Py_XDECREF(collector);
	Py_XDECREF(done);
	return done != NULL;
}

static bool
has_plugins_in_c(const PluginOrders *orders)
{
	for (uint32_t i = 0; orders != NULL && i < orders->count; i++)
		if (orders->plugins[i].kind != PLUGIN_PYTHON)
			return true;
	return false;
}

/* Starts what all plugins share. */
static bool
start(const PluginOrders *orders, ClassWrong *wrong)
{
	char said[INTERPRETER_WRONG_MAX];

	if (is_started)
		return true;
	wrong->detail[0] = '\0';
	if (!interpreter_start(directories, said))
	{
		snprintf(wrong->text, sizeof(wrong->text), "does not start");
		snprintf(wrong->detail, sizeof(wrong->detail), "%s", said);
		return false;
	}
	if (!packet_type_start() || !flow_type_start(host) || !module_start() || !prints_start(host) || !freeze())
	{
		snprintf(wrong->text, sizeof(wrong->text), "does not start");
		traceback_take(wrong->detail);
		return false;
	}
	flow_choose_udps(has_plugins_in_c(orders));
	return is_started = true;
}

static bool
create(const NfstreamHost *its_host, const PluginOrders *orders, uint32_t plugin, void **self, FailureMessage *failure)
{
	PythonPlugin *made = memory_get(sizeof(*made));

	(void) failure;
	host = its_host;
	made->orders = orders;
	made->order = &orders->plugins[plugin];
	*self = made;
	return true;
}

/* Which hooks there are: those that the class, or the object that it made, has of its own. */
static bool
find_hooks(PythonPlugin *plugin)
{
	bool found = true;

	for (Hook hook = 0; hook < HOOKS && found; hook++)
	{
		PyObject *base = PyObject_GetAttrString(module_get("NFPlugin"), hook_names[hook]),
				 *bound = PyObject_GetAttrString(plugin->object, hook_names[hook]),
				 *function = bound != NULL && PyMethod_Check(bound) ? PyMethod_GET_FUNCTION(bound) : bound;

		found = base != NULL && bound != NULL;
		if (found && function != base)
			plugin->function[hook] = PyUnicode_InternFromString(hook_names[hook]);
		Py_XDECREF(base);
		Py_XDECREF(bound);
	}
	return found;
}

static bool
begin(void *self, FailureMessage *failure)
{
	PythonPlugin *plugin = self;
	ClassWrong	  wrong = {.code = FAILURE_PLUGIN};
	PyObject	 *class;

	if (!start(plugin->orders, &wrong))
		return fail(failure, plugin->order, &wrong);
	class = class_load(plugin->order, &wrong);
	plugin->object = class == NULL ? NULL : class_construct(class, plugin->orders, plugin->order, &wrong);
	Py_XDECREF(class);
	if (plugin->object == NULL)
		return fail(failure, plugin->order, &wrong);
	if (find_hooks(plugin))
		return true;
	snprintf(wrong.text, sizeof(wrong.text), "has a hook that cannot be read");
	traceback_take(wrong.detail);
	return fail(failure, plugin->order, &wrong);
}

/* ------------------------------------------------------------------------------------------------------------------- hooks */

/* Ends the scan with what was raised. */
static void
fail_hook(void)
{
	char text[TRACEBACK_MAX];

	traceback_take(text);
	host->fail(text);
}

static void
call(const PythonPlugin *plugin, Hook hook, PyObject **arguments, size_t count)
{
	PyObject *result = PyObject_VectorcallMethod(plugin->function[hook], arguments, count | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);

	if (result == NULL)
		fail_hook();
	else
		Py_DECREF(result);
}

/* The flow's object, as a borrowed reference, which is this flow from now on. */
static PyObject *
flow_at_hand(NfstreamFlow *flow)
{
	void **shared = plugin_shared(flow);

	if (*shared == NULL && (*shared = flow_object()) == NULL)
		fail_hook();
	flow_set(*shared, flow);
	return *shared;
}

static void
call_with_packet(const PythonPlugin *plugin, Hook hook, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	/* the first place is the callee's to use */
	PyObject *arguments[] = {NULL, plugin->object, packet_object(packet), flow_at_hand(flow)};

	if (arguments[2] == NULL)
		fail_hook();
	call(plugin, hook, arguments + 1, 3);
	if (!packet_done())
		fail_hook();
}

static void
on_init(void *self, void *state, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	const PythonPlugin *plugin = self;

	(void) state;
	if (plugin->function[HOOK_ON_INIT] != NULL)
		call_with_packet(plugin, HOOK_ON_INIT, flow, packet);
}

static void
on_update(void *self, void *state, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	const PythonPlugin *plugin = self;

	(void) state;
	if (plugin->function[HOOK_ON_UPDATE] != NULL)
		call_with_packet(plugin, HOOK_ON_UPDATE, flow, packet);
}

static void
on_expire(void *self, void *state, NfstreamFlow *flow)
{
	const PythonPlugin *plugin = self;
	PyObject		   *arguments[] = {NULL, plugin->object, NULL};

	(void) state;
	if (plugin->function[HOOK_ON_EXPIRE] == NULL)
		return;
	arguments[2] = flow_at_hand(flow);
	call(plugin, HOOK_ON_EXPIRE, arguments + 1, 2);
}

static void
cleanup(void *self)
{
	const PythonPlugin *plugin = self;
	PyObject		   *arguments[] = {NULL, plugin->object};

	if (plugin->object == NULL)
		return;
	if (plugin->function[HOOK_CLEANUP] != NULL)
		call(plugin, HOOK_CLEANUP, arguments + 1, 1);
	prints_flush();
}

/* ----------------------------------------------------------------------------------------------------------------- outputs */

/* A value as the host takes it; of one that is neither a number nor a text, the JSON is in `text`. */
static NfstreamValue
value_of(PyObject *object, JsonText *text, PyObject **memory)
{
	NfstreamValue value = {.kind = NFSTREAM_NULL};
	int			  overflow = 1;

	*memory = NULL;
	if (PyLong_CheckExact(object) && (value.integer = PyLong_AsLongLongAndOverflow(object, &overflow), overflow == 0))
		value.kind = NFSTREAM_INTEGER;
	else if (PyFloat_CheckExact(object))
	{
		value.kind = NFSTREAM_REAL;
		value.real = PyFloat_AS_DOUBLE(object);
	}
	else if (PyUnicode_CheckExact(object))
	{
		value.kind = NFSTREAM_TEXT;
		value.text.bytes = value_utf8(object, &value.text.length, memory);
	}
	else if (PyBool_Check(object))
	{
		value.kind = NFSTREAM_BOOLEAN;
		value.integer = object == Py_True;
	}
	else if (object != Py_None)
	{
		text->length = 0;
		value_put_json(text, object, 1);
		value.kind = NFSTREAM_JSON;
		value.text = (NfstreamText) {text->bytes, text->length};
	}
	return value;
}

static void
put_member(PyObject *name, PyObject *object, size_t *length)
{
	static JsonText text;
	PyObject	   *name_memory,
		*memory,
		*name_text = PyUnicode_Check(name) ? py_hold(name) : PyObject_Str(name);
	NfstreamValue value;
	size_t		  name_length = 0;
	const char	 *utf8;

	if (name_text == NULL)
	{
		fail_hook();
		return;
	}
	utf8 = value_utf8(name_text, &name_length, &name_memory);
	value = value_of(object, &text, &memory);
	*length += name_length + (value.kind == NFSTREAM_TEXT || value.kind == NFSTREAM_JSON ? value.text.length : 0);
	if (*length > RECORD_LONG_MAX)
		host->fail("what is in flow.udps takes more than 1048576 bytes as JSON");
	plugin_member(utf8, name_length, &value);
	Py_XDECREF(memory);
	Py_XDECREF(name_memory);
	Py_DECREF(name_text);
}

/* str() of a value may change the very dict: it is a copy that is walked. */
static void
members(void *shared)
{
	PyObject *dict = flow_udps(shared),
			 *copy = dict == NULL || !PyDict_Check(dict) ? NULL : PyDict_Copy(dict),
			 *name,
			 *value;
	Py_ssize_t place = 0;
	size_t	   length = 0;

	if (dict != NULL && !PyDict_Check(dict))
		host->fail("flow.udps has a __dict__ that is no dict");
	Py_XDECREF(dict);
	if (dict != NULL && copy == NULL)
		fail_hook();
	while (copy != NULL && PyDict_Next(copy, &place, &name, &value))
		put_member(name, value, &length);
	Py_XDECREF(copy);
}

static bool
member(void *shared, const char *name, NfstreamValue *value)
{
	static JsonText	 text;
	static PyObject *memory;
	PyObject		*dict = flow_udps(shared),
			 *object = dict == NULL ? NULL : PyDict_GetItemString(dict, name);

	Py_CLEAR(memory);
	if (object != NULL)
		*value = value_of(object, &text, &memory);
	Py_XDECREF(dict);
	return object != NULL;
}

static void
release_shared(void *shared)
{
	flow_over(shared);
}

/* ----------------------------------------------------------------------------------------------------------------- finding */

void
python_plugin_directories(const Directories *found)
{
	directories = found;
}

/* The names of what the source reads, with a NULL after the last. */
static const char *const *
reads_of(const PluginOrder *order)
{
	const Schema *schema = schema_by_id(SCHEMA_FLOWS);
	const char	**names = memory_get((schema->count + 1) * sizeof(*names));
	unsigned	  count = 0;
	bool		  all;
	ColumnSet	  reads = reads_find(schema, order->source.bytes, order->source.length, &all);

	for (unsigned i = 0; i < schema->count; i++)
		if (column_set_has(&reads, i))
			names[count++] = schema->columns[i].name;
	return names;
}

void
python_plugin_find(const PluginOrder *order, FoundPlugin *found)
{
	static const PluginExtension extension = {
		.create = create,
		.begin = begin,
		.members = members,
		.member = member,
		.release_shared = release_shared,
	};
	NfstreamPlugin *plugin = memory_get(sizeof(*plugin));
	char		   *name = memory_get(order->name.length + 1);

	memcpy(name, order->name.bytes, order->name.length);
	*plugin = (NfstreamPlugin) {
		.version = NFSTREAM_PLUGIN_VERSION,
		.size = sizeof(*plugin),
		.name = name,
		.reads = reads_of(order),
		.on_init = on_init,
		.on_update = on_update,
		.on_expire = on_expire,
		.cleanup = cleanup,
	};
	*found = (FoundPlugin) {plugin, &extension};
}

bool
python_plugin_describe(const PluginOrder *order, JsonText *text, FailureMessage *failure)
{
	ClassWrong wrong = {.code = FAILURE_PLUGIN};

	return (start(NULL, &wrong) && describe_plugin(order, text, &wrong)) || fail(failure, order, &wrong);
}

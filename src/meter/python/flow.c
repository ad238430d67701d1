/*
 * flow.c
 *	  NFlow: a flow as Python sees it.
 *
 * A flow has one object from its first hook to its last.  An attribute is read from the meter when the plugin reads it, and never
 * kept: it is as the flow is now.  A plugin may keep the object for longer: when the flow is over, all that can be read of it is
 * copied into a dict, from which it is read then.
 *
 * The type is made once it is known which attributes the meter has; what it has not is no attribute.  What is in flow.udps is an
 * object of its own, which is made when it is asked for.
 */
#include "meter/python/flow.h"

#include <limits.h>

#include "meter/python/flow_value.h"
#include "meter/python/module.h"
#include "wire/limits.h"
#include "wire/schema.h"

typedef struct FlowObject
{
	PyObject_HEAD NfstreamFlow *flow;	 /* NULL before a hook and when it is over */
	PyObject				   *udps;	 /* NULL until it is asked for */
	PyObject				   *kept;	 /* a dict, once the flow is over */
	bool						partial; /* it lacks what was not computed */
} FlowObject;

typedef struct Attribute
{
	const char		 *name;
	NfstreamAttribute number;
	ColumnGroup		  group;
	bool			  extra; /* NFStream has it not */
} Attribute;

static const NfstreamHost *host;
static PyTypeObject		  *type;
static PyObject			  *udps_class;
static PyGetSetDef		   members[COLUMNS_MAX + 1];
static Attribute		   attributes[COLUMNS_MAX];
static FlowObject		  *latest; /* whose hook is called */

/* -------------------------------------------------------------------------------------------------------------- attributes */

static PyObject *
is_not_there(const char *name)
{
	PyErr_Format(PyExc_AttributeError, "'NFlow' object has no attribute '%s'", name);
	return NULL;
}

/* Of a group of columns that the table's options turn off. */
static PyObject *
is_off(const Attribute *attribute)
{
	PyErr_Format(PyExc_AttributeError, "'NFlow' object has no attribute '%s': the option %s turns it off", attribute->name,
				 option_limits[option_of_group(attribute->group)].name);
	return NULL;
}

static PyObject *
get_kept(const FlowObject *self, const char *name)
{
	PyObject *value = self->kept == NULL ? NULL : PyDict_GetItemString(self->kept, name);

	return value == NULL ? is_not_there(name) : py_hold(value);
}

static PyObject *
get_attribute(PyObject *object, void *closure)
{
	const FlowObject *self = (FlowObject *) object;
	const Attribute	 *attribute = closure;
	NfstreamValue	  value;

	if (self->flow == NULL)
		return get_kept(self, attribute->name);
	switch (host->read(self->flow, attribute->number, &value))
	{
		case NFSTREAM_READ_DONE:
			return value_to_object(&value);
		case NFSTREAM_READ_OFF:
			return is_off(attribute);
		case NFSTREAM_READ_NOT_ASKED:
			break;
	}
	PyErr_Format(PyExc_RuntimeError, "flow.%s was not computed, for the plugin's source does not name it: add \"%s\" to the class's "
									 "attribute reads, as in reads = ('%s',)",
				 attribute->name, attribute->name, attribute->name);
	return NULL;
}

static int
set_attribute(PyObject *object, PyObject *value, void *closure)
{
	const FlowObject *self = (FlowObject *) object;
	const Attribute	 *attribute = closure;
	NfstreamValue	  converted;
	void			 *memory;
	bool			  is_written;

	if (value == NULL)
	{
		PyErr_Format(PyExc_AttributeError, "flow.%s cannot be deleted", attribute->name);
		return -1;
	}
	if (self->flow == NULL)
		return self->kept == NULL ? (is_not_there(attribute->name), -1) : PyDict_SetItemString(self->kept, attribute->name, value);
	is_written = value_from_object(value, &converted, attribute->name, &memory) &&
				 host->write(self->flow, attribute->number, &converted);
	free(memory);
	if (!is_written && !PyErr_Occurred())
		PyErr_Format(PyExc_TypeError, "flow.%s cannot be set to %.200R", attribute->name, value);
	return is_written ? 0 : -1;
}

/* The one attribute that many plugins set is set without a detour. */
static PyObject *
get_expiration_id(PyObject *object, void *closure)
{
	const FlowObject *self = (FlowObject *) object;

	return self->flow == NULL ? get_kept(self, ((const Attribute *) closure)->name) : PyLong_FromLong(self->flow->expiration_id);
}

static int
set_expiration_id(PyObject *object, PyObject *value, void *closure)
{
	FlowObject *self = (FlowObject *) object;
	PyObject   *index;
	long		number;

	if (value == NULL || self->flow == NULL)
		return set_attribute(object, value, closure);
	index = PyNumber_Index(value);
	if (index == NULL)
	{
		PyErr_Format(PyExc_TypeError, "flow.expiration_id has to be an int, not %.200R", value);
		return -1;
	}
	number = PyLong_AsLong(index);
	Py_DECREF(index);
	if (number < INT32_MIN || number > INT32_MAX || (number == -1 && PyErr_Occurred()))
	{
		PyErr_SetString(PyExc_OverflowError, "flow.expiration_id has to be an int of 32 bits");
		return -1;
	}
	self->flow->expiration_id = (int32_t) number;
	return 0;
}

/* Numbers are given when rows arrive at the server: in a plugin no flow has one yet. */
static PyObject *
get_id(PyObject *object, void *closure)
{
	(void) object;
	(void) closure;
	return py_hold(Py_None);
}

static PyObject *
get_udps(PyObject *object, void *closure)
{
	FlowObject *self = (FlowObject *) object;

	(void) closure;
	if (self->udps == NULL)
	{
		self->udps = PyObject_CallObject(udps_class, NULL);
		PyObject_GC_Track(object); /* from now on it may be in a circle */
	}
	Py_XINCREF(self->udps);
	return self->udps;
}

static int
set_udps(PyObject *object, PyObject *value, void *closure)
{
	PyObject *current,
		*dict = value == NULL ? NULL : PyObject_GetAttrString(value, "__dict__");
	bool fits = dict != NULL && PyDict_Check(dict);

	Py_XDECREF(dict);
	if (!fits)
	{
		PyErr_SetString(PyExc_TypeError, "flow.udps has to be an object with attributes");
		return -1;
	}
	current = get_udps(object, closure); /* makes it what the collector looks at */
	if (current == NULL)
		return -1;
	Py_DECREF(current);
	Py_SETREF(((FlowObject *) object)->udps, py_hold(value));
	return 0;
}

/* ------------------------------------------------------------------------------------------------------------ as NFStream's */

/* Adds what can be read to a dict; *partial: not all of NFStream's attributes that the options turn on were computed. */
static bool
read_all(PyObject *self, PyObject *dict, bool *partial)
{
	for (const PyGetSetDef *member = members; member->name != NULL; member++)
	{
		PyObject *value = member->get == get_udps ? NULL : member->get(self, member->closure);
		int		  wrong = value == NULL ? 0 : PyDict_SetItemString(dict, member->name, value);

		Py_XDECREF(value);
		if (wrong != 0)
			return false;
		if (PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_RuntimeError) && !((const Attribute *) member->closure)->extra)
			*partial = true;
		PyErr_Clear();
	}
	return true;
}

/*
 * A dict of NFStream's attributes.  What is in it must not depend on the columns that a query asks for: it is all of them, or an
 * error.  What NFStream has not is left out.
 */
static PyObject *
attributes_dict(PyObject *self)
{
	PyObject *dict = PyDict_New();
	bool	  partial = ((FlowObject *) self)->partial;

	if (dict != NULL && !read_all(self, dict, &partial))
		Py_CLEAR(dict);
	if (dict != NULL && partial)
	{
		PyErr_SetString(PyExc_RuntimeError, "a flow is read as a whole, and not all of it was computed, for the plugin's source does not "
											"tell: name it flow where that is done, as in flow.keys() or str(flow)");
		Py_CLEAR(dict);
	}
	for (const PyGetSetDef *member = members; dict != NULL && member->name != NULL; member++)
		if (((const Attribute *) member->closure)->extra && PyDict_DelItemString(dict, member->name) != 0)
			PyErr_Clear();
	return dict;
}

/*
 * The dict of all attributes, with those of udps under the names of their columns.  str() of a name may change udps: a copy of it is
 * walked.
 */
static PyObject *
all_values(PyObject *self)
{
	PyObject *own = flow_udps(self),
			 *udps = own == NULL || !PyDict_Check(own) ? NULL : PyDict_Copy(own),
			 *dict = attributes_dict(self),
			 *name,
			 *value;
	Py_ssize_t place = 0;

	Py_XDECREF(own);
	while (dict != NULL && udps != NULL && PyDict_Next(udps, &place, &name, &value))
	{
		PyObject *column = PyUnicode_FromFormat("udps.%S", name);

		if (column == NULL || PyDict_SetItem(dict, column, value) != 0)
			Py_CLEAR(dict);
		Py_XDECREF(column);
	}
	Py_XDECREF(udps);
	return dict;
}

static PyObject *
keys(PyObject *self, PyObject *unused)
{
	PyObject *dict = all_values(self),
			 *list = dict == NULL ? NULL : PyDict_Keys(dict);

	(void) unused;
	Py_XDECREF(dict);
	return list;
}

static PyObject *
values(PyObject *self, PyObject *unused)
{
	PyObject *dict = all_values(self),
			 *list = dict == NULL ? NULL : PyDict_Values(dict);

	(void) unused;
	Py_XDECREF(dict);
	return list;
}

static PyObject *
represent(PyObject *self)
{
	int		  is_inside = Py_ReprEnter(self); /* of itself, by way of its udps */
	PyObject *dict,
		*text;

	if (is_inside != 0)
		return is_inside > 0 ? PyUnicode_FromString("NFlow(...)") : NULL;
	dict = all_values(self);
	text = dict == NULL ? NULL : PyUnicode_FromFormat("NFlow(%R)", dict);
	Py_XDECREF(dict);
	Py_ReprLeave(self);
	return text;
}

static int
traverse(PyObject *object, visitproc visit, void *arg)
{
	FlowObject *self = (FlowObject *) object;

	Py_VISIT(Py_TYPE(object));
	Py_VISIT(self->udps);
	Py_VISIT(self->kept);
	return 0;
}

static int
clear(PyObject *object)
{
	Py_CLEAR(((FlowObject *) object)->udps);
	Py_CLEAR(((FlowObject *) object)->kept);
	return 0;
}

static void
end(PyObject *object)
{
	PyTypeObject *own_type = Py_TYPE(object);

	PyObject_GC_UnTrack(object);
	clear(object);
	PyObject_GC_Del(object);
	Py_DECREF(own_type);
}

static PyMethodDef methods[] = {
	{"keys", keys, METH_NOARGS, "Names of the attributes, those of udps included."},
	{"values", values, METH_NOARGS, "Their values."},
	{NULL, NULL, 0, NULL},
};

/* ---------------------------------------------------------------------------------------------------------------- the type */

static PyGetSetDef
member_of(const Column *column, Attribute *attribute)
{
	PyGetSetDef member = {column->name, get_attribute, set_attribute, column->help, attribute};

	switch (column->field)
	{
		case FIELD_ID:
			member.get = get_id;
			member.set = NULL;
			break;
		case FIELD_EXPIRATION_ID:
			member.get = get_expiration_id;
			member.set = set_expiration_id;
			break;
		case FIELD_UDPS:
			member.get = get_udps;
			member.set = set_udps;
			break;
		default:
			break;
	}
	return member;
}

bool
flow_type_start(const NfstreamHost *its_host)
{
	const Schema *schema = schema_by_id(SCHEMA_FLOWS);
	PyType_Slot	  slots[] = {
		  {Py_tp_doc, (void *) "A flow, as a hook gets it."},
		  {Py_tp_dealloc, (void *) end},
		  {Py_tp_traverse, (void *) traverse},
		  {Py_tp_clear, (void *) clear},
		  {Py_tp_repr, (void *) represent},
		  {Py_tp_getset, members},
		  {Py_tp_methods, methods},
		  {0, NULL},
	  };
	PyType_Spec spec = {
		.name = "nfstream.NFlow",
		.basicsize = sizeof(FlowObject),
		.flags = PY_TYPE_OF_OURS | Py_TPFLAGS_HAVE_GC,
		.slots = slots,
	};
	unsigned count = 0;

	host = its_host;
	for (unsigned i = 0; i < schema->count; i++)
	{
		const Column *column = &schema->columns[i];

		attributes[i] = (Attribute) {column->name, host == NULL ? NFSTREAM_NO_ATTRIBUTE : host->attribute(column->name),
									 column->group, column->extra};
		if (attributes[i].number != NFSTREAM_NO_ATTRIBUTE || column->field == FIELD_ID || column->field == FIELD_EXPIRATION_ID ||
			column->field == FIELD_UDPS)
			members[count++] = member_of(column, &attributes[i]);
	}
	members[count] = (PyGetSetDef) {NULL, NULL, NULL, NULL, NULL};
	type = (PyTypeObject *) PyType_FromSpec(&spec);
	if (type == NULL)
		return false;
	type->tp_new = NULL; /* flows come from captures alone, in Python 3.9 as well */
	return true;
}

PyObject *
flow_type(void)
{
	return (PyObject *) type;
}

/* What a plugin in C has left in the flow whose hook is called. */
static PyObject *
udps_of_others(PyObject *module, PyObject *arguments)
{
	PyObject *udps,
		*name;
	const char	 *utf8;
	NfstreamValue value;

	(void) module;
	if (!PyArg_UnpackTuple(arguments, "udps_of_others", 2, 2, &udps, &name))
		return NULL;
	utf8 = PyUnicode_AsUTF8(name);
	if (utf8 == NULL)
		return NULL;
	if (latest != NULL && latest->udps == udps && latest->flow != NULL && host->udps(latest->flow, utf8, &value))
		return value_to_object(&value);
	PyErr_Format(PyExc_AttributeError, "'UDPS' object has no attribute '%s'", utf8);
	return NULL;
}

bool
flow_add_function(PyObject *module)
{
	static PyMethodDef functions[] = {
		{"udps_of_others", udps_of_others, METH_VARARGS, "A value that a plugin in C left."},
		{NULL, NULL, 0, NULL},
	};

	return PyModule_AddFunctions(module, functions) == 0;
}

void
flow_choose_udps(bool beside_c)
{
	udps_class = module_get(beside_c ? "UDPSBesideC" : "UDPS");
}

/* ------------------------------------------------------------------------------------------------------------ a flow's life */

PyObject *
flow_object(void)
{
	FlowObject *self = PyObject_GC_New(FlowObject, type);

	if (self != NULL)
	{
		self->flow = NULL;
		self->udps = self->kept = NULL;
		self->partial = false;
	}
	return (PyObject *) self;
}

void
flow_set(PyObject *object, NfstreamFlow *flow)
{
	latest = (FlowObject *) object;
	latest->flow = flow;
}

PyObject *
flow_udps(PyObject *object)
{
	PyObject *udps = ((FlowObject *) object)->udps,
			 *dict = udps == NULL ? NULL : PyObject_GetAttrString(udps, "__dict__");

	PyErr_Clear();
	return dict;
}

void
flow_over(PyObject *object)
{
	FlowObject *self = (FlowObject *) object;

	if (Py_REFCNT(object) > 1 && self->flow != NULL)
	{
		self->kept = PyDict_New();
		if (self->kept == NULL || !read_all(object, self->kept, &self->partial))
			PyErr_Clear();
	}
	self->flow = NULL;
	if (latest == self)
		latest = NULL;
	Py_DECREF(object);
}

/*
 * packet.c
 *	  NFPacket: a packet as Python sees it.
 *
 * The object of a packet holds a pointer to what the meter has of it, and an attribute becomes an object only when it is read: a
 * hook that looks at one number pays for one.  One object serves all packets.  If somebody has kept it when a hook returns, the
 * packet is copied into it, bytes and all, and the next packet gets another object: so it looks as if each call had its own.
 *
 * In NFStream a packet is a named tuple; here it can be indexed, unpacked and iterated in the same order.  It cannot be changed.
 */
#include "meter/python/packet.h"

#include <arpa/inet.h>
#include <stddef.h>

typedef struct PacketObject
{
	PyObject_HEAD const NfstreamPacket *packet; /* `own` once it was kept */
	NfstreamPacket						own;
	PyObject						   *ip_packet; /* NULL until it is read */
} PacketObject;

static PyTypeObject *type;
static PacketObject *spare; /* that of the latest hook, which nobody kept */

/* ------------------------------------------------------------------------------------------------------------- attributes */

static const uint8_t *
place(PyObject *self, void *offset)
{
	return (const uint8_t *) ((PacketObject *) self)->packet + (size_t) offset;
}

static PyObject *
get_uint64(PyObject *self, void *offset)
{
	return PyLong_FromUnsignedLongLong(*(const uint64_t *) (const void *) place(self, offset));
}

static PyObject *
get_uint32(PyObject *self, void *offset)
{
	return PyLong_FromUnsignedLong(*(const uint32_t *) (const void *) place(self, offset));
}

static PyObject *
get_uint16(PyObject *self, void *offset)
{
	return PyLong_FromLong(*(const uint16_t *) (const void *) place(self, offset));
}

static PyObject *
get_uint8(PyObject *self, void *offset)
{
	return PyLong_FromLong(*place(self, offset));
}

/* The closure is the flag. */
static PyObject *
get_flag(PyObject *self, void *flag)
{
	return PyLong_FromLong((((PacketObject *) self)->packet->tcp_flags & (size_t) flag) != 0);
}

#define AT(field) ((void *) offsetof(NfstreamPacket, field))

static PyObject *
get_address(PyObject *self, void *offset)
{
	const NfstreamPacket *packet = ((PacketObject *) self)->packet;
	uint8_t				  version = offset == AT(src_ip) ? packet->src_ip_version : packet->dst_ip_version;
	char				  text[INET6_ADDRSTRLEN];

	inet_ntop(version == 4 ? AF_INET : AF_INET6, place(self, offset), text, sizeof(text));
	return PyUnicode_FromString(text);
}

static PyObject *
hexadecimal(const uint8_t *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";
	char			  text[3 * 6];

	for (size_t i = 0; i < count; i++)
	{
		text[3 * i] = digits[bytes[i] >> 4];
		text[3 * i + 1] = digits[bytes[i] & 15];
		text[3 * i + 2] = ':';
	}
	return PyUnicode_FromStringAndSize(text, (Py_ssize_t) (3 * count - 1));
}

static PyObject *
get_mac(PyObject *self, void *offset)
{
	return hexadecimal(place(self, offset), 6);
}

static PyObject *
get_oui(PyObject *self, void *offset)
{
	return hexadecimal(place(self, offset), 3);
}

static PyObject *
get_ip_packet(PyObject *self, void *unused)
{
	PacketObject *object = (PacketObject *) self;

	(void) unused;
	if (object->ip_packet == NULL)
		object->ip_packet = PyBytes_FromStringAndSize((const char *) object->packet->ip_packet,
													  (Py_ssize_t) object->packet->ip_packet_length);
	Py_XINCREF(object->ip_packet);
	return object->ip_packet;
}

/* In the order of NFStream's tuple. */
static PyGetSetDef attributes[] = {
	{"time", get_uint64, NULL, "milliseconds since 1970", AT(time)},
	{"delta_time", get_uint64, NULL, "milliseconds since the packet of the flow before", AT(delta_time)},
	{"direction", get_uint8, NULL, "0: from the source of the flow, 1: back", AT(direction)},
	{"raw_size", get_uint32, NULL, "bytes on the link layer", AT(raw_size)},
	{"ip_size", get_uint32, NULL, "bytes of the IP packet", AT(ip_size)},
	{"transport_size", get_uint32, NULL, "bytes of the transport layer", AT(transport_size)},
	{"payload_size", get_uint32, NULL, "bytes of the payload", AT(payload_size)},
	{"src_ip", get_address, NULL, "source address", AT(src_ip)},
	{"src_mac", get_mac, NULL, "source MAC address", AT(src_mac)},
	{"src_oui", get_oui, NULL, "its first three bytes", AT(src_oui)},
	{"dst_ip", get_address, NULL, "destination address", AT(dst_ip)},
	{"dst_mac", get_mac, NULL, "destination MAC address", AT(dst_mac)},
	{"dst_oui", get_oui, NULL, "its first three bytes", AT(dst_oui)},
	{"src_port", get_uint16, NULL, "source port", AT(src_port)},
	{"dst_port", get_uint16, NULL, "destination port", AT(dst_port)},
	{"protocol", get_uint8, NULL, "number of the transport protocol", AT(protocol)},
	{"vlan_id", get_uint16, NULL, "number of the virtual LAN", AT(vlan_id)},
	{"ip_version", get_uint8, NULL, "4 or 6", AT(ip_version)},
	{"ip_packet", get_ip_packet, NULL, "bytes from the IP header on", NULL},
	{"syn", get_flag, NULL, "SYN of TCP", (void *) NFSTREAM_SYN},
	{"cwr", get_flag, NULL, "CWR of TCP", (void *) NFSTREAM_CWR},
	{"ece", get_flag, NULL, "ECE of TCP", (void *) NFSTREAM_ECE},
	{"urg", get_flag, NULL, "URG of TCP", (void *) NFSTREAM_URG},
	{"ack", get_flag, NULL, "ACK of TCP", (void *) NFSTREAM_ACK},
	{"psh", get_flag, NULL, "PSH of TCP", (void *) NFSTREAM_PSH},
	{"rst", get_flag, NULL, "RST of TCP", (void *) NFSTREAM_RST},
	{"fin", get_flag, NULL, "FIN of TCP", (void *) NFSTREAM_FIN},
	{"tunnel_id", get_uint8, NULL, "0: no tunnel, 1: GTP, 2: CAPWAP, 3: TZSP", AT(tunnel_id)},
	{NULL, NULL, NULL, NULL, NULL},
};

#define ATTRIBUTES ((Py_ssize_t) (sizeof(attributes) / sizeof(attributes[0]) - 1))

/* --------------------------------------------------------------------------------------------------------------- as a tuple */

static Py_ssize_t
length(PyObject *self)
{
	(void) self;
	return ATTRIBUTES;
}

static PyObject *
item(PyObject *self, Py_ssize_t index)
{
	if (index >= 0 && index < ATTRIBUTES)
		return attributes[index].get(self, attributes[index].closure);
	PyErr_SetString(PyExc_IndexError, "a packet has no such attribute");
	return NULL;
}

static PyObject *
as_dict(PyObject *self, PyObject *unused)
{
	PyObject *dict = PyDict_New();

	(void) unused;
	for (Py_ssize_t i = 0; dict != NULL && i < ATTRIBUTES; i++)
	{
		PyObject *value = item(self, i);

		if (value == NULL || PyDict_SetItemString(dict, attributes[i].name, value) != 0)
			Py_CLEAR(dict);
		Py_XDECREF(value);
	}
	return dict;
}

static PyObject *
get_fields(PyObject *self, void *unused)
{
	PyObject *names = PyTuple_New(ATTRIBUTES);

	(void) self;
	(void) unused;
	for (Py_ssize_t i = 0; names != NULL && i < ATTRIBUTES; i++)
	{
		PyObject *name = PyUnicode_FromString(attributes[i].name);

		if (name == NULL)
			Py_CLEAR(names);
		else
			PyTuple_SET_ITEM(names, i, name);
	}
	return names;
}

static PyObject *
represent(PyObject *self)
{
	PyObject *dict = as_dict(self, NULL),
			 *text = dict == NULL ? NULL : PyUnicode_FromFormat("NFPacket(%R)", dict);

	Py_XDECREF(dict);
	return text;
}

static void
end(PyObject *self)
{
	PyTypeObject *own_type = Py_TYPE(self);

	Py_XDECREF(((PacketObject *) self)->ip_packet);
	PyObject_Free(self);
	Py_DECREF(own_type);
}

static PyMethodDef methods[] = {
	{"_asdict", as_dict, METH_NOARGS, "All attributes, by name."},
	{NULL, NULL, 0, NULL},
};

bool
packet_type_start(void)
{
	static PyGetSetDef all[ATTRIBUTES + 2];
	PyType_Slot		   slots[] = {
		   {Py_tp_doc, (void *) "A packet, as a hook gets it."},
		   {Py_tp_dealloc, (void *) end},
		   {Py_tp_repr, (void *) represent},
		   {Py_tp_getset, all},
		   {Py_tp_methods, methods},
		   {Py_sq_length, (void *) length},
		   {Py_sq_item, (void *) item},
		   {0, NULL},
	   };
	PyType_Spec spec = {
		.name = "nfstream.NFPacket",
		.basicsize = sizeof(PacketObject),
		.flags = PY_TYPE_OF_OURS,
		.slots = slots,
	};

	memcpy(all, attributes, sizeof(attributes));
	all[ATTRIBUTES] = (PyGetSetDef) {"_fields", get_fields, NULL, "names of the attributes", NULL};
	type = (PyTypeObject *) PyType_FromSpec(&spec);
	if (type == NULL)
		return false;
	type->tp_new = NULL; /* packets come from captures alone, in Python 3.9 as well */
	return true;
}

PyObject *
packet_type(void)
{
	return (PyObject *) type;
}

/* -------------------------------------------------------------------------------------------------------------- one for all */

PyObject *
packet_object(const NfstreamPacket *packet)
{
	if (spare == NULL)
	{
		spare = PyObject_New(PacketObject, type);
		if (spare == NULL)
			return NULL;
		spare->ip_packet = NULL;
	}
	spare->packet = packet;
	return (PyObject *) spare;
}

bool
packet_done(void)
{
	PyObject *bytes;

	if (Py_REFCNT(spare) == 1)
	{
		Py_CLEAR(spare->ip_packet);
		return true;
	}
	bytes = get_ip_packet((PyObject *) spare, NULL);
	if (bytes == NULL)
		return false;
	Py_DECREF(bytes);
	spare->own = *spare->packet;
	spare->own.ip_packet = NULL;
	spare->packet = &spare->own;
	Py_CLEAR(spare);
	return true;
}

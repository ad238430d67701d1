/*
 * flow.h
 *	  NFlow: a flow as Python sees it.
 */
#ifndef METER_PYTHON_FLOW_H
#define METER_PYTHON_FLOW_H

#include "meter/python/cpython.h"
#include <nfstream_plugin.h>

/*
 * Makes the type, whose attributes the host reads, for as long as the program runs; NULL: no hook is called.  False with an exception.
 */
bool flow_type_start(const NfstreamHost *host);

/* The type, as a borrowed reference. */
PyObject *flow_type(void);

/* Adds to the module what its class UDPSBesideC calls; false with an exception. */
bool flow_add_function(PyObject *module);

/*
 * What flow.udps is made of, which is a class of the module's: `beside_c` if plugins in C leave values in flows too, which then
 * can be read there.
 */
void flow_choose_udps(bool beside_c);

/* A new flow; NULL with an exception. */
PyObject *flow_object(void);

/* From now on it is this flow, for a hook. */
void flow_set(PyObject *object, NfstreamFlow *flow);

/* The dict of its udps, as a reference; NULL without an exception if nothing was left there. */
PyObject *flow_udps(PyObject *object);

/*
 * The flow is over, and read for the last time: takes the reference to its object.  If a plugin has kept that, it goes on with the
 * values of now.
 */
void flow_over(PyObject *object);

#endif /* METER_PYTHON_FLOW_H */

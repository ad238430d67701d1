/*
 * packet.h
 *	  NFPacket: a packet as Python sees it.
 */
#ifndef METER_PYTHON_PACKET_H
#define METER_PYTHON_PACKET_H

#include "meter/python/cpython.h"
#include <nfstream_plugin.h>

/* Makes the type; false with an exception. */
bool packet_type_start(void);

/* The type, as a borrowed reference. */
PyObject *packet_type(void);

/*
 * The object of this packet, as a borrowed reference, for the one hook that is called with it; NULL with an exception.  After the
 * hook packet_done() has to be called: an object that nobody kept serves for the next packet.
 */
PyObject *packet_object(const NfstreamPacket *packet);

/* False with an exception: what was kept could not be copied. */
bool packet_done(void);

#endif /* METER_PYTHON_PACKET_H */

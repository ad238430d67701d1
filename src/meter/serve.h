/*
 * serve.h
 *	  A meter under an owner.
 */
#ifndef METER_SERVE_H
#define METER_SERVE_H

#include "meter/program.h"

/* Serves the one request that comes over `channel`, a socket.  Returns the program's exit status. */
int serve(int channel, const MeterProgram *program);

#endif /* METER_SERVE_H */

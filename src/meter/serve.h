/*
 * serve.h
 *	  A meter under an owner.
 */
#ifndef METER_SERVE_H
#define METER_SERVE_H

/*
 * Serves the one request that comes over `channel`, a socket.  `version` is this program's version.  Returns its exit status.
 */
int			serve(int channel, const char *version);

#endif							/* METER_SERVE_H */

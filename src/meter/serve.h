/*
 * serve.h
 *	  A meter under an owner, and a meter by hand.
 */
#ifndef METER_SERVE_H
#define METER_SERVE_H

/*
 * Serves the one request that comes over `channel`, a socket.  `version` is this program's version.  Returns its exit status.
 */
int			serve(int channel, const char *version);

/* Meters the files that a command line names, and prints their flows as CSV.  Returns the program's exit status. */
int			meter_by_hand(int argc, char **argv);

#endif							/* METER_SERVE_H */

/*
 * by_hand.h
 *	  A meter by hand.
 */
#ifndef METER_BY_HAND_H
#define METER_BY_HAND_H

#include "meter/program.h"

/* Meters the files that a command line names, and prints their flows as CSV.  Returns the program's exit status. */
int meter_by_hand(int argc, char **argv, const MeterProgram *program);

#endif /* METER_BY_HAND_H */

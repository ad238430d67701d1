/*
 * sandbox_looks.h
 *	  stat() and its like in a sandbox whose filter cannot see where a name leads.
 */
#ifndef METER_SANDBOX_LOOKS_H
#define METER_SANDBOX_LOOKS_H

#include <stdbool.h>

/* Whether they can be answered on this machine.  Else the filter has to let them through. */
bool sandbox_answers_looks(void);

/* From now on answers a stat(), lstat() or newfstatat() that the filter traps.  False if the system refuses. */
bool sandbox_answer_looks(void);

#endif /* METER_SANDBOX_LOOKS_H */

/*
 * rights.h
 *	  Why a meter may not capture.
 */
#ifndef METER_RIGHTS_H
#define METER_RIGHTS_H

#include <stdbool.h>

/*
 * What keeps this program from capturing, which the system has just refused, as a sentence.  `withheld`: its file gives it the
 * capability, but what it was started by does not let it have that; else it is the file that lacks it.
 */
const char *rights_missing(bool *withheld);

#endif /* METER_RIGHTS_H */

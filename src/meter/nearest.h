/*
 * nearest.h
 *	  What somebody may have meant who typed a name that there is not.
 */
#ifndef METER_NEAREST_H
#define METER_NEAREST_H

#include <stddef.h>

/* The name that is nearest to what was typed, or that contains it; NULL if none is near. */
const char *name_nearest(const char *typed, size_t length, const char *const *names, size_t count);

#endif /* METER_NEAREST_H */

/*
 * landlock.h
 *	  The wall around files that the kernel itself keeps: Landlock.
 */
#ifndef METER_LANDLOCK_H
#define METER_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

/* Which Landlock the kernel has, from 1 on; 0 if it has none, or it is turned off. */
int landlock_version(void);

/*
 * Gives up, for good, all that can be done with files by their names, and as far as this kernel's Landlock goes: TCP, devices,
 * signals to others, and sockets without a file.  What is open stays open.  What remains is reading what lies below `readable`;
 * a name of which there is no file or directory is passed over.
 *
 * The process must have given up the right to gain privileges before.  False if the kernel refuses, or has no Landlock.
 */
bool landlock_keep_reading(const char *const *readable, size_t count);

#endif /* METER_LANDLOCK_H */

/*
 * interface_drops.h
 *	  Packets that an interface has dropped.
 */
#ifndef PG_SOURCE_INTERFACE_DROPS_H
#define PG_SOURCE_INTERFACE_DROPS_H

#include "wire/message.h"

typedef struct InterfaceDrops
{
	unsigned index; /* of the interface, whatever it is called by now; 0: there is none, as of `any` */
	uint64	 before;
} InterfaceDrops;

/* Counts from now on. */
void interface_drops_start(InterfaceDrops *drops, const char *interface);

/* Packets that were dropped since; COUNT_NOT_KNOWN also where the interface is gone. */
uint64 interface_drops_since(const InterfaceDrops *drops);

#endif /* PG_SOURCE_INTERFACE_DROPS_H */

/*
 * protocol.h
 *	  Names of the protocols that IP carries: the keywords of IANA's registry "Assigned Internet Protocol Numbers", in lower case.
 */
#ifndef WIRE_PROTOCOL_H
#define WIRE_PROTOCOL_H

#include <stdint.h>

#define PROTOCOL_NAME_MAX 23

/* "tcp" for 6; the number itself where the registry has no keyword. */
void protocol_name(uint8_t protocol, char name[PROTOCOL_NAME_MAX + 1]);

#endif /* WIRE_PROTOCOL_H */

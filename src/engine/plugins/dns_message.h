/*
 * dns_message.h
 *	  The records of a DNS message.
 */
#ifndef ENGINE_PLUGINS_DNS_MESSAGE_H
#define ENGINE_PLUGINS_DNS_MESSAGE_H

#include "engine/decode/bytes.h"

/* The longest name: its labels, with a dot between them. */
#define DNS_NAME_MAX 254

/* Called for each PTR record of the answers, in their order, with the name that it points to. */
typedef void (*DnsPointer)(void *context, const char *name, size_t length);

/*
 * Reads a message (RFC 1035, section 4) and, if it is sound, tells the names that its answers' PTR records have.  A message is
 * unsound if a name in it is, or a record that it counts is not there: then nothing is told.  Names are bytes as they stand.
 */
bool dns_pointers(Bytes message, DnsPointer tell, void *context);

#endif /* ENGINE_PLUGINS_DNS_MESSAGE_H */

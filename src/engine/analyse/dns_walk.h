/*
 * dns_walk.h
 *	  DNS messages whose names lead an old nDPI round in a circle.
 */
#ifndef ENGINE_ANALYSE_DNS_WALK_H
#define ENGINE_ANALYSE_DNS_WALK_H

#include <stdbool.h>
#include <stdint.h>

/* No shorter packet does; bytes from its IP header on. */
#define DNS_WALK_LEAST (UINT16_MAX + 1 - 192 + 20 + 8)

/*
 * Whether nDPI before 4.6 would not come back from this packet, from its IP header on; also true of one that is longer
 * than DNS_WALK_LEAST and has IPv6 extension headers, after which nothing is looked at.  Reads no byte outside the
 * packet.
 */
bool dns_walk_is_endless(const uint8_t *ip, uint32_t length);

#endif /* ENGINE_ANALYSE_DNS_WALK_H */

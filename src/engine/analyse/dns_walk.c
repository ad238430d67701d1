/*
 * dns_walk.c
 *	  DNS messages whose names lead an old nDPI round in a circle.
 *
 * RFC 1035, section 4.1: a header of 12 bytes is followed by the questions, each a name, a type and a class.  A name is a
 * list of labels, each with its length before it, that ends with a length of 0 or with a pointer.
 *
 * nDPI before 4.6 keeps its place among the questions in 16 bits: a label near the end of a message of nearly 64 kB leads
 * it back to the beginning, and from there perhaps on for ever.  The same walk is made here, and given up after more
 * steps than the message has bytes: no walk that only goes forward takes as many.  In shorter messages 16 bits are
 * enough: hardly any packet is looked at.
 */
#include <netinet/in.h>
#include <stddef.h>

#include "engine/analyse/dns_walk.h"

#define DNS_HEADER_BYTES 12

static uint16_t
u16(const uint8_t *at)
{
	return (uint16_t) (at[0] << 8 | at[1]);
}

/* The ports whose payload nDPI takes for DNS: DNS, mDNS, LLMNR. */
static bool
is_dns_port(uint16_t port)
{
	return port == 53 || port == 5353 || port == 5355;
}

static bool
walk_is_endless(const uint8_t *message, uint32_t length, uint32_t start, uint16_t questions)
{
	uint32_t steps = 0,
			 at = start;

	for (uint16_t question = 0; question < questions && at < length; question++)
	{
		uint16_t label = (uint16_t) at;
		uint32_t name_length = 0;

		while (label < length && message[label] != 0)
		{
			bool	 is_pointer = (message[label] & 0xc0) == 0xc0;
			uint32_t step = is_pointer ? 1 : message[label] + 1u;

			if (++steps > length)
				return true;
			label = (uint16_t) (label + step);
			name_length = (uint16_t) (name_length + step);
			if (is_pointer)
				break;
		}
		name_length += label < length && message[label] == 0;

		/* nDPI stops at a question that it finds wrong. */
		if (label + 4u > length || (message[label + 1] == 0 && message[label + 2] == 0) || name_length > 253)
			return false;
		at = label + 5u;
		if (++steps > length)
			return true;
	}
	return false;
}

bool
dns_walk_is_endless(const uint8_t *ip, uint32_t length)
{
	uint32_t transport,
		message;
	uint8_t protocol;

	if (length < DNS_WALK_LEAST)
		return false;
	switch (ip[0] >> 4)
	{
		case 4:
			transport = (ip[0] & 15u) * 4;
			protocol = ip[9];
			if (u16(ip + 2) >= transport + 8 && u16(ip + 2) < length)
				length = u16(ip + 2); /* the rest is padding */
			break;
		case 6:
			transport = 40;
			protocol = ip[6];
			if (u16(ip + 4) > 0 && u16(ip + 4) + 40u < length)
				length = u16(ip + 4) + 40u;
			if (protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING || protocol == IPPROTO_FRAGMENT ||
				protocol == IPPROTO_DSTOPTS || protocol == 135)
				return true;
			break;
		default:
			return false;
	}
	if (length < DNS_WALK_LEAST || (protocol != IPPROTO_UDP && protocol != IPPROTO_TCP))
		return false;
	if (!is_dns_port(u16(ip + transport)) && !is_dns_port(u16(ip + transport + 2)))
		return false;
	message = transport + (protocol == IPPROTO_UDP ? 8 : (ip[transport + 12] >> 4) * 4u);
	length -= message;

	/* Over TCP two bytes with the message's length come first; places count from these. */
	return walk_is_endless(ip + message, length, DNS_HEADER_BYTES + (protocol == IPPROTO_TCP ? 2 : 0),
						   u16(ip + message + (protocol == IPPROTO_TCP ? 2 : 0) + 4));
}

/*
 * community_id.c
 *	  Community ID.
 *
 * "1:" and the base64 of the SHA-1 of: the seed (2 bytes), the addresses, the protocol (a byte), a zero byte and the
 * ports, all in network order, the lesser endpoint first.  TCP, UDP and SCTP have ports.  For ICMP their place is taken
 * by the type and the type that answers it; a type without an answer is followed by its code, and the source always comes
 * first.  Other protocols have none.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "engine/analyse/community_id.h"
#include "engine/base/memory.h"

/* Types of ICMP and ICMPv6 that answer each other. */
static const uint8_t answers[][3] = {
	/* protocol, the two types */
	{IPPROTO_ICMP, 0, 8},		/* echo */
	{IPPROTO_ICMP, 9, 10},		/* router advertisement, solicitation */
	{IPPROTO_ICMP, 13, 14},		/* timestamp */
	{IPPROTO_ICMP, 15, 16},		/* information */
	{IPPROTO_ICMP, 17, 18},		/* address mask */
	{IPPROTO_ICMPV6, 128, 129}, /* echo */
	{IPPROTO_ICMPV6, 130, 131}, /* multicast listener query, report */
	{IPPROTO_ICMPV6, 133, 134}, /* router solicitation, advertisement */
	{IPPROTO_ICMPV6, 135, 136}, /* neighbour solicitation, advertisement */
	{IPPROTO_ICMPV6, 139, 140}, /* node information */
	{IPPROTO_ICMPV6, 144, 145}, /* home agent address discovery */
};

/* The type that answers this one, or -1. */
static int
answer(uint8_t protocol, uint16_t type)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (answers[i][0] == protocol && (answers[i][1] == type || answers[i][2] == type))
			return answers[i][1] == type ? answers[i][2] : answers[i][1];
	return -1;
}

static uint8_t *
put(uint8_t *to, const void *bytes, size_t length)
{
	memcpy(to, bytes, length);
	return to + length;
}

static uint8_t *
put_port(uint8_t *to, uint16_t port)
{
	*to++ = (uint8_t) (port >> 8);
	*to++ = (uint8_t) port;
	return to;
}

void
community_id(const Flow *flow, char text[COMMUNITY_ID_LENGTH + 1])
{
	size_t	 address = flow->ip_version == 4 ? 4 : 16;
	uint16_t port[2] = {flow->port[0], flow->port[1]};
	bool	 has_ports = true,
		 one_way = false;
	uint8_t bytes[2 + 2 * IP_ADDRESS_BYTES + 2 + 2 * 2] = {0, 0},
													 *end = bytes + 2;
	int order,
		first = 0,
		type;

	switch (flow->protocol)
	{
		case IPPROTO_TCP:
		case IPPROTO_UDP:
			break;
		case IPPROTO_SCTP:
			memcpy(port, flow->other_port, sizeof(port));
			break;
		case IPPROTO_ICMP:
		case IPPROTO_ICMPV6:
			port[0] = flow->other_port[0];
			type = answer(flow->protocol, port[0]);
			one_way = type < 0;
			port[1] = one_way ? flow->other_port[1] : (uint16_t) type;
			break;
		default:
			has_ports = false;
	}
	order = memcmp(flow->ip[0], flow->ip[1], address);
	if (!one_way && (order > 0 || (order == 0 && port[0] > port[1])))
		first = 1;

	end = put(end, flow->ip[first], address);
	end = put(end, flow->ip[!first], address);
	end = put(end, (uint8_t[]) {flow->protocol, 0}, 2);
	if (has_ports)
		end = put_port(put_port(end, port[first]), port[!first]);
	memcpy(text, "1:", 2);
	dpi_sha1(bytes, (size_t) (end - bytes), text + 2);
}

/* ----------------------------------------------------------------------------------------------------------- the analyser */

static bool
fills(const Column *column)
{
	return column->field == FIELD_COMMUNITY_ID;
}

/* All that the flows share is room for the text. */
static bool
open_text(const MeterRequest *request, Analysis *analysis, void **own, FailureMessage *failure)
{
	(void) request;
	(void) analysis;
	(void) failure;
	*own = memory_get(COMMUNITY_ID_LENGTH + 1);
	return true;
}

static void
value(void *own, const Flow *flow, void *state, const Column *column, RecordValue *value)
{
	(void) state;
	(void) column;
	community_id(flow, own);
	record_value_set(value, own, strlen(own));
}

const Analyser community_id_analyser = {
	.name = "Community ID",
	.fills = fills,
	.open = open_text,
	.close = free,
	.value = value,
};

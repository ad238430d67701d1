/*
 * test_decode_depth.c
 *	  Layers within layers, as many as a frame can hold, on a small stack.
 */
#include <pthread.h>

#include "decode_frames.h"

/* One frame, to be decoded on a small stack. */
typedef struct Deep
{
	Frame		 frame;
	Packet		 packet;
	IgnoreReason reason;
} Deep;

static void *
decode_deep(void *argument)
{
	Deep *deep = argument;

	deep->reason = decode_frame(&deep->frame, true, &deep->packet);
	return NULL;
}

/*
 * Decodes `layer` as many times as 262,144 bytes hold, then `last`, which ends in IPV4_UDP: on a stack that could not
 * hold a call for each.
 */
static Packet
metered_deep(uint32_t link_type, const uint8_t *layer, size_t layer_length, const uint8_t *last, size_t last_length)
{
	const size_t   stack = 64 * 1024;
	static uint8_t bytes[262144];
	Deep		   deep;
	size_t		   length = 0;
	pthread_attr_t attributes;
	pthread_t	   thread;

	while (length + layer_length + last_length <= sizeof(bytes))
	{
		memcpy(bytes + length, layer, layer_length);
		length += layer_length;
	}
	memcpy(bytes + length, last, last_length);
	length += last_length;
	deep.frame = (Frame) {bytes, (uint32_t) length, (uint32_t) length, link_type, 0};

	assert_int_equal(pthread_attr_init(&attributes), 0);
	assert_int_equal(pthread_attr_setstacksize(&attributes, stack), 0);
	assert_int_equal(pthread_create(&thread, &attributes, decode_deep, &deep), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_attr_destroy(&attributes);

	assert_int_equal(deep.reason, NOT_IGNORED);
	assert_udp(&deep.packet, 4);
	assert_ptr_equal(deep.packet.ip, bytes + length - 32);
	return deep.packet;
}

CASE(tzsp_in_tzsp_to_any_depth)
{
	Packet p = metered_deep(DLT_EN10MB, FRAME(OUTER(TZSP_PORT), TZSP, 1), FRAME(INNER(TYPE_IPV4), IPV4_UDP));

	assert_int_equal(p.tunnel, TUNNEL_TZSP);
}

CASE(capwap_in_capwap_to_any_depth)
{
	Packet p = metered_deep(DLT_EN10MB,
							FRAME(OUTER(CAPWAP_PORT), CAPWAP(2, 0)), FRAME(INNER(TYPE_IPV4), IPV4_UDP));

	assert_int_equal(p.tunnel, TUNNEL_CAPWAP);
}

CASE(ip_in_ip_to_any_depth)
{
	Packet p = metered_deep(DLT_RAW, FRAME(IPV4(20, IPV6_IN_IP), IPV6(8, 60), IP_IN_IP, 0, 1, 4, ZEROS_4),
							FRAME(IPV4_UDP));

	assert_int_equal(p.tunnel, TUNNEL_NONE);
}

CASE(vlan_in_vlan_to_any_depth)
{
	Packet p = metered_deep(DLT_C_HDLC, FRAME(BE16(TYPE_VLAN), BE16(77)), FRAME(BE16(TYPE_IPV4), IPV4_UDP));

	assert_int_equal(p.vlan_id, 77);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tzsp_in_tzsp_to_any_depth),
		cmocka_unit_test(capwap_in_capwap_to_any_depth),
		cmocka_unit_test(ip_in_ip_to_any_depth),
		cmocka_unit_test(vlan_in_vlan_to_any_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

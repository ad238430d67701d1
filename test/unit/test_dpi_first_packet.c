/*
 * test_dpi_first_packet.c
 *	  A TCP flow's first packet without payload, which waits for the second before nDPI is told of it.
 */
#include "dpi_run.h"

/* IPv6 for a TCP packet of IPv4's without options. */
static Message
in_ipv6(const Message *packet)
{
	Message other = {0};

	add(&other, BYTES(0x60, 0, 0, 0));
	add_u16(&other, packet->length - 20);
	add(&other, BYTES(IP_TCP, 64));
	for (uint8_t i = 0; i < 32; i++)
		add(&other, BYTES((uint8_t) (i % 16 == 0 ? 0x20 : i)));
	add(&other, packet->bytes + 20, packet->length - 20);
	return other;
}

/* Whether nDPI has not been told of a flow's first packet yet. */
static void
expect_wait(const Message *packet, unsigned limit, bool waits)
{
	Dpi	   *dpi = start(limit);
	DpiFlow flow = {0};

	give(dpi, &flow, 1, packet);
	assert_int_equal(dpi_dissections(dpi), waits ? 0 : 1);
	assert_int_equal(flow.state == NULL, waits || limit == 1);
	dpi_free(dpi, &flow);
	dpi_end(dpi);
}

CASE(first_packet_of_tcp_without_payload_waits)
{
	const Message none = nothing(),
				  syn = tcp_packet(443, TCP_SYN_FLAG, TO_SERVER, 0, 0, &none),
				  syn6 = in_ipv6(&syn);
	Message options = syn;

	expect_wait(&syn, 2, true);
	expect_wait(&syn, 20, true);
	expect_wait(&syn6, 20, true);
	options.bytes[20 + 12] = 0x60;
	add(&options, BYTES(2, 4, 5, 0xb4));
	expect_wait(&options, 20, true);
}

CASE(first_packet_with_anything_more_does_not_wait)
{
	Message byte = nothing(),
			packet;
	const Message none = nothing(),
				  syn = tcp_packet(443, TCP_SYN_FLAG, TO_SERVER, 0, 0, &none);

	expect_wait(&syn, 1, false);
	packet = udp_packet(40000, 50001, TO_SERVER, &none);
	expect_wait(&packet, 20, false);
	add(&byte, BYTES(0));
	packet = tcp_packet(443, TCP_SYN_FLAG, TO_SERVER, 0, 0, &byte);
	expect_wait(&packet, 20, false);
	packet = in_ipv6(&packet);
	expect_wait(&packet, 20, false);
}

/* Each is in a block of exactly its size: a byte too far is found. */
CASE(first_packet_that_was_cut_off_does_not_wait)
{
	const Message none = nothing(),
				  syn = tcp_packet(443, TCP_SYN_FLAG, TO_SERVER, 0, 0, &none),
				  syn6 = in_ipv6(&syn);

	for (size_t length = 1; length < syn.length; length++)
	{
		Message cut = syn;

		cut.length = length;
		expect_wait(&cut, 20, false);
	}
	for (size_t length = 1; length < syn6.length; length++)
	{
		Message cut = syn6;

		cut.length = length;
		expect_wait(&cut, 20, false);
	}
}

CASE(first_packet_is_told_with_the_second)
{
	Dpi			 *dpi = start(20);
	DpiFlow		  flow = {0};
	const Message none = nothing(),
				  syn = tcp_packet(443, TCP_SYN_FLAG, TO_SERVER, 0, 0, &none),
				  answer = tcp_packet(443, TCP_SYN_ACK_FLAGS, TO_CLIENT, 0, 1, &none);

	give(dpi, &flow, 1, &syn);
	give(dpi, &flow, 2, &answer);
	assert_int_equal(dpi_dissections(dpi), 2);
	assert_non_null(flow.state);
	dpi_free(dpi, &flow);
	dpi_end(dpi);
}

CASE(first_packet_that_stays_alone_is_told_at_the_end)
{
	Dpi			 *dpi = start(20);
	DpiFlow		  flow = {0};
	const Message none = nothing(),
				  syn = tcp_packet(443, TCP_SYN_FLAG, TO_SERVER, 0, 0, &none);

	give(dpi, &flow, 1, &syn);
	dpi_expire(dpi, &flow);
	assert_int_equal(dpi_dissections(dpi), 1);
	assert_null(flow.state);
	expect_label(dpi, &flow, "TLS", "Web", 1, 1);
	dpi_free(dpi, &flow);
	dpi_end(dpi);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_packet_of_tcp_without_payload_waits),
		cmocka_unit_test(first_packet_with_anything_more_does_not_wait),
		cmocka_unit_test(first_packet_that_was_cut_off_does_not_wait),
		cmocka_unit_test(first_packet_is_told_with_the_second),
		cmocka_unit_test(first_packet_that_stays_alone_is_told_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

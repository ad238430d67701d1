/*
 * test_dpi_forget.c
 *	  What nDPI learns from a flow about others, and that it is forgotten.
 */
#include "dpi_run.h"

#define PEER 45678

/* The handshake of BitTorrent, BEP 3: nDPI remembers who speaks it. */
static void
talk_bittorrent(Dpi *dpi)
{
	DpiFlow flow = {0};
	Message handshake = {0};
	Message packet;

	add(&handshake, BYTES(19));
	add_text(&handshake, "BitTorrent protocol");
	for (uint8_t i = 0; i < 48; i++)
		add(&handshake, BYTES((uint8_t) (i * 5 + 1)));
	packet = tcp_packet(PEER, TCP_DATA_FLAGS, TO_SERVER, 0, 0, &handshake);
	give(dpi, &flow, 1, &packet);
	dpi_expire(dpi, &flow);
	expect_label(dpi, &flow, "BitTorrent", "Download", 0, 5);
	dpi_free(dpi, &flow);
}

/* What a flow between the same two is called in which nothing is found. */
static void
expect_of_nothing(Dpi *dpi, const char *application, const char *category, int guessed, int confidence)
{
	DpiFlow flow = {0};
	Message noise = {0};
	Message packet;

	for (uint8_t i = 0; i < 40; i++)
		add(&noise, BYTES((uint8_t) (i * 37 + 200)));
	packet = udp_packet(40000, PEER, TO_SERVER, &noise);
	for (uint64_t number = 1; number <= 20 && !flow.decided; number++)
		give(dpi, &flow, number, &packet);
	expect_label(dpi, &flow, application, category, guessed, confidence);
	dpi_free(dpi, &flow);
}

CASE(peers_are_remembered_until_they_are_forgotten)
{
	Dpi *dpi = start(20);

	expect_of_nothing(dpi, "Unknown", "Unspecified", 0, 0);
	talk_bittorrent(dpi);
	expect_of_nothing(dpi, "BitTorrent", "Download", 0, 5);
	assert_true(dpi_forget(dpi));
	expect_of_nothing(dpi, "Unknown", "Unspecified", 0, 0);

	/* It learns again, and forgets again. */
	talk_bittorrent(dpi);
	expect_of_nothing(dpi, "BitTorrent", "Download", 0, 5);
	assert_true(dpi_forget(dpi));
	assert_true(dpi_forget(dpi));
	expect_of_nothing(dpi, "Unknown", "Unspecified", 0, 0);
	dpi_end(dpi);
}

/* Packets are counted all the same. */
CASE(forgetting_does_not_touch_the_counters)
{
	Dpi		*dpi = start(20);
	uint64_t dissections;

	talk_bittorrent(dpi);
	dissections = dpi_dissections(dpi);
	assert_true(dissections > 0);
	assert_true(dpi_forget(dpi));
	assert_int_equal(dpi_dissections(dpi), dissections);
	dpi_end(dpi);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peers_are_remembered_until_they_are_forgotten),
		cmocka_unit_test(forgetting_does_not_touch_the_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

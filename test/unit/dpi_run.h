/*
 * dpi_run.h
 *	  nDPI that is fed a flow packet by packet.
 */
#ifndef DPI_RUN_H
#define DPI_RUN_H

#include "dpi_packets.h"
#include "engine/analyse/dpi.h"

static const ColumnSet all_columns = {{UINT64_MAX, UINT64_MAX}};

static inline Dpi *
start(unsigned limit)
{
	Dpi *dpi = dpi_start(limit, &all_columns, false);

	assert_non_null(dpi);
	return dpi;
}

/* The next packet of a flow, from a block of exactly its size. */
static inline void
give(Dpi *dpi, DpiFlow *flow, uint64_t number, const Message *packet)
{
	uint8_t *copy = malloc(packet->length);

	memcpy(copy, packet->bytes, packet->length);
	dpi_packet(dpi, flow, number, copy, (uint32_t) packet->length, UINT64_C(1700000000000) + number);
	free(copy);
}

static inline void
expect_label(Dpi *dpi, const DpiFlow *flow, const char *application, const char *category, int guessed, int confidence)
{
	char name[DPI_NAME_MAX + 1];

	assert_true(flow->decided);
	dpi_full_application_name(dpi, flow, name);
	assert_string_equal(name, application);
	dpi_category_name(dpi, flow, name);
	assert_string_equal(name, category);
	assert_int_equal(flow->guessed, guessed);
	assert_int_equal(flow->confidence, confidence);
}

static inline Message
nothing(void)
{
	return (Message) {0};
}

#endif /* DPI_RUN_H */

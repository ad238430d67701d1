/*
 * statistics.c
 *	  Packet sizes, inter-arrival times and TCP flags of a flow.
 */
#include <math.h>

#include "engine/analyse/statistics.h"

void
running_add(Running *running, uint64_t value)
{
	double x = (double) value,
		   difference = x - running->mean;

	if (running->count++ == 0)
		running->min = running->max = value;
	else if (value < running->min)
		running->min = value;
	else if (value > running->max)
		running->max = value;

	running->mean += difference / (double) running->count;
	running->squares += difference * (x - running->mean);
}

double
running_deviation(const Running *running)
{
	return running->count > 1 ? sqrt(running->squares / (double) (running->count - 1)) : 0.0;
}

void
statistics_add(Statistics *statistics, ColumnSide side, uint32_t size, uint8_t tcp_flags,
			   uint64_t since_flow, uint64_t since_side)
{
	running_add(&statistics->size[SIDE_BOTH], size);
	running_add(&statistics->size[side], size);
	if (since_flow != UINT64_MAX)
		running_add(&statistics->interval[SIDE_BOTH], since_flow);
	if (since_side != UINT64_MAX)
		running_add(&statistics->interval[side], since_side);
	for (unsigned i = 0; tcp_flags >> i != 0; i++)
		statistics->flags[side][i] += tcp_flags >> i & 1;
}

/* ----------------------------------------------------------------------------------------------------------- the analyser */

static bool
fills(const Column *column)
{
	return column->group == GROUP_STATISTICS;
}

static void
packet(void *own, const Flow *flow, void *state, const FlowPacket *packet)
{
	(void) own;
	(void) flow;
	statistics_add(state, packet->side, packet->size, packet->packet->tcp_flags, packet->since_flow, packet->since_side);
}

/* TCP flags, by the bit that they are counted under. */
static unsigned
flag_bit(ColumnField field)
{
	switch (field)
	{
		case FIELD_FIN_PACKETS:
			return 0;
		case FIELD_SYN_PACKETS:
			return 1;
		case FIELD_RST_PACKETS:
			return 2;
		case FIELD_PSH_PACKETS:
			return 3;
		case FIELD_ACK_PACKETS:
			return 4;
		case FIELD_URG_PACKETS:
			return 5;
		case FIELD_ECE_PACKETS:
			return 6;
		default: /* FIELD_CWR_PACKETS */
			return 7;
	}
}

static uint64_t
flag_packets(const Statistics *statistics, const Column *column)
{
	unsigned bit = flag_bit(column->field);

	if (column->side == SIDE_BOTH)
		return statistics->flags[SIDE_SRC2DST][bit] + statistics->flags[SIDE_DST2SRC][bit];
	return statistics->flags[column->side][bit];
}

static void
value(void *own, const Flow *flow, void *state, const Column *column, RecordValue *value)
{
	const Statistics *statistics = state;
	const Running	 *size = &statistics->size[column->side],
				  *interval = &statistics->interval[column->side];

	(void) own;
	(void) flow;
	switch (column->field)
	{
		case FIELD_MIN_PS:
			value->u = size->min;
			return;
		case FIELD_MEAN_PS:
			value->d = size->mean;
			return;
		case FIELD_STDDEV_PS:
			value->d = running_deviation(size);
			return;
		case FIELD_MAX_PS:
			value->u = size->max;
			return;
		case FIELD_MIN_PIAT:
			value->u = interval->min;
			return;
		case FIELD_MEAN_PIAT:
			value->d = interval->mean;
			return;
		case FIELD_STDDEV_PIAT:
			value->d = running_deviation(interval);
			return;
		case FIELD_MAX_PIAT:
			value->u = interval->max;
			return;
		default:
			value->u = flag_packets(statistics, column);
	}
}

const Analyser statistics_analyser = {
	.name = "statistics",
	.state_bytes = sizeof(Statistics),
	.fills = fills,
	.packet = packet,
	.value = value,
};

/*
 * statistics.h
 *	  Packet sizes, inter-arrival times and TCP flags of a flow: the option statistical_analysis.
 */
#ifndef ENGINE_ANALYSE_STATISTICS_H
#define ENGINE_ANALYSE_STATISTICS_H

#include "engine/flow/analyser.h"

#define TCP_FLAGS 8

/*
 * Least, greatest, mean and spread of the values so far, by Welford's recurrence.  METERING.md, section 9: in this order of
 * operations, without fused multiply-add, so that the results are NFStream's to the last bit.
 */
typedef struct Running
{
	uint64_t count;
	uint64_t min;
	uint64_t max;
	double	 mean;
	double	 squares; /* sum of the squared differences from the mean */
} Running;

/* By ColumnSide; SIDE_BOTH is a recurrence of its own, not the sum of the others. */
typedef struct Statistics
{
	Running	 size[3];			  /* bytes */
	Running	 interval[3];		  /* ms between packets of the same side */
	uint64_t flags[2][TCP_FLAGS]; /* packets with TCP flag 1 << i, by direction */
} Statistics;

void running_add(Running *running, uint64_t value);

/* The sample standard deviation: 0 with fewer than two values. */
double running_deviation(const Running *running);

/*
 * Takes a packet of the side SIDE_SRC2DST or SIDE_DST2SRC into account, before the counters do.
 *
 * since_flow, since_side: ms since the flow's last packet, and since the last of this side; UINT64_MAX where there was none.
 */
void statistics_add(Statistics *statistics, ColumnSide side, uint32_t size, uint8_t tcp_flags,
					uint64_t since_flow, uint64_t since_side);

/* Fills the columns of GROUP_STATISTICS; its state is a Statistics. */
extern const Analyser statistics_analyser;

#endif /* ENGINE_ANALYSE_STATISTICS_H */

/*
 * request.h
 *	  What a meter is asked to do.
 *
 * The server and its meter are installed together and run on one machine, so the request crosses as this struct, followed by
 * the filter's text; its first fields tell two programs that were not built together apart.
 */
#ifndef WIRE_REQUEST_H
#define WIRE_REQUEST_H

#include <stddef.h>

#include "wire/column.h"

#define REQUEST_MAGIC		0x4e46524fu
#define REQUEST_VERSION		1

/*
 * Bytes of a BPF filter.  libpcap's compiler takes time that grows with the third power of a filter's length: one of 4,096 bytes
 * takes 44 s at worst, where it is a list of some 2,000 ports, and 150 MB; one of 8,192 bytes takes minutes.
 */
#define REQUEST_FILTER_MAX	4096

#define REQUEST_SHARDS_MAX	64
#define REQUEST_SAMPLE_FILES	64	/* sources that are looked at for a sample: engine/look.h */

typedef struct MeterRequest
{
	uint32_t	magic;
	uint32_t	version;
	uint32_t	size;				/* of this struct */
	uint32_t	owner_pid;			/* the meter ends when this process does */

	/* NFStreamer's options, by their names; timeouts in ms. */
	uint64_t	idle_timeout;
	uint64_t	active_timeout;
	uint64_t	max_nflows;			/* 0: all */
	uint64_t	max_active_flows;	/* of this meter; 0: no bound */
	uint64_t	meter_memory;		/* bytes of this meter; 0: no bound */
	uint32_t	accounting_mode;
	uint32_t	n_dissections;		/* 0: nDPI is not initialised */
	uint32_t	splt_analysis;		/* 0: none */
	uint8_t		statistical_analysis;
	uint8_t		decode_tunnels;
	uint8_t		stop_at_damage;		/* the rest of the sources is not read */
	uint8_t		time_dissections;	/* fill COUNTER_DISSECTION_TIME */
	uint8_t		separate_files; /* this meter's files are those that MESSAGE_TAKE_FILE gives it; one shard */
	uint8_t		source_order;	/* a SourceOrder */
	uint8_t		list_applications;	/* instead of metering, tell what nDPI knows */
	uint8_t		application_names;	/* an ApplicationNames */
	uint8_t		needs_filter;		/* a kernel that filters no system calls is a failure */

	/* What is to be in a record, and whose flows. */
	ColumnSet	columns;
	uint32_t	shard;				/* this meter's, from 0 */
	uint32_t	shards;

	uint32_t	files;				/* sources, asked for one by one with MESSAGE_NEXT_FILE */
	uint32_t	filter_length;		/* bytes behind this struct, without NUL; 0: no filter */
} MeterRequest;

/* NFStream's defaults, one shard, no column. */
void		request_defaults(MeterRequest *request);

/*
 * Checks a request that came as `length` bytes and points `filter` at its filter, not NUL-terminated.
 *
 * Returns NULL, or what is wrong with it, as a constant text.
 */
const char *request_check(const MeterRequest *request, size_t length, const char **filter);

/* How often a meter with this request opens sources, at most: each once, and before that all or some for a look. */
uint64_t	request_opens_max(const MeterRequest *request);

/* Adds all columns of NFStream's that the options turn on, `udps` and system visibility apart. */
void		request_add_all_columns(MeterRequest *request);

#endif							/* WIRE_REQUEST_H */

/*
 * column.h
 *	  What a column is, and sets of columns.
 *
 * The columns themselves stand in schemas: schema.h.
 */
#ifndef WIRE_COLUMN_H
#define WIRE_COLUMN_H

#include <stdbool.h>
#include <stdint.h>

/* How a value stands in a record; numbers in host order, the two sides are processes of one machine. */
typedef enum ColumnKind
{
	COLUMN_UINT8,
	COLUMN_UINT16,
	COLUMN_UINT32,
	COLUMN_UINT64,
	COLUMN_INT32,
	COLUMN_INT64,
	COLUMN_DOUBLE,
	COLUMN_ADDRESS,	  /* a byte 4 or 6, then 4 or 16 bytes */
	COLUMN_MAC,		  /* 6 bytes */
	COLUMN_OUI,		  /* 3 bytes */
	COLUMN_TEXT,	  /* uint16 length, UTF-8 without NUL */
	COLUMN_LONG_TEXT, /* uint32 length, the same */
	COLUMN_JSON,	  /* uint32 length, JSON: json.h */
	COLUMN_BYTES,	  /* uint32 length, any bytes */
	COLUMN_INTEGERS,  /* uint32 count, uint32 present (<= count), int64 for those; the others are -1 */
	COLUMN_FILE		  /* uint32: index of a source */
} ColumnKind;

#define COLUMN_KINDS (COLUMN_FILE + 1)

/* The option that turns a column on. */
typedef enum ColumnGroup
{
	GROUP_CORE,		  /* always there */
	GROUP_TUNNEL,	  /* decode_tunnels */
	GROUP_STATISTICS, /* statistical_analysis */
	GROUP_SPLT,		  /* splt_analysis > 0 */
	GROUP_DPI,		  /* n_dissections > 0 */
	GROUP_UDPS,		  /* udps */
	GROUP_SYSTEM	  /* system_visibility_mode */
} ColumnGroup;

#define COLUMN_GROUPS (GROUP_SYSTEM + 1)

typedef enum ColumnUnit
{
	UNIT_NONE,
	UNIT_TIME_MS, /* since 1970 */
	UNIT_TIME_NS, /* since 1970; what does not fit is UINT64_MAX */
	UNIT_DURATION_MS,
	UNIT_PACKETS,
	UNIT_BYTES
} ColumnUnit;

/* Which packets a value is about; for the endpoints' columns, whose endpoint it is (that which sends in this direction). */
typedef enum ColumnSide
{
	SIDE_SRC2DST,
	SIDE_DST2SRC,
	SIDE_BOTH
} ColumnSide;

/* What a value is, its side apart: the same in every schema. */
typedef enum ColumnField
{
	FIELD_ID,
	FIELD_EXPIRATION_ID,
	FIELD_IP,
	FIELD_MAC,
	FIELD_OUI,
	FIELD_PORT,
	FIELD_PROTOCOL,
	FIELD_IP_VERSION,
	FIELD_VLAN_ID,
	FIELD_TUNNEL_ID,
	FIELD_FIRST_SEEN,
	FIELD_LAST_SEEN,
	FIELD_DURATION,
	FIELD_PACKETS,
	FIELD_BYTES,
	FIELD_MIN_PS,
	FIELD_MEAN_PS,
	FIELD_STDDEV_PS,
	FIELD_MAX_PS,
	FIELD_MIN_PIAT,
	FIELD_MEAN_PIAT,
	FIELD_STDDEV_PIAT,
	FIELD_MAX_PIAT,
	FIELD_SYN_PACKETS,
	FIELD_CWR_PACKETS,
	FIELD_ECE_PACKETS,
	FIELD_URG_PACKETS,
	FIELD_ACK_PACKETS,
	FIELD_PSH_PACKETS,
	FIELD_RST_PACKETS,
	FIELD_FIN_PACKETS,
	FIELD_SPLT_DIRECTION,
	FIELD_SPLT_PS,
	FIELD_SPLT_PIAT,
	FIELD_APPLICATION_NAME,
	FIELD_APPLICATION_PROTOCOL,
	FIELD_APPLICATION_CATEGORY_NAME,
	FIELD_APPLICATION_IS_GUESSED,
	FIELD_APPLICATION_CONFIDENCE,
	FIELD_REQUESTED_SERVER_NAME,
	FIELD_CLIENT_FINGERPRINT,
	FIELD_SERVER_FINGERPRINT,
	FIELD_FINGERPRINT_KIND,
	FIELD_USER_AGENT,
	FIELD_CONTENT_TYPE,
	FIELD_UDPS,
	FIELD_PROCESS_PID,
	FIELD_PROCESS_NAME,
	FIELD_SOURCE_FILE,
	FIELD_FIRST_PACKET,
	FIELD_PROTOCOL_NAME,
	FIELD_COMMUNITY_ID,

	/* Of packets alone. */
	FIELD_TIME,
	FIELD_DELTA_TIME,
	FIELD_DIRECTION,
	FIELD_RAW_SIZE,
	FIELD_IP_SIZE,
	FIELD_TRANSPORT_SIZE,
	FIELD_PAYLOAD_SIZE,
	FIELD_IP_PACKET,
	FIELD_SYN,
	FIELD_CWR,
	FIELD_ECE,
	FIELD_URG,
	FIELD_ACK,
	FIELD_PSH,
	FIELD_RST,
	FIELD_FIN,
	FIELD_PACKET_NUMBER,
	FIELD_CAPTURED_AT,
	FIELD_CAPTURED_LENGTH,
	FIELD_LINK_TYPE,
	FIELD_FRAME
} ColumnField;

typedef struct Column
{
	const char *name;
	ColumnKind	kind;
	ColumnGroup group;
	ColumnUnit	unit;
	ColumnField field;
	ColumnSide	side;
	const char *help;
	uint32_t	length_max; /* bytes of a text, JSON or bytes; of others 0 */
	bool		extra;		/* not NFStream's: there for those who declare it */
} Column;

/* The most columns of a schema. */
#define COLUMNS_MAX 128

/* Whether it is a MAC address or a part of one. */
static inline bool
column_is_hardware(const Column *column)
{
	return column->field == FIELD_MAC || column->field == FIELD_OUI;
}

/* Whether it is a TCP flag of a packet: 0 or 1. */
static inline bool
column_is_tcp_flag(const Column *column)
{
	return column->field >= FIELD_SYN && column->field <= FIELD_FIN;
}

/* Whether it is a place in the source: where sources are metered apart, a meter numbers packets anew in each, and the leader goes on counting. */
static inline bool
column_is_place(const Column *column)
{
	return column->field == FIELD_FIRST_PACKET || column->field == FIELD_PACKET_NUMBER;
}

/* A set of a schema's columns, by index. */
typedef struct ColumnSet
{
	uint64_t bits[COLUMNS_MAX / 64];
} ColumnSet;

static inline void
column_set_add(ColumnSet *set, unsigned column)
{
	set->bits[column / 64] |= UINT64_C(1) << column % 64;
}

static inline bool
column_set_has(const ColumnSet *set, unsigned column)
{
	return set->bits[column / 64] >> column % 64 & 1;
}

#endif /* WIRE_COLUMN_H */

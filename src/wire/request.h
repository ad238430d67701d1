/*
 * request.h
 *	  What a meter is asked to do.
 *
 * Within a process a request is a struct.  It crosses to another one as typed fields, in the order and with the numbers of
 * RequestFieldId: a RequestHeader, then for each field a RequestFieldHeader and its value.  What a field is, where it stands in the
 * struct and what it may hold is one row of the table in request.c; the default and the range of what users choose are those of
 * wire/limits.c.  A new field is a member of RequestFieldId, one of MeterRequest and a row of the table.
 */
#ifndef WIRE_REQUEST_H
#define WIRE_REQUEST_H

#include <stddef.h>

#include "wire/account.h"
#include "wire/condition.h"
#include "wire/limits.h"
#include "wire/order.h"
#include "wire/plugin_orders.h"
#include "wire/schema.h"

#define REQUEST_MAGIC 0x4e46524fu

/* Two programs that differ in it do not understand each other, neither in the request nor in what follows it. */
#define REQUEST_VERSION		 6

#define REQUEST_FILES_MAX	 100000
#define REQUEST_SAMPLE_FILES 64 /* sources that are looked at for a sample: engine/look.h */

/* The longest name of an interface, bytes: IFNAMSIZ without its NUL. */
#define INTERFACE_BYTES_MAX 15

/* The most bytes of a request as it crosses. */
#define REQUEST_BYTES_MAX 8192

/* The longest text of request_read(), with its NUL. */
#define REQUEST_WRONG_MAX 128

typedef enum RequestFieldId
{
	REQUEST_OWNER_PID,
	REQUEST_IDLE_TIMEOUT,
	REQUEST_ACTIVE_TIMEOUT,
	REQUEST_MAX_NFLOWS,
	REQUEST_MAX_ACTIVE_FLOWS,
	REQUEST_METER_MEMORY,
	REQUEST_ACCOUNTING_MODE,
	REQUEST_N_DISSECTIONS,
	REQUEST_SPLT_ANALYSIS,
	REQUEST_STATISTICAL_ANALYSIS,
	REQUEST_DECODE_TUNNELS,
	REQUEST_SEPARATE_FILES,
	REQUEST_SOURCE_ORDER,
	REQUEST_STOP_AT_DAMAGE,
	REQUEST_APPLICATION_NAMES,
	REQUEST_TIME_DISSECTIONS,
	REQUEST_LIST_APPLICATIONS,
	REQUEST_DESCRIBE_PLUGINS,
	REQUEST_NEEDS_SECCOMP,
	REQUEST_SCHEMA,
	REQUEST_COLUMNS,
	REQUEST_SHARDS,
	REQUEST_SHARD,
	REQUEST_FILES,
	REQUEST_FILTER,
	REQUEST_PLUGINS,
	REQUEST_READS,
	REQUEST_INTERFACE,
	REQUEST_PROMISCUOUS_MODE,
	REQUEST_SNAPSHOT_LENGTH,
	REQUEST_SOCKET_BUFFER_SIZE,
	REQUEST_EXPIRE_ON_END,
	REQUEST_CONDITION,
	REQUEST_COUNTS_ASIDE,
	REQUEST_ROWS_WANTED,
	REQUEST_FIELDS
} RequestFieldId;

typedef enum RequestFieldType
{
	REQUEST_NUMBER,	   /* a uint64 */
	REQUEST_TEXT,	   /* its bytes, without a NUL */
	REQUEST_COLUMN_SET /* a ColumnSet */
} RequestFieldType;

typedef struct RequestHeader
{
	uint32_t magic;
	uint32_t version;
	uint32_t fields; /* how many follow */
} RequestHeader;

typedef struct RequestFieldHeader
{
	uint16_t id;	 /* a RequestFieldId */
	uint16_t type;	 /* a RequestFieldType */
	uint32_t length; /* of the value, bytes */
} RequestFieldHeader;

typedef struct RequestText
{
	const char *bytes;	/* without a NUL */
	uint32_t	length; /* 0: none */
} RequestText;

typedef struct MeterRequest
{
	uint32_t owner_pid; /* the meter ends when this process does */

	/* NFStreamer's options, by their names; timeouts in ms. */
	uint64_t idle_timeout;
	uint64_t active_timeout;
	uint64_t max_nflows;	   /* 0: all */
	uint64_t max_active_flows; /* of this meter; 0: no bound */
	uint64_t meter_memory;	   /* bytes of this meter */
	uint32_t accounting_mode;
	uint32_t n_dissections; /* 0: nDPI is not initialised */
	uint32_t splt_analysis; /* 0: none */
	uint8_t	 statistical_analysis;
	uint8_t	 decode_tunnels;
	uint8_t	 separate_files;	/* this meter gets its files with MESSAGE_TAKE_FILE; one shard */
	uint8_t	 source_order;		/* a SourceOrder */
	uint8_t	 stop_at_damage;	/* on_damage: the rest of the sources is not read */
	uint8_t	 application_names; /* an ApplicationNames */
	uint8_t	 time_dissections;	/* fill COUNTER_DISSECTION_TIME */
	uint8_t	 list_applications; /* instead of metering, tell what nDPI knows */
	uint8_t	 describe_plugins;	/* instead of metering, tell what the plugins of the request are */
	uint8_t	 needs_seccomp;		/* a kernel that filters no system calls is a failure */

	/* What is to be in a record, and whose flows. */
	uint32_t  schema;  /* a SchemaId: what a record is of */
	ColumnSet columns; /* of that schema */
	uint32_t  shards;
	uint32_t  shard; /* this meter's, from 0 */

	uint32_t	files;	/* sources, asked for one by one with MESSAGE_NEXT_FILE */
	RequestText filter; /* bpf_filter */

	/* udps */
	uint64_t  plugins; /* bytes of MESSAGE_PLUGINS, which follows; 0: there are none */
	ColumnSet reads;   /* columns of flows that plugins or the condition read: computed, and in no record */

	/* What is captured from, in the place of files, and how. */
	RequestText interface;			/* its name; none: files are read */
	uint32_t	snapshot_length;	/* bytes of each packet */
	uint32_t	socket_buffer_size; /* bytes of the kernel's ring, 0: as many as are good */
	uint8_t		promiscuous_mode;
	uint8_t		expire_on_end; /* what is still active when the scan ends by itself is emitted, not given up */

	/*
	 * Which rows are wanted: the others are set aside.  Its columns are computed, and may be in no record: whoever makes a request adds
	 * them to `reads`.  Plugins may rewrite them until a flow leaves: then nothing is decided before.
	 */
	uint64_t	   condition;		/* bytes of MESSAGE_CONDITION, which follows; 0: all rows are wanted */
	const uint8_t *condition_bytes; /* these: condition.h; no field, it does not cross with the others */
	uint8_t		   counts_aside;	/* a flow that is set aside counts, for ids and bounds: it leaves a mark in the place of its record */

	/* As many rows are likely to be all that is read: they are sent at once, and nDPI sees no other flows.  0: it may be all of them. */
	uint64_t rows_wanted;
} MeterRequest;

/* The defaults of all fields: NFStream's options, one shard, no column, no file. */
void request_defaults(MeterRequest *request);

/*
 * The field of an option that holds a number, in the option's own unit: seconds, megabytes.  An option that no meter needs to know
 * is 0 there, and cannot be set: false.
 */
uint64_t request_option(const MeterRequest *request, OptionId id);
bool	 request_set_option(MeterRequest *request, OptionId id, uint64_t value);

/*
 * Whether it is a name that the kernel gives interfaces: 1 to INTERFACE_BYTES_MAX bytes, none of them a slash, a colon or white space
 * (dev_valid_name() in Linux).  Asked for another, the kernel takes what stands before a colon, and finds the interface of that name.
 */
bool request_interface_name_is_valid(const char *name, size_t length);

/* Whether an interface is captured from, not files read. */
bool request_is_live(const MeterRequest *request);

/* Whether the request's options turn the columns of this group on. */
bool request_group_is_on(const MeterRequest *request, ColumnGroup group);

/* The columns of flows that are computed: those of a record of flows, and those that are read and that the options turn on. */
ColumnSet request_computed(const MeterRequest *request);

/* Whether any column of this group is computed. */
bool request_computes_group(const MeterRequest *request, ColumnGroup group);

/* Whether flows are kept: for their rows, or where something about a packet depends on its flow, or plugins may end flows. */
bool request_tracks_flows(const MeterRequest *request);

/* Turns off what no column of a record and none that is read needs: labels, statistics, SPLT.  Where there are plugins, they may need any. */
void request_turn_off_unwanted(MeterRequest *request);

/* Adds all columns of the schema that are NFStream's and that the options turn on. */
void request_add_all_columns(MeterRequest *request);

/*
 * How the records of a scan's meters, each of which has this request for its own shard, are put in order, and how their
 * accounts are added.
 */
OrderRule	request_order_rule(const MeterRequest *request);
AccountRule request_account_rule(const MeterRequest *request);

/* Which counter of a meter's account tells how many records it has sent. */
Counter request_record_counter(const MeterRequest *request);

/* How often at most a meter with this request opens sources: each once, and before that all or some for a look. */
uint64_t request_opens_max(const MeterRequest *request);

/* Whether a meter can do what the request asks for; if not, `wrong` says why. */
bool request_check(const MeterRequest *request, char wrong[REQUEST_WRONG_MAX]);

/* Adds the columns of the request's condition to `reads`; of a packet nothing has to be computed before its row is. */
void request_read_condition(MeterRequest *request);

/* Whether the request's condition, which has come after it, is one that it can have; if not, `wrong` says why. */
bool request_check_condition(const MeterRequest *request, char wrong[REQUEST_WRONG_MAX]);

/* A request as it crosses: how many bytes it has, at most REQUEST_BYTES_MAX if it passes request_check(), and these. */
size_t request_length(const MeterRequest *request);
void   request_write(const MeterRequest *request, uint8_t *to);

/*
 * Reads and checks a request that came as `length` bytes; its texts point into them.  A field that did not come has its default.
 *
 * Returns false, with what is wrong, if the bytes are no request of this version, have a field twice or an unknown one,
 * or if request_check() refuses the request.
 */
bool request_read(const uint8_t *bytes, size_t length, MeterRequest *request, char wrong[REQUEST_WRONG_MAX]);

#endif /* WIRE_REQUEST_H */

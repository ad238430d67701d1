/*
 * limits.h
 *	  The table of options: name, type, default, range, unit and meaning of each, once.
 *
 * What servers and tables take in SQL, what a request may hold, what nfstream_meter takes on its command line and what
 * doc/options.md lists all come from this table.  A new option is a member of OptionId and a row of the table; a row of the
 * table in pg/options/options.c says where in SQL it may stand, a row of the one in wire/request.c that a meter needs to
 * know it, a row of the one in meter/arguments.c that the command line has it.
 */
#ifndef WIRE_LIMITS_H
#define WIRE_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/column.h"

/*
 * Bytes of a BPF filter.  libpcap's compiler takes time that grows with the third power of a filter's length: one of 4,096 bytes
 * takes 44 s at worst, where it is a list of some 2,000 ports, and 150 MB; one of 8,192 bytes takes minutes.
 */
#define FILTER_BYTES_MAX 4096

/* Meters of a scan, each of which has a shard or files of its own. */
#define SHARDS_MAX 64

typedef enum OptionId
{
	OPTION_SOURCE,
	OPTION_ROWS,
	OPTION_DECODE_TUNNELS,
	OPTION_BPF_FILTER,
	OPTION_PROMISCUOUS_MODE,
	OPTION_SNAPSHOT_LENGTH,
	OPTION_SOCKET_BUFFER_SIZE,
	OPTION_EXPIRE_ON_END,
	OPTION_IDLE_TIMEOUT,
	OPTION_ACTIVE_TIMEOUT,
	OPTION_ACCOUNTING_MODE,
	OPTION_UDPS,
	OPTION_N_DISSECTIONS,
	OPTION_STATISTICAL_ANALYSIS,
	OPTION_SPLT_ANALYSIS,
	OPTION_MAX_NFLOWS,
	OPTION_N_METERS,
	OPTION_PERFORMANCE_REPORT,
	OPTION_SYSTEM_VISIBILITY_MODE,
	OPTION_SYSTEM_VISIBILITY_POLL_MS,
	OPTION_COLUMNS_TO_ANONYMIZE,
	OPTION_MAX_ACTIVE_FLOWS,
	OPTION_METER_MEMORY,
	OPTION_METER_TIMEOUT,
	OPTION_SEPARATE_FILES,
	OPTION_SOURCE_ORDER,
	OPTION_ON_DAMAGE,
	OPTION_APPLICATION_NAMES,
	OPTION_DIRECTORY,
	OPTION_INTERFACES,
	OPTION_ATTRIBUTE,
	OPTION_VALUE,
	OPTION_ANONYMIZATION_KEY,
	OPTION_TABLE_NAME,
	OPTION_TYPES,
	OPTION_EXTRA_COLUMNS
} OptionId;

#define OPTIONS_COUNT (OPTION_EXTRA_COLUMNS + 1)

/* The choices of rows: what a row is of; by SchemaId. */
typedef enum RowsChoice
{
	ROWS_FLOWS,
	ROWS_PACKETS
} RowsChoice;

/* The choices of on_damage: what follows the rows up to the damage. */
typedef enum OnDamage
{
	ON_DAMAGE_WARN,
	ON_DAMAGE_ERROR
} OnDamage;

/* The choices of source_order: in which order several files are read. */
typedef enum SourceOrder
{
	SOURCE_ORDER_GIVEN, /* an array's; matches of a glob by their names */
	SOURCE_ORDER_TIME	/* by the times of their first packets */
} SourceOrder;

/* The choices of application_names: what application_name tells. */
typedef enum ApplicationNames
{
	APPLICATION_NAMES_SHORT, /* the application: Facebook */
	APPLICATION_NAMES_FULL	 /* what carries it, too: TLS.Facebook */
} ApplicationNames;

/* The choices of types: those that IMPORT FOREIGN SCHEMA declares. */
typedef enum ImportTypes
{
	IMPORT_NFSTREAM, /* times as NFStream's milliseconds */
	IMPORT_POSTGRES, /* times as timestamptz and interval */
	IMPORT_PORTABLE	 /* as NFSTREAM, addresses as text */
} ImportTypes;

typedef enum OptionType
{
	VALUE_BOOLEAN, /* 0 or 1 */
	VALUE_NUMBER,  /* a whole number, in decimal digits */
	VALUE_CHOICE,  /* the index of one of `choices` */
	VALUE_TEXT	   /* what it may look like is up to whoever reads it */
} OptionType;

typedef struct OptionLimits
{
	const char *name;
	OptionType	type;
	uint64_t	fallback;		 /* where it is not given; a text has none */
	uint64_t	min;			 /* VALUE_NUMBER */
	uint64_t	max;			 /* VALUE_NUMBER; VALUE_TEXT: bytes, 0 for no bound of its own */
	const char *unit;			 /* VALUE_NUMBER: the plural of what is counted; NULL: nothing is */
	const char *choices[4];		 /* VALUE_CHOICE: NULL-terminated */
	const char *accepted;		 /* VALUE_TEXT: what it may look like, for users */
	const char *other_names[10]; /* what users type in its place, NULL-terminated: not accepted, but a hint knows them */
	const char *help;
} OptionLimits;

/* By OptionId. */
extern const OptionLimits option_limits[OPTIONS_COUNT];

/* The option that turns the columns of a group on, by being set to more than 0; GROUP_CORE, which is always on, has none. */
OptionId option_of_group(ColumnGroup group);

/* The longest text of option_accepted() and option_fallback(), with its NUL. */
#define OPTION_WORDS_MAX 256

/*
 * Reads a boolean (as PostgreSQL writes them: true, yes, on, 1, their beginnings and opposites), a number or a choice, of which
 * upper and lower case are the same.  A text has no number: it is looked at for its length only, and `*value` stays.
 *
 * Returns whether the option accepts it.
 */
bool option_parse(OptionId id, const char *text, uint64_t *value);

/* Whether users call the option by this name, though it is not its own. */
bool option_is_called(OptionId id, const char *name);

/* Whether the option accepts this: a number, 0 or 1, the index of a choice, the length of a text. */
bool option_holds(OptionId id, uint64_t value);

/* What the option accepts, as users read it after "Accepted: ". */
void option_accepted(OptionId id, char words[OPTION_WORDS_MAX]);

/* The default as users write it, or '' for a text. */
void option_fallback(OptionId id, char words[OPTION_WORDS_MAX]);

#endif /* WIRE_LIMITS_H */

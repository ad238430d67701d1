/*
 * request.c
 *	  The table of a request's fields; a request's defaults, its check, and how it crosses.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wire/request.h"

/* One field of a request. */
typedef struct RequestField
{
	const char		*name; /* NULL: the option's */
	RequestFieldType type;
	size_t			 at; /* in MeterRequest: an unsigned integer, a RequestText, a ColumnSet */
	size_t			 size;
	bool			 is_option;
	OptionId		 option;   /* whose default and range these are */
	uint64_t		 unit;	   /* what one of the option's units is here: 1000 ms for a second; 0: the same */
	uint64_t		 fallback; /* of a field that is no option: a number's default, */
	uint64_t		 min;	   /* and the range of a number, or of a text's length */
	uint64_t		 max;
} RequestField;

#define FIELD(member)  .at = offsetof(MeterRequest, member), .size = sizeof(((MeterRequest *) NULL)->member)
#define OPTION(id)	   .is_option = true, .option = id

#define MS_OF_A_SECOND 1000
#define BYTES_OF_A_MB  ((uint64_t) 1 << 20)

static const RequestField request_fields[REQUEST_FIELDS] = {
	[REQUEST_OWNER_PID] = {"owner_pid", REQUEST_NUMBER, FIELD(owner_pid), .max = INT32_MAX},
	[REQUEST_IDLE_TIMEOUT] = {NULL, REQUEST_NUMBER, FIELD(idle_timeout), OPTION(OPTION_IDLE_TIMEOUT), .unit = MS_OF_A_SECOND},
	[REQUEST_ACTIVE_TIMEOUT] = {NULL, REQUEST_NUMBER, FIELD(active_timeout), OPTION(OPTION_ACTIVE_TIMEOUT), .unit = MS_OF_A_SECOND},
	[REQUEST_MAX_NFLOWS] = {NULL, REQUEST_NUMBER, FIELD(max_nflows), OPTION(OPTION_MAX_NFLOWS)},
	[REQUEST_MAX_ACTIVE_FLOWS] = {NULL, REQUEST_NUMBER, FIELD(max_active_flows), OPTION(OPTION_MAX_ACTIVE_FLOWS)},
	[REQUEST_METER_MEMORY] = {NULL, REQUEST_NUMBER, FIELD(meter_memory), OPTION(OPTION_METER_MEMORY), .unit = BYTES_OF_A_MB},
	[REQUEST_ACCOUNTING_MODE] = {NULL, REQUEST_NUMBER, FIELD(accounting_mode), OPTION(OPTION_ACCOUNTING_MODE)},
	[REQUEST_N_DISSECTIONS] = {NULL, REQUEST_NUMBER, FIELD(n_dissections), OPTION(OPTION_N_DISSECTIONS)},
	[REQUEST_SPLT_ANALYSIS] = {NULL, REQUEST_NUMBER, FIELD(splt_analysis), OPTION(OPTION_SPLT_ANALYSIS)},
	[REQUEST_STATISTICAL_ANALYSIS] = {NULL, REQUEST_NUMBER, FIELD(statistical_analysis), OPTION(OPTION_STATISTICAL_ANALYSIS)},
	[REQUEST_DECODE_TUNNELS] = {NULL, REQUEST_NUMBER, FIELD(decode_tunnels), OPTION(OPTION_DECODE_TUNNELS)},
	[REQUEST_SEPARATE_FILES] = {NULL, REQUEST_NUMBER, FIELD(separate_files), OPTION(OPTION_SEPARATE_FILES)},
	[REQUEST_SOURCE_ORDER] = {NULL, REQUEST_NUMBER, FIELD(source_order), OPTION(OPTION_SOURCE_ORDER)},
	[REQUEST_STOP_AT_DAMAGE] = {NULL, REQUEST_NUMBER, FIELD(stop_at_damage), OPTION(OPTION_ON_DAMAGE)},
	[REQUEST_APPLICATION_NAMES] = {NULL, REQUEST_NUMBER, FIELD(application_names), OPTION(OPTION_APPLICATION_NAMES)},
	[REQUEST_TIME_DISSECTIONS] = {"time_dissections", REQUEST_NUMBER, FIELD(time_dissections), .max = true},
	[REQUEST_LIST_APPLICATIONS] = {"list_applications", REQUEST_NUMBER, FIELD(list_applications), .max = true},
	[REQUEST_DESCRIBE_PLUGINS] = {"describe_plugins", REQUEST_NUMBER, FIELD(describe_plugins), .max = true},
	[REQUEST_NEEDS_SECCOMP] = {"needs_seccomp", REQUEST_NUMBER, FIELD(needs_seccomp), .fallback = true, .max = true},
	[REQUEST_SCHEMA] = {NULL, REQUEST_NUMBER, FIELD(schema), OPTION(OPTION_ROWS)},
	[REQUEST_COLUMNS] = {"columns", REQUEST_COLUMN_SET, FIELD(columns)},
	[REQUEST_SHARDS] = {"shards", REQUEST_NUMBER, FIELD(shards), .fallback = 1, .min = 1, .max = SHARDS_MAX},
	[REQUEST_SHARD] = {"shard", REQUEST_NUMBER, FIELD(shard), .max = SHARDS_MAX - 1},
	[REQUEST_FILES] = {"files", REQUEST_NUMBER, FIELD(files), .max = REQUEST_FILES_MAX},
	[REQUEST_FILTER] = {NULL, REQUEST_TEXT, FIELD(filter), OPTION(OPTION_BPF_FILTER)},
	[REQUEST_PLUGINS] = {"plugins", REQUEST_NUMBER, FIELD(plugins), .max = PLUGIN_ORDERS_BYTES_MAX},
	[REQUEST_READS] = {"reads", REQUEST_COLUMN_SET, FIELD(reads)},
	[REQUEST_INTERFACE] = {"interface", REQUEST_TEXT, FIELD(interface), .max = INTERFACE_BYTES_MAX},
	[REQUEST_PROMISCUOUS_MODE] = {NULL, REQUEST_NUMBER, FIELD(promiscuous_mode), OPTION(OPTION_PROMISCUOUS_MODE)},
	[REQUEST_SNAPSHOT_LENGTH] = {NULL, REQUEST_NUMBER, FIELD(snapshot_length), OPTION(OPTION_SNAPSHOT_LENGTH)},
	[REQUEST_SOCKET_BUFFER_SIZE] = {NULL, REQUEST_NUMBER, FIELD(socket_buffer_size), OPTION(OPTION_SOCKET_BUFFER_SIZE)},
	[REQUEST_EXPIRE_ON_END] = {NULL, REQUEST_NUMBER, FIELD(expire_on_end), OPTION(OPTION_EXPIRE_ON_END)},
	[REQUEST_CONDITION] = {"condition", REQUEST_NUMBER, FIELD(condition), .max = CONDITION_BYTES_MAX},
	[REQUEST_COUNTS_ASIDE] = {"counts_aside", REQUEST_NUMBER, FIELD(counts_aside), .max = true},
	[REQUEST_ROWS_WANTED] = {"rows_wanted", REQUEST_NUMBER, FIELD(rows_wanted), .max = UINT64_MAX},
};

_Static_assert(ON_DAMAGE_WARN == false && ON_DAMAGE_ERROR == true, "on_damage is stop_at_damage");
_Static_assert((int) ROWS_FLOWS == (int) SCHEMA_FLOWS && (int) ROWS_PACKETS == (int) SCHEMA_PACKETS && SCHEMAS == 2, "rows is a schema");

/* --------------------------------------------------------------------------------------------------------- fields, one by one */

static const char *
name_of(const RequestField *field)
{
	return field->name != NULL ? field->name : option_limits[field->option].name;
}

static uint64_t
unit_of(const RequestField *field)
{
	return field->unit == 0 ? 1 : field->unit;
}

static uint64_t
number_in(const MeterRequest *request, const RequestField *field)
{
	const char *at = (const char *) request + field->at;
	uint64_t	number;
	uint32_t	word;

	switch (field->size)
	{
		case sizeof(uint8_t):
			return *(const uint8_t *) at;
		case sizeof(uint32_t):
			memcpy(&word, at, sizeof(word));
			return word;
		default:
			memcpy(&number, at, sizeof(number));
			return number;
	}
}

/* Sets a number; false if it does not fit there. */
static bool
set_number(MeterRequest *request, const RequestField *field, uint64_t number)
{
	char	*at = (char *) request + field->at;
	uint32_t word = (uint32_t) number;

	switch (field->size)
	{
		case sizeof(uint8_t):
			*(uint8_t *) at = (uint8_t) number;
			return number <= UINT8_MAX;
		case sizeof(uint32_t):
			memcpy(at, &word, sizeof(word));
			return number <= UINT32_MAX;
		default:
			memcpy(at, &number, sizeof(number));
			return true;
	}
}

static const ColumnSet *
columns_in(const MeterRequest *request, const RequestField *field)
{
	return (const ColumnSet *) ((const char *) request + field->at);
}

static const RequestText *
text_in(const MeterRequest *request, const RequestField *field)
{
	return (const RequestText *) ((const char *) request + field->at);
}

/*
 * Whether a field holds what it may: a number in its range, a text that is not too long, columns of its schema,
 * which is a field before them.  Plugins read columns of flows, whatever the rows are.
 */
static bool
is_in_range(const MeterRequest *request, const RequestField *field)
{
	const Schema *schema;
	uint64_t	  size = 0;

	switch (field->type)
	{
		case REQUEST_NUMBER:
			size = number_in(request, field) / unit_of(field);
			break;
		case REQUEST_TEXT:
			size = text_in(request, field)->length;
			break;
		case REQUEST_COLUMN_SET:
			schema = field->at == offsetof(MeterRequest, reads) ? &flow_schema : schema_by_id(request->schema);
			for (unsigned i = schema->count; i < COLUMNS_MAX; i++)
				if (column_set_has(columns_in(request, field), i))
					return false;
			return true;
	}
	return field->is_option ? option_holds(field->option, size) : size >= field->min && size <= field->max;
}

/* The field of an option that is a number, or NULL. */
static const RequestField *
field_of_option(OptionId id)
{
	for (RequestFieldId i = 0; i < REQUEST_FIELDS; i++)
		if (request_fields[i].is_option && request_fields[i].option == id && request_fields[i].type == REQUEST_NUMBER)
			return &request_fields[i];
	return NULL;
}

/* -------------------------------------------------------------------------------------------------------- options and columns */

void
request_defaults(MeterRequest *request)
{
	*request = (MeterRequest) {0};
	for (RequestFieldId i = 0; i < REQUEST_FIELDS; i++)
	{
		const RequestField *field = &request_fields[i];

		if (field->type == REQUEST_NUMBER)
			set_number(request, field,
					   field->is_option ? option_limits[field->option].fallback * unit_of(field) : field->fallback);
	}
}

uint64_t
request_option(const MeterRequest *request, OptionId id)
{
	const RequestField *field = field_of_option(id);

	return field == NULL ? 0 : number_in(request, field) / unit_of(field);
}

bool
request_set_option(MeterRequest *request, OptionId id, uint64_t value)
{
	const RequestField *field = field_of_option(id);

	if (field != NULL)
		set_number(request, field, value * unit_of(field));
	return field != NULL;
}

bool
request_interface_name_is_valid(const char *name, size_t length)
{
	/* 0xa0 is a space of Latin 1, which the kernel's characters are. */
	static const char none[] = "/: \t\n\v\f\r\xa0";

	if (length == 0 || length > INTERFACE_BYTES_MAX || (name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.'))))
		return false;
	for (size_t i = 0; i < length; i++)
		if (memchr(none, name[i], sizeof(none)) != NULL) /* its NUL among them */
			return false;
	return true;
}

bool
request_is_live(const MeterRequest *request)
{
	return request->interface.length > 0;
}

bool
request_group_is_on(const MeterRequest *request, ColumnGroup group)
{
	if (group == GROUP_UDPS)
		return request->plugins > 0;
	return group == GROUP_CORE || request_option(request, option_of_group(group)) > 0;
}

ColumnSet
request_computed(const MeterRequest *request)
{
	ColumnSet computed = {0};

	if (request->schema == SCHEMA_FLOWS)
		computed = request->columns;
	for (unsigned i = 0; i < flow_schema.count; i++)
		if (column_set_has(&request->reads, i) && request_group_is_on(request, flow_schema.columns[i].group))
			column_set_add(&computed, i);
	return computed;
}

bool
request_computes_group(const MeterRequest *request, ColumnGroup group)
{
	ColumnSet computed = request_computed(request);

	return schema_set_has_group(&flow_schema, &computed, group);
}

/* Whether this column of a packet is something about its flow. */
static bool
is_of_flow(const Column *column)
{
	return column->field == FIELD_DELTA_TIME || column->field == FIELD_DIRECTION || column->field == FIELD_FIRST_PACKET ||
		   column_is_hardware(column);
}

bool
request_tracks_flows(const MeterRequest *request)
{
	ColumnSet columns = request->columns;

	if (request->schema != SCHEMA_PACKETS || request->plugins > 0)
		return true;
	if (request->condition_bytes != NULL)
		condition_columns(&packet_schema, request->condition_bytes, request->condition, &columns);
	for (unsigned i = 0; i < packet_schema.count; i++)
		if (column_set_has(&columns, i) && is_of_flow(&packet_schema.columns[i]))
			return true;
	return false;
}

void
request_turn_off_unwanted(MeterRequest *request)
{
	static const ColumnGroup costly[] = {GROUP_STATISTICS, GROUP_SPLT, GROUP_DPI};

	if (request->plugins > 0)
		return;
	for (unsigned i = 0; i < sizeof(costly) / sizeof(costly[0]); i++)
		if (!request_computes_group(request, costly[i]))
			request_set_option(request, option_of_group(costly[i]), 0);
}

void
request_add_all_columns(MeterRequest *request)
{
	const Schema *schema = schema_by_id(request->schema);

	for (unsigned i = 0; i < schema->count; i++)
		if (!schema->columns[i].extra && request_group_is_on(request, schema->columns[i].group))
			column_set_add(&request->columns, i);
}

OrderRule
request_order_rule(const MeterRequest *request)
{
	if (request_is_live(request))
		return ORDER_OF_ARRIVAL;
	return request->separate_files ? ORDER_OF_FILES : ORDER_OF_PLACES;
}

AccountRule
request_account_rule(const MeterRequest *request)
{
	return request->separate_files || request_is_live(request) ? ACCOUNT_OF_PARTS : ACCOUNT_OF_SHARDS;
}

Counter
request_record_counter(const MeterRequest *request)
{
	return request->schema == SCHEMA_PACKETS ? COUNTER_PACKETS_METERED : COUNTER_FLOWS;
}

uint64_t
request_opens_max(const MeterRequest *request)
{
	uint64_t opens = request->files;

	if (request->source_order == SOURCE_ORDER_TIME)
		opens += request->files;
	if (request->shards > 1)
		opens += request->files < REQUEST_SAMPLE_FILES ? request->files : REQUEST_SAMPLE_FILES;
	return opens;
}

/* -------------------------------------------------------------------------------------------------------------------- the check */

/* Says what is wrong; always false. */
__attribute__((format(printf, 2, 3))) static bool
refuse(char wrong[REQUEST_WRONG_MAX], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(wrong, REQUEST_WRONG_MAX, format, arguments);
	va_end(arguments);
	return false;
}

bool
request_check(const MeterRequest *request, char wrong[REQUEST_WRONG_MAX])
{
	const Schema *schema;

	for (RequestFieldId i = 0; i < REQUEST_FIELDS; i++)
		if (!is_in_range(request, &request_fields[i]))
			return refuse(wrong, "field \"%s\" of the request is out of range", name_of(&request_fields[i]));
	if (request->shard >= request->shards)
		return refuse(wrong, "field \"%s\" of the request is out of range", name_of(&request_fields[REQUEST_SHARD]));
	if (request_is_live(request) && !request_interface_name_is_valid(request->interface.bytes, request->interface.length))
		return refuse(wrong, "no interface has the name of the request");
	if (request_is_live(request) && request->files > 0)
		return refuse(wrong, "the request has both files and an interface");
	if (request->condition > 0 && (request->max_nflows > 0 || request->max_active_flows > 0) && !request->counts_aside)
		return refuse(wrong, "the request has a bound on flows, and does not count those that are set aside");
	schema = schema_by_id(request->schema);
	for (unsigned i = 0; i < schema->count; i++)
		if (column_set_has(&request->columns, i) && !request_group_is_on(request, schema->columns[i].group))
			return refuse(wrong, "the request wants the column %s, which its options turn off", schema->columns[i].name);
	return true;
}

void
request_read_condition(MeterRequest *request)
{
	if (request->condition > 0 && request->schema == SCHEMA_FLOWS)
		condition_columns(&flow_schema, request->condition_bytes, request->condition, &request->reads);
}

bool
request_check_condition(const MeterRequest *request, char wrong[REQUEST_WRONG_MAX])
{
	const Schema *schema = schema_by_id(request->schema);
	const char	 *malformed = condition_check(schema, request->condition_bytes, request->condition);
	ColumnSet	  columns = {0};

	if (malformed != NULL)
		return refuse(wrong, "%s", malformed);
	condition_columns(schema, request->condition_bytes, request->condition, &columns);
	for (unsigned i = 0; i < schema->count; i++)
	{
		const Column *column = &schema->columns[i];

		if (!column_set_has(&columns, i))
			continue;
		if (!request_group_is_on(request, column->group))
			return refuse(wrong, "the request's condition is on the column %s, which its options turn off", column->name);
		if (column_is_place(column) && request->separate_files)
			return refuse(wrong, "the request's condition is on the column %s, which no meter knows", column->name);
	}
	return true;
}

/* --------------------------------------------------------------------------------------------------------------- how it crosses */

/* The bytes of a field's value, and how many they are; `number` is where those of a number are made. */
static const void *
value_of(const MeterRequest *request, const RequestField *field, uint64_t *number, size_t *length)
{
	switch (field->type)
	{
		case REQUEST_NUMBER:
			*number = number_in(request, field);
			*length = sizeof(*number);
			return number;
		case REQUEST_TEXT:
			*length = text_in(request, field)->length;
			return text_in(request, field)->bytes;
		case REQUEST_COLUMN_SET:
			break;
	}
	*length = field->size;
	return (const char *) request + field->at;
}

static uint8_t *
put(uint8_t *to, const void *bytes, size_t length)
{
	if (length > 0)
		memcpy(to, bytes, length);
	return to + length;
}

size_t
request_length(const MeterRequest *request)
{
	size_t length = sizeof(RequestHeader);

	for (RequestFieldId i = 0; i < REQUEST_FIELDS; i++)
	{
		uint64_t number;
		size_t	 value_length;

		value_of(request, &request_fields[i], &number, &value_length);
		length += sizeof(RequestFieldHeader) + value_length;
	}
	return length;
}

void
request_write(const MeterRequest *request, uint8_t *to)
{
	const RequestHeader header = {.magic = REQUEST_MAGIC, .version = REQUEST_VERSION, .fields = REQUEST_FIELDS};

	to = put(to, &header, sizeof(header));
	for (RequestFieldId i = 0; i < REQUEST_FIELDS; i++)
	{
		const RequestField		*field = &request_fields[i];
		uint64_t				 number;
		size_t					 length;
		const void				*value = value_of(request, field, &number, &length);
		const RequestFieldHeader field_header = {
			.id = (uint16_t) i,
			.type = (uint16_t) field->type,
			.length = (uint32_t) length,
		};

		to = put(to, &field_header, sizeof(field_header));
		to = put(to, value, length);
	}
}

/* Puts a value of `length` bytes into its field; false if it cannot be one of this field. */
static bool
take_value(MeterRequest *request, const RequestField *field, const uint8_t *bytes, size_t length)
{
	uint64_t number;

	switch (field->type)
	{
		case REQUEST_NUMBER:
			if (length != sizeof(number))
				return false;
			memcpy(&number, bytes, sizeof(number));
			return set_number(request, field, number);
		case REQUEST_TEXT:
			*(RequestText *) ((char *) request + field->at) = (RequestText) {(const char *) bytes, (uint32_t) length};
			return true;
		case REQUEST_COLUMN_SET:
			if (length != field->size)
				return false;
			memcpy((char *) request + field->at, bytes, length);
			return true;
	}
	return false;
}

/* Reads the field at the cursor, one that did not come before, and moves on. */
static bool
read_field(const uint8_t **cursor, const uint8_t *end, bool came[REQUEST_FIELDS], MeterRequest *request,
		   char wrong[REQUEST_WRONG_MAX])
{
	RequestFieldHeader	header;
	const RequestField *field;

	if ((size_t) (end - *cursor) < sizeof(header))
		return refuse(wrong, "the request's length is wrong");
	memcpy(&header, *cursor, sizeof(header));
	*cursor += sizeof(header);
	if (header.length > (size_t) (end - *cursor))
		return refuse(wrong, "the request's length is wrong");
	if (header.id >= REQUEST_FIELDS || header.type != request_fields[header.id].type)
		return refuse(wrong, "the request has a field that is not known");
	field = &request_fields[header.id];
	if (came[header.id])
		return refuse(wrong, "field \"%s\" of the request comes twice", name_of(field));
	came[header.id] = true;
	if (!take_value(request, field, *cursor, header.length))
		return refuse(wrong, "field \"%s\" of the request is out of range", name_of(field));
	*cursor += header.length;
	return true;
}

bool
request_read(const uint8_t *bytes, size_t length, MeterRequest *request, char wrong[REQUEST_WRONG_MAX])
{
	const uint8_t *cursor,
		*end = bytes + length;
	bool		  came[REQUEST_FIELDS] = {false};
	RequestHeader header;

	request_defaults(request);
	if (length < sizeof(header))
		return refuse(wrong, "the request is not one");
	memcpy(&header, bytes, sizeof(header));
	if (header.magic != REQUEST_MAGIC)
		return refuse(wrong, "the request is not one");
	if (header.version != REQUEST_VERSION)
		return refuse(wrong, "the request is another version's");
	cursor = bytes + sizeof(header);
	for (uint32_t i = 0; i < header.fields; i++)
		if (!read_field(&cursor, end, came, request, wrong))
			return false;
	if (cursor != end)
		return refuse(wrong, "the request's length is wrong");
	return request_check(request, wrong);
}

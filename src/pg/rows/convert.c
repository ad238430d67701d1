/*
 * convert.c
 *	  From the values of records to datums.
 *
 * Columns fall into a few classes by what their values mean; one table says which types hold which class, and by which
 * function.  Modifiers of types and constraints of domains come later: tuple.c.
 */
#include "postgres.h"

#include <arpa/inet.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/inet.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "pg/base/encoding.h"
#include "pg/base/unix_time.h"
#include "pg/base/varlena.h"
#include "pg/rows/convert.h"
#include "pg/rows/plugin_jsonb.h"

/* What a value means: each class is one bit. */
#define WHOLE		  0x001
#define FLAG		  0x002 /* 0 or 1 */
#define TIME		  0x004 /* ms since 1970 */
#define DURATION	  0x008 /* ms */
#define REAL		  0x010
#define REAL_DURATION 0x020 /* ms and fractions of them */
#define ADDRESS		  0x040
#define MAC			  0x080
#define OUI			  0x100
#define TEXT		  0x200
#define JSON		  0x400
#define INTEGERS	  0x800
#define SOURCE		  0x1000 /* index of a file */
#define BINARY		  0x2000 /* bytes */
#define EXACT_TIME	  0x4000 /* ns since 1970 */

/*
 * Longer durations become this one: as many whole seconds as an interval's microseconds hold, so that it can be rounded
 * to any digit.
 */
#define LONGEST_INTERVAL_US (PG_INT64_MAX / USECS_PER_SEC * USECS_PER_SEC)

#define LONGEST_MAC			sizeof("aa:bb:cc:dd:ee:ff")

/* How many elements of a list an error shows. */
#define LIST_SHOWN 20

static int
class_of(const Column *column)
{
	if (column->field == FIELD_APPLICATION_IS_GUESSED || column_is_tcp_flag(column))
		return FLAG;
	switch (column->kind)
	{
		case COLUMN_UINT8:
		case COLUMN_UINT16:
		case COLUMN_UINT32:
		case COLUMN_UINT64:
		case COLUMN_INT32:
		case COLUMN_INT64:
			switch (column->unit)
			{
				case UNIT_TIME_MS:
					return TIME;
				case UNIT_TIME_NS:
					return EXACT_TIME;
				case UNIT_DURATION_MS:
					return DURATION;
				default:
					return WHOLE;
			}
		case COLUMN_DOUBLE:
			return column->unit == UNIT_DURATION_MS ? REAL_DURATION : REAL;
		case COLUMN_ADDRESS:
			return ADDRESS;
		case COLUMN_MAC:
			return MAC;
		case COLUMN_OUI:
			return OUI;
		case COLUMN_TEXT:
		case COLUMN_LONG_TEXT:
			return TEXT;
		case COLUMN_BYTES:
			return BINARY;
		case COLUMN_JSON:
			return JSON;
		case COLUMN_INTEGERS:
			return INTEGERS;
		case COLUMN_FILE:
			return SOURCE;
	}
	return 0;
}

static bool
is_signed(const Column *column)
{
	return column->kind == COLUMN_INT32 || column->kind == COLUMN_INT64;
}

static void
refuse_text(const char *value, const ConvertTarget *target, int code)
{
	ereport(ERROR,
			(errcode(code),
			 errmsg("value %s of column \"%s\" of foreign table \"%s\" is out of range for type %s",
					value, target->name, target->table, format_type_be(target->type)),
			 target->schema->id == SCHEMA_FLOWS ?
				 errdetail("The flow began in capture \"%s\".", convert_capture_text(target)) :
				 errdetail("The packet is in capture \"%s\".", convert_capture_text(target)),
			 errhint("Declare the column with a wider type.")));
}

static void
out_of_range(const RecordValue *value, const ConvertTarget *target, int code)
{
	refuse_text(convert_value_text(value, target), target, code);
}

static void
format_address(const RecordValue *value, char *buffer, size_t size)
{
	if (inet_ntop(value->b.length == 4 ? AF_INET : AF_INET6, value->b.bytes, buffer, size) == NULL)
		elog(ERROR, "could not format an address of %u bytes", value->b.length);
}

/* Bytes in hexadecimal, lower case, with colons; returns the length. */
static size_t
format_mac(const RecordValue *value, char *buffer)
{
	static const char digits[] = "0123456789abcdef";
	char			 *end = buffer;

	for (uint32 i = 0; i < value->b.length; i++)
	{
		if (i > 0)
			*end++ = ':';
		*end++ = digits[value->b.bytes[i] >> 4];
		*end++ = digits[value->b.bytes[i] & 15];
	}
	*end = '\0';
	return end - buffer;
}

/* A list with its first `most` elements, and dots if there are more. */
static char *
list_text(const RecordValue *value, uint32 most)
{
	StringInfoData list;

	initStringInfo(&list);
	appendStringInfoChar(&list, '{');
	for (uint32 i = 0; i < Min(value->a.count, most); i++)
		appendStringInfo(&list, "%s" INT64_FORMAT, i == 0 ? "" : ",", record_element(value, i));
	appendStringInfoString(&list, value->a.count > most ? ",...}" : "}");
	return list.data;
}

/* Bytes as bytea is written, the first of them, with dots if there are more. */
static char *
bytes_text(const RecordValue *value, uint32 most)
{
	uint32 count = Min(value->b.length, most);
	char  *text = palloc(strlen("\\x") + 2 * (Size) count + sizeof("..."));
	char  *end = text + sprintf(text, "\\x");

	end += hex_encode((const char *) value->b.bytes, count, end);
	strcpy(end, value->b.length > most ? "..." : "");
	return text;
}

char *
convert_capture_text(const ConvertTarget *target)
{
	const ConvertCaptures *captures = target->captures;

	return captures->current < (uint64) captures->count ? TextDatumGetCString(captures->names[captures->current]) : pstrdup("?");
}

char *
convert_value_text(const RecordValue *value, const ConvertTarget *target)
{
	char buffer[INET6_ADDRSTRLEN];

	switch (class_of(target->column))
	{
		case WHOLE:
		case FLAG:
		case TIME:
		case DURATION:
		case EXACT_TIME:
			return is_signed(target->column) ? psprintf(INT64_FORMAT, value->i) : psprintf(UINT64_FORMAT, value->u);
		case REAL:
		case REAL_DURATION:
			return float8out_internal(value->d);
		case ADDRESS:
			format_address(value, buffer, sizeof(buffer));
			return pstrdup(buffer);
		case MAC:
		case OUI:
			format_mac(value, buffer);
			return pstrdup(buffer);
		case TEXT:
			return psprintf("\"%s\"", text_to_cstring(encoding_from_utf8(value->b.bytes, value->b.length)));
		case JSON:
			return pstrdup(encoding_clipped(text_to_cstring(encoding_from_utf8(value->b.bytes, value->b.length))));
		case INTEGERS:
			return list_text(value, LIST_SHOWN);
		case BINARY:
			return bytes_text(value, LIST_SHOWN);
		case SOURCE:
			return psprintf("\"%s\"", convert_capture_text(target));
	}
	return pstrdup("?");
}

/* A whole number that lies in a range, or an error. */
static int64
whole_number(const RecordValue *value, const ConvertTarget *target, int64 min, int64 max)
{
	if (is_signed(target->column) ? value->i < min || value->i > max : value->u > (uint64) max)
		out_of_range(value, target, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE);
	return is_signed(target->column) ? value->i : (int64) value->u;
}

static Datum
whole_to_int2(const RecordValue *value, const ConvertTarget *target)
{
	return Int16GetDatum(whole_number(value, target, PG_INT16_MIN, PG_INT16_MAX));
}

static Datum
whole_to_int4(const RecordValue *value, const ConvertTarget *target)
{
	return Int32GetDatum(whole_number(value, target, PG_INT32_MIN, PG_INT32_MAX));
}

static Datum
whole_to_int8(const RecordValue *value, const ConvertTarget *target)
{
	return Int64GetDatum(whole_number(value, target, PG_INT64_MIN, PG_INT64_MAX));
}

static Datum
whole_to_numeric(const RecordValue *value, const ConvertTarget *target)
{
	if (!is_signed(target->column) && value->u > PG_INT64_MAX)
		return DirectFunctionCall3(numeric_in, CStringGetDatum(convert_value_text(value, target)),
								   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	return DirectFunctionCall1(int8_numeric, whole_to_int8(value, target));
}

static double
whole_double(const RecordValue *value, const ConvertTarget *target)
{
	return is_signed(target->column) ? (double) value->i : (double) value->u;
}

static Datum
whole_to_float4(const RecordValue *value, const ConvertTarget *target)
{
	return Float4GetDatum((float) whole_double(value, target));
}

static Datum
whole_to_float8(const RecordValue *value, const ConvertTarget *target)
{
	return Float8GetDatum(whole_double(value, target));
}

static Datum
flag_to_bool(const RecordValue *value, const ConvertTarget *target)
{
	return BoolGetDatum(value->u != 0);
}

static Datum
time_to_timestamptz(const RecordValue *value, const ConvertTarget *target)
{
	return TimestampTzGetDatum(unix_ms_fits(value->u) ? unix_timestamp(value->u, 0) : DT_NOEND);
}

/* Cut down to microseconds; what no nanoseconds could tell lies in the infinite future. */
static Datum
exact_time_to_timestamptz(const RecordValue *value, const ConvertTarget *target)
{
	if (value->u == UINT64_MAX)
		return TimestampTzGetDatum(DT_NOEND);
	return TimestampTzGetDatum((int64) (value->u / 1000 - UNIX_TO_POSTGRES_US));
}

static Datum
microseconds_to_interval(int64 microseconds)
{
	Interval *interval = palloc0(sizeof(*interval));

	interval->time = Min(microseconds, LONGEST_INTERVAL_US);
	return IntervalPGetDatum(interval);
}

static Datum
duration_to_interval(const RecordValue *value, const ConvertTarget *target)
{
	return microseconds_to_interval((int64) Min(value->u, LONGEST_INTERVAL_US / 1000) * 1000);
}

static Datum
real_to_interval(const RecordValue *value, const ConvertTarget *target)
{
	double microseconds = rint(value->d * 1000); /* half to even */

	if (isnan(microseconds) || microseconds < 0)
		out_of_range(value, target, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE);
	return microseconds_to_interval(FLOAT8_FITS_IN_INT64(microseconds) ? (int64) microseconds : LONGEST_INTERVAL_US);
}

static Datum
real_to_float4(const RecordValue *value, const ConvertTarget *target)
{
	float narrow = (float) value->d;

	if (isinf(narrow) && !isinf(value->d))
		out_of_range(value, target, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE);
	return Float4GetDatum(narrow);
}

static Datum
real_to_float8(const RecordValue *value, const ConvertTarget *target)
{
	return Float8GetDatum(value->d);
}

static Datum
real_to_numeric(const RecordValue *value, const ConvertTarget *target)
{
	if (isinf(value->d))
		out_of_range(value, target, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE);
	return DirectFunctionCall1(float8_numeric, Float8GetDatum(value->d));
}

static Datum
address_to_inet(const RecordValue *value, const ConvertTarget *target)
{
	inet *address = palloc0(sizeof(*address));

	ip_family(address) = value->b.length == 4 ? PGSQL_AF_INET : PGSQL_AF_INET6;
	ip_bits(address) = ip_maxbits(address);
	memcpy(ip_addr(address), value->b.bytes, ip_addrsize(address));
	SET_INET_VARSIZE(address);
	return InetPGetDatum(address);
}

static Datum
address_to_text(const RecordValue *value, const ConvertTarget *target)
{
	char buffer[INET6_ADDRSTRLEN];

	format_address(value, buffer, sizeof(buffer));
	return CStringGetTextDatum(buffer);
}

static Datum
mac_to_macaddr(const RecordValue *value, const ConvertTarget *target)
{
	macaddr		*address = palloc(sizeof(*address));
	const uint8 *bytes = value->b.bytes;

	*address = (macaddr) {bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]};
	return MacaddrPGetDatum(address);
}

static Datum
mac_to_text(const RecordValue *value, const ConvertTarget *target)
{
	char   buffer[LONGEST_MAC];
	size_t length = format_mac(value, buffer);

	return PointerGetDatum(cstring_to_text_with_len(buffer, length));
}

static Datum
text_to_text(const RecordValue *value, const ConvertTarget *target)
{
	return PointerGetDatum(encoding_from_utf8(value->b.bytes, value->b.length));
}

static Datum
json_to_jsonb(const RecordValue *value, const ConvertTarget *target)
{
	return JsonbPGetDatum(plugin_jsonb((JsonPart) {value->b.bytes, value->b.length}));
}

static Datum
bytes_to_bytea(const RecordValue *value, const ConvertTarget *target)
{
	bytea *bytes = palloc(VARHDRSZ + value->b.length);

	SET_VARSIZE(bytes, VARHDRSZ + value->b.length);
	memcpy(VARDATA(bytes), value->b.bytes, value->b.length);
	return PointerGetDatum(bytes);
}

static Datum
source_to_text(const RecordValue *value, const ConvertTarget *target)
{
	if (value->u >= (uint64) target->captures->count)
		elog(ERROR, "a meter names capture " UINT64_FORMAT " of %d", value->u, target->captures->count);
	return target->captures->names[value->u];
}

/* An array of integers of 2, 4 or 8 bytes; an empty one has no dimension. */
static Datum
make_array(const RecordValue *value, const ConvertTarget *target, Oid element_type, size_t width)
{
	int		   dimensions = value->a.count > 0 ? 1 : 0;
	int64	   max = PG_INT64_MAX >> (64 - 8 * width);
	Size	   size = ARR_OVERHEAD_NONULLS(dimensions) + value->a.count * width;
	ArrayType *array = palloc0(size);
	char	  *at;

	SET_VARSIZE(array, size);
	array->ndim = dimensions;
	array->elemtype = element_type;
	if (dimensions > 0)
	{
		*ARR_DIMS(array) = value->a.count;
		*ARR_LBOUND(array) = 1;
	}

	at = ARR_DATA_PTR(array);
	for (uint32 i = 0; i < value->a.count; i++, at += width)
	{
		int64 element = record_element(value, i);

		/* Names the element, not the list, which may have 65535 of them. */
		if (element > max || element < -max - 1)
			refuse_text(psprintf(INT64_FORMAT, element), target, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE);
		if (width == sizeof(int16))
			*(int16 *) at = element;
		else if (width == sizeof(int32))
			*(int32 *) at = element;
		else
			*(int64 *) at = element;
	}
	return PointerGetDatum(array);
}

static Datum
list_to_int2(const RecordValue *value, const ConvertTarget *target)
{
	return make_array(value, target, INT2OID, sizeof(int16));
}

static Datum
list_to_int4(const RecordValue *value, const ConvertTarget *target)
{
	return make_array(value, target, INT4OID, sizeof(int32));
}

static Datum
list_to_int8(const RecordValue *value, const ConvertTarget *target)
{
	return make_array(value, target, INT8OID, sizeof(int64));
}

static Datum
list_to_jsonb(const RecordValue *value, const ConvertTarget *target)
{
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (uint32 i = 0; i < value->a.count; i++)
	{
		JsonbValue element = {.type = jbvNumeric};

		element.val.numeric = DatumGetNumeric(DirectFunctionCall1(int8_numeric, Int64GetDatum(record_element(value, i))));
		pushJsonbValue(&state, WJB_ELEM, &element);
	}
	return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL)));
}

/*
 * Which types hold which classes.  An error names the types of a class in the order in which they stand here.
 * Milliseconds since 1970 need more digits than an integer or a real has, nanoseconds more than a double.
 */
static const struct
{
	Oid				type;
	int				classes;
	ConvertFunction function;
} conversions[] =
	{
		{BOOLOID, FLAG, flag_to_bool},
		{INT2OID, WHOLE | FLAG | DURATION, whole_to_int2},
		{INT4OID, WHOLE | FLAG | DURATION, whole_to_int4},
		{INT8OID, WHOLE | FLAG | DURATION | TIME | EXACT_TIME, whole_to_int8},
		{NUMERICOID, WHOLE | FLAG | DURATION | TIME | EXACT_TIME, whole_to_numeric},
		{FLOAT4OID, WHOLE | FLAG | DURATION, whole_to_float4},
		{FLOAT8OID, WHOLE | FLAG | DURATION | TIME, whole_to_float8},
		{TIMESTAMPTZOID, TIME, time_to_timestamptz},
		{TIMESTAMPTZOID, EXACT_TIME, exact_time_to_timestamptz},
		{FLOAT4OID, REAL | REAL_DURATION, real_to_float4},
		{FLOAT8OID, REAL | REAL_DURATION, real_to_float8},
		{NUMERICOID, REAL | REAL_DURATION, real_to_numeric},
		{INTERVALOID, DURATION, duration_to_interval},
		{INTERVALOID, REAL_DURATION, real_to_interval},
		{INETOID, ADDRESS, address_to_inet},
		{TEXTOID, ADDRESS, address_to_text},
		{MACADDROID, MAC, mac_to_macaddr},
		{TEXTOID, MAC | OUI, mac_to_text},
		{TEXTOID, TEXT, text_to_text},
		{TEXTOID, SOURCE, source_to_text},
		{JSONBOID, JSON, json_to_jsonb},
		{JSONOID, JSON, text_to_text}, /* which it is, once checked */
		{TEXTOID, JSON, text_to_text},
		{BYTEAOID, BINARY, bytes_to_bytea},
		{INT2ARRAYOID, INTEGERS, list_to_int2},
		{INT4ARRAYOID, INTEGERS, list_to_int4},
		{INT8ARRAYOID, INTEGERS, list_to_int8},
		{JSONBOID, INTEGERS, list_to_jsonb},
};

/* The types of character strings are binary compatible: what the table says of text goes for all of them. */
static const Oid text_types[] = {TEXTOID, VARCHAROID, BPCHAROID};

ConvertFunction
convert_function(const Column *column, Oid type)
{
	int class = class_of(column);

	for (int i = 0; i < lengthof(text_types); i++)
		if (type == text_types[i])
			type = TEXTOID;
	for (int i = 0; i < lengthof(conversions); i++)
		if (conversions[i].type == type && conversions[i].classes & class)
			return conversions[i].function;
	return NULL;
}

text *
convert_plain_text(const RecordValue *value, const ConvertTarget *target)
{
	ConvertFunction convert = convert_function(target->column, TEXTOID);

	if (convert != NULL)
		return DatumGetTextPP(convert(value, target));
	if (class_of(target->column) == BINARY)
		return cstring_to_text(bytes_text(value, value->b.length));
	if (class_of(target->column) == INTEGERS)
		return cstring_to_text(list_text(value, value->a.count));
	return cstring_to_text(convert_value_text(value, target));
}

static void
append_type(StringInfo types, Oid type)
{
	appendStringInfo(types, "%s%s", types->len > 0 ? ", " : "", format_type_be(type));
}

char *
convert_types_text(const Column *column)
{
	int			   class = class_of(column);
	StringInfoData types;

	initStringInfo(&types);
	for (int i = 0; i < lengthof(conversions); i++)
	{
		if ((conversions[i].classes & class) == 0)
			continue;
		if (conversions[i].type != TEXTOID)
			append_type(&types, conversions[i].type);
		else
			for (int j = 0; j < lengthof(text_types); j++)
				append_type(&types, text_types[j]);
	}
	return types.data;
}

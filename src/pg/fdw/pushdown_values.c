/*
 * pushdown_values.c
 *	  The leaves of what is pushed, with their values: what is asked of a column as meters have it.
 *
 * A table's type need not be what meters have: milliseconds may be an interval, bytes a numeric or a real that is rounded, and the value
 * that is compared with may be of a third type.  But no conversion changes the order of values.  So what a comparison with the order's
 * operators asks of a number is whether it lies on one side of a limit, and this is looked for among all the numbers that a column can have,
 * halving them: each step is the row's own conversion and the server's own operator.  Whatever those do, meters decide as the server does.
 */
#include "postgres.h"

#include <arpa/inet.h>
#include <float.h>
#include <math.h>

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/inet.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/base/encoding.h"
#include "pg/base/varlena.h"
#include "pg/fdw/pushdown_comparison.h"

/* The greatest double that is a numeric, of which a query makes a double again: a numeric has 15 of its digits, rounded. */
#define GREATEST_NUMERIC 1e308

/* The numbers that a column can have, as whole numbers in their order. */
typedef struct NumberRange
{
	int64 min;
	int64 max;
	bool  is_all; /* there are none beyond max but such as the type cannot hold */
} NumberRange;

static const ConditionOperator operators[] = {
	[BTLessStrategyNumber] = CONDITION_LESS,
	[BTLessEqualStrategyNumber] = CONDITION_LESS_OR_EQUAL,
	[BTEqualStrategyNumber] = CONDITION_EQUAL,
	[BTGreaterEqualStrategyNumber] = CONDITION_GREATER_OR_EQUAL,
	[BTGreaterStrategyNumber] = CONDITION_GREATER,
	[COMPARISON_UNEQUAL] = CONDITION_NOT_EQUAL,
};

static bool
is_whole(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

/* --------------------------------------------------------------------------------------------------------------- numbers */

/* A double's place among all of them: IEEE 754's bits, turned round where they are less than 0.  NaN is none of them. */
static int64
place_of_double(double number)
{
	int64 bits;

	memcpy(&bits, &number, sizeof(bits));
	return bits < 0 ? bits ^ PG_INT64_MAX : bits;
}

static double
double_at(int64 place)
{
	int64  bits = place < 0 ? place ^ PG_INT64_MAX : place;
	double number;

	memcpy(&number, &bits, sizeof(number));
	return number;
}

/* Doubles that the type holds; others are an error of the row's, or NaN. */
static NumberRange
range_of_doubles(Oid type)
{
	switch (type)
	{
		case FLOAT8OID:
			return (NumberRange) {place_of_double(-INFINITY), place_of_double(INFINITY), false};
		case FLOAT4OID:
			return (NumberRange) {place_of_double(-FLT_MAX), place_of_double(FLT_MAX), false};
		case INTERVALOID:
			return (NumberRange) {0, place_of_double(DBL_MAX), false};
		default:
			return (NumberRange) {place_of_double(-GREATEST_NUMERIC), place_of_double(GREATEST_NUMERIC), false};
	}
}

static NumberRange
range_of_kind(ColumnKind kind)
{
	switch (kind)
	{
		case COLUMN_UINT8:
			return (NumberRange) {0, PG_UINT8_MAX, true};
		case COLUMN_UINT16:
			return (NumberRange) {0, PG_UINT16_MAX, true};
		case COLUMN_UINT32:
			return (NumberRange) {0, PG_UINT32_MAX, true};
		case COLUMN_INT32:
			return (NumberRange) {PG_INT32_MIN, PG_INT32_MAX, true};
		case COLUMN_INT64:
			return (NumberRange) {PG_INT64_MIN, PG_INT64_MAX, true};
		default:
			return (NumberRange) {0, PG_INT64_MAX, false};
	}
}

static NumberRange
range_of(const Comparison *comparison)
{
	NumberRange range;
	int64		max;

	if (comparison->column->kind == COLUMN_DOUBLE)
		return range_of_doubles(comparison->declared);
	range = range_of_kind(comparison->column->kind);
	if (!is_whole(comparison->declared))
		return range;
	max = comparison->declared == INT2OID ? PG_INT16_MAX : (comparison->declared == INT4OID ? PG_INT32_MAX : PG_INT64_MAX);
	return (NumberRange) {Max(range.min, -max - 1), Min(range.max, max), true};
}

static RecordValue
number_at(const Column *column, int64 place)
{
	RecordValue value = {.i = place};

	if (column->kind == COLUMN_DOUBLE)
		value.d = double_at(place);
	return value;
}

/* Whether the server says so of a number; without an operator, whether it is true itself. */
static bool
holds(ComparisonSearch *search, FmgrInfo *operator, int64 place, Datum right)
{
	RecordValue	  value = number_at(search->comparison->column, place);
	MemoryContext before;
	Datum		  left;
	bool		  result;

	MemoryContextReset(search->context);
	before = MemoryContextSwitchTo(search->context);
	left = search->comparison->convert(&value, &search->target);
	for (int i = 0; i < search->cast_count; i++)
		left = FunctionCall1(&search->casts[i], left);
	result = DatumGetBool(operator == NULL ? left : FunctionCall2Coll(operator, search->comparison->collation, left, right));
	MemoryContextSwitchTo(before);
	return result;
}

/* The first number of the range of which it holds, as it then does of all that follow; or, with `not`, does not; false if there is none. */
static bool
find_first(ComparisonSearch *search, FmgrInfo *operator, Datum right, bool not, const NumberRange *range, int64 *first)
{
	int64 low = range->min,
		  high = range->max;

	if (holds(search, operator, high, right) == not)
		return false;
	while (low < high)
	{
		int64 middle = low + (int64) (((uint64) high - (uint64) low) / 2);

		CHECK_FOR_INTERRUPTS();
		if (holds(search, operator, middle, right) == not)
			low = middle + 1;
		else
			high = middle;
	}
	*first = low;
	return true;
}

static ConditionPart *
compare_number(const Comparison *comparison, ConditionOperator operator, int64 place)
{
	ConditionValue value = {.i = place};

	if (comparison->column->kind == COLUMN_DOUBLE)
		value.d = double_at(place);
	return part_compare(comparison->index, operator, &value);
}

/* From `first` on, and what is said of all numbers if it is the first of all. */
static ConditionPart *
from_first(const Comparison *comparison, const NumberRange *range, int64 first)
{
	return first == range->min ? part_constant(CONDITION_TRUE) : compare_number(comparison, CONDITION_GREATER_OR_EQUAL, first);
}

static ConditionPart *
before_first(const Comparison *comparison, const NumberRange *range, int64 first)
{
	return part_not(from_first(comparison, range, first));
}

/* There is none in the range. */
static ConditionPart *
none(const NumberRange *range)
{
	return part_constant(range->is_all ? CONDITION_FALSE : CONDITION_UNKNOWN);
}

static ConditionPart *
equal_number(ComparisonSearch *search, Datum value, const NumberRange *range)
{
	const Comparison *comparison = search->comparison;
	int64			  first,
		beyond;

	if (!find_first(search, &search->or_equal, value, false, range, &first))
		return none(range);
	if (holds(search, &search->greater, first, value))
		return part_constant(CONDITION_FALSE);
	if (first < range->max && holds(search, &search->greater, first + 1, value))
		return compare_number(comparison, CONDITION_EQUAL, first);
	if (find_first(search, &search->greater, value, false, range, &beyond))
		return part_and(list_make2(from_first(comparison, range, first), before_first(comparison, range, beyond)));
	if (!range->is_all)
		return part_constant(CONDITION_UNKNOWN);
	return first == range->max ? compare_number(comparison, CONDITION_EQUAL, first) : from_first(comparison, range, first);
}

/* Whole numbers that are whole numbers for the server too are compared as they are. */
static bool
compare_whole(const Comparison *comparison, Datum value, ConditionPart **part)
{
	ConditionValue whole;

	if (comparison->column->kind == COLUMN_DOUBLE || !is_whole(comparison->declared) || !is_whole(comparison->type) ||
		!is_whole(comparison->right))
		return false;
	whole.i = comparison->right == INT2OID ? DatumGetInt16(value) :
											 (comparison->right == INT4OID ? DatumGetInt32(value) : DatumGetInt64(value));
	*part = part_compare(comparison->index, operators[comparison->strategy], &whole);
	return true;
}

static ConditionPart *
number_part(ComparisonSearch *search, Datum value)
{
	const Comparison *comparison = search->comparison;
	NumberRange		  range = range_of(comparison);
	ConditionPart	 *part;
	int64			  first;

	if (comparison->kind == COMPARISON_TRUTH)
		return find_first(search, NULL, value, false, &range, &first) ? from_first(comparison, &range, first) : none(&range);
	if (compare_whole(comparison, value, &part))
		return part;
	switch (comparison->strategy)
	{
		case BTLessStrategyNumber:
		case BTLessEqualStrategyNumber:
			if (find_first(search, &search->operator, value, true, &range, &first))
				return before_first(comparison, &range, first);
			return part_not(none(&range));
		case BTGreaterStrategyNumber:
		case BTGreaterEqualStrategyNumber:
			return find_first(search, &search->operator, value, false, &range, &first) ? from_first(comparison, &range, first) : none(&range);
		case BTEqualStrategyNumber:
			return equal_number(search, value, &range);
		default:
			return part_not(equal_number(search, value, &range));
	}
}

/* ------------------------------------------------------------------------------------------------------- addresses, texts */

static ConditionValue
network_value(Datum datum)
{
	inet		  *network = DatumGetInetPP(datum);
	ConditionValue value = {.address = {.version = ip_family(network) == PGSQL_AF_INET ? 4 : 6, .bits = ip_bits(network)}};

	memcpy(value.address.bytes, ip_addr(network), ip_addrsize(network));
	return value;
}

/* Bytes as MAC addresses are written, of which the column has so many; false if the text is none. */
static bool
read_mac(const char *text, uint8 *bytes, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
	{
		char *end;

		if (!isxdigit((unsigned char) *text))
			return false;
		bytes[i] = strtoul(text, &end, 16);
		text = end + (*end == ':');
	}
	return *text == '\0';
}

/*
 * What a column, which the table declares as text, must be to be this text; false if no value of it is written so.  A value has one way in
 * which it is written, which is asked for here.
 */
static bool
value_of_text(ComparisonSearch *search, text *asked, ConditionValue *value)
{
	const Column *column = search->comparison->column;
	char		 *string = text_to_cstring(asked);
	uint8		 *bytes = palloc0(sizeof(value->address.bytes));
	RecordValue	  raw = {.b = {.bytes = bytes}};
	text		 *written;

	switch (column->kind)
	{
		case COLUMN_ADDRESS:
			raw.b.length = inet_pton(AF_INET, string, bytes) == 1 ? 4 : (inet_pton(AF_INET6, string, bytes) == 1 ? 16 : 0);
			break;
		case COLUMN_MAC:
		case COLUMN_OUI:
			raw.b.length = column->kind == COLUMN_MAC ? 6 : 3;
			raw.b.length = read_mac(string, bytes, raw.b.length) ? raw.b.length : 0;
			break;
		default:
			value->text.bytes = (const uint8 *) VARDATA_ANY(asked);
			value->text.length = VARSIZE_ANY_EXHDR(asked);
			return true;
	}
	if (raw.b.length == 0)
		return false;
	written = DatumGetTextPP(search->comparison->convert(&raw, &search->target));
	if (VARSIZE_ANY_EXHDR(written) != VARSIZE_ANY_EXHDR(asked) ||
		memcmp(VARDATA_ANY(written), VARDATA_ANY(asked), VARSIZE_ANY_EXHDR(asked)) != 0)
		return false;
	*value = (ConditionValue) {0};
	if (column->kind == COLUMN_ADDRESS)
	{
		value->address.version = raw.b.length == 4 ? 4 : 6;
		value->address.bits = raw.b.length * 8;
		memcpy(value->address.bytes, bytes, raw.b.length);
	}
	else
	{
		value->text.bytes = bytes;
		value->text.length = raw.b.length;
	}
	return true;
}

static ConditionPart *
bytes_part(ComparisonSearch *search, Datum datum)
{
	const Comparison *comparison = search->comparison;
	ConditionValue	  value;

	if (comparison->type == INETOID)
		value = network_value(datum);
	else if (comparison->type == MACADDROID)
		value = (ConditionValue) {.text = {(const uint8 *) DatumGetPointer(datum), sizeof(macaddr)}};
	else if (!value_of_text(search, DatumGetTextPP(datum), &value))
		return part_constant(comparison->strategy == COMPARISON_UNEQUAL ? CONDITION_TRUE : CONDITION_FALSE);
	if (comparison->kind == COMPARISON_NETWORK)
		return part_network(comparison->index, comparison->network, &value);
	return part_compare(comparison->index, operators[comparison->strategy], &value);
}

/* ----------------------------------------------------------------------------------------------------------------- files */

static ConditionPart *
files_part(ComparisonSearch *search, Datum value, const SourceFile *files, int count)
{
	List *named = NIL;

	for (int i = 0; i < count; i++)
	{
		Datum name = CStringGetTextDatum(encoding_valid(files[i].path));

		CHECK_FOR_INTERRUPTS();
		if (DatumGetBool(FunctionCall2Coll(&search->operator, search->comparison->collation, name, value)))
			named = lappend(named, part_compare(search->comparison->index, CONDITION_EQUAL, &(ConditionValue) {.i = i}));
	}
	return list_length(named) == count ? part_constant(CONDITION_TRUE) : part_or(named);
}

/* -------------------------------------------------------------------------------------------------------------- all kinds */

static void
look_up_member(const Comparison *comparison, int strategy, FmgrInfo *function)
{
	Oid operator = get_opfamily_member(comparison->family, comparison->type, comparison->right, strategy);

	if (!OidIsValid(operator))
		elog(ERROR, "operator family %u has no operator %d of types %u and %u", comparison->family, strategy, comparison->type,
			 comparison->right);
	fmgr_info(get_opcode(operator), function);
}

ComparisonSearch *
comparison_search(const Comparison *comparison)
{
	static const ConvertCaptures no_captures;
	ComparisonSearch			*search = palloc0(sizeof(*search));
	ListCell					*cell;

	search->comparison = comparison;
	search->target = (ConvertTarget) {.table = "", .name = "", .column = comparison->column, .type = comparison->declared, .captures = &no_captures};
	search->context = AllocSetContextCreate(CurrentMemoryContext, "nfstream condition step", ALLOCSET_SMALL_SIZES);
	search->casts = palloc(list_length(comparison->casts) * sizeof(FmgrInfo));
	foreach(cell, comparison->casts)
		fmgr_info(lfirst_oid(cell), &search->casts[search->cast_count++]);
	if (OidIsValid(comparison->operator))
		fmgr_info(get_opcode(comparison->operator), &search->operator);
	if (condition_kind(comparison->column) <= CONDITION_DOUBLE &&
		(comparison->strategy == BTEqualStrategyNumber || comparison->strategy == COMPARISON_UNEQUAL))
	{
		look_up_member(comparison, BTGreaterEqualStrategyNumber, &search->or_equal);
		look_up_member(comparison, BTGreaterStrategyNumber, &search->greater);
	}
	return search;
}

ConditionPart *
comparison_part(ComparisonSearch *search, Datum value, const SourceFile *files, int count)
{
	if (search->comparison->kind == COMPARISON_FILE)
		return files == NULL ? part_constant(CONDITION_UNKNOWN) : files_part(search, value, files, count);
	switch (condition_kind(search->comparison->column))
	{
		case CONDITION_INTEGER:
		case CONDITION_DOUBLE:
			return number_part(search, value);
		case CONDITION_ADDRESS:
		case CONDITION_BYTES:
			return bytes_part(search, value);
		case CONDITION_NONE:
			break;
	}
	return part_constant(CONDITION_UNKNOWN);
}

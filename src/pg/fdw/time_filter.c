/*
 * time_filter.c
 *	  Which files cannot have a row that a query wants, by the times of their packets.
 *
 * The condition that goes to the meters (wire/condition.h) is evaluated on all rows that a file may have at once: of a column of times
 * it is known between which its values lie, of any other nothing is; and what a node may be, true, false or null, is a set.  If the whole cannot be
 * true, the file is left out.
 *
 * All times of a flow are those of packets of its file, or of the clock, which shows the latest of them; where no packet came back, the
 * times of dst2src are 0.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "pg/fdw/time_filter.h"
#include "wire/condition.h"

/* ms whose ns fit a record: later times are cut there, so that files with any are not left out. */
#define LATEST_MS (INT64_MAX / 1000000 - 1)

struct TimeFilter
{
	const Schema *schema;
	const uint8	 *bytes; /* of the condition */
	size_t		  length;
	KnownFiles	 *known;
};

/* Between which numbers the values of a column lie. */
typedef struct Range
{
	int64 first;
	int64 last;
	bool  or_zero; /* or they are 0 */
} Range;

static bool
is_time(const Column *column)
{
	return column->unit == UNIT_TIME_MS || column->unit == UNIT_TIME_NS;
}

/* ---------------------------------------------------------------------------------------------------------------- evaluating */

static Range
range_of(const Column *column, const KnownFile *file)
{
	if (column->unit == UNIT_TIME_NS)
		return (Range) {
			.first = (int64) file->first * 1000000 + file->first_nanoseconds,
			.last = (int64) file->last * 1000000 + file->last_nanoseconds,
		};
	return (Range) {.first = (int64) file->first, .last = (int64) file->last, .or_zero = column->side == SIDE_DST2SRC};
}

/* What a comparison with values from `first` to `last` may be. */
static int
compare(ConditionOperator operation, int64 first, int64 last, int64 value)
{
	unsigned possible = (first < value ? ORDER_LESS : 0) | (first <= value && value <= last ? ORDER_EQUAL : 0) | (last > value ? ORDER_GREATER : 0),
			 asked = condition_orders(operation);

	return (possible & asked ? CONDITION_TRUE : 0) | (possible & ~asked ? CONDITION_FALSE : 0);
}

static int
compare_range(ConditionOperator operation, const Range *range, int64 value)
{
	int may_be = compare(operation, range->first, range->last, value);

	return range->or_zero ? may_be | compare(operation, 0, 0, value) : may_be;
}

/* A comparison, or a list of values of which a column is to be one. */
static int
evaluate_values(const TimeFilter *filter, const ConditionItem *item, const uint8_t *end, const KnownFile *file)
{
	const Column  *column = &filter->schema->columns[item->column];
	const uint8_t *cursor = item->values;
	int			   none = item->has_null ? CONDITION_NULL : CONDITION_FALSE;
	Range		   range;
	ConditionValue value;

	if (!is_time(column))
		return CONDITION_UNKNOWN;
	range = range_of(column, file);
	if (item->node == CONDITION_COMPARE)
		return condition_value(item->kind, &cursor, end, &value) ? compare_range(item->operation, &range, value.i) : CONDITION_UNKNOWN;
	for (uint32_t i = 0; i < item->count; i++)
		if (!condition_value(item->kind, &cursor, end, &value) || (compare_range(CONDITION_EQUAL, &range, value.i) & CONDITION_TRUE))
			return CONDITION_UNKNOWN;
	return none;
}

/*
 * What the next node may be, over which the cursor moves.  An AND may be true if all its nodes may, an OR may be false if all may; what
 * else they may be, one may be.
 */
static int
evaluate(const TimeFilter *filter, const uint8_t **cursor, const uint8_t *end, const KnownFile *file)
{
	ConditionItem item;
	int			  all = CONDITION_UNKNOWN,
		any = 0,
		decides;

	check_stack_depth();
	if (condition_item(filter->schema, cursor, end, &item) != NULL)
		return CONDITION_UNKNOWN;
	switch (item.node)
	{
		case CONDITION_AND:
		case CONDITION_OR:
			decides = item.node == CONDITION_AND ? CONDITION_TRUE : CONDITION_FALSE;
			for (uint32_t i = 0; i < item.count; i++)
			{
				int may_be = evaluate(filter, cursor, end, file);

				all &= may_be;
				any |= may_be;
			}
			return (all & decides) | (any & ~decides);
		case CONDITION_NOT:
			return condition_opposite(evaluate(filter, cursor, end, file));
		case CONDITION_CONSTANT:
			return item.set;
		case CONDITION_COMPARE:
		case CONDITION_ANY:
			return evaluate_values(filter, &item, end, file);
		case CONDITION_NETWORK:
			break;
	}
	return CONDITION_UNKNOWN;
}

bool
time_filter_admits(const TimeFilter *filter, const SourceFile *file)
{
	KnownFile	   known = known_file(filter->known, file);
	const uint8_t *cursor = filter->bytes;

	/* Of one that is damaged, a warning says so. */
	if (known.status != FILE_ANALYZED || known.packets == 0 || known.last > LATEST_MS)
		return true;
	return (evaluate(filter, &cursor, filter->bytes + filter->length, &known) & CONDITION_TRUE) != 0;
}

/* -------------------------------------------------------------------------------------------------------------- getting ready */

static bool
has_time(const TimeFilter *filter)
{
	ColumnSet columns = {0};

	condition_columns(filter->schema, filter->bytes, filter->length, &columns);
	for (unsigned i = 0; i < filter->schema->count; i++)
		if (column_set_has(&columns, i) && is_time(&filter->schema->columns[i]))
			return true;
	return false;
}

TimeFilter *
time_filter(const ScanOptions *options, Pushdown *pushdown)
{
	TimeFilter *filter = palloc0(sizeof(*filter));

	filter->schema = options->schema;
	filter->known = known_files(options->table);
	if (filter->known == NULL)
		return NULL;
	filter->bytes = pushdown_condition(pushdown, NULL, 0, &filter->length);
	return filter->length > 0 && has_time(filter) ? filter : NULL;
}

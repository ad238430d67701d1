/*
 * constant.c
 *	  Columns of a foreign table that are the same in all its rows: the column option `value`.
 *
 * The value is a text, which the column's type reads anew for each scan, as '2026-11-27' or 'now' are read where they stand in a query.
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/base/encoding.h"
#include "pg/rows/constant.h"

typedef struct ConstantContext
{
	Oid			table;
	AttrNumber	attribute;
	const char *value;
} ConstantContext;

static void
add_context(void *argument)
{
	const ConstantContext *constant = argument;

	errcontext("column \"%s\" of foreign table \"%s\", option \"value\": \"%s\"", get_attname(constant->table, constant->attribute, true),
			   get_rel_name(constant->table), encoding_clipped(constant->value));
}

Datum
constant_read(Oid table, AttrNumber attribute, const char *value)
{
	ConstantContext		 constant = {table, attribute, value};
	ErrorContextCallback callback = {.previous = error_context_stack, .callback = add_context, .arg = &constant};
	Oid					 type,
		collation,
		input,
		parameter;
	int32 modifier;
	Datum datum;

	get_atttypetypmodcoll(table, attribute, &type, &modifier, &collation);
	getTypeInputInfo(type, &input, &parameter);
	error_context_stack = &callback;
	datum = OidInputFunctionCall(input, unconstify(char *, value), parameter, modifier); /* of a domain: with its constraints */
	error_context_stack = callback.previous;
	return datum;
}

/* Whether a text is a date, perhaps with a time, that is read the same with any DateStyle. */
static bool
is_iso(const char *value)
{
	static const char pattern[] = "dddd-dd-dd";

	for (int i = 0; i < lengthof(pattern) - 1; i++)
		if (pattern[i] == 'd' ? !isdigit((unsigned char) value[i]) : value[i] != pattern[i])
			return false;
	return strspn(value, "0123456789-T :.") == strlen(value);
}

bool
constant_is_lasting(Oid type, const char *value)
{
	Oid input,
		parameter;

	if (type == DATEOID || type == TIMESTAMPOID)
		return is_iso(value);
	getTypeInputInfo(type, &input, &parameter);
	return func_volatile(input) == PROVOLATILE_IMMUTABLE;
}

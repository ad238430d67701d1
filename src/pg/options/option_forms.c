/*
 * option_forms.c
 *	  What the texts of options may look like.
 */
#include "postgres.h"

#include <limits.h>

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

#include "pg/options/option_forms.h"
#include "pg/options/options.h"
#include "pg/options/planned.h"
#include "wire/request.h"
#include "wire/schema.h"

#define KEY_DIGITS_MAX 128 /* BLAKE2b takes keys of up to 64 bytes: RFC 7693, section 2.1 */

/*
 * Calls an input function; false if the text is no value of its type.
 *
 * The two functions that are called here touch no state of the transaction, so their errors can be dropped.
 */
static bool
read_literal(Oid input_function, const char *literal, Oid element_type, Datum *value)
{
	MemoryContext context = CurrentMemoryContext;
	volatile bool valid = true;

	PG_TRY();
	{
		*value = OidFunctionCall3(input_function, CStringGetDatum(literal), ObjectIdGetDatum(element_type),
								  Int32GetDatum(-1));
	}
	PG_CATCH();
	{
		if (ERRCODE_TO_CATEGORY(geterrcode()) != ERRCODE_DATA_EXCEPTION &&
			ERRCODE_TO_CATEGORY(geterrcode()) != ERRCODE_PROGRAM_LIMIT_EXCEEDED)
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		FlushErrorState();
		valid = false;
	}
	PG_END_TRY();
	return valid;
}

const char *
form_after_prefix(const char *value, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(value, prefix, length) == 0 ? value + length : NULL;
}

bool
form_is_array(const char *value)
{
	return value[0] == '{' && value[strlen(value) - 1] == '}';
}

bool
form_parse_names(const char *value, List **names)
{
	Datum  array;
	Datum *elements;
	bool  *nulls;
	int	   count;

	*names = NIL;
	if (!read_literal(F_ARRAY_IN, value, TEXTOID, &array) || ARR_NDIM(DatumGetArrayTypeP(array)) > 1)
		return false;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		char *name = nulls[i] ? "" : TextDatumGetCString(elements[i]);

		if (*name == '\0')
			return false;
		*names = lappend(*names, name);
	}
	return true;
}

static bool
is_path(const char *path)
{
	return *path != '\0' && strlen(path) < PATH_MAX;
}

bool
form_is_bare_name(const char *value)
{
	return strpbrk(value, ".*?[") == NULL && request_interface_name_is_valid(value, strlen(value));
}

bool
form_is_source(const char *value)
{
	const char *interface = form_after_prefix(value, SOURCE_INTERFACE_PREFIX);
	List	   *paths;
	ListCell   *cell;

	if (interface != NULL)
		return request_interface_name_is_valid(interface, strlen(interface));
	if (!form_is_array(value))
		return is_path(value);
	if (!form_parse_names(value, &paths))
		return false;
	foreach(cell, paths)
		if (!is_path(lfirst(cell)))
			return false;
	return paths != NIL;
}

/* Letters, digits and underscores of ASCII, not a digit first, and no more than other names have. */
bool
form_is_plugin_name(const char *value)
{
	size_t length = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return value[length] == '\0' && length > 0 && length < NAMEDATALEN && !(value[0] >= '0' && value[0] <= '9');
}

bool
form_parse_json(const char *value, Datum *json)
{
	return read_literal(F_JSONB_IN, value, InvalidOid, json);
}

bool
form_is_names(const char *value)
{
	List *names;

	return form_parse_names(value, &names);
}

bool
form_is_directory(const char *value)
{
	return is_absolute_path(value);
}

bool
form_is_interfaces(const char *value)
{
	List	 *names;
	ListCell *cell;

	if (!form_parse_names(value, &names))
		return false;
	foreach(cell, names)
	{
		const char *name = lfirst(cell);

		if (!request_interface_name_is_valid(name, strlen(name)))
			return false;
	}
	return true;
}

bool
form_is_attribute(const char *value)
{
	const char *plugin_value = form_after_prefix(value, ATTRIBUTE_UDPS_PREFIX);

	if (plugin_value != NULL)
		return *plugin_value != '\0';
	return schemas_have_column(value) || is_planned_attribute(value);
}

bool
form_is_key(const char *value)
{
	size_t digits = strspn(value, "0123456789abcdefABCDEF");

	return value[digits] == '\0' && digits > 0 && digits % 2 == 0 && digits <= KEY_DIGITS_MAX;
}

bool
form_is_table_name(const char *value)
{
	return *value != '\0' && strlen(value) < NAMEDATALEN;
}

/*
 * hidden.c
 *	  The columns of a table that are only ever seen hashed.
 *
 * They are hashed before the executor sees them, so that nothing that is shown or kept of a row holds the value:
 * conditions, statistics, plans, errors.  The key is the table's own, from this session's secret; or, so that hashes last
 * longer and join tables, it comes from the option anonymization_key of a user mapping: that of the table's owner, never
 * the reader's, who could then hash guesses and compare.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/reloptions.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "pg/base/encoding.h"
#include "pg/base/secret.h"
#include "pg/base/value_hash.h"
#include "pg/base/varlena.h"
#include "pg/options/option_forms.h"
#include "pg/options/plugin_outputs.h"
#include "pg/options/suggest.h"
#include "pg/rows/hidden.h"
#include "pg/rows/plugin_values.h"

struct HiddenColumns
{
	const char			 *table;
	List				 *names; /* the option's, C strings */
	const Schema		 *schema;
	ColumnSet			  columns;	  /* of the schema, that are among them */
	bool				  hides_udps; /* udps is, and with it all that plugins leave */
	int					  value_count;
	PluginValue			 *values; /* what else plugins leave that is hidden */
	uint8				  key[SECRET_BYTES];
	MemoryContextCallback callback;
};

static int
compare_names(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/* The option may have them in any number, and in any order. */
List *
hidden_names(const ScanOptions *options)
{
	List *given = NIL,
		 *names = NIL;
	ListCell *cell;

	if (options->columns_to_anonymize != NULL)
		(void) form_parse_names(options->columns_to_anonymize, &given);
	list_sort(given, compare_names);
	foreach(cell, given)
		if (names == NIL || strcmp(llast(names), lfirst(cell)) != 0)
			names = lappend(names, lfirst(cell));
	return names;
}

static int
compare_with_name(const void *name, const void *cell)
{
	return strcmp(name, lfirst((const ListCell *) cell));
}

static bool
has_name(const List *names, const char *name)
{
	return names != NIL && bsearch(name, names->elements, list_length(names), sizeof(ListCell), compare_with_name) != NULL;
}

/* The names of a table's columns, and what those of other names stand for. */
static List *
columns_of(Relation table)
{
	TupleDesc descriptor = RelationGetDescr(table);
	List	 *names = NIL;

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
		char			 *stands_for = attribute->attisdropped ? NULL : options_attribute(RelationGetRelid(table), attribute->attnum);

		if (!attribute->attisdropped)
			names = lappend(names, NameStr(attribute->attname));
		if (stands_for != NULL)
			names = lappend(names, stands_for);
	}
	return names;
}

/* Whether plugins with these options may leave a value of this name, which has its prefix; if not, *perhaps is what was meant. */
static bool
may_be_plugin_value(const ScanOptions *options, const char *name, char **perhaps)
{
	const char *value = form_after_prefix(name, ATTRIBUTE_UDPS_PREFIX);
	List	   *outputs,
		*untold;

	if (value == NULL || *value == '\0' || options->plugins == NIL)
		return false;
	outputs = plugins_outputs(options->plugins, &untold);
	*perhaps = suggest_outputs(outputs, name);
	return !plugins_leave_no_more(options->plugins) || plugins_output(outputs, value) != NULL;
}

void
hidden_check_names(const ScanOptions *options, const List *names, const List *declared)
{
	const Schema *schema = options->schema;
	List		 *own = list_copy(declared);
	ListCell	 *cell;

	list_sort(own, compare_names);
	foreach(cell, names)
	{
		const char *name = lfirst(cell);
		char	   *perhaps = NULL;

		CHECK_FOR_INTERRUPTS();
		if (schema_column(schema, name) >= 0 || has_name(own, name) || may_be_plugin_value(options, name, &perhaps))
			continue;
		if (perhaps == NULL)
			perhaps = suggest_columns(schema, name);
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("there is no column \"%s\" to anonymize", encoding_clipped(name)),
				 perhaps != NULL ? errhint("Perhaps you meant %s.", perhaps) :
								   errhint("The option \"columns_to_anonymize\" names columns of the table or attributes of a %s.", schema->row)));
	}
}

/* Takes note of what is hidden, with a name of the option that is an attribute's. */
static void
hide_attribute(HiddenColumns *hidden, const char *attribute)
{
	const char *value = form_after_prefix(attribute, ATTRIBUTE_UDPS_PREFIX);
	int			column = schema_column(hidden->schema, attribute);

	if (value != NULL)
		hidden->values[hidden->value_count++] = plugin_value_named(value);
	else if (column >= 0)
	{
		column_set_add(&hidden->columns, column);
		hidden->hides_udps |= hidden->schema->columns[column].field == FIELD_UDPS;
	}
}

/* The same with all of the option's names, which are attributes or columns of the table that stand for some. */
static void
hide_names(HiddenColumns *hidden, Oid table)
{
	ListCell *cell;

	hidden->values = palloc(2 * list_length(hidden->names) * sizeof(PluginValue));
	foreach(cell, hidden->names)
	{
		const char *name = lfirst(cell);
		AttrNumber	attribute = get_attnum(table, name);
		const char *stands_for = attribute > 0 ? options_attribute(table, attribute) : NULL;

		hide_attribute(hidden, name);
		if (stands_for != NULL)
			hide_attribute(hidden, stands_for);
	}
}

/* The option anonymization_key of a role's user mapping, or of PUBLIC's where the role has none; NULL if there is none. */
static const char *
mapped_key(Oid role, Oid server)
{
	HeapTuple	mapping = SearchSysCache2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(role), ObjectIdGetDatum(server));
	const char *key = NULL;
	Datum		list;
	bool		is_null;
	ListCell   *cell;

	if (!HeapTupleIsValid(mapping))
		mapping = SearchSysCache2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(InvalidOid), ObjectIdGetDatum(server));
	if (!HeapTupleIsValid(mapping))
		return NULL;
	list = SysCacheGetAttr(USERMAPPINGUSERSERVER, mapping, Anum_pg_user_mapping_umoptions, &is_null);
	if (!is_null)
		foreach(cell, untransformRelOptions(list))
		{
			DefElem *option = lfirst_node(DefElem, cell);

			if (strcmp(option->defname, "anonymization_key") == 0)
				key = defGetString(option);
		}
	ReleaseSysCache(mapping);
	return key;
}

bool
hidden_key_is_given(const ScanOptions *options)
{
	return mapped_key(options->table_owner, options->server) != NULL;
}

static void
wipe_key(void *hidden)
{
	secret_wipe(((HiddenColumns *) hidden)->key, SECRET_BYTES);
}

HiddenColumns *
hidden_columns_of_table(Relation table, const ScanOptions *options)
{
	List		  *names = hidden_names(options);
	HiddenColumns *hidden;
	const char	  *digits;

	if (names == NIL)
		return NULL;
	hidden_check_names(options, names, columns_of(table));
	hidden = palloc0(sizeof(*hidden));
	hidden->table = pstrdup(RelationGetRelationName(table));
	hidden->names = names;
	hidden->schema = options->schema;
	hide_names(hidden, RelationGetRelid(table));
	hidden->callback.func = wipe_key;
	hidden->callback.arg = hidden;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &hidden->callback);

	digits = mapped_key(table->rd_rel->relowner, options->server);
	if (digits == NULL)
		secret_of_table(RelationGetRelid(table), hidden->key);
	else
		secret_of_mapping(digits, hidden->key);
	return hidden;
}

/* A hidden column is shown as text: errors if it is of another type. */
static void
check_type(const HiddenColumns *hidden, Form_pg_attribute attribute)
{
	if (attribute->atttypid != TEXTOID)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
				 errmsg("column \"%s\" of foreign table \"%s\" cannot be of type %s", NameStr(attribute->attname),
						hidden->table, format_type_be(attribute->atttypid)),
				 errdetail("The option \"columns_to_anonymize\" makes its values hashes, which are of type text."),
				 errhint("Declare the column as text.")));
}

/* Whether a column shows what is hidden of the table. */
static bool
shows_hidden(const HiddenColumns *hidden, const Column *column)
{
	for (unsigned i = 0; i < hidden->schema->count; i++)
		if (column_set_has(&hidden->columns, i) && column_shows(column, &hidden->schema->columns[i]))
			return true;
	return false;
}

bool
hidden_has(const HiddenColumns *hidden, Form_pg_attribute attribute, const Column *column)
{
	if (hidden == NULL)
		return false;
	if (!(hidden_names_have(hidden->names, column, NameStr(attribute->attname)) || shows_hidden(hidden, column) ||
		  (column->field == FIELD_UDPS && hidden->hides_udps)))
		return false;
	check_type(hidden, attribute);
	return true;
}

/* Whether a value with this name, as it stands in JSON, is among those of plugins that are hidden. */
static bool
has_value(const HiddenColumns *hidden, JsonPart name)
{
	for (int i = 0; i < hidden->value_count; i++)
		if (plugin_value_is(&hidden->values[i], name))
			return true;
	return false;
}

bool
hidden_has_plugin_value(const HiddenColumns *hidden, Form_pg_attribute attribute, const PluginValue *value)
{
	if (hidden == NULL)
		return false;
	if (!hidden->hides_udps && !has_name(hidden->names, NameStr(attribute->attname)))
	{
		int i;

		for (i = 0; i < hidden->value_count && strcmp(hidden->values[i].name, value->name) != 0; i++)
			;
		if (i == hidden->value_count)
			return false;
	}
	check_type(hidden, attribute);
	return true;
}

bool
hidden_has_constant(const HiddenColumns *hidden, Form_pg_attribute attribute)
{
	if (hidden == NULL || !has_name(hidden->names, NameStr(attribute->attname)))
		return false;
	check_type(hidden, attribute);
	return true;
}

Datum
hidden_hash(const HiddenColumns *hidden, const text *plain)
{
	return PointerGetDatum(value_hash(VARDATA_ANY(plain), VARSIZE_ANY_EXHDR(plain), hidden->key, SECRET_BYTES));
}

bool
hidden_has_part_of_udps(const HiddenColumns *hidden)
{
	return hidden != NULL && hidden->value_count > 0;
}

RecordValue
hidden_udps(const HiddenColumns *hidden, const RecordValue *udps)
{
	StringInfoData shown;
	JsonWalk	   walk;
	JsonPart	   name,
		value;
	const char *separator = "";

	initStringInfo(&shown);
	appendStringInfoChar(&shown, '{');
	if (json_walk((JsonPart) {udps->b.bytes, udps->b.length}, &walk) && walk.is_object)
		while (json_walk_next(&walk, &name, &value))
		{
			appendStringInfo(&shown, "%s\"", separator);
			separator = ", ";
			appendBinaryStringInfo(&shown, (const char *) name.text, name.length);
			appendStringInfoString(&shown, "\": ");
			if (has_value(hidden, name) && !plugin_value_is_null(value))
				appendStringInfo(&shown, "\"%s\"", TextDatumGetCString(hidden_hash(hidden, plugin_value_text(value))));
			else
				appendBinaryStringInfo(&shown, (const char *) value.text, value.length);
		}
	appendStringInfoChar(&shown, '}');
	return (RecordValue) {.b = {(const uint8 *) shown.data, shown.len}};
}

bool
hidden_names_have_shown(const List *names, const Schema *schema, const Column *column)
{
	for (unsigned i = 0; i < schema->count; i++)
		if (has_name(names, schema->columns[i].name) && column_shows(column, &schema->columns[i]))
			return true;
	return false;
}

bool
hidden_names_have_constant(const List *names, const char *name)
{
	return has_name(names, name);
}

bool
hidden_names_have(const List *names, const Column *column, const char *name)
{
	return has_name(names, column->name) || has_name(names, name);
}

bool
hidden_names_have_plugin_value(const List *names, const char *value, const char *name)
{
	return has_name(names, psprintf(ATTRIBUTE_UDPS_PREFIX "%s", value)) || has_name(names, name) || has_name(names, "udps");
}

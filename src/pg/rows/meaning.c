/*
 * meaning.c
 *	  What the columns of a foreign table stand for.
 */
#include "postgres.h"

#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/base/attributes.h"
#include "pg/options/option_forms.h"
#include "pg/options/planned.h"
#include "pg/options/plugin_outputs.h"
#include "pg/options/suggest.h"
#include "pg/rows/meaning.h"

/*
 * What a column of the table stands for, by its option or else its own name, which *name is then; of a plugin's value, its name
 * alone; of a constant, its text.
 */
static AttributeMeaning
find_column(const ColumnOptions *options, const Schema *schema, unsigned *column, const char **name)
{
	const char *option = options->attribute;
	int			index;

	if (options->value != NULL)
	{
		*name = options->value;
		return ATTRIBUTE_IS_CONSTANT;
	}
	if (option != NULL && form_after_prefix(option, ATTRIBUTE_UDPS_PREFIX) != NULL)
	{
		index = schema_column_of_field(schema, FIELD_UDPS);
		*name = index < 0 ? option : form_after_prefix(option, ATTRIBUTE_UDPS_PREFIX);
		*column = index;
		return index < 0 ? ATTRIBUTE_IS_UNKNOWN : ATTRIBUTE_IS_PLUGIN_VALUE;
	}
	*name = option != NULL ? option : options->name;
	index = schema_column(schema, *name);
	if (index < 0)
		return ATTRIBUTE_IS_UNKNOWN;
	*column = index;
	return ATTRIBUTE_IS_COLUMN;
}

/* Whether the table's plugins leave a value of this name, or may do so where nothing else is meant. */
static bool
may_be_left(Oid table, const char *name, bool is_else_meant)
{
	List *untold,
		*outputs;

	if (get_rel_relkind(table) != RELKIND_FOREIGN_TABLE)
		return false;
	outputs = plugins_outputs(options_of_table(table)->plugins, &untold);
	return plugins_output(outputs, name) != NULL || (untold != NIL && !is_else_meant);
}

static void
unknown_column(Oid table, const Schema *schema, AttrNumber attribute, const char *name)
{
	const char	 *column = get_attname(table, attribute, false);
	char		 *perhaps = suggest_columns(schema, name);
	const Schema *other;

	other = schema == &flow_schema ? &packet_schema : &flow_schema;
	if (schema_column(other, name) >= 0 || (other == &flow_schema && form_after_prefix(name, ATTRIBUTE_UDPS_PREFIX) != NULL))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of foreign table \"%s\" stands for no attribute of a %s", column, get_rel_name(table), schema->row),
				 errdetail("\"%s\" is an attribute of a %s.", name, other->row),
				 errhint("Packets and flows are joined by first_packet: a table is of %s with the option rows '%s'.",
						 other->rows, other->rows)));
	if (is_planned_attribute(name))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("column \"%s\" of foreign table \"%s\" is not available yet", column, get_rel_name(table)),
				 errhint("Drop it from the table: ALTER FOREIGN TABLE ... DROP COLUMN %s.", quote_identifier(column))));
	if (schema == &flow_schema && may_be_left(table, name, perhaps != NULL))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of foreign table \"%s\" stands for no attribute of a %s", column, get_rel_name(table), schema->row),
				 errhint("If a plugin leaves it: ALTER FOREIGN TABLE ... ALTER COLUMN %s OPTIONS (ADD attribute %s).",
						 quote_identifier(column), quote_literal_cstr(psprintf(ATTRIBUTE_UDPS_PREFIX "%s", name)))));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" of foreign table \"%s\" stands for no attribute of a %s", column, get_rel_name(table),
					schema->row),
			 perhaps != NULL ?
				 errhint("Perhaps you meant %s. A column of another name needs the option \"attribute\", or \"value\" if all rows have the same.", perhaps) :
				 errhint("IMPORT FOREIGN SCHEMA %s declares all attributes. "
						 "A column of another name needs the option \"attribute\", or \"value\" if all rows have the same.",
						 schema->foreign_schema)));
}

/*
 * A generated column is computed from the others: by the server if it is virtual; for a stored one it is left to the
 * wrapper, and not done here.
 */
static bool
is_generated(Oid table, const ColumnOptions *options)
{
	if (options->generated == ATTRIBUTE_GENERATED_STORED)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("column \"%s\" of foreign table \"%s\" cannot be generated",
						options->name, get_rel_name(table)),
				 errhint("A view on the foreign table can have such a column.")));
	return options->generated != '\0';
}

AttributeMeaning
meaning_find(Oid table, const Schema *schema, AttrNumber attribute, unsigned *column, const char **name)
{
	ColumnOptions	 options;
	AttributeMeaning meaning;

	if (attribute <= 0 || !options_column(table, attribute, &options) || is_generated(table, &options))
		return ATTRIBUTE_IS_NONE;
	meaning = find_column(&options, schema, column, name);
	if (meaning == ATTRIBUTE_IS_UNKNOWN)
		unknown_column(table, schema, attribute, *name);
	return meaning;
}

AttributeMeaning
meaning_of(Oid table, const Schema *schema, AttrNumber attribute, unsigned *column)
{
	const char *name;

	return meaning_find(table, schema, attribute, column, &name);
}

ColumnSet
meaning_columns(const ScanOptions *options, const Bitmapset *attributes)
{
	ColumnSet  columns = {0};
	int		   member = -1;
	AttrNumber attribute;
	unsigned   column;

	while (attributes_next(attributes, &member, &attribute))
		if (meaning_of(options->table, options->schema, attribute, &column) == ATTRIBUTE_IS_COLUMN)
			column_set_add(&columns, column);
	return columns;
}

/* What a plugin's value of this name means, by the plugin's own words if it has any. */
static const char *
help_of_plugin_value(const List *outputs, const char *name)
{
	const PluginOutput *output = plugins_output(outputs, name);

	return output != NULL && output->help != NULL ? output->help : psprintf("value that a plugin leaves as %s", name);
}

const char *
meaning_help(const ScanOptions *options, const List *outputs, AttrNumber attribute)
{
	ColumnOptions given;
	unsigned	  column;
	const char	 *name;

	if (!options_column(options->table, attribute, &given))
		return NULL;
	switch (find_column(&given, options->schema, &column, &name))
	{
		case ATTRIBUTE_IS_COLUMN:
			return options->schema->columns[column].help;
		case ATTRIBUTE_IS_PLUGIN_VALUE:
			return help_of_plugin_value(outputs, name);
		case ATTRIBUTE_IS_CONSTANT:
			return psprintf("always %s: the option value of this column", name);
		case ATTRIBUTE_IS_NONE:
		case ATTRIBUTE_IS_UNKNOWN:
			break;
	}
	return NULL;
}

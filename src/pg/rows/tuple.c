/*
 * tuple.c
 *	  From records to rows of a foreign table.
 *
 * Once for each scan, every column of the table is matched with a column of the schema, or with a plugin's value in the one of
 * those, and its type looked up; then each row is a walk over the columns that the query uses.  A type with a modifier
 * (varchar(5), numeric(8,2)) and a domain take a second step, the server's own, after the conversion.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/base/attributes.h"
#include "pg/base/encoding.h"
#include "pg/options/plugin_outputs.h"
#include "pg/options/suggest.h"
#include "pg/rows/constant.h"
#include "pg/rows/convert.h"
#include "pg/rows/exact_time.h"
#include "pg/rows/hidden.h"
#include "pg/rows/meaning.h"
#include "pg/rows/missing.h"
#include "pg/rows/plugin_values.h"
#include "pg/rows/process.h"
#include "pg/rows/tuple.h"

/* One column of the table that the query uses. */
typedef struct TupleColumn
{
	ConvertTarget	 target;
	int				 attribute;	   /* index in the slot */
	unsigned		 index;		   /* of target.column */
	ConvertFunction	 convert;	   /* NULL: a plugin's value, or the options turn the column off, its value is NULL */
	int				 plugin_value; /* index of the builder's; -1: none */
	PluginValueType *value_type;   /* of a plugin's value */
	bool			 hidden;	   /* its hash takes the value's place */
	FmgrInfo		*modify;	   /* the type's modifier; NULL: none */
	int32			 modifier;
	Oid				 domain; /* InvalidOid: none */
	void			*domain_cache;
} TupleColumn;

/* A column that is the same in all rows. */
typedef struct TupleConstant
{
	int	  attribute; /* index in the slot */
	Datum datum;
} TupleConstant;

struct TupleBuilder
{
	MemoryContext	   context;
	MemoryContext	   files_context; /* what tuple_builder_set_files() keeps */
	const char		  *table;
	const ScanOptions *options;
	const Schema	  *schema;
	unsigned		   source_file; /* the index of this column */
	int				   exact_time;	/* as exact_time_column() has it */
	ConvertCaptures	   captures;
	HiddenColumns	  *hidden;	   /* NULL: no column is hidden */
	int				   attributes; /* of the slot */
	int				   count;
	TupleColumn		  *columns;
	int				   constant_count;
	TupleConstant	  *constants;
	bool			   numbers;		/* a column in use is `id` */
	bool			   has_process; /* a column in use is of the flow's process */
	bool			   is_live;		/* only then a flow has one: not NULL */
	SocketProcess	   process;		/* of the flow at hand */
	unsigned		   udps;		/* the index of this column, which has the plugins' values in it */
	int				   value_count;
	PluginValue		  *values; /* those that columns in use stand for, each once */
	MissingColumns	   missing;
};

/* What second_step() and plugin_value_read() work on, for the error's context. */
typedef struct StepContext
{
	const TupleBuilder *builder;
	const TupleColumn  *column;
	const RecordValue  *value; /* NULL: the value is NULL */
} StepContext;

/* Looks up how a column of the table is filled.  Errors if its type cannot hold the attribute. */
static TupleColumn
prepare_column(const TupleBuilder *builder, Form_pg_attribute attribute, unsigned index)
{
	const Column *column = &builder->schema->columns[index];
	int32		  modifier = attribute->atttypmod;
	Oid			  type = getBaseTypeAndTypmod(attribute->atttypid, &modifier);
	Oid			  function;
	TupleColumn	  prepared = {
		  .target = {
			  .table = builder->table,
			  .name = pstrdup(NameStr(attribute->attname)),
			  .schema = builder->schema,
			  .column = column,
			  .type = type,
			  .captures = &builder->captures,
		  },
		  .attribute = attribute->attnum - 1,
		  .index = index,
		  .convert = convert_function(column, type),
		  .plugin_value = -1,
		  .hidden = hidden_has(builder->hidden, attribute, column),
		  .modifier = modifier,
		  .domain = type == attribute->atttypid ? InvalidOid : attribute->atttypid,
	  };

	if (prepared.convert == NULL && !prepared.hidden)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
				 errmsg("column \"%s\" of foreign table \"%s\" cannot be of type %s", NameStr(attribute->attname),
						builder->table, format_type_be(attribute->atttypid)),
				 errdetail("Attribute \"%s\" fits into: %s.", column->name, convert_types_text(column))));

	if (modifier >= 0 && find_typmod_coercion_function(type, &function) == COERCION_PATH_FUNC)
	{
		prepared.modify = palloc(sizeof(FmgrInfo));
		fmgr_info(function, prepared.modify);
	}
	return prepared;
}

/* The same for a column that stands for a plugin's value: the type's own input function reads it, and its modifier. */
static TupleColumn
prepare_plugin_value(const TupleBuilder *builder, Form_pg_attribute attribute, unsigned index, const char *name)
{
	PluginValue value = plugin_value_named(name);
	int32		modifier = attribute->atttypmod;
	Oid			type = getBaseTypeAndTypmod(attribute->atttypid, &modifier);

	return (TupleColumn) {
		.target = {
			.table = builder->table,
			.name = pstrdup(NameStr(attribute->attname)),
			.schema = builder->schema,
			.column = &builder->schema->columns[index],
			.type = type,
			.captures = &builder->captures,
		},
		.attribute = attribute->attnum - 1,
		.index = index,
		.plugin_value = -1,
		.value_type = plugin_value_type(type, modifier),
		.hidden = hidden_has_plugin_value(builder->hidden, attribute, &value),
		.domain = type == attribute->atttypid ? InvalidOid : attribute->atttypid,
	};
}

/* The index of a plugin's value among those that are looked for in each row. */
static int
add_plugin_value(TupleBuilder *builder, const char *name)
{
	PluginValue value = plugin_value_named(name);

	for (int i = 0; i < builder->value_count; i++)
		if (strcmp(builder->values[i].name, value.name) == 0)
			return i;
	builder->values[builder->value_count] = value;
	return builder->value_count++;
}

void
tuple_builder_warn(const TupleBuilder *builder)
{
	missing_warn(&builder->missing, builder->options);
}

/* A column that stands for a constant; errors if its type cannot hold that, whether the column is used or not. */
static void
add_constant(TupleBuilder *builder, Oid table, Form_pg_attribute attribute, const char *value, bool is_used)
{
	Datum datum = constant_read(table, attribute->attnum, value);

	if (!is_used)
		return;
	if (hidden_has_constant(builder->hidden, attribute))
		datum = hidden_hash(builder->hidden, cstring_to_text(value));
	builder->constants[builder->constant_count++] = (TupleConstant) {attribute->attnum - 1, datum};
}

TupleBuilder *
tuple_builder(Relation table, const ScanOptions *options, const Bitmapset *attributes_used, ColumnSet *wanted)
{
	TupleDesc	  descriptor = RelationGetDescr(table);
	TupleBuilder *builder = palloc0(sizeof(*builder));

	memset(wanted, 0, sizeof(*wanted));
	builder->context = CurrentMemoryContext;
	builder->files_context = AllocSetContextCreate(builder->context, "names of captures", ALLOCSET_SMALL_SIZES);
	builder->schema = options->schema;
	builder->source_file = schema_column_of_field(builder->schema, FIELD_SOURCE_FILE);
	builder->exact_time = exact_time_column(builder->schema, attributes_used);
	builder->table = pstrdup(RelationGetRelationName(table));
	builder->options = options;
	builder->hidden = hidden_columns_of_table(table, options);
	builder->attributes = descriptor->natts;
	builder->columns = palloc(descriptor->natts * sizeof(TupleColumn));
	builder->constants = palloc(descriptor->natts * sizeof(TupleConstant));
	builder->values = palloc(descriptor->natts * sizeof(PluginValue));
	builder->udps = schema_column_of_field(builder->schema, FIELD_UDPS);

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
		bool			  is_used = attributes_have(attributes_used, attribute->attnum);
		TupleColumn		  column;
		unsigned		  index;
		const char		 *name;
		AttributeMeaning  meaning = meaning_find(RelationGetRelid(table), options->schema, attribute->attnum, &index, &name);

		if (meaning == ATTRIBUTE_IS_NONE)
			continue;
		if (meaning == ATTRIBUTE_IS_CONSTANT)
		{
			add_constant(builder, RelationGetRelid(table), attribute, name, is_used);
			continue;
		}
		if (is_used)
			missing_note_off(&builder->missing, options, attribute, builder->schema->columns[index].group);
		if (is_used && meaning == ATTRIBUTE_IS_PLUGIN_VALUE)
			missing_note_unleft(&builder->missing, options, attribute, name);
		column = meaning == ATTRIBUTE_IS_PLUGIN_VALUE ? prepare_plugin_value(builder, attribute, index, name) :
														prepare_column(builder, attribute, index);
		builder->missing.leaves_out |= !is_used;
		if (!is_used)
			continue;

		if (!options_group_is_on(options, column.target.column->group))
		{
			/* The value is NULL, which only a domain can refuse. */
			if (!OidIsValid(column.domain))
				continue;
			column.convert = NULL;
			column.hidden = false;
		}
		else
		{
			if (meaning == ATTRIBUTE_IS_PLUGIN_VALUE)
				column.plugin_value = add_plugin_value(builder, name);
			if (process_has_column(column.target.column))
				builder->has_process = true;
			else if (column.target.column->field == FIELD_ID)
				builder->numbers = true;
			else
				column_set_add(wanted, index);
		}
		builder->columns[builder->count++] = column;
	}

	if (builder->has_process)
		process_want(builder->schema, wanted);

	if (builder->exact_time >= 0)
		column_set_add(wanted, builder->exact_time);

	/* The error of a value that does not fit its type names the capture. */
	if (builder->count > 0)
		column_set_add(wanted, builder->source_file);
	return builder;
}

bool
tuple_builder_counts_on(const TupleBuilder *builder, const ColumnSet *wanted)
{
	for (unsigned i = 0; i < builder->schema->count; i++)
		if (column_is_place(&builder->schema->columns[i]) && column_set_has(wanted, i))
			return true;
	return builder->numbers;
}

bool
tuple_builder_numbers(const TupleBuilder *builder)
{
	return builder->numbers;
}

void
tuple_builder_set_files(TupleBuilder *builder, const SourceFile *files, int count)
{
	MemoryContext previous = MemoryContextSwitchTo(builder->files_context);

	MemoryContextReset(builder->files_context);
	builder->captures.names = palloc(count * sizeof(Datum));
	builder->captures.count = count;
	for (int i = 0; i < count; i++)
		builder->captures.names[i] = CStringGetTextDatum(encoding_valid(files[i].path));
	MemoryContextSwitchTo(previous);
}

bool
tuple_builder_set_live(TupleBuilder *builder, bool is_live)
{
	builder->is_live = is_live;
	return is_live && builder->has_process;
}

static void
add_step_context(void *argument)
{
	const StepContext *step = argument;

	errcontext("column \"%s\" of foreign table \"%s\", value %s, capture \"%s\"", step->column->target.name,
			   step->builder->table, step->value == NULL ? "NULL" : convert_value_text(step->value, &step->column->target),
			   convert_capture_text(&step->column->target));
	if (step->column->value_type != NULL && ERRCODE_TO_CATEGORY(geterrcode()) == ERRCODE_DATA_EXCEPTION)
		errhint("Declare the column with a type that holds whatever the plugin leaves, as jsonb does.");
}

/* Applies a type's modifier and a domain's constraints. */
static Datum
second_step(TupleBuilder *builder, TupleColumn *column, const RecordValue *value, Datum datum)
{
	if (value != NULL && column->modify != NULL)
	{
		/* Assignment, not an explicit cast: a string that is too long is an error. */
		if (column->modify->fn_nargs == 3)
			datum = FunctionCall3(column->modify, datum, Int32GetDatum(column->modifier), BoolGetDatum(false));
		else
			datum = FunctionCall2(column->modify, datum, Int32GetDatum(column->modifier));
	}
	if (OidIsValid(column->domain))
		domain_check(datum, value == NULL, column->domain, &column->domain_cache, builder->context);
	return datum;
}

/*
 * Makes the datum of a column from a value, which is NULL if the flow has none; what the server's own functions do not accept is an
 * error with column and value.
 */
static Datum
checked_datum(TupleBuilder *builder, TupleColumn *column, const RecordValue *value)
{
	StepContext			 step = {.builder = builder, .column = column, .value = value};
	ErrorContextCallback callback = {.previous = error_context_stack, .callback = add_step_context, .arg = &step};
	Datum				 datum = (Datum) 0;

	if (value != NULL && column->convert != NULL)
		datum = column->convert(value, &column->target);
	error_context_stack = &callback;
	if (value != NULL && column->value_type != NULL)
		(void) plugin_value_read(column->value_type, (JsonPart) {value->b.bytes, value->b.length}, &datum);
	datum = second_step(builder, column, value, datum);
	error_context_stack = callback.previous;
	return datum;
}

/* The value of a plugin in the flow at hand; NULL if it left none, or null. */
static const RecordValue *
plugin_value(const TupleBuilder *builder, const TupleColumn *column, RecordValue *room)
{
	const PluginValue *value = &builder->values[column->plugin_value];

	if (!value->found || plugin_value_is_null(value->json))
		return NULL;
	room->b.bytes = value->json.text;
	room->b.length = value->json.length;
	return room;
}

/* What a column has of the record, NULL if nothing; `room` is for what is not in the record as it stands. */
static const RecordValue *
value_of(const TupleBuilder *builder, const TupleColumn *column, const Record *record, RecordValue *room)
{
	if (column->plugin_value >= 0)
		return plugin_value(builder, column, room);
	if (column->convert == NULL && !column->hidden)
		return NULL;
	if (column->target.column->field == FIELD_ID)
		return room;
	if (process_has_column(column->target.column))
	{
		*room = process_value(&builder->process, column->target.column);
		return builder->is_live ? room : NULL;
	}
	if (column->target.column->field == FIELD_UDPS && !column->hidden && hidden_has_part_of_udps(builder->hidden))
	{
		*room = hidden_udps(builder->hidden, &record->values[column->index]);
		return room;
	}
	return &record->values[column->index];
}

/* What is hashed of a value that is hidden. */
static text *
plain_text(const TupleColumn *column, const RecordValue *value)
{
	if (column->value_type != NULL)
		return plugin_value_text((JsonPart) {value->b.bytes, value->b.length});
	return convert_plain_text(value, &column->target);
}

void
tuple_fill(TupleBuilder *builder, const Record *record, uint64 id, const SocketTable *sockets, TupleTableSlot *slot)
{
	Assert(slot->tts_tupleDescriptor->natts == builder->attributes);
	if (builder->count > 0)
		builder->captures.current = record->values[builder->source_file].u;
	if (builder->has_process && builder->is_live)
		builder->process = process_of_flow(sockets, builder->schema, record);
	if (builder->value_count > 0)
		plugin_values_find(&record->values[builder->udps], builder->values, builder->value_count);
	if (builder->exact_time >= 0)
		exact_time_put(&slot->tts_tid, record->values[builder->exact_time].u);
	memset(slot->tts_values, 0, builder->attributes * sizeof(Datum));
	memset(slot->tts_isnull, true, builder->attributes * sizeof(bool));
	for (int i = 0; i < builder->constant_count; i++)
	{
		slot->tts_values[builder->constants[i].attribute] = builder->constants[i].datum;
		slot->tts_isnull[builder->constants[i].attribute] = false;
	}

	for (int i = 0; i < builder->count; i++)
	{
		TupleColumn		  *column = &builder->columns[i];
		RecordValue		   room = {.u = id};
		const RecordValue *value = value_of(builder, column, record, &room);
		Datum			   datum;

		if (column->hidden)
			datum = value == NULL ? (Datum) 0 : hidden_hash(builder->hidden, plain_text(column, value));
		else if (column->modify != NULL || column->value_type != NULL || OidIsValid(column->domain))
			datum = checked_datum(builder, column, value);
		else
			datum = value == NULL ? (Datum) 0 : column->convert(value, &column->target);
		slot->tts_values[column->attribute] = datum;
		slot->tts_isnull[column->attribute] = value == NULL;
	}
}

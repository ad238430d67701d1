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
#include "pg/options/suggest.h"
#include "pg/rows/hidden.h"

struct HiddenColumns
{
	const char			 *table;
	List				 *names;		  /* the option's, C strings */
	bool				  hides_endpoint; /* an address or port is among them */
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

static List *
columns_of(Relation table)
{
	TupleDesc descriptor = RelationGetDescr(table);
	List	 *names = NIL;

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		if (!attribute->attisdropped)
			names = lappend(names, NameStr(attribute->attname));
	}
	return names;
}

void
hidden_check_names(const Schema *schema, const List *names, const List *declared)
{
	List	 *own = list_copy(declared);
	ListCell *cell;

	list_sort(own, compare_names);
	foreach(cell, names)
	{
		const char *name = lfirst(cell);
		char	   *perhaps;

		CHECK_FOR_INTERRUPTS();
		if (schema_column(schema, name) >= 0 || has_name(own, name))
			continue;
		perhaps = suggest_columns(schema, name);
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("there is no column \"%s\" to anonymize", encoding_clipped(name)),
				 perhaps != NULL ? errhint("Perhaps you meant %s.", perhaps) :
								   errhint("The option \"columns_to_anonymize\" names columns of the table or attributes of a %s.", schema->row)));
	}
}

static bool
is_endpoint(const Schema *schema, const char *name)
{
	int column = schema_column(schema, name);

	return column >= 0 && column_is_endpoint(&schema->columns[column]);
}

/* Whether these names hide an address or port, by its own name or by that of a column of the table. */
static bool
hide_endpoint(const Schema *schema, const List *names, Oid table)
{
	ListCell *cell;

	foreach(cell, names)
	{
		const char *name = lfirst(cell);
		AttrNumber	attribute = get_attnum(table, name);
		const char *stands_for = attribute > 0 ? options_attribute(table, attribute) : NULL;

		if (is_endpoint(schema, name) || (stands_for != NULL && is_endpoint(schema, stands_for)))
			return true;
	}
	return false;
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
	hidden_check_names(options->schema, names, columns_of(table));
	hidden = palloc0(sizeof(*hidden));
	hidden->table = pstrdup(RelationGetRelationName(table));
	hidden->names = names;
	hidden->hides_endpoint = hide_endpoint(options->schema, names, RelationGetRelid(table));
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

bool
hidden_has(const HiddenColumns *hidden, Form_pg_attribute attribute, const Column *column)
{
	if (hidden == NULL)
		return false;

	/* A Community ID is made of addresses and ports without a key: whoever reads it can try all of them until one fits. */
	if (!(hidden_names_have(hidden->names, column, NameStr(attribute->attname)) ||
		  (column->field == FIELD_COMMUNITY_ID && hidden->hides_endpoint)))
		return false;
	if (attribute->atttypid != TEXTOID)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
				 errmsg("column \"%s\" of foreign table \"%s\" cannot be of type %s", NameStr(attribute->attname),
						hidden->table, format_type_be(attribute->atttypid)),
				 errdetail("The option \"columns_to_anonymize\" makes its values hashes, which are of type text."),
				 errhint("Declare the column as text.")));
	return true;
}

Datum
hidden_hash(const HiddenColumns *hidden, const RecordValue *value, const ConvertTarget *target)
{
	text *plain = convert_plain_text(value, target);

	return PointerGetDatum(value_hash(VARDATA_ANY(plain), VARSIZE_ANY_EXHDR(plain), hidden->key, SECRET_BYTES));
}

bool
hidden_names_have(const List *names, const Column *column, const char *name)
{
	return has_name(names, column->name) || has_name(names, name);
}

/*
 * fuzz_options.c
 *	  The options of servers, tables, columns and user mappings, as users type them.
 *
 * What an option may look like is decided by code of the extension's and of the server's together: the literal of an array, a
 * JSON document.  So this target is a module for a server: in a backend without a postmaster (postgres --single),
 *
 *	  SELECT fuzz_options('{-max_total_time=60,corpus}')
 *
 * hands libFuzzer its arguments and never returns.  The extension's part is compiled into the module, with coverage and the
 * undefined-behaviour sanitizer, the server's is as it is.  The address sanitizer has no place in a program that was not
 * linked with it; in its stead a value stands directly before a page that cannot be read.
 *
 * The input: a byte that chooses the option, then its value.  Each form is asked by itself, and then the validator, which must
 * agree, and must refuse in the way that is meant for it.
 */
#include "postgres.h"

#include <sys/mman.h>
#include <unistd.h>

#include "catalog/pg_attribute.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_type.h"
#include "catalog/pg_user_mapping.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "pg/options/option_forms.h"
#include "pg/options/python_plugins.h"
#include "wire/limits.h"

#include "expect.h"

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(fuzz_options);

extern Datum nfstream_fdw_validator(PG_FUNCTION_ARGS);
extern int	 LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));

/* The database has no plugins in Python: in the place of python_plugins.c. */
PythonPlugin *
python_plugin_find(const char *name)
{
	(void) name;
	return NULL;
}

List *
python_plugin_names(void)
{
	return NIL;
}

typedef struct Choice
{
	const char *option; /* NULL: the value is an option's name */
	Oid			catalog;
	bool (*form)(const char *value); /* NULL: only the validator knows */
} Choice;

static const Choice choices[] = {
	{"source", ForeignTableRelationId, form_is_source},
	{"udps", ForeignTableRelationId},
	{"columns_to_anonymize", ForeignServerRelationId, form_is_names},
	{"attribute", AttributeRelationId, form_is_attribute},
	{"anonymization_key", UserMappingRelationId, form_is_key},
	{"bpf_filter", ForeignServerRelationId},
	{"idle_timeout", ForeignTableRelationId},
	{"n_meters", ForeignTableRelationId},
	{"on_damage", ForeignTableRelationId},
	{"decode_tunnels", ForeignTableRelationId},
	{NULL, ForeignTableRelationId},
	{NULL, AttributeRelationId},
};

/* Values are shorter than this. */
#define VALUE_ROOM ((size_t) 1 << 16)

static MemoryContext run_context;
static char			*values_end; /* here the page begins that cannot be read */

/* Whether the validator takes this option. */
static bool
is_valid(const char *name, const char *value, Oid catalog)
{
	Datum		  option = CStringGetTextDatum(psprintf("%s=%s", name, value));
	ArrayType	 *options = construct_array(&option, 1, TEXTOID, -1, false, TYPALIGN_INT);
	volatile bool valid = true;

	PG_TRY();
	{
		(void) DirectFunctionCall2(nfstream_fdw_validator, PointerGetDatum(options), ObjectIdGetDatum(catalog));
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(run_context);
		error = CopyErrorData();
		FlushErrorState();
		EXPECT(error->sqlerrcode == ERRCODE_FDW_INVALID_OPTION_NAME ||
			   error->sqlerrcode == ERRCODE_INVALID_PARAMETER_VALUE);
		EXPECT(error->hint != NULL);
		valid = false;
	}
	PG_END_TRY();
	return valid;
}

static void
expect_sound_names(const char *value)
{
	List	 *names;
	ListCell *cell;

	if (!form_parse_names(value, &names))
		return;
	foreach(cell, names)
		EXPECT(*(char *) lfirst(cell) != '\0');
}

/* Whether a text is as long as its option may be: the validator asks before the form is looked at. */
static bool
is_short(const char *option, const char *value)
{
	for (OptionId id = 0; id < OPTIONS_COUNT; id++)
		if (strcmp(option_limits[id].name, option) == 0)
			return option_parse(id, value, &(uint64_t) {0});
	return true;
}

static void
try_value(const Choice *choice, const char *value)
{
	bool valid = is_valid(choice->option != NULL ? choice->option : value, choice->option != NULL ? value : "x",
						  choice->catalog);

	if (choice->form != NULL)
		EXPECT((is_short(choice->option, value) && choice->form(value)) == valid);
	expect_sound_names(value);
	if (form_is_array(value))
		EXPECT(value[0] == '{');
}

static int
try_input(const uint8_t *data, size_t size)
{
	char *value;

	/* A value came through SQL: it is text of the database's encoding. */
	if (size < 1 || size > VALUE_ROOM || memchr(data + 1, '\0', size - 1) != NULL ||
		!pg_verify_mbstr(PG_UTF8, (const char *) data + 1, size - 1, true))
		return 0;
	value = values_end - size;
	memcpy(value, data + 1, size - 1);
	value[size - 1] = '\0';

	MemoryContextSwitchTo(run_context);
	try_value(&choices[data[0] % lengthof(choices)], value);
	MemoryContextReset(run_context);
	return 0;
}

/* fuzz_options(text[]): libFuzzer with these arguments. */
Datum
fuzz_options(PG_FUNCTION_ARGS)
{
	Datum *arguments;
	int	   count;
	char **argv;
	char  *pages = mmap(NULL, VALUE_ROOM + sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
						MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT(pages != MAP_FAILED);
	values_end = pages + VALUE_ROOM;
	EXPECT(mprotect(values_end, sysconf(_SC_PAGESIZE), PROT_NONE) == 0);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT, &arguments, NULL, &count);
	argv = palloc0((count + 2) * sizeof(char *));
	argv[0] = "fuzz_options";
	for (int i = 0; i < count; i++)
		argv[i + 1] = TextDatumGetCString(arguments[i]);
	count++;
	/* What the validator notices is nobody's to read. */
	SetConfigOption("client_min_messages", "error", PGC_SUSET, PGC_S_SESSION);
	SetConfigOption("log_min_messages", "error", PGC_SUSET, PGC_S_SESSION);
	run_context = AllocSetContextCreate(TopMemoryContext, "fuzz_options", ALLOCSET_DEFAULT_SIZES);
	exit(LLVMFuzzerRunDriver(&count, &argv, try_input));
}

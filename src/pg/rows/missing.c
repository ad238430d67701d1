/*
 * missing.c
 *	  Columns in use that are NULL in every row, whatever is captured.
 *
 * A table has the columns that somebody declared, and a call all that there are: whoever asks a call for all of them is told of none.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "pg/options/option_forms.h"
#include "pg/options/plugin_outputs.h"
#include "pg/options/suggest.h"
#include "pg/rows/missing.h"

/* How many columns that are off the warning names. */
#define OFF_SHOWN 8

void
missing_note_off(MissingColumns *missing, const ScanOptions *options, Form_pg_attribute attribute, ColumnGroup group)
{
	if (options_group_is_on(options, group))
		return;
	missing->off = lappend(missing->off, pstrdup(NameStr(attribute->attname)));
	missing->groups[group] = true;
}

void
missing_note_unleft(MissingColumns *missing, const ScanOptions *options, Form_pg_attribute attribute, const char *value)
{
	List *outputs,
		*untold;

	if (missing->unleft != NULL || options->plugins == NIL || !plugins_leave_no_more(options->plugins))
		return;
	outputs = plugins_outputs(options->plugins, &untold);
	if (plugins_output(outputs, value) != NULL)
		return;
	missing->unleft = pstrdup(NameStr(attribute->attname));
	missing->unleft_value = psprintf(ATTRIBUTE_UDPS_PREFIX "%s", value);
	missing->unleft_perhaps = suggest_outputs(outputs, missing->unleft_value);
}

static void
warn_of_unleft(const MissingColumns *missing, const ScanOptions *options)
{
	if (missing->unleft != NULL)
		ereport(WARNING,
				(errmsg("column \"%s\" of %s is NULL, as no plugin leaves \"%s\"", missing->unleft, options_object(options),
						missing->unleft_value),
				 missing->unleft_perhaps != NULL ? errhint("Perhaps you meant %s.", missing->unleft_perhaps) :
												   errhint("The view nfstream_plugins has the outputs of plugins.")));
}

void
missing_warn(const MissingColumns *missing, const ScanOptions *options)
{
	int			   count = list_length(missing->off);
	bool		   is_of_call = options->function != NULL;
	StringInfoData names,
		settings;
	ListCell *cell;

	warn_of_unleft(missing, options);
	if (count == 0 || (is_of_call && !missing->leaves_out))
		return;
	initStringInfo(&names);
	initStringInfo(&settings);
	foreach(cell, missing->off)
	{
		if (foreach_current_index(cell) == OFF_SHOWN)
		{
			appendStringInfo(&names, " and %d more", count - OFF_SHOWN);
			break;
		}
		appendStringInfo(&names, "%s\"%s\"", names.len > 0 ? ", " : "", (char *) lfirst(cell));
	}
	for (int group = 0; group < COLUMN_GROUPS; group++)
		if (missing->groups[group])
			appendStringInfo(&settings, "%s%s", settings.len > 0 ? ", " : "", options_group_setting(group, is_of_call));
	ereport(WARNING,
			(errmsg_plural("column %s of %s is NULL, as its option is off",
						   "columns %s of %s are NULL, as their options are off", count, names.data, options_object(options)),
			 is_of_call ? errhint("In the call, set %s.", settings.data) : errhint("On the table or its server, set %s.", settings.data)));
}

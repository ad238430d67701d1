/*
 * files_wanted.c
 *	  Which of a source's files a scan reads: those that conditions on their names and on times leave.
 *
 * A flow has the name of the file in which it began, and its times are that file's, only where files are metered apart, or where there is one.
 * There, what is counted from file to file needs those before it, which are known where the order is given.  Otherwise it is all of
 * them, or none.  A plugin may count for itself, and change what it likes.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "pg/fdw/pass.h"
#include "pg/fdw/time_filter.h"
#include "pg/options/option_forms.h"
#include "pg/source/glob.h"

static bool
is_one_file(const char *source)
{
	return !form_is_array(source) && !glob_may_match(source);
}

void
pass_look_at_times(FlowScan *scan)
{
	const ScanOptions *options = scan->options;
	MemoryContext	   before;

	scan->times = NULL;
	if (scan->times_context != NULL)
		MemoryContextReset(scan->times_context);
	if (scan->pushdown == NULL || options->plugins != NIL || options->function != NULL || options->source == NULL ||
		!(options->separate_files || is_one_file(options->source)))
		return;
	if (scan->times_context == NULL)
		scan->times_context = AllocSetContextCreate(scan->lasting, "nfstream times of files", ALLOCSET_DEFAULT_SIZES);
	before = MemoryContextSwitchTo(scan->times_context);
	scan->times = time_filter(options, scan->pushdown);
	MemoryContextSwitchTo(before);
}

static bool
admits_name(void *context, const char *path)
{
	const FlowScan	   *scan = context;
	const SourceWanted *names = scan->exclusion == NULL ? NULL : exclusion_of_files(scan->exclusion);

	return names == NULL || names->admits(names->context, path);
}

static bool
admits_times(void *context, const SourceFile *file)
{
	return time_filter_admits(((const FlowScan *) context)->times, file);
}

const SourceWanted *
pass_files_wanted(FlowScan *scan)
{
	const ScanOptions *options = scan->options;
	bool			   has_names = scan->exclusion != NULL && exclusion_of_files(scan->exclusion) != NULL,
		 counts_on;

	if (options->plugins != NIL || !(has_names || scan->times != NULL))
		return NULL;
	counts_on = options->max_nflows > 0 || tuple_builder_counts_on(scan->builder, &scan->request.columns);
	scan->wanted = (SourceWanted) {
		.admits = admits_name,
		.admits_file = scan->times == NULL ? NULL : admits_times,
		.context = scan,
		.keeps_earlier = counts_on || !options->separate_files,
		.keeps_later = !options->separate_files || (counts_on && options->source_order == SOURCE_ORDER_TIME),
	};
	return &scan->wanted;
}

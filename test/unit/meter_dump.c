/*
 * meter_dump.c
 *	  Meters captures as the standard input says and prints their rows: the engine's half of meter_differential.py.
 *
 * A line of the input is a run: options as name=value, among them shards, and the captures' paths, all with blanks
 * between. With several shards the engine runs once for each, and their records are merged by their places, as a
 * scan's leader does.
 *
 * For each run the rows are printed as CSV, then a line "END" with the scan's account as name=value; timeouts are in
 * seconds. A record that is not well formed, records out of order and an account that does not add up end the
 * program.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/analyse/analysers.h"
#include "engine_notes.h"
#include "flow_records.h"
#include "meter/csv.h"

#define MOST_PATHS 8

typedef struct Kept
{
	uint64_t left;
	uint64_t first;
	size_t	 length;
	uint8_t *bytes;
} Kept;

typedef struct DumpRun
{
	MeterRequest request;
	char		*paths[MOST_PATHS];
	Kept		*kept;
	size_t		 count;
	size_t		 shard_start; /* the current shard's first */
} DumpRun;

static void
die(const char *what, const char *about)
{
	fprintf(stderr, "meter_dump: %s: %s\n", what, about);
	exit(EXIT_FAILURE);
}

/* ---------------------------------------------------------------------------------------- what the engine asks for */

static int
open_source(void *context, uint32_t index, uint64_t *size)
{
	DumpRun	   *run = context;
	int			descriptor = open(run->paths[index], O_RDONLY);
	struct stat status;

	if (descriptor < 0 || fstat(descriptor, &status) != 0)
		die("cannot open", run->paths[index]);
	*size = (uint64_t) status.st_size;
	return descriptor;
}

static void
take_record(void *context, const uint8_t *bytes, size_t length)
{
	DumpRun		  *run = context;
	const uint8_t *cursor = bytes;
	Kept		   kept = {.length = length, .bytes = malloc(length)};
	Record		   record;
	const char	  *wrong = read_flow(&cursor, bytes + length, &run->request.columns, run->request.splt_analysis, &record);

	if (wrong != NULL)
		die("a record", wrong);
	if (run->count > run->shard_start)
	{
		const Kept *before = &run->kept[run->count - 1];

		if (before->left > record.left || (before->left == record.left && before->first >= record.first))
			die("a record", "comes too late");
	}
	kept.left = record.left;
	kept.first = record.first;
	memcpy(kept.bytes, bytes, length);
	run->kept = realloc(run->kept, (run->count + 1) * sizeof(Kept));
	run->kept[run->count++] = kept;
}

/* -------------------------------------------------------------------------------------------------------- the runs */

static void
set_option(DumpRun *run, const char *name, uint64_t value)
{
	for (OptionId id = 0; id < OPTIONS_COUNT; id++)
		if (strcmp(name, option_limits[id].name) == 0 && request_set_option(&run->request, id, value))
			return;
	if (strcmp(name, "shards") != 0)
		die("no such option", name);
	run->request.shards = (uint32_t) value;
}

static void
read_run(DumpRun *run, char *line)
{
	*run = (DumpRun) {0};
	request_defaults(&run->request);
	run->request.n_dissections = 0;
	for (char *word = strtok(line, " \n"); word != NULL; word = strtok(NULL, " \n"))
	{
		char *equals = strchr(word, '=');

		if (equals != NULL)
		{
			*equals = '\0';
			set_option(run, word, strtoull(equals + 1, NULL, 10));
		}
		else if (run->request.files < MOST_PATHS)
			run->paths[run->request.files++] = word;
		else
			die("too many captures", word);
	}
	request_add_all_columns(&run->request);
}

static int
by_place(const void *a, const void *b)
{
	const Kept *x = a,
			   *y = b;

	if (x->left != y->left)
		return x->left < y->left ? -1 : 1;
	if (x->first == y->first)
		die("two records", "have the same place");
	return x->first < y->first ? -1 : 1;
}

static void
print_rows(const DumpRun *run)
{
	CsvForm	 form = {.to = STDOUT_FILENO, .names = run->paths};
	uint64_t id = 0;

	record_form(&form.record, &flow_schema, &run->request.columns, run->request.splt_analysis);
	for (size_t i = 0; i < run->count && (run->request.max_nflows == 0 || id < run->request.max_nflows); i++)
	{
		const uint8_t *cursor = run->kept[i].bytes;
		Record		   record;

		record_read(&form.record, &cursor, cursor + run->kept[i].length, &record);
		if (!csv_print_row(&form, &record, id++))
			die("standard output", "cannot be written");
	}
	if (!csv_flush(&form))
		die("standard output", "cannot be written");
}

static void
meter(DumpRun *run)
{
	EngineNotes notes = {.take = take_record, .context = run, .open = open_source};
	Account		scan = {0};

	for (run->request.shard = 0; run->request.shard < run->request.shards; run->request.shard++)
	{
		FailureMessage failure;
		Analysis	   analysis;
		Account		   account;

		run->shard_start = run->count;
		if (!analysis_open(&analysis, analysers, &run->request, &failure) ||
			!notes_run(&notes, &run->request, NULL, &analysis, &account, &failure))
			die("no run", failure.text);
		analysis_close(&analysis);
		if (!account_adds_up(&account))
			die("an account", "does not add up");
		account_add(&scan, &account, ACCOUNT_OF_SHARDS);
	}
	if (run->count > 1)
		qsort(run->kept, run->count, sizeof(Kept), by_place);
	print_rows(run);
	printf("END read=%" PRIu64 " metered=%" PRIu64 " ignored=%" PRIu64 " out_of_order=%" PRIu64
		   " given_up=%" PRIu64 "\n",
		   scan.counters[COUNTER_PACKETS_READ], scan.counters[COUNTER_PACKETS_METERED], account_ignored(&scan),
		   scan.counters[COUNTER_PACKETS_OUT_OF_ORDER], scan.counters[COUNTER_PACKETS_GIVEN_UP]);
	fflush(stdout); /* rows have a buffer of their own */
	for (size_t i = 0; i < run->count; i++)
		free(run->kept[i].bytes);
	free(run->kept);
}

int
main(void)
{
	char line[4096];

	while (fgets(line, sizeof(line), stdin) != NULL)
	{
		DumpRun run;

		read_run(&run, line);
		meter(&run);
	}
	return EXIT_SUCCESS;
}

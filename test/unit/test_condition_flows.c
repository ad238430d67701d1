/*
 * test_condition_flows.c
 *	  Conditions on the flows of captures: what is left is what the same condition leaves of all rows, in the same places.
 *
 * Of each capture of the project's own and, where it is at hand, of the shared directory, all rows are kept.  Then come random conditions on their columns, with
 * constants from those rows: each is asked of the rows, by condition_model.h, and given to the engine, by one meter and by three, with marks
 * and without, early and, as where there are plugins, only when flows leave.
 */
#include "condition_model.h"
#include "each_capture.h"
#include "engine/analyse/community_id.h"
#include "engine/analyse/statistics.h"
#include "engine_notes.h"
#include "files.h"
#include "flow_records.h"

#define RECORDS_MOST 20000
#define BYTES_MAX	 ((size_t) 4 << 20)
#define SHARDS		 3
#define CONDITIONS	 12 /* of each capture */
#define SEED		 UINT64_C(7)

/* No label, which depends on what nDPI saw of other flows; and no plugin, whatever the request says. */
static const Analyser *const analysers_alone[] = {&statistics_analyser, &community_id_analyser, NULL};

typedef struct Kept
{
	uint64_t left;
	uint64_t first;
	bool	 is_mark;
	size_t	 length;
	uint8_t *bytes;
} Kept;

typedef struct Rows
{
	unsigned count;
	Kept	 kept[RECORDS_MOST];
} Rows;

static Rows all,
	some;
static RecordValue *all_values;
static Random		numbers;
static EngineNotes	notes;

static struct
{
	unsigned captures;
	uint64_t conditions;
	uint64_t rows;
	uint64_t marks;
	uint64_t untracked; /* packets */
} totals;

/* ------------------------------------------------------------------------------------------------------------- what is emitted */

static void
take_record(void *context, const uint8_t *bytes, size_t length)
{
	Rows	*rows = context;
	Kept	*kept = &rows->kept[rows->count];
	uint32_t as_written;

	assert_true(rows->count++ < RECORDS_MOST);
	memcpy(&as_written, bytes, sizeof(as_written));
	kept->is_mark = (as_written & RECORD_MARK) != 0;
	assert_int_equal(as_written & ~RECORD_MARK, length);
	memcpy(&kept->left, bytes + sizeof(uint32_t), sizeof(kept->left));
	memcpy(&kept->first, bytes + sizeof(uint32_t) + sizeof(uint64_t), sizeof(kept->first));
	kept->length = length;
	kept->bytes = malloc(length);
	memcpy(kept->bytes, bytes, length);
}

static void
forget(Rows *rows)
{
	for (unsigned i = 0; i < rows->count; i++)
		free(rows->kept[i].bytes);
	rows->count = 0;
}

static int
by_place(const void *a, const void *b)
{
	const Kept *x = a,
			   *y = b;

	if (x->left != y->left)
		return x->left < y->left ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

/* Meters the capture by so many meters; the rows of all of them in the one order, and the account of all. */
static bool
meter(MeterRequest *request, uint32_t shards, Rows *rows, Account *account)
{
	forget(rows);
	memset(account, 0, sizeof(*account));
	notes.take = take_record;
	notes.context = rows;
	request->shards = shards;
	for (request->shard = 0; request->shard < shards; request->shard++)
	{
		Account		   own;
		FailureMessage failure;
		Analysis	   analysis;
		bool		   done;

		assert_true(analysis_open(&analysis, analysers_alone, request, &failure));
		done = notes_run(&notes, request, NULL, &analysis, &own, &failure);
		analysis_close(&analysis);
		if (!done)
			return false;
		assert_true(account_adds_up(&own));
		account_add(account, &own, ACCOUNT_OF_SHARDS);
	}
	request->shard = 0;
	qsort(rows->kept, rows->count, sizeof(Kept), by_place);
	return true;
}

/* -------------------------------------------------------------------------------------------------------------- what is expected */

static void
read_rows(const MeterRequest *request)
{
	RecordForm form;

	record_form(&form, &flow_schema, &request->columns, 0);
	free(all_values);
	all_values = calloc((size_t) all.count + 1, COLUMNS_MAX * sizeof(RecordValue));
	for (unsigned i = 0; i < all.count; i++)
	{
		const uint8_t *cursor = all.kept[i].bytes;
		Record		   record;

		assert_null(record_read(&form, &cursor, cursor + all.kept[i].length, &record));
		memcpy(&all_values[(size_t) i * COLUMNS_MAX], record.values, sizeof(record.values));
	}
}

static bool
is_certain(const Model *model)
{
	for (unsigned i = 0; i < model->count; i++)
		if (model->nodes[i].node == CONDITION_CONSTANT && model->nodes[i].constant == CONDITION_UNKNOWN)
			return false;
	return true;
}

static void
expect_same(const Kept *got, const Kept *expected)
{
	assert_int_equal(got->left, expected->left);
	assert_int_equal(got->first, expected->first);
	if (got->is_mark)
		return;
	assert_int_equal(got->length, expected->length);
	assert_memory_equal(got->bytes, expected->bytes, got->length);
}

static uint64_t
packets_of(unsigned row)
{
	return all_values[(size_t) row * COLUMNS_MAX + (size_t) column_of_flow("bidirectional_packets")].u;
}

/* Every row is there that the condition leaves, and none else; where they count, there is a mark in the place of each other. */
static void
expect_rows(const Model *model, const MeterRequest *request, const Account *account)
{
	bool	 certain = is_certain(model);
	unsigned next = 0;
	uint64_t packets = 0,
			 records = 0,
			 marks = 0;

	for (unsigned i = 0; i < all.count; i++)
	{
		const RecordValue *row = &all_values[(size_t) i * COLUMNS_MAX];
		bool			   is = model_truth(model, 0, row, IS_TRUE) == IS_TRUE || model_truth(model, 0, row, IS_FALSE) == IS_TRUE;
		bool			   came = next < some.count && by_place(&some.kept[next], &all.kept[i]) == 0;

		if (request->counts_aside)
			assert_true(came);
		if (is)
			assert_true(came && !some.kept[next].is_mark);
		else if (came && !some.kept[next].is_mark)
			assert_false(certain);
		if (!came)
			continue;
		expect_same(&some.kept[next], &all.kept[i]);
		if (some.kept[next++].is_mark)
			marks++;
		else
		{
			records++;
			packets += packets_of(i);
		}
	}
	assert_int_equal(next, some.count);
	assert_int_equal(account->counters[COUNTER_FLOWS], records);
	if (request->counts_aside)
		assert_int_equal(account->counters[COUNTER_FLOWS_SET_ASIDE], marks);
	else
		assert_int_equal(marks, 0);
	assert_int_equal(account->counters[COUNTER_PACKETS_METERED] - account->counters[COUNTER_PACKETS_GIVEN_UP], packets);
	totals.rows += records;
	totals.marks += marks;
	totals.untracked += account->counters[COUNTER_PACKETS_SET_ASIDE];
}

static void
try_condition(const MeterRequest *plain)
{
	ModelRows		 rows = {.values = all_values, .count = all.count, .columns = plain->columns};
	ConditionBuilder builder = {.schema = &flow_schema, .resize = realloc};
	Model			 model;

	model_random(&model, &flow_schema, &rows, &numbers);
	model_put(&model, 0, &builder);
	for (unsigned way = 0; way < 8; way++)
	{
		MeterRequest request = *plain;
		char		 wrong[REQUEST_WRONG_MAX];
		Account		 account;
		bool		 is_bounded = plain->max_nflows > 0 || plain->max_active_flows > 0;

		request.condition = builder.length;
		request.condition_bytes = builder.bytes;
		request.counts_aside = is_bounded || (way & 1) != 0;
		request.plugins = (way & 2) != 0;
		if (!request_check_condition(&request, wrong))
			fail_msg("%s", wrong);
		if (!request_check(&request, wrong))
			fail_msg("%s", wrong);
		assert_true(meter(&request, (way & 4) == 0 || is_bounded ? 1 : SHARDS, &some, &account));
		expect_rows(&model, &request, &account);
	}
	free(builder.bytes);
	totals.conditions++;
}

/* --------------------------------------------------------------------------------------------------------------------- captures */

/* One capture; its path is the case's state. */
static void
conditions_on_flows(void **state)
{
	uint8_t		*bytes = malloc(BYTES_MAX);
	FILE		*file = fopen(*state, "rb");
	MeterRequest request;
	Account		 account;
	size_t		 length;

	assert_non_null(file);
	length = fread(bytes, 1, BYTES_MAX, file);
	fclose(file);
	notes.file = file_of(bytes, length);
	notes.size = length;
	notes.seed = SEED;
	request_defaults(&request);
	request.files = 1;
	request.statistical_analysis = true;
	request.n_dissections = 0;
	for (unsigned i = 0; i < flow_schema.count; i++)
		if (request_group_is_on(&request, flow_schema.columns[i].group))
			column_set_add(&request.columns, i);
	for (unsigned i = 0; i < CONDITIONS; i++)
	{
		if (i % 4 == 0)
		{
			request.idle_timeout = random_below(&numbers, 2) == 0 ? 120000 : random_below(&numbers, 50);
			request.active_timeout = random_below(&numbers, 2) == 0 ? 1800000 : random_below(&numbers, 1000);
			request.max_nflows = random_below(&numbers, 3) == 0 ? 1 + random_below(&numbers, 5) : 0;
			request.max_active_flows = random_below(&numbers, 3) == 0 ? 1 + random_below(&numbers, 5) : 0;
			if (!meter(&request, 1, &all, &account) || all.count == 0)
				break;
			read_rows(&request);
		}
		try_condition(&request);
	}
	forget(&all);
	forget(&some);
	close(notes.file);
	free(bytes);
	totals.captures++;
}

static int
start(void **state)
{
	(void) state;
	numbers = random_start();
	return 0;
}

static int
end(void **state)
{
	(void) state;
	free(all_values);
	print_message("# %u captures, %" PRIu64 " conditions, each in 8 ways: %" PRIu64 " rows, %" PRIu64 " marks, %" PRIu64 " packets set aside\n",
				  totals.captures, totals.conditions, totals.rows, totals.marks, totals.untracked);
	return totals.rows > 0 && totals.marks > 0 && totals.untracked > 0 ? 0 : -1;
}

int
main(void)
{
	return run_on_captures("condition_flows", (long) BYTES_MAX / 16, conditions_on_flows, start, end);
}

/*
 * by_hand.c
 *	  A meter without a server: captures from the command line, flows as CSV to standard output.
 *
 * Records go the same way as to a server: the engine writes them, wire/record.c reads them, in the same sandbox.
 *
 * SIGINT and SIGTERM end the sources where they are, so that whoever captures into a pipe and stops sees the flows up to
 * there; one more signal, a while later, ends the program.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "engine/analyse/dpi.h"
#include "engine/base/memory.h"
#include "engine/decode/filter.h"
#include "engine/source/stream.h"
#include "meter/arguments.h"
#include "meter/by_hand.h"
#include "meter/sandbox.h"
#include "meter/sources.h"
#include "meter/start.h"
#include "wire/anonymize.h"
#include "wire/filter_hint.h"
#include "wire/foreign.h"
#include "wire/record.h"

/* Added to the number of a signal that ended the program, as a shell does. */
#define EXIT_SIGNAL 128

typedef struct ByHand
{
	const MeterProgram *program;
	Arguments			arguments;
	Sources			   *sources;
	uint32_t			taken;	 /* sources that were taken to be metered apart */
	uint64_t			packets; /* in those of them that are done */
	CsvForm				form;
	uint64_t			flows;
	uint8_t			   *record;
	size_t				room;
	bool				names_printed;
	void (*on_broken_pipe)(int); /* as whoever started this program wants it */
	ExitStatus status;
} ByHand;

static volatile sig_atomic_t signal_received;

static void
out_of_memory(size_t bytes)
{
	(void) bytes;
	complain(NULL, "out of memory; --meter_memory is what it may have, and --max_active_flows bounds what is kept");
	_exit(EXIT_FAILED);
}

/* A source as it is called in messages. */
static const char *
name_of(const ByHand *hand, uint32_t source)
{
	return source_name(hand->arguments.sources[source]);
}

/* Opens the three standard descriptors that are closed: otherwise the next file that is opened would become one of them. */
static bool
open_standard_files(void)
{
	bool has_output = fcntl(STDOUT_FILENO, F_GETFD) >= 0;
	int	 error = errno;

	for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
		if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY) < 0)
			return false;
	if (!has_output)
		complain("standard output", "%s", strerror(error));
	return has_output;
}

/*
 * nDPI prints to standard output now and then: rows get a descriptor of their own, the first after the sources.  If a
 * source is a pipe, or an interface, each row is written as soon as it is there, for whoever waits for it.
 */
static bool
open_output(ByHand *hand)
{
	hand->form.by_lines = sources_have_pipe(hand->sources) || request_is_live(&hand->arguments.request);
	hand->form.to = dup2(STDOUT_FILENO, sources_end(hand->sources));
	if (hand->form.to >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0)
		return true;
	complain("standard output", "%s", strerror(errno));
	return false;
}

/* -------------------------------------------------------------------------------------------------- what the engine asks for */

static int
open_source(void *context, uint32_t index, uint64_t *size)
{
	ByHand *hand = context;

	return sources_take(hand->sources, index, size);
}

static uint8_t *
record_room(void *context, size_t bytes)
{
	ByHand *hand = context;

	if (bytes > hand->room)
		hand->record = memory_resize(hand->record, hand->room = bytes);
	return hand->record;
}

/* No more rows are made if they cannot be written. */
static void
must_be_written(bool written)
{
	if (written)
		return;
	complain("standard output", "%s", strerror(errno));
	_exit(EXIT_FAILED);
}

/* The first line, which comes only when it is known that there is something to print. */
static void
print_names(ByHand *hand)
{
	if (!hand->names_printed)
		must_be_written(csv_print_names(&hand->form));
	hand->names_printed = true;
}

static void
record_written(void *context, size_t bytes)
{
	ByHand		  *hand = context;
	const uint8_t *cursor = hand->record;
	Record		   record;
	const char	  *wrong = record_read(&hand->form.record, &cursor, hand->record + bytes, &record);

	if (wrong != NULL)
	{
		complain(NULL, "%s", wrong);
		_exit(EXIT_FAILED);
	}
	print_names(hand);
	record_go_on(&hand->form.record, &record, hand->packets);
	must_be_written(csv_print_row(&hand->form, &record, hand->flows++));
}

static void
place(void *context, const PlaceMessage *message)
{
	(void) context;
	(void) message;
}

/* What to do with a file that is known to be something else. */
static void
tell_hint(const FailureMessage *failure)
{
	const char *hint = foreign_hint(failure->foreign);

	if (hint != NULL)
		complain(NULL, "%s", hint);
}

static void
damage(void *context, const FailureMessage *message)
{
	ByHand *hand = context;

	hand->status = EXIT_DAMAGED;
	if (message->packet == FAILURE_NO_PACKET)
	{
		complain(name_of(hand, message->file), "%s", message->text);
		tell_hint(message);
	}
	else
		complain(name_of(hand, message->file), "packet %" PRIu64 " %s, at byte %" PRIu64, message->packet, message->text,
				 message->byte);
}

/* All files are this meter's. */
static uint32_t
take_file(void *context)
{
	ByHand *hand = context;

	return hand->taken++;
}

static void
file_end(void *context, uint64_t packets)
{
	ByHand *hand = context;

	hand->packets += packets;
}

static void
overlap(void *context, const OverlapMessage *message)
{
	complain(name_of(context, message->file), "begins %" PRIu64 " ms before the time that was reached; its packets are metered at "
											  "that time, unless --source_order is time or --separate_files true",
			 message->reached - message->begins);
}

/* ------------------------------------------------------------------------------------------------------------------- the run */

/* The first signal ends the sources; a later one ends the program, if it is not the first one's echo (timeout sends two). */
static void
end_sources(int number)
{
	static struct timespec first;
	struct timespec		   now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (signal_received == 0)
		first = now;
	else if (now.tv_sec - first.tv_sec > 1)
		_exit(EXIT_SIGNAL + number);
	signal_received = number;
	source_interrupted = true;
}

/* Only signals that are not ignored already: a program in the background goes on when its terminal is interrupted. */
static void
catch_signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM};

	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
	{
		struct sigaction action;

		if (sigaction(numbers[i], NULL, &action) != 0 || action.sa_handler == SIG_IGN)
			continue;
		action = (struct sigaction) {.sa_handler = end_sources};
		sigaction(numbers[i], &action, NULL);
	}
}

static void
tell_failure(ByHand *hand, const FailureMessage *failure)
{
	bool			   is_one_of_many = failure->file != FAILURE_NO_FILE && hand->arguments.request.files > 1;
	const RequestText *filter = &hand->arguments.request.filter;
	char			   hint[FILTER_HINT_MAX];

	hand->status = EXIT_FAILED;
	switch (failure->code)
	{
		case FAILURE_FILTER:
		case FAILURE_FILTER_NAME:
			complain("--bpf_filter", "\"%s\": %s%s%s", filter->bytes, failure->text,
					 is_one_of_many ? ", in " : "", is_one_of_many ? name_of(hand, failure->file) : "");
			if (filter_hint(filter->bytes, filter->length, failure, hint))
				complain(NULL, "%s", hint);
			hand->status = hand->names_printed ? EXIT_FAILED : EXIT_USAGE;
			break;
		case FAILURE_PLUGIN_UNKNOWN:
		case FAILURE_PLUGIN_OBJECT:
		case FAILURE_PLUGIN_PARAMETER:
			complain("--udps", "%s", failure->text);
			if (failure->detail[0] != '\0')
				complain(NULL, "%s", failure->detail);
			hand->status = EXIT_USAGE;
			break;
		case FAILURE_INTERFACE_UNKNOWN:
			complain(hand->arguments.sources[0], "there is no such interface");
			break;
		case FAILURE_INTERFACE_RIGHTS:
			complain(hand->arguments.sources[0], "permission denied");
			complain(NULL, "%s", failure->detail);
			complain(NULL, "as root, \"make install-capture\" gives it the capability");
			break;
		case FAILURE_INTERFACE_WITHHELD:
			complain(hand->arguments.sources[0], "permission denied");
			complain(NULL, "%s", failure->detail);
			break;
		case FAILURE_INTERFACE_DOWN:
			complain(hand->arguments.sources[0], "the interface is down");
			break;
		case FAILURE_INTERFACE_GONE:
			complain(hand->arguments.sources[0], "the interface has gone away");
			break;
		case FAILURE_INTERFACE_OPEN:
			complain(hand->arguments.sources[0], "%s", failure->text);
			break;
		case FAILURE_SANDBOX:
		case FAILURE_LANDLOCK:
			complain(NULL, "cannot give up %s", failure->text);
			break;
		default:
			complain(failure->file == FAILURE_NO_FILE ? NULL : name_of(hand, failure->file), "%s", failure->text);
			if (failure->detail[0] != '\0')
				complain(NULL, "%s", failure->detail);
			tell_hint(failure);
	}
}

static void
tell_of_blind_filter(const ByHand *hand, const Account *account)
{
	const char *what,
		*word;
	uint64_t packets;

	if (filter_is_blind(account, &what, &packets, &word))
		complain("--bpf_filter", "no packet passed, and %" PRIu64 " have %s: \"%s and (%s)\" looks behind these", packets, what, word,
				 hand->arguments.request.filter.bytes);
}

/* What became of the packets of an interface, as whoever captures wants to know; and what makes packets of packets. */
static void
tell_of_capture(const ByHand *hand, const Account *account)
{
	const uint64_t *counters = account->counters;
	const char	   *name = hand->arguments.sources[0];

	complain(name, "%" PRIu64 " packets received, %" PRIu64 " of them dropped by the kernel and %" PRIu64 " left unread",
			 counters[COUNTER_PACKETS_RECEIVED], counters[COUNTER_DROPPED_BY_KERNEL], counters[COUNTER_LEFT_IN_RING]);
	if (counters[COUNTER_LONGER_THAN_MTU] > 0)
		complain(name, "%" PRIu64 " packets are longer than the interface's MTU: the card or the kernel has put several together "
					   "(GRO, LRO), which \"ethtool -K %s gro off lro off\" ends",
				 counters[COUNTER_LONGER_THAN_MTU], hand->arguments.request.interface.bytes);
}

/* The sandbox ignores broken pipes; here a reader that goes away ends the program, unless it was started to ignore that. */
static void
ready(void *context)
{
	ByHand *hand = context;

	signal(SIGPIPE, hand->on_broken_pipe);
}

static void
print(void *context, const char *text, size_t length)
{
	(void) context;
	complain(NULL, "%.*s", (int) length, text);
}

static void
plugin_failed(void *context, const FailureMessage *failure)
{
	ByHand *hand = context;

	tell_failure(hand, failure);
	must_be_written(csv_flush(&hand->form));
	_exit(EXIT_FAILED);
}

static int
run(ByHand *hand)
{
	MeterProgress	 nobody_looks;
	const MeterOrder order = {
		.request = &hand->arguments.request,
		.files = {hand, open_source, &nobody_looks},
		.callbacks = {hand, record_room, record_written, place, damage, 0, overlap, NULL, take_file, file_end, NULL},
		.others = hand->form.to + 1,
		.records = hand->form.to,
		.ready = ready,
		.program = hand->program,
		.listener = {-1, NULL, NULL, &nobody_looks},
		.plugins = {&hand->arguments.plugins, hand->program->finder, hand, print, plugin_failed},
	};
	FailureMessage failure;
	Account		   account;

	if (start_meter(&order, &account, &failure))
	{
		print_names(hand);
		tell_of_blind_filter(hand, &account);
		if (request_is_live(&hand->arguments.request))
			tell_of_capture(hand, &account);
	}
	else
		tell_failure(hand, &failure);
	must_be_written(csv_flush(&hand->form));
	if (signal_received == 0)
		return (int) hand->status;
	complain(NULL, "interrupted; the %s up to there were printed", hand->form.record.schema->rows);
	return EXIT_SIGNAL + signal_received;
}

/* What is hashed: the columns that were named, and those that would show one of them. */
static ColumnSet
hashed_columns(const Schema *schema, const ColumnSet *named)
{
	ColumnSet hashed = *named;

	for (unsigned i = 0; i < schema->count; i++)
		for (unsigned j = 0; j < schema->count && column_set_has(named, i); j++)
			if (column_shows(&schema->columns[j], &schema->columns[i]))
				column_set_add(&hashed, j);
	return hashed;
}

/* The key of the hashes: the one that was given, or one that nobody knows. */
static bool
make_key(ByHand *hand)
{
	CsvForm *form = &hand->form;

	if (sodium_init() < 0)
		return false;
	if (hand->arguments.key_length == 0)
		return getrandom(form->key, sizeof(form->key), 0) == sizeof(form->key);
	return crypto_generichash_blake2b(form->key, sizeof(form->key), (const uint8_t *) ANONYMIZE_PURPOSE,
									  strlen(ANONYMIZE_PURPOSE), hand->arguments.key, hand->arguments.key_length) == 0;
}

static void
print_version(void)
{
	printf("nfstream_meter %s\nnDPI %s\n%s\n", METER_VERSION, dpi_version(), filter_version());
}

/* The exit status after something was printed on request. */
static int
printed(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_DONE;
	complain("standard output", "%s", strerror(errno));
	return EXIT_FAILED;
}

int
meter_by_hand(int argc, char **argv, const MeterProgram *program)
{
	ByHand		  hand = {.status = EXIT_DONE, .program = program, .on_broken_pipe = signal(SIGPIPE, SIG_DFL)};
	const Schema *schema;

	memory_on_exhaustion(out_of_memory);
	if (!open_standard_files())
		return EXIT_FAILED;
	switch (arguments_read(argc, argv, &hand.arguments))
	{
		case ARGUMENTS_HELP:
			arguments_print_help(stdout);
			return printed();
		case ARGUMENTS_VERSION:
			print_version();
			return printed();
		case ARGUMENTS_WRONG:
			return EXIT_USAGE;
		case ARGUMENTS_METER:
			break;
	}
	hand.sources = sources_open(hand.arguments.sources, hand.arguments.request.files,
								hand.arguments.request.source_order == SOURCE_ORDER_TIME);
	if (hand.sources == NULL)
		return EXIT_FAILED;
	schema = schema_by_id(hand.arguments.request.schema);
	record_form(&hand.form.record, schema, &hand.arguments.request.columns, hand.arguments.request.splt_analysis);
	hand.form.hashed = hashed_columns(schema, &hand.arguments.hashed);
	hand.form.names = hand.arguments.sources;
	if (!make_key(&hand))
	{
		complain(NULL, "the system has no random number");
		return EXIT_FAILED;
	}
	if (!open_output(&hand))
		return EXIT_FAILED;
	catch_signals();
	return run(&hand);
}

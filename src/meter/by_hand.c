/*
 * by_hand.c
 *	  A meter without a server: captures from the command line, flows as CSV to standard output.
 *
 * The quickest way to look at the engine.  Records take the same way as to a server: written by the engine, read by
 * wire/record.c, in the same sandbox.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/memory.h"
#include "meter/csv.h"
#include "meter/sandbox.h"
#include "meter/serve.h"
#include "meter/start.h"
#include "wire/limits.h"
#include "wire/record.h"

typedef struct ByHand
{
	MeterRequest request;
	const char *filter;
	char	  **names;			/* of the sources */
	int		   *descriptors;
	uint64_t   *sizes;
	FILE	   *out;
	uint64_t	flows;
	uint8_t    *record;
	size_t		room;
	bool		names_printed;
	bool		failed;
} ByHand;

typedef enum FieldType
{
	FIELD_U8,
	FIELD_U32,
	FIELD_U64,
	FIELD_MS					/* of an option in seconds, uint64_t */
} FieldType;

/* The options of the command line; limits.c has the rest. */
static const struct
{
	OptionId	id;
	FieldType	type;
	size_t		at;				/* in MeterRequest */
}			options[] = {
	{OPTION_DECODE_TUNNELS, FIELD_U8, offsetof(MeterRequest, decode_tunnels)},
	{OPTION_STATISTICAL_ANALYSIS, FIELD_U8, offsetof(MeterRequest, statistical_analysis)},
	{OPTION_SPLT_ANALYSIS, FIELD_U32, offsetof(MeterRequest, splt_analysis)},
	{OPTION_N_DISSECTIONS, FIELD_U32, offsetof(MeterRequest, n_dissections)},
	{OPTION_ACCOUNTING_MODE, FIELD_U32, offsetof(MeterRequest, accounting_mode)},
	{OPTION_IDLE_TIMEOUT, FIELD_MS, offsetof(MeterRequest, idle_timeout)},
	{OPTION_ACTIVE_TIMEOUT, FIELD_MS, offsetof(MeterRequest, active_timeout)},
	{OPTION_APPLICATION_NAMES, FIELD_U8, offsetof(MeterRequest, application_names)},
	{OPTION_MAX_NFLOWS, FIELD_U64, offsetof(MeterRequest, max_nflows)},
	{OPTION_MAX_ACTIVE_FLOWS, FIELD_U64, offsetof(MeterRequest, max_active_flows)},
};

static void
complain(const char *what, const char *about)
{
	fprintf(stderr, "nfstream_meter: %s%s%s\n", what, about[0] == '\0' ? "" : ": ", about);
}

static void
out_of_memory(size_t bytes)
{
	(void) bytes;
	complain("out of memory", "");
	_exit(EXIT_FAILURE);
}

/* ----------------------------------------------------------------------------------------------------------- what is wanted */

/* Takes "--name=value". */
static bool
set_option(ByHand *hand, const char *argument)
{
	const char *name = argument + 2,
			   *equals = strchr(name, '=');
	size_t		length = equals == NULL ? strlen(name) : (size_t) (equals - name);

	if (length == strlen("bpf_filter") && strncmp(name, "bpf_filter", length) == 0 && equals != NULL)
	{
		hand->filter = equals + 1;
		hand->request.filter_length = (uint32_t) strlen(hand->filter);
		return true;
	}
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
	{
		char	   *at = (char *) &hand->request + options[i].at;
		const char *known = option_limits[options[i].id].name;
		uint64_t	value;

		if (strlen(known) != length || strncmp(known, name, length) != 0)
			continue;
		if (equals == NULL || !option_parse(options[i].id, equals + 1, &value))
		{
			complain("not a value of this option", argument);
			return false;
		}
		if (options[i].type == FIELD_U8)
			*at = (char) value;
		else if (options[i].type == FIELD_U32)
			memcpy(at, &(uint32_t) {(uint32_t) value}, sizeof(uint32_t));
		else
			memcpy(at, &(uint64_t) {options[i].type == FIELD_MS ? value * 1000 : value}, sizeof(uint64_t));
		return true;
	}
	complain("no such option", argument);
	return false;
}

/* Opens a source before the sandbox forbids it. */
static bool
add_source(ByHand *hand, char *name)
{
	uint32_t	i = hand->request.files;
	int			descriptor = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat status;

	if (descriptor < 0 || fstat(descriptor, &status) != 0)
	{
		complain(name, strerror(errno));
		return false;
	}
	if (!S_ISREG(status.st_mode))
	{
		complain(name, "is not a regular file");
		return false;
	}
	hand->names[i] = name;
	hand->descriptors[i] = descriptor;
	hand->sizes[i] = (uint64_t) status.st_size;
	hand->request.files++;
	return true;
}

/* -------------------------------------------------------------------------------------------------- what the engine asks for */

static int
open_source(void *context, uint32_t index, uint64_t *size)
{
	ByHand	   *hand = context;

	*size = hand->sizes[index];
	return hand->descriptors[index];
}

static uint8_t *
record_room(void *context, size_t bytes)
{
	ByHand	   *hand = context;

	if (bytes > hand->room)
		hand->record = memory_resize(hand->record, hand->room = bytes);
	return hand->record;
}

/* The first line: not before something is known to be right. */
static void
print_names(ByHand *hand)
{
	if (!hand->names_printed)
		csv_print_names(hand->out, &hand->request.columns);
	hand->names_printed = true;
}

static void
record_written(void *context, size_t bytes)
{
	ByHand	   *hand = context;
	const uint8_t *cursor = hand->record;
	FlowRecord	record;
	const char *wrong = record_read(&cursor, hand->record + bytes, &hand->request.columns, hand->request.splt_analysis,
									&record);

	if (wrong != NULL)
	{
		complain(wrong, "");
		_exit(EXIT_FAILURE);
	}
	print_names(hand);
	csv_print_flow(hand->out, &hand->request.columns, &record, hand->flows++, hand->names);
}

static void
place(void *context, const PlaceMessage *message)
{
	(void) context;
	(void) message;
}

static void
damage(void *context, const FailureMessage *message)
{
	ByHand	   *hand = context;

	hand->failed = true;
	if (message->packet == FAILURE_NO_PACKET)
		complain(hand->names[message->file], message->text);
	else
		fprintf(stderr, "nfstream_meter: %s: packet %" PRIu64 ", at byte %" PRIu64 ", %s\n", hand->names[message->file],
				message->packet, message->byte, message->text);
}

static void
overlap(void *context, const OverlapMessage *message)
{
	ByHand	   *hand = context;

	fprintf(stderr, "nfstream_meter: %s: begins %" PRIu64 " ms before the time that was reached; its packets are metered at that "
			"time\n", hand->names[message->file], message->reached - message->begins);
}

/* ------------------------------------------------------------------------------------------------------------------- the run */

static int
run(ByHand *hand)
{
	MeterPosition nobody_looks;
	const MeterOrder order = {
		.request = &hand->request,
		.filter = hand->filter,
		.program = {hand, open_source, record_room, record_written, place, damage, &nobody_looks, 0, overlap},
	};
	FailureMessage failure;
	Account		account;

	if (!start_meter(&order, &account, &failure))
	{
		complain(failure.code == FAILURE_FILTER ? hand->filter :
				 failure.code == FAILURE_SANDBOX ? "cannot give up" :
				 failure.file == FAILURE_NO_FILE ? "cannot meter" : hand->names[failure.file], failure.text);
		hand->failed = true;
	}
	else
		print_names(hand);
	if (fflush(hand->out) != 0)
		hand->failed = true;
	return hand->failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int
meter_by_hand(int argc, char **argv)
{
	ByHand		hand = {0};

	memory_on_exhaustion(out_of_memory);
	if (!sandbox_prepare(0))
	{
		complain("cannot close other files", "");
		return EXIT_FAILURE;
	}
	request_defaults(&hand.request);
	hand.names = memory_get((size_t) argc * sizeof(*hand.names));
	hand.descriptors = memory_get((size_t) argc * sizeof(*hand.descriptors));
	hand.sizes = memory_get((size_t) argc * sizeof(*hand.sizes));
	for (int i = 1; i < argc; i++)
		if (!(strncmp(argv[i], "--", 2) == 0 ? set_option(&hand, argv[i]) : add_source(&hand, argv[i])))
			return 2;
	if (hand.request.files == 0)
	{
		complain("no capture is named", "try --help");
		return 2;
	}
	request_add_all_columns(&hand.request);

	/* nDPI prints to standard output now and then: rows get a descriptor of their own, with a buffer that is there already. */
	hand.out = fdopen(dup(STDOUT_FILENO), "w");
	if (hand.out == NULL || setvbuf(hand.out, memory_get(BUFSIZ), _IOFBF, BUFSIZ) != 0 ||
		dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
	{
		complain("standard output", strerror(errno));
		return EXIT_FAILURE;
	}
	return run(&hand);
}

/*
 * serve.c
 *	  A meter under an owner: one request in, its records out.  wire/message.h has the conversation.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/analyse/dpi.h"
#include "engine/base/memory.h"
#include "meter/channel.h"
#include "meter/sandbox.h"
#include "meter/serve.h"
#include "meter/start.h"

/* Records are sent in batches of about this size, bytes. */
#define BATCH_BYTES ((size_t) 64 << 10)

typedef struct Output
{
	int		 channel;
	uint8_t *batch; /* a MessageHeader, then records */
	size_t	 room;
	size_t	 length; /* of the records */
} Output;

static Output output;

static void
fail(FailureCode code, const char *text)
{
	FailureMessage failure = {.code = code, .file = FAILURE_NO_FILE};

	snprintf(failure.text, sizeof(failure.text), "%s", text);
	channel_send_body(output.channel, MESSAGE_FAILURE, &failure, sizeof(failure));
}

static void
out_of_memory(size_t bytes)
{
	(void) bytes;
	fail(FAILURE_OUT_OF_MEMORY, "out of memory");
	_exit(EXIT_FAILURE);
}

static void
flush(void)
{
	if (output.length > 0)
		channel_send(output.channel, MESSAGE_RECORDS, (MessageHeader *) output.batch, (uint32_t) output.length);
	output.length = 0;
}

static uint8_t *
record_room(void *context, size_t bytes)
{
	(void) context;
	if (output.length > 0 && output.length + bytes > BATCH_BYTES)
		flush();
	if (sizeof(MessageHeader) + output.length + bytes > output.room)
	{
		output.room = sizeof(MessageHeader) + (bytes > BATCH_BYTES ? bytes : BATCH_BYTES);
		output.batch = memory_resize(output.batch, output.room);
	}
	return output.batch + sizeof(MessageHeader) + output.length;
}

static void
record_written(void *context, size_t bytes)
{
	(void) context;
	output.length += bytes;
}

static void
place(void *context, const PlaceMessage *message)
{
	(void) context;
	flush();
	channel_send_body(output.channel, MESSAGE_PLACE, message, sizeof(*message));
}

static void
overlap(void *context, const OverlapMessage *message)
{
	(void) context;
	channel_send_body(output.channel, MESSAGE_OVERLAP, message, sizeof(*message));
}

static void
damage(void *context, const FailureMessage *message)
{
	(void) context;
	channel_send_body(output.channel, MESSAGE_DAMAGE, message, sizeof(*message));
}

static void
reading_order(void *context, const uint32_t *files, uint32_t count)
{
	MessageHeader *message = memory_get(sizeof(*message) + count * sizeof(*files));

	(void) context;
	memcpy(message + 1, files, count * sizeof(*files));
	channel_send(output.channel, MESSAGE_ORDER, message, (uint32_t) (count * sizeof(*files)));
	free(message);
}

static uint32_t
take_file(void *context)
{
	uint32_t turn = 0,
			 length;
	int		  no_descriptor;
	uint32_t *taken;

	(void) context;
	channel_send_body(output.channel, MESSAGE_TAKE_FILE, &turn, sizeof(turn));
	taken = channel_receive(output.channel, MESSAGE_TAKEN_FILE, &length, &no_descriptor);
	if (taken == NULL)
		_exit(EXIT_FAILURE); /* the owner is gone */
	turn = *taken;
	free(taken);
	return turn;
}

static void
file_end(void *context, uint64_t packets)
{
	(void) context;
	flush();
	channel_send_body(output.channel, MESSAGE_FILE_END, &packets, sizeof(packets));
}

static int
open_source(void *context, uint32_t index, uint64_t *size)
{
	FileMessage *file;
	uint32_t	 length;
	int			 descriptor;

	(void) context;
	flush();
	channel_send_body(output.channel, MESSAGE_NEXT_FILE, &index, sizeof(index));
	file = channel_receive(output.channel, MESSAGE_FILE, &length, &descriptor);
	if (file == NULL || descriptor < 0 || file->index != index)
		_exit(EXIT_FAILURE); /* the owner is gone, or has sent something else */
	*size = file->size;
	free(file);
	return descriptor;
}

static void
greet(void *context)
{
	HelloMessage hello = {.version = REQUEST_VERSION};

	(void) context;
	snprintf(hello.meter_version, sizeof(hello.meter_version), "%s", METER_VERSION);
	snprintf(hello.dpi_version, sizeof(hello.dpi_version), "%s", dpi_version());
	snprintf(hello.pcap_version, sizeof(hello.pcap_version), "%s", filter_version());
	channel_send_body(output.channel, MESSAGE_HELLO, &hello, sizeof(hello));
}

static void
application(void *context, const ApplicationMessage *message)
{
	(void) context;
	channel_send_body(output.channel, MESSAGE_APPLICATION, message, sizeof(*message));
}

static bool
meter(const MeterRequest *request, MeterProgress *progress)
{
	const MeterOrder order = {
		.request = request,
		.files = {NULL, open_source, progress},
		.callbacks = {NULL, record_room, record_written, place, damage, 0, overlap, reading_order, take_file, file_end},
		.others = SANDBOX_OTHERS,
		.records = output.channel,
		.ready = greet,
		.takes_files = true,
		.application = application,
	};
	FailureMessage failure;
	Account		   account;

	if (!start_meter(&order, &account, &failure))
	{
		channel_send_body(output.channel, MESSAGE_FAILURE, &failure, sizeof(failure));
		return false;
	}
	flush();
	channel_send_body(output.channel, MESSAGE_END, &account, sizeof(account));
	return true;
}

int
serve(int channel)
{
	MeterRequest   request;
	char		   wrong[REQUEST_WRONG_MAX];
	uint8_t		  *bytes;
	uint32_t	   length;
	int			   no_file;
	MeterProgress *progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED, PROGRESS_DESCRIPTOR, 0);

	output.channel = channel;
	memory_on_exhaustion(out_of_memory);
	bytes = channel_receive(channel, MESSAGE_REQUEST, &length, &no_file);
	if (bytes == NULL || progress == MAP_FAILED)
		return EXIT_FAILURE;
	if (!request_read(bytes, length, &request, wrong))
	{
		fail(FAILURE_INTERNAL, wrong);
		return EXIT_FAILURE;
	}
	return meter(&request, progress) ? EXIT_SUCCESS : EXIT_FAILURE;
}

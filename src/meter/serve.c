/*
 * serve.c
 *	  A meter under an owner: one request in, its records out.  wire/message.h has the conversation.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/analyse/dpi.h"
#include "engine/base/memory.h"
#include "engine/source/fanout.h"
#include "meter/channel.h"
#include "meter/sandbox.h"
#include "meter/serve.h"
#include "meter/start.h"

/* Records are sent in batches of about this size, bytes. */
#define BATCH_BYTES ((size_t) 64 << 10)

typedef struct Output
{
	int					channel;
	const MeterRequest *request;
	uint8_t			   *batch; /* a MessageHeader, then records */
	size_t				room;
	size_t				length;	 /* of the records */
	uint64_t			records; /* so far */
} Output;

static Output output;

static void
fail(FailureCode code, const char *text)
{
	FailureMessage failure;

	failure_tell(&failure, code, "", "%s", text);
	channel_send_body(output.channel, MESSAGE_FAILURE, &failure, sizeof(failure));
}

static void
out_of_memory(size_t bytes)
{
	(void) bytes;
	plugin_host_cleanup();
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
	if (++output.records == output.request->rows_wanted)
		flush();
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

/* The body of the owner's next message, which is a number. */
static uint32_t
receive_number(MessageType type)
{
	uint32_t length,
		number;
	int		  no_descriptor;
	uint32_t *body = channel_receive(output.channel, type, &length, &no_descriptor);

	if (body == NULL)
		channel_gone();
	number = *body;
	free(body);
	return number;
}

static uint32_t
take_file(void *context)
{
	uint32_t nothing = 0;

	(void) context;
	channel_send_body(output.channel, MESSAGE_TAKE_FILE, &nothing, sizeof(nothing));
	return receive_number(MESSAGE_TAKEN_FILE);
}

static void
file_end(void *context, uint64_t packets)
{
	(void) context;
	flush();
	channel_send_body(output.channel, MESSAGE_FILE_END, &packets, sizeof(packets));
}

static void
file_times(void *context, const FileTimesMessage *times)
{
	(void) context;
	channel_send_body(output.channel, MESSAGE_FILE_TIMES, times, sizeof(*times));
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
		channel_gone();
	*size = file->size;
	free(file);
	return descriptor;
}

/* Makes the group of the meters that share the interface, or joins it; one meter alone needs none. */
static bool
join(void *context, int socket, FailureMessage *failure)
{
	const MeterRequest *request = output.request;
	uint32_t			group = 0;
	bool				is_first,
		joined;

	(void) context;
	if (request->shards < 2)
		return true;
	channel_send_body(output.channel, MESSAGE_OPENED, &group, sizeof(group));
	group = receive_number(MESSAGE_JOIN);
	is_first = group == FANOUT_NO_GROUP;
	joined = is_first ? fanout_make(socket, request->decode_tunnels, &group) : fanout_join(socket, group);
	if (joined)
	{
		channel_send_body(output.channel, MESSAGE_JOINED, &group, sizeof(group));
		return true;
	}
	/* The others listen elsewhere: theirs has gone, and this is another one of its name. */
	if (!is_first && errno == EINVAL)
		return failure_tell(failure, FAILURE_INTERFACE_GONE, "", "%s", "");
	return failure_tell(failure, FAILURE_INTERFACE_OPEN, "", "its packets cannot be split among meters: %s", strerror(errno));
}

/* All are ready to capture: the owner knows when. */
static void
capture(void *context)
{
	uint32_t nothing = 0;

	(void) context;
	channel_send_body(output.channel, MESSAGE_READY, &nothing, sizeof(nothing));
	receive_number(MESSAGE_CAPTURE);
}

/* The owner has something to say to a meter that captures: to stop, or nothing more, as it is gone. */
static InterfaceWord
word(void *context)
{
	(void) context;
	return receive_number(MESSAGE_STOP) != 0 ? INTERFACE_EXPIRE : INTERFACE_GIVE_UP;
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

/* ------------------------------------------------------------------------------------------------------------------- plugins */

/* What plugins have printed, beyond what was sent. */
static uint64_t printed,
	withheld;

static void
send_printed(const char *text, size_t length)
{
	struct
	{
		PrintedMessage message;
		char		   text[MESSAGE_TEXT_MAX];
	} body = {.message = {.withheld = withheld}};

	if (length > sizeof(body.text) - 1)
		length = sizeof(body.text) - 1;
	memcpy(body.text, text, length);
	withheld = 0;
	channel_send_body(output.channel, MESSAGE_PRINTED, &body, (uint32_t) (sizeof(body.message) + length));
}

static void
description(void *context, const char *json, size_t length)
{
	MessageHeader *message = memory_get(sizeof(*message) + length);

	(void) context;
	memcpy(message + 1, json, length);
	channel_send(output.channel, MESSAGE_DESCRIPTION, message, (uint32_t) length);
	free(message);
}

static void
print(void *context, const char *text, size_t length)
{
	(void) context;
	if (printed++ < PRINTED_MAX)
		send_printed(text, length);
	else
		withheld++;
}

/* Tells how much was printed that was not sent. */
static void
tell_withheld(void)
{
	if (withheld > 0)
		send_printed("", 0);
}

static void
send_failure(const FailureMessage *failure)
{
	tell_withheld();
	channel_send_body(output.channel, MESSAGE_FAILURE, failure, sizeof(*failure));
}

static void
plugin_failed(void *context, const FailureMessage *failure)
{
	(void) context;
	send_failure(failure);
	_exit(EXIT_FAILURE);
}

/* The orders of plugins, in memory that comes from the owner, sealed; false if they are none. */
static bool
receive_plugins(uint64_t length, PluginOrders *orders)
{
	uint32_t		body;
	int				memory;
	PluginsMessage *message = channel_receive(output.channel, MESSAGE_PLUGINS, &body, &memory);
	struct stat		status;
	const uint8_t  *bytes;

	if (message == NULL || memory < 0 || message->length != length || fstat(memory, &status) != 0 ||
		(uint64_t) status.st_size < length)
		channel_gone();
	free(message);
	bytes = mmap(NULL, length, PROT_READ, MAP_PRIVATE, memory, 0);
	close(memory);
	return bytes != MAP_FAILED && plugin_orders_read(bytes, length, orders);
}

/* The condition on rows, which stays for the program's life. */
static const uint8_t *
receive_condition(uint64_t length)
{
	uint32_t body;
	int		 no_descriptor;
	uint8_t *bytes = channel_receive(output.channel, MESSAGE_CONDITION, &body, &no_descriptor);

	if (bytes == NULL || body != length)
		channel_gone();
	return bytes;
}

static void
metered(void *context)
{
	(void) context;
	flush();
}

static bool
meter(const MeterProgram *program, const MeterRequest *request, const PluginOrders *plugins, MeterProgress *progress)
{
	const MeterOrder order = {
		.request = request,
		.files = {NULL, open_source, progress},
		.callbacks = {NULL, record_room, record_written, place, damage, 0, overlap, reading_order, take_file, file_end, file_times},
		.others = SANDBOX_OTHERS,
		.records = output.channel,
		.ready = greet,
		.metered = metered,
		.takes_files = true,
		.application = application,
		.program = program,
		.description = description,
		.join = join,
		.capture = capture,
		.listener = {output.channel, word, NULL, progress},
		.plugins = {plugins, program->finder, NULL, print, plugin_failed, progress},
	};
	FailureMessage failure;
	Account		   account;

	output.request = request;
	if (!start_meter(&order, &account, &failure))
	{
		send_failure(&failure);
		return false;
	}
	tell_withheld();
	channel_send_body(output.channel, MESSAGE_END, &account, sizeof(account));
	return true;
}

int
serve(int channel, const MeterProgram *program)
{
	MeterRequest   request;
	char		   wrong[REQUEST_WRONG_MAX];
	uint8_t		  *bytes;
	uint32_t	   length;
	int			   no_file;
	PluginOrders  *plugins = NULL;
	MeterProgress *progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED, PROGRESS_DESCRIPTOR, 0);

	output.channel = channel;
	memory_on_exhaustion(out_of_memory);
	channel_on_gone(plugin_host_cleanup);
	bytes = channel_receive(channel, MESSAGE_REQUEST, &length, &no_file);
	if (bytes == NULL || progress == MAP_FAILED)
		return EXIT_FAILURE;
	if (!request_read(bytes, length, &request, wrong))
	{
		fail(FAILURE_INTERNAL, wrong);
		return EXIT_FAILURE;
	}
	if (request.plugins > 0)
	{
		plugins = memory_get(sizeof(*plugins));
		if (!receive_plugins(request.plugins, plugins))
		{
			fail(FAILURE_INTERNAL, "the plugins of the request are not readable");
			return EXIT_FAILURE;
		}
	}
	if (request.condition > 0)
		request.condition_bytes = receive_condition(request.condition);
	return meter(program, &request, plugins, progress) ? EXIT_SUCCESS : EXIT_FAILURE;
}

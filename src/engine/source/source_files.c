/*
 * source_files.c
 *	  The source that is a list of capture files, read one after the other.
 */
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "engine/source/capture.h"
#include "engine/source/source_files.h"

/* The link type that a filter is compiled for where a capture names none. */
#define ETHERNET 1

volatile sig_atomic_t source_interrupted;

typedef enum Reading
{
	BETWEEN_FILES,
	IN_FILE,
	AT_END_OF_FILE /* the capture has no more frames, but is still open */
} Reading;

typedef struct SourceFiles
{
	Source	   source;
	uint32_t   count; /* of all files */
	FileOpener opener;
	Capture	   capture; /* of the file at hand */
	Reading	   reading;
	int		   kept; /* descriptor of the file that ended last; -1: there is none */

	/* What is read since open(). */
	const uint32_t *files;
	uint32_t		files_left;
	uint64_t		most;
	uint64_t		bytes_before; /* of the files before the one at hand */
	FailureMessage *failure;
} SourceFiles;

static void
open_files(Source *source, const uint32_t *files, uint32_t count, uint64_t most, FailureMessage *failure)
{
	SourceFiles *self = (SourceFiles *) source;

	self->reading = BETWEEN_FILES;
	self->files = files;
	self->files_left = count;
	self->most = most;
	self->bytes_before = 0;
	source->cut = false;
	self->failure = failure;
}

static void
close_kept(SourceFiles *self)
{
	if (self->kept >= 0)
		close(self->kept);
	self->kept = -1;
}

static void
end_file(SourceFiles *self)
{
	if (self->reading == BETWEEN_FILES)
		return;
	self->bytes_before += stream_file_bytes(&self->capture.stream);
	if (self->source.keeps_file)
	{
		close_kept(self);
		self->kept = stream_take_descriptor(&self->capture.stream);
	}
	capture_close(&self->capture);
	self->reading = BETWEEN_FILES;
}

static void
close_files(Source *source)
{
	end_file((SourceFiles *) source);
}

/* What could not be read is told, unless the user wants no more of it. */
static SourceResult
damage(SourceFiles *self, SourceResult result)
{
	if (!source_interrupted)
		return result;
	self->files_left = 0;
	end_file(self);
	return SOURCE_END;
}

/* The link type that libpcap would compile a filter for when it opens this capture. */
static SourceResult
tell_link_type(const Capture *capture, Frame *frame)
{
	frame->swapped = capture->swapped;
	if (capture->one_link_type)
		frame->link_type = capture->link_type;
	else
		frame->link_type = capture->interface_count > 0 ? capture->interfaces[0].link_type : ETHERNET;
	return SOURCE_LINK_TYPE;
}

/* Starts on the next file; what comes of it at once, or SOURCE_FRAME: whatever its first frame's reading gives. */
static SourceResult
start_file(SourceFiles *self, Frame *frame)
{
	const FileOpener *opener = &self->opener;
	uint64_t		  size;
	int				  descriptor;

	self->source.file = *self->files++;
	self->files_left--;
	descriptor = opener->open(opener->context, self->source.file, &size);
	opener->progress->file = self->source.file;
	opener->progress->packet = 0;
	self->source.cut = size > self->most;
	if (!capture_open_watched(&self->capture, descriptor, self->source.cut ? self->most : size, self->source.file,
							  &opener->progress->pieces, self->failure))
	{
		self->source.cut = false;
		self->failure->packet = FAILURE_NO_PACKET;
		return damage(self, self->count == 1 ? SOURCE_FAILED : SOURCE_DAMAGED);
	}
	self->reading = IN_FILE;
	return self->capture.one_link_type ? tell_link_type(&self->capture, frame) : SOURCE_FRAME;
}

static SourceResult next_of_files(Source *source, Frame *frame);

/*
 * What comes when the capture at hand gave this, and no frame, or there is none at hand.  Kept out of next_of_files(), which is
 * short for the sake of those calls that give frames.
 */
static __attribute__((noinline)) SourceResult
go_on(SourceFiles *self, CaptureResult captured, Frame *frame)
{
	const Capture *capture = &self->capture;
	SourceResult   result;

	if (self->reading == IN_FILE)
	{
		self->reading = AT_END_OF_FILE;
		if (captured == CAPTURE_DAMAGED)
			return damage(self, SOURCE_DAMAGED);
	}
	if (self->reading == AT_END_OF_FILE)
	{
		/* A pcapng file tells the link type with each frame; of a file without frames it is not known before the end. */
		bool is_unknown = capture->frames == 0 && !capture->one_link_type;

		if (is_unknown)
			tell_link_type(capture, frame);
		end_file(self);
		if (is_unknown)
			return SOURCE_LINK_TYPE;
	}
	if (self->files_left == 0 || source_interrupted)
		return SOURCE_END;
	result = start_file(self, frame);
	return result == SOURCE_FRAME ? next_of_files(&self->source, frame) : result;
}

static SourceResult
next_of_files(Source *source, Frame *frame)
{
	SourceFiles	 *self = (SourceFiles *) source;
	CaptureResult captured = CAPTURE_END;

	if (self->reading == IN_FILE && (captured = capture_next(&self->capture, frame)) == CAPTURE_FRAME)
	{
		self->opener.progress->packet = self->capture.frames;
		self->opener.progress->byte = self->capture.stream.offset;
		return SOURCE_FRAME;
	}
	return go_on(self, captured, frame);
}

static void
count_files(const Source *source, SourceCounters *counters)
{
	const SourceFiles *self = (const SourceFiles *) source;

	*counters = (SourceCounters) {
		.bytes_read = self->bytes_before +
					  (self->reading == BETWEEN_FILES ? 0 : stream_file_bytes(&self->capture.stream)),
		.received = COUNT_NOT_KNOWN,
		.dropped_by_kernel = COUNT_NOT_KNOWN,
	};
}

static uint64_t
offset_in_file(const Source *source, const uint8_t *bytes)
{
	const SourceFiles *self = (const SourceFiles *) source;

	return stream_offset(&self->capture.stream, bytes);
}

static bool
read_file_again(Source *source, uint64_t offset, uint8_t *to, size_t length)
{
	SourceFiles *self = (SourceFiles *) source;

	if (self->reading != BETWEEN_FILES)
		return stream_read_again(&self->capture.stream, offset, to, length);
	return self->kept >= 0 && lseek(self->kept, (off_t) offset, SEEK_SET) >= 0 && read(self->kept, to, length) == (ssize_t) length;
}

static const SourceKind kind_files = {
	.open = open_files,
	.next = next_of_files,
	.count = count_files,
	.offset = offset_in_file,
	.read_again = read_file_again,
	.close = close_files,
};

Source *
source_files_start(uint32_t files, const FileOpener *opener)
{
	SourceFiles *self = memory_get(sizeof(*self));

	*self = (SourceFiles) {.source.kind = &kind_files, .count = files, .opener = *opener, .kept = -1};
	return &self->source;
}

void
source_files_end(Source *source)
{
	SourceFiles *self = (SourceFiles *) source;

	close_kept(self);
	free(self);
}

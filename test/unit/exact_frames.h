/*
 * exact_frames.h
 *	  Frames in blocks of exactly their size.
 *
 * The engine looks at packets inside a large window, where the sanitizer does not see a byte too far.  So the readers of both
 * formats are wrapped at link time (--wrap): each frame that they give is moved to a block of its own, for filter, decoding,
 * flow and nDPI alike, and stays there until the next is read.
 */
#ifndef EXACT_FRAMES_H
#define EXACT_FRAMES_H

#include <stdlib.h>
#include <string.h>

#include "engine/source/capture.h"

bool __real_capture_open_pcap(Capture *capture);
bool __real_capture_open_pcapng(Capture *capture);
bool __wrap_capture_open_pcap(Capture *capture);
bool __wrap_capture_open_pcapng(Capture *capture);

static CaptureResult (*next_in_window)(Capture *capture, Frame *frame);
static uint8_t *frame_block;

/* After a run: the last frame's block. */
static inline void
exact_frames_end(void)
{
	free(frame_block);
	frame_block = NULL;
}

static CaptureResult
next_in_block(Capture *capture, Frame *frame)
{
	CaptureResult result = next_in_window(capture, frame);

	exact_frames_end();
	if (result != CAPTURE_FRAME)
		return result;
	frame_block = malloc(frame->captured_length);
	if (frame_block == NULL)
		abort();
	memcpy(frame_block, frame->bytes, frame->captured_length);
	frame->bytes = frame_block;
	return result;
}

static bool
wrap_reader(Capture *capture, bool opened)
{
	if (!opened)
		return false;
	next_in_window = capture->next;
	capture->next = next_in_block;
	return true;
}

bool
__wrap_capture_open_pcap(Capture *capture)
{
	return wrap_reader(capture, __real_capture_open_pcap(capture));
}

bool
__wrap_capture_open_pcapng(Capture *capture)
{
	return wrap_reader(capture, __real_capture_open_pcapng(capture));
}

#endif /* EXACT_FRAMES_H */

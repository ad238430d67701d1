/*
 * capture_dump.c
 *	  Reads captures from the standard input and prints their frames: the engine's half of capture_differential.py.
 *
 * A capture is its length (4 bytes, little-endian) and its bytes.  A frame's line is its time, wire length, link
 * type and captured bytes in hex; after the last, a line says how the capture ended: END, DAMAGED or NONE if it was
 * none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/source/capture.h"

static void
print_frame(const Frame *frame)
{
	printf("%llu %u %u ", (unsigned long long) frame->time, frame->wire_length, frame->link_type);
	for (uint32_t i = 0; i < frame->captured_length; i++)
		printf("%02x", frame->bytes[i]);
	putchar('\n');
}

static void
print_capture(int descriptor, uint32_t length)
{
	FailureMessage failure;
	CaptureResult  result;
	Capture		   capture;
	Frame		   frame;

	if (!capture_open(&capture, descriptor, length, 0, &failure))
	{
		puts("NONE");
		return;
	}
	while ((result = capture_next(&capture, &frame)) == CAPTURE_FRAME)
		print_frame(&frame);
	puts(result == CAPTURE_END ? "END" : "DAMAGED");
	capture_close(&capture);
}

int
main(void)
{
	uint32_t length;

	while (fread(&length, sizeof(length), 1, stdin) == 1)
	{
		int		 descriptor = memfd_create("capture", 0);
		uint8_t *bytes = malloc((size_t) length + 1);

		if (descriptor < 0 || bytes == NULL || fread(bytes, 1, length, stdin) != length ||
			pwrite(descriptor, bytes, length, 0) != (ssize_t) length)
			return EXIT_FAILURE;
		free(bytes);
		print_capture(descriptor, length);
	}
	return EXIT_SUCCESS;
}

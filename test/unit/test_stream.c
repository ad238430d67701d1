/*
 * test_stream.c
 *	  Bytes through a window: that all come, in order, and what happens where there are none.
 */
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/source/source.h"
#include "engine/source/stream.h"
#include "files.h"

#define MEGABYTE ((size_t) 1 << 20)

/* The byte at each place of the long test file. */
static uint8_t
byte_at(uint64_t place)
{
	return (uint8_t) (place * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

static int
long_file(size_t length)
{
	uint8_t *bytes = malloc(length);
	int		 descriptor;

	assert_non_null(bytes);
	for (size_t i = 0; i < length; i++)
		bytes[i] = byte_at(i);
	descriptor = file_of(bytes, length);
	free(bytes);
	return descriptor;
}

/* That the next bytes are those of the long file. */
static void
expect_next(Stream *stream, size_t length)
{
	const uint8_t *bytes = stream_look(stream, length);

	assert_non_null(bytes);
	for (size_t i = 0; i < length; i++)
		if (bytes[i] != byte_at(stream->offset + i))
			fail_msg("byte %zu", (size_t) stream->offset + i);
}

CASE(bytes_come_in_order_whatever_the_steps)
{
	Random numbers = random_start();
	Stream stream;

	stream_open(&stream, long_file(3 * MEGABYTE), 3 * MEGABYTE);
	while (stream_left(&stream) > 0)
	{
		size_t most = random_below(&numbers, 50) == 0 ? 700000 : 3000,
			   length = random_below(&numbers, (uint32_t) most);

		if (length > stream_left(&stream))
			length = stream_left(&stream);
		expect_next(&stream, length);
		stream_take(&stream, random_below(&numbers, 2) == 0 ? length : length / 2);
	}
	assert_int_equal(stream.offset, 3 * MEGABYTE);
	assert_null(stream_look(&stream, 1));
	stream_close(&stream);
}

CASE(looking_does_not_take)
{
	Stream stream;

	stream_open(&stream, long_file(100), 100);
	expect_next(&stream, 10);
	expect_next(&stream, 100);
	expect_next(&stream, 1);
	assert_int_equal(stream.offset, 0);
	assert_int_equal(stream_left(&stream), 100);
	stream_take(&stream, 40);
	assert_int_equal(stream.offset, 40);
	assert_int_equal(stream_left(&stream), 60);
	expect_next(&stream, 60);
	stream_close(&stream);
}

CASE(more_than_is_left_is_not_there)
{
	Stream stream;

	stream_open(&stream, long_file(100), 100);
	assert_null(stream_look(&stream, 101));
	stream_take(&stream, 0);
	expect_next(&stream, 100);
	stream_take(&stream, 60);
	assert_null(stream_look(&stream, 41));
	expect_next(&stream, 40);
	assert_int_equal(stream.error, 0);
	stream_close(&stream);
}

CASE(empty_file_has_no_byte)
{
	Stream stream;

	stream_open(&stream, long_file(0), 0);
	assert_null(stream_look(&stream, 1));
	assert_int_equal(stream_left(&stream), 0);
	assert_int_equal(stream.error, 0);
	stream_close(&stream);
}

/* A file that grows while it is read ends where it ended when the scan began. */
CASE(file_is_read_up_to_the_given_size)
{
	Stream stream;

	stream_open(&stream, long_file(1000), 600);
	assert_null(stream_look(&stream, 601));
	expect_next(&stream, 600);
	stream_take(&stream, 600);
	assert_null(stream_look(&stream, 1));
	assert_int_equal(stream_left(&stream), 0);
	stream_close(&stream);
}

CASE(window_grows_to_what_is_looked_at)
{
	static const size_t lengths[] = {MEGABYTE / 2, MEGABYTE / 2 + 1, MEGABYTE, 5 * MEGABYTE};

	for (size_t i = 0; i < LENGTH(lengths); i++)
	{
		Stream stream;

		stream_open(&stream, long_file(6 * MEGABYTE), 6 * MEGABYTE);
		expect_next(&stream, 10);
		stream_take(&stream, 7);
		expect_next(&stream, lengths[i]);
		stream_take(&stream, lengths[i]);
		expect_next(&stream, 100);
		stream_close(&stream);
	}
}

CASE(window_grows_up_to_its_limit)
{
	int			   descriptor = file_of("first", 5);
	Stream		   stream;
	const uint8_t *bytes;

	file_extend(descriptor, STREAM_WINDOW_MAX + 100);
	file_write(descriptor, STREAM_WINDOW_MAX - 4, "last", 4);
	stream_open(&stream, descriptor, STREAM_WINDOW_MAX + 100);
	assert_null(stream_look(&stream, STREAM_WINDOW_MAX + 1));
	bytes = stream_look(&stream, STREAM_WINDOW_MAX);
	assert_non_null(bytes);
	assert_memory_equal(bytes, "first", 5);
	assert_memory_equal(bytes + STREAM_WINDOW_MAX - 4, "last", 4);
	assert_int_equal(stream.error, 0);
	stream_close(&stream);
}

CASE(skipping_takes_what_nobody_looked_at)
{
	static const size_t steps[] = {0, 1, 1000, 256 << 10, (256 << 10) + 1, 3 * MEGABYTE};

	for (size_t i = 0; i < LENGTH(steps); i++)
	{
		Stream stream;

		stream_open(&stream, long_file(4 * MEGABYTE), 4 * MEGABYTE);
		expect_next(&stream, 50);
		stream_take(&stream, 20);
		assert_true(stream_skip(&stream, steps[i]));
		assert_int_equal(stream.offset, 20 + steps[i]);
		expect_next(&stream, 1000);
		stream_close(&stream);
	}
}

CASE(skipping_ends_at_the_last_byte)
{
	Stream stream;

	stream_open(&stream, long_file(MEGABYTE), MEGABYTE);
	assert_false(stream_skip(&stream, MEGABYTE + 1));
	assert_true(stream_skip(&stream, MEGABYTE));
	assert_int_equal(stream_left(&stream), 0);
	assert_false(stream_skip(&stream, 1));
	assert_true(stream_skip(&stream, 0));
	stream_close(&stream);
}

/* Shorter than it was when the scan began: what is there is read, and what is missing is not forgotten. */
CASE(shrunk_file_ends_early)
{
	Stream stream;

	stream_open(&stream, long_file(600), 1000);
	expect_next(&stream, 600);
	assert_null(stream_look(&stream, 601));
	assert_int_equal(stream_left(&stream), 1000);
	assert_int_equal(stream.error, 0);
	expect_next(&stream, 600);
	stream_take(&stream, 600);
	assert_null(stream_look(&stream, 1));
	assert_int_equal(stream_left(&stream), 400);
	stream_close(&stream);
}

CASE(skipping_over_the_end_of_a_shrunk_file_fails)
{
	Stream stream;

	stream_open(&stream, long_file(MEGABYTE), 3 * MEGABYTE);
	assert_false(stream_skip(&stream, 2 * MEGABYTE));
	assert_int_equal(stream.error, 0);
	stream_close(&stream);
}

CASE(read_error_is_kept)
{
	Stream stream;

	stream_open(&stream, file_that_breaks_behind("0123456789", 10), 1000);
	assert_memory_equal(stream_look(&stream, 10), "0123456789", 10);
	assert_int_equal(stream.error, 0);
	assert_null(stream_look(&stream, 11));
	assert_int_equal(stream.error, EIO);
	assert_null(stream_look(&stream, 11));
	assert_memory_equal(stream_look(&stream, 10), "0123456789", 10);
	stream_close(&stream);
}

CASE(descriptor_that_cannot_be_read_is_an_error)
{
	int	   directory = open("/", O_RDONLY | O_DIRECTORY);
	Stream stream;

	stream_open(&stream, directory, 1000);
	assert_null(stream_look(&stream, 1));
	assert_int_equal(stream.error, EISDIR);
	stream_close(&stream);
}

CASE(short_reads_are_continued)
{
	int	   ends[2];
	Stream stream;

	assert_int_equal(pipe(ends), 0);
	stream_open(&stream, ends[0], 10);
	assert_int_equal(write(ends[1], "abc", 3), 3);
	assert_memory_equal(stream_look(&stream, 2), "ab", 2);
	stream_take(&stream, 2);
	assert_int_equal(write(ends[1], "defghijklm", 10), 10);
	assert_memory_equal(stream_look(&stream, 8), "cdefghij", 8);
	stream_take(&stream, 8);
	assert_null(stream_look(&stream, 1));
	close(ends[1]);
	stream_close(&stream);
}

/* A pipe with the long file's first bytes in it; its writing end, still open, in *writer. */
static int
long_pipe(size_t length, int *writer)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	for (size_t i = 0; i < length; i++)
		assert_int_equal(write(ends[1], &(uint8_t) {byte_at(i)}, 1), 1);
	*writer = ends[1];
	return ends[0];
}

/* Its length is known when it ends. */
CASE(source_of_unknown_size_is_read_to_its_end)
{
	int	   writer;
	Stream stream;

	stream_open(&stream, long_pipe(1000, &writer), STREAM_SIZE_UNKNOWN);
	close(writer);
	expect_next(&stream, 400);
	stream_take(&stream, 400);
	expect_next(&stream, 600);
	assert_null(stream_look(&stream, 601));
	assert_int_equal(stream.error, 0);
	assert_int_equal(stream_left(&stream), 600);
	stream_take(&stream, 600);
	assert_null(stream_look(&stream, 1));
	assert_int_equal(stream_left(&stream), 0);
	stream_close(&stream);
}

static void
interrupt(int number)
{
	(void) number;
	source_interrupted = true;
}

static void
do_nothing(int number)
{
	(void) number;
}

static void
signal_soon(void (*handler)(int))
{
	const struct sigaction action = {.sa_handler = handler};
	const struct itimerval soon = {.it_value.tv_usec = 20000};

	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
}

/* While nothing comes, as the pipe is still open, a signal is not the end, unless its handler says so. */
CASE(interrupted_read_ends_if_it_is_to)
{
	int	   writer;
	pid_t  child;
	Stream stream;

	stream_open(&stream, long_pipe(10, &writer), STREAM_SIZE_UNKNOWN);
	expect_next(&stream, 10);
	child = fork();
	if (child == 0)
	{
		usleep(100000);
		_exit(write(writer, &(uint8_t) {byte_at(10)}, 1) != 1);
	}
	signal_soon(do_nothing);
	expect_next(&stream, 11);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(stream.error, 0);

	signal_soon(interrupt);
	assert_null(stream_look(&stream, 12));
	assert_int_equal(stream.error, EINTR);
	source_interrupted = false;
	close(writer);
	stream_close(&stream);
}

CASE(closing_closes_the_descriptor)
{
	int	   descriptor = long_file(10);
	Stream stream;

	stream_open(&stream, descriptor, 10);
	stream_close(&stream);
	assert_int_equal(fcntl(descriptor, F_GETFD), -1);
	assert_int_equal(errno, EBADF);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_come_in_order_whatever_the_steps),
		cmocka_unit_test(looking_does_not_take),
		cmocka_unit_test(more_than_is_left_is_not_there),
		cmocka_unit_test(empty_file_has_no_byte),
		cmocka_unit_test(file_is_read_up_to_the_given_size),
		cmocka_unit_test(window_grows_to_what_is_looked_at),
		cmocka_unit_test(window_grows_up_to_its_limit),
		cmocka_unit_test(skipping_takes_what_nobody_looked_at),
		cmocka_unit_test(skipping_ends_at_the_last_byte),
		cmocka_unit_test(shrunk_file_ends_early),
		cmocka_unit_test(skipping_over_the_end_of_a_shrunk_file_fails),
		cmocka_unit_test(read_error_is_kept),
		cmocka_unit_test(descriptor_that_cannot_be_read_is_an_error),
		cmocka_unit_test(short_reads_are_continued),
		cmocka_unit_test(source_of_unknown_size_is_read_to_its_end),
		cmocka_unit_test(interrupted_read_ends_if_it_is_to),
		cmocka_unit_test(closing_closes_the_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_compression.c
 *	  Compressed sources: that they give what was compressed, and what becomes of damage and of what was made to hurt.
 *
 * Compressed with the libraries' own other half.
 */
#include <zlib.h>
#include <zstd.h>

#include "capture_files.h"

#define MEGABYTE ((size_t) 1 << 20)

typedef struct Bytes
{
	uint8_t *at;
	size_t	 length;
} Bytes;

typedef enum Kind
{
	GZIP,
	ZSTD,
	KINDS
} Kind;

static const char *const damaged[KINDS] = {"a gzip stream that is damaged", "a zstd stream that is damaged"};
static const char *const cut[KINDS] = {"a gzip stream that ends too early", "a zstd stream that ends too early"};
static const char *const twice_of[KINDS] = {
	"it is compressed twice, with gzip first",
	"it is compressed twice, with zstd first",
};
static const char *const cut_packet[KINDS] = {
	"is in a gzip stream that ends too early",
	"is in a zstd stream that ends too early",
};

static void
append(Bytes *to, const void *bytes, size_t length)
{
	to->at = realloc(to->at, to->length + length + 1);
	assert_non_null(to->at);
	if (length > 0)
		memcpy(to->at + to->length, bytes, length);
	to->length += length;
}

/* Appends these bytes as a gzip member. */
static void
append_gzip(Bytes *to, const void *bytes, size_t length)
{
	z_stream stream = {.next_in = (uint8_t *) bytes, .avail_in = (unsigned) length};
	uint8_t	 piece[4096];
	int		 result;

	assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	do
	{
		stream.next_out = piece;
		stream.avail_out = sizeof(piece);
		result = deflate(&stream, Z_FINISH);
		append(to, piece, sizeof(piece) - stream.avail_out);
	} while (result == Z_OK);
	assert_int_equal(result, Z_STREAM_END);
	deflateEnd(&stream);
}

/* Appends these bytes as a zstd frame with a window of 2^window bytes, 0 for the library's choice. */
static void
append_zstd(Bytes *to, const void *bytes, size_t length, int window)
{
	ZSTD_CCtx	 *context = ZSTD_createCCtx();
	ZSTD_inBuffer in = {.src = bytes, .size = length};
	uint8_t		  piece[4096];
	size_t		  left;

	assert_non_null(context);
	ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window);
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	if (window > 0)
	{
		/* A frame of unknown length: one whose length is known has no window larger than that. */
		ZSTD_inBuffer  nothing = {.src = bytes};
		ZSTD_outBuffer out = {.dst = piece, .size = sizeof(piece)};

		assert_false(ZSTD_isError(ZSTD_compressStream2(context, &out, &nothing, ZSTD_e_flush)));
		append(to, piece, out.pos);
	}
	do
	{
		ZSTD_outBuffer out = {.dst = piece, .size = sizeof(piece)};

		left = ZSTD_compressStream2(context, &out, &in, ZSTD_e_end);
		assert_false(ZSTD_isError(left));
		append(to, piece, out.pos);
	} while (left > 0);
	ZSTD_freeCCtx(context);
}

static void
append_compressed(Bytes *to, Kind kind, const void *bytes, size_t length)
{
	if (kind == GZIP)
		append_gzip(to, bytes, length);
	else
		append_zstd(to, bytes, length, 0);
}

static Bytes
compressed(Kind kind, const void *bytes, size_t length)
{
	Bytes made = {0};

	append_compressed(&made, kind, bytes, length);
	return made;
}

static void
open_bytes(Stream *stream, const Bytes *bytes)
{
	stream_open(stream, file_of(bytes->at, bytes->length), bytes->length);
	stream_decompress(stream);
}

/* Bytes that shrink, but not to nothing. */
static Bytes
some_bytes(Random *numbers, size_t length)
{
	Bytes made = {malloc(length), length};

	assert_non_null(made.at);
	for (size_t i = 0; i < length; i++)
		made.at[i] = (uint8_t) random_below(numbers, i / 1000 % 3 == 0 ? 256 : 8);
	return made;
}

/* Takes the stream in random steps, which must be `expected` up to its end or, where damage is expected, a part of it. */
static void
expect_bytes(Random *numbers, Stream *stream, const Bytes *expected, const char *damage)
{
	for (;;)
	{
		size_t step = 1 + random_below(numbers, random_below(numbers, 50) == 0 ? 700000 : 3000),
			   left = expected->length - stream->offset;
		const uint8_t *bytes = stream_look(stream, step);

		if (bytes == NULL && stream->end - stream->start > 0)
		{
			step = stream->end - stream->start;
			bytes = stream_look(stream, step);
		}
		if (bytes == NULL)
			break;
		assert_true(step <= left);
		assert_memory_equal(bytes, expected->at + stream->offset, step);
		stream_take(stream, step);
	}
	assert_int_equal(stream->error, 0);
	if (damage == NULL)
	{
		assert_null(stream_damage(stream));
		assert_int_equal(stream->offset, expected->length);
		assert_int_equal(stream_left(stream), 0);
		assert_int_equal(stream_file_bytes(stream), stream->size);
	}
	else
	{
		assert_string_equal(stream_damage(stream), damage);
		assert_int_equal(stream_left(stream), UINT64_MAX);
	}
}

static void
expect_stream(Random *numbers, const Bytes *file, const Bytes *expected, const char *damage)
{
	Stream stream;

	open_bytes(&stream, file);
	expect_bytes(numbers, &stream, expected, damage);
	stream_close(&stream);
}

CASE(bytes_are_those_that_were_compressed)
{
	Random numbers = random_start();

	for (int kind = 0; kind < KINDS; kind++)
		for (size_t length = 0; length < 4 * MEGABYTE; length = length * 9 + 1)
		{
			Bytes bytes = some_bytes(&numbers, length + 4),
				  file = compressed((Kind) kind, bytes.at, length);

			bytes.length = length;
			expect_stream(&numbers, &file, &bytes, NULL);
			free(bytes.at);
			free(file.at);
		}
}

/* gzip's members and zstd's frames, also such with nothing in them. */
CASE(parts_follow_each_other)
{
	Random numbers = random_start();
	Bytes  bytes = some_bytes(&numbers, MEGABYTE);

	for (int kind = 0; kind < KINDS; kind++)
	{
		Bytes file = {0};

		append_compressed(&file, (Kind) kind, "", 0);
		append_compressed(&file, (Kind) kind, bytes.at, 10);
		append_compressed(&file, (Kind) kind, "", 0);
		append_compressed(&file, (Kind) kind, "", 0);
		append_compressed(&file, (Kind) kind, bytes.at + 10, 500000);
		append_compressed(&file, (Kind) kind, bytes.at + 500010, bytes.length - 500010);
		append_compressed(&file, (Kind) kind, "", 0);
		expect_stream(&numbers, &file, &bytes, NULL);
		free(file.at);
	}
	free(bytes.at);
}

CASE(zeros_behind_gzip_are_padding)
{
	Random numbers = random_start();
	Bytes  bytes = some_bytes(&numbers, 1000),
		  file = compressed(GZIP, bytes.at, bytes.length);
	uint8_t *zeros = calloc(1, MEGABYTE);

	append(&file, zeros, MEGABYTE);
	expect_stream(&numbers, &file, &bytes, NULL);
	free(zeros);
	free(file.at);

	file = compressed(GZIP, "", 0);
	append(&file, "\0\0", 2);
	bytes.length = 0;
	expect_stream(&numbers, &file, &bytes, NULL);
	free(file.at);
	free(bytes.at);
}

CASE(anything_else_behind_is_damage)
{
	Random numbers = random_start();
	Bytes  bytes = some_bytes(&numbers, 1000);

	for (int kind = 0; kind < KINDS; kind++)
	{
		Bytes file = compressed((Kind) kind, bytes.at, bytes.length);

		append(&file, "something else", 14);
		expect_stream(&numbers, &file, &bytes, damaged[kind]);
		free(file.at);
	}
	free(bytes.at);
}

/* RFC 8878, section 3.1.2; pzstd starts its files with such a frame. */
CASE(skippable_frames_are_skipped)
{
	Random numbers = random_start();
	Bytes  bytes = some_bytes(&numbers, 1000),
		  file = {0};
	static const uint8_t skippable[] = {0x5a, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 'a', 'b', 'c', 'd'};

	append(&file, skippable, sizeof(skippable));
	append_zstd(&file, bytes.at, bytes.length, 0);
	append(&file, skippable, sizeof(skippable));
	expect_stream(&numbers, &file, &bytes, NULL);
	free(file.at);
	free(bytes.at);
}

/* Whatever is left of it: the bytes up to there, and then that it was cut; with nothing after the magic number, only the latter. */
CASE(stream_cut_at_every_byte)
{
	Random numbers = random_start();
	Bytes  bytes = some_bytes(&numbers, 3000);

	for (int kind = 0; kind < KINDS; kind++)
	{
		Bytes file = compressed((Kind) kind, bytes.at, bytes.length);

		for (file.length--; file.length >= COMPRESSION_MAGIC_BYTES; file.length--)
			expect_stream(&numbers, &file, &bytes, cut[kind]);
		free(file.at);
	}
	free(bytes.at);
}

/* gzip's and zstd's checksums find what the rest does not; what was read before may be wrong, as it may be anywhere. */
CASE(damaged_streams_are_found_out)
{
	Random numbers = random_start();
	Bytes  bytes = some_bytes(&numbers, 20000);

	for (int kind = 0; kind < KINDS; kind++)
		for (int i = 0; i < 300; i++)
		{
			Bytes  file = compressed((Kind) kind, bytes.at, bytes.length);
			size_t place = 20 + random_below(&numbers, (uint32_t) file.length - 20);
			Stream stream;

			file.at[place] ^= (uint8_t) (1 + random_below(&numbers, 255));
			open_bytes(&stream, &file);
			while (stream_look(&stream, 1) != NULL)
				stream_take(&stream, 1);
			assert_non_null(stream_damage(&stream));
			stream_close(&stream);
			free(file.at);
		}
	free(bytes.at);
}

CASE(window_is_bounded)
{
	uint8_t *zeros = calloc(1, MEGABYTE);
	Bytes	 small = {0},
		  large = {0};
	Stream stream;

	append_zstd(&small, zeros, MEGABYTE, COMPRESSION_WINDOW_LOG_MAX);
	append_zstd(&large, zeros, MEGABYTE, COMPRESSION_WINDOW_LOG_MAX + 1);
	free(zeros);

	open_bytes(&stream, &small);
	assert_non_null(stream_look(&stream, MEGABYTE));
	stream_close(&stream);
	open_bytes(&stream, &large);
	assert_null(stream_look(&stream, 1));
	assert_string_equal(stream_damage(&stream), "a zstd stream with a window of more than 128 MB");
	stream_close(&stream);
	free(small.at);
	free(large.at);
}

/* Some kilobytes that stand for gigabytes; each kind's own words. */
CASE(growth_is_bounded)
{
	static const char *const grows[KINDS] = {
		"a gzip stream that grows to more than 500 times its size",
		"a zstd stream that grows to more than 500 times its size",
	};
	size_t	 length = 64 * MEGABYTE;
	uint8_t *zeros = calloc(1, length);

	assert_non_null(zeros);
	for (int kind = 0; kind < KINDS; kind++)
	{
		Bytes part = compressed((Kind) kind, zeros, length),
			  file = {0};
		Stream stream;

		for (int i = 0; i < 8; i++)
			append(&file, part.at, part.length);
		open_bytes(&stream, &file);
		while (stream_look(&stream, MEGABYTE) != NULL)
			stream_take(&stream, MEGABYTE);
		assert_string_equal(stream_damage(&stream), grows[kind]);
		assert_true(stream.offset >= 64 * MEGABYTE && stream.offset < 8 * length);
		stream_close(&stream);

		/* As much growth as is allowed is no damage. */
		open_bytes(&stream, &part);
		while (stream_look(&stream, MEGABYTE) != NULL)
			stream_take(&stream, MEGABYTE);
		assert_null(stream_damage(&stream));
		assert_int_equal(stream.offset, length);
		stream_close(&stream);
		free(part.at);
		free(file.at);
	}
	free(zeros);
}

/* ------------------------------------------------------------------------------------------------------------- as captures */

static File
ten_packets(bool big)
{
	File file = {.big = big};

	pcap_header(&file, PCAP_MICROSECONDS, 4, SNAPSHOT, ETHERNET);
	for (uint8_t i = 0; i < 10; i++)
		pcap_record(&file, i, 0, 60, 60, i, 60);
	return file;
}

static Reading
read_bytes(const Bytes *bytes)
{
	return read_descriptor(file_of(bytes->at, bytes->length), bytes->length);
}

CASE(captures_are_read_compressed)
{
	for (int kind = 0; kind < KINDS; kind++)
		for (int big = 0; big < 2; big++)
		{
			File plain = ten_packets(big),
				 ng = {.big = big};
			Bytes	file = compressed((Kind) kind, plain.bytes, plain.length);
			Reading reading = read_bytes(&file);

			assert_int_equal(reading.result, CAPTURE_END);
			assert_int_equal(reading.count, 10);
			expect_frame(&reading, 9, 9000, 60, 60, ETHERNET, 9);
			free(file.at);

			ng_section(&ng);
			ng_interface(&ng, ETHERNET, SNAPSHOT, 6, 0);
			ng_enhanced(&ng, 0, 7000000, 50, 50, 7, 50);
			file = compressed((Kind) kind, ng.bytes, ng.length);
			reading = read_bytes(&file);
			assert_int_equal(reading.result, CAPTURE_END);
			assert_int_equal(reading.count, 1);
			expect_frame(&reading, 0, 7000, 50, 50, ETHERNET, 7);
			free(file.at);
		}
}

CASE(packets_before_the_cut_are_read)
{
	File plain = ten_packets(false);

	for (int kind = 0; kind < KINDS; kind++)
	{
		Bytes	file = compressed((Kind) kind, plain.bytes, 24 + 5 * 76 + 20);
		size_t	whole = file.length;
		Reading reading;

		/* The compressed stream is whole, what it holds is cut; then both are. */
		reading = read_bytes(&file);
		expect_damage(&reading, 5, FAILURE_CUT, 24 + 5 * 76, "ends beyond the end of the file");
		append_compressed(&file, (Kind) kind, plain.bytes + 24 + 5 * 76 + 20, 100);
		file.length = whole + 12;
		reading = read_bytes(&file);
		expect_damage(&reading, 5, FAILURE_CORRUPT, 24 + 5 * 76, cut_packet[kind]);
		free(file.at);
	}
}

CASE(what_is_compressed_may_be_no_capture)
{
	for (int kind = 0; kind < KINDS; kind++)
	{
		Bytes file = compressed((Kind) kind, "", 0),
			  twice;
		Reading reading = read_bytes(&file);

		expect_no_capture(&reading, FAILURE_EMPTY, "it is empty");
		free(file.at);
		file = compressed((Kind) kind, "something else", 14);
		reading = read_bytes(&file);
		expect_no_capture(&reading, FAILURE_NOT_A_CAPTURE, "its first bytes are neither pcap's nor pcapng's");

		/* Compressed once more it is one thing inside the other, and that is no capture. */
		twice = compressed((Kind) kind, file.at, file.length);
		reading = read_bytes(&twice);
		expect_no_capture(&reading, FAILURE_NOT_A_CAPTURE, twice_of[kind]);
		free(twice.at);

		file.length = 8;
		reading = read_bytes(&file);
		expect_no_capture(&reading, FAILURE_NOT_A_CAPTURE, cut[kind]);
		free(file.at);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_those_that_were_compressed),
		cmocka_unit_test(parts_follow_each_other),
		cmocka_unit_test(zeros_behind_gzip_are_padding),
		cmocka_unit_test(anything_else_behind_is_damage),
		cmocka_unit_test(skippable_frames_are_skipped),
		cmocka_unit_test(stream_cut_at_every_byte),
		cmocka_unit_test(damaged_streams_are_found_out),
		cmocka_unit_test(window_is_bounded),
		cmocka_unit_test(growth_is_bounded),
		cmocka_unit_test(captures_are_read_compressed),
		cmocka_unit_test(packets_before_the_cut_are_read),
		cmocka_unit_test(what_is_compressed_may_be_no_capture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

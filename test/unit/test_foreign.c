/*
 * test_foreign.c
 *	  What is no capture, by its first bytes.
 *
 * The bytes are those of each format's description; what the programs themselves write, 009_compressed.pl asks.
 */
#include "capture_files.h"

#include "engine/source/foreign.h"

typedef struct Example
{
	ForeignFormat format;
	const char	 *text;
	size_t		  offset; /* of the bytes, zeros before them */
	size_t		  length;
	const char	 *bytes;
} Example;

#define VALUE(bytes) sizeof(bytes) - 1, bytes

static const Example examples[] = {
	{FOREIGN_XZ, "it is compressed with xz", 0, VALUE("\xFD\x37\x7A\x58\x5A\x00")},
	{FOREIGN_LZMA, "it is compressed with lzma", 0, VALUE("\x5D\x00\x00")},
	{FOREIGN_BZIP2, "it is compressed with bzip2", 0, VALUE("\x42\x5A\x68")},
	{FOREIGN_LZ4, "it is compressed with lz4", 0, VALUE("\x04\x22\x4D\x18")},
	{FOREIGN_LZ4, "it is compressed with lz4", 0, VALUE("\x02\x21\x4C\x18")},
	{FOREIGN_COMPRESS, "it is compressed with compress", 0, VALUE("\x1F\x9D")},
	{FOREIGN_LZIP, "it is compressed with lzip", 0, VALUE("\x4C\x5A\x49\x50")},
	{FOREIGN_LZOP, "it is compressed with lzop", 0, VALUE("\x89\x4C\x5A\x4F\x00\x0D\x0A\x1A\x0A")},
	{FOREIGN_SNAPPY, "it is compressed with snappy", 0, VALUE("\xFF\x06\x00\x00\x73\x4E\x61\x50\x70\x59")},
	{FOREIGN_ZIP, "it is a zip archive", 0, VALUE("\x50\x4B\x03\x04")},
	{FOREIGN_ZIP, "it is a zip archive", 0, VALUE("\x50\x4B\x05\x06")},
	{FOREIGN_7Z, "it is a 7z archive", 0, VALUE("\x37\x7A\xBC\xAF\x27\x1C")},
	{FOREIGN_RAR, "it is a rar archive", 0, VALUE("\x52\x61\x72\x21\x1A\x07")},
	{FOREIGN_TAR, "it is a tar archive", 257, VALUE("\x75\x73\x74\x61\x72")},
	{FOREIGN_CAB, "it is a cab archive", 0, VALUE("MSCF\0\0\0\0")},
	{FOREIGN_CAPTURE, "it has the format of snoop", 0, VALUE("snoop\0\0\0")},
	{FOREIGN_CAPTURE, "it has the format of btsnoop", 0, VALUE("btsnoop\0")},
	{FOREIGN_CAPTURE, "it has the format of Microsoft Network Monitor 1", 0, VALUE("RTSS")},
	{FOREIGN_CAPTURE, "it has the format of Microsoft Network Monitor 2", 0, VALUE("GMBU")},
	{FOREIGN_CAPTURE, "it has the format of Sniffer for DOS", 0, VALUE("TRSNIFF data    \x1A")},
	{FOREIGN_CAPTURE, "it has the format of NetXRay and Sniffer for Windows", 0, VALUE("XCP\0")},
	{FOREIGN_CAPTURE, "it has the format of NetXRay", 0, VALUE("VL\0\0")},
	{FOREIGN_CAPTURE, "it has the format of iptrace", 0, VALUE("iptrace 1.0")},
	{FOREIGN_CAPTURE, "it has the format of iptrace", 0, VALUE("iptrace 2.0")},
	{FOREIGN_CAPTURE, "it has the format of nettl", 0, VALUE("\x54\x52\x00\x64\x00")},
	{FOREIGN_CAPTURE, "it has the format of LANalyzer", 0, VALUE("\x01\x10\x4C\x00\x01\x05")},
	{FOREIGN_CAPTURE, "it has the format of OmniPeek", 0, VALUE("\x7F\x76\x65\x72")},
	{FOREIGN_CAPTURE, "it has the format of Observer", 0, VALUE("ObserverPktBuffe")},
	{FOREIGN_CAPTURE, "it has the format of Visual UpTime", 0, VALUE("\x05\x56\x4E\x46")},
	{FOREIGN_CAPTURE, "it has the format of 5View", 0, VALUE("\xAA\xAA\xAA\xAA")},
	{FOREIGN_CAPTURE, "it has the format of K12", 0, VALUE("\x00\x00\x02\x00\x12\x05\x00\x10")},
	{FOREIGN_CAPTURE, "it has the format of K12, as text", 0, VALUE("+---------+-------")},
	{FOREIGN_CAPTURE, "it is pcap as devices of Ixia write it", 0, VALUE("\x1C\x00\x01\xAC")},
	{FOREIGN_CAPTURE, "it is pcap as devices of Ixia write it", 0, VALUE("\x1C\x00\x01\xAB")},
	{FOREIGN_CAPTURE, "it is pcap as devices of Ixia write it", 0, VALUE("\xAC\x01\x00\x1C")},
	{FOREIGN_CAPTURE, "it is pcap as devices of Ixia write it", 0, VALUE("\xAB\x01\x00\x1C")},
	{FOREIGN_LFS_POINTER, "it is a pointer of Git LFS", 0, VALUE("version https://gi")},
	{FOREIGN_WEB_PAGE, "it is a web page", 0, VALUE("<!DOCTYPE ")},
	{FOREIGN_WEB_PAGE, "it is a web page", 0, VALUE("<!doctype ")},
	{FOREIGN_WEB_PAGE, "it is a web page", 0, VALUE("<html")},
};

static File
file_of_example(const Example *example, size_t more)
{
	File file = {0};

	put_fill(&file, 0, example->offset);
	put_bytes(&file, example->bytes, example->length);
	put_fill(&file, 0x20, more);
	return file;
}

/* At the end of a file, and at the start of a longer one. */
CASE(formats_are_told_by_their_first_bytes)
{
	for (size_t i = 0; i < LENGTH(examples); i++)
		for (size_t more = 2; more < 1000; more += 500)
		{
			const File	  file = file_of_example(&examples[i], more);
			const Reading reading = read_cut(&file, file.length);

			expect_no_capture(&reading, FAILURE_NOT_A_CAPTURE, examples[i].text);
			assert_int_equal(reading.failure.foreign, examples[i].format);
		}
}

/* With a byte less than it has, no format is told; with less than there is room for, nothing is read that is not there. */
CASE(fewer_bytes_tell_nothing)
{
	for (size_t i = 0; i < LENGTH(examples); i++)
		for (size_t length = 0; length < examples[i].offset + examples[i].length; length++)
		{
			const File	file = file_of_example(&examples[i], 0);
			uint8_t	   *bytes = malloc(length);
			const char *text = "untouched";

			memcpy(bytes, file.bytes, length);
			assert_int_equal(foreign_format(bytes, length, &text), FOREIGN_UNKNOWN);
			assert_string_equal(text, "untouched");
			free(bytes);
		}
}

CASE(every_format_has_an_example)
{
	bool has[FOREIGN_FORMATS] = {[FOREIGN_UNKNOWN] = true, [FOREIGN_GZIP_INSIDE] = true, [FOREIGN_ZSTD_INSIDE] = true, [FOREIGN_BAD_STREAM] = true};

	for (size_t i = 0; i < LENGTH(examples); i++)
		has[examples[i].format] = true;
	for (size_t i = 0; i < FOREIGN_FORMATS; i++)
		assert_true(has[i]);
}

/* Inside gzip, of which so little is one block that is stored. */
static Reading
read_in_gzip(const void *bytes, uint16_t length, uint32_t crc)
{
	File file = {0};

	put_bytes(&file, "\x1F\x8B\x08\0\0\0\0\0\0\xFF\x01", 11);
	put_u16(&file, length);
	put_u16(&file, (uint16_t) ~length);
	put_bytes(&file, bytes, length);
	put_u32(&file, crc);
	put_u32(&file, length);
	return read_cut(&file, file.length);
}

/* Checksums computed with Python's zlib.crc32. */
CASE(what_is_compressed_is_told_too)
{
	Reading reading = read_in_gzip("\x1F\x8B\x08\0\0\0\0\0", 8, 0xA6FBC08B);

	expect_no_capture(&reading, FAILURE_NOT_A_CAPTURE, "it is compressed twice, with gzip first");
	assert_int_equal(reading.failure.foreign, FOREIGN_GZIP_INSIDE);
	reading = read_in_gzip("\x28\xB5\x2F\xFD\0\0\0\0", 8, 0x7BA2E582);
	expect_no_capture(&reading, FAILURE_NOT_A_CAPTURE, "it is compressed twice, with zstd first");
	assert_int_equal(reading.failure.foreign, FOREIGN_ZSTD_INSIDE);
	reading = read_in_gzip("snoop\0\0\0", 8, 0x158B832D);
	expect_no_capture(&reading, FAILURE_NOT_A_CAPTURE, "it has the format of snoop");
	assert_int_equal(reading.failure.foreign, FOREIGN_CAPTURE);
}

CASE(damage_of_the_compression_comes_first)
{
	const Reading reading = read_in_gzip("snoop\0\0\0", 8, 1);

	assert_false(reading.opened);
	assert_int_equal(reading.failure.foreign, FOREIGN_BAD_STREAM);
}

/* What is a capture, or might have been one. */
CASE(captures_are_not_foreign)
{
	static const uint32_t magics[] = {PCAP_MICROSECONDS, PCAP_NANOSECONDS, PCAP_KUZNETZOV, NG_SECTION};

	for (size_t i = 0; i < LENGTH(magics); i++)
		for (int big = 0; big < 2; big++)
		{
			File		file = {.big = big};
			const char *text;

			put_u32(&file, magics[i]);
			put_fill(&file, 0, 300);
			assert_int_equal(foreign_format(file.bytes, file.length, &text), FOREIGN_UNKNOWN);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_are_told_by_their_first_bytes),
		cmocka_unit_test(fewer_bytes_tell_nothing),
		cmocka_unit_test(every_format_has_an_example),
		cmocka_unit_test(what_is_compressed_is_told_too),
		cmocka_unit_test(damage_of_the_compression_comes_first),
		cmocka_unit_test(captures_are_not_foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

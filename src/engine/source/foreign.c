/*
 * foreign.c
 *	  What a file is that is no capture, by its first bytes.
 *
 * The bytes are those of each format's own description, as file(1) and Wireshark's wiretap know them too.  Formats that start
 * with anything, such as Endace's ERF, cannot be told.
 */
#include <string.h>

#include "engine/source/foreign.h"

typedef struct Foreign
{
	ForeignFormat format;
	const char	 *text;
	size_t		  offset; /* of the bytes in the file */
	size_t		  length;
	const char	 *bytes;
} Foreign;

/* Those bytes at the file's start, or at an offset. */
#define AT(offset, bytes) offset, sizeof(bytes) - 1, bytes
#define START(bytes)	  AT(0, bytes)

static const Foreign foreigns[] = {
	{FOREIGN_XZ, "it is compressed with xz", START("\xFD"
												   "7zXZ\0")},
	{FOREIGN_LZMA, "it is compressed with lzma", START("\x5D\0\0")},
	{FOREIGN_BZIP2, "it is compressed with bzip2", START("BZh")},
	{FOREIGN_LZ4, "it is compressed with lz4", START("\x04\x22\x4D\x18")},
	{FOREIGN_LZ4, "it is compressed with lz4", START("\x02\x21\x4C\x18")},
	{FOREIGN_COMPRESS, "it is compressed with compress", START("\x1F\x9D")},
	{FOREIGN_LZIP, "it is compressed with lzip", START("LZIP")},
	{FOREIGN_LZOP, "it is compressed with lzop", START("\x89LZO\0\r\n\x1A\n")},
	{FOREIGN_SNAPPY, "it is compressed with snappy", START("\xFF\x06\0\0sNaPpY")},
	{FOREIGN_GZIP_INSIDE, "it is compressed twice, with gzip first", START("\x1F\x8B\x08")},
	{FOREIGN_ZSTD_INSIDE, "it is compressed twice, with zstd first", START("\x28\xB5\x2F\xFD")},

	{FOREIGN_ZIP, "it is a zip archive", START("PK\x03\x04")},
	{FOREIGN_ZIP, "it is a zip archive", START("PK\x05\x06")},
	{FOREIGN_7Z, "it is a 7z archive", START("7z\xBC\xAF\x27\x1C")},
	{FOREIGN_RAR, "it is a rar archive", START("Rar!\x1A\x07")},
	{FOREIGN_TAR, "it is a tar archive", AT(257, "ustar")},
	{FOREIGN_CAB, "it is a cab archive", START("MSCF\0\0\0\0")},

	{FOREIGN_CAPTURE, "it has the format of snoop", START("snoop\0\0\0")},
	{FOREIGN_CAPTURE, "it has the format of btsnoop", START("btsnoop\0")},
	{FOREIGN_CAPTURE, "it has the format of Microsoft Network Monitor 1", START("RTSS")},
	{FOREIGN_CAPTURE, "it has the format of Microsoft Network Monitor 2", START("GMBU")},
	{FOREIGN_CAPTURE, "it has the format of Sniffer for DOS", START("TRSNIFF data    \x1A")},
	{FOREIGN_CAPTURE, "it has the format of NetXRay and Sniffer for Windows", START("XCP\0")},
	{FOREIGN_CAPTURE, "it has the format of NetXRay", START("VL\0\0")},
	{FOREIGN_CAPTURE, "it has the format of iptrace", START("iptrace 1.0")},
	{FOREIGN_CAPTURE, "it has the format of iptrace", START("iptrace 2.0")},
	{FOREIGN_CAPTURE, "it has the format of nettl", START("TR\0d\0")},
	{FOREIGN_CAPTURE, "it has the format of LANalyzer", START("\x01\x10\x4C\0\x01\x05")},
	{FOREIGN_CAPTURE, "it has the format of OmniPeek", START("\177ver")},
	{FOREIGN_CAPTURE, "it has the format of Observer", START("ObserverPktBuffe")},
	{FOREIGN_CAPTURE, "it has the format of Visual UpTime", START("\x05VNF")},
	{FOREIGN_CAPTURE, "it has the format of 5View", START("\xAA\xAA\xAA\xAA")},
	{FOREIGN_CAPTURE, "it has the format of K12", START("\0\0\x02\0\x12\x05\0\x10")},
	{FOREIGN_CAPTURE, "it has the format of K12, as text", START("+---------+-------")},
	{FOREIGN_CAPTURE, "it is pcap as devices of Ixia write it", START("\x1C\0\x01\xAB")},
	{FOREIGN_CAPTURE, "it is pcap as devices of Ixia write it", START("\x1C\0\x01\xAC")},
	{FOREIGN_CAPTURE, "it is pcap as devices of Ixia write it", START("\xAB\x01\0\x1C")},
	{FOREIGN_CAPTURE, "it is pcap as devices of Ixia write it", START("\xAC\x01\0\x1C")},

	{FOREIGN_LFS_POINTER, "it is a pointer of Git LFS", START("version https://gi")},
	{FOREIGN_WEB_PAGE, "it is a web page", START("<!DOCTYPE ")},
	{FOREIGN_WEB_PAGE, "it is a web page", START("<!doctype ")},
	{FOREIGN_WEB_PAGE, "it is a web page", START("<html")},
};

ForeignFormat
foreign_format(const uint8_t *bytes, size_t length, const char **text)
{
	for (size_t i = 0; i < sizeof(foreigns) / sizeof(foreigns[0]); i++)
	{
		const Foreign *foreign = &foreigns[i];

		if (length >= foreign->offset + foreign->length &&
			memcmp(bytes + foreign->offset, foreign->bytes, foreign->length) == 0)
		{
			*text = foreign->text;
			return foreign->format;
		}
	}
	return FOREIGN_UNKNOWN;
}

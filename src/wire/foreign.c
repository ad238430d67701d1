/*
 * foreign.c
 *	  What to do with a file that is no capture, but something else that is known.
 */
#include <stddef.h>

#include "wire/foreign.h"

#define DECOMPRESS(program) "Only gzip and zstd are read as they are: decompress the file first, with \"" program "\"."
#define UNPACK(program)		"Take the captures out of it first, with \"" program "\"."

static const char *const hints[FOREIGN_FORMATS] = {
	[FOREIGN_XZ] = DECOMPRESS("xz -d"),
	[FOREIGN_LZMA] = DECOMPRESS("xz -d"),
	[FOREIGN_BZIP2] = DECOMPRESS("bzip2 -d"),
	[FOREIGN_LZ4] = DECOMPRESS("lz4 -d"),
	[FOREIGN_COMPRESS] = DECOMPRESS("uncompress"),
	[FOREIGN_LZIP] = DECOMPRESS("lzip -d"),
	[FOREIGN_LZOP] = DECOMPRESS("lzop -d"),
	[FOREIGN_SNAPPY] = DECOMPRESS("snzip -d"),
	[FOREIGN_GZIP_INSIDE] = "A capture is read through one compression: decompress the file once.",
	[FOREIGN_ZSTD_INSIDE] = "A capture is read through one compression: decompress the file once.",
	[FOREIGN_ZIP] = UNPACK("unzip"),
	[FOREIGN_7Z] = UNPACK("7z x"),
	[FOREIGN_RAR] = UNPACK("unrar x"),
	[FOREIGN_TAR] = UNPACK("tar -xf"),
	[FOREIGN_CAB] = UNPACK("cabextract"),
	[FOREIGN_CAPTURE] = "Captures are read as pcap and pcapng: convert it first, with Wireshark's \"editcap\".",
	[FOREIGN_BAD_STREAM] = "Decompress it with \"gzip -d\" or \"zstd -d --long=31\", which tell more of what is wrong with it.",
	[FOREIGN_LFS_POINTER] = "\"git lfs pull\" puts the capture itself in its place.",
	[FOREIGN_WEB_PAGE] = "Perhaps the page that speaks of the capture was downloaded, and not the capture itself.",
};

const char *
foreign_hint(uint32_t format)
{
	return format < FOREIGN_FORMATS ? hints[format] : NULL;
}

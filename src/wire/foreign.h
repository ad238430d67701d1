/*
 * foreign.h
 *	  What a file that cannot be read as a capture may be, as far as its first bytes tell.
 *
 * engine/source/foreign.c knows the bytes and says what it is; wire/foreign.c says what to do.
 */
#ifndef WIRE_FOREIGN_H
#define WIRE_FOREIGN_H

#include <stdint.h>

typedef enum ForeignFormat
{
	FOREIGN_UNKNOWN,

	/* Compressed otherwise than with gzip or zstd, or twice. */
	FOREIGN_XZ,
	FOREIGN_LZMA,
	FOREIGN_BZIP2,
	FOREIGN_LZ4,
	FOREIGN_COMPRESS,
	FOREIGN_LZIP,
	FOREIGN_LZOP,
	FOREIGN_SNAPPY,
	FOREIGN_GZIP_INSIDE,
	FOREIGN_ZSTD_INSIDE,

	/* With gzip or zstd, but its stream is damaged, or needs too much memory. */
	FOREIGN_BAD_STREAM,

	/* Archives. */
	FOREIGN_ZIP,
	FOREIGN_7Z,
	FOREIGN_RAR,
	FOREIGN_TAR,
	FOREIGN_CAB,

	/* Captures of other programs. */
	FOREIGN_CAPTURE,

	/* What is in the place of a capture. */
	FOREIGN_LFS_POINTER,
	FOREIGN_WEB_PAGE,

	FOREIGN_FORMATS
} ForeignFormat;

/* What a user can do with a file of this format, as a sentence; NULL if that is not known, or the number is no format's. */
const char *foreign_hint(uint32_t format);

#endif /* WIRE_FOREIGN_H */

/*
 * foreign.h
 *	  What a file may be that is no capture as they are read here, where its first bytes tell.
 *
 * engine/foreign.c knows the bytes and says what it is; pg/failure.c says what to do.
 */
#ifndef WIRE_FOREIGN_H
#define WIRE_FOREIGN_H

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

#endif							/* WIRE_FOREIGN_H */

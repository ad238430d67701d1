/*
 * captures.c
 *	  The captures in a directory, as far as the first bytes of its files tell.
 *
 * These bytes are only compared: whoever parses a capture does so in a sandbox.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "pg/base/encoding.h"
#include "pg/options/options.h"
#include "pg/source/captures.h"
#include "pg/source/glob.h"
#include "pg/source/reach.h"
#include "pg/source/source_errors.h"

#define OPEN_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | PG_BINARY)

const char *const capture_format_names[] = {
	[CAPTURE_FORMAT_PCAP] = "pcap",
	[CAPTURE_FORMAT_PCAPNG] = "pcapng",
	[CAPTURE_FORMAT_GZIP] = "gzip",
	[CAPTURE_FORMAT_ZSTD] = "zstd",
};

/* How files begin: pcap's magic numbers in both byte orders, pcapng's section header, gzip (RFC 1952), zstd (RFC 8878) with its frames to skip. */
#define MAGIC_BYTES 4

static const struct
{
	CaptureFormat format;
	uint8		  magic[MAGIC_BYTES];
	uint8		  mask[MAGIC_BYTES];
} beginnings[] = {
	{CAPTURE_FORMAT_PCAP, {0xa1, 0xb2, 0xc3, 0xd4}, {0xff, 0xff, 0xff, 0xff}},
	{CAPTURE_FORMAT_PCAP, {0xd4, 0xc3, 0xb2, 0xa1}, {0xff, 0xff, 0xff, 0xff}},
	{CAPTURE_FORMAT_PCAP, {0xa1, 0xb2, 0x3c, 0x4d}, {0xff, 0xff, 0xff, 0xff}},
	{CAPTURE_FORMAT_PCAP, {0x4d, 0x3c, 0xb2, 0xa1}, {0xff, 0xff, 0xff, 0xff}},
	{CAPTURE_FORMAT_PCAP, {0xa1, 0xb2, 0xcd, 0x34}, {0xff, 0xff, 0xff, 0xff}},
	{CAPTURE_FORMAT_PCAP, {0x34, 0xcd, 0xb2, 0xa1}, {0xff, 0xff, 0xff, 0xff}},
	{CAPTURE_FORMAT_PCAPNG, {0x0a, 0x0d, 0x0d, 0x0a}, {0xff, 0xff, 0xff, 0xff}},
	{CAPTURE_FORMAT_GZIP, {0x1f, 0x8b, 0x08, 0x00}, {0xff, 0xff, 0xff, 0x00}},
	{CAPTURE_FORMAT_ZSTD, {0x28, 0xb5, 0x2f, 0xfd}, {0xff, 0xff, 0xff, 0xff}},
	{CAPTURE_FORMAT_ZSTD, {0x50, 0x2a, 0x4d, 0x18}, {0xf0, 0xff, 0xff, 0xff}},
};

static bool
begins_so(const uint8 *bytes, int row)
{
	for (int i = 0; i < MAGIC_BYTES; i++)
		if ((bytes[i] & beginnings[row].mask[i]) != beginnings[row].magic[i])
			return false;
	return true;
}

/* Looks at a file as a scan does: before it is opened, and again once it is. */
static bool
look_at(const Reach *reach, char *path, CaptureFile *capture)
{
	struct stat status;
	uint8		bytes[MAGIC_BYTES];
	int			descriptor;
	bool		has_bytes;

	if (!reach_stat(reach, path, &status) || !S_ISREG(status.st_mode) || !reach_is_on_disk(reach, path))
		return false;
	descriptor = reach_open(reach, path, OPEN_FLAGS);
	if (descriptor < 0)
		return false;
	has_bytes = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && pread(descriptor, bytes, MAGIC_BYTES, 0) == MAGIC_BYTES;
	close(descriptor);
	capture->file = source_file(path, &status);
	for (int row = 0; has_bytes && row < lengthof(beginnings); row++)
		if (begins_so(bytes, row))
		{
			capture->format = beginnings[row].format;
			return true;
		}
	return false;
}

/* The glob for what is in a directory, whatever characters are in its name. */
static char *
pattern_of(const char *directory)
{
	StringInfoData pattern;

	initStringInfo(&pattern);
	for (; *directory != '\0'; directory++)
	{
		if (strchr("*?[]\\", *directory) != NULL)
			appendStringInfoChar(&pattern, '\\');
		appendStringInfoChar(&pattern, *directory);
	}
	if (pattern.len > 0 && pattern.data[pattern.len - 1] != '/')
		appendStringInfoChar(&pattern, '/');
	appendStringInfoChar(&pattern, '*');
	return pattern.data;
}

/* A name that does not look like an interface's. */
static char *
as_path(char *name)
{
	return strncmp(name, SOURCE_INTERFACE_PREFIX, strlen(SOURCE_INTERFACE_PREFIX)) == 0 ? psprintf("./%s", name) : name;
}

CaptureFile *
captures_in_directory(const ScanOptions *options, const char *directory, int *count)
{
	char		*pattern = pattern_of(directory == NULL ? "" : directory);
	Origin		 origin = {.glob = pattern};
	GlobBudget	 budget = {GLOB_LOOKS_MAX, GLOB_KEPT_MAX};
	GlobMatches	 matches;
	CaptureFile *captures;
	struct stat	 status;
	Reach		 reach;

	*count = 0;
	if (!reach_start(&reach, options->directory))
		source_could_not_reach(ERROR, options->directory);
	if (directory != NULL && !reach_stat(&reach, directory, &status))
	{
		if (errno == EXDEV)
			source_could_not_open(ERROR, &reach, directory, &(Origin) {0});
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read directory \"%s\": %m", encoding_valid(directory))));
	}
	if (!glob_match(&reach, pattern, &budget, &matches))
		source_glob_failed(ERROR, &reach, pattern, &matches, &origin);
	captures = palloc_extended(Max(matches.count, 1) * sizeof(*captures), MCXT_ALLOC_HUGE);
	for (int i = 0; i < matches.count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (pg_verifymbstr(matches.paths[i], strlen(matches.paths[i]), true) && look_at(&reach, as_path(matches.paths[i]), &captures[*count]))
			(*count)++;
	}
	reach_end(&reach);
	return captures;
}

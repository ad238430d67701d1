/*
 * file_times.c
 *	  From when to when the packets of a scan's files are, as its meters tell.
 */
#include "postgres.h"

#include "pg/workers/file_times.h"

/* ns in a ms */
#define NANOSECONDS 1000000

FileTimesMessage *
file_times_start(uint32 files)
{
	FileTimesMessage *times = palloc_extended(Max(files, 1) * sizeof(*times), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (uint32 i = 0; i < files; i++)
		times[i].file = FAILURE_NO_FILE;
	return times;
}

static bool
is_possible(const FileTimesMessage *told, uint32 files)
{
	if (told->file >= files || told->is_damaged > 1 || told->first > told->last || told->first_nanoseconds >= NANOSECONDS ||
		told->last_nanoseconds >= NANOSECONDS || (told->first == told->last && told->first_nanoseconds > told->last_nanoseconds))
		return false;
	return told->packets > 0 || (told->last == 0 && told->last_nanoseconds == 0);
}

const char *
file_times_take(FileTimesMessage *times, uint32 files, const FileTimesMessage *told)
{
	if (!is_possible(told, files))
		return "times of a file that cannot be";
	if (times == NULL)
		return NULL;
	if (times[told->file].file != FAILURE_NO_FILE && memcmp(&times[told->file], told, sizeof(*told)) != 0)
		return "other times of a file";
	times[told->file] = *told;
	return NULL;
}

/*
 * file_times.h
 *	  From when to when the packets of a scan's files are, as its meters tell.
 */
#ifndef PG_WORKERS_FILE_TIMES_H
#define PG_WORKERS_FILE_TIMES_H

#include "wire/message.h"

/* One for each file, in the current memory context: none of them is told, as FAILURE_NO_FILE in the place of its number says. */
FileTimesMessage *file_times_start(uint32 files);

/*
 * Takes what a meter tells of a file; all that read it tell the same.  Returns what is wrong with it; NULL if nothing is.
 *
 * times: file_times_start()'s, or NULL, if nobody wants to know.
 */
const char *file_times_take(FileTimesMessage *times, uint32 files, const FileTimesMessage *told);

#endif /* PG_WORKERS_FILE_TIMES_H */

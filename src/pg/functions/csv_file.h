/*
 * csv_file.h
 *	  CSV files that appear whole or not at all.
 *
 * Each file is written beside its place, under a name of its own, and all are put into their places together at the end.  Until
 * then what stood there before is untouched, and csv_files_drop() leaves nothing.
 */
#ifndef PG_FUNCTIONS_CSV_FILE_H
#define PG_FUNCTIONS_CSV_FILE_H

#include "lib/stringinfo.h"

typedef struct CsvFiles CsvFiles;

/*
 * Files at `path`, in the current memory context, which must outlive them: once one is started they end with csv_files_finish()
 * or csv_files_drop(), the latter by itself when the process ends.
 *
 * is_default: nobody gave the path, so that errors say that one can be given.
 * chunked: file number k is called name.k.csv where the path is name.csv; else there is only file 0, at the path itself.  Errors if
 * the path is not absolute, too long or leads to something that is no regular file.
 */
CsvFiles *csv_files_create(const char *path, bool is_default, bool chunked);

/* Starts on file number `index`, anew if it was written before; what is written goes there.  Errors if it cannot be created. */
void csv_files_start(CsvFiles *files, uint64 index);

/* Writes what the buffer holds, and empties it.  Errors if it cannot be written. */
void csv_files_write(CsvFiles *files, StringInfo buffer);

/* Puts all files into their places. */
void csv_files_finish(CsvFiles *files);

/* Removes what was written, unless it is in its place.  Raises no error. */
void csv_files_drop(CsvFiles *files);

#endif /* PG_FUNCTIONS_CSV_FILE_H */

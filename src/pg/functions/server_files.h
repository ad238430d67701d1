/*
 * server_files.h
 *	  Files of the server that appear whole or not at all.
 *
 * Each file is written beside its place, under a name of its own, and all are put into their places together at the end.  Until
 * then what stood there before is untouched, and server_files_drop() leaves nothing.
 */
#ifndef PG_FUNCTIONS_SERVER_FILES_H
#define PG_FUNCTIONS_SERVER_FILES_H

#include "lib/stringinfo.h"

typedef struct ServerFiles ServerFiles;

/* What the files of an export are, for hints. */
typedef struct ServerFileKind
{
	const char *example;   /* a path */
	const char *on_client; /* a sentence: how else the same comes to the client's machine */
	const char *instead;   /* the same for one who may not write files, after "or" */
	bool		chunked;   /* there may be several, with numbers in their names */
} ServerFileKind;

/*
 * Files at `path`, in the current memory context, which must outlive them: once one is started they end with server_files_finish()
 * or server_files_drop(), the latter by itself when the process ends.
 *
 * kind: must outlive them too.
 * is_default: nobody gave the path, so that errors say that one can be given.
 * chunked: file number k is called name.k.csv where the path is name.csv; else there is only file 0, at the path itself.  Errors if
 * the path is not absolute, too long or leads to something that is no regular file.
 */
ServerFiles *server_files_create(const ServerFileKind *kind, const char *path, bool is_default, bool chunked);

/* Errors if the current user may not write files of the server. */
void server_files_check_rights(const ServerFileKind *kind);

/* Starts on file number `index`, anew if it was written before; what is written goes there.  Errors if it cannot be created. */
void server_files_start(ServerFiles *files, uint64 index);

/* Writes what the buffer holds, and empties it.  Errors if it cannot be written. */
void server_files_write(ServerFiles *files, StringInfo buffer);

/* Puts all files into their places. */
void server_files_finish(ServerFiles *files);

/* Removes what was written, unless it is in its place.  Raises no error. */
void server_files_drop(ServerFiles *files);

#endif /* PG_FUNCTIONS_SERVER_FILES_H */

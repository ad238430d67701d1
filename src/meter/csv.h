/*
 * csv.h
 *	  Records as lines of CSV, in the bytes that nfstream_to_csv() and COPY … (FORMAT csv, HEADER) write.
 *
 * RFC 4180, with newlines alone.  A value is quoted if it is empty or holds a comma, a quote or an end of line; numbers, addresses
 * and lists are PostgreSQL's: {0,1}, and the shortest decimal form that reads back as the same number.
 */
#ifndef METER_CSV_H
#define METER_CSV_H

#include "wire/record.h"

/* The longest text of csv_double(), with its NUL. */
#define CSV_DOUBLE_MAX 32

/* The longest key of a hash, bytes: RFC 7693. */
#define CSV_KEY_MAX 64

typedef struct CsvForm
{
	int			 to;			   /* descriptor */
	bool		 by_lines;		   /* each line is written when it is complete, not with many others */
	RecordForm	 record;		   /* what is in a line */
	ColumnSet	 hashed;		   /* of these: 128 hexadecimal digits of the text's BLAKE2b hash stand in its place */
	uint8_t		 key[CSV_KEY_MAX]; /* of the hashes */
	char *const *names;			   /* of the sources, for COLUMN_FILE */
} CsvForm;

/* These return false, with errno, if lines could not be written. */

/* The names of the columns. */
bool csv_print_names(const CsvForm *form);

/* The values of the columns; `id` is the row's number. */
bool csv_print_row(const CsvForm *form, const Record *record, uint64_t id);

/* Writes the lines that are still in memory. */
bool csv_flush(const CsvForm *form);

/* A number as the server's float8 has it; returns its length. */
size_t csv_double(double number, char text[CSV_DOUBLE_MAX]);

#endif /* METER_CSV_H */

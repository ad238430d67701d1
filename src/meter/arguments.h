/*
 * arguments.h
 *	  The command line of a meter by hand.
 */
#ifndef METER_ARGUMENTS_H
#define METER_ARGUMENTS_H

#include <stdio.h>

#include "meter/csv.h"
#include "wire/limits.h"
#include "wire/request.h"

/* Standard input, among the sources. */
#define ARGUMENTS_STANDARD_INPUT "-"

/* What the name of an interface begins with, among the sources. */
#define ARGUMENTS_INTERFACE "interface:"

typedef struct Arguments
{
	MeterRequest request; /* complete and checked, columns included; its filter has a NUL */
	char	   **sources; /* request.files of them, as they were typed, or the one interface */
	bool		 extra_columns;
	bool		 source_file;
	ColumnSet	 hashed;
	PluginOrders plugins;
	uint8_t		 key[CSV_KEY_MAX];
	size_t		 key_length; /* bytes; 0: none was given */
} Arguments;

typedef enum ArgumentsResult
{
	ARGUMENTS_METER, /* there is something to meter */
	ARGUMENTS_HELP,	 /* help was asked for, or the version */
	ARGUMENTS_VERSION,
	ARGUMENTS_WRONG /* standard error was told what is wrong */
} ArgumentsResult;

/* Reads a command line.  A key that was on it is wiped from it, as everyone on the machine can read it there. */
ArgumentsResult arguments_read(int argc, char **argv, Arguments *arguments);

/* Prints what the command line can be, all options with their ranges and defaults, and what the exit statuses mean. */
void arguments_print_help(FILE *to);

/* The exit statuses, apart from those of signals, as the help has them. */
typedef enum ExitStatus
{
	EXIT_DONE,
	EXIT_FAILED,
	EXIT_USAGE,
	EXIT_DAMAGED
} ExitStatus;

/* Says something on standard error, after the program's name and, unless NULL, what it is about. */
void complain(const char *about, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif /* METER_ARGUMENTS_H */

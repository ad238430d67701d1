/*
 * csv.h
 *	  Flow records as lines of CSV (RFC 4180, with newlines alone).
 */
#ifndef METER_CSV_H
#define METER_CSV_H

#include <stdio.h>

#include "wire/record.h"

/* The names of the wanted columns. */
void		csv_print_names(FILE *to, const ColumnSet *wanted);

/* The values of the wanted columns; `id` is the flow's number, `names` are the sources. */
void		csv_print_flow(FILE *to, const ColumnSet *wanted, const FlowRecord *record, uint64_t id, char *const *names);

#endif							/* METER_CSV_H */

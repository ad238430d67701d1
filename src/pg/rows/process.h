/*
 * process.h
 *	  The process of this host that a flow belongs to, for process_pid and process_name.
 */
#ifndef PG_ROWS_PROCESS_H
#define PG_ROWS_PROCESS_H

#include "wire/record.h"
#include "wire/socket_table.h"

/* A process as no process has it: NFStream's -1 and ''. */
#define PROCESS_NOT_FOUND {.pid = -1}

/* Whether a column is of a flow's process. */
bool process_has_column(const Column *column);

/* Adds the columns by which a flow's process is found to those that the meters compute. */
void process_want(const Schema *schema, ColumnSet *wanted);

/* The process of a flow, which has those columns; table: NULL where there is none to look in. */
SocketProcess process_of_flow(const SocketTable *table, const Schema *schema, const Record *record);

/* The value of a column of it; points into the process. */
RecordValue process_value(const SocketProcess *process, const Column *column);

#endif /* PG_ROWS_PROCESS_H */

/*
 * flow_records.h
 *	  Reading the records of flows, for tests that do not keep a form of them.
 */
#ifndef FLOW_RECORDS_H
#define FLOW_RECORDS_H

#include "wire/record.h"

/* record_read(), with the columns that a request names and the elements of its lists. */
static inline const char *
read_flow(const uint8_t **cursor, const uint8_t *end, const ColumnSet *wanted, uint32_t splt, Record *record)
{
	RecordForm form;

	record_form(&form, &flow_schema, wanted, splt);
	return record_read(&form, cursor, end, record);
}

/* The index of a column of flows, or -1. */
static inline int
column_of_flow(const char *name)
{
	return schema_column(&flow_schema, name);
}

#endif /* FLOW_RECORDS_H */

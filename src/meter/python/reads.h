/*
 * reads.h
 *	  Which attributes of a flow a plugin's source may read.
 */
#ifndef METER_PYTHON_READS_H
#define METER_PYTHON_READS_H

#include "wire/schema.h"

/*
 * The columns of the schema whose names stand in the source as words, in code, strings or comments; all that are NFStream's, with
 * *all true, if it has something that may read attributes by names that do not stand there: getattr(), vars(), print(flow) ...
 */
ColumnSet reads_find(const Schema *schema, const char *source, size_t length, bool *all);

#endif /* METER_PYTHON_READS_H */

/*
 * statistics.h
 *	  What the planner knows of columns of a table that was never analyzed.
 */
#ifndef PG_FDW_STATISTICS_H
#define PG_FDW_STATISTICS_H

/* As the module is loaded: from now on the planner asks here. */
void statistics_start(void);

#endif /* PG_FDW_STATISTICS_H */

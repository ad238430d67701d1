/*
 * planned.h
 *	  Attributes of a flow that are documented as planned, and not available yet.
 *
 * Errors say that, and not that there is no such thing.
 */
#ifndef PG_OPTIONS_PLANNED_H
#define PG_OPTIONS_PLANNED_H

bool is_planned_attribute(const char *name);

#endif /* PG_OPTIONS_PLANNED_H */

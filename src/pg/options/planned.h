/*
 * planned.h
 *	  Names of what is documented as planned, and not available yet.
 *
 * Errors say that, and not that there is no such thing.
 */
#ifndef PG_OPTIONS_PLANNED_H
#define PG_OPTIONS_PLANNED_H

typedef enum PlannedKind
{
	PLANNED_ATTRIBUTE, /* of a flow */
	PLANNED_SCHEMA	   /* of IMPORT FOREIGN SCHEMA */
} PlannedKind;

bool is_planned(PlannedKind kind, const char *name);

#endif /* PG_OPTIONS_PLANNED_H */

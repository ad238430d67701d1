/*
 * planned.c
 *	  Names of what is documented as planned, and not available yet.
 */
#include "postgres.h"

#include "pg/options/planned.h"

static const struct
{
	PlannedKind kind;
	const char *name;
} planned[] = {
	{PLANNED_ATTRIBUTE, "risks"},
	{PLANNED_ATTRIBUTE, "risk_score"},
	{PLANNED_ATTRIBUTE, "dpi"},
	{PLANNED_SCHEMA, "captures"},
};

bool
is_planned(PlannedKind kind, const char *name)
{
	for (int i = 0; i < lengthof(planned); i++)
		if (planned[i].kind == kind && strcmp(planned[i].name, name) == 0)
			return true;
	return false;
}

/*
 * planned.c
 *	  Attributes of a flow that are documented as planned, and not available yet.
 */
#include "postgres.h"

#include "pg/options/planned.h"

static const char *const planned[] = {"risks", "risk_score", "dpi"};

bool
is_planned_attribute(const char *name)
{
	for (int i = 0; i < lengthof(planned); i++)
		if (strcmp(planned[i], name) == 0)
			return true;
	return false;
}

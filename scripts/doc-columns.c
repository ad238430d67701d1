/*
 * doc-columns.c
 *	  Prints the table of columns for the documentation: name, option that turns it on, unit and meaning, by tabs.
 */
#include <stdio.h>

#include "wire/limits.h"
#include "wire/schema.h"

static const char *const name_of_unit[] = {
	[UNIT_NONE] = "",
	[UNIT_TIME_MS] = "ms since 1970",
	[UNIT_TIME_NS] = "ns since 1970",
	[UNIT_DURATION_MS] = "ms",
	[UNIT_PACKETS] = "packets",
	[UNIT_BYTES] = "bytes",
};

int
main(void)
{
	for (unsigned i = 0; i < flow_schema.count; i++)
	{
		const Column *column = &flow_schema.columns[i];

		const char *comma = "";

		printf("%s\t", column->name);
		if (column->group != GROUP_CORE)
		{
			printf("`%s`", option_limits[option_of_group(column->group)].name);
			comma = ", ";
		}
		if (column->extra)
			printf("%s`%s`", comma, option_limits[OPTION_EXTRA_COLUMNS].name);
		printf("\t%s\t%s\n", name_of_unit[column->unit], column->help);
	}
	return 0;
}

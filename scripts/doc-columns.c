/*
 * doc-columns.c
 *	  Prints the table of columns for the documentation: name, option that turns it on, unit and meaning, by tabs.
 */
#include <stdio.h>

#include "wire/schema.h"

static const char *const option_of_group[] = {
	[GROUP_CORE] = "",
	[GROUP_TUNNEL] = "`decode_tunnels`",
	[GROUP_STATISTICS] = "`statistical_analysis`",
	[GROUP_SPLT] = "`splt_analysis`",
	[GROUP_DPI] = "`n_dissections`",
	[GROUP_UDPS] = "`udps`",
	[GROUP_SYSTEM] = "`system_visibility_mode`",
};

static const char *const name_of_unit[] = {
	[UNIT_NONE] = "",
	[UNIT_TIME_MS] = "ms since 1970",
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

		printf("%s\t%s%s\t%s\t%s\n", column->name, option_of_group[column->group],
			   !column->extra ? "" : (column->group == GROUP_CORE ? "`extra_columns`" : ", `extra_columns`"),
			   name_of_unit[column->unit], column->help);
	}
	return 0;
}

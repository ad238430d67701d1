/*
 * doc-options.c
 *	  Prints the table of options for the documentation: name, default and what is accepted, by tabs.
 */
#include <stdio.h>

#include "wire/limits.h"

int
main(void)
{
	char fallback[OPTION_WORDS_MAX],
		accepted[OPTION_WORDS_MAX];

	for (OptionId id = 0; id < OPTIONS_COUNT; id++)
	{
		option_fallback(id, fallback);
		option_accepted(id, accepted);
		printf("%s\t%s\t%s\n", option_limits[id].name, fallback, accepted);
	}
	return 0;
}

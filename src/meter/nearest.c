/*
 * nearest.c
 *	  What somebody may have meant who typed a name that there is not.
 */
#include <string.h>

#include "meter/nearest.h"

/* The most edits from what was typed to what may have been meant. */
#define EDITS_MAX 3

/* A longer name is no slip of the hand. */
#define NAME_MAX_LENGTH 64

/* How many letters must be put in, taken out or changed to turn one name into the other (V. I. Levenshtein, 1966). */
static unsigned
edits(const char *typed, size_t length, const char *name)
{
	unsigned row[NAME_MAX_LENGTH + 1];
	size_t	 name_length = strlen(name);

	for (size_t j = 0; j <= name_length; j++)
		row[j] = (unsigned) j;
	for (size_t i = 1; i <= length; i++)
	{
		unsigned before = row[0];

		row[0] = (unsigned) i;
		for (size_t j = 1; j <= name_length; j++)
		{
			unsigned changed = before + !(typed[i - 1] == name[j - 1] || (typed[i - 1] == '-' && name[j - 1] == '_')),
					 shorter = row[j] + 1,
					 longer = row[j - 1] + 1;

			before = row[j];
			row[j] = changed < shorter ? changed : shorter;
			row[j] = longer < row[j] ? longer : row[j];
		}
	}
	return row[name_length];
}

const char *
name_nearest(const char *typed, size_t length, const char *const *names, size_t count)
{
	const char *found = NULL;
	unsigned	fewest = EDITS_MAX + 1;
	char		part[NAME_MAX_LENGTH + 1];

	if (length > NAME_MAX_LENGTH || length == 0)
		return NULL;
	memcpy(part, typed, length);
	part[length] = '\0';
	for (size_t i = 0; i < count; i++)
	{
		unsigned count_edits = strlen(names[i]) > NAME_MAX_LENGTH ? fewest : edits(typed, length, names[i]);

		if (count_edits < fewest && count_edits < length)
		{
			fewest = count_edits;
			found = names[i];
		}
	}
	for (size_t i = 0; i < count && found == NULL && length > 2; i++)
		if (strstr(names[i], part) != NULL)
			found = names[i];
	return found;
}

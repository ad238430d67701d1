/*
 * each_capture.h
 *	  A case for each capture of the project's own and, where it is at hand, of the shared directory.
 */
#ifndef EACH_CAPTURE_H
#define EACH_CAPTURE_H

#include <dirent.h>
#include <limits.h>
#include <stdio.h>

#include "cases.h"

#define CAPTURES_MOST 500

static inline int
is_capture(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && (strstr(entry->d_name, ".pcap") != NULL || strstr(entry->d_name, ".cap") != NULL);
}

/* Makes a case of each capture in a directory that is smaller, in the order of their names; none if there is no such directory. */
static inline unsigned
add_captures(const char *directory, long smaller, CMUnitTestFunction test, struct CMUnitTest *cases, unsigned count)
{
	struct dirent **entries;
	int				found = scandir(directory, &entries, is_capture, alphasort);

	for (int i = 0; i < found; i++)
	{
		char  path[PATH_MAX];
		FILE *file;

		snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
		file = fopen(path, "rb");
		if (file != NULL && count < CAPTURES_MOST && fseek(file, 0, SEEK_END) == 0 && ftell(file) < smaller)
			cases[count++] = (struct CMUnitTest) {
				.name = strdup(entries[i]->d_name),
				.test_func = test,
				.initial_state = strdup(path),
			};
		if (file != NULL)
			fclose(file);
		free(entries[i]);
	}
	if (found >= 0)
		free(entries);
	return count;
}

static inline void
forget_case(struct CMUnitTest *unit_case)
{
	free((char *) unit_case->name);
	free(unit_case->initial_state);
}

/* Keeps only every fourth case, from the first on, where NFSTREAM_TEST_SHARE is 1/4, and so on; returns how many are left. */
static inline unsigned
keep_share(struct CMUnitTest *cases, unsigned count)
{
	const char *text = getenv("NFSTREAM_TEST_SHARE");
	unsigned	share, shares, kept = 0;

	if (text == NULL || sscanf(text, "%u/%u", &share, &shares) != 2 || share < 1 || share > shares)
		return count;
	for (unsigned i = 0; i < count; i++)
		if (i % shares == share - 1)
			cases[kept++] = cases[i];
		else
			forget_case(&cases[i]);
	return kept;
}

/* Runs the test on each that is smaller than so many bytes: its state is the capture's path.  Returns how many failed. */
static inline int
run_on_captures(const char *name, long smaller, CMUnitTestFunction test, CMFixtureFunction start, CMFixtureFunction end)
{
	const char				*own = getenv("NFSTREAM_TEST_PCAPS");
	static struct CMUnitTest cases[CAPTURES_MOST];
	char					 shared[PATH_MAX];
	unsigned				 count;
	int						 failed;

	if (own == NULL)
		own = "test/pcaps";
	snprintf(shared, sizeof(shared), "%s/../../../shared/data/pcaps", own);
	count = add_captures(own, smaller, test, cases, 0);
	count = keep_share(cases, add_captures(shared, smaller, test, cases, count));
	failed = _cmocka_run_group_tests(name, cases, count, start, end);
	for (unsigned i = 0; i < count; i++)
		forget_case(&cases[i]);
	return failed;
}

#endif /* EACH_CAPTURE_H */

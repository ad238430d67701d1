/*
 * directories.h
 *	  Where CPython's libraries and its packages lie.
 */
#ifndef METER_PYTHON_DIRECTORIES_H
#define METER_PYTHON_DIRECTORIES_H

#include <stdbool.h>
#include <stddef.h>

#define DIRECTORIES_MAX		 16
#define DIRECTORIES_NAME_MAX 1024 /* bytes of a name, with its NUL */

/* The longest text of directories_find(), with its NUL. */
#define DIRECTORIES_WRONG_MAX (2 * DIRECTORIES_NAME_MAX)

typedef struct Directories
{
	char		packages[DIRECTORIES_MAX][DIRECTORIES_NAME_MAX]; /* in the order in which modules are looked for */
	size_t		package_count;
	bool		is_environment;									  /* the first is a virtual environment's */
	char		libraries[DIRECTORIES_MAX][DIRECTORIES_NAME_MAX]; /* shared ones */
	size_t		library_count;
	const char *readable[3 * DIRECTORIES_MAX]; /* all that Python needs to read, the last NULL */
	size_t		readable_count;
	char		environment[DIRECTORIES_NAME_MAX];
} Directories;

/*
 * Finds them: those of the CPython that this program was built with, or of a virtual environment that was made with the same
 * version, whose directory is `environment`; NULL or '': none.  To be called before the sandbox is closed.
 *
 * The texts last as long as `directories` does.  False with what is wrong with the environment.
 */
bool directories_find(const char *environment, Directories *directories, char wrong[DIRECTORIES_WRONG_MAX]);

#endif /* METER_PYTHON_DIRECTORIES_H */

/*
 * directories.c
 *	  Where CPython's libraries and its packages lie.
 *
 * The standard library is found by CPython itself, from its prefix.  Packages lie where Debian puts them and where others do; a
 * virtual environment has its own, and those of the machine only if its pyvenv.cfg says so (PEP 405).
 *
 * What a package in C needs besides is a shared library.  These lie where those lie that this program itself has loaded; the loader
 * looks there by itself, without its cache of others.
 */
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "meter/python/cpython.h"
#include "meter/python/directories.h"

#define TEXT_OF(token)	  #token
#define TEXT_OF_IT(macro) TEXT_OF(macro)

#define VERSION			  "python" TEXT_OF_IT(PY_MAJOR_VERSION) "." TEXT_OF_IT(PY_MINOR_VERSION)

/* The standard library, and time zones. */
static const char *const machine[] = {PYTHON_PREFIX "/lib/" VERSION, PYTHON_PREFIX "/lib64/" VERSION, "/usr/share/zoneinfo"};

/* Those of the machine, below the prefix. */
static const char *const of_machine[] = {"/local/lib/" VERSION "/dist-packages", "/lib/python3/dist-packages",
										 "/lib/" VERSION "/dist-packages", "/local/lib/" VERSION "/site-packages",
										 "/lib/" VERSION "/site-packages", "/lib64/" VERSION "/site-packages"};

static const char *const of_environment[] = {"/lib/" VERSION "/site-packages", "/lib64/" VERSION "/site-packages"};

/* Adds the directory of a shared library of this program, once; called by the loader for each. */
static int
add_library(struct dl_phdr_info *library, size_t size, void *context)
{
	Directories *directories = context;
	const char	*end = strrchr(library->dlpi_name, '/');
	char		 name[DIRECTORIES_NAME_MAX];

	(void) size;
	if (end == NULL || end - library->dlpi_name >= DIRECTORIES_NAME_MAX || library->dlpi_name[0] != '/' ||
		directories->library_count == DIRECTORIES_MAX)
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int) (end - library->dlpi_name), library->dlpi_name);
	for (size_t i = 0; i < directories->library_count; i++)
		if (strcmp(directories->libraries[i], name) == 0)
			return 0;
	strcpy(directories->libraries[directories->library_count++], name);
	return 0;
}

static void
add_packages(Directories *directories, const char *prefix, const char *const *below, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		char *name = directories->packages[directories->package_count];

		if (snprintf(name, DIRECTORIES_NAME_MAX, "%s%s", prefix, below[i]) < DIRECTORIES_NAME_MAX && access(name, R_OK | X_OK) == 0)
			directories->package_count++;
	}
}

/* Whether pyvenv.cfg has include-system-site-packages = true; *is_one tells whether there is such a file. */
static bool
includes_machine(const char *environment, bool *is_one)
{
	char line[DIRECTORIES_NAME_MAX],
		word[8] = "";
	bool  includes = false;
	FILE *file;

	snprintf(line, sizeof(line), "%s/pyvenv.cfg", environment);
	file = fopen(line, "re");
	*is_one = file != NULL;
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, " include-system-site-packages = %7s", word) == 1)
			includes = strcmp(word, "true") == 0;
	if (file != NULL)
		fclose(file);
	return includes;
}

bool
directories_find(const char *environment, Directories *directories, char wrong[DIRECTORIES_WRONG_MAX])
{
	bool has_machine = true,
		 is_one;

	directories->package_count = directories->library_count = directories->readable_count = 0;
	directories->is_environment = environment != NULL && environment[0] != '\0';
	for (size_t i = 0; i < sizeof(machine) / sizeof(machine[0]); i++)
		directories->readable[directories->readable_count++] = machine[i];
	if (directories->is_environment)
	{
		if (strlen(environment) + sizeof("/pyvenv.cfg") > DIRECTORIES_NAME_MAX)
		{
			snprintf(wrong, DIRECTORIES_WRONG_MAX, "the name of the virtual environment is too long");
			return false;
		}
		strcpy(directories->environment, environment);
		has_machine = includes_machine(environment, &is_one);
		if (!is_one)
		{
			snprintf(wrong, DIRECTORIES_WRONG_MAX, "\"%s\" is no virtual environment of Python: it has no pyvenv.cfg that can be read",
					 environment);
			return false;
		}
		directories->readable[directories->readable_count++] = directories->environment;
		add_packages(directories, environment, of_environment, sizeof(of_environment) / sizeof(of_environment[0]));
		if (directories->package_count == 0)
		{
			snprintf(wrong, DIRECTORIES_WRONG_MAX, "the virtual environment \"%s\" has no lib/" VERSION "/site-packages: it is of another version than "
												   "this program's Python " PY_VERSION,
					 environment);
			return false;
		}
	}
	if (has_machine)
		add_packages(directories, PYTHON_PREFIX, of_machine, sizeof(of_machine) / sizeof(of_machine[0]));
	for (size_t i = 0; i < directories->package_count; i++)
		directories->readable[directories->readable_count++] = directories->packages[i];
	dl_iterate_phdr(add_library, directories);
	for (size_t i = 0; i < directories->library_count; i++)
		directories->readable[directories->readable_count++] = directories->libraries[i];
	directories->readable[directories->readable_count] = NULL;
	return true;
}

/*
 * source_errors.c
 *	  What users are told of sources that cannot be read.
 *
 * A source is a text, and users write many that would mean something elsewhere: to a shell, a browser, another machine.
 * A name that does not exist is looked through for these, so that the hint says what to write here.
 */
#include "postgres.h"

#include <ctype.h>
#include <net/if.h>
#include <sys/stat.h>

#include "pg/base/encoding.h"
#include "pg/options/option_forms.h"
#include "pg/options/options.h"
#include "pg/source/source_errors.h"

#ifndef ERRCODE_FILE_NAME_TOO_LONG
#define ERRCODE_FILE_NAME_TOO_LONG MAKE_SQLSTATE('5', '8', 'P', '0', '3') /* as later servers have it */
#endif

/* Says, as an error's detail, where the path came from. */
static int
origin_detail(const Origin *origin)
{
	if (origin->is_directory)
		return errdetail("The captures that match \"%s\" were looked for.", origin->glob);
	if (origin->glob != NULL && origin->index > 0)
		return errdetail("It matches \"%s\", element %d of the option \"source\".", origin->glob, origin->index);
	if (origin->glob != NULL)
		return errdetail("It matches \"%s\" in the option \"source\".", origin->glob);
	if (origin->index > 0)
		return errdetail("It is element %d of the option \"source\".", origin->index);
	return 0;
}

/* -------------------------------------------------------------------------------------------------- what is not there */

static bool
ends_with(const char *text, char last)
{
	return text[strlen(text) - 1] == last;
}

static bool
is_quoted(const char *path)
{
	return strlen(path) > 1 && (path[0] == '\'' || path[0] == '"') && ends_with(path, path[0]);
}

/* A home directory or a variable. */
static bool
is_of_shell(const char *path)
{
	return path[0] == '~' || path[0] == '$';
}

static bool
has_blank_at_end(const char *path)
{
	return isspace((unsigned char) path[0]) || isspace((unsigned char) path[strlen(path) - 1]);
}

/* A drive's letter, a colon and a slash of either kind, or a name that begins with two backslashes. */
static bool
is_of_windows(const char *path)
{
	if (path[0] == '\\' && path[1] == '\\')
		return true;
	return ((path[0] >= 'a' && path[0] <= 'z') || (path[0] >= 'A' && path[0] <= 'Z')) && path[1] == ':' &&
		   (path[2] == '\\' || path[2] == '/');
}

/* A word as http or file, and ://. */
static bool
is_url(const char *path)
{
	size_t scheme = strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");

	return scheme > 1 && strncmp(path + scheme, "://", 3) == 0;
}

/* Several paths that are not written as an array's literal. */
static bool
is_list(const char *path)
{
	return path[0] == '{' || ends_with(path, '}') || path[0] == '[' || strchr(path, ',') != NULL || strchr(path, ';') != NULL;
}

/* Where a list has it, as an interface that is all of the source is not looked for as a path. */
static bool
is_interface(const char *path)
{
	return strncmp(path, SOURCE_INTERFACE_PREFIX, strlen(SOURCE_INTERFACE_PREFIX)) == 0 || (form_is_bare_name(path) && if_nametoindex(path) != 0);
}

/* What users write that is no path on the server's machine, the likeliest first, and what they should write. */
static const struct
{
	bool (*is_it)(const char *path);
	const char *hint; /* a format: for the path's first character */
} mistakes[] = {
	{is_quoted, "The quotes were read as part of the name: leave them out."},
	{is_of_shell, "A shell replaces \"%c\", the server does not: write the whole path on the database server's machine."},
	{has_blank_at_end, "The blank at its beginning or end was read as part of the name: leave it out."},
	{is_url, "A capture is a file on the database server's machine: nothing is fetched from a URL. Copy it there and give its path."},
	{is_of_windows, "Captures are files on the database server's machine, not on the client's, "
					"and their paths have slashes, as \"/captures/a.pcap\"."},
	{is_interface, "An interface is captured alone, not in a list; the interface \"any\" is all of them."},
	{is_list, "Write several captures in braces, as {/captures/a.pcap,/captures/b.pcap}."},
};

/* What to do about a path, or a glob, that is not there. */
static int
absent_hint(const Reach *reach, const char *path)
{
	for (int i = 0; i < lengthof(mistakes); i++)
		if (mistakes[i].is_it(path))
			return errhint(mistakes[i].hint, path[0]);
	if (reach->directory == NULL && form_is_bare_name(path))
		return errhint("Nor is there an interface of this name: nfstream_interfaces() lists them. A capture has its whole path, as \"/captures/a.pcap\".");
	if (!is_absolute_path(path))
		return reach->directory != NULL ? errhint("A relative path starts in directory \"%s\".", reach->directory) :
										  errhint("A relative path starts in the server's data directory: write the whole path, as \"/captures/a.pcap\".");
	if (glob_may_match(path))
		return errhint("Names are matched on the database server's machine, "
					   "among those that its operating system user can see.");
	return errhint("Captures are files on the database server's machine, not on the client's: check the path there.");
}

/* ----------------------------------------------------------------------------------------------- what may not be read */

/* The first directory of a path that may not be entered; NULL if all may be. */
static char *
closed_directory(const Reach *reach, const char *path)
{
	char	   *directory = pstrdup(path);
	char	   *end = directory + strspn(directory, "/");
	struct stat status;

	while (*(end += strcspn(end, "/")) != '\0')
	{
		char next = end[1];

		/* A name after the slash makes the system enter the directory. */
		end[1] = '\0';
		if (!reach_stat(reach, psprintf("%s.", directory), &status) && errno == EACCES)
		{
			*end = '\0';
			return directory;
		}
		end[1] = next;
		end += strspn(end, "/");
	}
	return NULL;
}

/* What to do about a path that the server's user may not read. */
static int
denied_hint(const Reach *reach, const char *path)
{
	char *directory = closed_directory(reach, path);

	if (directory != NULL)
		return errhint("The server's operating system user may not enter directory \"%s\": "
					   "let it (chmod o+x or an ACL), or put the capture elsewhere.",
					   encoding_valid(directory));
	return errhint("Let the server's operating system user read the file (chmod o+r or an ACL).");
}

/* A name leads out of the directory; what is there, if anything, is not looked at. */
static void
refuse_outside(int level, const Reach *reach, const char *path, const Origin *origin)
{
	ereport(level,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("\"%s\" is not in directory \"%s\"", encoding_valid(path), reach->directory),
			 origin_detail(origin),
			 errhint("Tables of this server can only read captures in the directory that its option \"directory\" names. "
					 "A symbolic link must not lead out of it.")));
}

/* ------------------------------------------------------------------------------------------------------------- reports */

void
source_could_not_reach(int level, const char *directory)
{
	if (level == 0)
		return;
	if (errno == ENOSYS)
		ereport(level,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("this kernel cannot keep sources in directory \"%s\"", directory),
				 errdetail("It has no openat2()."),
				 errhint("Linux has it from 5.6 on. On a server without the option \"directory\" it is not needed.")));
	else
		ereport(level,
				(errcode_for_file_access(),
				 errmsg("could not open directory \"%s\": %m", directory),
				 errdetail("It is the option \"directory\" of the server."),
				 errhint("Make the directory and let the server's operating system user enter it, or name another with ALTER SERVER.")));
}

void
source_could_not_open(int level, const Reach *reach, const char *path, const Origin *origin)
{
	int error = errno;

	if (level == 0)
		return;
	if (error == EXDEV && reach->directory != NULL)
	{
		refuse_outside(level, reach, path, origin);
		return;
	}
	ereport(level,
			(error == ENAMETOOLONG ? errcode(ERRCODE_FILE_NAME_TOO_LONG) : errcode_for_file_access(),
			 errmsg("could not open capture \"%s\": %m", encoding_valid(path)),
			 origin_detail(origin),
			 error == ENOENT				   ? absent_hint(reach, path) :
			 error == EACCES || error == EPERM ? denied_hint(reach, path) :
												 0));
}

#define NOT_A_FILE "Give the path of a regular file."

/* What a path may lead to that is no capture, by the type in its mode. */
static const struct
{
	mode_t		type;
	const char *what;
	const char *hint;	   /* formats, for the path of a directory with its slash: for a path that was given, */
	const char *glob_hint; /* and for one that a glob has matched; NULL: the same */
} file_types[] = {
	{S_IFDIR, "it is a directory",
	 .hint = "Name the captures in it with a glob, as \"%s*.pcap\".",
	 .glob_hint = "Use a glob that matches only captures, as \"*.pcap\"; the captures in this directory are \"%s*.pcap\"."},
	{S_IFIFO, "it is a pipe", .hint = NOT_A_FILE},
	{S_IFSOCK, "it is a socket", .hint = NOT_A_FILE},
	{S_IFCHR, "it is a device", .hint = NOT_A_FILE},
	{S_IFBLK, "it is a device", .hint = NOT_A_FILE},

	/* One that is on no disk, as those in /proc. */
	{S_IFREG, "it is not a regular file",
	 .hint = "The kernel makes up what is in there: give the path of a file on a disk."},
};

void
source_not_regular(int level, const struct stat *status, const char *path, const Origin *origin)
{
	const char *name = encoding_valid(path);
	int			i = 0;

	if (level == 0)
		return;
	while (i < lengthof(file_types) - 1 && file_types[i].type != (status->st_mode & S_IFMT))
		i++;
	ereport(level,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("could not open capture \"%s\": %s", name, file_types[i].what),
			 origin_detail(origin),
			 errhint(origin->glob != NULL && file_types[i].glob_hint != NULL ? file_types[i].glob_hint : file_types[i].hint,
					 psprintf("%s%s", name, ends_with(path, '/') ? "" : "/"))));
}

void
source_no_match(int level, const Reach *reach, const char *pattern, const Origin *origin)
{
	if (level == 0)
		return;
	ereport(level,
			(errcode(ERRCODE_UNDEFINED_FILE),
			 errmsg("no capture matches \"%s\"", encoding_valid(pattern)),
			 origin_detail(&(Origin) {.index = origin->index}),
			 absent_hint(reach, pattern)));
}

void
source_glob_failed(int level, const Reach *reach, const char *pattern, const GlobMatches *matches, const Origin *origin)
{
	Origin looked_in = *origin;

	if (level == 0)
		return;
	looked_in.is_directory = true;
	if (matches->bound != NULL)
		ereport(level,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("could not look for the captures that match \"%s\"", encoding_clipped(pattern)),
				 errdetail("%s", matches->bound),
				 errhint("Name the directories, and use fewer wildcards.")));
	else if (matches->error == EXDEV && reach->directory != NULL)
		refuse_outside(level, reach, matches->unreadable, &looked_in);
	else
	{
		errno = matches->error;
		ereport(level,
				(errcode_for_file_access(),
				 errmsg("could not read directory \"%s\": %m", encoding_valid(matches->unreadable)),
				 origin_detail(&looked_in),
				 matches->error == EACCES ?
					 errhint("Let the server's operating system user read and enter the directory (chmod o+rx or an ACL).") :
					 0));
	}
}

void
source_too_many_files(int level, int most)
{
	if (level == 0)
		return;
	ereport(level,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("a source cannot have more than %d files", most),
			 errhint("Divide the captures among several tables.")));
}

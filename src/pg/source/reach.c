/*
 * reach.c
 *	  How far a source reaches.
 *
 * The kernel keeps names inside a directory: openat2() with RESOLVE_BENEATH looks a name up and opens what it finds in
 * one step, so there is no moment between a check and the opening at which a symbolic link could be put in place.
 * Whatever is only looked at goes this way too, as the directories of a glob do.
 *
 * The kernel refuses every absolute link, wherever it leads.  One that leads into the directory is as good as a relative
 * one, so it is replaced here by its text, and the kernel judges the name that results.
 */
#include "postgres.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "storage/fd.h"

#include "pg/source/reach.h"

#define MAX_LINKS	 40	 /* in a name, as the kernel has it */
#define MAX_ATTEMPTS 100 /* while directories are renamed under the lookup */

/* --------------------------------------------------------------------------------------------------- names in a directory */

/*
 * The rest of an absolute path after the directory's name, without leading slashes; NULL if the path does not begin with
 * that name.  Only letters are compared: what is there, the kernel finds.
 */
static const char *
behind_directory(const char *directory, const char *path)
{
	for (;;)
	{
		bool ends;

		directory += strspn(directory, "/");
		ends = *directory == '\0';
		if (*path != '/' && !(ends && *path == '\0'))
			return NULL;
		path += strspn(path, "/");
		if (ends)
			return path;
		while (*directory != '\0' && *directory != '/')
			if (*directory++ != *path++)
				return NULL;
	}
}

/* Turns a name as users write it into one that starts in the directory; false, with errno, if it does not lie there. */
static bool
make_relative(const char *directory, const char *path, char relative[PATH_MAX])
{
	if (is_absolute_path(path))
		path = behind_directory(directory, path);
	if (path == NULL)
	{
		errno = EXDEV;
		return false;
	}
	if (strlcpy(relative, *path == '\0' ? "." : path, PATH_MAX) < PATH_MAX)
		return true;
	errno = ENAMETOOLONG;
	return false;
}

static int
open_beneath(int directory, const char *relative, int flags)
{
	struct open_how how = {.flags = flags, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	int				descriptor;

	/* EAGAIN: a directory was renamed meanwhile, so that the kernel cannot tell where a ".." led. */
	for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++)
	{
		descriptor = syscall(SYS_openat2, directory, relative, &how, sizeof(how));
		if (descriptor >= 0 || errno != EAGAIN)
			break;
	}
	if (descriptor < 0 && (errno == EMFILE || errno == ENFILE))
	{
		/* As BasicOpenFile() does: the server holds files open that it can close now and open again. */
		closeAllVfds();
		descriptor = syscall(SYS_openat2, directory, relative, &how, sizeof(how));
	}
	return descriptor;
}

/* The text of a symbolic link; -1 if the name is none. */
static ssize_t
read_link(int directory, const char *relative, char target[PATH_MAX])
{
	int		descriptor = open_beneath(directory, relative, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	ssize_t length;

	if (descriptor < 0)
		return -1;
	length = readlinkat(descriptor, "", target, PATH_MAX - 1);
	close(descriptor);
	if (length >= 0)
		target[length] = '\0';
	return length;
}

/* Whether a name, or the first `length` bytes of it, leads out of the directory. */
static bool
leads_out(int directory, char *relative, size_t length)
{
	char next = relative[length];
	int	 descriptor;

	relative[length] = '\0';
	descriptor = open_beneath(directory, relative, O_PATH | O_CLOEXEC);
	relative[length] = next;
	if (descriptor >= 0)
		close(descriptor);
	return descriptor < 0 && errno == EXDEV;
}

/*
 * Finds the component at which a name leads out of the directory: up to the one before it the name does not, from it on
 * it does.  So it is found by halving, as a name can have nearly as many components as bytes.  Returns where it ends, and
 * where it starts.
 */
static size_t
find_way_out(int directory, char *relative, size_t *start)
{
	size_t inside = 0, /* this many bytes do not lead out */
		outside = strlen(relative);

	for (;;)
	{
		size_t middle = inside + (outside - inside) / 2,
			   end;

		/* The end of the component around the middle, or of one before it. */
		end = middle + strcspn(relative + middle, "/");
		if (end >= outside)
		{
			end = middle;
			while (end > inside && relative[end] != '/')
				end--;
		}
		if (end <= inside)
			break;
		if (leads_out(directory, relative, end))
			outside = end;
		else
			inside = end;
	}
	*start = inside + strspn(relative + inside, "/");
	return outside;
}

/*
 * Where a name leads out of the directory by a symbolic link, puts the link's text in its place; false if it is no link,
 * or an absolute one that leads out.
 */
static bool
replace_link(const Reach *reach, char relative[PATH_MAX])
{
	char target[PATH_MAX],
		replaced[PATH_MAX];
	const char *to = target;
	size_t		start,
		end = find_way_out(reach->descriptor, relative, &start);
	char	after = relative[end];
	ssize_t length;

	relative[end] = '\0';
	length = read_link(reach->descriptor, relative, target);
	relative[end] = after;
	if (length < 0)
		return false;
	if (is_absolute_path(target))
	{
		to = behind_directory(reach->directory, target);
		start = 0;
	}
	if (to == NULL)
		return false;
	if (snprintf(replaced, PATH_MAX, "%.*s%s%s", (int) start, relative, *to == '\0' ? "." : to, relative + end) >= PATH_MAX)
		return false;
	strlcpy(relative, replaced, PATH_MAX);
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ files */

bool
reach_start(Reach *reach, const char *directory)
{
	int probe;

	reach->directory = directory;
	reach->descriptor = -1;
	if (directory == NULL)
		return true;
	reach->descriptor = OpenTransientFile(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (reach->descriptor < 0)
		return false;

	/* Whether the kernel can do this is found out before any name is looked up. */
	probe = open_beneath(reach->descriptor, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (probe < 0)
	{
		int error = errno;

		reach_end(reach);
		errno = error;
		return false;
	}
	close(probe);
	return true;
}

void
reach_end(Reach *reach)
{
	if (reach->descriptor >= 0)
		CloseTransientFile(reach->descriptor);
	reach->descriptor = -1;
}

int
reach_open(const Reach *reach, const char *path, int flags)
{
	char relative[PATH_MAX];
	int	 descriptor = -1;

	if (reach->directory == NULL)
		return BasicOpenFile(path, flags);
	if (!make_relative(reach->directory, path, relative))
		return -1;
	for (int links = 0; links <= MAX_LINKS; links++)
	{
		descriptor = open_beneath(reach->descriptor, relative, flags);
		if (descriptor >= 0 || errno != EXDEV)
			return descriptor;
		if (!replace_link(reach, relative))
			break;
	}
	errno = EXDEV;
	return -1;
}

static bool
look(const Reach *reach, const char *path, int flags, struct stat *status)
{
	int descriptor = reach_open(reach, path, flags | O_PATH | O_CLOEXEC);
	int result,
		error;

	if (descriptor < 0)
		return false;
	result = fstat(descriptor, status);
	error = errno;
	close(descriptor);
	errno = error;
	return result == 0;
}

bool
reach_stat(const Reach *reach, const char *path, struct stat *status)
{
	return reach->directory == NULL ? stat(path, status) == 0 : look(reach, path, 0, status);
}

bool
reach_lstat(const Reach *reach, const char *path, struct stat *status)
{
	return reach->directory == NULL ? lstat(path, status) == 0 : look(reach, path, O_NOFOLLOW, status);
}

/* File systems of the kernel's own. */
static bool
is_made_up(long type)
{
	switch (type)
	{
		case BINFMTFS_MAGIC:
		case BPF_FS_MAGIC:
		case CGROUP_SUPER_MAGIC:
		case CGROUP2_SUPER_MAGIC:
		case DEBUGFS_MAGIC:
		case EFIVARFS_MAGIC:
		case PROC_SUPER_MAGIC:
		case PSTOREFS_MAGIC:
		case SECURITYFS_MAGIC:
		case SELINUX_MAGIC:
		case SYSFS_MAGIC:
		case TRACEFS_MAGIC:
			return true;
		default:
			return false;
	}
}

bool
reach_is_on_disk(const Reach *reach, const char *path)
{
	int			  descriptor = reach_open(reach, path, O_PATH | O_CLOEXEC);
	struct statfs status;
	bool		  known = descriptor >= 0 && fstatfs(descriptor, &status) == 0;

	if (descriptor >= 0)
		close(descriptor);
	return !known || !is_made_up((long) status.f_type);
}

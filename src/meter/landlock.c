/*
 * landlock.c
 *	  The wall around files that the kernel itself keeps: Landlock.
 *
 * A ruleset handles all that this version of Landlock knows, and so forbids it, but for reading below a few places.  What a
 * version handles that the headers of the C library do not know yet, stands here by its number, as in the kernel's
 * include/uapi/linux/landlock.h.  https://docs.kernel.org/userspace-api/landlock.html
 */
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "meter/landlock.h"

/* struct landlock_ruleset_attr as of version 6; earlier versions know only its beginning. */
typedef struct Handled
{
	uint64_t files;
	uint64_t net;
	uint64_t scoped;
} Handled;

/* All rights up to, and with, the one of this bit. */
#define RIGHTS_UP_TO(bit) ((UINT64_C(2) << (bit)) - 1)

/* What each version handles for the first time: the highest right to files, to the net, and scope; in order of the versions. */
static const struct
{
	int		version;
	Handled all;
	size_t	bytes;
} versions[] = {
	{1, {.files = RIGHTS_UP_TO(12)}, 8},							/* MAKE_SYM */
	{2, {.files = RIGHTS_UP_TO(13)}, 8},							/* REFER */
	{3, {.files = RIGHTS_UP_TO(14)}, 8},							/* TRUNCATE */
	{4, {.files = RIGHTS_UP_TO(14), .net = RIGHTS_UP_TO(1)}, 16},	/* BIND_TCP, CONNECT_TCP */
	{5, {.files = RIGHTS_UP_TO(15), .net = RIGHTS_UP_TO(1)}, 16},	/* IOCTL_DEV */
	{6, {RIGHTS_UP_TO(15), RIGHTS_UP_TO(1), RIGHTS_UP_TO(1)}, 24}}; /* ABSTRACT_UNIX_SOCKET, SIGNAL */

int
landlock_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return version > 0 ? (int) version : 0;
}

/* Allows reading a file, or what lies below a directory. */
static bool
allow_reading(int ruleset, const char *name)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE};
	struct stat						  status;
	bool							  allowed;

	rule.parent_fd = open(name, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return true; /* it is not there, or cannot be read anyway */
	if (fstat(rule.parent_fd, &status) == 0 && S_ISDIR(status.st_mode))
		rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
	allowed = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
	close(rule.parent_fd);
	return allowed;
}

bool
landlock_keep_reading(const char *const *readable, size_t count)
{
	int	   version = landlock_version();
	size_t row = 0;
	int	   ruleset;
	bool   kept;

	if (version < 1)
		return false;
	while (row + 1 < sizeof(versions) / sizeof(versions[0]) && versions[row + 1].version <= version)
		row++;
	ruleset = (int) syscall(SYS_landlock_create_ruleset, &versions[row].all, versions[row].bytes, 0);
	if (ruleset < 0)
		return false;
	kept = true;
	for (size_t i = 0; kept && i < count; i++)
		kept = allow_reading(ruleset, readable[i]);
	kept = kept && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	close(ruleset);
	return kept;
}

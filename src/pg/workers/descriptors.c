/*
 * descriptors.c
 *	  The descriptors that an owner takes of its process.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "storage/fd.h"

#include "pg/workers/descriptors.h"

/* Waiting for a meter needs some for a moment. */
#define SPARE_DESCRIPTORS 4

void
descriptor_report_none(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
			 errmsg("no file descriptor is left in this session for another meter"),
			 errdetail("Meters, connections to other servers and the like may take %d of a session's descriptors.", max_safe_fds / 3),
			 errhint("Close cursors that are not needed, or raise \"max_files_per_process\".")));
}

bool
descriptor_is_left(void)
{
	int	 spare = 0;
	bool is_enough;

	while (spare <= SPARE_DESCRIPTORS && AcquireExternalFD())
		spare++;
	is_enough = spare > SPARE_DESCRIPTORS;
	while (spare-- > 0)
		ReleaseExternalFD();
	return is_enough;
}

void
descriptor_reserve(void)
{
	if (!descriptor_is_left() || !AcquireExternalFD())
		descriptor_report_none();
}

static bool
write_all(int descriptor, const uint8 *bytes, uint64 length)
{
	while (length > 0)
	{
		ssize_t written = write(descriptor, bytes, length);

		if (written < 0 && errno != EINTR)
			return false;
		bytes += Max(written, 0);
		length -= Max(written, 0);
	}
	return true;
}

int
descriptor_of_memory(const char *name, const uint8 *bytes, uint64 length)
{
	int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING),
		error;
	bool is_done = descriptor >= 0 && write_all(descriptor, bytes, length);

	if (is_done && fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0)
		return descriptor;
	error = errno;
	if (descriptor >= 0)
		close(descriptor);
	errno = error;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
			 errmsg("could not create memory for the plugins of a meter: %m"),
			 errhint("Close cursors that are not needed, or raise \"max_files_per_process\".")));
}

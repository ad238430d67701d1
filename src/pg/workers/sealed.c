/*
 * sealed.c
 *	  Bytes for another process, as memory that has a descriptor.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pg/workers/sealed.h"

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
sealed_memory(const char *name, const uint8 *bytes, uint64 length)
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

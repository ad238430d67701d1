/*
 * files.h
 *	  Descriptors of files that exist in memory only, and of one that breaks.
 */
#ifndef FILES_H
#define FILES_H

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cases.h"

/* A file with these bytes, at its start. */
static inline int
file_of(const void *bytes, size_t length)
{
	int descriptor = memfd_create("test", MFD_CLOEXEC);

	assert_true(descriptor >= 0);
	assert_int_equal(pwrite(descriptor, bytes, length, 0), length);
	return descriptor;
}

/* Makes the file so long, with zeros; or writes bytes at some place of it. */
static inline void
file_extend(int descriptor, uint64_t length)
{
	assert_int_equal(ftruncate(descriptor, (off_t) length), 0);
}

static inline void
file_write(int descriptor, uint64_t place, const void *bytes, size_t length)
{
	assert_int_equal(pwrite(descriptor, bytes, length, (off_t) place), length);
}

/* A file that the system can read no further than these bytes, at most 4096: after them it answers EIO. */
static inline int
file_that_breaks_behind(const void *bytes, size_t length)
{
	size_t	 page = (size_t) sysconf(_SC_PAGESIZE);
	uint8_t *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int		 descriptor = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);

	assert_true(pages != MAP_FAILED && length <= page && descriptor >= 0);
	memcpy(pages + page - length, bytes, length);
	assert_int_equal(munmap(pages + page, page), 0);
	assert_true(lseek(descriptor, (off_t) (uintptr_t) (pages + page - length), SEEK_SET) > 0);
	return descriptor;
}

#endif /* FILES_H */

/*
 * set_clock.c
 *	  The machine's clock as the processes see it that are started with this in LD_PRELOAD: later by as many seconds as a file says.
 *
 * The machine itself keeps its own, and so does a program whose file gives it capabilities.  The file, of 8 bytes, is the one that
 * CLOCK_SET names.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>

static int64_t
later(void)
{
	static volatile int64_t *set;

	if (set == NULL)
	{
		int	  file = open(getenv("CLOCK_SET"), O_RDONLY | O_CLOEXEC);
		void *memory = mmap(NULL, sizeof(*set), PROT_READ, MAP_SHARED, file, 0);

		if (file < 0 || memory == MAP_FAILED)
			abort();
		set = memory;
	}
	return *set;
}

int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	static int (*real)(struct timeval *, void *);
	int result;

	if (real == NULL)
		*(void **) &real = dlsym(RTLD_NEXT, "gettimeofday");
	result = real(now, zone);
	now->tv_sec += later();
	return result;
}

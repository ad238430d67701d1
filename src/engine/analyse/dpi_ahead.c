/*
 * dpi_ahead.c
 *	  nDPI that starts while packets come already.
 *
 * Its start takes as long as 100,000 packets, and who asks for few rows needs it only when the first flow leaves.  So a thread does that
 * meanwhile, and nothing else: it shares no data with the rest of the program before it has ended.
 *
 * The thread stands in the same sandbox.  It is made before the last wall is there, as then no thread can be made any more, and waits: what
 * it does, it does inside.  Memory that it cannot have ends it, not the program, whose other thread may be about to write.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "engine/analyse/dpi_ahead.h"
#include "engine/base/memory.h"

/* nDPI's start takes some kB of it. */
#define STACK_BYTES ((size_t) 1 << 20)

/* From so many on, in bytes, those of a second heap are not missed. */
#define ADDRESSES_FOR_HEAPS ((rlim_t) 1 << 30)

struct DpiAhead
{
	Dpi		 *dpi;
	bool	  complete; /* it can be told of packets */
	size_t	  lacking;	/* bytes that the thread did not get */
	bool	  has_thread;
	pthread_t thread;
	sem_t	  is_there; /* the thread, with what the C library does first */
	sem_t	  may_go;
	bool	  is_needed; /* before it goes */
};

/* Where the thread's start ends without memory, and whose it is. */
static jmp_buf	 without_memory;
static DpiAhead *of_thread;

DpiAhead *
dpi_ahead(unsigned limit, const ColumnSet *wanted, bool time_dissections)
{
	Dpi		 *dpi = dpi_prepare(limit, wanted, time_dissections);
	DpiAhead *ahead;

	if (dpi == NULL)
		return NULL;
	ahead = memory_get(sizeof(*ahead));
	ahead->dpi = dpi;
	ahead->is_needed = true;
	return ahead;
}

static void
wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore) != 0 && errno == EINTR)
		;
}

static void
lack(size_t bytes)
{
	of_thread->lacking = bytes;
	longjmp(without_memory, 1);
}

static void *
run(void *argument)
{
	DpiAhead *ahead = argument;

	sem_post(&ahead->is_there);
	wait_for(&ahead->may_go);
	if (!ahead->is_needed)
		return NULL;
	of_thread = ahead;
	memory_on_exhaustion_here(lack);
	if (setjmp(without_memory) == 0)
		ahead->complete = dpi_complete(ahead->dpi);
	return NULL;
}

/*
 * The C library gives the thread a heap of its own, so that the two do not wait for each other; it takes 64 MB of the addresses that a meter
 * may have.  Where these are few, they share one.
 */
static void
share_heap(void)
{
#ifdef M_ARENA_MAX
	struct rlimit addresses;

	if (getrlimit(RLIMIT_AS, &addresses) == 0 && addresses.rlim_cur < ADDRESSES_FOR_HEAPS)
		mallopt(M_ARENA_MAX, 1);
#endif
}

bool
dpi_ahead_thread(DpiAhead *ahead)
{
	pthread_attr_t attributes;

	if (pthread_attr_init(&attributes) != 0)
		return false;
	share_heap();
	sem_init(&ahead->is_there, 0, 0);
	sem_init(&ahead->may_go, 0, 0);
	ahead->has_thread = pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0 &&
						pthread_create(&ahead->thread, &attributes, run, ahead) == 0;
	pthread_attr_destroy(&attributes);
	if (ahead->has_thread)
		wait_for(&ahead->is_there);
	return ahead->has_thread;
}

void
dpi_ahead_go(DpiAhead *ahead)
{
	if (ahead->has_thread)
		sem_post(&ahead->may_go);
}

static void
join(DpiAhead *ahead)
{
	if (!ahead->has_thread)
		return;
	pthread_join(ahead->thread, NULL);
	ahead->has_thread = false;
	sem_destroy(&ahead->is_there);
	sem_destroy(&ahead->may_go);
}

Dpi *
dpi_ahead_get(DpiAhead *ahead)
{
	join(ahead);
	if (!ahead->complete && ahead->lacking == 0)
		ahead->complete = dpi_complete(ahead->dpi);
	if (!ahead->complete)
		memory_exhausted(ahead->lacking);
	return ahead->dpi;
}

void
dpi_ahead_settle(DpiAhead *ahead)
{
	if (!ahead->has_thread)
		return;
	dpi_ahead_go(ahead);
	join(ahead);
}

void
dpi_ahead_end(DpiAhead *ahead)
{
	ahead->is_needed = false; /* of a thread that still waits */
	dpi_ahead_settle(ahead);
	dpi_end(ahead->dpi);
	free(ahead);
}

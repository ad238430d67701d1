/*
 * test_dpi_ahead.c
 *	  nDPI that starts while packets come already: the same labels, whoever starts it, and memory that its thread does not get.
 */
#include <ndpi_define.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dpi_run.h"
#include "engine/analyse/dpi_ahead.h"
#include "engine/base/memory.h"

void *__real_realloc(void *memory, size_t bytes);
void *__wrap_realloc(void *memory, size_t bytes);

/* Allocations of other threads than this one: how many there were, and which of them fails; -1: none. */
static pthread_t this_thread;
static int		 elsewhere = 0,
		   failing = -1;

void *
__wrap_realloc(void *memory, size_t bytes)
{
	if (!pthread_equal(pthread_self(), this_thread) && elsewhere++ == failing)
		return NULL;
	return __real_realloc(memory, bytes);
}

static DpiAhead *
prepare(void)
{
	DpiAhead *ahead = dpi_ahead(20, &all_columns, false);

	assert_non_null(ahead);
	this_thread = pthread_self();
	elsewhere = 0;
	return ahead;
}

/* A flow of SSH, and what nDPI says of it. */
static void
expect_ssh(Dpi *dpi)
{
	DpiFlow flow = {0};
	Message hello = {0};
	Message packet;

	add_text(&hello, "SSH-2.0-OpenSSH_9.2\r\n");
	packet = tcp_packet(40000, TCP_DATA_FLAGS, TO_SERVER, 0, 0, &hello);
	give(dpi, &flow, 1, &packet);
	dpi_expire(dpi, &flow);
	expect_label(dpi, &flow, "SSH", "RemoteAccess", 0, 6);
	dpi_free(dpi, &flow);
}

CASE(a_thread_starts_it)
{
	DpiAhead *ahead = prepare();
	Dpi		 *dpi;

	assert_true(dpi_ahead_thread(ahead));
	assert_int_equal(elsewhere, 0); /* it waits */
	dpi_ahead_go(ahead);
	dpi = dpi_ahead_get(ahead);
	assert_true(elsewhere > 1000);
	assert_ptr_equal(dpi_ahead_get(ahead), dpi);
	expect_ssh(dpi);
	dpi_ahead_settle(ahead);
	dpi_ahead_end(ahead);
}

CASE(without_a_thread_who_needs_it_does)
{
	DpiAhead *ahead = prepare();

	expect_ssh(dpi_ahead_get(ahead));
	assert_int_equal(elsewhere, 0);
	dpi_ahead_settle(ahead);
	dpi_ahead_end(ahead);
}

CASE(nobody_may_need_it)
{
	DpiAhead *ahead = prepare();

	dpi_ahead_end(ahead);

	/* A thread that was not told to go does not start it any more; one that was, is waited for. */
	ahead = prepare();
	assert_true(dpi_ahead_thread(ahead));
	dpi_ahead_end(ahead);
	assert_int_equal(elsewhere, 0);
	ahead = prepare();
	assert_true(dpi_ahead_thread(ahead));
	dpi_ahead_go(ahead);
	dpi_ahead_settle(ahead);
	assert_true(elsewhere > 1000);
	dpi_ahead_end(ahead);
}

static void
exit_without_memory(size_t bytes)
{
	_exit(pthread_equal(pthread_self(), this_thread) && bytes > 0 ? 42 : EXIT_FAILURE);
}

/* Whichever allocation of the thread fails, the program ends where nDPI is needed, and by the thread that needs it. */
CASE(memory_that_the_thread_lacks)
{
	static const int allocations[] = {0, 1, 100, 1000};

	for (size_t i = 0; i < LENGTH(allocations); i++)
	{
		DpiAhead *ahead = prepare();
		pid_t	  child = fork();
		int		  status;

		if (child == 0)
		{
			memory_on_exhaustion(exit_without_memory);
			failing = allocations[i];
			if (!dpi_ahead_thread(ahead))
				_exit(EXIT_FAILURE);
			dpi_ahead_go(ahead);
			dpi_ahead_get(ahead);
			_exit(EXIT_FAILURE);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 42);
		dpi_ahead_end(ahead);
	}
}

/* From 4.4 on nDPI is started at once. */
CASE(this_one_cannot)
{
	assert_null(dpi_ahead(20, &all_columns, false));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_starts_it),
		cmocka_unit_test(without_a_thread_who_needs_it_does),
		cmocka_unit_test(nobody_may_need_it),
		cmocka_unit_test(memory_that_the_thread_lacks),
	};

	const struct CMUnitTest of_later_versions[] = {
		cmocka_unit_test(this_one_cannot),
	};

	return NDPI_MAJOR == 4 && NDPI_MINOR < 4 ? cmocka_run_group_tests(tests, NULL, NULL) :
											   cmocka_run_group_tests(of_later_versions, NULL, NULL);
}

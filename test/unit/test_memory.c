/*
 * test_memory.c
 *	  Memory that ends the program where it is not to be had, and slabs of cells.
 */
#include "cases.h"
#include "engine/base/memory.h"

#define MUCH (SIZE_MAX / 4)

/* For the sanitizer: too much is refused, as without it, and is no error of the test. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static jmp_buf handled;
static size_t  asked_for;

static void
note_exhaustion(size_t bytes)
{
	asked_for = bytes;
	longjmp(handled, 1);
}

CASE(memory_is_zeroed)
{
	uint8_t *memory = memory_get(1000);

	for (int i = 0; i < 1000; i++)
		assert_int_equal(memory[i], 0);
	free(memory);
}

CASE(memory_keeps_its_contents_when_it_grows)
{
	uint8_t *memory = memory_resize(NULL, 3);

	memcpy(memory, "abc", 3);
	memory = memory_resize(memory, 100000);
	assert_memory_equal(memory, "abc", 3);
	free(memory);
}

CASE(exhaustion_is_told_to_the_handler)
{
	memory_on_exhaustion(note_exhaustion);
	asked_for = 0;
	if (setjmp(handled) == 0)
	{
		free(memory_get(MUCH));
		fail();
	}
	assert_true(asked_for == MUCH);
	memory_on_exhaustion(NULL);
}

CASE(exhaustion_while_growing_is_told_to_the_handler)
{
	void *memory = memory_get(10);

	memory_on_exhaustion(note_exhaustion);
	asked_for = 0;
	if (setjmp(handled) == 0)
	{
		free(memory_resize(memory, MUCH));
		fail();
	}
	assert_true(asked_for == MUCH);
	memory_on_exhaustion(NULL);
	free(memory);
}

CASE(cell_zero_is_never_given_out)
{
	Slab slab;

	slab_start(&slab, 8);
	for (int i = 0; i < 3000; i++)
		assert_int_not_equal(slab_get(&slab), 0);
	slab_end(&slab);
}

/* Over several chunks, and with sizes that are no multiples of 8. */
CASE(cells_lie_apart_and_are_aligned)
{
	static const size_t sizes[] = {1, 4, 8, 13, 64, 250};

	for (size_t i = 0; i < LENGTH(sizes); i++)
	{
		enum
		{
			COUNT = 2 * SLAB_CHUNK_CELLS + 100
		};
		static Cell cells[COUNT];
		Slab		slab;

		slab_start(&slab, sizes[i]);
		for (uint32_t j = 0; j < COUNT; j++)
		{
			cells[j] = slab_get(&slab);
			assert_int_equal((uintptr_t) slab_cell(&slab, cells[j]) % 8, 0);
			memset(slab_cell(&slab, cells[j]), (int) (j % 251), sizes[i]);
		}
		for (uint32_t j = 0; j < COUNT; j++)
			for (size_t byte = 0; byte < sizes[i]; byte++)
				assert_int_equal(((uint8_t *) slab_cell(&slab, cells[j]))[byte], j % 251);
		slab_end(&slab);
	}
}

CASE(cells_never_move)
{
	Slab  slab;
	Cell  cell;
	void *place;

	slab_start(&slab, 16);
	cell = slab_get(&slab);
	place = slab_cell(&slab, cell);
	for (uint32_t i = 0; i < 10 * SLAB_CHUNK_CELLS; i++)
		slab_get(&slab);
	assert_ptr_equal(slab_cell(&slab, cell), place);
	slab_end(&slab);
}

/* As many cells as the busiest moment had, and no more. */
CASE(cells_that_came_back_are_given_out_first)
{
	Slab slab;
	Cell cells[100];

	slab_start(&slab, 24);
	for (size_t i = 0; i < LENGTH(cells); i++)
		cells[i] = slab_get(&slab);
	for (int round = 0; round < 1000; round++)
	{
		for (size_t i = 0; i < LENGTH(cells); i++)
			slab_put(&slab, cells[i]);
		for (size_t i = 0; i < LENGTH(cells); i++)
		{
			cells[i] = slab_get(&slab);
			for (size_t j = 0; j < i; j++)
				assert_int_not_equal(cells[i], cells[j]);
		}
	}
	assert_int_equal(slab.next, 1 + LENGTH(cells));
	assert_int_equal(slab.chunk_count, 1);
	slab_end(&slab);
}

CASE(cells_in_use_are_left_alone_by_others_that_come_and_go)
{
	Random	 numbers = random_start();
	Slab	 slab;
	Cell	 cells[500] = {0};
	uint64_t contents[500] = {0};

	slab_start(&slab, sizeof(uint64_t));
	for (int step = 0; step < 50000; step++)
	{
		uint32_t i = random_below(&numbers, LENGTH(cells));

		if (cells[i] == 0)
		{
			cells[i] = slab_get(&slab);
			contents[i] = random_number(&numbers);
			memcpy(slab_cell(&slab, cells[i]), &contents[i], sizeof(contents[i]));
		}
		else
		{
			assert_memory_equal(slab_cell(&slab, cells[i]), &contents[i], sizeof(contents[i]));
			slab_put(&slab, cells[i]);
			cells[i] = 0;
		}
	}
	slab_end(&slab);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed),
		cmocka_unit_test(memory_keeps_its_contents_when_it_grows),
		cmocka_unit_test(exhaustion_is_told_to_the_handler),
		cmocka_unit_test(exhaustion_while_growing_is_told_to_the_handler),
		cmocka_unit_test(cell_zero_is_never_given_out),
		cmocka_unit_test(cells_lie_apart_and_are_aligned),
		cmocka_unit_test(cells_never_move),
		cmocka_unit_test(cells_that_came_back_are_given_out_first),
		cmocka_unit_test(cells_in_use_are_left_alone_by_others_that_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

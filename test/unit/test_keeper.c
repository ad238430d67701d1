/*
 * test_keeper.c
 *	  Keeping the table of the host's sockets: sockets that come, stay, go and come back, and what a full table gives up.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cases.h"
#include "sockets/keeper.h"
#include "sockets/names.h"

#define KEEP_MS 10000

static SocketTable *table;
static Keeper	   *keeper;
static uint32_t		inodes[KEEPER_WANTED_MAX];

static int
start(void **state)
{
	(void) state;
	table = calloc(1, sizeof(*table));
	keeper = keeper_start(table, 77, KEEP_MS);
	assert_non_null(keeper);
	return 0;
}

static int
end(void **state)
{
	(void) state;
	keeper_end(keeper);
	free(table);
	return 0;
}

typedef struct Socket
{
	uint16_t port;
	uint32_t inode;
} Socket;

static SocketKey
key_of(uint16_t port)
{
	return (SocketKey) {.local = {10, 0, 0, 1}, .remote = {10, 0, 0, 2}, .local_port = port, .remote_port = 443, .protocol = 6};
}

/* A look at this time that sees these sockets, up to one without a port. */
static void
look_at(uint64_t now, bool complete, const Socket *sockets)
{
	keeper_begin_look(keeper, now);
	for (; sockets->port != 0; sockets++)
	{
		SocketKey key = key_of(sockets->port);

		keeper_see(keeper, &key, sockets->inode);
	}
	keeper_end_look(keeper, complete, now + 1);
}

#define LOOK(now, complete, ...) look_at(now, complete, (const Socket[]) {__VA_ARGS__ {0, 0}})

/* The entries of a port's key, in the order of their beginning; returns how many. */
static int
entries_of(uint16_t port, const SocketEntry *found[2 * SOCKET_WAYS])
{
	SocketKey key = key_of(port);
	int		  count = 0;

	for (int i = 0; i < SOCKET_BUCKETS; i++)
		for (int j = 0; j < SOCKET_WAYS; j++)
		{
			const SocketEntry *entry = &table->buckets[i].entries[j];

			assert_int_equal(table->buckets[i].sequence % 2, 0);
			if (entry->inode == 0 || memcmp(&entry->key, &key, sizeof(key)) != 0)
				continue;
			assert_true(count < 2 * SOCKET_WAYS);
			found[count++] = entry;
		}
	for (int i = 1; i < count; i++)
		for (int j = i; j > 0 && found[j]->since < found[j - 1]->since; j--)
		{
			const SocketEntry *other = found[j];

			found[j] = found[j - 1];
			found[j - 1] = other;
		}
	return count;
}

static const SocketEntry *
entry_of(uint16_t port)
{
	const SocketEntry *found[2 * SOCKET_WAYS];

	assert_int_equal(entries_of(port, found), 1);
	return found[0];
}

/* What is there is there at the clock's new time as well, and what has gone is kept no longer than it would have been. */
CASE(clock_may_be_set_back)
{
	LOOK(900000, true, );
	LOOK(901000, true, {1, 11}, {2, 12}, );
	LOOK(902000, true, {1, 11}, );
	assert_int_equal(entry_of(1)->since, 900000);
	assert_int_equal(entry_of(2)->until, 902001);

	LOOK(5000, true, {1, 11}, {3, 13}, );
	assert_int_equal(entry_of(1)->since, 0);
	assert_int_equal(entry_of(1)->until, SOCKET_STILL_THERE);
	assert_int_equal(entry_of(2)->until, 5000);
	assert_int_equal(entry_of(3)->since, 0);

	LOOK(5000 + KEEP_MS + 1, true, {1, 11}, {4, 14}, );
	assert_int_equal(entry_of(4)->since, 5000);
	assert_int_equal(entry_of(3)->until, 5000 + KEEP_MS + 2);
	{
		const SocketEntry *found[2 * SOCKET_WAYS];

		assert_int_equal(entries_of(2, found), 0);
	}
}

CASE(a_sockets_time_is_never_too_short)
{
	LOOK(1000, true, {1, 11}, );
	assert_int_equal(entry_of(1)->since, 0);
	assert_int_equal(entry_of(1)->until, SOCKET_STILL_THERE);
	LOOK(2000, true, {1, 11}, {2, 12}, );
	assert_int_equal(entry_of(2)->since, 1000);
	LOOK(3000, true, {2, 12}, );
	assert_int_equal(entry_of(1)->until, 3001);
	assert_int_equal(entry_of(2)->until, SOCKET_STILL_THERE);
	LOOK(13000, true, {2, 12}, );
	assert_int_equal(entry_of(1)->inode, 11);
	LOOK(13001, true, {2, 12}, );
	{
		const SocketEntry *found[2 * SOCKET_WAYS];

		assert_int_equal(entries_of(1, found), 0);
	}
}

CASE(a_look_that_is_not_complete_ends_nothing)
{
	LOOK(1000, true, {1, 11}, );
	LOOK(2000, false, {2, 12}, );
	assert_int_equal(entry_of(1)->until, SOCKET_STILL_THERE);
	assert_int_equal(entry_of(2)->since, 1000);
	LOOK(3000, true, {3, 13}, );
	assert_int_equal(entry_of(1)->until, 3001);
	assert_int_equal(entry_of(3)->since, 1000); /* the look between may have missed it */
}

CASE(a_port_that_is_used_again_has_two_entries)
{
	const SocketEntry *found[2 * SOCKET_WAYS];

	LOOK(1000, true, {1, 11}, );
	LOOK(2000, true, {1, 12}, );
	assert_int_equal(entries_of(1, found), 2);
	assert_int_equal(found[0]->inode, 11);
	assert_int_equal(found[0]->until, 2001);
	assert_int_equal(found[1]->inode, 12);
	assert_int_equal(found[1]->since, 1000);
	assert_int_equal(found[1]->until, SOCKET_STILL_THERE);
}

CASE(a_socket_that_no_process_holds_keeps_its_entry)
{
	const SocketEntry *found[2 * SOCKET_WAYS];

	LOOK(1000, true, {1, 0}, ); /* not accepted yet */
	assert_int_equal(entries_of(1, found), 0);
	LOOK(2000, true, {1, 11}, );
	LOOK(3000, true, {1, 0}, ); /* closed, and the other end has not answered */
	assert_int_equal(entry_of(1)->until, SOCKET_STILL_THERE);
	assert_int_equal(entry_of(1)->inode, 11);
	LOOK(4000, true, );
	assert_int_equal(entry_of(1)->until, 4001);
}

CASE(sockets_that_share_a_port_are_one)
{
	const Socket shared[] = {{1, 21}, {1, 22}, {1, 23}, {0, 0}},
				 without_first[] = {{1, 22}, {1, 23}, {0, 0}};
	const SocketEntry *found[2 * SOCKET_WAYS];

	look_at(1000, true, shared);
	assert_int_equal(entry_of(1)->inode, 21);
	look_at(2000, true, shared);
	assert_int_equal(entry_of(1)->inode, 21);
	look_at(3000, true, without_first);
	assert_int_equal(entries_of(1, found), 2);
	assert_int_equal(found[0]->until, 3001);
	assert_int_equal(found[1]->inode, 22);
}

CASE(a_process_is_looked_for_until_it_is_found)
{
	LOOK(1000, true, {1, 13}, {2, 12}, {3, 11}, );
	assert_int_equal(keeper_wanted(keeper, inodes), 3);
	assert_int_equal(inodes[0], 11);
	assert_int_equal(inodes[1], 12);
	assert_int_equal(inodes[2], 13);
	keeper_found(keeper, 12, 4711, "curl");
	assert_int_equal(entry_of(2)->pid, 4711);
	assert_int_equal(entry_of(2)->name_length, 4);
	assert_memory_equal(entry_of(2)->name, "curl", 4);
	assert_int_equal(entry_of(1)->pid, 0);
	assert_int_equal(keeper_wanted(keeper, inodes), 0);

	LOOK(2000, true, {1, 13}, {2, 12}, );
	assert_int_equal(keeper_wanted(keeper, inodes), 1);
	assert_int_equal(inodes[0], 13);
	LOOK(2100, true, {1, 13}, {2, 12}, );
	assert_int_equal(keeper_wanted(keeper, inodes), 0);
	LOOK(2200, true, {1, 13}, {2, 12}, );
	assert_int_equal(keeper_wanted(keeper, inodes), 1);
	keeper_found(keeper, 13, 4712, "sshd");
	for (int i = 0; i < 300; i++)
	{
		LOOK(3000 + i, true, {1, 13}, {2, 12}, );
		assert_int_equal(keeper_wanted(keeper, inodes), 0);
	}
	assert_int_equal(entry_of(1)->pid, 4712);
}

/* Where nobody may look at a process, it is not looked for at each look. */
CASE(a_process_that_cannot_be_found_is_looked_for_rarely)
{
	int times = 0;

	for (int i = 0; i < 1000; i++)
	{
		LOOK(1000 + i, true, {1, 13}, );
		times += keeper_wanted(keeper, inodes) > 0;
	}
	assert_in_range(times, 10, 30);
}

CASE(one_socket_with_two_keys_is_looked_for_once)
{
	LOOK(1000, true, {1, 13}, {2, 13}, );
	assert_int_equal(keeper_wanted(keeper, inodes), 1);
	keeper_found(keeper, 13, 99, "java");
	assert_int_equal(entry_of(1)->pid, 99);
	assert_int_equal(entry_of(2)->pid, 99);
}

/* As many sockets as ports, and again and again others: the table keeps what it can, and says so. */
CASE(a_full_table_keeps_what_is_there)
{
	uint32_t there = 0;

	for (uint32_t round = 0; round < 3; round++)
	{
		keeper_begin_look(keeper, 1000 + 1000 * round);
		for (uint32_t i = 0; i < 40000; i++)
		{
			SocketKey key = key_of((uint16_t) (i + 1));

			key.remote[0] = (uint8_t) round;
			keeper_see(keeper, &key, 1 + round * 40000 + i);
		}
		keeper_end_look(keeper, true, 1001 + 1000 * round);
	}
	for (uint32_t i = 0; i < SOCKET_BUCKETS; i++)
		for (int j = 0; j < SOCKET_WAYS; j++)
			there += table->buckets[i].entries[j].inode > 80000 && table->buckets[i].entries[j].until == SOCKET_STILL_THERE;
	assert_int_equal(there, 40000);
	assert_int_equal(table->overflowed, 0);

	keeper_begin_look(keeper, 9000);
	for (uint32_t i = 0; i < 2 * KEEPER_ENTRIES; i++)
	{
		SocketKey key = key_of((uint16_t) (i % 65535 + 1));

		key.remote[0] = (uint8_t) (100 + i / 65535);
		keeper_see(keeper, &key, 200000 + i);
	}
	keeper_end_look(keeper, true, 9001);
	assert_int_equal(table->overflowed, 1);
	assert_int_equal(keeper_wanted(keeper, inodes), KEEPER_WANTED_MAX);
	assert_int_equal(keeper_wanted(keeper, inodes), KEEPER_WANTED_MAX);
}

CASE(addresses_come_and_go)
{
	const uint8_t a[SOCKET_ADDRESS_BYTES] = {1},
				  b[SOCKET_ADDRESS_BYTES] = {2};

	keeper_begin_addresses(keeper);
	keeper_see_address(keeper, a);
	keeper_end_addresses(keeper, 1000);
	assert_int_equal(table->address_count, 1);
	keeper_begin_addresses(keeper);
	keeper_see_address(keeper, b);
	keeper_end_addresses(keeper, 2000);
	assert_int_equal(table->address_count, 2);
	assert_int_equal(table->addresses[0].until, 2000);
	assert_int_equal(table->addresses[1].until, SOCKET_STILL_THERE);
	keeper_begin_addresses(keeper);
	keeper_see_address(keeper, a);
	keeper_see_address(keeper, b);
	keeper_end_addresses(keeper, 3000);
	assert_int_equal(table->address_count, 2);
	assert_int_equal(table->addresses[0].until, SOCKET_STILL_THERE);
	assert_int_equal(table->addresses_sequence % 2, 0);

	keeper_begin_addresses(keeper);
	for (int i = 0; i < 2 * HOST_ADDRESSES_MAX; i++)
		keeper_see_address(keeper, (const uint8_t[SOCKET_ADDRESS_BYTES]) {9, (uint8_t) (i >> 8), (uint8_t) i});
	assert_int_equal(table->address_count, HOST_ADDRESSES_MAX);
	assert_int_equal(table->overflowed, 1);
}

/* Another process writes all the time: a socket goes from one process to the other, whose names are of one letter each. */
CASE(a_reader_sees_whole_entries)
{
	SocketTable	  *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	SocketFlow	   flow = {.src = {10, 0, 0, 1}, .dst = {10, 0, 0, 2}, .src_port = 1, .dst_port = 443, .protocol = 6, .last = 1};
	const int32_t  pids[] = {'a', 'b'};
	const uint64_t kept_ms = 0;
	uint32_t	   found[LENGTH(pids)] = {0, 0};
	pid_t		   writer;

	assert_ptr_not_equal(shared, MAP_FAILED);
	writer = fork();
	if (writer == 0)
	{
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		keeper = keeper_start(shared, 77, kept_ms);
		LOOK(1000, true, {1, 11}, );
		if (keeper_wanted(keeper, inodes) == 1)
			for (uint32_t i = 0;; i++)
			{
				char name[SOCKET_NAME_MAX + 1] = "";

				memset(name, pids[i % 2], SOCKET_NAME_MAX);
				keeper_found(keeper, 11, pids[i % 2], name);
			}
	}
	while (found[0] < 100000 || found[1] < 100000)
	{
		SocketProcess process;

		if (!socket_table_find(shared, &flow, &process))
			continue;
		assert_int_equal(process.name_length, SOCKET_NAME_MAX);
		for (int i = 0; i < SOCKET_NAME_MAX; i++)
			assert_int_equal(process.name[i], process.pid);
		found[process.pid == pids[1]]++;
	}
	assert_int_equal(kill(writer, SIGKILL), 0);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
	munmap(shared, sizeof(*shared));
}

/* ----------------------------------------------------------------------------------------------------------------- names */

static void
assert_printable(const char *bytes, size_t length, const char *expected)
{
	char name[SOCKET_NAME_MAX + 1];

	name_printable(bytes, length, name);
	assert_string_equal(name, expected);
}

CASE(names_are_printable)
{
	char longest[100],
		cut[SOCKET_NAME_MAX + 1];

	assert_printable("curl", 4, "curl");
	assert_printable("", 0, "");
	assert_printable("a b:c(d)", 8, "a b:c(d)");
	assert_printable("n\xc3\xa4me", 5, "n\xc3\xa4me");
	assert_printable("\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80");
	assert_printable("a\nb\tc\x1b[31m\x7f", 11, "a?b?c?[31m?");
	assert_printable("a\0b", 3, "a?b");
	assert_printable("\xc2\x9b[31m\xc2\xa0", 8, "?[31m\xc2\xa0"); /* C1's own escape, and a space that is none of them */
	assert_printable("\xff\xc3(\xe2\x82", 5, "?"
											 "?(?"
											 "?"); /* no UTF-8 at all, and cut off */
	assert_printable("\xed\xa0\x80", 3, "???");	   /* half a surrogate pair */
	memset(longest, 'x', sizeof(longest));
	memset(cut, 'x', SOCKET_NAME_MAX);
	cut[SOCKET_NAME_MAX] = '\0';
	assert_printable(longest, sizeof(longest), cut);
	memcpy(longest + SOCKET_NAME_MAX - 1, "\xc3\xa4", 2); /* a character is not cut in two */
	cut[SOCKET_NAME_MAX - 1] = '\0';
	assert_printable(longest, sizeof(longest), cut);
}

static void
assert_command(const char *told, const char *command, size_t length, const char *expected)
{
	char name[SOCKET_NAME_MAX + 1];

	name_of_command(told, strlen(told), command, length, name);
	assert_string_equal(name, expected);
}

CASE(a_name_that_was_cut_off_is_the_commands)
{
	assert_command("systemd-resolve", "/lib/systemd/systemd-resolved\0-x", 32, "systemd-resolved");
	assert_command("systemd-resolve", "systemd-resolved", 16, "systemd-resolved");
	assert_command("systemd-resolve", "/usr/bin/python3\0x", 18, "systemd-resolve");
	assert_command("systemd-resolve", "", 0, "systemd-resolve");
	assert_command("systemd-resolve", "/", 1, "systemd-resolve");
	assert_command("systemd-resolve", "systemd-resolved\n", 17, "systemd-resolved?");
	assert_command("systemd-resolve", "/a/systemd-resolve", 18, "systemd-resolve");
}

CASE(a_process_has_a_name)
{
	char name[SOCKET_NAME_MAX + 1];

	name_of_process((int32_t) getpid(), name);
	assert_string_equal(name, "test_keeper");
	name_of_process(INT32_MAX, name);
	assert_string_equal(name, "");
}

#define KEEPER_CASE(name) cmocka_unit_test_setup_teardown(name, start, end)

int
main(void)
{
	const struct CMUnitTest cases[] = {
		KEEPER_CASE(clock_may_be_set_back),
		KEEPER_CASE(a_sockets_time_is_never_too_short),
		KEEPER_CASE(a_look_that_is_not_complete_ends_nothing),
		KEEPER_CASE(a_port_that_is_used_again_has_two_entries),
		KEEPER_CASE(a_socket_that_no_process_holds_keeps_its_entry),
		KEEPER_CASE(sockets_that_share_a_port_are_one),
		KEEPER_CASE(a_process_is_looked_for_until_it_is_found),
		KEEPER_CASE(a_process_that_cannot_be_found_is_looked_for_rarely),
		KEEPER_CASE(one_socket_with_two_keys_is_looked_for_once),
		KEEPER_CASE(a_full_table_keeps_what_is_there),
		KEEPER_CASE(addresses_come_and_go),
		cmocka_unit_test(a_reader_sees_whole_entries),
		cmocka_unit_test(names_are_printable),
		cmocka_unit_test(a_name_that_was_cut_off_is_the_commands),
		cmocka_unit_test(a_process_has_a_name),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}

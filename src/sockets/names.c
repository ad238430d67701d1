/*
 * names.c
 *	  Names of processes.
 *
 * Whatever a process calls itself: any bytes but NUL, line feeds and what steers a terminal among them.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sockets/names.h"
#include "sockets/walls.h"
#include "wire/record.h"

/* The kernel's TASK_COMM_LEN without its NUL: a name of so many bytes may be the beginning of a longer one. */
#define COMM_MAX	15

#define COMMAND_MAX 4096

void
name_printable(const char *bytes, size_t length, char name[SOCKET_NAME_MAX + 1])
{
	size_t used = 0;

	for (size_t at = 0; at < length;)
	{
		const uint8_t *here = (const uint8_t *) bytes + at;
		unsigned	   character = utf8_character(here, length - at);
		bool		   steers = character == 0 || *here < ' ' || *here == 0x7f || (*here == 0xc2 && here[1] < 0xa0);
		unsigned	   taken = steers ? 1 : character;

		if (used + taken > SOCKET_NAME_MAX)
			break;
		if (steers)
			name[used] = '?';
		else
			memcpy(name + used, here, taken);
		used += taken;
		at += character == 0 ? 1 : character;
	}
	name[used] = '\0';
}

void
name_of_command(const char *told, size_t told_length, const char *command, size_t command_length, char name[SOCKET_NAME_MAX + 1])
{
	size_t first = strnlen(command, command_length),
		   begin = first;

	while (begin > 0 && command[begin - 1] != '/')
		begin--;
	if (first - begin > told_length && memcmp(command + begin, told, told_length) == 0)
		name_printable(command + begin, first - begin, name);
	else
		name_printable(told, told_length, name);
}

/* What stands in a file of a process, as far as there is room; 0 if it has ended, or may not be looked at. */
static size_t
read_file(int32_t pid, const char *file, char *bytes, size_t room)
{
	char	name[64];
	ssize_t length;
	int		descriptor;

	snprintf(name, sizeof(name), "/proc/%d/%s", pid, file);
	descriptor = open(name, WALLS_OPENS_FILE);
	if (descriptor < 0)
		return 0;
	length = read(descriptor, bytes, room);
	close(descriptor);
	return length < 0 ? 0 : (size_t) length;
}

void
name_of_process(int32_t pid, char name[SOCKET_NAME_MAX + 1])
{
	char   told[COMM_MAX + 2]; /* with a line feed at its end */
	char   command[COMMAND_MAX];
	size_t length = read_file(pid, "comm", told, sizeof(told));

	if (length > 0 && told[length - 1] == '\n')
		length--;
	if (length < COMM_MAX)
		name_printable(told, length, name);
	else
		name_of_command(told, length, command, read_file(pid, "cmdline", command, sizeof(command)), name);
}

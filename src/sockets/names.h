/*
 * names.h
 *	  Names of processes.
 */
#ifndef SOCKETS_NAMES_H
#define SOCKETS_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "wire/socket_table.h"

/*
 * The name of a process: the one that it has given itself (/proc/PID/comm), or where the kernel has cut that off, the name of
 * its program as its command line has it.  '' if it has ended.
 */
void name_of_process(int32_t pid, char name[SOCKET_NAME_MAX + 1]);

/*
 * Bytes as a text that can be printed: valid UTF-8 of SOCKET_NAME_MAX bytes at most, with a question mark for each control
 * character and for each byte that is no character.
 */
void name_printable(const char *bytes, size_t length, char name[SOCKET_NAME_MAX + 1]);

/* The name of a program in a command line of this many bytes, if it begins with what the kernel tells of it; else that. */
void name_of_command(const char *told, size_t told_length, const char *command, size_t command_length, char name[SOCKET_NAME_MAX + 1]);

#endif /* SOCKETS_NAMES_H */

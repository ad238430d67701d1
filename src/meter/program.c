/*
 * program.c
 *	  What a program that meters does first.
 *
 * Started by the server with a socket as its standard input, it serves one request.  Started by hand with captures, it prints
 * their flows as CSV.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "meter/by_hand.h"
#include "meter/program.h"
#include "meter/serve.h"

static int
is_socket(int descriptor)
{
	int		  type;
	socklen_t length = sizeof(type);

	return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) == 0;
}

int
meter_main(int argc, char **argv, const MeterProgram *program)
{
	return argc == 1 && is_socket(STDIN_FILENO) ? serve(STDIN_FILENO, program) : meter_by_hand(argc, argv, program);
}

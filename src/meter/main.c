/*
 * main.c
 *	  nfstream_meter: captures in, flows out.
 *
 * Started by the server with a socket as its standard input, it serves one request.  Started by hand with captures, it prints
 * their flows as CSV.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "meter/by_hand.h"
#include "meter/serve.h"

static int
is_socket(int descriptor)
{
	int		  type;
	socklen_t length = sizeof(type);

	return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) == 0;
}

int
main(int argc, char **argv)
{
	return argc == 1 && is_socket(STDIN_FILENO) ? serve(STDIN_FILENO) : meter_by_hand(argc, argv);
}

/*
 * main.c
 *	  nfstream_meter: captures in, flows out.
 *
 * Started by the server with a socket as its standard input, it serves one request.  Started by hand with files, it prints
 * their flows as CSV.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/dpi.h"
#include "engine/filter.h"
#include "meter/serve.h"

static bool
is_socket(int descriptor)
{
	int			type;
	socklen_t	length = sizeof(type);

	return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) == 0;
}

static int
usage(FILE *to, int status)
{
	fputs("usage: nfstream_meter [--OPTION=VALUE ...] FILE ...\n"
		  "\n"
		  "Prints the flows of the captures, read as one, as CSV.  The options are those of\n"
		  "a foreign table that change its rows: --idle_timeout=60, --bpf_filter='tcp',\n"
		  "--statistical_analysis=true ...\n"
		  "\n"
		  "  --version   print the versions of this program and its libraries\n"
		  "  --help      print this\n", to);
	return status;
}

int
main(int argc, char **argv)
{
	if (argc == 1)
		return is_socket(STDIN_FILENO) ? serve(STDIN_FILENO, METER_VERSION) : usage(stderr, 2);
	if (strcmp(argv[1], "--help") == 0)
		return usage(stdout, EXIT_SUCCESS);
	if (strcmp(argv[1], "--version") == 0)
	{
		printf("nfstream_meter %s\nnDPI %s\n%s\n", METER_VERSION, dpi_version(), filter_version());
		return EXIT_SUCCESS;
	}
	return meter_by_hand(argc, argv);
}

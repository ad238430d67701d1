/*
 * main.c
 *	  nfstream_meter: captures in, flows out.
 */
#include "meter/plugins.h"
#include "meter/program.h"

int
main(int argc, char **argv)
{
	static const MeterProgram program = {.finder = plugins_find};

	return meter_main(argc, argv, &program);
}

/*
 * program.h
 *	  What the programs that meter differ in: nfstream_meter, and the one that has Python in it.
 */
#ifndef METER_PROGRAM_H
#define METER_PROGRAM_H

#include "engine/analyse/plugin_host.h"

typedef struct MeterProgram
{
	PluginFinder finder;

	/*
	 * Of a program that has Python in it: finds what Python has to read, before the sandbox is closed, which is that of sandbox_python.h
	 * then.  Names of files and directories, the last NULL; NULL with `failure` filled.
	 */
	const char *const *(*python_reads)(const PluginOrders *orders, FailureMessage *failure);

	/* The same: describes a plugin in Python, once the sandbox is closed; false with `failure` filled. */
	bool (*describe)(const PluginOrder *order, JsonText *text, FailureMessage *failure);
} MeterProgram;

/* What main() does.  Returns the program's exit status. */
int meter_main(int argc, char **argv, const MeterProgram *program);

#endif /* METER_PROGRAM_H */

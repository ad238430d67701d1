/*
 * settings.c
 *	  The settings of the extension.
 */
#include "postgres.h"

#include "postmaster/bgworker_internals.h"
#include "utils/guc.h"

#include "pg/settings.h"

char	   *setting_meter_program = NULL;
bool		setting_require_seccomp = true;
int			setting_max_meters = 0;

void
settings_define(void)
{
	DefineCustomStringVariable("nfstream_fdw.meter_program",
							   "Program that is started as a meter.",
							   "Empty for nfstream_meter beside the server's own programs.",
							   &setting_meter_program, "", PGC_SUSET, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
	DefineCustomBoolVariable("nfstream_fdw.require_seccomp",
							 "Refuses to read captures where the kernel does not filter system calls.",
							 "Off, a meter on such a kernel has its other walls only.",
							 &setting_require_seccomp, true, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("nfstream_fdw.max_meters",
							"Most meters that run under background workers in the whole cluster.",
							"A scan that gets none has one meter of its own session's. 0 for as many as there are workers.",
							&setting_max_meters, 0, 0, MAX_PARALLEL_WORKER_LIMIT, PGC_SIGHUP, 0, NULL, NULL, NULL);
	MarkGUCPrefixReserved("nfstream_fdw");
}

/*
 * settings.c
 *	  The settings of the extension.
 */
#include "postgres.h"

#include "utils/guc.h"

#include "pg/base/settings.h"
#include "wire/request.h"

#define DEFAULT_MAX_METERS 64

char *setting_meter_program = NULL;
char *setting_python_prefix = NULL;
bool  setting_require_seccomp = true;
int	  setting_max_meters = DEFAULT_MAX_METERS;
int	  setting_max_workers = -1;
int	  setting_max_meters_per_scan = SHARDS_MAX;
int	  setting_max_meter_memory;
bool  setting_enable_pushdown = true;

/* A longer path would be cut off where it is used. */
static bool
check_path(char **value, void **extra, GucSource source)
{
	(void) extra;
	(void) source;
	if (*value == NULL || strlen(*value) < MAXPGPATH)
		return true;
	GUC_check_errdetail("A path has at most %d bytes.", MAXPGPATH - 1);
	return false;
}

static bool
check_python_prefix(char **value, void **extra, GucSource source)
{
	if (*value == NULL || **value == '\0')
		return true;
	if (**value != '/')
	{
		GUC_check_errdetail("It is an absolute path.");
		return false;
	}
	return check_path(value, extra, source);
}

void
settings_define(void)
{
	const OptionLimits *memory = &option_limits[OPTION_METER_MEMORY];

	DefineCustomStringVariable("nfstream_fdw.meter_program",
							   "Program that is started as a meter.",
							   "Empty for nfstream_meter beside the server's own programs.",
							   &setting_meter_program, "", PGC_SUSET, GUC_SUPERUSER_ONLY,
							   check_path, NULL, NULL);
	DefineCustomStringVariable("nfstream_fdw.python_prefix",
							   "Virtual environment whose packages plugins in Python may import.",
							   "Empty for the packages of the system's Python only.",
							   &setting_python_prefix, "", PGC_SUSET, 0, check_python_prefix, NULL, NULL);
	DefineCustomBoolVariable("nfstream_fdw.require_seccomp",
							 "Refuses to read captures where the kernel does not filter system calls.",
							 "Off, a meter on such a kernel has its other walls only.",
							 &setting_require_seccomp, true, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("nfstream_fdw.max_meters",
							"Most meters that run in the whole cluster.",
							"A scan that gets none is an error.",
							&setting_max_meters, DEFAULT_MAX_METERS, 1, SLOTS_MAX, PGC_SIGHUP, 0,
							NULL, NULL, NULL);
	DefineCustomIntVariable("nfstream_fdw.max_workers",
							"Most meters that run under background workers in the whole cluster.",
							"A scan that gets no worker has one meter of its own session's. -1 for half of max_worker_processes.",
							&setting_max_workers, -1, -1, SLOTS_MAX, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("nfstream_fdw.max_meters_per_scan",
							"Most meters of one scan, whatever its option n_meters says.",
							NULL,
							&setting_max_meters_per_scan, SHARDS_MAX, 1, SHARDS_MAX, PGC_SUSET, 0,
							NULL, NULL, NULL);
	DefineCustomIntVariable("nfstream_fdw.max_meter_memory",
							"Most memory that a meter may have, whatever the option meter_memory says.",
							NULL,
							&setting_max_meter_memory, memory->fallback, memory->min, memory->max, PGC_SUSET, GUC_UNIT_MB,
							NULL, NULL, NULL);
	DefineCustomBoolVariable("nfstream_fdw.enable_pushdown",
							 "Lets meters set rows aside that do not meet a query's conditions.",
							 "Off, the server alone decides; the rows are the same.",
							 &setting_enable_pushdown, true, PGC_USERSET, GUC_EXPLAIN, NULL, NULL, NULL);
	MarkGUCPrefixReserved("nfstream_fdw");
}

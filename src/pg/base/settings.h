/*
 * settings.h
 *	  The settings of the extension: what a superuser decides for all tables, and what a user tries.
 */
#ifndef PG_BASE_SETTINGS_H
#define PG_BASE_SETTINGS_H

/* nfstream_fdw.meter_program: another program in the meter's place; '' for the installed one. */
extern char *setting_meter_program;

/* nfstream_fdw.require_seccomp */
extern bool setting_require_seccomp;

/* nfstream_fdw.python_prefix: the virtual environment of plugins in Python; '' for none. */
extern char *setting_python_prefix;

#define SLOTS_MAX 1024 /* the most that max_meters may be */

/* nfstream_fdw.max_meters: how many meters run in the whole cluster. */
extern int setting_max_meters;

/* nfstream_fdw.max_workers: how many of these under background workers; -1 for half of max_worker_processes. */
extern int setting_max_workers;

/* nfstream_fdw.max_meters_per_scan and nfstream_fdw.max_meter_memory (MB): what the options n_meters and meter_memory can ask for. */
extern int setting_max_meters_per_scan;
extern int setting_max_meter_memory;

/* nfstream_fdw.enable_pushdown: whether conditions go to the meters, of plans made from now on. */
extern bool setting_enable_pushdown;

/* When the library is loaded. */
void settings_define(void);

#endif /* PG_BASE_SETTINGS_H */

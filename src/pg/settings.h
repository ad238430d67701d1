/*
 * settings.h
 *	  The settings of the extension: what a superuser decides for all tables.
 */
#ifndef PG_SETTINGS_H
#define PG_SETTINGS_H

/* nfstream_fdw.meter_program: another program in the meter's place; '' for the installed one. */
extern char *setting_meter_program;

/* nfstream_fdw.require_seccomp */
extern bool setting_require_seccomp;

/* nfstream_fdw.max_meters: how many meters run under background workers in the whole cluster; 0 for as many as there are slots. */
extern int	setting_max_meters;

/* When the library is loaded. */
void		settings_define(void);

#endif							/* PG_SETTINGS_H */

/*
 * privileges.h
 *	  Who may read what.
 */
#ifndef PG_PRIVILEGES_H
#define PG_PRIVILEGES_H

#include "pg/options.h"

/*
 * Errors unless the role that answers for the source may read it: a file needs a superuser or a member of
 * pg_read_server_files, an interface a superuser.  Touches no file; to be called before anything does.
 *
 * A bare name may turn out to be an interface only when it is looked for: source_resolve() then asks again.
 */
void		privileges_check_source(const ScanOptions *options);

/* The same for a source that is known to be an interface. */
void		privileges_check_interface(const ScanOptions *options);

/* Whether privileges_check_source() would pass. */
bool		privileges_allow_source(const ScanOptions *options);

#endif							/* PG_PRIVILEGES_H */

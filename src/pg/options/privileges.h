/*
 * privileges.h
 *	  Who may read what.
 */
#ifndef PG_OPTIONS_PRIVILEGES_H
#define PG_OPTIONS_PRIVILEGES_H

#include "pg/options/options.h"

/*
 * Errors unless the role that answers for the source may read it.  Touches no file, and must be called before anything
 * does.
 *
 * A bare name may turn out to be an interface only when it is looked for: source_resolve() then asks again.  If the role
 * may not read files, a bare name that is one of the server's interfaces means the interface, and passes.
 */
void privileges_check_source(const ScanOptions *options);

/* The same for a source that is known to be this interface. */
void privileges_check_interface(const ScanOptions *options, const char *interface);

/* Whether that role may read files: any, or those in the server's directory where it has one. */
bool privileges_allow_files(const ScanOptions *options);

/* The same; reports at this level where it may not. */
bool privileges_check_files(const ScanOptions *options, int level);

/* Whether privileges_check_interface() would pass. */
bool privileges_allow_interface(const ScanOptions *options, const char *interface);

/* Names of the interfaces on which servers let this role capture; a superuser may do so on any, and none may be named. */
List *privileges_interfaces_of(Oid role);

/* Errors if the current user may not set `directory` or `interfaces`, which are among these options of a server. */
void privileges_check_bounds(const ScanOptions *options);

#endif /* PG_OPTIONS_PRIVILEGES_H */

/*
 * sealed.h
 *	  Bytes for another process, as memory that has a descriptor.
 */
#ifndef PG_WORKERS_SEALED_H
#define PG_WORKERS_SEALED_H

/*
 * The descriptor, the caller's to close, of memory that holds these bytes and that nobody can change any more: several processes may
 * read it at the same time.  `name` is for /proc.  Errors if there is none to be had.
 */
int sealed_memory(const char *name, const uint8 *bytes, uint64 length);

#endif /* PG_WORKERS_SEALED_H */

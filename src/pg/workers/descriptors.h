/*
 * descriptors.h
 *	  The descriptors that an owner takes of its process.
 */
#ifndef PG_WORKERS_DESCRIPTORS_H
#define PG_WORKERS_DESCRIPTORS_H

/* Counts a meter's channel as one of the session's descriptors, to be given back with ReleaseExternalFD(); errors if it has none to spare. */
void descriptor_reserve(void);

/* Whether the session has one to spare for a meter's channel. */
bool descriptor_is_left(void);

/* The error of a session that has none to spare. */
_Noreturn void descriptor_report_none(void);

/*
 * The descriptor, the caller's to close, of memory that holds these bytes and that nobody can change any more: several processes may
 * read it at the same time.  `name` is for /proc.  Errors if there is none to be had.
 */
int descriptor_of_memory(const char *name, const uint8 *bytes, uint64 length);

#endif /* PG_WORKERS_DESCRIPTORS_H */

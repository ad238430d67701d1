/*
 * filter_hint.h
 *	  What to do about a BPF filter that does not compile.
 */
#ifndef WIRE_FILTER_HINT_H
#define WIRE_FILTER_HINT_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/message.h"

#define FILTER_HINT_MAX	256		/* bytes of a hint, with its NUL */

/*
 * Writes a sentence that says what to do, where there is something to say: of a filter in the syntax of Wireshark's display
 * filters, and of one with a name that is not looked up.
 *
 * filter: `length` bytes, not NUL-terminated.  code: of the failure.  Returns false, and writes nothing, where there is none.
 */
bool		filter_hint(const char *filter, size_t length, FailureCode code, char hint[FILTER_HINT_MAX]);

#endif							/* WIRE_FILTER_HINT_H */

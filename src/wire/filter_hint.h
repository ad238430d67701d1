/*
 * filter_hint.h
 *	  What to do about a BPF filter that does not compile, or that nothing passes.
 */
#ifndef WIRE_FILTER_HINT_H
#define WIRE_FILTER_HINT_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/message.h"

#define FILTER_HINT_MAX 256 /* bytes of a hint, with its NUL */

/*
 * Writes a sentence that says what to do, where there is something to say: of a filter in the syntax of Wireshark's display
 * filters, of one with a name that is not looked up, and of one that libpcap cannot read.
 *
 * filter: `length` bytes, not NUL-terminated.  Returns false, and writes nothing, where there is none.
 */
bool filter_hint(const char *filter, size_t length, const FailureMessage *failure, char hint[FILTER_HINT_MAX]);

/*
 * Where a scan's filter has refused every packet and headers hide packets from it: what hides the most ("VLAN tags"), how
 * many those are, and the word that makes libpcap look past it ("vlan").  False where some packets passed, or none is
 * hidden.
 */
bool filter_is_blind(const Account *account, const char **what, uint64_t *packets, const char **word);

#endif /* WIRE_FILTER_HINT_H */

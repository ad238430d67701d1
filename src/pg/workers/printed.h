/*
 * printed.h
 *	  What the plugins of a scan print.
 */
#ifndef PG_WORKERS_PRINTED_H
#define PG_WORKERS_PRINTED_H

/* In all passes of a scan; all zeros at the start. */
typedef struct Printed
{
	uint32 shown; /* as NOTICEs, PRINTED_MAX at most */
	uint64 withheld;
} Printed;

/* Takes a PrintedMessage of `length` bytes with its text, and shows it, or counts it. */
void printed_take(Printed *printed, const uint8 *body, uint32 length);

/* Says how much more was printed than was shown, as far as that has come. */
void printed_tell_withheld(Printed *printed);

#endif /* PG_WORKERS_PRINTED_H */

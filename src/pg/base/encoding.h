/*
 * encoding.h
 *	  Text that came from outside, made valid in the database's encoding.
 *
 * What the encoding cannot hold is left out; none of this is ever an error.
 */
#ifndef PG_BASE_ENCODING_H
#define PG_BASE_ENCODING_H

/*
 * A text of `length` bytes of valid UTF-8, in the current memory context.  With SQL_ASCII the bytes stay as they are.
 */
text *encoding_from_utf8(const uint8 *utf8, size_t length);

/*
 * A string of any bytes, as a file's name is; itself, or a copy in the current memory context without what is invalid.
 */
const char *encoding_valid(const char *string);

/* The same for an error that shows what a user wrote, and only the beginning of it where it is long. */
const char *encoding_clipped(const char *string);

/*
 * The string of a message's field of `size` bytes, which need not end nor be valid: one line, without control characters that
 * would steer a terminal.  A copy in the current memory context.
 */
const char *encoding_field(const char *field, size_t size);

/* The same of a text of several lines, which stay lines; tabs stay too, and blanks at its end do not. */
const char *encoding_lines(const char *field, size_t size);

#endif /* PG_BASE_ENCODING_H */

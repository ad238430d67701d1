/*
 * failure.c
 *	  Filling in what a meter says when it fails.
 */
#include <stdarg.h>
#include <stdio.h>

#include "wire/message.h"

bool
failure_tell(FailureMessage *failure, FailureCode code, const char *detail, const char *format, ...)
{
	va_list arguments;

	*failure = (FailureMessage) {.code = code, .file = FAILURE_NO_FILE};
	va_start(arguments, format);
	vsnprintf(failure->text, sizeof(failure->text), format, arguments);
	va_end(arguments);
	snprintf(failure->detail, sizeof(failure->detail), "%s", detail);
	return false;
}

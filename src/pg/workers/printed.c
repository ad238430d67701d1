/*
 * printed.c
 *	  What the plugins of a scan print.
 *
 * A meter sends the first of what is printed, and counts the rest; so does the scan.
 */
#include "postgres.h"

#include "pg/base/encoding.h"
#include "pg/workers/printed.h"
#include "wire/message.h"

void
printed_take(Printed *printed, const uint8 *body, uint32 length)
{
	PrintedMessage message;
	const char	  *text;

	memcpy(&message, body, sizeof(message));
	printed->withheld += message.withheld;
	if (length == sizeof(message))
		return;
	if (printed->shown == PRINTED_MAX)
	{
		printed->withheld++;
		return;
	}
	printed->shown++;
	text = encoding_lines((const char *) body + sizeof(message), length - sizeof(message));
	ereport(NOTICE,
			(errmsg("a plugin printed: %s", text)));
}

void
printed_tell_withheld(Printed *printed)
{
	uint64 withheld = printed->withheld;

	printed->withheld = 0;
	if (withheld > 0)
		ereport(NOTICE,
				(errmsg_plural("plugins printed " UINT64_FORMAT " more message, which is not shown",
							   "plugins printed " UINT64_FORMAT " more messages, which are not shown",
							   (unsigned long) withheld, withheld)));
}

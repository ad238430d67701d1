/*
 * message.c
 *	  The table of messages.
 */
#include "wire/message.h"
#include "wire/request.h"

typedef struct MessageKind
{
	bool		  allowed;
	MessageSender sender;
	uint32_t	  least; /* bytes of the body */
	uint32_t	  most;
} MessageKind;

static const MessageKind message_kinds[MESSAGE_TYPES] = {
	[MESSAGE_REQUEST] = {true, SENT_BY_OWNER, sizeof(RequestHeader), REQUEST_BYTES_MAX},
	[MESSAGE_FILE] = {true, SENT_BY_OWNER, sizeof(FileMessage), sizeof(FileMessage)},
	[MESSAGE_HELLO] = {true, SENT_BY_METER, sizeof(HelloMessage), sizeof(HelloMessage)},
	[MESSAGE_NEXT_FILE] = {true, SENT_BY_METER, sizeof(uint32_t), sizeof(uint32_t)},
	[MESSAGE_RECORDS] = {true, SENT_BY_METER, 1, MESSAGE_BODY_MAX},
	[MESSAGE_PLACE] = {true, SENT_BY_METER, sizeof(PlaceMessage), sizeof(PlaceMessage)},
	[MESSAGE_DAMAGE] = {true, SENT_BY_METER, sizeof(FailureMessage), sizeof(FailureMessage)},
	[MESSAGE_FAILURE] = {true, SENT_BY_METER, sizeof(FailureMessage), sizeof(FailureMessage)},
	[MESSAGE_END] = {true, SENT_BY_METER, sizeof(Account), sizeof(Account)},
	[MESSAGE_APPLICATION] = {true, SENT_BY_METER, sizeof(ApplicationMessage), sizeof(ApplicationMessage)},
	[MESSAGE_OVERLAP] = {true, SENT_BY_METER, sizeof(OverlapMessage), sizeof(OverlapMessage)},
	[MESSAGE_ORDER] = {true, SENT_BY_METER, sizeof(uint32_t), MESSAGE_BODY_MAX},
	[MESSAGE_TAKE_FILE] = {true, SENT_BY_METER, sizeof(uint32_t), sizeof(uint32_t)},
	[MESSAGE_TAKEN_FILE] = {true, SENT_BY_OWNER, sizeof(uint32_t), sizeof(uint32_t)},
	[MESSAGE_FILE_END] = {true, SENT_BY_METER, sizeof(uint64_t), sizeof(uint64_t)},
	[MESSAGE_DESCRIPTION] = {true, SENT_BY_METER, 2, DESCRIPTION_MAX},
	[MESSAGE_PLUGINS] = {true, SENT_BY_OWNER, sizeof(PluginsMessage), sizeof(PluginsMessage)},
	[MESSAGE_PRINTED] = {true, SENT_BY_METER, sizeof(PrintedMessage), sizeof(PrintedMessage) + MESSAGE_TEXT_MAX - 1},
	[MESSAGE_OPENED] = {true, SENT_BY_METER, sizeof(uint32_t), sizeof(uint32_t)},
	[MESSAGE_JOIN] = {true, SENT_BY_OWNER, sizeof(uint32_t), sizeof(uint32_t)},
	[MESSAGE_JOINED] = {true, SENT_BY_METER, sizeof(uint32_t), sizeof(uint32_t)},
	[MESSAGE_READY] = {true, SENT_BY_METER, sizeof(uint32_t), sizeof(uint32_t)},
	[MESSAGE_CAPTURE] = {true, SENT_BY_OWNER, sizeof(uint32_t), sizeof(uint32_t)},
	[MESSAGE_STOP] = {true, SENT_BY_OWNER, sizeof(uint32_t), sizeof(uint32_t)},
	[MESSAGE_CONDITION] = {true, SENT_BY_OWNER, 1, CONDITION_BYTES_MAX},
	[MESSAGE_FILE_TIMES] = {true, SENT_BY_METER, sizeof(FileTimesMessage), sizeof(FileTimesMessage)},
};

bool
message_allowed(MessageSender sender, uint32_t type, uint32_t length)
{
	if (type >= MESSAGE_TYPES || !message_kinds[type].allowed)
		return false;
	return message_kinds[type].sender == sender &&
		   length >= message_kinds[type].least && length <= message_kinds[type].most;
}

bool
message_in_order(uint32_t *last, uint32_t type)
{
	uint32_t before = *last;

	*last = type;
	if (before == MESSAGE_END || before == MESSAGE_FAILURE)
		return false; /* nothing follows the end */
	if (before == 0)
		return type == MESSAGE_HELLO || type == MESSAGE_FAILURE;
	return type != MESSAGE_HELLO;
}

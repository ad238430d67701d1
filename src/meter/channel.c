/*
 * channel.c
 *	  The socket between a meter and its owner, at the meter's end.
 *
 * When the owner is gone there is nobody left to tell: the program ends.
 */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "meter/channel.h"

static void (*on_gone)(void);

void
channel_on_gone(void (*handler)(void))
{
	on_gone = handler;
}

void
channel_gone(void)
{
	if (on_gone != NULL)
		on_gone();
	_exit(EXIT_FAILURE);
}

/* Reads exactly `length` bytes; a descriptor that comes with the first of them is kept. */
static bool
receive(int channel, void *to, size_t length, int *descriptor)
{
	size_t have = 0;

	while (have < length)
	{
		union
		{
			struct cmsghdr header;
			char		   space[CMSG_SPACE(sizeof(int))];
		} control;
		struct iovec  part = {.iov_base = (char *) to + have, .iov_len = length - have};
		struct msghdr message = {
			.msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = control.space,
			.msg_controllen = sizeof(control.space),
		};
		ssize_t			got = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
		struct cmsghdr *header;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		have += (size_t) got;
		header = CMSG_FIRSTHDR(&message);
		if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
			header->cmsg_len == CMSG_LEN(sizeof(int)))
			memcpy(descriptor, CMSG_DATA(header), sizeof(int));
	}
	return true;
}

void *
channel_receive(int channel, MessageType type, uint32_t *length, int *descriptor)
{
	MessageHeader header;
	void		 *body;

	*descriptor = -1;
	if (!receive(channel, &header, sizeof(header), descriptor) || header.type != (uint32_t) type ||
		!message_allowed(SENT_BY_OWNER, header.type, header.length))
		return NULL;
	body = memory_get(header.length);
	if (!receive(channel, body, header.length, descriptor))
	{
		free(body);
		return NULL;
	}
	*length = header.length;
	return body;
}

void
channel_send(int channel, MessageType type, MessageHeader *message, uint32_t length)
{
	const char *at = (const char *) message;
	size_t		left = sizeof(*message) + length;

	assert(message_allowed(SENT_BY_METER, type, length));
	*message = (MessageHeader) {.type = (uint32_t) type, .length = length};
	while (left > 0)
	{
		ssize_t sent = write(channel, at, left);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			channel_gone();
		at += sent;
		left -= (size_t) sent;
	}
}

void
channel_send_body(int channel, MessageType type, const void *body, uint32_t length)
{
	struct
	{
		MessageHeader header;
		char		  body[CHANNEL_BODY_MAX];
	} message;

	assert(length <= sizeof(message.body));
	memcpy(message.body, body, length);
	channel_send(channel, type, &message.header, length);
}

/*
 * channel.h
 *	  The socket between a meter and its owner, at the meter's end.
 */
#ifndef METER_CHANNEL_H
#define METER_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "wire/message.h"

#define CHANNEL_BODY_MAX (MESSAGE_TEXT_MAX * 4)

/* Ends the program, as its owner is gone, or has sent something else than was asked for; the handler, if there is one, is called before. */
_Noreturn void channel_gone(void);
void		   channel_on_gone(void (*handler)(void));

/*
 * Waits for the owner's next message, which must be of this type.
 *
 * Returns its body, of *length bytes, to be freed by the caller; *descriptor is the file that came with it, or -1.  NULL if
 * something else came, or the owner went away.
 */
void *channel_receive(int channel, MessageType type, uint32_t *length, int *descriptor);

/*
 * Writes a message whose header stands before its body: `message` is both, `length` the body's.  Ends the program if it
 * cannot.
 */
void channel_send(int channel, MessageType type, MessageHeader *message, uint32_t length);

/* The same for a body that stands anywhere, of at most CHANNEL_BODY_MAX bytes. */
void channel_send_body(int channel, MessageType type, const void *body, uint32_t length);

#endif /* METER_CHANNEL_H */

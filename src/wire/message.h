/*
 * message.h
 *	  The messages between a meter, its owner and the leader.
 *
 * A message is a header and a body of at most MESSAGE_BODY_MAX bytes.  Which message may come from whom, and with which
 * length, is in one table; anything else ends the meter that sent it.
 *
 *	  owner                         meter
 *	    REQUEST            ------->
 *	    PLUGINS (memory)   ------->          if the request has plugins
 *	    CONDITION          ------->          if the request has a condition
 *	                       <-------  HELLO
 *	                       <-------  NEXT_FILE
 *	    FILE (descriptor)  ------->
 *	                       <-------  FLOWS, PLACE, OVERLAP, DAMAGE, FILE_TIMES, PRINTED ... NEXT_FILE
 *	                       <-------  END, or FAILURE at any time
 *
 * Where the sources are to be read by their times, the meter asks for each of them first, and sends ORDER before it reads
 * one.  Where they are metered apart, each by one meter of several:
 *
 *	                       <-------  TAKE_FILE
 *	    TAKEN_FILE         ------->
 *	                       <-------  NEXT_FILE ... FLOWS, PLACE, DAMAGE, FILE_TIMES ... FILE_END
 *	                       <-------  TAKE_FILE ...
 *
 * Where an interface is captured from, and several meters share it, they form a group before any packet passes: the first makes
 * it, the others join it by its number.  All of them begin when all are ready.
 *
 *	                       <-------  HELLO
 *	                       <-------  OPENED           several meters
 *	    JOIN (group or 0)  ------->                   several meters
 *	                       <-------  JOINED (group)   several meters
 *	                       <-------  READY
 *	    CAPTURE            ------->
 *	                       <-------  RECORDS, PLACE, PRINTED ...
 *	    STOP               ------->                   or never
 *	                       <-------  RECORDS, END
 *
 * PLACE comes at least every 100 ms, also from a silent interface.  Where the interface goes down or away, the records of its
 * flows come, and then FAILURE.
 *
 * Where the request is to list applications, APPLICATION messages take the place of all between HELLO and END; where it is to
 * describe its plugins, one DESCRIPTION for each of them, in their order.  A description is a JSON object in UTF-8:
 *
 *	  class			text: of a plugin in Python, its class
 *	  help			text or null: in Python, the class's docstring
 *	  parameters	array of {name, type, required, default, min, max, help}, all but name may be missing
 *	  outputs		array of {name, type, help}: values in flow.udps that it declares; type is SQL's
 *	  reads			array of names of the attributes of a flow that it may read; null: all
 *
 * A worker passes all of its meter's messages on to the leader but those that it answers: NEXT_FILE, OPENED, READY; and JOINED.
 * Into TAKE_FILE it puts its answer.
 */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/account.h"
#include "wire/foreign.h"

#define MESSAGE_BODY_MAX (4u << 20)
#define DESCRIPTION_MAX	 (256u << 10)
#define MESSAGE_TEXT_MAX 1024 /* bytes of a text in a message, with its NUL */

/* Bytes of what is told beside a failure's text, with its NUL. */
#define FAILURE_DETAIL_MAX 2048

/* What plugins print: how many messages of it a meter sends, beyond which it counts. */
#define PRINTED_MAX 10

typedef enum MessageType
{
	MESSAGE_REQUEST = 1, /* a request: request.h */
	MESSAGE_FILE,		 /* FileMessage; the descriptor is attached to the first byte */
	MESSAGE_HELLO,		 /* HelloMessage */
	MESSAGE_NEXT_FILE,	 /* uint32: index of the source that is looked at or read next */
	MESSAGE_RECORDS,	 /* flow records: record.h */
	MESSAGE_PLACE,		 /* PlaceMessage: nothing that left earlier is still to come */
	MESSAGE_DAMAGE,		 /* FailureMessage: a source is read no further than this */
	MESSAGE_FAILURE,	 /* FailureMessage: the meter ends without having done its work */
	MESSAGE_END,		 /* Account: all records were sent */
	MESSAGE_APPLICATION, /* ApplicationMessage */
	MESSAGE_OVERLAP,	 /* OverlapMessage */
	MESSAGE_ORDER,		 /* uint32 for each source: their indexes in the order in which they are read */
	MESSAGE_TAKE_FILE,	 /* uint32: of no meaning; from a worker, what TAKEN_FILE has */
	MESSAGE_TAKEN_FILE,	 /* uint32: the meter's next source, numbered in the order of reading; none if there is no such */
	MESSAGE_FILE_END,	 /* uint64: packets of the source that was taken; all its records were sent */
	MESSAGE_DESCRIPTION, /* JSON: a plugin of the request */
	MESSAGE_PLUGINS,	 /* PluginsMessage; a descriptor of memory is attached to the first byte, which holds them: plugin_orders.h */
	MESSAGE_PRINTED,	 /* PrintedMessage, then a text without a NUL */
	MESSAGE_OPENED,		 /* uint32: of no meaning; the interface is open, and nothing passes */
	MESSAGE_JOIN,		 /* uint32: the fanout group's number; 0: make one */
	MESSAGE_JOINED,		 /* uint32: the group's number */
	MESSAGE_READY,		 /* uint32: of no meaning; the meter waits for CAPTURE */
	MESSAGE_CAPTURE,	 /* uint32: of no meaning; packets pass from now on */
	MESSAGE_STOP,		 /* uint32: 1 if what is still active is emitted, 0 if it is given up */
	MESSAGE_CONDITION,	 /* which rows are wanted: condition.h */
	MESSAGE_FILE_TIMES,	 /* FileTimesMessage: a source was read as far as it can be */
	MESSAGE_TYPES
} MessageType;

typedef struct MessageHeader
{
	uint32_t type;
	uint32_t length; /* of the body, bytes */
} MessageHeader;

typedef struct FileMessage
{
	uint32_t index;
	uint32_t reserved;
	uint64_t size; /* bytes to read at most: what the file had when the scan began */
} FileMessage;

/* The memory is sealed: nobody can change it or make it shorter. */
typedef struct PluginsMessage
{
	uint64_t length; /* bytes, the request's `plugins` */
} PluginsMessage;

typedef struct HelloMessage
{
	uint32_t version; /* REQUEST_VERSION of the meter */
	char	 meter_version[32];
	char	 dpi_version[64];
	char	 pcap_version[96];
} HelloMessage;

/* In the place of a number: nobody tells it. */
#define COUNT_NOT_KNOWN UINT64_MAX

typedef struct PlaceMessage
{
	uint64_t left; /* see Record */
	uint64_t packets_read;
	uint64_t bytes_read;
	uint64_t active_flows;
	uint64_t packets_ignored;
	uint64_t packets_received;	/* of an interface: see COUNTER_PACKETS_RECEIVED; COUNT_NOT_KNOWN: of files */
	uint64_t dropped_by_kernel; /* the same */
	uint64_t longer_than_mtu;	/* of an interface: see COUNTER_LONGER_THAN_MTU */
	uint64_t file;				/* that the latest frame was in, index in the request's; of an interface 0 */
} PlaceMessage;

/* What can go wrong in a meter; the SQLSTATE of each is chosen by the server. */
typedef enum FailureCode
{
	FAILURE_INTERNAL, /* a request that cannot be, a library that does not start */
	FAILURE_OUT_OF_MEMORY,
	FAILURE_SANDBOX,			/* the sandbox could not be entered */
	FAILURE_LANDLOCK,			/* nor can the one that Python needs, for want of Landlock */
	FAILURE_FILTER,				/* the BPF filter does not compile */
	FAILURE_FILTER_NAME,		/* the same, because of the name of a host, network or Ethernet address */
	FAILURE_READ,				/* the system could not read the file */
	FAILURE_EMPTY,				/* no byte in it */
	FAILURE_NOT_A_CAPTURE,		/* its first bytes are not a capture's */
	FAILURE_VERSION,			/* a version of its format that nobody knows */
	FAILURE_CUT,				/* ends in the middle */
	FAILURE_CORRUPT,			/* contradicts itself */
	FAILURE_PLUGIN,				/* a plugin's own: it raised something, or does not start */
	FAILURE_PLUGIN_UNKNOWN,		/* there is no plugin of this name */
	FAILURE_PLUGIN_OBJECT,		/* a shared object that is no plugin that this meter can use */
	FAILURE_PLUGIN_PARAMETER,	/* a plugin is given what it does not take */
	FAILURE_PLUGIN_SOURCE,		/* a source in Python that does not compile */
	FAILURE_PLUGIN_CLASS,		/* a class that is not in the source, or one of two that has to be named */
	FAILURE_PLUGIN_IMPORT,		/* a module that is not there */
	FAILURE_INTERFACE_UNKNOWN,	/* there is no interface of this name */
	FAILURE_INTERFACE_RIGHTS,	/* the meter's file does not give it the right to capture */
	FAILURE_INTERFACE_WITHHELD, /* it does, and the system withholds it */
	FAILURE_INTERFACE_DOWN,		/* it is down, or goes down: the flows up to then were sent */
	FAILURE_INTERFACE_GONE,		/* it goes away: the same */
	FAILURE_INTERFACE_OPEN,		/* the system does not open it */
	FAILURE_CODES
} FailureCode;

#define FAILURE_NO_FILE	  UINT32_MAX
#define FAILURE_NO_PACKET 0 /* it could not be read at all */

typedef struct FailureMessage
{
	uint32_t code;	  /* a FailureCode */
	uint32_t file;	  /* index of the source, or FAILURE_NO_FILE */
	uint32_t foreign; /* a ForeignFormat: what a file that is no capture is */
	uint32_t reserved;
	uint64_t byte;						 /* offset in the source of what could not be read */
	uint64_t packet;					 /* number in the source of the packet that could not be read, from 1, or FAILURE_NO_PACKET */
	char	 text[MESSAGE_TEXT_MAX];	 /* what is wrong */
	char	 detail[FAILURE_DETAIL_MAX]; /* more of it, as lines; '' if there is no more */
} FailureMessage;

/*
 * Fills in a failure that is of no file: its text, and more of it as lines, '' if there is no more; what is too long is cut.
 *
 * Returns false, which is what its callers return.
 */
__attribute__((format(printf, 4, 5))) bool failure_tell(FailureMessage *failure, FailureCode code, const char *detail, const char *format, ...);

/* What a plugin has printed. */
typedef struct PrintedMessage
{
	uint64_t withheld; /* messages that were printed before this one and not sent; with them alone, no text follows */
} PrintedMessage;

/* The first source that begins more than a second before the time that was reached. */
typedef struct OverlapMessage
{
	uint32_t file; /* index of the source */
	uint32_t reserved;
	uint64_t begins; /* ms since 1970 */
	uint64_t reached;
} OverlapMessage;

/* A source that was read to its end, or to its damage: its packets, those included that a filter refuses or that are ignored. */
typedef struct FileTimesMessage
{
	uint32_t file; /* index of the source */
	uint32_t is_damaged;
	uint64_t packets;

	/* The least and the greatest time of a packet, in any order: ms since 1970, and ns that were rounded off.  All 0 without a packet. */
	uint64_t first;
	uint64_t last;
	uint32_t first_nanoseconds;
	uint32_t last_nanoseconds;
} FileTimesMessage;

/* In the place of an application's number, for a category that no application has, but flows may get. */
#define APPLICATION_NONE UINT32_MAX

/* One of the applications that nDPI knows. */
typedef struct ApplicationMessage
{
	uint32_t number;
	char	 name[64];
	char	 category[64];
} ApplicationMessage;

typedef enum MessageSender
{
	SENT_BY_OWNER, /* to the meter */
	SENT_BY_METER
} MessageSender;

/* Whether this sender may send such a message, and with a body of this length. */
bool message_allowed(MessageSender sender, uint32_t type, uint32_t length);

/*
 * Whether a meter may send this message after all that came from it before.  *last is the type of the latest, 0 at the start,
 * and is moved on.
 */
bool message_in_order(uint32_t *last, uint32_t type);

#endif /* WIRE_MESSAGE_H */

/*
 * dhcp.c
 *	  The plugin dhcp: what a client says of itself in the messages of a flow to port 67, and the end of a flow with its exchange.
 *
 * NFStream's DHCP.  A message is (RFC 2131, section 2)
 *
 *	  op 1 | htype 1 | hlen 1 | hops 1 | xid 4 | secs 2 | flags 2 | ciaddr 4 | yiaddr 4 | siaddr 4 | giaddr 4
 *	  chaddr 16 | sname 64 | file 128 | magic 4 | options
 *
 * and an option (RFC 2132) a type, a length of one byte, and as many bytes; type 0 is one byte, 255 the last.
 *
 * Where NFStream's plugin stops with an exception, this one goes on: a type without a length ends the options; a message type
 * that is unknown, or is none, shows as its number; texts may be any bytes; a hardware address of another length than 6 shows
 * what it has; a number or an address that is too long for its type is the greatest number, or none.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/memory.h"
#include "engine/plugins/payload.h"
#include "engine/plugins/plugins.h"
#include "wire/bundled.h"

#define SERVER_PORT		67
#define CHADDR_BYTES	16
#define OUI_BYTES		3
#define OUI_TEXT_MAX	9
#define OPTION_MAX		255 /* bytes of a value */
#define TYPE_TEXT_MAX	24
#define MESSAGE_END		255
#define MESSAGE_PADDING 0

enum
{
	OPTION_HOST_NAME = 12,
	OPTION_REQUESTED_ADDRESS = 50,
	OPTION_MESSAGE_TYPE = 53,
	OPTION_REQUEST_LIST = 55,
	OPTION_MESSAGE_SIZE = 57,
	OPTION_VENDOR_CLASS = 60,
	OPTION_USER_CLASS = 77
};

enum
{
	MESSAGE_NONE = 0,
	MESSAGE_REQUEST = 3,
	MESSAGE_DECLINE = 4,
	MESSAGE_ACK = 5,
	MESSAGE_NACK = 6,
	MESSAGE_INFORM = 8
};

static const char *const message_names[] = {
	NULL, "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NACK", "RELEASE", "INFORM"};

typedef struct Dhcp
{
	const NfstreamHost *host;
	NfstreamAttribute	dst_port;
	NfstreamAttribute	src_ip;
} Dhcp;

/* A text of a flow; `bytes` is NULL where there is none. */
typedef struct Text
{
	char	*bytes;
	uint32_t length;
} Text;

typedef struct DhcpFlow
{
	Text	 host_name;
	Text	 vendor_class;
	Text	 user_class;
	Text	 request_list;
	int64_t	 message_size;
	int64_t *options;
	size_t	 options_count;
	bool	 has_message_size;
	char	 message_type[TYPE_TEXT_MAX + 1]; /* '' for none yet; so are the others */
	char	 oui[OUI_TEXT_MAX];
	char	 requested_address[INET6_ADDRSTRLEN];
	char	 client_address[INET_ADDRSTRLEN];
} DhcpFlow;

/* What is read of one message. */
typedef struct Message
{
	int64_t type;
	bool	has_request_list;
	Bytes	request_list;
	char	requested_address[INET6_ADDRSTRLEN];
	size_t	options_count;
} Message;

static bool
create(const NfstreamHost *host, const NfstreamValue *arguments, void **self, char *wrong, size_t wrong_size)
{
	Dhcp *dhcp = memory_get(sizeof(*dhcp));

	(void) arguments;
	(void) wrong;
	(void) wrong_size;
	dhcp->host = host;
	dhcp->dst_port = host->attribute("dst_port");
	dhcp->src_ip = host->attribute("src_ip");
	*self = dhcp;
	return true;
}

static size_t
state_bytes(const void *self)
{
	(void) self;
	return sizeof(DhcpFlow);
}

static void
forget_text(Text *text)
{
	free(text->bytes);
	*text = (Text) {0};
}

static void
set_text(Text *text, Bytes value)
{
	forget_text(text);
	text->length = (uint32_t) bytes_left(&value);
	text->bytes = memory_get(text->length + 1);
	memcpy(text->bytes, value.at, text->length);
}

/* The numbers of a list in decimal, with commas between them. */
static void
set_numbers(Text *text, Bytes value)
{
	char	numbers[4 * OPTION_MAX + 1] = "";
	int		length = 0;
	uint8_t number;

	while (bytes_get_u8(&value, &number))
		length += snprintf(numbers + length, sizeof(numbers) - (size_t) length, "%s%u", length > 0 ? "," : "", number);
	set_text(text, (Bytes) {(uint8_t *) numbers, (uint8_t *) numbers + length});
}

/* A number of any length, at most INT64_MAX. */
static int64_t
number_of(Bytes value)
{
	uint64_t number = 0;
	uint8_t	 byte;

	while (bytes_get_u8(&value, &byte))
	{
		if (number > INT64_MAX >> 8)
			return INT64_MAX;
		number = number << 8 | byte;
	}
	return (int64_t) number;
}

/*
 * The address that a number of any length stands for, as Python's ipaddress has it: below 2^32 one of IPv4, else of IPv6, without
 * a part in IPv4's notation; '' if it is too long for both.
 */
static void
set_address(char text[INET6_ADDRSTRLEN], Bytes value)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	uint8_t				 bytes[16] = {0},
			first;
	size_t length;

	while (bytes_peek_u8(&value, &first) && first == 0)
		bytes_skip(&value, 1);
	length = bytes_left(&value);
	text[0] = '\0';
	if (length > sizeof(bytes))
		return;
	if (length > 0)
		memcpy(bytes + sizeof(bytes) - length, value.at, length);
	if (length <= 4)
		inet_ntop(AF_INET, bytes + 12, text, INET6_ADDRSTRLEN);
	else if (memcmp(bytes, mapped, sizeof(mapped)) == 0)
		snprintf(text, INET6_ADDRSTRLEN, "::ffff:%x:%x", bytes[12] << 8 | bytes[13], bytes[14] << 8 | bytes[15]);
	else
		inet_ntop(AF_INET6, bytes, text, INET6_ADDRSTRLEN);
}

/* The next option; one whose value is cut off has what is there of it. */
static bool
take_option(Bytes *options, uint8_t *type, Bytes *value)
{
	uint8_t length;

	do
	{
		if (!bytes_get_u8(options, type) || *type == MESSAGE_END)
			return false;
	} while (*type == MESSAGE_PADDING);
	if (!bytes_get_u8(options, &length))
		return false;
	return bytes_take(options, length < bytes_left(options) ? length : bytes_left(options), value);
}

/* Reads the options: what every message tells goes to the flow, what a request alone tells to `message`. */
static void
read_options(DhcpFlow *flow, Bytes options, Message *message)
{
	uint8_t type;
	Bytes	value;

	while (take_option(&options, &type, &value))
	{
		message->options_count++;
		switch (type)
		{
			case OPTION_HOST_NAME:
				if (bytes_left(&value) > 0)
					set_text(&flow->host_name, value);
				break;
			case OPTION_VENDOR_CLASS:
				set_text(&flow->vendor_class, value);
				break;
			case OPTION_USER_CLASS:
				set_text(&flow->user_class, value);
				break;
			case OPTION_MESSAGE_SIZE:
				flow->message_size = number_of(value);
				flow->has_message_size = true;
				break;
			case OPTION_MESSAGE_TYPE:
				message->type = number_of(value);
				break;
			case OPTION_REQUEST_LIST:
				message->request_list = value;
				message->has_request_list = true;
				break;
			case OPTION_REQUESTED_ADDRESS:
				set_address(message->requested_address, value);
				break;
		}
	}
}

static void
read_request(DhcpFlow *flow, const Message *message, Bytes options, uint8_t hardware_length, Bytes hardware, Bytes address)
{
	static const uint8_t none[4];
	uint8_t				 type;
	Bytes				 value;

	flow->oui[0] = '\0';
	if (hardware_length >= OUI_BYTES)
		snprintf(flow->oui, sizeof(flow->oui), "%02x:%02x:%02x", hardware.at[0], hardware.at[1], hardware.at[2]);

	flow->options = memory_resize(flow->options, (message->options_count + 1) * sizeof(*flow->options));
	flow->options_count = 0;
	while (take_option(&options, &type, &value))
		flow->options[flow->options_count++] = type;

	forget_text(&flow->request_list);
	if (message->has_request_list)
		set_numbers(&flow->request_list, message->request_list);
	memcpy(flow->requested_address, message->requested_address, sizeof(flow->requested_address));
	if (memcmp(address.at, none, sizeof(none)) != 0)
		inet_ntop(AF_INET, address.at, flow->client_address, sizeof(flow->client_address));
}

static void
set_message_type(char text[TYPE_TEXT_MAX + 1], int64_t type)
{
	if (type > MESSAGE_NONE && type < (int64_t) (sizeof(message_names) / sizeof(message_names[0])))
		snprintf(text, TYPE_TEXT_MAX + 1, "MsgType.%s", message_names[type]);
	else
		snprintf(text, TYPE_TEXT_MAX + 1, "%lld", (long long) type);
}

static bool
is_from_nowhere(const Dhcp *dhcp, const NfstreamFlow *flow)
{
	static const char nowhere[] = "0.0.0.0";
	NfstreamValue	  address;

	return dhcp->host->read(flow, dhcp->src_ip, &address) == NFSTREAM_READ_DONE && address.kind == NFSTREAM_TEXT &&
		   address.text.length == strlen(nowhere) && memcmp(address.text.bytes, nowhere, strlen(nowhere)) == 0;
}

static void
on_packet(void *self, void *state, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	const Dhcp *dhcp = self;
	DhcpFlow   *known = state;
	Bytes		at = packet_payload(packet),
		  address,
		  hardware;
	Message		  message = {.type = MESSAGE_NONE};
	uint8_t		  hardware_length;
	NfstreamValue port;

	if (dhcp->host->read(flow, dhcp->dst_port, &port) != NFSTREAM_READ_DONE || port.integer != SERVER_PORT ||
		packet->ip_version != 4)
		return;
	if (!bytes_skip(&at, 1 + 1) || !bytes_get_u8(&at, &hardware_length) || !bytes_skip(&at, 1 + 4 + 2 + 2) ||
		!bytes_take(&at, 4, &address) || !bytes_skip(&at, 3 * 4) || !bytes_take(&at, CHADDR_BYTES, &hardware) ||
		!bytes_skip(&at, 64 + 128 + 4))
		return;
	read_options(known, at, &message);
	if (message.type == MESSAGE_REQUEST)
		read_request(known, &message, at, hardware_length, hardware, address);
	if (message.type == MESSAGE_ACK || message.type == MESSAGE_NACK || message.type == MESSAGE_INFORM ||
		message.type == MESSAGE_DECLINE || is_from_nowhere(dhcp, flow))
		flow->expiration_id = -1;
	if (known->message_type[0] == '\0')
		set_message_type(known->message_type, message.type);
}

static void
give_text(NfstreamValue *value, const char *bytes, size_t length)
{
	value->kind = NFSTREAM_TEXT;
	value->text = (NfstreamText) {bytes, length};
}

static void
give(NfstreamValue *value, const Text *text)
{
	if (text->bytes != NULL)
		give_text(value, text->bytes, text->length);
}

static void
give_string(NfstreamValue *value, const char *text)
{
	if (text[0] != '\0')
		give_text(value, text, strlen(text));
}

/* In the order of dhcp_outputs. */
static bool
output(void *self, void *state, unsigned number, NfstreamValue *value)
{
	const DhcpFlow *flow = state;

	(void) self;
	value->kind = NFSTREAM_NULL;
	switch (number)
	{
		case 0:
			give(value, &flow->host_name);
			break;
		case 1:
			give_string(value, flow->requested_address);
			break;
		case 2:
			give(value, &flow->request_list);
			break;
		case 3:
			if (flow->has_message_size)
			{
				value->kind = NFSTREAM_INTEGER;
				value->integer = flow->message_size;
			}
			break;
		case 4:
			give(value, &flow->vendor_class);
			break;
		case 5:
			give(value, &flow->user_class);
			break;
		case 6:
			value->kind = NFSTREAM_INTEGERS;
			value->integers.items = flow->options;
			value->integers.count = flow->options_count;
			break;
		case 7:
			give_string(value, flow->client_address);
			break;
		case 8:
			give_string(value, flow->message_type);
			break;
		case 9:
			give_string(value, flow->oui);
			break;
	}
	return true;
}

static void
release(void *self, void *state)
{
	DhcpFlow *flow = state;

	(void) self;
	forget_text(&flow->host_name);
	forget_text(&flow->vendor_class);
	forget_text(&flow->user_class);
	forget_text(&flow->request_list);
	free(flow->options);
}

const NfstreamPlugin dhcp_plugin = {
	.version = NFSTREAM_PLUGIN_VERSION,
	.size = sizeof(NfstreamPlugin),
	.name = "dhcp",
	.parameters = dhcp_parameters,
	.outputs = dhcp_outputs,
	.reads = dhcp_reads,
	.create = create,
	.state_bytes = state_bytes,
	.on_init = on_packet,
	.on_update = on_packet,
	.output = output,
	.release = release,
	.destroy = free,
};

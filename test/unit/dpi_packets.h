/*
 * dpi_packets.h
 *	  IPv4 packets with something in them that nDPI knows.
 *
 * A conversation is between 192.168.1.2 and 203.0.113.5, which no list of addresses has; each packet says which way
 * it goes.
 */
#ifndef DPI_PACKETS_H
#define DPI_PACKETS_H

#include "cases.h"

#define IP_TCP			  6
#define IP_UDP			  17

#define TCP_SYN_FLAG	  0x02
#define TCP_SYN_ACK_FLAGS 0x12
#define TCP_ACK_FLAG	  0x10
#define TCP_DATA_FLAGS	  0x18 /* PSH, ACK */

typedef struct Message
{
	size_t	length;
	uint8_t bytes[4096];
} Message;

typedef enum Way
{
	TO_SERVER,
	TO_CLIENT
} Way;

static inline void
add(Message *message, const void *bytes, size_t length)
{
	assert_true(message->length + length <= sizeof(message->bytes));
	memcpy(message->bytes + message->length, bytes, length);
	message->length += length;
}

static inline void
add_text(Message *message, const char *text)
{
	add(message, text, strlen(text));
}

static inline void
add_u16(Message *message, size_t number)
{
	add(message, BYTES((uint8_t) (number >> 8), (uint8_t) number));
}

/* Puts 16 bits where room was left for them. */
static inline void
set_u16(Message *message, size_t place, size_t number)
{
	message->bytes[place] = (uint8_t) (number >> 8);
	message->bytes[place + 1] = (uint8_t) number;
}

static inline void
add_ipv4(Message *packet, uint8_t protocol, size_t payload, Way way)
{
	static const uint8_t hosts[2][4] = {{192, 168, 1, 2}, {203, 0, 113, 5}};

	add(packet, BYTES(0x45, 0));
	add_u16(packet, 20 + payload);
	add(packet, BYTES(0, 1, 0x40, 0, 64, protocol, 0, 0));
	add(packet, hosts[way == TO_SERVER ? 0 : 1], 4);
	add(packet, hosts[way == TO_SERVER ? 1 : 0], 4);
}

static inline Message
udp_packet(uint16_t client_port, uint16_t server_port, Way way, const Message *data)
{
	Message packet = {0};

	add_ipv4(&packet, IP_UDP, 8 + data->length, way);
	add_u16(&packet, way == TO_SERVER ? client_port : server_port);
	add_u16(&packet, way == TO_SERVER ? server_port : client_port);
	add_u16(&packet, 8 + data->length);
	add_u16(&packet, 0);
	add(&packet, data->bytes, data->length);
	return packet;
}

/* `sequence`, `acknowledged`: bytes that were sent before, each way. */
static inline Message
tcp_packet(uint16_t server_port, uint8_t flags, Way way, uint32_t sequence, uint32_t acknowledged, const Message *data)
{
	Message packet = {0};

	add_ipv4(&packet, IP_TCP, 20 + data->length, way);
	add_u16(&packet, way == TO_SERVER ? 40000 : server_port);
	add_u16(&packet, way == TO_SERVER ? server_port : 40000);
	add_u16(&packet, sequence >> 16), add_u16(&packet, sequence);
	add_u16(&packet, acknowledged >> 16), add_u16(&packet, acknowledged);
	add(&packet, BYTES(0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0));
	add(&packet, data->bytes, data->length);
	return packet;
}

/* A question for the address of a host, or the answer to it.  RFC 1035, section 4. */
static inline Message
dns_message(const char *const *labels, bool answer)
{
	Message message = {0};

	add(&message, BYTES(0x12, 0x34, answer ? 0x81 : 0x01, answer ? 0x80 : 0x00, 0, 1, 0, answer, 0, 0, 0, 0));
	for (; *labels != NULL; labels++)
	{
		add(&message, BYTES((uint8_t) strlen(*labels)));
		add_text(&message, *labels);
	}
	add(&message, BYTES(0, 0, 1, 0, 1));
	if (answer)
		add(&message, BYTES(0xC0, 12, 0, 1, 0, 1, 0, 0, 0x0E, 0x10, 0, 4, 203, 0, 113, 5));
	return message;
}

/*
 * A ClientHello of TLS 1.2 (RFC 5246, 7.4.1.2): cipher suites 0xC02B, 0xC02F, 0x009C, the extensions server_name (RFC
 * 6066), supported_groups 29, 23 and ec_point_formats 0.
 */
static inline Message
client_hello(const char *server_name)
{
	Message hello = {0};
	size_t	name = strlen(server_name),
		   extensions;

	add(&hello, BYTES(22, 3, 1, 0, 0));	  /* record: handshake; its length comes later */
	add(&hello, BYTES(1, 0, 0, 0, 3, 3)); /* ClientHello; length; TLS 1.2 */
	for (uint8_t i = 0; i < 32; i++)
		add(&hello, BYTES((uint8_t) (i * 7 + 1))); /* random */
	add(&hello, BYTES(0));						   /* session */
	add(&hello, BYTES(0, 6, 0xC0, 0x2B, 0xC0, 0x2F, 0x00, 0x9C));
	add(&hello, BYTES(1, 0)); /* compression */
	extensions = hello.length;
	add_u16(&hello, 0);
	add_u16(&hello, 0), add_u16(&hello, name + 5);
	add_u16(&hello, name + 3), add(&hello, BYTES(0)), add_u16(&hello, name);
	add_text(&hello, server_name);
	add(&hello, BYTES(0, 10, 0, 6, 0, 4, 0, 29, 0, 23));
	add(&hello, BYTES(0, 11, 0, 2, 1, 0));
	set_u16(&hello, extensions, hello.length - extensions - 2);
	set_u16(&hello, 7, hello.length - 9);
	set_u16(&hello, 3, hello.length - 5);
	return hello;
}

static inline Message
http_request(const char *user_agent)
{
	Message request = {0};

	add_text(&request, "GET /index.html HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: ");
	add_text(&request, user_agent);
	add_text(&request, "\r\nAccept: */*\r\n\r\n");
	return request;
}

static inline Message
http_response(const char *content_type)
{
	Message response = {0};

	add_text(&response, "HTTP/1.1 200 OK\r\nServer: test\r\nContent-Type: ");
	add_text(&response, content_type);
	add_text(&response, "\r\nContent-Length: 5\r\n\r\nhello");
	return response;
}

#endif /* DPI_PACKETS_H */

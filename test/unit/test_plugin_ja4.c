/*
 * test_plugin_ja4.c
 *	  The plugin ja4: a hello that comes in segments, records, fragments and packets of QUIC, in whatever order.
 *
 * The hello is FoxIO's example.  Keys of QUIC are those of RFC 9001, appendix A.1, and RFC 9369, appendix A.1: packets are encrypted
 * with them here, so that what the plugin derives is held against them.
 */
#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <nettle/version.h>
#include <stdio.h>

#include "engine/plugins/pieces.h"
#include "engine/plugins/plugins.h"
#include "hello_bytes.h"
#include "plugin_packets.h"

#define TCP		   6
#define SYN		   NFSTREAM_SYN
#define CONNECTION "\x83\x94\xc8\xf0\x3e\x51\x57\x08"
#define FIRST_BYTE 4294967200u /* sequence numbers begin anew in the hello */
#define OVER_TCP   "t" EXAMPLE_REST

static PluginFlow flow;
static HelloBytes message; /* a handshake message */
static HelloBytes stream;  /* records of it */

static void
start(void)
{
	HelloBytes *body = calloc(1, sizeof(*body));

	flow = plugin_flow_start(&ja4_plugin);
	put_hello(body, &example);
	message.length = stream.length = 0;
	put_number(&message, 1, 1);
	put_number(&message, body->length, 3);
	put(&message, body->bytes, body->length);
	put(&stream, "\x16\x03\x01", 3);
	put_number(&stream, message.length, 2);
	put(&stream, message.bytes, message.length);
	free(body);
}

static void
end_with(const char *expected)
{
	plugin_flow_expect(&flow, "ja4", expected);
	plugin_flow_end(&flow);
}

/* The stream's bytes from `from` to `to`. */
static void
send_part(size_t from, size_t to)
{
	plugin_flow_packet(&flow, (PacketForm) {.protocol = TCP, .sequence = (uint32_t) (FIRST_BYTE + from)}, stream.bytes + from,
					   to - from);
}

static void
send_syn(void)
{
	plugin_flow_packet(&flow, (PacketForm) {.protocol = TCP, .sequence = FIRST_BYTE - 1, .tcp_flags = SYN}, NULL, 0);
}

CASE(one_segment)
{
	start();
	send_syn();
	send_part(0, stream.length);
	end_with(OVER_TCP);

	start(); /* from the middle of a flow, back, over IPv6 */
	plugin_flow_packet(&flow, (PacketForm) {.protocol = TCP, .ip_version = 6, .direction = 1}, stream.bytes, stream.length);
	end_with(OVER_TCP);

	start(); /* with the SYN */
	plugin_flow_packet(&flow, (PacketForm) {.protocol = TCP, .sequence = 7, .tcp_flags = SYN}, stream.bytes, stream.length);
	end_with(OVER_TCP);

	start(); /* not all captured */
	plugin_flow_packet(&flow, (PacketForm) {.protocol = TCP, .missing = 1}, stream.bytes, stream.length);
	end_with(NULL);
}

CASE(many_segments)
{
	for (size_t size = 1; size < 200; size += 7)
		for (int with_syn = 0; with_syn < 2; with_syn++)
		{
			start();
			if (with_syn)
				send_syn();
			for (size_t from = 0; from < stream.length; from += size)
				send_part(from, from + size < stream.length ? from + size : stream.length);
			/* Without the SYN, a hello shows itself by its first 6 bytes. */
			end_with(with_syn || size >= 6 ? OVER_TCP : NULL);
		}
}

CASE(segments_in_disorder)
{
	Random numbers = random_start();

	for (int round = 0; round < 200; round++)
	{
		unsigned order[PIECES_EARLY_MAX];
		size_t	 size;

		start();
		send_syn();
		size = stream.length / LENGTH(order) + 1;
		for (unsigned i = 0; i < LENGTH(order); i++)
			order[i] = i;
		for (unsigned i = LENGTH(order) - 1; i > 0; i--)
		{
			unsigned other = random_below(&numbers, i + 1),
					 kept = order[i];

			order[i] = order[other];
			order[other] = kept;
		}
		for (unsigned i = 0; i < LENGTH(order); i++)
		{
			size_t from = order[i] * size,
				   to = from + size;
			size_t overlap = random_below(&numbers, 5);

			from -= overlap < from ? overlap : from;
			to += overlap;
			if (from < stream.length)
				send_part(from, to < stream.length ? to : stream.length);
			if (random_below(&numbers, 3) == 0)
				send_syn(); /* once more */
		}
		end_with(OVER_TCP);
	}
}

CASE(a_segment_that_is_lost)
{
	start();
	send_syn();
	send_part(0, 50);
	send_part(60, stream.length);
	end_with(NULL);

	/* The first one, before a hello on which another protocol agreed. */
	start();
	send_syn();
	plugin_flow_packet(&flow, (PacketForm) {.protocol = TCP, .sequence = FIRST_BYTE + 100}, (const uint8_t *) "OK\r\n", 4);
	plugin_flow_packet(&flow, (PacketForm) {.protocol = TCP, .sequence = FIRST_BYTE + 104}, stream.bytes, 40);
	plugin_flow_packet(&flow, (PacketForm) {.protocol = TCP, .sequence = FIRST_BYTE + 144}, stream.bytes + 40,
					   stream.length - 40);
	end_with(OVER_TCP);
}

CASE(after_another_protocol)
{
	static const char greeting[] = "220 mail ESMTP\r\n",
					  wish[] = "STARTTLS\r\n";

	start();
	send_syn();
	plugin_flow_packet(&flow, (PacketForm) {.protocol = TCP, .direction = 1, .sequence = 1}, (const uint8_t *) greeting,
					   strlen(greeting));
	plugin_flow_packet(&flow, (PacketForm) {.protocol = TCP, .sequence = FIRST_BYTE}, (const uint8_t *) wish, strlen(wish));
	plugin_flow_packet(&flow, (PacketForm) {.protocol = TCP, .sequence = FIRST_BYTE + strlen(wish) + 100}, stream.bytes + 100,
					   stream.length - 100);
	plugin_flow_expect(&flow, "ja4", NULL);
	plugin_flow_packet(&flow, (PacketForm) {.protocol = TCP, .sequence = FIRST_BYTE + strlen(wish)}, stream.bytes, 100);
	plugin_flow_packet(&flow, (PacketForm) {.protocol = TCP, .sequence = FIRST_BYTE + strlen(wish) + 100}, stream.bytes + 100,
					   stream.length - 100);
	end_with(OVER_TCP);
}

CASE(many_records)
{
	for (size_t size = 1; size < message.length; size += 5)
	{
		start();
		stream.length = 0;
		for (size_t from = 0; from < message.length; from += size)
		{
			size_t part = from + size < message.length ? size : message.length - from;

			put(&stream, "\x16\x03\x03", 3);
			put_number(&stream, part, 2);
			put(&stream, message.bytes + from, part);
		}
		send_syn();
		send_part(0, stream.length);
		plugin_flow_expect(&flow, "ja4", OVER_TCP);
		plugin_flow_end(&flow);

		start(); /* and of each record one segment and a half */
		stream.length = 0;
		for (size_t from = 0; from < message.length; from += size)
		{
			size_t part = from + size < message.length ? size : message.length - from;

			put(&stream, "\x16\x03\x03", 3);
			put_number(&stream, part, 2);
			put(&stream, message.bytes + from, part);
		}
		send_syn();
		for (size_t from = 0; from < stream.length; from += size / 2 + 3)
			send_part(from, from + size / 2 + 3 < stream.length ? from + size / 2 + 3 : stream.length);
		end_with(OVER_TCP);
	}
}

CASE(what_is_no_hello)
{
	static const struct
	{
		size_t	at;
		uint8_t byte;
	} changes[] = {
		{0, 23},   /* application data */
		{0, 21},   /* an alert */
		{1, 2},	   /* a version that is none */
		{5, 2},	   /* ServerHello */
		{6, 1},	   /* longer than a flow may keep */
		{3, 0x50}, /* longer than a record may be */
		{4, 0},	   /* a record of nothing */
	};

	for (size_t i = 0; i < LENGTH(changes); i++)
		for (int with_syn = 0; with_syn < 2; with_syn++)
		{
			start();
			if (changes[i].at == 4)
				stream.bytes[3] = 0;
			stream.bytes[changes[i].at] = changes[i].byte;
			if (with_syn)
				send_syn();
			send_part(0, 20);
			send_part(20, stream.length);
			end_with(NULL);
		}

	/* A ServerHello does not end the search: the client's may still come. */
	start();
	send_syn();
	stream.bytes[5] = 2;
	plugin_flow_packet(&flow, (PacketForm) {.protocol = TCP, .direction = 1}, stream.bytes, stream.length);
	stream.bytes[5] = 1;
	send_part(0, stream.length);
	end_with(OVER_TCP);
}

/* The longest that is put together, with its record's header. */
CASE(a_long_hello)
{
	for (int longer = 0; longer < 2; longer++)
	{
		HelloForm	form = example;
		HelloBytes *body = calloc(1, sizeof(*body));

		start();
		form.padding = PIECES_BYTES_MAX - stream.length + (size_t) longer;
		put_hello(body, &form);
		message.length = stream.length = 0;
		put_number(&stream, 0x160301, 3);
		put_number(&stream, 4 + body->length, 2);
		put_number(&stream, 1, 1);
		put_number(&stream, body->length, 3);
		put(&stream, body->bytes, body->length);
		assert_int_equal(stream.length, PIECES_BYTES_MAX + longer);
		send_syn();
		for (size_t from = 0; from < stream.length; from += 1400)
			send_part(from, from + 1400 < stream.length ? from + 1400 : stream.length);
		end_with(longer ? NULL : OVER_TCP);
		free(body);
	}
}

/* ---------------------------------------------------------------------------------------------------------------- DTLS */

/* A datagram with a fragment of the message, in a record of this epoch. */
static void
send_fragment(uint16_t epoch, uint16_t number, size_t from, size_t to)
{
	HelloBytes *datagram = calloc(1, sizeof(*datagram));

	put_number(datagram, 0x16feff, 3);
	put_number(datagram, epoch, 2);
	put_number(datagram, 0, 6);
	put_number(datagram, 12 + to - from, 2);
	put_number(datagram, 1, 1);
	put_number(datagram, message.length - 4, 3);
	put_number(datagram, number, 2);
	put_number(datagram, from, 3);
	put_number(datagram, to - from, 3);
	put(datagram, message.bytes + 4 + from, to - from);
	plugin_flow_packet(&flow, (PacketForm) {0}, datagram->bytes, datagram->length);
	free(datagram);
}

/* The example as a client of DTLS 1.2 sends it, with a cookie. */
static size_t
start_dtls(void)
{
	static const uint16_t dtls12[] = {0xfefd};
	HelloForm			  form = example;

	start();
	form.has_cookie = true;
	form.versions = dtls12;
	form.versions_count = 1;
	message.length = 4;
	put_hello(&message, &form);
	return message.length - 4;
}

#define OVER_DTLS "dd2d1516h2_" EXAMPLE_B "_" EXAMPLE_C

CASE(dtls)
{
	size_t length = start_dtls();

	send_fragment(0, 0, 0, length);
	end_with(OVER_DTLS);

	start_dtls(); /* fragments, not in order, of two messages */
	send_fragment(0, 0, 0, 50);
	send_fragment(0, 1, 150, length);
	send_fragment(0, 1, 90, 160);
	plugin_flow_expect(&flow, "ja4", NULL);
	send_fragment(0, 1, 0, 100);
	end_with(OVER_DTLS);

	start_dtls(); /* encrypted */
	send_fragment(1, 0, 0, length);
	end_with(NULL);
}

CASE(dtls_in_capwap)
{
	HelloBytes *datagram = calloc(1, sizeof(*datagram));
	size_t		length = start_dtls();

	put_number(datagram, 0x01000000, 4);
	put_number(datagram, 0x16fefd, 3);
	put_number(datagram, 0, 8);
	put_number(datagram, 12 + length, 2);
	put_number(datagram, 1, 1);
	put_number(datagram, length, 3);
	put_number(datagram, 0, 5);
	put_number(datagram, length, 3);
	put(datagram, message.bytes + 4, length);
	plugin_flow_packet(&flow, (PacketForm) {0}, datagram->bytes, datagram->length);
	free(datagram);
	end_with(OVER_DTLS);
}

/* ---------------------------------------------------------------------------------------------------------------- QUIC */

typedef struct QuicKeys
{
	uint32_t	version;
	uint8_t		first_byte; /* an Initial packet with a number of 2 bytes */
	const char *key;
	const char *nonce;
	const char *mask;
} QuicKeys;

static const QuicKeys quic_1 = {
	1, 0xc1,
	"\x1f\x36\x96\x13\xdd\x76\xd5\x46\x77\x30\xef\xcb\xe3\xb1\xa2\x2d",
	"\xfa\x04\x4b\x2f\x42\xa3\xfd\x3b\x46\xfb\x25\x5c",
	"\x9f\x50\x44\x9e\x04\xa0\xe8\x10\x28\x3a\x1e\x99\x33\xad\xed\xd2"};

static const QuicKeys quic_2 = {
	0x6b3343cf, 0xd1,
	"\x8b\x1a\x0b\xc1\x21\x28\x42\x90\xa2\x9e\x09\x71\xb5\xcd\x04\x5d",
	"\x91\xf7\x3e\x23\x51\xd8\xfa\x91\x66\x0e\x90\x9f",
	"\x45\xb9\x5e\x15\x23\x5d\x6f\x45\xa6\xb1\x9c\xbc\xb0\x29\x4b\xa9"};

/* An Initial packet to the connection (RFC 9000, section 17.2.2), encrypted (RFC 9001, sections 5.3 and 5.4). */
static void
put_initial(HelloBytes *to, const QuicKeys *keys, uint16_t number, const char *destination, const HelloBytes *frames)
{
	struct aes128_ctx	  aes;
	struct gcm_aes128_ctx gcm;
	uint8_t				  nonce[12],
		mask[16],
		tag[16],
		*packet = to->bytes + to->length;
	size_t header,
		start_of = to->length;

	put_number(to, keys->first_byte, 1);
	put_number(to, keys->version, 4);
	put_number(to, 8, 1);
	put(to, destination, 8);
	put(to, "\x02me", 3);
	put(to, "\x03tok", 4);
	put_number(to, 0x4000 | (2 + frames->length + 16), 2);
	put_number(to, number, 2);
	header = to->length - start_of;
	put(to, frames->bytes, frames->length);
	put_number(to, 0, 8);
	put_number(to, 0, 8);

	memcpy(nonce, keys->nonce, sizeof(nonce));
	nonce[10] ^= (uint8_t) (number >> 8);
	nonce[11] ^= (uint8_t) number;
	gcm_aes128_set_key(&gcm, (const uint8_t *) keys->key);
	gcm_aes128_set_iv(&gcm, sizeof(nonce), nonce);
	gcm_aes128_update(&gcm, header, packet);
	gcm_aes128_encrypt(&gcm, frames->length, packet + header, packet + header);
#if NETTLE_VERSION_MAJOR >= 4
	gcm_aes128_digest(&gcm, tag);
#else
	gcm_aes128_digest(&gcm, sizeof(tag), tag);
#endif
	memcpy(packet + header + frames->length, tag, sizeof(tag));
	aes128_set_encrypt_key(&aes, (const uint8_t *) keys->mask);
	aes128_encrypt(&aes, sizeof(mask), mask, packet + header + 2);
	packet[0] ^= mask[0] & 0x0f;
	packet[header - 2] ^= mask[1];
	packet[header - 1] ^= mask[2];
}

/* A CRYPTO frame with a part of the message. */
static void
put_crypto(HelloBytes *frames, size_t from, size_t to)
{
	put_number(frames, 6, 1);
	put_number(frames, 0x80000000 | from, 4);
	put_number(frames, 0x4000 | (to - from), 2);
	put(frames, message.bytes + from, to - from);
}

static void
send_datagram(const HelloBytes *datagram)
{
	plugin_flow_packet(&flow, (PacketForm) {0}, datagram->bytes, datagram->length);
}

/* A datagram with one packet and one frame. */
static void
send_crypto(const QuicKeys *keys, uint16_t number, const char *destination, size_t from, size_t to)
{
	HelloBytes *frames = calloc(1, sizeof(*frames)),
			   *datagram = calloc(1, sizeof(*datagram));

	put_crypto(frames, from, to);
	put_initial(datagram, keys, number, destination, frames);
	send_datagram(datagram);
	free(frames);
	free(datagram);
}

#define OVER_QUIC "q" EXAMPLE_REST

CASE(quic)
{
	const QuicKeys *versions[] = {&quic_1, &quic_2};

	for (size_t i = 0; i < LENGTH(versions); i++)
	{
		start();
		send_crypto(versions[i], 0, CONNECTION, 0, message.length);
		end_with(OVER_QUIC);
	}
}

CASE(quic_in_many_packets)
{
	start(); /* the last first; the connection has another id then, that of the server */
	send_crypto(&quic_1, 0x102, CONNECTION, 150, message.length);
	send_crypto(&quic_1, 2, "serverid", 0, 60);
	plugin_flow_expect(&flow, "ja4", NULL);
	send_crypto(&quic_1, 3, "serverid", 50, 160);
	end_with(OVER_QUIC);
}

/* As browsers send it: frames in disorder, with PING, PADDING and acknowledgements between, after a packet of another kind. */
CASE(quic_frames)
{
	HelloBytes *frames = calloc(1, sizeof(*frames)),
			   *datagram = calloc(1, sizeof(*datagram));

	start();
	put_number(frames, 1, 1);
	put_crypto(frames, 100, message.length);
	put(frames, "\x00\x00\x00", 3);
	put(frames, "\x02\x05\x00\x01\x00\x00\x00", 7);		/* ACK with two ranges */
	put(frames, "\x03\x05\x00\x00\x00\x01\x02\x03", 8); /* ACK with counts */
	put_crypto(frames, 0, 100);
	put_number(datagram, 0xd0, 1); /* 0-RTT */
	put_number(datagram, 1, 4);
	put(datagram, "\x08" CONNECTION "\x00", 10);
	put(datagram, "\x05"
				  "zero.",
		6);
	put_initial(datagram, &quic_1, 0, CONNECTION, frames);
	send_datagram(datagram);
	end_with(OVER_QUIC);

	start(); /* one of nothing but PADDING, after which the hello comes */
	frames->length = datagram->length = 0;
	put_number(frames, 0, 8);
	put_initial(datagram, &quic_1, 0, CONNECTION, frames);
	send_datagram(datagram);
	plugin_flow_expect(&flow, "ja4", NULL);
	send_crypto(&quic_1, 1, CONNECTION, 0, message.length);
	end_with(OVER_QUIC);

	start(); /* a frame that an Initial packet does not hold ends it */
	frames->length = datagram->length = 0;
	put_number(frames, 8, 1);
	put_crypto(frames, 0, message.length);
	put_initial(datagram, &quic_1, 0, CONNECTION, frames);
	send_datagram(datagram);
	end_with(NULL);
	free(frames);
	free(datagram);
}

CASE(quic_that_is_not_authentic)
{
	HelloBytes *frames = calloc(1, sizeof(*frames)),
			   *datagram = calloc(1, sizeof(*datagram));

	start();
	put_crypto(frames, 0, message.length);
	put_initial(datagram, &quic_1, 0, CONNECTION, frames);
	for (size_t at = 0; at < datagram->length; at += 3)
	{
		datagram->bytes[at] ^= 0x40;
		send_datagram(datagram);
		plugin_flow_expect(&flow, "ja4", NULL);
		datagram->bytes[at] ^= 0x40;
		if (at % 60 == 0) /* a flow's tries are numbered */
		{
			plugin_flow_end(&flow);
			start();
		}
	}
	for (size_t missing = 1; missing < datagram->length; missing++)
		plugin_flow_packet(&flow, (PacketForm) {.missing = (uint32_t) missing}, datagram->bytes, datagram->length);
	plugin_flow_expect(&flow, "ja4", NULL);
	send_datagram(datagram);
	end_with(OVER_QUIC);

	/* A flow of packets that are none is not decrypted for ever. */
	start();
	datagram->bytes[datagram->length - 1] ^= 1;
	for (int i = 0; i < 100; i++)
		send_datagram(datagram);
	datagram->bytes[datagram->length - 1] ^= 1;
	send_datagram(datagram);
	end_with(NULL);
	free(frames);
	free(datagram);
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(one_segment),
		cmocka_unit_test(many_segments),
		cmocka_unit_test(segments_in_disorder),
		cmocka_unit_test(a_segment_that_is_lost),
		cmocka_unit_test(after_another_protocol),
		cmocka_unit_test(many_records),
		cmocka_unit_test(what_is_no_hello),
		cmocka_unit_test(a_long_hello),
		cmocka_unit_test(dtls),
		cmocka_unit_test(dtls_in_capwap),
		cmocka_unit_test(quic),
		cmocka_unit_test(quic_in_many_packets),
		cmocka_unit_test(quic_frames),
		cmocka_unit_test(quic_that_is_not_authentic),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}

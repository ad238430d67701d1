/*
 * test_plugin_dhcp.c
 *	  The plugin dhcp: what it takes from messages, and messages that end NFStream's.
 *
 * Where NFStream's DHCP comes to an end by itself, what is expected here is what it leaves; test/plugins compares random messages.
 */
#include "engine/plugins/plugins.h"
#include "plugin_packets.h"

#define HEADER_BYTES 240
#define CLIENT		 "\x00\x0b\x82\x01\xfc\x42"

/* A flow to the server's port, and the message that is being made. */
static PluginFlow flow;
static uint8_t	  message[1500];
static size_t	  length;

static void
begin_message(void)
{
	memset(message, 0, HEADER_BYTES);
	message[0] = message[1] = 1;
	message[2] = 6;
	memcpy(message + 28, CLIENT, 6);
	memcpy(message + 236, "\x63\x82\x53\x63", 4);
	length = HEADER_BYTES;
}

static void
add_option(uint8_t type, const void *value, size_t value_length)
{
	message[length++] = type;
	message[length++] = (uint8_t) value_length;
	memcpy(message + length, value, value_length);
	length += value_length;
}

#define ADD_OPTION(type, text) add_option(type, text, sizeof(text) - 1)

static void
send_form(PacketForm form)
{
	plugin_flow_packet(&flow, form, message, length);
}

static void
send_message(void)
{
	message[length++] = 255;
	send_form((PacketForm) {0});
}

static void
start(void)
{
	flow_dst_port = 67;
	flow_src_ip = "10.0.0.1";
	flow = plugin_flow_start(&dhcp_plugin);
	begin_message();
}

static void
end(void)
{
	plugin_flow_end(&flow);
}

static void
expect(const char *name, const char *text)
{
	plugin_flow_expect(&flow, name, text);
}

static void
expect_options(const int64_t *types, size_t count)
{
	NfstreamValue value = plugin_flow_output(&flow, "dhcp_options");

	assert_int_equal(value.kind, NFSTREAM_INTEGERS);
	assert_int_equal(value.integers.count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(value.integers.items[i], types[i]);
}

#define EXPECT_OPTIONS(...) \
	expect_options((const int64_t[]) {__VA_ARGS__}, sizeof((const int64_t[]) {__VA_ARGS__}) / sizeof(int64_t))

static void
expect_nothing(void)
{
	expect("dhcp_12", NULL);
	expect("dhcp_50", NULL);
	expect("dhcp_55", NULL);
	expect("dhcp_57", NULL);
	expect("dhcp_60", NULL);
	expect("dhcp_77", NULL);
	expect_options(NULL, 0);
	expect("dhcp_addr", NULL);
	expect("dhcp_msg_type", NULL);
	expect("dhcp_oui", NULL);
	assert_int_equal(flow.expiration_id, 0);
}

CASE(a_request)
{
	start();
	memcpy(message + 12, "\x0a\x00\x00\x07", 4);
	ADD_OPTION(53, "\x03");
	ADD_OPTION(12, "laptop");
	ADD_OPTION(50, "\xc0\xa8\x00\x0a");
	message[length++] = 0;
	ADD_OPTION(55, "\x01\x03\x06\xfc");
	ADD_OPTION(57, "\x05\xdc");
	ADD_OPTION(60, "MSFT 5.0");
	ADD_OPTION(77, "");
	ADD_OPTION(55, "\x01\x02");
	send_message();
	expect("dhcp_12", "laptop");
	expect("dhcp_50", "192.168.0.10");
	expect("dhcp_55", "1,2");
	assert_int_equal(plugin_flow_output(&flow, "dhcp_57").integer, 1500);
	expect("dhcp_60", "MSFT 5.0");
	expect("dhcp_77", "");
	EXPECT_OPTIONS(53, 12, 50, 55, 57, 60, 77, 55);
	expect("dhcp_addr", "10.0.0.7");
	expect("dhcp_msg_type", "MsgType.REQUEST");
	expect("dhcp_oui", "00:0b:82");
	assert_int_equal(flow.expiration_id, 0);

	/* Another keeps the address, if it has none, and the first type; an empty name is no name. */
	begin_message();
	ADD_OPTION(53, "\x03");
	ADD_OPTION(12, "");
	send_message();
	expect("dhcp_12", "laptop");
	expect("dhcp_50", NULL);
	expect("dhcp_55", NULL);
	EXPECT_OPTIONS(53, 12);
	expect("dhcp_addr", "10.0.0.7");

	/* Only requests tell their options; the end of an exchange ends the flow. */
	begin_message();
	ADD_OPTION(53, "\x05");
	ADD_OPTION(60, "other");
	ADD_OPTION(50, "\x01\x02\x03\x04");
	send_message();
	expect("dhcp_60", "other");
	expect("dhcp_50", NULL);
	EXPECT_OPTIONS(53, 12);
	expect("dhcp_msg_type", "MsgType.REQUEST");
	assert_int_equal(flow.expiration_id, -1);
	end();
}

CASE(which_types_end_a_flow)
{
	static const bool		 ends[] = {false, false, false, false, true, true, true, false, true};
	static const char *const names[] = {"0", "MsgType.DISCOVER", "MsgType.OFFER", "MsgType.REQUEST", "MsgType.DECLINE",
										"MsgType.ACK", "MsgType.NACK", "MsgType.RELEASE", "MsgType.INFORM"};

	for (uint8_t type = 0; type < LENGTH(ends); type++)
	{
		start();
		if (type > 0)
			add_option(53, &type, 1);
		send_message();
		assert_int_equal(flow.expiration_id, ends[type] ? -1 : 0);
		expect("dhcp_msg_type", names[type]);
		end();
	}

	/* Whatever it is, from a client without an address. */
	start();
	flow_src_ip = "0.0.0.0";
	send_message();
	assert_int_equal(flow.expiration_id, -1);
	end();
}

CASE(addresses_of_any_length)
{
	static const struct
	{
		const char *bytes;
		size_t		length;
		const char *text;
	} addresses[] = {
		{"", 0, "0.0.0.0"},
		{"\x01\x02\x03", 3, "0.1.2.3"},
		{"\x00\x00\x01\x02\x03\x04", 6, "1.2.3.4"},
		{"\x01\x02\x03\x04\x05", 5, "::1:203:405"},
		{"\xff\xff\x01\x02\x03\x04", 6, "::ffff:102:304"},
		{"\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", 16, "2001:db8::1"},
		{"\x01\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", 17, NULL},
	};

	for (size_t i = 0; i < LENGTH(addresses); i++)
	{
		start();
		ADD_OPTION(53, "\x03");
		add_option(50, addresses[i].bytes, addresses[i].length);
		send_message();
		expect("dhcp_50", addresses[i].text);
		end();
	}
}

/* Each ended NFStream's meter. */
CASE(messages_that_nobody_expects)
{
	start(); /* a type as the last byte */
	ADD_OPTION(53, "\x03");
	message[length++] = 12;
	send_form((PacketForm) {0});
	EXPECT_OPTIONS(53);
	expect("dhcp_12", NULL);
	end();

	start(); /* types that have no name */
	ADD_OPTION(53, "\x09");
	send_message();
	expect("dhcp_msg_type", "9");
	end();
	start();
	ADD_OPTION(53, "\x01\x02\x03");
	send_message();
	expect("dhcp_msg_type", "66051");
	end();
	start();
	ADD_OPTION(53, "\xff\xff\xff\xff\xff\xff\xff\xff\xff");
	ADD_OPTION(57, "\xff\xff\xff\xff\xff\xff\xff\xff\xff");
	send_message();
	expect("dhcp_msg_type", "9223372036854775807");
	assert_true(plugin_flow_output(&flow, "dhcp_57").integer == INT64_MAX);
	end();

	start(); /* texts that are not UTF-8 */
	ADD_OPTION(60, "\xff\xfe");
	ADD_OPTION(77, "a\xc3");
	send_message();
	expect("dhcp_60", "\xff\xfe");
	expect("dhcp_77", "a\xc3");
	end();

	for (unsigned hardware_length = 0; hardware_length < 256; hardware_length += 1)
	{
		start();
		ADD_OPTION(53, "\x03");
		message[2] = (uint8_t) hardware_length;
		send_message();
		expect("dhcp_oui", hardware_length < 3 ? NULL : "00:0b:82");
		end();
	}
}

CASE(messages_that_are_cut)
{
	start(); /* before the magic's last byte, and just after it */
	length--;
	send_form((PacketForm) {0});
	expect_nothing();
	length++;
	send_form((PacketForm) {0});
	expect("dhcp_msg_type", "0");
	end();

	start(); /* in a value */
	ADD_OPTION(53, "\x03");
	ADD_OPTION(12, "laptop");
	send_form((PacketForm) {.missing = 3});
	expect("dhcp_12", "lap");
	EXPECT_OPTIONS(53, 12);
	end();

	start(); /* in the headers */
	send_form((PacketForm) {.missing = HEADER_BYTES + 5});
	expect_nothing();
	end();
}

CASE(packets_that_are_no_messages)
{
	start(); /* another port, and IPv6 */
	flow_dst_port = 68;
	ADD_OPTION(53, "\x03");
	send_message();
	flow_dst_port = 67;
	send_form((PacketForm) {.ip_version = 6});
	expect_nothing();
	send_form((PacketForm) {.protocol = 6});
	expect("dhcp_msg_type", "MsgType.REQUEST");
	end();
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(a_request),
		cmocka_unit_test(which_types_end_a_flow),
		cmocka_unit_test(addresses_of_any_length),
		cmocka_unit_test(messages_that_nobody_expects),
		cmocka_unit_test(messages_that_are_cut),
		cmocka_unit_test(packets_that_are_no_messages),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}

/*
 * test_plugin_mdns.c
 *	  The plugin mdns: names of answers, and messages that NFStream's discards or dies of.
 */
#include "engine/plugins/plugins.h"
#include "plugin_packets.h"

#define NAMES_MAX 1000

static PluginFlow flow;
static uint8_t	  message[70000];
static size_t	  length;

/* A message with these numbers of questions and records. */
static void
begin_message(uint16_t questions, uint16_t answers, uint16_t authorities, uint16_t additionals)
{
	const uint16_t header[] = {0, 0x8400, questions, answers, authorities, additionals};

	length = 0;
	for (size_t i = 0; i < LENGTH(header); i++)
	{
		message[length++] = (uint8_t) (header[i] >> 8);
		message[length++] = (uint8_t) header[i];
	}
}

static void
add(const void *bytes, size_t count)
{
	memcpy(message + length, bytes, count);
	length += count;
}

#define ADD(text) add(text, sizeof(text) - 1)

/* A record with a name of its own. */
static void
add_record(uint8_t type, const void *data, size_t count)
{
	ADD("\x01n\x00\x00");
	message[length++] = type;
	ADD("\x00\x01\x00\x00\x00\x78");
	message[length++] = (uint8_t) (count >> 8);
	message[length++] = (uint8_t) count;
	add(data, count);
}

#define ADD_RECORD(type, text) add_record(type, text, sizeof(text) - 1)

static void
start(void)
{
	flow_dst_port = 5353;
	flow = plugin_flow_start(&mdns_plugin);
}

static void
send_form(PacketForm form)
{
	plugin_flow_packet(&flow, form, message, length);
}

static void
send_message(void)
{
	send_form((PacketForm) {0});
}

/* The names, each followed by a semicolon. */
static void
expect(const char *names)
{
	NfstreamValue value = plugin_flow_output(&flow, "mdns_ptr");
	char		  found[2000] = "";

	assert_int_equal(value.kind, NFSTREAM_TEXTS);
	for (size_t i = 0; i < value.texts.count; i++)
	{
		strncat(found, value.texts.items[i].bytes, value.texts.items[i].length);
		strcat(found, ";");
	}
	assert_string_equal(found, names);
}

static void
end_with(const char *names)
{
	expect(names);
	plugin_flow_end(&flow);
}

CASE(names_of_answers)
{
	start();
	begin_message(1, 4, 1, 1);
	ADD("\x05local\x00\x00\x0c\x00\x01"); /* from 12 on */
	ADD_RECORD(12, "\x03"
				   "a,b\xc0\x0c");
	ADD_RECORD(12, "\x01"
				   "c\x00");
	ADD_RECORD(1, "\x0a\x00\x00\x01");
	ADD_RECORD(12, "\x01"
				   "c\x00");
	ADD_RECORD(12, "\x09"
				   "authority\x00");
	ADD_RECORD(12, "\x0a"
				   "additional\x00");
	send_message();
	expect("a b.local;c;");

	/* Names keep their case; the root has none; a question answers nothing. */
	begin_message(0, 2, 0, 0);
	ADD_RECORD(12, "\x01"
				   "C\x00");
	ADD_RECORD(12, "\x00");
	send_form((PacketForm) {.protocol = 6, .direction = 1});
	end_with("a b.local;c;C;;");
}

CASE(messages_that_nfstream_discards)
{
	start();
	begin_message(0, 2, 0, 0);
	ADD_RECORD(47, "\xc0\x0c\x00\x05\x00\x00\x80\x00\x40"); /* NSEC */
	ADD_RECORD(12, "\x04"
				   "nsec\x00");
	send_message();
	begin_message(0, 1, 0, 1);
	ADD_RECORD(12, "\x02"
				   "v6\x00");
	ADD_RECORD(255, "?");
	send_form((PacketForm) {.ip_version = 6});
	end_with("nsec;v6;");
}

CASE(bytes_that_are_not_utf8)
{
	start();
	begin_message(0, 2, 0, 0);
	ADD_RECORD(12, "\x02\xff\xfe\x00");
	ADD_RECORD(16, "\x02\xff\xff");
	send_message();
	end_with("\xff\xfe;");
}

/* The whole message counts for nothing. */
CASE(messages_that_are_unsound)
{
	static const struct
	{
		uint8_t		type;
		const char *data;
		size_t		count;
	} records[] = {
		{12, "\xc0\x2b", 2}, /* a pointer to itself */
		{12, "\xc0\xff", 2}, /* forward */
		{12, "\x40", 1},	 /* a label of another kind */
		{12, "\x80", 1},	 /* the same */
		{12, "\x05"
			 "ab",
		 3},									 /* cut */
		{12, "\xc0", 1},						 /* a pointer that is cut */
		{2, "\x05", 1},							 /* NS */
		{5, "\x05", 1},							 /* CNAME */
		{6, "\x00\x00\x00\x00\x00\x01", 6},		 /* SOA without its numbers */
		{15, "\x00", 1},						 /* MX without a preference */
		{15, "\x00\x01\x05", 3},				 /* and without a name */
		{33, "\x00\x00\x00\x00\x00", 5},		 /* SRV */
		{33, "\x00\x00\x00\x00\x00\x00\x05", 7}, /* and without a name */
	};

	for (size_t i = 0; i < LENGTH(records); i++)
	{
		start();
		begin_message(0, 1, 0, 1);
		ADD_RECORD(12, "\x04"
					   "good\x00");
		add_record(records[i].type, records[i].data, records[i].count);
		send_message();
		end_with("");
	}

	start(); /* a record that is not there; a question that is not */
	begin_message(0, 2, 0, 0);
	ADD_RECORD(12, "\x04"
				   "good\x00");
	send_message();
	begin_message(2, 0, 0, 0);
	ADD("\x00\x00\x0c\x00\x01\x00\x00\x0c\x00");
	send_message();
	length = 11;
	send_message();
	length = 0;
	send_message();
	end_with("");

	start(); /* data that is cut, in the last record alone */
	begin_message(0, 1, 0, 1);
	ADD_RECORD(12, "\x04"
				   "good\x00");
	ADD_RECORD(1, "\x0a\x00\x00\x01");
	send_form((PacketForm) {.missing = 2});
	end_with("good;");
}

CASE(names_that_are_too_long)
{
	uint8_t name[300];
	size_t	count = 0;

	/* 255 bytes of labels, with their lengths; and one more. */
	for (int label = 0; label < 3; label++)
	{
		name[count] = 63;
		memset(name + count + 1, 'a' + label, 63);
		count += 64;
	}
	name[count] = 62;
	memset(name + count + 1, 'd', 63);
	name[count + 63] = 0;
	start();
	begin_message(0, 1, 0, 0);
	add_record(12, name, count + 64);
	send_message();
	assert_int_equal(plugin_flow_output(&flow, "mdns_ptr").texts.count, 1);
	assert_int_equal(plugin_flow_output(&flow, "mdns_ptr").texts.items[0].length, 254);
	plugin_flow_end(&flow);

	name[count] = 63;
	name[count + 64] = 0;
	start();
	begin_message(0, 1, 0, 0);
	add_record(12, name, count + 65);
	send_message();
	end_with("");
}

CASE(a_flow_has_a_bounded_number_of_names)
{
	start();
	begin_message(0, NAMES_MAX + 10, 0, 0);
	for (int i = 0; i < NAMES_MAX + 10; i++)
	{
		uint8_t name[] = {4, (uint8_t) ('a' + i / 1000), (uint8_t) ('0' + i / 100 % 10), (uint8_t) ('0' + i / 10 % 10),
						  (uint8_t) ('0' + i % 10), 0};

		add_record(12, name, sizeof(name));
	}
	send_message();
	assert_int_equal(plugin_flow_output(&flow, "mdns_ptr").texts.count, NAMES_MAX);
	plugin_flow_end(&flow);
}

/* A chain of pointers through the whole message, and records that all begin at its end: must come back. */
CASE(pointers_without_end)
{
	start();
	begin_message(0, 2000, 0, 0);
	ADD_RECORD(12, "\x01x\x00");
	for (unsigned at = 16; length < 16000; at = (unsigned) length - 2)
	{
		message[length++] = (uint8_t) (0xc0 | at >> 8);
		message[length++] = (uint8_t) at;
	}
	for (int i = 0; i < 2000; i++)
	{
		message[length++] = 0xfe;
		message[length++] = 0x70;
		ADD("\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00");
	}
	send_message();
	end_with("");
}

CASE(another_port)
{
	start();
	flow_dst_port = 53;
	begin_message(0, 1, 0, 0);
	ADD_RECORD(12, "\x04"
				   "good\x00");
	send_message();
	end_with("");
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(names_of_answers),
		cmocka_unit_test(messages_that_nfstream_discards),
		cmocka_unit_test(bytes_that_are_not_utf8),
		cmocka_unit_test(messages_that_are_unsound),
		cmocka_unit_test(names_that_are_too_long),
		cmocka_unit_test(a_flow_has_a_bounded_number_of_names),
		cmocka_unit_test(pointers_without_end),
		cmocka_unit_test(another_port),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}

/*
 * test_dpi.c
 *	  nDPI around a flow: METERING.md, section 11.  When a flow is decided, what is kept of it, and that nothing leaks.
 *
 * Only such labels are expected as every nDPI from 4.2 on gives; whole captures are compared elsewhere, with a
 * program that calls nDPI apart from the engine.
 */
#include <ndpi_api.h>

#include "dpi_run.h"
#include "flow_records.h"
#include "wire/record.h"

#define JA3 "d83ae3a9c3698053a4d27433ffa6cfff"

static const char *const example[] = {"www", "example", "com", NULL};

static void
expect_no_texts(const DpiFlow *flow)
{
	for (int i = 0; i < DPI_TEXTS; i++)
		assert_string_equal(dpi_text(flow, (DpiText) i), "");
}

/* A packet in which nothing is to be found, between ports that nobody has. */
static Message
nonsense(void)
{
	Message data = {0};

	for (uint32_t i = 0; i < 40; i++)
		add(&data, BYTES((uint8_t) (i * 167 + 13)));
	return udp_packet(50001, 50002, TO_SERVER, &data);
}

/* ---------------------------------------------------------------------------------------------- when it is decided */

static void
expect_decision_at(unsigned limit)
{
	Dpi			 *dpi = start(limit);
	DpiFlow		  flow = {0};
	const Message packet = nonsense();

	for (unsigned number = 1; number <= limit + 10; number++)
	{
		give(dpi, &flow, number, &packet);
		assert_int_equal(flow.decided, number >= limit);
		assert_int_equal(flow.state == NULL, number >= limit);
		assert_int_equal(dpi_dissections(dpi), number < limit ? number : limit);
	}
	expect_label(dpi, &flow, "Unknown", "Unspecified", 0, 0);
	expect_no_texts(&flow);
	dpi_expire(dpi, &flow);
	expect_label(dpi, &flow, "Unknown", "Unspecified", 0, 0);
	dpi_free(dpi, &flow);
	dpi_end(dpi);
}

CASE(unknown_flow_is_given_up_at_packet_1)
{
	expect_decision_at(1);
}

CASE(unknown_flow_is_given_up_at_packet_20)
{
	expect_decision_at(20);
}

CASE(unknown_flow_is_given_up_at_packet_255)
{
	expect_decision_at(255);
}

/* Nothing is found in the SYN: what is left is its port. */
CASE(first_packet_is_guessed_with_one_dissection)
{
	Dpi			 *dpi = start(1);
	DpiFlow		  flow = {0};
	const Message none = nothing(),
				  syn = tcp_packet(443, TCP_SYN_FLAG, TO_SERVER, 0, 0, &none);

	give(dpi, &flow, 1, &syn);
	assert_true(flow.decided);
	assert_null(flow.state);
	expect_label(dpi, &flow, "TLS", "Web", 1, 1);
	dpi_free(dpi, &flow);
	dpi_end(dpi);
}

CASE(flow_that_ends_early_is_guessed)
{
	Dpi			 *dpi = start(20);
	DpiFlow		  flow = {0};
	const Message none = nothing(),
				  syn = tcp_packet(443, TCP_SYN_FLAG, TO_SERVER, 0, 0, &none);

	give(dpi, &flow, 1, &syn);
	give(dpi, &flow, 2, &syn);
	assert_false(flow.decided);
	dpi_expire(dpi, &flow);
	assert_null(flow.state);
	expect_label(dpi, &flow, "TLS", "Web", 1, 1);
	dpi_free(dpi, &flow);
	dpi_end(dpi);
}

/* --------------------------------------------------------------------------------------------------- what is found */

CASE(question_and_answer_of_dns)
{
	static const unsigned limits[] = {2, 20, 255};

	for (size_t i = 0; i < LENGTH(limits); i++)
	{
		Dpi			 *dpi = start(limits[i]);
		DpiFlow		  flow = {0};
		const Message question = dns_message(example, false),
					  answer = dns_message(example, true),
					  there = udp_packet(40000, 53, TO_SERVER, &question),
					  back = udp_packet(40000, 53, TO_CLIENT, &answer);

		give(dpi, &flow, 1, &there);
		give(dpi, &flow, 2, &back);
		assert_null(flow.state);
		expect_label(dpi, &flow, "DNS", "Network", 0, 6);
		assert_string_equal(dpi_text(&flow, DPI_SERVER_NAME), "www.example.com");
		for (unsigned number = 3; number < 30; number++)
			give(dpi, &flow, number, &there);
		assert_int_equal(dpi_dissections(dpi), 2);
		dpi_free(dpi, &flow);
		dpi_end(dpi);
	}
}

/* A protocol that was recognised is never guessed. */
CASE(question_of_dns_with_one_dissection)
{
	Dpi			 *dpi = start(1);
	DpiFlow		  flow = {0};
	const Message question = dns_message(example, false),
				  there = udp_packet(40000, 53, TO_SERVER, &question);

	give(dpi, &flow, 1, &there);
	expect_label(dpi, &flow, "DNS", "Network", 0, 6);
	assert_string_equal(dpi_text(&flow, DPI_SERVER_NAME), "www.example.com");
	dpi_free(dpi, &flow);
	dpi_end(dpi);
}

/* A connection's first packets, of which the last is the ClientHello; returns how many there were. */
static unsigned
give_client_hello(Dpi *dpi, DpiFlow *flow, const char *server_name)
{
	const Message none = nothing(),
				  hello = client_hello(server_name),
				  syn = tcp_packet(443, TCP_SYN_FLAG, TO_SERVER, 0, 0, &none),
				  syn_ack = tcp_packet(443, TCP_SYN_ACK_FLAGS, TO_CLIENT, 0, 1, &none),
				  data = tcp_packet(443, TCP_DATA_FLAGS, TO_SERVER, 1, 1, &hello);

	give(dpi, flow, 1, &syn);
	give(dpi, flow, 2, &syn_ack);
	give(dpi, flow, 3, &data);
	return 3;
}

/* The fingerprint is the MD5 of 771,49195-49199-156,0-10-11,29-23,0 (https://github.com/salesforce/ja3). */
CASE(client_hello_of_tls)
{
	static const unsigned limits[] = {3, 20, 255};

	for (size_t i = 0; i < LENGTH(limits); i++)
	{
		Dpi	   *dpi = start(limits[i]);
		DpiFlow flow = {0};
		char	copy[RECORD_TEXT_MAX + 1];

		give_client_hello(dpi, &flow, "www.facebook.com");
		assert_true(flow.application != 0);
		assert_int_equal(flow.decided, limits[i] == 3); /* else the server's answer is awaited */
		assert_string_equal(dpi_text_now(&flow, DPI_SERVER_NAME, copy), "www.facebook.com");
		assert_string_equal(dpi_text_now(&flow, DPI_CLIENT_FINGERPRINT, copy), JA3);
		assert_string_equal(dpi_text_now(&flow, DPI_SERVER_FINGERPRINT, copy), "");
		dpi_look(dpi, &flow);
		assert_int_equal(flow.confidence, 6);
		dpi_expire(dpi, &flow);
		expect_label(dpi, &flow, "TLS.Facebook", "SocialNetwork", 0, 6);
		assert_string_equal(dpi_text(&flow, DPI_SERVER_NAME), "www.facebook.com");
		assert_string_equal(dpi_text(&flow, DPI_CLIENT_FINGERPRINT), JA3);
		assert_string_equal(dpi_text(&flow, DPI_SERVER_FINGERPRINT), "");
		assert_string_equal(dpi_text(&flow, DPI_FINGERPRINT_KIND), "JA3");
		assert_string_equal(dpi_text(&flow, DPI_CONTENT_TYPE), "");
		dpi_free(dpi, &flow);
		dpi_end(dpi);
	}
}

static void
expect_names(Dpi *dpi, uint16_t master, uint16_t application, const char *name, const char *protocol, const char *full)
{
	DpiFlow flow = {.master = master, .application = application, .decided = true};
	char	got[DPI_NAME_MAX + 1];

	dpi_application_name(dpi, &flow, got);
	assert_string_equal(got, name);
	dpi_application_protocol(dpi, &flow, got);
	assert_string_equal(got, protocol);
	dpi_full_application_name(dpi, &flow, got);
	assert_string_equal(got, full);
}

/* METERING.md, part one, 21: the full name is the protocol's, if there is one, a point, and the application's. */
CASE(applications_and_what_carries_them)
{
	Dpi *dpi = start(20);

	expect_names(dpi, NDPI_PROTOCOL_TLS, NDPI_PROTOCOL_FACEBOOK, "Facebook", "TLS", "TLS.Facebook");
	expect_names(dpi, NDPI_PROTOCOL_UNKNOWN, NDPI_PROTOCOL_FACEBOOK, "Facebook", "", "Facebook");
	expect_names(dpi, NDPI_PROTOCOL_TLS, NDPI_PROTOCOL_UNKNOWN, "TLS", "", "TLS");
	expect_names(dpi, NDPI_PROTOCOL_TLS, NDPI_PROTOCOL_TLS, "TLS", "", "TLS");
	expect_names(dpi, NDPI_PROTOCOL_UNKNOWN, NDPI_PROTOCOL_UNKNOWN, "Unknown", "", "Unknown");
	dpi_end(dpi);
}

/* Every category is an application's own or of none, and has a name in the second case. */
CASE(categories_of_no_application)
{
	Dpi *dpi = start(20);
	char application[DPI_NAME_MAX + 1],
		category[DPI_NAME_MAX + 1],
		own[DPI_NAME_MAX + 1];
	bool malware = false;

	for (unsigned number = 0; number < dpi_categories(); number++)
	{
		if (!dpi_category_of_none(dpi, number, category))
			continue;
		malware = malware || strcmp(category, "Malware") == 0;
		for (unsigned i = 0; i < dpi_applications(dpi); i++)
		{
			dpi_application(dpi, i, application, own);
			assert_string_not_equal(own, category);
		}
	}
	assert_true(malware);
	dpi_end(dpi);
}

/* With fewer dissections than it takes to the ClientHello the port must do. */
CASE(client_hello_behind_the_limit_is_not_seen)
{
	Dpi	   *dpi = start(2);
	DpiFlow flow = {0};

	give_client_hello(dpi, &flow, "www.facebook.com");
	assert_int_equal(dpi_dissections(dpi), 2);
	expect_label(dpi, &flow, "TLS", "Web", 1, 1);
	expect_no_texts(&flow);
	dpi_free(dpi, &flow);
	dpi_end(dpi);
}

/* ------------------------------------------------------------------------------------------------------- the texts */

/* The flow of one request and its response, decided. */
static DpiFlow
http_flow(Dpi *dpi, const char *user_agent, const char *content_type)
{
	const Message none = nothing(),
				  request = http_request(user_agent),
				  response = http_response(content_type),
				  syn = tcp_packet(80, TCP_SYN_FLAG, TO_SERVER, 0, 0, &none),
				  syn_ack = tcp_packet(80, TCP_SYN_ACK_FLAGS, TO_CLIENT, 0, 1, &none),
				  there = tcp_packet(80, TCP_DATA_FLAGS, TO_SERVER, 1, 1, &request),
				  ack = tcp_packet(80, TCP_ACK_FLAG, TO_CLIENT, 1, (uint32_t) (1 + request.length), &none),
				  back = tcp_packet(80, TCP_DATA_FLAGS, TO_CLIENT, 1, (uint32_t) (1 + request.length), &response);
	DpiFlow flow = {0};

	give(dpi, &flow, 1, &syn);
	give(dpi, &flow, 2, &syn_ack);
	give(dpi, &flow, 3, &there);
	give(dpi, &flow, 4, &ack);
	give(dpi, &flow, 5, &back);
	dpi_expire(dpi, &flow);
	assert_true(flow.decided);
	return flow;
}

static void
expect_http_texts(const char *user_agent, const char *expected_agent, const char *content_type,
				  const char *expected_type)
{
	Dpi	   *dpi = start(20);
	DpiFlow flow = http_flow(dpi, user_agent, content_type);

	assert_string_equal(dpi_text(&flow, DPI_USER_AGENT), expected_agent);
	assert_string_equal(dpi_text(&flow, DPI_CONTENT_TYPE), expected_type);
	assert_string_equal(dpi_text(&flow, DPI_SERVER_NAME), "www.example.com");
	assert_string_equal(dpi_text(&flow, DPI_CLIENT_FINGERPRINT), "");
	dpi_free(dpi, &flow);
	dpi_end(dpi);
}

CASE(user_agent_and_content_type_of_http)
{
	expect_http_texts("Mozilla/5.0", "Mozilla/5.0", "text/html", "text/html");
}

CASE(bytes_that_are_not_utf8_are_left_out)
{
	expect_http_texts("M\xC3\xB6zi\xFFlla\x80/5\xED\xA0\x80.0 \xE6\x97\xA5\xC3", "M\xC3\xB6zilla/5.0 \xE6\x97\xA5",
					  "te\xFExt/html", "text/html");
}

/* A character, `times` times. */
static char *
repeated(const char *character, size_t times)
{
	char *text = calloc(1, times * strlen(character) + 1);

	for (size_t i = 0; i < times; i++)
		strcat(text, character);
	return text;
}

CASE(user_agent_has_at_most_255_bytes)
{
	char *whole = repeated("x", 255),
		 *longer = repeated("x", 256);

	expect_http_texts(whole, whole, "text/html", "text/html");
	expect_http_texts(longer, whole, "text/html", "text/html");
	free(whole);
	free(longer);
}

/* A character that the limit cuts is left out whole: 127 of two bytes are 254. */
CASE(character_that_the_limit_cuts_is_left_out)
{
	char *cut = repeated("\xC3\xB6", 200),
		 *kept = repeated("\xC3\xB6", 127);

	expect_http_texts(cut, kept, "text/html", "text/html");
	free(cut);
	free(kept);
}

CASE(content_type_has_at_most_63_bytes)
{
	char *whole = repeated("t", 63),
		 *longer = repeated("t", 64);

	expect_http_texts("Mozilla", "Mozilla", whole, whole);
	expect_http_texts("Mozilla", "Mozilla", longer, whole);
	free(whole);
	free(longer);
}

CASE(server_name_has_at_most_79_bytes)
{
	char			 *label = repeated("x", 60);
	const char *const name[] = {label, label, "com", NULL};
	Dpi				 *dpi = start(1);
	DpiFlow			  flow = {0};
	const Message	  question = dns_message(name, false),
				  there = udp_packet(40000, 53, TO_SERVER, &question);

	give(dpi, &flow, 1, &there);
	assert_uint_in_range(strlen(dpi_text(&flow, DPI_SERVER_NAME)), 60, 79);
	dpi_free(dpi, &flow);
	dpi_end(dpi);
	free(label);
}

CASE(texts_that_nobody_wants_are_not_kept)
{
	static const struct
	{
		DpiText		text;
		const char *column;
	} kept[] = {
		{DPI_SERVER_NAME, "requested_server_name"},
		{DPI_USER_AGENT, "user_agent"},
		{DPI_CONTENT_TYPE, "content_type"},
	};

	for (size_t i = 0; i < LENGTH(kept); i++)
	{
		ColumnSet wanted = {0};
		Dpi		 *dpi;
		DpiFlow	  flow;

		column_set_add(&wanted, (unsigned) column_of_flow(kept[i].column));
		dpi = dpi_start(20, &wanted, false);
		assert_non_null(dpi);
		flow = http_flow(dpi, "Mozilla", "text/html");
		for (int text = 0; text < DPI_TEXTS; text++)
			assert_int_equal(dpi_text(&flow, (DpiText) text)[0] != '\0', (DpiText) text == kept[i].text);
		dpi_free(dpi, &flow);
		dpi_end(dpi);
	}
}

CASE(no_text_takes_no_memory)
{
	Dpi			 *dpi = start(1);
	DpiFlow		  flow = {0};
	const Message packet = nonsense();

	give(dpi, &flow, 1, &packet);
	assert_null(flow.texts);
	expect_no_texts(&flow);
	dpi_free(dpi, &flow);
	dpi_end(dpi);
}

/* ------------------------------------------------------------------------------------------------------ the states */

CASE(state_of_a_decided_flow_is_used_again)
{
	Dpi	   *dpi = start(2);
	DpiFlow first = {0},
			second = {0};
	const Message packet = nonsense();
	void		 *kept;

	give(dpi, &first, 1, &packet);
	kept = first.state;
	give(dpi, &second, 1, &packet);
	assert_ptr_not_equal(second.state, kept);
	give(dpi, &first, 2, &packet);
	dpi_free(dpi, &second);

	second = first = (DpiFlow) {0};
	give(dpi, &first, 1, &packet);
	give(dpi, &second, 1, &packet);
	assert_true(first.state == kept || second.state == kept);
	dpi_free(dpi, &first);
	dpi_free(dpi, &second);
	dpi_end(dpi);
}

/*
 * Flows of all kinds one after the other in the same state, and some that end before they are decided: each is as the
 * first.
 */
CASE(state_that_is_used_again_is_as_new)
{
	Dpi			 *dpi = start(20);
	const Message packet = nonsense();

	for (int round = 0; round < 50; round++)
	{
		DpiFlow tls = {0},
				unknown = {0},
				http;

		give(dpi, &unknown, 1, &packet);
		dpi_expire(dpi, &unknown);
		expect_label(dpi, &unknown, "Unknown", "Unspecified", 0, 0);
		expect_no_texts(&unknown);
		dpi_free(dpi, &unknown);

		give_client_hello(dpi, &tls, "www.facebook.com");
		if (round % 3 == 0)
		{
			dpi_free(dpi, &tls);
			continue;
		}
		dpi_expire(dpi, &tls);
		expect_label(dpi, &tls, "TLS.Facebook", "SocialNetwork", 0, 6);
		assert_string_equal(dpi_text(&tls, DPI_CLIENT_FINGERPRINT), JA3);
		assert_string_equal(dpi_text(&tls, DPI_USER_AGENT), "");
		dpi_free(dpi, &tls);

		http = http_flow(dpi, "Mozilla", "text/html");
		assert_string_equal(dpi_text(&http, DPI_USER_AGENT), "Mozilla");
		assert_string_equal(dpi_text(&http, DPI_CLIENT_FINGERPRINT), "");
		dpi_free(dpi, &http);
	}
	dpi_end(dpi);
}

/* nDPI takes 16 bits of length: a longer packet is shown in part, and not by what 16 bits are left of its length. */
CASE(packet_longer_than_65535_bytes_is_cut)
{
	enum
	{
		BYTES_OF_PACKET = 65536 + 10
	};
	Dpi			 *dpi = start(1);
	DpiFlow		  flow = {0};
	uint8_t		 *packet = calloc(1, BYTES_OF_PACKET);
	const Message question = dns_message(example, false),
				  there = udp_packet(40000, 53, TO_SERVER, &question);

	memcpy(packet, there.bytes, there.length);
	dpi_packet(dpi, &flow, 1, packet, BYTES_OF_PACKET, 0);
	assert_int_equal(dpi_dissections(dpi), 1);
	expect_label(dpi, &flow, "DNS", "Network", 0, 6);
	dpi_free(dpi, &flow);
	dpi_end(dpi);
	free(packet);
}

CASE(time_is_counted_where_it_is_asked_for)
{
	const Message packet = nonsense();

	for (int timed = 0; timed < 2; timed++)
	{
		Dpi	   *dpi = dpi_start(20, &all_columns, timed);
		DpiFlow flow = {0};

		give(dpi, &flow, 1, &packet);
		assert_int_equal(dpi_dissection_time(dpi) > 0, timed);
		dpi_free(dpi, &flow);
		dpi_end(dpi);
	}
}

CASE(version_has_a_number)
{
	assert_uint_in_range(dpi_version()[0], '4', '9');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_flow_is_given_up_at_packet_1),
		cmocka_unit_test(unknown_flow_is_given_up_at_packet_20),
		cmocka_unit_test(unknown_flow_is_given_up_at_packet_255),
		cmocka_unit_test(first_packet_is_guessed_with_one_dissection),
		cmocka_unit_test(flow_that_ends_early_is_guessed),
		cmocka_unit_test(question_and_answer_of_dns),
		cmocka_unit_test(question_of_dns_with_one_dissection),
		cmocka_unit_test(client_hello_of_tls),
		cmocka_unit_test(applications_and_what_carries_them),
		cmocka_unit_test(categories_of_no_application),
		cmocka_unit_test(client_hello_behind_the_limit_is_not_seen),
		cmocka_unit_test(user_agent_and_content_type_of_http),
		cmocka_unit_test(bytes_that_are_not_utf8_are_left_out),
		cmocka_unit_test(user_agent_has_at_most_255_bytes),
		cmocka_unit_test(character_that_the_limit_cuts_is_left_out),
		cmocka_unit_test(content_type_has_at_most_63_bytes),
		cmocka_unit_test(server_name_has_at_most_79_bytes),
		cmocka_unit_test(texts_that_nobody_wants_are_not_kept),
		cmocka_unit_test(no_text_takes_no_memory),
		cmocka_unit_test(state_of_a_decided_flow_is_used_again),
		cmocka_unit_test(state_that_is_used_again_is_as_new),
		cmocka_unit_test(packet_longer_than_65535_bytes_is_cut),
		cmocka_unit_test(time_is_counted_where_it_is_asked_for),
		cmocka_unit_test(version_has_a_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

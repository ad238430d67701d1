/*
 * test_filter.c
 *	  BPF filters: what passes, what is refused, what does not compile, and for which link type.
 */
#include <pcap/dlt.h>
#include <pcap/pcap.h>

#include "cases.h"
#include "engine/decode/filter.h"

/* Ethernet, IPv4, UDP from 10.0.0.1 port 1000 to 10.0.0.2 port 53, 4 bytes. */
static const uint8_t ethernet_frame[] = {
	0xD0, 0xD0, 0xD0, 0xD0, 0xD0, 0xD0, 0x50, 0x50, 0x50, 0x50, 0x50, 0x50, 0x08, 0x00,
	0x45, 0, 0, 32, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
	0x03, 0xE8, 0x00, 0x35, 0, 12, 0, 0, 1, 2, 3, 4};

static const Frame ethernet = {ethernet_frame, sizeof(ethernet_frame), 100, DLT_EN10MB, 0};
static const Frame raw = {ethernet_frame + 14, sizeof(ethernet_frame) - 14, 86, DLT_RAW, 0};

/* The filter of this text, which stands in a block of exactly its size, without NUL. */
static Filter *
filter_of(const char *text)
{
	size_t	length = strlen(text);
	char   *copy = malloc(length == 0 ? 1 : length);
	Filter *filter;

	memcpy(copy, text, length);
	filter = filter_start(copy, length);
	free(copy);
	assert_non_null(filter);
	return filter;
}

static void
expect_result(const char *text, const Frame *frame, FilterResult result)
{
	Filter *filter = filter_of(text);

	if (filter_run(filter, frame) != result)
		fail_msg("%s", text);
	filter_free(filter);
}

CASE(frames_pass_or_are_refused)
{
	static const struct
	{
		const char *text;
		bool		passes;
	} filters[] = {
		{"udp", true},
		{"tcp", false},
		{"ip", true},
		{"ip6", false},
		{"port 53", true},
		{"src port 53", false},
		{"host 10.0.0.1", true},
		{"dst host 10.0.0.1", false},
		{"net 10.0.0.0/8 and not tcp", true},
		{"greater 100", true},
		{"greater 101", false},
		{"udp[8] = 1", true},
		{"len = 100", true},
	};

	for (size_t i = 0; i < LENGTH(filters); i++)
		expect_result(filters[i].text, &ethernet, filters[i].passes ? FILTER_PASSED : FILTER_REFUSED);
}

/* The same filter is compiled for the link type of each frame. */
CASE(filter_fits_each_link_type)
{
	expect_result("udp port 53", &ethernet, FILTER_PASSED);
	expect_result("udp port 53", &raw, FILTER_PASSED);
	expect_result("tcp", &raw, FILTER_REFUSED);
}

CASE(empty_filter_passes_everything)
{
	expect_result("", &ethernet, FILTER_PASSED);
	expect_result("", &raw, FILTER_PASSED);
}

/* NFStream's netmask, 255.255.255.0: libpcap knows a broadcast by the bits of the address that are outside it. */
CASE(broadcasts_are_those_of_a_class_c_network)
{
	static uint8_t broadcast[sizeof(ethernet_frame)];
	Frame		   frame = ethernet;

	memcpy(broadcast, ethernet_frame, sizeof(broadcast));
	frame.bytes = broadcast;
	expect_result("ip broadcast", &frame, FILTER_REFUSED);
	broadcast[33] = 255;
	expect_result("ip broadcast", &frame, FILTER_PASSED);
}

/* A frame that is cut before what the filter looks at does not pass, and no byte after it is read. */
CASE(frame_cut_at_every_byte)
{
	Filter *filter = filter_of("udp port 53");

	for (uint32_t length = 0; length <= sizeof(ethernet_frame); length++)
	{
		uint8_t	   *copy = malloc(length == 0 ? 1 : length);
		const Frame frame = {copy, length, 100, DLT_EN10MB, 0};

		memcpy(copy, ethernet_frame, length);
		assert_int_equal(filter_run(filter, &frame), length >= 14 + 20 + 4 ? FILTER_PASSED : FILTER_REFUSED);
		free(copy);
	}
	filter_free(filter);
}

static const char *const wrong_texts[] = {"this is no filter", "port", "host 10.0.0.1 and", "tcp and (udp",
										  "port 70000", "tcp)"};

CASE(filter_that_does_not_compile_fits_nothing)
{
	for (size_t i = 0; i < LENGTH(wrong_texts); i++)
	{
		FailureMessage failure;
		Filter		  *filter = filter_of(wrong_texts[i]);

		memset(&failure, 0xA5, sizeof(failure));
		assert_false(filter_fits(filter, DLT_EN10MB, false, &failure));
		assert_int_equal(failure.code, FAILURE_FILTER);
		assert_int_equal(failure.file, FAILURE_NO_FILE);
		assert_int_equal(filter_run(filter, &ethernet), FILTER_UNFIT);
		assert_false(filter_fits(filter, DLT_RAW, false, &failure));
		assert_false(filter_fits(filter, DLT_IEEE802, false, &failure));
		assert_int_equal(failure.code, FAILURE_FILTER);
		filter_free(filter);
	}
}

/* The reason is libpcap's own, as pcap_compile() gives it. */
CASE(reason_is_libpcaps)
{
	for (size_t i = 0; i < LENGTH(wrong_texts); i++)
	{
		pcap_t			  *pcap = pcap_open_dead(DLT_EN10MB, 65535);
		struct bpf_program program;
		FailureMessage	   failure;
		Filter			  *filter = filter_of(wrong_texts[i]);

		assert_int_equal(pcap_compile(pcap, &program, wrong_texts[i], 1, PCAP_NETMASK_UNKNOWN), PCAP_ERROR);
		assert_false(filter_fits(filter, DLT_EN10MB, false, &failure));
		assert_true(strlen(failure.text) > 5);
		assert_string_equal(failure.text, pcap_geterr(pcap));
		pcap_close(pcap);
		filter_free(filter);
	}
}

/* A MAC address in the filter, but none in raw IP: it fits one link type and not the other. */
CASE(filter_that_does_not_fit_the_link_type)
{
	Filter		  *filter = filter_of("ether host 50:50:50:50:50:50");
	FailureMessage failure;

	assert_true(filter_fits(filter, DLT_EN10MB, false, &failure));
	assert_int_equal(filter_run(filter, &ethernet), FILTER_PASSED);
	assert_false(filter_fits(filter, DLT_RAW, false, &failure));
	assert_int_equal(failure.code, FAILURE_FILTER);
	assert_true(strlen(failure.text) > 5);
	assert_int_equal(filter_run(filter, &raw), FILTER_UNFIT);
	filter_free(filter);
}

/* Whether it is decoded or not. */
CASE(any_link_type_is_filtered)
{
	Frame		   frame = ethernet;
	Filter		  *filter = filter_of("tcp");
	FailureMessage failure;

	frame.link_type = DLT_IEEE802;
	assert_int_equal(filter_run(filter, &frame), FILTER_REFUSED);
	assert_true(filter_fits(filter, DLT_IEEE802, false, &failure));
	filter_free(filter);

	filter = filter_of("ip[6:2] & 0x1fff = 0");
	frame.link_type = DLT_USER0;
	assert_int_equal(filter_run(filter, &frame), FILTER_UNFIT);
	assert_false(filter_fits(filter, DLT_USER0, false, &failure));
	assert_int_equal(failure.code, FAILURE_FILTER);
	filter_free(filter);

	filter = filter_of("len > 0");
	assert_true(filter_fits(filter, DLT_USER0, true, &failure));
	assert_false(filter_fits(filter, UINT16_MAX, false, &failure)); /* which libpcap does not know */
	filter_free(filter);
}

/* What the kernel alone knows of a packet does not compile for a file; what a file has, does. */
CASE(compiled_for_files)
{
	static const char *const kernels[] = {"inbound", "not outbound", "ifindex 1"};
	FailureMessage			 failure;

	for (size_t i = 0; i < LENGTH(kernels); i++)
	{
		Filter *filter = filter_of(kernels[i]);

		assert_false(filter_fits(filter, DLT_EN10MB, false, &failure));
		assert_non_null(strstr(failure.text, "savefile"));
		assert_true(filter_fits(filter, DLT_LINUX_SLL2, false, &failure));
		filter_free(filter);
	}
}

/* The families of 4.2BSD (2) and for IPv6 of NetBSD, FreeBSD and macOS, in the byte order of the file; not Linux's, 10. */
CASE(families_of_null)
{
	static const struct
	{
		uint8_t family;
		uint8_t version;
		bool	is_ip6;
	} cases[] = {{2, 0x45, false}, {24, 0x60, true}, {28, 0x60, true}, {30, 0x60, true}, {10, 0x60, false}};
	Filter *ip = filter_of("ip"),
		   *ip6 = filter_of("ip6"),
		   *udp = filter_of("udp port 53");

	for (size_t i = 0; i < LENGTH(cases); i++)
		for (int swapped = 0; swapped < 2; swapped++)
		{
			uint8_t		   bytes[4 + 40 + 8] = {0};
			const Frame	   frame = {bytes, sizeof(bytes), sizeof(bytes), DLT_NULL, 0, swapped};
			const Frame	   other = {bytes, sizeof(bytes), sizeof(bytes), DLT_NULL, 0, !swapped};
			const uint32_t family = swapped ? __builtin_bswap32(cases[i].family) : cases[i].family;

			memcpy(bytes, &family, sizeof(family));
			bytes[4] = cases[i].version;
			bytes[4 + (cases[i].is_ip6 ? 6 : 9)] = 17;
			bytes[4 + (cases[i].is_ip6 ? 40 : 20) + 3] = 53;
			assert_int_equal(filter_run(ip, &frame), cases[i].family == 2 ? FILTER_PASSED : FILTER_REFUSED);
			assert_int_equal(filter_run(ip6, &frame), cases[i].is_ip6 ? FILTER_PASSED : FILTER_REFUSED);
			assert_int_equal(filter_run(udp, &frame), cases[i].family != 10 ? FILTER_PASSED : FILTER_REFUSED);
			assert_int_equal(filter_run(ip, &other), FILTER_REFUSED);
			assert_int_equal(filter_run(ip6, &other), FILTER_REFUSED);
		}
	filter_free(ip);
	filter_free(ip6);
	filter_free(udp);
}

/* /etc/services and /etc/protocols are read; a name that only one of TCP and UDP has is that one's. */
CASE(names_of_services_and_protocols)
{
	expect_result("port domain", &ethernet, FILTER_PASSED);
	expect_result("udp port domain", &ethernet, FILTER_PASSED);
	expect_result("port tftp", &ethernet, FILTER_REFUSED);
	expect_result("portrange 50-domain", &ethernet, FILTER_PASSED);
	expect_result("portrange domain-60", &ethernet, FILTER_PASSED);
	expect_result("ip proto ospf", &ethernet, FILTER_REFUSED);
	expect_result("ip proto UDP", &ethernet, FILTER_PASSED); /* an alias */
	expect_result("tcp port ssh or ip proto \\udp", &ethernet, FILTER_PASSED);
	expect_result("port nosuchservice", &ethernet, FILTER_UNFIT);
	expect_result("ip proto nosuchprotocol", &ethernet, FILTER_UNFIT);
	expect_result("port domai", &ethernet, FILTER_UNFIT);
	expect_result("port 53/udp", &ethernet, FILTER_UNFIT);
}

/* Names that the C library would know: this machine's own in /etc/hosts, and those of /etc/networks. */
CASE(no_other_name_is_looked_up)
{
	static const char *const texts[] = {
		"host localhost", "src host localhost and tcp", "net loopback", "ether host localhost", "host www.example.org",
		"udp and host ip6-loopback"};

	for (size_t i = 0; i < LENGTH(texts); i++)
	{
		Filter		  *filter = filter_of(texts[i]);
		FailureMessage failure;

		assert_false(filter_fits(filter, DLT_EN10MB, false, &failure));
		if (failure.code != FAILURE_FILTER_NAME || strstr(failure.text, "unknown") == NULL)
			fail_msg("%s: %s", texts[i], failure.text);
		filter_free(filter);
	}

	/* An address is no name, and a service that is not known is no host. */
	expect_result("host 10.0.0.1 and not host ::1", &ethernet, FILTER_PASSED);
	expect_result("net 10.0.0.0 mask 255.0.0.0 and not net fe80::/10", &ethernet, FILTER_PASSED);
	expect_result("ether src 50:50:50:50:50:50", &ethernet, FILTER_PASSED);
	for (int i = 0; i < 2; i++)
	{
		Filter		  *filter = filter_of(i == 0 ? "port nosuchservice" : "host 1:2:3:::4");
		FailureMessage failure;

		assert_false(filter_fits(filter, DLT_EN10MB, false, &failure));
		assert_int_equal(failure.code, FAILURE_FILTER);
		filter_free(filter);
	}
}

/* The text ends where its length says, not at a NUL. */
CASE(text_ends_at_its_length)
{
	Filter *filter = filter_start("udpandmore", 3);

	assert_int_equal(filter_run(filter, &ethernet), FILTER_PASSED);
	filter_free(filter);
}

CASE(version_is_libpcaps)
{
	assert_string_equal(filter_version(), pcap_lib_version());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_pass_or_are_refused),
		cmocka_unit_test(filter_fits_each_link_type),
		cmocka_unit_test(empty_filter_passes_everything),
		cmocka_unit_test(broadcasts_are_those_of_a_class_c_network),
		cmocka_unit_test(frame_cut_at_every_byte),
		cmocka_unit_test(filter_that_does_not_compile_fits_nothing),
		cmocka_unit_test(reason_is_libpcaps),
		cmocka_unit_test(filter_that_does_not_fit_the_link_type),
		cmocka_unit_test(any_link_type_is_filtered),
		cmocka_unit_test(compiled_for_files),
		cmocka_unit_test(families_of_null),
		cmocka_unit_test(names_of_services_and_protocols),
		cmocka_unit_test(no_other_name_is_looked_up),
		cmocka_unit_test(text_ends_at_its_length),
		cmocka_unit_test(version_is_libpcaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * filter_hint.c
 *	  What to do about a BPF filter that does not compile, or that nothing passes.
 *
 * Wireshark has two languages: capture filters, which are libpcap's, and display filters, which most users know better.  A filter
 * of the latter kind is known by a field's name with a dot in it, or by an operator that libpcap does not have.  A comparison of a
 * field that has a counterpart is translated; the rest gets an example.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "wire/filter_hint.h"

/* The longest value that is worth repeating: an IPv6 address with its prefix. */
#define VALUE_MAX 49

static const struct
{
	const char *field; /* Wireshark's */
	const char *words; /* libpcap's, before the value */
} fields[] = {
	{"ip.addr", "host"},
	{"ip.src", "src host"},
	{"ip.dst", "dst host"},
	{"ip.src_host", "src host"},
	{"ip.dst_host", "dst host"},
	{"ip.host", "host"},
	{"ipv6.addr", "ip6 host"},
	{"ipv6.src", "ip6 src host"},
	{"ipv6.dst", "ip6 dst host"},
	{"tcp.port", "tcp port"},
	{"tcp.srcport", "tcp src port"},
	{"tcp.dstport", "tcp dst port"},
	{"udp.port", "udp port"},
	{"udp.srcport", "udp src port"},
	{"udp.dstport", "udp dst port"},
	{"eth.addr", "ether host"},
	{"eth.src", "ether src"},
	{"eth.dst", "ether dst"},
	{"eth.type", "ether proto"},
	{"ip.proto", "ip proto"},
	{"ipv6.nxt", "ip6 proto"},
	{"vlan.id", "vlan"},
	{"mpls.label", "mpls"},
};

static const char *const protocols[] = {
	"tcp.", "udp.", "ip.", "ipv6.", "eth.", "vlan.", "mpls.", "icmp.", "icmpv6.", "dns.", "http.", "http2.", "tls.", "ssl.", "frame.",
	"arp.", "quic.", "dhcp.", "sctp.", "wlan.", "ppp.", "pppoes.", "gtp.", "sip.", "smtp.", "ftp.", "ssh.", "smb.", "smb2."};

static const char *const operators[] = {" eq ", " contains ", " matches ", " in {"};

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool
is_display_filter(const char *filter)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (strstr(filter, operators[i]) != NULL)
			return true;
	for (const char *at = filter; *at != '\0'; at++)
	{
		if (at > filter && (isalnum((unsigned char) at[-1]) || strchr("._-", at[-1]) != NULL))
			continue; /* in the middle of a word */
		for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
			if (begins(at, protocols[i]) && isalpha((unsigned char) at[strlen(protocols[i])]))
				return true;
	}
	return false;
}

/* Whether all of the filter is "FIELD == VALUE", with a field of the table; then with its words in libpcap's language. */
static bool
translate(const char *filter, char *words, size_t room)
{
	const char *at = filter + strspn(filter, " "),
			   *value;
	size_t length;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
	{
		if (!begins(at, fields[i].field))
			continue;
		value = at + strlen(fields[i].field);
		value += strspn(value, " ");
		if (!begins(value, "==") && !begins(value, "eq "))
			continue;
		value += 2;
		value += strspn(value, " ");
		length = strspn(value, "0123456789abcdefABCDEFx.:/");
		if (length == 0 || length > VALUE_MAX || value[length + strspn(value + length, " ")] != '\0')
			continue;
		if (strcmp(fields[i].words + strlen(fields[i].words) - 4, "host") == 0 && memchr(value, '/', length) != NULL)
			snprintf(words, room, "%.*snet %.*s", (int) strlen(fields[i].words) - 4, fields[i].words, (int) length, value);
		else
			snprintf(words, room, "%s %.*s", fields[i].words, (int) length, value);
		return true;
	}
	return false;
}

bool
filter_hint(const char *filter, size_t length, const FailureMessage *failure, char hint[FILTER_HINT_MAX])
{
	char text[1024],
		words[128],
		reason[MESSAGE_TEXT_MAX];

	snprintf(text, sizeof(text), "%.*s", (int) (length < sizeof(text) ? length : sizeof(text)), filter);
	if (is_display_filter(text))
	{
		bool translated = translate(text, words, sizeof(words));

		snprintf(hint, FILTER_HINT_MAX, "This is the syntax of Wireshark's display filters. In libpcap's, which capture filters have, %s: %s",
				 translated ? "it is" : "such a filter looks like this", translated ? words : "tcp port 443 and host 192.0.2.1");
		return true;
	}
	if (failure->code == FAILURE_FILTER_NAME)
	{
		snprintf(hint, FILTER_HINT_MAX, "Names of hosts, networks and Ethernet addresses are not looked up: give addresses.");
		return true;
	}
	snprintf(reason, sizeof(reason), "%.*s", (int) sizeof(failure->text) - 1, failure->text);
	if (strstr(reason, "syntax error") == NULL)
		return false;
	snprintf(hint, FILTER_HINT_MAX,
			 "Filters are libpcap's, as tcp port 443 and host 192.0.2.1: its manual page pcap-filter has the whole language.");
	return true;
}

bool
filter_is_blind(const Account *account, const char **what, uint64_t *packets, const char **word)
{
	static const struct
	{
		Counter		counter;
		const char *what;
		const char *word;
	} kinds[] = {
		{COUNTER_FILTERED_VLAN, "VLAN tags", "vlan"},
		{COUNTER_FILTERED_MPLS, "MPLS labels", "mpls"},
		{COUNTER_FILTERED_PPPOE, "PPPoE headers", "pppoes"},
	};
	const uint64_t *counters = account->counters;

	*packets = 0;
	if (counters[COUNTER_PACKETS_FILTERED] != counters[COUNTER_PACKETS_READ])
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (counters[kinds[i].counter] > *packets)
		{
			*packets = counters[kinds[i].counter];
			*what = kinds[i].what;
			*word = kinds[i].word;
		}
	return *packets > 0;
}

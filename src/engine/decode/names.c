/*
 * names.c
 *	  Names in a BPF filter: of services and protocols, and of nothing else.
 *
 * These functions have the names and the arguments of the C library's.  The dynamic linker finds a program's functions before
 * those of a library, so that libpcap's calls end here; they need memory and no call to the system, and work in the sandbox.
 * Numbers and addresses, for which libpcap calls the same functions, are read as the C library reads them.
 *
 * The two files are kept as text and read through for each name, as a filter has few.  They are read without the C library's
 * help (getservent(3)), which would load what the machine's administrator has configured for names, up to a directory server.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/ether.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/decode/names.h"

/* Bytes that are read of a file, more than any such has; names that come after are not known. */
#define FILE_MOST ((size_t) 1 << 20)

static char *services;	/* as services(5), or NULL */
static char *protocols; /* as protocols(5), or NULL */
static char	 refused[256];

/* ---------------------------------------------------------------------------------------------------------- the two files */

static void
load(const char *path, char **text)
{
	FILE  *file;
	size_t room = 4096,
		   length = 0,
		   got;

	if (*text != NULL || (file = fopen(path, "re")) == NULL)
		return;
	*text = memory_get(room);
	while ((got = fread(*text + length, 1, room - 1 - length, file)) > 0 && length < FILE_MOST)
	{
		length += got;
		if (length == room - 1)
			*text = memory_resize(*text, room *= 2);
	}
	(*text)[length] = '\0';
	fclose(file);
}

void
names_load(void)
{
	load(_PATH_SERVICES, &services);
	load(_PATH_PROTOCOLS, &protocols);
}

/* The next word of a line, from *at on: its first byte and *length; NULL at the line's end or a comment's beginning. */
static const char *
next_word(const char **at, size_t *length)
{
	const char *word = *at + strspn(*at, " \t\r");

	*length = strcspn(word, " \t\r\n#");
	*at = word + *length;
	return *length == 0 ? NULL : word;
}

static bool
is_word(const char *word, size_t length, const char *text)
{
	return strlen(text) == length && memcmp(word, text, length) == 0;
}

/*
 * The number in the first line that has this name, as its first word or after the second: "NAME NUMBER ALIAS ...".  Where
 * `transport` is given the number is followed by a slash and that word.  -1 if there is no such line.
 */
static int
find_number(const char *text, const char *name, const char *transport)
{
	for (const char *line = text; line != NULL; line = (line = strchr(line, '\n')) == NULL ? NULL : line + 1)
	{
		const char *at = line,
				   *word,
				   *number = NULL;
		size_t length;
		bool   found = false;

		for (int i = 0; !found && (word = next_word(&at, &length)) != NULL; i++)
		{
			if (i == 1)
				number = word;
			else
				found = is_word(word, length, name);
			if (i == 0 && found)
				number = next_word(&at, &length);
		}
		if (found && number != NULL)
		{
			char		 *end;
			unsigned long value = strtoul(number, &end, 10);
			size_t		  rest = strcspn(end, " \t\r\n#");

			if (end != number && value <= UINT16_MAX &&
				(transport == NULL ? rest == 0 : *end == '/' && is_word(end + 1, rest - 1, transport)))
				return (int) value;
		}
	}
	return -1;
}

/* ----------------------------------------------------------------------------------------------------------- what is refused */

static void
refuse(const char *name)
{
	snprintf(refused, sizeof(refused), "%s", name);
}

const char *
names_refused(void)
{
	return refused[0] == '\0' ? NULL : refused;
}

void
names_forget(void)
{
	refused[0] = '\0';
}

/* ---------------------------------------------------------------------------------------- in place of the C library's functions */

typedef struct Answer
{
	struct addrinfo info;
	union
	{
		struct sockaddr_in	ipv4;
		struct sockaddr_in6 ipv6;
	} address;
} Answer;

/* The port of a service, by name or as a number; -1 if there is none. */
static int
port_of(const char *service, int protocol)
{
	if (service[strspn(service, "0123456789")] == '\0')
		return (uint16_t) strtoul(service, NULL, 10);
	switch (protocol)
	{
		case IPPROTO_TCP:
			return find_number(services, service, "tcp");
		case IPPROTO_UDP:
			return find_number(services, service, "udp");
		default:
			return -1;
	}
}

/* getaddrinfo(3), for addresses, numbers and services; libpcap looks at the first answer alone. */
int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
	struct sockaddr_in	ipv4 = {.sin_family = AF_INET};
	struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};
	int					family = hints == NULL ? AF_UNSPEC : hints->ai_family,
		port = 0;
	bool is_ipv4 = node == NULL,
		 is_ipv6 = false;
	Answer *answer;

	if (service != NULL && (port = port_of(service, hints == NULL ? 0 : hints->ai_protocol)) < 0)
		return EAI_SERVICE;
	if (node != NULL)
	{
		is_ipv4 = family != AF_INET6 && inet_pton(AF_INET, node, &ipv4.sin_addr) == 1;
		is_ipv6 = family != AF_INET && inet_pton(AF_INET6, node, &ipv6.sin6_addr) == 1;
		if (!is_ipv4 && !is_ipv6)
		{
			if (hints == NULL || (hints->ai_flags & AI_NUMERICHOST) == 0)
				refuse(node);
			return EAI_NONAME;
		}
	}
	if ((answer = calloc(1, sizeof(*answer))) == NULL)
		return EAI_MEMORY;
	if (is_ipv4)
		answer->address.ipv4 = ipv4;
	else
		answer->address.ipv6 = ipv6;
	answer->info.ai_family = is_ipv4 ? AF_INET : AF_INET6;
	answer->info.ai_addrlen = is_ipv4 ? sizeof(ipv4) : sizeof(ipv6);
	answer->info.ai_addr = (struct sockaddr *) &answer->address;
	if (is_ipv4)
		answer->address.ipv4.sin_port = htons((uint16_t) port);
	else
		answer->address.ipv6.sin6_port = htons((uint16_t) port);
	*result = &answer->info;
	return 0;
}

void
freeaddrinfo(struct addrinfo *answer)
{
	free(answer); /* the first member of an Answer, and there is no second one */
}

/* getprotobyname_r(3); libpcap wants the number alone. */
int
getprotobyname_r(const char *name, struct protoent *room, char *buffer, size_t length, struct protoent **result)
{
	int number = find_number(protocols, name, NULL);

	(void) buffer;
	(void) length;
	memset(room, 0, sizeof(*room));
	room->p_proto = number;
	*result = number < 0 ? NULL : room;
	return 0;
}

int
getnetbyname_r(const char *name, struct netent *room, char *buffer, size_t length, struct netent **result, int *error)
{
	(void) room;
	(void) buffer;
	(void) length;
	refuse(name);
	*result = NULL;
	*error = HOST_NOT_FOUND;
	return 0;
}

struct hostent *
gethostbyname(const char *name)
{
	refuse(name);
	return NULL;
}

int
ether_hostton(const char *name, struct ether_addr *address)
{
	(void) address;
	refuse(name);
	return -1;
}

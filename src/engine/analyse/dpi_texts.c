/*
 * dpi_texts.c
 *	  The texts that nDPI found in a flow: host names, fingerprints, user agents.
 *
 * While a flow is not decided they are in nDPI's state of it.  Once it is, those that are wanted and not empty are
 * copied: for each a byte with its DpiText, then the text with its NUL; DPI_TEXTS ends the list.
 */
#include <string.h>

#include "engine/analyse/dpi_module.h"
#include "engine/base/memory.h"
#include "wire/record.h"
#include "wire/schema.h"

static const struct
{
	ColumnField field;
	size_t		most; /* bytes */
} texts[DPI_TEXTS] = {
	[DPI_SERVER_NAME] = {FIELD_REQUESTED_SERVER_NAME, SERVER_NAME_MAX},
	[DPI_CLIENT_FINGERPRINT] = {FIELD_CLIENT_FINGERPRINT, FINGERPRINT_MAX},
	[DPI_SERVER_FINGERPRINT] = {FIELD_SERVER_FINGERPRINT, FINGERPRINT_MAX},
	[DPI_FINGERPRINT_KIND] = {FIELD_FINGERPRINT_KIND, FINGERPRINT_KIND_MAX},
	[DPI_USER_AGENT] = {FIELD_USER_AGENT, USER_AGENT_MAX},
	[DPI_CONTENT_TYPE] = {FIELD_CONTENT_TYPE, CONTENT_TYPE_MAX},
};

int
dpi_text_of(ColumnField field)
{
	for (int i = 0; i < DPI_TEXTS; i++)
		if (texts[i].field == field)
			return i;
	return -1;
}

static bool
is(const DpiFlow *flow, uint16_t protocol)
{
	return flow->master == protocol || flow->application == protocol;
}

/* Protocols whose handshake is TLS's: their part of nDPI's union is tls_quic. */
static bool
is_tls(const DpiFlow *flow)
{
	return is(flow, NDPI_PROTOCOL_TLS) || is(flow, NDPI_PROTOCOL_DTLS) || is(flow, NDPI_PROTOCOL_MAIL_SMTPS) ||
		   is(flow, NDPI_PROTOCOL_MAIL_IMAPS) || is(flow, NDPI_PROTOCOL_MAIL_POPS) || is(flow, NDPI_PROTOCOL_QUIC);
}

static bool
is_empty(const char *text)
{
	return text == NULL || text[0] == '\0';
}

/* Where nDPI keeps the texts; the label decides which member of its union holds something, by the first case that fits. */
static void
find_texts(const DpiFlow *flow, const char *found[DPI_TEXTS])
{
	const struct ndpi_flow_struct *state = flow->state;
	const char					  *kind = NULL;

	found[DPI_SERVER_NAME] = (const char *) state->host_server_name;
	if (is(flow, NDPI_PROTOCOL_DHCP))
	{
		kind = "DHCP";
		found[DPI_CLIENT_FINGERPRINT] = state->protos.dhcp.fingerprint;
	}
	else if (is(flow, NDPI_PROTOCOL_HTTP))
	{
		found[DPI_USER_AGENT] = state->http.user_agent;
		found[DPI_CONTENT_TYPE] = state->http.content_type;
	}
	else if (is(flow, NDPI_PROTOCOL_SSH))
	{
		kind = "HASSH";
		found[DPI_CLIENT_FINGERPRINT] = state->protos.ssh.hassh_client;
		found[DPI_SERVER_FINGERPRINT] = state->protos.ssh.hassh_server;
	}
	else if (is_tls(flow))
	{
		kind = "JA3";
		found[DPI_USER_AGENT] = state->http.user_agent;
		found[DPI_CLIENT_FINGERPRINT] = state->protos.tls_quic.ja3_client;
		found[DPI_SERVER_FINGERPRINT] = state->protos.tls_quic.ja3_server;
	}
	if (!is_empty(found[DPI_CLIENT_FINGERPRINT]) || !is_empty(found[DPI_SERVER_FINGERPRINT]))
		found[DPI_FINGERPRINT_KIND] = kind;
}

char *
dpi_copy_utf8(char *to, const char *from, size_t most)
{
	const uint8_t *at = (const uint8_t *) from;
	size_t		   length = strnlen(from, most);

	while (length > 0)
	{
		unsigned bytes = utf8_character(at, length);

		memcpy(to, at, bytes);
		to += bytes;
		at += bytes == 0 ? 1 : bytes;
		length -= bytes == 0 ? 1 : bytes;
	}
	*to++ = '\0';
	return to;
}

void
dpi_keep_texts(DpiFlow *flow, const bool wanted[DPI_TEXTS])
{
	const char *found[DPI_TEXTS] = {NULL};
	char		copy[DPI_TEXTS * (1 + RECORD_TEXT_MAX + 1) + 1],
		*end = copy;

	find_texts(flow, found);
	for (int i = 0; i < DPI_TEXTS; i++)
	{
		if (!wanted[i] || is_empty(found[i]))
			continue;
		*end++ = (char) i;
		end = dpi_copy_utf8(end, found[i], texts[i].most);
	}
	if (end == copy)
		return;
	*end++ = DPI_TEXTS;
	flow->texts = memory_resize(NULL, (size_t) (end - copy));
	memcpy(flow->texts, copy, (size_t) (end - copy));
}

const char *
dpi_text(const DpiFlow *flow, DpiText text)
{
	for (const char *at = flow->texts; at != NULL && *at != DPI_TEXTS; at += 1 + strlen(at + 1) + 1)
		if (*at == (char) text)
			return at + 1;
	return "";
}

const char *
dpi_text_now(const DpiFlow *flow, DpiText text, char *copy)
{
	const char *found[DPI_TEXTS] = {NULL};

	if (flow->decided)
		return dpi_text(flow, text);
	if (flow->state != NULL)
		find_texts(flow, found);
	dpi_copy_utf8(copy, is_empty(found[text]) ? "" : found[text], texts[text].most);
	return copy;
}

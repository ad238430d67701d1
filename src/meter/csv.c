/*
 * csv.c
 *	  Flow records as lines of CSV.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "meter/csv.h"

static void
print_text(FILE *to, const char *text, size_t length)
{
	bool		quote = memchr(text, ',', length) != NULL || memchr(text, '"', length) != NULL ||
		memchr(text, '\n', length) != NULL || memchr(text, '\r', length) != NULL;

	if (quote)
		putc('"', to);
	for (size_t i = 0; i < length; i++)
	{
		if (text[i] == '"')
			putc('"', to);
		putc(text[i], to);
	}
	if (quote)
		putc('"', to);
}

static void
print_hex(FILE *to, const uint8_t *bytes, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		fprintf(to, "%s%02x", i == 0 ? "" : ":", bytes[i]);
}

static void
print_address(FILE *to, const FlowValue *value)
{
	char		text[INET6_ADDRSTRLEN];

	inet_ntop(value->b.length == 4 ? AF_INET : AF_INET6, value->b.bytes, text, sizeof(text));
	fputs(text, to);
}

/* A form that reads back as the same number, with 15 digits where they do: so short ones stay short, and 100 is not 1e+02. */
static void
print_double(FILE *to, double number)
{
	char		text[32];

	for (int digits = 15; digits <= 17; digits++)
	{
		snprintf(text, sizeof(text), "%.*g", digits, number);
		if (strtod(text, NULL) == number)
			break;
	}
	fputs(text, to);
}

static void
print_integers(FILE *to, const FlowValue *value)
{
	fputs("\"[", to);
	for (uint32_t i = 0; i < value->a.count; i++)
		fprintf(to, "%s%" PRId64, i == 0 ? "" : ", ", record_element(value, i));
	fputs("]\"", to);
}

static void
print_value(FILE *to, ColumnKind kind, const FlowValue *value, char *const *names)
{
	switch (kind)
	{
		case COLUMN_UINT8:
		case COLUMN_UINT16:
		case COLUMN_UINT32:
		case COLUMN_UINT64:
			fprintf(to, "%" PRIu64, value->u);
			break;
		case COLUMN_INT32:
		case COLUMN_INT64:
			fprintf(to, "%" PRId64, value->i);
			break;
		case COLUMN_DOUBLE:
			print_double(to, value->d);
			break;
		case COLUMN_ADDRESS:
			print_address(to, value);
			break;
		case COLUMN_MAC:
		case COLUMN_OUI:
			print_hex(to, value->b.bytes, value->b.length);
			break;
		case COLUMN_TEXT:
		case COLUMN_JSON:
			print_text(to, (const char *) value->b.bytes, value->b.length);
			break;
		case COLUMN_INTEGERS:
			print_integers(to, value);
			break;
		case COLUMN_FILE:
			print_text(to, names[value->u], strlen(names[value->u]));
			break;
	}
}

void
csv_print_names(FILE *to, const ColumnSet *wanted)
{
	const char *comma = "";

	for (unsigned i = 0; i < column_count; i++)
	{
		if (!column_set_has(wanted, i))
			continue;
		fprintf(to, "%s%s", comma, columns[i].name);
		comma = ",";
	}
	putc('\n', to);
}

void
csv_print_flow(FILE *to, const ColumnSet *wanted, const FlowRecord *record, uint64_t id, char *const *names)
{
	const char *comma = "";

	for (unsigned i = 0; i < column_count; i++)
	{
		if (!column_set_has(wanted, i))
			continue;
		fputs(comma, to);
		comma = ",";
		if (columns[i].field == FIELD_ID)
			fprintf(to, "%" PRIu64, id);
		else
			print_value(to, columns[i].kind, &record->values[i], names);
	}
	putc('\n', to);
}

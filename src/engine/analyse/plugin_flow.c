/*
 * plugin_flow.c
 *	  The flow that plugins see: its attributes, read and written over.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/analyse/plugin_flow.h"
#include "engine/base/memory.h"

/* ---------------------------------------------------------------------------------------------------------------- attributes */

/* Columns that are no attributes of a flow in a meter: the server alone knows captures' names, plugins' values are read by name. */
static bool
is_attribute(const Column *column)
{
	return column->field != FIELD_SOURCE_FILE && column->field != FIELD_UDPS;
}

NfstreamAttribute
attribute_find(const char *name)
{
	int column = schema_column(&flow_schema, name);

	return column >= 0 && is_attribute(&flow_schema.columns[column]) ? column : NFSTREAM_NO_ATTRIBUTE;
}

void
attributes_start(AttributeReaders *readers, const MeterRequest *request, Analysis *analysis)
{
	const Schema *schema = &flow_schema;
	ColumnSet	  computed = request_computed(request);

	*readers = (AttributeReaders) {.schema = schema, .elements = request->splt_analysis};
	readers->integers = memory_get((readers->elements + 1) * sizeof(int64_t));
	for (unsigned i = 0; i < schema->count; i++)
	{
		const Column *column = &schema->columns[i];

		readers->readers[i] = analysis_reader(analysis, column);
		if (!request_group_is_on(request, column->group))
			readers->reads[i] = NFSTREAM_READ_OFF;
		else if (!column_set_has(&computed, i) && (column->group != GROUP_CORE || column->field == FIELD_COMMUNITY_ID))
			readers->reads[i] = NFSTREAM_READ_NOT_ASKED;
		else
			readers->reads[i] = NFSTREAM_READ_DONE;
	}
}

void
attributes_end(AttributeReaders *readers)
{
	free(readers->integers);
}

/* ------------------------------------------------------------------------------------------------------------------- reading */

static NfstreamValue
text_value(const char *bytes, size_t length)
{
	return (NfstreamValue) {.kind = NFSTREAM_TEXT, .text = {bytes, length}};
}

static NfstreamValue
address_value(AttributeReaders *readers, const RecordValue *value)
{
	inet_ntop(value->b.length == 4 ? AF_INET : AF_INET6, value->b.bytes, readers->text, sizeof(readers->text));
	return text_value(readers->text, strlen(readers->text));
}

static NfstreamValue
mac_value(AttributeReaders *readers, const RecordValue *value)
{
	static const char digits[] = "0123456789abcdef";
	char			 *to = readers->text;

	for (uint32_t i = 0; i < value->b.length; i++)
	{
		if (i > 0)
			*to++ = ':';
		*to++ = digits[value->b.bytes[i] >> 4];
		*to++ = digits[value->b.bytes[i] & 15];
	}
	return text_value(readers->text, (size_t) (to - readers->text));
}

static NfstreamValue
list_value(AttributeReaders *readers, const RecordValue *value)
{
	for (uint32_t i = 0; i < value->a.count; i++)
		readers->integers[i] = record_element(value, i);
	return (NfstreamValue) {.kind = NFSTREAM_INTEGERS, .integers = {readers->integers, value->a.count}};
}

static NfstreamValue
value_of(AttributeReaders *readers, const Column *column, const RecordValue *value)
{
	switch (column->kind)
	{
		case COLUMN_DOUBLE:
			return (NfstreamValue) {.kind = NFSTREAM_REAL, .real = value->d};
		case COLUMN_ADDRESS:
			return address_value(readers, value);
		case COLUMN_MAC:
		case COLUMN_OUI:
			return mac_value(readers, value);
		case COLUMN_INTEGERS:
			return list_value(readers, value);
		case COLUMN_TEXT:
		case COLUMN_LONG_TEXT:
		case COLUMN_JSON:
		case COLUMN_BYTES:
			return text_value((const char *) value->b.bytes, value->b.length);
		default:
			return (NfstreamValue) {.kind = NFSTREAM_INTEGER, .integer = value->i};
	}
}

NfstreamRead
attribute_read(AttributeReaders *readers, Flow *flow, const Overlay *overlay, NfstreamAttribute attribute, NfstreamValue *value)
{
	const RecordValue *written;
	const Column	  *column;
	RecordValue		   own;

	if (attribute < 0 || (unsigned) attribute >= readers->schema->count)
		return NFSTREAM_READ_OFF;
	column = &readers->schema->columns[attribute];
	if (readers->reads[attribute] != NFSTREAM_READ_DONE)
		return readers->reads[attribute];
	if (overlay != NULL && (written = overlay_find(overlay, (unsigned) attribute)) != NULL)
	{
		*value = value_of(readers, column, written);
		return NFSTREAM_READ_DONE;
	}
	if (column->field == FIELD_ID)
	{
		*value = (NfstreamValue) {.kind = NFSTREAM_NULL};
		return NFSTREAM_READ_DONE;
	}
	column_read(&readers->readers[attribute], flow, &own);
	*value = value_of(readers, column, &own);
	return NFSTREAM_READ_DONE;
}

/* ------------------------------------------------------------------------------------------------------------------- writing */

/* A whole number of this column's kind. */
static bool
take_integer(ColumnKind kind, const NfstreamValue *value, RecordValue *to)
{
	int64_t min = 0,
			max = INT64_MAX;

	if (value->kind != NFSTREAM_INTEGER && value->kind != NFSTREAM_BOOLEAN)
		return false;
	switch (kind)
	{
		case COLUMN_UINT8:
			max = UINT8_MAX;
			break;
		case COLUMN_UINT16:
			max = UINT16_MAX;
			break;
		case COLUMN_UINT32:
			max = UINT32_MAX;
			break;
		case COLUMN_INT32:
			min = INT32_MIN;
			max = INT32_MAX;
			break;
		case COLUMN_INT64:
			min = INT64_MIN;
			break;
		default:
			break;
	}
	to->i = value->integer;
	return value->integer >= min && value->integer <= max;
}

/* Keeps a copy of bytes. */
static bool
keep(Overwritten *item, const void *bytes, size_t length)
{
	item->bytes = memory_get(length + 1);
	if (length > 0)
		memcpy(item->bytes, bytes, length);
	item->value.b.bytes = item->bytes;
	item->value.b.length = (uint32_t) length;
	return true;
}

/* An address of any version: 0.0.0.0 may stand for all. */
static bool
take_address(const char *text, Overwritten *item)
{
	uint8_t address[IP_ADDRESS_BYTES];

	if (inet_pton(AF_INET, text, address) == 1)
		return keep(item, address, 4);
	return inet_pton(AF_INET6, text, address) == 1 && keep(item, address, IP_ADDRESS_BYTES);
}

/* Bytes in hexadecimal digits, with colons between them. */
static bool
take_mac(const char *text, size_t length, unsigned count, Overwritten *item)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	uint8_t			  bytes[MAC_ADDRESS_BYTES];

	if (length != count * 3 - 1)
		return false;
	for (unsigned i = 0; i < count; i++)
	{
		const char *high = strchr(digits, text[3 * i]),
				   *low = strchr(digits, text[3 * i + 1]);

		if (high == NULL || low == NULL || (i + 1 < count && text[3 * i + 2] != ':'))
			return false;
		bytes[i] = (uint8_t) ((high - digits) % 16 * 16 + (low - digits) % 16);
	}
	return keep(item, bytes, count);
}

static bool
take_text(const NfstreamText *text, const Column *column, Overwritten *item)
{
	for (size_t at = 0; at < text->length;)
	{
		unsigned character = utf8_character((const uint8_t *) text->bytes + at, text->length - at);

		if (character == 0)
			return false;
		at += character;
	}
	return text->length <= column->length_max && keep(item, text->bytes, text->length);
}

static bool
take_list(const NfstreamValue *value, uint32_t elements, Overwritten *item)
{
	if (value->kind != NFSTREAM_INTEGERS || value->integers.count != elements)
		return false;
	keep(item, value->integers.items, elements * sizeof(int64_t));
	item->value.a.bytes = item->bytes;
	item->value.a.present = item->value.a.count = elements;
	return true;
}

static bool
take_value(const AttributeReaders *readers, const Column *column, const NfstreamValue *value, Overwritten *item)
{
	char text[64];
	bool is_short = value->kind == NFSTREAM_TEXT && value->text.length > 0 && value->text.length < sizeof(text) &&
					memchr(value->text.bytes, '\0', value->text.length) == NULL;

	if (is_short)
	{
		memcpy(text, value->text.bytes, value->text.length);
		text[value->text.length] = '\0';
	}
	switch (column->kind)
	{
		case COLUMN_DOUBLE:
			item->value.d = value->kind == NFSTREAM_REAL ? value->real : (double) value->integer;
			return value->kind == NFSTREAM_REAL || value->kind == NFSTREAM_INTEGER;
		case COLUMN_ADDRESS:
			return is_short && take_address(text, item);
		case COLUMN_MAC:
			return is_short && take_mac(text, value->text.length, 6, item);
		case COLUMN_OUI:
			return is_short && take_mac(text, value->text.length, 3, item);
		case COLUMN_TEXT:
		case COLUMN_LONG_TEXT:
			return value->kind == NFSTREAM_TEXT && take_text(&value->text, column, item);
		case COLUMN_INTEGERS:
			return take_list(value, readers->elements, item);
		case COLUMN_JSON:
		case COLUMN_BYTES:
			return false;
		default:
			return take_integer(column->kind, value, &item->value);
	}
}

bool
attribute_write(const AttributeReaders *readers, Overlay **overlay, NfstreamAttribute attribute,
				const NfstreamValue *value)
{
	Overwritten item = {.column = (unsigned) attribute};
	Overlay	   *items = *overlay;

	if (attribute < 0 || (unsigned) attribute >= readers->schema->count || readers->reads[attribute] == NFSTREAM_READ_OFF ||
		readers->schema->columns[attribute].field == FIELD_ID ||
		!take_value(readers, &readers->schema->columns[attribute], value, &item))
		return false;
	for (unsigned i = 0; items != NULL && i < items->count; i++)
		if (items->items[i].column == item.column)
		{
			free(items->items[i].bytes);
			items->items[i] = item;
			return true;
		}
	if (items == NULL || items->count == items->room)
	{
		unsigned count = items == NULL ? 0 : items->count;

		items = *overlay = memory_resize(items, sizeof(*items) + (count * 2 + 4) * sizeof(Overwritten));
		items->room = count * 2 + 4;
		items->count = count;
	}
	items->items[items->count++] = item;
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------- overlay */

const RecordValue *
overlay_find(const Overlay *overlay, unsigned column)
{
	for (unsigned i = 0; i < overlay->count; i++)
		if (overlay->items[i].column == column)
			return &overlay->items[i].value;
	return NULL;
}

static uint64_t
packets_of(const Flow *flow, ColumnSide side)
{
	return side == SIDE_BOTH ? flow_packets(flow) : flow->direction[side].packets;
}

/* Whether NFStream brings the attribute up to date now (NFlow.sync): the meter's own value stands again. */
static bool
is_synchronised(const Column *column, const Flow *flow, uint32_t elements, bool labels)
{
	switch (column->field)
	{
		case FIELD_FIRST_SEEN:
			return column->side == SIDE_DST2SRC;
		case FIELD_LAST_SEEN:
		case FIELD_DURATION:
		case FIELD_PACKETS:
		case FIELD_BYTES:
			return true;
		case FIELD_STDDEV_PS:
			return packets_of(flow, column->side) > 1;
		case FIELD_STDDEV_PIAT:
			return packets_of(flow, column->side) > 2;
		default:
			break;
	}
	switch (column->group)
	{
		case GROUP_STATISTICS:
			return true;
		case GROUP_SPLT:
			return flow_packets(flow) <= elements;
		case GROUP_DPI:
			return labels;
		default:
			return false;
	}
}

bool
overlay_synchronise(Overlay *overlay, const AttributeReaders *readers, const Flow *flow, bool labels)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < overlay->count; i++)
		if (is_synchronised(&readers->schema->columns[overlay->items[i].column], flow, readers->elements, labels))
			free(overlay->items[i].bytes);
		else
			overlay->items[kept++] = overlay->items[i];
	overlay->count = kept;
	return kept > 0;
}

void
overlay_free(Overlay *overlay)
{
	for (unsigned i = 0; overlay != NULL && i < overlay->count; i++)
		free(overlay->items[i].bytes);
	free(overlay);
}

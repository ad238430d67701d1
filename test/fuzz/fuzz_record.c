/*
 * fuzz_record.c
 *	  What the server reads from a meter: the order of messages, the flow records, the account; and what a meter reads from
 *	  the server, the request.
 *
 * The input: a byte for the groups of columns, one for SPLT's elements, one for the schema, that of flows or one with every kind of
 * column, and which of its columns are wanted; then messages, each a MessageHeader and a body.  They are taken as the server takes
 * them: what the table of messages or their order does not allow ends the conversation, and so does a record that is wrong.  A
 * request is taken as the meter does.
 *
 * The mutator keeps lengths true, most of the time: that of a message, and of the record in it where it is the only one.
 */
#include "every_kind.h"
#include "fuzz.h"
#include "wire/message.h"
#include "wire/request.h"

#define OPTION_BYTES 3
#define COLUMN_EXTRA 0x80
#define EVERY_KIND	 0x80

typedef struct Conversation
{
	RecordForm form;
	uint32_t   last; /* type of the latest message */
	uint64_t   last_left;
	uint64_t   last_first;
} Conversation;

static void
choose_columns(const uint8_t *options, RecordForm *form)
{
	const Schema *schema = (options[2] & EVERY_KIND) == 0 ? &flow_schema : &every_schema;
	unsigned	  every = options[2] % EVERY_KIND;
	ColumnSet	  wanted = {0};

	for (unsigned i = 0; i < schema->count; i++)
	{
		bool in_groups = (options[0] & 1u << schema->columns[i].group) == 0,
			 refused = schema->columns[i].extra && (options[0] & COLUMN_EXTRA) != 0;

		if (in_groups && !refused && (every == 0 || i % (every % 16 + 1) == 0))
			column_set_add(&wanted, i);
	}
	record_form(form, schema, &wanted, options[1]);
}

/* Whether all of a value lies in the message, as far as it has a place there. */
static void
expect_inside(const uint8_t *bytes, size_t length, const uint8_t *start, const uint8_t *end)
{
	EXPECT(bytes >= start && length <= (size_t) (end - bytes));
}

static void
expect_sound(const Record *record, const Conversation *conversation, const uint8_t *start, const uint8_t *end)
{
	const RecordForm *form = &conversation->form;

	for (unsigned i = 0; i < form->count; i++)
	{
		const Column	  *column = &form->schema->columns[form->columns[i]];
		const RecordValue *value = &record->values[form->columns[i]];

		switch (column->kind)
		{
			case COLUMN_ADDRESS:
				EXPECT(value->b.length == 4 || value->b.length == 16);
				expect_inside(value->b.bytes, value->b.length, start, end);
				break;
			case COLUMN_TEXT:
			case COLUMN_LONG_TEXT:
			case COLUMN_JSON:
				EXPECT(value->b.length <= column->length_max);
				expect_inside(value->b.bytes, value->b.length, start, end);
				EXPECT(memchr(value->b.bytes, '\0', value->b.length) == NULL);
				break;
			case COLUMN_BYTES:
				EXPECT(value->b.length <= column->length_max);
				expect_inside(value->b.bytes, value->b.length, start, end);
				break;
			case COLUMN_INTEGERS:
				EXPECT(value->a.count == form->elements && value->a.present <= value->a.count);
				expect_inside(value->a.bytes, value->a.present * sizeof(int64_t), start, end);
				for (uint32_t element = 0; element < value->a.count; element++)
					EXPECT(element < value->a.present || record_element(value, element) == -1);
				break;
			default:
				break;
		}
	}
}

/* Takes a batch of records; false if one is wrong. */
static bool
take_flows(Conversation *conversation, const uint8_t *body, const uint8_t *end)
{
	const uint8_t *cursor = body;

	while (cursor != end)
	{
		const uint8_t *start = cursor;
		Record		   record;

		if (record_read(&conversation->form, &cursor, end, &record) != NULL)
			return false;
		EXPECT(cursor > start && cursor <= end);
		expect_sound(&record, conversation, start, cursor);
		if (record.left < conversation->last_left ||
			(record.left == conversation->last_left && record.first <= conversation->last_first))
			return false;
		conversation->last_left = record.left;
		conversation->last_first = record.first;
	}
	return true;
}

static void
take_request(const uint8_t *body, uint32_t length)
{
	char		 wrong[REQUEST_WRONG_MAX] = "";
	MeterRequest request;
	uint8_t		*again;

	if (!request_read(body, length, &request, wrong))
	{
		EXPECT(wrong[0] != '\0');
		return;
	}
	EXPECT(request.shards >= 1 && request.shards <= SHARDS_MAX && request.shard < request.shards);
	EXPECT(request.filter.length <= FILTER_BYTES_MAX);
	if (request.filter.length > 0)
		expect_inside((const uint8_t *) request.filter.bytes, request.filter.length, body, body + length);

	/* And as its own server would send it. */
	EXPECT(request_length(&request) <= REQUEST_BYTES_MAX);
	again = malloc(request_length(&request));
	request_write(&request, again);
	EXPECT(request_read(again, request_length(&request), &request, wrong));
	free(again);
}

static bool
take_account(const uint8_t *body)
{
	Account account,
		scan = {0};

	memcpy(&account, body, sizeof(account));
	if (!account_adds_up(&account))
		return false;
	account_add(&scan, &account, ACCOUNT_OF_SHARDS);
	return true;
}

/* Takes one message; false if the conversation ends with it. */
static bool
take_message(Conversation *conversation, const MessageHeader *header, const uint8_t *body)
{
	if (message_allowed(SENT_BY_OWNER, header->type, header->length))
	{
		if (header->type == MESSAGE_REQUEST)
			take_request(body, header->length);
		return true;
	}
	if (!message_allowed(SENT_BY_METER, header->type, header->length) ||
		!message_in_order(&conversation->last, header->type))
		return false;
	switch (header->type)
	{
		case MESSAGE_RECORDS:
			return take_flows(conversation, body, body + header->length);
		case MESSAGE_END:
			return take_account(body);
		default:
			return true;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Conversation   conversation = {0};
	const uint8_t *at = data + OPTION_BYTES,
				  *end = data + size;
	MessageHeader header;
	bool		  more = true;

	if (size < OPTION_BYTES)
		return 0;
	choose_columns(data, &conversation.form);
	while (more && (size_t) (end - at) >= sizeof(header))
	{
		uint8_t *body;

		memcpy(&header, at, sizeof(header));
		at += sizeof(header);
		if (header.length > (size_t) (end - at))
			break;
		body = exact_copy(at, header.length);
		more = take_message(&conversation, &header, body);
		free(body);
		at += header.length;
	}
	return 0;
}

/* --------------------------------------------------------------------------------------------------------- the mutator */

/* One of the messages, by a random choice: where its header stands; NULL if there is none. */
static uint8_t *
any_message(uint8_t *data, size_t size, uint64_t *random)
{
	uint8_t		 *chosen = NULL;
	size_t		  at = OPTION_BYTES;
	MessageHeader header;

	for (unsigned count = 1; size > at && size - at >= sizeof(header); count++)
	{
		memcpy(&header, data + at, sizeof(header));
		if (header.length > size - at - sizeof(header))
			break;
		if (fuzz_below(random, count) == 0)
			chosen = data + at;
		at += sizeof(header) + header.length;
	}
	return chosen;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
	uint64_t	  random = seed;
	uint8_t		 *message = any_message(data, size, &random);
	MessageHeader header;
	uint32_t	  record_length,
		length;
	size_t	 behind;
	uint8_t *body;
	bool	 one_record;

	if (message == NULL || size == most || fuzz_below(&random, 4) == 0)
		return LLVMFuzzerMutate(data, size, most);
	memcpy(&header, message, sizeof(header));
	one_record = header.type == MESSAGE_RECORDS && header.length >= RECORD_HEADER_BYTES &&
				 (memcpy(&record_length, message + sizeof(header), sizeof(record_length)), record_length == header.length);

	/* What follows moves with the body's end. */
	behind = (size_t) (data + size - (message + sizeof(header) + header.length));
	body = malloc(header.length + (most - size));
	memcpy(body, message + sizeof(header), header.length);
	length = (uint32_t) LLVMFuzzerMutate(body, header.length, header.length + (most - size));
	if (one_record && length >= sizeof(length))
		memcpy(body, &length, sizeof(length));
	memmove(message + sizeof(header) + length, message + sizeof(header) + header.length, behind);
	memcpy(message + sizeof(header), body, length);
	free(body);
	header.length = length;
	memcpy(message, &header, sizeof(header));
	return (size_t) (message + sizeof(header) + length + behind - data);
}

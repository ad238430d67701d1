/*
 * selection.c
 *	  Which flows of a scan are wanted: its condition, asked as soon as something is known of a flow.
 */
#include <stdlib.h>

#include "engine/base/memory.h"
#include "engine/flow/selection.h"

/* How a test gets a packet's value: ConditionTest.load. */
typedef enum PacketLoad
{
	LOAD_UINT8,
	LOAD_UINT16,
	LOAD_ADDRESS
} PacketLoad;

/* Where a packet has a column of a key. */
typedef struct PacketColumn
{
	ColumnField field;
	PacketLoad	load;
	size_t		at[SIDE_BOTH + 1]; /* by side; of the source and the destination, if it is an endpoint's */
} PacketColumn;

#define AT(member) offsetof(Packet, member)

static const PacketColumn packet_columns[] = {
	{FIELD_IP, LOAD_ADDRESS, {AT(source_ip), AT(destination_ip)}},
	{FIELD_PORT, LOAD_UINT16, {AT(source_port), AT(destination_port)}},
	{FIELD_PROTOCOL, LOAD_UINT8, {[SIDE_BOTH] = AT(protocol)}},
	{FIELD_IP_VERSION, LOAD_UINT8, {[SIDE_BOTH] = AT(ip_version)}},
	{FIELD_VLAN_ID, LOAD_UINT16, {[SIDE_BOTH] = AT(vlan_id)}},
	{FIELD_TUNNEL_ID, LOAD_UINT8, {[SIDE_BOTH] = AT(tunnel)}},
};

static const PacketColumn *
packet_column(const Column *column)
{
	for (size_t i = 0; i < sizeof(packet_columns) / sizeof(packet_columns[0]); i++)
		if (packet_columns[i].field == column->field)
			return &packet_columns[i];
	return NULL;
}

/* Whether a flow's first packet tells it. */
static bool
is_known_at_start(const Column *column)
{
	switch (column->field)
	{
		case FIELD_MAC:
		case FIELD_OUI:
		case FIELD_PROTOCOL_NAME:
		case FIELD_SOURCE_FILE:
		case FIELD_FIRST_PACKET:
			return true;
		case FIELD_FIRST_SEEN:
			return column->side != SIDE_DST2SRC;
		default:
			return packet_column(column) != NULL;
	}
}

/* Tells the tests of a program where a packet has their values; `swapped`: the packet goes back.  Returns whether that matters. */
static bool
place_tests(ConditionProgram *program, const Schema *schema, bool swapped)
{
	bool matters = false;

	for (uint32_t i = 0; i < program->count; i++)
	{
		ConditionTest	   *test = &program->tests[i];
		const Column	   *column = &schema->columns[test->column];
		const PacketColumn *from = packet_column(column);
		ColumnSide			side = column->side;

		if (side != SIDE_BOTH)
		{
			matters = true;
			if (swapped)
				side = side == SIDE_SRC2DST ? SIDE_DST2SRC : SIDE_SRC2DST;
		}
		test->load = (uint8_t) from->load;
		test->at = (uint16_t) from->at[side];
	}
	return matters;
}

/* The program of a moment at which the columns are known for which `is_known` returns true. */
static ConditionProgram
program_of(const MeterRequest *request, bool (*is_known)(const Column *column))
{
	const Schema	*schema = schema_by_id(request->schema);
	ColumnSet		 known = {0};
	ConditionProgram program;

	for (unsigned i = 0; i < schema->count; i++)
		if (is_known(&schema->columns[i]))
			column_set_add(&known, i);
	program_make(&program, schema, request->condition_bytes, request->condition, &known);
	return program;
}

static bool
is_in_packet(const Column *column)
{
	return packet_column(column) != NULL;
}

static bool
is_known_when_leaving(const Column *column)
{
	(void) column;
	return true;
}

/* Whether a flow's start leaves nothing to be asked when it leaves. */
static bool
is_settled_at_start(const MeterRequest *request)
{
	const Schema *schema = schema_by_id(request->schema);
	ColumnSet	  columns = {0};

	condition_columns(schema, request->condition_bytes, request->condition, &columns);
	for (unsigned i = 0; i < schema->count; i++)
		if (column_set_has(&columns, i) && !is_known_at_start(&schema->columns[i]))
			return false;
	return true;
}

Selection *
selection_start(const MeterRequest *request, Analysis *analysis)
{
	const ConditionProgram idle = {.first = PROGRAM_CAN_BE};
	const bool			   early = request->plugins == 0;
	Selection			  *selection;

	if (request->condition == 0)
		return NULL;
	selection = memory_get(sizeof(*selection));
	selection->schema = schema_by_id(request->schema);
	selection->there = selection->back = selection->start = selection->leave = idle;
	if (early && !request->counts_aside)
	{
		selection->there = program_of(request, is_in_packet);
		selection->back = program_of(request, is_in_packet);
		place_tests(&selection->there, selection->schema, false);
		if (!place_tests(&selection->back, selection->schema, true))
		{
			program_free(&selection->back);
			selection->back = (ConditionProgram) {.first = PROGRAM_CANNOT};
		}
	}
	if (request->schema == SCHEMA_PACKETS)
		return selection; /* of a packet all is known at once: packet_rows.h */
	if (early)
		selection->start = program_of(request, is_known_at_start);
	if (!early || !is_settled_at_start(request))
		selection->leave = program_of(request, is_known_when_leaving);
	for (unsigned i = 0; i < selection->schema->count; i++)
		selection->readers[i] = analysis_reader(analysis, &selection->schema->columns[i]);
	selection->rewriter = analysis->rewriter;
	return selection;
}

void
selection_end(Selection *selection)
{
	if (selection == NULL)
		return;
	program_free(&selection->there);
	program_free(&selection->back);
	program_free(&selection->start);
	program_free(&selection->leave);
	free(selection);
}

/* -------------------------------------------------------------------------------------------------------------- the asking */

/* An address of a packet's, where more than its first bits are compared. */
static bool
test_packet_address(const ConditionTest *test, const Packet *packet)
{
	ConditionValue value = {.address = {.version = packet->ip_version, .bits = packet->ip_version == 4 ? 32 : 128}};

	memcpy(value.address.bytes, (const uint8_t *) packet + test->at, sizeof(value.address.bytes));
	return test_constants(test, &value);
}

static inline bool
test_packet(const ConditionTest *test, const Packet *packet)
{
	const uint8_t *at = (const uint8_t *) packet + test->at;
	uint16_t	   two_bytes;
	ConditionValue value;

	switch ((PacketLoad) test->load)
	{
		case LOAD_UINT8:
			value.i = *at;
			break;
		case LOAD_UINT16:
			memcpy(&two_bytes, at, sizeof(two_bytes));
			value.i = two_bytes;
			break;
		case LOAD_ADDRESS:
			return test->kind == TEST_PREFIX ? test_address(test, at, packet->ip_version) : test_packet_address(test, packet);
	}
	return test->kind == TEST_RANGE ? test_number(test, value.i) : test_constants(test, &value);
}

static inline bool
can_be(const ConditionProgram *program, const Packet *packet)
{
	uint32_t next = program->first;

	while (next < PROGRAM_CANNOT)
	{
		const ConditionTest *test = &program->tests[next];

		next = test_packet(test, packet) ? test->if_so : test->if_not;
	}
	return next == PROGRAM_CAN_BE;
}

bool
selection_has_packet(const Selection *selection, const Packet *packet)
{
	return can_be(&selection->there, packet) || can_be(&selection->back, packet);
}

typedef struct Asked
{
	const Selection *selection;
	Flow			*flow;
} Asked;

static void
read_column(void *context, unsigned column, RecordValue *value)
{
	const Asked *asked = context;

	column_read_for_record(&asked->selection->readers[column], &asked->selection->rewriter, asked->flow, value);
}

bool
selection_has_start(const Selection *selection, Flow *flow)
{
	return program_can_be(&selection->start, selection->schema, read_column, &(Asked) {selection, flow});
}

bool
selection_has_leaving(const Selection *selection, Flow *flow)
{
	return program_can_be(&selection->leave, selection->schema, read_column, &(Asked) {selection, flow});
}

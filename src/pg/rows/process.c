/*
 * process.c
 *	  The process of this host that a flow belongs to, for process_pid and process_name.
 */
#include "postgres.h"

#include "pg/rows/process.h"

/* What a flow's process is found by. */
static const char *const names[] = {
	"src_ip",
	"dst_ip",
	"src_port",
	"dst_port",
	"protocol",
	"bidirectional_first_seen_ms",
	"bidirectional_last_seen_ms",
};

bool
process_has_column(const Column *column)
{
	return column->field == FIELD_PROCESS_PID || column->field == FIELD_PROCESS_NAME;
}

void
process_want(const Schema *schema, ColumnSet *wanted)
{
	for (int i = 0; i < lengthof(names); i++)
		column_set_add(wanted, schema_column(schema, names[i]));
}

static void
take_address(const RecordValue *value, uint8 to[SOCKET_ADDRESS_BYTES])
{
	socket_address(to, value->b.bytes, value->b.length);
}

SocketProcess
process_of_flow(const SocketTable *table, const Schema *schema, const Record *record)
{
	SocketProcess	   found = PROCESS_NOT_FOUND;
	const RecordValue *values[lengthof(names)];
	SocketFlow		   flow;

	if (table == NULL)
		return found;
	for (int i = 0; i < lengthof(names); i++)
		values[i] = &record->values[schema_column(schema, names[i])];
	take_address(values[0], flow.src);
	take_address(values[1], flow.dst);
	flow.src_port = values[2]->u;
	flow.dst_port = values[3]->u;
	flow.protocol = values[4]->u;
	flow.first = values[5]->u;
	flow.last = values[6]->u;
	if (!socket_table_find(table, &flow, &found))
		found = (SocketProcess) PROCESS_NOT_FOUND;
	return found;
}

RecordValue
process_value(const SocketProcess *process, const Column *column)
{
	RecordValue value;

	if (column->field == FIELD_PROCESS_PID)
		value.i = process->pid;
	else
	{
		value.b.bytes = process->name;
		value.b.length = process->name_length;
	}
	return value;
}

/*
 * gather.c
 *	  The meters of one scan, and their flows in the one order.
 *
 * Each meter is at the end of a link: a worker's queue, or the channel where the leader owns it.  A link delivers batches of
 * records in ascending order of (left, first), and now and then a place: nothing that left earlier is still to come.  The
 * least of the links' first records is the next flow of the scan as soon as no other link can deliver an earlier one: it has
 * a record itself, or is at its end, or its place is behind.
 *
 * Where files are metered apart each link delivers whole files, and says where one begins and ends: the scan's order is that of
 * the files.  Links that are ahead are not read from, and their meters wait when the queues are full; the one with the file
 * whose turn it is never waits for others, for files are taken in their order.
 *
 * Clean-up hangs on the memory context of the scan, which goes in every case: at the scan's end, with the portal, at abort.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "pg/workers/failure.h"
#include "pg/workers/gather.h"
#include "pg/workers/route.h"
#include "wire/limits.h"

typedef struct Link
{
	Route		route;

	/* The batch at hand: records that were not read yet. */
	const uint8 *cursor;
	const uint8 *end;

	bool		has_record;
	FlowRecord	record;			/* the next one, if has_record */
	uint64		last_left;		/* of the record before it */
	uint64		last_first;
	uint64		place;			/* every record that left up to here was delivered */
	uint64		records;		/* so far */
	uint32		damage_next;	/* in the order of reading: no file before this one will be told to be damaged */
	bool		told_overlap;
	bool		told_order;

	/* Where files are metered apart. */
	bool		has_file;
	uint32		position;		/* of the file, in the order of reading */
	bool		file_ended;		/* it has delivered all of it */
	bool		is_damaged;		/* the file is */
	FailureMessage damage;
	uint64		file_packets;	/* once it ended */
	uint64		packets;		/* of all its files that ended */

	bool		ended;
	Account		account;		/* once it ended */
} Link;

struct Gather
{
	const ScanJob *job;
	MemoryContext context;
	MemoryContextCallback callback;
	dsm_segment *segment;		/* with the job, for workers; NULL without any */
	uint32		count;
	Link	   *links;
	Link	   *current;		/* whose record was returned last */
	bool		finished;
	Bitmapset  *damaged;		/* the files that are */
	List	   *damages;		/* FailureMessage, one for each of the first of them */
	uint32	   *order;			/* of the files, where it is not the given one */
	uint32	   *positions;		/* where in it each file is */

	/* Where files are metered apart. */
	uint32		position;		/* of the file whose turn it is */
	uint64		packets_before; /* in the files before it */

	bool		has_overlap;
	OverlapMessage overlap;		/* if it has */
};

/* So many damaged files have a warning of their own. */
#define DAMAGES_TOLD	20

/* ----------------------------------------------------------------------------------------------------------------- the end */

static void
release(Gather *gather)
{
	for (uint32 i = 0; i < gather->count; i++)
		route_close(&gather->links[i].route);
	if (gather->segment != NULL)
		dsm_detach(gather->segment);
	gather->segment = NULL;
}

/* The memory context goes; the slots have their resource owner. */
static void
release_with_context(void *argument)
{
	release((Gather *) argument);
}

void
gather_end(Gather *gather)
{
	release(gather);
	for (uint32 i = 0; i < gather->count; i++)
		route_end(&gather->links[i].route);
	gather->count = 0;
	MemoryContextDelete(gather->context);
}

/* --------------------------------------------------------------------------------------------------------------- the start */

/* As many workers as can be had, up to `wanted`. */
static void
launch_workers(Gather *gather, uint32 wanted)
{
	while (gather->count < wanted && route_to_worker(&gather->links[gather->count].route, gather->job, &gather->segment))
		gather->count++;

	/* Only now is it known of how many shards each has one. */
	for (uint32 i = 0; i < gather->count; i++)
	{
		/* Each meter has all flows of its files. */
		if (gather->job->request.separate_files)
			route_start_worker(&gather->links[i].route, 0, 1);
		else
			route_start_worker(&gather->links[i].route, i, gather->count);
	}
}

/* The only meter, where there is no worker for any. */
static void
start_own_meter(Gather *gather)
{
	release(gather);
	gather->count = 1;
	route_to_own_meter(&gather->links[0].route, gather->job);
}

Gather *
gather_start(const ScanJob *job, uint32 meters)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "nfstream scan", ALLOCSET_DEFAULT_SIZES);
	MemoryContext before = MemoryContextSwitchTo(context);
	Gather	   *gather = palloc0(sizeof(*gather));

	gather->job = job;
	gather->context = context;
	gather->links = palloc0(meters * sizeof(Link));
	gather->callback.func = release_with_context;
	gather->callback.arg = gather;
	MemoryContextRegisterResetCallback(context, &gather->callback);

	launch_workers(gather, meters);
	if (gather->count == 0)
		start_own_meter(gather);
	MemoryContextSwitchTo(before);
	return gather;
}

uint32
gather_meters(const Gather *gather)
{
	return gather->count;
}

/* ------------------------------------------------------------------------------------------------------------ the messages */

static void
lying_meter(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_ERROR),
			 errmsg("a meter sent what no meter sends: %s", what),
			 errhint(OWNER_BROKEN_HINT)));
}

/* Takes the next record off the link's batch, if there is one. */
static void
read_record(Gather *gather, Link *link)
{
	const char *wrong;
	FlowRecord *record = &link->record;

	link->has_record = false;
	if (link->cursor == link->end)
		return;
	if (gather->job->request.separate_files && (!link->has_file || link->file_ended))
		lying_meter("records of no file");
	wrong = record_read(&link->cursor, link->end, &gather->job->request.columns, gather->job->request.splt_analysis, record);
	if (wrong != NULL)
		lying_meter(wrong);
	if (record->left < link->last_left || (record->left == link->last_left && record->first <= link->last_first) ||
		record->left <= link->place)
		lying_meter("records out of order");
	link->last_left = record->left;
	link->last_first = record->first;
	link->records++;
	link->has_record = true;
}

static void
take_place(Link *link, const PlaceMessage *place)
{
	if (place->left <= link->place || place->left < link->last_left || place->left == RECORD_LEFT_AT_END)
		lying_meter("a place that was passed before");
	link->place = place->left;
}

/* The place of a file in the order of reading. */
static uint32
position_of(const Gather *gather, uint32 file)
{
	return gather->positions == NULL ? file : gather->positions[file];
}

static void
keep_damage(Gather *gather, const FailureMessage *damage)
{
	MemoryContext before;
	FailureMessage *copy;

	if (bms_is_member(damage->file, gather->damaged))
		return;
	before = MemoryContextSwitchTo(gather->context);
	gather->damaged = bms_add_member(gather->damaged, damage->file);
	if (list_length(gather->damages) < DAMAGES_TOLD)
	{
		copy = palloc(sizeof(*copy));
		*copy = *damage;
		gather->damages = lappend(gather->damages, copy);
	}
	MemoryContextSwitchTo(before);
}

/* Meters report the damage of files in the order of reading, each once; several may report that of the same file. */
static void
take_damage(Gather *gather, Link *link, const FailureMessage *damage)
{
	if (damage->file >= gather->job->request.files || position_of(gather, damage->file) < link->damage_next)
		lying_meter("damage out of place");
	link->damage_next = position_of(gather, damage->file) + 1;
	if (!gather->job->request.separate_files)
		keep_damage(gather, damage);
	else if (!link->has_file || link->position != position_of(gather, damage->file))
		lying_meter("damage out of place");
	else
	{
		/* Until it is the file's turn. */
		link->damage = *damage;
		link->is_damaged = true;
	}
}

/* All meters look for the order themselves, and find the same. */
static void
take_order(Gather *gather, Link *link, const uint8 *body, uint32 length)
{
	uint32		files = gather->job->request.files;
	Size		bytes = files * sizeof(uint32);

	if (gather->job->request.source_order != SOURCE_ORDER_TIME || length != bytes || link->told_order ||
		(gather->order != NULL && memcmp(gather->order, body, bytes) != 0))
		lying_meter("an order of its own");
	link->told_order = true;
	if (gather->order != NULL)
		return;
	gather->positions = MemoryContextAlloc(gather->context, bytes);
	memset(gather->positions, 0xff, bytes);
	gather->order = MemoryContextAlloc(gather->context, bytes);
	memcpy(gather->order, body, bytes);
	for (uint32 i = 0; i < files; i++)
	{
		if (gather->order[i] >= files || gather->positions[gather->order[i]] != PG_UINT32_MAX)
			lying_meter("an order that is none");
		gather->positions[gather->order[i]] = i;
	}
}

/* The meter begins a file, which its owner gave it; or there is none left for it. */
static void
take_file(Gather *gather, Link *link, uint32 position)
{
	if (link->has_file || !gather->job->request.separate_files)
		lying_meter("a file before the end of another");
	link->has_file = position < gather->job->request.files;
	link->position = position;
	link->file_ended = link->is_damaged = false;
	link->last_left = link->last_first = link->place = 0;
}

static void
take_file_end(Link *link, uint64 packets)
{
	if (!link->has_file || link->file_ended)
		lying_meter("the end of no file");
	link->file_ended = true;
	link->file_packets = packets;
	link->packets += packets;
}

/* So they do of overlaps, each once. */
static void
take_overlap(Gather *gather, Link *link, const OverlapMessage *overlap)
{
	if (link->told_overlap || overlap->file >= gather->job->request.files || overlap->begins >= overlap->reached)
		lying_meter("an overlap that is none");
	link->told_overlap = true;
	gather->overlap = *overlap;
	gather->has_overlap = true;
}

static void
take_end(Link *link, const Account *account, bool apart)
{
	link->account = *account;
	link->ended = true;
	if (!account_adds_up(account) || account->counters[COUNTER_FLOWS] != link->records || link->has_file ||
		(apart && account->counters[COUNTER_PACKETS_READ] != link->packets))
		lying_meter("an account that does not add up");

	/* Others may go on for long, and a cursor be left idle. */
	route_close(&link->route);
	slot_release(&link->route.slot);
}

static void
take_hello(const HelloMessage *hello)
{
	if (hello->version != REQUEST_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("the meter's program is of another version than the server's library"),
				 errhint("\"make install\" puts both in place.")));
}

/* Bodies have their type's length; they are copied because they need not be aligned. */
static void
take_message(Gather *gather, Link *link, const MeterMessage *message)
{
	union
	{
		HelloMessage hello;
		PlaceMessage place;
		FailureMessage failure;
		OverlapMessage overlap;
		Account		account;
		uint32		position;
		uint64		packets;
	}			body;

	if (message->type == MESSAGE_FLOWS)
	{
		link->cursor = message->body;
		link->end = message->body + message->length;
		read_record(gather, link);
		return;
	}
	memcpy(&body, message->body, Min(message->length, sizeof(body)));
	switch (message->type)
	{
		case MESSAGE_HELLO:
			take_hello(&body.hello);
			break;
		case MESSAGE_PLACE:
			take_place(link, &body.place);
			break;
		case MESSAGE_DAMAGE:
			take_damage(gather, link, &body.failure);
			break;
		case MESSAGE_OVERLAP:
			take_overlap(gather, link, &body.overlap);
			break;
		case MESSAGE_ORDER:
			take_order(gather, link, message->body, message->length);
			break;
		case MESSAGE_TAKE_FILE:
			take_file(gather, link, body.position);
			break;
		case MESSAGE_FILE_END:
			take_file_end(link, body.packets);
			break;
		case MESSAGE_FAILURE:
			failure_raise(&body.failure, gather->job);
		case MESSAGE_END:
			take_end(link, &body.account, gather->job->request.separate_files);
			break;
		default:
			lying_meter("a message that belongs to another conversation");
	}
}

/* Takes messages from a link until it has a record, or a file's end, or nothing more has come. */
static void
poll_link(Gather *gather, Link *link)
{
	MeterMessage message;

	while (!link->has_record && !link->file_ended && !link->ended && route_receive(&link->route, &message))
	{
		take_message(gather, link, &message);
		CHECK_FOR_INTERRUPTS();
	}
}

/* --------------------------------------------------------------------------------------------------------------- the order */

static bool
is_before(const FlowRecord *a, const FlowRecord *b)
{
	return a->left < b->left || (a->left == b->left && a->first < b->first);
}

/*
 * The link whose record is the scan's next flow.  NULL if that is not known yet: some link may still deliver an earlier one;
 * or if there is none, and all links have ended.
 */
static Link *
first_link(Gather *gather, bool *all_ended)
{
	Link	   *first = NULL;
	uint64		place = RECORD_LEFT_AT_END;	/* up to here all links have delivered */

	*all_ended = true;
	for (uint32 i = 0; i < gather->count; i++)
	{
		Link	   *link = &gather->links[i];

		poll_link(gather, link);
		if (link->has_record)
		{
			*all_ended = false;
			if (first == NULL || is_before(&link->record, &first->record))
				first = link;
		}
		else if (!link->ended)
		{
			*all_ended = false;
			place = Min(place, link->place);
		}
	}
	if (first == NULL || (first->record.left > place))
		return NULL;
	return first;
}

/* The file whose turn it was is over, and the next one's turn comes; false if its damage ends the scan. */
static bool
leave_file(Gather *gather, Link *link)
{
	link->has_file = link->file_ended = false;
	gather->position++;
	gather->packets_before += link->file_packets;
	if (!link->is_damaged)
		return true;
	keep_damage(gather, &link->damage);
	return !gather->job->request.stop_at_damage;
}

/* Where files are metered apart: the same as first_link(). */
static Link *
link_in_turn(Gather *gather, bool *all_ended)
{
	for (;;)
	{
		Link	   *in_turn = NULL;

		*all_ended = true;
		for (uint32 i = 0; i < gather->count; i++)
		{
			Link	   *link = &gather->links[i];

			poll_link(gather, link);
			if (!link->ended)
				*all_ended = false;
			if (link->has_file && link->position == gather->position)
				in_turn = link;
		}
		if (in_turn == NULL || (!in_turn->has_record && !in_turn->file_ended))
			return NULL;
		if (in_turn->has_record)
			return in_turn;
		if (!leave_file(gather, in_turn))
		{
			*all_ended = true;
			return NULL;
		}
		CHECK_FOR_INTERRUPTS();
	}
}

static void
finish(Gather *gather)
{
	ListCell   *cell;
	int			untold = bms_num_members(gather->damaged) - list_length(gather->damages);

	gather->finished = true;
	foreach(cell, gather->damages)
		failure_report_damage(gather->job->request.stop_at_damage ? ERROR : WARNING, lfirst(cell), gather->job);
	if (untold > 0)
		ereport(WARNING,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg_plural("could not read %d more capture to its end", "could not read %d more captures to their ends",
							   untold, untold)));
}

const FlowRecord *
gather_next(Gather *gather)
{
	if (gather->current != NULL)
		read_record(gather, gather->current);
	gather->current = NULL;
	while (!gather->finished)
	{
		bool		all_ended;

		CHECK_FOR_INTERRUPTS();
		gather->current = gather->job->request.separate_files ?
			link_in_turn(gather, &all_ended) : first_link(gather, &all_ended);
		if (gather->current != NULL)
		{
			record_go_on(&gather->current->record, gather->packets_before);
			return &gather->current->record;
		}
		if (all_ended)
			finish(gather);
		else
			route_wait(&gather->links[0].route);
	}
	return NULL;
}

bool
gather_account(const Gather *gather, Account *account)
{
	memset(account, 0, sizeof(*account));
	for (uint32 i = 0; i < gather->count; i++)
	{
		if (gather->job->request.separate_files)
			account_add_apart(account, &gather->links[i].account);
		else
			account_add(account, &gather->links[i].account);
	}
	return gather->finished;
}

const uint32 *
gather_order(const Gather *gather)
{
	return gather->order;
}

const OverlapMessage *
gather_overlap(const Gather *gather)
{
	return gather->finished && gather->has_overlap ? &gather->overlap : NULL;
}

uint64
gather_flows(const Gather *gather, uint32 meter)
{
	return gather->links[meter].account.counters[COUNTER_FLOWS];
}

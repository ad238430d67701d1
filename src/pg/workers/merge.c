/*
 * merge.c
 *	  The meters of one scan, and their flows in the one order.
 *
 * Each meter is at the end of a link: a worker's queue, or the channel where the leader owns it.  A link delivers batches
 * of records, and says what is known of those to come; wire/order.h decides which record is the scan's next.  Links that
 * are ahead are not read from, and their meters wait when the queues are full.
 *
 * Cleaning up is left to the scan's memory context, which goes in every case: at its end, with the portal, at an abort.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "pg/base/client.h"
#include "pg/base/clock.h"
#include "pg/workers/board.h"
#include "pg/workers/damages.h"
#include "pg/workers/failure.h"
#include "pg/workers/file_times.h"
#include "pg/workers/last_place.h"
#include "pg/workers/merge.h"
#include "pg/workers/reading_order.h"
#include "pg/workers/route.h"
#include "wire/limits.h"

typedef struct Link
{
	Route route;

	/* The batch at hand: records that were not read yet. */
	const uint8 *cursor;
	const uint8 *end;

	OrderStream *stream;	  /* what is known of its records */
	Record		 record;	  /* the next one, if the stream has it */
	uint64		 records;	  /* so far */
	uint64		 marks;		  /* so far, of flows that were set aside */
	uint64		 given_up;	  /* of these, as no more were wanted */
	uint32		 damage_next; /* in the order of reading: no file before this one may still be reported as damaged */
	bool		 told_overlap;
	bool		 told_order;

	/* Where files are metered apart. */
	bool		   is_damaged; /* the file at hand is */
	FailureMessage damage;
	uint64		   file_packets; /* once it ended */
	uint64		   packets;		 /* of all its files that ended */

	PlaceMessage place; /* how far it is, as it told last */
	bool		 is_on_board;
	Account		 account; /* once it ended */
} Link;

struct Merge
{
	const ScanJob		 *job;
	RecordForm			  form; /* of its records */
	MemoryContext		  context;
	MemoryContextCallback callback;
	dsm_segment			 *segment; /* with the job, for workers; NULL without any */
	uint32				  count;
	Link				 *links;
	RecordOrder			  records;
	Link				 *current; /* whose record was returned last */
	bool				  finished;
	Damages				  damages;
	ReadingOrder		  order;

	/* Where files are metered apart. */
	uint64 packets_before; /* in the files before the one whose turn it is */

	bool		   has_overlap;
	OverlapMessage overlap; /* if it has */

	/* Of a live source. */
	uint64			  client_seen;
	FailureMessage	 *gone;				/* how its interface has gone; NULL: it has not */
	bool			  gives_up;			/* no more of its flows are wanted */
	uint64			  packets_given_up; /* of those that were sent all the same */
	int				  packets;			/* the index of the column with a flow's packets, which its request has; -1: rows are packets */
	bool			  told_long_frames;
	bool			  tells;	  /* of damage, which all shards find */
	Printed			 *printed;	  /* by its plugins; the caller's */
	FileTimesMessage *file_times; /* the same */
};

/* ----------------------------------------------------------------------------------------------------------------- the end */

static void
leave_board(Link *link)
{
	if (link->is_on_board)
		board_leave(&link->route.slot);
	link->is_on_board = false;
}

static void
release(Merge *merge)
{
	for (uint32 i = 0; i < merge->count; i++)
	{
		leave_board(&merge->links[i]);
		route_close(&merge->links[i].route);
	}
	if (merge->segment != NULL)
		dsm_detach(merge->segment);
	merge->segment = NULL;
}

/* The memory context goes.  The slots are given back by their resource owner. */
static void
release_with_context(void *argument)
{
	release((Merge *) argument);
}

void
merge_end(Merge *merge)
{
	release(merge);
	for (uint32 i = 0; i < merge->count; i++)
		route_end(&merge->links[i].route);
	merge->count = 0;
	MemoryContextDelete(merge->context);
}

/* --------------------------------------------------------------------------------------------------------------- the start */

/* As many workers as can be had, up to `wanted`. */
static void
launch_workers(Merge *merge, const MergeStart *how)
{
	while (merge->count < how->workers &&
		   route_to_worker(&merge->links[merge->count].route, merge->job, how->wakeup, &merge->segment))
		merge->count++;

	/* Only now is it known how many shards there are. */
	for (uint32 i = 0; i < merge->count; i++)
	{
		/* Each meter has all flows of its files. */
		if (merge->job->request.separate_files)
			route_start_worker(&merge->links[i].route, 0, 1);
		else
			route_start_worker(&merge->links[i].route, i, merge->count);
	}
}

/* The only meter, where there is no worker for any, or none is wanted; there may be no slot for it. */
static void
start_own_meter(Merge *merge, const MergeStart *how)
{
	release(merge);
	merge->count = route_to_own_meter(&merge->links[0].route, merge->job, how->shard, Max(how->shards, 1), how->wakeup, how->or_none);
}

static void
enter_board(Merge *merge)
{
	for (uint32 i = 0; i < merge->count; i++)
	{
		board_enter(&merge->links[i].route.slot, merge->job, i);
		merge->links[i].is_on_board = true;
	}
}

Merge *
merge_start(const ScanJob *job, const MergeStart *how, Printed *printed)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "nfstream scan", ALLOCSET_DEFAULT_SIZES);
	MemoryContext before = MemoryContextSwitchTo(context);
	Merge		 *merge = palloc0(sizeof(*merge));
	uint32		  meters = Max(how->workers, 1);

	merge->job = job;
	merge->printed = printed;
	merge->file_times = how->file_times;
	merge->tells = how->shard == 0 || job->request.stop_at_damage;
	record_form(&merge->form, schema_by_id(job->request.schema), &job->request.columns, job->request.splt_analysis);
	merge->form.has_marks = job->request.counts_aside;
	merge->packets = schema_column(schema_by_id(job->request.schema), "bidirectional_packets");
	merge->context = context;
	merge->damages.context = merge->order.context = context;
	merge->links = palloc0(meters * sizeof(Link));
	merge->records.rule = request_order_rule(&job->request);
	merge->records.streams = palloc0(meters * sizeof(OrderStream));
	for (uint32 i = 0; i < meters; i++)
		merge->links[i].stream = &merge->records.streams[i];
	merge->callback.func = release_with_context;
	merge->callback.arg = merge;
	MemoryContextRegisterResetCallback(context, &merge->callback);

	launch_workers(merge, how);
	if (merge->count == 0)
		start_own_meter(merge, how);
	MemoryContextSwitchTo(before);
	if (merge->count == 0)
	{
		MemoryContextDelete(context);
		return NULL;
	}
	merge->records.count = merge->count;
	enter_board(merge);
	return merge;
}

uint32
merge_meters(const Merge *merge)
{
	return merge->count;
}

/* ------------------------------------------------------------------------------------------------------------ the messages */

static _Noreturn void
lying_meter(const char *what)
{
	failure_raise_fault(FAULT_CONTENT, what, NULL);
}

/* Errors if something has come that cannot have. */
static void
check(const char *wrong)
{
	if (wrong != NULL)
		lying_meter(wrong);
}

/* Takes the next record off the link's batch, if there is one. */
static void
read_record(Merge *merge, Link *link)
{
	Record *record = &link->record;

	if (link->cursor == link->end)
		return;
	check(record_read(&merge->form, &link->cursor, link->end, record));
	check(order_record(merge->records.rule, link->stream, record->left, record->first));
	if (record->is_mark)
		link->marks++;
	else
		link->records++;
}

/* Meters report the damage of files in the order of reading, each once; several may report that of the same file. */
static void
take_damage(Merge *merge, Link *link, const FailureMessage *damage)
{
	if (damage->file >= merge->job->request.files || reading_turn(&merge->order, damage->file) < link->damage_next)
		lying_meter("damage out of place");
	link->damage_next = reading_turn(&merge->order, damage->file) + 1;
	if (!merge->job->request.separate_files)
		damages_keep(&merge->damages, damage);
	else if (!link->stream->has_file || link->stream->turn != reading_turn(&merge->order, damage->file))
		lying_meter("damage out of place");
	else
	{
		/* Until it is the file's turn. */
		link->damage = *damage;
		link->is_damaged = true;
	}
}

static void
take_order(Merge *merge, Link *link, const uint8 *body, uint32 length)
{
	if (merge->job->request.source_order != SOURCE_ORDER_TIME || link->told_order)
		lying_meter("an order of its own");
	link->told_order = true;
	check(reading_order_take(&merge->order, body, length, merge->job->request.files));
}

/* The meter begins a file, which its owner gave it; or there is none left for it. */
static void
take_file(Merge *merge, Link *link, uint32 turn)
{
	check(order_file(merge->records.rule, link->stream, turn, merge->job->request.files));
	link->is_damaged = false;
}

static void
take_file_end(Link *link, uint64 packets)
{
	check(order_file_end(link->stream));
	link->file_packets = packets;
	link->packets += packets;
}

static void
take_place(Merge *merge, Link *link, const PlaceMessage *place)
{
	check(place->file < Max(merge->job->request.files, 1) ? order_place(merge->records.rule, link->stream, place->left) : "a place in no file");
	link->place = *place;
	board_update(&link->route.slot, merge->job, place, link->records);
	failure_report_long_frames(merge->job, place->longer_than_mtu, &merge->told_long_frames);
}

/* All meters report the same overlap, each once. */
static void
take_overlap(Merge *merge, Link *link, const OverlapMessage *overlap)
{
	if (link->told_overlap || overlap->file >= merge->job->request.files || overlap->begins >= overlap->reached)
		lying_meter("an overlap that is none");
	link->told_overlap = true;
	merge->overlap = *overlap;
	merge->has_overlap = true;
}

static void
take_end(Merge *merge, Link *link, const Account *account)
{
	bool apart = merge->job->request.separate_files,
		 counts_aside = merge->job->request.counts_aside;
	const uint64 *counters = account->counters;

	link->account = *account;
	check(order_end(link->stream));
	if (!account_adds_up(account) || counters[request_record_counter(&merge->job->request)] != link->records ||
		(counts_aside && counters[COUNTER_FLOWS_SET_ASIDE] != link->marks) || (apart && counters[COUNTER_PACKETS_READ] != link->packets))
		lying_meter("an account that does not add up");

	last_place(&link->place, account);
	failure_report_long_frames(merge->job, account->counters[COUNTER_LONGER_THAN_MTU], &merge->told_long_frames);

	/* Others may go on for long, and a cursor may be left idle. */
	leave_board(link);
	route_close(&link->route);
	slot_release(&link->route.slot);
}

/*
 * The failure of a meter, which is the scan's.  But each meter of an interface finds out by itself that this has gone, and sends the flows
 * that it has before it says so: the last of them to do so is waited for.
 */
static void
take_failure(Merge *merge, Link *link, const FailureMessage *failure)
{
	bool has_gone = failure->code == FAILURE_INTERFACE_DOWN || failure->code == FAILURE_INTERFACE_GONE;
	bool has_captured = link->stream->place > 0;

	if (!request_is_live(&merge->job->request) || !has_gone || !has_captured)
		failure_raise(failure, merge->job);
	check(order_end(link->stream));
	if (merge->gone == NULL)
	{
		merge->gone = MemoryContextAlloc(merge->context, sizeof(*failure));
		*merge->gone = *failure;
	}
	route_close(&link->route);
	slot_release(&link->route.slot);
}

/* Bodies have their type's length; they are copied because they need not be aligned. */
static void
take_message(Merge *merge, Link *link, const MeterMessage *message)
{
	union
	{
		HelloMessage	 hello;
		PlaceMessage	 place;
		FailureMessage	 failure;
		OverlapMessage	 overlap;
		FileTimesMessage times;
		Account			 account;
		uint32			 turn;
		uint64			 packets;
	} body;

	if (message->type == MESSAGE_RECORDS)
	{
		link->cursor = message->body;
		link->end = message->body + message->length;
		read_record(merge, link);
		return;
	}
	memcpy(&body, message->body, Min(message->length, sizeof(body)));
	switch (message->type)
	{
		case MESSAGE_HELLO:
			if (body.hello.version != REQUEST_VERSION)
				failure_raise_fault(FAULT_OTHER_VERSION, NULL, NULL);
			break;
		case MESSAGE_PLACE:
			take_place(merge, link, &body.place);
			break;
		case MESSAGE_DAMAGE:
			take_damage(merge, link, &body.failure);
			break;
		case MESSAGE_OVERLAP:
			take_overlap(merge, link, &body.overlap);
			break;
		case MESSAGE_FILE_TIMES:
			check(file_times_take(merge->file_times, merge->job->request.files, &body.times));
			break;
		case MESSAGE_PRINTED:
			printed_take(merge->printed, message->body, message->length);
			break;
		case MESSAGE_ORDER:
			take_order(merge, link, message->body, message->length);
			break;
		case MESSAGE_TAKE_FILE:
			take_file(merge, link, body.turn);
			break;
		case MESSAGE_FILE_END:
			take_file_end(link, body.packets);
			break;
		case MESSAGE_FAILURE:
			take_failure(merge, link, &body.failure);
			break;
		case MESSAGE_END:
			take_end(merge, link, &body.account);
			break;
		default:
			lying_meter("a message that belongs to another conversation");
	}
}

/* Takes messages from a link until it has a record, or a file's end, or nothing more has come; false if nothing has come. */
static bool
poll_link(Merge *merge, Link *link)
{
	MeterMessage message;
	bool		 has_come = false;

	while (!link->stream->has_record && !link->stream->file_ended && !link->stream->ended &&
		   route_receive(&link->route, &message))
	{
		has_come = true;
		take_message(merge, link, &message);
		CHECK_FOR_INTERRUPTS();
	}
	return has_come;
}

static bool
poll_links(Merge *merge)
{
	bool has_come = false;

	for (uint32 i = 0; i < merge->count; i++)
		has_come |= poll_link(merge, &merge->links[i]);
	return has_come;
}

/* --------------------------------------------------------------------------------------------------------------- the order */

/* The file whose turn it was is over, and the next one's turn comes; false if its damage ends the scan. */
static bool
leave_file(Merge *merge, Link *link)
{
	merge->packets_before += link->file_packets;
	if (!link->is_damaged)
		return true;
	damages_keep(&merge->damages, &link->damage);
	return !merge->job->request.stop_at_damage;
}

static void
finish(Merge *merge)
{
	merge->finished = true;
	if (merge->gone != NULL && !merge->gives_up)
		failure_raise(merge->gone, merge->job);
	if (merge->tells)
		damages_report(&merge->damages, merge->job);
}

void
merge_end_source(Merge *merge, bool expire)
{
	merge->gives_up = !expire;
	for (uint32 i = 0; i < merge->count; i++)
		if (!merge->links[i].stream->ended)
			route_end_source(&merge->links[i].route, expire);
}

/* A row that its meter sent before it knew that no more are wanted. */
static void
give_up(Merge *merge, Link *link)
{
	if (link->record.is_mark)
		return;
	link->given_up++;
	merge->packets_given_up += merge->packets < 0 ? 1 : link->record.values[merge->packets].u;
}

/* Rows that the client was given stand in a buffer, which may not be full for hours: of a live source they go out first. */
static void
wait_for_records(Merge *merge, uint64 until)
{
	if (request_is_live(&merge->job->request))
		client_flush();
	route_wait(&merge->links[0].route, until);
}

const Record *
merge_next(Merge *merge, uint64 until)
{
	if (merge->current != NULL)
		read_record(merge, merge->current);
	merge->current = NULL;
	while (!merge->finished)
	{
		uint32 next;

		CHECK_FOR_INTERRUPTS();
		if (request_is_live(&merge->job->request))
			client_check(&merge->client_seen);
		(void) poll_links(merge);
		switch (order_next(&merge->records, &next))
		{
			case ORDER_RECORD:
				Assert(next < merge->count);
				merge->current = &merge->links[next];
				if (!merge->gives_up)
				{
					record_go_on(&merge->form, &merge->current->record, merge->packets_before);
					return &merge->current->record;
				}
				give_up(merge, merge->current);
				read_record(merge, merge->current);
				break;
			case ORDER_FILE_END:
				if (!leave_file(merge, &merge->links[next]))
					finish(merge);
				break;
			case ORDER_END:
				finish(merge);
				break;
			case ORDER_WAIT:
				if (until != CLOCK_NEVER && clock_ms() >= until)
					return NULL;
				wait_for_records(merge, until);
				break;
		}
	}
	return NULL;
}

long
merge_watch(Merge *merge)
{
	long longest = -1;

	if (request_is_live(&merge->job->request))
		client_flush();
	/* A meter that was not read from for long is no meter that hangs. */
	if (poll_links(merge))
		return 0;
	for (uint32 i = 0; i < merge->count; i++)
		longest = clock_shorter(longest, route_watch(&merge->links[i].route));
	return poll_links(merge) ? 0 : longest;
}

bool
merge_is_finished(const Merge *merge)
{
	return merge->finished;
}

const PlaceMessage *
merge_place(const Merge *merge, uint32 meter)
{
	return &merge->links[meter].place;
}

bool
merge_account(const Merge *merge, Account *account)
{
	memset(account, 0, sizeof(*account));
	for (uint32 i = 0; i < merge->count; i++)
	{
		account_add(account, &merge->links[i].account, request_account_rule(&merge->job->request));
		if (merge->packets < 0)
			continue;
		account->counters[COUNTER_FLOWS] -= merge->links[i].given_up;
		account->counters[COUNTER_FLOWS_GIVEN_UP] += merge->links[i].given_up;
	}
	account->counters[COUNTER_PACKETS_GIVEN_UP] += merge->packets_given_up;
	return merge->finished;
}

const uint32 *
merge_order(const Merge *merge)
{
	return merge->order.order;
}

const OverlapMessage *
merge_overlap(const Merge *merge)
{
	return merge->finished && merge->has_overlap ? &merge->overlap : NULL;
}

uint64
merge_flows(const Merge *merge, uint32 meter)
{
	return merge->links[meter].account.counters[request_record_counter(&merge->job->request)] - merge->links[meter].given_up;
}

/*
 * merge_link.c
 *	  One of a scan's meters, at the end of its link: its messages, and whether it may send them there.
 *
 * What a meter tells is not believed.  Messages come in an order, and what they say fits together: records keep to the order of places,
 * damage comes file by file, and at the end the account must add up to what was sent.  A meter that breaks this is no meter of ours, and
 * its scan ends with an error.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "pg/workers/board.h"
#include "pg/workers/failure.h"
#include "pg/workers/file_times.h"
#include "pg/workers/last_place.h"
#include "pg/workers/merge_link.h"

void
link_leave_board(Link *link)
{
	if (link->is_on_board)
		board_leave(&link->route.slot);
	link->is_on_board = false;
}

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

void
link_read_record(Merge *merge, Link *link)
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
	link_leave_board(link);
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
		link_read_record(merge, link);
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

bool
link_poll(Merge *merge, Link *link)
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

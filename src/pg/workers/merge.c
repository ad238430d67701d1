/*
 * merge.c
 *	  The meters of one scan, and their flows in the one order.
 *
 * Each meter is at the end of a link: a worker's queue, or the channel where the leader owns it.  A link delivers batches
 * of records, and says what is known of those to come (merge_link.c); wire/order.h decides which record is the scan's next.  Links that
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
#include "pg/workers/failure.h"
#include "pg/workers/merge_link.h"

/* ----------------------------------------------------------------------------------------------------------------- the end */

static void
release(Merge *merge)
{
	for (uint32 i = 0; i < merge->count; i++)
	{
		link_leave_board(&merge->links[i]);
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

/* --------------------------------------------------------------------------------------------------------------- the order */

static void
poll_links(Merge *merge)
{
	for (uint32 i = 0; i < merge->count; i++)
		merge->has_news |= link_poll(merge, &merge->links[i]);
}

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
	link->packets_given_up += merge->packets < 0 ? 1 : link->record.values[merge->packets].u;
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
		link_read_record(merge, merge->current);
	merge->current = NULL;
	while (!merge->finished)
	{
		uint32 next;

		CHECK_FOR_INTERRUPTS();
		if (request_is_live(&merge->job->request))
			client_check(&merge->client_seen);
		poll_links(merge);
		merge->has_news = false;
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
				link_read_record(merge, merge->current);
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

/*
 * What has come stays news until merge_next() is called, however often it is watched before: the Append takes 16 events at a time, and
 * those of other scans may be taken first.
 */
long
merge_watch(Merge *merge)
{
	long longest = -1;

	if (request_is_live(&merge->job->request))
		client_flush();
	/* A meter that was not read from for long is no meter that hangs. */
	poll_links(merge);
	if (merge->has_news)
		return 0;
	for (uint32 i = 0; i < merge->count; i++)
		longest = clock_shorter(longest, route_watch(&merge->links[i].route));
	poll_links(merge);
	return merge->has_news ? 0 : longest;
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
		Account own = merge_account_of(merge, i);

		account_add(account, &own, request_account_rule(&merge->job->request));
	}
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

Account
merge_account_of(const Merge *merge, uint32 meter)
{
	const Link *link = &merge->links[meter];
	Account		account = link->account;

	if (merge->packets >= 0)
	{
		account.counters[COUNTER_FLOWS] -= link->given_up;
		account.counters[COUNTER_FLOWS_GIVEN_UP] += link->given_up;
	}
	account.counters[COUNTER_PACKETS_GIVEN_UP] += link->packets_given_up;
	return account;
}

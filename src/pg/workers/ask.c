/*
 * ask.c
 *	  Asking a meter of this session's own: for what it knows without a capture, or for what files are.
 */
#include "postgres.h"

#include "pg/base/settings.h"
#include "pg/workers/ask.h"
#include "pg/workers/failure.h"
#include "pg/workers/slots.h"

/* ms that a meter may stand still; most answers take a few. */
#define ANSWER_TIMEOUT 60000

/* The most messages of an answer: nDPI's numbers have 16 bits. */
#define ANSWER_MESSAGES 65536

/* What is asked without a capture, of whose answer there are so many messages so far. */
typedef struct Answer
{
	AskTaker take;
	void	*context;
	uint32	 messages;
} Answer;

void
ask_refuse(const MeterMessage *message)
{
	failure_raise_fault(FAULT_MESSAGE_OUT_OF_TURN, psprintf("%u", message->type), NULL);
}

/* Hands on the messages of one answer. */
static void
take_messages(OwnedMeter *meter, const ScanJob *job, AskTaker take, void *context)
{
	for (;;)
	{
		MeterMessage   message;
		FailureMessage failure;

		while (!owner_receive(meter, &message))
			owner_wait(meter, -1);
		if (message.type == MESSAGE_FAILURE)
		{
			memcpy(&failure, message.body, sizeof(failure));
			failure_raise(&failure, job);
		}
		if (message.type == MESSAGE_END || !take(&message, context))
			return;
	}
}

void
ask_job(ScanJob *job, AskTaker take, void *context)
{
	OwnedMeter *meter;
	Slot		slot;

	job->orders.meter_timeout = ANSWER_TIMEOUT;
	strlcpy(job->orders.program, setting_meter_program, MAXPGPATH);
	(void) slot_take_for_leader(&slot, false);
	meter = owner_start(job, 0, 1);
	PG_TRY();
	{
		take_messages(meter, job, take, context);
	}
	PG_FINALLY();
	{
		owner_stop(meter);
	}
	PG_END_TRY();
	slot_release(&slot);
}

static bool
take_answer(const MeterMessage *message, void *context)
{
	Answer *answer = context;

	switch (message->type)
	{
		case MESSAGE_HELLO:
		case MESSAGE_APPLICATION:
		case MESSAGE_DESCRIPTION:
			if (answer->messages++ > ANSWER_MESSAGES)
				failure_raise_fault(FAULT_ANSWER_ENDLESS, NULL, NULL);
			return answer->take(message, answer->context);
		default:
			ask_refuse(message);
	}
}

void
ask_meter(const MeterRequest *request, const Asked *asked, AskTaker take, void *context)
{
	ScanJob job = {.request = *request, .orders = {.which = asked->which}, .plugins = asked->plugins};
	Answer	answer = {.take = take, .context = context};

	ask_job(&job, take_answer, &answer);
}

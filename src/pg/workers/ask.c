/*
 * ask.c
 *	  Asking a meter for what it knows without a capture: versions, applications.
 */
#include "postgres.h"

#include "pg/base/settings.h"
#include "pg/workers/ask.h"
#include "pg/workers/failure.h"
#include "pg/workers/slots.h"

/* An answer takes a few ms; after this time, in ms, none will come. */
#define ANSWER_TIMEOUT 60000

/* The most messages of an answer: nDPI's numbers have 16 bits. */
#define ANSWER_MESSAGES 65536

/* Hands on the messages of one answer. */
static void
take_answer(OwnedMeter *meter, const ScanJob *job, AskTaker take, void *context)
{
	for (uint32 messages = 0;; messages++)
	{
		MeterMessage   message;
		FailureMessage failure;

		while (!owner_receive(meter, &message))
			owner_wait(meter, -1);
		switch (message.type)
		{
			case MESSAGE_HELLO:
			case MESSAGE_APPLICATION:
			case MESSAGE_DESCRIPTION:
				if (messages > ANSWER_MESSAGES)
					failure_raise_fault(FAULT_ANSWER_ENDLESS, NULL, NULL);
				if (!take(&message, context))
					return;
				break;
			case MESSAGE_END:
				return;
			case MESSAGE_FAILURE:
				memcpy(&failure, message.body, sizeof(failure));
				failure_raise(&failure, job);
			default:
				failure_raise_fault(FAULT_MESSAGE_OUT_OF_TURN, psprintf("%u", message.type), NULL);
		}
	}
}

void
ask_meter(const MeterRequest *request, const Asked *asked, AskTaker take, void *context)
{
	ScanJob job = {
		.request = *request,
		.orders = {.meter_timeout = ANSWER_TIMEOUT, .which = asked->which},
		.plugins = asked->plugins,
	};
	OwnedMeter *meter;
	Slot		slot;

	strlcpy(job.orders.program, setting_meter_program, MAXPGPATH);
	(void) slot_take_for_leader(&slot, false);
	meter = owner_start(&job, 0, 1);
	PG_TRY();
	{
		take_answer(meter, &job, take, context);
	}
	PG_FINALLY();
	{
		owner_stop(meter);
	}
	PG_END_TRY();
	slot_release(&slot);
}

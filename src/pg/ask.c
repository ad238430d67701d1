/*
 * ask.c
 *	  Asking a meter for what it knows without a capture: versions, applications.
 */
#include "postgres.h"

#include "pg/ask.h"
#include "pg/failure.h"
#include "pg/settings.h"

/* An answer takes some ms; after so many there will be none. */
#define ANSWER_TIMEOUT	60000

void
ask_meter(const MeterRequest *request, AskTaker take, void *context)
{
	ScanJob		job = {.request = *request, .orders.meter_timeout = ANSWER_TIMEOUT};
	OwnedMeter *meter;

	job.request.needs_filter = setting_require_seccomp;
	strlcpy(job.orders.program, setting_meter_program, MAXPGPATH);
	meter = owner_start(&job, 0, 1);
	PG_TRY();
	{
		bool		more = true;

		while (more)
		{
			MeterMessage message;

			while (!owner_receive(meter, &message))
				owner_wait(meter);
			if (message.type == MESSAGE_FAILURE)
			{
				FailureMessage failure;

				memcpy(&failure, message.body, sizeof(failure));
				failure_raise(&failure, &job);
			}
			more = message.type != MESSAGE_END && take(&message, context);
		}
	}
	PG_FINALLY();
	{
		owner_stop(meter);
	}
	PG_END_TRY();
}

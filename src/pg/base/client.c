/*
 * client.c
 *	  The client of this session.
 *
 * libpq/libpq.h declares a connection with the types of the libraries for its encryption, whose headers need not be here.
 */
#include "postgres.h"

#undef ENABLE_GSS
#undef USE_OPENSSL
#include "libpq/libpq.h"

#include "miscadmin.h"
#include "tcop/dest.h"
#include "tcop/tcopprot.h"

#include "pg/base/client.h"
#include "pg/base/clock.h"

/* Between two looks whether the client is there, ms. */
#define LOOK_INTERVAL 1000

/* A background worker's statement has none. */
static bool
has_client(void)
{
	return MyProcPort != NULL && whereToSendOutput == DestRemote;
}

void
client_flush(void)
{
	if (has_client())
		pq_flush_if_writable();
}

void
client_check(uint64 *looked)
{
	uint64 now = clock_ms();

	if (!has_client() || now - *looked < LOOK_INTERVAL)
		return;
	*looked = now;
	if (pq_check_connection())
		return;
	ClientConnectionLost = true;
	InterruptPending = true;
	CHECK_FOR_INTERRUPTS();
}

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

#include "pg/base/client.h"

void
client_flush(void)
{
	pq_flush_if_writable();
}

/*
 * to_pcap.c
 *	  nfstream_to_pcap(): the packets of a query as a capture file of the server.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/functions/export.h"
#include "pg/functions/packet_query.h"
#include "pg/functions/pcap_receiver.h"

/* nfstream_to_pcap()'s arguments. */
enum
{
	ARGUMENT_QUERY,
	ARGUMENT_PATH
};

static const ServerFileKind kind = {
	.example = "/exports/flow.pcapng",
	.on_client = "nfstream_pcap() returns a capture to the client.",
	.instead = "let nfstream_pcap() return the capture to the client",
};

static void
run(void *query, DestReceiver *receiver)
{
	packet_query_run(query, receiver);
}

PG_FUNCTION_INFO_V1(nfstream_to_pcap);

/* nfstream_to_pcap(query, path) → the number of packets */
Datum
nfstream_to_pcap(PG_FUNCTION_ARGS)
{
	ServerFiles	 *files;
	DestReceiver *receiver;

	for (int i = ARGUMENT_QUERY; i <= ARGUMENT_PATH; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s cannot be NULL", i == ARGUMENT_QUERY ? "query" : "path"),
					 i == ARGUMENT_QUERY ? errdetail("Accepted: a query of packets, as \"SELECT * FROM packets\".") :
										   errdetail("Accepted: the path of a file of the server.")));
	server_files_check_rights(&kind);

	files = server_files_create(&kind, text_to_cstring(PG_GETARG_TEXT_PP(ARGUMENT_PATH)), false, false);
	receiver = pcap_receiver_create(files);
	export_rows(files, run, text_to_cstring(PG_GETARG_TEXT_PP(ARGUMENT_QUERY)), receiver, InvalidOid);
	PG_RETURN_INT64((int64) pcap_receiver_packets(receiver));
}

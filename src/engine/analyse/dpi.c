/*
 * dpi.c
 *	  nDPI: when it is called, when it gives up, and what is kept of its answer.
 *
 * METERING.md, section 11.  nDPI is given a flow's first packet, and more while the application is unknown or nDPI says
 * that there is more to find; it gives up with packet number `limit` at the latest, or at the flow's end, and then
 * guesses if nothing was found.  As soon as a flow is decided its texts are copied and nDPI's state of it, about a
 * kilobyte, is recycled: most flows are decided after few packets, and live long.
 *
 * A TCP flow's first packet, if it has no payload, waits until another comes or the flow ends, and then nDPI is told of
 * both: a flow without an answer, as in a port scan or a flood of SYNs, keeps that packet and no state of nDPI's.
 *
 * Every difference between the versions of nDPI is in this file and dpi_module.h: 4.2 to 4.11 are known.
 */
#include <ndpi_define.h>
#if NDPI_MAJOR == 4 && NDPI_MINOR < 4
#define NDPI_LIB_COMPILATION /* shows the module: forget_in_place() */
#endif
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/analyse/dns_walk.h"
#include "engine/analyse/dpi_module.h"
#include "engine/base/memory.h"

#if NDPI_AT_LEAST(4, 6)
#define PROCESS_PACKET(module, flow, ip, length, time) \
	ndpi_detection_process_packet(module, flow, ip, length, time, NULL)
#else
#define PROCESS_PACKET(module, flow, ip, length, time) \
	ndpi_detection_process_packet(module, flow, ip, length, time)
#endif

/* A packet from which this nDPI would not come back counts in its flow, but nDPI is not told of it. */
#if NDPI_AT_LEAST(4, 6)
#define IS_ENDLESS(ip, length) false
#else
#define IS_ENDLESS(ip, length) dns_walk_is_endless(ip, length)
#endif

struct Dpi
{
	struct ndpi_detection_module_struct *module;
	unsigned							 limit;
	bool								 wanted[DPI_TEXTS];
	bool								 time_dissections;
	uint64_t							 dissections;
	uint64_t							 withheld;		  /* packets that nDPI was not told of */
	uint64_t							 forgotten;		  /* of these: dpi_forget() */
	uint64_t							 dissection_time; /* ns */

	/* States that are not in use, chained through their first bytes. */
	void  *spare;
	size_t state_bytes;
};

/* ------------------------------------------------------------------------------------------- nDPI, whatever its version */

#if NDPI_AT_LEAST(4, 4)
/*
 * From 4.4 on nDPI brings a cipher of its own, which reads the processor's abilities from /proc when it is first used: a
 * program that is to give up opening files must use it before that.  The first packet of a QUIC connection does (RFC
 * 9000, section 17.2.2); this one has the header of such a packet and nothing in it, so that nDPI learns nothing from it.
 */
static void
warm_up(struct ndpi_detection_module_struct *module)
{
	static const uint8_t headers[] = {
		0x45, 0, 0x04, 0xcc, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, /* IPv4, from and to TEST-NET-1 */
		0xc0, 0x01, 0x01, 0xbb, 0x04, 0xb8, 0, 0,								   /* UDP, from 49153 to 443 */
		0xc3, 0, 0, 0, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x44, 0x9e,			   /* QUIC version 1, an Initial of 1,182 bytes */
	};
	uint8_t					 packet[1228] = {0};
	struct ndpi_flow_struct *flow = memory_get(ndpi_detection_get_sizeof_ndpi_flow_struct());

	memcpy(packet, headers, sizeof(headers));
	PROCESS_PACKET(module, flow, packet, sizeof(packet), 0);
	ndpi_free_flow_data(flow);
	free(flow);
}
#endif

/* The first memory that a module asks for when it starts is its own. */
static void	 *first_given;
static size_t first_bytes;

/* nDPI does not check whether it got memory. */
static void *
get_for_ndpi(size_t bytes)
{
	void *given = memory_resize(NULL, bytes);

	if (first_given == NULL)
	{
		first_given = given;
		first_bytes = bytes;
	}
	return given;
}

static struct ndpi_detection_module_struct *
start_module(void)
{
	struct ndpi_detection_module_struct *module;
	NDPI_PROTOCOL_BITMASK				 all;

	first_given = NULL;
	set_ndpi_malloc(get_for_ndpi);
	set_ndpi_flow_malloc(get_for_ndpi);
#if NDPI_AT_LEAST(4, 10)
	module = ndpi_init_detection_module(NULL);
#else
	module = ndpi_init_detection_module(ndpi_no_prefs);
#endif
	if (module == NULL)
		return NULL;
	NDPI_BITMASK_SET_ALL(all);
	ndpi_set_protocol_detection_bitmask2(module, &all);
	ndpi_finalize_initialization(module);
#if NDPI_AT_LEAST(4, 4)
	warm_up(module);
#endif
	return module;
}

static ndpi_protocol
give_up(Dpi *dpi, DpiFlow *flow)
{
#if NDPI_AT_LEAST(4, 10)
	return ndpi_detection_giveup(dpi->module, flow->state, &flow->guessed);
#else
	return ndpi_detection_giveup(dpi->module, flow->state, 1, &flow->guessed);
#endif
}

/*
 * The specification's numbers: 0 unknown, 1 by port, 3 partial DPI, 4 partial cache, 5 cache, 6 DPI; what it has no number
 * for keeps the later nDPI's: 2 nBPF, 7 by IP, 8 aggressive, 9 custom rule.
 */
static uint8_t
confidence(const struct ndpi_flow_struct *state)
{
#if NDPI_AT_LEAST(4, 6)
	return (uint8_t) state->confidence;
#elif NDPI_AT_LEAST(4, 4)
	return state->confidence == NDPI_CONFIDENCE_MATCH_BY_IP ? 7 : (uint8_t) state->confidence;
#else
	switch (state->confidence)
	{
		case NDPI_CONFIDENCE_MATCH_BY_PORT:
			return 1;
		case NDPI_CONFIDENCE_MATCH_BY_IP:
			return 7;
		case NDPI_CONFIDENCE_DPI_CACHE:
			return 5;
		case NDPI_CONFIDENCE_DPI:
			return 6;
		default:
			return 0;
	}
#endif
}

/* ------------------------------------------------------------------------------------------------------ states, recycled */

static struct ndpi_flow_struct *
get_state(Dpi *dpi)
{
	void *state = dpi->spare;

	if (state == NULL)
		return memory_get(dpi->state_bytes);
	memcpy(&dpi->spare, state, sizeof(void *));
	memset(state, 0, dpi->state_bytes);
	return state;
}

static void
put_state(Dpi *dpi, DpiFlow *flow)
{
	if (flow->state == NULL)
		return;
	ndpi_free_flow_data(flow->state);
	memcpy(flow->state, &dpi->spare, sizeof(void *));
	dpi->spare = flow->state;
	flow->state = NULL;
}

/* ------------------------------------------------------------------------------------------------------------- a flow's life */

static void
keep_label(DpiFlow *flow, ndpi_protocol label)
{
	flow->application = LABEL_APPLICATION(label);
	flow->master = LABEL_MASTER(label);
	flow->category = (uint16_t) label.category;
}

static void
decide(Dpi *dpi, DpiFlow *flow)
{
	if (flow->application == NDPI_PROTOCOL_UNKNOWN)
		keep_label(flow, give_up(dpi, flow));
	flow->decided = true;
	flow->confidence = confidence(flow->state);
	dpi_keep_texts(flow, dpi->wanted);
	put_state(dpi, flow);
}

static uint64_t
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t) time.tv_sec * 1000000000u + (uint64_t) time.tv_nsec;
}

/* Tells nDPI of a packet of a flow that is not decided. */
static void
dissect(Dpi *dpi, DpiFlow *flow, uint64_t packet, const uint8_t *ip, uint16_t length, uint64_t time)
{
	uint64_t start = dpi->time_dissections ? now() : 0;

	if (flow->state == NULL)
		flow->state = get_state(dpi);
	if (IS_ENDLESS(ip, length))
		dpi->withheld++;
	else
	{
		keep_label(flow, PROCESS_PACKET(dpi->module, flow->state, ip, length, time));
		dpi->dissections++;
	}
	if (packet >= dpi->limit ||
		(flow->application != NDPI_PROTOCOL_UNKNOWN && !ndpi_extra_dissection_possible(dpi->module, flow->state)))
		decide(dpi, flow);

	if (dpi->time_dissections)
		dpi->dissection_time += now() - start;
}

/* ------------------------------------------------------------------------------------------- a first packet that waits */

typedef struct DpiFirstPacket
{
	uint64_t time;
	uint16_t length;
	uint8_t	 ip[];
} DpiFirstPacket;

/* Whether a packet is TCP's headers and nothing else: IPv4 with or without options, IPv6 without extension headers. */
static bool
is_tcp_without_payload(const uint8_t *ip, uint32_t length)
{
	uint32_t tcp;

	if (length >= 20 && ip[0] >> 4 == 4 && ip[9] == IPPROTO_TCP)
		tcp = (ip[0] & 15u) * 4;
	else if (length >= 40 && ip[0] >> 4 == 6 && ip[6] == IPPROTO_TCP)
		tcp = 40;
	else
		return false;
	return length >= tcp + 20 && length == tcp + (ip[tcp + 12] >> 4) * 4u;
}

static void
keep_first(DpiFlow *flow, const uint8_t *ip, uint16_t length, uint64_t time)
{
	flow->first = memory_resize(NULL, sizeof(DpiFirstPacket) + length);
	flow->first->time = time;
	flow->first->length = length;
	memcpy(flow->first->ip, ip, length);
}

/* Tells nDPI of a first packet that waits, if one does. */
static void
dissect_first(Dpi *dpi, DpiFlow *flow)
{
	DpiFirstPacket *first = flow->first;

	if (flow->decided || first == NULL)
		return;
	flow->first = NULL;
	dissect(dpi, flow, 1, first->ip, first->length, first->time);
	free(first);
}

void
dpi_packet(Dpi *dpi, DpiFlow *flow, uint64_t packet, const uint8_t *ip, uint32_t length, uint64_t time)
{
	uint16_t told = length > UINT16_MAX ? UINT16_MAX : (uint16_t) length;

	dissect_first(dpi, flow);
	if (flow->decided)
		return;
	if (packet == 1 && dpi->limit > 1 && is_tcp_without_payload(ip, length))
		keep_first(flow, ip, told, time);
	else
		dissect(dpi, flow, packet, ip, told, time);
}

void
dpi_expire(Dpi *dpi, DpiFlow *flow)
{
	dissect_first(dpi, flow);
	if (flow->decided)
		return;
	if (flow->state == NULL) /* nDPI was told of no packet */
		flow->state = get_state(dpi);
	decide(dpi, flow);
}

void
dpi_look(Dpi *dpi, DpiFlow *flow)
{
	dissect_first(dpi, flow);
	if (!flow->decided && flow->state != NULL)
		flow->confidence = confidence(flow->state);
}

void
dpi_free(Dpi *dpi, DpiFlow *flow)
{
	put_state(dpi, flow);
	free(flow->decided ? (void *) flow->texts : (void *) flow->first);
	flow->texts = NULL;
}

/* ---------------------------------------------------------------------------------------------------------- start and end */

/* All but nDPI's module. */
static Dpi *
create(unsigned limit, const ColumnSet *wanted, bool time_dissections)
{
	Dpi *dpi;

	if (ndpi_get_api_version() != NDPI_API_VERSION)
		return NULL;
	dpi = memory_get(sizeof(*dpi));
	dpi->limit = limit;
	dpi->time_dissections = time_dissections;
	dpi->state_bytes = ndpi_detection_get_sizeof_ndpi_flow_struct();
	for (unsigned i = 0; i < flow_schema.count; i++)
	{
		int text = dpi_text_of(flow_schema.columns[i].field);

		if (text >= 0 && column_set_has(wanted, i))
			dpi->wanted[text] = true;
	}
	return dpi;
}

bool
dpi_complete(Dpi *dpi)
{
	dpi->module = start_module();
	return dpi->module != NULL;
}

Dpi *
dpi_start(unsigned limit, const ColumnSet *wanted, bool time_dissections)
{
	Dpi *dpi = create(limit, wanted, time_dissections);

	if (dpi == NULL || dpi_complete(dpi))
		return dpi;
	dpi_end(dpi);
	return NULL;
}

/*
 * The module of 4.2 opens no file, but the first use of libgcrypt does, which nDPI's start begins with: asking for its version is one.  Later
 * versions have to be warmed up.
 */
Dpi *
dpi_prepare(unsigned limit, const ColumnSet *wanted, bool time_dissections)
{
#if NDPI_AT_LEAST(4, 4)
	(void) limit;
	(void) wanted;
	(void) time_dissections;
	return NULL;
#else
	(void) ndpi_get_gcrypt_version();
	return create(limit, wanted, time_dissections);
#endif
}

void
dpi_end(Dpi *dpi)
{
	while (dpi->spare != NULL)
		free(get_state(dpi));
	if (dpi->module != NULL)
		ndpi_exit_detection_module(dpi->module);
	free(dpi);
}

#if NDPI_AT_LEAST(4, 4)

static bool
forget_in_place(Dpi *dpi)
{
	(void) dpi;
	return false;
}

#else

static void
empty_cache(struct ndpi_lru_cache *cache)
{
	if (cache != NULL)
		memset(cache->entries, 0, cache->num_entries * sizeof(*cache->entries));
}

/*
 * Empties the caches, which is all that nDPI 4.2 keeps of earlier flows, and the packet at hand.  False if its module is
 * not as the headers have it, or if it has learned of a connection of Tinc's, which it keeps out of reach.
 */
static bool
forget_in_place(Dpi *dpi)
{
	struct ndpi_detection_module_struct *module = dpi->module;

	if (first_given != module || first_bytes != sizeof(*module) || module->tinc_cache != NULL)
		return false;
	empty_cache(module->ookla_cache);
	empty_cache(module->bittorrent_cache);
	empty_cache(module->zoom_cache);
	empty_cache(module->stun_cache);
	empty_cache(module->tls_cert_cache);
	empty_cache(module->mining_cache);
	empty_cache(module->msteams_cache);
	memset(&module->packet, 0, sizeof(module->packet));
	return true;
}

#endif

/*
 * Starting a module takes some ms, as long as thousands of packets, so the old one is kept where what it has learned can
 * be reached: in 4.2, whose headers show it to those that claim to be nDPI.
 */
bool
dpi_forget(Dpi *dpi)
{
	if (dpi->dissections == dpi->forgotten || forget_in_place(dpi))
	{
		dpi->forgotten = dpi->dissections;
		return true;
	}
	ndpi_exit_detection_module(dpi->module);
	dpi->module = start_module();
	dpi->forgotten = dpi->dissections;
	return dpi->module != NULL;
}

uint64_t
dpi_withheld(const Dpi *dpi)
{
	return dpi->withheld;
}

uint64_t
dpi_dissections(const Dpi *dpi)
{
	return dpi->dissections;
}

uint64_t
dpi_dissection_time(const Dpi *dpi)
{
	return dpi->dissection_time;
}

struct ndpi_detection_module_struct *
dpi_module(const Dpi *dpi)
{
	return dpi->module;
}

void
dpi_sha1(const uint8_t *bytes, size_t length, char text[DPI_SHA1_TEXT + 1])
{
	uint32_t digest[5];
	char	*encoded;

	set_ndpi_malloc(get_for_ndpi);
	ndpi_string_sha1_hash(bytes, length, (u_char *) digest);
	encoded = ndpi_base64_encode((const u_char *) digest, sizeof(digest));
	text[0] = '\0';
	strncat(text, encoded, DPI_SHA1_TEXT);
	ndpi_free(encoded);
}

const char *
dpi_version(void)
{
	return ndpi_revision();
}

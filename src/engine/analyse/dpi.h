/*
 * dpi.h
 *	  Labels: what nDPI says of a flow.
 *
 * All of nDPI is behind these functions: only dpi.c, dpi_names.c and dpi_texts.c know its types and its versions.
 */
#ifndef ENGINE_ANALYSE_DPI_H
#define ENGINE_ANALYSE_DPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/schema.h"

/* The texts that are kept of a flow, with the most bytes of each.  METERING.md, section 11. */
typedef enum DpiText
{
	DPI_SERVER_NAME,		/* 79 */
	DPI_CLIENT_FINGERPRINT, /* 47 */
	DPI_SERVER_FINGERPRINT, /* 47 */
	DPI_FINGERPRINT_KIND,
	DPI_USER_AGENT,	  /* 255 */
	DPI_CONTENT_TYPE, /* 63 */
	DPI_TEXTS
} DpiText;

#define DPI_NAME_MAX	 39 /* bytes of an application's name */
#define DPI_CATEGORY_MAX 23

struct ndpi_flow_struct;

/* What a flow keeps for its label; starts as all zeros. */
typedef struct DpiFlow
{
	struct ndpi_flow_struct *state; /* nDPI's, until the flow is decided */
	union
	{
		struct DpiFirstPacket *first; /* which nDPI has not seen yet; NULL: it has */
		char				  *texts; /* once decided: the non-empty ones; NULL if there are none */
	};
	uint16_t master;
	uint16_t application;
	uint16_t category;
	uint8_t	 guessed;
	uint8_t	 confidence; /* in the specification's numbering */
	bool	 decided;
} DpiFlow;

typedef struct Dpi Dpi;

/*
 * Initialises nDPI, to give up at a flow's packet number `limit` (n_dissections, 1 … 255) and to keep the texts whose columns
 * of flow_schema are wanted.  Returns NULL if nDPI does not start or is another version than the one that was compiled against.
 */
Dpi *dpi_start(unsigned limit, const ColumnSet *wanted, bool time_dissections);

/*
 * The same in two steps: the first does what opens files, and takes a moment; the second, false if nDPI does not start, gets memory and
 * computes, and takes 15 ms.  NULL also where this nDPI cannot be started like that.
 */
Dpi *dpi_prepare(unsigned limit, const ColumnSet *wanted, bool time_dissections);
bool dpi_complete(Dpi *dpi);
void dpi_end(Dpi *dpi);

/*
 * Forgets all that was learned from flows, all of which must be over: the next is labelled as if it were the first.  Returns
 * false if nDPI does not start again.
 */
bool dpi_forget(Dpi *dpi);

/*
 * Tells nDPI of the flow's packet number `packet` (from 1), if the flow is not decided yet.
 *
 * ip, length: from the innermost IP header to the end of what was captured; time: the clock's, ms.
 */
void dpi_packet(Dpi *dpi, DpiFlow *flow, uint64_t packet, const uint8_t *ip, uint32_t length, uint64_t time);

/* The flow is over: what is not decided yet is, now. */
void dpi_expire(Dpi *dpi, DpiFlow *flow);

/* Updates the label of a flow that is not decided yet to what nDPI would say now; a first packet that waits goes to nDPI. */
void dpi_look(Dpi *dpi, DpiFlow *flow);

/* Frees what a flow keeps, decided or not. */
void dpi_free(Dpi *dpi, DpiFlow *flow);

/*
 * Of a decided flow; UTF-8, NUL-terminated.  `name` has room for DPI_NAME_MAX + 1 bytes; '' where there is no such text.
 *
 * The application's own name; the name of the protocol that carries it; both in one, as "TLS.Facebook".
 */
void		dpi_application_name(Dpi *dpi, const DpiFlow *flow, char *name);
void		dpi_application_protocol(Dpi *dpi, const DpiFlow *flow, char *name);
void		dpi_full_application_name(Dpi *dpi, const DpiFlow *flow, char *name);
void		dpi_category_name(Dpi *dpi, const DpiFlow *flow, char *name);
const char *dpi_text(const DpiFlow *flow, DpiText text);

/* The same of any flow: `copy`, with room for RECORD_TEXT_MAX + 1 bytes, is used where it is not decided. */
const char *dpi_text_now(const DpiFlow *flow, DpiText text, char *copy);

/* The text that is this column's, or -1. */
int dpi_text_of(ColumnField field);

/* Packets handed to nDPI so far, and the ns that took, if they are counted. */
uint64_t dpi_dissections(const Dpi *dpi);

/* Packets that nDPI was not told of, because they would have kept it busy for ever. */
uint64_t dpi_withheld(const Dpi *dpi);

uint64_t dpi_dissection_time(const Dpi *dpi);

/* How many applications nDPI knows, numbered from 0, and what it calls one and its category; room as above. */
unsigned dpi_applications(Dpi *dpi);
void	 dpi_application(Dpi *dpi, unsigned number, char *name, char *category);

/*
 * How many categories nDPI has numbers for, from 0; and whether one belongs to no application, as Advertisement, which
 * flows get for other reasons: then `name` is its name.
 */
unsigned dpi_categories(void);
bool	 dpi_category_of_none(Dpi *dpi, unsigned number, char *name);

/* The SHA-1 of some bytes in base64, 28 characters and a NUL.  Needs no Dpi: nDPI has the function that other libraries have, too. */
#define DPI_SHA1_TEXT 28
void dpi_sha1(const uint8_t *bytes, size_t length, char text[DPI_SHA1_TEXT + 1]);

/* nDPI's own name of its version. */
const char *dpi_version(void);

#endif /* ENGINE_ANALYSE_DPI_H */

/*
 * source_interface.h
 *	  The source that is an interface of this machine.
 *
 * Its life has three parts, because less and less may be done in each: it is opened with the right to capture, when nothing may pass
 * yet; its filter is made where a user's text may do no harm; and then it is walked.
 */
#ifndef ENGINE_SOURCE_SOURCE_INTERFACE_H
#define ENGINE_SOURCE_SOURCE_INTERFACE_H

#include "engine/source/source.h"
#include "wire/progress.h"
#include "wire/request.h"

struct pcap; /* libpcap's */
struct bpf_program;

/* What is told to a source that is walked. */
typedef enum InterfaceWord
{
	INTERFACE_GO_ON,
	INTERFACE_GIVE_UP, /* it is at its end, and flows that are active are given up */
	INTERFACE_EXPIRE   /* it is at its end, and they are emitted */
} InterfaceWord;

/* Whom an interface listens to while it is walked. */
typedef struct InterfaceListener
{
	int descriptor; /* something can be read from it when there is something to be told; -1: nobody tells anything */
	InterfaceWord (*word)(void *context);
	void		  *context;
	MeterProgress *progress; /* is kept up to date */
} InterfaceListener;

/*
 * Opens the request's interface with the ring that the request asks for.  No packet passes before source_interface_begin().
 *
 * Needs the right to capture, and may open files.  Returns NULL with `failure` filled.
 */
Source *source_interface_open(const MeterRequest *request, FailureMessage *failure);
void	source_interface_end(Source *source);

/* The packet socket: of an interface that shares its packets with others, and for the sandbox. */
int source_interface_descriptor(const Source *source);

/*
 * Whether the interface has gone or down since it was opened, however it is by now: then `failure` says so, in the place of what the
 * kernel says when it is asked for something else.  To be asked before source_interface_begin(), and once.
 */
bool source_interface_is_lost(const Source *source, FailureMessage *failure);

/* libpcap's handle, to compile a filter for this interface with. */
struct pcap *source_interface_pcap(Source *source);

/*
 * Takes the filter that was compiled for this interface, which stays the caller's; NULL: the request has none.  Forgets what passed
 * while the interface was opened.
 *
 * What the kernel cannot run is run by whoever walks the source: SourceKind.applies_filter tells.
 */
void source_interface_prepare(Source *source, const struct bpf_program *program);

/*
 * Lets packets pass, and counts from here on.  False, with `failure` filled, if the kernel refuses; then nothing passes.
 */
bool source_interface_begin(Source *source, const InterfaceListener *listener, FailureMessage *failure);

#endif /* ENGINE_SOURCE_SOURCE_INTERFACE_H */

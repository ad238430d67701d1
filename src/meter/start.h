/*
 * start.h
 *	  Starting a meter, under an owner or by hand: one way for both.
 */
#ifndef METER_START_H
#define METER_START_H

#include "engine/analyse/plugin_host.h"
#include "engine/engine.h"
#include "engine/source/source_files.h"
#include "engine/source/source_interface.h"
#include "meter/program.h"

/* What a program hands over to meter. */
typedef struct MeterOrder
{
	const MeterRequest *request;   /* checked */
	FileOpener			files;	   /* the request's */
	EngineCallbacks		callbacks; /* all but the seed */

	/* The first descriptor of those that are closed. */
	int others;

	/* Where records are written to, and whether files are sent over that, which then is a socket. */
	int	 records;
	bool takes_files;

	/* The program, which has to find what its sandbox leaves to Python. */
	const MeterProgram *program;

	/*
	 * Called when the program has given up its environment and files, before it looks at anything that a user wrote;
	 * NULL: nobody wants to know.
	 */
	void (*ready)(void *context);

	/*
	 * Of a request for an interface.  join: called when it is open and nothing passes yet, with its packet socket; forms the group of
	 * those that share its packets; false, with `failure` filled, if it cannot.  capture: called when all is ready, in the sandbox;
	 * returns when packets may pass.  Either may be NULL.  What listener has is told while packets come.
	 */
	bool (*join)(void *context, int socket, FailureMessage *failure);
	void (*capture)(void *context);
	InterfaceListener listener;

	/* Called when the last record was written, before the plugins' cleanup, which may take its time; NULL: nobody wants to know. */
	void (*metered)(void *context);

	/* The request's plugins, and what is done for them. */
	PluginUse plugins;

	/* Where the request is to list applications: takes one; called instead of all callbacks and files. */
	void (*application)(void *context, const ApplicationMessage *application);

	/* Where the request is to describe its plugins: takes a description, in their order; the same. */
	void (*description)(void *context, const char *json, size_t length);
} MeterOrder;

/*
 * Gets ready what the request needs, gives up all privileges, and only then meters; to be called once in a program's life,
 * for what was given up does not come back.
 *
 * Returns true with the account filled, or false with `failure` filled.
 */
bool start_meter(const MeterOrder *order, Account *account, FailureMessage *failure);

#endif /* METER_START_H */

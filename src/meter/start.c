/*
 * start.c
 *	  Starting a meter, under an owner or by hand: limits, filter, analysers, seed, sandbox, and then the engine.
 *
 * An interface is opened before all else, as that needs a right that the program then gives up; nothing passes before all is ready.
 *
 * Nothing that a user wrote is looked at before the limits: at its first byte there are no privileges left, and no more
 * memory than the user was given.  What needs files (names in a filter) or other calls to the system (analysers' tables,
 * a random number) comes before the sandbox; a filter's compiling and the first byte of a capture after it.
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include "engine/analyse/analysers.h"
#include "engine/analyse/dpi.h"
#include "engine/base/memory.h"
#include "engine/flow/key.h"
#include "meter/describe.h"
#include "meter/rights.h"
#include "meter/sandbox.h"
#include "meter/sandbox_python.h"
#include "meter/start.h"

static void
list_applications(const MeterOrder *order, Dpi *dpi)
{
	unsigned count = dpi_applications(dpi);

	for (unsigned number = 0; number < count; number++)
	{
		ApplicationMessage application = {.number = number};

		_Static_assert(sizeof(application.name) > DPI_NAME_MAX && sizeof(application.category) > DPI_CATEGORY_MAX,
					   "the names fit");
		dpi_application(dpi, number, application.name, application.category);
		order->application(order->callbacks.context, &application);
	}
	for (unsigned category = 0; category < dpi_categories(); category++)
	{
		ApplicationMessage application = {.number = APPLICATION_NONE};

		if (dpi_category_of_none(dpi, category, application.category))
			order->application(order->callbacks.context, &application);
	}
}

/* Inside the sandbox: what a plugin in Python is, its source says when it is executed. */
static bool
describe_plugins(const MeterOrder *order, const FoundPlugin *found, FailureMessage *failure)
{
	const PluginOrders *orders = order->plugins.orders;

	for (uint32_t i = 0; orders != NULL && i < orders->count; i++)
	{
		JsonText text = {0};

		if (orders->plugins[i].kind != PLUGIN_PYTHON)
			describe_plugin_of_c(found[i].plugin, &text);
		else if (!order->program->describe(&orders->plugins[i], &text, failure))
			return false;
		order->description(order->callbacks.context, text.bytes, text.length);
		json_free(&text);
	}
	return true;
}

static bool
find_plugins(const MeterOrder *order, FoundPlugin found[PLUGIN_ORDERS_MAX], FailureMessage *failure)
{
	const PluginOrders *orders = order->plugins.orders;

	for (uint32_t i = 0; orders != NULL && i < orders->count; i++)
		if (!order->program->finder(&orders->plugins[i], &found[i], failure))
			return false;
	return true;
}

/* The source: files, or the interface, from which packets come from here on. */
static Source *
begin_source(const MeterOrder *order, const MeterRequest *request, Source *interface, Filter *filter, FailureMessage *failure)
{
	if (interface == NULL)
		return source_files_start(request->files, &order->files);
	if (filter == NULL)
		source_interface_prepare(interface, NULL);
	else
	{
		struct bpf_program program;

		if (!filter_compile_live(filter, source_interface_pcap(interface), &program, failure))
			return NULL;
		source_interface_prepare(interface, &program);
		pcap_freecode(&program);
	}
	if (order->capture != NULL)
		order->capture(order->callbacks.context);
	return source_interface_begin(interface, &order->listener, failure) ? interface : NULL;
}

static bool
meter(const MeterOrder *order, const MeterRequest *request, Source *interface, Filter *filter, Analysis *analysis, const EngineCallbacks *callbacks, Account *account,
	  FailureMessage *failure)
{
	Source *source = NULL;
	bool	done = analysis_begin(analysis, failure) &&
				(source = begin_source(order, request, interface, filter, failure)) != NULL &&
				engine_run(request, source, filter, analysis, callbacks, account, failure);

	/* An interface that was lost has had its flows all the same. */
	if ((done || (source != NULL && source == interface)) && order->metered != NULL)
		order->metered(callbacks->context);
	analysis_end(analysis);
	if (interface == NULL && source != NULL)
		source_files_end(source);
	return done;
}

/* Opens the request's interface, with the right to do so, and gives that up. */
static Source *
open_interface(const MeterOrder *order, const MeterRequest *request, FailureMessage *failure)
{
	Source *interface;

	sandbox_raise_capture();
	interface = source_interface_open(request, failure);
	if (interface == NULL && failure->code == FAILURE_INTERFACE_RIGHTS)
	{
		bool withheld;

		snprintf(failure->detail, sizeof(failure->detail), "%s", rights_missing(&withheld));
		if (withheld)
			failure->code = FAILURE_INTERFACE_WITHHELD;
	}
	if (!sandbox_drop_capabilities())
	{
		failure_tell(failure, FAILURE_SANDBOX, "", "capabilities");
		return NULL;
	}
	if (interface == NULL || order->join == NULL || order->join(order->callbacks.context, source_interface_descriptor(interface), failure))
		return interface;
	(void) source_interface_is_lost(interface, failure);
	return NULL;
}

/* Checks the condition on rows, and has its columns computed; false with `failure` filled. */
static bool
take_condition(MeterRequest *request, FailureMessage *failure)
{
	char wrong[REQUEST_WRONG_MAX];

	if (request->condition == 0)
		return true;
	if (!request_check_condition(request, wrong))
		return failure_tell(failure, FAILURE_INTERNAL, "", "%s", wrong);
	request_read_condition(request);
	return true;
}

/* What analysers start in threads has no files any more, either.  analysis: NULL for none. */
static const char *
enter_sandbox(const MeterOrder *order, const MeterRequest *request, int capture, const Analysis *analysis)
{
	if (!sandbox_give_up_files())
		return "files";
	return sandbox_enter(order->records, order->takes_files, capture, request->needs_seccomp, analysis != NULL && analysis_beside(analysis));
}

bool
start_meter(const MeterOrder *order, Account *account, FailureMessage *failure)
{
	MeterRequest	  *request = memory_get(sizeof(*request)); /* with what plugins read; there for the program's life */
	EngineCallbacks	   callbacks = order->callbacks;
	Filter			  *filter = NULL;
	Dpi				  *dpi = NULL; /* to list what it knows */
	Analysis		   analysis;
	bool			   analysis_is_open = false;
	FoundPlugin		   found[PLUGIN_ORDERS_MAX]; /* to describe them */
	const char *const *python_reads = NULL;
	const char		  *not_given_up;
	Source			  *interface = NULL;
	int				   capture = SANDBOX_NO_CAPTURE;

	*request = *order->request;
	if (!sandbox_prepare((pid_t) request->owner_pid, order->others))
		return failure_tell(failure, FAILURE_SANDBOX, "", "other files");
	if (order->ready != NULL)
		order->ready(callbacks.context);
	if (request_is_live(request))
	{
		if ((interface = open_interface(order, request, failure)) == NULL)
			return false;
		capture = source_interface_descriptor(interface);
	}
	if ((not_given_up = sandbox_limit(request->meter_memory)) != NULL)
		return failure_tell(failure, FAILURE_SANDBOX, "", "%s", not_given_up);
	if (!take_condition(request, failure))
		return false;
	if (request->filter.length > 0)
		filter = filter_start(request->filter.bytes, request->filter.length);
	if (request->list_applications && (dpi = dpi_start(request->n_dissections, &request->columns, false)) == NULL)
		return failure_tell(failure, FAILURE_INTERNAL, "", "nDPI does not start");
	if (order->program->python_reads != NULL &&
		(python_reads = order->program->python_reads(order->plugins.orders, failure)) == NULL)
		return false;
	if (request->describe_plugins)
	{
		if (!find_plugins(order, found, failure))
			return false;
	}
	else if (!plugin_host_use(&order->plugins, request, failure) ||
			 !(analysis_is_open = analysis_open(&analysis, analysers, request, failure)))
		return false;
	if (!key_seed(&callbacks.seed))
		return failure_tell(failure, FAILURE_INTERNAL, "", "the system has no random number");
	not_given_up = python_reads != NULL ?
					   sandbox_enter_python(order->records, order->takes_files, capture, python_reads) :
					   enter_sandbox(order, request, capture, analysis_is_open ? &analysis : NULL);
	if (not_given_up != NULL)
		return failure_tell(failure, not_given_up == sandbox_no_landlock ? FAILURE_LANDLOCK : FAILURE_SANDBOX, "", "%s", not_given_up);
	if (request->describe_plugins)
	{
		memset(account, 0, sizeof(*account));
		return describe_plugins(order, found, failure);
	}
	if (!request->list_applications)
		return meter(order, request, interface, filter, &analysis, &callbacks, account, failure);
	list_applications(order, dpi);
	memset(account, 0, sizeof(*account));
	return true;
}

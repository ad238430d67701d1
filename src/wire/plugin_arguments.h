/*
 * plugin_arguments.h
 *	  What a plugin is given against what it takes: names, kinds and ranges of its parameters.
 */
#ifndef WIRE_PLUGIN_ARGUMENTS_H
#define WIRE_PLUGIN_ARGUMENTS_H

#include <nfstream_plugin.h>

#include "wire/plugin_orders.h"

/* The longest texts below, with their NULs. */
#define PLUGIN_WRONG_MAX	256
#define PLUGIN_ACCEPTED_MAX 256

/* How many parameters a plugin may have. */
#define PLUGIN_PARAMETERS_MAX 64

/* What is wrong with a plugin's arguments, as messages say it. */
typedef struct PluginWrong
{
	char wrong[PLUGIN_WRONG_MAX];		/* a primary message: plugin "flow_slicer" has no parameter "limt" */
	char accepted[PLUGIN_ACCEPTED_MAX]; /* what is accepted, after "Accepted: " or "Parameters: ", as a sentence */
} PluginWrong;

/* What a parameter accepts, as users read it: "a whole number, 1 ... 10". */
void plugin_parameter_accepted(const NfstreamParameter *parameter, char accepted[PLUGIN_ACCEPTED_MAX]);

/*
 * Takes an argument as its parameter wants it: a whole number is a REAL as well.  False if it has another kind, or is out of
 * range.
 */
bool plugin_argument_take(const PluginArgument *argument, const NfstreamParameter *parameter, NfstreamValue *value);

/* The value of a parameter that is not given. */
NfstreamValue plugin_parameter_fallback(const NfstreamParameter *parameter);

/*
 * Checks the arguments of plugin number `plugin` of the orders against the parameters that it takes, of which the last has the
 * name NULL, and puts a value for each of them into `values`, which point into the orders.  False with what is wrong.
 */
bool plugin_arguments_check(const PluginOrders *orders, uint32_t plugin, const NfstreamParameter *parameters,
							NfstreamValue values[PLUGIN_PARAMETERS_MAX], PluginWrong *wrong);

#endif /* WIRE_PLUGIN_ARGUMENTS_H */

/*
 * dpi_names.c
 *	  nDPI's names of applications and categories: those of a flow, and all that exist.
 */
#include <string.h>

#include "engine/analyse/dpi_module.h"

static ndpi_protocol
label_of(const DpiFlow *flow)
{
	ndpi_protocol label;

	memset(&label, 0, sizeof(label));
	LABEL_APPLICATION(label) = flow->application;
	LABEL_MASTER(label) = flow->master;
	label.category = flow->category;
	return label;
}

/* Where nDPI knows a protocol and no application in it, the protocol is the application, and nothing carries it. */
static uint16_t
shown_application(const DpiFlow *flow)
{
	return flow->application != NDPI_PROTOCOL_UNKNOWN ? flow->application : flow->master;
}

static void
copy_protocol_name(Dpi *dpi, uint16_t protocol, char *name)
{
	const char *known = ndpi_get_proto_name(dpi_module(dpi), protocol);

	dpi_copy_utf8(name, known == NULL ? "" : known, DPI_NAME_MAX);
}

void
dpi_application_name(Dpi *dpi, const DpiFlow *flow, char *name)
{
	copy_protocol_name(dpi, shown_application(flow), name);
}

void
dpi_application_protocol(Dpi *dpi, const DpiFlow *flow, char *name)
{
	if (flow->master != NDPI_PROTOCOL_UNKNOWN && flow->master != shown_application(flow))
		copy_protocol_name(dpi, flow->master, name);
	else
		name[0] = '\0';
}

void
dpi_full_application_name(Dpi *dpi, const DpiFlow *flow, char *name)
{
	char buffer[DPI_NAME_MAX + 1] = "";

	ndpi_protocol2name(dpi_module(dpi), label_of(flow), buffer, sizeof(buffer));
	dpi_copy_utf8(name, buffer, DPI_NAME_MAX);
}

void
dpi_category_name(Dpi *dpi, const DpiFlow *flow, char *name)
{
	const char *category = ndpi_category_get_name(dpi_module(dpi), flow->category);

	dpi_copy_utf8(name, category == NULL ? "" : category, DPI_CATEGORY_MAX);
}

unsigned
dpi_applications(Dpi *dpi)
{
	return ndpi_get_num_supported_protocols(dpi_module(dpi));
}

/* A flow of this application, in the category that is the application's own. */
static DpiFlow
flow_of_application(Dpi *dpi, unsigned number)
{
	DpiFlow flow = {.application = (uint16_t) number};

	flow.category = (uint16_t) ndpi_get_proto_category(dpi_module(dpi), label_of(&flow));
	return flow;
}

void
dpi_application(Dpi *dpi, unsigned number, char *name, char *category)
{
	DpiFlow flow = flow_of_application(dpi, number);

	dpi_application_name(dpi, &flow, name);
	dpi_category_name(dpi, &flow, category);
}

unsigned
dpi_categories(void)
{
	return NDPI_PROTOCOL_NUM_CATEGORIES;
}

bool
dpi_category_of_none(Dpi *dpi, unsigned number, char *name)
{
	DpiFlow flow = {.category = (uint16_t) number};

	for (unsigned application = 0; application < dpi_applications(dpi); application++)
		if (flow_of_application(dpi, application).category == number)
			return false;
	dpi_category_name(dpi, &flow, name);
	return name[0] != '\0';
}

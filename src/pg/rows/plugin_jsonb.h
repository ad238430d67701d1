/*
 * plugin_jsonb.h
 *	  What plugins left, made a jsonb.
 */
#ifndef PG_ROWS_PLUGIN_JSONB_H
#define PG_ROWS_PLUGIN_JSONB_H

#include "utils/jsonb.h"

#include "wire/json.h"

/*
 * Makes what jsonb's input function makes of the same, an object or array that json_is_plain() or a value of one, in the current
 * memory context, with its strings in the server's encoding, where characters that have no place in it are left out.
 */
Jsonb *plugin_jsonb(JsonPart value);

#endif /* PG_ROWS_PLUGIN_JSONB_H */

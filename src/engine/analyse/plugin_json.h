/*
 * plugin_json.h
 *	  JSON as it is written: values of plugins, in the plain form of wire/json.h.
 */
#ifndef ENGINE_ANALYSE_PLUGIN_JSON_H
#define ENGINE_ANALYSE_PLUGIN_JSON_H

#include <nfstream_plugin.h>

/* Bytes that grow; all zeros is empty. */
typedef struct JsonText
{
	char  *bytes;
	size_t length;
	size_t room;
} JsonText;

void json_free(JsonText *text);

void json_put(JsonText *text, const char *bytes, size_t length);
void json_put_integer(JsonText *text, int64_t number);

/* The shortest decimal form that reads back as the number, with a point or an exponent; what is not finite is a text: "NaN". */
void json_put_real(JsonText *text, double number);

/* In quotes.  Bytes that are not UTF-8, and NUL, become U+FFFD. */
void json_put_text(JsonText *text, const char *bytes, size_t length);

/* JSON that is not plain becomes a text. */
void json_put_value(JsonText *text, const NfstreamValue *value);

#endif /* ENGINE_ANALYSE_PLUGIN_JSON_H */

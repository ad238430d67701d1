/*
 * suggest.h
 *	  What a user may have meant by a name that does not exist.
 */
#ifndef PG_OPTIONS_SUGGEST_H
#define PG_OPTIONS_SUGGEST_H

#include "wire/schema.h"

#define SUGGESTIONS_MAX 3

typedef struct Suggestions
{
	const char *wanted;		   /* what was typed */
	int			wanted_length; /* bytes; counted only up to where it is too long to be like a name */
	int			count;
	const char *names[SUGGESTIONS_MAX]; /* the nearest first */
	int			distances[SUGGESTIONS_MAX];
} Suggestions;

void suggest_start(Suggestions *suggestions, const char *wanted);

/* Notes a name that exists, if it is near; the name must outlive the suggestions. */
void suggest_offer(Suggestions *suggestions, const char *name);

/* Notes the name that was meant for sure: it comes before those that are near. */
void suggest_meant(Suggestions *suggestions, const char *name);

/* `"a"`, `"a" or "b"`, `"a", "b" or "c"`, in the current memory context; NULL if nothing is near. */
char *suggest_text(const Suggestions *suggestions);

/* The same for what was meant to be the name of a column of this schema; and of any. */
char *suggest_columns(const Schema *schema, const char *wanted);
char *suggest_attributes(const char *wanted);

#endif /* PG_OPTIONS_SUGGEST_H */

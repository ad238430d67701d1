/*
 * condition.h
 *	  A condition on rows, as it crosses to a meter, which sends the rows that may fulfil it and sets the others aside.
 *
 * A condition is a tree of nodes, each of which is true, false or null of a row, by SQL's logic.  It crosses in prefix form:
 *
 *	  node		uint8 a ConditionNode, then
 *	  AND, OR	uint32 number of nodes, 1 at least, and these
 *	  NOT		a node
 *	  CONSTANT	uint8 a ConditionSet that is not empty: what the node may be
 *	  COMPARE	uint8 a ConditionOperator, uint8 column, value
 *	  ANY		uint8 column, uint8 1 if there is a null among the values, uint32 number of values, these in ascending order
 *	  NETWORK	uint8 a ConditionNetwork, uint8 column, value
 *	  column	its index in the schema
 *	  value		as the column's kind has it:
 *				whole numbers of any size, signed or not, and files (by their index): int64
 *				doubles: double
 *				addresses: uint8 4 or 6, uint8 bits of the network, 4 or 16 bytes
 *				texts, MAC addresses, OUIs: uint32 length, bytes
 *
 * What these mean is what PostgreSQL means by them.  A column has a value in every row, which is never null: of a column that its
 * options turn off nothing is known here, and a request with it is refused.  Numbers are compared as numbers: no unsigned one is
 * less than 0, and one beyond int64 counts as the greatest int64.  Of doubles NaN equals itself and is greater than all others.
 * An address is one host's: all its bits count.  Addresses, and networks, are in the order that inet has (family, common bits, number
 * of bits, bytes).  Texts are compared byte by byte.
 *
 * Whoever makes a condition of something that cannot be expressed here puts CONDITION_UNKNOWN in its place, wherever in the tree that is,
 * also within NOT: then the condition lets more rows pass, never fewer.
 */
#ifndef WIRE_CONDITION_H
#define WIRE_CONDITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/schema.h"

#define CONDITION_BYTES_MAX (1u << 20)

/* How many nodes may lie within each other, the first and the last included. */
#define CONDITION_DEPTH_MAX 64

typedef enum ConditionNode
{
	CONDITION_AND = 1,
	CONDITION_OR,
	CONDITION_NOT,
	CONDITION_CONSTANT,
	CONDITION_COMPARE,
	CONDITION_ANY, /* column = ANY (values) */
	CONDITION_NETWORK
} ConditionNode;

/* What a node may be: a set of values. */
typedef enum ConditionSet
{
	CONDITION_TRUE = 1,
	CONDITION_FALSE = 2,
	CONDITION_NULL = 4,
	CONDITION_UNKNOWN = CONDITION_TRUE | CONDITION_FALSE | CONDITION_NULL
} ConditionSet;

/* column operator value */
typedef enum ConditionOperator
{
	CONDITION_EQUAL,
	CONDITION_NOT_EQUAL,
	CONDITION_LESS,
	CONDITION_LESS_OR_EQUAL,
	CONDITION_GREATER,
	CONDITION_GREATER_OR_EQUAL,
	CONDITION_OPERATORS
} ConditionOperator;

/* How a value may compare with another: a set. */
#define ORDER_LESS	  1
#define ORDER_EQUAL	  2
#define ORDER_GREATER 4

typedef enum ConditionNetwork
{
	CONDITION_WITHIN,			 /* << */
	CONDITION_WITHIN_OR_EQUAL,	 /* <<= */
	CONDITION_CONTAINS,			 /* >> */
	CONDITION_CONTAINS_OR_EQUAL, /* >>= */
	CONDITION_OVERLAPS,			 /* && */
	CONDITION_NETWORKS
} ConditionNetwork;

/* How a column's values are compared. */
typedef enum ConditionKind
{
	CONDITION_NONE, /* they are not: lists, JSON, long texts, and what only the leader knows */
	CONDITION_INTEGER,
	CONDITION_DOUBLE,
	CONDITION_ADDRESS,
	CONDITION_BYTES
} ConditionKind;

/* A value, in the member of its column's ConditionKind. */
typedef struct ConditionValue
{
	union
	{
		int64_t i;
		double	d;
		struct
		{
			uint8_t version; /* 4 or 6 */
			uint8_t bits;	 /* of the network: 32 or 128 for a host */
			uint8_t bytes[16];
		} address; /* an IPv4 address has 4 of the bytes, and zeros */
		struct
		{
			const uint8_t *bytes;
			uint32_t	   length;
		} text;
	};
} ConditionValue;

ConditionKind condition_kind(const Column *column);

/* How a value compares with another of which column operator value is true: a set of ORDER_LESS and the like. */
unsigned condition_orders(ConditionOperator operation);

/* What the NOT of a node that is one of a set may be. */
int condition_opposite(int set);

/* Less than 0, 0, or greater than 0, as `a` is less than `b`, equal, or greater. */
int condition_compare(ConditionKind kind, const ConditionValue *a, const ConditionValue *b);

/* ------------------------------------------------------------------------------------------------------------- making one */

/*
 * Where a condition is put together, node after node in prefix form: after an AND of 2 come its two nodes.  Starts as all zeros but for
 * schema and resize.  Which columns and values fit is the caller's to know: a column of CONDITION_NONE, or a value that is none of its kind, must
 * not be put.
 */
typedef struct ConditionBuilder
{
	const Schema *schema;
	void *(*resize)(void *bytes, size_t length); /* `bytes` is NULL at first; returns memory, or not at all */
	uint8_t *bytes;
	size_t	 length;
	size_t	 room;
} ConditionBuilder;

void condition_put_and(ConditionBuilder *builder, uint32_t nodes);
void condition_put_or(ConditionBuilder *builder, uint32_t nodes);
void condition_put_not(ConditionBuilder *builder);
void condition_put_constant(ConditionBuilder *builder, ConditionSet set);
void condition_put_compare(ConditionBuilder *builder, unsigned column, ConditionOperator operation, const ConditionValue *value);
void condition_put_network(ConditionBuilder *builder, unsigned column, ConditionNetwork operation, const ConditionValue *value);

/* column = ANY (values), which may be in any order and equal, and of which there may be none; they are put in order where they stand. */
void condition_put_any(ConditionBuilder *builder, unsigned column, ConditionValue *values, uint32_t count, bool has_null);

/* ------------------------------------------------------------------------------------------------------------- reading one */

/*
 * Whether these bytes, which may be anything, are a condition on rows of the schema: NULL, or what is wrong with them, as a constant
 * text.  A builder's may be too long or too deep: then there is none.
 */
const char *condition_check(const Schema *schema, const uint8_t *bytes, size_t length);

/* Adds the columns that a condition, which was checked, looks at. */
void condition_columns(const Schema *schema, const uint8_t *bytes, size_t length, ColumnSet *columns);

/* A node as it stands in a condition. */
typedef struct ConditionItem
{
	ConditionNode  node;
	uint32_t	   count;	  /* of the nodes that follow and are its own: AND, OR, NOT; of the values: ANY, else 1 */
	uint8_t		   set;		  /* CONSTANT: a ConditionSet */
	uint8_t		   operation; /* COMPARE: a ConditionOperator; NETWORK: a ConditionNetwork */
	bool		   has_null;  /* ANY */
	unsigned	   column;
	ConditionKind  kind;   /* of that column */
	const uint8_t *values; /* for condition_value() */
} ConditionItem;

/* Takes the next node off a condition, over which the cursor moves; NULL, or what is wrong with it. */
const char *condition_item(const Schema *schema, const uint8_t **cursor, const uint8_t *end, ConditionItem *item);

/* Takes the next value of a node, over whose values the cursor moves; false if it is none. */
bool condition_value(ConditionKind kind, const uint8_t **cursor, const uint8_t *end, ConditionValue *value);

#endif /* WIRE_CONDITION_H */

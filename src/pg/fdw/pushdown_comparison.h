/*
 * pushdown_comparison.h
 *	  The leaves of what is pushed: what is asked of one column.
 */
#ifndef PG_FDW_PUSHDOWN_COMPARISON_H
#define PG_FDW_PUSHDOWN_COMPARISON_H

#include "fmgr.h"

#include "pg/fdw/pushdown.h"
#include "pg/fdw/pushdown_node.h"
#include "pg/rows/convert.h"

typedef enum ComparisonKind
{
	COMPARISON_TRUTH,	/* the column itself, which is a boolean */
	COMPARISON_PRESENT, /* IS NOT NULL, which a column that is computed always is */
	COMPARISON_ABSENT,	/* IS NULL */
	COMPARISON_ORDER,	/* an operator of the type's order: = <> < <= > >= */
	COMPARISON_NETWORK, /* an operator of networks */
	COMPARISON_FILE		/* any operator on the name of the capture, of which there are few */
} ComparisonKind;

/* column operator value; of a list: column operator ANY (values), column operator ALL (values) */
typedef struct Comparison
{
	ComparisonKind	 kind;
	unsigned		 index; /* of the column, in the schema */
	const Column	*column;
	ConvertFunction	 convert;  /* to the type that the table declares */
	Oid				 declared; /* that type, a domain's base type */
	List			*casts;	   /* functions that the query applies to it, the first to apply first; OIDs */
	Oid				 type;	   /* what is compared then */
	Oid				 operator; /* with this on its left */
	Oid				 right;	   /* the type on its right */
	Oid				 collation;
	Oid				 family;   /* ORDER: of operators */
	int				 strategy; /* ORDER: a BTStrategy, or COMPARISON_UNEQUAL */
	ConditionNetwork network;
	Expr			*value; /* NULL: there is none */
	bool			 is_list;
	bool			 is_all; /* of a list */
} Comparison;

/* <>, which no B-tree has. */
#define COMPARISON_UNEQUAL 6

/*
 * Whether an expression is a comparison that meters can make, and which.  A value that is compared with has no column of the table, gives
 * the same all through a scan, and is no subquery.
 */
bool comparison_read(const PushdownTable *table, Expr *expression, Comparison *comparison);

/* Whether an expression has a column of the table in it; and whether it can stand as a value. */
bool comparison_has_column(const PushdownTable *table, Node *expression);
bool comparison_is_value(const PushdownTable *table, Node *expression);

/* What is looked up once for a comparison's values. */
typedef struct ComparisonSearch
{
	const Comparison *comparison;
	ConvertTarget	  target;
	int				  cast_count;
	FmgrInfo		 *casts;
	FmgrInfo		  operator; /* ORDER: see strategies; else the comparison's own */
	FmgrInfo		  or_equal; /* ORDER: >=, of an equality */
	FmgrInfo		  greater;	/* ORDER: >, of an equality */
	MemoryContext	  context;	/* of one step */
} ComparisonSearch;

/* In the current memory context. */
ComparisonSearch *comparison_search(const Comparison *comparison);

/*
 * The condition that `column operator value` is true, in the current memory context; what is not sure is CONDITION_UNKNOWN.  The value is
 * not null; a COMPARISON_TRUTH has none.
 */
ConditionPart *comparison_part(ComparisonSearch *search, Datum value, const SourceFile *files, int count);

#endif /* PG_FDW_PUSHDOWN_COMPARISON_H */

/*
 * attributes.h
 *	  Sets of a table's attributes, as the planner makes them.
 *
 * pull_varattnos() shifts attribute numbers, so that the system's, which are negative, can be members too; the whole row is
 * a member of its own, and needs all columns.  Only these functions know the shift.
 */
#ifndef PG_BASE_ATTRIBUTES_H
#define PG_BASE_ATTRIBUTES_H

#include "access/attnum.h"
#include "access/sysattr.h"
#include "nodes/bitmapset.h"

static inline bool
attributes_have_whole_row(const Bitmapset *set)
{
	return bms_is_member(InvalidAttrNumber - FirstLowInvalidHeapAttributeNumber, set);
}

/* The set with only those that are members by themselves; the given one is no more. */
static inline Bitmapset *
attributes_without_whole_row(Bitmapset *set)
{
	return bms_del_member(set, InvalidAttrNumber - FirstLowInvalidHeapAttributeNumber);
}

/* Whether a column is needed, by itself or as one of the whole row. */
static inline bool
attributes_have(const Bitmapset *set, AttrNumber attribute)
{
	return attributes_have_whole_row(set) || bms_is_member(attribute - FirstLowInvalidHeapAttributeNumber, set);
}

/* Whether the row's identifier is needed: ctid. */
static inline bool
attributes_have_identifier(const Bitmapset *set)
{
	return bms_is_member(SelfItemPointerAttributeNumber - FirstLowInvalidHeapAttributeNumber, set);
}

/* The set that needs all columns. */
static inline Bitmapset *
attributes_whole_row(void)
{
	return bms_make_singleton(InvalidAttrNumber - FirstLowInvalidHeapAttributeNumber);
}

/* Steps to the next member, as bms_next_member() does: *member is -1 before the first.  False after the last. */
static inline bool
attributes_next(const Bitmapset *set, int *member, AttrNumber *attribute)
{
	*member = bms_next_member(set, *member);
	*attribute = *member + FirstLowInvalidHeapAttributeNumber;
	return *member >= 0;
}

#endif /* PG_BASE_ATTRIBUTES_H */

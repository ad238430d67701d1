/*
 * last_place.h
 *	  Where a meter was at its end.
 */
#ifndef PG_WORKERS_LAST_PLACE_H
#define PG_WORKERS_LAST_PLACE_H

#include "wire/account.h"
#include "wire/message.h"

/* Brings how far a meter was when it told last up to its account. */
void last_place(PlaceMessage *place, const Account *account);

#endif /* PG_WORKERS_LAST_PLACE_H */

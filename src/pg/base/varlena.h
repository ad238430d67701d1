/*
 * varlena.h
 *	  The macros for values of variable length: postgres.h has them up to PostgreSQL 15.
 */
#ifndef PG_BASE_VARLENA_H
#define PG_BASE_VARLENA_H

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#endif /* PG_BASE_VARLENA_H */

/*
 * dpi_module.h
 *	  What the files that know nDPI share; others include dpi.h.
 */
#ifndef ENGINE_ANALYSE_DPI_MODULE_H
#define ENGINE_ANALYSE_DPI_MODULE_H

#include <ndpi_api.h>

#include "engine/analyse/dpi.h"

#define NDPI_AT_LEAST(major, minor) (NDPI_MAJOR > (major) || (NDPI_MAJOR == (major) && NDPI_MINOR >= (minor)))

#if !NDPI_AT_LEAST(4, 2) || NDPI_AT_LEAST(5, 0)
#error "this version of nDPI is not known: 4.2 to 4.x are"
#endif

#if NDPI_AT_LEAST(4, 11)
#define LABEL_APPLICATION(label) ((label).proto.app_protocol)
#define LABEL_MASTER(label)		 ((label).proto.master_protocol)
#else
#define LABEL_APPLICATION(label) ((label).app_protocol)
#define LABEL_MASTER(label)		 ((label).master_protocol)
#endif

struct ndpi_detection_module_struct *dpi_module(const Dpi *dpi);

/* Keeps a flow's texts, while nDPI's state of it is there. */
void dpi_keep_texts(DpiFlow *flow, const bool wanted[DPI_TEXTS]);

/* Copies at most `most` bytes, and of these what is UTF-8, with a NUL; returns where the copy ends. */
char *dpi_copy_utf8(char *to, const char *from, size_t most);

#endif /* ENGINE_ANALYSE_DPI_MODULE_H */

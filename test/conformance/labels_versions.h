/*
 * labels_versions.h
 *	  Included ahead of labels.c, which is written for nDPI 4.2 to 4.8: what has another form in other releases.
 */
#include <ndpi_api.h>

#define NDPI_SINCE(major, minor) (NDPI_MAJOR > (major) || (NDPI_MAJOR == (major) && NDPI_MINOR >= (minor)))

#if NDPI_MAJOR == 4 && (NDPI_MINOR == 4)
#define ndpi_detection_process_packet(module, flow, packet, length, ms, input) \
	(ndpi_detection_process_packet)(module, flow, packet, length, ms)
#endif

#if NDPI_SINCE(4, 10)
#define ndpi_no_prefs NULL
#define ndpi_detection_giveup(module, flow, guess, guessed) (ndpi_detection_giveup)(module, flow, guessed)
#endif

#if NDPI_SINCE(4, 11)
#define app_protocol proto.app_protocol
#define master_protocol proto.master_protocol
#endif

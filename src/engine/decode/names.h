/*
 * names.h
 *	  Names in a BPF filter: of services and protocols, and of nothing else.
 *
 * libpcap asks the C library for every name in a filter, which opens files and sockets, loads modules and asks servers far
 * away, all at the wish of whoever wrote the filter.  names.c has functions of its own in place of those that libpcap calls: a
 * program that links it has no other answer to give.
 */
#ifndef ENGINE_DECODE_NAMES_H
#define ENGINE_DECODE_NAMES_H

/* Reads /etc/services and /etc/protocols; where one cannot be read, its names are unknown.  Nothing is opened afterwards. */
void names_load(void);

/*
 * The latest name of a host, a network or an Ethernet address that was asked for, and refused, since names_forget(): a text
 * that is cut where it is long, or NULL.
 */
const char *names_refused(void);
void		names_forget(void);

#endif /* ENGINE_DECODE_NAMES_H */

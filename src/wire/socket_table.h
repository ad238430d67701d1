/*
 * socket_table.h
 *	  Which process of this host has which socket: a table in memory that nfstream_sockets writes and the leader reads.
 *
 * An entry is a socket: its two ends and the process that holds it, and the time in which it was there.  A socket without a
 * peer (one that listens, or UDP that was not connected) has zeros in the peer's place.  Addresses have 16 bytes, an IPv4
 * address as the IPv6 address that maps it (RFC 4291, 2.5.5.2), so that a socket for both families has one form.
 *
 * A key's entry is in one of two buckets, at any place in it: what is looked at is bounded, whatever the table holds.  A
 * bucket has a sequence number that is odd while it is written to: a reader copies, and copies again if the number has
 * moved.  What stands in the table may be a lie, as all that another program writes: a reader takes its numbers and its
 * text only after it has checked its own copy of them.
 */
#ifndef WIRE_SOCKET_TABLE_H
#define WIRE_SOCKET_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#define SOCKET_TABLE_VERSION 2

/* The table's descriptor, when nfstream_sockets starts; its standard input is the socket to its owner. */
#define SOCKET_TABLE_DESCRIPTOR 3

#define SOCKET_ADDRESS_BYTES	16
#define SOCKET_NAME_MAX			63
#define SOCKET_BUCKETS			8192 /* a power of two */
#define SOCKET_WAYS				8	 /* entries of a bucket */
#define HOST_ADDRESSES_MAX		1024

/* A socket that is still there. */
#define SOCKET_STILL_THERE UINT64_MAX

/* What the owner sends first, and all that it sends. */
typedef struct SocketsOrder
{
	uint32_t version; /* SOCKET_TABLE_VERSION */
	int32_t	 owner_pid;
	uint64_t poll_ms; /* from one look at the host's sockets to the next; 0: no pause */
	uint64_t keep_ms; /* how long an entry stays after its socket is gone */
} SocketsOrder;

/* How nfstream_sockets ends before its time. */
typedef enum SocketsExit
{
	SOCKETS_EXIT_ORDER = 2, /* its order or its table was none that it knows */
	SOCKETS_EXIT_SANDBOX,	/* its sandbox was refused */
	SOCKETS_EXIT_KERNEL,	/* netlink was refused */
	SOCKETS_EXIT_FINDER		/* its child did not start, or has ended */
} SocketsExit;

typedef struct SocketKey
{
	uint8_t	 local[SOCKET_ADDRESS_BYTES];
	uint8_t	 remote[SOCKET_ADDRESS_BYTES];
	uint16_t local_port;
	uint16_t remote_port;
	uint8_t	 protocol; /* 6 or 17 */
	uint8_t	 zeros[3];
} SocketKey;

typedef struct SocketEntry
{
	SocketKey key;
	uint64_t  since; /* ms since 1970: it was not there yet; 0: it was there at the first look */
	uint64_t  until; /* the same: it was not there any more, or SOCKET_STILL_THERE */
	uint32_t  inode; /* its number in the kernel; 0: the entry is free */
	int32_t	  pid;	 /* 0: not found */
	uint8_t	  name_length;
	uint8_t	  name[SOCKET_NAME_MAX];
} SocketEntry;

typedef struct SocketBucket
{
	uint32_t	sequence;
	uint32_t	zeros[15];
	SocketEntry entries[SOCKET_WAYS];
} SocketBucket;

/* An address that this host has or had. */
typedef struct HostAddress
{
	uint8_t	 bytes[SOCKET_ADDRESS_BYTES];
	uint64_t until; /* as a socket's */
} HostAddress;

typedef struct SocketTable
{
	uint64_t	 seed;		 /* of the keys' hash */
	uint32_t	 sees_all;	 /* 1: the processes of all users can be looked at; 0: those of the server's user */
	uint32_t	 overflowed; /* 1: there were more sockets, or addresses, than there is room for */
	uint32_t	 addresses_sequence;
	uint32_t	 address_count;
	uint32_t	 finder_silent; /* 1: the child that looks at processes does not answer */
	uint32_t	 zeros[9];
	HostAddress	 addresses[HOST_ADDRESSES_MAX];
	SocketBucket buckets[SOCKET_BUCKETS];
} SocketTable;

/* A flow whose process is looked for. */
typedef struct SocketFlow
{
	uint8_t	 src[SOCKET_ADDRESS_BYTES];
	uint8_t	 dst[SOCKET_ADDRESS_BYTES];
	uint16_t src_port;
	uint16_t dst_port;
	uint8_t	 protocol;
	uint64_t first; /* ms since 1970: its first packet, and its last */
	uint64_t last;
} SocketFlow;

typedef struct SocketProcess
{
	int32_t pid;
	uint8_t name_length;
	uint8_t name[SOCKET_NAME_MAX]; /* valid UTF-8 without NUL */
} SocketProcess;

/* An address of 4 or 16 bytes in the form that keys have. */
void socket_address(uint8_t to[SOCKET_ADDRESS_BYTES], const uint8_t *bytes, unsigned length);

/* The address of a socket that is bound to all of this host's IPv4 or IPv6 addresses, by the family of this address. */
void socket_wildcard(uint8_t to[SOCKET_ADDRESS_BYTES], const uint8_t address[SOCKET_ADDRESS_BYTES]);

/* The two buckets in which a key may stand. */
void socket_buckets(uint64_t seed, const SocketKey *key, uint32_t buckets[2]);

/*
 * Looks up the process that a flow belongs to: of the flow's source, if that is an address of this host, else of its
 * destination; so of two processes that talk to each other here it is the one that began.  At an end it is the socket that is
 * connected to the other, else one that has the port without a peer: UDP that was not connected, or the listener of a
 * connection that nobody saw.  Only sockets count that were there while the flow had packets.
 *
 * Returns false if there is none, or what the table says cannot be.
 */
bool socket_table_find(const SocketTable *table, const SocketFlow *flow, SocketProcess *process);

#endif /* WIRE_SOCKET_TABLE_H */

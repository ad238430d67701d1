/*
 * account.h
 *	  The counters of one scan: what became of every packet that was read.
 *
 * packets read = metered + set aside + of other meters' shards + ignored (by reason) + filtered, in every meter and, added up, in a scan.
 * The packets of all rows = metered - given up.
 * Of an interface: received = read + dropped by the kernel + left in its ring.
 */
#ifndef WIRE_ACCOUNT_H
#define WIRE_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

/* Why a packet is in no flow.  The names are shown to users: account.c. */
typedef enum IgnoreReason
{
	NOT_IGNORED = -1,
	IGNORED_LINK_TYPE,		   /* a link type that is not decoded */
	IGNORED_CUT,			   /* a header that was on the wire, and is not all captured */
	IGNORED_SHORT,			   /* captured in full, and too short for its headers */
	IGNORED_NOT_IP,			   /* carries no IP packet */
	IGNORED_SPANNING_TREE,	   /* 802.1D */
	IGNORED_BAD_CHECKSUM,	   /* radiotap says that the frame's checksum is wrong */
	IGNORED_NOT_DATA,		   /* 802.11: management, control, null or encrypted */
	IGNORED_NO_LLC,			   /* 802.11 data without LLC/SNAP */
	IGNORED_BAD_LENGTH,		   /* IP whose lengths contradict each other */
	IGNORED_INCOMPLETE_IPV6,   /* captured in full, but shorter than its length field */
	IGNORED_NO_NEXT_HEADER,	   /* IPv6 that says that nothing follows */
	IGNORED_FRAGMENT,		   /* a later fragment */
	IGNORED_TUNNEL_WITHOUT_IP, /* GTP-U that carries something else */
	IGNORE_REASONS
} IgnoreReason;

typedef enum Counter
{
	COUNTER_PACKETS_READ,
	COUNTER_PACKETS_METERED,   /* those of this meter's shard, but for those set aside */
	COUNTER_PACKETS_SET_ASIDE, /* those of flows that the condition sets aside, whether they were tracked or not */
	COUNTER_PACKETS_OF_OTHER_SHARDS,
	COUNTER_PACKETS_FILTERED,	  /* refused by the BPF filter */
	COUNTER_FILTERED_VLAN,		  /* of these, those that begin with a VLAN tag */
	COUNTER_FILTERED_MPLS,		  /* an MPLS label */
	COUNTER_FILTERED_PPPOE,		  /* a PPPoE session's header */
	COUNTER_PACKETS_OUT_OF_ORDER, /* of this meter's shard, metered at a later time than their own, the clock's */
	COUNTER_BYTES_READ,			  /* of the sources */
	COUNTER_PACKETS_RECEIVED,	  /* of an interface, that passed the filter in the kernel: read + dropped + left in the ring */
	COUNTER_DROPPED_BY_KERNEL,	  /* of these, because the ring was full */
	COUNTER_LEFT_IN_RING,		  /* of these, those that nobody had read at the end */
	COUNTER_LONGER_THAN_MTU,	  /* read packets that no wire carries: GRO or LRO has put them together */
	COUNTER_FLOWS,				  /* emitted */
	COUNTER_FLOWS_SET_ASIDE,	  /* that were tracked, and left without a record */
	COUNTER_FLOWS_EXPIRED_EARLY,  /* of these and those, because of max_active_flows, or of a clock that was set back */
	COUNTER_FLOWS_GIVEN_UP,		  /* still active when max_nflows was reached */
	COUNTER_PACKETS_GIVEN_UP,	  /* metered packets of those flows */
	COUNTER_DISSECTIONS,		  /* packets handed to nDPI */
	COUNTER_PACKETS_WITHHELD,	  /* packets that would have kept nDPI busy for ever */
	COUNTER_DISSECTION_TIME,	  /* ns, if it was asked for */
	COUNTER_DPI_STARTED,		  /* how many meters initialised nDPI */
	COUNTER_IGNORED,			  /* the first of IGNORE_REASONS counters */
	COUNTERS = COUNTER_IGNORED + IGNORE_REASONS
} Counter;

/* What a counter is to the scan of which a meter is one. */
typedef enum CounterSum
{
	COUNTER_ADDED,	/* each meter counts its own */
	COUNTER_SHARED, /* each meter that walks the whole source counts the same */
	COUNTER_OWN		/* of no use in the account of a scan */
} CounterSum;

typedef struct CounterKind
{
	const char *label; /* as EXPLAIN prints it */
	CounterSum	sum;
	bool		is_live; /* of no meaning where files are read */
} CounterKind;

extern const CounterKind counter_kinds[COUNTERS];

typedef struct Account
{
	uint64_t counters[COUNTERS];
} Account;

/* How the accounts of a scan's meters make the scan's. */
typedef enum AccountRule
{
	ACCOUNT_OF_SHARDS, /* every meter walks the whole source: what all count is counted once, the greatest */
	ACCOUNT_OF_PARTS   /* each reads what no other does, files or its part of a live source: all is added */
} AccountRule;

/* Adds a meter's account to a scan's, which starts as all zeros. */
void account_add(Account *scan, const Account *meter, AccountRule rule);

/* All ignored packets, whatever the reason. */
uint64_t account_ignored(const Account *account);

/* Whether a meter's own counters add up: every packet that it read became something. */
bool account_adds_up(const Account *meter);

#endif /* WIRE_ACCOUNT_H */

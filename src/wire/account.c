/*
 * account.c
 *	  The table of counters, and their sums.
 */
#include "wire/account.h"

const CounterKind counter_kinds[COUNTERS] = {
	[COUNTER_PACKETS_READ] = {"Packets Read", COUNTER_SHARED},
	[COUNTER_PACKETS_METERED] = {"Packets Metered", COUNTER_ADDED},
	[COUNTER_PACKETS_SET_ASIDE] = {"Packets Set Aside", COUNTER_ADDED},
	[COUNTER_PACKETS_OF_OTHER_SHARDS] = {"Packets of Other Shards", COUNTER_OWN},
	[COUNTER_PACKETS_FILTERED] = {"Packets Filtered", COUNTER_SHARED},
	[COUNTER_FILTERED_VLAN] = {"Packets Filtered with VLAN Tags", COUNTER_SHARED},
	[COUNTER_FILTERED_MPLS] = {"Packets Filtered with MPLS Labels", COUNTER_SHARED},
	[COUNTER_FILTERED_PPPOE] = {"Packets Filtered in PPPoE", COUNTER_SHARED},
	[COUNTER_PACKETS_OUT_OF_ORDER] = {"Packets Out of Order", COUNTER_ADDED},
	[COUNTER_BYTES_READ] = {"Bytes Read", COUNTER_SHARED},
	[COUNTER_PACKETS_RECEIVED] = {"Packets Received", COUNTER_ADDED, .is_live = true},
	[COUNTER_DROPPED_BY_KERNEL] = {"Packets Dropped by Kernel", COUNTER_ADDED, .is_live = true},
	[COUNTER_LEFT_IN_RING] = {"Packets Left in Ring", COUNTER_ADDED, .is_live = true},
	[COUNTER_LONGER_THAN_MTU] = {"Packets Longer than MTU", COUNTER_ADDED, .is_live = true},
	[COUNTER_FLOWS] = {"Flows", COUNTER_ADDED},
	[COUNTER_FLOWS_SET_ASIDE] = {"Flows Set Aside", COUNTER_ADDED},
	[COUNTER_FLOWS_EXPIRED_EARLY] = {"Flows Expired Early", COUNTER_ADDED},
	[COUNTER_FLOWS_GIVEN_UP] = {"Flows Given Up", COUNTER_ADDED},
	[COUNTER_PACKETS_GIVEN_UP] = {"Packets Given Up", COUNTER_ADDED},
	[COUNTER_DISSECTIONS] = {"Dissections", COUNTER_ADDED},
	[COUNTER_PACKETS_WITHHELD] = {"Packets Kept from nDPI", COUNTER_ADDED},
	[COUNTER_DISSECTION_TIME] = {"Dissection Time", COUNTER_ADDED},
	[COUNTER_DPI_STARTED] = {"nDPI Initialised", COUNTER_ADDED},
	[(COUNTER_IGNORED + IGNORED_LINK_TYPE)] = {"Link Type", COUNTER_SHARED},
	[(COUNTER_IGNORED + IGNORED_CUT)] = {"Cut Short", COUNTER_SHARED},
	[(COUNTER_IGNORED + IGNORED_SHORT)] = {"Too Short", COUNTER_SHARED},
	[(COUNTER_IGNORED + IGNORED_NOT_IP)] = {"Not IP", COUNTER_SHARED},
	[(COUNTER_IGNORED + IGNORED_SPANNING_TREE)] = {"Spanning Tree", COUNTER_SHARED},
	[(COUNTER_IGNORED + IGNORED_BAD_CHECKSUM)] = {"Bad Checksum", COUNTER_SHARED},
	[(COUNTER_IGNORED + IGNORED_NOT_DATA)] = {"Not 802.11 Data", COUNTER_SHARED},
	[(COUNTER_IGNORED + IGNORED_NO_LLC)] = {"No LLC/SNAP", COUNTER_SHARED},
	[(COUNTER_IGNORED + IGNORED_BAD_LENGTH)] = {"Bad Length", COUNTER_SHARED},
	[(COUNTER_IGNORED + IGNORED_INCOMPLETE_IPV6)] = {"Incomplete IPv6", COUNTER_SHARED},
	[(COUNTER_IGNORED + IGNORED_NO_NEXT_HEADER)] = {"No Next Header", COUNTER_SHARED},
	[(COUNTER_IGNORED + IGNORED_FRAGMENT)] = {"Fragment", COUNTER_SHARED},
	[(COUNTER_IGNORED + IGNORED_TUNNEL_WITHOUT_IP)] = {"Tunnel Without IP", COUNTER_SHARED},
};

void
account_add(Account *scan, const Account *meter, AccountRule rule)
{
	for (int i = 0; i < COUNTERS; i++)
	{
		CounterSum sum = counter_kinds[i].sum;

		if (sum == COUNTER_ADDED || (sum == COUNTER_SHARED && rule == ACCOUNT_OF_PARTS))
			scan->counters[i] += meter->counters[i];
		else if (sum == COUNTER_SHARED && meter->counters[i] > scan->counters[i])
			scan->counters[i] = meter->counters[i];
	}
}

uint64_t
account_ignored(const Account *account)
{
	uint64_t ignored = 0;

	for (int i = 0; i < IGNORE_REASONS; i++)
		ignored += account->counters[(COUNTER_IGNORED + i)];
	return ignored;
}

bool
account_adds_up(const Account *meter)
{
	const uint64_t *c = meter->counters;
	uint64_t		received = c[COUNTER_PACKETS_RECEIVED];

	/* Of files, nobody has received anything. */
	if (received != (received == 0 ? 0 : c[COUNTER_PACKETS_READ]) + c[COUNTER_DROPPED_BY_KERNEL] + c[COUNTER_LEFT_IN_RING])
		return false;
	return c[COUNTER_PACKETS_READ] == c[COUNTER_PACKETS_METERED] + c[COUNTER_PACKETS_SET_ASIDE] +
										  c[COUNTER_PACKETS_OF_OTHER_SHARDS] + c[COUNTER_PACKETS_FILTERED] + account_ignored(meter);
}

/*
 * keeper.c
 *	  Keeping the table of the host's sockets: what comes, what stays, what has gone.
 *
 * A look goes in two steps.  While it runs, each socket that has an entry marks it, and the others are noted.  At its end the
 * entries that are not marked have gone; then those noted get entries of their own, but for one whose key is another
 * socket's that is still there: workers of a server share a port by SO_REUSEPORT, and one of them stands for all.
 *
 * A socket came after the look before the first that saw it, and went before the first that did not: its time in the table
 * is never shorter than it was.
 *
 * An entry whose socket has gone is kept for a while, as flows become rows only when they expire, and gives way to a
 * socket that needs the room; of several the one that went first.
 */
#include <stdlib.h>
#include <string.h>

#include "sockets/keeper.h"

/* A process that was not found is looked for again after 1, 2, 4 ... looks, and after this many at most. */
#define LONGEST_PAUSE 64

/* What is known of an entry besides what stands in the table. */
typedef struct Kept
{
	uint32_t seen;	/* the last look that saw it; 0: the entry is free */
	uint32_t again; /* the look at which its process is looked for next */
	uint8_t	 pause; /* looks from that one to the next */
	bool	 open;	/* the socket is there */
} Kept;

typedef struct Noted
{
	SocketKey key;
	uint32_t  inode;
} Noted;

typedef struct Wanted
{
	uint32_t inode;
	uint32_t entry;
} Wanted;

struct Keeper
{
	SocketTable *table;
	uint64_t	 keep_ms;
	uint32_t	 look;	   /* the number of the one at hand, from 1 */
	uint64_t	 began;	   /* that one; 0: there was none */
	uint64_t	 complete; /* when the last complete one began; 0: there was none */
	uint32_t	 noted;
	uint32_t	 wanted;
	uint8_t		 address_seen[HOST_ADDRESSES_MAX];
	Kept		 kept[KEEPER_ENTRIES];
	Noted		 notes[KEEPER_ENTRIES];
	Wanted		 wants[KEEPER_WANTED_MAX]; /* by inode, then by entry */
};

static SocketBucket *
bucket_of(const Keeper *keeper, uint32_t entry)
{
	return &keeper->table->buckets[entry / SOCKET_WAYS];
}

static SocketEntry *
entry_of(const Keeper *keeper, uint32_t entry)
{
	return &bucket_of(keeper, entry)->entries[entry % SOCKET_WAYS];
}

static void
begin_writing(uint32_t *sequence)
{
	__atomic_store_n(sequence, *sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

static void
end_writing(uint32_t *sequence)
{
	__atomic_store_n(sequence, *sequence + 1, __ATOMIC_RELEASE);
}

static void
write_entry(const Keeper *keeper, uint32_t entry, const SocketEntry *content)
{
	uint32_t *sequence = &bucket_of(keeper, entry)->sequence;

	begin_writing(sequence);
	*entry_of(keeper, entry) = *content;
	end_writing(sequence);
}

/* The entries that may hold a key: of its two buckets, or twice those of the same one. */
static uint32_t
places_of(const Keeper *keeper, const SocketKey *key, uint32_t places[2 * SOCKET_WAYS])
{
	uint32_t buckets[2];
	uint32_t count = 0;

	socket_buckets(keeper->table->seed, key, buckets);
	for (int i = 0; i < 2; i++)
		for (uint32_t way = 0; way < SOCKET_WAYS; way++)
			places[count++] = buckets[i] * SOCKET_WAYS + way;
	return count;
}

Keeper *
keeper_start(SocketTable *table, uint64_t seed, uint64_t keep_ms)
{
	Keeper *keeper = calloc(1, sizeof(*keeper));

	if (keeper == NULL)
		return NULL;
	keeper->table = table;
	keeper->keep_ms = keep_ms;
	table->seed = seed;
	return keeper;
}

void
keeper_end(Keeper *keeper)
{
	free(keeper);
}

/* --------------------------------------------------------------------------------------------------------------- sockets */

/* The clock was set back: times of what is there, and has gone, would be in the future for long.  A socket may have been there ever since. */
static void
set_back(Keeper *keeper, uint64_t now)
{
	keeper->complete = 0;
	for (uint32_t i = 0; i < KEEPER_ENTRIES; i++)
	{
		SocketEntry entry = *entry_of(keeper, i);

		if (keeper->kept[i].seen == 0)
			continue;
		entry.since = 0;
		if (!keeper->kept[i].open && entry.until > now)
			entry.until = now;
		write_entry(keeper, i, &entry);
	}
}

void
keeper_begin_look(Keeper *keeper, uint64_t now)
{
	if (now < keeper->began)
		set_back(keeper, now);
	keeper->look++;
	if (keeper->look == 0) /* which means that an entry is free */
		keeper->look = 1;
	keeper->began = now;
	keeper->noted = 0;
}

void
keeper_see(Keeper *keeper, const SocketKey *key, uint32_t inode)
{
	uint32_t places[2 * SOCKET_WAYS];
	uint32_t count = places_of(keeper, key, places);

	for (uint32_t i = 0; i < count; i++)
	{
		const SocketEntry *entry = entry_of(keeper, places[i]);
		Kept			  *kept = &keeper->kept[places[i]];

		if (!kept->open || memcmp(&entry->key, key, sizeof(*key)) != 0 || (inode != 0 && entry->inode != inode))
			continue;
		kept->seen = keeper->look;
		return;
	}
	if (inode == 0)
		return;
	if (keeper->noted == KEEPER_ENTRIES)
	{
		__atomic_store_n(&keeper->table->overflowed, 1, __ATOMIC_RELAXED);
		return;
	}
	keeper->notes[keeper->noted++] = (Noted) {.key = *key, .inode = inode};
}

/* What was not seen has gone, and what has gone for long enough gives up its entry. */
static void
end_entries(Keeper *keeper, bool complete, uint64_t now)
{
	for (uint32_t i = 0; i < KEEPER_ENTRIES; i++)
	{
		Kept	   *kept = &keeper->kept[i];
		SocketEntry entry;

		if (kept->seen == 0 || (kept->open && (!complete || kept->seen == keeper->look)))
			continue;
		entry = *entry_of(keeper, i);
		if (kept->open)
		{
			kept->open = false;
			entry.until = now;
		}
		else if (now > entry.until && now - entry.until > keeper->keep_ms)
		{
			*kept = (Kept) {.seen = 0};
			memset(&entry, 0, sizeof(entry));
		}
		else
			continue;
		write_entry(keeper, i, &entry);
	}
}

/*
 * A place for a new entry, in the one of its buckets that has fewer sockets that are there, as then hardly any bucket is ever full: a free place, or
 * that of the socket that went first.  KEEPER_ENTRIES if there is none, or if another socket that is there stands for this one.
 */
static uint32_t
find_place(Keeper *keeper, const SocketKey *key)
{
	uint32_t places[2 * SOCKET_WAYS];
	uint32_t count = places_of(keeper, key, places),
			 open[2] = {0, 0},
			 best = KEEPER_ENTRIES,
			 first;
	uint64_t gone = SOCKET_STILL_THERE;

	for (uint32_t i = 0; i < count; i++)
		if (keeper->kept[places[i]].open)
		{
			if (memcmp(&entry_of(keeper, places[i])->key, key, sizeof(*key)) == 0)
				return KEEPER_ENTRIES;
			open[i / SOCKET_WAYS]++;
		}
	first = open[0] <= open[1] ? 0 : SOCKET_WAYS;
	for (uint32_t i = first; i < first + SOCKET_WAYS; i++)
	{
		uint64_t until = keeper->kept[places[i]].seen == 0 ? 0 : entry_of(keeper, places[i])->until;

		if (until < gone)
		{
			gone = until;
			best = places[i];
		}
	}
	if (best == KEEPER_ENTRIES)
		__atomic_store_n(&keeper->table->overflowed, 1, __ATOMIC_RELAXED);
	return best;
}

void
keeper_end_look(Keeper *keeper, bool complete, uint64_t now)
{
	end_entries(keeper, complete, now);
	for (uint32_t i = 0; i < keeper->noted; i++)
	{
		const Noted *noted = &keeper->notes[i];
		uint32_t	 place = find_place(keeper, &noted->key);
		SocketEntry	 entry = {
			 .key = noted->key,
			 .since = keeper->complete,
			 .until = SOCKET_STILL_THERE,
			 .inode = noted->inode,
		 };

		if (place == KEEPER_ENTRIES)
			continue;
		keeper->kept[place] = (Kept) {.seen = keeper->look, .again = keeper->look, .pause = 1, .open = true};
		write_entry(keeper, place, &entry);
	}
	if (complete)
		keeper->complete = keeper->began;
}

/* ------------------------------------------------------------------------------------------------------------- addresses */

void
keeper_begin_addresses(Keeper *keeper)
{
	memset(keeper->address_seen, 0, sizeof(keeper->address_seen));
}

void
keeper_see_address(Keeper *keeper, const uint8_t address[SOCKET_ADDRESS_BYTES])
{
	SocketTable *table = keeper->table;
	uint32_t	 place = 0;

	while (place < table->address_count && memcmp(table->addresses[place].bytes, address, SOCKET_ADDRESS_BYTES) != 0)
		place++;
	if (place == HOST_ADDRESSES_MAX)
	{
		__atomic_store_n(&table->overflowed, 1, __ATOMIC_RELAXED);
		return;
	}
	keeper->address_seen[place] = 1;
	if (place < table->address_count && table->addresses[place].until == SOCKET_STILL_THERE)
		return;
	begin_writing(&table->addresses_sequence);
	memcpy(table->addresses[place].bytes, address, SOCKET_ADDRESS_BYTES);
	table->addresses[place].until = SOCKET_STILL_THERE;
	end_writing(&table->addresses_sequence);
	if (place == table->address_count)
		__atomic_store_n(&table->address_count, place + 1, __ATOMIC_RELEASE);
}

void
keeper_end_addresses(Keeper *keeper, uint64_t now)
{
	SocketTable *table = keeper->table;

	for (uint32_t i = 0; i < table->address_count; i++)
		if (!keeper->address_seen[i] && table->addresses[i].until == SOCKET_STILL_THERE)
		{
			begin_writing(&table->addresses_sequence);
			table->addresses[i].until = now;
			end_writing(&table->addresses_sequence);
		}
}

/* ------------------------------------------------------------------------------------------------------------- processes */

static int
compare_wanted(const void *left, const void *right)
{
	const Wanted *a = left,
				 *b = right;

	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	return a->entry < b->entry ? -1 : a->entry > b->entry;
}

uint32_t
keeper_wanted(Keeper *keeper, uint32_t inodes[KEEPER_WANTED_MAX])
{
	uint32_t count = 0;

	keeper->wanted = 0;
	for (uint32_t i = 0; i < KEEPER_ENTRIES && keeper->wanted < KEEPER_WANTED_MAX; i++)
	{
		Kept *kept = &keeper->kept[i];

		if (!kept->open || kept->pause == 0 || (int32_t) (keeper->look - kept->again) < 0)
			continue;
		kept->again = keeper->look + kept->pause;
		kept->pause = kept->pause < LONGEST_PAUSE ? 2 * kept->pause : LONGEST_PAUSE;
		keeper->wants[keeper->wanted++] = (Wanted) {.inode = entry_of(keeper, i)->inode, .entry = i};
	}
	qsort(keeper->wants, keeper->wanted, sizeof(Wanted), compare_wanted);
	for (uint32_t i = 0; i < keeper->wanted; i++)
		if (i == 0 || keeper->wants[i].inode != keeper->wants[i - 1].inode)
			inodes[count++] = keeper->wants[i].inode;
	return count;
}

/* The first of the wanted entries whose socket has this number, or one after it. */
static uint32_t
first_wanted(const Keeper *keeper, uint32_t inode)
{
	uint32_t low = 0,
			 high = keeper->wanted;

	while (low < high)
	{
		uint32_t middle = (low + high) / 2;

		if (keeper->wants[middle].inode < inode)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
keeper_found(Keeper *keeper, uint32_t inode, int32_t pid, const char *name)
{
	for (uint32_t i = first_wanted(keeper, inode); i < keeper->wanted && keeper->wants[i].inode == inode; i++)
	{
		uint32_t	place = keeper->wants[i].entry;
		SocketEntry entry = *entry_of(keeper, place);
		size_t		length = strlen(name);

		entry.pid = pid;
		entry.name_length = (uint8_t) (length < SOCKET_NAME_MAX ? length : SOCKET_NAME_MAX);
		memcpy(entry.name, name, entry.name_length);
		keeper->kept[place].pause = 0; /* it is not looked for any more */
		write_entry(keeper, place, &entry);
	}
}

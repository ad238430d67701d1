/*
 * capture_mutator.c
 *	  Mutates captures without breaking their framing, most of the time.
 *
 * A capture is taken as a file header and pieces: the records of a pcap, the blocks of a pcapng, as far as they are whole.
 * What is changed is what is in a piece, or where it stands; a piece whose packet gets another length is framed anew.  So a
 * mutation reaches decoding, flows and clock instead of ending at the first length that does not fit.  Now and then a number
 * of the framing is damaged, the options in front are changed, or the input is mutated without looking at what it is: that is
 * how compressed captures are.
 */
#include "fuzz.h"

#define PIECES_MOST	   2000
#define PCAP_HEADER	   24

#define BLOCK_SECTION  0x0a0d0d0au
#define BLOCK_PACKET   2
#define BLOCK_SIMPLE   3
#define BLOCK_ENHANCED 6

typedef struct Piece
{
	size_t at; /* in the input */
	size_t length;
	size_t header;	 /* bytes in front of the packet, or of what else is in it */
	size_t captured; /* length of that */
	bool   big;		 /* numbers are big-endian */
	bool   is_packet;
} Piece;

typedef struct Input
{
	uint8_t *data;
	size_t	 size;
	size_t	 most;
	uint64_t random;
	bool	 is_pcap;
	bool	 is_pcapng;
	size_t	 captured_at; /* in a pcap record's header */
	size_t	 wire_at;
	size_t	 record_header;
	unsigned count;
	Piece	 pieces[PIECES_MOST];
} Input;

/* ----------------------------------------------------------------------------------------------------------------- numbers */

static uint32_t
get_u32(const uint8_t *at, bool big)
{
	return big ? (uint32_t) at[0] << 24 | (uint32_t) at[1] << 16 | (uint32_t) at[2] << 8 | at[3] :
				 (uint32_t) at[3] << 24 | (uint32_t) at[2] << 16 | (uint32_t) at[1] << 8 | at[0];
}

static void
put_u32(uint8_t *at, uint32_t number, bool big)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t) (number >> 8 * (big ? 3 - i : i));
}

static size_t
padded(size_t length)
{
	return (length + 3) & ~(size_t) 3;
}

/* ----------------------------------------------------------------------------------------------------------- taking it apart */

static void
find_records(Input *input, bool big)
{
	size_t at = SCAN_OPTION_BYTES + PCAP_HEADER;

	while (input->count < PIECES_MOST && input->size - at >= input->record_header)
	{
		size_t captured = get_u32(input->data + at + input->captured_at, big);

		if (captured > input->size - at - input->record_header)
			break;
		input->pieces[input->count++] = (Piece) {
			.at = at,
			.length = input->record_header + captured,
			.header = input->record_header,
			.captured = captured,
			.big = big,
			.is_packet = true,
		};
		at += input->record_header + captured;
	}
}

static void
find_blocks(Input *input)
{
	size_t at = SCAN_OPTION_BYTES;
	bool   big = false;

	while (input->count < PIECES_MOST && input->size - at >= 12)
	{
		const uint8_t *block = input->data + at;
		uint32_t	   type,
			total;
		Piece piece = {.at = at, .header = 8};

		if (get_u32(block, false) == BLOCK_SECTION)
			big = block[8] == 0x1a;
		type = get_u32(block, big);
		total = get_u32(block + 4, big);
		if (total < 12 || total % 4 != 0 || total > input->size - at)
			break;
		if ((type == BLOCK_PACKET || type == BLOCK_ENHANCED) && total >= 32)
			piece.header = 28;
		else if (type == BLOCK_SIMPLE && total >= 16)
			piece.header = 12;
		piece.big = big;
		piece.is_packet = piece.header > 8;
		piece.length = total;
		piece.captured = total - piece.header - 4;
		if (piece.header == 28 && get_u32(block + 20, big) < piece.captured)
			piece.captured = get_u32(block + 20, big);
		input->pieces[input->count++] = piece;
		at += total;
	}
}

static void
take_apart(Input *input)
{
	const uint8_t *capture = input->data + SCAN_OPTION_BYTES;
	uint32_t	   magic;
	bool		   big;

	input->count = 0;
	input->is_pcap = input->is_pcapng = false;
	if (input->size < SCAN_OPTION_BYTES + PCAP_HEADER)
		return;
	magic = get_u32(capture, false);
	if (magic == BLOCK_SECTION)
	{
		input->is_pcapng = true;
		find_blocks(input);
		return;
	}
	big = capture[0] == 0xa1;
	magic = get_u32(capture, big);
	input->is_pcap = magic == 0xa1b2c3d4 || magic == 0xa1b23c4d || magic == 0xa1b2cd34;
	if (!input->is_pcap)
		return;
	input->record_header = magic == 0xa1b2cd34 ? 24 : 16;
	input->captured_at = (big ? capture[7] : capture[6]) < 3 ? 12 : 8;
	input->wire_at = 20 - input->captured_at;
	find_records(input, big);
}

/* ------------------------------------------------------------------------------------------------------------ changing it */

/* Puts bytes in the place of others; false if the input would get too long. */
static bool
replace(Input *input, size_t at, size_t length, const uint8_t *bytes, size_t new_length)
{
	if (input->size - length + new_length > input->most)
		return false;
	memmove(input->data + at + new_length, input->data + at + length, input->size - at - length);
	if (new_length > 0)
		memcpy(input->data + at, bytes, new_length);
	input->size += new_length - length;
	return true;
}

/* A piece like this one with something else in it; returns its length.  What a block has after its packet is left out. */
static size_t
frame(const Input *input, const Piece *like, const uint8_t *content, size_t length, uint8_t *to)
{
	const uint8_t *from = input->data + like->at;
	size_t		   captured_at = input->is_pcap ? input->captured_at : 20,
		   wire_at = input->is_pcap ? input->wire_at : (like->header == 12 ? 8 : 24),
		   total = like->header + length;
	bool was_whole = like->is_packet && get_u32(from + wire_at, like->big) == like->captured;

	memcpy(to, from, like->header);
	memcpy(to + like->header, content, length);
	if (like->is_packet && like->header != 12)
		put_u32(to + captured_at, (uint32_t) length, like->big);
	if (was_whole)
		put_u32(to + wire_at, (uint32_t) length, like->big);
	if (input->is_pcapng)
	{
		memset(to + total, 0, padded(total) - total);
		total = padded(total) + 4;
		put_u32(to + 4, (uint32_t) total, like->big);
		put_u32(to + total - 4, (uint32_t) total, like->big);
	}
	return total;
}

static Piece *
any_piece(Input *input)
{
	return &input->pieces[fuzz_below(&input->random, input->count)];
}

static void
refill(Input *input, const Piece *piece, const uint8_t *content, size_t length)
{
	uint8_t *framed = malloc(piece->header + length + 8);
	size_t	 total = frame(input, piece, content, length, framed);

	replace(input, piece->at, piece->length, framed, total);
	free(framed);
}

/* libFuzzer's own mutation of what is in a piece. */
static void
mutate_content(Input *input)
{
	const Piece *piece = any_piece(input);
	size_t		 room = piece->captured + 64;
	uint8_t		*content = malloc(room);

	memcpy(content, input->data + piece->at + piece->header, piece->captured);
	refill(input, piece, content, LLVMFuzzerMutate(content, piece->captured, room));
	free(content);
}

/* Puts a copy of a piece somewhere else, or takes it there. */
static void
copy_piece(Input *input, bool remove)
{
	const Piece *piece = any_piece(input);
	size_t		 length = piece->length,
		   from = piece->at,
		   to = any_piece(input)->at;
	uint8_t *copy = exact_copy(input->data + from, length);

	if (replace(input, to, 0, copy, length) && remove)
		replace(input, from + (to <= from ? length : 0), length, NULL, 0);
	free(copy);
}

static void
remove_piece(Input *input)
{
	const Piece *piece = any_piece(input);

	replace(input, piece->at, piece->length, NULL, 0);
}

/* Two packets of one: the second gets what the first has after some byte. */
static void
split_packet(Input *input)
{
	Piece	 piece = *any_piece(input);
	size_t	 first = fuzz_below(&input->random, piece.captured + 1);
	uint8_t *content = exact_copy(input->data + piece.at + piece.header, piece.captured),
			*second = malloc(piece.length + 8);
	size_t second_length = frame(input, &piece, content + first, piece.captured - first, second);

	replace(input, piece.at + piece.length, 0, second, second_length);
	refill(input, &piece, content, first);
	free(content);
	free(second);
}

/* One packet of two. */
static void
join_packets(Input *input)
{
	Piece *first = any_piece(input),
		  *second = first + 1;
	uint8_t *content;

	if (second == input->pieces + input->count)
		return;
	content = malloc(first->captured + second->captured);
	memcpy(content, input->data + first->at + first->header, first->captured);
	memcpy(content + first->captured, input->data + second->at + second->header, second->captured);
	replace(input, second->at, second->length, NULL, 0);
	refill(input, first, content, first->captured + second->captured);
	free(content);
}

/* Another time for a packet and perhaps for all that follow: by as much as makes a difference to timeouts and idle scans. */
static void
move_time(Input *input)
{
	static const uint32_t seconds[] = {0, 1, 10, 120, 1800, UINT32_MAX, 86400 * 365};
	static const uint32_t microseconds[] = {1, 999, 1000, 10000, 999999, UINT32_MAX};
	bool				  by_seconds = fuzz_below(&input->random, 2) == 0,
		 all = fuzz_below(&input->random, 2) == 0;
	uint32_t step = by_seconds ? seconds[fuzz_below(&input->random, LENGTH(seconds))] :
								 microseconds[fuzz_below(&input->random, LENGTH(microseconds))];

	for (Piece *piece = any_piece(input); piece < input->pieces + input->count; piece++)
	{
		uint8_t *stamp = input->data + piece->at + (input->is_pcap ? (by_seconds ? 0 : 4) : (by_seconds ? 12 : 16));

		if (piece->is_packet && piece->header > 12)
			put_u32(stamp, get_u32(stamp, piece->big) + step, piece->big);
		if (!all)
			break;
	}
}

/* Any number for one in a piece's header or in the file's. */
static void
damage_framing(Input *input)
{
	static const uint32_t numbers[] = {0, 1, 4, 16, 0x7f, 0xffff, 0x40000, 0x40001, 0x7fffffff, 0x80000000, UINT32_MAX};
	size_t				  choice = fuzz_below(&input->random, input->count + 1);
	size_t				  start = choice == input->count ? SCAN_OPTION_BYTES : input->pieces[choice].at,
		   words = choice == input->count ? 6 : input->pieces[choice].header / 4;
	uint8_t *word = input->data + start + 4 * fuzz_below(&input->random, words);
	bool	 big = choice < input->count && input->pieces[choice].big;

	if (fuzz_below(&input->random, 2) == 0)
		put_u32(word, numbers[fuzz_below(&input->random, LENGTH(numbers))], big);
	else
		put_u32(word, get_u32(word, big) + (uint32_t) fuzz_below(&input->random, 9) - 4, big);
}

static void
mutate_options(Input *input)
{
	input->data[fuzz_below(&input->random, SCAN_OPTION_BYTES)] = (uint8_t) fuzz_random(&input->random);
}

size_t
capture_mutate(uint8_t *data, size_t size, size_t most, unsigned seed)
{
	Input input = {.data = data, .size = size, .most = most, .random = seed};

	take_apart(&input);
	if (input.count == 0)
		return LLVMFuzzerMutate(data, size, most);
	switch (fuzz_below(&input.random, 16))
	{
		case 0:
			return LLVMFuzzerMutate(data, size, most);
		case 1:
			mutate_options(&input);
			break;
		case 2:
			damage_framing(&input);
			break;
		case 3:
			remove_piece(&input);
			break;
		case 4:
			copy_piece(&input, false);
			break;
		case 5:
			copy_piece(&input, true);
			break;
		case 6:
			split_packet(&input);
			break;
		case 7:
			join_packets(&input);
			break;
		case 8:
		case 9:
			move_time(&input);
			break;
		default:
			mutate_content(&input);
	}
	return input.size;
}

size_t
capture_cross(const uint8_t *first, size_t first_size, const uint8_t *second, size_t second_size, uint8_t *to, size_t most,
			  unsigned seed)
{
	Input into = {.data = to, .size = first_size, .most = most, .random = seed},
		  from = {.data = (uint8_t *) second, .size = second_size, .most = second_size, .random = seed};
	const Piece *start,
		*end;

	if (first_size > most)
		return 0;
	memcpy(to, first, first_size);
	take_apart(&into);
	take_apart(&from);
	if (into.count == 0 || from.count == 0 || into.is_pcap != from.is_pcap)
		return first_size;
	start = any_piece(&from);
	end = start + fuzz_below(&from.random, (size_t) (from.pieces + from.count - start));
	replace(&into, any_piece(&into)->at, 0, second + start->at, end->at + end->length - start->at);
	return into.size;
}

#
# NFStreamPackets.pm - pcap and pcapng taken apart in Perl, so that a test knows where packets end, and when they came.
#
# A capture is a file header and pieces: the records of a pcap, the blocks of a pcapng.  Only what the project's whole captures
# hold is known here; anything else is an error.
#
package NFStreamPackets;

use strict;
use warnings;
use integer;		# nanoseconds need all 64 bits

use Exporter 'import';

our @EXPORT_OK = qw(pieces_of packets_of slowed);

use constant {
	PCAP_HEADER => 24,
	RECORD_HEADER => 16,
	BLOCK_SECTION => 0x0a0d0d0a,
	BLOCK_INTERFACE => 1,
	BLOCK_PACKET => 6,
	BLOCK_HEADER => 8,
	PACKET_HEADER => 28,
	OPTION_END => 0,
	OPTION_RESOLUTION => 9,
};

# The pieces of a capture, each with its place in the file (`from`, `content`, `to`) and, if it is a packet, its time: `stamp`
# in so many `units` a second, as it stands in two words `stamp_at` in the byte order `word`; `high` is what the first word is
# worth.  In front of a pcap's pieces is its file header, which is none.
sub pieces_of
{
	my ($bytes) = @_;

	return unpack('V', $bytes) == BLOCK_SECTION ? blocks_of($bytes) : records_of($bytes);
}

# The pieces that are packets, each with its time in ms.
sub packets_of
{
	my @packets = grep { defined $_->{stamp} } @_;

	$_->{ms} = $_->{stamp} / ($_->{units} / 1000) foreach @packets;
	return @packets;
}

sub records_of
{
	my ($bytes) = @_;
	my %units = (0xa1b2c3d4 => 1_000_000, 0xa1b23c4d => 1_000_000_000);
	my ($word) = grep { $units{ unpack($_, $bytes) } } 'V', 'N' or die 'not a pcap';
	my $units = $units{ unpack($word, $bytes) };
	my @pieces;

	for (my $at = PCAP_HEADER; $at < length($bytes); $at = $pieces[-1]{to})
	{
		my ($seconds, $part, $captured) = unpack("${word}3", substr($bytes, $at, RECORD_HEADER));
		my $content = $at + RECORD_HEADER;

		push @pieces, { from => $at, content => $content, to => $content + $captured, stamp => $seconds * $units + $part,
			units => $units, stamp_at => $at, word => $word, high => $units };
	}
	return @pieces;
}

sub blocks_of
{
	my ($bytes) = @_;
	my ($word, @units, @pieces);

	for (my $at = 0; $at < length($bytes); $at = $pieces[-1]{to})
	{
		my $start = substr($bytes, $at, PACKET_HEADER);

		if (unpack('V', $start) == BLOCK_SECTION)
		{
			$word = unpack('x8V', $start) == 0x1a2b3c4d ? 'V' : 'N';
			@units = ();
		}
		my ($type, $length, $interface, $high, $low) = unpack("${word}5", $start);
		push @pieces, { from => $at, content => $at + BLOCK_HEADER, to => $at + $length };
		push @units, units_of(substr($bytes, $at + 16, $length - 20), $word) if $type == BLOCK_INTERFACE;
		die "a block of type $type" if $type == 2 || $type == 3;
		next if $type != BLOCK_PACKET;
		%{ $pieces[-1] } = (%{ $pieces[-1] }, content => $at + PACKET_HEADER, stamp => $high << 32 | $low,
			units => $units[$interface], stamp_at => $at + 12, word => $word, high => 1 << 32);
	}
	return @pieces;
}

# How many units of time a second has, by an interface's options.
sub units_of
{
	my ($options, $word) = @_;
	my $half = lc $word;

	while (length($options) >= 4)
	{
		my ($code, $length) = unpack("${half}2", $options);
		my $value = unpack('x4C', $options);

		last if $code == OPTION_END;
		if ($code == OPTION_RESOLUTION)
		{
			die 'a resolution that is no power of 10' if $value > 9;
			return 10**$value;
		}
		$options = substr($options, 4 + ($length + 3 & ~3));
	}
	return 1_000_000;
}

# A capture with a multiple of the time between its packets, counted from the second in which the first one came.
sub slowed
{
	my ($bytes, $factor) = @_;
	my $second;

	foreach my $packet (packets_of(pieces_of($bytes)))
	{
		$second //= $packet->{stamp} / $packet->{units};
		my $start = $second * $packet->{units};
		my $stamp = $start + ($packet->{stamp} - $start) * $factor;
		my $high = $packet->{high};

		substr($bytes, $packet->{stamp_at}, 8) =
			pack("$packet->{word}2", $stamp / $high, $stamp % $high);
	}
	return $bytes;
}

1;

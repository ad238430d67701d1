#
# NFStreamDamage.pm - damages captures at random, and knows which rows a damaged one must still have.
#
# A flow has ended before the damage if it left at a packet before the first byte that differs.  When it left follows
# from the packets' times and from the whole capture's rows (METERING.md, 6 and 8): a flow that was idle left at a scan point,
# that is a packet with which the clock moved by 10 ms or more, and one that was cut by its active timeout at the packet with
# which the next flow of its key begins.  So all packets must be ones that are metered, for all move the clock.
#
package NFStreamDamage;

use strict;
use warnings;

use Exporter 'import';
use IPC::Run;
use List::Util qw(max min);

our @EXPORT_OK = qw(places_of_leaving mutated first_difference compressed);

use constant SCAN_INTERVAL => 10;		# ms

# The fields of a row, as IMPORT FOREIGN SCHEMA orders them, that make up the key, and those that tell the life of a flow.
my @endpoints = ([ 2, 5 ], [ 6, 9 ]);
my @rest_of_key = (10, 12, 13);
my ($expiration, $first_seen, $last_seen) = (1, 14, 15);

# For each row of a whole capture the number of the packet at which its flow left, or of a later one where the times alone do
# not tell; none if it left at the end.  Rows come in the order in which flows leave: so none left later than one after it.
# Timeouts are in ms.
sub places_of_leaving
{
	my ($packets, $rows, $idle_timeout) = @_;
	my ($clock, $last_scan) = (0, 0);
	my (@scans, %last_at, %next_first_seen, @places);

	foreach my $number (1 .. @$packets)
	{
		$clock = max($clock, $packets->[ $number - 1 ]{ms});
		$last_at{$clock} = $number;
		next if $clock - $last_scan < SCAN_INTERVAL;
		$last_scan = $clock;
		push @scans, { number => $number, clock => $clock };
	}
	foreach my $row (reverse @$rows)
	{
		my @field = split /\t/, $row;
		my $key = join ' ', (sort map { "@field[@$_]" } @endpoints), @field[@rest_of_key];
		my $place;

		if ($field[$expiration] == 1)
		{
			$place = $last_at{ $next_first_seen{$key} };
		}
		else
		{
			my ($scan) = grep {
				$_->{number} >= $last_at{ $field[$last_seen] } && $_->{clock} - $field[$last_seen] >= $idle_timeout
			} @scans;

			$place = $scan->{number} if defined $scan;
		}
		$next_first_seen{$key} = $field[$first_seen];
		unshift @places, min(grep { defined } $place, $places[0]);
	}
	return @places;
}

# Where two texts begin to differ; the length of the shorter one if they don't up to there.
sub first_difference
{
	my ($one, $other) = @_;
	my $length = min(length($one), length($other));

	return (substr($one, 0, $length) ^ substr($other, 0, $length)) =~ /[^\0]/ ? $-[0] : $length;
}

# ------------------------------------------------------------------------------------------------------------- mutations

my @extremes = (0, 1, 4, 16, 0x7f, 0xffff, 0x40000, 0x40001, 0x7fffffff, 0x80000000, 0xffffffff);

sub any { return $_[ rand @_ ]; }

# The start and the length of a stretch of at most a number of bytes.
sub any_stretch
{
	my ($bytes, $most) = @_;
	my $at = int rand length($bytes);

	return ($at, min(1 + int rand $most, length($bytes) - $at));
}

sub put
{
	my ($bytes, $at, $new) = @_;

	return $bytes if $at + length($new) > length($bytes);
	substr($bytes, $at, length($new)) = $new;
	return $bytes;
}

# Each changes bytes, some by their pieces: where those were before other changes of the same mutation.
my @changes = (
	# a bit, anywhere
	sub {
		my ($bytes) = @_;
		my $at = int rand length($bytes);

		return put($bytes, $at, substr($bytes, $at, 1) ^ chr(1 << rand 8));
	},
	# a byte, anywhere
	sub { return put($_[0], int rand length($_[0]), chr rand 256); },
	# a number, anywhere, or where a piece's or the file's header has one
	sub { return put($_[0], int rand length($_[0]), pack(any('V', 'N'), any(@extremes))); },
	(
		sub {
			my ($bytes, @pieces) = @_;
			my $piece = any({ from => 0, content => $pieces[0]{content} }, @pieces);
			my $at = $piece->{from} + 4 * int rand(($piece->{content} - $piece->{from}) / 4);

			return put($bytes, $at, pack(any('V', 'N'), any(@extremes)));
		}
	) x 2,
	# a byte of the headers that a packet begins with
	(
		sub {
			my ($bytes, @pieces) = @_;
			my $piece = any(@pieces);
			my $at = $piece->{content} + int rand min(60, $piece->{to} - $piece->{content});

			return put($bytes, $at, chr any(rand 256, 0, 0xff, 6, 17, 41, 58, 0x45, 0x60));
		}
	) x 2,
	# a stretch of bytes that is not there, twice there, or somewhere else
	sub {
		my ($bytes) = @_;
		my ($at, $length) = any_stretch($bytes, 200);

		substr($bytes, $at, $length) = '';
		return $bytes;
	},
	sub {
		my ($bytes) = @_;
		my ($at, $length) = any_stretch($bytes, 200);

		substr($bytes, $at, 0) = substr($bytes, $at, $length);
		return $bytes;
	},
	sub {
		my ($bytes) = @_;
		my ($at, $length) = any_stretch($bytes, 200);
		my $taken = substr($bytes, $at, $length, '');

		substr($bytes, rand length($bytes), 0) = $taken;
		return $bytes;
	},
	# the same of a piece: the framing stays
	sub { return with_pieces($_[0], sub { splice(@_, rand @_, 1); return @_ }, @_[ 1 .. $#_ ]); },
	sub { return with_pieces($_[0], sub { my $at = rand @_; splice(@_, $at, 0, $_[$at]); return @_ }, @_[ 1 .. $#_ ]); },
	sub { return with_pieces($_[0], sub { my ($a, $b) = (rand @_, rand @_); @_[ $a, $b ] = @_[ $b, $a ]; return @_ },
		@_[ 1 .. $#_ ]); },
	# cut
	sub { return substr($_[0], 0, rand length($_[0])); },
);

# The bytes with their pieces in another order, or others.
sub with_pieces
{
	my ($bytes, $change, @pieces) = @_;

	return $bytes if length($bytes) < $pieces[-1]{to};
	return substr($bytes, 0, $pieces[0]{from})
		. join('', map { substr($bytes, $_->{from}, $_->{to} - $_->{from}) } $change->(@pieces));
}

# A mutation of a capture: one to three changes.
sub mutated
{
	my ($bytes, @pieces) = @_;

	foreach (0 .. rand 3)
	{
		$bytes = any(@changes)->($bytes, @pieces) if length($bytes) > 0;
	}
	return $bytes;
}

# ----------------------------------------------------------------------------------------------------------- compression

# A capture compressed with a program, a number of bytes at a time, each into a member or frame of its own, as such a file is allowed to be.
# Returns the compressed bytes and the pieces, each with the end `whole` of what has to be in a capture that has it.
sub compressed
{
	my ($bytes, $step, @program) = @_;
	my $result = '';
	my @pieces;

	for (my $at = 0; $at < length($bytes); $at += $step)
	{
		my $from = length($result);
		my $part = substr($bytes, $at, $step);

		IPC::Run::run([@program], '<', \$part, '>', \my $out) or die "could not run @program";
		$result .= $out;
		push @pieces, { from => $from, content => $from + 8, to => length($result),
			whole => min($at + $step, length($bytes)) };
	}
	return ($result, @pieces);
}

1;

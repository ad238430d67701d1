#
# 006_changing_files.pl - captures that are cut anywhere, that change while they are read, or that the server may not
# open.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use File::Copy;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture copies_of flows_table);
use NFStreamProcesses qw(wait_for_nothing segments);
use NFStreamSession;

my $node = start_cluster('changing', 3);
my $directory = $node->basedir;
my $session = NFStreamSession->new($node);

# How many packets the rows of a capture have; what is said of it is in $session->{said}.
sub packets_of
{
	my ($path) = @_;

	return $session->query("ALTER FOREIGN TABLE flows OPTIONS (SET source '$path');"
		. ' SELECT coalesce(sum(bidirectional_packets), 0) FROM flows');
}

sub write_file
{
	my ($path, $bytes) = @_;

	open(my $out, '>:raw', $path) or die "could not write $path: $!";
	print $out $bytes;
	close($out);
}

# ------------------------------------------------------------------------------------------------------ cut at any byte
# types.pcap up to some byte of it.  What is to be said of it, and how many packets are to be in its rows, follows
# from where its packets end.

my $whole = slurp_file(capture($node, 'types.pcap'));
my @ends = (24);

while ($ends[-1] < length($whole))
{
	push @ends, $ends[-1] + 16 + unpack('V', substr($whole, $ends[-1] + 8, 4));
}
is($ends[-1], length($whole), 'types.pcap is whole');
is(@ends, 1 + 19, 'types.pcap has 19 packets');

my %near = map { $_ => 1 } map { $_ - 1 .. $_ + 17 } @ends[ 0 .. 2 ], $ends[-2];
my @wrong;
$session->query('CREATE FOREIGN TABLE flows (bidirectional_packets int) SERVER nfstream'
	. " OPTIONS (source '/', n_meters '1')");
foreach my $length (grep { $_ < 24 || $_ % 11 == 0 || $near{$_} } 0 .. length($whole) - 1)
{
	write_file("$directory/cut.$length", substr($whole, 0, $length));
	my $packets = grep { $_ <= $length } @ends[ 1 .. $#ends ];
	my $in_rows = packets_of("$directory/cut.$length");
	my $said = $session->{said};
	my $place = qr/\b$packets packets? .*\b$ends[$packets]\b/;
	my $number = $packets + 1;
	my $expected =
		$length == 0 ? qr/^\S+ ERROR:  capture "\Q$directory\E\/cut.0" is empty$/m :
		$length < 24 ? qr/^\S+ ERROR:  file "\Q$directory\E\/cut.$length" is not a capture$/m :
		$ends[$packets] == $length ? qr/^$/ :
		qr/^\S+ WARNING:  could not read capture "\Q$directory\E\/cut.$length": packet $number .*\n(.*\n)?.*$place/;

	push @wrong, $length if $said !~ $expected || ($length >= 24 && $in_rows ne $packets);
	diag("$length: $in_rows, $said") if @wrong == 1 && $wrong[0] == $length;
}
is("@wrong", '', 'a pcap cut anywhere: the packets up to there, and a warning that says where, or an error');

# The same of a pcapng, whose blocks end where their lengths say: an error up to the first block's end, rows of all
# whole packets.
my $pcapng = slurp_file(capture($node, 'format_ng.pcapng'));
my @blocks = (0);
my %packets_at = (0 => 0);

while ($blocks[-1] < length($pcapng))
{
	my ($type, $length) = unpack('V2', substr($pcapng, $blocks[-1], 8));

	push @blocks, $blocks[-1] + $length;
	$packets_at{ $blocks[-1] } = $packets_at{ $blocks[-2] } + ($type == 6);
}
is($packets_at{ $blocks[-1] }, 14, 'format_ng.pcapng has 14 packets');
@wrong = ();
for (my $length = $blocks[1]; $length < length($pcapng); $length += 7)
{
	my ($end) = grep { $_ <= $length } reverse @blocks;

	write_file("$directory/cut.pcapng", substr($pcapng, 0, $length));
	my $in_rows = packets_of("$directory/cut.pcapng");
	my $expected = $end == $length ? qr/^$/ :
		qr/^\S+ WARNING:  could not read capture "\Q$directory\E\/cut.pcapng": packet @{[$packets_at{$end} + 1]} /;

	push @wrong, $length if $session->{said} !~ $expected || $in_rows ne $packets_at{$end};
	diag("$length: $in_rows, $session->{said}") if @wrong == 1 && $wrong[0] == $length;
}
is("@wrong", '', 'a pcapng cut anywhere: the same');

# The whole text of a warning.
packets_of(capture($node, 'damage_packet.pcap'));
like($session->{said},
	qr/^\S+ WARNING:  could not read capture ".*damage_packet\.pcap": packet 10 ends beyond the end of the file
DETAIL:  .*\b9 packets.* byte 826\.
HINT:  The capture was probably cut off while it was written\.\n$/, 'a warning');
unlike($session->{said}, qr/on_damage/, 'no hint to what is so already');

# --------------------------------------------------------------------------------------------- changed while it is read
# A cursor holds the scan in the first capture, whose flows leave all the time; the second is opened when the meter gets
# to it, and has changed by then.

my $first = copies_of($node, 'busy.pcap', 100);
my $second = "$directory/second.pcap";
my @before = segments($node);

sub scan_while
{
	my ($what, $change) = @_;

	copy(capture($node, 'http.pcap'), $second) or die "could not copy: $!";
	flows_table($node, 'two', "{$first,$second}", n_meters => 3, n_dissections => 0, statistical_analysis => 'true',
		splt_analysis => 20, idle_timeout => 5);
	$session->query('BEGIN; DECLARE flows CURSOR FOR SELECT * FROM two; FETCH 1 FROM flows');
	$change->();
	$session->query("MOVE ALL FROM flows");
	my $said = $session->{said};
	$session->query('ROLLBACK');
	ok(defined wait_for_nothing($node, @before), "$what: nothing is left");
	return $said;
}

# The second is the older one.
my $overlap = qr/^\S+ WARNING:  \d+ of \d+ packets are older than packets before them\nDETAIL:  .*\nHINT:  .*\n$/;

like(scan_while('unchanged', sub { }), $overlap, 'unchanged: no error');
like(scan_while('replaced', sub { copy($second, "$second.new"); rename("$second.new", $second) }),
	qr/ERROR:  capture "\Q$second\E" was replaced while it was read\n/, 'replaced: the error');
like(scan_while('shortened', sub { truncate($second, 100) }),
	qr/ERROR:  capture "\Q$second\E" was shortened while it was read\n/, 'shortened: the error');
like(scan_while('removed', sub { unlink($second) }),
	qr/ERROR:  could not open capture "\Q$second\E": No such file or directory\n/, 'removed: the error');
like(scan_while('longer', sub { append_to_file($second, 'what another program writes now') }), $overlap,
	'longer: what was not there when the scan began is not read');

# A shortened file that is open already, as only its reader can notice: an error or a warning, but an end.
copy($first, $second) or die "could not copy: $!";
flows_table($node, 'two', $second, n_meters => 3, n_dissections => 0, statistical_analysis => 'true',
	splt_analysis => 20, idle_timeout => 5);
$session->query('BEGIN; DECLARE flows CURSOR FOR SELECT * FROM two; FETCH 1 FROM flows');
truncate($second, 100);
$session->query('MOVE ALL FROM flows');
like($session->{said}, qr/(WARNING|ERROR):  .*\Q$second\E/, 'shortened under its reader: it is said');
$session->query('ROLLBACK');
ok(defined wait_for_nothing($node, @before), 'shortened under its reader: nothing is left');

# ----------------------------------------------------------------------------------------------- what may not be opened

$session->query("\\set VERBOSITY verbose\nSELECT");
mkdir "$directory/closed";
copy(capture($node, 'http.pcap'), "$directory/closed/http.pcap");
copy(capture($node, 'http.pcap'), "$directory/closed.pcap");
chmod 0000, "$directory/closed.pcap", "$directory/closed";
foreach my $case (
	[ 'closed.pcap', qr/Let the server's operating system user read the file/ ],
	[ 'closed/http.pcap', qr/The server's operating system user may not enter directory "\Q$directory\E\/closed"/ ])
{
	my ($source, $hint) = @$case;

	packets_of("$directory/$source");
	like($session->{said}, qr/ERROR:  42501: could not open capture "\Q$directory\/$source\E": Permission denied\n/,
		"$source: the error");
	like($session->{said}, qr/HINT:  $hint/, "$source: the hint");
}
chmod 0700, "$directory/closed";
system('mkfifo', "$directory/pipe");
packets_of("$directory/pipe");
like($session->{said}, qr/ERROR:  42809: could not open capture "\Q$directory\E\/pipe": it is a pipe\n/,
	'a pipe is not waited for');
symlink(capture($node, 'http.pcap'), "$directory/link.pcap");
is(packets_of("$directory/link.pcap"), packets_of(capture($node, 'http.pcap')), 'a link is what it leads to');

$session->quit;
$node->stop;
done_testing();

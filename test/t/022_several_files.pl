#
# 022_several_files.pl - several captures as one source: what is said where their times overlap, in which order they are read,
# each metered by itself, and bad ones among them.
#
# What is expected of files that are metered apart is what each gives when it is alone, ids and first_packet counting on.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture flows_table flows_of plan_of same_lines);
use NFStreamProcesses qw(segments wait_for_nothing what_is_left);
use NFStreamSession;

my $pcaps = $ENV{NFSTREAM_TEST_PCAPS} // "$FindBin::RealBin/../pcaps";
my %all = (statistical_analysis => 'true', splt_analysis => 5, extra_columns => 'true');
my @meters = (1, 2, 3, 8);

my $node = start_cluster('main', 8);
my $directory = $node->basedir;

sub source { return '{' . join(',', @_) . '}'; }

# Rows of a table, with a capture's name for its path.
sub rows
{
	my $rows = flows_of($node, shift);

	$rows =~ s/\Q$directory\E\/(sub\/)?//g;
	return $rows;
}

# The rows that files give by themselves, as those of one scan that reads them in this order.
sub rows_apart
{
	my ($files, %options) = @_;
	my ($rows, $id, $packets) = ('', 0, 0);

	foreach my $file (@$files)
	{
		flows_table($node, 'alone', $file, %all, %options, n_meters => 1);
		my ($at) = $node->safe_psql('postgres',
			"SELECT array_position(array_agg(attname ORDER BY attnum), 'first_packet') FROM pg_attribute"
			. " WHERE attrelid = 'alone'::regclass AND attnum > 0");
		my $columns = $node->safe_psql('postgres', "SELECT string_agg(CASE attname WHEN 'id' THEN 'id + $id'"
			. " WHEN 'first_packet' THEN 'first_packet + $packets' ELSE quote_ident(attname) END, ', ' ORDER BY attnum)"
			. " FROM pg_attribute WHERE attrelid = 'alone'::regclass AND attnum > 0");
		my $own = $node->safe_psql('postgres', "COPY (SELECT $columns FROM alone) TO STDOUT (FORMAT csv)");

		$rows .= "$own\n" if $own ne '';
		$id += $node->safe_psql('postgres', 'SELECT count(*) FROM alone');
		$packets += plan_of($node, 'SELECT * FROM alone')->{'Packets Read'};
	}
	chomp $rows;
	$rows =~ s/\Q$directory\E\/(sub\/)?//g;
	return ($rows, $packets);
}

# ------------------------------------------------------------------------------------------------------- each by itself

my @names = map { s/.*\///r } grep { !/\/damage_/ } sort glob("$pcaps/*.{pcap,pcapng}");
my @files = map { capture($node, $_) } @names;

cmp_ok(scalar(@files), '>', 60, 'captures of all kinds');
system('gzip', '-k', "$directory/http.pcap") == 0 or die 'no gzip';
push @files, "$directory/http.pcap.gz", "$directory/tls.pcap";
my ($expected, $packets) = rows_apart(\@files);

foreach my $meters (@meters)
{
	flows_table($node, 'apart', source(@files), %all, separate_files => 'true', n_meters => $meters);
	same_lines(rows('apart'), $expected, "$meters meters: the rows of each file by itself");
	my $plan = plan_of($node, 'SELECT * FROM apart');
	is($plan->{'Meters Started'}, $meters, "$meters meters are started");
	is($plan->{'Packets Read'}, $packets, "$meters meters: each packet is read once");
	is($plan->{'Packets Read'}, $plan->{'Packets Metered'} + $plan->{'Packets Ignored'}, "$meters meters: the account adds up");
	is($plan->{'Flows'}, scalar(split /\n/, $expected), "$meters meters: the flows");
}

# Labels alone depend on flows before them, which is what being apart is to prevent; without them nDPI is not started.
flows_table($node, 'core', source(@files), n_dissections => 0, separate_files => 'true');
is(plan_of($node, 'SELECT * FROM core')->{'nDPI Initialised'}, 0, 'no labels, no nDPI');

# A rescan, a part, and what ends a scan early.
is($node->safe_psql('postgres', 'SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off;'
	. ' SELECT count(*), count(DISTINCT b.id) FROM generate_series(1, 3) n, LATERAL (SELECT id, n FROM apart OFFSET 0) b'),
	join('|', 3 * split(/\n/, $expected), scalar(split /\n/, $expected)), 'a rescan gives the same rows');
my @lines = split /\n/, $expected;
is($node->safe_psql('postgres', 'SELECT count(*), max(id) FROM (SELECT id FROM apart LIMIT 100) a'), '100|99', 'LIMIT');
flows_table($node, 'most', source(@files), %all, separate_files => 'true', n_meters => 3, max_nflows => 120);
same_lines(rows('most'), join("\n", @lines[ 0 .. 119 ]), 'max_nflows keeps the first');

# A bound on active flows is each file's, whatever the meters.
my @many = map { capture($node, $_) } qw(time_many_idle.pcap ip_protocols.pcap link_vlan.pcap);
my ($bounded) = rows_apart(\@many, max_active_flows => 3);
foreach my $meters (1, 2)
{
	flows_table($node, 'bounded', source(@many), %all, separate_files => 'true', n_meters => $meters, max_active_flows => 3);
	same_lines(rows('bounded'), $bounded, "$meters meters: max_active_flows");
}

# ----------------------------------------------------------------------------------------------------------- in which order

# When a pcap of whichever byte order begins, ms.
sub begins
{
	my $bytes = slurp_file(shift);
	my $little = unpack('N', $bytes) != 0xa1b2c3d4;
	my ($seconds, $part) = unpack($little ? 'V2' : 'N2', substr($bytes, 24, 8));

	return $seconds * 1000 + int($part / 1000);
}

my @timed = map { capture($node, $_) } qw(quic.pcap dns.pcap http.pcap dhcp.pcap format_big_endian.pcap tls.pcap);
my @by_time = sort { begins($a) <=> begins($b) } @timed;
my ($by_time) = rows_apart(\@by_time);

isnt("@timed", "@by_time", 'captures that are not given in the order of their times');
system("gzip -c $directory/dns.pcap > $directory/sub.dns.gz") == 0 or die 'no gzip';
foreach my $meters (@meters)
{
	flows_table($node, 'ordered', source(@by_time), %all, n_meters => $meters);
	my $in_order = rows('ordered');
	my $session = NFStreamSession->new($node);

	flows_table($node, 'ordered', source(@timed), %all, n_meters => $meters, source_order => 'time');
	same_lines(rows('ordered'), $in_order, "$meters meters: source_order 'time' is the order of the first packets");
	is(join(' ', @{ plan_of($node, 'SELECT * FROM ordered')->{'Files Read'} }), "@by_time", "$meters meters: and EXPLAIN has it");
	$session->query('SELECT count(*) FROM ordered');
	is($session->{said}, '', "$meters meters: in the order of their times nothing is said");
	$session->quit;

	flows_table($node, 'ordered', source(@timed), %all, n_meters => $meters, source_order => 'time', separate_files => 'true');
	same_lines(rows('ordered'), $by_time, "$meters meters: apart, in the order of their times");
}

# What has no first packet comes last, equals stay as they are given, and compressed ones are opened.
my @odd = map { capture($node, $_) } qw(damage_empty.pcap damage_no_packets.pcap http.pcap format_ng.pcapng);
push @odd, "$directory/http.pcap.gz", "$directory/sub.dns.gz";
flows_table($node, 'ordered', source(@odd), source_order => 'time');
is(join(' ', map { s/.*\///r } @{ plan_of($node, 'SELECT * FROM ordered')->{'Files Read'} }),
	'format_ng.pcapng http.pcap http.pcap.gz sub.dns.gz damage_empty.pcap damage_no_packets.pcap',
	'without a first packet: last; equals: as given; pcapng and gzip: by their times');

# ------------------------------------------------------------------------------------------------------------- what is said

my $session = NFStreamSession->new($node);
my $overlap = qr/^\S+ WARNING:  (\d+) of (\d+) packets are older than packets before them
DETAIL:  Such packets are metered at the time that was reached\. Capture "(.*)" is the first that begins before it, by (\d+) seconds\.
HINT:  Name the captures in the order of their times or set source_order to "time"; if they have nothing to do with each other, set separate_files to "true"\.\n$/;

my @late = map { capture($node, $_) } qw(ssh.pcap http.pcap dns.pcap);
my $late = 0;
my $reached = 0;
foreach my $file (@late)
{
	my $bytes = slurp_file($file);

	for (my $at = 24; $at < length($bytes);)
	{
		my ($seconds, $part, $captured) = unpack('V3', substr($bytes, $at, 12));
		my $time = $seconds * 1000 + int($part / 1000);

		my $type = unpack('n', substr($bytes, $at + 16 + 12, 2));

		$at += 16 + $captured;
		next if $type != 0x0800 && $type != 0x86dd;		# what is ignored does not move the clock
		$late++ if $time < $reached;
		$reached = $time if $time > $reached;
	}
}
foreach my $meters (@meters)
{
	flows_table($node, 'overlap', source(@late), n_meters => $meters, n_dissections => 0);
	$session->query('SELECT count(*) FROM overlap');
	like($session->{said}, $overlap, "$meters meters: overlapping files are told of");
	$session->{said} =~ $overlap;
	is($1, $late, "$meters meters: the packets that are late");
	is($3, $late[1], "$meters meters: the first file that is");
}
$session->query('SELECT * FROM overlap LIMIT 1');
is($session->{said}, '', 'a scan that is stopped early says nothing');
$session->query('BEGIN; DECLARE c CURSOR FOR SELECT id FROM overlap; MOVE 2 FROM c; ROLLBACK');
is($session->{said}, '', 'nor does a cursor');
$session->query('BEGIN; DECLARE c CURSOR FOR SELECT id FROM overlap; MOVE ALL FROM c; ROLLBACK');
like($session->{said}, $overlap, 'one that comes to the end does');
$session->query('SET enable_material = off; SELECT count(*) FROM generate_series(1, 3) n, LATERAL (SELECT id, n FROM overlap OFFSET 0) b');
like($session->{said}, $overlap, 'three passes of one scan say it once');
flows_table($node, 'overlap', source(@late), separate_files => 'true');
$session->query('SELECT count(*) FROM overlap');
is($session->{said}, '', 'where they are apart none is late');
flows_table($node, 'overlap', source((capture($node, 'busy.pcap')) x 2), source_order => 'time');
$session->query('SELECT count(*) FROM overlap');
like($session->{said}, qr/, by 1 second\.\nHINT:  Their times overlap in any order\. /, 'where no order helps, none is recommended');

# --------------------------------------------------------------------------------------------------------- bad ones among them

my @mixed = map { capture($node, $_) }
	qw(http.pcap damage_empty.pcap link_vlan.pcap damage_packet.pcap damage_text.pcap dns.pcap damage_version.pcap tls.pcap);
my @readable = @mixed[ 0, 2, 3, 5, 7 ];
my ($apart) = rows_apart(\@readable);
my @segments = segments($node);

foreach my $meters (@meters)
{
	flows_table($node, 'mixed', source(@mixed), %all, separate_files => 'true', n_meters => $meters);
	same_lines(rows('mixed'), $apart, "$meters meters: rows of what can be read");
	$session->query('SELECT count(*) FROM mixed');
	is(join(' ', $session->{said} =~ /WARNING:  .*\/(\S+)"/g),
		'damage_empty.pcap damage_packet.pcap damage_text.pcap damage_version.pcap', "$meters meters: a WARNING for each that cannot");
	like($session->{said}, qr/HINT:  .*The other captures are read\./, "$meters meters: the others are read");

	# The first in the files' order ends the scan, whichever meter comes first to its own.
	foreach my $together ('true', 'false')
	{
		flows_table($node, 'mixed', source(@mixed[ 0, 2, 3, 1, 4 ]), separate_files => $together, n_meters => $meters, on_damage => 'error',
			n_dissections => 0);
		$session->query('SELECT count(*) FROM mixed');
		like($session->{said}, qr/ERROR:  could not read capture ".*damage_packet\.pcap": packet 10 /,
			"$meters meters, separate_files $together: on_damage 'error'");
		ok(defined wait_for_nothing($node, @segments), "$meters meters, separate_files $together: nothing is left") or diag(what_is_left($node));
	}
}

# Thousands of small files, some of which are bad, and more meters than there is work for.
my $small = slurp_file(capture($node, 'time_order.pcap'));
mkdir "$directory/sub";
append_to_file(sprintf("$directory/sub/%04d.pcap", $_), $_ % 10 == 0 ? 'bad' : $small) foreach 0 .. 1999;
flows_table($node, 'alone', "$directory/sub/0001.pcap", n_dissections => 0);
my $flows = $node->safe_psql('postgres', 'SELECT count(*) FROM alone');
foreach my $meters (0, @meters)
{
	flows_table($node, 'thousands', "$directory/sub/*.pcap", extra_columns => 'true', separate_files => 'true', n_meters => $meters);
	is($session->query('SELECT count(*), count(DISTINCT source_file), max(id), bool_and(bidirectional_duration_ms < 1000000),'
		. " (SELECT sum(n) FROM (SELECT count(*) n FROM thousands GROUP BY source_file HAVING count(*) <> $flows) other)"
		. ' FROM thousands'), join('|', 1800 * $flows, 1800, 1800 * $flows - 1, 't', ''), "$meters meters: 2000 small files");
	my @warnings = $session->query('SELECT count(*) FROM thousands') ? $session->{said} =~ /WARNING:  (.*)/g : ();
	is(scalar(@warnings), 21, "$meters meters: WARNINGs have a bound");
	is($warnings[-1], 'could not read 180 more captures to their ends', "$meters meters: and the others are counted");
}
unlink glob("$directory/sub/*.pcap");

# ---------------------------------------------------------------------------------------------------------------- the watchdog

# A capture that takes seconds to be decompressed and has nothing to tell meanwhile: blocks that are passed over, and then packets.
my $long = "$directory/long.pcapng.gz";
system('/usr/bin/python3', '-c', <<'END', capture($node, 'format_ng.pcapng'), $long) == 0 or die 'no long capture';
import gzip, struct, sys
with open(sys.argv[1], 'rb') as few, gzip.open(sys.argv[2], 'wb', 1) as many:
	packets, zeros = few.read(), bytes(1 << 24)
	many.write(struct.pack('<IIIHHqI', 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0, -1, 28))
	for block in range(4):
		many.write(struct.pack('<II', 0x0bad, 12 + 32 * len(zeros)))
		for piece in range(32):
			many.write(zeros)
		many.write(struct.pack('<I', 12 + 32 * len(zeros)))
	many.write(packets)
END
flows_table($node, 'alone', capture($node, 'format_ng.pcapng'), n_dissections => 0);
foreach my $meters (1, 2)
{
	flows_table($node, 'slow', $long, meter_timeout => 1, n_meters => $meters, n_dissections => 0);
	$session->send('SET statement_timeout = 120000; SELECT count(*) FROM slow');
	is($session->finish(120), $node->safe_psql('postgres', 'SELECT count(*) FROM alone'), "$meters meters: what is slow is not hung");
	is($session->{said}, '', "$meters meters: and nothing is said");
}
$session->quit;

# ------------------------------------------------------------------------------------------------------------------ meters

system('cp', $files[0], "$directory/big.pcap");
truncate "$directory/big.pcap", 64 << 20;
system('cp', "$directory/big.pcap", "$directory/big.pcap.$_") foreach 'gz', 'zst';
chomp(my $cores = `nproc`);
$cores = 9 if $cores > 9;		# 64 MB are worth no more
foreach my $case (
	[ 'plain', 'big.pcap', {}, 2 ],
	[ 'no labels', 'big.pcap', { n_dissections => 0 }, 1 ],
	[ 'a filter', 'big.pcap', { bpf_filter => 'udp port 53' }, 1 ],
	[ 'gzip', 'big.pcap.gz', {}, 1 ],
	[ 'zstd', 'big.pcap.zst', {}, 2 ],
	[ 'gzip without labels', 'big.pcap.gz', { n_dissections => 0 }, 1 ],
	[ 'apart', 'big.pcap*', { separate_files => 'true', n_dissections => 0 }, 2 ],
	[ 'more meters than files', 'big.pcap*', { separate_files => 'true', n_meters => 5 }, 3 ])
{
	my ($what, $name, $options, $meters) = @$case;

	flows_table($node, 'sized', "$directory/$name", %$options);
	my ($shown) = $node->safe_psql('postgres', 'EXPLAIN SELECT * FROM sized') =~ /Meters: (\d+)/;
	# Two stand for as many as there are cores, or files.
	$meters = $what eq 'apart' && $cores > 3 ? 3 : $cores if $meters == 2;
	is($shown, $meters, "meters for: $what");
}
$node->stop;

# ------------------------------------------------------------------------------------------------ where there is no worker

$node = start_cluster('alone', 0);
$directory = $node->basedir;
@files = map { capture($node, $_) } qw(http.pcap tls.pcap dns.pcap);
($expected) = rows_apart(\@files);
flows_table($node, 'apart', source(@files), %all, separate_files => 'true', n_meters => 3);
same_lines(rows('apart'), $expected, 'the leader meters all files');
is(plan_of($node, 'SELECT * FROM apart')->{'Meters Started'}, 1, 'with one meter');
$node->stop;
done_testing();

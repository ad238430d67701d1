#
# 034_pcap.pl - captures out of packets: what nfstream_to_pcap() and nfstream_pcap() make of the packets of a capture is, for Wireshark's
# programs, tcpdump and this extension, the capture that they came from.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture flows_table flows_of same_lines);
use NFStreamProcesses qw(wait_until);
use NFStreamSession;

my $node = start_cluster('pcap', 4);
my $directory = $node->basedir;
my $session = NFStreamSession->new($node);

sub contents
{
	my ($path) = @_;

	open(my $in, '<:raw', $path) or die "could not read $path: $!";
	local $/;
	return <$in>;
}

# The packets of a pcap: nanoseconds, link type, length on the wire, frame in hexadecimal.
sub packets_of
{
	my ($path) = @_;
	my $bytes = contents($path);
	my %forms = ("\xd4\xc3\xb2\xa1" => [ 'V', 1000 ], "\xa1\xb2\xc3\xd4" => [ 'N', 1000 ], "\x4d\x3c\xb2\xa1" => [ 'V', 1 ],
		"\xa1\xb2\x3c\x4d" => [ 'N', 1 ]);
	my $form = $forms{ substr($bytes, 0, 4) } or die "$path is no pcap";
	my ($number, $unit) = @$form;
	my ($link_type) = unpack($number, substr($bytes, 20, 4));
	my @packets;

	for (my $at = 24; $at + 16 <= length($bytes);)
	{
		my ($seconds, $part, $captured, $wire) = unpack("${number}4", substr($bytes, $at, 16));

		push @packets, [ $seconds * 1_000_000_000 + $part * $unit, $link_type, $wire, unpack('H*', substr($bytes, $at + 16, $captured)) ];
		$at += 16 + $captured;
	}
	return @packets;
}

sub lines_of
{
	return join '', map { "@$_\n" } @_;
}

# The packets of any capture, as Wireshark's editcap copies them to a pcap with nanoseconds.
sub edited
{
	my ($path) = @_;

	system_or_bail('editcap', '-F', 'nsecpcap', $path, "$directory/edited.pcap");
	return lines_of(packets_of("$directory/edited.pcap"));
}

sub printed
{
	my ($stdout, $stderr) = run_command([@_]);

	return $stdout;
}

$node->safe_psql('postgres', 'CREATE TABLE packets (source text, packet_number bigint, captured_at bigint, link_type integer,'
	. ' captured_length integer, raw_size bigint, frame bytea)');

sub load
{
	my ($name) = @_;
	my $number = 0;

	$node->safe_psql('postgres', 'COPY packets FROM STDIN;' . "\n"
		. join('', map { join("\t", $name, ++$number, $_->[0], $_->[1], length($_->[3]) / 2, $_->[2], "\\\\x$_->[3]") . "\n" }
			packets_of(capture($node, $name))));
}

# --------------------------------------------------------------------------------------------------------- whole captures

# Of all link types that are decoded, microseconds and nanoseconds, both byte orders, frames that were cut.
my @captures = map { "$_.pcap" } qw(busy tls gtpu format_nanoseconds format_nanoseconds_big_endian format_big_endian
	ip_snapped link_80211 link_8023 link_chdlc link_ethernet link_ipv4 link_ipv6 link_loop link_null link_ppi link_ppp link_ppp_serial
	link_pppoe link_radiotap link_raw link_sll link_sll2 link_user link_vlan);
foreach my $name (@captures)
{
	my $original = capture($node, $name);
	my $written = "$directory/$name.written.pcapng";

	load($name);
	is($session->query("SELECT nfstream_to_pcap('SELECT * FROM packets WHERE source = ''$name'' ORDER BY packet_number', '$written')"),
		scalar packets_of($original), "$name: the number of packets");
	same_lines(edited($written), edited($original), '  the same frames, times and link type for editcap');
	same_lines(printed('tcpdump', '-nttt', '--nano', '-r', $written), printed('tcpdump', '-nttt', '--nano', '-r', $original),
		'  the same lines of tcpdump');

	flows_table($node, 'original', $original, statistical_analysis => 'true');
	flows_table($node, 'written', $written, statistical_analysis => 'true');
	same_lines(flows_of($node, 'written'), flows_of($node, 'original'), '  the same flows');
}

# ------------------------------------------------------------------------------------- several link types, and what else one is

my $all = "$directory/all.pcapng";
my $packets = $session->query('SELECT count(*) FROM packets');
my $links = $session->query('SELECT count(DISTINCT link_type) FROM packets');
my @all = map { my $name = $_; map { [ $name, @$_ ] } packets_of(capture($node, $name)) } @captures;

is($session->query("SELECT nfstream_to_pcap('SELECT * FROM packets ORDER BY array_position(''{" . join(',', @captures)
	. "}'', source), packet_number', '$all')"), $packets, 'packets of all link types');
my $infos = printed('capinfos', $all);
like($infos, qr/^File type: +Wireshark\/\.\.\. - pcapng$/m, 'capinfos: a pcapng');
like($infos, qr/^Number of interfaces in file: $links$/m, '  an interface for each link type');
is(() = $infos =~ /^ +Time resolution = 0x09$/mg, $links, '  all with nanoseconds');
like($infos, qr/^Capture application: nfstream_fdw \d+\.\d+$/m, '  who wrote it');
same_lines(printed('tshark', '-r', $all, '-T', 'fields', '-e', 'frame.time_epoch', '-e', 'frame.cap_len', '-e', 'frame.len'),
	join('', map { use integer; sprintf("%d.%09d\t%d\t%d\n", $_->[1] / 1_000_000_000, $_->[1] % 1_000_000_000, length($_->[4]) / 2, $_->[3]) } @all),
	'tshark: times to the nanosecond, captured lengths, lengths on the wire');

system_or_bail('mergecap', '-a', '-w', "$directory/merged.pcapng", "$directory/busy.pcap.written.pcapng", "$directory/link_raw.pcap.written.pcapng");
is(scalar(split(/\n/, printed('tshark', '-r', "$directory/merged.pcapng"))),
	packets_of(capture($node, 'busy.pcap')) + packets_of(capture($node, 'link_raw.pcap')), 'mergecap puts two in one');

# The aggregate is what the function writes; a file's bytes go to the client in hexadecimal.
my $hex = $session->query("SELECT encode(nfstream_pcap(captured_at, link_type, captured_length, raw_size, frame ORDER BY packet_number), 'hex')"
	. " FROM packets WHERE source = 'busy.pcap'");
is($hex, unpack('H*', contents("$directory/busy.pcap.written.pcapng")), 'the aggregate gives the same bytes');
$node->safe_psql('postgres', "SELECT nfstream_to_pcap('SELECT * FROM packets WHERE false', '$directory/nothing.pcapng')");
like(printed('capinfos', "$directory/nothing.pcapng"), qr/^Number of packets: +0$/m, 'a capture without packets');

# ------------------------------------------------------------------------------------------------ from a table of packets

# The packets that are metered, with the times that the capture has, however the query comes by them.
sub packets_table
{
	my ($path) = @_;

	$node->safe_psql('postgres', "DROP FOREIGN TABLE IF EXISTS captured CASCADE; IMPORT FOREIGN SCHEMA nfpacket FROM SERVER nfstream"
		. " INTO public OPTIONS (table_name 'captured', source '$path')");
}

my $from_table = "$directory/from_table.pcapng";
foreach my $name (qw(busy.pcap tls.pcap gtpu.pcap format_nanoseconds.pcap format_big_endian.pcap format_ng_1_2.pcapng
	format_ng_resolution.pcapng format_ng_simple.pcapng link_null.pcap link_raw.pcap link_sll2.pcap))
{
	my @lines = split /^/, edited(capture($node, $name));

	packets_table(capture($node, $name));
	my @numbers = split /\n/, $node->safe_psql('postgres', 'SELECT packet_number FROM captured ORDER BY 1');
	is($session->query("SELECT nfstream_to_pcap('SELECT * FROM captured ORDER BY packet_number', '$from_table')"), scalar @numbers,
		"$name, a table of packets: their number");
	same_lines(edited($from_table), join('', map { $lines[ $_ - 1 ] } @numbers), '  the same frames and times for editcap');
}

# To the nanosecond through a view, a subquery and joins, also where a capture is read again; whole microseconds from what is no row of it.
packets_table(capture($node, 'format_nanoseconds.pcap'));
flows_table($node, 'original', capture($node, 'format_nanoseconds.pcap'), extra_columns => 'true');
$node->safe_psql('postgres', 'CREATE VIEW shown AS SELECT packet_number, first_packet, captured_at, link_type, captured_length, raw_size, frame FROM captured');
my $exact = edited(capture($node, 'format_nanoseconds.pcap'));
like($exact, qr/^\d+[1-9] /m, 'a capture with nanoseconds');
foreach my $query ('SELECT * FROM shown ORDER BY packet_number', 'SELECT s.* FROM (SELECT * FROM shown OFFSET 0) s ORDER BY packet_number',
	'SELECT shown.* FROM original JOIN shown USING (first_packet) ORDER BY packet_number')
{
	$session->query("SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off");
	$session->query("SELECT nfstream_to_pcap('$query', '$from_table')");
	same_lines(edited($from_table), $exact, "to the nanosecond: $query");
}
$session->query('RESET ALL');
$session->query("SELECT nfstream_to_pcap('SELECT DISTINCT * FROM shown ORDER BY packet_number', '$from_table')");
same_lines(edited($from_table), $exact =~ s/^(\d+)\d{3} /${1}000 /gmr, 'to the microsecond: SELECT DISTINCT');
$node->safe_psql('postgres', "ALTER FOREIGN TABLE captured ADD ns bigint OPTIONS (attribute 'captured_at')");
$session->query("SELECT nfstream_to_pcap('SELECT DISTINCT ns AS captured_at, link_type, captured_length, raw_size, frame FROM captured"
	. " ORDER BY captured_at', '$from_table')");
same_lines(edited($from_table), $exact, 'to the nanosecond: a number');

# One flow is a capture of that flow.
packets_table(capture($node, 'tls.pcap'));
flows_table($node, 'original', capture($node, 'tls.pcap'), statistical_analysis => 'true', splt_analysis => 10, extra_columns => 'true');
flows_table($node, 'written', $from_table, statistical_analysis => 'true', splt_analysis => 10, extra_columns => 'true');
foreach my $first (split /\n/, $node->safe_psql('postgres', 'SELECT first_packet FROM original'))
{
	$session->query("SELECT nfstream_to_pcap('SELECT * FROM captured WHERE first_packet = $first ORDER BY packet_number', '$from_table')");
	is($node->safe_psql('postgres', "SELECT count(*), count(*) FILTER (WHERE to_jsonb(o) - '{id,first_packet,source_file}'::text[]"
			. " = to_jsonb(w) - '{id,first_packet,source_file}'::text[]) FROM written w, original o WHERE o.first_packet = $first"),
		'1|1', "the packets of the flow that begins with packet $first meter to that flow");
}
is(scalar(split(/\n/, printed('tshark', '-r', $from_table))), $node->safe_psql('postgres',
	'SELECT bidirectional_packets FROM original ORDER BY id DESC LIMIT 1'), 'tshark opens it');

# ------------------------------------------------------------------------------------------------------- as it is written

sub files
{
	opendir(my $opened, $directory) or die "could not read $directory: $!";
	return join ' ', sort grep { /^(\.nfstream|slow)/ } readdir($opened);
}

$session->send("SELECT nfstream_to_pcap('SELECT *, pg_sleep(0.001) FROM packets', '$directory/slow.pcapng')");
ok(defined wait_until(sub { $node->safe_psql('postgres',
	'SELECT coalesce(sum(tuples_processed), 0) > 100 FROM pg_stat_progress_copy') eq 't' }, 20), 'the progress can be seen');
like(files(), qr/^\.nfstream\.\d+$/, 'what is being written is not at its place');
$node->safe_psql('postgres', 'SELECT pg_cancel_backend(' . $session->backend . ')');
$session->finish;
like($session->{said}, qr/ERROR:  canceling statement due to user request/, 'a cancel: the error');
is(files(), '', 'a cancel leaves no file');

# ------------------------------------------------------------------------------------------------------- more than 1 GB

# A value ends there; a file does not.
my $long = "SELECT now() AS captured_at, 1 AS link_type, 262144 AS captured_length, 262144 AS raw_size, frame"
	. " FROM generate_series(1, 4096), convert_to(repeat('x', 262144), 'UTF8') AS frame";
$session->query("SELECT length(nfstream_pcap(captured_at, link_type, captured_length, raw_size, frame)) FROM ($long) p");
like($session->{said}, qr/ERROR:  a capture of more than 1 GB cannot be a value\nHINT:  nfstream_to_pcap\(\) writes one of any size/,
	'more than 1 GB is no value');
is($session->query("SELECT nfstream_to_pcap('" . ($long =~ s/'/''/gr) . "', '$directory/long.pcapng')"), 4096, '  but a file');
is(-s "$directory/long.pcapng", 52 + 32 + 4096 * (32 + 262144), '  whole');
unlink "$directory/long.pcapng";

$node->stop;
done_testing();

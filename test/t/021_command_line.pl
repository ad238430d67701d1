#
# 021_command_line.pl - nfstream_meter by hand: its CSV is nfstream_to_csv()'s, byte for byte; what its command line takes, and
# what it says and how it ends where something is wrong.
#
use strict;
use warnings;

use Fcntl;
use File::Basename;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use POSIX ();
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture copies_of flows_table same_lines);
use NFStreamProcesses qw(wait_until);

my $node = start_cluster('command_line', 8);
my $program = $node->config_data('--bindir') . '/nfstream_meter';
my $directory = $node->basedir;
my $pcaps = $ENV{NFSTREAM_TEST_PCAPS} // "$FindBin::RealBin/../pcaps";

# Runs the program; returns its exit status, what it printed and what it said.
sub by_hand
{
	return fed(undef, @_);
}

# The same with a file's bytes in a pipe as its standard input.
sub fed
{
	my ($path, @arguments) = @_;
	my ($out, $err);
	my @input = defined $path ? ([ 'cat', $path ], '|') : ();

	IPC::Run::run(@input, [ $program, @arguments ], defined $path ? () : ('<', '/dev/null'), '>', \$out, '2>', \$err);
	return ($? >> 8, $out, $err);
}

# The same by a shell, for what is said of its files.
sub by_shell
{
	my ($command) = @_;
	my ($out, $err);

	IPC::Run::run([ 'bash', '-c', $command =~ s/METER/'$program'/gr ], '<', '/dev/null', '>', \$out, '2>', \$err);
	return ($? >> 8, $out, $err);
}

# ------------------------------------------------------------------------------------------------------- byte for byte

my @names = map { basename($_) } sort glob("'$pcaps'/*.pcap"), glob("'$pcaps'/*.pcapng");
cmp_ok(scalar(@names), '>', 100, 'there are captures');
mkdir "$directory/csv" or die "could not create a directory: $!";

# What nfstream_to_csv() writes of all captures with these options; a capture without flows has no file.
sub by_server
{
	my (%options) = @_;
	my $list = join '', map { ", $_ '$options{$_}'" } sort keys %options;
	my $script = '';

	foreach my $name (@names)
	{
		my $path = capture($node, $name);

		$script .= "IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO public OPTIONS (table_name 'c', source '$path'$list);\n"
			. "SELECT nfstream_to_csv('c', '$directory/csv/$name'); DROP FOREIGN TABLE c;\n";
	}
	unlink glob("'$directory'/csv/*");
	$node->psql('postgres', $script, on_error_stop => 0);
}

foreach my $case (
	[ 'by default' ],
	[ 'all columns', statistical_analysis => 'true', splt_analysis => 7, extra_columns => 'true', application_names => 'full' ],
	[ 'lists of one, no labels', splt_analysis => 1, n_dissections => 0, extra_columns => 'on' ],
	[ 'other flows', decode_tunnels => 'false', idle_timeout => 0, accounting_mode => 3, statistical_analysis => 'yes' ])
{
	my ($what, %options) = @$case;
	my ($same, $flows, @other) = (0, 0);

	by_server(%options);
	foreach my $name (@names)
	{
		my ($status, $out, $err) = by_hand((map { "--$_=$options{$_}" } sort keys %options), capture($node, $name));
		my $there = -e "$directory/csv/$name";
		my $csv = $there ? slurp_file("$directory/csv/$name") : '';

		$flows += ($out =~ tr/\n//) - 1 if $there;
		$same++ if $there;
		push @other, $name if $there ? $out ne $csv : $out =~ tr/\n// > 1;
		same_lines($out, $csv, "$what: $name") if $there && $out ne $csv;
	}
	is("@other", '', "$what: $same captures with $flows flows give the same bytes by hand and by nfstream_to_csv()");
	cmp_ok($same, '>', 90, "$what: of nearly all captures");
}

# A source's name needs quotes where CSV says so.
my $odd = "$directory/a \"b\", c.pcap";
link(capture($node, 'dns.pcap'), $odd) or die "could not link: $!";
$node->safe_psql('postgres', "IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO public OPTIONS (table_name 'odd', source '$odd')"
	. "; ALTER FOREIGN TABLE odd ADD source_file text; SELECT nfstream_to_csv('odd', '$directory/odd.csv')");
my ($status, $out, $err) = by_hand('--source_file', $odd);
is($out, slurp_file("$directory/odd.csv"), '--source_file: the same bytes, with quotes in quotes');
($status, $out, $err) = by_hand('--source-file', map { capture($node, $_) } qw(dns.pcap http.pcap));
like($out, qr/\/dns\.pcap\n.*\/http\.pcap\n/s, '--source_file: each flow has its own');

# Several captures: read as one, overlapping, in the order of their times, each by itself; and columns hashed with a key.
my $key = '00112233445566778899aabbccddeeff';
$node->safe_psql('postgres', "CREATE USER MAPPING FOR CURRENT_USER SERVER nfstream OPTIONS (anonymization_key '$key')");
my @several = map { capture($node, $_) } qw(tls.pcap busy.pcap dns.pcap format_ng.pcapng http.pcap);
my $everything = $node->safe_psql('postgres', "IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO public OPTIONS"
	. " (table_name 'everything', source '$several[0]', statistical_analysis 'true', splt_analysis '3', extra_columns 'true');"
	. " SELECT string_agg(attname, ',') FROM pg_attribute WHERE attrelid = 'everything'::regclass AND attnum > 0");
foreach my $case (
	[ 'read as one' ],
	[ 'in the order of their times', source_order => 'time' ],
	[ 'each by itself', separate_files => 'true' ],
	[ 'each by itself, in the order of their times', separate_files => 'true', source_order => 'time' ],
	[ 'addresses hashed', columns_to_anonymize => 'src_ip,dst_ip,src_mac' ],
	[ 'all columns hashed', columns_to_anonymize => $everything, statistical_analysis => 'true', splt_analysis => 3 ])
{
	my ($what, %options) = @$case;
	my %in_sql = (%options, extra_columns => 'true', source => '{' . join(',', @several) . '}');

	$in_sql{columns_to_anonymize} = "{$options{columns_to_anonymize}}" if $options{columns_to_anonymize};
	unlink "$directory/several.csv";
	$node->safe_psql('postgres', "DROP FOREIGN TABLE IF EXISTS several; SET client_min_messages = error;"
		. " IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO public OPTIONS (table_name 'several', "
		. join(', ', map { "$_ '$in_sql{$_}'" } sort keys %in_sql) . "); SELECT nfstream_to_csv('several', '$directory/several.csv')");
	my ($status, $out, $err) = by_hand((map { "--$_=$options{$_}" } sort keys %options), '--extra_columns',
		"--anonymization_key=$key", @several);
	is($status, 0, "$what: status");
	same_lines($out, slurp_file("$directory/several.csv"), "$what: several captures give the same bytes");
	unlike($err, $options{separate_files} || $options{source_order} ? qr/./ : qr/^$/,
		"$what: " . ($options{separate_files} || $options{source_order} ? 'nothing said' : 'it is said that they overlap'));
}
($status, $out, $err) = fed($several[0], '--source_order=time', $several[1], '-');
is("$status $out", '1 ', 'a pipe in the order of times: status');
like($err, qr/^nfstream_meter: standard input: is a pipe, which cannot be looked at before it is read/, 'and what is said');

# It loads into a table as IMPORT declares it, and is what the foreign table gives.
my @all = (statistical_analysis => 'true', splt_analysis => 7, extra_columns => 'true');
flows_table($node, 'flows', capture($node, 'text_http.pcap'), @all);
($status, $out, $err) = by_hand('--statistical_analysis', '--splt_analysis=7', '--extra_columns', capture($node, 'text_http.pcap'));
append_to_file("$directory/loaded.csv", $out);
is($node->safe_psql('postgres', <<"END"), '0|t', '\copy loads it');
CREATE TABLE loaded (LIKE flows);
\\copy loaded FROM '$directory/loaded.csv' (FORMAT csv, HEADER)
SELECT (SELECT count(*) FROM (SELECT l::text FROM loaded l EXCEPT ALL SELECT f::text FROM flows f) x), count(*) > 0 FROM loaded;
END

# ------------------------------------------------------------------------------------------------------ what it is told

my $dns = capture($node, 'dns.pcap');
my $tls = capture($node, 'tls.pcap');
my (undef, $plain) = by_hand($dns);
my (undef, $options) = by_hand('--idle_timeout=3', '--statistical_analysis=true', $dns);
foreach my $case (
	[ 'a value after a blank', '--idle_timeout', '3', '--statistical_analysis', 'true', $dns ],
	[ 'dashes', '--idle-timeout=3', '--statistical-analysis=true', $dns ],
	[ 'a boolean alone', '--statistical_analysis', '--idle_timeout=3', $dns ],
	[ 'a boolean alone, before a capture', '--idle_timeout=3', '--statistical_analysis', $dns ],
	[ 'options after the capture', $dns, '--idle_timeout=3', '--statistical_analysis=on' ],
	[ 'the last value counts', '--idle_timeout=1', $dns, '--idle_timeout=3', '--statistical_analysis=1' ],
	[ '--', '--idle_timeout=3', '--statistical_analysis', '--', $dns ])
{
	my ($what, @arguments) = @$case;

	($status, $out, $err) = by_hand(@arguments);
	is($out, $options, "$what: the same rows");
	is("$status $err", '0 ', "$what: and nothing said");
}
link($dns, "$directory/--help") or die "could not link: $!";
($status, $out, $err) = by_shell("cd '$directory' && METER -- --help");
is($out, $plain, 'after -- a capture may be called like an option');

# Each option: what changes with it.
sub count_rows
{
	my ($capture, @options) = @_;
	my ($status, $out) = by_hand(@options, capture($node, $capture));

	return ($out =~ tr/\n//) - 1;
}

sub column
{
	my ($capture, $name, @options) = @_;
	my ($status, $out) = by_hand(@options, capture($node, $capture));
	my ($names, @rows) = map { [ split /,/ ] } split /\n/, $out;
	my ($index) = grep { $names->[$_] eq $name } 0 .. $#$names;

	return defined $index ? join(' ', map { $_->[$index] } @rows) : 'no such column';
}

is(count_rows('time_idle.pcap'), 7, 'default timeouts');
is(count_rows('time_idle.pcap', '--idle_timeout=1000'), 4, '--idle_timeout');
is(count_rows('time_idle.pcap', '--idle_timeout=0'), 8, '--idle_timeout=0: each packet is a flow');
is(column('time_active.pcap', 'expiration_id'), '0 1 0 0 0', 'an active timeout by default');
is(column('time_active.pcap', 'expiration_id', '--active_timeout=0') =~ tr/1//, 52,
	'--active_timeout=0: each of 56 packets is a flow, cut by the next but for the last of 3 and one that was idle');
is(column('types.pcap', 'bidirectional_bytes', '--n_dissections=0', "--accounting_mode=$_->[0]"), $_->[1],
	"--accounting_mode=$_->[0]")
	foreach ([ 0, '70864 42 72' ], [ 1, '680 28 58' ], [ 2, '340 8 18' ], [ 3, '0 0 10' ]);
is(count_rows('tunnel_gtp.pcap'), 14, '--decode_tunnels=true by default');
is(count_rows('tunnel_gtp.pcap', '--decode_tunnels=false'), 5, '--decode_tunnels=false: only outer flows');
is(column('tunnel_gtp.pcap', 'tunnel_id', '--decode_tunnels=false'), 'no such column',
	'--decode_tunnels=false: no column for them');
is(count_rows('busy.pcap', '--max_nflows=5'), 5, '--max_nflows');
is(count_rows('types.pcap', '--max_active_flows=1'), 3, '--max_active_flows');
is(count_rows('busy.pcap', '--bpf_filter', 'udp port 53'), 64, '--bpf_filter: each of 64 clients has asked for one name');
is(column('busy.pcap', 'application_name', '--n_dissections=0'), 'no such column', '--n_dissections=0');
is(column('types.pcap', 'bidirectional_max_ps'), 'no such column', 'no statistics by default');
is(column('types.pcap', 'splt_ps'), 'no such column', 'no SPLT by default');

# What make_types.py tells of its capture, value for value.
($status, $out, $err) = by_hand('--n_dissections=0', '--statistical_analysis', '--splt_analysis=3', capture($node, 'types.pcap'));
my @lines = split /\n/, $out;
my @columns = split /,/, $lines[0];
my %first;
@first{@columns} = map { s/"//gr } $lines[1] =~ /("[^"]*"|[^,]*)(?:,|$)/g;
my %known = (
	id => 0, expiration_id => 0, protocol => 6, ip_version => 4, vlan_id => 0, tunnel_id => 0,
	src_ip => '192.168.7.20', src_mac => '02:00:00:ab:cd:ef', src_oui => '02:00:00', src_port => 65535,
	dst_ip => '203.0.113.5', dst_mac => '06:00:00:fe:dc:ba', dst_port => 443,
	bidirectional_first_seen_ms => 1442949842123, bidirectional_duration_ms => 1, bidirectional_packets => 17,
	bidirectional_bytes => 70000 + 16 * 54, src2dst_packets => 9, dst2src_packets => 8, bidirectional_max_ps => 70000,
	dst2src_mean_ps => 54, bidirectional_mean_piat_ms => 0.0625,
	bidirectional_syn_packets => 2, bidirectional_ack_packets => 15,
	splt_ps => '{54,54,70000}', splt_direction => '{0,1,0}', splt_piat_ms => '{0,0,0}',
);
is(scalar(@columns), 89 - 9, 'all columns but the nine labels');
is($first{$_}, $known{$_}, "$_ of the first flow of types.pcap") foreach sort keys %known;

# ------------------------------------------------------------------------------------------------------------- hashes

my @hashes = map { s/"//gr } column('dns.pcap', 'src_ip', '--columns_to_anonymize={src_ip,dst_ip}');
like($hashes[0], qr/^([0-9a-f]{128} ?)+$/, 'hashes in the place of addresses');
isnt(column('dns.pcap', 'src_ip', '--columns_to_anonymize=src_ip'), $hashes[0], 'without a key each run has its own');

# ------------------------------------------------------------------------------------------------------------ streams

foreach my $name (qw(dns.pcap format_ng.pcapng format_ng_big_endian.pcapng busy.pcap format_snapshot.pcap))
{
	my (undef, $rows) = by_hand(capture($node, $name));

	($status, $out, $err) = fed(capture($node, $name), '-');
	is($out, $rows, "$name in a pipe: the same rows");
	is("$status $err", '0 ', "$name in a pipe: and nothing said");
}
($status, $out, $err) = by_shell("gzip -c '$tls' | METER -");
is("$status $err", '0 ', 'gzip in a pipe: nothing said');
is($out, (by_hand($tls))[1], 'gzip in a pipe: the same rows');
($status, $out, $err) = by_shell("METER - < '$dns'");
is($out, $plain, 'a file as standard input');
($status, $out, $err) = by_shell("METER <(cat '$dns')");
is($out, $plain, 'a pipe that the shell names') or diag($err);
($status, $out, $err) = by_shell("cat '$dns' | METER --source_file '$tls' -");
like($out, qr/tls\.pcap\n.*,-\n$/s, 'a file and a pipe, read as one');
($status, $out, $err) = by_shell("head -c 500 '$tls' | METER -");
is($status, 3, 'a pipe that ends in the middle: status');
like($err, qr/^nfstream_meter: standard input: packet \d+ ends beyond the end of the file, at byte \d+\n$/,
	'a pipe that ends in the middle: where');
($status, $out, $err) = by_shell("METER - < /dev/null");
is("$status $out", '1 ', 'an empty standard input: status, and no line');
like($err, qr/^nfstream_meter: standard input: it is empty\n$/, 'an empty standard input: what is said');
($status, $out, $err) = by_shell("cat '$dns' | METER - -");
is("$status $out", '2 ', 'standard input twice');

# Rows come when they are there: whoever captures into a pipe sees them.
my ($feed, $rows, $said) = ('', '', '');
# Who runs the tests in the background may have SIGINT ignored, which the program leaves as it is.
my $harness = IPC::Run::start([ 'env', '--default-signal=INT', $program, '--idle_timeout=0', '-' ], '<', \$feed, '>', \$rows, '2>', \$said);
my $bytes = slurp_file($dns);
$feed = substr($bytes, 0, 1000);
ok(defined wait_until(sub { $harness->pump_nb; $rows =~ tr/\n// > 2 }, 10), 'rows of a pipe that is still open');

# SIGINT ends a source where it is.
$harness->signal('INT');
ok(defined wait_until(sub { $harness->pump_nb; $said ne '' }, 60), 'interrupted while the pipe is open');
$harness->finish;
is($harness->full_result(0) >> 8, 128 + 2, 'interrupted: status');
like($said, qr/^nfstream_meter: interrupted; the flows up to there were printed\n$/, 'interrupted: what is said');
my $last = $rows =~ tr/\n//;
cmp_ok($last, '>', 2, 'interrupted: rows');

# Twice in a moment, as timeout sends it, is once.
($status, $out, $err) = by_shell("(cat '$dns'; sleep 20) | timeout -s INT 2 METER -");
is($status, 124, 'interrupted by timeout: its status');
is($out, $plain, 'interrupted by timeout: all rows');
like($err, qr/^nfstream_meter: interrupted; /, 'interrupted by timeout: what is said');

# With flows that are still active.
($rows, $said, $feed) = ('', '', substr($bytes, 0, 1000));
$harness = IPC::Run::start([ $program, '-' ], '<', \$feed, '>', \$rows, '2>', \$said);
ok(defined wait_until(sub { $harness->pump_nb; $feed eq '' }, 10), 'a pipe that is still open');
select(undef, undef, undef, 0.3);
$harness->signal('TERM');
$harness->finish;
is($harness->full_result(0) >> 8, 128 + 15, 'ended: status');
cmp_ok($rows =~ tr/\n//, '>', 2, 'ended: the active flows are printed');

# ------------------------------------------------------------------------------------------------------ what is wrong

# With a call: status 2, and nothing is printed.
foreach my $case (
	[ 'an unknown option', qr/there is no option --idle_timout, perhaps --idle_timeout was meant/, '--idle_timout=1', $dns ],
	[ 'a part of an option', qr/there is no option --statistical, perhaps --statistical_analysis was meant/, '--statistical', $dns ],
	[ 'an option that nobody knows', qr/there is no option --colour; --help lists all/, '--colour', $dns ],
	[ 'a short option', qr/there is no option -r; /, '-r', $dns ],
	[ 'an option of tables', qr/--n_meters is an option of foreign tables alone/, '--n_meters=2', $dns ],
	[ 'the source as an option', qr/a source is named without --source/, "--source=$dns" ],
	[ 'a value with a unit', qr/--idle_timeout: "1s" is not accepted; accepted: a whole number of seconds, 0 \.\.\. \d+\n/,
		'--idle_timeout=1s', $dns ],
	[ 'a value out of range', qr/--n_dissections: "256" is not accepted; accepted: a whole number of packets, 0 \.\.\. 255\n/,
		'--n_dissections=256', $dns ],
	[ 'a boolean that is none', qr/--decode_tunnels: "maybe" is not accepted; accepted: a boolean/, '--decode_tunnels=maybe', $dns ],
	[ 'a choice that is none', qr/--on_damage: "stop" is not accepted; accepted: "warn" or "error"\n/, '--on_damage=stop', $dns ],
	[ 'an option without a value', qr/--splt_analysis needs a value: a whole number of packets/, '--splt_analysis' ],
	[ 'a boolean of the command line that is none', qr/--source_file: "x" is not accepted; accepted: a boolean/,
		'--source_file=x', $dns ],
	[ 'an unknown column', qr/--columns_to_anonymize: there is no column "srcip", perhaps "src_ip" was meant/, '--columns_to_anonymize=srcip', $dns ],
	[ 'braces that do not close', qr/--columns_to_anonymize: "\{src_ip" is not accepted/, '--columns_to_anonymize={src_ip', $dns ],
	[ 'a key that is none', qr/--anonymization_key: not accepted; accepted: 2 to 128 hexadecimal digits/,
		'--anonymization_key=secret', $dns ],
	[ 'no capture', qr/no capture is named; - is standard input/, '--idle_timeout=1' ],
	[ 'no argument', qr/no capture is named; - is standard input, and --help tells more/ ],
	[ 'a filter that does not compile', qr/--bpf_filter: "tcp\.port == 443": .*syntax error/,
		'--bpf_filter=tcp.port == 443', $dns ])
{
	my ($what, $said, @arguments) = @$case;

	($status, $out, $err) = by_hand(@arguments);
	is($status, 2, "$what: status");
	is($out, '', "$what: nothing on standard output");
	like($err, qr/^nfstream_meter: $said/, "$what: what is said");
	unlike($err, qr/secret/, "$what: no key in it");
}

# With a file: status 1, and nothing is printed.
my $data = $node->data_dir;
foreach my $case (
	[ 'a file that is not there', qr/\Q$data\E\/none: No such file or directory\n/, "$data/none" ],
	[ 'a directory', qr/\Q$data\E: is a directory\n/, $data ],
	[ 'a file without a byte', qr/\/dev\/null: it is empty\n/, '/dev/null' ],
	[ 'no capture', qr/.*damage_text\.pcap: .*neither pcap's nor pcapng's/, capture($node, 'damage_text.pcap') ],
	[ 'one of two is not there', qr/\Q$data\E\/none: No such file or directory\n/, $dns, "$data/none" ])
{
	my ($what, $said, @arguments) = @$case;

	($status, $out, $err) = by_hand(@arguments);
	is($status, 1, "$what: status");
	is($out, '', "$what: nothing on standard output");
	like($err, qr/^nfstream_meter: $said/, "$what: what is said");
}

# With what is in it: status 3, after the rows up to there.
foreach my $case (
	[ 'damage_packet.pcap', qr/packet 10 ends beyond the end of the file, at byte \d+\n/ ],
	[ 'damage_garbage.pcap', qr/packet 10 .*, at byte \d+\n/ ],
	[ 'damage_ng_lengths.pcapng', qr/packet 10 .*, at byte \d+\n/ ])
{
	my ($name, $said) = @$case;
	my $damaged = capture($node, $name);

	($status, $out, $err) = by_hand($damaged);
	is($status, 3, "$name: status");
	is($out =~ tr/\n//, 3, "$name: the names and two rows");
	like($err, qr/^nfstream_meter: \Q$damaged\E: $said$/, "$name: what is said");
	($status, $out, $err) = by_hand($damaged, $dns);
	is($status, 3, "$name and another: status");
	cmp_ok($out =~ tr/\n//, '>', 3, "$name and another: rows of both");
	($status, $out, $err) = by_hand('--on_damage=error', $damaged, $dns);
	is($status, 3, "$name and another, --on_damage=error: status");
	is($out =~ tr/\n//, 3, "$name and another, --on_damage=error: the other is not read");
}
($status, $out, $err) = by_hand(capture($node, 'damage_no_packets.pcap'));
is($status, 0, 'a capture without packets: status');
is($out =~ tr/\n//, 1, 'a capture without packets: no rows');

# With where the rows go.
my $busy = copies_of($node, 'busy.pcap', 20);
foreach my $case (
	[ "METER '$dns' > /dev/full", 1, qr/^nfstream_meter: standard output: No space left on device\n$/ ],
	[ "METER '$busy' > /dev/full", 1, qr/^nfstream_meter: standard output: No space left on device\n$/ ],
	[ "METER '$dns' >&-", 1, qr/^nfstream_meter: standard output: Bad file descriptor\n$/ ],
	[ "METER --help > /dev/full", 1, qr/^nfstream_meter: standard output: No space left on device\n$/ ],
	[ "METER '$dns' <&- 2>&1 >/dev/null", 0, qr/^$/ ],
	[ "METER '$dns' 2>&- >/dev/null", 0, qr/^$/ ],
	[ "(env --default-signal=PIPE METER '$busy'; echo \$? >&2) | head -1 > /dev/null", 0, qr/^141\n$/ ],
	[ "trap '' PIPE; (METER '$busy'; echo \$? >&2) | head -1 > /dev/null", 0,
		qr/^nfstream_meter: standard output: Broken pipe\n1\n$/ ])
{
	my ($command, $expected, $said) = @$case;

	($status, $out, $err) = by_shell($command);
	is($status, $expected, "$command: status");
	like($err, $said, "$command: what is said");
}

# Many captures.
my @many = map { "$directory/many_$_.pcap" } 1 .. 1500;
foreach my $path (@many)
{
	link($dns, $path) or die "could not link: $!";
}
($status, $out, $err) = by_shell("ulimit -Sn 256; METER --idle_timeout=0 --n_dissections=0 '$directory'/many_*.pcap");
is($status, 0, '1500 captures, and 256 files by default') or diag(substr $err, 0, 200);

# ------------------------------------------------------------------------------------------------------------- the help

foreach my $name (qw(-h --help))
{
	($status, $out, $err) = by_hand($name);
	is("$status $err", '0 ', "$name: status");
	like($out, qr/^usage: nfstream_meter/, "$name: the usage");
}
like($out, qr/^  --idle_timeout\n.*\n +a whole number of seconds, 0 \.\.\. 18446744073709551; default 120\n/m, 'a range and a default');
like($out, qr/^  --on_damage\n.*\n +"warn" or "error"; default warn\n/m, 'choices');
is(join(' ', grep { length > 100 } split /\n/, $out), '', 'no line is longer than 100');
foreach my $status (0 .. 3)
{
	like($out, qr/^  $status  /m, "exit status $status");
}
($status, $out, $err) = by_hand('--version');
is($status, 0, '--version: status');
like($out, qr/^nfstream_meter [0-9.]+\nnDPI [0-9.]+.*\nlibpcap /, '--version: three versions');
($status, $out, $err) = by_hand($dns, '--help');
like($out, qr/^usage: nfstream_meter/, '--help after a capture');

$node->stop;
done_testing();

#
# 005_meter.pl - the meter's program: by hand, and what the system says of one that a server has started.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture copies_of flows_table plan_of same_lines);
use NFStreamEndings qw(make_tables BUSY);
use NFStreamProcesses qw(meters workers wait_until alive);
use NFStreamSession;

my $node = start_cluster('meter', 8);
my $program = $node->config_data('--bindir') . '/nfstream_meter';

# Runs the program; returns its exit status, what it printed and what it said.
sub by_hand
{
	my (@arguments) = @_;
	my ($out, $err);

	IPC::Run::run([ $program, @arguments ], '<', '/dev/null', '>', \$out, '2>', \$err);
	return ($? >> 8, $out, $err);
}

# The rows of a table in SQL, in the form of the program's CSV.
sub by_server
{
	my ($source, %options) = @_;

	flows_table($node, 'flows', $source, %options);
	my $columns = $node->safe_psql('postgres', <<'END');
SELECT string_agg(CASE WHEN atttypid = 'inet'::regtype THEN format('host(%1$I) AS %1$I', attname)
	WHEN atttypid IN ('int[]'::regtype, 'bigint[]'::regtype) THEN format('array_to_json(%1$I) AS %1$I', attname)
	ELSE quote_ident(attname) END, ', ' ORDER BY attnum)
FROM pg_attribute WHERE attrelid = 'flows'::regclass AND attnum > 0 AND attname <> 'source_file'
END
	my $rows = $node->safe_psql('postgres', "COPY (SELECT $columns FROM flows) TO STDOUT (FORMAT csv, HEADER)");
	return $rows =~ s/""//gr;
}

# CSV as both write it: absent text is an empty field, a list has no blanks.
sub plain
{
	my ($csv) = @_;

	chomp $csv;
	return $csv =~ s/, /,/gr;
}

# -------------------------------------------------------------------------------------------------------------- by hand

# What make_types.py tells of its capture, value for value.
my ($status, $out, $err) = by_hand('--n_dissections=0', '--statistical_analysis=true', '--splt_analysis=3',
	capture($node, 'types.pcap'));
is($status, 0, 'it ends with status 0');
is($err, '', 'and says nothing');
my @lines = split /\n/, $out;
my @names = split /,/, $lines[0];
is(scalar(@lines), 1 + 3, 'a line of names and three flows');
is(scalar(@names), 89 - 9, 'all columns but the nine labels');
my %first;
@first{@names} = map { s/"//gr } $lines[1] =~ /("[^"]*"|[^,]*)(?:,|$)/g;
my %known = (
	id => 0, expiration_id => 0, protocol => 6, ip_version => 4, vlan_id => 0, tunnel_id => 0,
	src_ip => '192.168.7.20', src_mac => '02:00:00:ab:cd:ef', src_oui => '02:00:00', src_port => 65535,
	dst_ip => '203.0.113.5', dst_mac => '06:00:00:fe:dc:ba', dst_port => 443,
	bidirectional_first_seen_ms => 1442949842123, bidirectional_duration_ms => 1, bidirectional_packets => 17,
	bidirectional_bytes => 70000 + 16 * 54, src2dst_packets => 9, dst2src_packets => 8, bidirectional_max_ps => 70000,
	dst2src_mean_ps => 54, bidirectional_mean_piat_ms => 0.0625,
	bidirectional_syn_packets => 2, bidirectional_ack_packets => 15,
	splt_ps => '[54, 54, 70000]', splt_direction => '[0, 1, 0]', splt_piat_ms => '[0, 0, 0]',
);
is($first{$_}, $known{$_}, "$_ of the first flow of types.pcap") foreach sort keys %known;

# All columns, and the same as the server's.
foreach my $name (qw(http.pcap tls.pcap busy.pcap gtpu.pcap ip_protocols.pcap nanoseconds.pcapng))
{
	($status, $out, $err) = by_hand('--statistical_analysis=true', '--splt_analysis=5', capture($node, $name));
	is($status, 0, "$name: status");
	my $rows = by_server(capture($node, $name), statistical_analysis => 'true', splt_analysis => 5, n_meters => 1);
	same_lines(plain($out), plain($rows),
		"$name: the same by hand and by the server");
}
($status, $out, $err) = by_hand(map { capture($node, $_) } qw(dns.pcap http.pcap));
same_lines(plain($out), plain(by_server('{' . join(',', map { capture($node, $_) } qw(dns.pcap http.pcap)) . '}')),
	'two captures read as one: the same by hand and by the server');

# Each option: what changes with it.
sub count_rows
{
	my ($capture, @options) = @_;
	my ($status, $out) = by_hand(@options, capture($node, $capture));
	my @rows = split /\n/, $out;

	return @rows - 1;
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
is(count_rows('busy.pcap', '--bpf_filter=udp port 53'), 64, '--bpf_filter: each of 64 clients has asked for one name');
is(column('busy.pcap', 'application_name', '--n_dissections=0'), 'no such column', '--n_dissections=0');
is(column('types.pcap', 'bidirectional_max_ps'), 'no such column', 'no statistics by default');
is(column('types.pcap', 'splt_ps'), 'no such column', 'no SPLT by default');

# What is wrong with a call ends it with status 2, and nothing is printed.
my $data = $node->data_dir;
my $dns = capture($node, 'dns.pcap');
foreach my $case (
	[ 'an unknown option', qr/no such option: --idle=1/, '--idle=1', $dns ],
	[ 'a value that is none', qr/not a value of this option: --idle_timeout=1s/, '--idle_timeout=1s', $dns ],
	[ 'a value out of range', qr/not a value of this option: --n_dissections=256/, '--n_dissections=256', $dns ],
	[ 'an option without a value', qr/not a value of this option: --splt_analysis/, '--splt_analysis', $dns ],
	[ 'no capture', qr/no capture is named/, '--idle_timeout=1' ],
	[ 'no argument', qr/^usage: nfstream_meter/ ],
	[ 'a file that is not there', qr/\Q$data\E\/none: No such file or directory/, "$data/none" ],
	[ 'a directory', qr/\Q$data\E: is not a regular file/, $data ],
	[ 'a device', qr/\/dev\/null: is not a regular file/, '/dev/null' ])
{
	my ($what, $said, @arguments) = @$case;

	($status, $out, $err) = by_hand(@arguments);
	is($status, 2, "$what: status");
	is($out, '', "$what: nothing on standard output");
	like($err, $said, "$what: what is said");
}

# What is wrong with a capture ends it with status 1, behind the rows that were read before.
foreach my $case (
	[ 'damage_packet.pcap', 2, qr/damage_packet\.pcap: packet 10, at byte \d+, ends behind the end of the file/ ],
	[ 'damage_garbage.pcap', 2, qr/damage_garbage\.pcap: packet 10, at byte \d+, / ],
	[ 'damage_ng_lengths.pcapng', 2, qr/damage_ng_lengths\.pcapng: packet 10, at byte \d+, / ],
	[ 'damage_text.pcap', undef, qr/damage_text\.pcap: .*neither pcap's nor pcapng's/ ],
	[ 'damage_empty.pcap', undef, qr/damage_empty\.pcap: / ])
{
	my ($name, $rows, $said) = @$case;

	($status, $out, $err) = by_hand(capture($node, $name));
	is($status, 1, "$name: status");
	is($out =~ tr/\n//, defined $rows ? $rows + 1 : 0, "$name: rows behind the names; nothing where it is no capture");
	like($err, $said, "$name: what is said");
}
($status, $out, $err) = by_hand('--bpf_filter=no such filter', capture($node, 'dns.pcap'));
is($status, 1, 'a filter that does not compile: status');
is($out, '', 'a filter that does not compile: nothing on standard output');
like($err, qr/syntax error/, 'a filter that does not compile: what is said');
($status, $out, $err) = by_hand(capture($node, 'damage_no_packets.pcap'));
is($status, 0, 'a capture without packets: status');
is($out =~ tr/\n//, 1, 'a capture without packets: no rows');

($status, $out, $err) = by_hand('--help');
is($status, 0, '--help: status');
like($out, qr/^usage: nfstream_meter/, '--help: the usage');
($status, $out, $err) = by_hand('--version');
is($status, 0, '--version: status');
like($out, qr/^nfstream_meter [0-9.]+\nnDPI [0-9.]+.*\nlibpcap /, '--version: three versions');

# ------------------------------------------------------------------------------------------------- what it has given up

# The fields of /proc/PID/status.
sub status
{
	my ($pid) = @_;

	return map { /^(\w+):\s*(.*)$/ ? ($1, $2) : () } split /\n/, slurp_file("/proc/$pid/status");
}

# Checks a meter that reads, or waits for someone who reads its records.
sub has_given_up
{
	my ($what, $pid) = @_;
	my %status;

	ok(defined wait_until(sub { %status = status($pid); $status{Seccomp} == 2 }, 5),
		"$what: system calls are filtered");
	is($status{NoNewPrivs}, 1, "$what: it can gain no privileges");
	is($status{$_}, '0' x 16, "$what: no capability in $_") foreach 'CapEff', 'CapPrm', 'CapInh', 'CapAmb';
	my $limits = slurp_file("/proc/$pid/limits");
	like($limits, qr/^Max core file size\s+0\s+0\s/m, "$what: it leaves no core");
	like($limits, qr/^Max processes\s+0\s+0\s/m, "$what: it starts no process");
	is(-o "/proc/$pid/fd" ? 'ours' : 'another\'s', $> == 0 ? 'ours' : 'another\'s',
		"$what: no debugger of its user attaches");
}

make_tables($node, 2);
my $session = NFStreamSession->new($node);
$session->query('BEGIN; DECLARE flows CURSOR FOR SELECT * FROM many; FETCH 1 FROM flows');
has_given_up('under a worker, waiting', (meters($node))[0]);
$session->query('COMMIT');
wait_until(sub { !meters($node) }, 2);	# else these are taken for the next
$session->send('SELECT count(application_name) FROM silent');
wait_until(sub { meters($node) == 2 }, 5);
has_given_up('under a worker, dissecting', (meters($node))[0]);
$node->safe_psql('postgres', 'SELECT pg_cancel_backend(' . $session->backend . ')');
$session->quit;

my $many = copies_of($node, 'busy.pcap', 100);
my $harness = IPC::Run::start([ $program, $many, $many ], '<', '/dev/null', '>pipe', \*READ);
has_given_up('by hand', $harness->{KIDS}[0]{PID});
close(READ);
wait_until(sub { !alive($harness->{KIDS}[0]{PID}) }, 10);
ok(!alive($harness->{KIDS}[0]{PID}), 'it ends when nobody reads');
IPC::Run::kill_kill($harness);

# --------------------------------------------------------------------------------------------- what is not even started

my $library = $node->config_data('--pkglibdir') . '/nfstream_fdw.so';
my $linked = `ldd '$library'`;
is($?, 0, 'the library is where it is looked for');
like($linked, qr/libc\.so/, 'ldd reads it');
unlike($linked, qr/libpcap|libndpi/, 'the library that servers load links neither libpcap nor nDPI');
like(`ldd '$program'`, qr/libpcap.*libndpi|libndpi.*libpcap/s, 'the program links both');

flows_table($node, 'flows', capture($node, 'busy.pcap'), n_meters => 2, n_dissections => 1, bpf_filter => BUSY);
my $plan = plan_of($node, 'SELECT src_ip, bidirectional_packets FROM flows');
is($plan->{DPI}, 'off', 'a query without labels: DPI is off');
is($plan->{Dissections}, 0, 'a query without labels: no dissection');
is($plan->{'nDPI Initialised'}, 0, 'a query without labels: no meter has initialised nDPI');
$plan = plan_of($node, 'SELECT application_name FROM flows');
is($plan->{DPI}, 'on', 'a query with labels: DPI is on');
is($plan->{Dissections}, 160, 'a query with labels: one dissection for each of 160 flows, as n_dissections says');
is($plan->{'nDPI Initialised'}, 2, 'a query with labels: both meters have initialised nDPI');
$plan = plan_of($node, 'SELECT id FROM flows WHERE application_name = \'DNS\'');
is($plan->{DPI}, 'on', 'a condition needs labels too');
$node->safe_psql('postgres', "ALTER FOREIGN TABLE flows OPTIONS (SET n_dissections '0')");
$plan = plan_of($node, 'SELECT application_name FROM flows');
is($plan->{'nDPI Initialised'}, 0, 'n_dissections 0: no meter has initialised nDPI');

# --------------------------------------------------------------------------------------- what it could, and does not keep

# A meter that may capture, as root alone can make one: it keeps nothing of that, dies with its parent, which executing such a
# program undoes, and is not started where everyone could run it.
my $meters = $ENV{NFSTREAM_TEST_METERS};
if (defined $meters && -e "$meters/755/nfstream_meter")
{
	like(`/sbin/getcap $meters/750/nfstream_meter`, qr/cap_net_raw/, 'a meter has capabilities');
	$node->append_conf('postgresql.conf', 'restart_after_crash = on');
	$node->reload;
	$session = NFStreamSession->new($node);
	$session->query("SET nfstream_fdw.meter_program = '$meters/755/nfstream_meter'");
	$session->query('SELECT count(*) FROM many');
	like($session->{said}, qr/ERROR:  the meter "\Q$meters\E\/755\/nfstream_meter" has capabilities, and everyone may run it\n/,
		'with capabilities, for everyone: it is not started');
	like($session->{said}, qr/^HINT:  .*chmod 750/m, 'and what to do');
	is(scalar(meters($node)), 0, 'and none runs');
	$session->query("SET nfstream_fdw.meter_program = '$meters/750/nfstream_meter'");
	$session->query('BEGIN; DECLARE flows CURSOR FOR SELECT * FROM many; FETCH 1 FROM flows');
	my @capable = meters($node);
	is(scalar(@capable), 2, 'with capabilities, for the server\'s group: it is started');
	has_given_up('with capabilities', $capable[0]);
	kill('KILL', workers($node));
	ok(defined wait_until(sub { !grep { alive($_) } @capable }, 2), 'with capabilities: it dies with its parent');
	$session->vanish;
	$node->poll_query_until('postgres', 'SELECT true') or die 'the server did not restart';
}

$node->stop;
done_testing();

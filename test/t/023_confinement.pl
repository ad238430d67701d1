#
# 023_confinement.pl - what a meter is given when it starts, what a filter can make it do, and what is said if it cannot start.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use File::Copy;
use JSON::PP;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture flows_table);
use NFStreamProcesses qw(meters wait_until);
use NFStreamSession;

my $node = start_cluster('confinement', 8);
my $program = $node->config_data('--bindir') . '/nfstream_meter';

# What a statement answers, with its errors, in a session with these settings.
sub said
{
	my ($query, @settings) = @_;
	my ($status, $out, $err) = $node->psql('postgres', join('', map { "SET $_;" } @settings) . $query);

	return $out . $err;
}

# ------------------------------------------------------------------------------------------------------------ what it is given

my $probe = $node->data_dir . '/../probe_meter.py';
copy("$FindBin::RealBin/probe_meter.py", $probe) or die $!;
chmod 0755, $probe;
flows_table($node, 'flows', capture($node, 'dns.pcap'), n_meters => 1, n_dissections => 0);
foreach my $workers ('worker', 'leader')
{
	my $file = $node->data_dir . '/../probe.json';
	my @settings = ("nfstream_fdw.meter_program = '$probe'");

	if ($workers eq 'leader')
	{
		$node->append_conf('postgresql.conf', 'max_worker_processes = 0');
		$node->restart;
	}
	unlink $file;
	like(said('SELECT count(*) FROM flows', @settings, "statement_timeout = '60s'"), qr/a meter ended before its work was done/,
		"under a $workers: the probe ends");
	ok(-e $file, "under a $workers: the probe has written") or next;
	my $found = decode_json(slurp_file($file));
	my %descriptors = %{ $found->{descriptors} };
	is(join(' ', sort keys %descriptors), '0 1 2 3', "under a $workers: no descriptor but these");
	like($descriptors{0}, qr/^socket:/, "under a $workers: its channel");
	is($descriptors{$_}, '/dev/null', "under a $workers: nothing to write to at $_") foreach 1, 2;
	like($descriptors{3}, qr/^\/memfd:nfstream progress/, "under a $workers: its page");
	is_deeply($found->{environment}, [], "under a $workers: no environment");
	is_deeply([ @$found{qw(blocked ignored)} ], [ [], [] ], "under a $workers: no signal is blocked or ignored");
	is($found->{pending}, '0' x 16, "under a $workers: none waits");
	ok($found->{leads_its_group}, "under a $workers: a group of its own");
	is($found->{terminal}, 0, "under a $workers: no terminal");
	is_deeply($found->{timer}, [ 0, 0 ], "under a $workers: no timer runs");
}

# ----------------------------------------------------------------------------------------------------- what a filter makes it do

# A filter of some 4,000 bytes that libpcap 1.10 takes most of a minute and 150 MB for, and 1.11 some seconds and 60 MB.
my $slow = 'port 1 or ' . join(' or ', 2 .. 500);
$slow .= " or $_" foreach 501 .. 570;
ok(length($slow) <= 4096, 'a filter that is long enough');
flows_table($node, 'slow', capture($node, 'dns.pcap'), n_meters => 1, n_dissections => 0, bpf_filter => $slow);
$node->safe_psql('postgres', "ALTER FOREIGN TABLE slow OPTIONS (ADD meter_timeout '1')");
like(said('SELECT count(*) FROM slow'), qr/ERROR:  a meter did not move on for 1 second\n.*^HINT:  The filter may take long to compile/ms,
	'meter_timeout ends its compiling');
$node->safe_psql('postgres', "ALTER FOREIGN TABLE slow OPTIONS (SET meter_timeout '0')");
like(said('SELECT count(*) FROM slow', "statement_timeout = '500ms'"), qr/ERROR:  canceling statement due to statement timeout/,
	'so does a cancel');
ok(defined wait_until(sub { !meters($node) }, 5), 'and no meter is left');

# It is compiled within the limits and inside the walls.
$node->safe_psql('postgres', "ALTER FOREIGN TABLE slow OPTIONS (ADD meter_memory '256')");
my $session = NFStreamSession->new($node);
$session->send('SELECT count(*) FROM slow');
my $pid;
my $status = '';
ok(defined wait_until(
		sub { ($pid) = meters($node); $status = defined $pid ? slurp_file("/proc/$pid/status") : ''; $status =~ /^Seccomp:\t2$/m }, 10),
	'a meter that compiles is in the sandbox');
like($status, qr/^CapPrm:\t0{16}$/m, 'without capabilities');
like(slurp_file("/proc/$pid/limits"), qr/^Max address space +268435456 /m, 'with no more memory than meter_memory');
$node->safe_psql('postgres', 'SELECT pg_cancel_backend(' . $session->backend . ')');
$session->quit;
my $copy = capture($node, 'dns.pcap');
my $answer = `bash -c "ulimit -v 40000; exec $program --n_dissections=0 --bpf_filter='$slow' $copy" 2>&1`;
like($answer, qr/out of memory/, 'libpcap without memory is said to be that');
like(said("ALTER FOREIGN TABLE slow OPTIONS (SET bpf_filter '" . 'x' x 4097 . "')"),
	qr/Accepted: a filter in libpcap's language; at most 4096 bytes\./, 'a filter that is too long is refused');

# Names, in the sandbox: of services and protocols, and no other.
foreach my $case (
	[ 'port domain', undef ], [ 'ip proto \udp or tcp port https', undef ],
	[ 'host localhost', qr/unknown host 'localhost'\nHINT:  Names of hosts, networks and Ethernet addresses are not looked up: give addresses\.$/m ],
	[ 'ether host root', qr/unknown (?:ether|Ethernet-like) host 'root'\nHINT:  Names of hosts/ ],
	[ 'net loopback', qr/unknown network 'loopback'\nHINT:  Names of hosts/ ],
	[ 'port nosuchservice', qr/does not compile: unknown port 'nosuchservice'$/m ],
	[ 'tcp.port == 443', qr/HINT:  .*Wireshark.* it is: tcp port 443$/m ],
	[ 'ip.addr==10.0.0.0/8', qr/HINT:  .*Wireshark.* it is: net 10\.0\.0\.0\/8$/m ],
	[ 'http.host contains "x"', qr/HINT:  .*Wireshark.* looks like this: tcp port 443 and host 192\.0\.2\.1$/m ],
	[ 'inbound', qr/does not compile: .*inbound.* not supported on / ])
{
	my ($filter, $wrong) = @$case;
	my $query = "ALTER FOREIGN TABLE flows OPTIONS (SET bpf_filter '$filter')";

	$node->safe_psql('postgres', $query =~ s/SET/ADD/r) if $filter eq 'port domain';
	$node->safe_psql('postgres', $query) if $filter ne 'port domain';
	$answer = said('SELECT count(*) > 0 FROM flows');
	defined $wrong ? like($answer, $wrong, "filter $filter") : is($answer, 't', "filter $filter");
}

# A filter that sees nothing of what there is: said once, and not where something passed.
flows_table($node, 'tagged', capture($node, 'vlan.pcap'), n_meters => 1, n_dissections => 0, bpf_filter => 'tcp port 80');
foreach my $case (
	[ 'vlan.pcap', 'tcp port 80', 'VLAN tags', 'vlan' ], [ 'qinq_8021ad.pcap', 'udp', 'VLAN tags', 'vlan' ],
	[ 'mpls.pcap', 'udp port 53', 'MPLS labels', 'mpls' ], [ 'link_pppoe.pcap', 'udp', 'PPPoE headers', 'pppoes' ],
	[ 'vlan.pcap', 'vlan and (tcp)' ], [ 'dns.pcap', 'tcp port 7' ])
{
	my ($name, $filter, $what, $word) = @$case;

	$node->safe_psql('postgres', "ALTER FOREIGN TABLE tagged OPTIONS (SET source '" . capture($node, $name) . "', SET bpf_filter '$filter')");
	$answer = said('SELECT count(*) FROM tagged');
	defined $what ?
		like($answer, qr/NOTICE:  no packet passed bpf_filter "\Q$filter\E", and \d+ of \d+ have $what\nHINT:  .*: "$word and \(\Q$filter\E\)"\.$/m,
			"$name: $filter") : unlike($answer, qr/NOTICE/, "$name: $filter");
}

# ---------------------------------------------------------------------------------------------------- what if it cannot start

$node->safe_psql('postgres', 'ALTER FOREIGN TABLE flows OPTIONS (DROP bpf_filter)');
$session = NFStreamSession->new($node);
system('prlimit', '--pid', $session->backend, '--nproc=1');
SKIP:
{
	skip 'limits on processes do not hold root back', 3 if $> == 0;
	$session->query('SELECT count(*) FROM flows');
	like($session->{said}, qr/ERROR:  could not start the meter "\Q$program\E": Resource temporarily unavailable/, 'no process more');
	like($session->{said}, qr/^HINT:  The server's user may have no more processes: see "ulimit -u"/m, 'and why');
	unlike($session->{said}, qr/make install/, 'not that it is not installed');
}
$session->quit;
foreach my $case ([ 'none', 'No such file or directory' ], [ 'PG_VERSION', 'Permission denied' ])
{
	my ($name, $reason) = @$case;
	$answer = said('SELECT count(*) FROM flows', "nfstream_fdw.meter_program = '" . $node->data_dir . "/$name'");

	like($answer, qr/ERROR:  could not start the meter ".*\/$name": $reason\nHINT:  "make install" puts it/, "$name: $reason");
}

append_to_file($node->data_dir . '/unloadable', "#!/bin/sh\nexit 127\n");
chmod 0755, $node->data_dir . '/unloadable';
like(said('SELECT count(*) FROM flows', "nfstream_fdw.meter_program = '" . $node->data_dir . "/unloadable'"),
	qr/with exit status 127\n.*^HINT:  It could not be loaded: "nfstream_meter --version", run as the server's user, says what is missing\.$/ms,
	'a library is missing');

$node->stop;
done_testing();

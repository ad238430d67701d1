#
# 005_meter.pl - the meter's program: what the system says of one that runs, and when none is started.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture copies_of flows_table plan_of);
use NFStreamEndings qw(make_tables BUSY);
use NFStreamProcesses qw(meters workers wait_until alive);
use NFStreamSession;

my $node = start_cluster('meter', 8);
my $program = $node->config_data('--bindir') . '/nfstream_meter';

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
	is(slurp_file("/proc/$pid/oom_score_adj"), "800\n", "$what: it is the first to go where memory runs out");
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
$session->finish;
wait_until(sub { !meters($node) }, 2);
foreach my $sql ('SELECT application_name FROM silent LIMIT 1', "SELECT application_name FROM silent WHERE src_ip = '192.0.2.1'")
{
	$session->send($sql);
	wait_until(sub { meters($node) == 2 }, 5);
	has_given_up("beside nDPI's start: $sql", (meters($node))[0]);
	$node->safe_psql('postgres', 'SELECT pg_cancel_backend(' . $session->backend . ')');
	$session->finish;
	wait_until(sub { !meters($node) }, 2);
}
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
	like($session->{said}, qr/^HINT:  As root, "make install-capture"/m, 'and what to do');
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

#
# 001_workers.pl - scans on background workers: as many as were asked for, the same rows whatever their number, and
# nothing left.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use NFStreamCluster qw(start_cluster capture flows_table flows_of plan_of same_lines);
use NFStreamEndings qw(make_tables check_endings BUSY FLOWS);
use NFStreamProcesses qw(meters workers segments descriptors wait_for_nothing);
use NFStreamSession;

my $node = start_cluster('workers', 20);

# The same rows and ids from any number of meters; every meter of each number is started.
my @captures = qw(busy.pcap http.pcap icmp.pcap ipv6.pcap vlan.pcap types.pcap);

foreach my $name (@captures)
{
	my $source = capture($node, $name);
	my %rows;

	foreach my $meters (1, 2, 3, 8)
	{
		flows_table($node, 'flows', $source, n_meters => $meters, n_dissections => 0, statistical_analysis => 'true',
			splt_analysis => 5, idle_timeout => 1);
		$rows{$meters} = flows_of($node, 'flows');
		is(plan_of($node, 'SELECT * FROM flows')->{'Meters Started'}, $meters, "$name: $meters meters start");
		same_lines($rows{$meters}, $rows{1}, "$name: the rows of $meters meters") if $meters > 1;
	}
	isnt($rows{1}, '', "$name has rows");
}

# In busy.pcap every shard of eight has flows.
flows_table($node, 'flows', capture($node, 'busy.pcap'), n_meters => 8, bpf_filter => BUSY);
my $flows_of_meters = plan_of($node, 'SELECT * FROM flows')->{'Flows of Meters'} // [];
is(scalar(grep { $_ > 0 } @$flows_of_meters), 8, 'busy.pcap has flows for each of 8 meters');
is(eval { my $sum = 0; $sum += $_ foreach @$flows_of_meters; $sum }, 160, 'busy.pcap has 160 flows');

# A meter under each worker, which everyone sees, while a scan is held; and they go with it.
make_tables($node, 3);
my $session = NFStreamSession->new($node);
my @before = segments($node);

$session->query('BEGIN; DECLARE flows CURSOR FOR SELECT * FROM many; FETCH 1 FROM flows');
my $list = "SELECT backend_type, datname FROM pg_stat_activity WHERE backend_type LIKE 'nfstream%'";
is($node->safe_psql('postgres', $list), join("\n", ('nfstream worker|') x 3),
	'three workers, of no database, in pg_stat_activity');
is(scalar(meters($node)), 3, 'three meters');
is(scalar(workers($node)), 3, 'three workers');
is(scalar(segments($node)), @before + 4, 'shared memory: one segment for the scan, and one for each worker');
my $second = $node->safe_psql('postgres', 'SELECT count(*), min(id), max(id) FROM many');
is($second, join('|', FLOWS, 0, FLOWS - 1), 'another session scans the same table meanwhile');
like($session->query('MOVE 100 FROM flows; FETCH 1 FROM flows'), qr/^101\|/, 'the scan goes on where it was');
$session->query('COMMIT');
ok(defined wait_for_nothing($node, @before), 'all are gone');
is($node->safe_psql('postgres', $list), '', 'no worker in pg_stat_activity');
$session->quit;

# However a scan ends: nothing is left, and no line of it is in the server's log but the errors that the client was
# told.
my $log_start = -s $node->logfile;
check_endings($node, 3, 3);
my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile, $log_start);
unlike($log, qr/^.*(FATAL|PANIC|WARNING|background worker).*$/m, 'the server has nothing to say of it');

$node->stop;
done_testing();

#
# 002_no_slot.pl - scans where fewer workers can run than meters were asked for: the same rows, from fewer meters.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use NFStreamCluster qw(start_cluster capture flows_table flows_of plan_of same_lines);
use NFStreamEndings qw(make_tables check_endings FLOWS);
use NFStreamProcesses qw(meters workers);
use NFStreamSession;

my $node = start_cluster('no_slot', 8);
my $source = capture($node, 'busy.pcap');
my %rows;

flows_table($node, 'flows', $source, n_meters => 8, n_dissections => 0, statistical_analysis => 'true',
	splt_analysis => 5);
foreach my $slots (8, 2, 1, 0)
{
	my $started = $slots > 0 ? $slots : 1;

	$node->append_conf('postgresql.conf', "max_worker_processes = $slots");
	$node->restart;
	is(plan_of($node, 'SELECT * FROM flows')->{'Meters Started'}, $started,
		"$started meters start where $slots workers can run");
	$rows{$slots} = flows_of($node, 'flows');
	same_lines($rows{$slots}, $rows{8}, "the same rows where $slots workers can run");
}

# Without a worker, the leader owns the meter.
make_tables($node, 3);
my $session = NFStreamSession->new($node);

$session->query('BEGIN; DECLARE flows CURSOR FOR SELECT * FROM many; FETCH 1 FROM flows');
is(scalar(meters($node)), 1, 'one meter');
is(scalar(workers($node)), 0, 'no worker');
like($session->query('MOVE 100 FROM flows; FETCH 1 FROM flows'), qr/^101\|/, 'the scan goes on where it was');
is($session->query('SELECT count(*), count(DISTINCT a.id) FROM many a JOIN many b USING (id)'), join('|', (FLOWS) x 2),
	'two scans more in the same session');
$session->query('COMMIT');
$session->quit;
check_endings($node, 1, 0);

# Slots that others have taken are free again when these end.
$node->append_conf('postgresql.conf', 'max_worker_processes = 3');
$node->restart;
$session = NFStreamSession->new($node);
$session->query('BEGIN; DECLARE flows CURSOR FOR SELECT * FROM many; FETCH 1 FROM flows');
is(scalar(workers($node)), 3, 'all slots are taken');
is(plan_of($node, 'SELECT * FROM flows')->{'Meters Started'}, 1, 'then another scan has one meter');
same_lines(flows_of($node, 'flows'), $rows{8}, 'and the same rows');
$session->query('COMMIT');
is(plan_of($node, 'SELECT * FROM flows')->{'Meters Started'}, 3, 'three meters when the slots are free again');
$session->quit;

$node->stop;
done_testing();

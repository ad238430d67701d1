#
# 037_sizing.pl - how many meters a scan is worth, by what its conditions are likely to leave to label.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use NFStreamCluster qw(start_cluster copies_of flows_table);

my $node = start_cluster('sizing', 8);
$node->append_conf('postgresql.conf', 'max_parallel_workers_per_gather = 0');
$node->reload;

chomp(my $cores = qx(getconf _NPROCESSORS_ONLN));
my $flows = copies_of($node, 'busy.pcap', 100);
my $several = $cores > 1 ? 2 : 1;
flows_table($node, 'flows', $flows);

sub meters
{
	my ($condition) = @_;
	my $plan = $node->safe_psql('postgres', "EXPLAIN (FORMAT JSON) SELECT application_name, bidirectional_bytes FROM flows $condition");

	return $plan =~ /"Meters": (\d+)/ ? $1 : undef;
}

my $host = $node->safe_psql('postgres', 'SELECT src_ip FROM flows GROUP BY 1 ORDER BY count(*), 1 LIMIT 1');

cmp_ok(meters(''), '>=', $several, 'labels of all flows are shared out');
foreach my $analyzed (0, 1)
{
	my $when = $analyzed ? 'analyzed' : 'not analyzed';

	$node->safe_psql('postgres', 'ANALYZE flows') if $analyzed;
	is(meters("WHERE src_ip = '$host'"), 1, "$when: labels of one host are one meter's work");
	is(meters("WHERE '$host' IN (src_ip, dst_ip) AND bidirectional_bytes > 0"), 1, "$when: in either direction, with another condition");
	cmp_ok(meters('WHERE dst_port > 0'), '>=', $several, "$when: ports of most flows");
	cmp_ok(meters('WHERE bidirectional_bytes > 10'), '>=', $several, "$when: what is known at the end of a flow saves no label");
	cmp_ok(meters("WHERE src_ip <> '$host'"), '>=', $several, "$when: all but one host are many");
	is(meters('WHERE dst_port = 1'), $analyzed ? 1 : meters(''), "$when: a port that has few flows");
}
$node->safe_psql('postgres', q{ALTER FOREIGN TABLE flows OPTIONS (ADD udps '[{"plugin": "flow_slicer", "limit": 7}]')});
cmp_ok(meters("WHERE src_ip = '$host'"), '>=', $several, 'with a plugin nothing is decided before a flow leaves');
$node->safe_psql('postgres', 'ALTER FOREIGN TABLE flows OPTIONS (DROP udps)');

# Meters share out the bound, so that with fewer of them other flows would end early.
my $labels = "SELECT id, bidirectional_packets, application_name FROM flows WHERE src_ip = '$host'";
$node->safe_psql('postgres', q{ALTER FOREIGN TABLE flows OPTIONS (ADD max_active_flows '100')});
is(meters("WHERE src_ip = '$host'"), meters(''), 'with a bound of active flows there are as many meters whatever is asked for');
is(meters('LIMIT 5'), meters(''), 'and however many rows');
is($node->safe_psql('postgres', $labels), $node->safe_psql('postgres', "SET nfstream_fdw.enable_pushdown = off; $labels"),
	'so that the rows and ids are the same, pushed or not');
$node->safe_psql('postgres', 'ALTER FOREIGN TABLE flows OPTIONS (DROP max_active_flows)');

$node->safe_psql('postgres', q{ALTER FOREIGN TABLE flows OPTIONS (ADD n_meters '3')});
is(meters("WHERE src_ip = '$host'"), 3, 'as many as the option says');

$node->stop;
done_testing();

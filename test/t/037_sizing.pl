#
# 037_sizing.pl - how many meters a scan is worth, by what its conditions are likely to leave to label, and whether they have workers.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture copies_of flows_table);

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
$node->safe_psql('postgres', 'ALTER FOREIGN TABLE flows OPTIONS (DROP n_meters)');

# ------------------------------------------------------------------------------------------------------ who owns the only meter

# How many workers a query has had: each is told in the log.
$node->append_conf('postgresql.conf', 'log_min_messages = debug1');
$node->restart;

sub workers_of
{
	my ($query) = @_;
	my $before = -s $node->logfile;

	$node->safe_psql('postgres', $query);
	return scalar(() = substr(slurp_file($node->logfile), $before) =~ /starting background worker process "nfstream worker/g);
}

flows_table($node, 'few', capture($node, 'busy.pcap'));
flows_table($node, 'few_of_one', capture($node, 'busy.pcap'), n_meters => 1);
is(workers_of('SELECT application_name FROM few'), 0, 'a small capture: the session');
is(workers_of('SELECT count(*) FROM few a, few b WHERE a.src_ip = b.dst_ip'), 0, 'which may read several');
is(workers_of('SELECT application_name FROM few_of_one'), 1, 'a worker, where the option asks for one');
is(workers_of('SELECT src_ip FROM flows'), 1, 'a large capture: a worker');
is(workers_of('SELECT application_name FROM flows LIMIT 5'), 0, 'few rows of it: the session');
is(workers_of('SELECT application_name FROM flows'), $several, 'labels of all: a worker for each meter') if $several == 2 && $cores == 2;
is($node->safe_psql('postgres', 'SELECT * FROM few'), $node->safe_psql('postgres', 'SELECT * FROM few_of_one'), 'the rows are the same');

$node->stop;
done_testing();

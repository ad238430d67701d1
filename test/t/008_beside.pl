#
# 008_beside.pl - foreign tables and what the server does beside a scan: rows that others change meanwhile, dumps, autovacuum.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture flows_table same_lines);
use NFStreamProcesses qw(wait_until);
use NFStreamSession;

my $node = start_cluster('beside', 8);
my $source = capture($node, 'link_vlan.pcap');

# ------------------------------------------------------------------------------------- rows that others change meanwhile
# A statement that waits for a row that another has locked looks at the row anew, together with the flow that it was joined
# with: the flow is the same, and no second scan begins.

flows_table($node, 'flows', $source, n_meters => 1);
$node->safe_psql('postgres', 'CREATE TABLE seen AS SELECT id, 0 AS times FROM flows; ALTER TABLE seen ADD PRIMARY KEY (id)');
my ($one, $other) = (NFStreamSession->new($node), NFStreamSession->new($node));

# What the other session gets from QUERY when the one has changed seen in between.
sub meanwhile
{
	my ($change, $query) = @_;

	$one->query("BEGIN; $change");
	$other->send($query);
	ok( defined wait_until(
			sub {
				$one->query("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = " . $other->backend) > 0;
			},
			20),
		'the other session waits');
	$one->query('COMMIT');
	my $got = $other->finish;
	return $other->{said} eq '' ? $got : $other->{said};
}

my $flow_6 = '6|fd00:9::1|40006|1';
is(meanwhile('UPDATE seen SET times = 1 WHERE id = 6',
		'SELECT f.id, f.src_ip, f.src_port, s.times FROM flows f JOIN seen s USING (id) WHERE f.id = 6 FOR UPDATE OF s'),
	$flow_6, 'SELECT ... FOR UPDATE OF the other table');
is(meanwhile('UPDATE seen SET times = 1 WHERE id = 6',
		'SELECT f.id, f.src_ip, f.src_port, s.times FROM flows f JOIN seen s USING (id) WHERE f.id = 6 FOR UPDATE'),
	$flow_6, 'SELECT ... FOR UPDATE');
is(meanwhile('UPDATE seen SET times = 2 WHERE id = 6',
		'SELECT f.id FROM flows f JOIN seen s USING (id) WHERE f.id = 6 AND s.times < 2 FOR UPDATE OF s'),
	'', 'a condition that holds no more');
is(meanwhile('UPDATE seen SET times = 3 WHERE id = 6', 'UPDATE seen s SET times = times + f.src_port FROM flows f'
			. ' WHERE f.id = s.id AND s.id = 6 AND s.times <> f.src_port RETURNING s.times, f.src_ip'),
	'40009|fd00:9::1', 'UPDATE ... FROM');
is(meanwhile('UPDATE seen SET times = 0 WHERE id = 6',
		'DELETE FROM seen s USING flows f WHERE f.id = s.id AND f.src_port > 40000 AND s.times > 40000'),
	'', 'DELETE ... USING');
is($node->safe_psql('postgres', 'SELECT times FROM seen WHERE id = 6'), '0', 'of a row that is to stay');
is(meanwhile('UPDATE seen SET times = 5 WHERE id = 0',
		'MERGE INTO seen s USING flows f ON f.id = s.id AND s.id = 0 WHEN MATCHED AND s.times = 0 THEN UPDATE SET times = -1'
			. ' WHEN MATCHED THEN UPDATE SET times = s.times + f.dst_port'),
	'', 'MERGE');
is($node->safe_psql('postgres', 'SELECT times FROM seen WHERE id = 0'), '85', 'decides by the row as it is now');
is(meanwhile('UPDATE seen SET times = 6 WHERE id = 0', 'UPDATE seen s SET times = s.times + f.src_port FROM flows f'
			. ' WHERE f.id = s.id AND s.id = 0 RETURNING s.times, (f).application_name, f = (SELECT g FROM flows g WHERE g.id = 0)'),
	'40007|HTTP|t', 'the whole flow');
is(meanwhile('UPDATE seen SET times = 7 WHERE id = 0', 'UPDATE seen s SET times = s.times + f.src_port FROM flows f'
			. " WHERE f.id = s.id AND s.id = 0 AND f.application_name = 'HTTP' RETURNING s.times"),
	'40008', 'a label of it');

# The same of a partition.
$node->safe_psql('postgres', "CREATE TABLE whole (LIKE flows) PARTITION BY LIST (ip_version);"
	. " CREATE FOREIGN TABLE part PARTITION OF whole FOR VALUES IN (4, 6) SERVER nfstream OPTIONS (source '$source', n_meters '1')");
is(meanwhile('UPDATE seen SET times = 8 WHERE id = 0',
		"SELECT s.times, w.src_port, w.application_name, w.tableoid::regclass FROM seen s JOIN whole w USING (id)"
			. ' WHERE w.id = 0 AND s.times > 0 FOR UPDATE OF s'),
	'8|40001|HTTP|part', 'SELECT ... FOR UPDATE with a partition');
$node->safe_psql('postgres', 'DROP TABLE whole');

# The same with a call in the table's place, whose rows a custom scan gives: by columns, and as the whole row.
my $call = "nfstreamer('$source', n_meters => 1) f";
$node->safe_psql('postgres', 'UPDATE seen SET times = 0');
is(meanwhile('UPDATE seen SET times = 1 WHERE id = 6',
		"SELECT f.id, f.src_ip, f.src_port, s.times FROM $call JOIN seen s USING (id) WHERE f.id = 6 FOR UPDATE OF s"),
	$flow_6, 'a call: SELECT ... FOR UPDATE OF the other table');
is(meanwhile('UPDATE seen SET times = 2 WHERE id = 6',
		"UPDATE seen s SET times = times + 10 FROM $call WHERE f.id = s.id AND f.src_port = 40006 AND s.times < 3"
			. ' RETURNING s.id, f.src_ip, f.src_port, (f).dst_port > 0'),
	'6|fd00:9::1|40006|t', 'a call: UPDATE ... FROM');
is(meanwhile('UPDATE seen SET times = 50 WHERE id = 6',
		"SELECT f.id FROM $call JOIN seen s USING (id) WHERE f.id = 6 AND s.times < 20 FOR UPDATE OF s"),
	'', 'a call: a row that does not match any more');

$_->quit foreach $one, $other;

# The planner loads the library when it first meets a call, and makes a scan of that one already.
like($node->safe_psql('postgres', "EXPLAIN SELECT count(*) FROM nfstreamer('$source')"), qr/Custom Scan \(nfstreamer\).*DPI: off/s,
	'the first call of a session is a scan');

# ------------------------------------------------------------------------------------------------------- dump and restore
# Definitions with all that can hang on them; what comes back reads the same.

$node->safe_psql('postgres', <<"END");
SELECT nfstream_comment('flows');
CREATE SERVER "Other ""server""" FOREIGN DATA WRAPPER nfstream_fdw
	OPTIONS (source '{"$source"}', statistical_analysis 'on', idle_timeout '18446744073709551');
CREATE FOREIGN TABLE "My 'flows'" (
	id bigint NOT NULL, gone int, "the sender" inet OPTIONS (attribute 'src_ip'), splt_ps smallint[],
	bytes numeric(12,2) OPTIONS (attribute 'bidirectional_bytes') CHECK (bytes >= 0),
	prediction float8 OPTIONS (attribute 'udps.x')
) SERVER "Other ""server""" OPTIONS (bpf_filter 'ip6 or ip proto \\tcp', splt_analysis '65535');
ALTER FOREIGN TABLE "My 'flows'" DROP COLUMN gone;
CREATE USER MAPPING FOR PUBLIC SERVER "Other ""server""" OPTIONS (anonymization_key '00ff');
CREATE VIEW of_flows AS SELECT "the sender", bytes FROM "My 'flows'";
CREATE TABLE years (LIKE flows) PARTITION BY RANGE (bidirectional_first_seen_ms);
CREATE FOREIGN TABLE year PARTITION OF years FOR VALUES FROM (0) TO (2000000000000) SERVER nfstream
	OPTIONS (source '$source');
CREATE MATERIALIZED VIEW kept AS SELECT id, src_port FROM year;
END
my $dump = $node->basedir . '/dump.sql';
$node->command_ok([ 'pg_dump', '-d', $node->connstr('postgres'), '-f', $dump ], 'pg_dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('restored'), '-f', $dump ], 'restore');
my $again = $node->basedir . '/again.sql';
$node->command_ok([ 'pg_dump', '-d', $node->connstr('restored'), '-f', $again ], 'pg_dump of what was restored');
same_lines(map({ s/^\\(un)?restrict.*//gmr } slurp_file($again), slurp_file($dump)), 'the same definitions');
foreach my $table ('flows', '"My \'flows\'"', 'of_flows', 'years', 'kept')
{
	my $query = "COPY (SELECT * FROM $table) TO STDOUT";

	same_lines($node->safe_psql('restored', $query), $node->safe_psql('postgres', $query), "the same rows of $table");
}
# The flows themselves too, where it is asked for.
$node->command_like([ 'pg_dump', '-d', $node->connstr('postgres'), '-a', '-t', 'year', '--include-foreign-data=nfstream' ],
	qr/^COPY public\.year (.*\n)(0\t.*\n)(1\t.*\n)(2\t.*\n)(3\t.*\n)(4\t.*\n)(5\t.*\n)(6\t.*\n)\\\.\n/m, 'pg_dump of flows');

# -------------------------------------------------------------------------------------------------------------- autovacuum
# It leaves foreign tables alone: nobody reads captures but who asks for them.

$node->safe_psql('postgres', 'CREATE TABLE plain AS SELECT generate_series(1, 1000) AS n');
$node->append_conf('postgresql.conf', "autovacuum = on\nautovacuum_naptime = 1s\nautovacuum_analyze_threshold = 1\n");
$node->restart;
ok($node->poll_query_until('postgres',
		"SELECT count(*) > 0 FROM pg_stat_all_tables WHERE relname = 'plain' AND last_autoanalyze IS NOT NULL"),
	'autovacuum has come by');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_class WHERE relkind = 'f' AND reltuples >= 0"), '0',
	'and has left the foreign tables alone');

$node->stop;
done_testing();

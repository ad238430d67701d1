#
# 034_async.pl - several captures under one Append: all are metered at once, whoever owns the meters, and what one does is nothing to the others.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture copies_of flows_table flows_of same_lines);
use NFStreamEvil qw(evil_program);
use NFStreamProcesses qw(meters workers segments descriptors wait_until wait_for_nothing what_is_left);
use NFStreamSession;

use constant TABLES => 4;

my $all = join ' UNION ALL ', map { "SELECT * FROM f$_" } 1 .. TABLES;
my $session;
my @segments;	# the server's own

# The names of the tables whose meters run.
sub running
{
	my ($node) = @_;

	return $node->safe_psql('postgres', q(SELECT string_agg(DISTINCT "table"::text, ' ' ORDER BY "table"::text) FROM nfstream_progress));
}

sub nothing_is_left
{
	my ($node, $when) = @_;

	ok(defined wait_for_nothing($node, @segments), "$when: nothing is left") or diag(what_is_left($node));
}

# A statement that fails, and what it says.
sub fails
{
	my ($node, $sql, $error, $name) = @_;

	$session->query($sql);
	like($session->{said}, $error, $name);
	nothing_is_left($node, $name);
}

my $node = start_cluster('async', 8);
my $sorted = 'SELECT * FROM %s ORDER BY source_file, id';

$node->append_conf('postgresql.conf', "shared_preload_libraries = 'nfstream_fdw'\nmax_parallel_workers_per_gather = 0");
$node->restart;
flows_table($node, "f$_", copies_of($node, 'dns.pcap', 1000 * $_), extra_columns => 'true') foreach 1 .. TABLES;
$node->safe_psql('postgres', "CREATE VIEW all_flows AS $all; CREATE TABLE parts (LIKE f1) PARTITION BY HASH (src_ip)");
foreach my $i (1 .. TABLES)
{
	$node->safe_psql('postgres', "CREATE FOREIGN TABLE p$i PARTITION OF parts FOR VALUES WITH (MODULUS " . TABLES . ', REMAINDER ' . ($i - 1)
			. ") SERVER nfstream OPTIONS (source '" . copies_of($node, 'dns.pcap', 1000 * $i) . "')");
}
$node->safe_psql('postgres', "CREATE FOREIGN TABLE missing (id bigint) SERVER nfstream OPTIONS (source '/nowhere.pcap')");

# The same rows as one after the other.
$session = NFStreamSession->new($node);
my $rows = $session->query('SET enable_async_append = off; ' . sprintf($sorted, 'all_flows'));
my $count = $session->query('SELECT sum(n) FROM (' . join(' UNION ALL ', map { "SELECT count(*) AS n FROM f$_" } 1 .. TABLES) . ') counts');
my $sums = $session->query('SELECT count(*), sum(bidirectional_packets) FROM parts');
my $sevenths = $session->query('SELECT id % 7, count(*) FROM all_flows GROUP BY 1 ORDER BY 1');
is(() = $rows =~ /\n/g, $count - 1, 'the flows of all tables');
is(() = $session->query('EXPLAIN (COSTS OFF) SELECT * FROM all_flows') =~ /Async/g, 0, 'enable_async_append is heard');
$session->quit;

# Many workers; one, so that the session owns most meters; none; and not even slots for all.
foreach my $case ([ 8, 64 ], [ 1, 64 ], [ 0, 4 ], [ 1, 2 ])
{
	my ($workers, $meters) = @$case;
	my $name = "$workers workers, $meters meters";
	my $at_once = $meters / 2 < TABLES ? $meters / 2 : TABLES;

	$node->append_conf('postgresql.conf', "max_worker_processes = $workers\nnfstream_fdw.max_workers = $workers\nnfstream_fdw.max_meters = $meters");
	$node->restart;
	@segments = segments($node);
	$session = NFStreamSession->new($node);
	same_lines($session->query(sprintf($sorted, 'all_flows')), $rows, "$name: the same rows") if $workers != 0;
	foreach my $what ('all_flows', 'parts')
	{
		is(() = $session->query("EXPLAIN (COSTS OFF) SELECT * FROM $what") =~ /Async Foreign Scan/g, TABLES, "$name: the plan says so of $what");
	}
	is($session->query('SELECT count(*), sum(bidirectional_packets) FROM parts'), $sums, "$name: an aggregate");

	# All have their meters at the first row; those for which there is no slot get theirs in turn.
	my $open = join "\n", descriptors($node, $session->backend);
	$session->query('BEGIN; DECLARE c CURSOR FOR SELECT * FROM all_flows; FETCH 1 FROM c');
	is(() = running($node) =~ /f\d/g, $at_once, "$name: $at_once run at once");
	ok(defined wait_until(sub { meters($node) == $at_once }, 30), "$name: with a meter each, as soon as the server has started its worker");
	is(scalar(workers($node)), $workers < $at_once ? $workers : $at_once, "$name: under workers as far as there are any");
	$session->query('MOVE 2000 FROM c; CLOSE c');
	nothing_is_left($node, "$name: a cursor that is closed");
	$session->query('DECLARE c CURSOR FOR SELECT * FROM parts');
	like($session->query('MOVE 10 FROM c; MOVE FORWARD ALL FROM c; FETCH 1 FROM c; SELECT 1'), qr/^1$/, "$name: a cursor to the end");
	nothing_is_left($node, "$name: a cursor to the end");
	$session->query('COMMIT');
	is(join("\n", descriptors($node, $session->backend)), $open, "$name: no descriptor is left");

	# One that is read to its end before others, again, and not to its end.
	is($session->query('SELECT count(*) FROM (SELECT id FROM parts LIMIT 10) ten'), 10, "$name: a LIMIT");
	nothing_is_left($node, "$name: a LIMIT");
	is($session->query('SELECT i, (SELECT count(*) FROM all_flows WHERE id % 7 = i) FROM generate_series(0, 6) i'), $sevenths, "$name: again for each row outside");
	is($session->query('SELECT count(*) FROM generate_series(1, 3) i, LATERAL (SELECT id FROM all_flows WHERE id > i LIMIT 5) five'), 15,
		"$name: again, each time from within");
	nothing_is_left($node, "$name: again");
	is($session->query("SELECT count(*) FROM (SELECT 1 FROM parts UNION ALL SELECT 1 FROM generate_series(1, 5)) both_kinds"), $count + 5,
		"$name: beside what is no capture");
	$session->query('DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT id FROM parts; INSERT INTO kept SELECT id FROM parts');
	is($session->query('SELECT count(*) FROM kept'), 2 * $count, "$name: into a table");

	# Errors in one.
	fails($node, 'SELECT count(*) FROM (SELECT id FROM f1 UNION ALL SELECT id FROM missing) both_of_them', qr/ERROR:  .*nowhere/, "$name: a file that is not there");
	fails($node, 'SELECT count(1 / (id - 900)) FROM all_flows', qr/ERROR:  division by zero/, "$name: an error above");
	$session->send('SELECT count(*) FROM (' . join(' UNION ALL ', ('SELECT * FROM all_flows') x 20) . ') many');
	ok(defined wait_until(sub { meters($node) > 0 }, 30), "$name: a long one");
	$node->safe_psql('postgres', 'SELECT pg_cancel_backend(' . $session->backend . ')');
	$session->finish;
	like($session->{said}, qr/ERROR:  canceling statement due to user request/, "$name: is cancelled");
	nothing_is_left($node, "$name: cancelled");

	# Meters that say nothing: they are waited for, but not for ever, and a cancel is heard while they are.
	$session->query("SET nfstream_fdw.meter_program = '" . evil_program($node, 'garbage') . "'");
	fails($node, 'SELECT count(*) FROM all_flows', qr/ERROR: /, "$name: meters that send rubbish");
	$session->query("SET nfstream_fdw.meter_program = '" . evil_program($node, 'silence') . "'; SET statement_timeout = '1s'");
	fails($node, 'SELECT count(*) FROM all_flows', qr/ERROR:  canceling statement due to statement timeout/, "$name: silent meters and a cancel");
	$session->query('RESET statement_timeout');
	$session->query("ALTER FOREIGN TABLE f$_ OPTIONS (ADD meter_timeout '1')") foreach 1 .. TABLES;
	fails($node, 'SELECT count(*) FROM all_flows', qr/ERROR:  .*1 second/, "$name: silent meters are waited for no longer than meter_timeout");
	$session->query("ALTER FOREIGN TABLE f$_ OPTIONS (DROP meter_timeout)") foreach 1 .. TABLES;
	$session->send('SELECT count(*) FROM all_flows');
	ok(defined wait_until(sub { running($node) ne '' }, 30), "$name: silent meters");
	$node->safe_psql('postgres', 'SELECT pg_terminate_backend(' . $session->backend . ')');
	ok(defined wait_for_nothing($node, @segments), "$name: and a session that is ended") or diag(what_is_left($node));
}

# Another wrapper's scans in the same Append.
my $port = $node->port;
my $host = $node->host;
my $user = $node->safe_psql('postgres', 'SELECT current_user');
my $mixed = 'SELECT count(*), sum(id) FROM (' . join(' UNION ALL ', map { "SELECT id FROM $_" } 'far1', 'f2', 'far2', 'f3') . ') mixed';

$node->append_conf('postgresql.conf', "max_worker_processes = 8\nnfstream_fdw.max_workers = 8\nnfstream_fdw.max_meters = 64");
$node->restart;
$node->safe_psql('postgres', <<"END");
CREATE EXTENSION postgres_fdw;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres', async_capable 'true');
CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user '$user');
CREATE FOREIGN TABLE far1 (id bigint) SERVER far OPTIONS (table_name 'f1');
CREATE FOREIGN TABLE far2 (id bigint) SERVER far OPTIONS (table_name 'kept');
END
is(() = $node->safe_psql('postgres', "EXPLAIN (COSTS OFF) $mixed") =~ /Async Foreign Scan/g, 4, 'two wrappers in one Append');
is($node->safe_psql('postgres', $mixed), $node->safe_psql('postgres', "SET enable_async_append = off; $mixed"), 'the same rows of both');

# More scans have ended before the first is read than the server takes events at a time: those that are left out have theirs the next time.
my $none = 'SELECT count(*) FROM (SELECT 1 AS src_port FROM (SELECT pg_sleep(0.3) OFFSET 0) late' . ' UNION ALL SELECT src_port FROM f1' x 40 . ') nobody WHERE src_port = 1';

foreach my $workers (0, 8)
{
	$node->append_conf('postgresql.conf', "nfstream_fdw.max_workers = $workers\nnfstream_fdw.max_meters = 400");
	$node->restart;
	is(() = $node->safe_psql('postgres', "EXPLAIN (COSTS OFF) $none") =~ /Async Foreign Scan/g, 40, "forty scans that find nothing, $workers workers");
	is($node->safe_psql('postgres', $none), 1, '  beside a row that is late');
}

# Many more scans than a session has descriptors for: those that have ended give theirs back, and the others wait for them.
my $few = 'SELECT count(*), sum(bidirectional_packets) FROM (' . join(' UNION ALL ', ('TABLE few') x 100) . ') hundred';

flows_table($node, 'few', capture($node, 'dns.pcap'));
foreach my $files (1000, 100)
{
	$node->append_conf('postgresql.conf', "max_files_per_process = $files\nnfstream_fdw.max_meters = 400");
	$node->restart;
	is($node->safe_psql('postgres', $few), '1100|4600', "a hundred scans in a session with $files files");
}
$node->stop;

done_testing();

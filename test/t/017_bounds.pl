#
# 017_bounds.pl - what scans can take of a cluster: meters, workers, shared memory, descriptors, a meter's memory; and what is
# given back in each way of ending.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture flows_table plan_of);
use NFStreamEndings qw(make_tables FLOWS);
use NFStreamProcesses qw(meters workers segments wait_until wait_for_nothing what_is_left);
use NFStreamSession;

my $no_meter = sub { qr/ERROR:  53400: no meter can be started: $_[0]\n.*"nfstream_fdw\.max_meters".*\nHINT:  .*Close cursors/s };
my $node = start_cluster('bounds', 8);

$node->append_conf('postgresql.conf', 'max_prepared_transactions = 2');
$node->restart;
make_tables($node, 8);
$node->safe_psql('postgres', 'CREATE ROLE reader; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader');
my @before = segments($node);
my $witness = NFStreamSession->new($node);

sub set_conf
{
	$node->append_conf('postgresql.conf', "nfstream_fdw.$_[0]");
	$node->reload;
}

# A session that is a reader's, and sees the settings as they are now.
sub reader
{
	my $session = NFStreamSession->new($node);

	$session->query("\\set VERBOSITY verbose\nSET ROLE reader; SELECT nfstream_version()");
	return $session;
}

sub cursor
{
	my ($session, $name) = @_;

	return $session->query("DECLARE $name CURSOR FOR SELECT * FROM many; FETCH 1 FROM $name");
}

# ------------------------------------------------------------------------------------------- workers are left to other queries

set_conf('max_workers = -1');
my $idle = reader();
$idle->query('BEGIN');
cursor($idle, "c$_") foreach 1 .. 5;
is(scalar(workers($node)), 4, 'idle cursors have no more than half of the workers');
is(scalar(meters($node)), 8, 'the others have each a meter of the session\'s own');
is(scalar(segments($node)), @before + 5, 'and no shared memory');
my $parallel = $witness->query('SET debug_parallel_query = on') . $witness->query('SET force_parallel_mode = on')
	. $witness->query('SET max_parallel_workers_per_gather = 2; SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;'
	. ' CREATE TABLE numbers AS SELECT generate_series(1, 100000) AS number; ANALYZE numbers;'
	. ' EXPLAIN (ANALYZE, FORMAT yaml) SELECT count(*) FROM numbers');
like($parallel, qr/Workers Launched: [12]/, 'a parallel query has its workers meanwhile');
$idle->quit;
# --------------------------------------------------------------------------------------------------- a bound on all meters

set_conf('max_workers = 2');
set_conf('max_meters = 12');
my $session = reader();
$session->query('BEGIN');
cursor($session, "c$_") foreach 1 .. 5;
is(scalar(meters($node)), 6, 'six meters: two under workers, four of the session\'s own');
is($session->{said}, '', 'nothing is said of it');
is(scalar(workers($node)), 2, 'two workers');
$session->query('SAVEPOINT before');
cursor($session, 'c6');
like($session->{said}, $no_meter->('this session has 6'), 'the cursor that is too many: the error, its detail and hint');
$session->query('ROLLBACK TO before');
is(scalar(meters($node)), 6, 'those that were there stay');

my $other = reader();
is($other->query('SELECT count(*) FROM many'), FLOWS, 'another session scans');
$other->query('BEGIN');
cursor($other, "c$_") foreach 1 .. 6;
is(scalar(meters($node)), 12, 'and has as many');
my $third = reader();
is($third->query('SELECT count(*) FROM many'), '', 'then there is none for a third');
like($third->{said}, $no_meter->('12 run in this cluster'), 'whose error says so');
$third->query('SELECT * FROM nfstream_version()');
like($third->{said}, $no_meter->('12 run in this cluster'), 'nor for a question');
$session->query('SELECT pg_advisory_unlock_all()');
$third->query('SELECT count(*) FROM many');
like($third->{said}, $no_meter->('12 run in this cluster'), 'no function gives slots back while meters run');
# What gives a meter back.
my @endings = (
	[ 'a closed cursor', 'CLOSE c5', undef ],
	[ 'a cursor that was read to its end', 'MOVE ALL FROM c4', undef ],
	[ 'ROLLBACK TO', 'SAVEPOINT s; DECLARE d CURSOR FOR SELECT * FROM many; FETCH 1 FROM d; ROLLBACK TO s', undef ],
	[ 'an error', 'SAVEPOINT s; DECLARE e CURSOR FOR SELECT 1 / (2 - id) FROM many; FETCH ALL FROM e; ROLLBACK TO s', undef ],
	[ 'an error that is caught',
		'DO $$ BEGIN PERFORM 1 / (1000 - id) FROM many; EXCEPTION WHEN division_by_zero THEN NULL; END $$', undef ],
	[ 'PREPARE TRANSACTION', "PREPARE TRANSACTION 'p'", 6 ],
);
my $left = 12;
foreach my $case (@endings)
{
	my ($ending, $statement, $meters) = @$case;

	$session->query($statement);
	$left = $meters // ($ending =~ /^a c/ ? $left - 1 : $left);
	ok(defined wait_until(sub { meters($node) == $left }, 2), "$ending: $left meters are left") or diag(what_is_left($node));
	is($third->query('SELECT count(*) FROM many'), FLOWS, "$ending: there is one for another session");
}
is($witness->query("SELECT count(*) FROM pg_locks WHERE locktype = 'userlock'"), 6, 'a prepared transaction holds no slot');
$witness->query("ROLLBACK PREPARED 'p'");

foreach my $end ('DISCARD', 'terminate', 'vanish')
{
	my $holder = reader();

	$holder->query('BEGIN');
	cursor($holder, "c$_") foreach 1 .. 5;
	is(scalar(meters($node)), 12, "$end: all meters are taken");
	$end eq 'DISCARD' ? $holder->query('ROLLBACK; DISCARD ALL') :
		$end eq 'terminate' ? $witness->query('SELECT pg_terminate_backend(' . $holder->backend . ')') : $holder->vanish;
	ok(defined wait_until(sub { meters($node) == 6 }, 2), "$end: none of them is left") or diag(what_is_left($node));
	is($third->query('SELECT count(*) FROM many'), FLOWS, "$end: meters are to be had again");
	$end eq 'DISCARD' ? $holder->quit : $holder->vanish;
}
$_->quit foreach $session, $other, $third;
wait_until(sub { !meters($node) && !workers($node) }, 2);

# The server's own segments, of statistics and of the witness' parallel query, stay.
@before = segments($node);
cmp_ok(scalar(grep { -s $node->data_dir . "/pg_dynshmem/$_" > 1 << 20 } @before), '==', 0, 'none of them is a worker\'s');

# ------------------------------------------------------------------------------------------------------- shared memory

# Fewer workers than were asked for have fewer segments; a cursor at its end has none.
$session = reader();
$session->query('BEGIN');
cursor($session, 'c');
is(scalar(segments($node)), @before + 3, 'one segment for the scan, and one for each worker that started');
$session->query('MOVE ALL FROM c');
is(join(' ', segments($node)), "@before", 'a cursor that was read to its end keeps none');
is(scalar(meters($node)) + workers($node), 0, 'nor a meter or a worker');
$session->query('COMMIT');

# No room for a segment: no file of this session's may be as long as one.
system_or_bail('prlimit', '--pid', $session->backend, '--fsize=100000:100000');
my $plan = $session->query('EXPLAIN (ANALYZE, FORMAT json) SELECT count(*) FROM many');
like($plan, qr/"Meters Started": 1\b/, 'without room in shared memory a scan has one meter');
is($session->query('SELECT count(*) FROM many'), FLOWS, 'and all rows');
$session->query('BEGIN');
cursor($session, 'c');
is(scalar(workers($node)), 0, 'it is no worker\'s');
is(scalar(meters($node)), 1, 'but the session\'s own');
$session->query('COMMIT');
is(join(' ', segments($node)), "@before", 'nothing is left of what was tried');
$session->quit;

# ------------------------------------------------------------------------------------------------------------- descriptors

# A third of what a session may have open is for all that is not the server's own.
set_conf('max_meters = 100');
set_conf('max_workers = 0');
$node->append_conf('postgresql.conf', 'max_files_per_process = 120');
$node->restart;
$witness = NFStreamSession->new($node);
$session = reader();
$session->query('BEGIN');
my $opened = 0;
$opened++ while $opened < 100 && cursor($session, "c$opened") ne '';
cmp_ok($opened, '<', 60, "$opened cursors were opened");
like($session->{said}, qr/ERROR:  53000: no file descriptor is left in this session for another meter\n.*\nHINT:  .*max_files_per_process/s,
	'and the error of the next says what bounds them');
$session->query('ROLLBACK');
is($session->query('SELECT count(*) FROM many'), FLOWS, 'the session goes on');
$session->quit;

# ------------------------------------------------------------------------------------------- an administrator's ceilings

set_conf('max_workers = 8');
$node->safe_psql('postgres', "ALTER FOREIGN TABLE many OPTIONS (ADD meter_memory '2048')");
$session = reader();
is($session->query('SHOW nfstream_fdw.max_meter_memory'), '4GB', 'a ceiling for memory by default');
$session->query("SET nfstream_fdw.max_meter_memory = '8GB'");
like($session->{said}, qr/permission denied to set parameter/, 'which not everyone may change');
$session->query('SET nfstream_fdw.max_meters_per_scan = 8');
like($session->{said}, qr/permission denied to set parameter/, 'nor the one for meters');
unlike($session->query('EXPLAIN SELECT * FROM many'), qr/Bounded By/, 'EXPLAIN says nothing where there is nothing to say');
$session->quit;
$node->safe_psql('postgres', "ALTER DATABASE postgres SET nfstream_fdw.max_meter_memory = '512MB';"
	. ' ALTER DATABASE postgres SET nfstream_fdw.max_meters_per_scan = 3');
$session = reader();
like($session->query('EXPLAIN SELECT * FROM many'),
	qr/Meters: 3\n *Bounded By: nfstream_fdw\.max_meters_per_scan \(3\), nfstream_fdw\.max_meter_memory \(512 MB\)\n/,
	'EXPLAIN says what bounds a scan');
$session->query('BEGIN');
cursor($session, 'c');
is(scalar(meters($node)), 3, 'three meters');
foreach my $meter (meters($node))
{
	my ($limit) = slurp_file("/proc/$meter/limits") =~ /^Max address space +(\d+) /m;
	is($limit, 512 << 20, 'with the memory that the setting allows');
}
$session->query('COMMIT');
$session->quit;

# --------------------------------------------------------------------------------------- a worker that is told to end

@before = segments($node);

# The queues are full, and each worker waits for room.
$session = NFStreamSession->new($node);
$session->query('BEGIN');
cursor($session, 'c');
is($witness->query("SELECT bool_and(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE backend_type = 'nfstream worker'"), 't',
	'workers are cancelled while they wait');
is($session->query('FETCH 1 FROM c') =~ /^1\|/, 1, 'which is nothing to them');
is($session->query('MOVE ALL FROM c') . $session->{said}, '', 'the scan goes on');
is($session->query('COMMIT; SELECT count(*) FROM many'), FLOWS, 'as do others');
$session->query("\\set VERBOSITY verbose\nBEGIN");
cursor($session, 'c');
$witness->query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'nfstream worker'");
$session->query('MOVE ALL FROM c');
like($session->{said}, qr/^\S+ ERROR:  57P01: a worker of the scan was terminated due to administrator command\nHINT:  Run the statement again/,
	'terminated while they wait: the error');
$session->query('ROLLBACK');
ok(defined wait_for_nothing($node, @before), 'nothing is left') or diag(what_is_left($node));
is($session->query('SELECT count(*) FROM many'), FLOWS, 'the session goes on');
$session->quit;
$witness->quit;
$node->stop;
done_testing();

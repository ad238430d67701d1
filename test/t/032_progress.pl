#
# 032_progress.pl - the view nfstream_progress: a row for each meter that runs, of whoever it is, and none for those that ran.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture copies_of flows_table);
use NFStreamProcesses qw(meters segments lasting_segments wait_until wait_for_nothing what_is_left);
use NFStreamSession;

my $node = start_cluster('progress', 4);
my $has_registry = $node->safe_psql('postgres', 'SHOW server_version_num') >= 170000;
my $err;

# Before PostgreSQL 17 there is nothing to see without the memory that the server's start gives, and that is said.  From then on all that
# follows is tried without it.
if (!$has_registry)
{
	$node->psql('postgres', 'SELECT * FROM nfstream_progress', stderr => \$err);
	like($err, qr/ERROR:  the progress of scans is not known\nDETAIL:  .*\nHINT:  .*"shared_preload_libraries"/, 'what the view needs');
	$node->append_conf('postgresql.conf', "shared_preload_libraries = 'nfstream_fdw'");
	$node->restart;
}
is($node->safe_psql('postgres', 'SELECT count(*) FROM nfstream_progress'), 0, 'no meter runs');

# More flows than the queues hold, so that meters are in the middle when nobody fetches.
my $capture = copies_of($node, 'dns.pcap', 8000);
my $size = -s $capture;

flows_table($node, 'flows', $capture, n_meters => 2);
my $packets = $node->safe_psql('postgres', 'SELECT sum(bidirectional_packets) FROM flows');
$node->safe_psql('postgres', 'CREATE ROLE owner_of_scan; CREATE ROLE other; CREATE ROLE watcher IN ROLE pg_monitor; GRANT SELECT ON flows TO owner_of_scan');

my $session = NFStreamSession->new($node);
$session->query('SET ROLE owner_of_scan; BEGIN; DECLARE c CURSOR FOR SELECT * FROM flows; FETCH 5000 FROM c');
is($node->safe_psql('postgres', 'SELECT pid, datname, usename, "table", source, meter, bytes_total FROM nfstream_progress ORDER BY meter'),
	join("\n", map { $session->backend . "|postgres|owner_of_scan|flows|$capture|$_|$size" } 0, 1), 'a row for each meter');
is($node->safe_psql('postgres', "SELECT count(*) FROM nfstream_progress WHERE bytes_read > 0 AND bytes_read <= bytes_total AND packets_read > 0"
			. " AND packets_read <= $packets AND packets_ignored = 0 AND active_flows > 0 AND flows_sent > 0"
			. ' AND packets_received IS NULL AND packets_dropped_by_kernel IS NULL'), 2, 'how far they are');
cmp_ok($node->safe_psql('postgres', 'SELECT sum(flows_sent) FROM nfstream_progress'), '<=', 5000 + 2, 'what they have sent is what was fetched');
my $before = $node->safe_psql('postgres', 'SELECT sum(packets_read) FROM nfstream_progress');
$session->query('FETCH 30000 FROM c');
cmp_ok($node->safe_psql('postgres', 'SELECT sum(packets_read) FROM nfstream_progress'), '>', $before, 'they move on');

is($node->safe_psql('postgres', "SELECT DISTINCT file FROM nfstream_progress WHERE seconds BETWEEN 0 AND 3600 AND leader_pid IS NULL"), $capture,
	'the file at hand, and since when');

# Who sees it.
is($node->safe_psql('postgres', 'SET ROLE watcher; SELECT count(*) FROM nfstream_progress WHERE packets_read > 0'), 2, 'pg_monitor sees all');
is($node->safe_psql('postgres', 'SET ROLE other; SELECT pid, datname, usename, "table", source, meter, packets_read, flows_sent FROM nfstream_progress'),
	join("\n", ($session->backend . '|postgres|owner_of_scan|||||') x 2), 'others see that there are meters');
is($node->safe_psql('template1', 'CREATE EXTENSION nfstream_fdw; SELECT count(*) FROM nfstream_progress WHERE "table" IS NULL AND meter IS NOT NULL'), 2,
	'a table of another database has no name here');

# They go with the scan, however it ends.
my $none = sub { $node->safe_psql('postgres', 'SELECT count(*) FROM nfstream_progress') eq '0' };
$session->query('CLOSE c');
ok($none->(), 'a closed cursor has no meters');
$session->query('SAVEPOINT s; DECLARE d CURSOR FOR SELECT * FROM flows; FETCH 1 FROM d; ROLLBACK TO s');
ok($none->(), 'nor has one that was rolled back');
$session->query('DECLARE e CURSOR FOR SELECT * FROM flows; FETCH 1 FROM e; SELECT 1/0');
ok($none->(), 'nor has a transaction that failed');
$session->query('ROLLBACK; SELECT count(*) FROM flows');
ok($none->(), 'nor has a scan that came to its end');

# Of several files, the one that is read; the second is larger than what is read ahead.
my $first = capture($node, 'dns.pcap');
flows_table($node, 'two', "{$first,$capture}", n_meters => 1, idle_timeout => 1);
$session->query('SET ROLE NONE; BEGIN; DECLARE c CURSOR FOR SELECT * FROM two; FETCH 20000 FROM c');
is($node->safe_psql('postgres', 'SELECT file FROM nfstream_progress'), $capture, 'the second of two files is at hand');
$session->query('ROLLBACK');

# In a parallel query, a worker's meter belongs to the session too.
my $of_workers = 'SELECT DISTINCT leader_pid, pid = leader_pid FROM nfstream_progress WHERE leader_pid IS NOT NULL';
$session->query('SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET parallel_leader_participation = off');
$session->send('SELECT application_name, sum(length(pg_sleep(0.01)::text)) FROM flows GROUP BY 1');
ok(defined wait_until(sub { $session->is_done; $node->safe_psql('postgres', $of_workers) eq $session->backend . '|f' }, 30), 'a worker of a parallel query tells whose it is');
$node->safe_psql('postgres', 'SELECT pg_cancel_backend(' . $session->backend . ')');
$session->finish(30);
$session->query('RESET ALL; SET ROLE owner_of_scan');

# Two scans of a session; one of them ends first.
$session->query('BEGIN; DECLARE c CURSOR FOR SELECT * FROM flows; FETCH 1 FROM c; DECLARE d CURSOR FOR SELECT * FROM flows; FETCH 1 FROM d');
is($node->safe_psql('postgres', "SELECT string_agg(meter::text, ' ' ORDER BY meter) FROM nfstream_progress"), '0 0 1 1', 'two scans');
$session->query('CLOSE c');
is($node->safe_psql('postgres', "SELECT string_agg(meter::text, ' ' ORDER BY meter) FROM nfstream_progress"), '0 1', 'one of two is left');
$node->safe_psql('postgres', 'SELECT pg_terminate_backend(' . $session->backend . ')');
ok(defined wait_until($none, 30), 'a session that was terminated has none');

# ---------------------------------------------------------------------------------------------- memory from the server's registry

# What it has, beside what the server has for itself.
my $begin = 'BEGIN; DECLARE c CURSOR FOR SELECT * FROM flows; FETCH 1 FROM c';
my $shown = 'SELECT count(*), count(DISTINCT pid) FROM nfstream_progress';

if ($has_registry)
{
	my $all_segments = sub { scalar(my @files = glob($node->data_dir . '/pg_dynshmem/mmap.*')) };

	$node->append_conf('postgresql.conf', "nfstream_fdw.max_workers = 2\nrestart_after_crash = on");
	$node->restart;
	my $at_start = $all_segments->();
	is(join(' ', lasting_segments($node)), '', 'a server that has just started has no memory for it');

	# Who comes first has it made, and everyone else finds it.
	my @sessions = map { NFStreamSession->new($node) } 1 .. 6;
	my @before = segments($node);
	$_->send($begin) foreach @sessions;
	$_->finish foreach @sessions;
	is(join('', map { $_->{said} } @sessions), '', 'six sessions at once');
	is($node->safe_psql('postgres', $shown), scalar(meters($node)) . '|6', 'all of their meters are shown');
	is(scalar(my @lasting = lasting_segments($node)), 2, 'in one segment, beside the registry');
	cmp_ok(scalar(segments($node)), '>=', @before + 2, 'those of scans and of workers do not count as such');
	$_->query('COMMIT') foreach @sessions;
	ok(defined wait_for_nothing($node, @before), 'and go with them') or diag(what_is_left($node));
	is($all_segments->(), $at_start + 2, 'two are left');
	is($node->safe_psql('postgres', $shown), '0|0', 'and no row');
	$_->quit foreach @sessions;

	# A session that crashes takes all with it.
	$session = NFStreamSession->new($node);
	$session->query($begin);
	is($node->safe_psql('postgres', $shown), '2|1', 'a scan');
	kill('KILL', $session->backend);
	ok($node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM nfstream_progress'), 'no row of a session that was killed');
	my %lasts = map { $_ => 1 } lasting_segments($node);
	is(scalar(grep { $lasts{$_} } @lasting), 0, 'the memory is another');
	is($node->safe_psql('postgres', "$begin; $shown; COMMIT") =~ s/.*\n//sr, '2|1', 'a scan after that is shown');
	$session->vanish;

	# Where there is no room for it, a scan has its rows all the same.  What a session cleans up in the catalogs, which it has to log in a longer
	# file, is done beforehand.
	$node->restart;
	$session = NFStreamSession->new($node);
	$session->query('EXPLAIN SELECT sum(bidirectional_packets) FROM flows');
	system_or_bail('prlimit', '--pid', $session->backend, '--fsize=100000:100000');
	is($session->query('SELECT sum(bidirectional_packets) FROM flows'), $packets, 'without room for it a scan has all rows');
	is($session->query('SELECT sum(bidirectional_packets) FROM flows'), $packets, 'and the next');
	is($session->{said}, '', 'and nothing is said to its user');
	is(() = slurp_file($node->logfile) =~ /LOG:  the progress of scans is not shown: there is no shared memory for it\n/g, 1, 'but in the log, once');
	$session->quit;

	# With the library from the server's start on, it needs no segment.
	$node->append_conf('postgresql.conf', "shared_preload_libraries = 'nfstream_fdw'");
	$node->restart;
	@before = segments($node);
	is($node->safe_psql('postgres', "$begin; $shown; COMMIT") =~ s/.*\n//sr, '2|1', 'a scan in a server that has begun with the library');
	is(join(' ', lasting_segments($node)), '', 'no segment lasts there');
	ok(defined wait_for_nothing($node, @before), 'nor is one left') or diag(what_is_left($node));
}

$node->stop;
done_testing();

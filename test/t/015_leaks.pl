#
# 015_leaks.pl - one session that makes 10,000 scans and ends 1,000 more: nothing grows.
#
# Some scans are of meters that the session owns, as another session's cursor has all slots, and some of one worker or of
# two.  What there is of everything is written down once the session has made 1,000 scans and 200 scans of its own have been
# ended, when all that PostgreSQL caches is cached; from there on to the end
#
# - the memory that contexts have in use grows by less than a byte for each scan: no scan leaves anything in one;
# - the private memory of the session, and of the postmaster, which starts the workers, grows by less than 32 bytes for each
#   scan.  It comes in pages, and the heap has holes, so that fewer bytes could not be told from nothing: an allocation of 64
#   bytes or more by malloc() would be seen if half of the scans lost it, those whose meter is the session's own.  What
#   posix_spawn() is told of files takes ten times that;
# - descriptors, mappings, shared memory segments, locks, children and the free slots for workers are the same to the last.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use Time::HiRes qw(sleep time);

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture flows_table same_lines);
use NFStreamEndings qw(make_tables);
use NFStreamProcesses qw(postmaster_of meters workers segments descriptors mappings private_memory children zombies
	wait_until wait_for_nothing what_is_left);
use NFStreamSession;

use constant SLOTS => 4;

my $node = start_cluster('leaks', SLOTS);
$node->append_conf('postgresql.conf', 'nfstream_fdw.max_workers = ' . SLOTS);
$node->restart;
my $postmaster = postmaster_of($node);
my $directory = $node->basedir;
my $small = capture($node, 'link_vlan.pcap');
my $other = capture($node, 'types.pcap');

make_tables($node, 2);
flows_table($node, 'one', $small, n_meters => 1, n_dissections => 0, statistical_analysis => 'true', splt_analysis => 5);
flows_table($node, 'two', "{$small,$other}", n_meters => 2, n_dissections => 0, columns_to_anonymize => '{src_ip,dst_mac}');
flows_table($node, 'labelled', $small, n_meters => 1);
flows_table($node, 'damaged', capture($node, 'damage_packet.pcap'), n_meters => 2, on_damage => 'error');
flows_table($node, 'no_file', "$directory/none.pcap", n_meters => 1);
$node->safe_psql('postgres', <<'END');
CREATE TABLE kept AS SELECT * FROM one;
CREATE TABLE ids (id bigint);
CREATE FOREIGN TABLE few (id bigint, protocol int, src_ip inet) SERVER nfstream;
CREATE PROCEDURE run(statements text[], rounds int) LANGUAGE plpgsql AS $$
DECLARE
	statement text;
BEGIN
	FOR round IN 1 .. rounds LOOP
		FOREACH statement IN ARRAY statements LOOP
			EXECUTE statement;
			COMMIT;
		END LOOP;
	END LOOP;
END $$;
-- Each statement fails, and is undone alone.
CREATE PROCEDURE fail(statements text[], rounds int) LANGUAGE plpgsql AS $$
DECLARE
	statement text;
BEGIN
	FOR round IN 1 .. rounds LOOP
		FOREACH statement IN ARRAY statements LOOP
			BEGIN
				EXECUTE statement;
				RAISE 'no error: %', statement USING ERRCODE = 'assert_failure';
			EXCEPTION WHEN OTHERS THEN
			END;
		END LOOP;
	END LOOP;
END $$;
END
$node->safe_psql('postgres', "ALTER FOREIGN TABLE few OPTIONS (ADD source '$small')");

# -------------------------------------------------------------------------------------------------------------- statements

# How many scans, and of how many meters each.
my @scans = (
	[ 1, 1, 'SELECT count(*) FROM one' ],
	[ 1, 1, 'SELECT * FROM one' ],
	[ 1, 2, 'SELECT * FROM two' ],
	[ 1, 1, 'SELECT sum(bidirectional_bytes) FROM one WHERE dst_port < 1000' ],
	[ 1, 2, 'SELECT src_ip, count(*) FROM two GROUP BY 1' ],
	[ 1, 2, 'EXECUTE prepared(3)' ],
	[ 1, 1, 'SELECT count(*) FROM generate_series(1, 3) n, LATERAL (SELECT id FROM one WHERE id >= n OFFSET 0) one' ],
	[ 2, 2, 'SELECT count(*) FROM two a FULL JOIN two b USING (id)' ],
	[ 1, 1, "DO 'DECLARE flow record; BEGIN FOR flow IN SELECT * FROM one LOOP NULL; END LOOP; END'" ],
	[ 1, 2, 'DECLARE flows CURSOR WITH HOLD FOR SELECT * FROM two' ],
	[ 0, 0, 'CLOSE flows' ],
	[ 1, 2, 'EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM two' ],
	[ 1, 1, "COPY (SELECT * FROM one) TO '$directory/copied.csv'" ],
	[ 1, 2, 'INSERT INTO ids SELECT id FROM two' ],
);

# These take longer, or change the catalogs, and come once in a while.
my @rare = (
	[ 1, 1, 'SELECT * FROM labelled' ],
	[ 1, 1, 'SELECT application_name, count(*) FROM labelled GROUP BY 1' ],
	[ 1, 1, 'ANALYZE few' ],
	[ 1, 2, "SELECT nfstream_to_csv('two', '$directory/flows.csv')" ],
	[ 0, 0, 'TRUNCATE kept' ],
	[ 1, 1, "SELECT nfstream_to_table('one', 'kept', columns_to_anonymize => '{src_oui}', if_exists => 'append')" ],
	[ 1, 1, 'SELECT count(*) FROM nfstream_applications()' ],
	[ 0, 0, 'SELECT count(*) FROM nfstream_interfaces()' ],
);

sub scans_of { my $sum = 0; $sum += $_->[0] foreach @_; return $sum; }

sub list_of { return 'ARRAY[' . join(', ', map { '$sql$' . $_->[-1] . '$sql$' } @_) . ']'; }

my $session = NFStreamSession->new($node);
my $holder = NFStreamSession->new($node);
my $witness = NFStreamSession->new($node);
my ($scans, $endings) = (0, 0);
my (@segments, @lines);

# Captures that have nothing to do with each other are named in one table: a warning each time.
$session->query('SET client_min_messages = error');
$session->query('PREPARE prepared(bigint) AS SELECT * FROM two WHERE id > $1');

# How many rounds of statements.
sub run
{
	my ($rounds, @statements) = @_;

	for my $round (1 .. $rounds)
	{
		$session->query('CALL run(' . list_of(@statements) . ', 1)');
		die $session->{said} if $session->{said} ne '';
		$scans += scans_of(@statements);
	}
}

# While it runs, no worker is to be had.
sub without_workers
{
	my ($function) = @_;

	wait_until(sub { !workers($node) }, 10);
	$holder->query('BEGIN; DECLARE flows CURSOR FOR SELECT * FROM many; DECLARE more CURSOR FOR SELECT * FROM many;'
		. ' FETCH 1 FROM flows; FETCH 1 FROM more');
	die 'the slots are not taken' if workers($node) != SLOTS;
	$function->();
	die 'the slots were given back' if workers($node) != SLOTS;
	$holder->query('COMMIT');
}

# ----------------------------------------------------------------------------------------------------------------- endings

# Runs statements of a list one by one, as many as asked for, each of which ends with such an error; returns how many did not.
sub failures
{
	my ($count, $error, @statements) = @_;
	my $sql = join ';', map { $statements[ $_ % @statements ] } 1 .. $count;

	$session->query($sql);
	$endings += $count;
	return $count - (() = $session->{said} =~ /ERROR:  $error/g);
}

# Ends a number of scans of each kind, and tests that they ended as they should.
sub end_scans
{
	my ($each) = @_;
	my @limits = map { [ 1, 2, $_ ] } 'SELECT id FROM many LIMIT 1', 'SELECT EXISTS (SELECT FROM many WHERE id = 3)';
	my @closed = map { [ 1, 2, $_ ] }
		"DO 'DECLARE flows CURSOR FOR SELECT * FROM many; flow record; BEGIN OPEN flows; FETCH flows INTO flow; CLOSE flows; END'",
		"DO 'DECLARE flow record; BEGIN FOR flow IN SELECT id FROM many LOOP EXIT; END LOOP; END'";
	my @errors = ('SELECT 1 / (100 - id) FROM many', 'SELECT * FROM damaged', 'SELECT * FROM no_capture', 'SELECT * FROM no_file');
	my $begin = 'BEGIN; DECLARE flows CURSOR FOR SELECT * FROM many; FETCH 1 FROM flows';

	$session->query('CALL run(' . list_of(@limits, @closed) . ', ' . $each / 2 . ')');
	is($session->{said}, '', 'scans that are left early');
	$endings += 2 * $each;

	$session->query('CALL fail(' . list_of(map { [ $_ ] } @errors) . ', ' . $each / 4 . ')');
	is($session->{said}, '', 'errors that are caught');
	$endings += $each;

	is(failures($each, '.*(?:by zero|damaged|capture|none\.pcap)', @errors), 0, 'errors that are not');

	$session->query(join ';', ("$begin; ROLLBACK") x $each);
	is($session->{said}, '', 'a cursor that ROLLBACK closes');
	$session->query(join ';', (($begin =~ s/;/; SAVEPOINT here;/r) . '; ROLLBACK TO here; COMMIT') x $each);
	is($session->{said}, '', 'a cursor that ROLLBACK TO closes');
	$endings += 2 * $each;

	# The error ends the setting too, so that nothing but the scan can run out of time.
	is(failures($each, 'canceling statement due to statement timeout',
			map { "BEGIN; SET LOCAL statement_timeout = $_; SELECT count(*) FROM silent; ROLLBACK" } 1 .. 25),
		0, 'timeouts at any moment');

	# The next cancel is for the next statement.  One that comes between two is for none.
	$session->send(join ';', ('SELECT count(*) FROM silent') x (3 * $each));
	until ($session->is_done)
	{
		sleep(rand(0.03));
		$witness->query('SELECT pg_cancel_backend(' . $session->backend . ')');
	}
	$session->finish;
	is(scalar(() = $session->{said} =~ /ERROR:  canceling statement due to user request/g), 3 * $each,
		'cancels at any moment');
	$endings += 3 * $each;
}

# ---------------------------------------------------------------------------------------------------------- what there is

# What is to be the same, by name, and the sizes.
sub figures
{
	my ($mappings, %same, %sizes);

	ok(defined wait_for_nothing($node, @segments), "nothing is left after $scans scans and $endings endings")
		or diag(what_is_left($node));

	my ($all, $top, $cache, $contexts) = split /\|/, $session->query(<<'END');
SELECT sum(used_bytes), sum(used_bytes) FILTER (WHERE name = 'TopMemoryContext'),
	sum(used_bytes) FILTER (WHERE name = 'CacheMemoryContext'), count(*) FROM pg_backend_memory_contexts
END
	$sizes{'all contexts'} = $all;
	$sizes{TopMemoryContext} = $top;
	$sizes{CacheMemoryContext} = $cache;
	$sizes{'private memory'} = private_memory($session->backend);
	$sizes{'postmaster\'s private memory'} = private_memory($postmaster);
	$same{'number of contexts'} = $contexts;
	$same{'the session\'s descriptors'} = descriptors($node, $session->backend);
	$same{'the postmaster\'s descriptors'} = descriptors($node, $postmaster);
	$mappings = mappings($session->backend);
	$same{'the session\'s children'} = join ' ', children($session->backend);
	# One that has just ended is waited for by the postmaster in a moment.
	wait_until(sub { !zombies($postmaster) }, 10);
	$same{'dead children'} = join ' ', zombies($postmaster);
	$same{'shared memory segments'} = join ' ', segments($node);
	$same{'locks'} = $witness->query('SELECT count(*) FROM pg_locks WHERE pid = ' . $session->backend);
	push @lines, sprintf('%6d scans, %4d ended: contexts %5d KB (top %d, cache %d), private memory %5d KB, postmaster %4d KB',
		$scans, $endings, map { $_ / 1024 } @sizes{'all contexts', 'TopMemoryContext', 'CacheMemoryContext',
			'private memory', 'postmaster\'s private memory'});
	return (\%same, \%sizes, $mappings);
}

# ------------------------------------------------------------------------------------------------------------------- the scans

# Each statement starts as many meters as it is said to: a program in their place counts them.
my $counter = "$directory/counting_meter";
my $meter = $node->config_data('--bindir') . '/nfstream_meter';
append_to_file($counter, "#!/bin/sh\necho >> '$directory/counted'\nexec '$meter'\n");
chmod(0755, $counter) or die "could not make $counter a program: $!";
$session->query("SET nfstream_fdw.meter_program = '$counter'");
foreach my $statement (@scans, @rare)
{
	unlink "$directory/counted";
	append_to_file("$directory/counted", '');
	run(1, $statement);
	is(-s "$directory/counted", $statement->[0] * $statement->[1], "meters of: $statement->[2]");
}
$session->query('RESET nfstream_fdw.meter_program');
$scans = 0;
@segments = segments($node);

# A thousand at a time.
my $rounds = int((1000 - 10 * scans_of(@rare)) / (2 * scans_of(@scans)));
sub thousand
{
	without_workers(sub { run($rounds, @scans) });
	run($rounds, @scans);
	run(1, @rare) for 1 .. 10;
	run(1, $scans[0]) while $scans % 1000 != 0;
}

thousand();
end_scans(20);
my ($same, $sizes, $mappings) = figures();
my $since = $scans + $endings;
thousand() while $scans < 5000;
figures();
without_workers(sub { end_scans(40) });
end_scans(40);
figures();
thousand() while $scans < 10000;
my ($same_at_end, $sizes_at_end, $mappings_at_end) = figures();

is($scans, 10000, 'all scans were made');
is($endings, 1000, 'and all that were to be ended');
is($same_at_end->{$_}, $same->{$_}, $_) foreach sort keys %$same;
same_lines($mappings_at_end, $mappings, 'mappings');
foreach my $size (sort keys %$sizes)
{
	my $bound = ($scans + $endings - $since) * ($size =~ /private/ ? 32 : 1);

	cmp_ok($sizes_at_end->{$size} - $sizes->{$size}, '<', $bound, "growth of $size");
}
without_workers(sub { pass('all slots for workers are free') });
note($_) foreach @lines;

$_->quit foreach $session, $holder, $witness;
$node->stop;
done_testing();

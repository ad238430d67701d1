#
# NFStreamEndings.pm - all the ways in which a scan can end, and the check that nothing of it is left.
#
# Two tables are scanned: `many`, with more flows than fit between a meter and a leader that does not fetch, so that
# an open cursor holds its meters; and `silent`, whose meters are at work for longer than any test waits, before the
# first flow leaves.
#
package NFStreamEndings;

use strict;
use warnings;

use Exporter 'import';
use Test::More;

use NFStreamCluster qw(capture copies_of flows_table);
use NFStreamProcesses qw(meters workers segments descriptors wait_until wait_for_nothing what_is_left);
use NFStreamSession;

our @EXPORT_OK = qw(make_tables check_endings BUSY FLOWS);

# Of `many`: each of 64 clients in busy.pcap asks for a name and a page, each other one for a page over TLS too.
use constant BUSY => 'tcp or udp port 53';
use constant COPIES => 100;
use constant FLOWS => 160 * COPIES;

my $cursor = 'BEGIN; DECLARE flows CURSOR FOR SELECT * FROM many; FETCH 1 FROM flows';
my $savepoint = 'BEGIN; SAVEPOINT before; DECLARE flows CURSOR FOR SELECT * FROM many; FETCH 1 FROM flows';

# What opens a scan that stays open, what ends it, what is said, and what is to be done before the next.
my @held = (
	[ 'a closed cursor', $cursor, 'CLOSE flows', '', 'COMMIT' ],
	[ 'COMMIT', $cursor, 'COMMIT', '', '' ],
	[ 'ROLLBACK', $cursor, 'ROLLBACK', '', '' ],
	[ 'ROLLBACK TO', $savepoint, 'ROLLBACK TO before', '', 'COMMIT' ],
	[ 'another statement\'s error', $cursor, 'SELECT 1 / 0', 'division by zero', 'ROLLBACK' ],
	[ 'a cursor that moved to its end', $cursor, 'MOVE ALL FROM flows; COMMIT', '', '' ],
	[ 'COMMIT with a cursor WITH HOLD', $cursor =~ s/CURSOR/CURSOR WITH HOLD/r, 'COMMIT', '', 'CLOSE flows' ],
);

# What runs to its end, and what is said.
my @whole = (
	[ 'all rows', 'SELECT count(*) FROM many', '' ],
	[ 'LIMIT', 'SELECT id FROM many LIMIT 1', '' ],
	[ 'no row fetched', 'SELECT id FROM many LIMIT 0', '' ],
	[ 'EXISTS', 'SELECT EXISTS (SELECT FROM many WHERE id = 3)', '' ],
	[ 'an error between two rows', 'SELECT 1 / (1000 - id) FROM many', 'division by zero' ],
	[ 'a value that its type cannot hold', 'SELECT * FROM narrow', 'of column "port" of foreign table "narrow" is out of range' ],
	[ 'a filter that does not compile', 'SELECT id FROM wrong_filter', 'does not compile' ],
	[ 'a source that is no capture', 'SELECT id FROM no_capture', 'is not a capture' ],
	[ 'a loop that is left',
		'DO $$ DECLARE flow record; BEGIN FOR flow IN SELECT id FROM many LOOP EXIT; END LOOP; END $$', '' ],
	[ 'an error that is caught',
		'DO $$ BEGIN PERFORM 1 / (1000 - id) FROM many; EXCEPTION WHEN division_by_zero THEN NULL; END $$', '' ],
	[ 'several scans', 'SELECT count(*) FROM many a JOIN many b USING (id)', '' ],
	[ 'a timeout', "SET statement_timeout = 300; SELECT count(application_name) FROM silent; RESET statement_timeout",
		'statement timeout' ],
);

# Makes the tables, whose scans ask for a number of meters.
sub make_tables
{
	my ($node, $meters) = @_;
	my $capture = copies_of($node, 'busy.pcap', COPIES);
	my $again = '{' . join(',', ($capture) x 500) . '}';

	flows_table($node, 'many', $capture, n_meters => $meters, n_dissections => 0, statistical_analysis => 'true',
		splt_analysis => 20, idle_timeout => 5, bpf_filter => BUSY);
	flows_table($node, 'silent', $again, n_meters => $meters);
	flows_table($node, 'wrong_filter', $capture, n_meters => $meters, bpf_filter => 'no such thing');
	flows_table($node, 'no_capture', $node->data_dir . '/PG_VERSION', n_meters => $meters);
	# Meters of a parallel query are its processes', one each; here they are a scan's own.
	$node->safe_psql('postgres', 'ALTER DATABASE postgres SET max_parallel_workers_per_gather = 0');
	$node->safe_psql('postgres', "CREATE FOREIGN TABLE narrow (id bigint, port smallint OPTIONS (attribute 'src_port'))"
		. " SERVER nfstream OPTIONS (source '$capture', n_meters '$meters')");
}

# Ends scans in every way, in one session, and looks at what is left.  The number of meters is given, and so is that of
# workers; 0 workers where the leader owns the only meter.
sub check_endings
{
	my ($node, $meters, $workers) = @_;
	my $session = NFStreamSession->new($node);
	my $other = NFStreamSession->new($node);
	my $longest = 0;
	my (@segments, $descriptors);

	my $nothing_is_left = sub {
		my ($ending) = @_;
		my $seconds = wait_for_nothing($node, @segments);

		ok(defined $seconds, "nothing is left after $ending")
			or diag(what_is_left($node));
		is(descriptors($node, $session->backend), $descriptors, "no descriptor is left after $ending");
		$longest = $seconds if defined $seconds && $seconds > $longest;
	};

	# Once, so that what the server itself opens and keeps is open.
	$session->query('SELECT count(*) FROM many');
	wait_until(sub { !meters($node) && !workers($node) }, 2);
	@segments = segments($node);
	$descriptors = descriptors($node, $session->backend);

	foreach my $case (@whole)
	{
		my ($ending, $statement, $said) = @$case;

		$session->query($statement);
		like($session->{said}, $said eq '' ? qr/^$/ : qr/ERROR:  .*\Q$said\E/, "what is said at $ending");
		$nothing_is_left->($ending);
	}
	foreach my $case (@held)
	{
		my ($ending, $begin, $end, $said, $after) = @$case;

		$session->query($begin);
		is(scalar(meters($node)), $meters, "meters before $ending");
		is(scalar(workers($node)), $workers, "workers before $ending");
		$session->query($end);
		like($session->{said}, $said eq '' ? qr/^$/ : qr/ERROR:  .*\Q$said\E/, "what is said at $ending");
		$nothing_is_left->($ending);
		$session->query($after);
	}

	$session->send('SELECT count(application_name) FROM silent');
	ok(defined wait_until(sub { meters($node) == $meters }, 10), 'the meters work');
	$other->query('SELECT pg_cancel_backend(' . $session->backend . ')');
	$session->finish;
	like($session->{said}, qr/ERROR:  canceling statement due to user request/, 'the error of a cancel');
	$nothing_is_left->('a cancel');

	# After all that, the session still works.
	is($session->query('SELECT count(*) FROM many'), FLOWS, 'all rows after all endings');
	$session->quit;
	$other->quit;
	note(sprintf('at most %.0f ms until nothing was left', $longest * 1000));
}

1;

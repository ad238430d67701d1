#
# 031_cleanup.pl - plugins are told that a scan is over, once in each of its meters, whatever ended it.
#
# The plugin is test/plugins/third_party/third_party_counting.c, which counts in a file.  A meter whose scan was ended from outside
# has a bounded moment for it: on a machine that is busy that may be too short, as it may be for all meters to begin, and so such scans may be
# tried more than once.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use NFStreamCluster qw(start_cluster copies_of flows_table);
use NFStreamProcesses qw(meters segments wait_for_nothing wait_until);
use NFStreamSession;

use constant METERS => 3;
use constant TRIES => 10;

my $node = start_cluster('cleanup', 4);
my $counts = $node->basedir . '/counts';
my $session = NFStreamSession->new($node);
my @segments = segments($node);

flows_table($node, 'many', copies_of($node, 'busy.pcap', 300), n_meters => METERS, idle_timeout => 0, n_dissections => 0,
	udps => "[{\"plugin\": \"third_party_counting\", \"path\": \"$counts\"}]");

# How often the plugin was made and was told, since the file was removed last.
sub count
{
	my @counted = (0, 0);

	if (open my $file, '<:raw', $counts)
	{
		@counted = unpack 'QQ', $_ if read $file, $_, 16;
	}
	return @counted;
}

sub cancelled
{
	$session->send('SELECT pg_sleep(0.01) FROM many');
	wait_until(sub { (count())[0] == METERS }, 10);
	kill 'INT', $session->backend;
	$session->finish;
	like($session->{said}, qr/canceling statement due to user request/, 'it was cancelled');
}

# Each: what ends the scan, and how.
my @ends = (
	[ 'its last row', sub { $session->query('SELECT count(*) FROM many') } ],
	[ 'LIMIT', sub { $session->query('SELECT id FROM many LIMIT 1') } ],
	[ 'a closed cursor', sub { $session->query('BEGIN; DECLARE c CURSOR FOR SELECT * FROM many; FETCH 1 FROM c; CLOSE c; COMMIT') } ],
	[ 'an error', sub { $session->query('SELECT 1 / (id - 100) FROM many') } ],
	[ 'statement_timeout', sub { $session->query("SET statement_timeout = 300; SELECT pg_sleep(0.01) FROM many; RESET statement_timeout") } ],
	[ 'a cancel', \&cancelled ]);

foreach my $end (@ends)
{
	my ($what, $deed) = @$end;
	my ($made, $told, $tries) = (0, 0, 0);

	do
	{
		$deed->();
		ok(defined wait_for_nothing($node, @segments), "$what: nothing is left");
		($made, $told) = count();
		unlink $counts;
		cmp_ok($told, '<=', $made, "$what: no meter is told twice");
	} while (($made < METERS || $told < $made) && ++$tries < TRIES);
	is($made, METERS, "$what: there were meters");
	is($told, METERS, "$what: each is told once");
}

$session->quit;
$node->stop;
done_testing();

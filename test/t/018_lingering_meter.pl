#
# 018_lingering_meter.pl - a meter that was killed and does not end, as one that hangs in reading a file: neither its
# session nor a worker waits for it for ever, and it is waited for later.
#
# A meter that is traced stands in for one: the kernel tells its end to the tracer first, and to its parent only then.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture);
use NFStreamEvil qw(evil_program);
use NFStreamProcesses qw(workers children zombies wait_until);
use NFStreamSession;

use constant LINGERING_MAX => 16;

foreach my $workers (2, 0)
{
	my $owner = $workers > 0 ? 'workers' : 'leader';
	my $node = start_cluster("lingering_$owner", $workers);
	my $program = evil_program($node, 'lingers');
	my $session = NFStreamSession->new($node);

	$node->safe_psql('postgres', 'CREATE FOREIGN TABLE flows (src_port int) SERVER nfstream OPTIONS (source \''
		. capture($node, 'http.pcap') . "', n_meters '2')");
	my $rows = $session->query('SELECT count(*) FROM flows');
	my $hold = "$program.hold";

	append_to_file($hold, '');
	$session->query("SET nfstream_fdw.meter_program = '$program'; SET statement_timeout = 2000");
	$session->query('SELECT count(src_port) FROM flows');
	like($session->{said}, qr/ERROR:  canceling statement due to statement timeout/, "$owner: the session goes on while the meter is there");
	$session->query('BEGIN; DECLARE c CURSOR FOR SELECT src_port FROM flows; FETCH 1 FROM c; CLOSE c; COMMIT');
	is($session->{said}, '', "$owner: a cursor that is closed");
	ok(defined wait_until(sub { !workers($node) }, 20), "$owner: no worker stays");
	$session->query('SET nfstream_fdw.max_meters_per_scan = 1; RESET nfstream_fdw.meter_program');
	is($session->query('SELECT count(*) FROM flows'), $rows, "$owner: others scan");

	if ($workers == 0)
	{
		is(scalar(zombies($session->backend)), 2, 'leader: two meters linger');
		$session->query("SET nfstream_fdw.meter_program = '$program'");
		for (3 .. LINGERING_MAX)
		{
			$session->query('BEGIN; DECLARE c CURSOR FOR SELECT src_port FROM flows; FETCH 1 FROM c; COMMIT');
		}
		is($session->{said}, '', 'leader: more of them');
		$session->query('SELECT count(src_port) FROM flows');
		like($session->{said}, qr/ERROR:  16 meters of this session were told to end and have not/, 'leader: but not without end');
		unlink($hold);
		$session->query("RESET nfstream_fdw.meter_program");
		ok(defined wait_until(sub { $session->query('SELECT count(*) FROM flows') eq $rows && !children($session->backend) }, 10),
			'leader: then they end, are waited for, and meters can be started again');
	}
	unlink($hold);
	$session->quit;
	$node->stop;
}
done_testing();

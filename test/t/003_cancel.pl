#
# 003_cancel.pl - scans that are cut off: by a cancel, by the end of a session, of a worker, of a meter, of the client,
# of the server.
#
# Each case is tried while the meters wait, because nobody fetches, and while they work and have no flow yet; under
# three workers and, with no slot for a worker, under the leader.  Whatever happens, within two seconds nothing is
# left of the scan, and other sessions notice nothing.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use Time::HiRes qw(time);

use NFStreamCluster qw(start_cluster capture flows_table);
use NFStreamEndings qw(make_tables FLOWS);
use NFStreamProcesses qw(meters workers segments wait_until wait_for_nothing what_is_left alive);
use NFStreamSession;

# What psql says when its backend has ended.
my $lost = qr/server closed the connection unexpectedly|terminating connection due to administrator command/;

my ($node, $witness, @times);

# Starts a scan that waits or works; returns its session once all meters are there.
sub scan
{
	my ($how, $meters, $workers) = @_;
	my $session = NFStreamSession->new($node);

	$how eq 'waiting'
		? $session->query('BEGIN; DECLARE flows CURSOR FOR SELECT * FROM many; FETCH 1 FROM flows')
		: $session->send('SELECT count(application_name) FROM silent');
	wait_until(sub { meters($node) == $meters && workers($node) == $workers }, 10) // die 'the meters did not start';
	return $session;
}

# Checks that nothing is left, and notes how long it took since the case's first act.
sub gone
{
	my ($case, $since, @segments) = @_;

	ok(defined wait_for_nothing($node, @segments), "$case: nothing is left")
		or diag(what_is_left($node));
	push @times, sprintf('%4.0f ms  %s', (time() - $since) * 1000, $case);
}

# The witness is a session that was there before: the server has restarted no session.
sub others_live
{
	my ($case) = @_;

	is($witness->query('SELECT 1'), 1, "$case: another session lives");
}

sub check_cuts
{
	my ($meters, $workers) = @_;
	my $owner = $workers ? 'workers' : 'leader';

	$node = start_cluster($owner, $workers);
	$node->append_conf('postgresql.conf', 'client_connection_check_interval = 100');
	$node->reload;
	make_tables($node, 3);
	$witness = NFStreamSession->new($node);
	my @segments = segments($node);

	foreach my $how ('waiting', 'working')
	{
		my ($case, $session, $start, @meters);

		# A cancel.  It does not reach an idle session, whose scan just stays.
		if ($how eq 'working')
		{
			$case = "$owner, $how, cancelled";
			$session = scan($how, $meters, $workers);
			$start = time();
			$witness->query('SELECT pg_cancel_backend(' . $session->backend . ')');
			$session->finish;
			like($session->{said}, qr/ERROR:  canceling statement due to user request/, "$case: the error");
			gone($case, $start, @segments);
			is($session->query('SELECT count(*) FROM many'), FLOWS, "$case: the session lives");
			$session->quit;
		}

		# The leader is told to end.
		$case = "$owner, $how, leader terminated";
		$session = scan($how, $meters, $workers);
		$start = time();
		$witness->query('SELECT pg_terminate_backend(' . $session->backend . ')');
		gone($case, $start, @segments);
		$how eq 'working' ? $session->finish : $session->query('FETCH 1 FROM flows');
		like($session->{said}, $lost, "$case: the session ends");
		$session->vanish;

		# The client vanishes.  A server at work notices it by itself only if it is told to look.
		$case = "$owner, $how, client vanished";
		$session = scan($how, $meters, $workers);
		$start = time();
		$session->vanish;
		gone($case, $start, @segments);
		ok(defined wait_until(sub { !alive($session->backend) }, 2), "$case: the session ends");

		# A meter is killed.
		$case = "$owner, $how, meter killed";
		$session = scan($how, $meters, $workers);
		@meters = meters($node);
		$start = time();
		kill('KILL', $meters[0]);
		$how eq 'working' ? $session->finish : $session->query('FETCH ALL FROM flows');
		my @errors = $session->{said} =~ /ERROR: .*/g;
		is(scalar(@errors), 1, "$case: one error");
		like($errors[0] // '', qr/a meter was terminated by signal 9: Killed/, "$case: the error");
		like($session->{said}, qr/DETAIL:  It was at packet \d+ of ".*busy\.pcap", at byte \d+\./,
			"$case: where it was")
			if $how eq 'waiting';
		gone($case, $start, @segments);
		is($session->query('ROLLBACK; SELECT count(*) FROM many'), FLOWS, "$case: the session lives");
		$session->quit;
		others_live($case);

		next if $workers == 0;

		# A worker is told to end.
		$case = "$owner, $how, worker terminated";
		$session = scan($how, $meters, $workers);
		$start = time();
		$witness->query('SELECT pg_terminate_backend(' . (workers($node))[0] . ')');
		$how eq 'working' ? $session->finish : $session->query('FETCH ALL FROM flows');
		@errors = $session->{said} =~ /ERROR: .*/g;
		is(scalar(@errors), 1, "$case: one error");
		like($errors[0] // '', qr/a worker of the scan was terminated due to administrator command/, "$case: the error");
		gone($case, $start, @segments);
		is($session->query('ROLLBACK; SELECT count(*) FROM many'), FLOWS, "$case: the session lives");
		$session->quit;
		others_live($case);
	}

	# A client that vanishes while rows flow to it.
	my $case = "$owner, client vanished while it copied";
	my $session = NFStreamSession->new($node);
	$session->send('COPY (SELECT * FROM many a, generate_series(1, 1000)) TO STDOUT');
	wait_until(sub { meters($node) == $meters }, 10);
	my $start = time();
	$session->vanish;
	gone($case, $start, @segments);

	# A meter that does not answer because it was stopped does not hold a cancel.
	$case = "$owner, cancelled with a stopped meter";
	$session = scan('working', $meters, $workers);
	kill('STOP', meters($node));
	$start = time();
	$witness->query('SELECT pg_cancel_backend(' . $session->backend . ')');
	$session->finish;
	like($session->{said}, qr/ERROR:  canceling statement due to user request/, "$case: the error");
	gone($case, $start, @segments);
	$session->quit;

	# The server ends while a scan is open.
	$session = scan('working', $meters, $workers);
	my @seen = meters($node);
	$start = time();
	$node->stop('fast');
	ok(defined wait_until(sub { !grep { alive($_) } @seen }, 2), "$owner: a fast shutdown ends the meters");
	push @times, sprintf('%4.0f ms  %s', (time() - $start) * 1000, "$owner, fast shutdown");
	$session->vanish;
	$witness->vanish;

	$node->start;
	$session = scan('working', $meters, $workers);
	@seen = (meters($node), workers($node));
	$start = time();
	$node->kill9;
	ok(defined wait_until(sub { !grep { alive($_) } @seen }, 2),
		"$owner: the meters end with a server that was killed");
	push @times, sprintf('%4.0f ms  %s', (time() - $start) * 1000, "$owner, server killed");
	$session->vanish;
}

check_cuts(3, 3);
check_cuts(1, 0);

note($_) foreach @times;
done_testing();

#
# 012_pressure.pl - more scans than workers, a cap on workers, meters that are killed at any moment, and one that outgrows its
# memory.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use Time::HiRes qw(sleep);

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture copies_of flows_table);
use NFStreamEndings qw(make_tables FLOWS);
use NFStreamProcesses qw(meters workers segments wait_until wait_for_nothing what_is_left);
use NFStreamSession;

my $node = start_cluster('pressure', 4);
$node->append_conf('postgresql.conf', 'max_connections = 40');
$node->restart;
my $witness = NFStreamSession->new($node);
my $started = $witness->query('SELECT pg_postmaster_start_time()');

make_tables($node, 2);
my $rows = $witness->query('SELECT count(*), sum(bidirectional_packets), max(id) FROM many');
wait_for_nothing($node);
my @before = segments($node);

# ------------------------------------------------------------------------------------------------------- twenty scans at once

my @sessions = map { NFStreamSession->new($node) } 1 .. 20;
$_->send('SELECT count(*), sum(bidirectional_packets), max(id) FROM many') foreach @sessions;
my @answers = map { $_->finish } @sessions;
is(join("\n", @answers), join("\n", ($rows) x 20), 'twenty scans at once, and four workers: all are right');
is(join('', map { $_->{said} } @sessions), '', 'and none says anything');
ok(defined wait_for_nothing($node, @before), 'nothing is left') or diag(what_is_left($node));
$_->quit foreach splice(@sessions, 3);

# ------------------------------------------------------------------------------------------------------------ a cap on workers

my $cursor = 'BEGIN; DECLARE flows CURSOR FOR SELECT * FROM many; FETCH 1 FROM flows';

$node->append_conf('postgresql.conf', 'nfstream_fdw.max_workers = 3');
$node->reload;
$_->quit foreach @sessions;
@sessions = map { NFStreamSession->new($node) } 1 .. 3;
$_->query('SELECT nfstream_version()') foreach @sessions;

# Whether a session whose transaction has ended gets what it gave back, beside `others`.  An abort does not wait for its workers, and the
# server finds out a moment after they are gone.
sub taken_again
{
	my ($session, $others) = @_;

	return defined wait_until(sub {
		wait_until(sub { workers($node) == $others }, 2);
		sleep(0.1);
		$session->query($cursor);
		return 1 if workers($node) == 3;
		$session->query('ROLLBACK');
		return 0;
	}, 20);
}

$sessions[0]->query($cursor);
is(scalar(workers($node)), 2, 'the first idle cursor has its two workers');
$sessions[1]->query($cursor);
is(scalar(workers($node)), 3, 'the second has the one that is left under the cap');
is(scalar(meters($node)), 3, 'and as many meters');
$sessions[2]->query($cursor);
is(scalar(workers($node)), 3, 'the third has no worker, though the server has a slot');
is(scalar(meters($node)), 4, 'but a meter of its own');
is($witness->query('SELECT count(*), sum(bidirectional_packets), max(id) FROM many'), $rows, 'and others scan');
$sessions[0]->query('ROLLBACK');
ok(taken_again($sessions[0], 1), 'what an end of a transaction gave back is taken again');
$sessions[1]->query('SELECT 1 / 0');
$sessions[1]->query('ROLLBACK');
ok(taken_again($sessions[1], 2), 'and what an error gave back');
$_->quit foreach @sessions;
ok(defined wait_for_nothing($node, @before), 'nothing is left') or diag(what_is_left($node));
$sessions[0] = NFStreamSession->new($node);
$sessions[0]->query($cursor);
is(scalar(workers($node)), 2, 'after all that two workers are to be had');
$sessions[0]->quit;

# ------------------------------------------------------------------------------------------------- killed at any moment

my ($killed, $errors, $others) = (0, 0, 0);
my $victim = NFStreamSession->new($node);

for my $round (1 .. 200)
{
	$victim->send('SELECT count(application_name) FROM silent');
	defined wait_until(sub { meters($node) > 0 }, 10) or last;
	sleep(rand(0.03));
	$killed += kill('KILL', meters($node)) > 0;
	$victim->finish;
	$errors++ if $victim->{said} =~ /ERROR:  a meter was terminated by signal 9: Killed/;
	$others++ if $victim->{said} !~ /signal 9/;
	wait_until(sub { !meters($node) && !workers($node) }, 2);
}
is($killed, 200, 'meters were killed 200 times');
is($errors, 200, '200 errors');
is($others, 0, 'and no other');
is($witness->query('SELECT pg_postmaster_start_time()'), $started, 'the server was not restarted, nor a session ended');
ok(defined wait_for_nothing($node, @before), 'nothing is left') or diag(what_is_left($node));

# ------------------------------------------------------------------------------------------------------ more than its memory

# Every packet a flow, all active.
my $dense = $node->basedir . '/dense.pcap';
open(my $out, '>:raw', $dense) or die "could not write $dense: $!";
print $out pack('VvvVVVV', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1);
for my $number (0 .. 699_999)
{
	print $out pack('V4', 1_700_000_000, 0, 42, 42), "\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0",
		pack('C2n3C2nNN', 0x45, 0, 28, 0, 0, 64, 17, 0, 0x0a000000 + $number, 0xc0000201), pack('n4', 1024, 53, 8, 0);
}
close($out);
flows_table($node, 'dense', $dense, n_meters => 1, statistical_analysis => 'true', meter_memory => 256);
$witness->query("\\set VERBOSITY verbose\nSELECT sum(bidirectional_mean_ps) FROM dense");
like($witness->{said}, qr/ERROR:  53200: a meter failed: out of memory\nHINT:  .*max_active_flows.*meter_memory/,
	'a meter that outgrows its memory: the error');
$witness->query('SELECT count(application_name) FROM dense');
like($witness->{said}, qr/ERROR:  53200: a meter failed: out of memory\n/, 'with nDPI too');
$witness->query("ALTER FOREIGN TABLE dense OPTIONS (ADD max_active_flows '1000')");
is($witness->query('SELECT count(application_name) FROM dense'), 700000, 'with a bound on flows it has enough');
$witness->query("ALTER FOREIGN TABLE dense OPTIONS (DROP max_active_flows, SET meter_memory '4096')");
is($witness->query('SELECT count(bidirectional_mean_ps) FROM dense'), 700000, 'and with more memory');
ok(defined wait_for_nothing($node, @before), 'nothing is left') or diag(what_is_left($node));

$victim->quit;
$witness->quit;
$node->stop;
done_testing();

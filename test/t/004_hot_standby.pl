#
# 004_hot_standby.pl - scans on a standby: with workers and meters, as on a primary.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Cluster;

use NFStreamCluster qw(start_cluster capture flows_table flows_of plan_of same_lines);
use NFStreamEndings qw(make_tables FLOWS);
use NFStreamProcesses qw(meters workers segments wait_for_nothing);
use NFStreamSession;

my $primary = start_cluster('primary', 8);

flows_table($primary, 'flows', capture($primary, 'busy.pcap'), n_meters => 3);
make_tables($primary, 3);
$primary->backup('copy');

my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;

is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 't', 'the standby is one');
same_lines(flows_of($standby, 'flows'), flows_of($primary, 'flows'), 'the same rows on the standby');
is(plan_of($standby, 'SELECT * FROM flows')->{'Meters Started'}, 3, 'three meters start on the standby');
is($standby->safe_psql('postgres', 'SELECT count(*) FROM nfstream_version()'), 4,
	'the versions are told on the standby');

# A table that is created on the primary is there too.
flows_table($primary, 'later', capture($primary, 'http.pcap'));
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('write'));
same_lines(flows_of($standby, 'later'), flows_of($primary, 'later'), 'a table that was created later');

my $session = NFStreamSession->new($standby);
my @segments = segments($standby);
$session->query('BEGIN; DECLARE flows CURSOR FOR SELECT * FROM many; FETCH 1 FROM flows');
is(scalar(workers($standby)), 3, 'three workers on the standby');
is(scalar(meters($standby)), 3, 'three meters on the standby');
is($standby->safe_psql('postgres', 'SELECT count(*), count(DISTINCT pid) FROM nfstream_progress'), '3|1', 'all are shown')
	if $standby->safe_psql('postgres', 'SHOW server_version_num') >= 170000;

# Promotion does not touch a scan that is open.
$standby->promote;
like($session->query('MOVE 100 FROM flows; FETCH 1 FROM flows'), qr/^101\|/,
	'an open scan goes on after the promotion');
$session->query('COMMIT');
ok(defined wait_for_nothing($standby, @segments), 'nothing is left');
is($session->query('SELECT count(*) FROM many'), FLOWS, 'a scan after the promotion');
$session->quit;

$standby->stop;
$primary->stop;
done_testing();

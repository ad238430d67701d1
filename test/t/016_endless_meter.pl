#
# 016_endless_meter.pl - a program in the meter's place that sends each kind of message without end, its fields at their
# extremes: the statement ends with one error, or goes on until it is cancelled, and its session's memory does not grow.
#
# Each once under workers and once, with no slot for a worker, under the leader.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use Time::HiRes qw(sleep);

use NFStreamCluster qw(start_cluster capture);
use NFStreamEvil qw(evil_deeds evil_program);
use NFStreamProcesses qw(workers private_memory meters segments wait_until wait_for_nothing what_is_left);
use NFStreamSession;

use constant MEGABYTE => 1 << 20;

my $lie = qr/a meter sent what no meter sends: /;
my $stray = qr/a meter sent a message of type \d+ (with \d+ bytes, which no meter sends|out of turn)/;
my $cancelled = qr/canceling statement due to statement timeout/;

# What is said of each; nothing where the statement just ends.
my %said = (
	damage_of_new_files => $lie,
	damage_of_one_file => $lie,
	damage_of_the_last_file => $lie,
	damage_of_no_file => $lie,
	damage_backwards => $lie,
	places => $cancelled,
	wide_places => $cancelled,
	places_from_0 => $lie,
	places_at_the_end => $lie,
	flows => $cancelled,
	flows_of_one_place => $lie,
	low_flows => $cancelled,
	high_flows => $cancelled,
	hellos => $stray,
	questions_for_files => qr/a meter asked for file 2 out of turn/,
	question_for_the_last_file => qr/a meter asked for file 4294967295 out of turn/,
	applications => $lie,
	overlaps => $lie,
	takes_together => qr/a meter asked for its next file out of turn/,
	takes => qr/$lie|a meter asked for its next file out of turn/,
	takes_and_ends => $lie,
	ends_of_no_file => $lie,
	flows_of_no_file => $lie,
	orders_together => $lie,
	orders => $lie,
	orders_that_are_none => $lie,
	orders_of_others => $lie,
	end_and_go_on => undef,
	failures => qr/could not read capture ".*http\.pcap": \(? \[2J/,
	moves => $cancelled,
	does_not_read => qr/a meter did not move on for 1 second/,
	bytes => $stray,
	a_long_message => $lie,
);

# Where one column of each kind is wanted, or a source of many files.
my %query = (low_flows => 'SELECT count(w::text) FROM wide w', high_flows => 'SELECT count(w::text) FROM wide w',
	does_not_read => 'SELECT count(src_port) FROM again',
	map { $_ => 'SELECT count(src_port) FROM apart' } qw(takes takes_and_ends ends_of_no_file flows_of_no_file orders
		orders_that_are_none orders_of_others));

my @deeds = evil_deeds('ENDLESS');
is(join(' ', sort @deeds), join(' ', sort keys %said), 'something is expected of each deed');

my $node;

# Sets the program that does the deed in the meter's place.
sub set_deed
{
	my ($session, $deed) = @_;
	my $program = evil_program($node, $deed);

	$session->query("SET nfstream_fdw.meter_program = '$program'");
}

foreach my $workers (3, 0)
{
	my $owner = $workers > 0 ? 'workers' : 'leader';

	$node = start_cluster($owner, $workers);
	my $source = '{' . join(',', (capture($node, 'http.pcap')) x 2) . '}';

	$node->safe_psql('postgres', "CREATE FOREIGN TABLE flows (src_port int) SERVER nfstream OPTIONS (source '$source', n_meters '2');"
		. " CREATE FOREIGN TABLE apart (src_port int) SERVER nfstream OPTIONS (source '$source', n_meters '2', separate_files 'true',"
		. " source_order 'time');"
		. ' CREATE FOREIGN TABLE again (src_port int) SERVER nfstream OPTIONS (source \'{'
		. join(',', (capture($node, 'http.pcap')) x 5000) . "}', n_meters '2', meter_timeout '1');"
		. ' CREATE FOREIGN TABLE wide (expiration_id bigint, src_ip inet, src_mac macaddr, src_oui text, src_port int,'
		. ' protocol int, bidirectional_first_seen_ms numeric, bidirectional_packets numeric, bidirectional_bytes numeric,'
		. ' bidirectional_mean_ps float8, splt_ps bigint[], user_agent text)'
		. " SERVER nfstream OPTIONS (source '$source', n_meters '2', statistical_analysis 'true', splt_analysis '65535')");
	my $session = NFStreamSession->new($node);
	my $witness = NFStreamSession->new($node);

	$session->query('SELECT * FROM flows; SELECT count(w) FROM wide w');
	wait_until(sub { !meters($node) && !workers($node) }, 2);
	my @segments = segments($node);
	foreach my $deed (@deeds)
	{
		my $query = $query{$deed} // 'SELECT count(src_port) FROM flows';
		my $before;

		set_deed($session, $deed);
		$session->query('SET statement_timeout = ' . ($said{$deed} && $said{$deed} eq $cancelled ? 1000 : 20000));
		$before = private_memory($session->backend);
		$session->send($query);
		my $most = 0;
		until ($session->is_done)
		{
			$most = (sort { $b <=> $a } $most, map { private_memory($_) // 0 } $session->backend, workers($node))[0];
			sleep(0.02);
		}
		$session->finish;
		my @errors = $session->{said} =~ /ERROR:  .*/g;
		like($session->{said}, defined $said{$deed} ? qr/ERROR:  .*$said{$deed}/ : qr/^$/, "$owner, $deed: what is said");
		cmp_ok(scalar(@errors), '<=', 1, "$owner, $deed: at most one error");
		cmp_ok($most - $before, '<', 64 * MEGABYTE, "$owner, $deed: the memory");
		ok(defined wait_for_nothing($node, @segments), "$owner, $deed: nothing is left") or diag(what_is_left($node));
		is($witness->query('SELECT 1'), 1, "$owner, $deed: another session lives");
	}

	# What goes on until it is ended can be ended in each way.
	foreach my $deed (grep { defined $said{$_} && $said{$_} eq $cancelled } @deeds)
	{
		my $query = $query{$deed} // 'SELECT count(src_port) FROM flows';

		foreach my $end ('cancel', 'terminate')
		{
			my $victim = NFStreamSession->new($node);

			$victim->query('SELECT * FROM flows LIMIT 0');
			set_deed($victim, $deed);
			$victim->send($query);
			wait_until(sub { workers($node) == ($workers ? 2 : 0) }, 10);
			sleep(0.3);
			is($witness->query("SELECT pg_${end}_backend(" . $victim->backend . ')'), 't', "$owner, $deed: $end");
			$victim->finish;
			like($victim->{said}, $end eq 'cancel' ? qr/canceling statement due to user request/ :
				qr/terminating connection due to administrator command/, "$owner, $deed, $end: it ends");
			ok(defined wait_for_nothing($node, @segments), "$owner, $deed, $end: nothing is left") or diag(what_is_left($node));
			$end eq 'cancel' ? $victim->quit : $victim->vanish;
		}
	}

	# Answers to questions without a capture.
	foreach my $case ([ 'applications', 'nfstream_applications', qr/does not come to the end of its answer/ ],
		[ 'places', 'nfstream_applications', $stray ], [ 'flows', 'nfstream_applications', $stray ],
		[ 'damage_of_new_files', 'nfstream_applications', $stray ], [ 'hellos', 'nfstream_applications', $stray ],
		[ 'failures', 'nfstream_version', undef ], [ 'bytes', 'nfstream_applications', $stray ])
	{
		my ($deed, $function, $said) = @$case;

		set_deed($session, $deed);
		$session->query("SET statement_timeout = 20000; SELECT count(*) FROM $function()");
		like($session->{said}, defined $said ? qr/ERROR:  .*$said/ : qr/^$/, "$owner, $function(), $deed: what is said");
	}

	$session->query('RESET nfstream_fdw.meter_program; RESET statement_timeout');
	is($session->query('SELECT count(*) > 0 FROM flows'), 't', "$owner: the session goes on");
	$session->quit;
	$witness->quit;
	$node->stop;
}
done_testing();

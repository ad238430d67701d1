#
# 011_evil_meter.pl - a program in the meter's place that lies, is silent, or dies: each statement ends with one clear error,
# no other session notices, and nothing is left.
#
# Each deed once under workers and once, with no slot for a worker, under the leader.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture);
use NFStreamEvil qw(evil_deeds evil_program);
use NFStreamProcesses qw(segments wait_for_nothing what_is_left descriptors);
use NFStreamSession;

my $lie = qr/a meter sent what no meter sends: /;
my $stray = qr/a meter sent a message of type \d+ (with \d+ bytes, which no meter sends|out of turn)/;
my $signal = sub { qr/a meter was terminated by signal $_[0]\b/ };
my $hung = qr/a meter did not move on for 1 second/;

# What is said of each deed, and the column that is asked for if it is not src_port; "live": that, of an interface that meters share;
# "marks": ids of flows with a condition, so that those which are set aside count.
my %said = (
	garbage => [$stray],
	huge => [$stray],
	owners_message => [$stray],
	unknown_message => [$stray],
	short_message => [$stray],
	place_in_no_file => [$lie],
	no_hello => [$stray],
	two_hellos => [$stray],
	other_version => [qr/the meter's program is of another version/],
	short_record => [$lie],
	long_record => [$lie],
	too_many_values => [$lie],
	too_few_values => [$lie],
	left_before_it_came => [$lie],
	wrong_order => [$lie],
	same_twice => [$lie],
	place_goes_back => [$lie],
	record_behind_its_place => [$lie],
	opens_no_interface => [$stray],
	joins_no_group => [$stray],
	ready_for_nothing => [$stray],
	live_opens_twice => [ $stray, 'live' ],
	live_joins_unasked => [ $stray, 'live' ],
	live_joins_without_a_number => [ $stray, 'live' ],
	live_joins_another_group => [ $stray, 'live' ],
	live_joins_twice => [ $stray, 'live' ],
	live_ready_before_it_joins => [ $stray, 'live' ],
	live_ready_twice => [ $stray, 'live' ],
	live_begins_itself => [ $stray, 'live' ],
	live_long_frames => [ $stray, 'live' ],
	live_never_joins => [ $hung, 'live' ],
	live_never_ready => [ $hung, 'live' ],
	file_out_of_turn => [qr/a meter asked for file 7 out of turn/],
	file_again_and_again => [qr/a meter asked for file 0 out of turn/],
	overlap_of_none => [$lie],
	overlap_that_is_none => [$lie],
	times_of_none => [$lie],
	times_backwards => [$lie],
	times_of_nothing => [$lie],
	times_beyond_a_millisecond => [$lie],
	marks_unasked => [$lie],
	marks_out_of_order => [ $lie, 'marks' ],
	marks_too_many => [ $lie, 'marks' ],
	marks_with_values => [ $lie, 'marks' ],
	wrong_account => [$lie],
	unknown_failure => [qr/a meter failed: /],
	text_not_utf8 => [ $lie, 'application_name' ],
	text_with_nul => [ $lie, 'application_name' ],
	text_too_long => [ $lie, 'application_name' ],
	udps_not_json => [ $lie, 'udps' ],
	udps_not_utf8 => [ $lie, 'udps' ],
	udps_with_nul => [ $lie, 'udps' ],
	udps_with_escaped_nul => [ $lie, 'udps' ],
	udps_with_surrogate => [ $lie, 'udps' ],
	udps_too_deep => [ $lie, 'udps' ],
	udps_long_number => [ $lie, 'udps' ],
	udps_great_exponent => [ $lie, 'udps' ],
	udps_too_long => [ $lie, 'udps' ],
	udps_longer_than_its_message => [ $lie, 'udps' ],
	no_such_file => [ qr/a meter names capture 99 of 1/, 'source_file' ],
	endless => [qr/canceling statement due to statement timeout/],
	silence => [$hung],
	trickle => [$hung],
	SIGSEGV => [ $signal->(11) ],
	SIGKILL => [ $signal->(9) ],
	SIGTERM => [ $signal->(15) ],
	SIGSTOP => [$hung],
	exit_0 => [qr/a meter ended before its work was done, with exit status 0/],
	exit_3_at_once => [qr/a meter ended before its work was done, with exit status 3/],
	forks => [$hung],
	lies_about_its_progress => [ $signal->(11) ],
	shrinks_its_page => [ $signal->(11) ],
);

my @deeds = evil_deeds('DEEDS');
is(join(' ', sort @deeds), join(' ', sort keys %said), 'something is expected of each deed');

foreach my $workers (3, 0)
{
	my $owner = $workers > 0 ? 'workers' : 'leader';
	my $node = start_cluster($owner, $workers);
	my $source = capture($node, 'http.pcap');

	$node->safe_psql('postgres', "CREATE FOREIGN TABLE flows (id bigint, src_port int, application_name text, source_file text)"
		. " SERVER nfstream OPTIONS (source '$source', n_meters '2', meter_timeout '1');"
		. " CREATE FOREIGN TABLE interface (src_port int) SERVER nfstream"
		. " OPTIONS (source 'interface:lo', n_meters '2', meter_timeout '1');"
		. " CREATE FOREIGN TABLE with_plugins (udps jsonb) SERVER nfstream"
		. " OPTIONS (source '$source', n_meters '2', meter_timeout '1', udps '[{\"plugin\": \"flow_slicer\", \"limit\": 7}]')");
	my $session = NFStreamSession->new($node);
	my $witness = NFStreamSession->new($node);
	my $rows = $session->query('SELECT count(*) FROM flows');
	wait_for_nothing($node);
	my @before = segments($node);
	my $descriptors = descriptors($node, $session->backend);

	foreach my $deed (@deeds)
	{
		my ($said, $column) = @{ $said{$deed} // die "$deed is not known" };
		my $table = 'flows';
		my $where = '';

		if (($column // '') eq 'live')
		{
			# The leader's own meter is alone, and has no group.
			($column, $table) = ('src_port', 'interface');
			$said = $stray if $workers == 0;
		}
		($column, $where) = ('id', ' WHERE src_port = 443') if ($column // '') eq 'marks';
		$table = 'with_plugins' if ($column // '') eq 'udps';
		my $program = evil_program($node, $deed);

		$session->query("SET nfstream_fdw.meter_program = '$program'; SET statement_timeout = "
			. ($deed eq 'endless' ? 500 : 20000));
		$session->query('SELECT count(' . ($column // 'src_port') . ") FROM $table$where");
		my @errors = $session->{said} =~ /ERROR:  .*/g;
		like($session->{said}, qr/ERROR:  .*$said/, "$owner, $deed: the error");
		is(scalar(@errors), 1, "$owner, $deed: one error");
		ok(defined wait_for_nothing($node, @before), "$owner, $deed: nothing is left") or diag(what_is_left($node));
		is(descriptors($node, $session->backend), $descriptors, "$owner, $deed: no descriptor is left");
		is($witness->query('SELECT 1'), 1, "$owner, $deed: another session lives");
	}
	unlike(join("\n", grep { !/^Z/ } `ps -eo stat,args`), qr/evil\.forks/, "$owner: what a meter started is ended with it");

	$session->query('RESET nfstream_fdw.meter_program; RESET statement_timeout');
	is($session->query('SELECT count(*) FROM flows'), $rows, "$owner: the session goes on");

	# Nobody but a superuser puts another program there.
	$session->query('CREATE ROLE nobody; SET ROLE nobody');
	$session->query("SET nfstream_fdw.meter_program = '/bin/true'");
	like($session->{said}, qr/permission denied to set parameter "nfstream_fdw\.meter_program"/, "$owner: not everyone may");
	$session->query("SET nfstream_fdw.require_seccomp = off");
	like($session->{said}, qr/permission denied to set parameter/, "$owner: nor take down a wall");
	$session->quit;
	$witness->quit;
	$node->stop;
}
done_testing();

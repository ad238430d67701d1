#
# 033_reports.pl - performance reports of meters that say nothing, or what cannot be: they come by the clock, and are JSON.
#
# test/live has those of meters that capture.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use JSON::PP;
use Test::More;

use NFStreamCluster qw(start_cluster);
use NFStreamEvil qw(evil_program);
use NFStreamSession;

my @fields = qw(flows_expired packets_processed packets_ignored packets_dropped_filtered_by_kernel meters_packets_processing_balance
	packets_received packets_dropped_by_kernel packets_dropped_by_interface active_flows);

# As Python's json.dumps() writes them.
my %said = (
	says_nothing_of_an_interface => [ 0, 0, 0, 0, '[0]', 0, 0, 0, 0 ],
	knows_nothing_of_an_interface => [ 0, 0, 7, 'null', '[0]', 'null', 'null', 0, 1 ],
);

# The interface's own counters are files, which a machine may not show.
my $has_counters = -r '/sys/class/net/lo/statistics/rx_missed_errors';

foreach my $workers (2, 0)
{
	my $owner = $workers > 0 ? 'worker' : 'leader';
	my $node = start_cluster("reports_$owner", $workers);
	my $session = NFStreamSession->new($node);

	$session->query("CREATE FOREIGN TABLE live (src_port int) SERVER nfstream"
		. " OPTIONS (source 'interface:lo', n_meters '1', meter_timeout '60', performance_report '1')");
	foreach my $deed (sort keys %said)
	{
		my $program = evil_program($node, $deed);
		my @values = @{ $said{$deed} };
		$values[7] = 'null' if !$has_counters;
		my $line = '{' . join(', ', map { qq("$fields[$_]": $values[$_]) } 0 .. $#fields) . '}';

		$session->query("SET nfstream_fdw.meter_program = '$program'; SET statement_timeout = '4s'; SELECT * FROM live");
		my @reports = $session->{said} =~ /NOTICE:  (.*)$/mg;

		like($session->{said}, qr/ERROR:  canceling statement due to statement timeout/, "$owner, $deed: it went on");
		is($reports[-1], $line, "$owner, $deed: what is told");
		is_deeply([ sort keys %{ decode_json($reports[-1] // '{}') } ], [ sort @fields ], "$owner, $deed: it is JSON");
		cmp_ok(scalar(@reports), '>', 1, "$owner, $deed: again and again");
	}
	$session->quit;
	$node->stop;
}

done_testing();

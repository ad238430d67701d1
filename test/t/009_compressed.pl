#
# 009_compressed.pl - captures that are compressed with gzip and zstd: the same rows, and what is said of damage.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture copies_of flows_table flows_of plan_of same_lines);
use NFStreamSession;

my $node = start_cluster('compressed', 3);
my $directory = $node->basedir;
my $session = NFStreamSession->new($node);
my %compress = (gzip => [qw(gzip -c)], zstd => [qw(zstd -q -c)]);

# Writes what is left of a capture once it is compressed, up to this many bytes, to a file of this name.
sub compressed
{
	my ($program, $path, $name, $bytes) = @_;
	my $target = "$directory/$name";

	IPC::Run::run([ @{ $compress{$program} }, $path ], '>', \my $out) or die "could not run $program";
	open(my $file, '>:raw', $target) or die "could not write $target: $!";
	print $file defined $bytes ? substr($out, 0, $bytes) : $out;
	close($file);
	return $target;
}

my $plain = copies_of($node, 'busy.pcap', 10);
my $http = capture($node, 'http.pcap');

flows_table($node, 'flows', $plain, statistical_analysis => 'true', splt_analysis => 5);
my $rows = flows_of($node, 'flows');
my $account = plan_of($node, 'SELECT * FROM flows');

foreach my $program (sort keys %compress)
{
	# The names tell nothing: files are known by their first bytes.
	my $file = compressed($program, $plain, "$program.pcap");

	foreach my $meters (1, 3)
	{
		flows_table($node, 'flows', $file, statistical_analysis => 'true', splt_analysis => 5, n_meters => $meters);
		same_lines(flows_of($node, 'flows'), $rows, "$program, $meters meters: the same rows");
	}
	my $plan = plan_of($node, 'SELECT * FROM flows');
	is($plan->{'Packets Read'}, $account->{'Packets Read'}, "$program: the same packets read");
	is($plan->{'Bytes Read'}, -s $file, "$program: the bytes that were read are the file's");

	# A list of files, of which each may be compressed or not.
	flows_table($node, 'flows', "{$http,$plain}");
	my $both = flows_of($node, 'flows');
	flows_table($node, 'flows', "{$http,$file}");
	same_lines(flows_of($node, 'flows'), $both, "$program: one of two files");
	flows_table($node, 'flows', '{' . compressed($program, $http, "http.$program") . ",$plain}");
	same_lines(flows_of($node, 'flows'), $both, "$program: the other one");

	# Cut off near its end, and soon behind its first bytes.
	$file = compressed($program, $plain, "cut.$program", int(0.9 * -s $file));
	flows_table($node, 'flows', $file);
	my $packets = $session->query('SELECT sum(bidirectional_packets) > 0 FROM flows');
	is($packets, 't', "$program, cut off: the rows up to there");
	like($session->{said},
		qr/WARNING:  could not read capture "\Q$file\E": packet \d+ is in a $program stream that ends too early\n/,
		"$program, cut off: the warning");
	flows_table($node, 'flows', $file, on_damage => 'error');
	$session->query('SELECT count(*) FROM flows');
	like($session->{said}, qr/ERROR:  could not read capture "\Q$file\E": packet \d+ is in a $program stream/,
		"$program, cut off: the error with on_damage");
	$file = compressed($program, $http, "short.$program", 12);
	flows_table($node, 'flows', $file);
	$session->query('SELECT count(*) FROM flows');
	like($session->{said}, qr/ERROR:  file "\Q$file\E" is not a capture\nDETAIL:  This was found: a $program stream that ends too early\./,
		"$program, cut off at its start: the error");

	# What is compressed is no capture.
	$file = compressed($program, $node->data_dir . '/PG_VERSION', "version.$program");
	flows_table($node, 'flows', $file);
	$session->query('SELECT count(*) FROM flows');
	like($session->{said}, qr/ERROR:  file "\Q$file\E" is not a capture\n/, "$program: what it holds is no capture");
}

$session->quit;
$node->stop;
done_testing();

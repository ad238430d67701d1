#
# 020_explain.pl - EXPLAIN (ANALYZE) in JSON, YAML and XML: each is well formed, and they tell the same.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use JSON::PP;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture flows_table);

my $node = start_cluster('explain', 3);

# What a parser of another project reads in a plan.
sub parsed
{
	my ($format, $query) = @_;
	my ($out, $err);
	my $plan = $node->safe_psql('postgres', "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF, FORMAT $format) $query");

	IPC::Run::run([ '/usr/bin/python3', "$FindBin::RealBin/parse_plan.py", $format ], '<', \$plan, '>', \$out, '2>', \$err);
	is($err, '', "$format is well formed");
	return $out eq '' ? {} : decode_json($out);
}

# Ignored packets of several reasons; a name that each format must quote; a filter with what they quote.
my $capture = capture($node, 'link_ethernet.pcap');
my $odd = $node->basedir . '/a: b, "c" & <d> - #e.pcap';
link($capture, $odd) or die "could not link: $!";

flows_table($node, 'plain', $capture);
flows_table($node, 'odd', $odd, bpf_filter => 'ip and (udp[0:2] & 1 = 1 or not port 7) or len > 1');
foreach my $query ('SELECT id FROM plain', 'SELECT * FROM odd', 'SELECT id FROM plain UNION ALL SELECT id FROM odd',
	'SELECT id FROM plain LIMIT 1')
{
	my %plans = map { $_ => parsed($_, $query) } qw(json yaml xml);

	is_deeply($plans{yaml}, $plans{json}, "$query: YAML tells what JSON tells");
	is_deeply($plans{xml}, $plans{json}, "$query: XML tells what JSON tells");
}

my $plan = parsed('json', 'SELECT id FROM plain')->{Plan};
my $sum = 0;
$sum += $_ foreach values %{ $plan->{Ignored} };
is($sum, $plan->{'Packets-Ignored'}, 'the reasons add up');
is($plan->{Ignored}{'Not-IP'}, 4, 'a reason is named within its group');
like($node->safe_psql('postgres', 'EXPLAIN (ANALYZE) SELECT id FROM plain'), qr/^ +Ignored: Not IP: 4$/m,
	'and on a line of its own in text');

$node->stop;
done_testing();

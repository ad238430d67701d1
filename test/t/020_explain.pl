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
	my ($format, $query, $settings, $options) = @_;
	my ($out, $err);
	my $plan = $node->safe_psql('postgres', ($settings // '') . 'EXPLAIN (' . ($options // 'ANALYZE')
		. ", COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF, FORMAT $format) $query");

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

# A plan but for which of several workers had which part of the rows.
sub without_workers
{
	my ($plan) = @_;

	delete $plan->{Workers};
	without_workers($_) foreach @{ $plan->{Plans} // [] };
	return $plan;
}

# The same in all formats.
sub same_in_all
{
	my ($name, @explained) = @_;
	my %plans = map { $_ => without_workers(parsed($_, @explained)->{Plan} // {}) } qw(json yaml xml);

	is_deeply($plans{yaml}, $plans{json}, "$name: YAML tells what JSON tells");
	is_deeply($plans{xml}, $plans{json}, "$name: XML tells what JSON tells");
	return $plans{json};
}

# All scans of a plan.
sub scans
{
	my ($plan) = @_;

	return ((grep { $_->{'Node-Type'} =~ /^(?:Foreign|Custom) Scan$/ } $plan), map { scans($_) } @{ $plan->{Plans} // [] });
}

foreach my $query ('SELECT id FROM plain', 'SELECT * FROM odd', 'SELECT id FROM plain UNION ALL SELECT id FROM odd',
	'SELECT id FROM plain LIMIT 1')
{
	same_in_all($query, $query);
}

my $plan = parsed('json', 'SELECT id FROM plain')->{Plan};
my $sum = 0;
$sum += $_ foreach values %{ $plan->{Ignored} };
is($sum, $plan->{'Packets-Ignored'}, 'the reasons add up');
is($plan->{Ignored}{'Not-IP'}, 4, 'a reason is named within its group');
like($node->safe_psql('postgres', 'EXPLAIN (ANALYZE) SELECT id FROM plain'), qr/^ +Ignored: Not IP: 4$/m,
	'and on a line of its own in text');

# With VERBOSE, each meter's part: it adds up, and so do all of them.
my $busy = capture($node, 'busy.pcap');
my $parallel = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2; ';
my @added = ('Packets-Metered', 'Packets-Set-Aside', 'Flows', 'Flows-Set-Aside', 'Flows-Given-Up', 'Packets-Given-Up', 'Dissections', 'nDPI-Initialised');
my @wholes = ('Packets-Read', 'Packets-Filtered', 'Packets-Ignored', 'Bytes-Read');

flows_table($node, 'one', $busy);
flows_table($node, 'three', $busy, n_meters => 3);
flows_table($node, 'few', $busy, max_nflows => 3);
$node->safe_psql('postgres', "IMPORT FOREIGN SCHEMA nfpacket FROM SERVER nfstream INTO public OPTIONS (table_name 'packets', source '$busy', n_meters '2');
	CREATE TABLE ports AS SELECT port FROM generate_series(1, 5000) port; ANALYZE ports; DELETE FROM ports WHERE port > 100;
	CREATE TABLE parts (LIKE one) PARTITION BY HASH (src_ip)");
$node->safe_psql('postgres', "CREATE FOREIGN TABLE part$_ PARTITION OF parts FOR VALUES WITH (MODULUS 3, REMAINDER $_) SERVER nfstream OPTIONS (source '$busy', n_meters '2')") foreach 0 .. 2;

sub check_meters
{
	my ($name, $scan) = @_;
	my @meters = @{ $scan->{'Meter-Accounts'} };
	my $field = sub { my ($of, $counter) = @_; my $sum = 0; $sum += $_ foreach values %{ $of->{Ignored} // {} }; $counter eq 'Packets-Ignored' ? $sum : $of->{$counter} // 0 };

	is(join(' ', map { $_->{'Meter-Number'} } @meters), join(' ', 0 .. $scan->{'Meters-Started'} - 1), "$name: each meter has a part");
	foreach my $counter (@added)
	{
		my $sum = 0;

		$sum += $field->($_, $counter) foreach @meters;
		is($sum, $scan->{$counter}, "$name: $counter adds up") if exists $scan->{$counter};
	}
	foreach my $meter (@meters)
	{
		is(join(' ', map { $field->($meter, $_) } @wholes), join(' ', map { $scan->{$_} } @wholes), "$name: each meter walks all");
		is($field->($meter, 'Packets-Read'), eval { my $sum = 0; $sum += $field->($meter, $_) foreach qw(Packets-Metered Packets-Set-Aside Packets-of-Other-Shards Packets-Filtered Packets-Ignored); $sum },
			"$name: a part adds up");
	}
}

foreach my $case (['one meter', 'SELECT id FROM one'], ['three meters', 'SELECT * FROM three'], ['packets', 'SELECT packet_number FROM packets'],
	['a condition', 'SELECT src_ip FROM three WHERE dst_port = 53'], ['an order', 'SELECT id, src_ip FROM three ORDER BY id'], ['max_nflows', 'SELECT * FROM few'],
	['flows, shared out', 'SELECT count(*) FROM three', "${parallel}SET parallel_leader_participation = off; SET cpu_tuple_cost = 10; "],
	['packets, shared out', 'SELECT count(*) FROM packets', "${parallel}SET parallel_leader_participation = off; SET cpu_tuple_cost = 10; "],
	['asynchronous', 'SELECT count(*) FROM parts'], ['a call', "SELECT id FROM nfstreamer('$busy', n_meters => 2)"],
	['a call of packets', "SELECT packet_number FROM nfpackets('$busy', n_meters => 2) p"], ['UNION ALL', 'SELECT id FROM one UNION ALL SELECT id FROM three'])
{
	my ($name, $query, $settings) = @$case;
	my $explained = same_in_all($name, $query, $settings, 'ANALYZE, VERBOSE false');
	my @verbose = scans(parsed('json', $query, $settings, 'ANALYZE, VERBOSE')->{Plan});

	same_in_all("$name, not run", $query, $settings, 'VERBOSE');
	if (($settings // '') eq '')
	{
		same_in_all("$name, in full", $query, $settings, 'ANALYZE, VERBOSE');
	}
	else
	{
		is(scalar(grep { $_->{'Parallel-Aware'} eq 'true' } @verbose), 1, "$name: parallel aware");
	}
	ok(@verbose > 0, "$name: is a scan");
	check_meters($name, $_) foreach @verbose;
}
like($node->safe_psql('postgres', 'EXPLAIN (ANALYZE, VERBOSE) SELECT id FROM three'), qr/^ +Meter 2: Packets Read=1405, Packets Metered=\d+, Packets of Other Shards=\d+, .*Flows=\d+, Ignored: Not IP=128$/m,
	'in text, a line for each meter');
unlike($node->safe_psql('postgres', 'EXPLAIN (ANALYZE) SELECT id FROM three'), qr/Meter \d:/, 'and none without VERBOSE');

# A scan that each parallel worker runs by itself: their accounts are not known, and nothing is told as if it were all.
my $joined = 'SELECT count(*) FROM ports JOIN one ON src_port = port';
my $in_workers = "${parallel}SET enable_parallel_hash = off; SET enable_mergejoin = off; SET enable_nestloop = off; ";

like($node->safe_psql('postgres', "${in_workers}SET parallel_leader_participation = off; EXPLAIN (ANALYZE) $joined"),
	qr/Foreign Scan on one (?:.*\n)+? +Account: none, the scan ran in parallel workers/, 'parallel workers: whose account is not known');
unlike($node->safe_psql('postgres', "${in_workers}SET parallel_leader_participation = off; EXPLAIN (ANALYZE) $joined"), qr/Packets Read/, 'parallel workers: and nothing of it is told');
foreach my $format (qw(json yaml xml))
{
	my ($scan) = grep { $_->{'Relation-Name'} eq 'one' } scans(parsed($format, $joined, "${in_workers}SET parallel_leader_participation = off; ", 'ANALYZE, VERBOSE')->{Plan});

	is($scan->{Account}, 'none, the scan ran in parallel workers', "parallel workers: in $format");
}

$node->stop;
done_testing();

#
# 035_parallel.pl - parallel query: the same rows, each participant with a meter, one account of all of them; what may not run so; and that
# idle cursors leave workers to it.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use JSON::PP;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture copies_of flows_table);
use NFStreamProcesses qw(meters workers segments wait_until wait_for_nothing what_is_left);
use NFStreamSession;

my $parallel = 'SET enable_async_append = off; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2; ';
my $alone = 'SET max_parallel_workers_per_gather = 0; ';
my $sum = 'SELECT src_ip, application_name, count(*), sum(bidirectional_packets), min(bidirectional_first_seen_ms) FROM %s GROUP BY 1, 2 ORDER BY 1, 2';

my $node = start_cluster('parallel', 8);
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'nfstream_fdw'");
$node->restart;
my @segments = segments($node);
my $capture = copies_of($node, 'dns.pcap', 1000);

flows_table($node, 'flows', $capture);
$node->safe_psql('postgres', 'CREATE TABLE parts (LIKE flows) PARTITION BY HASH (src_ip)');
foreach my $i (0 .. 3)
{
	$node->safe_psql('postgres', "CREATE FOREIGN TABLE p$i PARTITION OF parts FOR VALUES WITH (MODULUS 4, REMAINDER $i) SERVER nfstream OPTIONS (source '$capture')");
}

sub explained
{
	my ($settings, $query) = @_;

	return decode_json($node->safe_psql('postgres', "${settings}EXPLAIN (ANALYZE, FORMAT json, TIMING off) $query") =~ s/^SET\n//gmr)->[0]{Plan};
}

# All nodes of a plan of a type.
sub nodes
{
	my ($plan, $type) = @_;

	return (($plan->{'Node Type'} eq $type ? $plan : ()), map { nodes($_, $type) } @{ $plan->{Plans} // [] });
}

foreach my $table ('flows', 'parts')
{
	my $query = sprintf($sum, $table);
	my $one = explained($alone, $query);
	my $many = explained($parallel, $query);
	my @alone = nodes($one, 'Foreign Scan');
	my @shared = nodes($many, 'Foreign Scan');

	is($node->safe_psql('postgres', $parallel . $query), $node->safe_psql('postgres', $alone . $query), "$table: the same groups");
	is(scalar(grep { $_->{'Parallel Aware'} } @shared), scalar(@alone), "$table: the scans are parallel aware");
	is(scalar(grep { $_->{'Parallel Aware'} } @alone), 0, "$table: and are not where there are no parallel workers");
	cmp_ok((nodes($many, 'Gather'), nodes($many, 'Gather Merge'))[0]{'Workers Launched'}, '>', 0, "$table: parallel workers ran");
	foreach my $counter ('Packets Read', 'Packets Metered', 'Bytes Read', 'Flows', 'Packets Ignored')
	{
		is(join(' ', map { $_->{$counter} } @shared), join(' ', map { $_->{$counter} } @alone), "$table: the account of all: $counter");
	}
	ok(!(grep { $table eq 'parts' && $_->{'Meters Started'} != 1 } @shared), "$table: one of several is metered whole");
	ok(defined wait_for_nothing($node, @segments), "$table: nothing is left") or diag(what_is_left($node));
}

# Packets are as many as are walked: to walk them once more costs more than it saves, unless much is done with each.
$node->safe_psql('postgres', "IMPORT FOREIGN SCHEMA nfpacket FROM SERVER nfstream INTO public OPTIONS (source '$capture')");
my $packets = 'SELECT first_packet, count(*), sum(payload_size), max(delta_time) FROM packets GROUP BY 1 ORDER BY 1';
my $much = $parallel . 'SET cpu_tuple_cost = 10; ';
unlike($node->safe_psql('postgres', "${parallel}EXPLAIN (COSTS OFF) SELECT count(*), sum(payload_size) FROM packets"), qr/Gather/, 'packets: not shared out to be counted');
my @packets = nodes(explained($much, $packets), 'Foreign Scan');
is(scalar(grep { $_->{'Parallel Aware'} } @packets), 1, 'packets: shared out where that pays');
is($packets[0]{'Packets Metered'}, $node->safe_psql('postgres', "${alone}SELECT count(*) FROM packets"), 'packets: the account of all');
is($node->safe_psql('postgres', $much . $packets), $node->safe_psql('postgres', $alone . $packets), 'packets: the same groups');

# Of several captures what meters do goes on at once without parallel workers, too, and theirs have to be started; these pay where much is
# done with each row.  To plan nothing is read: there need be nothing in the captures.
my $large = capture($node, 'dns.pcap');
truncate($large, 64 << 20) or die;
$node->safe_psql('postgres', "CREATE TABLE several (LIKE flows) PARTITION BY HASH (src_ip);
	CREATE FUNCTION much(inet) RETURNS boolean LANGUAGE plpgsql COST 1000 PARALLEL SAFE AS 'BEGIN RETURN true; END'");
$node->safe_psql('postgres', "CREATE FOREIGN TABLE s$_ PARTITION OF several FOR VALUES WITH (MODULUS 8, REMAINDER $_) SERVER nfstream OPTIONS (source '$large')") foreach 0 .. 7;
foreach my $query ('SELECT count(*) FROM several', 'SELECT application_name, count(*), sum(bidirectional_bytes) FROM several GROUP BY 1')
{
	my $plan = $node->safe_psql('postgres', "SET max_parallel_workers_per_gather = 2; EXPLAIN $query");

	is(() = $plan =~ /Async Foreign Scan/g, 8, "$query: asynchronous");
	unlike($plan, qr/Gather/, "$query: and not in parallel workers");
	is($node->safe_psql('postgres', "SET max_parallel_workers_per_gather = 0; EXPLAIN $query"), $plan, "$query: as it is, at the same cost, where there can be none");
}
like($node->safe_psql('postgres', 'SET max_parallel_workers_per_gather = 2; EXPLAIN (COSTS OFF) SELECT count(*) FROM several WHERE much(src_ip)'), qr/Gather/, 'much is done with each row: in parallel workers');

# Captures that are metered apart are shared out among the table's own meters, whatever is done with each row.  Where such a table is one of
# several, a participant has all of its captures.
my $three = '{' . join(',', $capture, capture($node, 'dns.pcap'), capture($node, 'quic.pcap')) . '}';
flows_table($node, 'apart', $three, separate_files => 'true', n_meters => 2);
unlike($node->safe_psql('postgres', "${parallel}EXPLAIN (COSTS OFF) SELECT count(*) FROM apart WHERE much(src_ip)"), qr/Gather/, 'captures apart: not in parallel workers');
is((nodes(explained($parallel, 'SELECT count(*) FROM apart'), 'Foreign Scan'))[0]{'Meters Started'}, 2, 'captures apart: by meters of its own');
$node->safe_psql('postgres', "CREATE TABLE mixed (LIKE flows) PARTITION BY HASH (src_ip);
	CREATE FOREIGN TABLE m0 PARTITION OF mixed FOR VALUES WITH (MODULUS 2, REMAINDER 0) SERVER nfstream OPTIONS (source '$three', separate_files 'true');
	CREATE FOREIGN TABLE m1 PARTITION OF mixed FOR VALUES WITH (MODULUS 2, REMAINDER 1) SERVER nfstream OPTIONS (source '$capture')");
my ($mixed) = grep { $_->{'Relation Name'} eq 'm0' } nodes(explained($parallel, sprintf($sum, 'mixed')), 'Foreign Scan');
is(join(' ', map { $mixed->{$_} } 'Parallel Aware', 'Meters Started', 'Flows'), join(' ', JSON::PP::true, 1, $node->safe_psql('postgres', "${alone}SELECT count(*) FROM apart")),
	'captures apart in one of several tables: one participant has them all');
is($node->safe_psql('postgres', $parallel . sprintf($sum, 'mixed')), $node->safe_psql('postgres', $alone . sprintf($sum, 'mixed')), 'and has the same groups');

# How many workers a capture is worth goes by what is in it.
my $compressed = $node->basedir . '/large.pcap.gz';
rename($large, $compressed) or die;
truncate($compressed, 7 << 20) or die;
flows_table($node, 'compressed', $compressed);
like($node->safe_psql('postgres', 'SET parallel_setup_cost = 0; EXPLAIN (COSTS OFF) SELECT count(*) FROM compressed WHERE much(src_ip)'), qr/Gather/, 'a small file of a large capture is shared out');

# Rows with numbers, and in their order, come from one participant.
like($node->safe_psql('postgres', "${parallel}EXPLAIN (COSTS OFF) SELECT id FROM flows"), qr/^Foreign Scan on flows/m, 'id: no shards');
is($node->safe_psql('postgres', "${parallel}SELECT count(*), count(DISTINCT id), max(id) FROM flows"),
	$node->safe_psql('postgres', "${alone}SELECT count(*), count(DISTINCT id), max(id) FROM flows"), 'ids are those of one scan');

# All in turn where no parallel worker can be had, again where the plan asks for it, and in a scan that ends before its end.
is($node->safe_psql('postgres', "${parallel}SET max_parallel_workers = 0; " . sprintf($sum, 'flows')), $node->safe_psql('postgres', $alone . sprintf($sum, 'flows')),
	'the leader takes all shards');
is($node->safe_psql('postgres', "${parallel}SET parallel_leader_participation = off; " . sprintf($sum, 'parts')), $node->safe_psql('postgres', $alone . sprintf($sum, 'parts')),
	'or none');
is($node->safe_psql('postgres', "${parallel}SELECT count(*) FROM (SELECT dst_port FROM parts LIMIT 7) few"), 7, 'a LIMIT');
is($node->safe_psql('postgres', "${parallel}SET enable_material = off; SELECT count(*) FROM generate_series(1, 3) i JOIN LATERAL (SELECT count(*) AS n FROM flows HAVING count(*) > 0) c ON i < n"),
	3, 'again and again');

# Errors and warnings of a participant are the statement's; what all shards find is told once.
my ($out, $err);
$node->psql('postgres', $parallel . 'SELECT dst_port, count(1 / (bidirectional_packets - bidirectional_packets)) FROM flows GROUP BY 1', stderr => \$err);
like($err, qr/ERROR:  division by zero/, 'an error in a participant');
ok(defined wait_for_nothing($node, @segments), 'after an error nothing is left') or diag(what_is_left($node));
flows_table($node, 'damaged', capture($node, 'damage_packet.pcap'));
$node->psql('postgres', $parallel . 'SELECT application_name, count(*) FROM damaged GROUP BY 1', stderr => \$err, stdout => \$out);
is(() = $err =~ /WARNING:/g, 1, 'damage is told once');
$node->safe_psql('postgres', "ALTER FOREIGN TABLE damaged OPTIONS (ADD on_damage 'error')");
$node->psql('postgres', $parallel . 'SELECT application_name, count(*) FROM damaged GROUP BY 1', stderr => \$err);
is(() = $err =~ /ERROR:/g, 1, 'or is an error');

# What is not the same in every process.
flows_table($node, 'hidden', $capture, columns_to_anonymize => '{src_ip}');
unlike($node->safe_psql('postgres', "${parallel}EXPLAIN (COSTS OFF) SELECT src_ip, application_name, count(*) FROM hidden GROUP BY 1, 2"), qr/Gather/, 'a session\'s own secret');
$node->safe_psql('postgres', "CREATE USER MAPPING FOR PUBLIC SERVER nfstream OPTIONS (anonymization_key '0123456789abcdef')");
like($node->safe_psql('postgres', "${parallel}EXPLAIN (COSTS OFF) SELECT src_ip, application_name, count(*) FROM hidden GROUP BY 1, 2"), qr/Gather/, 'a key that is given');
is($node->safe_psql('postgres', $parallel . sprintf($sum, 'hidden')), $node->safe_psql('postgres', $alone . sprintf($sum, 'hidden')), 'hashes are the same in all');
$node->safe_psql('postgres', "CREATE FOREIGN TABLE live (src_ip inet) SERVER nfstream OPTIONS (source 'interface:lo')");
unlike($node->safe_psql('postgres', "${parallel}EXPLAIN (COSTS OFF) SELECT src_ip, count(*) FROM live GROUP BY 1"), qr/Gather/, 'an interface');

# The rights are the table's owner's, and not the reader's, in parallel workers too.
$node->safe_psql('postgres', 'CREATE ROLE reader; GRANT SELECT ON flows, parts TO reader');
is($node->safe_psql('postgres', 'SET ROLE reader; ' . $parallel . sprintf($sum, 'parts')), $node->safe_psql('postgres', $alone . sprintf($sum, 'parts')), 'a reader');
$node->safe_psql('postgres', 'CREATE ROLE owner; GRANT USAGE ON FOREIGN SERVER nfstream TO owner; ALTER FOREIGN TABLE p2 OWNER TO owner');
$node->psql('postgres', $parallel . sprintf($sum, 'parts'), stderr => \$err);
like($err, qr/ERROR:  permission denied to read captures/, 'an owner who may not read');

# Idle cursors leave workers to parallel query, by default.
$node->append_conf('postgresql.conf', 'nfstream_fdw.max_workers = -1');
$node->restart;
flows_table($node, 'under_workers', $capture, n_meters => 1);
my @sessions = map { NFStreamSession->new($node) } 1 .. 3;
foreach my $session (@sessions)
{
	$session->query('BEGIN');
	$session->query("DECLARE c$_ CURSOR FOR SELECT * FROM under_workers; FETCH 1 FROM c$_") foreach 1 .. 4;
}
is(scalar(workers($node)), 4, 'idle cursors have half of the workers');
is(scalar(meters($node)), 12, 'and each has a meter');
$node->safe_psql('postgres', 'CREATE TABLE plain AS SELECT i FROM generate_series(1, 100000) i');
is((nodes(explained($parallel, 'SELECT count(*) FROM plain'), 'Gather'))[0]{'Workers Launched'}, 2, 'a parallel query has its workers');
is((nodes(explained($parallel, sprintf($sum, 'flows')), 'Gather Merge'))[0]{'Workers Launched'}, 2, 'of flows, too');
$_->quit foreach @sessions;

# Where there are fewer meters than participants nothing is shared out among these.
$node->safe_psql('postgres', 'ALTER FOREIGN TABLE p2 OWNER TO CURRENT_USER');
my $groups = $node->safe_psql('postgres', $alone . sprintf($sum, 'parts'));
$node->append_conf('postgresql.conf', 'nfstream_fdw.max_meters = 2');
$node->restart;
unlike($node->safe_psql('postgres', "${parallel}EXPLAIN (COSTS OFF) " . sprintf($sum, 'parts')), qr/Gather/, 'two meters, three participants');
is($node->safe_psql('postgres', $parallel . sprintf($sum, 'parts')), $groups, 'two meters: the same groups');

$node->stop;
done_testing();

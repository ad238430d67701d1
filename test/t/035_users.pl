#
# 035_users.pl - what users do with a foreign table that takes more than one session's SQL: the extension in a schema of its own, dumped and
# restored; transactions that are prepared; sessions that are reset; partitions that come and go under a reader.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture flows_table same_lines);
use NFStreamProcesses qw(segments wait_until wait_for_nothing);
use NFStreamSession;

my $node = start_cluster('users', 6);
my $tls = capture($node, 'tls.pcap');
my $vlans = capture($node, 'link_vlan.pcap');
my $directory = $node->basedir;

$node->append_conf('postgresql.conf', "shared_preload_libraries = 'nfstream_fdw'\nmax_prepared_transactions = 2");
$node->restart;

# ------------------------------------------------------------------------------------------- CREATE EXTENSION ... SCHEMA

# Nothing of it is found by a name alone: not by its functions, whoever's search_path they run with, nor after it has moved.
$node->safe_psql('postgres', 'CREATE DATABASE apart; CREATE DATABASE restored');
$node->safe_psql('apart', <<"END");
CREATE SCHEMA net;
CREATE EXTENSION nfstream_fdw SCHEMA net;
CREATE SERVER nfstream FOREIGN DATA WRAPPER nfstream_fdw;
IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO public OPTIONS (source '$tls', extra_columns 'true');
IMPORT FOREIGN SCHEMA nfpacket FROM SERVER nfstream INTO public OPTIONS (source '$tls');
CREATE FOREIGN TABLE hidden (id bigint, src_ip text, udps jsonb) SERVER nfstream
	OPTIONS (source '$tls', columns_to_anonymize '{src_ip}', udps '[{"plugin": "flow_slicer", "limit": 5}]');
END

sub in_schema
{
	my ($schema, $about) = @_;
	my $pcap = "$directory/$schema.pcapng";
	my ($flows, $packets) = (13, 206);

	foreach my $path ('public', 'pg_catalog', "public, $schema")
	{
		my $set = "SET search_path = $path;";

		is($node->safe_psql('apart', "$set SELECT count(*), count(DISTINCT application_name) > 1 FROM public.flows"), "$flows|t",
			"$about, search_path $path: flows");
		is($node->safe_psql('apart', "$set SELECT $schema.nfstream_to_csv('public.flows', '$directory/$schema.csv', '{src_ip}')"), $flows,
			'  as CSV, with hashes');
		is($node->safe_psql('apart', "$set SELECT $schema.nfstream_to_table('public.flows', 'public.kept', '{src_ip}', if_exists => 'replace')"),
			$flows, '  as a table');
		is($node->safe_psql('apart', "$set SELECT $schema.nfstream_to_pcap('SELECT * FROM public.packets', '$pcap')"), $packets, '  as a capture');
		is($node->safe_psql('apart', "$set SELECT length($schema.nfstream_pcap(captured_at, link_type, captured_length, raw_size, frame))"
				. ' FROM public.packets'), -s $pcap, '  and as a value');
		is($node->safe_psql('apart', "$set SELECT count(*) >= $flows, min(length(src_ip)) FROM public.hidden"), 't|128', '  anonymised, with a plugin');
		is($node->safe_psql('apart', "$set SELECT count(*) FROM $schema.nfstream_progress"), 0, '  the progress');
		is($node->safe_psql('apart', "$set SELECT count(*) > 5 FROM $schema.nfstream_plugins"), 't', '  the plugins');
	}
}

in_schema('net', 'in a schema of its own');
$node->command_ok([ 'pg_dump', '-d', $node->connstr('apart'), '-f', "$directory/apart.sql" ], 'pg_dump');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('restored'), '-f', "$directory/apart.sql" ], 'restore');
is($node->safe_psql('restored', "SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'nfstream_fdw'"), 'net', 'in the same schema');
foreach my $table ('flows', 'packets')
{
	my $query = "COPY (SELECT * FROM $table) TO STDOUT";

	same_lines($node->safe_psql('restored', $query), $node->safe_psql('apart', $query), "the same $table");
}
$node->safe_psql('apart', 'CREATE SCHEMA moved; ALTER EXTENSION nfstream_fdw SET SCHEMA moved');
in_schema('moved', 'moved to another schema');

# ---------------------------------------------------------------------------------------------- transactions and sessions

flows_table($node, 'flows', $tls);
my $session = NFStreamSession->new($node);
my @before = segments($node);

$session->query('BEGIN; CREATE TABLE kept AS SELECT * FROM flows; DECLARE c CURSOR FOR SELECT id FROM flows');
is($session->query('FETCH 1 FROM c'), '0', 'a cursor that is open');
$session->query("PREPARE TRANSACTION 'with flows'");
is($session->{said}, '', 'PREPARE TRANSACTION');
ok(defined wait_for_nothing($node, @before), 'ends what the cursor had started');
$session->query("COMMIT PREPARED 'with flows'");
is($session->query('SELECT count(*) FROM kept'), 13, 'and the rows are there');

$session->query('BEGIN; DECLARE held CURSOR WITH HOLD FOR SELECT id FROM flows; COMMIT; PREPARE p AS SELECT count(*) FROM flows');
$session->query('DISCARD ALL');
is($session->{said}, '', 'DISCARD ALL');
$session->query('FETCH 1 FROM held');
like($session->{said}, qr/cursor "held" does not exist/, 'forgets what was held');
is($session->query('SELECT count(*) FROM flows'), 13, 'and scans go on');
$session->query("SET statement_timeout = '50ms'; SELECT count(*) FROM flows, pg_sleep(10)");
like($session->{said}, qr/canceling statement due to statement timeout/, 'statement_timeout');
ok(defined wait_for_nothing($node, @before), 'ends it all');
$session->query('RESET ALL');

# ------------------------------------------------------------------------------- partitions that come and go under a reader

my $other = NFStreamSession->new($node);

flows_table($node, 'tls', $tls);
flows_table($node, 'vlans', $vlans);
$session->query('CREATE TABLE parts (LIKE tls) PARTITION BY RANGE (bidirectional_first_seen_ms);'
	. ' ALTER TABLE parts ATTACH PARTITION vlans FOR VALUES FROM (0) TO (1780000000000)');
$session->query('BEGIN; DECLARE reading CURSOR FOR SELECT id FROM parts');
is($session->query('FETCH 2 FROM reading'), "0\n1", 'a reader of partitions');
$other->query('ALTER TABLE parts ATTACH PARTITION tls FOR VALUES FROM (1780000000000) TO (MAXVALUE)');
is($other->{said}, '', 'one is attached meanwhile');
is($session->query('FETCH ALL FROM reading'), "2\n3\n4\n5\n6", 'the reader goes on with those that it had');
is($session->query('SELECT count(*) FROM parts'), 20, 'and its next statement has all');
$other->send('ALTER TABLE parts DETACH PARTITION vlans CONCURRENTLY');
ok(defined wait_until(sub { $session->query("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = " . $other->backend) > 0 }, 20),
	'another is detached concurrently, once the reader is done');
$session->query('COMMIT');
$other->finish;
is($other->{said}, '', 'which it then is');
is($session->query('SELECT count(*) FROM parts'), 13, 'and gone');
$_->quit foreach $session, $other;

$node->stop;
done_testing();

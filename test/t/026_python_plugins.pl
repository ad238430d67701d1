#
# 026_python_plugins.pl - plugins in Python as a database has them: made, changed and dropped by several sessions, dumped and restored,
# read on a standby, and what is left when their scans end in the middle.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture copies_of flows_table);
use NFStreamProcesses qw(descriptors meters workers segments wait_for_nothing wait_until);
use NFStreamSession;

my $node = start_cluster('python', 4);
plan skip_all => 'nfstream_meter_python is not installed' unless -x $node->config_data('--bindir') . '/nfstream_meter_python';

my $counter = <<'END';
class Counter(NFPlugin):
    """Counts packets."""
    outputs = {'counted': 'bigint'}
    def on_init(self, packet, flow):
        flow.udps.counted = self.start
    def on_update(self, packet, flow):
        flow.udps.counted += 1
END

sub create { return "SELECT nfstream_create_plugin('$_[0]', \$py\$$_[1]\$py\$)"; }

# ------------------------------------------------------------------------------------------------------------------ sessions

my ($one, $other) = map { NFStreamSession->new($node) } 1 .. 2;

# Who comes second waits, and learns what the first has done.
$one->query('BEGIN; ' . create('counter', $counter));
is($other->query("SELECT count(*) FROM nfstream_plugins WHERE name = 'counter'"), '0', 'what is not committed is not seen');
$other->send(create('counter', $counter));
ok(!defined wait_until(sub { $other->is_done }, 1), 'another of the same name waits');
$one->query('COMMIT');
$other->finish;
like($other->{said}, qr/plugin "counter" already exists/, 'and is one too many');

$one->query("BEGIN; SELECT nfstream_drop_plugin('counter')");
$other->send("SELECT nfstream_drop_plugin('counter')");
ok(!defined wait_until(sub { $other->is_done }, 1), 'who drops it at the same time waits');
$one->query('COMMIT');
$other->finish;
like($other->{said}, qr/plugin "counter" does not exist/, 'and finds nothing');

$one->query('BEGIN; ' . create('counter', $counter));
$other->send(create('counter', $counter));
$one->query('ROLLBACK');
$other->finish;
is($other->{said}, '', 'after a rollback the other one makes it');

# A scan in the same transaction sees what that has made.
$node->safe_psql('postgres', "CREATE FOREIGN TABLE flows (id bigint, packets bigint OPTIONS (attribute 'bidirectional_packets'),"
		. " counted bigint OPTIONS (attribute 'udps.counted')) SERVER nfstream OPTIONS (source '" . capture($node, 'busy.pcap')
		. "', udps '[{\"plugin\": \"counter\", \"start\": 1}]', n_meters '3')");
is($one->query('SELECT count(*) FROM flows WHERE counted <> packets'), '0', 'it counts');
like($one->query("BEGIN; SELECT nfstream_alter_plugin('counter', \$py\$" . $counter =~ s/\+= 1/+= 2/r . "\$py\$); SAVEPOINT s;"
			. 'SELECT bool_and(counted = 2 * packets - 1) FROM flows'), qr/t$/, 'changed, it counts otherwise');
$one->query('ROLLBACK');
is($one->query('SELECT bool_and(counted = packets) FROM flows'), 't', 'and not after the rollback');

# Bytes cross as hexadecimal digits, and are bytes again where the column says so: here the addresses of IPv4 headers.
$node->safe_psql('postgres', create('header', <<'END'));
class Header(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.addresses = packet.ip_packet[12:20]
END
$node->safe_psql('postgres', "CREATE FOREIGN TABLE headers (src_ip inet, dst_ip inet, addresses bytea OPTIONS (attribute 'udps.addresses'))"
		. " SERVER nfstream OPTIONS (source '" . capture($node, 'busy.pcap') . "', udps 'header')");
is($one->query("SELECT bool_and(length(addresses) = 8 AND encode(addresses, 'hex') = lpad(to_hex(src_ip - '0.0.0.0'), 8, '0') || lpad(to_hex(dst_ip - '0.0.0.0'), 8, '0'))"
			. ' FROM headers WHERE family(src_ip) = 4'), 't', 'bytes are bytes');

# A source that does not compile leaves the plugin as it was.
$one->query("SELECT nfstream_alter_plugin('counter', 'class :')");
like($one->{said}, qr/does not compile: line 1, column 7/, 'a change for the worse is refused');
is($one->query("SELECT class FROM nfstream_plugins WHERE name = 'counter'"), 'Counter', 'it is what it was');

# ------------------------------------------------------------------------------------------------------------------- standby

$node->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('python_standby');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->start;
is($standby->safe_psql('postgres', 'SELECT bool_and(counted = packets) FROM flows'), 't', 'it counts on a standby');
my ($status, $out, $said) = $standby->psql('postgres', create('more', $counter));
like($said, qr/cannot execute nfstream_create_plugin\(\) (?:during recovery|in a read-only transaction)/, 'none is made there');
$standby->stop;

# ------------------------------------------------------------------------------------------------------ others' types and columns

my $typed = "class P(NFPlugin):\n    outputs = {'x': 'public.checked', 'y': 'int[]'}\n    def on_init(self, packet, flow):\n        flow.udps.x = 'v'\n";
$node->safe_psql('postgres', 'CREATE ROLE typist; GRANT CREATE ON SCHEMA public TO typist; GRANT EXECUTE ON FUNCTION nfstream_create_plugin TO typist; SET ROLE typist; '
		. "CREATE DOMAIN checked AS text CHECK (current_user <> 'postgres'); " . create('typed', $typed));
my $import = "IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO public OPTIONS (table_name 'imported', source '" . $node->basedir . "/nowhere.pcap', udps 'typed')";
my $types = "; SELECT string_agg(format_type(atttypid, atttypmod), ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'imported'::regclass AND attname IN ('x', 'y'); DROP FOREIGN TABLE imported";
is($one->query($import . $types), 'jsonb integer[]', 'IMPORT takes no type of another user, whose checks its readers would execute');
like($one->{said}, qr/"x", which a plugin leaves, is declared as jsonb and not as public.checked/, 'and says so');
is($node->safe_psql('postgres', 'ALTER DOMAIN checked OWNER TO postgres; ' . $import . $types), 'checked integer[]', 'but one of a superuser');

$node->safe_psql('postgres', 'ALTER TABLE nfstream_python_plugins ' . join(', ', map { "ADD COLUMN of_others_$_ text" } 1 .. 50));
$node->safe_psql('postgres', create('beside', $counter) . "; SELECT nfstream_alter_plugin('beside', help => 'x'), nfstream_drop_plugin('beside')");
is($node->safe_psql('postgres', 'SELECT count(counted) > 0 FROM flows'), 't', 'columns that somebody adds to the table of plugins are left alone');
$node->safe_psql('postgres', 'ALTER TABLE nfstream_python_plugins ' . join(', ', map { "DROP COLUMN of_others_$_" } 1 .. 50));

flows_table($node, 'asked', capture($node, 'dhcp.pcap'), udps => '[{"plugin": "counter", "x": {"query": "SELECT pg_sleep(0)"}}]');
$one->query('SELECT count(*) FROM asked');
like($one->{said}, qr/the query of a parameter returns void/, 'a query that returns void');

$one->query("SELECT nfstream_alter_plugin('counter', owner => 999999::oid::regrole)");
like($one->{said}, qr/invalid role OID: 999999/, 'a plugin is given to no role that there is not');

# ------------------------------------------------------------------------------------------------------- hidden columns

foreach my $hook ('on_init', 'cleanup')
{
	$node->safe_psql('postgres', create("tells_in_$hook", <<END));
class P(NFPlugin):
    def on_init(self, packet, flow):
        self.seen = flow.src_ip
        self.tell('on_init')
    def cleanup(self):
        self.tell('cleanup')
    def tell(self, hook):
        if hook == '$hook': raise ValueError(self.seen)
END
	flows_table($node, 'discreet', capture($node, 'dhcp.pcap'), udps => "tells_in_$hook", columns_to_anonymize => '{src_ip,dst_ip}');
	$one->query('SELECT count(*) FROM discreet');
	unlike($one->{said}, qr/\d+\.\d+\.\d+\.\d+/, "$hook: no address that is hidden is in the error");
	like($one->{said}, qr/ERROR:  plugin "tells_in_$hook" failed in $hook\nDETAIL:  What it says is left out/, "$hook: which says where it came from");
}

# ------------------------------------------------------------------------------------------------- a flow that is read as a whole

# What a plugin finds must not depend on the columns that a query asks for.
my $whole = "class P(NFPlugin):\n    def on_expire(self, NAME):\n        NAME.udps.found = len(NAME.keys()), NAME.keys()[-1], 'first_packet' in NAME.keys()\n";
my $wanted_of = 'SELECT DISTINCT udps->>\'found\' FROM whole';

$node->safe_psql('postgres', create('whole', $whole =~ s/NAME/flow/gr) . '; ' . create('renamed', $whole =~ s/NAME/other/gr));
$node->safe_psql('postgres', "CREATE FOREIGN TABLE $_ (udps jsonb, bidirectional_mean_ps float8, user_agent text, first_packet bigint) SERVER nfstream OPTIONS (source '"
		. capture($node, 'dhcp.pcap') . "', statistical_analysis 'true', udps '$_')")
	foreach 'whole', 'renamed';
is($node->safe_psql('postgres', $wanted_of), $node->safe_psql('postgres', "$wanted_of WHERE bidirectional_mean_ps > 0 AND user_agent IS NOT NULL AND first_packet >= 0"),
	'a flow as a whole is the same for all queries');
like($node->safe_psql('postgres', $wanted_of), qr/^\[\d+, "\w+", false\]$/, 'with NFStream\'s attributes');
$one->query('SELECT udps FROM renamed');
like($one->{said}, qr/RuntimeError: a flow is read as a whole, and not all of it was computed/, 'of another name it is an error');

# ------------------------------------------------------------------------------------------------------------- dump and restore

$node->safe_psql('postgres', 'CREATE ROLE maker; GRANT EXECUTE ON FUNCTION nfstream_create_plugin TO maker; SET ROLE maker; '
		. create('makers', "# \xc3\xa4\n" . $counter) . "; RESET ROLE; SELECT nfstream_alter_plugin('counter', help => 'helps')");
my $dump = $node->basedir . '/dump';
my $list = 'SELECT name, owner, class, parameters, outputs, help, source FROM nfstream_plugins WHERE kind = \'python\' ORDER BY name';
my $udps = 'SELECT md5(string_agg(counted::text, \',\' ORDER BY id)) FROM flows';

$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, '-d', $node->connstr('postgres') ], 'a database with plugins is dumped');
$node->safe_psql('postgres', 'CREATE DATABASE again');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('again'), $dump ], 'and restored');
is($node->safe_psql('again', $list), $node->safe_psql('postgres', $list), 'with its plugins, their owners and sources');
is($node->safe_psql('again', $udps), $node->safe_psql('postgres', $udps), 'which do what they did');
$node->safe_psql('again', 'CREATE SCHEMA elsewhere; ALTER EXTENSION nfstream_fdw SET SCHEMA elsewhere');
is($node->safe_psql('again', $udps), $node->safe_psql('postgres', $udps), 'in another schema too');
$node->safe_psql('again', 'DROP EXTENSION nfstream_fdw CASCADE');
is($node->safe_psql('again', "SELECT count(*) FROM pg_class WHERE relname LIKE 'nfstream%'"), '0', 'the extension goes with its plugins');

# -------------------------------------------------------------------------------------------------------- ends in the middle

my $busy = <<'END';
class Busy(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.x = 'x' * 1000
    def cleanup(self):
        if self.forever:
            while True: pass
END
$node->safe_psql('postgres', create('busy', $busy));
# The first parallel query of a session leaves it shared memory of its own, for as long as it lasts.
$one->query('SET max_parallel_workers_per_gather = 0');
foreach my $forever ('false', 'true')
{
	flows_table($node, 'many', copies_of($node, 'busy.pcap', 300), n_meters => 3, udps => "[{\"plugin\": \"busy\", \"forever\": $forever}]");
	my @segments = segments($node);
	my $backend = $one->backend;
	my $open = descriptors($node, $backend);

	is($one->query('SELECT count(*) FROM (SELECT id FROM many LIMIT 1) l'), '1', "LIMIT ends a scan (cleanup in a loop: $forever)");
	ok(defined wait_for_nothing($node, @segments), 'and nothing is left');
	$one->query('BEGIN; DECLARE c CURSOR FOR SELECT * FROM many; FETCH 1 FROM c; CLOSE c; COMMIT');
	ok(defined wait_for_nothing($node, @segments), 'a closed cursor leaves nothing');
	$one->query("BEGIN; DECLARE c CURSOR FOR SELECT * FROM many; FETCH 1 FROM c; SELECT 1/0; COMMIT");
	ok(defined wait_for_nothing($node, @segments), 'an error leaves nothing');
	$one->send('SELECT count(*) FROM many a, many b, many c');
	ok(defined wait_until(sub { meters($node) >= 3 }, 10), 'meters run');
	kill 'INT', $backend;
	$one->finish;
	like($one->{said}, qr/canceling statement due to user request/, 'a scan is cancelled');
	ok(defined wait_for_nothing($node, @segments), 'and nothing is left');
	is(descriptors($node, $backend), $open, 'no descriptor either');
}

# Few records are sent only when the meter has no more, which is before it cleans up.
flows_table($node, 'few', capture($node, 'busy.pcap'), n_meters => 1, udps => '[{"plugin": "busy", "forever": true}]');
is($one->query("SET statement_timeout = '30s'; SELECT count(*) FROM (SELECT id FROM few LIMIT 1) l"), '1',
	'a row is there before a cleanup that never ends');

$one->quit;
$other->quit;
$node->stop;
done_testing();

#
# 036_source_files.pl - nfstream_sources(), and files that are not opened as their packets' times lie outside of what a query asks for.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Cwd qw(realpath);
use Test::More;
use Time::HiRes qw(sleep);

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture);

my $node = start_cluster('files', 3);
my $base = realpath($node->basedir);
my $seed = $ENV{SEED} // 7;

use constant FIRST_DAY => 1_700_000_000;
use constant DAYS => 12;

sub psql { return $node->safe_psql('postgres', join(";\n", @_)); }
sub error_of
{
	my ($code, $out, $error) = $node->psql('postgres', join(";\n", @_));

	return $error;
}

sub put
{
	my ($name, $bytes) = @_;

	open my $file, '>:raw', "$base/$name" or die "could not write $name: $!";
	print $file $bytes;
	close $file;
}

# A UDP packet between two hosts, at a time in microseconds since 1970.
sub record
{
	my ($time, $from, $to) = @_;
	my $payload = 'x' x 10;
	my $frame = pack('H12 H12 n', '020000000002', '020000000001', 0x0800) .
		pack('CCnnnCCnNN', 0x45, 0, 20 + 8 + length($payload), 0, 0, 64, 17, 0, 0x0a000000 + $from, 0x0a000000 + $to) .
		pack('nnnn', 1000 + $from, 1000 + $to, 8 + length($payload), 0) . $payload;

	return pack('VVVV', int($time / 1_000_000), $time % 1_000_000, length($frame), length($frame)) . $frame;
}

sub pcap { return pack('VvvVVVV', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1) . join('', @_); }

# Packets of a day, [time, from, to] each; of every third day they are out of order, and flows of every fourth have an answer.
srand($seed);
my @days;
foreach my $day (0 .. DAYS - 1)
{
	my @packets;

	foreach my $flow (1 .. 15)
	{
		my $time = (FIRST_DAY + $day * 86400 + int(rand(80000))) * 1_000_000 + int(rand(1_000_000));

		push @packets, [$time, $flow, 200], [$time + int(rand(50_000_000)), $day % 4 ? ($flow, 200) : (200, $flow)];
	}
	@packets = sort { $a->[0] <=> $b->[0] } @packets;
	@packets = reverse @packets if $day % 3 == 2;
	push @days, \@packets;
}

sub name_of { return sprintf('%s/day_%02d.pcap', $base, $_[0]); }
sub put_day { put(sprintf('day_%02d.pcap', $_[0]), pcap(map { record(@$_) } @{ $days[$_[0]] })); }

put_day($_) foreach 0 .. DAYS - 1;
system_or_bail('gzip', '-n', name_of(5));
system_or_bail('sh', '-c', "zcat '$base/day_05.pcap.gz' > '$base/day_05.pcap' && gzip -c '$base/day_05.pcap' > '$base/day_05.pcap_' && mv '$base/day_05.pcap_' '$base/day_05.pcap' && rm '$base/day_05.pcap.gz'");

psql("CREATE SERVER lab FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (directory '$base')",
	"IMPORT FOREIGN SCHEMA nflow FROM SERVER lab INTO public OPTIONS (table_name 'flows', source '$base/day_*.pcap', separate_files 'true', n_dissections '0', extra_columns 'true')",
	"IMPORT FOREIGN SCHEMA nflow FROM SERVER lab INTO public OPTIONS (table_name 'times', source '$base/day_*.pcap', separate_files 'true', n_dissections '0', types 'postgres')",
	"IMPORT FOREIGN SCHEMA nfpacket FROM SERVER lab INTO public OPTIONS (table_name 'packets', source '$base/day_*.pcap', separate_files 'true')",
	"CREATE ROLE reader", "CREATE ROLE stranger");

# -------------------------------------------------------------------------------------------------------- nfstream_sources()

is(psql("SELECT count(*), count(first_packet_at), count(packets), string_agg(DISTINCT status, ',') FROM nfstream_sources('flows')"),
	DAYS . '|0|0|not analyzed', 'nothing is known of files that were not analyzed');
sleep 1.2;
psql('ANALYZE flows', 'ANALYZE times', 'ANALYZE packets');

# What is in them is known from what they were made of.
my $expected = join "\n", map {
	my @times = sort { $a <=> $b } map { $_->[0] } @{ $days[$_] };
	sprintf('%s|%d|%d|30|analyzed', name_of($_), $times[0], $times[-1])
} 0 .. DAYS - 1;
my $sources = "SELECT file, (extract(epoch FROM first_packet_at) * 1000000)::bigint, (extract(epoch FROM last_packet_at) * 1000000)::bigint, packets, status FROM nfstream_sources('%s')";
is(psql(sprintf($sources, $_)), $expected, "ANALYZE of $_ keeps the least and the greatest time of each file, and its packets") foreach 'flows', 'times', 'packets';
is(psql("SELECT string_agg(packets::text, ',' ORDER BY file) FROM nfstream_captures('lab')"), join(',', (30) x DAYS), 'nfstream_captures() has the packets');

psql('ALTER FOREIGN TABLE times RENAME TO renamed');
is(psql(sprintf($sources, 'renamed')), $expected, 'what is known stays with a table that is renamed');
psql('BEGIN', 'CREATE FOREIGN TABLE undone (src_ip inet) SERVER lab OPTIONS (source \'' . name_of(0) . '\')', 'ANALYZE undone', 'ROLLBACK');
is(psql("SELECT count(*) FROM nfstream_source_files WHERE relation NOT IN (SELECT oid FROM pg_class)"), 0, 'of an ANALYZE that is rolled back nothing is kept');
psql("CREATE FOREIGN TABLE dropped (src_ip inet) SERVER lab OPTIONS (source '" . name_of(0) . "')", 'ANALYZE dropped', 'DROP FOREIGN TABLE dropped');
is(psql("SELECT count(*) FROM nfstream_source_files WHERE relation NOT IN (SELECT oid FROM pg_class)"), 1, 'what was of a table that is dropped stays');
psql('ANALYZE renamed');
is(psql("SELECT count(*), count(*) FILTER (WHERE relation NOT IN (SELECT oid FROM pg_class)) FROM nfstream_source_files"), DAYS * 3 . '|0', 'until the next ANALYZE');
unlike(slurp_dump(), qr/nfstream_source_files/, 'pg_dump has nothing of it');

sub slurp_dump
{
	my ($out, $error) = run_command(['pg_dump', '-p', $node->port, '-h', $node->host, 'postgres']);

	like($out, qr/CREATE EXTENSION/, 'pg_dump has the extension');
	return $out;
}

# --------------------------------------------------------------------------------------------------------------------- rights

like(error_of('SET ROLE reader', "SELECT * FROM nfstream_sources('flows')"), qr/permission denied for foreign table flows/, 'who may not read the table is not told of its files');
psql('GRANT SELECT ON flows TO reader', 'GRANT SELECT (src_ip) ON flows TO stranger');
is(psql('SET ROLE reader', "SELECT count(*) FROM nfstream_sources('flows')"), DAYS, 'who may read it is');
like(error_of('SET ROLE stranger', "SELECT * FROM nfstream_sources('flows')"), qr/permission denied/, 'one column is not enough');
like(error_of('SET ROLE reader', 'SELECT * FROM nfstream_source_files'), qr/permission denied for table nfstream_source_files/, 'the table behind it is nobody\'s');
psql("ALTER FOREIGN TABLE packets OPTIONS (ADD columns_to_anonymize '{source_file}')", 'GRANT SELECT ON packets TO reader');
like(error_of('SET ROLE reader', "SELECT * FROM nfstream_sources('packets')"), qr/must be owner of foreign table packets/, 'names of files that are hidden are the owner\'s');
psql('ALTER FOREIGN TABLE packets OPTIONS (DROP columns_to_anonymize)');
like(error_of("SELECT * FROM nfstream_sources('pg_class')"), qr/"pg_class" is not a foreign table of nfstream_fdw/, 'another table');
like(error_of("SELECT * FROM nfstream_sources(NULL)"), qr/flows cannot be NULL/, 'no table');

# ----------------------------------------------------------------------------------------------------- what is not opened

sub ms_of { return (FIRST_DAY + $_[0] * 86400) * 1000; }

# "files read of files named", of EXPLAIN, with ANALYZE or without.
sub files_of
{
	my ($query, $options) = @_;

	return psql("EXPLAIN ($options, COSTS OFF) $query") =~ /^ *Files: (\d+ of \d+)/m ? $1 : 'all';
}

my $third = 'bidirectional_first_seen_ms >= ' . ms_of(3) . ' AND bidirectional_last_seen_ms < ' . ms_of(4);
is(files_of("SELECT src_ip FROM flows WHERE $third", $_), '1 of 12', "one day is one file, $_") foreach 'ANALYZE', 'ANALYZE OFF';
is(files_of("SELECT src_ip FROM renamed WHERE bidirectional_first_seen_ms >= to_timestamp(" . ms_of(10) / 1000 . ')', 'ANALYZE'), '2 of 12', 'times of the server\'s own type');
is(files_of("SELECT time FROM packets WHERE captured_at < to_timestamp(" . ms_of(2) / 1000 . ')', 'ANALYZE'), '2 of 12', 'packets');
is(psql("SELECT count(*) FILTER (WHERE captured_at > '-infinity'), (SELECT count(*) FROM packets WHERE captured_at > '4000-01-01 BC'), (SELECT count(*) FROM packets WHERE captured_at < 'infinity') FROM packets WHERE captured_at > '-infinity'"),
	join('|', (30 * DAYS) x 3), 'all times are after those before Christ, and within infinity');
is(psql("SELECT count(*) FROM packets WHERE captured_at >= 'infinity' OR captured_at < '4000-01-01 BC'"), 0, 'none is beyond');
is(files_of("SELECT src_ip FROM flows WHERE id >= 0 AND $third", 'ANALYZE'), '4 of 12', 'where flows are numbered those before it are read');
is(files_of("SELECT src_ip FROM flows WHERE dst_port = 1200 OR $third", 'ANALYZE'), '12 of 12', 'what may be true without its times opens all');
is(files_of("SELECT src_ip FROM flows WHERE dst2src_first_seen_ms = 0 AND $third", 'ANALYZE'), '1 of 12', 'a flow may have no packet of its other direction');
is(files_of("SELECT src_ip FROM flows WHERE dst2src_first_seen_ms < 5", 'ANALYZE'), '12 of 12', 'whenever its packets were');
is(psql('SET nfstream_fdw.enable_pushdown = off', "EXPLAIN (ANALYZE, COSTS OFF) SELECT src_ip FROM flows WHERE $third") =~ /^ *Files: /m ? 'some' : 'all', 'all',
	'with conditions that are not pushed all are read');
is(psql("PREPARE p(bigint, bigint) AS SELECT count(*) FROM flows WHERE bidirectional_first_seen_ms BETWEEN \$1 AND \$2",
		'SET plan_cache_mode = force_generic_plan', 'EXPLAIN (ANALYZE, COSTS OFF) EXECUTE p(' . ms_of(6) . ', ' . (ms_of(7) - 1) . ')') =~ /Files: (.*)/ ? $1 : '',
	'1 of 12', 'parameters of a generic plan');

like(psql("EXPLAIN (ANALYZE, COSTS OFF) SELECT src_ip FROM flows WHERE $third"), qr/Packets Read: 30\n/, 'and one file is all that is read');
chmod 0, name_of(8);
like(error_of("SELECT count(*) FROM flows WHERE bidirectional_first_seen_ms >= " . ms_of(7)), qr/could not open capture ".*day_08/, 'one inside is');
chmod 0600, name_of(8);

psql("ALTER FOREIGN TABLE flows OPTIONS (ADD udps '[{\"plugin\": \"flow_slicer\", \"limit\": 1}]')");
is(files_of("SELECT src_ip FROM flows WHERE $third", 'ANALYZE'), 'all', 'a plugin may change what it likes, so all are read');
psql('ALTER FOREIGN TABLE flows OPTIONS (DROP udps)');

# ------------------------------------------------------------------------------------------------------------ a file that changes

is(psql("SELECT status FROM nfstream_sources('flows') WHERE file ~ 'day_08'"), 'changed', 'whose rights are changed has changed');
my ($size, $accessed, $modified) = (stat(name_of(9)))[7, 8, 9];
$days[9] = [map { [$_->[0] - 6 * 86400 * 1_000_000, $_->[1], $_->[2]] } @{ $days[9] }];
put_day(9);
utime $accessed, $modified, name_of(9) or die $!;
is((stat(name_of(9)))[7], $size, 'a file that is rewritten has its size still');
is(psql("SELECT status FROM nfstream_sources('flows') WHERE file ~ 'day_09'"), 'changed', 'and has changed, whatever its time says');
is(psql("SELECT count(*) FROM flows WHERE source_file ~ 'day_09' AND $third"), psql("SET nfstream_fdw.enable_pushdown = off", "SELECT count(*) FROM flows WHERE source_file ~ 'day_09' AND $third"),
	'its rows are those that it has now');
cmp_ok(psql("SELECT count(*) FROM flows WHERE source_file ~ 'day_09' AND $third"), '>', 0, 'of which there are some');
psql('ANALYZE flows');
is(psql("SELECT status FROM nfstream_sources('flows') WHERE file ~ 'day_09'"), 'recent', 'one that is analyzed just after it is not believed yet');
is(files_of("SELECT src_ip FROM flows WHERE bidirectional_first_seen_ms >= " . ms_of(11), 'ANALYZE'), '3 of 12', 'and is read, as is the one whose rights were changed');
sleep 1.2;
psql('ANALYZE flows', 'ANALYZE renamed', 'ANALYZE packets');
is(files_of("SELECT src_ip FROM flows WHERE bidirectional_first_seen_ms >= " . ms_of(11), 'ANALYZE'), '1 of 12', 'a second later it is');

# ------------------------------------------------------------------------------------------------------------------ random ranges

my @operators = ('<', '<=', '>', '>=', '=', '<>');
my %columns = (
	flows => [map { my $side = $_; map { "${side}_${_}_seen_ms" } 'first', 'last' } 'bidirectional', 'src2dst', 'dst2src'],
	renamed => [map { my $side = $_; map { "${side}_${_}_seen_ms" } 'first', 'last' } 'bidirectional', 'src2dst', 'dst2src'],
	packets => ['"time"', 'captured_at'],
);
my %rest = (flows => "dst_port = 1200", renamed => "src_port < 1010", packets => 'src_port > 1005');

sub pick { return $_[int(rand(@_))]; }

sub comparison
{
	my ($table) = @_;
	my $column = pick(@{ $columns{$table} });
	my $packet = pick(@{ pick(@days) });
	my $time = $packet->[0] + pick(0, 0, 1000, -1000, 1, int(rand(86400)) * 1_000_000);
	my $value = $table eq 'renamed' || $column eq 'captured_at' ? sprintf("'epoch'::timestamptz + '%d us'::interval", $time) : int($time / 1000);

	return pick("$column " . pick(@operators) . " $value", "$column " . pick(@operators) . " $value", "$column BETWEEN $value AND $value" . ($value =~ /us/ ? " + '1 day'::interval" : ' + 86400000'),
		"$column IN ($value, $value)", "$column > ALL (ARRAY[$value, NULL])", $rest{$table}, "$column = 'epoch'") if $value =~ /us/;
	return pick("$column " . pick(@operators) . " $value", "$column BETWEEN $value AND $value + 86400000", "$column IN ($value, 0)", "$column <> ALL (ARRAY[$value])", $rest{$table},
		"${column}::numeric " . pick(@operators) . " $value.5");
}

sub condition
{
	my ($table, $depth) = @_;

	return comparison($table) if $depth == 0 || rand() < 0.2;
	return pick('NOT ', '') . '(' . condition($table, $depth - 1) . pick(' AND ', ' AND ', ' OR ') . condition($table, $depth - 1) . ')' . pick('', '', ' IS NOT FALSE');
}

my ($different, $left_out) = (0, 0);
foreach my $round (1 .. 120)
{
	my $table = pick(sort keys %columns);
	my $condition = condition($table, 2);
	my $columns = $table eq 'packets' ? 'source_file, packet_number, captured_at, src_ip' :
		$table eq 'flows' ? pick('id, ', '') . 'source_file, src_ip, dst_ip, bidirectional_first_seen_ms, dst2src_last_seen_ms' : 'src_ip, dst_ip, src2dst_first_seen_ms, bidirectional_packets';
	my $query = "SELECT $columns FROM $table WHERE $condition ORDER BY $columns";
	my ($with, $without) = map { psql("SET nfstream_fdw.enable_pushdown = $_", $query) } 'on', 'off';

	$left_out++ if psql("EXPLAIN (COSTS OFF) $query") =~ /Files: (\d+) of (\d+)/ && $1 < $2;
	next if $with eq $without;
	$different++;
	diag("seed $seed: $query");
}
is($different, 0, 'rows and ids are the same, whether files are left out or not');
cmp_ok($left_out, '>', 20, "files were left out: $left_out of 120");

# --------------------------------------------------------------------------------------------- what is damaged, and one file alone

put('one.pcap', pcap(map { record(@$_) } @{ $days[1] }));
put('cut.pcap', substr(pcap(map { record(@$_) } @{ $days[2] }), 0, -5));
put('none.pcap', pcap());
psql("CREATE FOREIGN TABLE one (src_ip inet, bidirectional_first_seen_ms bigint) SERVER lab OPTIONS (source '$base/one.pcap')",
	"CREATE FOREIGN TABLE several (src_ip inet, bidirectional_first_seen_ms bigint) SERVER lab OPTIONS (source '{$base/one.pcap,$base/cut.pcap,$base/none.pcap}')");
sleep 1.2;
psql('SET client_min_messages = error', 'ANALYZE one', 'ANALYZE several');
is(psql("SELECT regexp_replace(file, '.*/', ''), first_packet_at IS NULL, packets, status FROM nfstream_sources('several')"),
	"one.pcap|f|30|analyzed\ncut.pcap|f|29|damaged\nnone.pcap|t|0|analyzed", 'one that is damaged, and one without packets');
is(files_of('SELECT src_ip FROM one WHERE bidirectional_first_seen_ms < 5', 'ANALYZE'), '0 of 1', 'the only file of a table is left out, too');
is(files_of('SELECT src_ip FROM several WHERE bidirectional_first_seen_ms < 5', 'ANALYZE'), 'all', 'files that are read as one are not');
psql("ALTER FOREIGN TABLE several OPTIONS (ADD separate_files 'true')");
is(files_of('SELECT src_ip FROM several WHERE bidirectional_first_seen_ms < 5', 'ANALYZE'), '2 of 3', 'of files that have a damage to tell of, or no packet, none is');

# ---------------------------------------------------------------------------------------------------------- who analyzes, and how

psql('CREATE ROLE owner LOGIN', 'GRANT USAGE ON FOREIGN SERVER lab TO owner', 'GRANT CREATE ON SCHEMA public TO owner');
psql('SET ROLE owner', "CREATE FOREIGN TABLE own (src_ip inet, bidirectional_first_seen_ms bigint) SERVER lab OPTIONS (source '$base/one.pcap')", 'SET default_transaction_read_only = on', 'ANALYZE own');
is(psql('SET ROLE owner', "SELECT packets, status FROM nfstream_sources('own')"), '30|analyzed', 'an owner who is no superuser, in a transaction that only reads');
is(files_of('SELECT src_ip FROM own WHERE bidirectional_first_seen_ms < 5', 'ANALYZE'), '0 of 1', 'which leaves its file out');
psql('CREATE TABLE days (src_ip inet, bidirectional_first_seen_ms bigint) PARTITION BY LIST (src_ip)',
	'CREATE FOREIGN TABLE day_0 PARTITION OF days DEFAULT SERVER lab OPTIONS (source \'' . name_of(0) . '\')', 'ANALYZE days');
is(psql("SELECT packets, status FROM nfstream_sources('day_0')"), '30|analyzed', 'a partition, with its table');

# Of several at once all end, and one of them is what is kept.
$node->pgbench('--client 4 --transactions 10 --no-vacuum', 0, [qr{number of transactions actually processed: 40/40}], [qr/^$/],
	'a partition that is analyzed by several at once', { '036_days' => 'ANALYZE days;', '036_day' => 'ANALYZE day_0;' });
is(psql("SELECT count(*) FROM nfstream_source_files WHERE relation = 'day_0'::regclass"), 1, 'is known once');

# A join tells a scan what to look for: another row, another file.
psql('CREATE TABLE moments (ms bigint)', 'INSERT INTO moments VALUES (' . ms_of(6) . ')', 'ANALYZE moments');
is(psql('SELECT count(*) FROM moments JOIN flows ON bidirectional_first_seen_ms BETWEEN ms AND ms + 86400000'),
	psql('SET nfstream_fdw.enable_pushdown = off', 'SELECT count(*) FROM moments JOIN flows ON bidirectional_first_seen_ms BETWEEN ms AND ms + 86400000'), 'joins');
my $each = 'SELECT string_agg(n::text, \',\' ORDER BY d) FROM generate_series(0, 11) d, LATERAL (SELECT count(*) AS n FROM flows WHERE bidirectional_first_seen_ms BETWEEN ' .
	ms_of(0) . ' + d::bigint * 86400000 AND ' . (ms_of(1) - 1) . ' + d::bigint * 86400000) AS s';
is(psql($each), psql('SET nfstream_fdw.enable_pushdown = off', $each), 'a subquery that is run again for each day');

done_testing();

#
# 035_captures.pl - IMPORT FOREIGN SCHEMA captures and nfstream_captures(): which files of a directory are captures, what their tables are
# called, and who may look.
#
use strict;
use warnings;
use utf8;

use FindBin;
use lib $FindBin::RealBin;
use Cwd qw(realpath);
use File::Copy;
use POSIX ();
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture);
use NFStreamProcesses qw(descriptors);
use NFStreamSession;

my $node = start_cluster('captures', 2);
my $base = realpath($node->basedir);
my $directory = "$base/captures";

sub psql { return $node->safe_psql('postgres', join(";\n", @_)); }
sub error_of
{
	my ($code, $out, $error) = $node->psql('postgres', join(";\n", @_));

	return $error;
}

sub put
{
	my ($from, $to) = @_;

	copy(capture($node, $from), "$directory/$to") or die "could not copy $from to $to: $!";
}

# ------------------------------------------------------------------------------------------------------------ what there is

mkdir $_ or die "could not create $_: $!" foreach $directory, "$directory/sub", "$base/none", "$base/outside";
put('http.pcap', $_) foreach 'http.pcap', 'HTTP.cap', 'http_2.pcap', '2026-11-27 10.pcap', "it's[a]*.pcap", 'interface:lo', 'sub/below.pcap',
	'.hidden.pcap', 'traffic.2026.pcap1', 'user.pcap', "bad\xff.pcap", ('a' x 100) . '.pcap', ('a' x 101) . '.pcap';
put('tls.pcap', 'sub/../../outside/tls.pcap');
put('format_ng.pcapng', 'next');
put('format_big_endian.pcap', 'big');
put('format_nanoseconds.pcap', 'nanoseconds');
put('format_modified.pcap', 'modified');
put('damage_text.pcap', 'text.pcap');
put('damage_empty.pcap', 'empty.pcap');
put('damage_zeros.pcap', 'zeros.pcap');
put('damage_version.pcap', 'version.pcap');
system_or_bail('sh', '-c', "cd '$directory' && gzip -c http.pcap > packed.pcap.gz && zstd -q -c next > packed.zst && " .
	"tar cf archive.tar http.pcap && gzip archive.tar && echo hello | gzip > hello.pcap.gz && head -c 1000 packed.pcap.gz > cut.pcap.gz && " .
	"gzip -c packed.pcap.gz > twice.gz && { printf '\\037\\213\\010\\000'; head -c 5000 /dev/urandom; } > noise.gz");
POSIX::mkfifo("$directory/fifo", 0600) or die "could not create a fifo: $!";
symlink "$base/outside/tls.pcap", "$directory/out.pcap" or die $!;
symlink 'http.pcap', "$directory/inside.pcap" or die $!;
put('http.pcap', 'locked.pcap');
chmod 0, "$directory/locked.pcap";
psql("CREATE SERVER lab FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (directory '$directory')");

# What file(1) takes for a capture, or for one of these compressed with gzip or zstd.
my %expected = (
	'2026-11-27 10.pcap' => 'pcap', 'HTTP.cap' => 'pcap', ('a' x 100) . '.pcap' => 'pcap', ('a' x 101) . '.pcap' => 'pcap', 'big' => 'pcap',
	'cut.pcap.gz' => 'gzip', 'http.pcap' => 'pcap', 'http_2.pcap' => 'pcap', 'inside.pcap' => 'pcap', './interface:lo' => 'pcap', "it's[a]*.pcap" => 'pcap',
	'modified' => 'pcap', 'nanoseconds' => 'pcap', 'next' => 'pcapng', 'packed.pcap.gz' => 'gzip', 'packed.zst' => 'zstd',
	'traffic.2026.pcap1' => 'pcap', 'user.pcap' => 'pcap', 'version.pcap' => 'pcap', 'zeros.pcap' => 'pcap');
$expected{'locked.pcap'} = 'pcap' if $> == 0;
is(psql("SELECT file || ' ' || format FROM nfstream_captures('lab') ORDER BY file COLLATE \"C\""),
	join("\n", map { "$_ $expected{$_}" } sort keys %expected), 'captures are found by what is in them');
is(psql("SELECT bool_and(size = (pg_stat_file('$directory/' || file)).size) FROM nfstream_captures('lab')"), 't', 'with their sizes');
is(psql("SELECT file FROM nfstream_captures('lab', 'sub')"), 'sub/below.pcap', 'a directory in the directory');
is(psql("SELECT file FROM nfstream_captures('lab', '$directory/sub')"), "$directory/sub/below.pcap", 'the same as an absolute path');
is(psql("SELECT file FROM nfstream_captures('nfstream', '$directory/sub/')"), "$directory/sub/below.pcap", 'and on a server without one');
is(psql("SELECT count(*) FROM nfstream_captures('nfstream', '$base/none')"), 0, 'a directory with nothing in it');

# ------------------------------------------------------------------------------------------------------------------ tables

sub tables { return psql("SELECT string_agg(relname, ' ' ORDER BY relname COLLATE \"C\") FROM pg_class WHERE relnamespace = '$_[0]'::regnamespace"); }

psql('CREATE SCHEMA a', "IMPORT FOREIGN SCHEMA captures FROM SERVER lab INTO a");
my $long = 'a' x 55;
my $names = "_2026_11_27_10 $long ${long}_2 big cut http http_2 http_2_2 inside interface_lo it_s_a__" . ($> == 0 ? ' locked' : '')
	. ' modified nanoseconds next packed packed_2 traffic_2026 user version zeros';
is(tables('a'), $names, 'a table for each, with names of their own');
is(psql('SELECT count(*) FROM a."user"'), 8, 'which has its flows');
is(psql('SELECT count(*) FROM a.it_s_a__'), 8, 'whatever its file is called');
is(psql('SELECT count(*) FROM a.interface_lo'), 8, 'also as an interface is');
is(psql('SELECT count(*) FROM a.packed'), 8, 'and what is compressed');
psql('CREATE SCHEMA b', "IMPORT FOREIGN SCHEMA captures LIMIT TO (http_2, next, nothing) FROM SERVER lab INTO b OPTIONS (statistical_analysis 'true')");
is(tables('b'), 'http_2 next', 'LIMIT TO');
is(psql("SELECT ftoptions::text FROM pg_foreign_table WHERE ftrelid = 'b.http_2'::regclass"), '{source=http.pcap,statistical_analysis=true}',
	'a name is the same table, whatever else is imported; options are the tables\'');
is(psql('SELECT count(src2dst_mean_ps) FROM b.http_2'), 8, 'and so are the columns');
psql('CREATE SCHEMA c', "IMPORT FOREIGN SCHEMA captures EXCEPT (big, cut, http, http_2) FROM SERVER nfstream INTO c OPTIONS (directory '$directory', rows 'packets')");
unlike(tables('c'), qr/\b(big|cut|http|http_2)\b/, 'EXCEPT');
like(tables('c'), qr/\bhttp_2_2\b/, 'and all others');
is(psql('SELECT count(*) FROM c.inside'), psql('SELECT sum(bidirectional_packets) FROM a.inside'), 'tables of packets, if the options say so');

# ------------------------------------------------------------------------------------------------------------------- errors

like(error_of("IMPORT FOREIGN SCHEMA captures FROM SERVER nfstream INTO c OPTIONS (directory '$base/none')"),
	qr/there is no table to import\nDETAIL:  Captures in the directory: 0\./, 'no capture');
like(error_of('IMPORT FOREIGN SCHEMA captures LIMIT TO (x) FROM SERVER lab INTO c'), qr/there is no table to import/, 'nothing of that name');
like(error_of('IMPORT FOREIGN SCHEMA captures FROM SERVER nfstream INTO c'), qr/there is no directory to look for captures in/, 'no directory');
like(error_of("IMPORT FOREIGN SCHEMA captures FROM SERVER nfstream INTO c OPTIONS (directory 'captures')"),
	qr/there is no directory to look for captures in/, 'a relative one, of nothing');
like(error_of("IMPORT FOREIGN SCHEMA captures FROM SERVER lab INTO c OPTIONS (source 'http.pcap')"),
	qr/foreign schema "captures" does not have the option "source"/, 'a source');
like(error_of("IMPORT FOREIGN SCHEMA nflow FROM SERVER lab INTO c OPTIONS (directory '$directory')"), qr/invalid option "directory"/,
	'a directory for one table');
like(error_of("SELECT * FROM nfstream_captures('lab', '..')"), qr/".." is not in directory/, 'out of the directory');
like(error_of("SELECT * FROM nfstream_captures('lab', '$base/outside')"), qr/is not in directory/, 'elsewhere');
like(error_of("SELECT * FROM nfstream_captures('lab', 'nowhere')"), qr/could not read directory "nowhere": No such file/, 'nowhere');
is(psql("SELECT count(*) FROM nfstream_captures('lab', 'http.pcap')"), 0, 'a file is no directory, and has nothing in it');

# ------------------------------------------------------------------------------------------------------------------ rights

psql('CREATE ROLE analyst', 'CREATE ROLE guest', 'CREATE ROLE reader', 'GRANT pg_read_server_files TO reader', 'GRANT USAGE ON FOREIGN SERVER lab TO analyst',
	'GRANT USAGE ON FOREIGN SERVER nfstream TO analyst, reader', 'CREATE SCHEMA theirs', 'GRANT ALL ON SCHEMA theirs TO analyst, guest, reader');
like(error_of('SET ROLE analyst', "SELECT * FROM nfstream_captures('lab')"), qr/permission denied for function nfstream_captures/, 'the function is not PUBLIC\'s');
psql('GRANT EXECUTE ON FUNCTION nfstream_captures(name, text) TO analyst, guest, reader');
is(psql('SET ROLE analyst', "SELECT count(*) FROM nfstream_captures('lab')"), scalar(keys %expected), 'USAGE on a server opens its directory');
like(error_of('SET ROLE analyst', "SELECT * FROM nfstream_captures('nfstream', '$directory')"),
	qr/permission denied to read captures through nfstream_captures\(\)/, 'and no other');
like(error_of('SET ROLE guest', "SELECT * FROM nfstream_captures('lab')"), qr/permission denied to read captures through nfstream_captures\(\)/,
	'without it nothing is told');
is(psql('SET ROLE reader', "SELECT file FROM nfstream_captures('nfstream', '$directory/sub')"), "$directory/sub/below.pcap", 'a member of pg_read_server_files');
like(error_of('SET ROLE analyst', "IMPORT FOREIGN SCHEMA captures FROM SERVER nfstream INTO theirs OPTIONS (directory '$directory')"),
	qr/permission denied to read captures through IMPORT FOREIGN SCHEMA/, 'IMPORT asks the same');
psql('SET ROLE analyst', 'IMPORT FOREIGN SCHEMA captures LIMIT TO (http, packed) FROM SERVER lab INTO theirs');
is(psql('SET ROLE analyst', 'SELECT count(*) FROM theirs.packed'), 8, 'and what it makes can be read');

# Nothing is left in the session.
my $session = NFStreamSession->new($node);

$session->query("SELECT count(*) FROM nfstream_captures('lab')");
my $before = descriptors($node, $session->backend);
$session->query("SELECT count(*) FROM nfstream_captures('lab')") for 1 .. 20;
is(descriptors($node, $session->backend), $before, 'no descriptor is left open');
$session->quit;

$node->stop;
done_testing();

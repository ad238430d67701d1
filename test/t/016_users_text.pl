#
# 016_users_text.pl - texts and numbers of an ordinary role, which has no more than USAGE on a server with a directory: however
# long they are and whatever they ask to be looked through, a statement ends, with an error that says what is too much, and
# another session lives on.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Cwd qw(realpath);
use File::Copy;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture);
use NFStreamSession;

my $node = start_cluster('users_text', 3);
my $directory = realpath($node->basedir) . '/captures';
my $bystander = NFStreamSession->new($node);

mkdir $directory or die "could not create $directory: $!";
mkdir "$directory/z" or die "could not create a directory: $!";
mkdir "$directory/" . ($_ x 40) or die "could not create a directory: $!" foreach 'a' .. 'z', 'A' .. 'Z', 0 .. 7;
copy(capture($node, 'http.pcap'), "$directory/a.pcap") or die "could not copy: $!";
symlink('.', "$directory/here$_") or die "could not link: $!" foreach 1 .. 20;
symlink($directory, "$directory/whole") or die "could not link: $!";

$node->safe_psql('postgres', <<"END");
CREATE ROLE analyst;
CREATE SCHEMA AUTHORIZATION analyst;
CREATE SERVER lab FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (directory '$directory');
GRANT USAGE ON FOREIGN SERVER lab TO analyst;
END
my $session = NFStreamSession->new($node);

# What a statement of the role comes to, in the words of the error; the statement's time is long, and yet a bound.
sub said
{
	my ($statement, $seconds) = @_;

	$session->send("SET SESSION AUTHORIZATION analyst; SET statement_timeout = '60s'; SET search_path = analyst, public; "
		. "$statement; RESET SESSION AUTHORIZATION");
	$session->finish(120);
	return $session->{said} = $session->{said} =~ s/^psql:\S+ //mgr;
}

# Puts the value of an SQL expression into the option of the table in the way that a dump of an earlier version does, or an
# administrator: the validator is not asked.
sub force_option
{
	my ($option, $expression) = @_;

	$node->safe_psql('postgres', "UPDATE pg_foreign_table SET ftoptions ="
			. " (SELECT array_agg(o) FROM unnest(ftoptions) o WHERE o NOT LIKE '$option=%') || ARRAY['$option=' || $expression]"
			. " WHERE ftrelid = 'analyst.flows'::regclass");
}

sub lives_on
{
	my ($name) = @_;

	is($bystander->query('SELECT 1'), '1', "$name: another session lives on");
}

said("CREATE FOREIGN TABLE flows (id bigint, src_ip text) SERVER lab OPTIONS (source 'a.pcap', separate_files 'true')");
is($session->{said}, '', 'the role makes a table');

# ------------------------------------------------------------------------------------------------------------------- globs
# Each is declared, planned, read and analyzed.  Planning says nothing of a source, whatever it is; and ANALYZE by an
# administrator reaches it as well.

my $nothing = qr/^$/;
my $too_long = qr/^ERROR:  invalid value for option "source": .{390,430} \.\.\."\nDETAIL:  Accepted: .*; at most 1048576 bytes\.$/m;
my $too_many_wildcards = qr/DETAIL:  A glob may have at most 32 directories with wildcards\./;
my $too_much_to_look_at = qr/DETAIL:  More names than 1000000 would have to be looked at\.|together\./;

foreach my $case (
	# The source, as an expression; what its declaration says; what its scan says.
	[ "repeat('*/', 30000) || 'x'", $too_long, $too_long ],
	[ "repeat('*/', 2047) || 'x'", $nothing, $too_many_wildcards ],
	[ "repeat('/', 4094) || '*'", $nothing, qr/is not in directory/ ],
	[ "repeat('./', 2044) || '*.pcap'", $nothing, $nothing ],
	[ "'{' || repeat('*/', 30000) || '}'", $too_long, $too_long ],
	[ "'{' || repeat('*/', 2048) || '}'", $too_long, $too_long ],
	[ "'*[' || repeat('a', 3000000)", $too_long, $too_long ],
	[ "'*[' || repeat('a', 4000)", $nothing, qr/DETAIL:  What stands between two slashes may have at most 255 bytes\./ ],
	[ "'*[' || repeat('a', 253)", $nothing, qr/ERROR:  no capture matches/ ],
	[ "repeat('*[', 127)", $nothing, qr/ERROR:  no capture matches/ ],
	[ "repeat('*a', 127)", $nothing, qr/ERROR:  no capture matches/ ],
	[ "repeat('*/../', 30) || 'a.pcap'", $nothing, $too_much_to_look_at ],
	[ "repeat('here*/', 30) || 'a.pcap'", $nothing, $too_much_to_look_at ],
	[ "'*/../a.pcap'", $nothing, $nothing ],
	[ "'{' || repeat('here*/here*/here*/nothing,', 1000) || 'a.pcap}'", $nothing, qr/ERROR:  no capture matches/ ],
	[ "'{' || repeat('here*/here*/a.pcap,', 1000) || 'a.pcap}'", $nothing, qr/ERROR:  a source cannot have more than 100000 files/ ],
	[ "'{' || repeat(repeat('z/../', 800) || 'whole/a.pcap,', 240) || 'a.pcap}'", $nothing, $nothing ],
	[ "repeat('z/../', 800) || 'whole/../../nothing'", $nothing, qr/^ERROR:  ".*" is not in directory/ ],
	[ "'{' || repeat('a,', 600000) || 'a}'", $too_long, $too_long ],
	[ "'{' || repeat('nothing,', 100000) || 'a.pcap}'", $nothing, qr/element 1 of the option "source"/ ])
{
	my ($source, $declared, $scanned) = @$case;
	my $name = $source =~ s/'//gr;

	like(said("DO \$\$ BEGIN EXECUTE format('ALTER FOREIGN TABLE flows OPTIONS (SET source %L)', $source); END \$\$"),
		$declared, "$name: declared");
	force_option('source', $source);
	like(said('EXPLAIN SELECT * FROM flows'), $scanned == $too_long ? $too_long : $nothing, "$name: planned");
	like(said('SELECT count(*) FROM flows'), $scanned, "$name: read");
	like(said('ANALYZE flows') =~ s/^WARNING:  (?!skipping)/ERROR:  /r, $scanned, "$name: analyzed");
	lives_on($name);
}
force_option('source', "'a.pcap'");
is(said('SELECT count(*) FROM flows'), '', 'the session goes on');

# ----------------------------------------------------------------------------------------------------------- other options
# On a table as wide as a table can be.

my $wide = join ', ', map { "c$_ text" } 1 .. 1590;
said("DROP FOREIGN TABLE flows; CREATE FOREIGN TABLE flows (src_ip text, $wide) SERVER lab OPTIONS (source 'a.pcap')");
said("ALTER FOREIGN TABLE flows ALTER c$_ OPTIONS (ADD attribute 'src_mac')") foreach 1 .. 1590;

my $names = "'{src_ip' || repeat(',src_ip', 2000000) || '}'";
my $too_long_names = qr/^ERROR:  invalid value for option "columns_to_anonymize": "[^"]{390,410} \.\.\."\nDETAIL:  .*; at most 65535 bytes\.$/m;

like(said("DO \$\$ BEGIN EXECUTE format('ALTER FOREIGN TABLE flows OPTIONS (ADD columns_to_anonymize %L)', $names); END \$\$"),
	$too_long_names, '2,000,001 columns to anonymize: declared');
force_option('columns_to_anonymize', $names);
foreach my $statement ('EXPLAIN SELECT * FROM flows', 'SELECT count(src_ip) FROM flows', 'ANALYZE flows')
{
	like(said($statement), $too_long_names, "2,000,001 columns to anonymize: $statement");
	lives_on("2,000,001 columns to anonymize: $statement");
}

# As many as there may be: often the same, one of each column, and names that are none.
force_option('columns_to_anonymize', "'{' || repeat('src_ip,', 9300) || 'src_ip}'");
is(said('DO $$ BEGIN ASSERT (SELECT min(length(src_ip)) FROM flows) = 128; END $$'), '', 'one column to anonymize, 9,301 times');
force_option('columns_to_anonymize', "(SELECT array_agg('c' || n)::text FROM generate_series(1, 1590) n)");
is(said('DO $$ BEGIN ASSERT (SELECT min(length(c1)) + min(length(c1590)) FROM flows) = 256; END $$'), '',
	'1,590 columns to anonymize');
force_option('columns_to_anonymize', "(SELECT array_agg('x' || n)::text FROM generate_series(1, 9000) n)");
like(said('SELECT * FROM flows'), qr/^ERROR:  there is no column "x1" to anonymize/, '9,000 columns that are none');
force_option('columns_to_anonymize', "'{\"' || repeat('x', 60000) || '\"}'");
like(said('SELECT * FROM flows'), qr/^ERROR:  there is no column "x{400} \.\.\." to anonymize/, 'a long name of a column');
force_option('columns_to_anonymize', "'{}'");

# What has a bound, and texts that are beyond it; each is refused in a moment, by the validator, which anybody may call himself.
foreach my $case (
	[ 'table', 'udps', "'[' || repeat('\"flow_slicer\",', 100000) || '\"flow_slicer\"]'", qr/at most 65535 bytes/ ],
	[ 'table', 'udps', "'[{\"plugin\": \"x\", \"y\": ' || repeat('[', 31) || repeat(']', 31) || '}]'", qr/Accepted: the name of a plugin/ ],
	[ 'table', 'udps', "'[{\"plugin\": \"x\", \"y\": ' || repeat('[', 30) || repeat(']', 30) || '}]'", qr/^NOTICE:  there is no plugin "x" yet/ ],
	[ 'table', 'udps', "repeat('[', 65535)", qr/Accepted: the name of a plugin/ ],
	[ 'table', 'bpf_filter', "repeat('port 1 or ', 100000) || 'port 1'", qr/at most \d+ bytes/ ],
	[ 'table', 'idle_timeout', "repeat('1', 10000000)", qr/18446744073709551/ ],
	[ 'table', 'on_damage', "repeat('warn', 10000000)", qr/"warn" or "error"/ ],
	[ 'table', 'decode_tunnels', "repeat('true', 10000000)", qr/Accepted: a boolean/ ],
	[ 'server', 'directory', "repeat('/x', 10000000)", qr/at most 4095 bytes/ ],
	[ 'server', 'interfaces', "'{' || repeat('eth0,', 100000) || 'eth0}'", qr/at most 65535 bytes/ ],
	[ 'attribute', 'attribute', "repeat('src_ip', 10000000)", qr/at most 255 bytes/ ],
	[ 'user_mapping', 'anonymization_key', "repeat('0', 100000000)", qr/2 to 128 hexadecimal digits/ ],
	[ 'table', '', "repeat('idle_timeout', 10000000)", qr/invalid option "(idle_timeout){33}idle \.\.\."/ ])
{
	my ($place, $option, $value, $expected) = @$case;
	my $catalog = $place eq 'table' || $place eq 'server' ? "pg_foreign_$place" : "pg_$place";
	my $element = $option eq '' ? "$value || '=1'" : "'$option=' || $value";

	like(said("SELECT nfstream_fdw_validator(ARRAY[$element], '$catalog'::regclass)"), $expected,
		"a long text of $place: " . ($option || 'the name of an option'));
}
like(said("SELECT nfstream_fdw_validator(array_agg('idle_timeout=1'::text), 'pg_foreign_table'::regclass) FROM generate_series(1, 200000)"),
	$nothing, 'many options');
lives_on('long texts of options');

$bystander->quit;
$session->quit;
$node->stop;
done_testing();

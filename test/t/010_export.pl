#
# 010_export.pl - CSV files: what is there while they are written, and after a cancel, a full disk, the end of the session;
# where they go by default; and that no address of an anonymized table comes into the server's log.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture copies_of flows_table);
use NFStreamProcesses qw(segments wait_until wait_for_nothing);
use NFStreamSession;

my $node = start_cluster('export', 3);
my $directory = $node->basedir . '/files of csv';
my $session = NFStreamSession->new($node);
my $other = NFStreamSession->new($node);
my $capture = copies_of($node, 'busy.pcap', 100);

mkdir $directory or die "could not create $directory: $!";

sub files
{
	opendir(my $opened, $directory) or die "could not read $directory: $!";
	return join ' ', sort grep { !/^\.\.?$/ } readdir($opened);
}

flows_table($node, 'many', $capture, n_dissections => 0, statistical_analysis => 'true', splt_analysis => 20,
	idle_timeout => 5);
$node->safe_psql('postgres', 'CREATE VIEW slow AS SELECT *, pg_sleep(0.001 * (id > 2000)::int)::text AS slept FROM many');
my $rows = $session->query('SELECT count(*) FROM many');
my @before = segments($node);

# ----------------------------------------------------------------------------------------------- while they are written

sub start_export
{
	my ($arguments) = @_;

	$session->send("SELECT nfstream_to_csv('slow', $arguments)");
	return wait_until(
		sub { $other->query('SELECT coalesce(sum(tuples_processed), 0) > 2100 FROM pg_stat_progress_copy') eq 't' }, 20);
}

ok(defined start_export("'$directory/a.csv'"), 'the progress can be seen');
is($other->query('SELECT relid::regclass, command, type, bytes_processed > 100000 FROM pg_stat_progress_copy'),
	'slow|COPY TO|FILE|t', 'which table, and how many bytes');
like(files(), qr/^\.nfstream\.\d+$/, 'what is being written is not at its place');
$other->query('SELECT pg_cancel_backend(' . $session->backend . ')');
$session->finish;
like($session->{said}, qr/ERROR:  canceling statement due to user request/, 'a cancel: the error');
is(files(), '', 'a cancel leaves no file');
ok(defined wait_for_nothing($node, @before), 'and no process');

# In chunks: those that are whole are not in their places either, and what was there before stays.
append_to_file("$directory/a.0.csv", 'of yesterday');
ok(defined start_export("'$directory/a.csv', flows_per_file => 100"), 'in chunks');
like(files(), qr/^(\.nfstream\.\d+ ){15,}a\.0\.csv$/, 'no chunk is at its place');
$other->query('SELECT pg_cancel_backend(' . $session->backend . ')');
$session->finish;
is(files(), 'a.0.csv', 'a cancel leaves no chunk');
is(slurp_file("$directory/a.0.csv"), 'of yesterday', 'what was there before is there');

# An error that is caught goes on in the same transaction.
$session->query("DO \$\$ BEGIN PERFORM nfstream_to_csv('many', '$directory/a.csv'); RAISE EXCEPTION 'x';"
	. " EXCEPTION WHEN raise_exception THEN NULL; END \$\$");
is(files(), 'a.0.csv a.csv', 'what was done before an error is done, as with COPY');
unlink "$directory/a.csv", "$directory/a.0.csv";
$session->query("DO \$\$ BEGIN PERFORM nfstream_to_csv('many', '$directory/no/a.csv');"
	. " EXCEPTION WHEN undefined_file THEN NULL; END \$\$; SELECT 1");
is($session->{said}, '', 'an error that is caught');

# The session is ended from outside.
ok(defined start_export("'$directory/a.csv', flows_per_file => 500"), 'a session that will be ended');
$other->query('SELECT pg_terminate_backend(' . $session->backend . ')');
ok(defined wait_until(sub { files() eq '' }, 5), 'the end of the session leaves no file');
ok(defined wait_for_nothing($node, @before), 'and no process');
$session = NFStreamSession->new($node);

# The disk is full: the file may not grow beyond 20 MB, which the server's own files here, and the 16 MB of its log's, don't.
$session->query("CREATE VIEW wide AS SELECT *, repeat('x', 2000) AS more FROM many");
system('prlimit', '--pid', $session->backend, '--fsize=20000000') == 0 or die 'could not limit the size of files';
$session->query("SELECT nfstream_to_csv('wide', '$directory/a.csv')");
like($session->{said}, qr/ERROR:  could not write file "\Q$directory\E\/a\.csv": File too large/, 'no room: the error');
is(files(), '', 'no room: no file');
$session->query("SELECT nfstream_to_csv('many', '$directory/a.csv', flows_per_file => 10)");
is($session->{said}, '', 'small files have room');
is((split /\n/, slurp_file("$directory/a.3.csv"))[1] =~ s/,.*//r, '30', 'chunk 3 starts at flow 30');
$session->quit;
$session = NFStreamSession->new($node);
unlink glob("'$directory'/*.csv");

# ----------------------------------------------------------------------------------------------------------- where they go

my $source = "$directory/http.pcap";
link(capture($node, 'http.pcap'), $source) or die "could not link: $!";
flows_table($node, 'http', "{$source,$capture}");
is($session->query("SELECT nfstream_to_csv('http') = count(*) FROM http"), 't', 'by default beside the first file');
is(files(), 'http.pcap http.pcap.csv', 'with .csv behind its name');
is($session->query("SELECT nfstream_to_csv('http', '$directory/plain', flows_per_file => 1000000)") > 0, 1,
	'a name without an ending');
is(files(), 'http.pcap http.pcap.csv plain.0', 'has the number behind it');
is((stat "$directory/plain.0")[2] & 0777, 0644, 'everyone may read it, as what COPY writes');

# A link at the place is replaced, not followed.
symlink($source, "$directory/link.csv") or die "could not link: $!";
$session->query("SELECT nfstream_to_csv('http', '$directory/link.csv')");
ok(!-l "$directory/link.csv", 'a link is replaced');
is(-s $source, -s capture($node, 'http.pcap'), 'what it led to is as it was');

# ------------------------------------------------------------------------------------------------------- in the server's log

$session->query("CREATE TABLE addresses AS SELECT DISTINCT host(unnest(ARRAY[src_ip, dst_ip])) AS address FROM http");
$session->query("CREATE ROLE reader; IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO public OPTIONS"
	. " (table_name 'hidden', source '$source', columns_to_anonymize '{src_ip,dst_ip}'); GRANT SELECT ON hidden TO reader");
my @addresses = split /\n/, $session->query('SELECT address FROM addresses');
my $log = -s $node->logfile;
$session->query("SET log_min_messages = debug5; SET log_error_verbosity = verbose; SET debug_print_plan = on;"
	. ' SET log_executor_stats = on');
$session->query('SET ROLE reader');
foreach my $statement ('SELECT * FROM hidden', 'SELECT src_ip::inet FROM hidden', 'SELECT 1 / (id - 3) FROM hidden',
	'SELECT count(*) FROM hidden WHERE src_ip > dst_ip', 'SELECT (src_ip || dst_ip)::int FROM hidden')
{
	$session->query($statement);
}
$session->query('RESET ROLE; RESET log_min_messages; RESET debug_print_plan');
my $logged = substr(slurp_file($node->logfile), $log);
cmp_ok(scalar(@addresses), '>=', 2, 'the capture has addresses');
like($logged, qr/invalid input syntax for type inet: "[0-9a-f]{128}"/, 'the log has the errors');
is(join(' ', grep { $logged =~ /(?<![0-9.:a-f])\Q$_\E(?![0-9.:a-f])/ } @addresses), '', 'and no address');

$session->quit;
$other->quit;
$node->stop;
done_testing();

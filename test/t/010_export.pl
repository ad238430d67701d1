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
is(files(), 'http.pcap http.pcap.csv', 'with .csv after its name');
is($session->query("SELECT nfstream_to_csv('http', '$directory/plain', flows_per_file => 1000000)") > 0, 1,
	'a name without an ending');
is(files(), 'http.pcap http.pcap.csv plain.0', 'has the number after it');
is((stat "$directory/plain.0")[2] & 0777, 0644, 'everyone may read it, as what COPY writes');

# A link at the place is replaced, not followed.
symlink($source, "$directory/link.csv") or die "could not link: $!";
$session->query("SELECT nfstream_to_csv('http', '$directory/link.csv')");
ok(!-l "$directory/link.csv", 'a link is replaced');
is(-s $source, -s capture($node, 'http.pcap'), 'what it led to is as it was');

# A capture whose directory is not the server's to write into.
my $closed = $node->basedir . '/closed';
mkdir $closed or die "could not create $closed: $!";
link(capture($node, 'http.pcap'), "$closed/http.pcap") or die "could not link: $!";
chmod 0555, $closed;
flows_table($node, 'beside', "$closed/http.pcap");
$session->query("SELECT nfstream_to_csv('beside')");
is($session->{said} =~ s/^psql:\S+ //mr =~ s/^CONTEXT.*\n//mr =~ s/\.nfstream\.\d+/NAME/r, <<"END", 'beside a capture that nothing may be written to');
ERROR:  could not create file "$closed/http.pcap.csv": Permission denied
HINT:  It would lie beside the capture. Give a path in a directory that the server's operating system user may write into.
END
$session->query("SELECT nfstream_to_csv('beside', '$closed/a.csv')");
like($session->{said}, qr/HINT:  The server's operating system user must be allowed to write into its directory\./, 'a path there');
$session->query("SELECT nfstream_to_csv('beside', '$closed/no/a.csv')");
like($session->{said}, qr/HINT:  Its directory must be there, on the database server's machine\./, 'a path that leads nowhere');
chmod 0755, $closed;

# Paths as long as the server's functions for files take, and longer ones: nothing is cut.
my $deep = "$directory/deep";
$deep .= '/' . 'd' x 100 while length($deep) < 850;
system_or_bail('mkdir', '-p', $deep);
my $name_of = sub { return "$deep/" . 'n' x ($_[0] - length($deep) - 1) };
is($session->query("SELECT nfstream_to_csv('http', '" . $name_of->(1023) . "') > 0"), 't', 'a path of 1023 bytes');
ok(-s $name_of->(1023), 'is written to');
is($session->query("SELECT nfstream_to_csv('http', '" . $name_of->(1021) . "', flows_per_file => 1000000) > 0"), 't',
	'a path of 1021 bytes, and the number of a chunk');
ok(-s $name_of->(1021) . '.0', 'is written to');
unlink $name_of->(1023), $name_of->(1021) . '.0';
foreach my $case ([ 1024, '' ], [ 1500, '' ], [ 5000, '' ], [ 1022, ', flows_per_file => 1000000' ], [ 1021, ', flows_per_file => 1' ])
{
	my ($length, $chunks) = @$case;
	my $path = $length > 1024 ? $name_of->(1000) . '/n' x (($length - 1000) / 2) : $name_of->($length);

	$session->query("SELECT nfstream_to_csv('many', '$path'$chunks)");
	like($session->{said}, qr/ERROR:  path ".*" is too long for a file of the server\nDETAIL:  It has \d{4} bytes\. Accepted: at most 1023/,
		"a path of $length bytes$chunks");
}
is(`find '$directory/deep' -type f`, '', 'and nothing is left of them');
system_or_bail('rm', '-r', "$directory/deep");

# Files are open within each other until the server can have no more: an error, and the session's mask is what it was.
sub mask_of { return (slurp_file("/proc/$_[0]/status") =~ /^Umask:\s*(\d+)/m)[0]; }

foreach my $level (reverse 0 .. 60)
{
	my $inner = $level == 60 ? '1' : sprintf("nfstream_to_csv('level%d', '%s/level%d')", $level + 1, $directory, $level + 1);

	$node->safe_psql('postgres', "CREATE VIEW level$level AS SELECT 0::bigint AS n UNION ALL SELECT $inner");
}
$session->quit;
$other->quit;
$node->append_conf('postgresql.conf', "max_files_per_process = 100\n");
$node->restart;
$session = NFStreamSession->new($node);
$other = NFStreamSession->new($node);
my $mask = mask_of($session->backend);
$session->query("SELECT nfstream_to_csv('level0', '$directory/level0')");
like($session->{said}, qr/ERROR:  exceeded maxAllocatedDescs/, 'more files than the server may have open');
is(mask_of($session->backend), $mask, 'the mask of new files is what it was');
is(join(' ', grep { /level/ } split(/ /, files())), '', 'and no file is left');

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

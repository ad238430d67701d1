#
# 038_planning.pl - planning opens nothing, waits for nothing and fails for no file; and an Append begins no more scans than it needs.
#
use strict;
use warnings;

use Fcntl;
use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture flows_table);

# A lease on a file, as Linux has them: whoever opens the file otherwise breaks it, which the holder sees.
use constant { F_SETLEASE => 1024, F_GETLEASE => 1025 };

my $node = start_cluster('planning', 8);
my $directory = $node->basedir . '/captures';
my $soon = "SET statement_timeout = '60s'; ";

mkdir($directory) or die;
my $capture = capture($node, 'dns.pcap');
system_or_bail('cp', $capture, "$directory/$_.pcap") foreach qw(a b c closed);
system_or_bail('gzip', '-k', "$directory/a.pcap");
system_or_bail('mkfifo', "$directory/pipe");
chmod 0000, "$directory/closed.pcap";

my @leased = map { "$directory/$_" } qw(a.pcap b.pcap c.pcap a.pcap.gz);
my @holders;
local $SIG{IO} = 'IGNORE';

sub lease
{
	my ($path) = @_;

	open(my $file, '<', $path) or die "could not open $path: $!";
	fcntl($file, F_SETLEASE, F_RDLCK) or return undef;
	fcntl($file, F_SETLEASE, F_WRLCK) or return undef;
	return $file;
}

# Whether nobody has opened a leased file.
sub is_untouched
{
	my ($file) = @_;

	return fcntl($file, F_GETLEASE, 0) == F_WRLCK;
}

my %sources = (
	'a file' => "$directory/a.pcap",
	'a glob' => "$directory/[abc].pcap*",
	'a list' => "{$directory/a.pcap,$directory/b.pcap}",
	'a compressed file' => "$directory/a.pcap.gz",
	'an interface' => 'interface:lo',
	'no file' => "$directory/none.pcap",
	'nothing that matches' => "$directory/none*",
	'an unreadable file' => "$directory/closed.pcap",
	'a pipe' => "$directory/pipe",
	'a directory' => $directory,
	'a device' => '/dev/zero',
	'a file of the kernel' => '/proc/self/status');

# How each ends once it is run; the others have rows, or wait for them.
my %errors = (
	'no file' => qr/could not open capture ".*none\.pcap": No such file/,
	'nothing that matches' => qr/no capture matches/,
	'an unreadable file' => qr/could not open capture ".*closed\.pcap": Permission denied/,
	'a pipe' => qr/could not open capture ".*pipe": it is a pipe/,
	'a directory' => qr/could not open capture ".*captures": it is a directory/,
	'a device' => qr{could not open capture "/dev/zero": it is a device},
	'a file of the kernel' => qr{could not open capture "/proc/self/status": it is not a regular file});

my @kinds = sort keys %sources;
foreach my $i (0 .. $#kinds)
{
	flows_table($node, "t$i", $sources{ $kinds[$i] });
	flows_table($node, "apart$i", $sources{ $kinds[$i] }, separate_files => 'true', extra_columns => 'true');
}
@holders = map { lease($_) } @leased;
foreach my $i (0 .. $#kinds)
{
	foreach my $query ("SELECT * FROM t$i", "SELECT count(*) FROM apart$i WHERE source_file LIKE '%a.pcap' AND dst_port = 53", "SELECT id FROM t$i ORDER BY id LIMIT 3",
		"SELECT a.id FROM t$i a JOIN t$i b USING (src_ip)")
	{
		my ($out, $err);

		is($node->psql('postgres', "${soon}EXPLAIN $query", stdout => \$out, stderr => \$err), 0, "$kinds[$i]: EXPLAIN $query") or diag($err);
	}
	$node->psql('postgres', "${soon}PREPARE p(int) AS SELECT * FROM t$i WHERE dst_port = \$1; SET plan_cache_mode = force_generic_plan; EXPLAIN EXECUTE p(53)", stderr => \my $err);
	is($err, '', "$kinds[$i]: a generic plan");
}
SKIP:
{
	skip 'the file system knows no leases', scalar(@leased) if grep { !defined } @holders;
	ok(is_untouched($holders[$_]), "nobody has opened $leased[$_]") foreach 0 .. $#leased;
}
close($_) foreach grep { defined } @holders;

# A lease would have told: who reads the capture breaks it.
SKIP:
{
	my $holder = lease($leased[0]);

	skip 'the file system knows no leases', 1 if !defined $holder;
	$node->psql('postgres', 'SET statement_timeout = 1000; SELECT count(*) FROM t' . (grep { $kinds[$_] eq 'a file' } 0 .. $#kinds)[0], timeout => 60);
	ok(!is_untouched($holder), 'a scan opens it');
	close($holder);
}
foreach my $i (grep { exists $errors{ $kinds[$_] } } 0 .. $#kinds)
{
	$node->psql('postgres', "${soon}SELECT count(*) FROM t$i", stderr => \my $err);
	like($err, $errors{ $kinds[$i] }, "$kinds[$i]: when it is run");
}

# One capture has all that is wanted of several: the others are not begun.  To plan nothing is read.
my $large = "$directory/c.pcap";
truncate($large, 8 << 20) or die;
flows_table($node, 'many', $large);
$node->safe_psql('postgres', 'CREATE TABLE parts (LIKE many) PARTITION BY HASH (src_ip)');
$node->safe_psql('postgres', "CREATE FOREIGN TABLE part$_ PARTITION OF parts FOR VALUES WITH (MODULUS 4, REMAINDER $_) SERVER nfstream OPTIONS (source '$large')") foreach 0 .. 3;
foreach my $case ([ 'SELECT * FROM parts LIMIT 1', 0 ], [ 'SELECT * FROM parts LIMIT 100', 0 ], [ 'SELECT * FROM parts LIMIT 5000', 4 ], [ 'SELECT * FROM parts', 4 ],
	[ 'SELECT * FROM parts WHERE dst_port = 99 LIMIT 1', 4 ], [ 'SELECT count(*) FROM parts LIMIT 1', 4 ],
	[ 'SELECT id FROM part0 UNION ALL SELECT id FROM part1 LIMIT 10', 0 ])
{
	my ($query, $asynchronous) = @$case;
	my $plan = $node->safe_psql('postgres', "EXPLAIN (COSTS OFF) $query");

	is(() = $plan =~ /Async Foreign Scan/g, $asynchronous, "$query: $asynchronous scans at once") or diag($plan);
}
my $run = $node->safe_psql('postgres', 'EXPLAIN (ANALYZE, COSTS OFF) SELECT * FROM parts LIMIT 1');
is(() = $run =~ /Meters Started/g, 1, 'one is begun');
is(() = $run =~ /never executed/g, 3, 'and the others are not');

$node->stop;
done_testing();

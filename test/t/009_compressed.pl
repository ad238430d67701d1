#
# 009_compressed.pl - captures that are compressed with gzip and zstd: the same rows, and what is said of damage.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture copies_of flows_table flows_of plan_of same_lines);
use NFStreamSession;

my $node = start_cluster('compressed', 3);
my $directory = $node->basedir;
my $session = NFStreamSession->new($node);
my %compress = (gzip => [qw(gzip -c)], zstd => [qw(zstd -q -c)]);

# Writes what is left of a capture once it is compressed, up to this many bytes, to a file of this name.
sub compressed
{
	my ($program, $path, $name, $bytes) = @_;
	my $target = "$directory/$name";

	IPC::Run::run([ @{ $compress{$program} }, $path ], '>', \my $out) or die "could not run $program";
	open(my $file, '>:raw', $target) or die "could not write $target: $!";
	print $file defined $bytes ? substr($out, 0, $bytes) : $out;
	close($file);
	return $target;
}

my $plain = copies_of($node, 'busy.pcap', 10);
my $http = capture($node, 'http.pcap');

flows_table($node, 'flows', $plain, statistical_analysis => 'true', splt_analysis => 5);
my $rows = flows_of($node, 'flows');
my $account = plan_of($node, 'SELECT * FROM flows');

foreach my $program (sort keys %compress)
{
	# The names tell nothing: files are known by their first bytes.
	my $file = compressed($program, $plain, "$program.pcap");

	foreach my $meters (1, 3)
	{
		flows_table($node, 'flows', $file, statistical_analysis => 'true', splt_analysis => 5, n_meters => $meters);
		same_lines(flows_of($node, 'flows'), $rows, "$program, $meters meters: the same rows");
	}
	my $plan = plan_of($node, 'SELECT * FROM flows');
	is($plan->{'Packets Read'}, $account->{'Packets Read'}, "$program: the same packets read");
	is($plan->{'Bytes Read'}, -s $file, "$program: the bytes that were read are the file's");

	# The planner opens nothing: a name that says that it is compressed makes a larger capture of the same bytes.
	my %rows_planned;
	foreach my $name ($file, compressed($program, $plain, $program eq 'gzip' ? 'named.pcap.GZ' : 'named.pcap.zst'))
	{
		flows_table($node, 'flows', $name);
		$node->safe_psql('postgres', 'EXPLAIN SELECT * FROM flows') =~ /rows=(\d+)/;
		$rows_planned{$name eq $file ? 'unnamed' : 'named'} = $1;
	}
	cmp_ok($rows_planned{named}, '>', 1.4 * $rows_planned{unnamed}, "$program: a compressed file is expected to hold more than its size");

	# A list of files, of which each may be compressed or not.
	flows_table($node, 'flows', "{$http,$plain}");
	my $both = flows_of($node, 'flows');
	flows_table($node, 'flows', "{$http,$file}");
	same_lines(flows_of($node, 'flows'), $both, "$program: one of two files");
	flows_table($node, 'flows', '{' . compressed($program, $http, "http.$program") . ",$plain}");
	same_lines(flows_of($node, 'flows'), $both, "$program: the other one");

	# Cut off near its end, and soon after its first bytes.
	$file = compressed($program, $plain, "cut.$program", int(0.9 * -s $file));
	flows_table($node, 'flows', $file);
	my $packets = $session->query('SELECT sum(bidirectional_packets) > 0 FROM flows');
	is($packets, 't', "$program, cut off: the rows up to there");
	like($session->{said},
		qr/WARNING:  could not read capture "\Q$file\E": packet \d+ is in a $program stream that ends too early\n/,
		"$program, cut off: the warning");
	flows_table($node, 'flows', $file, on_damage => 'error');
	$session->query('SELECT count(*) FROM flows');
	like($session->{said}, qr/ERROR:  could not read capture "\Q$file\E": packet \d+ is in a $program stream/,
		"$program, cut off: the error with on_damage");
	$file = compressed($program, $http, "short.$program", 12);
	flows_table($node, 'flows', $file);
	$session->query('SELECT count(*) FROM flows');
	like($session->{said}, qr/ERROR:  file "\Q$file\E" is not a capture\nDETAIL:  This was found: a $program stream that ends too early\./,
		"$program, cut off at its start: the error");

	# What is compressed is no capture.
	$file = compressed($program, $node->data_dir . '/PG_VERSION', "version.$program");
	flows_table($node, 'flows', $file);
	$session->query('SELECT count(*) FROM flows');
	like($session->{said}, qr/ERROR:  file "\Q$file\E" is not a capture\n/, "$program: what it holds is no capture");
}

# What is compressed otherwise, packed, or another program's capture is called by its name, with what to do.
my $made = $node->basedir . '/foreign';
mkdir $made or die "could not make $made";
IPC::Run::run([ '/usr/bin/python3', '-', $plain, $made ], '<', \<<'PYTHON') or die 'could not make the files';
import bz2, gzip, lzma, sys, tarfile, zipfile
capture, made = sys.argv[1:]
content = open(capture, 'rb').read()
for name, changed in (('xz', lzma.compress(content)), ('lzma', lzma.compress(content, lzma.FORMAT_ALONE)), ('bzip2', bz2.compress(content)),
                      ('twice', gzip.compress(gzip.compress(content)))):
    open('%s/%s' % (made, name), 'wb').write(changed)
with zipfile.ZipFile(made + '/zip', 'w') as archive:
    archive.write(capture)
for name, mode in ('tar', 'w'), ('tgz', 'w:gz'):
    with tarfile.open('%s/%s' % (made, name), mode) as archive:
        archive.add(capture)
PYTHON
foreach my $type (qw(snoop netmon1 netmon2 ngsniffer ngwsniffer_2_0 nettl visual observer 5views k12text))
{
	system_or_bail 'editcap', '-F', $type, $plain, "$made/$type";
}
my $editcap = 'Captures are read as pcap and pcapng: convert it first, with Wireshark\'s "editcap".';
my @foreign = (
	[ 'xz', 'it is compressed with xz', 'Only gzip and zstd are read as they are: decompress the file first, with "xz -d".' ],
	[ 'lzma', 'it is compressed with lzma', 'Only gzip and zstd are read as they are: decompress the file first, with "xz -d".' ],
	[ 'bzip2', 'it is compressed with bzip2', 'Only gzip and zstd are read as they are: decompress the file first, with "bzip2 -d".' ],
	[ 'twice', 'it is compressed twice, with gzip first', 'A capture is read through one compression: decompress the file once.' ],
	[ 'zip', 'it is a zip archive', 'Take the captures out of it first, with "unzip".' ],
	[ 'tar', 'it is a tar archive', 'Take the captures out of it first, with "tar -xf".' ],
	[ 'tgz', 'it is a tar archive', 'Take the captures out of it first, with "tar -xf".' ],
	[ 'snoop', 'it has the format of snoop', $editcap ],
	[ 'netmon1', 'it has the format of Microsoft Network Monitor 1', $editcap ],
	[ 'netmon2', 'it has the format of Microsoft Network Monitor 2', $editcap ],
	[ 'ngsniffer', 'it has the format of Sniffer for DOS', $editcap ],
	[ 'ngwsniffer_2_0', 'it has the format of NetXRay and Sniffer for Windows', $editcap ],
	[ 'nettl', 'it has the format of nettl', $editcap ],
	[ 'visual', 'it has the format of Visual UpTime', $editcap ],
	[ 'observer', 'it has the format of Observer', $editcap ],
	[ '5views', 'it has the format of 5View', $editcap ],
	[ 'k12text', 'it has the format of K12, as text', $editcap ],
);
foreach my $case (@foreign)
{
	my ($name, $found, $hint) = @$case;

	flows_table($node, 'flows', "$made/$name");
	$session->query('SELECT count(*) FROM flows');
	like($session->{said},
		qr/^\S*\s*ERROR:  file "\Q$made\E\/$name" is not a capture\nDETAIL:  This was found: \Q$found\E\.\nHINT:  \Q$hint\E$/m,
		"$name: what it is, and what to do");
}

$session->quit;
$node->stop;
done_testing();

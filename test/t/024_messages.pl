#
# 024_messages.pl - what the extension says: each row of the table of messages, test/messages/*.txt, word for word.
#
# What was said is written as a table too, into the directory `messages` beside the log.  From the environment:
#	NFSTREAM_MESSAGES	only the rows whose file and title fit this regular expression
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Cwd qw(realpath);
use File::Basename;
use File::Copy;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster);
use NFStreamEvil qw(evil_deeds evil_program);
use NFStreamMessages qw(read_rows said matches);
use NFStreamProcesses qw(wait_until);

my $pcaps = $ENV{NFSTREAM_TEST_PCAPS} // "$FindBin::RealBin/../pcaps";
my $node = start_cluster('messages', 4);
my $directory = realpath($node->basedir) . '/captures';
my $results = $PostgreSQL::Test::Utils::log_path . '/messages';

# --------------------------------------------------------------------------------------------------------------- what is there

mkdir $_ or die "could not create $_: $!" foreach $directory, $results;
copy($_, "$directory/" . basename($_)) or die "could not copy $_: $!" foreach glob("'$pcaps'/*.pcap*");

sub file
{
	my ($name, $bytes) = @_;

	open(my $out, '>:raw', "$directory/$name") or die "could not write $name: $!";
	print $out $bytes;
	close($out) or die "could not write $name: $!";
}

# The first bytes of what is no capture.
my %magic = ('a.xz' => "\xFD7zXZ\0", 'a.lzma' => "\x5D\0\0\x80\0", 'a.bz2' => 'BZh9', 'a.lz4' => "\x04\x22\x4D\x18", 'a.Z' => "\x1F\x9D",
	'a.lz' => 'LZIP', 'a.lzo' => "\x89LZO\0\r\n\x1A\n", 'a.sz' => "\xFF\x06\0\0sNaPpY", 'a.zip' => "PK\x03\x04", 'a.7z' => "7z\xBC\xAF\x27\x1C",
	'a.rar' => "Rar!\x1A\x07", 'a.tar' => ("\0" x 257) . 'ustar', 'a.cab' => "MSCF\0\0\0\0", 'a.snoop' => "snoop\0\0\0", 'a.btsnoop' => "btsnoop\0",
	'a.netmon1' => 'RTSS', 'a.netmon2' => 'GMBU', 'a.sniffer' => "TRSNIFF data    \x1A", 'a.netxray1' => "XCP\0", 'a.netxray' => "VL\0\0",
	'a.iptrace' => 'iptrace 2.0', 'a.nettl' => "TR\0d\0", 'a.lanalyzer' => "\x01\x10\x4C\0\x01\x05", 'a.omnipeek' => "\177ver",
	'a.observer' => 'ObserverPktBuffe', 'a.visual' => "\x05VNF", 'a.5view' => "\xAA\xAA\xAA\xAA", 'a.k12' => "\0\0\x02\0\x12\x05\0\x10",
	'a.k12text' => '+---------+-------', 'a.ixia' => "\x1C\0\x01\xAB", 'a.lfs' => 'version https://git-lfs', 'a.html' => '<!DOCTYPE html>');
file($_, "$magic{$_}" . ' ' x 64) foreach sort keys %magic;

sub packed
{
	my ($name, @command) = @_;

	system_or_bail('bash', '-c', "cd '$directory' && @command > $name");
}
packed('http.pcap.gz', 'gzip -c http.pcap');
packed('http.pcap.zst', 'zstd -q -c http.pcap');
packed('twice.pcap.gz', 'gzip -c http.pcap.gz');
packed('twice.pcap.zst', 'zstd -q -c http.pcap.zst');
packed('cut.pcap.gz', 'gzip -c busy.pcap | head -c 20000');
packed('cut.pcap.zst', 'zstd -q -c busy.pcap | head -c -100');
packed('damaged.pcap.gz', q({ gzip -c busy.pcap | head -c 20000; printf '\377%.0s' {1..999}; }));
packed('damaged.pcap.zst', '{ zstd -q -c http.pcap; printf damaged; }');
packed('window.pcap.zst', 'cat http.pcap | zstd -q -c --long=30');
packed('growth.pcap.gz', '{ cat http.pcap; head -c 150000000 /dev/zero; } | gzip -c');
packed('growth.pcap.zst', '{ cat http.pcap; head -c 100000000 /dev/zero; } | zstd -q -c');
file('nonsense.pcap.gz', "\x1F\x8B\x08" . "\0" x 7 . "\xFF" x 64);
packed('second.pcap', q(head -c $((24 + 16 + $(od -An -j32 -N4 -tu4 http.pcap) + 8)) http.pcap));
file('reserved.pcap', pack('VvvVVVV', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 0x00010001));
my $section = pack('VVVvvq<V', 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0, -1, 28);
file('order.pcapng', substr($section, 0, 8) . "\x12\x34\x56\x78" . substr($section, 12));
file('interface.pcapng', $section . pack('VVV', 1, 12, 12));
mkdir "$directory/closed" or die "could not create a directory: $!";
copy("$pcaps/http.pcap", "$directory/closed/http.pcap") or die "could not copy: $!";
chmod 0, "$directory/closed";
copy("$pcaps/http.pcap", "$directory/unreadable.pcap") or die "could not copy: $!";
chmod 0, "$directory/unreadable.pcap";
mkdir "$directory/lab" or die "could not create a directory: $!";
copy("$pcaps/http.pcap", "$directory/lab/http.pcap") or die "could not copy: $!";
symlink('../http.pcap', "$directory/lab/out.pcap") or die "could not link: $!";
system_or_bail('mkfifo', "$directory/pipe");

# Programs in a meter's place, by what they do.
move(evil_program($node, $_), "$directory/evil.$_") or die "could not move evil.$_: $!"
	foreach evil_deeds('DEEDS'), evil_deeds('SAID'), evil_deeds('LEFT'), 'applications', 'lingers';

# Programs in the place of nfstream_sockets, by how they end.
my %ends = (2 => 'exit 2', 3 => 'exit 3', 4 => 'exit 4', 5 => 'exit 5', 9 => 'exit 9', killed => 'kill -KILL $$');
foreach my $end (sort keys %ends)
{
	mkdir "$directory/sockets.$end" or die "could not create a directory: $!";
	file("sockets.$end/nfstream_sockets", "#!/bin/sh\n$ends{$end}\n");
	chmod 0755, "$directory/sockets.$end/nfstream_sockets";
}

$node->safe_psql('postgres', <<"END");
CREATE ROLE analyst;
CREATE ROLE guest;
GRANT CREATE ON SCHEMA public TO analyst, guest;
GRANT USAGE ON FOREIGN SERVER nfstream TO analyst;
IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO public OPTIONS (source '$directory/http.pcap');
GRANT SELECT ON flows TO analyst;
CREATE SERVER lab FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (directory '$directory/lab');
END

# ------------------------------------------------------------------------------------------------------------------- the table

# A setting that only the server's configuration has; new sessions have it once the postmaster has read it.
sub configure
{
	my ($name, $value) = @_;
	my $show = "LOAD 'nfstream_fdw'; SELECT setting || ' ' || context FROM pg_settings WHERE name = '$name'";
	my $before = $node->safe_psql('postgres', $show);

	defined $value ? $node->append_conf('postgresql.conf', "$name = $value") :
		$node->adjust_conf('postgresql.conf', $name, undef);
	return $node->restart if $before =~ / postmaster$/;
	$node->reload;
	wait_until(sub { $node->safe_psql('postgres', $show) ne $before }, 10);
}

# Says what a row says; returns what was said, as a row.
sub try_row
{
	my ($row) = @_;
	my @settings = map { [ split / = /, $_->[1], 2 ] } grep { $_->[0] eq 'conf' } @{ $row->{given} };

	configure(@$_) foreach @settings;
	my @said = said($node, $directory, $row);
	configure($_->[0], undef) foreach @settings;
	my $is_right = matches($row, @said);
	ok($is_right, "$row->{file}: $row->{about}")
		or diag(join("\n", "$row->{file}:$row->{line}", 'said:', @said, 'and not:', @{ $row->{said} }));
	return join("\n", "== $row->{about}", (map { "$_->[0] " . ($_->[1] =~ s/\n/\n\t/gr) } @{ $row->{given} }),
		$is_right ? @{ $row->{said} } : @said) . "\n\n";
}

my $has_capable = -e (($ENV{NFSTREAM_TEST_METERS} // '') . '/755/nfstream_meter');
my $has_python = -x $node->config_data('--bindir') . '/nfstream_meter_python';
my $has_networks = system('unshare -rn true 2> /dev/null') == 0;
my $major = int($node->safe_psql('postgres', 'SHOW server_version_num') / 10000);
my $chosen = $ENV{NFSTREAM_MESSAGES} // '';		# of the rows, as a regular expression

foreach my $path (sort glob("'$FindBin::RealBin'/../messages/*.txt"))
{
	open(my $out, '>', "$results/" . basename($path)) or die "could not write: $!";
	foreach my $row (grep { "$_->{file}: $_->{about}" =~ /$chosen/ } read_rows($path))
	{
	  SKIP:
		{
			skip 'only root can give a program capabilities', 1
				if !$has_capable && grep { $_->[1] =~ m{/meters/} } @{ $row->{given} };
			skip 'users make no networks here', 1 if !$has_networks && grep { $_->[1] =~ /^unshare/ } @{ $row->{given} };
			skip 'nfstream_meter_python is not installed', 1 if !$has_python && $row->{file} eq 'python.txt';
			skip "this is PostgreSQL $major", 1
				if grep { $_->[0] eq 'since' && $_->[1] > $major || $_->[0] eq 'until' && $_->[1] < $major } @{ $row->{given} };
			print $out try_row($row);
		}
	}
	close($out);
}
$node->stop;
done_testing();

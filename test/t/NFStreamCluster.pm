#
# NFStreamCluster.pm - a cluster with the extension, and captures that it can read.
#
package NFStreamCluster;

use strict;
use warnings;

use Exporter 'import';
use File::Basename;
use File::Copy;
use Test::More;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

our @EXPORT_OK = qw(start_cluster settings capture copies_of flows_table flows_of plan_of same_lines);

# Where the captures of the project lie: the environment names it, else they are beside the tests.
my $pcaps = $ENV{NFSTREAM_TEST_PCAPS} // dirname(__FILE__) . '/../pcaps';

# The settings that these tests rely on.  Shared memory segments are files in the data directory, where they can be
# told from other clusters'; nothing that comes and goes by itself takes a worker's slot.
sub settings
{
	my ($workers) = @_;

	return <<"END";
max_worker_processes = $workers
nfstream_fdw.max_workers = $workers
dynamic_shared_memory_type = mmap
max_logical_replication_workers = 0
autovacuum = off
fsync = off
END
}

# Starts a cluster in which a number of background workers can run, with the extension and a server called nfstream.
sub start_cluster
{
	my ($name, $workers) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init(allows_streaming => 1);
	$node->append_conf('postgresql.conf', settings($workers));
	$node->start;
	$node->safe_psql('postgres',
		'CREATE EXTENSION nfstream_fdw; CREATE SERVER nfstream FOREIGN DATA WRAPPER nfstream_fdw');
	return $node;
}

# The path of a copy, beside the cluster's data, of one of the project's captures.
sub capture
{
	my ($node, $name) = @_;
	my $path = $node->basedir . "/$name";

	-e $path or copy("$pcaps/$name", $path) or die "could not copy $pcaps/$name: $!";
	return $path;
}

# Writes a capture that is the Ethernet capture NAME a number of times over, each copy a second later and from other
# addresses (10.x.y.z become others in 10.0.0.0/8), so that it has as many times the flows.  Returns its path.
sub copies_of
{
	my ($node, $name, $copies) = @_;
	my $path = $node->basedir . "/$copies.$name";
	my $bytes = slurp_binary(capture($node, $name));
	my @packets;
	my @addresses;

	return $path if -e $path;
	for (my $at = 24; $at < length($bytes);)
	{
		my ($seconds, $part, $captured, $wire) = unpack('V4', substr($bytes, $at, 16));

		push @packets, [ $seconds, $part, substr($bytes, $at + 8, 8), substr($bytes, $at + 16, $captured) ];
		$at += 16 + $captured;
	}
	open(my $out, '>:raw', $path) or die "could not write $path: $!";
	print $out substr($bytes, 0, 24);
	foreach my $copy (0 .. $copies - 1)
	{
		foreach my $packet (@packets)
		{
			my ($seconds, $part, $lengths, $frame) = @$packet;

			foreach my $address (26, 30)
			{
				next if substr($frame, 12, 2) ne "\x08\x00" || substr($frame, $address, 1) ne "\x0a";
				substr($frame, $address + 1, 1) = chr((ord(substr($frame, $address + 1, 1)) + $copy) % 256);
			}
			print $out pack('V2', $seconds + $copy, $part), $lengths, $frame;
		}
	}
	close($out) or die "could not write $path: $!";
	return $path;
}

sub slurp_binary
{
	my ($path) = @_;

	open(my $in, '<:raw', $path) or die "could not read $path: $!";
	local $/;
	return <$in>;
}

# Makes the table TABLE of all flows of a source, with these options.
sub flows_table
{
	my ($node, $table, $source, %options) = @_;
	my $list = join ', ', map { "$_ '$options{$_}'" } sort keys %options;

	$node->safe_psql('postgres', "DROP FOREIGN TABLE IF EXISTS $table; IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream"
		. " INTO public OPTIONS (table_name '$table', source '$source'" . ($list && ", $list") . ')');
}

# All rows of a table, with all their columns, as CSV.
sub flows_of
{
	my ($node, $table) = @_;

	return $node->safe_psql('postgres', "COPY (SELECT * FROM $table) TO STDOUT (FORMAT csv)");
}

# Tests that two texts are the same, and shows the first lines that are not.
sub same_lines
{
	my ($got, $expected, $name) = @_;
	my @got = split /\n/, $got;
	my @expected = split /\n/, $expected;
	my ($line) = grep { ($got[$_] // '') ne ($expected[$_] // '') } 0 .. (@got > @expected ? $#got : $#expected);

	ok(!defined $line, $name)
		or diag('line ', $line + 1, ":\n  ", $got[$line] // 'none', "\nexpected:\n  ", $expected[$line] // 'none');
}

# What EXPLAIN (ANALYZE) says of the scan of a table in a query, as a hash.  The plan must be the scan itself.
sub plan_of
{
	my ($node, $query) = @_;
	my $json = $node->safe_psql('postgres', "EXPLAIN (ANALYZE, FORMAT json) $query");

	require JSON::PP;
	return JSON::PP::decode_json($json)->[0]{Plan};
}

1;

#
# NFStreamProcesses.pm - the processes, files and memory that a cluster's scans use at this moment.
#
# A meter cannot be looked into: it is known by its name, and by its session (as in setsid), which is that of the
# worker or backend that started it.  So one that outlived its owner is known too, if the owner was seen before.  That
# a meter's session has ended says nothing by itself: so it is with one that somebody else has started, by hand or by
# another test beside this one.
#
package NFStreamProcesses;

use strict;
use warnings;

use Exporter 'import';
use Time::HiRes qw(time sleep);

use PostgreSQL::Test::Utils;

our @EXPORT_OK = qw(postmaster_of meters workers children zombies segments lasting_segments descriptors mappings private_memory wait_until
	wait_for_nothing what_is_left alive);

my %backends;		# of each cluster, by its directory: all that were seen so far

# The fields of /proc/PID/stat, from the process' state on; empty if there is no such process.
sub status_of
{
	my ($pid) = @_;

	open(my $in, '<', "/proc/$pid/stat") or return ();
	my $line = <$in> // return ();
	$line =~ /^\d+ \((.*)\) (.*)$/s or return ();
	return ($1, split(' ', $2));
}

# The children of a process, those too that ended and were not waited for.
sub children
{
	my ($parent) = @_;

	my @children = grep { my @status = status_of($_); @status && $status[2] == $parent } all_processes();
	return @children;
}

# Those of them that ended and were not waited for.
sub zombies
{
	my ($parent) = @_;

	my @zombies = grep { !alive($_) } children($parent);
	return @zombies;
}

sub all_processes
{
	opendir(my $proc, '/proc') or die "could not read /proc: $!";
	my @pids = grep { /^\d+$/ } readdir($proc);
	return @pids;
}

sub postmaster_of
{
	my ($node) = @_;

	return (split /\n/, slurp_file($node->data_dir . '/postmaster.pid'))[0];
}

# Whether a process is there, and not only waited for by its parent.
sub alive
{
	my ($pid) = @_;
	my @status = status_of($pid);

	return @status && $status[1] ne 'Z';
}

# The meters of a cluster, with Python in them or not, those too that ended and were not waited for, and those whose owner is gone.
sub meters
{
	my ($node) = @_;
	my $seen = $backends{ $node->data_dir } //= {};
	my @meters;

	$seen->{$_} = 1 foreach children(postmaster_of($node));
	foreach my $pid (all_processes())
	{
		my @status = status_of($pid);

		next unless @status && $status[0] =~ /^nfstream_meter_?$/;	# 15 characters of a name
		push @meters, $pid if $seen->{ $status[4] };
	}
	return @meters;
}

# The workers of a cluster.
sub workers
{
	my ($node) = @_;

	my @workers = grep { slurp_proc("/proc/$_/cmdline") =~ /nfstream worker/ } children(postmaster_of($node));
	return @workers;
}

sub slurp_proc
{
	my ($path) = @_;

	open(my $in, '<', $path) or return '';
	local $/;
	return <$in> // '';
}

# The dynamic shared memory segments of a cluster, by name, but for those that last until it ends.
sub segments
{
	my ($node) = @_;
	my %lasts = map { $_ => 1 } lasting_segments($node);

	return grep { !$lasts{$_} } all_segments($node);
}

sub all_segments
{
	my ($node) = @_;

	opendir(my $directory, $node->data_dir . '/pg_dynshmem') or die "could not read pg_dynshmem: $!";
	my @names = sort grep { !/^\./ } readdir($directory);
	return @names;
}

# Those that last, from the first scan on: what all meters are doing, where the server was not started with it, and the server's registry,
# in which that has a name.  PostgreSQL 17 and 18 keep there, for each segment, its name in 64 bytes and its number; the registry begins
# with 1 MB.
sub lasting_segments
{
	my ($node) = @_;
	my %is_there = map { $_ => 1 } all_segments($node);
	my @lasting;

	foreach my $registry (sort keys %is_there)
	{
		my $path = $node->data_dir . "/pg_dynshmem/$registry";

		next if (-s $path // 0) > 1 << 20;
		my ($number) = slurp_proc($path) =~ /(?=nfstream meters of \d+ bytes\0).{64}(.{4})/s or next;
		push @lasting, grep { $is_there{$_} } $registry, 'mmap.' . unpack('L', $number);
	}
	return @lasting;
}

# What a process has open, but for the files of the cluster, which the server keeps open as it likes: sorted, by kind
# for sockets and pipes and by path for all else.
sub descriptors
{
	my ($node, $pid) = @_;
	my $data = $node->data_dir;
	my @open = map { readlink($_) // () } glob("/proc/$pid/fd/*");

	return join ' ', sort map { s/:\[\d+\]$//r } grep { index($_, "$data/") != 0 } @open;
}

# The files that a process has mapped, one a line, with how often.
sub mappings
{
	my ($pid) = @_;
	my %times;

	$times{$_}++ foreach slurp_proc("/proc/$pid/maps") =~ m{^\S+ \S+ \S+ \S+ \d+ +(/.*)$}mg;
	return join "\n", map { "$times{$_} $_" } sort keys %times;
}

# The bytes of memory that are a process' own, and are there.
sub private_memory
{
	my ($pid) = @_;

	return (slurp_proc("/proc/$pid/status") =~ /^RssAnon:\s+(\d+) kB$/m)[0] * 1024;
}

# Waits until a condition holds, for at most a number of seconds; returns how many it took, or nothing.
sub wait_until
{
	my ($condition, $seconds) = @_;
	my $start = time();

	until ($condition->())
	{
		return undef if time() - $start > $seconds;
		sleep(0.005);
	}
	return time() - $start;
}

# Waits until no meter and no worker is there, and no segment but these; returns the seconds, or nothing after two.
sub wait_for_nothing
{
	my ($node, @segments) = @_;

	return wait_until(sub { !meters($node) && !workers($node) && "@segments" eq join(' ', segments($node)) }, 2);
}

# What wait_for_nothing() has waited for in vain.
sub what_is_left
{
	my ($node) = @_;

	return 'meters: ' . join(' ', meters($node)) . '; workers: ' . join(' ', workers($node)) . '; segments: '
		. join(' ', segments($node));
}

1;

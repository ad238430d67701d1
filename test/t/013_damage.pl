#
# 013_damage.pl - captures cut at and beside the end of every packet and anywhere, and captures mutated at random: the rows of
# flows that ended before the damage are those of the whole capture, a scan ends with at most one clear message, and the server
# does not notice.
#
# From the environment: SEED, of the random cuts and mutations, and MUTATIONS, how many.  The shared directory, where its model
# tells which rows a cut capture has, is NFSTREAM_SHARED, or beside the project.
#
# Captures are slowed, so that flows end all along; all their packets are metered.  Rows are looked at as they were sent, also
# those before an error: COPY sends each when it has it.  The first half runs under the session's own meters, for another
# session holds all workers.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use List::Util qw(sum0);
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture flows_table);
use NFStreamDamage qw(places_of_leaving mutated first_difference compressed);
use NFStreamEndings qw(make_tables);
use NFStreamPackets qw(pieces_of packets_of slowed);
use NFStreamProcesses qw(postmaster_of meters workers segments descriptors wait_until wait_for_nothing what_is_left);
use NFStreamSession;

use constant { WORKERS => 2, AT_ONCE => 20, RANDOM_CUTS => 200, SPLT => 3, PACKETS_FIELD => 17 };

my $seed = $ENV{SEED} || 1;
my $mutations = $ENV{MUTATIONS} || 2000;

# Which are cut, and by how much they are slowed: then each lasts about half an hour, but for format_ng.pcapng.
my @cut = (
	[ 'dns.pcap', 10_000 ],
	[ 'ipv6.pcap', 20_000 ],
	[ 'mdns.pcap', 400 ],
	[ 'text_dns.pcap', 50_000 ],
	[ 'ip6ip6.pcap', 20_000 ],
	[ 'gtpu.pcap', 6_000 ],
	[ 'cooked_v2.pcap', 8_000 ],
	[ 'time_active.pcap', 1 ],
	[ 'nanoseconds.pcapng', 30_000 ],
	[ 'format_ng.pcapng', 100_000 ],
);

# Which are mutated as well; compressed by the program, this many bytes at a time.
my @mutated = (
	[ 'tls.pcap', 10_000 ],
	[ 'quic.pcap', 10_000 ],
	[ 'ssh.pcap', 5_000 ],
	[ 'ftp_smtp_tftp.pcap', 8_000 ],
	[ 'text_tls.pcap', 10_000 ],
	[ 'text_dhcp.pcap', 50_000 ],
	[ 'format_nanoseconds_big_endian.pcap', 100_000 ],
	[ 'format_ng_big_endian.pcapng', 100_000 ],
	[ 'ipv6.pcap', 20_000, 1_500, qw(gzip -c) ],
	[ 'dns.pcap', 10_000, 800, qw(zstd -q -c) ],
	[ 'nanoseconds.pcapng', 30_000, 700, qw(zstd -q -c) ],
);

my @tables = (
	{ idle_timeout => 120, active_timeout => 1800, n_dissections => 0, n_meters => 2, on_damage => 'warn' },
	{ idle_timeout => 120, active_timeout => 1800, n_dissections => 20, n_meters => 1, on_damage => 'error' },
	{ idle_timeout => 0, active_timeout => 1800, n_dissections => 0, n_meters => 2, on_damage => 'error' },
	{ idle_timeout => 0, active_timeout => 1800, n_dissections => 20, n_meters => 1, on_damage => 'warn' },
	{ idle_timeout => 600, active_timeout => 150, n_dissections => 0, n_meters => 1, on_damage => 'error' },
	{ idle_timeout => 600, active_timeout => 150, n_dissections => 20, n_meters => 1, on_damage => 'warn' },
);

my $node = start_cluster('damage', WORKERS);
my $directory = $node->basedir;
my $session = NFStreamSession->new($node);
my $witness = NFStreamSession->new($node);
my %total;
my @wrong;

# -------------------------------------------------------------------------------------------------------------- scanning

sub write_file
{
	my ($path, $bytes) = @_;

	open(my $out, '>:raw', $path) or die "could not write $path: $!";
	print $out $bytes;
	close($out);
}

# Scans what the cases are of, each with its table: its rows, and what was said.
sub scan
{
	my (@cases) = @_;
	my $number = 0;
	my $statements = '';

	foreach my $case (@cases)
	{
		$case->{path} = "$directory/damaged." . $number++;
		write_file($case->{path}, $case->{bytes});
		$statements .= "ALTER FOREIGN TABLE flows_$case->{table} OPTIONS (SET source '$case->{path}');\n"
			. "COPY (SELECT * FROM flows_$case->{table}) TO STDOUT;\n\\echo end of scan\n\\warn end of scan\n";
	}
	$session->send($statements);
	my @rows = split /^end of scan\n?/m, $session->finish(120), -1;	# without its last newline
	my @said = split /^end of scan\n/m, $session->{said}, -1;
	foreach my $case (@cases)
	{
		$case->{rows} = [ split /\n/, shift @rows // '' ];
		$case->{said} = shift @said // 'nothing: the session has ended';
	}
}

# Scans cases, some at a time, and checks each.
sub scan_and_check
{
	my ($check, @cases) = @_;

	while (my @some = splice(@cases, 0, AT_ONCE))
	{
		scan(@some);
		foreach my $case (@some)
		{
			my $fault = $check->($case) // fault_in_rows($case) // next;

			push @wrong, $case->{name};
			diag("$case->{name}, flows_$case->{table}: $fault\n", $case->{said}, 'kept as ', keep($case)) if @wrong <= 3;
		}
	}
}

# How many messages a case has led to.
sub messages
{
	my ($case) = @_;

	return scalar(() = $case->{said} =~ /^\S+ [A-Z]+:  \w{5}: /mg);
}

sub packets_in
{
	return sum0(map { (split /\t/)[PACKETS_FIELD] } @_);
}

# Keeps a case's capture among the logs.
sub keep
{
	my ($case) = @_;
	my $path = "$PostgreSQL::Test::Utils::log_path/" . $case->{name} =~ tr/ ,/_/dr;

	write_file($path, $case->{bytes});
	return $path;
}

# Another session holds all workers, or lets them go.
sub hold_workers
{
	$witness->query('BEGIN; DECLARE flows CURSOR FOR SELECT * FROM many; FETCH 1 FROM flows');
	is(scalar(workers($node)), WORKERS, 'all workers are held');
}

sub release_workers
{
	$witness->query('COMMIT');
}

# --------------------------------------------------------------------------------------------------- the whole captures

# How many packets are whole in front of this byte of a capture.
sub packets_before
{
	my ($capture, $byte) = @_;

	($byte) = (reverse 0, map { $_->{whole} } grep { $_->{to} <= $byte } @{ $capture->{pieces} }) if $capture->{is_compressed};
	return scalar(grep { $_->{to} <= $byte } @{ $capture->{packets} });
}

# A capture as it is damaged, with its rows in each table, and when their flows left.
sub whole_capture
{
	my ($name, $factor, $step, @program) = @_;
	my $bytes = slowed(slurp_file(capture($node, $name)), $factor);
	my @pieces = pieces_of($bytes);
	my @packets = packets_of(@pieces);
	my $capture = { name => $name, path => "$directory/whole.$name", packets => \@packets };

	write_file($capture->{path}, $bytes);
	if (defined $step)
	{
		$capture->{name} = "$name of $program[0]";
		$capture->{is_compressed} = 1;
		($bytes, @pieces) = compressed($bytes, $step, @program);
	}
	$capture->{bytes} = $bytes;
	$capture->{pieces} = \@pieces;

	my @cases = map { { table => $_, bytes => $bytes } } 0 .. $#tables;
	scan(@cases);
	foreach my $case (@cases)
	{
		my @rows = @{ $case->{rows} };
		my $in_rows = packets_in(@rows);

		push @wrong, $capture->{name} if $case->{said} ne '' || $in_rows != @packets;
		push @{ $capture->{rows} }, \@rows;
		push @{ $capture->{left} }, [ places_of_leaving(\@packets, \@rows, $tables[ $case->{table} ]{idle_timeout} * 1000) ];
	}
	return $capture;
}

# What there is to complain of in the rows of a case, if there is.
sub fault_in_rows
{
	my ($case) = @_;
	my ($capture, $table, $rows) = @$case{qw(capture table rows)};
	my $whole = $capture->{rows}[$table];
	my $ended = grep { defined && $_ <= $case->{packets} } @{ $capture->{left}[$table] };
	my $compared = $case->{died} && @$rows < $ended ? @$rows : $ended;

	foreach my $number (0 .. $#$rows)
	{
		return "row $number has another id" if $rows->[$number] !~ /^$number\t/;
	}
	foreach my $number (0 .. $compared - 1)
	{
		return "row $number is not there" if $number > $#$rows;
		return "row $number is\n$rows->[$number]\nand was\n$whole->[$number]" if $rows->[$number] ne $whole->[$number];
	}
	$total{ $case->{compared} } += $compared;
	return undef;
}

# ------------------------------------------------------------------------------------------------------------- the model

# What the model says of a capture with these timeouts: for each number of its first packets the rows, and for the whole of it
# at which packet their flows left, 0 for the end.
sub ask_model
{
	my ($tools, $capture, $idle, $active) = @_;
	my (@rows, @left);

	IPC::Run::run([ '/usr/bin/python3', "$FindBin::RealBin/damage_model.py", $tools, 1, SPLT, $capture->{path}, $idle, $active ],
		'>', \my $out) or die 'could not run the model';
	foreach my $line (split /\n/, $out)
	{
		if ($line =~ /^= /)
		{
			push @rows, [];
			@left = ();
			next;
		}
		my ($place, $row) = $line =~ /^(\d+):(.*)$/ or die "the model said: $line";
		push @{ $rows[-1] }, $row;
		push @left, $place;
	}
	return { rows => \@rows, left => \@left };
}

# The same for each table; some differ in nothing that the model knows.
sub models_of
{
	my ($tools, $capture) = @_;
	my (%answers, @models);

	foreach my $table (@tables)
	{
		my @timeouts = @$table{qw(idle_timeout active_timeout)};

		push @models, $answers{"@timeouts"} //= ask_model($tools, $capture, @timeouts);
	}
	return @models;
}

# Whether rows are the model's, but for what the model knows nothing of.
sub as_model
{
	my ($rows, $model) = @_;

	return @$rows == @$model && !grep { index("$rows->[$_]\t", "$model->[$_]\t") != 0 } 0 .. $#$rows;
}

# --------------------------------------------------------------------------------------------------------------- cutting

# What is to be said of a capture that ends at a byte: how many packets are whole, and at which byte the last whole piece ends.
sub said_of_cut
{
	my ($case) = @_;
	my ($capture, $size, $packets, $end) = ($case->{capture}, length($case->{bytes}), @$case{qw(packets end)});
	my $is_pcap = $capture->{name} !~ /pcapng/;
	my $severity = $tables[ $case->{table} ]{on_damage} eq 'warn' ? 'WARNING' : 'ERROR';
	my $header = $is_pcap ? 16 : 12;
	my $place = $is_pcap ? 'a packet' : 'a block';
	my $number = $packets + 1;

	return qr/^\S+ ERROR:  42809: capture "\Q$case->{path}\E" is empty\n/ if $size == 0;
	return qr/^\S+ ERROR:  42809: file "\Q$case->{path}\E" is not a capture\n/ if $size < ($is_pcap ? 24 : 4);
	return qr/^$/ if $size == $end;
	my $reason = $size - $end < $header ? "ends inside $place\'s header" : 'ends beyond the end of the file';
	return qr/^\S+\ $severity:\ \ XX001:\ could\ not\ read\ capture\ "\Q$case->{path}\E":\ packet\ $number\ \Q$reason\E\n
		DETAIL:\ \ Before\ it\ $packets\ packets?\ (?:was|were)\ read,\ up\ to\ byte\ $end\.\n/x;
}

# A capture that ends at this byte, or with one byte more than it has.  Where no table is named, those with the same packets go
# to the same one.
sub cut_case
{
	my ($capture, $size, $table) = @_;
	my @ends = ends_of($capture);
	my $packets = packets_before($capture, $size);

	return { name => "$capture->{name} up to byte $size", capture => $capture, table => $table // $packets % @tables,
		bytes => substr("$capture->{bytes}\0", 0, $size), packets => $packets,
		end => (grep { $_ <= $size } reverse @ends)[0] };
}

# The ends of a capture's pieces, counted from the start of the first.
sub ends_of
{
	my ($capture) = @_;
	my @pieces = @{ $capture->{pieces} };

	return ($pieces[0]{from}, map { $_->{to} } @pieces);
}

# At each of them, and one byte beside it.
sub cuts_of
{
	my ($capture) = @_;

	return map { cut_case($capture, $_) } grep { $_ >= 0 } map { ($_ - 1, $_, $_ + 1) } ends_of($capture);
}

sub any_cut
{
	my ($capture) = @_;

	return cut_case($capture, int rand length($capture->{bytes}), int rand @tables);
}

# Rows of cut captures, by capture, table and number of packets, as they came first.
my %rows_of;

sub fault_in_cut
{
	my ($case) = @_;
	my ($capture, $table, $packets) = @$case{qw(capture table packets)};
	my $rows = join "\n", @{ $case->{rows} };
	my $same = ($rows_of{"$capture->{name} $table $packets"} //= $rows);

	$total{cuts}++;
	$case->{compared} = 'rows of cut captures';
	return 'another message' if $case->{said} !~ said_of_cut($case);
	return 'more than one message' if messages($case) > 1;
	return 'other rows than with another cut after the same packet' if $rows ne $same;
	return 'not all packets' if $packets != packets_in(@{ $case->{rows} });
	return 'rows that are not the model\'s'
		if $capture->{model} && !as_model($case->{rows}, $capture->{model}[$table]{rows}[$packets]);
	return undef;
}

# -------------------------------------------------------------------------------------------------------------- mutating

sub mutation_case
{
	my ($number, @captures) = @_;
	my $capture = $captures[ rand @captures ];
	my $bytes = mutated($capture->{bytes}, @{ $capture->{pieces} });

	return { name => "mutation $number, $capture->{name}", capture => $capture, table => int rand @tables, bytes => $bytes,
		packets => packets_before($capture, first_difference($bytes, $capture->{bytes})) };
}

# What may be said of a damaged capture.  Before it comes the place in psql's input, after it a hint and where it was raised.
my %sayings = (
	damage => qr/^\S+\ (WARNING|ERROR):\ \ (?:XX001|0A000):\ could\ not\ read\ capture\ "PATH":\ packet\ (\d+)\ \w.*\n
		DETAIL:\ \ Before\ it\ (\d+)\ packets?\ (?:was|were)\ read,\ up\ to\ byte\ (\d+)\.\n/x,
	'no capture' => qr/^\S+ ERROR:  42809: (file "PATH" is not a capture|capture "PATH" is empty)\n/,
	'no known kind of capture' => qr/^\S+ ERROR:  (XX001|0A000): could not read capture "PATH": (it is pcap(ng)? of version|the reserved bits) /,
	'a value that its type cannot hold' => qr/^\S+ ERROR:  22003: .* is out of range/,
	# neither by the kernel's or somebody's hand nor by the sandbox's
	'nDPI died' => qr/^\S+\ ERROR:\ \ HV000:\ a\ meter\ was\ terminated\ by\ signal\ (?!9\b|31\b)(\d+):\ .*\n
		DETAIL:\ \ It\ was\ at\ packet\ \d+\ of\ "PATH",\ at\ byte\ \d+\.\n/x,
	'nothing said' => qr/^$/,
);

sub fault_in_mutation
{
	my ($case) = @_;
	my ($capture, $packets) = @$case{qw(capture packets)};
	my $table = $tables[ $case->{table} ];
	my $said = $case->{said} =~ s/\Q$case->{path}\E/PATH/gr;
	my ($kind) = grep { $said =~ $sayings{$_} } keys %sayings;

	$total{mutations}++;
	$case->{compared} = 'rows of mutated captures';
	return 'what is not said of a damaged capture' if !defined $kind;
	return 'more than one message' if messages($case) > 1;
	$said =~ $sayings{$kind};
	if ($kind eq 'damage')
	{
		my ($severity, $number, $read, $byte) = ($1, $2, $3, $4);

		return 'another severity' if $severity ne ($table->{on_damage} eq 'warn' ? 'WARNING' : 'ERROR');
		return 'numbers that do not go together' if $number != $read + 1;
		return 'a damage in front of the damage'
			if $read < $packets || $packets > 0 && $byte < $capture->{packets}[ $packets - 1 ]{to};
		$kind .= ", \L$severity\E";
	}
	return 'it was a capture up to its first packet' if $kind =~ /^no .*capture/ && $packets > 0;
	if ($kind eq 'nDPI died')
	{
		return 'there is no nDPI in it' if $table->{n_dissections} == 0;
		$case->{died} = 1;
		diag("nDPI died by signal $1: $case->{name}, with SEED=$seed, kept as ", keep($case));
	}
	$total{$kind}++;
	return undef;
}

# ------------------------------------------------------------------------------------------------------------- the tests

note("SEED=$seed");
srand($seed);
make_tables($node, WORKERS);
foreach my $number (0 .. $#tables)
{
	flows_table($node, "flows_$number", capture($node, 'dns.pcap'), %{ $tables[$number] }, statistical_analysis => 'true',
		splt_analysis => SPLT);
}
$session->query("SET statement_timeout = '60s'; SELECT count(*) FROM flows_1");
$session->query("\\set VERBOSITY verbose\nSELECT");

my @to_cut = map { whole_capture(@$_) } @cut;
my @to_mutate = (@to_cut, map { whole_capture(@$_) } @mutated);
is(join('; ', splice @wrong), '', 'whole captures: nothing is said, and all packets are in rows');

wait_until(sub { !meters($node) && !workers($node) }, 2);
my @before = segments($node);
my $postmaster = postmaster_of($node);
my $started = $witness->query('SELECT pg_postmaster_start_time()');
my $descriptors = descriptors($node, $session->backend);

my $tools = ($ENV{NFSTREAM_SHARED} // "$FindBin::RealBin/../../../shared") . '/tools';
SKIP:
{
	skip "the model is not in $tools", 2 if !-e "$tools/model.py";
	my ($exact, $later, $earlier) = (0, 0, 0);

	foreach my $capture (@to_cut)
	{
		$capture->{model} = [ models_of($tools, $capture) ];
		foreach my $table (0 .. $#tables)
		{
			my $model = $capture->{model}[$table];

			as_model($capture->{rows}[$table], $model->{rows}[-1]) or push @wrong, "$capture->{name}, flows_$table";
			foreach my $number (0 .. $#{ $model->{left} })
			{
				my ($place, $at_most) = ($model->{left}[$number], $capture->{left}[$table][$number]);

				next if !defined $at_most;
				$exact++ if $at_most == $place;
				$later++ if $at_most > $place && $place > 0;
				$earlier++ if $at_most < $place || $place == 0;
			}
		}
	}
	is(join('; ', splice @wrong), '', 'the rows of whole captures are the model\'s');
	is($earlier, 0, 'no flow left later than this test thinks');
	note("of flows that left before the end, this test knows for $exact when, for $later at the latest when");
}

my @cases = map { cuts_of($_) } @to_cut;
my @random = map { any_cut($to_cut[ rand @to_cut ]) } 1 .. RANDOM_CUTS;

hold_workers();
scan_and_check(\&fault_in_cut, splice(@cases, 0, @cases / 2), splice(@random, 0, RANDOM_CUTS / 2));
is(join('; ', splice @wrong), '', 'captures that are cut, without workers');
scan_and_check(\&fault_in_mutation, map { mutation_case($_, @to_mutate) } 1 .. $mutations / 2);
is(join('; ', splice @wrong), '', 'captures that are mutated, without workers');
release_workers();
scan_and_check(\&fault_in_cut, @cases, @random);
is(join('; ', splice @wrong), '', 'captures that are cut');
scan_and_check(\&fault_in_mutation, map { mutation_case($_, @to_mutate) } $mutations / 2 + 1 .. $mutations);
is(join('; ', splice @wrong), '', 'captures that are mutated');

cmp_ok($total{'rows of cut captures'}, '>', 5 * $total{cuts}, 'rows of cut captures were compared');
cmp_ok($total{'rows of mutated captures'}, '>', 5 * $total{mutations}, 'rows of mutated captures were compared');
note(join '; ', map { "$_: $total{$_}" } sort keys %total);

is($session->query('SELECT pg_backend_pid()'), $session->backend, 'the session lives');
is($witness->query('SELECT pg_postmaster_start_time()'), $started, 'so does another, and the server was not restarted');
is(postmaster_of($node), $postmaster, 'the postmaster is the same');
unlike(slurp_file($node->logfile), qr/PANIC|\(PID \d+\) was terminated by signal/, 'no process of the server died');
ok(defined wait_for_nothing($node, @before), 'nothing is left') or diag(what_is_left($node));
is(descriptors($node, $session->backend), $descriptors, 'no descriptor is left');

$session->quit;
$witness->quit;
$node->stop;
done_testing();

#
# 014_privileges.pl - who may do what: each kind of role, with each kind of source, on servers with and without bounds; names
# that try to leave a server's directory, links that are put in place while a scan runs, and kernels that cannot keep names
# inside.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Cwd qw(getcwd realpath);
use File::Copy;
use IO::Socket::UNIX;
use POSIX ();
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture copies_of);
use NFStreamProcesses qw(descriptors segments wait_for_nothing);
use NFStreamSession;

my $node = start_cluster('privileges', 3);
my $base = realpath($node->basedir);
my $inside = "$base/captures";
my $outside = "$base/outside";
my $session = NFStreamSession->new($node);

# ------------------------------------------------------------------------------------------------------------ what there is

mkdir $_ or die "could not create $_: $!" foreach $inside, $outside, "$inside/sub", "$inside/sub/empty", "$base/captures2";
foreach my $copy ([ 'http.pcap', "$inside/a.pcap" ], [ 'http.pcap', "$inside/sub/b.pcap" ], [ 'tls.pcap', "$outside/c.pcap" ],
	[ 'tls.pcap', "$base/captures2/c.pcap" ])
{
	copy(capture($node, $copy->[0]), $copy->[1]) or die "could not copy: $!";
}
my %links = (
	'in' => 'a.pcap',
	'in_up' => 'sub/../a.pcap',
	'in_whole' => "$inside/sub/b.pcap",
	'in_twice' => 'in_whole',
	'in_directory' => 'sub',
	'in_directory_whole' => "$inside//in_directory",
	'sub/in_from_below' => '../a.pcap',
	'out' => '../outside/c.pcap',
	'out_whole' => "$outside/c.pcap",
	'out_to_nothing' => "$outside/nothing",
	'out_twice' => 'sub/out_below',
	'sub/out_below' => '../../outside/c.pcap',
	'out_and_back' => '../captures/a.pcap',
	'out_whole_up' => "$inside/sub/../../outside/c.pcap",
	'out_directory' => $outside,
	'out_root' => "/proc/self/root$outside/c.pcap",
	'out_cwd' => '/proc/self/cwd/PG_VERSION',
	'out_device' => '/dev/null',
	'loop' => 'loop',
	'loop_whole' => "$inside/loop_whole",
	'nowhere' => 'nothing',
);
symlink($links{$_}, "$inside/$_") or die "could not link $_: $!" foreach keys %links;
symlink($inside, "$base/link") or die "could not link: $!";
system_or_bail('mkfifo', "$inside/pipe");

# The name of a socket may not be long.
my $here = getcwd();
chdir $inside or die "could not go to $inside: $!";
IO::Socket::UNIX->new(Local => 'socket', Listen => 1) or die "could not make a socket: $!";
chdir $here or die "could not go back: $!";

# The servers.
my %servers = (
	plain => '',
	captures => "OPTIONS (directory '$inside')",
	linked => "OPTIONS (directory '$base/link/')",
	wire => "OPTIONS (interfaces '{lo,none0}')",
	two_bounds => "OPTIONS (directory '$inside', interfaces '{lo,none0}')",
	root => "OPTIONS (directory '/')",
	proc => "OPTIONS (directory '/proc')",
	gone => "OPTIONS (directory '$base/gone')",
	file => "OPTIONS (directory '$inside/a.pcap')",
);

# The roles: two with rights on files of their own, one who may use the servers, one with SELECT on the tables, and one
# with nothing but what is everyone's.  Each has a schema to make tables in.
my @roles = ('super', 'files', 'user_of_server', 'reader', 'nobody');
my @owners = @roles[ 0 .. 2 ];

$node->safe_psql('postgres', join ";\n",
	'CREATE ROLE super SUPERUSER', 'CREATE ROLE files IN ROLE pg_read_server_files',
	'CREATE ROLE writer IN ROLE pg_write_server_files',
	'CREATE ROLE user_of_server', 'CREATE ROLE reader', 'CREATE ROLE nobody',
	(map { "CREATE SCHEMA AUTHORIZATION $_" } @roles),
	(map { "CREATE SERVER $_ FOREIGN DATA WRAPPER nfstream_fdw $servers{$_};"
			. "GRANT USAGE ON FOREIGN SERVER $_ TO user_of_server" } sort keys %servers),
	'GRANT USAGE ON FOREIGN DATA WRAPPER nfstream_fdw TO files, user_of_server',
	'GRANT USAGE ON SCHEMA super, files, user_of_server TO PUBLIC');
foreach my $server (sort keys %servers)
{
	# As a superuser makes it and gives it away, who needs no USAGE himself.
	$node->safe_psql('postgres', "CREATE FOREIGN TABLE $_.at_$server (id bigint, source_file text, bidirectional_packets int)"
			. " SERVER $server OPTIONS (source '/', n_dissections '0'); ALTER FOREIGN TABLE $_.at_$server OWNER TO $_;"
			. "GRANT SELECT ON $_.at_$server TO reader, writer")
		foreach @owners;
}

# ------------------------------------------------------------------------------------------------------------------ outcomes

# What a statement came to, in a word.
my @outcomes = (
	[ qr/permission denied to (read captures|capture from an interface) through/, 'denied' ],
	[ qr/permission denied (for|to write|to set)|must be owner of/, 'forbidden' ],
	[ qr/is not in directory "/, 'outside' ],
	[ qr/the meter may not capture from interface|interface "none\d" does not exist/, 'tried' ],
	[ qr/No such file or directory|no capture matches/, 'absent' ],
	[ qr/could not open capture .*: it is a (\w+)/, undef ],
	[ qr/Too many levels of symbolic links/, 'loop' ],
	[ qr/Not a directory/, 'file' ],
	[ qr/is not a capture/, 'text' ],
);

sub outcome
{
	my ($role, $statement) = @_;

	$session->query("SET SESSION AUTHORIZATION $role; $statement; RESET SESSION AUTHORIZATION");
	return 'done' if $session->{said} eq '';
	foreach my $outcome (@outcomes)
	{
		return $outcome->[1] // $1 if $session->{said} =~ $outcome->[0];
	}
	return $session->{said};
}

sub set_source
{
	my ($owner, $server, $source) = @_;

	$session->query("ALTER FOREIGN TABLE $owner.at_$server OPTIONS (SET source \$source\$$source\$source\$)");
}

# ------------------------------------------------------------------------------------------------------- sources and owners
# What a scan of a table of each owner (super, files, user_of_server) comes to: for one who may SELECT it the same, whoever he
# is, and nobody else gets as far.

my $of_all = sub { return [ ($_[0]) x 3 ] };
my $of_files = sub { return [ $_[0], $_[0], 'denied' ] };
my $of_super = sub { return [ $_[0], 'denied', 'denied' ] };

my @bounded = (
	# In the directory.
	[ 'a.pcap', 'done' ],
	[ './/a.pcap', 'done' ],
	[ 'sub/b.pcap', 'done' ],
	[ 'sub/../a.pcap', 'done' ],
	[ "$inside/a.pcap", 'done' ],
	[ "/$inside//sub/./b.pcap", 'done' ],
	[ 'in', 'done' ],
	[ 'in_up', 'done' ],
	[ 'in_whole', 'done' ],
	[ 'in_twice', 'done' ],
	[ 'sub/in_from_below', 'done' ],
	[ 'in_directory/b.pcap', 'done' ],
	[ 'in_directory_whole/b.pcap', 'done' ],
	[ 'in_directory_whole/../in_whole', 'done' ],
	[ '*.pcap', 'done' ],
	[ "$inside/[a]*", 'done' ],
	[ '*/b.pcap', 'done' ],
	[ 'in_directory*/[b]*', 'done' ],
	[ 'sub/../*.pcap', 'done' ],
	[ '{a.pcap,sub/b.pcap}', 'done' ],
	[ "{sub/*.pcap,$inside/a.pcap}", 'done' ],
	[ 'nothing', 'absent' ],
	[ 'nowhere', 'absent' ],
	[ 'nothing*', 'absent' ],
	[ "$inside/nothing", 'absent' ],
	[ '.', 'directory' ],
	[ 'sub', 'directory' ],
	[ $inside, 'directory' ],
	[ "$inside/", 'directory' ],
	[ 'pipe', 'pipe' ],
	[ 'p*e', 'pipe' ],
	[ 'socket', 'socket' ],
	[ 'loop', 'loop' ],
	[ 'a.pcap/', 'file' ],
	# Not in it.
	[ "$outside/c.pcap", 'outside' ],
	[ "$base/captures2/c.pcap", 'outside' ],
	[ "$base/link/a.pcap", 'outside' ],
	[ '/etc/passwd', 'outside' ],
	[ '/', 'outside' ],
	[ '/dev/null', 'outside' ],
	[ '..', 'outside' ],
	[ '../outside/c.pcap', 'outside' ],
	[ '../captures/a.pcap', 'outside' ],
	[ 'sub/../../captures/a.pcap', 'outside' ],
	[ "$inside/../captures/a.pcap", 'outside' ],
	(map { [ $_, 'outside' ] } grep { /out/ } sort keys %links),
	[ 'loop_whole', 'outside' ],
	[ 'out_directory/c.pcap', 'outside' ],
	[ 'out_directory/nothing', 'outside' ],
	[ '/proc/self/fd/3', 'outside' ],
	[ "/proc/self/root$outside/c.pcap", 'outside' ],
	[ "/proc/self/root$inside/a.pcap", 'outside' ],
	[ '/proc/self/cwd/PG_VERSION', 'outside' ],
	[ "$outside/*", 'outside' ],
	[ '../outside/*', 'outside' ],
	[ '../*/a.pcap', 'outside' ],
	[ "$base/capture[s]/a.pcap", 'outside' ],
	[ '/etc/[p]asswd', 'outside' ],
	[ 'out*', 'outside' ],
	[ 'sub/out_b[e]low', 'outside' ],
	[ '*/c.pcap', 'absent' ],
	[ 'out_directory/c*', 'outside' ],
	[ "{a.pcap,$outside/c.pcap}", 'outside' ],
	[ '{a.pcap,out}', 'outside' ],
	[ '{a.pcap,../outside/c*}', 'outside' ],
	[ '{../outside/c.pcap,a.pcap}', 'outside' ],
);
my %matrix = (
	captures => [
		(map { [ $_->[0], $of_all->($_->[1]) ] } @bounded),
		[ 'interface:lo', $of_super->('tried') ],
		[ 'interface:none0', $of_super->('tried') ],
		# Who may not capture does not learn which interfaces there are.
		[ 'lo', [ 'tried', 'absent', 'absent' ] ],
		[ 'none0', $of_all->('absent') ],
	],
	two_bounds => [
		[ 'a.pcap', $of_all->('done') ],
		[ 'out', $of_all->('outside') ],
		[ 'lo', [ 'tried', 'absent', 'tried' ] ],
		[ 'interface:lo', [ 'tried', 'denied', 'tried' ] ],
		[ 'interface:none0', [ 'tried', 'denied', 'tried' ] ],
		[ 'interface:none1', $of_all->('denied') ],
	],
	wire => [
		[ "$inside/a.pcap", $of_files->('done') ],
		[ "$inside/nothing", $of_files->('absent') ],
		[ 'interface:lo', [ 'tried', 'denied', 'tried' ] ],
		[ 'interface:none0', [ 'tried', 'denied', 'tried' ] ],
		[ 'interface:none1', $of_all->('denied') ],
		[ 'lo', [ 'tried', 'denied', 'tried' ] ],
		[ 'none0', [ 'absent', 'absent', 'tried' ] ],
		[ 'none1', $of_files->('absent') ],
	],
	plain => [
		[ "$inside/a.pcap", $of_files->('done') ],
		[ "$inside/out", $of_files->('done') ],
		[ "$inside/../outside/c.pcap", $of_files->('done') ],
		[ "$inside/out_directory/*", $of_files->('done') ],
		[ "{$inside/a.pcap,$outside/c.pcap}", $of_files->('done') ],
		[ "/proc/self/root$outside/c.pcap", $of_files->('done') ],
		[ 'PG_VERSION', $of_files->('text') ],
		[ "$inside/nothing", $of_files->('absent') ],
		[ "$inside/pipe", $of_files->('pipe') ],
		[ "$inside/socket", $of_files->('socket') ],
		[ '/dev/null', $of_files->('device') ],
		[ '/etc', $of_files->('directory') ],
		[ 'a.pcap', $of_files->('absent') ],
		[ 'interface:lo', $of_super->('tried') ],
		[ 'lo', $of_super->('tried') ],
	],
	linked => [
		[ 'a.pcap', $of_all->('done') ],
		[ "$base/link/a.pcap", $of_all->('done') ],
		[ "$base/link/*.pcap", $of_all->('done') ],
		[ 'in', $of_all->('done') ],
		# What counts is how the option has it.
		[ "$inside/a.pcap", $of_all->('outside') ],
		[ 'in_whole', $of_all->('outside') ],
		[ '../link/a.pcap', $of_all->('outside') ],
		[ 'out', $of_all->('outside') ],
	],
	root => [
		[ "$inside/a.pcap", $of_all->('done') ],
		[ substr("$inside/out_whole", 1), $of_all->('done') ],
		[ '../../../etc/passwd', $of_all->('outside') ],
		[ '/proc/self/fd/3', $of_all->('loop') ],
		[ "/proc/self/root$inside/a.pcap", $of_all->('loop') ],
		[ "$inside/out_root", $of_all->('loop') ],
		[ '/dev/null', $of_all->('device') ],
	],
	proc => [
		[ "self/root$inside/a.pcap", $of_all->('loop') ],
		[ 'self/cwd/PG_VERSION', $of_all->('loop') ],
		[ 'self/fd/0', $of_all->('loop') ],
		[ 'self/exe', $of_all->('loop') ],
	],
	gone => [ [ 'a.pcap', $of_all->('absent') ], [ '/etc/passwd', $of_all->('absent') ] ],
	file => [ [ 'a.pcap', $of_all->('file') ], [ '.', $of_all->('file') ] ],
);

foreach my $server (sort keys %matrix)
{
	foreach my $row (@{ $matrix{$server} })
	{
		my ($source, $expected) = @$row;
		my $name = "$server: " . $source =~ s/\Q$base\E/.../gr;
		my @got;

		foreach my $owner (@owners)
		{
			my $select = "SELECT id, source_file FROM $owner.at_$server";

			set_source($owner, $server, $source);
			push @got, outcome($owner, $select);
			is(outcome('reader', $select), $got[-1], "$name: who may SELECT $owner\'s table gets what its owner gets");
			is(outcome('nobody', $select), 'forbidden', "$name: who may not does not");
		}
		is("@got", "@$expected", $name);
	}
}

# A row of each says that it was the right file, by the name that the option has.
foreach my $case ([ 'a.pcap', 'a.pcap' ], [ "$inside/a.pcap", "$inside/a.pcap" ], [ 'in_twice', 'in_twice' ],
	[ 'su[b]/*.pcap', 'sub/b.pcap' ])
{
	set_source('user_of_server', 'captures', $case->[0]);
	is($session->query('SELECT DISTINCT source_file FROM user_of_server.at_captures'), $case->[1], "source_file of $case->[0]");
}
set_source('super', 'plain', "$inside/sub/b.pcap");
my $packets = $session->query('SELECT sum(bidirectional_packets) FROM super.at_plain');
set_source('user_of_server', 'captures', 'in_directory_whole/../in_directory/b.pcap');
is($session->query('SELECT sum(bidirectional_packets) FROM user_of_server.at_captures'), $packets, 'and its packets');

# --------------------------------------------------------------------------------------------------- what is told of outside
# A name outside is refused in the same words, planned in the same way and analyzed in the same way, whether there is something
# or not, and whatever it is.

sub told_of
{
	my ($source) = @_;
	my $said;

	set_source('user_of_server', 'captures', $source);
	my $plan = $session->query('EXPLAIN SELECT * FROM user_of_server.at_captures');
	$session->query('SELECT * FROM user_of_server.at_captures');
	$said = $session->{said};
	$session->query('ANALYZE user_of_server.at_captures');
	return join("\n", $plan, $said, $session->{said}) =~ s/^psql:\S+ //mgr
		=~ s/(Source: |")\Q$source\E(?=["\n])/$1NAME/gr;
}

my $unknown = told_of("$outside/nothing");
like($unknown, qr/^ERROR:  "NAME" is not in directory "\Q$inside\E"\nHINT:  Tables of this server can only read captures in the directory/m,
	'the error');
is(told_of($_), $unknown, 'nothing is told of ' . $_ =~ s/\Q$base\E/.../gr)
	foreach "$outside/c.pcap", $outside, "$outside/c.pcap/nothing", '../outside/c.pcap', '../outside/nothing',
	'/etc/shadow', '/root/a', '/dev/null', "$base/captures2", 'out', 'out_whole', 'out_to_nothing', 'out_device',
	'out_directory', 'out_directory/nothing', 'out_directory/c.pcap/', '/proc/self/fd/0', '/proc/self/fd/999';
$unknown = told_of('../nothing/*');
is(told_of($_) =~ s/\.\.\/outside/..\/nothing/gr, $unknown, "nor of $_") foreach '../outside/*';
$unknown = told_of('*/c.pcap');
is(told_of($_), $unknown, "nor of $_") foreach '*/nothing', 'out_*/c.pcap', 'out_*/nothing';

# ------------------------------------------------------------------------------------------------- statements and functions
# For super, files, user_of_server, reader and nobody; %s is the role.

set_source($_, 'captures', 'a.pcap') foreach @owners;
$node->safe_psql('postgres', 'CREATE TABLE public.target (id bigint, source_file text, bidirectional_packets int)');
foreach my $case (
	[ "CREATE FOREIGN TABLE %s.new (id bigint) SERVER captures OPTIONS (source 'a.pcap')",
		'done forbidden done forbidden forbidden' ],
	[ "CREATE FOREIGN TABLE %s.new (id bigint) SERVER captures OPTIONS (source '/etc/passwd')",
		'done forbidden done forbidden forbidden' ],
	[ "ALTER FOREIGN TABLE user_of_server.at_captures OPTIONS (SET source 'a.pcap')",
		'done forbidden done forbidden forbidden' ],
	[ "CREATE SERVER new FOREIGN DATA WRAPPER nfstream_fdw", 'done done done forbidden forbidden' ],
	[ "CREATE SERVER new FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (directory '$inside')",
		'done done forbidden forbidden forbidden' ],
	[ "CREATE SERVER new FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (interfaces '{lo}')",
		'done forbidden forbidden forbidden forbidden' ],
	[ "CREATE SERVER new FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (source '/etc/passwd')",
		'done done done forbidden forbidden' ],
	[ "ALTER SERVER captures OPTIONS (SET directory '/')", 'done forbidden forbidden forbidden forbidden' ],
	[ "ALTER SERVER captures OPTIONS (ADD idle_timeout '1')", 'done forbidden forbidden forbidden forbidden' ],
	[ "ALTER SERVER captures OPTIONS (DROP directory)", 'done forbidden forbidden forbidden forbidden' ],
	[ "IMPORT FOREIGN SCHEMA nflow FROM SERVER captures INTO %s OPTIONS (source 'a.pcap')",
		'done forbidden done forbidden forbidden' ],
	[ "IMPORT FOREIGN SCHEMA nflow FROM SERVER captures INTO %s OPTIONS (source 'interface:lo')",
		'done forbidden denied forbidden forbidden' ],
	[ "IMPORT FOREIGN SCHEMA nflow FROM SERVER plain INTO %s OPTIONS (source '$inside/a.pcap')",
		'done forbidden denied forbidden forbidden' ],
	[ "IMPORT FOREIGN SCHEMA nflow FROM SERVER wire INTO %s OPTIONS (source 'interface:lo')",
		'done forbidden done forbidden forbidden' ],
	[ "IMPORT FOREIGN SCHEMA nflow FROM SERVER wire INTO %s OPTIONS (source 'interface:none1')",
		'denied forbidden denied forbidden forbidden' ],
	[ 'SELECT * FROM user_of_server.at_captures', 'done forbidden done done forbidden' ],
	[ 'EXPLAIN SELECT * FROM user_of_server.at_captures', 'done forbidden done done forbidden' ],
	[ 'INSERT INTO public.target SELECT * FROM user_of_server.at_captures',
		'done forbidden forbidden forbidden forbidden' ],
	[ "SELECT nfstream_to_csv('user_of_server.at_captures')", 'done forbidden forbidden forbidden forbidden' ],
	[ "SELECT nfstream_to_csv('user_of_server.at_captures', '$base/%s.csv')",
		'done forbidden forbidden forbidden forbidden' ],
	[ "SELECT nfstream_to_table('user_of_server.at_captures', '%s.dataset')", 'done forbidden done done forbidden' ],
	[ "SELECT nfstream_to_table('user_of_server.at_captures', 'super.dataset')",
		'done forbidden forbidden forbidden forbidden' ],
	[ "SELECT nfstream_comment('user_of_server.at_captures')", 'done forbidden done forbidden forbidden' ],
	[ 'SELECT nfstream_version()', 'done done done done done' ],
	[ 'SELECT nfstream_applications()', 'done done done done done' ],
	[ 'SELECT nfstream_interfaces()', 'done done done done done' ],
	[ "SELECT nfstream_blake2b('a')", 'done done done done done' ],
	[ "SELECT nfstream_anonymize('a'), nfstream_anonymize(1), nfstream_anonymize(1, 'key')", 'done done done done done' ],
	[ 'SELECT nfstream_rotate_key()', 'done done done done done' ])
{
	my ($statement, $expected) = @$case;
	my @got = map {
		my $outcome = outcome($_, 'BEGIN; ' . $statement =~ s/%s/$_/gr);

		$session->query('ROLLBACK; RESET SESSION AUTHORIZATION');
		$outcome;
	} @roles;
	is("@got", $expected, $statement =~ s/\Q$base\E/.../gr);
}
unlink glob("$base/*.csv"), "$inside/a.pcap.csv";

# Who writes the server's files by default writes into the directory, whatever name the source has there.
foreach my $source ('in', "$inside/in", 'sub/../in', 'i[n]')
{
	set_source('user_of_server', 'captures', $source);
	$session->query("SET SESSION AUTHORIZATION writer; SELECT nfstream_to_csv('user_of_server.at_captures');"
		. ' RESET SESSION AUTHORIZATION');
	is($session->{said}, '', 'nfstream_to_csv() of ' . $source =~ s/\Q$base\E/.../gr);
	ok(unlink("$inside/in.csv"), 'writes beside the capture');
}
set_source('user_of_server', 'captures', '../outside/c.pcap');
is(outcome('writer', "SELECT nfstream_to_csv('user_of_server.at_captures')"), 'outside', 'and writes nothing outside');
is(join(' ', glob("$outside/*")), "$outside/c.pcap", 'nothing was written there');
foreach my $source ('a.pcap', 'nothing')
{
	set_source('files', 'captures', $source);
	$session->query('REVOKE SELECT ON files.at_captures FROM writer');
	is(outcome('writer', "SELECT nfstream_to_csv('files.at_captures')"), 'forbidden',
		"without SELECT it does not look for the capture: $source");
}

# ------------------------------------------------------------------------------------------- changed between look and opening
# A cursor holds the scan in the first capture, whose flows are too many to be on their way to it; the second is opened when the meter gets to it, by a worker, or by the
# session where there is none to be had.  What changed may be the very file that was looked at: links count, not files.

my $first = copies_of($node, 'busy.pcap', 100);
rename($first, "$inside/first.pcap") or die "could not rename: $!";
$session->query('SET SESSION AUTHORIZATION user_of_server; IMPORT FOREIGN SCHEMA nflow FROM SERVER captures INTO user_of_server'
	. " OPTIONS (table_name 'changing', source '{first.pcap,day/second}', n_meters '2', n_dissections '0',"
	. " statistical_analysis 'true', splt_analysis '20', idle_timeout '5'); RESET SESSION AUTHORIZATION");

my $day = "$inside/day";

sub move_and_link
{
	my ($from, $to, $link) = @_;

	rename($from, $to) && symlink($link, $from) or die "could not put a link in the place of $from: $!";
}

my @changes = (
	[ 'nothing', sub { }, '' ],
	[ 'a link out', sub { move_and_link("$day/second", "$outside/second", "$outside/second") }, 'is not in directory' ],
	[ 'a relative link out', sub { move_and_link("$day/second", "$outside/second", '../../outside/second') },
		'is not in directory' ],
	[ 'a link that stays inside', sub { move_and_link("$day/second", "$inside/second", '../second') }, '' ],
	[ 'a link out in the place of its directory', sub { move_and_link($day, "$outside/day", "$outside/day") },
		'is not in directory' ],
	[ 'a link that stays inside in the place of its directory', sub { move_and_link($day, "$inside/sub/day", 'sub/day') },
		'' ],
	[ 'another file', sub { copy("$day/second", "$day/new"); rename("$day/new", "$day/second") }, 'was replaced' ],
	[ 'a pipe', sub { unlink("$day/second"); system_or_bail('mkfifo', "$day/second") }, 'was replaced' ],
	[ 'nothing in its place', sub { unlink("$day/second") }, 'No such file or directory' ],
	[ 'a shorter file', sub { truncate("$day/second", 100) }, 'was shortened' ],
	[ 'a longer file', sub { append_to_file("$day/second", 'what another program writes now') }, '' ],
	[ 'another directory', sub { rename($inside, "$base/moved"); mkdir($inside) }, 'No such file or directory' ],
);

sub scan_while_it_changes
{
	my ($owner) = @_;
	my @before = segments($node);
	my $open;

	foreach my $change (@changes)
	{
		my ($what, $do, $expected) = @$change;

		mkdir $day or die "could not create $day: $!";
		copy(capture($node, 'http.pcap'), "$day/second") or die "could not copy: $!";
		# That the captures are of different times is no matter here.
		$session->query('BEGIN; SET LOCAL client_min_messages = error; DECLARE flows CURSOR FOR SELECT * FROM user_of_server.changing;'
			. ' FETCH 1 FROM flows');
		$do->();
		$session->query('MOVE ALL FROM flows');
		my $said = $session->{said};
		$session->query('ROLLBACK');
		like($said, $expected eq '' ? qr/^$/ : qr/ERROR:  .*\Q$expected\E/, "$owner: $what");
		ok(defined wait_for_nothing($node, @before), "$owner: $what: nothing is left");
		$open //= descriptors($node, $session->backend);
		is(descriptors($node, $session->backend), $open, "$owner: $what: no descriptor is left");
		if (-e "$base/moved")
		{
			rmdir($inside) && rename("$base/moved", $inside) or die "could not rename: $!";
		}
		system_or_bail('rm', '-rf', $day, "$inside/sub/day", "$inside/second", "$outside/day", "$outside/second");
	}
}

scan_while_it_changes('a worker');

# A link that never stands still, now to a capture inside and now to another outside: whatever comes of a scan, no row is of
# the capture outside.  The links inside are absolute and relative ones, as they are followed in two ways.
my $flows_outside = copies_of($node, 'busy.pcap', 2);
rename($flows_outside, "$outside/busy.pcap") or die "could not rename: $!";
set_source('user_of_server', 'captures', 'a.pcap');
my $flows_inside = $session->query('SELECT count(*) FROM user_of_server.at_captures');
set_source('user_of_server', 'captures', 'flipping/capture');
my $parent = $$;
my $flipping = fork() // die "could not fork: $!";
if ($flipping == 0)
{
	while (getppid() == $parent)
	{
		foreach my $target ("$inside/today", $outside, 'today', '../outside')
		{
			symlink($target, "$inside/flipped");
			rename("$inside/flipped", "$inside/flipping");
		}
	}
	POSIX::_exit(0);
}
mkdir "$inside/today";
link("$inside/a.pcap", "$inside/today/capture") && link("$outside/busy.pcap", "$outside/capture") or die "could not link: $!";
my %came;
for (1 .. 300)
{
	my $rows = $session->query('SELECT count(*) FROM user_of_server.at_captures');

	$came{ $session->{said} eq '' ? $rows : $session->{said} =~ /(is not in directory|No such file)/ ? $1 : $session->{said} }++;
}
kill 'KILL', $flipping;
waitpid($flipping, 0);
is(join('|', grep { $_ ne $flows_inside && $_ ne 'is not in directory' && $_ ne 'No such file' } keys %came), '',
	'a link that is changed all the time: nothing of outside');
note(join ', ', map { "$_: $came{$_}" } sort keys %came);
unlink "$outside/capture", "$outside/busy.pcap";
$session->quit;
$node->append_conf('postgresql.conf', "max_worker_processes = 0\n");
$node->restart;
$session = NFStreamSession->new($node);
scan_while_it_changes('the session');

# ------------------------------------------------------------------------------------------------------------------- globs
# The ways through a few directories are without number: a glob of them ends when it is told to, and by itself.

mkdir "$inside/$_" foreach 1 .. 20;
set_source('user_of_server', 'captures', '*/../' x 20 . 'a.pcap');
$session->query("SET statement_timeout = 5; SELECT * FROM user_of_server.at_captures; RESET statement_timeout");
like($session->{said}, qr/ERROR:  canceling statement due to statement timeout/, 'a glob of ways without number is cancelled');
$session->query('SELECT * FROM user_of_server.at_captures');
like($session->{said}, qr/ERROR:  could not look for the captures that match/, 'and ends with an error');
set_source('user_of_server', 'captures', 'a.pcap');
is($session->query('SELECT count(*) > 0 FROM user_of_server.at_captures'), 't', 'the session goes on');
$session->quit;

# --------------------------------------------------------------------------------------------------------- an older kernel
# The server starts once more as a child of this process, to which the kernel is now one without openat2(): a seccomp filter
# answers ENOSYS to that call and lets all others pass.

my $machine = `uname -m`;
my ($prctl, $architecture) = $machine =~ /aarch64/ ? (167, 0xc00000b7) : (157, 0xc000003e);
my @filter = (
	[ 0x20, 0, 0, 4 ],				# the architecture
	[ 0x15, 0, 3, $architecture ],
	[ 0x20, 0, 0, 0 ],				# the number of the call
	[ 0x15, 0, 1, 437 ],			# openat2
	[ 0x06, 0, 0, 0x00050000 | 38 ],	# ENOSYS
	[ 0x06, 0, 0, 0x7fff0000 ],		# the call itself
);
my $code = join '', map { pack('SCCL', @$_) } @filter;
my $program = pack('S x6 P', scalar(@filter), $code);

$node->stop;
syscall($prctl, 38, 1, 0, 0, 0) == 0 or die "could not set no_new_privs: $!";
syscall($prctl, 22, 2, $program, 0, 0) == 0 or die "could not set a filter: $!";
$node->start;
$session = NFStreamSession->new($node);
$session->query('SELECT * FROM user_of_server.at_captures');
like($session->{said}, 
	qr/ERROR:  this kernel cannot keep sources in directory "\Q$inside\E"\nDETAIL:  It has no openat2\(\)\.\nHINT:/,
	'a kernel that cannot keep names inside: no file is read');
is(outcome('super', 'SELECT * FROM super.at_captures') =~ /cannot keep sources/, 1, 'nor for a superuser');
like($session->query('EXPLAIN SELECT * FROM user_of_server.at_captures'), qr/Foreign Scan/, 'it can be planned');
set_source('super', 'plain', "$inside/a.pcap");
is($session->query('SELECT count(*) > 0 FROM super.at_plain'), 't', 'other servers are not concerned');

$session->quit;
$node->stop;
done_testing();

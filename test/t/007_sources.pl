#
# 007_sources.pl - sources of several files: arrays, globs and names of every kind, thousands of files, databases of other
# encodings.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture plan_of);
use NFStreamProcesses qw(descriptors postmaster_of);
use NFStreamSession;

my $node = start_cluster('sources', 3);
my $directory = $node->basedir . '/captures';
my $session;

# A thousand packets of as many flows.
my $flows = slurp_file(capture($node, 'time_many_idle.pcap'));
my ($header, @packets) = (substr($flows, 0, 24));
for (my $at = 24; $at < length($flows);)
{
	my $length = 16 + unpack('V', substr($flows, $at + 8, 4));

	push @packets, substr($flows, $at, $length);
	$at += $length;
}

# Writes a capture with one packet, of flow FLOW, the given tenths of a second after the first of all.
sub write_capture
{
	my ($name, $flow, $tenths) = @_;

	write_file($name,
		$header . pack('V2', 1700000000 + int($tenths / 10), 100000 * ($tenths % 10)) . substr($packets[$flow], 8));
}

sub write_file
{
	my ($name, $bytes) = @_;

	open(my $out, '>:raw', "$directory/$name") or die "could not write $name: $!";
	print $out $bytes;
	close($out);
}

sub set_source
{
	my ($source) = @_;

	$session->query('ALTER FOREIGN TABLE flows OPTIONS (SET source $source$' . $source . '$source$)');
}

# The names of the files of a source in which its flows began, in the order of the flows; or what is said instead.
sub files_of
{
	my ($source) = @_;

	set_source($source);
	my $files = $session->query("SELECT string_agg(replace(source_file, '$directory/', ''), ' | ' ORDER BY id) FROM flows");
	return $session->{said} eq '' ? $files : $session->{said} =~ s/^psql:\S+ //mr =~ s/\Q$directory\E/.../gr;
}

# ---------------------------------------------------------------------------------------------------------------- names

mkdir $directory;
mkdir "$directory/$_" foreach 'sub', 'sub/dir.pcap', 'closed', 'many';
my $flow = 0;
my @names = ('B.pcap', '_.pcap', 'a,b.pcap', 'b.pcap', 'c d.pcap', 'q"\\\'.pcap', 'e1.pcap', 'e[1].pcap', '*.pcap', '{a,b}',
	' x ', 'sub/a.pcap', 'sub/z.pcap', 'closed/a.pcap', "caf\xe9.pcap", '-', '~', '$(id)');
write_capture($_, $flow, $flow++) foreach @names;
symlink("$directory/nowhere", "$directory/sub/z.link");
chmod 0311, "$directory/closed";

# As UTF-8, so that psql and the server agree on it.
$ENV{PGCLIENTENCODING} = 'UTF8';
$node->safe_psql('postgres', "CREATE DATABASE utf8 TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'");
$node->safe_psql('utf8', 'CREATE EXTENSION nfstream_fdw; CREATE SERVER nfstream FOREIGN DATA WRAPPER nfstream_fdw;'
	. 'CREATE FOREIGN TABLE flows (id bigint, source_file text, bidirectional_packets int, src_port int)'
	. " SERVER nfstream OPTIONS (source '/')");
$session = NFStreamSession->new($node, 'utf8');

is(files_of("$directory/$_"), $_, "a file called $_") foreach grep { !/\xe9/ } @names;
is(files_of("{\"$directory/a,b.pcap\",$directory/b.pcap, \"$directory/c d.pcap\" ,\"$directory/q\\\"\\\\'.pcap\"}"),
	'a,b.pcap | b.pcap | c d.pcap | q"\\\'.pcap', 'an array of names that need quotes');
is(files_of("{\"$directory/{a,b}\",\"$directory/e[1].pcap\",\"$directory/*.pcap\"}"), '{a,b} | e[1].pcap | *.pcap',
	'names with the characters of globs and arrays');
is(files_of("{$directory/b.pcap,$directory/B.pcap}"), 'b.pcap | B.pcap', 'an array is read in its order');
is(files_of("{$directory/b.pcap,$directory/b.pcap}"), 'b.pcap', 'the same capture twice is one flow');
is($session->query('SELECT bidirectional_packets FROM flows'), '2', 'of two packets');

# ---------------------------------------------------------------------------------------------------------------- globs

is(files_of("$directory/?.pcap"), '*.pcap | B.pcap | _.pcap | b.pcap', 'matches in the order of their bytes');
is(files_of("$directory/[b_]*.pcap"), '_.pcap | b.pcap', 'brackets');
is(files_of("$directory/[!a-zB]*.pcap"), '*.pcap | _.pcap', 'brackets of what is not to be there');
is(files_of("$directory/e\\[1].pcap"), 'e[1].pcap', 'a backslash before what is no glob');
is(files_of("$directory/e[0-9].pcap"), 'e1.pcap', 'a glob that is no file');
is(files_of("$directory/sub/*.pcap"), <<'END' , 'a directory among the matches');
ERROR:  could not open capture ".../sub/dir.pcap": it is a directory
DETAIL:  It matches ".../sub/*.pcap" in the option "source".
HINT:  Use a glob that matches only captures, as "*.pcap"; the captures in this directory are ".../sub/dir.pcap/*.pcap".
END
is(files_of("$directory/"), <<'END', 'a directory');
ERROR:  could not open capture ".../": it is a directory
HINT:  Name the captures in it with a glob, as ".../*.pcap".
END
is(files_of("{$directory/sub/[az].pcap,\"$directory/[a]*.pcap\"}"), 'sub/a.pcap | sub/z.pcap | a,b.pcap',
	'globs in an array');
is(files_of("$directory/*/a.pcap"), 'closed/a.pcap | sub/a.pcap', 'a glob of directories');
is(files_of("$directory/*/[a].pcap"), <<'END', 'a directory that cannot be read');
ERROR:  could not read directory ".../closed": Permission denied
DETAIL:  The captures that match ".../*/[a].pcap" were looked for.
HINT:  Let the server's operating system user read and enter the directory (chmod o+rx or an ACL).
END
is(files_of("{$directory/b.pcap,$directory/nothing*}"), <<'END', 'no match');
ERROR:  no capture matches ".../nothing*"
DETAIL:  It is element 2 of the option "source".
HINT:  Names are matched on the database server's machine, among those that its operating system user can see.
END
is(files_of("{$directory/b.pcap,$directory/sub/*.link}"), <<'END', 'a link that leads nowhere');
ERROR:  could not open capture ".../sub/z.link": No such file or directory
DETAIL:  It matches ".../sub/*.link", element 2 of the option "source".
HINT:  Captures are files on the database server's machine, not on the client's: check the path there.
END
is(files_of("$directory/caf*.pcap"), 'caf.pcap', 'a name that is not valid in this encoding');

# A directory that may not be entered, and a file that may not be read.
chmod 0644, "$directory/sub";
is(files_of("$directory/sub/../sub/a.pcap"), <<'END', 'a directory that may not be entered');
ERROR:  could not open capture ".../sub/../sub/a.pcap": Permission denied
HINT:  The server's operating system user may not enter directory ".../sub": let it (chmod o+x or an ACL), or put the capture elsewhere.
END
chmod 0755, "$directory/sub";
chmod 0200, "$directory/sub/a.pcap";
is(files_of("$directory/sub/a.pcap"), <<'END', 'a file that may not be read');
ERROR:  could not open capture ".../sub/a.pcap": Permission denied
HINT:  Let the server's operating system user read the file (chmod o+r or an ACL).
END
chmod 0600, "$directory/sub/a.pcap";

# Formats can be mixed; what each holds is in test/pcaps/README.md.
set_source('{' . join(',', map { capture($node, "format_$_") } 'big_endian.pcap', 'ng.pcapng', 'nanoseconds.pcap',
	'modified.pcap', 'ng_big_endian.pcapng') . '}');
is($session->query('SELECT sum(bidirectional_packets) FROM flows'), 9 + 14 + 9 + 9 + 14, 'captures of all formats in one');

# ------------------------------------------------------------------------------------------------------ thousands of files
# Flow i has a packet in file i, in i + 1000 and in i + 2000; they are less than the idle timeout apart.  Nobody may have
# more files open than would be enough for some of them.

write_capture(sprintf('many/%04d.pcap', $_), $_ % 1000, $_) foreach 0 .. 2999;
$session->quit;
$node->append_conf('postgresql.conf', "max_files_per_process = 64\n");
$node->restart;
system_or_bail('prlimit', '--nofile=80:80', '--pid', postmaster_of($node));
foreach my $meters (1, 2)
{
	$session = NFStreamSession->new($node, 'utf8');
	set_source("$directory/many/*.pcap");
	$session->query("ALTER FOREIGN TABLE flows OPTIONS (ADD n_meters '$meters')");
	$session->query('SELECT count(*) FROM (SELECT FROM flows LIMIT 1) one');
	my $before = descriptors($node, $session->backend);
	is($session->query('SELECT count(*), sum(bidirectional_packets), min(bidirectional_packets), count(DISTINCT source_file),'
			. " count(*) FILTER (WHERE source_file = format('$directory/many/%s.pcap', lpad(id::text, 4, '0'))) FROM flows"),
		'1000|3000|3|1000|1000', "3,000 files, $meters meters: flows go on across them");
	is($session->{said}, '', "3,000 files, $meters meters: no error");
	is(descriptors($node, $session->backend), $before, "3,000 files, $meters meters: no descriptor is left");
	$session->query('ALTER FOREIGN TABLE flows OPTIONS (DROP n_meters)');
	$session->quit;
}
$node->append_conf('postgresql.conf', "max_worker_processes = 0\n");
$node->restart;
system_or_bail('prlimit', '--nofile=80:80', '--pid', postmaster_of($node));
$session = NFStreamSession->new($node, 'utf8');
is($session->query('SELECT count(*), sum(bidirectional_packets) FROM flows'), '1000|3000', '3,000 files, without a worker');
is($session->query('ANALYZE flows; SELECT reltuples FROM pg_class WHERE relname = \'flows\''), '1000', 'ANALYZE of them');

# What all processes of a user have on their way is no more than one may have open: others may be in the way for a while.
my ($to_others, $from_others) = ('', '');
my $others = IPC::Run::start([ 'python3', '-c', <<'END' ], '<', \$to_others, '>', \$from_others);
import os, socket, sys
ends = socket.socketpair()
for _ in range(2):
    socket.send_fds(ends[0], [b'x'], [sys.stdin.fileno()] * 100)
print('sent', flush=True)
sys.stdin.read()
END
$others->pump until $from_others =~ /sent/;
$session->query("ALTER FOREIGN TABLE flows OPTIONS (ADD meter_timeout '1')");
$session->query('SELECT count(*) FROM flows');
is($session->{said} =~ s/^psql:<stdin>:\d+: //r, <<'END', 'no descriptor can be sent: it is said');
ERROR:  could not hand a capture to a meter: Too many references: cannot splice
HINT:  Processes of the server's operating system user have too many descriptors on their way to each other: wait for them, or let the server open more files (ulimit -n).
END
$session->query("ALTER FOREIGN TABLE flows OPTIONS (SET meter_timeout '30')");
$session->send('SELECT count(*), sum(bidirectional_packets) FROM flows');
my $waited = time + 1;
$session->is_done until time > $waited;
ok(!$session->is_done, 'or it is waited for');
$others->finish;
is($session->finish, '1000|3000', 'and then all files are read');
$session->query('ALTER FOREIGN TABLE flows OPTIONS (DROP meter_timeout)');
$session->quit;

# ------------------------------------------------------------------------------------------------------------- encodings
# The user agent of this capture, `compose`, becomes another text of seven bytes: e acute, a euro sign, "ab"; and one that is
# no UTF-8.  Labels are UTF-8 and become the database's encoding; the names of files are bytes.

my $agents = slurp_file(capture($node, 'format_ng.pcapng'));
write_file('agent.pcapng', $agents =~ s/compose/\xc3\xa9\xe2\x82\xacab/gr);
write_file('wrong.pcapng', $agents =~ s/compose/\xe9\xffbcdef/gr);
foreach my $case (
	[ 'UTF8', '\xc3a9e282ac6162', '/caf*.pcap', '\x636166' ],
	[ 'LATIN1', '\xe96162', "/caf' || E'\\xe9.pcap", '\x636166e9' ],
	[ 'SQL_ASCII', '\xc3a9e282ac6162', "/caf' || E'\\xe9.pcap", '\x636166e9' ],
	[ 'EUC_JP', '\x8fabb16162', '/caf*.pcap', '\x636166' ])
{
	my ($encoding, $agent, $name, $shown) = @$case;
	my $database = "in_$encoding";
	my $agents_of = sub {
		my ($file) = @_;

		return $node->safe_psql($database, "ALTER FOREIGN TABLE flows OPTIONS (SET source '$directory/$file');"
			. "SELECT DISTINCT user_agent::bytea FROM flows WHERE user_agent <> ''");
	};

	$node->safe_psql('postgres',
		"CREATE DATABASE \"$database\" TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
	$node->safe_psql($database, 'CREATE EXTENSION nfstream_fdw; CREATE SERVER nfstream FOREIGN DATA WRAPPER nfstream_fdw;'
		. 'CREATE FOREIGN TABLE flows (user_agent text, source_file text) SERVER nfstream OPTIONS (source \'/\')');
	is($agents_of->('agent.pcapng'), $agent, "$encoding: a label has the characters that the encoding has");
	is($agents_of->('wrong.pcapng'), '\x6263646566', "$encoding: a label without the bytes that are none");
	$node->safe_psql($database, "DO \$\$ BEGIN EXECUTE format('ALTER FOREIGN TABLE flows OPTIONS (SET source %L)', "
		. "'$directory$name'); END \$\$");
	is($node->safe_psql($database, "SELECT regexp_replace(source_file, '^.*/|[.]pcap\$', '', 'g')::bytea FROM flows"), $shown,
		"$encoding: the name of a file");
}

chmod 0700, "$directory/closed";
$node->stop;
done_testing();

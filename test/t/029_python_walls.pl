#
# 029_python_walls.pl - what plugins in Python do before a scan (when they are made, when a pickle is opened), and what is said
# where their program, Landlock or memory is missing.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use File::Copy;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture flows_table);
use NFStreamProcesses qw(segments wait_for_nothing what_is_left);

my $node = start_cluster('python_walls', 8);
my $programs = $node->config_data('--bindir');
plan skip_all => 'the meter with Python is not installed' if !-x "$programs/nfstream_meter_python";

# What a statement answers, with its errors.
sub said
{
	my ($query, @settings) = @_;
	my ($status, $out, $err) = $node->psql('postgres', join('', map { "SET $_;" } "statement_timeout = '60s'", @settings) . $query);

	return $out . ($out ne '' && $err ne '' ? "\n" : '') . $err;
}

sub create
{
	my ($name, $source) = @_;

	return "SELECT nfstream_create_plugin('$name', \$source\$$source\$source\$)";
}

flows_table($node, 'flows', capture($node, 'dns.pcap'), n_meters => 1, n_dissections => 0, meter_timeout => 2, meter_memory => 256);
$node->safe_psql('postgres', 'ALTER FOREIGN TABLE flows ADD COLUMN udps jsonb');
my @before = segments($node);
like(`ldd '$programs/nfstream_meter_python'`, qr/libpython/, 'one program has Python in it');
unlike(`ldd '$programs/nfstream_meter'`, qr/libpython/, 'and the other one has not');

# ------------------------------------------------------------------------------------------------------------- when it is made

my $class = "class P(NFPlugin):\n    pass\n";
foreach my $case (
	[ 'opens a file', "open('/etc/passwd')\n$class", qr/ERROR:  .*\n(?:DETAIL:  )?(?:.*\n)*.*PermissionError: \[Errno 13\]/ ],
	[ 'writes', "open('/tmp/left', 'w')\n$class", qr/PermissionError: \[Errno 1\]/ ],
	[ 'starts a process', "import os\nos.posix_spawn('/bin/true', ['true'], {})\n$class", qr/PermissionError: \[Errno 1\]/ ],
	[ 'connects', "import socket\nsocket.socket()\n$class", qr/PermissionError: \[Errno 1\]/ ],
	[ 'exits', "raise SystemExit(5)\n$class", qr/SystemExit/ ],
	[ 'exits at once', "import os\nos._exit(0)\n$class", qr/ERROR:  .*ended before/ ],
	[ 'crashes', "import ctypes\nctypes.string_at(0)\n$class", qr/ERROR:  .*terminated by signal 11/ ],
	[ 'takes memory', "x = 'a' * (1 << 40)\n$class", qr/MemoryError/ ],
	[ 'writes to the channel', "import os\nos.write(0, b'x' * 5000)\n$class", qr/ERROR:  / ])
{
	my ($what, $source, $expected) = @$case;
	my $answer = said(create('evil', $source));
	my @errors = $answer =~ /ERROR:  /g;

	like($answer, $expected, "when it is made, it $what");
	is(scalar(@errors), 1, "$what: one error");
	ok(defined wait_for_nothing($node, @before), "$what: nothing is left") or diag(what_is_left($node));
}
ok(!-e '/tmp/left', 'nothing is written');

# A source that does not come to its end: a cancel ends it.
like(said(create('evil', "while True: pass\n$class"), "statement_timeout = '2s'"), qr/ERROR:  (?:canceling statement|.*did not move on)/, 'a source that loops is ended');
ok(defined wait_for_nothing($node, @before), 'and its meter') or diag(what_is_left($node));

# ----------------------------------------------------------------------------------------------------------------- pickles

$node->safe_psql('postgres', create('reader', <<'END'));
class Reader(NFPlugin):
    def on_init(self, packet, flow):
        flow.udps.model = self.model
END
$node->safe_psql('postgres', 'CREATE TABLE models (name text, pickle bytea)');
foreach my $case (
	[ 'one that runs a program', "cposix\nsystem\n(S'touch /tmp/left'\ntR.", qr/^\{"model": 32512\}$/m ],		# as system() says that no shell could be started
	[ 'one that opens a file', "c_io\nopen\n(S'/etc/passwd'\ntR.", qr/PermissionError: \[Errno 13\]/ ],
	[ 'one that reads where the server keeps its data', "c_io\nopen\n(S'" . $node->data_dir . "/PG_VERSION'\ntR.", qr/PermissionError: \[Errno 13\]/ ],
	[ 'one that forks', "cposix\nfork\n(tR.", qr/PermissionError: \[Errno 1\]/ ],
	[ 'one that exits', "cposix\n_exit\n(I0\ntR.", qr/ERROR:  a meter ended before its work was done, with exit status 0/ ],
	[ 'one of a class that is not there', "cno_such_module\nModel\n(tR.", qr/no_such_module/ ],
	[ 'one that is none', 'hello', qr/ERROR:  .*\n(?:.*\n)*.*(?:Unpickling|pickle)/ ],
	[ 'one that is cut off', "\x80\x04", qr/ERROR:  / ],
	[ 'one of a number', "I5\n.", qr/^\{"model": 5\}$/m ])
{
	my ($what, $pickle, $expected) = @$case;

	$node->safe_psql('postgres', "DELETE FROM models; INSERT INTO models VALUES ('m', '\\x" . unpack('H*', $pickle) . "')");
	$node->safe_psql('postgres', 'ALTER FOREIGN TABLE flows OPTIONS (' . ($what eq 'one that runs a program' ? 'ADD' : 'SET')
		. ' udps \'[{"plugin": "reader", "model": {"pickle": "SELECT pickle FROM models"}}]\')');
	my $answer = said('SELECT udps FROM flows ORDER BY id LIMIT 1');
	like($answer, $expected, "a pickle: $what");
	ok(!-e '/tmp/left', "$what: nothing is written");
	ok(defined wait_for_nothing($node, @before), "$what: nothing is left") or diag(what_is_left($node));
}

# ------------------------------------------------------------------------------------------------------------- what is missing

my $beside = $node->basedir;
my $program = "$beside/meter";
my $wrapper = slurp_file("$FindBin::RealBin/without_landlock.py") =~ s{^METER = .*$}{METER = '$programs/nfstream_meter_python'}mr;
append_to_file("${program}_python", $wrapper);
chmod 0755, "${program}_python";
my $answer = said('SELECT count(udps) FROM flows', "nfstream_fdw.meter_program = '$program'");
like($answer, qr/ERROR:  .*Landlock.*\nHINT:  Plugins in Python run where the kernel has Landlock: Linux 5\.13 or later/, 'a kernel without Landlock');
$answer = said(create('late', $class), "nfstream_fdw.meter_program = '$program'");
like($answer, qr/ERROR:  .*Landlock.*\nHINT:  Plugins in Python run where the kernel has Landlock: Linux 5\.13 or later/, 'when a plugin is made, too');
unlink "${program}_python";
foreach my $query ('SELECT count(udps) FROM flows', create('late', $class))
{
	$answer = said($query, "nfstream_fdw.meter_program = '$program'");
	like($answer, qr/ERROR:  could not start .*meter_python": No such file or directory\nHINT:  .*python/is, 'without the program: ' . substr($query, 0, 20));
}

# Memory: what meter_memory allows at least is enough for numpy, where it is installed, and what is not is an error.
SKIP:
{
	skip 'numpy is not installed', 2 if system("/usr/bin/python3 -c 'import numpy' 2> /dev/null") != 0;
	$node->safe_psql('postgres', create('numbers', <<'END'));
import numpy
class Numbers(NFPlugin):
    def on_expire(self, flow):
        numbers = numpy.random.rand(300, 300)
        flow.udps.sum = (numbers @ numbers).sum() > 0
        flow.udps.shape = numbers.shape
END
	$node->safe_psql('postgres', q{ALTER FOREIGN TABLE flows OPTIONS (SET udps '[{"plugin": "numbers"}]', SET meter_timeout '30')});
	is(said('SELECT DISTINCT udps FROM flows'), '{"sum": true, "shape": [300, 300]}', 'numpy runs in the least memory that a meter can have');
	$node->safe_psql('postgres', create('more_numbers', "import numpy\nclass P(NFPlugin):\n    def on_init(self, packet, flow):\n        flow.udps.x = numpy.ones(1 << 30).sum()\n"));
	$node->safe_psql('postgres', q{ALTER FOREIGN TABLE flows OPTIONS (SET udps '[{"plugin": "more_numbers"}]')});
	like(said('SELECT DISTINCT udps FROM flows'), qr/ERROR:  plugin "more_numbers" failed in on_init .*\n(?:.*\n)*.*MemoryError: Unable to allocate 8\.00 GiB/, 'and what it has no room for is an error');
}

$node->stop;
done_testing();

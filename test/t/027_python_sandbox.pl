#
# 027_python_sandbox.pl - plugins in Python that try to get out of their sandbox, or break what they are in: each attempt fails,
# each plugin has one clear outcome, no other session notices, and nothing is left.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use JSON::PP;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture flows_table);
use NFStreamProcesses qw(segments wait_for_nothing what_is_left descriptors);
use NFStreamSession;

my $node = start_cluster('python_sandbox', 8);
my $program = $node->config_data('--bindir') . '/nfstream_meter_python';
plan skip_all => 'the meter with Python is not installed' if !-x $program;

flows_table($node, 'flows', capture($node, 'dns.pcap'), n_meters => 1, n_dissections => 0);
$node->safe_psql('postgres', 'ALTER FOREIGN TABLE flows ADD COLUMN udps jsonb');

# Statements that make a plugin of a source, and have the table use it with these parameters, as JSON.
my $has_udps = 0;

sub use_plugin
{
	my ($name, $source, $parameters) = @_;
	my $udps = "[{\"plugin\": \"$name\"" . (defined $parameters ? ", $parameters" : '') . '}]';

	return "SELECT nfstream_create_plugin('$name', \$source\$$source\$source\$); "
		. 'ALTER FOREIGN TABLE flows OPTIONS (' . ($has_udps++ ? 'SET' : 'ADD') . ' udps ' . "'" . $udps =~ s/'/''/gr . "')";
}

# ------------------------------------------------------------------------------------------------------------------ the probe

my $directory = $node->data_dir;
append_to_file("$directory/elsewhere.py", "loaded = True\n");
system('cp', '/bin/true', "$directory/elsewhere.so");
$node->safe_psql('postgres', use_plugin('probe', slurp_file("$FindBin::RealBin/probe_plugin.py"), "\"directory\": \"$directory\""));
my $found = decode_json($node->safe_psql('postgres', q{SELECT udps FROM flows WHERE udps ? 'reads_passwd'}));

# What an attempt fails with, where that is not "PermissionError EPERM": what Landlock refuses has an error of its own.
my $by_landlock = 'PermissionError EACCES';
my %fails = (
	(map { $_ => $by_landlock } qw(reads_passwd reads_data reads_by_io opens_data lists_data lists_root lists_home lists_own_files
		reads_own_memory reads_parents_environment looks_at_data looks_at_data_as_link opens_device raw_open raw_stat)),
	loads_from_data => qr/^ModuleNotFoundError/,
	loads_library_from_data => qr/^OSError.*(?:Permission denied|cannot open shared object)/,
	looks_up_host => qr/^gaierror/,
	starts_thread => qr/^RuntimeError: can't start new thread/,
	lifts_limit => qr/^(?:ValueError|PermissionError)/,
	lists_data => $by_landlock);
my ($path, $environment, $calls) = delete @$found{qw(path environment calls)};
cmp_ok(scalar(keys %$found), '>=', 50, 'the probe has tried');
foreach my $attempt (sort keys %$found)
{
	my $expected = $fails{$attempt} // 'PermissionError EPERM';

	ref $expected ? like($found->{$attempt}, $expected, "refused: $attempt") : is($found->{$attempt}, $expected, "refused: $attempt");
}
SKIP:
{
	skip 'the numbers of system calls are x86-64\'s', 1 if !defined $calls;
	is_deeply($calls, [], 'no system call is let through but those that loading and computing take, and these are');
}
is(scalar(grep { !m{^/.*/(?:lib|lib64)/} } @$path), 0, 'modules come from Python\'s directories: not from here, nor from a home')
	or diag(explain($path));
is(scalar(grep { !/_NUM_THREADS$|^LOKY_MAX_CPU_COUNT$|^TZ$|^LC_CTYPE$/ } @$environment), 0, 'the environment has nothing of the server\'s')
	or diag(explain($environment));
foreach my $left ("$directory/left", '/tmp/left', "$directory/PG_VERSION.left")
{
	ok(!-e $left && !-l $left, "there is no $left");
}
ok(-e "$directory/PG_VERSION", 'what it tried to remove is there');

# ------------------------------------------------------------------------------------------------------------- evil plugins

# A plugin whose first hook runs these lines.
sub in_on_init
{
	my ($lines, $imports) = @_;

	$lines =~ s/^/        /mg;
	return "import os, sys\n" . ($imports // '') . "class Evil(NFPlugin):\n    def on_init(self, packet, flow):\n$lines\n";
}

my $denied = qr/ERROR:  plugin "\w+" failed in on_init of flow .*\nDETAIL:  .*PermissionError: \[Errno 1\] Operation not permitted/s;
my $raised = sub { qr/ERROR:  plugin "\w+" failed in on_init of flow .*\nDETAIL:  .*$_[0]/s };
my $hung = qr/ERROR:  .*did not move on for 1 second\nDETAIL:  Plugin "\w+" was in \w+\. /;
my $died = sub { qr/ERROR:  .*$_[0].*\nDETAIL:  Plugin "\w+" was in on_init\. .*\nHINT:  A plugin may have ended it/ };
my $garbage = qr/ERROR:  a meter sent /;
my $none = qr/^(?!.*ERROR)/s;

# Each: what it is, its source, and what is said of it.
my @evils = (
	[ 'loops', in_on_init('while True: pass'), $hung ],
	[ 'sleeps', in_on_init('import time; time.sleep(3600)'), $hung ],
	[ 'allocates', in_on_init("kept = []\nwhile True: kept.append(bytearray(1 << 26))"), qr/ERROR:  .*\nMemoryError\n/s, 30 ],
	[ 'makes a text of 8 GB', in_on_init("flow.udps.x = 'a' * (8 << 30)"), qr/ERROR:  .*\nMemoryError\n/s ],
	[ 'leaves a text of 10 MB', in_on_init("flow.udps.x = 'a' * (10 << 20)"), qr/ERROR:  plugin "\w+" failed in output of flow .*\nDETAIL:  what is in flow.udps takes more than \d+ bytes/, 30 ],
	[ 'recurses', in_on_init("def again(): again()\nagain()"), $raised->('RecursionError') ],
	[ 'exits', in_on_init('sys.exit(3)'), $raised->('SystemExit') ],
	[ 'exits at once', in_on_init('os._exit(0)'), $died->('ended before its work was done') ],
	[ 'aborts', in_on_init('os.abort()'), $died->('was terminated by signal') ],
	[ 'reads at 0', in_on_init("import ctypes\nctypes.string_at(0)"), $died->('was terminated by signal 11') ],
	[ 'forks', in_on_init('os.fork()'), $denied ],
	[ 'opens to write', in_on_init("open('/tmp/left', 'w')"), $denied ],
	[ 'starts a process', in_on_init("import subprocess\nsubprocess.run(['/bin/true'])"), $denied ],
	[ 'ends itself', in_on_init('os.kill(os.getpid(), 9)'), $denied ],
	[ 'ends its parent', in_on_init('os.kill(os.getppid(), 9)'), $denied ],
	[ 'handles signals', in_on_init("import signal\nsignal.signal(2, signal.SIG_IGN)"), $denied ],
	[ 'closes its descriptors', in_on_init('for number in range(6): os.close(number)'), $denied ],
	[ 'closes them, and passes over errors', in_on_init('os.closerange(0, 64)'), undef ],
	[ 'writes to the channel', in_on_init("os.write(0, b'x' * 1000)"), $garbage ],
	[ 'reads from the channel', in_on_init("os.read(0, 1)"), $denied ],
	[ 'prints a million lines', in_on_init("for line in range(1000000): print(line)"), qr/^(?:.*NOTICE:  .*\n){11}$/, 30 ],
	[ 'replaces its output', in_on_init("sys.stdout = sys.stderr = None\nprint('x')\nraise ValueError('here')"), $raised->('ValueError: here') ],
	[ 'deletes what is built in', in_on_init("import builtins\nfor name in list(vars(builtins)): delattr(builtins, name)"), undef ],
	[ 'deletes modules', in_on_init("sys.modules.clear()\nsys.path.clear()"), undef ],
	[ 'deletes udps', in_on_init("del flow.udps"), undef ],
	[ 'replaces udps', in_on_init("flow.udps = 5"), undef ],
	[ 'changes classes', in_on_init("flow.__class__ = type('X', (), {})"), $raised->('TypeError') ],
	[ 'leaves what is no JSON', in_on_init("flow.udps.x = object()\nflow.udps.y = float('nan')\nflow.udps.z = {1: {2}, None: b'\\xff'}\nflow.udps.w = lambda: 1"), $none ],
	[ 'leaves what refuses to be a text', in_on_init("class X:\n    def __str__(self): raise ValueError('no')\n    __repr__ = __str__\nflow.udps.x = X()"), undef ],
	[ 'leaves itself', in_on_init("x = []\nx.append(x)\nflow.udps.x = x"), undef ],
	[ 'leaves what is deep', in_on_init("x = []\nfor level in range(100000): x = [x]\nflow.udps.x = x"), undef ],
	[ 'raises what refuses to be a text', in_on_init("class X(Exception):\n    def __str__(self): raise ValueError('no')\n    __repr__ = __str__\nraise X()"), $raised->('') ],
	[ 'raises what is no exception of use', in_on_init("raise BaseException('x' * 1000000)"), $raised->('') ],
	[ 'cuts off its text', in_on_init("raise ValueError('\\ud800 \\0 \\x1b[31m')"), $raised->('ValueError') ],
	[ 'sets a strange expiration', in_on_init("flow.expiration_id = 1 << 70"), undef ],
	[ 'keeps flows', "class Evil(NFPlugin):\n    kept = []\n    def on_init(self, packet, flow):\n        self.kept.append((packet, flow))\n    def on_expire(self, flow):\n        flow.udps.x = [(p.src_ip, p.ip_packet, f.src_ip, f.bidirectional_packets, f.udps) for p, f in self.kept]\n", undef ],
	[ 'changes kept flows', "class Evil(NFPlugin):\n    kept = []\n    def on_init(self, packet, flow):\n        for other in self.kept: other.expiration_id = -1; other.udps.x = 1; other.bidirectional_packets = 5\n        self.kept.append(flow)\n", undef ],
	[ 'collects garbage', "import gc, weakref\nclass Evil(NFPlugin):\n    kept = []\n    def on_init(self, packet, flow):\n        gc.set_threshold(1)\n        gc.collect()\n        flow.udps.x = len(gc.get_objects())\n        try: self.kept.append(weakref.ref(flow))\n        except TypeError: pass\n", undef ],
	[ 'raises in a finalizer', in_on_init("class X:\n    def __del__(self): raise ValueError('no')\nX()"), undef ],
	[ 'has a trace', in_on_init("sys.settrace(lambda *a: 1 / 0)\nflow.udps.x = 1\ndef f(): pass\nf()"), undef ],
	[ 'raises at the end', "class Evil(NFPlugin):\n    def cleanup(self): raise ValueError('late')\n", undef ],
	[ 'loops at the end', "class Evil(NFPlugin):\n    def cleanup(self):\n        while True: pass\n", undef ],
	[ 'loops when it expires', "class Evil(NFPlugin):\n    def on_expire(self, flow):\n        while True: pass\n", $hung ]);

my $session = NFStreamSession->new($node);
my $witness = NFStreamSession->new($node);
$node->safe_psql('postgres', "ALTER FOREIGN TABLE flows OPTIONS (ADD meter_timeout '1', ADD meter_memory '512')");
$session->query("SET statement_timeout = '30s'");
wait_for_nothing($node);
my @before = segments($node);
my $descriptors = descriptors($node, $session->backend);
my $number = 0;
foreach my $evil (@evils)
{
	my ($what, $source, $said, $timeout) = @$evil;
	my $name = 'evil_' . ++$number;

	$session->query(use_plugin($name, $source) . '; ALTER FOREIGN TABLE flows OPTIONS (SET meter_timeout ' . "'" . ($timeout // 1) . "')");
	is($session->{said}, '', "$what: it is made");
	$session->query('SELECT count(*), max(length(udps::text)) FROM flows');
	my @errors = $session->{said} =~ /ERROR:  .*/g;
	like($session->{said}, $said, "$what: what is said") if defined $said;
	note("$what: " . substr($session->{said}, 0, 400));
	unlike($session->{said}, qr/statement timeout|server closed|connection/, "$what: it comes to an end by itself");
	cmp_ok(scalar(@errors), '<=', 1, "$what: one error at most");
	ok(defined wait_for_nothing($node, @before), "$what: nothing is left") or diag(what_is_left($node));
	is(descriptors($node, $session->backend), $descriptors, "$what: no descriptor is left");
	is($witness->query('SELECT 1'), 1, "$what: another session lives");
}
ok(!-e '/tmp/left', 'nothing is written');

$session->quit;
$witness->quit;
$node->stop;
done_testing();

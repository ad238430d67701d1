#
# 028_odd_plugins.pl - a hundred plugins in Python of odd kinds, made at random: hooks that raise, change, delete, return, print
# and keep.  Each scan ends with rows or with one error that a user can read; never a hang, never a crash of the server.
#
# SEED=n repeats an earlier run, which printed it; PLUGINS=n makes as many.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture flows_table);
use NFStreamProcesses qw(segments wait_for_nothing what_is_left);
use NFStreamSession;

my $node = start_cluster('odd_plugins', 8);
plan skip_all => 'the meter with Python is not installed' if !-x $node->config_data('--bindir') . '/nfstream_meter_python';

my $seed = $ENV{SEED} // int(rand(1 << 31));
my $plugins = $ENV{PLUGINS} // 100;
print "# SEED=$seed\n";
srand($seed);

sub one_of { return $_[ int(rand(@_)) ]; }

# Attributes of a flow and of a packet, and names that are none.
my @of_flow = qw(id expiration_id src_ip src_mac src_port dst_ip dst_port protocol ip_version vlan_id tunnel_id
	bidirectional_packets bidirectional_bytes bidirectional_first_seen_ms src2dst_packets dst2src_bytes bidirectional_mean_ps
	bidirectional_stddev_piat_ms application_name requested_server_name splt_ps udps nothing_of_the_kind __class__ __dict__ __doc__);
my @of_packet = qw(time delta_time direction raw_size ip_size transport_size payload_size src_ip dst_ip src_mac src_port protocol
	vlan_id ip_version ip_packet syn ack tunnel_id nothing_of_the_kind __class__);
my @names = qw(a b _c D udps x1 src_ip class_ None_);
my @values = ('None', 'True', '0', '-1', '1 << 40', '1 << 200', '-(1 << 63) - 1', '0.1', 'float("nan")', '-float("inf")', '"text"', '""',
	'"\\0"', '"\\ud800"', '"\\U0001f600" * 50', '"x" * 70000', 'b"\\xff\\x00"', '[]', '[1, "a", None]', '(1, (2, (3,)))', '{"k": 1}',
	'{1: 2, None: 3, (1, 2): 4}', '{1, 2}', 'object()', 'object', 'lambda: 1', 'flow', 'self', 'flow.udps', 'range(3)',
	'iter([1])', 'Odd()', 'Exception("e")', 'NotImplemented', '...', 'bytearray(3)', 'memoryview(b"ab")', '1j', 'type', 'print',
	'float("1e308") * 10', 'Number(5)', 'Text("t")', 'Colour.RED', 'datetime.datetime(2020, 1, 1)', 'decimal.Decimal("1.5")',
	'collections.OrderedDict(a=1)', 'collections.deque([1, 2])', 'array.array("d", [1.5])', '[[[[[[[[[[]]]]]]]]]]', 'self.kept',
	'[float("nan")] * 3', '{"a": {"b": [b"x", Odd()]}}');
my @exceptions = ('ValueError("v")', 'KeyError("k")', 'OSError(5, "o")', 'MemoryError()', 'StopIteration', 'SystemExit(3)', 'KeyboardInterrupt',
	'GeneratorExit', 'Odd.Raised()', 'BaseException()', 'UnicodeDecodeError("utf8", b"x", 0, 1, "r")', '5', 'RecursionError("r" * 5000)');

# What one statement in a hook may be; `packet` is there in two of three.
my @statements = (
	sub { 'raise ' . one_of(@exceptions) },
	sub { 'return ' . one_of(@values) },
	(sub { 'flow.udps.' . one_of(@names) . ' = ' . one_of(@values) }) x 8,
	sub { 'del flow.udps.' . one_of(@names) },
	sub { 'setattr(flow.udps, ' . one_of(@values) . ', ' . one_of(@values) . ')' },
	sub { 'flow.udps.' . one_of(@names) . '.append(' . one_of(@values) . ')' },
	(sub { 'flow.' . one_of(@of_flow) . ' = ' . one_of(@values) }) x 3,
	sub { 'del flow.' . one_of(@of_flow) },
	(sub { 'self.kept.append(flow.' . one_of(@of_flow) . ')' }) x 3,
	sub { 'self.kept.append(' . one_of('flow', 'flow.udps', 'self', 'dir(flow)', 'repr(flow)', 'str(flow.udps)') . ')' },
	sub { 'print(' . one_of(@values) . ', ' . one_of('flow', 'flow.udps', 'self', '"\\n" * 30', '"\\0"') . ')' },
	sub { 'sys.stderr.write(' . one_of(@values) . ')' },
	sub { 'sys.stdout.' . one_of('flush()', 'close()', 'fileno()', 'write(b"x")', 'isatty()') },
	sub { 'flow.expiration_id = ' . one_of(-1, -1, -2, 0, 5, '"x"', 'None', '1 << 31', '-1.0', 'True') },
	sub { 'self.' . one_of('on_init', 'on_update', 'on_expire', 'kept', 'cleanup', '__class__') . ' = ' . one_of(@values) },
	sub { 'type(self).' . one_of('on_init', 'on_update', 'on_expire') . ' = ' . one_of('print', 'lambda *a: 1 / 0', 'None', 'int') },
	sub { 'del self.' . one_of('kept', 'on_init', 'number') },
	sub { 'for other in self.kept: other.' . one_of('udps.late = 1', 'expiration_id = -1', 'src_ip = "0"', 'on_init(1, 2)', 'bidirectional_packets') },
	sub { 'self.kept.clear()' },
	sub { 'gc.collect()' },
	sub { one_of('sys.modules.clear()', 'builtins.__dict__.clear()', 'del builtins.len', 'sys.path[:] = []', 'sys.setrecursionlimit(50)',
			'del sys.stdout', 'sys.stdout = self', 'builtins.__import__ = None', 'sys.excepthook = None', 'sys.settrace(print)',
			'sys.setswitchinterval(1e-9)', 'gc.disable()', 'gc.set_threshold(1)', 'NFPlugin.on_expire = None', 'json.dumps = None',
			'sys.unraisablehook = None', 'atexit.register(print, "end")', 'globals().clear()', 'del NFPlugin') },
	sub { 'self.on_update(None, flow)' },
	sub { 'NFPlugin.on_init(self, None, flow)' },
	sub { 'import ' . one_of('json', 'no_such_module', 'threading', 'os, sys, re', 'ctypes', 'nfstream') },
	sub { 'eval(' . one_of('"1 +"', '"flow.src_port"', '"[" * 100', '"(lambda: yes)()"') . ')' },
	sub { one_of('yield 1', 'await flow', 'nonlocal x', 'global flow_') },		# each may be an error of syntax
	sub { one_of('os.close(5)', 'os.close(0)', 'os.fork()', 'os.getcwd()', 'os.listdir(".")', 'os._exit(' . int(rand(300)) . ')') },
	sub { 'with open(' . one_of('"/etc/passwd"', '5', '0', '"x", "w"', 'os.__file__') . ') as file: flow.udps.file = file.read(10)' },
	sub { 'sorted(' . one_of(@values) . ', key=lambda _: flow.nothing)' });
my @of_packets = (
	(sub { 'self.kept.append(packet.' . one_of(@of_packet) . ')' }) x 3,
	sub { 'self.kept.append(packet)' },
	sub { 'packet.' . one_of(@of_packet) . ' = ' . one_of(@values) },
	sub { 'flow.udps.' . one_of(@names) . ' = packet.' . one_of(@of_packet) },
	sub { 'for other in self.kept: other.ip_packet' },
	sub { 'packet, flow = flow, packet' });

my $statement = sub {
	my ($has_packet) = @_;
	my $text = one_of(@statements, $has_packet ? (@of_packets) x 2 : ())->();

	return $text if $text =~ /^(?:for|with|import|global|nonlocal)/ || rand() < 0.3;
	$text = 'if self.number ' . one_of('% 7 == 3', '> 20', '== 1', '% 2') . ": $text" if rand() < 0.4;
	return $text =~ /^if/ || rand() < 0.5 ? $text : "try: $text\n        except BaseException: " . one_of('pass', 'raise', 'flow.udps.a = 1');
};

# The source of a plugin.
sub odd_plugin
{
	my $source = <<'END';
import array, atexit, builtins, collections, datetime, decimal, enum, gc, json, os, sys


class Odd:
    class Raised(Exception):
        def __str__(self): raise ValueError('no text')
        __repr__ = __str__
    def __str__(self): return 5
    def __repr__(self): raise KeyError('no form')
    def __eq__(self, other): raise TypeError('not to be compared')
    __hash__ = None
    def __iter__(self): return self
    def __next__(self): return 1
    def __bool__(self): raise ValueError('neither')
    def __index__(self): return 'index'
    def __float__(self): return 'float'
    def __getattr__(self, name): raise AttributeError(name)


class Number(int): pass
class Text(str): pass
class Colour(enum.Enum): RED = 1


END
	$source .= 'class Plugin(' . one_of('NFPlugin', 'NFPlugin', 'NFPlugin', 'NFPlugin, Number', 'NFPlugin, collections.abc.Sized') . "):\n";
	$source .= "    kept = []\n    number = 0\n";
	$source .= '    ' . one_of('__slots__ = ()', '__getattr__ = None', 'outputs = 5', 'reads = 7', 'reads = ("no_such",)', 'kept = ()') . "\n" if rand() < 0.15;
	foreach my $hook ('__init__', 'on_init', 'on_update', 'on_expire', 'cleanup')
	{
		next if rand() < ($hook eq '__init__' ? 0.9 : $hook eq 'cleanup' ? 0.7 : 0.2);
		my $has_packet = $hook eq 'on_init' || $hook eq 'on_update';
		my $arguments = $has_packet ? 'self, packet, flow' : $hook eq 'on_expire' ? 'self, flow' : 'self, **flow';

		$arguments = one_of('', 'self', '*all', 'self, a, b, c, d', $arguments =~ s/flow/flow_/r) if rand() < 0.03;
		$source .= "    def $hook($arguments):\n        self.number += 1\n";
		$source .= '        ' . $statement->($has_packet) . "\n" foreach 0 .. int(rand(4));
	}
	return $source;
}

# What may be said of a scan, or of a source that is none.
my $clear = qr/ERROR:  (?:plugin "odd_\d+" |a meter ended before its work was done, with exit status |a meter was terminated by signal \d+|a meter failed: out of memory|the source of plugin |class )/;

flows_table($node, 'flows', capture($node, 'dns.pcap'), n_meters => 2, n_dissections => 0, meter_timeout => 10, statistical_analysis => 'true',
	udps => '[{"plugin": "flow_slicer", "limit": 1}]');
$node->safe_psql('postgres', 'ALTER FOREIGN TABLE flows ADD COLUMN IF NOT EXISTS udps jsonb');
my $session = NFStreamSession->new($node);
my $witness = NFStreamSession->new($node);
my %ends;
$session->query("SET statement_timeout = '25s'");
wait_for_nothing($node);
my @before = segments($node);
my $postmaster = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/ ? $1 : die;
foreach my $number (1 .. $plugins)
{
	my $source = odd_plugin();
	my $tell = sub { diag("SEED=$seed, plugin $number:\n$source\nwas told:\n$session->{said}"); };
	my $what = "plugin $number";

	$session->query("SELECT nfstream_create_plugin('odd_$number', \$source\$$source\$source\$)");
	my $made = $session->{said} !~ /ERROR/;
	if ($made)
	{
		$session->query("ALTER FOREIGN TABLE flows OPTIONS (SET udps '[{\"plugin\": \"odd_$number\"}]')");
		is($session->{said}, '', "$what: the table takes it") or $tell->();
		$session->query('SELECT ' . one_of('count(*), count(udps), max(length(udps::text))', 'count(*)', 'max(src_ip), max(udps::text)') . ' FROM flows'
			. one_of('', '', ' WHERE src_port > 100', ' LIMIT 1'));
	}
	my @errors = $session->{said} =~ /(ERROR:  .*)/g;
	my $is_clear = @errors == 0 || (@errors == 1 && $errors[0] =~ $clear);

	ok($is_clear, "$what: rows, or one clear error") or $tell->();
	ok(defined wait_for_nothing($node, @before), "$what: nothing is left") or diag(what_is_left($node));
	$ends{ !$made ? 'is not made' : @errors ? $errors[0] =~ s/"odd_\d+"|flow .*|\d+/X/gr : 'rows' }++;
}
is($witness->query('SELECT 1'), 1, 'another session has lived through it');
is(slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/ ? $1 : 0, $postmaster, 'so has the server');
unlike(slurp_file($node->logfile), qr/PANIC|TRAP:|was terminated by signal \d+: |Assertion|AddressSanitizer/, 'no process of the server has ended badly');
note("$_: $ends{$_}") foreach sort keys %ends;
cmp_ok($ends{rows} // 0, '>=', $plugins / 20, 'some of them have rows');

$session->quit;
$witness->quit;
$node->stop;
done_testing();

#
# 030_python_meter.pl - nfstream_meter_python by hand: what a plugin in Python can leave, keep, print and do wrong.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Test::More;

use PostgreSQL::Test::Utils;

my $programs = `"\${PG_CONFIG:-pg_config}" --bindir`;
chomp $programs;
my $program = "$programs/nfstream_meter_python";
plan skip_all => 'there is no meter with Python' if !-x $program;

my $directory = PostgreSQL::Test::Utils::tempdir();
my $pcaps = $ENV{NFSTREAM_TEST_PCAPS} // "$FindBin::RealBin/../pcaps";
my $number = 0;

# Runs plugins whose sources are given, each as "body of the source" with its arguments; returns the exit status, the JSON
# of udps of all flows as the CSV has it, and what was said.
sub metered
{
	my ($capture, @plugins) = @_;
	my ($out, $err, @list);

	foreach my $plugin (@plugins)
	{
		my ($source, $arguments) = ref $plugin ? @$plugin : ($plugin, '');
		if ($source !~ /\n/)
		{
			push @list, "$source $arguments";
			next;
		}
		my $path = sprintf('%s/p%d.py', $directory, ++$number);
		append_to_file($path, $source);
		push @list, "$path$arguments";
	}
	IPC::Run::run([ $program, '--udps', join('; ', @list), "$pcaps/$capture" ], '<', '/dev/null', '>', \$out, '2>', \$err);
	my @rows = map { s/^"|"$//gr =~ s/""/"/gr } $out =~ /("\{.*\}")$/mg;
	return ($? >> 8, \@rows, $err, $out);
}

# A class whose on_init does this to `u`, which is flow.udps.
sub leaving
{
	my ($before, @lines) = @_;
	return join("\n", $before, 'class Leaving(NFPlugin):', '    def on_init(self, packet, flow):', '        u = flow.udps',
		map { "        $_" } @lines) . "\n";
}

sub first_of
{
	my ($status, $rows, $err) = metered('dhcp.pcap', @_);
	diag($err) if $status != 0;
	return $rows->[0];
}

# ------------------------------------------------------------------------------------------------------------------- values

is(first_of(leaving('', 'u.a = None', 'u.b = True', 'u.c = -1', 'u.d = 1.5', 'u.e = "x\"y"', 'u.f = 2**200')),
	'{"a":null,"b":true,"c":-1,"d":1.5,"e":"x\"y","f":' . '1606938044258990275541962092341162602522202993782792835301376}',
	'None, bool, int of any size, float and str');
is(first_of(leaving('', 'u.a = float("nan")', 'u.b = [float("inf"), -float("inf")]', 'u.c = b"\x01\xff"', 'u.d = bytearray(b"a")')),
	'{"a":"NaN","b":["Infinity","-Infinity"],"c":"01ff","d":"61"}', 'numbers that JSON has not are text, bytes are hexadecimal');
is(first_of(leaving('', 'u.a = (1, [2, {3}])', 'u.b = {1: "x", "y": {None: 2}}', 'u.c = {}', 'u.d = []')),
	'{"a":[1,[2,[3]]],"b":{"1":"x","y":{"None":2}},"c":{},"d":[]}', 'tuples, lists, sets and dicts');
is(first_of(leaving('', 'u.a = "\ud800x"', 'u.b = "a\0b"', 'u.c = "\u00e4\n"')),
	"{\"a\":\"\xef\xbf\xbdx\",\"b\":\"a\xef\xbf\xbdb\",\"c\":\"\xc3\xa4\\n\"}", 'lone surrogates and NUL are made valid');
is(first_of(leaving("import enum, decimal\nclass E(enum.Enum): A = 1\nclass I(enum.IntEnum): B = 2", 'u.a = [E.A, I.B]', 'u.b = decimal.Decimal("1.10")',
			'u.c = range(3)')), '{"a":["A","B"],"b":"1.10","c":"range(0, 3)"}', 'an Enum by its name, anything else by str()');
is(first_of(leaving("class Bad:\n    def __str__(self): raise SystemExit", 'u.a = Bad()', 'l = [1]', 'l.append(l)', 'u.b = l', 'd = {}', 'd["d"] = d', 'u.c = d')),
	'{"a":"<Bad>","b":[1,"[...]"],"c":{"d":"{...}"}}', 'an object without a str(), and circles');
like(first_of(leaving('', 'u.me = flow')), qr/^\{"me":"NFlow\(\{'id': None, .*'udps.me': NFlow\(\.\.\.\)\}\)"\}$/, 'a flow in its own udps');
is(first_of(leaving('', 'd = []', 'for i in range(100): d = [d]', 'u.a = d')), '{"a":' . '[' x 63 . '"[...]"' . ']' x 63 . '}',
	'what is too deep is cut');
is(first_of(leaving('', 'u.a = 10**1500')), '{"a":"1' . '0' x 1500 . '"}', 'a number that is too long for JSON is text');
is(first_of(leaving('', 'u.b = 1', 'u.a = 2', 'u._c = 3', 'del u.b', 'u.b = vars(u).copy()')), '{"a":2,"_c":3,"b":{"a":2,"_c":3}}',
	'udps is an object of Python, in the order of assignment');

SKIP:
{
	my ($status) = metered('dhcp.pcap', leaving('import numpy'));

	skip 'there is no numpy', 1 if $status != 0;
	is(first_of(leaving('import numpy as n', 'u.a = [n.int64(3), n.float32(1.5), n.bool_(True), n.float64("nan")]', 'u.b = n.arange(3)', 'u.c = n.array(["x"])')),
		'{"a":[3,1.5,true,"NaN"],"b":[0,1,2],"c":["x"]}', 'scalars and arrays of NumPy');
}

# ------------------------------------------------------------------------------------------------------------ flows, plugins

my $keeping = <<'PY';
class Keeping(NFPlugin):
    flows, packets = [], []
    def on_init(self, packet, flow):
        self.flows.append(flow)
        self.packets.append(packet)
        flow.udps.same = packet is self.packets[0]
    def on_update(self, packet, flow):
        self.packets.append(packet)
        flow.udps.sum = sum(f.bidirectional_packets for f in self.flows)
    def cleanup(self):
        print([f.bidirectional_packets for f in self.flows], [len(p.ip_packet) for p in self.packets], self.flows[0].udps.same)
        print(len({id(p) for p in self.packets}), end='')
PY
my ($status, $rows, $err) = metered('dhcp.pcap', $keeping);
is($status, 0, 'objects that are kept');
like($err, qr/^nfstream_meter\S*: \[\d+.*\] \[\d+, \d+.*\] True\n.*: \d+$/s, 'are as they were when their flow was over, or their hook');

is(first_of(leaving('', 'u.a = 1', 'u.b = 1'), leaving('', 'u.b = u.a + 1', 'u.c = 3')), '{"a":1,"b":2,"c":3}', 'the plugins share one bag');
is(first_of([ 'splt', 'sequence_length=2' ], "class After(NFPlugin):\n    def on_expire(self, flow):\n        flow.udps.n = len(flow.udps.splt_ps)\n") =~ /"n":2/ ? 1 : 0,
	1, 'what a plugin in C left can be read');

sub error_of
{
	return first_of(leaving('', 'try:', "    $_[0]", '    u.a = "no error"', 'except Exception as e:', '    u.a = type(e).__name__ + ": " + str(e)'));
}

like(error_of('flow.foo = 1'), qr/AttributeError: .*NFlow' object has no attribute 'foo'/, 'a flow takes no new attribute');
like(error_of('flow.splt_ps'), qr/AttributeError: .*'splt_ps': the option splt_analysis turns it off/, 'an attribute that is off');
like(error_of('flow.src2dst_syn_packets'), qr/AttributeError: .*: the option statistical_analysis turns it off/, 'and another one, by its own option');
like(error_of('packet.raw_size = 1'), qr/AttributeError/, 'a packet cannot be changed');
like(error_of('flow.expiration_id = "x"'), qr/TypeError: flow.expiration_id has to be an int, not 'x'/, 'expiration_id is a number');
like(error_of('flow.src_port = 70000'), qr/TypeError: flow.src_port cannot be set to 70000/, 'a value that the column cannot hold');
like(error_of($_), qr/"a":"\w+Error: /, "refused: $_")
	foreach 'type(packet)()', 'type(flow)()', 'object.__new__(type(packet))', 'object.__new__(type(flow))', '__import__("copy").copy(flow)',
	'__import__("pickle").dumps(packet)', 'flow.__class__ = NFPlugin', 'del flow.src_ip', 'flow.udps = 5', 'packet[28]', 'packet[-29]', 'flow.id = 5',
	'flow.src_ip = "x"', 'flow.src_mac = b"x"', 'flow.bidirectional_bytes = 2**70', 'flow.application_name = "\ud800"', 'flow.vlan_id = None';
is(first_of(leaving("import nfstream\nfor n in list(vars(nfstream)):\n    delattr(nfstream, n)", 'u.a = 1')), '{"a":1}', 'a module of ours that is emptied');
is(first_of(leaving("import gc, sys", 'sys.stdout = sys.stderr = None', 'gc.collect()', 'sys.modules.clear()', 'u.a = 1')), '{"a":1}', 'modules that are thrown away');
like(error_of('iter(NFStreamer(source="x"))'), qr/RuntimeError: a plugin has no NFStreamer to use/, 'NFStreamer can be made, not used');
like(error_of('open("/etc/passwd")'), qr/PermissionError/, 'a file elsewhere');
like(error_of('__import__("socket").socket()'), qr/PermissionError/, 'a socket');
like(error_of('__import__("os").fork()'), qr/PermissionError/, 'a process');

my ($ok, $changed, undef, $out) = metered('dhcp.pcap', "class C(NFPlugin):\n    def on_expire(self, flow):\n        flow.src_port = 7\n        flow.expiration_id = 5\n");
like((split /\n/, $out)[1], qr/^0,5,[^,]*,[^,]*,[^,]*,7,/, 'what on_expire writes stands in the row');
is(first_of("class Swap(NFPlugin):\n    def on_init(self, packet, flow):\n        self.on_expire = lambda f: setattr(f.udps, 'a', 1)\n    def on_expire(self, flow):\n        pass\n"),
	'{"a":1}', 'a hook that is replaced while it runs');

# ------------------------------------------------------------------------------------------------------------------- errors

sub fails
{
	my ($what, $source, $wanted, $arguments) = @_;
	my ($status, $rows, $err) = metered('dhcp.pcap', [ $source, $arguments // '' ]);

	ok($status == 1 && $err =~ $wanted, $what) or diag("status $status: $err");
}

# Code of a plugin that runs in the middle of a walk over its objects, and changes them.
my $changing = <<'PY';
class Name:
    def __init__(self, flow): self.flow = flow
    def __str__(self):
        self.flow.udps.__dict__.clear()
        return 'name'
class Changing(NFPlugin):
    def on_init(self, packet, flow):
        for i in range(100): flow.udps.__dict__[Name(flow)] = [object() for _ in range(10)]
        found = flow.keys().count('udps.name')
        flow.udps.found = found
PY
is(first_of($changing), '{"found":1}', 'a name whose str() empties udps');
fails('an item whose __index__() empties the list',
	"class Item:\n    def __index__(self):\n        del self.all[:]\n        return 3\n" .
		leaving('', 'l = [Item() for i in range(100000)]', 'for i in l: i.all = l', 'flow.application_name = l'), qr/TypeError: flow.application_name cannot be set/);
fails('a __dict__ that is no dict', leaving("class Other:\n    __dict__ = property(lambda self: 5)\n", 'u.__class__ = Other'), qr/flow.udps has a __dict__ that is no dict/);
fails('a hook that cannot be looked up', "class A(NFPlugin):\n    \@property\n    def on_update(self): raise KeyError('why')\n",
	qr/has a hook that cannot be read\n.*KeyError: 'why'/s);
fails('what failed first, and not what cleanup() fails in after it',
	"class A(NFPlugin):\n    def on_init(self, packet, flow):\n        raise ValueError('first')\n    def cleanup(self):\n        raise KeyError('second')\n",
	qr/failed in on_init of .*ValueError: first/s);
fails('a syntax error', "class A(NFPlugin):\n    x = = 1\n", qr/plugin "p\d+" does not compile: line 2, column 9: invalid syntax$/m);
fails('no class', "x = 1\n", qr/plugin "p\d+" has no class that derives from NFPlugin/);
fails('two classes', "class A(NFPlugin): pass\nclass B(NFPlugin): pass\n", qr/several classes.*\n.*They are A, B\./);
fails('a class that is not there', "class A(NFPlugin): pass\n", qr/has no class "B"/, ':B');
fails('a module that is not there', "import nowhere\nclass A(NFPlugin): pass\n",
	qr/ModuleNotFoundError: No module named 'nowhere'\nModules were looked for in \S+/);
fails('a parameter that was not given', leaving('', 'u.a = self.size'),
	qr/AttributeError: '\w+' object has no attribute 'size'\nIf "size" is a parameter, it has to be given in udps/);
fails('an attribute of something else', leaving('', 'u.a = "".size'), qr/AttributeError: 'str' object has no attribute 'size'\n*\z/);
fails('a class of NFStream that is bundled', "from nfstream.plugins import SPLT\n",
	qr/ImportError: SPLT cannot be imported: the plugins of NFStream are bundled here/);
is(first_of(leaving("import nfstream.plugins\nfrom nfstream.plugin import NFPlugin as P\nimport nfstream", 'u.a = P is nfstream.NFPlugin')), '{"a":true}',
	'modules of NFStream');
fails('a body that raises', "1 / 0\nclass A(NFPlugin): pass\n", qr/line 1, in <module>\n    1 \/ 0\nZeroDivisionError/);
fails('a parameter that is not there', "class A(NFPlugin):\n    def __init__(self, limit):\n        pass\n",
	qr/cannot be constructed\n.*TypeError: .*limit/s);
foreach my $raised ('ValueError("x")', 'KeyError(1)', 'OSError("x")', 'SystemExit(3)', 'KeyboardInterrupt', 'MemoryError', 'GeneratorExit')
{
	my ($name) = $raised =~ /(\w+)/;

	foreach my $hook ([ on_init => 'packet, flow' ], [ on_update => 'packet, flow' ], [ on_expire => 'flow' ])
	{
		fails("$name in $hook->[0]", "class A(NFPlugin):\n    def $hook->[0](self, $hook->[1]):\n        raise $raised\n",
			qr/plugin "p\d+" failed in $hook->[0] of flow .* protocol \d+\n.*Traceback .*\n  File "p\d+.py", line 3, in $hook->[0]\n    raise .*\n$name/);
	}
}
fails('recursion without end', "class A(NFPlugin):\n    def on_init(self, p, f):\n        self.on_init(p, f)\n", qr/RecursionError: maximum recursion/);
fails('an exception in cleanup', "class A(NFPlugin):\n    def cleanup(self):\n        raise ValueError\n", qr/failed in cleanup\n.*ValueError/s);
fails('too much in udps', leaving('', 'u.a = "x" * (1 << 20)'), qr/takes more than 1048576 bytes/);
fails('a list that holds itself many times', leaving('', 'l = []', 'for i in range(60): l = [l, l]', 'u.a = l'), qr/takes more than 1048576 bytes/);

($status, $rows, $err) = metered('dhcp.pcap', "import sys\nclass A(NFPlugin):\n    def on_init(self, p, f):\n        print('one', 'two')\n        sys.stderr.write('three\\n')\n");
like($err, qr/one two\n.*three\n/, 'what is printed');

# ------------------------------------------------------------------------------------------------------ virtual environments

{
	my $environment = "$directory/venv";
	my ($status, $rows) = metered('dhcp.pcap', leaving('import sys', 'u.a = "%d.%d" % sys.version_info[:2]'));
	my ($version) = $rows->[0] =~ /"a":"([\d.]+)"/;

	mkdir($_) foreach $environment, map { "$environment/$_" } 'lib', "lib/python$version", "lib/python$version/site-packages", 'in_place';
	append_to_file("$environment/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = false\n");
	append_to_file("$environment/lib/python$version/site-packages/only_there.py", "def read(flow):\n    return flow.bidirectional_mean_ps\n");
	append_to_file("$environment/lib/python$version/site-packages/more.pth", "../../../in_place\n");
	append_to_file("$environment/in_place/in_place.py", "x = 5\n");
	local $ENV{VIRTUAL_ENV} = $environment;
	is(first_of(leaving('import only_there, in_place', 'u.a = in_place.x')), '{"a":5}', 'modules of a virtual environment');
	fails('what is read by a module of it', leaving('import only_there', 'u.a = only_there.read(flow)'),
		qr/AttributeError: .*bidirectional_mean_ps|was not computed, for the plugin's source does not name it: add "bidirectional_mean_ps"/);
	fails('modules of the machine are not there', leaving('import numpy'), qr/No module named 'numpy'\nModules were looked for in .*venv/);
	$ENV{VIRTUAL_ENV} = $directory;
	fails('a directory that is none', leaving(''), qr/the virtual environment of plugins in Python cannot be used\n.*is no virtual environment of Python: it has no pyvenv.cfg/);
	unlink("$environment/lib/python$version/site-packages/$_") foreach 'only_there.py', 'more.pth';
	rmdir("$environment/lib/python$version/site-packages");
	$ENV{VIRTUAL_ENV} = $environment;
	fails('one of another version', leaving(''), qr/has no lib\/python$version\/site-packages: it is of another version/);
}
done_testing();

#
# 026_plugins_in_c.pl - plugins of third parties, built out of the tree: what they leave, and what is said of shared objects that
# are no plugins which a meter can use.
#
# With the meter by hand, and then with a server.  The plugins are doc/plugin_in_c, test/plugins/third_party and, one for each thing that can be wrong,
# c_wrong.c there: "make install-test-plugins" has put them where the meter looks.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use JSON::PP;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture flows_table same_lines);

my $config = $ENV{PG_CONFIG} // "pg_config";
my ($bindir) = map { chomp; $_ } `$config --bindir`;
my ($library) = map { chomp; $_ } `$config --pkglibdir`;
my $program = "$bindir/nfstream_meter";
my $plugins = "$library/nfstream_plugins";
my $pcaps = $ENV{NFSTREAM_TEST_PCAPS} // "$FindBin::RealBin/../pcaps";

ok(-e "$plugins/ttl.so", 'the plugins are installed: make install-test-plugins');

# Runs the meter; returns its exit status, what it printed and what it said.
sub by_hand
{
	my ($udps, @arguments) = @_;
	my ($out, $err);

	IPC::Run::run([ $program, '--udps', $udps, @arguments ], '<', '/dev/null', '>', \$out, '2>', \$err);
	return ($? >> 8, $out, $err);
}

# Lines of CSV as lists of fields.
sub rows
{
	my ($csv) = @_;
	my @rows;

	for my $line (split /\n/, $csv)
	{
		my @fields;

		while ($line =~ /\G(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/g)
		{
			push @fields, defined $1 ? $1 =~ s/""/"/gr : $2;
			last if pos($line) == length $line;
		}
		push @rows, \@fields;
	}
	return @rows;
}

# The values of one column, by its name.
sub column
{
	my ($name, $csv) = @_;
	my ($names, @rows) = rows($csv);
	my ($at) = grep { $names->[$_] eq $name } 0 .. $#$names;

	return map { $_->[$at] } @rows;
}

# ------------------------------------------------------------------------------------------------ what they leave

for my $capture (qw(dhcp http tls ipv6 time_idle tunnel_gtp))
{
	my $path = "$pcaps/$capture.pcap";
	my ($status, $bundled) = by_hand('flow_slicer limit=4', $path);
	my ($status_of_third, $third) = by_hand('third_party_flow_slicer limit=4', $path);

	is("$status $status_of_third", '0 0', "$capture: both forms of a slicer run");
	is($third, $bundled, "$capture: and their rows are equal");

	for my $mode (0 .. 3)
	{
		my ($status, $out) = by_hand("third_party_splt sequence_length=7 accounting_mode=$mode", '--splt_analysis', 7, '--accounting_mode',
			$mode, $path);
		my @left = map { decode_json($_) } column('udps', $out);
		my @wrong;

		for my $name (qw(splt_direction splt_ps splt_piat_ms))
		{
			my @own = column($name, $out);
			push @wrong, grep { $own[$_] ne '{' . join(',', @{ $left[$_]{$name} }) . '}' } 0 .. $#own;
		}
		is(scalar(@wrong), 0, "$capture: SPLT of a third party is the option's, accounting_mode $mode");
	}
}

# What tcpdump -v says of dhcp.pcap's packets: each flow has one time to live.
my ($status, $out) = by_hand('ttl', "$pcaps/dhcp.pcap");
is(join(' ', column('udps', $out)), join(' ', map { sprintf '{"ttl_min":%d,"ttl_max":%d}', $_, $_ } 1, 64, 64, 64, 1),
	'the example in doc/ leaves the least and the greatest time to live');
($status, $out) = by_hand('ttl both_directions=false; flow_slicer limit=1', "$pcaps/http.pcap");
is((grep { !/^\{"ttl_min":(\d+|null),"ttl_max":\1\}$/ } column('udps', $out)), 0, 'and of single packets of one direction at most one');

# ------------------------------------------------------------------------------------------ what cannot be used

my %refused = (
	'c_other_version' => [ 2, qr/plugin "c_other_version" is of another version\n.*built for version 2 of .*this meter has version 1/ ],
	'c_other_name' => [ 2, qr/the plugin in ".*c_other_name\.so" is called "another"/ ],
	'c_no_function' => [ 2, qr/c_no_function\.so" has no plugin\n.*no function nfstream_plugin\(\)/ ],
	'c_no_plugin' => [ 2, qr/c_no_plugin\.so" has no plugin\n.*nfstream_plugin\(\) gives none/ ],
	'c_no_size' => [ 2, qr/c_no_size\.so" has no plugin\n.*size/ ],
	'c_no_object' => [ 2, qr/plugin "c_no_object" cannot be loaded\n/ ],
	'c_no_start' => [ 1, qr/plugin "c_no_start" does not start\n.*It does not want to\./ ],
	'c_endless' => [ 1, qr/plugin "c_endless" does not start\n.*It asks for \d+ bytes of each flow, and may have 1073741824\./ ],
	'ttl both_directions=1' => [ 2, qr/parameter "both_directions" of plugin "ttl" does not accept its value\n.*true or false/ ],
	'ttl both=true' => [ 2, qr/plugin "ttl" has no parameter "both"\n.*"both_directions"/ ],
	'third_party_splt sequence_length=7' => [ 2, qr/plugin "third_party_splt" needs the parameter "accounting_mode"/ ],
	'ttl both_directions=true both_directions=true' => [ 2, qr/parameter "both_directions" of plugin "ttl" is given twice/ ],
	'tll' => [ 2, qr/there is no plugin "tll"\n.*Perhaps "ttl" was meant\./ ],
	'third_party_flow_slice limit=1' => [ 2, qr/there is no plugin .*\n.*Perhaps "third_party_flow_slicer" was meant\./ ],
	'c_nowhere_near_anything' => [ 2, qr/there is no plugin "c_nowhere_near_anything"\n$/ ],
	'Ttl' => [ 2, qr/there is no plugin "Ttl"/ ],
	'../plugins/ttl' => [ 2, qr/is not accepted; accepted: plugins/ ],
);

for my $udps (sort keys %refused)
{
	my ($wanted, $said) = @{ $refused{$udps} };
	my ($status, $out, $err) = by_hand($udps, "$pcaps/dns.pcap");

	is($status, $wanted, "$udps: exit status");
	is($out, '', "$udps: no row");
	like($err, $said, "$udps: what is wrong");
}

# ------------------------------------------------------------------------------------------------------- failing

my ($failed, $rows, $said) = by_hand('c_fails', "$pcaps/dns.pcap");
is($failed, 1, 'a plugin that fails ends the meter');
like($said, qr/plugin "c_fails" failed in on_update of flow [0-9.]+:\d+ -> [0-9.]+:53, protocol 17\n.*It has seen enough\./,
	'plugin, hook and flow are named');
is(() = $said =~ /: created\n/g, 1, 'it was created once');
is(() = $said =~ /: cleaned\n/g, 1, 'and cleaned up once');
unlike($said, qr/again/, 'and not again');
is($rows, '', 'no flow had ended');

# ------------------------------------------------------------------------------------------------ with a server

my $node = start_cluster('plugins_in_c', 8);

# What a query gives, and the notices that came with it.
sub noticed
{
	my ($query) = @_;
	my ($rows, $notices);

	is($node->psql('postgres', $query, stdout => \$rows, stderr => \$notices), 0, $query);
	return ($rows, $notices);
}

for my $name (qw(busy.pcap http.pcap time_idle.pcap time_many_idle.pcap))
{
	my $capture = capture($node, $name);
	my %rows;

	for my $meters (1, 3)
	{
		flows_table($node, 'noted', $capture, n_meters => $meters, udps => '[{"plugin": "third_party_noting"}]');
		$node->safe_psql('postgres', "ALTER FOREIGN TABLE noted ADD called text OPTIONS (attribute 'udps.calls')");
		my ($rows, $notices) = noticed('SELECT id, src_ip, src_port, bidirectional_packets, called FROM noted');
		my $started = () = $notices =~ /cleaned up/g;

		is($started, $meters, "$name: each of $meters meters cleans up once");
		$rows{$meters} = $rows;
	}
	same_lines($rows{3}, $rows{1}, "$name: rows, ids and calls are the same with 1 and 3 meters");

	# on_init with the first packet, on_update with each further one, on_expire with the last.
	my @wrong = grep {
		my (undef, undef, undef, $packets, $called) = split /\|/;
		$called ne join('', 'i1', (map { "u$_" } 2 .. $packets), "e$packets") && length($called) < 8000;
	} split /\n/, $rows{1};
	is("@wrong", '', "$name: each packet is one call");
}

# Its own words about what it leaves, as IMPORT makes a column of it and nfstream_comment() describes it.
$node->safe_psql('postgres', 'IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO public OPTIONS (table_name \'hops\', source \''
		. capture($node, 'icmp.pcap') . q{', udps '[{"plugin": "ttl"}, "dhcp"]')});
$node->safe_psql('postgres', "SELECT nfstream_comment('hops')");
is($node->safe_psql('postgres', "SELECT attname, col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'hops'::regclass"
			. " AND attname IN ('ttl_min', 'ttl_max', 'dhcp_60') ORDER BY 1"),
	"dhcp_60|vendor class (option 60)\nttl_max|greatest time to live\nttl_min|least time to live", 'the comments are its own words');

my ($status_of_server, $said_by_server);
flows_table($node, 'failing', capture($node, 'dns.pcap'));
$node->safe_psql('postgres', q{ALTER FOREIGN TABLE failing OPTIONS (ADD udps '[{"plugin": "c_fails"}]')});
$status_of_server = $node->psql('postgres', 'SELECT * FROM failing', stderr => \$said_by_server);
isnt($status_of_server, 0, 'a plugin that fails ends the statement');
like($said_by_server, qr/ERROR:  plugin "c_fails" failed in on_update of flow [0-9.]+:\d+ -> [0-9.]+:53, protocol 17\nDETAIL:  It has seen enough\./,
	'with plugin, hook and flow');
like($said_by_server, qr/NOTICE: .*cleaned/, 'and it was cleaned up');
$node->stop;

done_testing();

#
# 017_extremes.pl - captures made at random of the least and the greatest that each field of a file and of a packet can be: what
# IMPORT FOREIGN SCHEMA declares holds every value that comes of them, with any of its types and every accounting mode.  And
# where a table of one's own does not hold a value, the error says which, of which column, table and capture.
#
# From the environment: SEED, of the captures, and CAPTURES, how many.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster);

my $seed = $ENV{SEED} || 1;
my $captures = $ENV{CAPTURES} || 12;
my $node = start_cluster('extremes', 8);

use constant { GREATEST_32 => 2**32 - 1, PACKETS => 40, ETHERNET => 1, LONGEST_TIMEOUT => '18446744073709551' };

srand($seed);
note("SEED=$seed CAPTURES=$captures");

sub one_of { return $_[ int rand @_ ]; }

# ------------------------------------------------------------------------------------------------------ frames and files

# Few endpoints, so that packets meet in flows, in both directions.
sub frame
{
	my ($from, $to) = one_of([ 1, 2 ], [ 2, 1 ], [ 1, 3 ])->@*;
	my ($from_port, $to_port) = $from < $to ? (0, 65535) : (65535, 0);
	my $protocol = one_of(6, 6, 6, 17, 1, 58, 132, 255);
	my $segment = $protocol == 6
		? pack('nnNNCCnnn', $from_port, $to_port, 0, 0, one_of(0, 5, 15) << 4, one_of(0, 255, int rand 256), 0, 0, 0)
		: pack('nnnn', $from_port, $to_port, one_of(0, 8, 65535), 0);
	my $payload = "\xff" x one_of(0, 1, 40);
	my $length = length($segment . $payload);
	my $ip = one_of(4, 4, 6) == 4
		? pack('CCnnnCCnNN', 0x45, 0, one_of(20 + $length, 20 + $length, 65535, 0), 0, 0, 64, $protocol, 0, 0x0a000000 + $from,
			0x0a000000 + $to)
		: pack('NnCCN4N4', 0x60000000, one_of($length, $length, 0), $protocol, 64, 0xffffffff, (0) x 2, $from, 0xffffffff, (0) x 2, $to);
	my $type = ord($ip) >> 4 == 4 ? 0x0800 : 0x86dd;
	my $vlan = one_of('', '', pack('nn', 0x8100, 4095));

	return pack('H12H12', sprintf('%012x', $from), 'ffffffffffff') . $vlan . pack('n', $type) . $ip . $segment . $payload;
}

sub wire_length
{
	return one_of($_[0], $_[0], 65535, 65536, 2**31 - 1, 2**31, GREATEST_32, GREATEST_32);
}

sub word { return one_of(0, 0, 1, 2**31 - 1, 2**31, GREATEST_32, GREATEST_32, int rand 2**32); }

sub pcap
{
	my ($order) = one_of('V', 'N');
	my $file = pack("${order}nn", one_of(0xa1b2c3d4, 0xa1b23c4d), 0, 0) . pack("${order}4", 0, 0, 262144, ETHERNET);

	# The version's two numbers are 16 bits each.
	substr($file, 4, 4) = pack($order eq 'V' ? 'vv' : 'nn', 2, 4);
	foreach (1 .. PACKETS)
	{
		my $bytes = frame();

		$file .= pack("${order}4", word(), one_of(0, 999999, GREATEST_32), length($bytes), wire_length(length($bytes))) . $bytes;
	}
	return $file;
}

sub block
{
	my ($type, $body) = @_;
	my $padding = "\0" x (-length($body) % 4);
	my $length = 12 + length($body . $padding);

	return pack('VV', $type, $length) . $body . $padding . pack('V', $length);
}

sub section { return block(0x0a0d0d0a, pack('VvvVV', 0x1a2b3c4d, 1, 0, GREATEST_32, GREATEST_32)); }

sub resolution { return pack('vvCxxx', 9, 1, $_[0]); }

# An interface with these options.
sub interface { return block(1, pack('vvV', ETHERNET, 0, 0) . join('', @_) . pack('V', 0)); }

# An interface with a resolution and an offset of any kind, or without.
sub any_interface
{
	my $offset = pack('vvVV', 14, 8, one_of([ 0, 0 ], [ 0, 0 ], [ GREATEST_32, GREATEST_32 ], [ 0, 2**31 ], [ GREATEST_32, 2**31 - 1 ])->@*);

	return interface(one_of('', resolution(one_of(0, 3, 6, 6, 9, 18, 19, 20, 127, 128, 138, 191, 192, 255))), one_of('', $offset));
}

sub packet
{
	my ($interface, $high, $low) = @_;
	my $bytes = frame();

	return block(6, pack('V5', $interface, $high, $low, length($bytes), wire_length(length($bytes))) . $bytes);
}

sub pcapng
{
	return join '', section(), any_interface(), any_interface(), map { packet(one_of(0, 1), word(), word()) } 1 .. PACKETS;
}

# The first packets at 1970, the others as late as a file can tell.
sub pcapng_with_a_gap
{
	my $before = 1 + int rand PACKETS;

	return join '', section(), interface(resolution(0)), map { packet(0, (($_ <= $before ? 0 : GREATEST_32)) x 2) } 1 .. PACKETS;
}

sub write_capture
{
	my ($name, $bytes) = @_;
	my $path = $node->basedir . "/$name";

	open(my $out, '>:raw', $path) or die "could not write $path: $!";
	print $out $bytes;
	close($out) or die "could not write $path: $!";
	return $path;
}

# --------------------------------------------------------------------------------------------- IMPORT's tables hold them

# Each column's least and greatest number, over all captures; arrays by their elements.
$node->safe_psql('postgres', <<'END');
CREATE TABLE found (attribute text, value numeric);
CREATE FUNCTION look(source text, options text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	kind text;
	flows bigint;
	others bigint;
BEGIN
	SET LOCAL client_min_messages = error;
	FOREACH kind IN ARRAY '{nfstream,postgres,portable}'::text[] LOOP
		EXECUTE format('DROP FOREIGN TABLE IF EXISTS %1$I; IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO public'
			' OPTIONS (table_name %1$L, source %2$L, types %1$L, extra_columns ''true'', statistical_analysis ''true'','
			' splt_analysis ''5'', %3$s)', kind, source, options);
	END LOOP;
	EXECUTE format('DROP FOREIGN TABLE IF EXISTS conn; IMPORT FOREIGN SCHEMA conn FROM SERVER nfstream INTO public'
		' OPTIONS (source %L, %s)', source, options);

	INSERT INTO found SELECT key, bound FROM (SELECT key, min(element::numeric) AS least, max(element::numeric) AS greatest
			FROM nfstream n, jsonb_each(to_jsonb(n)) AS pair,
			jsonb_array_elements(CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE jsonb_build_array(value) END) AS element
			WHERE jsonb_typeof(element) = 'number' GROUP BY 1) AS bounds, unnest(ARRAY[least, greatest]) AS bound;
	SELECT count(*) INTO flows FROM nfstream;

	-- The others are read whole, in the form that a client gets, and say the same.
	WITH n AS MATERIALIZED (SELECT * FROM nfstream), p AS MATERIALIZED (SELECT * FROM postgres),
		t AS MATERIALIZED (SELECT * FROM portable)
	SELECT count(*) INTO others FROM n JOIN p USING (id) JOIN t USING (id)
	WHERE n::text <> '' AND p::text <> '' AND t::text <> '' AND host(n.src_ip) = t.src_ip AND n.src_mac = t.src_mac::macaddr
		AND n.splt_piat_ms = p.splt_piat_ms AND n.dst2src_bytes = t.dst2src_bytes
		AND 1000 * extract(epoch FROM p.bidirectional_last_seen_ms) = CASE
			WHEN n.bidirectional_last_seen_ms >= 9224318016000000 THEN 'Infinity' ELSE n.bidirectional_last_seen_ms::numeric END
		AND 1000 * extract(epoch FROM p.bidirectional_duration_ms) = least(n.bidirectional_duration_ms, 9223372036854000);
	IF others <> flows THEN
		RAISE '% rows, % of them the same with all types', flows, others;
	END IF;
	SELECT count(c::text) INTO others FROM conn c;
	IF others <> flows THEN
		RAISE '% rows, but % in conn', flows, others;
	END IF;
	INSERT INTO found SELECT 'infinite times', count(*) FROM conn WHERE began = 'infinity';
	INSERT INTO found SELECT 'longest intervals', count(*) FROM conn WHERE extract(epoch FROM lasted) = 9223372036854;
	RETURN flows;
END $$
END

my ($scans, $flows, @errors) = (0, 0);
foreach my $number (1 .. $captures)
{
	my $path = write_capture("extreme.$number", (\&pcap, \&pcapng, \&pcapng_with_a_gap)[ $number % 3 ]->());

	foreach my $mode (0 .. 3)
	{
		my ($idle, $active) = one_of([ 0, 0 ], [ 1, 1800 ], [ 120, 0 ], [ (LONGEST_TIMEOUT) x 2 ], [ (LONGEST_TIMEOUT) x 2 ])->@*;
		my $options = "accounting_mode '$mode', idle_timeout '$idle', active_timeout '$active', n_dissections '"
			. one_of(0, 0, 0, 20) . "'";
		my ($status, $out, $said) = $node->psql('postgres', "SELECT look('$path', \$\$$options\$\$)");

		$scans++;
		$flows += $out || 0;
		push @errors, "extreme.$number, $options: $said" if $status != 0;
	}
}
is(join("\n", @errors), '', "$scans scans of $captures captures, $flows flows, each read with all types");
cmp_ok($flows, '>', 10 * $captures, 'there are flows in them');

# What they bring about; the packets of accounting modes above 0 are bounded by what is left of the frame.
my %bounds = (
	bidirectional_first_seen_ms => [ 0, '9223372036854775807' ],
	bidirectional_last_seen_ms => [ 0, '9223372036854775807' ],
	bidirectional_duration_ms => [ 0, '9223372036854775807' ],
	bidirectional_max_piat_ms => [ 0, '9223372036854775807' ],
	src2dst_max_piat_ms => [ 0, '9223372036854775807' ],
	splt_piat_ms => [ -1, '9223372036854775807' ],
	bidirectional_max_ps => [ 0, GREATEST_32 ],
	dst2src_max_ps => [ 0, GREATEST_32 ],
	splt_ps => [ -1, GREATEST_32 ],
	src_port => [ 0, 65535 ],
	dst_port => [ 0, 65535 ],
	vlan_id => [ 0, 4095 ],
	protocol => [ 1, 255 ],
);
foreach my $attribute (sort keys %bounds)
{
	is($node->safe_psql('postgres', "SELECT min(value), max(value) FROM found WHERE attribute = '$attribute'"),
		join('|', @{ $bounds{$attribute} }), "$attribute at its extremes");
}
foreach my $times ('infinite times', 'longest intervals')
{
	cmp_ok($node->safe_psql('postgres', "SELECT sum(value) FROM found WHERE attribute = '$times'"), '>', 0, "there are $times");
}
cmp_ok($node->safe_psql('postgres', "SELECT max(value) FROM found WHERE attribute = 'bidirectional_bytes'"), '>', 2**33,
	'bytes of many such packets');

# ------------------------------------------------------------------------------- a table of one's own may not hold them

my $small = write_capture('small.pcap', pack('VvvV4', 0xa1b2c3d4, 2, 4, 0, 0, 262144, ETHERNET));
my $syn = pack('H12H12n', 'ffffffffffff', '020000000001', 0x0800)
	. pack('CCnnnCCnNN', 0x45, 0, 40, 0, 0, 64, 6, 0, 0x0a000001, 0x0a000002) . pack('nnNNCCnnn', 1, 2, 0, 0, 0x50, 2, 0, 0, 0);
my $great = write_capture('great.pcap', pack('VvvV4', 0xa1b2c3d4, 2, 4, 0, 0, 262144, ETHERNET)
	. pack('V4', 100, 0, length($syn), length($syn)) . $syn . pack('V4', 2678500, 0, length($syn), GREATEST_32) . $syn);

$node->safe_psql('postgres', <<"END");
CREATE FOREIGN TABLE own (bidirectional_max_ps int, gap int OPTIONS (attribute 'bidirectional_max_piat_ms'), sizes int[] OPTIONS
	(attribute 'splt_ps'), bytes numeric(5) OPTIONS (attribute 'src2dst_bytes')) SERVER nfstream OPTIONS (source '{$small,$great}',
	statistical_analysis 'true', splt_analysis '3', idle_timeout '10000000', active_timeout '10000000');
END
foreach (
	[ 'bidirectional_max_ps', 'value 4294967295 of column "bidirectional_max_ps" of foreign table "own" is out of range for type integer' ],
	[ 'gap', 'value 2678400000 of column "gap" of foreign table "own" is out of range for type integer' ],
	[ 'sizes', 'value 4294967295 of column "sizes" of foreign table "own" is out of range for type integer[]' ],
	[ 'bytes', 'numeric field overflow' ])
{
	my ($column, $message) = @$_;
	my (undef, undef, $said) = $node->psql('postgres', "SELECT $column FROM own");

	like($said, qr/ERROR:  \Q$message\E$/m, "$column: what does not fit, and where");
	like($said, $column eq 'bytes' ? qr/column "bytes" of foreign table "own", value 4294967349, capture "\Q$great\E"/
		: qr/The flow began in capture "\Q$great\E"/, "$column: of which capture");
}

$node->stop;
done_testing();

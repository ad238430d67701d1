#
# 025_plugin_values.pl - what plugins leave, in columns of all kinds of types: a program in the meter's place sends the texts, and
# what becomes of them is what PostgreSQL's own functions make of the same JSON.
#
# Under workers and, with no slot for one, under the leader.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture);
use NFStreamEvil qw(evil_program);
use NFStreamSession;

my ($node, $session, $owner);

# What a query of a table of these columns gives, each of them `name type`, where a meter does a deed.
sub left
{
	my ($deed, $columns, $query, $options) = @_;
	my $source = capture($node, 'http.pcap');
	my $program = evil_program($node, "left_$deed");
	my $list = join ', ', map { my ($name, $type) = split / /, $_, 2; "$name $type OPTIONS (attribute 'udps.$name')" } @$columns;

	# That no plugin leaves this is what the extension knows better, and would warn of.
	return $session->query("SET client_min_messages = error; DROP FOREIGN TABLE IF EXISTS left_there;"
		. " CREATE FOREIGN TABLE left_there (" . ($list ? "$list, " : '') . "udps jsonb)"
		. " SERVER nfstream OPTIONS (source '$source', n_meters '1', udps '[{\"plugin\": \"flow_slicer\", \"limit\": 1000000}]'" . ($options ? ", $options" : '') . ");"
		. " SET nfstream_fdw.meter_program = '$program'; $query");
}

# The error of a column of a type that does not take its value.
sub refused
{
	my ($deed, $column, @said) = @_;
	my ($name) = split / /, $column;

	is(left($deed, [$column], "SELECT $name FROM left_there"), '', "$owner: $column of $deed: no row");
	like($session->{said}, $_, "$owner: $column of $deed is refused: $_") foreach @said;
	is(scalar(() = $session->{said} =~ /ERROR:/g), 1, "$owner: $column of $deed: one error");
}

foreach my $workers (3, 0)
{
	$owner = $workers > 0 ? 'workers' : 'leader';
	$node = start_cluster($owner, $workers);
	$session = NFStreamSession->new($node);
	$session->query('CREATE DOMAIN small AS int CHECK (VALUE < 5); CREATE DOMAIN given AS int NOT NULL;'
		. " CREATE TYPE mood AS ENUM ('a', 'b'); SET timezone = 'UTC'");

	# Scalars: numbers by their digits, strings by their characters, absent and null NULL.
	is(left('scalars', [ 'i int', 'b bigint', 'n numeric', 'f float8', 't text', 'yes bool', 'none text' ],
			'SELECT i, b, n, f, t, yes, none FROM left_there'),
		"-7|9007199254740993|12.50|0.001|a\"b\n|t|\n||||||\n8||||||1", "$owner: scalars");
	is($session->{said}, '', "$owner: and no error");
	is(left('scalars', [ 'ip inet', 'bytes bytea', 'nan float4', 'n numeric(4,1)', 'i smallint', 'yes text', 'b varchar(16)', 'f char(7)' ],
			q{SELECT ip, bytes, nan, n, i, yes, b, f || '.' FROM left_there LIMIT 1}),
		'2001:db8::1|\x00ff|NaN|12.5|-7|true|9007199254740993|1e-3.', "$owner: scalars of other types");
	is(left('scalars', [ 'i json', 't jsonb', 'none jsonb', 'f json', 'yes jsonb' ], 'SELECT i, t, none, f, yes FROM left_there'),
		qq{-7|"a\\"b\\n"||1e-3|true\n||||\n"8"||1||}, "$owner: scalars as json and jsonb");
	is(left('scalars', ['i small'], 'SELECT i FROM left_there LIMIT 1'), '-7', "$owner: a domain");

	# The same JSON in the column udps, whichever columns are beside it.
	is(left('scalars', ['i int'], 'SELECT i, udps FROM left_there OFFSET 1'), qq{|{}\n8|{"i": "8", "none": 1}}, "$owner: udps beside a value");
	is(left('scalars', ['i int'], 'SELECT count(*) FROM left_there WHERE i IS NULL'), 1, "$owner: a condition");

	# jsonb is what its own input function makes of the text, to the last digit.
	foreach ([ scalars => 3 ], [ lists => 2 ], [ odd => 7 ], [ numbers => 7 ], [ many => 1 ], [ deep => 1 ])
	{
		my ($deed, $flows) = @$_;

		is(left($deed, ['a jsonb'], q{ALTER FOREIGN TABLE left_there ADD as_text json OPTIONS (attribute 'udps'), ADD a_text json OPTIONS (attribute 'udps.a');
			SELECT count(*), bool_and(udps::text = as_text::jsonb::text AND udps = as_text::jsonb AND a::text IS NOT DISTINCT FROM a_text::jsonb::text)
			FROM left_there}), "$flows|t", "$owner: $deed as the input function of jsonb has them") or diag($session->{said});
	}

	# Lists.
	is(left('lists', [ 'e int[]', 'l bigint[]', 'm int[]', 't text[]', 'f float8[]' ], 'SELECT e, l, m, t, f FROM left_there'),
		qq({}|{1,NULL,-3}|{{1,2},{3,4}}|{"a,b","\\"",NULL,1.5,true,"{\\"x\\":[1]}"}|{0.5,NaN,1000}\n|{4,5}|{}|{}|), "$owner: lists");
	is(left('lists', [ 'e jsonb', 'l text', 'm json', 't jsonb[]', 'm_ point' ],
			'SELECT e, l, m, t[1], array_length(t, 1) FROM left_there LIMIT 1'),
		'[]|[1,null,-3]|[[1,2],[3,4]]|"a,b"|6', "$owner: lists of other types");

	# Members of one name: the last counts, in both columns.  What is in a value is none, and what is no object has none.
	is(left('odd', ['a text'], 'SELECT a, udps FROM left_there'),
		qq(2|{"a": 2}\n[ 1 , { "a" : 3 } ]|{"a": [1, {"a": 3}], "b": "}"}\n|[]\n|3\n|"a"\n|null\n\xf0\x9f\x98\x80|{"": 1, "a": "\xf0\x9f\x98\x80", "\\n\xc2\xa7": "x"}),
		"$owner: odd texts");

	# Long values, each in a message of its own, and many of them.
	is(left('long', ['a text'], q{SELECT count(*), min(length(a)), max(length(a)), bool_and(a = repeat(U&'\00A7', length(a))), max(length(udps::text))
			FROM left_there}), '8|524277|524284|t|524293', "$owner: values of 1 MB") or diag($session->{said});
	is($session->{said}, '', "$owner: and no error");
	is(left('many', [ 'n49999 int', 'n0 int', 'n7 int', 'n50000 int' ], 'SELECT n0, n7, n49999, n50000, (SELECT count(*) FROM jsonb_object_keys(udps)) FROM left_there'),
		'0|7|49999||50000', "$owner: many values");

	# What does not fit: table, column, value, capture, and what to do.
	my $hint = qr/HINT:  Declare the column with a type that holds whatever the plugin leaves, as jsonb does\./;
	refused('fractions', 'a int', qr/ERROR:  invalid input syntax for type integer: "4\.0"/,
		qr/CONTEXT:  column "a" of foreign table "left_there", value 4\.0, capture ".*http\.pcap"/, $hint);
	refused('fractions', 'a small', qr/ERROR:  invalid input syntax for type integer: "4\.0"/);
	refused('scalars', 'b int', qr/ERROR:  value "9007199254740993" is out of range for type integer/,
		qr/CONTEXT:  column "b" of foreign table "left_there", value 9007199254740993, /, $hint);
	refused('scalars', 'i given', qr/ERROR:  domain given does not allow null values/, qr/CONTEXT:  column "i" of foreign table "left_there", value NULL, /);
	refused('scalars', 't mood', qr/ERROR:  invalid input value for enum mood: "a"b/, $hint);
	refused('scalars', 't varchar(3)', qr/ERROR:  value too long for type character varying\(3\)/, $hint);
	refused('scalars', 't int[]', qr/ERROR:  malformed array literal: "a"b/, $hint);
	refused('scalars', 'b small', qr/ERROR:  value "9007199254740993" is out of range for type integer/);
	refused('texts', 'a int', qr/CONTEXT:  column "a" of foreign table "left_there", value "x{399} \.\.\., capture /);
	refused('ragged', 'a int[]', qr/ERROR:  lists of different lengths cannot be the elements of an array/, $hint);
	refused('mixed', 'a text[]', qr/ERROR:  a list of values and lists cannot be an array/, $hint);
	refused('deep', 'a int[]', qr/ERROR:  number of array dimensions \(7\) exceeds the maximum allowed \(6\)/);
	refused('objects', 'a int', qr/ERROR:  invalid input syntax for type integer: "\{"b":1\}"/, $hint);
	is(left('ragged', ['a jsonb'], 'SELECT a FROM left_there'), '[[1, 2], [3]]', "$owner: jsonb holds it");

	# Hidden values are hashed in the column udps as well, by the same key, whatever it is that names them.
	my $hidden = q{SELECT udps->>'i' = i, length(i), udps->'i' IS NULL, i ~ '[-78]' AND length(i) < 9, udps ? 'b' FROM left_there};
	foreach my $names ('{udps.i}', '{i}', '{i,udps.i}')
	{
		is(left('scalars', [ 'i text', 'b text' ], $hidden, "columns_to_anonymize '$names'"),
			"t|128|f|f|t\n||t||f\nt|128|f|f|f", "$owner: $names is hidden");
	}
	is(left('scalars', ['none text'], q{SELECT none IS NULL, udps->'none' FROM left_there LIMIT 1}, "columns_to_anonymize '{udps.none}'"),
		't|null', "$owner: null is not hashed");
	left('scalars', ['i int'], 'SELECT i FROM left_there', "columns_to_anonymize '{udps.i}'");
	like($session->{said}, qr/ERROR:  column "i" of foreign table "left_there" cannot be of type integer\n/, "$owner: hidden, it has to be text");
	left('scalars', ['i text'], 'SELECT i FROM left_there', "columns_to_anonymize '{udps}'");
	like($session->{said}, qr/ERROR:  column "udps" of foreign table "left_there" cannot be of type jsonb\n/, "$owner: and so does udps itself");
	is(left('scalars', ['i text'], 'ALTER FOREIGN TABLE left_there DROP udps; SELECT length(i) FROM left_there', "columns_to_anonymize '{udps}'"),
		"128\n\n128", "$owner: who hides udps hides all of it");

	$session->quit;
	$node->stop;
}
done_testing();

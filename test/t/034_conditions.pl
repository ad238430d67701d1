#
# 034_conditions.pl - conditions made at random, of every column of tables of all kinds: the rows and ids that a scan gives whose
# meters evaluate them are those that a plain table gives, which was filled from a scan without any; with 1 meter and with 3, with
# constants and with the parameters of a generic plan, and where the query asks for no ids.
#
# nDPI labels some flows from what it saw of the same host before, which a condition on the key keeps from it: so a condition is either on
# labels, or on the key.
#
# From the environment: SEED, of the conditions and of a capture, and CONDITIONS, how many.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture);

my $seed = $ENV{SEED} || 1;
my $conditions = $ENV{CONDITIONS} || 500;
my $node = start_cluster('conditions', 8);

srand($seed);
note("SEED=$seed CONDITIONS=$conditions");

sub one_of { return $_[ int rand @_ ]; }
sub quoted { my $text = $_[0] =~ s/'/''/gr; return "'$text'"; }

# ------------------------------------------------------------------------------------------------------------------ tables

my @names = qw(busy http tls dns ipv6 vlan qinq gtpu time_far time_active time_order icmp text_tls tunnel_gtp ip_fragments);
my $several = '{' . join(',', map { '"' . capture($node, "$_.pcap") . '"' } @names) . '}';
my $directory = $node->basedir;
my @random = split /\n/, `/usr/bin/python3 -B "$FindBin::RealBin/../conformance/random_capture.py" $seed "$directory"`;
my $random = '{' . join(',', map { "\"$_\"" } @random) . '}';

sub psql { return $node->safe_psql('postgres', join(";\n", @_)); }

sub imported
{
	my ($source, $schema, %options) = @_;
	my $list = join ', ', map { "$_ '$options{$_}'" } sort keys %options;

	return "IMPORT FOREIGN SCHEMA $schema FROM SERVER nfstream INTO public OPTIONS (table_name '%s', source " . quoted($source)
		. ", n_meters '%d'" . ($list && ", $list") . ')';
}

# Types that hold the values in other ways, and columns by other names.
my $odd = 'CREATE FOREIGN TABLE %s (id numeric, first_packet int8, "from" text OPTIONS (attribute \'src_ip\'), dst_ip inet,'
	. ' src_port float4, dst_port port, protocol int2, ip_version numeric, vlan_id float8, tunnel_id int8, src_mac text, dst_oui text,'
	. ' bidirectional_first_seen_ms float8, src2dst_last_seen_ms numeric, bidirectional_duration_ms interval, src2dst_duration_ms float4,'
	. ' bidirectional_packets float4, bidirectional_bytes numeric, src2dst_bytes float8, dst2src_packets numeric(12,1),'
	. ' bidirectional_mean_ps numeric, src2dst_stddev_ps float4, bidirectional_mean_piat_ms interval, src2dst_max_piat_ms float8,'
	. ' expiration_id int2, application_is_guessed bool, application_name varchar, requested_server_name varchar(200), application_confidence float8)'
	. ' SERVER nfstream OPTIONS (source ' . quoted($random) . ', n_meters \'%d\', statistical_analysis \'true\', max_nflows \'400\', idle_timeout \'2\')';

my %tables = (
	numbers => imported(capture($node, 'busy.pcap'), 'nflow', extra_columns => 'true', statistical_analysis => 'true'),
	times => imported($random, 'nflow', extra_columns => 'true', statistical_analysis => 'true', types => 'postgres', idle_timeout => 1),
	texts => imported($several, 'nflow', extra_columns => 'true', types => 'portable', separate_files => 'true'),
	bounded => imported($several, 'nflow', extra_columns => 'true', max_active_flows => 12, n_dissections => 0, source_order => 'time'),
	sliced => imported($several, 'conn', udps => '[{"plugin": "flow_slicer", "limit": 3}]'),
	odd => $odd,
	packets => imported($several, 'nfpacket', extra_columns => 'true', types => 'postgres'),
	packets_apart => imported($several, 'nfpacket', extra_columns => 'true', separate_files => 'true', udps => '[{"plugin": "flow_slicer", "limit": 3}]'),
);

psql('CREATE DOMAIN port AS int CHECK (VALUE >= 0)',
	"SET client_min_messages = error",
	map {
		my $table = $_;
		map {
			(sprintf($tables{$table}, "${table}_$_", $_),
				"SET nfstream_fdw.enable_pushdown = off",
				"CREATE TABLE ${table}_${_}_all AS SELECT row_number() OVER () AS place, * FROM ${table}_$_",
				"ANALYZE ${table}_${_}_all")
		} (1, 3)
	} sort keys %tables);

# ---------------------------------------------------------------------------------------------------------------- conditions

my @key = qw(src_ip dst_ip src_port dst_port protocol ip_version vlan_id tunnel_id);
my @labels = qw(application_name application_category_name application_is_guessed application_confidence requested_server_name
	client_fingerprint server_fingerprint user_agent content_type application_protocol fingerprint_kind);
my @ordered = ('=', '<>', '<', '<=', '>', '>=');
my %wider = (
	smallint => [qw(int4 int8 numeric float8)],
	integer => [qw(int8 numeric float8 float4)],
	bigint => [qw(numeric float8 float4)],
	numeric => ['float8'],
	real => [qw(float8 numeric)],
	'double precision' => ['numeric'],
);
my %numeric = map { $_ => 1 } qw(smallint integer bigint numeric real), 'double precision';

# Each table's columns: name, type, attribute, and some of their values as text.
my %columns;
psql(<<'END');
CREATE FUNCTION columns_of(flows text, seed text) RETURNS TABLE (name text, type text, attribute text, value text) LANGUAGE plpgsql AS $$
BEGIN
	FOR name, type, attribute IN
		SELECT format('%I', attname), format_type(CASE WHEN typtype = 'd' THEN typbasetype ELSE t.oid END, NULL),
			coalesce((SELECT option_value FROM pg_options_to_table(attfdwoptions) WHERE option_name = 'attribute'), attname)
		FROM pg_attribute a JOIN pg_type t ON t.oid = atttypid WHERE attrelid = (flows || '_1')::regclass AND attnum > 0 ORDER BY attnum
	LOOP
		FOR value IN EXECUTE format('SELECT left(v, 200) FROM (SELECT DISTINCT %s::text AS v FROM %s_1_all) d WHERE v !~ E''\n'' ORDER BY md5(v || %L) LIMIT 12',
			name, flows, seed)
		LOOP
			RETURN NEXT;
		END LOOP;
		value := 'end of values';
		RETURN NEXT;
	END LOOP;
END $$;
END
foreach my $table (sort keys %tables)
{
	my @values;

	foreach (split /\n/, psql("SELECT * FROM columns_of('$table', '$seed')"))
	{
		my ($name, $type, $attribute, $value) = split /\|/, $_, 4;

		if ($value ne 'end of values')
		{
			push @values, $value;
			next;
		}
		push @{ $columns{$table} }, { name => $name, type => $type, attribute => $attribute, values => [@values] };
		@values = ();
	}
}

# A literal, which may become a parameter.
my $literal = qr/\x01([^\x02]*)\x02([^\x03]*)\x03/;
sub literal { my ($value, $type) = @_; return "\1" . (defined $value ? quoted($value) : 'NULL') . "\2$type\3"; }

sub near_number
{
	my ($value) = @_;

	return $value if $value !~ /^-?[0-9.]+(e[-+]?\d+)?$/i || rand() < 0.5;
	return $value + one_of(-1, 1, 0.5, -0.5, 0.001) if abs($value) < 1e9;
	return $value;
}

# A value of the column's, or near one, or any other; and a type that it can be compared with.
sub value_for
{
	my ($column) = @_;
	my ($type, $value) = ($column->{type}, one_of(@{ $column->{values} }));

	return (undef, $type) if rand() < 0.08;
	return (one_of('true', 'false'), 'bool') if $type eq 'boolean';
	if ($numeric{$type})
	{
		$value = rand() < 0.1 || !defined $value ? one_of(-1, 0, 1, 443, 65535, 65536, 2147483647, '9223372036854775807', '1e19', '0.1') : near_number($value);
		return ($value, one_of('numeric', 'float8')) if $value =~ /[.e]/i || abs($value) > 9e18;
		return (one_of($value, 'NaN', 'Infinity'), one_of('float8', 'numeric', 'float4')) if rand() < 0.05;
		return ($value, abs($value) > 2147483647 ? one_of('int8', 'numeric', 'float8') :
			abs($value) > 32767 ? one_of('int4', 'int8', 'numeric', 'float8', 'float4') : one_of('int2', 'int4', 'int8', 'numeric', 'float8', 'float4'));
	}
	if ($type =~ /^timestamp/)
	{
		$value = one_of('infinity', '-infinity', '2020-09-13 12:26:40+00', '1970-01-01 00:00:00+00') if rand() < 0.1 || !defined $value;
		return ($value, one_of('timestamptz', 'timestamptz', 'timestamp', 'date'));
	}
	if ($type eq 'interval')
	{
		$value = one_of('0', '-1 ms', '1 month', '120 s', '00:00:00.0005') if rand() < 0.2 || !defined $value;
		return ($value, 'interval');
	}
	if ($type eq 'inet')
	{
		$value = one_of('10.1.0.1', '10.0.0.0/8', '::/0', 'fe80::/10', '0.0.0.0/0', '2001:db8::1', '10.1.0.0/16') if rand() < 0.3 || !defined $value;
		$value =~ s{/.*}{} if rand() < 0.5;
		$value .= '/' . one_of(8, 16, 24, 31, 32) if $value !~ m{/} && rand() < 0.5;
		return ($value, 'inet');
	}
	return ($value // 'true', 'bool') if $type eq 'boolean';
	$value = one_of('', 'x', 'é', 'TLS', 'tls', '10.1.0.1', '010.001.0.1', 'aa:bb:cc') if rand() < 0.1 || !defined $value;
	return ($value, $type eq 'macaddr' ? 'macaddr' : one_of('text', 'text', 'varchar')) if $type ne 'macaddr' || $value =~ /^(..:){5}..$/;
	return ('00:00:00:00:00:00', 'macaddr');
}

sub one_literal { return literal(value_for($_[0])); }

# Of one type that all of them are of.
sub literals
{
	my ($column) = @_;
	my @found = map { [ value_for($column) ] } 0 .. one_of(0, 1, 3, 8);
	my $type = $numeric{ $column->{type} } ? 'numeric' : $column->{type} =~ /^timestamp/ ? 'timestamptz' : $column->{type} =~ /^(character|text)/ ? 'text' : $found[0][1];

	return ($type, map { $_->[0] } @found);
}

sub array
{
	my ($column) = @_;
	my ($type, @values) = literals($column);
	my $list = join ',', map { defined $_ ? '"' . s/(["\\])/\\$1/gr . '"' : 'NULL' } @values;

	return literal(rand() < 0.05 ? undef : rand() < 0.05 ? '{}' : "{$list}", "$type\[]");
}

sub column_text
{
	my ($column) = @_;
	my $wider = $wider{ $column->{type} };

	return $wider && rand() < 0.2 ? "$column->{name}::" . one_of(@$wider) : $column->{name};
}

sub operator
{
	my ($column) = @_;

	return one_of('=', '<>') if $column->{type} =~ /^(text|character)/ && rand() < 0.8;
	return one_of(@ordered);
}

sub leaf
{
	my ($pool) = @_;
	my $column = one_of(@$pool);
	my ($name, $type) = (column_text($column), $column->{type});
	my $kind = int rand 22;
	my $is_text = $type =~ /^(text|character)/;

	return "$name IS " . one_of('', 'NOT ') . 'NULL' if $type =~ /jsonb|\[\]/ || $kind == 0;
	return "$name " . one_of('=', '<>') . ' ' . literal(undef, $type) if $kind == 1;
	return $name . one_of('', ' IS NOT TRUE', ' IS FALSE') if $type eq 'boolean' && rand() < 0.5;
	if ($type eq 'inet' || $column->{attribute} =~ /_ip$/)
	{
		my $inet = $type eq 'inet' ? $name : "$name\::inet";
		my ($value) = value_for({ type => 'inet', values => [ map { s{/.*}{}r } @{ $column->{values} } ] });
		my $hosts = join ', ', map { "$_->{name}" . ($_->{type} eq 'inet' ? '' : '::inet') } grep { $_->{attribute} =~ /_ip$/ } @$pool;

		$value = undef if rand() < 0.1;
		return "$inet " . one_of('<<', '<<=', '>>', '>>=', '&&', '=', '<') . ' ' . literal($value, 'inet') if $kind < 9;
		return literal($value, 'inet') . ' ' . one_of('>>', '>>=', '<<=', '=') . " $inet" if $kind < 11;
		return literal($value, 'inet') . one_of(' IN (', ' NOT IN (') . "$hosts)" if $kind < 14;
		return literal($value, 'inet') . one_of(' = ANY', ' <> ALL') . " (ARRAY[$hosts])" if $kind < 16;
	}
	if ($kind < 5)
	{
		my ($element, @values) = literals($column);

		return "$name " . one_of('IN', 'NOT IN') . ' (' . join(', ', map { literal($_, $element) } @values) . ')';
	}
	return "$name " . one_of($is_text ? ('=', '<>') : @ordered) . ' ' . one_of('ANY', 'ALL') . ' (' . array($column) . ')' if $kind < 8;
	return "$name " . one_of('', 'NOT ') . 'BETWEEN ' . one_of('', 'SYMMETRIC ') . one_literal($column) . ' AND ' . one_literal($column) if $kind < 10;
	return one_literal($column) . ' ' . operator($column) . " $name" if $kind < 12;

	# What no meter can evaluate.
	return "abs($name) " . one_of('<', '>') . ' ' . one_literal($column) if $kind == 12 && $numeric{$type};
	return "length($name) > " . literal(one_of(0, 3, 8), 'int4') if $kind == 12 && $is_text;
	return "coalesce($name, $name) = " . one_literal($column) if $kind == 13;
	return "$name " . one_of('LIKE', 'NOT LIKE') . ' ' . literal(one_of('%a%', 'T%', '%'), 'text') if $kind == 14 && $is_text;
	return "$name = $name" if $kind == 15;
	return "$name COLLATE \"C\" " . one_of(@ordered) . ' ' . literal(one_of(@{ $column->{values} }), 'text') if $kind == 16 && $is_text;
	return "$name " . operator($column) . ' (SELECT ' . one_literal($column) . ')' if $kind == 17;
	return "$name < now()" if $kind == 18 && $type =~ /^timestamp/;
	return literal(one_of('true', 'false', undef), 'bool') if $kind == 19 && rand() < 0.3;
	return "$name " . operator($column) . ' ' . one_literal($column);
}

sub condition
{
	my ($pool, $depth) = @_;
	my $kind = $depth == 0 ? 0 : int rand 10;

	return leaf($pool) if $kind < 3;
	return 'NOT (' . condition($pool, $depth - 1) . ')' if $kind < 5;
	return '(' . condition($pool, $depth - 1) . ') IS ' . one_of('', 'NOT ') . one_of('TRUE', 'FALSE', 'UNKNOWN') if $kind < 6;
	return '(' . join($kind < 8 ? ' AND ' : ' OR ', map { condition($pool, $depth - 1) } 0 .. one_of(1, 1, 2)) . ')';
}

# ------------------------------------------------------------------------------------------------------------ what they give

psql(<<'END');
CREATE FUNCTION given(parameters text, query text, arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE format('PREPARE asked %s AS %s', parameters, query);
	EXECUTE 'EXECUTE asked ' || arguments INTO result;
	DEALLOCATE asked;
	RETURN coalesce(result, 'none');
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
	-- A value that its type does not hold.
	IF EXISTS (SELECT FROM pg_prepared_statements WHERE name = 'asked') THEN
		DEALLOCATE asked;
	END IF;
	RETURN 'error';
END $$;
CREATE TABLE wrong (what text, condition text, truth text, found text);
CREATE TABLE tried (truth text, pushed bool);
CREATE FUNCTION try(flows text, shown text, condition text, parameters text, arguments text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	truth text;
	found text;
	meters int;
	pushed text := '';
	line text;
BEGIN
	FOREACH meters IN ARRAY '{1,3}'::int[] LOOP
		truth := given(parameters, format('SELECT string_agg(%s::text, '' '' ORDER BY place) FROM %s_%s_all WHERE %s', shown, flows, meters, condition), arguments);
		found := given(parameters, format('SELECT string_agg(%s::text, '' '') FROM %s_%s WHERE %s', shown, flows, meters, condition), arguments);
		IF truth <> found THEN
			INSERT INTO wrong VALUES (format('%s, %s meters, %s', flows, meters, left(shown, 20)), condition || ' ' || arguments, truth, found);
		END IF;
	END LOOP;
	FOR line IN EXECUTE format('EXPLAIN SELECT FROM %s_1 WHERE %s', flows, CASE WHEN parameters = '' THEN condition ELSE 'false' END) LOOP
		pushed := pushed || line;
	END LOOP;
	INSERT INTO tried VALUES (truth, pushed LIKE '%Pushed Condition%');
END $$;
END

# A condition with its literals in their places, or with parameters there: these, and the arguments.
sub with_values
{
	my ($condition, $prepares) = @_;
	my (@types, @values);

	return ($condition =~ s/$literal/($1)::$2/gr, '', '') if !$prepares || $condition !~ $literal;
	$condition =~ s/$literal/push(@types, $2); push(@values, "($1)::$2"); '$' . @types/ge;
	return ($condition, '(' . join(', ', @types) . ')', '(' . join(', ', @values) . ')');
}

my @tried;
my %is_label = map { $_ => 1 } @labels;
for (my $number = 0; $number < $conditions; $number++)
{
	my $table = one_of(sort keys %tables);
	my $has_labels = rand() < 0.3;
	my %left_out = map { $_ => 1 } $has_labels ? @key : @labels;
	my @pool = grep { !$left_out{ $_->{attribute} } && $_->{type} ne 'bytea' } @{ $columns{$table} };
	my ($condition, $parameters, $arguments) = with_values(condition(\@pool, one_of(0, 1, 2, 2, 3)), rand() < 0.4);

	# Where nobody asks for ids, flows that are set aside need not be counted.
	my $row = join ', ', map { $_->{name} } grep { $_->{attribute} ne 'id' && ($has_labels || !$is_label{ $_->{attribute} }) } @{ $columns{$table} };
	my $shown = $table eq 'sliced' || rand() < 0.2 ? "hashtext(ROW($row)::text)" : $table =~ /^packets/ ? 'packet_number' : $table eq 'texts' ? 'id' : one_of('id', 'first_packet');

	push @tried, 'SELECT try(' . join(', ', map { quoted($_) } $table, $shown, $condition, $parameters, $arguments) . ')';
}

# Two sessions at a time, with plans that know no parameter's value.
sub try_all
{
	my @sessions;

	foreach my $first (0, 1)
	{
		my $sql = join(";\n", 'SET client_min_messages = error; SET plan_cache_mode = force_generic_plan; SET timezone = \'Europe/Berlin\'',
			@tried[ grep { $_ % 2 == $first } 0 .. $#tried ]) . ";\n";
		my ($out, $errors) = ('', '');

		push @sessions, [ IPC::Run::start([ $node->installed_command('psql'), '-X', '-q', '-A', '-t', '-d', $node->connstr('postgres'), '-f', '-' ],
				'<', \$sql, '>', \$out, '2>', \$errors, IPC::Run::timer(300)), \$errors ];
	}
	foreach my $session (@sessions)
	{
		$session->[0]->finish;
		is($session->[1]->$*, '', 'no condition is an error');
	}
}

try_all();
is(psql('SELECT what, condition, left(truth, 200), left(found, 200) FROM wrong LIMIT 5'), '', "$conditions conditions give the same rows, pushed or not");
is(psql('SELECT count(*) FROM tried'), $conditions, 'all of them were tried');
cmp_ok(psql("SELECT count(*) FROM tried WHERE truth NOT IN ('none', 'error')"), '>', $conditions / 4, 'many of them have rows');
cmp_ok(psql("SELECT count(*) FROM tried WHERE truth = 'error'"), '<', $conditions / 20, 'and few ask for what is an error');
cmp_ok(psql('SELECT count(*) FROM tried WHERE pushed'), '>', $conditions / 4, 'many are pushed, in part at least');

# Texts are compared by their bytes only where the database has them as the meters do.
psql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
sub goes
{
	my $plan = $node->safe_psql('latin', "EXPLAIN SELECT FROM flows WHERE $_[0]");

	return $plan =~ /Pushed Condition: (.*)/ ? $1 : '';
}
$node->safe_psql('latin', 'CREATE EXTENSION nfstream_fdw; CREATE SERVER nfstream FOREIGN DATA WRAPPER nfstream_fdw;'
		. sprintf(imported(capture($node, 'text_tls.pcap'), 'nflow'), 'flows', 1));
is(goes("requested_server_name = 'x'"), '', 'another encoding keeps texts');
is(goes('dst_port = 443'), '(dst_port = 443)', 'and nothing else');

$node->stop;
done_testing();

#
# 036_scale_out.pl - doc/scale-out.md as it is written: two sensors and a coordinator, each a cluster, over loopback.
#
# The page's SQL runs in its order, each block where its first line says; after an EXPLAIN stands what it prints.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

use NFStreamCluster qw(settings capture copies_of same_lines);
use NFStreamProcesses qw(meters workers wait_until);
use NFStreamSession;

my %sensors;
my @names = qw(north south);
my %copies = (north => 150, south => 100);

# What waits for rows that are not fetched: a cursor that has not all, over both.
my $waits = 'BEGIN; DECLARE c CURSOR FOR SELECT * FROM flows; FETCH 1 FROM c';

sub start
{
	my ($name) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init;
	$node->append_conf('postgresql.conf', settings(8));
	$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'\nshared_preload_libraries = 'nfstream_fdw'\ntimezone = 'UTC'\nlc_messages = 'C'");
	unlink $node->data_dir . '/pg_hba.conf';
	$node->append_conf('pg_hba.conf', "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256");
	$node->start;
	return $node;
}

# The blocks of code of the page, before what is not tested: each a language, the place that it names, and its text.
sub blocks
{
	my ($page) = slurp_file("$FindBin::RealBin/../../doc/scale-out.md") =~ /^(.*?)^## Citus/ms;

	return map { { language => $_->[0], place => $_->[1] // '', text => $_->[2] } } pairs($page);
}

sub pairs
{
	my ($page) = @_;
	my @found;

	push @found, [ $1, $2, $3 ] while $page =~ /^```(\w*)\n(?:-- on the ([\w ]+)\n)?(.*?)^```/msg;
	return @found;
}

# What of a plan says where things run.
sub scans
{
	my ($plan) = @_;

	return join "\n", map { s/^\s+//r } grep { /Foreign Scan|Remote SQL|Relations:/ } split /\n/, $plan;
}

my $coordinator = start('coordinator');
$sensors{$_} = start($_) foreach @names;

foreach my $name (@names)
{
	copies_of($sensors{$name}, 'busy.pcap', $copies{$name});
	unlink $sensors{$name}->basedir . '/busy.pcap';
	capture($sensors{$name}, $name eq 'north' ? 'http.pcap' : 'tls.pcap');
}

# A text of the page, about the clusters that are there.
sub here
{
	my ($text, $of) = @_;

	foreach my $name (@names)
	{
		my $port = $sensors{$name}->port;

		$text =~ s/host '$name\.example', port '5432'/host '127.0.0.1', port '$port'/;
	}
	if (defined $of)
	{
		my $directory = $sensors{$of}->basedir;

		$text =~ s{'/captures'}{'$directory'};
		$text =~ s/'north'/'$of'/;
	}
	return $text;
}

sub fails
{
	my ($query, $error, $name) = @_;
	my ($code, $out, $said) = $coordinator->psql('postgres', $query);

	ok($code != 0, "$name: fails");
	like($said, $error, "$name: says why");
}

sub nothing_runs
{
	my ($name) = @_;

	foreach my $sensor (@names)
	{
		ok(defined wait_until(sub { !meters($sensors{$sensor}) && !workers($sensors{$sensor}) }, 30), "$name: no meter is left on $sensor");
	}
}

# --------------------------------------------------------------------------------------------------------- as the page says

my @blocks = blocks();
my ($sets, $plans) = (0, 0);
my $session = NFStreamSession->new($coordinator);

foreach my $i (0 .. $#blocks)
{
	my ($language, $place, $text) = @{ $blocks[$i] }{qw(language place text)};

	next if $language ne 'sql';
	if ($place eq 'sensor north')
	{
		$sensors{$_}->safe_psql('postgres', here($text, $_)) foreach @names;
		$sets++;
	}
	elsif ($place eq 'coordinator')
	{
		my $got = $session->query(here($text));

		is($session->{said}, '', "block $i runs on the coordinator");
		if ($text =~ /^EXPLAIN/)
		{
			same_lines(scans($got), scans($blocks[ $i + 1 ]{text}), "block $i: the plan is the page's") or diag($got);
			$plans++;
		}
	}
	else
	{
		fail("block $i says where it runs");
	}
}
is("$sets $plans", '1 5', 'what the page has');

# --------------------------------------------------------------------------------------------- the same rows as from one cluster

$coordinator->safe_psql('postgres', 'CREATE EXTENSION nfstream_fdw; CREATE SERVER nfstream FOREIGN DATA WRAPPER nfstream_fdw; CREATE SCHEMA own');
foreach my $name (@names)
{
	my $directory = $sensors{$name}->basedir;

	$coordinator->safe_psql('postgres', "CREATE SERVER own_$name FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (directory '$directory');"
			. " IMPORT FOREIGN SCHEMA nflow FROM SERVER own_$name INTO own OPTIONS (table_name '$name', source '*.pcap', separate_files 'true', types 'postgres', extra_columns 'true');"
			. " ALTER FOREIGN TABLE own.$name ADD sensor text OPTIONS (value '$name')");
}
$coordinator->safe_psql('postgres', 'CREATE VIEW own.flows AS SELECT * FROM own.north UNION ALL SELECT * FROM own.south');
cmp_ok($coordinator->safe_psql('postgres', 'SELECT count(*) FROM own.flows'), '>', 160 * 250, 'there are flows');

my $two_steps = 'SELECT application_name, sum(flows), sum(bytes) FROM (SELECT sensor, application_name, count(*) AS flows, sum(bidirectional_bytes) AS bytes'
	. ' FROM %s GROUP BY sensor, application_name) AS of_each GROUP BY application_name ORDER BY 1';
foreach my $query (
	'SELECT * FROM %s ORDER BY sensor, id',
	"SELECT * FROM %s WHERE src_ip << '10.1.2.0/24' AND requested_server_name LIKE '%%e%%' AND bidirectional_packets > 5 ORDER BY sensor, id",
	"SELECT sensor, id FROM %s WHERE dst_port = 53 AND bidirectional_first_seen_ms >= '2015-01-01' ORDER BY sensor, id",
	"SELECT sensor, id FROM %s WHERE bidirectional_last_seen_ms < (SELECT now() - interval '1 day') ORDER BY sensor, id",
	'SELECT sensor, application_name, count(*), sum(bidirectional_bytes) FROM %s GROUP BY 1, 2 ORDER BY 1, 2',
	$two_steps,
	'SELECT count(DISTINCT src_ip) FROM (SELECT sensor, src_ip FROM %s GROUP BY sensor, src_ip) AS of_each')
{
	my ($far, $own) = map { "COPY (" . sprintf($query, $_) . ") TO STDOUT (FORMAT csv)" } 'flows', 'own.flows';

	same_lines($session->query($far), $session->query($own), "as from one cluster: $query");
	is($session->{said}, '', 'and nothing is said');
}
is($session->query(sprintf $two_steps, 'flows'), $session->query('SELECT application_name, count(*), sum(bidirectional_bytes) FROM own.flows GROUP BY 1 ORDER BY 1'),
	'two steps are one');
is($session->query('SELECT count(*) FROM flows WHERE date_trunc(\'hour\', bidirectional_first_seen_ms) IS NULL'), '0', 'what is stable is asked here');
is(() = $session->query('EXPLAIN (VERBOSE, COSTS OFF) SELECT id FROM flows WHERE bidirectional_last_seen_ms > now() - interval \'1 day\'') =~ /Remote SQL: .*WHERE/g, 0,
	'now() is not shipped');
is(() = $session->query('EXPLAIN (VERBOSE, COSTS OFF) SELECT application_name, count(*) FROM flows GROUP BY 1') =~ /Remote SQL: .*GROUP BY/g, 0,
	'groups that may be on both sensors are not pushed');

# ------------------------------------------------------------------------------------------------------------ both at once

$session->query($waits);
foreach my $name (@names)
{
	ok(defined wait_until(sub { $sensors{$name}->safe_psql('postgres', "SELECT count(*) > 0 FROM nfstream_progress WHERE usename = 'reader' AND packets_read > 0") eq 't' }, 60),
		"both meter at once: $name");
	is($sensors{$name}->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader' AND application_name = 'postgres_fdw'"), 1,
		"and the coordinator's session is there");
}
$session->query('COMMIT');
nothing_runs('a cursor that is closed');

# ------------------------------------------------------------------------------------------------------------------ rights

is($session->query('SET ROLE analyst; SELECT count(*) FROM flows'), $session->query('RESET ROLE; SELECT count(*) FROM own.flows'), 'who has a password may read');
$session->quit;
$coordinator->safe_psql('postgres', 'ALTER USER MAPPING FOR analyst SERVER north OPTIONS (DROP password)');
fails('SET ROLE analyst; SELECT count(*) FROM flows', qr/ERROR:  password (?:or GSSAPI delegated credentials )?(?:is )?required/, 'no password');
$coordinator->safe_psql('postgres', 'DROP USER MAPPING FOR analyst SERVER north');
fails('SET ROLE analyst; SELECT count(*) FROM flows', qr/ERROR:  user mapping not found for (?:user )?"analyst"/, 'no mapping');

# --------------------------------------------------------------------------------------------------- cancels, damage, one down

$session = NFStreamSession->new($coordinator);
my $long = 'SELECT count(*) FROM generate_series(1, 1000) i, LATERAL (SELECT f.*, i FROM flows f WHERE f.bidirectional_packets > i - 10000 OFFSET 0) x';
foreach my $way ('a cancel', 'statement_timeout')
{
	$session->query("SET statement_timeout = '3s'") if $way ne 'a cancel';
	$session->send($long);
	if ($way eq 'a cancel')
	{
		ok(defined wait_until(sub { grep { meters($sensors{$_}) } @names }, 60), 'a long one');
		$coordinator->safe_psql('postgres', 'SELECT pg_cancel_backend(' . $session->backend . ')');
	}
	$session->finish(120);
	like($session->{said}, $way eq 'a cancel' ? qr/ERROR:  canceling statement due to user request/ : qr/ERROR:  canceling statement due to statement timeout/, $way);
	nothing_runs($way);
}
$session->quit;

capture($sensors{north}, 'damage_packet.pcap');
fails('SELECT count(*) FROM flows', qr/ERROR:  could not read capture "damage_packet\.pcap": packet 10 ends beyond the end of the file\n.*CONTEXT:  remote SQL command: /s,
	'damage on a sensor');
$sensors{north}->safe_psql('postgres', "ALTER SERVER captures OPTIONS (SET on_damage 'warn')");
my ($code, $out, $said) = $coordinator->psql('postgres', 'SELECT count(*) FROM flows');
is("$code $said", '0 ', 'a WARNING does not cross');
unlink $sensors{north}->basedir . '/damage_packet.pcap';

my $south = $coordinator->safe_psql('postgres', "SELECT count(*) FROM own.south");
$session = NFStreamSession->new($coordinator);
my $before = $session->query('SELECT count(*) FROM flows');
$sensors{north}->restart;
is($session->query('SELECT count(*) FROM flows'), $before, 'a sensor that was restarted is connected to anew');
$session->quit;
$sensors{north}->stop;
fails('SELECT count(*) FROM flows', qr/ERROR:  could not connect to server "north"\nDETAIL:  .*Connection refused/, 'one is down');
is($coordinator->safe_psql('postgres', "SELECT count(*) FROM flows WHERE sensor = 'south'"), $south, 'the other is asked without it');
is($coordinator->safe_psql('postgres', "SELECT count(*) FROM flows WHERE sensor <> 'north'"), $south, 'in other words, too');
is($coordinator->safe_psql('postgres', 'ALTER TABLE flows DETACH PARTITION north.flows; SELECT count(*) FROM flows'), $south, 'or the partition goes meanwhile');
$sensors{north}->start;
is($coordinator->safe_psql('postgres', "ALTER TABLE flows ATTACH PARTITION north.flows FOR VALUES IN ('north'); SELECT count(*) FROM flows"), $before, 'and comes back');

done_testing();

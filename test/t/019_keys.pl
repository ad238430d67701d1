#
# 019_keys.pl - the bytes of an anonymization_key are in a session's memory only while they are needed, after an error too.
#
# Its memory is looked at from outside, by the same user, before the next statement writes over what the last one left; where
# the kernel does not allow that, as with Yama, through the session itself.  The hexadecimal digits are in the catalog and its
# caches in any case; they are looked for as what they stand for.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Test::More;

use PostgreSQL::Test::Utils;

use NFStreamCluster qw(start_cluster capture);
use NFStreamSession;

use constant CHUNK => 1 << 20;

my $node = start_cluster('keys', 0);
my $source = capture($node, 'http.pcap');
my $key = join '', map { sprintf '%02x', (37 * $_ + 11) % 256 } 0 .. 63;

# The option's check is passed by, as by whoever may change catalogs: 62 bytes, and then what are no digits.
my $wrong = substr($key, 0, 124) . 'zzzz';

$node->safe_psql('postgres', <<"END");
CREATE FOREIGN TABLE flows (id bigint, src_ip text) SERVER nfstream OPTIONS (source '$source', columns_to_anonymize '{src_ip}');
CREATE FOREIGN TABLE no_text (src_ip inet) SERVER nfstream OPTIONS (source '$source', columns_to_anonymize '{src_ip}');
CREATE FOREIGN TABLE no_file (src_ip text) SERVER nfstream OPTIONS (source '$source.none', columns_to_anonymize '{src_ip}');
CREATE USER MAPPING FOR CURRENT_USER SERVER nfstream OPTIONS (anonymization_key '$key');
END

# How many pieces of a session's memory hold bytes, given as hexadecimal digits.
sub count_pieces
{
	my ($session, $digits) = @_;
	my $process = '/proc/' . $session->backend;
	my $found = 0;
	my $outside = open(my $memory, '<:raw', "$process/mem");

	foreach my $region (split /\n/, $outside ? slurp_file("$process/maps") : $session->query("SELECT pg_read_file('/proc/self/maps')"))
	{
		my ($start, $end) = $region =~ /^([0-9a-f]+)-([0-9a-f]+) rw-p/ or next;

		no warnings 'portable';
		for (my $at = hex($start); $at < hex($end); $at += CHUNK)
		{
			my $length = hex($end) - $at < CHUNK + 64 ? hex($end) - $at : CHUNK + 64;
			my $piece;

			$outside ? sysseek($memory, $at, 0) && sysread($memory, $piece, $length) : ($piece = pack('H*',
				$session->query("SELECT encode(pg_read_binary_file('/proc/self/mem', $at, $length), 'hex')")));
			$found++ if index($piece // '', pack('H*', $digits)) >= 0;
		}
	}
	return $found;
}

my $session = NFStreamSession->new($node);
my $needle = substr($key, 0, 32);

# That it is found where it is.
my $other = 'c0ffee' . substr($key, 6, 58);
$session->query("PREPARE known AS SELECT '\\x$other'::bytea; EXECUTE known");
cmp_ok(count_pieces($session, $other), '>', 0, 'bytes that a session has are found in its memory');

foreach my $case ([ 'rows', 'SELECT src_ip FROM flows', undef ],
	[ 'a cursor that is open', 'BEGIN; DECLARE c CURSOR FOR SELECT src_ip FROM flows; FETCH 1 FROM c', undef ],
	[ 'its end', 'ROLLBACK', undef ],
	[ 'a column that is no text', 'SELECT src_ip FROM no_text', qr/cannot be of type inet/ ],
	[ 'a file that is not there', 'SELECT src_ip FROM no_file', qr/could not open capture/ ],
	[ 'an error between two rows', 'SELECT 1 / (1 - id), src_ip FROM flows', qr/division by zero/ ],
	[ 'digits that are none', "UPDATE pg_user_mapping SET umoptions = ARRAY['anonymization_key=$wrong'];"
		. ' SELECT src_ip FROM flows', qr/invalid (value for option "anonymization_key"|hexadecimal digit)/ ])
{
	my ($words, $statement, $said) = @$case;

	$session->query($statement);
	like($session->{said}, defined $said ? qr/ERROR:  .*$said/ : qr/^$/, "$words: what is said");
	is(count_pieces($session, $needle), 0, "$words: the key's bytes are nowhere");
}
$session->quit;
$node->stop;
done_testing();

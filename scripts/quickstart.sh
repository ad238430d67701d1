#!/bin/bash
#
# quickstart.sh - a private PostgreSQL with the flows of a capture in it.
#
#	quickstart.sh			PCAP=/path/x.pcap for a capture other than the sample
#	quickstart.sh --stop	ends it, and quickstart-live.sh's, and removes its directory; YES=1 also where somebody has made
#							tables in it
#
# Installs what is missing, builds, installs into the server that PG_CONFIG names, starts a cluster of it in a directory of its
# own, declares the capture as the table `flows`, shows its applications and says how to go on.  A second run takes the cluster of
# the first.
#
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/quickstart-common.sh"

# Ends what is in a directory of quickstart's, and removes it.
stop()
{
	directory=$1
	[ -e "$directory/$mark" ] || die "$directory was not made by quickstart: it stays."
	may_remove
	cluster_stop "$directory"
	end_network
	# The programs that may capture belong to root.
	if [ -e "$directory/programs" ]; then
		as_root rm -rf "$directory/programs"
	fi
	rm -rf "$directory"
	echo "Stopped, and removed $directory."
}

stop_all()
{
	local file=$directory live=$live_directory

	if [ ! -e "$file" ] && [ ! -e "$live" ]; then
		echo "There is no quickstart server in $file."
	fi
	[ ! -e "$live" ] || stop "$live"
	[ ! -e "$file" ] || stop "$file"
}

# The capture as an absolute path of a file that is there.
find_capture()
{
	local capture=${PCAP:-$tree/test/pcaps/tls.pcap}

	[ "${capture:0:2}" != "~/" ] || capture=$HOME/${capture:2}
	[ -e "$capture" ] ||
		die "There is no capture $capture." "PCAP=/path/x.pcap names one; a relative path starts in $PWD."
	[ -f "$capture" ] || die "$capture is no regular file." "PCAP=/path/x.pcap names a capture."
	[ -r "$capture" ] || die "You may not read $capture."
	realpath "$capture"
}

# A path of the capture that the server can read: its own, or a copy's.
readable_capture()
{
	local capture=$1 copy

	if as_server test -r "$capture"; then
		echo "$capture"
		return
	fi
	copy=$directory/captures/$(basename "$capture")
	[ -z "${PCAP:-}" ] || echo "The server's user cannot read $capture: it gets a copy." >&2
	as_server mkdir -p "$directory/captures"
	cp "$capture" "$copy"
	chown "$(server_user)" "$copy"
	echo "$copy"
}

if [ "${1-}" = --stop ]; then
	stop_all
	exit
fi

capture=$(find_capture)
"$tree/scripts/install-deps.sh"
programs=$(server_programs)
user=$(server_user)
build_for_quickstart quickstart
make_directory
cluster_start "$directory"
source=$(readable_capture "$capture")
make_database
psql_in "$database" -v source="$source" -v schema="$schema" <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
CREATE SERVER IF NOT EXISTS nfstream FOREIGN DATA WRAPPER nfstream_fdw;
CREATE SCHEMA IF NOT EXISTS :"schema";
SELECT to_regclass(:'schema' || '.flows') IS NULL AS is_new \gset
\if :is_new
IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO :"schema" OPTIONS (table_name 'flows', source :'source');
\else
ALTER FOREIGN TABLE :"schema".flows OPTIONS (SET source :'source');
\endif
SQL

applications=$(psql_in "$database" -P footer=off <<SQL
SELECT application_name AS application, count(*) AS flows, sum(bidirectional_packets) AS packets,
	sum(bidirectional_bytes) AS bytes
FROM $schema.flows GROUP BY 1 ORDER BY bytes DESC, application LIMIT 20;
SQL
) || die "PostgreSQL runs on in $directory; make quickstart-stop ends it."

# The sample has Facebook; of another capture the application with the most bytes is looked at.
application=$(psql_in "$database" -A -t <<SQL
SELECT quote_literal(application_name) FROM $schema.flows GROUP BY application_name
ORDER BY application_name = 'Facebook' DESC, sum(bidirectional_bytes) DESC LIMIT 1;
SQL
)
query="SELECT src_ip, dst_ip, dst_port, requested_server_name, bidirectional_bytes FROM flows WHERE application_name = ${application:-'Facebook'};"
rows=$(psql_in "$database" -c "SET search_path = $schema" -c "${query/;/ LIMIT 5;}")
# A table `flows` of the user's own is found first; then this one needs its schema.
table=flows
if [ "$(psql_in "$database" -A -t -c "SELECT 'flows'::regclass = '$schema.flows'::regclass")" = f ]; then
	table=$schema.flows
	query=${query/FROM flows/FROM $table}
fi
psql=$(command -v psql || echo "$programs/psql")
[ "$psql" != /usr/bin/psql ] || psql=psql
cat <<EXPLANATION
PostgreSQL runs in $directory. The flows of $source by application:

$applications

$query
$rows

Go on with
	$psql -h $directory -p $port -U $user $database
and there, for example,
	SELECT * FROM $table WHERE application_name = ${application:-'Facebook'};
	CREATE TABLE kept AS SELECT * FROM $table;
	SELECT name, parameters, help FROM nfstream_plugins;
or with what README.md has, and $source in the place of /captures/facebook.pcap.
Another capture: make quickstart PCAP=/path/x.pcap. The end: make quickstart-stop.
EXPLANATION
[ "$table" = flows ] ||
	echo "The name flows alone means a table that somebody has made in schema public; this capture's is $table."

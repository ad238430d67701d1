#!/bin/bash
#
# quickstart.sh - a private PostgreSQL with the flows of a capture in it.
#
#	quickstart.sh			PCAP=/path/x.pcap for a capture other than the sample
#	quickstart.sh --stop	ends it and removes its directory
#
# Installs what is missing, builds, starts a cluster in a directory of its own, declares the capture as the table
# `flows`, shows its applications and says how to go on.  A second run takes the cluster of the first.
#
set -euo pipefail
. "$(dirname "$0")/common.sh"

# A short path, for the socket's sake, that the user postgres can reach wherever the tree is.
directory=${QUICKSTART_DIR:-/var/tmp/nfstream_fdw-quickstart-$(id -u)}
mark=$directory/made-by-nfstream_fdw-quickstart
database=quickstart
log=$tree/build/quickstart.log

stop()
{
	if [ ! -e "$directory" ]; then
		echo "There is no quickstart server in $directory."
		return
	fi
	[ -e "$mark" ] || die "$directory was not made by quickstart: it stays."
	cluster_stop "$directory"
	rm -rf "$directory"
	echo "Stopped, and removed $directory."
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

# Makes the cluster's directory, which belongs to the user that the server runs as and nobody else can enter.
make_directory()
{
	if [ ! -e "$directory" ]; then
		mkdir -m 700 "$directory"
		touch "$mark"
		mkdir "$directory/captures"
		chown "$(server_user)" "$directory" "$directory/captures"
	elif [ ! -e "$mark" ] || [ "$(stat -c %U "$directory")" != "$(server_user)" ]; then
		die "$directory is there, but was not made by quickstart." \
			"QUICKSTART_DIR=/path names another directory for the server."
	fi
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
	cp "$capture" "$copy"
	chown "$(server_user)" "$copy"
	echo "$copy"
}

psql_in()
{
	as_server "$programs/psql" -X -q -h "$directory" -p "$port" -U "$user" -d "$1" -v ON_ERROR_STOP=1 "${@:2}"
}

if [ "${1-}" = --stop ]; then
	stop
	exit
fi

capture=$(find_capture)
mkdir -p "$tree/build"
"$tree/scripts/install-deps.sh"
echo "Building ..."
build_and_install > "$log" 2>&1 || die "$(tail -n 20 "$log")" "Building failed: $log has all of what make said."
programs=$(server_programs)
user=$(server_user)
make_directory
cluster_start "$directory"
source=$(readable_capture "$capture")

if [ -z "$(psql_in postgres -A -t -c "SELECT 1 FROM pg_database WHERE datname = '$database'")" ]; then
	psql_in postgres -c "CREATE DATABASE $database"
fi
psql_in "$database" -v source="$source" <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
CREATE SERVER IF NOT EXISTS nfstream FOREIGN DATA WRAPPER nfstream_fdw;
SELECT to_regclass('public.flows') IS NULL AS is_new \gset
\if :is_new
IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO public OPTIONS (table_name 'flows', source :'source');
\else
ALTER FOREIGN TABLE public.flows OPTIONS (SET source :'source');
\endif
SQL

applications=$(psql_in "$database" -P footer=off <<'SQL'
SELECT application_name AS application, count(*) AS flows, sum(bidirectional_packets) AS packets,
	sum(bidirectional_bytes) AS bytes
FROM flows GROUP BY 1 ORDER BY bytes DESC, application LIMIT 20;
SQL
) || die "PostgreSQL runs on in $directory; make quickstart-stop ends it."
psql=$(command -v psql || echo "$programs/psql")
[ "$psql" != /usr/bin/psql ] || psql=psql
cat <<EXPLANATION
PostgreSQL runs in $directory. The flows of $source by application:

$applications

Go on with
	$psql -h $directory -p $port -U $user $database
and there, for example,
	SELECT src_ip, dst_ip, dst_port, application_name, requested_server_name, bidirectional_bytes FROM flows;
	CREATE TABLE dataset AS SELECT * FROM flows;
Another capture: make quickstart PCAP=/path/x.pcap. The end: make quickstart-stop.
EXPLANATION

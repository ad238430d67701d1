#!/bin/bash
#
# quickstart.sh - a private PostgreSQL with the flows of a capture in it.
#
#	quickstart.sh			PCAP=/path/x.pcap for a capture other than the sample
#	quickstart.sh --stop	ends it and removes its directory; YES=1 also where somebody has made tables in it
#
# Installs what is missing, builds, installs into the server that PG_CONFIG names, starts a cluster of it in a directory of its
# own, declares the capture as the table `flows`, shows its applications and says how to go on.  A second run takes the cluster of
# the first.
#
# The table is in a schema that comes last in the search path: `flows` is found, and README's own `flows` in `public` is no clash.
#
set -euo pipefail
. "$(dirname "$0")/common.sh"

# A short path, for the socket's sake, that the user postgres can reach wherever the tree is.
directory=${QUICKSTART_DIR:-/var/tmp/nfstream_fdw-quickstart-$(id -u)}
mark=$directory/made-by-nfstream_fdw-quickstart
database=quickstart
schema=quickstart
log=$tree/build/quickstart.log

# Prints what somebody else has made in the cluster, one thing a line.
made_by_others()
{
	local name

	psql_in postgres -A -t -c "SELECT datname FROM pg_database WHERE NOT datistemplate AND datallowconn" |
		while read -r name; do
			psql_in "$name" -A -t <<-SQL
				SELECT current_database() || ': ' || CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END
					|| ' ' || c.oid::regclass
				FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
				WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND nspname !~ '^pg_' AND nspname <> 'information_schema'
					AND NOT (current_database() = '$database' AND nspname = '$schema' AND relname = 'flows')
					AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
				ORDER BY 1;
			SQL
		done
}

# Whether what others have made may go with the rest: they are asked, or have said so.
may_remove()
{
	local others answer

	[ "${YES:-}" != 1 ] || return 0
	# Tables are in a cluster alone that was created; it is asked even if it does not run.
	[ -e "$directory/data/PG_VERSION" ] || return 0
	programs=$(server_programs)
	user=$(server_user)
	cluster_start "$directory"
	others=$(made_by_others)
	[ -n "$others" ] || return 0
	printf '%s\n' "In the server in $directory somebody has made" "$others"
	if [ -t 0 ]; then
		read -r -p "Remove it all? [y/N] " answer
		[[ $answer = [yY] || $answer = [yY][eE][sS] ]] || die "It stays."
	else
		die "It stays; make quickstart-stop YES=1 removes it all."
	fi
}

stop()
{
	if [ ! -e "$directory" ]; then
		echo "There is no quickstart server in $directory."
		return
	fi
	[ -e "$mark" ] || die "$directory was not made by quickstart: it stays."
	may_remove
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
programs=$(server_programs)
user=$(server_user)
may_install || need_root "Installing into $programs" "make quickstart, or PG_CONFIG=/path/pg_config for a server of your own"
echo "Building, and installing into $("$PG_CONFIG" --version) in $programs ..."
build_and_install > "$log" 2>&1 || die "$(tail -n 20 "$log")" "Building failed: $log has all of what make said."
make_directory
cluster_start "$directory"
source=$(readable_capture "$capture")

if [ -z "$(psql_in postgres -A -t -c "SELECT 1 FROM pg_database WHERE datname = '$database'")" ]; then
	psql_in postgres -c "CREATE DATABASE $database"
fi
psql_in postgres -c "ALTER DATABASE $database SET search_path = \"\$user\", public, $schema"
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

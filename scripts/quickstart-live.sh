#!/bin/bash
#
# quickstart-live.sh - a private PostgreSQL in a network of its own, with the flows of an interface as they expire.
#
# Installs what is missing, builds, installs into the server that PG_CONFIG names, and makes a network namespace in which two
# interfaces are the ends of one line.  On one of them the frames of the sample captures are sent, over and over; from the other one
# a server captures, which runs as an ordinary user.  The programs that may capture are copies of its own: what is installed
# stays as it is.  `quickstart.sh --stop` ends it all.
#
# A second run takes what the first has made.
#
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/quickstart-common.sh"

directory=$live_directory
interface=lan0
other_end=lan1
samples=(tls dns http quic)
first_flows=5

# The namespace, with its line, and what is sent on it: see end_network.
make_network()
{
	local sample captures=()

	if [ -e "$directory/network" ] && network=$(cat "$directory/network") && [ -e "/run/netns/$network" ]; then
		return
	fi
	# A server that runs without its network, as after the machine's start, is none to go on with.
	cluster_stop "$directory"
	end_network
	network=nfstream-live-$$
	as_root ip netns add "$network"
	as_server sh -c "echo '$network' > '$directory/network'; : > '$directory/sends-$network'"
	as_root ip -n "$network" link add "$interface" type veth peer name "$other_end"
	as_root ip -n "$network" link set lo up
	# What is sent are the samples alone: no IPv6 of the interfaces' own.
	as_root ip netns exec "$network" sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 || true
	as_root ip -n "$network" link set "$interface" up
	as_root ip -n "$network" link set "$other_end" up
	for sample in "${samples[@]}"; do
		captures+=("$tree/test/pcaps/$sample.pcap")
	done
	as_root ip netns exec "$network" setsid "$tree/scripts/send-captures.py" "$other_end" "$directory/sends-$network" "${captures[@]}" \
		> "$tree/build/quickstart-live.log" 2>&1 < /dev/null &
}

# Copies of the programs that may capture, for the server's group.
make_programs()
{
	local root=$directory/programs

	as_root make -s -C "$tree" install-programs DESTDIR="$root" PG_CONFIG="$PG_CONFIG" NDPI="${NDPI:-}" > /dev/null
	as_root env PG_CONFIG="$PG_CONFIG" DESTDIR="$root" CAPTURE_GROUP="$(id -gn "$user")" "$tree/scripts/install-capture.sh" > /dev/null
	meter=$root$programs/nfstream_meter
}

need_root "A network of its own" "make quickstart-live"
"$tree/scripts/install-deps.sh" --live
programs=$(server_programs)
user=$(server_user)
build_for_quickstart quickstart-live
make_directory
make_network
make_programs
cluster_start "$directory" nfstream_fdw.meter_program="$meter"
make_database
psql_in "$database" -v schema="$schema" -v interface="interface:$interface" <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
CREATE SERVER IF NOT EXISTS nfstream FOREIGN DATA WRAPPER nfstream_fdw;
CREATE SCHEMA IF NOT EXISTS :"schema";
SELECT to_regclass(:'schema' || '.live') IS NULL AS is_new \gset
\if :is_new
IMPORT FOREIGN SCHEMA conn FROM SERVER nfstream INTO :"schema" OPTIONS (table_name 'live', source :'interface', idle_timeout '3');
\endif
SQL

query="SELECT began, lasted, src, dst, protocol, application, server_name FROM live"
psql=$(command -v psql || echo "$programs/psql")
[ "$psql" != /usr/bin/psql ] || psql=psql
cat <<EXPLANATION
PostgreSQL runs in $directory, in the network namespace $network, and captures from $interface.
A flow's row comes when it has been idle for 3 seconds; the first $first_flows:

$query LIMIT $first_flows;
EXPLANATION
psql_in "$database" -c "SET search_path = $schema" -c "SET statement_timeout = '60s'" -c "$query LIMIT $first_flows" ||
	die "PostgreSQL runs on in $directory; make quickstart-stop ends it."
cat <<EXPLANATION

Go on with
	$psql -h $directory -p $port -U $user $database
and there, for example,
	\\set FETCH_COUNT 1
	$query;          -- each row as it comes, until Ctrl-C
	EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT * FROM live LIMIT 10;
	SELECT * FROM nfstream_interfaces();
Traffic of yours: sudo ip netns exec $network bash, and send on $other_end. doc/live.md has what an interface of this machine
takes. The end: make quickstart-stop.
EXPLANATION

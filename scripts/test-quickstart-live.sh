#!/bin/bash
#
# test-quickstart-live.sh - tests, in TAP and as root, `make quickstart-live`, and that `make quickstart-stop` ends all of it.
#
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/tap.sh"

[ "$(id -u)" -eq 0 ] || die "This needs root."
work=$(mktemp -d /var/tmp/nfstream_fdw-test-live.XXXXXX)
. "$tree/scripts/test-quickstart-common.sh"
live=$QUICKSTART_DIR-live

# Whether nothing sends any more within 5 seconds, in whichever network.
senders_end()
{
	for _ in {1..50}; do
		pgrep -f "send-captures.py lan1 $live/" > /dev/null || return 0
		sleep 0.1
	done
	return 1
}

installed=$("$PG_CONFIG" --bindir)/nfstream_meter
run_make quickstart-live
network=$(cat "$live/network")
before=$(getcap "$installed")$(stat -c '%U:%G %a' "$installed")
check "quickstart-live succeeds" [ "$status" -eq 0 ]
check "it shows five flows, as they came" says '^(5 rows)$'
check "their times are those of now" [ "$(sed -n "s/^ *\($(date +%Y)\)-.*/\1/p" <<< "$said" | wc -l)" -eq 5 ]
check "the server runs as an ordinary user" [ "$(stat -c %U "/proc/$(head -n 1 "$live/data/postmaster.pid")")" = "$(server_user)" ]
check "in a network of its own" [ "$(ip netns pids "$network" | grep -cx "$(head -n 1 "$live/data/postmaster.pid")")" -eq 1 ]
check "the command that it names captures as well" [ "$(go_on "SELECT count(*) FROM (SELECT * FROM live LIMIT 3) AS three")" = 3 ]
check "labels are found" go_on "SELECT 1 / count(*) FROM (SELECT * FROM live WHERE application = 'DNS' LIMIT 1) AS one" ON_ERROR_STOP=1
check "it shows the interface" [ "$(go_on "SELECT up, may_capture FROM nfstream_interfaces() WHERE name = 'lan0'")" = "t|t" ]
check "the programs that are installed have no right" [ "${before:0:1}" = r ]
check "but its own have" [ -n "$(getcap -r "$live/programs")" ]
postmaster=$(head -n 1 "$live/data/postmaster.pid")

run_make quickstart-live
check "a second run succeeds" [ "$status" -eq 0 ]
check "it takes the server of the first" [ "$(head -n 1 "$live/data/postmaster.pid")" = "$postmaster" ]
check "and its network" [ "$(cat "$live/network")" = "$network" ]
senders=$(ip netns pids "$network" | while read -r process; do grep -c send-captures.py "/proc/$process/cmdline"; done | grep -cx 1 || true)
check "one program sends" [ "$senders" -eq 1 ]

ip netns delete "$network"
run_make quickstart-live
check "without its network, as after the machine's start, it begins anew" [ "$status" -eq 0 ]
network=$(cat "$live/network")
check "in a new one" [ -e "/run/netns/$network" ]
go_on "CREATE TABLE kept AS SELECT * FROM live LIMIT 1" ON_ERROR_STOP=1 > /dev/null
postmaster=$(head -n 1 "$live/data/postmaster.pid")

run_make quickstart-stop
check "quickstart-stop asks before it removes what is not its own" says '^quickstart: table kept'
run_make quickstart-stop YES=1
check "quickstart-stop YES=1 succeeds" [ "$status" -eq 0 ]
check "the directory is gone" [ ! -e "$live" ]
check "and the network" [ ! -e "/run/netns/$network" ]
check "and the server" has_ended "$postmaster"
check "and what sent" senders_end
tap_end

#!/bin/bash
#
# test-quickstart.sh - tests, in TAP, what a new user meets first: `make quickstart` and `make quickstart-stop`.
#
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/tap.sh"

work=$(mktemp -d /var/tmp/nfstream_fdw-test-quickstart.XXXXXX)
export QUICKSTART_DIR=$work/server
chmod 755 "$work"
unset PCAP

clean_up()
{
	make -s -C "$tree" quickstart-stop > /dev/null 2>&1 || true
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# Runs make with these arguments; what it says is in `said`, and shown as a comment.
run_make()
{
	local ended=0 start=$SECONDS

	said=$(env -u MAKEFLAGS make --no-print-directory -C "$tree" "$@" 2>&1 < /dev/null) || ended=$?
	seconds=$((SECONDS - start))
	status=$ended
	sed 's/^/# /' <<< "$said"
}

says()
{
	grep -q -- "$@" <<< "$said"
}

# What the command says that quickstart names for going on, with this query.
go_on()
{
	local command

	command=$(sed -n '/^Go on with/{n;s/^\t//p}' <<< "$said")
	[ -n "$command" ] && env -u PGHOST $command -X -A -t -c "$1"
}

# Whether a process ends, or has done so, within 5 seconds; nobody may have waited for it.
has_ended()
{
	for _ in {1..50}; do
		if [ ! -e "/proc/$1" ] || grep -q '^State:[[:space:]]*Z' "/proc/$1/status"; then
			return 0
		fi
		sleep 0.1
	done
	return 1
}

run_make quickstart
check "quickstart succeeds" [ "$status" -eq 0 ]
check "it takes less than 15 seconds where nothing is to be installed" [ "$seconds" -lt 15 ]
check "it shows Facebook among the applications" says 'Facebook *| *[1-9][0-9]* | *[1-9][0-9]* | *[1-9][0-9]*$'
check "the command that it names finds the same" \
	[ "$(go_on "SELECT count(*) > 0 FROM flows WHERE application_name LIKE '%Facebook'")" = t ]
check "the server listens on its own socket only" [ "$(go_on "SHOW listen_addresses")" = "" ]
check "its directory is closed to others" [ "$(stat -c %a "$QUICKSTART_DIR")" = 700 ]
postmaster=$(head -n 1 "$QUICKSTART_DIR/data/postmaster.pid")
go_on "CREATE VIEW mine AS SELECT count(*) FROM flows" > /dev/null

cp "$tree/test/pcaps/dns.pcap" "$work/with 'quotes' and [brackets].pcap"
relative=$(realpath --relative-to="$tree" "$work/with 'quotes' and [brackets].pcap")
run_make quickstart PCAP="$relative"
check "a second run takes a capture by a relative path, with any name" [ "$status" -eq 0 ]
check "it shows this capture's applications" says '^ *DNS'
check "it takes the server of the first run" [ "$(head -n 1 "$QUICKSTART_DIR/data/postmaster.pid")" = "$postmaster" ]
check "what the user made is still there" [ "$(go_on "SELECT count > 0 FROM mine")" = t ]

run_make quickstart PCAP=/nonexistent/x.pcap
check "a capture that is not there is refused" [ "$status" -ne 0 ]
check "and named" says '^There is no capture /nonexistent/x.pcap'
run_make quickstart PCAP="$tree/Makefile"
check "a file that is no capture is refused" [ "$status" -ne 0 ]
check "and named in the server's error" says 'ERROR: .*Makefile'

run_make quickstart-stop
check "quickstart-stop succeeds" [ "$status" -eq 0 ]
check "it removes the directory" [ ! -e "$QUICKSTART_DIR" ]
check "and leaves no server" has_ended "$postmaster"
run_make quickstart-stop
check "once more does nothing" [ "$status" -eq 0 ]
mkdir "$QUICKSTART_DIR"
touch "$QUICKSTART_DIR/precious"
run_make quickstart-stop
check "a directory of somebody else is left alone" [ -e "$QUICKSTART_DIR/precious" ]
run_make quickstart
check "and not taken for a server" [ "$status" -ne 0 ]
rm -r "$QUICKSTART_DIR"
tap_end

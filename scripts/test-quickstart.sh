#!/bin/bash
#
# test-quickstart.sh - tests, in TAP, what a new user meets first: `make quickstart` and `make quickstart-stop`.
#
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/tap.sh"

work=$(mktemp -d /var/tmp/nfstream_fdw-test-quickstart.XXXXXX)
. "$tree/scripts/test-quickstart-common.sh"
unset PCAP

run_make quickstart
check "quickstart succeeds" [ "$status" -eq 0 ]
check "it shows Facebook among the applications" says 'Facebook *| *[1-9][0-9]* | *[1-9][0-9]* | *[1-9][0-9]*$'
check "it says into which server it installs" says "^Building, and installing into PostgreSQL .* in $("$PG_CONFIG" --bindir)"
check "it shows the headline query" says "FROM flows WHERE application_name = 'Facebook';"
check "with its rows" says 'www.facebook.com'
check "the command that it names finds the same" \
	[ "$(go_on "SELECT count(*) > 0 AND bool_and(requested_server_name LIKE '%facebook.com') FROM flows WHERE application_name = 'Facebook'")" = t ]
check "the server listens on its own socket only" [ "$(go_on "SHOW listen_addresses")" = "" ]
check "its directory is closed to others" [ "$(stat -c %a "$QUICKSTART_DIR")" = 700 ]
postmaster=$(head -n 1 "$QUICKSTART_DIR/data/postmaster.pid")

# README's SQL, in the database that quickstart has opened: the first block as it is, then the others.  /captures stands for a
# directory of the server's user, with tls.pcap for each of its captures, /exports for one to write into.
mkdir "$work/captures" "$work/exports"
for capture in facebook monday tuesday; do
	cp "$tree/test/pcaps/tls.pcap" "$work/captures/$capture.pcap"
done
chown -R "$(server_user)" "$work/captures" "$work/exports"
readme=$(awk '/^```sql$/ { inside = 1; next } /^```$/ { if (inside) print "-- end of a block"; inside = 0 } inside' "$tree/README.md" |
	sed "s#/captures#$work/captures#g; s#/exports#$work/exports#g")
first=${readme%%-- end of a block*}
check "README's first block asks for Facebook" grep -q "SELECT \* FROM flows WHERE application_name = 'Facebook';" <<< "$first"
check "README's first block works after quickstart" go_on "$first" ON_ERROR_STOP=1
check "and finds what it asks for" [ "$(go_on "SELECT count(*) FROM public.flows WHERE application_name = 'Facebook'")" -gt 0 ]
check "all others of its blocks work after it" go_on "${readme#*-- end of a block}" ON_ERROR_STOP=1
check "a database with nothing in it" go_on "CREATE DATABASE fresh"
check "README's blocks work there as well" go_on "\\connect fresh
$readme" ON_ERROR_STOP=1
go_on "CREATE VIEW mine AS SELECT count(*) FROM quickstart.flows" > /dev/null

cp "$tree/test/pcaps/dns.pcap" "$work/with 'quotes' and [brackets].pcap"
relative=$(realpath --relative-to="$tree" "$work/with 'quotes' and [brackets].pcap")
run_make quickstart PCAP="$relative"
check "a second run takes a capture by a relative path, with any name" [ "$status" -eq 0 ]
check "it shows this capture's applications" says '^ *DNS'
check "it takes the server of the first run" [ "$(head -n 1 "$QUICKSTART_DIR/data/postmaster.pid")" = "$postmaster" ]
check "where somebody has a table flows of his own it names the one that it shows" \
	says "^	CREATE TABLE kept AS SELECT \\* FROM quickstart.flows;"
check "it names what shows the plugins" says "^	SELECT name, parameters, help FROM nfstream_plugins;"
check "and says why" says "^The name flows alone means a table that somebody has made"
check "what the user made is still there" [ "$(go_on "SELECT count > 0 FROM mine")" = t ]

run_make quickstart PCAP=/nonexistent/x.pcap
check "a capture that is not there is refused" [ "$status" -ne 0 ]
check "and named" says '^There is no capture /nonexistent/x.pcap'
run_make quickstart PCAP="$tree/Makefile"
check "a file that is no capture is refused" [ "$status" -ne 0 ]
check "and named in the server's error" says 'ERROR: .*Makefile'

run_make quickstart-stop
check "quickstart-stop asks before it removes what is not its own; nobody answers" [ "$status" -ne 0 ]
check "it names it" says '^quickstart: view mine'
check "and what to say" says 'make quickstart-stop YES=1'
check "the server runs on" kill -0 "$postmaster"
as_server "$("$PG_CONFIG" --bindir)/pg_ctl" stop -s -w -m fast -D "$QUICKSTART_DIR/data"
run_make quickstart-stop
check "it asks where the server does not run, too" [ "$status" -ne 0 ]
postmaster=$(head -n 1 "$QUICKSTART_DIR/data/postmaster.pid")
run_make quickstart-stop YES=1
check "quickstart-stop YES=1 succeeds" [ "$status" -eq 0 ]
check "it removes the directory" [ ! -e "$QUICKSTART_DIR" ]
check "and leaves no server" has_ended "$postmaster"
run_make quickstart-stop
check "once more does nothing" [ "$status" -eq 0 ]
run_make quickstart
check "quickstart begins anew" [ "$status" -eq 0 ]
run_make quickstart-stop
check "with nothing of a user's in it, quickstart-stop does not ask" [ "$status" -eq 0 ]
mkdir "$QUICKSTART_DIR"
touch "$QUICKSTART_DIR/precious"
run_make quickstart-stop
check "a directory of somebody else is left alone" [ -e "$QUICKSTART_DIR/precious" ]
run_make quickstart
check "and not taken for a server" [ "$status" -ne 0 ]
rm -r "$QUICKSTART_DIR"

# Nobody who may install, and no sudo: one line, before anything is built.
programs=$("$PG_CONFIG" --bindir)
if as_server test -w "$programs"; then
	number=$((number + 1))
	echo "ok $number # SKIP the server's user may install"
else
	mkdir -p "$work/tree/test/pcaps" "$work/bin"
	cp -r "$tree/scripts" "$work/tree"
	cp "$tree/test/pcaps/tls.pcap" "$work/tree/test/pcaps"
	ln -s /usr/bin/* "$work/bin"
	rm -f "$work/bin/sudo"
	chown -R "$(server_user)" "$work/tree"
	status=0
	said=$(as_server env PATH="$work/bin" PG_CONFIG="$(command -v "$PG_CONFIG")" "$work/tree/scripts/quickstart.sh" 2>&1) || status=$?
	check "without the right to install, and without sudo, quickstart fails" [ "$status" -ne 0 ]
	check "in one line" [ "$(wc -l <<< "$said")" -eq 1 ]
	check "that says why and what to do" says "^Installing into $programs needs root, and there is no sudo; as root: make quickstart"
fi
tap_end

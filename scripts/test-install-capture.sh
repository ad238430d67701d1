#!/bin/bash
#
# test-install-capture.sh - tests, in TAP and as root, what `make install-capture` gives, and what a server makes of it whose
# service withholds it.
#
# The programs are copies below a DESTDIR; the server of PG_CONFIG starts them by the setting nfstream_fdw.meter_program.
#
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/tap.sh"

[ "$(id -u)" -eq 0 ] || die "This needs root."
work=$(mktemp -d /tmp/nfstream_fdw-test-install-capture.XXXXXX)
chmod 755 "$work"
installed=$work/root$("$PG_CONFIG" --bindir)
meter=$installed/nfstream_meter
user=$(server_user)
group=$(id -gn "$user")

clean_up()
{
	cluster_stop "$work/cluster"
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# Runs make with these arguments; what it says is in `said`, and shown as a comment.
run_make()
{
	local ended=0

	said=$(env -u MAKEFLAGS make --no-print-directory -C "$tree" DESTDIR="$work/root" "$@" 2>&1 < /dev/null) || ended=$?
	status=$ended
	sed 's/^/# /' <<< "$said"
}

says()
{
	grep -q -- "$@" <<< "$said"
}

# Whether a program has these capabilities, owner, group and mode; with no capability the first is empty.
program_is()
{
	[ "$(getcap "$1" | sed 's/.* //')" = "$2" ] && [ "$(stat -c '%U:%G %a' "$1")" = "$3" ]
}

run_make install
check "make install succeeds" [ "$status" -eq 0 ]
check "it prints the command that lets it capture" says '^To capture on interfaces, as root: make install-capture'
check "what it installs may nothing" program_is "$meter" "" "root:root 755"

run_make install-capture CAPTURE_GROUP=nosuchgroup
check "a group that is not there is refused" [ "$status" -ne 0 ]
check "and named" says '^There is no group nosuchgroup'
check "nothing has changed" program_is "$meter" "" "root:root 755"
install -D -t "$work/scripts" "$tree/scripts/install-capture.sh" "$tree/scripts/common.sh"
said=$(as_server env PG_CONFIG="$PG_CONFIG" DESTDIR="$work/root" "$work/scripts/install-capture.sh" 2>&1) && status=0 || status=$?
check "nobody but root can do it" [ "$status" -ne 0 ]
check "who is not root is told so" says '^This needs root: sudo make install-capture'

run_make install-capture CAPTURE_GROUP="$group"
check "make install-capture succeeds" [ "$status" -eq 0 ]
check "it says who may capture now" says "the group $group may run them"
check "the meter's file permits cap_net_raw, to the group alone" program_is "$meter" cap_net_raw=p "root:$group 750"
if [ -e "$tree/build/nfstream_meter_python" ]; then
	check "so does the meter's with Python" program_is "${meter}_python" cap_net_raw=p "root:$group 750"
fi
check "others cannot run it" [ "$(runuser -u nobody -- "$meter" --version 2>&1 | grep -c 'Permission denied')" -eq 1 ]
check "the group can" as_server "$meter" --version
run_make install-capture CAPTURE_GROUP="$group"
check "once more changes nothing" program_is "$meter" cap_net_raw=p "root:$group 750"

# ------------------------------------------------------------------------------------------------------ servers with fewer rights

mkdir "$work/cluster"
chown "$user" "$work/cluster"
cluster_start "$work/cluster"
cluster_stop "$work/cluster"
install -o "$user" -m 644 "$tree/test/pcaps/dns.pcap" "$work/cluster"

# start_with COMMAND...: the cluster, started by such a command.
start_with()
{
	cluster_stop "$work/cluster"
	(cd / && "$@" "$(server_programs)/pg_ctl" start -s -w -D "$work/cluster/data" -l "$work/cluster/log" \
		-o "-p $port -k '$work/cluster' -c listen_addresses=''") < /dev/null
}

# What a query says in it.
ask()
{
	said=$(as_server "$(server_programs)/psql" -X -q -A -t -h "$work/cluster" -p "$port" -U "$user" -d postgres -v ON_ERROR_STOP=1 \
		-c "SET nfstream_fdw.meter_program = '$meter'" -c "$1" 2>&1) || true
	sed 's/^/# /' <<< "$said"
}

start_with runuser -u "$user" --
ask "CREATE EXTENSION nfstream_fdw; CREATE SERVER s FOREIGN DATA WRAPPER nfstream_fdw;
	CREATE FOREIGN TABLE flows (id bigint) SERVER s OPTIONS (source '$work/cluster/dns.pcap')"
ask "SELECT count(*) > 0 FROM flows"
check "a server reads files with it" [ "$said" = t ]
start_with setpriv --bounding-set=-net_raw runuser -u "$user" --
ask "SELECT count(*) > 0 FROM flows"
check "so does a server that may never have the capability" [ "$said" = t ]
setcap cap_net_raw=ep "$meter"
ask "SELECT count(*) FROM flows"
check "with a file that demands it, the meter does not start" says 'ERROR:  could not start the meter ".*": Operation not permitted'
check "and the hint says why, and what to do" says '^HINT:  Its file demands capabilities that the server.*make install-capture'
start_with runuser -u "$user" -- setpriv --no-new-privs
ask "SELECT count(*) > 0 FROM flows"
check "a server that may not gain privileges reads files" [ "$said" = t ]

run_make uninstall-capture
check "make uninstall-capture succeeds" [ "$status" -eq 0 ]
check "and takes it all away" program_is "$meter" "" "root:root 755"
run_make install-capture CAPTURE_GROUP="$group"
run_make install
check "a new make install takes it away, too" program_is "$meter" "" "root:root 755"
run_make install-capture CAPTURE_GROUP="$group"
run_make uninstall
check "make uninstall removes a program that may capture" [ ! -e "$meter" ]
run_make install-capture CAPTURE_GROUP="$group"
check "where nothing is installed, install-capture says so" says '^There is no nfstream_meter in .*: make install comes first'
tap_end

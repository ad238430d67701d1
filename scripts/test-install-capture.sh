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
programs=$work/root$("$PG_CONFIG" --bindir)
meter=$programs/nfstream_meter
user=$(server_user)
group=$(id -gn "$user")

clean_up()
{
	cluster_stop "$work/cluster"
	! mountpoint -q "$work/nosuid" || umount "$work/nosuid"
	rm -rf --one-file-system "$work"
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

# Captures on the loopback interface of a network namespace for a moment, as the server's user, by such a command.
capture_by_hand()
{
	said=$(unshare --net sh -c 'ip link set lo up && exec "$@"' sh timeout -s INT 1 "$@" "$meter" interface:lo 2>&1) || true
	sed 's/^/# /' <<< "$said"
}

run_make install
check "make install succeeds" [ "$status" -eq 0 ]
check "it prints the command that lets it capture" says '^To capture on interfaces, as root: make install-capture'
check "what it installs may nothing" program_is "$meter" "" "root:root 755"

capture_by_hand runuser -u "$user" --
check "by hand it says that its file lacks the capability" says "^nfstream_meter: The program's file does not give it the capability cap_net_raw\.$"
check "and what gives it" says '^nfstream_meter: as root, "make install-capture" gives it the capability$'

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
check "what finds processes may look at those of others" \
	program_is "$programs/nfstream_sockets" "cap_dac_read_search,cap_sys_ptrace=p" "root:$group 750"
check "nfstream_sockets' permits what looks at processes" program_is "${meter%_meter}_sockets" cap_dac_read_search,cap_sys_ptrace=p "root:$group 750"
check "others cannot run it" [ "$(runuser -u nobody -- "$meter" --version 2>&1 | grep -c 'Permission denied')" -eq 1 ]
check "the group can" as_server "$meter" --version
capture_by_hand runuser -u "$user" --
check "and captures" says '^nfstream_meter: interrupted; the flows up to there were printed$'
capture_by_hand runuser -u "$user" -- setpriv --no-new-privs
check "a program that may not gain privileges is told so" says 'may not gain privileges (NoNewPrivileges of a service'
check "and not to give its file a capability" [ -z "$(grep 'make install-capture' <<< "$said")" ]
capture_by_hand setpriv --bounding-set=-net_raw runuser -u "$user" --
check "so is one that may never have the capability" says 'bounding set lacks cap_net_raw (CapabilityBoundingSet of a service'
mkdir "$work/nosuid"
mount -t tmpfs -o nosuid none "$work/nosuid"
cp -a "$meter" "$work/nosuid/nfstream_meter"
setcap cap_net_raw=p "$work/nosuid/nfstream_meter"
installed=$meter meter=$work/nosuid/nfstream_meter
capture_by_hand runuser -u "$user" --
meter=$installed
umount "$work/nosuid"
check "and one on a file system that is mounted nosuid" says 'on a file system that is mounted nosuid'
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
	CREATE FOREIGN TABLE flows (id bigint) SERVER s OPTIONS (source '$work/cluster/dns.pcap');
	CREATE FOREIGN TABLE live (id bigint) SERVER s OPTIONS (source 'interface:lo')"
ask "SELECT count(*) > 0 FROM flows"
check "a server reads files with it" [ "$said" = t ]
start_with setpriv --bounding-set=-net_raw runuser -u "$user" --
ask "SELECT count(*) > 0 FROM flows"
check "so does a server that may never have the capability" [ "$said" = t ]
ask "SELECT id FROM live LIMIT 1"
check "from an interface it cannot" says '^ERROR:  the meter may not capture from interface "lo"$'
check "and says what keeps it" says '^DETAIL:  The program was started by one whose bounding set lacks cap_net_raw '
check "and who can help" says "^HINT:  An administrator of the server's machine has to let its service or container have "
setcap cap_net_raw=ep "$meter"
ask "SELECT count(*) FROM flows"
check "with a file that demands it, the meter does not start" says 'ERROR:  could not start the meter ".*": Operation not permitted'
check "and the hint says why, and what to do" says '^HINT:  Its file demands capabilities that the server.*make install-capture'
start_with runuser -u "$user" -- setpriv --no-new-privs
ask "SELECT count(*) > 0 FROM flows"
check "a server that may not gain privileges reads files" [ "$said" = t ]
ask "SELECT id FROM live LIMIT 1"
check "and says what keeps it from an interface" says '^DETAIL:  The program was started by one that may not gain privileges '
start_with runuser -u "$user" --
run_make install
ask "SELECT id FROM live LIMIT 1"
check "where the file lacks the capability, the server's error says so" says "^DETAIL:  The program's file does not give it the capability"
check "and names the command" says '^HINT:  .*"make install-capture"'
run_make install-capture CAPTURE_GROUP="$group"

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

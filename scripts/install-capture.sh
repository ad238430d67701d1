#!/bin/bash
#
# install-capture.sh - lets the installed programs do what capturing on interfaces takes, and the server's group alone run them.
#
#	install-capture.sh			as root, after `make install`
#	install-capture.sh --remove	takes it away again
#
# From the environment:
#	PG_CONFIG			the server's
#	CAPTURE_GROUP		the group that may run them: by default the one of the user postgres
#	DESTDIR				a root to install below, for a package
#
# The right is a capability of the file (capabilities(7)), permitted and not effective: a program raises it for the moment in
# which it opens what it needs, and a machine or a container that withholds it can still run the program for captures in files.
# Whoever may run such a program may capture, so it is first closed to everybody else.
#
set -euo pipefail
. "$(dirname "$0")/common.sh"

programs=${DESTDIR:-}$("$PG_CONFIG" --bindir)
cap_net_raw=13			# its bit in a set of capabilities: linux/capability.h
setcap=$(command -v setcap || echo /sbin/setcap)

# Each program, and what it may.  A meter opens a socket that sees all packets; nfstream_sockets finds whose a socket is.
declare -A capabilities=(
	[nfstream_meter]=cap_net_raw
	[nfstream_meter_python]=cap_net_raw
	[nfstream_sockets]=cap_sys_ptrace,cap_dac_read_search
)

# The group that the server runs with.
capture_group()
{
	local group=${CAPTURE_GROUP:-}

	if [ -z "$group" ]; then
		group=$(id -gn postgres 2> /dev/null) ||
			die "There is no user postgres: make install-capture CAPTURE_GROUP=name names the group that the server runs with."
	fi
	getent group "$group" > /dev/null || die "There is no group $group."
	echo "$group"
}

# in_status PROCESS FIELD: a field of /proc/PROCESS/status; nothing if the process is gone.
in_status()
{
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" 2> /dev/null || true
}

# Tells which servers that run from this directory are kept by the system from what the file would let their programs do.
warn_of_servers()
{
	local process kept=

	# A server's own processes are the children of the first.
	for process in $(pgrep -f "^$programs/postgres "); do
		kept=
		if [ "$(in_status "$process" NoNewPrivs)" = 1 ]; then
			kept="NoNewPrivileges= of its service"
		elif [ $((0x$(in_status "$process" CapBnd) >> $cap_net_raw & 1)) -eq 0 ]; then
			kept="CapabilityBoundingSet= of its service"
		fi
		[ -z "$kept" ] ||
			echo "The server with process id $process cannot capture all the same: $kept, or its container, forbids it." >&2
	done
}

[ "$(id -u)" -eq 0 ] || die "This needs root: sudo make install-capture"
[ -x "$setcap" ] || die "There is no setcap: it is in Debian's package libcap2-bin."
[ -e "$programs/nfstream_meter" ] || die "There is no nfstream_meter in $programs: make install comes first."

if [ "${1-}" = --remove ]; then
	for program in "${!capabilities[@]}"; do
		[ -e "$programs/$program" ] || continue
		[ -z "$("${setcap%setcap}getcap" "$programs/$program")" ] || "$setcap" -r "$programs/$program"
		chown root:root "$programs/$program"
		chmod 755 "$programs/$program"
	done
	echo "The programs in $programs may no longer capture."
	exit
fi

group=$(capture_group)
for program in "${!capabilities[@]}"; do
	[ -e "$programs/$program" ] || continue
	# In this order: a change of owner takes capabilities away, and nobody else may run the program when it gets them.
	chmod 750 "$programs/$program"
	chown "root:$group" "$programs/$program"
	"$setcap" "${capabilities[$program]}=p" "$programs/$program" ||
		die "The file system of $programs keeps no capabilities."
done
if [ -z "${DESTDIR:-}" ] && findmnt -n -o OPTIONS -T "$programs" | grep -qw nosuid; then
	echo "$programs is mounted nosuid: there the system gives no program the capabilities of its file." >&2
fi
echo "The programs in $programs may capture, and the group $group may run them."
[ -n "${DESTDIR:-}" ] || warn_of_servers

# shellcheck shell=bash
#
# test-quickstart-common.sh - what the tests of both quickstarts share.  Sourced, after common.sh and tap.sh, with `work`, a directory that
# is removed at the end, set.
#

export QUICKSTART_DIR=$work/server
chmod 755 "$work"

clean_up()
{
	make -s -C "$tree" quickstart-stop YES=1 > /dev/null 2>&1 || true
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# Runs make with these arguments; what it says is in `said`, and shown as a comment.
run_make()
{
	local ended=0

	said=$(env -u MAKEFLAGS make --no-print-directory -C "$tree" "$@" 2>&1 < /dev/null) || ended=$?
	status=$ended
	sed 's/^/# /' <<< "$said"
}

says()
{
	grep -q -- "$@" <<< "$said"
}

# What the command says that quickstart names for going on, with this script; a variable of psql's may be set.
go_on()
{
	local command

	command=$(sed -n '/^Go on with/{n;s/^\t//p}' <<< "$said")
	[ -n "$command" ] && env -u PGHOST $command -X -A -t ${2:+-v "$2"} <<< "$1"
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

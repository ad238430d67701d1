# shellcheck shell=bash
#
# common.sh - what the scripts share: who runs the server, and private clusters.  Sourced, with `set -euo pipefail`.
#
# A private cluster is a directory that holds everything of it: data/, the log and the Unix socket, which is the only
# thing that it listens on.  PostgreSQL refuses to run as root: then directory and server are the user postgres's.
#

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PG_CONFIG=${PG_CONFIG:-pg_config}
port=5432				# names the socket; it cannot clash with another server's in a directory of its own

# What a user has set for psql is about other servers.
for variable in "${!PG@}"; do
	[ "$variable" = PG_CONFIG ] || unset "$variable"
done

die()
{
	printf '%s\n' "$@" >&2
	exit 1
}

# need_root WHAT COMMAND: fails, in one line, where this user cannot become root to do it.
need_root()
{
	[ "$(id -u)" -eq 0 ] || command -v sudo > /dev/null || die "$1 needs root, and there is no sudo; as root: $2"
}

# Runs a command as root.
as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		need_root "This" "$*"
		sudo "$@"
	fi
}

# The user that servers run as: whoever calls, but root's are the user postgres's.
server_user()
{
	if [ "$(id -u)" -ne 0 ]; then
		id -un
	elif id -u postgres > /dev/null 2>&1; then
		echo postgres
	else
		die "PostgreSQL does not run as root, and there is no user postgres." "Run this as an ordinary user."
	fi
}

# Runs a command as that user.
as_server()
{
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	else
		(cd / && runuser -u "$(server_user)" -- "$@")
	fi
}

# The same, in the network namespace that `network` names, if it does.
as_server_in_network()
{
	if [ -z "${network:-}" ]; then
		as_server "$@"
	else
		(cd / && as_root ip netns exec "$network" runuser -u "$(server_user)" -- "$@")
	fi
}

# at_once COMMAND ARGUMENT...: runs the command for each argument, as many of them at a time as there are cores, or $at_a_time.
# Each has a process group of its own, for end_at_once.
at_once()
{
	local command=$1 argument

	shift
	for argument in "$@"; do
		while [ "$(jobs -pr | wc -l)" -ge "${at_a_time:-$(nproc)}" ]; do
			wait -n || true
		done
		set -m
		"$command" "$argument" &
		set +m
	done
	wait
}

# Ends what at_once has started, where a script breaks off.
end_at_once()
{
	local job

	for job in $(jobs -pr); do
		kill -- "-$job" 2> /dev/null || true
	done
	wait
}

# Whether two files are the same; the second may be a program that only its group may read.
is_same()
{
	if [ -e "$2" ] && [ ! -r "$2" ]; then
		as_root cmp -s "$1" "$2"
	else
		cmp -s "$1" "$2"
	fi
}

# Builds all, and installs it where what is installed is another.  What make says goes to standard output.
build_and_install()
{
	local library programs directory file same=1

	make -C "$tree" -j "$(nproc)" all
	library=$("$PG_CONFIG" --pkglibdir)
	programs=$("$PG_CONFIG" --bindir)
	directory=$("$PG_CONFIG" --sharedir)/extension
	is_same "$tree/nfstream_fdw.so" "$library/nfstream_fdw.so" || same=0
	is_same "$tree/build/nfstream_meter" "$programs/nfstream_meter" || same=0
	is_same "$tree/build/nfstream_sockets" "$programs/nfstream_sockets" || same=0
	file=$tree/build/nfstream_meter_python
	[ ! -e "$file" ] || is_same "$file" "$programs/nfstream_meter_python" || same=0
	is_same "$tree/include/nfstream_plugin.h" "$("$PG_CONFIG" --includedir-server)/extension/nfstream_fdw/nfstream_plugin.h" || same=0
	for file in "$tree"/nfstream_fdw.control "$tree"/nfstream_fdw--*.sql; do
		is_same "$file" "$directory/$(basename "$file")" || same=0
	done
	if [ "$same" -eq 1 ]; then
		return
	fi
	if may_install; then
		make -C "$tree" install
	else
		as_root make -C "$tree" install PG_CONFIG="$PG_CONFIG" NDPI="${NDPI:-}" ${PYTHON_PACKAGE:+PYTHON_PACKAGE="$PYTHON_PACKAGE"}
	fi
}

# Whether this user can write to where the server that PG_CONFIG names has its programs and libraries.
may_install()
{
	[ -w "$("$PG_CONFIG" --pkglibdir)" ] && [ -w "$("$PG_CONFIG" --bindir)" ] && [ -w "$("$PG_CONFIG" --sharedir)/extension" ]
}

# Where the programs of the server are that PG_CONFIG names.
server_programs()
{
	local directory

	directory=$("$PG_CONFIG" --bindir)
	[ -x "$directory/postgres" ] || die "There is no server in $directory." "PG_CONFIG=/path/pg_config names another."
	echo "$directory"
}

# Whether the private cluster of a directory runs.
cluster_runs()
{
	[ -e "$1/data/postmaster.pid" ] && as_server "$("$PG_CONFIG" --bindir)/pg_ctl" status -s -D "$1/data" > /dev/null
}

# cluster_start DIRECTORY [SETTING=VALUE...]
#
# Starts the private cluster of a directory, which belongs to the user that servers run as, and creates it if it is not
# there.  Its superuser is called as that user.  Does nothing if it runs.
cluster_start()
{
	local directory=$1 data=$1/data programs user version setting options="-p $port -k '$1' -c listen_addresses=''"

	shift
	programs=$(server_programs)
	user=$(server_user)
	version=$("$PG_CONFIG" --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/')
	[ "$(printf %s "$directory/.s.PGSQL.$port" | wc -c)" -le 107 ] ||
		die "The path $directory is too long for a Unix socket."
	if cluster_runs "$directory"; then
		return
	fi
	if [ ! -e "$data/PG_VERSION" ]; then
		as_server "$programs/initdb" -D "$data" -U "$user" -A trust -E UTF8 --locale=C --no-sync > /dev/null
	elif [ "$(cat "$data/PG_VERSION")" != "$version" ]; then
		die "$data was made by PostgreSQL $(cat "$data/PG_VERSION"), and $PG_CONFIG is of PostgreSQL $version."
	fi
	for setting in "$@"; do
		options+=" -c '$setting'"
	done
	as_server_in_network "$programs/pg_ctl" start -s -w -D "$data" -l "$directory/log" -o "$options" < /dev/null ||
		die "The server did not start:" "$(tail -n 5 "$directory/log")"
}

# Ends the private cluster of a directory, if it runs.
cluster_stop()
{
	if cluster_runs "$1"; then
		as_server "$("$PG_CONFIG" --bindir)/pg_ctl" stop -s -w -m fast -D "$1/data"
	fi
}

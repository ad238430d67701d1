# shellcheck shell=bash
#
# quickstart-common.sh - what the servers of quickstart share: their directory, and how it goes.  Sourced, after common.sh.
#
# A quickstart's directory holds a private cluster and all else that was made for it.  The table that it shows is in a schema
# that comes last in the search path: its name is found, and the same name in `public` is no clash.
#

# A short path, for the socket's sake, that the user postgres can reach wherever the tree is.
directory=${QUICKSTART_DIR:-/var/tmp/nfstream_fdw-quickstart-$(id -u)}
live_directory=$directory-live
mark=made-by-nfstream_fdw-quickstart
database=quickstart
schema=quickstart

# Ends the network of a live quickstart, if there is one, and what sends in it.
end_network()
{
	rm -f "$directory"/sends-*
	[ -e "$directory/network" ] || return 0
	as_root ip netns delete "$(cat "$directory/network")" 2> /dev/null || true
	rm -f "$directory/network"
}

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
					AND NOT (current_database() = '$database' AND nspname = '$schema' AND relname IN ('flows', 'live'))
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

# Makes the cluster's directory, which belongs to the user that the server runs as and nobody else can enter.
make_directory()
{
	if [ ! -e "$directory" ]; then
		mkdir -m 700 "$directory"
		touch "$directory/$mark"
		chown "$(server_user)" "$directory"
	elif [ ! -e "$directory/$mark" ] || [ "$(stat -c %U "$directory")" != "$(server_user)" ]; then
		die "$directory is there, but was not made by quickstart." \
			"QUICKSTART_DIR=/path names another directory for the server."
	fi
}

# Builds, and installs into the server; what make says goes into a log.
build_for_quickstart()
{
	local log=$tree/build/quickstart.log

	may_install || need_root "Installing into $programs" "make $1, or PG_CONFIG=/path/pg_config for a server of your own"
	mkdir -p "$tree/build"
	echo "Building, and installing into $("$PG_CONFIG" --version) in $programs ..."
	build_and_install > "$log" 2>&1 || die "$(tail -n 20 "$log")" "Building failed: $log has all of what make said."
}

# A database in which the table that is shown is found.
make_database()
{
	if [ -z "$(psql_in postgres -A -t -c "SELECT 1 FROM pg_database WHERE datname = '$database'")" ]; then
		psql_in postgres -c "CREATE DATABASE $database"
	fi
	psql_in postgres -c "ALTER DATABASE $database SET search_path = \"\$user\", public, $schema"
}

psql_in()
{
	as_server "$programs/psql" -X -q -h "$directory" -p "$port" -U "$user" -d "$1" -v ON_ERROR_STOP=1 "${@:2}"
}

#!/bin/bash
#
# cluster.sh - starts and ends a private cluster, for programs that are no shell scripts.
#
#	cluster.sh start DIRECTORY [SETTING=VALUE...]		prints the connection string
#	cluster.sh stop DIRECTORY							ends it and removes the directory
#
set -euo pipefail
. "$(dirname "$0")/common.sh"

case "${1-} $#" in
	start\ [2-9])
		directory=$2
		shift 2
		mkdir "$directory"
		chown "$(server_user)" "$directory"
		cluster_start "$directory" "$@"
		echo "host=$directory port=$port user=$(server_user) dbname=postgres"
		;;
	stop\ 2)
		cluster_stop "$2"
		rm -rf "$2"
		;;
	*)
		die "usage: cluster.sh start DIRECTORY [SETTING=VALUE...] | stop DIRECTORY"
		;;
esac

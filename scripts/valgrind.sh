#!/bin/bash
#
# valgrind.sh - tests, in TAP, that the extension touches no memory that it should not.
#
# A private cluster runs test/valgrind/scans.sql twice: as it is installed, and under valgrind, with the extension compiled for
# it, the postmaster's children and so all workers too; the meters, which are others' libraries for the most part, run as they
# are: the unit tests and the fuzzing have their sanitizers.  Both must answer the same, and valgrind must have nothing to say.
# test/valgrind/faults.c is the proof that it would.
#
# What it sees.  The extension is compiled with assertions: its own, and those in the server's headers.  Valgrind knows the
# blocks that malloc() gave, not what the server's palloc() makes of them.  The extension's own memory contexts have blocks so
# small that each chunk of more than 128 bytes is one (small_blocks.h): of those, and of the stack, it sees each byte that is
# used before it was written, read or written past the end, or after it was freed.  It does not see
#
# - an overrun inside a block of smaller chunks, and memory that a context gave twice;
# - what the extension allocates in the server's contexts, such as the values of a row, but for the first use of a block;
# - sources in a server's directory: valgrind 3.19 does not know openat2(), and the extension refuses to read them without;
# - an access to a shared memory segment that is within the segment but outside of the queue or the message: such memory is all
#   alike to it.  The fuzzing of records reads them from blocks of their very length.
#
# A server that was compiled with -DUSE_VALGRIND and --enable-cassert tells valgrind of each chunk: PG_CONFIG=/path/pg_config
# names it, and the first two are seen too.
#
# The server's own programs write padding to their files, and more: what valgrind says counts where the extension's code is
# named in it, as where it happened or as where the memory came from.
#
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/tap.sh"

work=
process=				# the postmaster under valgrind
user=$(server_user)
programs=$(server_programs)
settings=(max_worker_processes=12 nfstream_fdw.max_workers=2 shared_buffers=16MB fsync=off autovacuum=off jit=off
	max_logical_replication_workers=0)
export PGCTLTIMEOUT=300			# a server under valgrind takes its time to end

clean_up()
{
	[ -n "$work" ] || return 0
	cluster_stop "$work"
	rm -rf "$work"
}

# The server with the extension that is compiled for valgrind: a server finds its files from where its program is, so this is
# a copy of the program in a directory that is otherwise links to the installed one's.
make_server()
{
	local library share flags

	flags="-O1 -g -fno-omit-frame-pointer -DUSE_ASSERT_CHECKING -include $work/tree/test/valgrind/small_blocks.h"
	library=$("$PG_CONFIG" --pkglibdir)
	share=$("$PG_CONFIG" --sharedir)
	as_server make -s -C "$work/tree" -j "$(nproc)" nfstream_fdw.so PG_CONFIG="$PG_CONFIG" COPT="$flags"
	# shellcheck disable=SC2086
	as_server env -C "$work/tree/test/valgrind" "${CC:-cc}" $flags -I"$("$PG_CONFIG" --includedir-server)" \
		-fPIC -shared -o "$work/faults.so" faults.c
	as_server mkdir -p "$work/server$programs" "$work/server$library" "$work/server$(dirname "$share")"
	as_server cp "$programs/postgres" "$work/server$programs"
	as_server ln -s "$programs/nfstream_meter" "$work/server$programs"
	as_server ln -s "$library"/* "$work/server$library"
	as_server ln -sf "$work/tree/nfstream_fdw.so" "$work/server$library"
	as_server ln -s "$share" "$work/server$share"
}

# Starts it under valgrind.  Each process has a file of its own, which is empty as long as nothing is wrong.
start_server()
{
	local setting options=()

	for setting in "${settings[@]}"; do
		options+=(-c "$setting")
	done
	as_server mkdir "$work/found"
	as_server valgrind --quiet --leak-check=no --track-origins=yes --error-limit=no --num-callers=30 \
		--suppressions="$work/tree/test/valgrind/server.supp" --fullpath-after="$work/tree/" --log-file="$work/found/%p" \
		--trace-children=yes --trace-children-skip='*/nfstream_meter' \
		"$work/server$programs/postgres" -D "$work/data" -p "$port" -k "$work" -c listen_addresses= "${options[@]}" \
		< /dev/null > "$work/log" 2>&1 &
	process=$!
	wait_for_server
}

# Until it answers: at its start, and after a crash.
wait_for_server()
{
	for _ in $(seq 600); do
		if query postgres 'SELECT 1' > /dev/null 2>&1; then
			return
		fi
		kill -0 "$process" 2> /dev/null || break
		sleep 0.2
	done
	die "The server does not answer:" "$(cat "$work"/found/* "$work/log" | tail -n 20)"
}

query()
{
	as_server "$programs/psql" -X -q -A -t -h "$work" -p "$port" -U "$user" -d "$1" -c "$2"
}

# Runs the statements in a new database; what they answer, up to a crash, is in DATABASE.out.
run_scans()
{
	local database=$1

	query postgres "CREATE DATABASE $database"
	as_server mkdir "$work/exports"
	as_server "$programs/psql" -X -q -h "$work" -p "$port" -U "$user" -d "$database" -v pcaps="$work/tree/test/pcaps" \
		-v exports="$work/exports" -f "$work/tree/test/valgrind/scans.sql" > "$work/$database.out" 2>&1 || true
	rm -r "$work/exports"
}

# Shows the messages of valgrind, paragraphs of lines, that name the extension's code: each once, and how often it came.
messages_of_extension()
{
	find "$work/found" -type f -size +0 -exec sed -E 's/^==[0-9]+== ?//; s/0x[0-9A-F]+: //; s/^ *(Address) 0x[0-9a-f]+/\1/' '{}' + |
		awk -v RS= '
			/nfstream_fdw\.so|\((src\/|nfstream_fdw\.c:)/ { if (!times[$0]++) order[++messages] = $0 }
			END { for (i = 1; i <= messages; i++) print times[order[i]] " times: " order[i] }'
}

nothing_was_found()
{
	local messages

	messages=$(messages_of_extension)
	[ -z "$messages" ] || { cat <<< "$messages"; return 1; }
}

no_assertion_failed()
{
	! grep -A 1 '^TRAP' "$work/log"
}

# fault WHAT WORDS: makes a fault, and tells whether valgrind found it, in a message with these words.
fault_is_found()
{
	local process found

	process=$(query postgres "SELECT pg_backend_pid(); SELECT fault('$1')" | head -n 1)
	found=$work/found/$process
	grep -q "$2" "$found" && grep -q 'fault (.*faults.c:' "$found"
	rm "$found"
}

trap clean_up EXIT
trap 'exit 130' INT TERM
work=$(mktemp -d /tmp/nfstream_fdw-valgrind.XXXXXX)
chmod 755 "$work"
mkdir "$work/tree"
tar -C "$tree" --exclude=./.git --exclude=./build --exclude='*.so' -cf - . | tar -C "$work/tree" -xf -
chown -R "$user" "$work"
make_server

cluster_start "$work" "${settings[@]}"
run_scans as_installed
cluster_stop "$work"

start_server
run_scans under_valgrind
wait_for_server
check "the answers are those of the server without valgrind" diff "$work/as_installed.out" "$work/under_valgrind.out"
check "the answers have what rows and errors they should" grep -q '^Facebook|' "$work/under_valgrind.out"
check "no assertion failed" no_assertion_failed
check "workers were looked at: $(find "$work/found" -type f | wc -l) processes" \
	test "$(find "$work/found" -type f | wc -l)" -gt 60
query postgres "CREATE FUNCTION fault(text) RETURNS integer LANGUAGE C STRICT AS '$work/faults.so'"
check "found when made: a branch on what was never written" fault_is_found 'a branch on what was never written' \
	'depends on uninitialised value'
check "found when made: a read past a chunk" fault_is_found 'a read past a chunk' 'Invalid read'
check "found when made: a write past a chunk" fault_is_found 'a write past a chunk' 'Invalid write'
check "found when made: a read from a context that is gone" fault_is_found 'a read from a context that is gone' 'Invalid read'
cluster_stop "$work"
check "no other fault was found" nothing_was_found
tap_end

#!/bin/bash
#
# test-matrix.sh - runs the tests on each PostgreSQL that is supported, in the Debian that has it.
#
#	test-matrix.sh				runs them, and ends with a table
#	test-matrix.sh --clean		removes the Debians: the next run makes them anew
#
# From the environment:
#	VERSIONS			15 17 18 15-assertions, or some of them; -assertions: Debian's sources, built with --enable-cassert
#	PARTS				build regress tap, or other parts of scripts/run-tests.sh
#	COMPILERS			gcc clang; the first is for all parts, the next for those that a compiler can change
#	MATRIX_DIR			where the Debians are kept, which make a second run quick: 1.7 GB each, in build/matrix
#	MIRROR				of Debian, if not the one of this machine's apt
#
# A Debian is made with debootstrap, and scripts/install-deps.sh installs into it what is missing.  Each version and compiler
# then has a copy of the tree in it, whose writes go elsewhere (chroot.sh) and are removed in the end.  The logs are in
# build/matrix-logs.
#
set -euo pipefail
. "$(dirname "$0")/common.sh"

versions=${VERSIONS:-15 17 18 15-assertions}
parts=${PARTS:-build regress tap}
compilers=${COMPILERS:-gcc clang}
compilers_parts="build unit regress"		# what a compiler can change
matrix=$(realpath -m "${MATRIX_DIR:-$tree/build/matrix}")
logs=$tree/build/matrix-logs
changes=$matrix/changes						# of the run that is under way
process=									# chroot.sh, while it runs
table=()
passed=0 failed=0 skipped=0

# The suite of Debian that has a major version of PostgreSQL.
suite_of()
{
	case $1 in
		15) echo bookworm ;;
		17) echo trixie ;;
		18) echo sid ;;
		*) die "There is no PostgreSQL $1 in the matrix. Versions: 15 17 18, each also as 15-assertions" ;;
	esac
}

# Removes a directory, in which nothing may be mounted.
remove()
{
	! grep -qF " $1/" /proc/self/mountinfo || die "Something is mounted below $1: it is left as it is."
	rm -rf --one-file-system "$1"
}

# Ends the Debian that something runs in, if one does, and removes what it wrote.
clean_up()
{
	if [ -n "$process" ]; then
		disown -a
		kill -KILL -- "-$process" 2> /dev/null || true
		for _ in {1..100}; do
			kill -0 -- "-$process" 2> /dev/null || break
			sleep 0.1
		done
	fi
	remove "$changes"
}

# Runs chroot.sh in the background, in a process group of its own, so that a signal need not wait for it.  The tests count
# the files that are open: those of this script are not theirs.
chroot_sh()
{
	local status=0

	set -m
	"$tree/scripts/chroot.sh" "$@" 8>&- 9>&- &
	process=$!
	set +m
	wait "$process" || status=$?
	process=
	return "$status"
}

# The log of what was done to make a Debian, and why it was not enough.
broken()
{
	tail -n 15 "$2"
	die "$1: $2 has all of it."
}

copy_tree()
{
	mkdir -p "$1"
	tar -C "$tree" --exclude=./.git --exclude=./build --exclude='*.so' -cf - . | tar -C "$1" -xf -
}

# prepare VERSION: its Debian, with all that the parts need.
prepare()
{
	local version=$1 suite directory log compiler

	suite=$(suite_of "${version%-assertions}")
	directory=$matrix/$suite
	log=$matrix/$suite.log
	if [ ! -e "$directory" ]; then
		echo "Making Debian $suite ..."
		remove "$directory.unfinished"
		chroot_sh make "$directory.unfinished" "$suite" > "$log" 2>&1 || broken "Making Debian $suite failed" "$log"
		mv "$directory.unfinished" "$directory"
	fi
	rm -rf --one-file-system "$directory/nfstream_fdw"
	copy_tree "$directory/nfstream_fdw/tree"
	for compiler in $compilers; do
		# shellcheck disable=SC2086
		chroot_sh run "$directory" env CC="$compiler" PG_CONFIG="/usr/lib/postgresql/${version%-assertions}/bin/pg_config" \
			/nfstream_fdw/tree/scripts/install-deps.sh --test $parts >> "$log" 2>&1 || broken "Installing into Debian $suite failed" "$log"
	done
	if [ "$version" != "${version%-assertions}" ] && [ ! -e "$directory/opt/postgresql-$version" ]; then
		echo "Building PostgreSQL $version ..."
		chroot_sh run "$directory" /nfstream_fdw/tree/scripts/build-assertions.sh "${version%-assertions}" \
			"/opt/postgresql-$version" >> "$log" 2>&1 || broken "Building PostgreSQL $version failed" "$log"
	fi
	rm -rf --one-file-system "$directory/nfstream_fdw"
}

# Adds what a run counted to the table: each of its parts, with a failure where it did not come to an end.
add_counts()
{
	local version=$1 compiler=$2 log=$3 part name part_passed part_failed part_skipped part_seconds
	local server compiled_by

	shift 3
	server=$(cat "$log/server" 2> /dev/null || echo "$version")
	compiled_by="$compiler $(cat "$log/compiler" 2> /dev/null || true)"
	for part in "$@"; do
		part_passed=0 part_failed=1 part_skipped=0 part_seconds=0
		read -r name part_passed part_failed part_skipped part_seconds < <(grep "^$part " "$log/counts" 2> /dev/null ||
			echo "$part 0 1 0 0")
		table+=("$(printf '%-17s %-10s %-14s %-8s %7d %7d %8d %8d' "$server" "$(suite_of "${version%-assertions}")" \
			"$compiled_by" "$name" "$part_passed" "$part_failed" "$part_skipped" "$part_seconds")")
		passed=$((passed + part_passed)) failed=$((failed + part_failed)) skipped=$((skipped + part_skipped))
	done
}

# run VERSION COMPILER PART...: in a copy of the tree of its own.
run()
{
	local version=$1 compiler=$2 log=$logs/$1-$2 config=/usr/lib/postgresql/$1/bin/pg_config inside printer

	shift 2
	[ "$version" = "${version%-assertions}" ] || config=/opt/postgresql-$version/bin/pg_config
	echo "PostgreSQL $version with $compiler:"
	remove "$changes"
	copy_tree "$changes/files/nfstream_fdw/tree"
	[ ! -e "$tree/../shared" ] || ln -s "$(realpath "$tree/../shared")" "$changes/shared"
	# shellcheck disable=SC2016
	inside='cd /nfstream_fdw/tree; logs=build/test-logs
		make --no-print-directory test CC="$1" PG_CONFIG="$2" PARTS="$3"; status=$?
		"$1" -dumpversion > $logs/compiler
		"$2" --version | sed "s/^PostgreSQL \([^ ]*\).*/\1/" > $logs/server
		exit $status'
	exec 8> >(sed -u -e '/^[0-9]* passed, [0-9]* failed/d; /^make: \*\*\*/d' \
		-e "s,/nfstream_fdw/tree/build/test-logs,$log,")
	printer=$!
	chroot_sh try "$matrix/$(suite_of "${version%-assertions}")" "$changes" \
		bash -c "$inside" - "$compiler" "$config" "$*" >&8 2>&1 || true
	exec 8>&-
	wait "$printer" || true
	mv "$changes/files/nfstream_fdw/tree/build/test-logs" "$log" || true
	[ "$version" = "${version%-assertions}" ] || sed -i 's/$/ assertions/' "$log/server"
	add_counts "$version" "$compiler" "$log" "$@"
	remove "$changes"
}

# asked PARTS: those of the parts that were asked for.
asked()
{
	local part

	for part in $parts; do
		[[ " $1 " != *" $part "* ]] || printf '%s ' "$part"
	done
}

[ "$(id -u)" -eq 0 ] || die "make test-matrix changes the root directory, which only root can: call it as root."
for version in $versions; do
	suite_of "${version%-assertions}" > /dev/null
done
mkdir -p "$matrix"
exec 9> "$matrix/lock"
flock -n 9 || die "Another run works in $matrix: MATRIX_DIR names another directory."
if [ "${1-}" = --clean ]; then
	remove "$matrix"
	exit
fi
trap clean_up EXIT
trap 'exit 130' INT TERM
"$tree/scripts/install-deps.sh" --matrix
rm -rf "$logs"
mkdir -p "$logs"
for version in $versions; do
	prepare "$version"
	first=1
	for compiler in $compilers; do
		if [ "$first" -eq 1 ]; then
			# shellcheck disable=SC2086
			run "$version" "$compiler" $parts
		elif [ "$version" = "${version%-assertions}" ] && [ -n "$(asked "$compilers_parts")" ]; then
			# shellcheck disable=SC2046
			run "$version" "$compiler" $(asked "$compilers_parts")
		fi
		first=0
	done
done
printf '\n%-17s %-10s %-14s %-8s %7s %7s %8s %8s\n' PostgreSQL Debian compiler part passed failed skipped seconds
printf '%s\n' "${table[@]}"
printf '%d passed, %d failed' "$passed" "$failed"
[ "$skipped" -eq 0 ] || printf ', %d skipped' "$skipped"
printf '\n'
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

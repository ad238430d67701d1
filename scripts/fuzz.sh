#!/bin/bash
#
# fuzz.sh - runs the fuzz targets: test/fuzz/README.md has what they are.
#
#	fuzz.sh TARGET SECONDS	one target, for people: what libFuzzer says is on the terminal
#	fuzz.sh --keep TARGET	what that found worth keeping, as the smallest corpus, into test/fuzz/corpus/TARGET
#	fuzz.sh --tap SECONDS	all targets, in TAP: for each the kept corpus and the findings, then SECONDS of fuzzing (0: none);
#							as many at a time as there are cores
#
# A target is built before, by make fuzz-programs.  It works in build/fuzz-work/TARGET: new inputs are in corpus/, from which the
# next run goes on, and an input that fails is in failed/.  The target `options` is a module for a server, and runs in a
# backend without a postmaster.
#
set -euo pipefail
. "$(dirname "$0")/common.sh"

targets="condition decode dpi engine options plugins record"
kept=$tree/test/fuzz
built=$tree/build/fuzz
works=$tree/build/fuzz-work	# make clean leaves it
work=
broken=0
server_work=				# the options' data directory; removed in the end

# The longest input of a target, bytes.
longest()
{
	case $1 in
		decode) echo 2048 ;;
		options) echo 1024 ;;
		*) echo 8192 ;;
	esac
}

# Runs the module's libFuzzer with these arguments, in a data directory of its own.
run_options()
{
	local programs arguments='' argument status=0

	programs=$(server_programs)
	if [ -z "$server_work" ]; then
		server_work=$(mktemp -d /tmp/nfstream_fdw-fuzz.XXXXXX)
		trap 'rm -rf "$server_work"' EXIT
		chown "$(server_user)" "$server_work"
		as_server "$programs/initdb" -D "$server_work/data" -A trust -E UTF8 --locale=C --no-sync > /dev/null
		cp "$built/fuzz_options.so" "$server_work"
	fi
	# The server's user may not be able to read the tree, nor to write into it.
	cp -r "$work/." "$server_work/work"
	chown -R "$(server_user)" "$server_work/work"
	# A backend works in its data directory.
	for argument in "$@"; do
		case $argument in
			-artifact_prefix=*) argument=${argument/=/=..\/work\/} ;;
			-*) ;;
			*) argument=../work/$argument ;;
		esac
		arguments+="${arguments:+,}\"$argument\""
	done
	{
		echo "CREATE OR REPLACE FUNCTION fuzz_options(text[]) RETURNS void AS '$server_work/fuzz_options.so' LANGUAGE C"
		echo "SELECT fuzz_options('{$arguments}')"
	} > "$server_work/statements"
	chmod 644 "$server_work/statements"
	as_server env -C "$server_work/work" "$programs/postgres" --single -F -D "$server_work/data" postgres \
		< "$server_work/statements" || status=$?
	cp -r "$server_work/work/." "$work"
	rm -rf "$server_work/work"
	return "$status"
}

# run TARGET ARGUMENT...: libFuzzer with these arguments, in the directory of the target.
run()
{
	local target=$1

	shift
	if [ "$target" = options ]; then
		run_options "$@"
	else
		env -C "$work" "$built/fuzz_$target" "$@"
	fi
}

# Where a target works: its corpus, and copies of what is kept.
prepare()
{
	work=$works/$1
	mkdir -p "$work/corpus" "$work/failed"
	rm -rf "$work/kept" "$work/findings"
	mkdir "$work/kept" "$work/findings"
	cp -r "$kept/corpus/$1/." "$work/kept" 2> /dev/null || true
	cp -r "$kept/findings/$1/." "$work/findings" 2> /dev/null || true
}

# fuzz TARGET SECONDS
fuzz()
{
	run "$1" -max_total_time="$2" -max_len="$(longest "$1")" -timeout=25 -print_final_stats=1 -artifact_prefix=failed/ \
		corpus kept findings
}

# How often a target ran, by its last report.
executions()
{
	sed -n 's/^stat::number_of_executed_units: *//p' "$1" | tail -n 1
}

# test WORDS LOG COMMAND...: a test that passes if the command succeeds and libFuzzer says what it did.
test_run()
{
	local words=$1 log=$2

	shift 2
	if "$@" > "$log" 2>&1 && [ -n "$(executions "$log")" ]; then
		echo "ok - $words, $(executions "$log") executions"
	else
		echo "not ok - $words"
		grep -aE -A 12 'ERROR: |runtime error:|does not hold' "$log" | sed 's/^/# /' || tail -n 5 "$log" | sed 's/^/# /'
	fi
}

# The tests of one target, into TARGET.tap beside where it works.
test_target()
{
	local target=$1 inputs

	exec > "$works/$target.tap"
	prepare "$target"
	inputs=$(find "$work/kept" "$work/findings" -type f | wc -l)
	test_run "$target: $inputs inputs that are kept" "$works/$target-kept.log" \
		run "$target" -runs=0 -timeout=25 -print_final_stats=1 -artifact_prefix=failed/ kept findings
	[ "$seconds" -eq 0 ] || test_run "$target: $seconds s of fuzzing" "$works/$target-fuzz.log" fuzz "$target" "$seconds"
}

fuzz_all()
{
	local seconds=$1 target number planned

	mkdir -p "$works"
	trap end_at_once EXIT
	trap 'exit 130' INT TERM
	# shellcheck disable=SC2086
	at_once test_target $targets
	for target in $targets; do
		cat "$works/$target.tap"
	done | awk '/^(not )?ok/ { sub(/ok/, "ok " ++number) } { print } /^not ok/ { failed = 1 } END { exit failed }' || broken=1
	number=$(wc -w <<< "$targets")
	planned=$((seconds > 0 ? 2 * number : number))
	echo "1..$planned"
	return "$broken"
}

# A corpus of those inputs alone that reach something of their own, each as small as one was found.  libFuzzer starts itself
# anew for that, which a module of a server cannot: of the options, all is kept.
keep()
{
	prepare "$1"
	if [ "$1" = options ]; then
		mkdir -p "$kept/corpus/$1"
		cp "$work/corpus"/* "$kept/corpus/$1"
		return
	fi
	rm -rf "$work/smallest"
	mkdir "$work/smallest"
	run "$1" -merge=1 -use_counters=0 -max_len=4096 smallest kept corpus
	rm -rf "$kept/corpus/$1"
	mkdir -p "$kept/corpus/$1"
	cp "$work/smallest"/* "$kept/corpus/$1"
}

case ${1-} in
	--tap)
		fuzz_all "$2"
		;;
	--keep)
		keep "$2"
		;;
	*)
		[[ " $targets " == *" ${1-} "* ]] || die "There is no target ${1-}. Targets: $targets"
		prepare "$1"
		fuzz "$1" "$2"
		;;
esac

#!/bin/bash
#
# run-tests.sh - runs all tests, and counts them.
#
# From the environment:
#	PARTS				build tree unit fuzz differential pcaps docs regress tap live valgrind datasets quickstart
#						plugins conformance, or some of them
#	SECONDS=60			fuzz: for how long each target goes on after the inputs that are kept
#	PEER=1				datasets, plugins, conformance: with NFStream itself, installed with pip
#	SEED=1				datasets, tap: the seed of their random values and damages, which they print
#	MUTATIONS=2000		tap: how many random captures 013_damage.pl makes
#	CONDITIONS=500		tap: how many random conditions 034_conditions.pl makes
#	PCAPS="a.pcap ..."	conformance: on these captures
#	SECONDS_OF_LOAD=10	live: for how long a meter is under load, of PACKETS_PER_SECOND=50000
#	SEED=n				conformance: with the random capture of this seed, which an earlier run has printed
#	GOLDENS PROFILES ONLY	conformance: see test/conformance/run.py
#
# Builds and installs, and starts a private cluster if a part needs one.  The server's user may not be able to read the
# tree: so the tests run in a copy of it.  Each part's output is in build/test-logs.  The last line is the sum over all
# parts; a part that breaks off without a count has failed once, and what it had planned and did not run has failed too.
#
set -euo pipefail
. "$(dirname "$0")/common.sh"

# bash's own count of the seconds starts with what the environment has.
fuzz_seconds=$SECONDS
[ "$fuzz_seconds" -gt 5 ] || fuzz_seconds=0

all_parts="build tree unit fuzz differential pcaps docs regress tap live valgrind datasets quickstart plugins conformance"
parts=${PARTS:-$all_parts}
logs=$tree/build/test-logs
work=
user=
has_plugins=
programs=
pgxs=
passed=0 failed=0 skipped=0			# of all parts
part_passed=0 part_failed=0 part_skipped=0
part_note=							# what its line tells besides

# --------------------------------------------------------------------------------------------------------- counting

add_counts()
{
	part_passed=$((part_passed + $1))
	part_failed=$((part_failed + $2))
	part_skipped=$((part_skipped + $3))
}

# count_tap LOG STATUS: what a program that speaks TAP reported before it ended with this status.
count_tap()
{
	local counts

	counts=$(awk -v status="$2" '
		/^ok/ { if ($0 ~ /# *(SKIP|skip)/) skipped++; else passed++ }
		/^not ok/ { if ($0 ~ /# *TODO/) skipped++; else failed++ }
		/^1\.\.[0-9]+/ { planned += substr($1, 4); plans++; if ($1 == "1..0") skipped++ }
		END {
			ran = passed + failed + skipped
			if (planned > ran) failed += planned - ran
			if (!failed && (status != 0 || !plans)) failed++
			print passed + 0, failed + 0, skipped + 0
		}' "$1")
	# shellcheck disable=SC2086
	add_counts $counts
}

# count_regress LOG STATUS TESTS: what pg_regress reported of TESTS tests, as it does up to PostgreSQL 15 and later.
count_regress()
{
	local counts

	counts=$(awk -v status="$2" -v planned="$3" '
		/^not ok [0-9]/ || /\.\.\. FAILED/ { failed++; next }
		/^ok [0-9]/ || /\.\.\. ok/ { passed++ }
		END {
			if (planned > passed + failed) failed = planned - passed
			if (!failed && (status != 0 || !passed)) failed++
			print passed + 0, failed + 0, 0
		}' "$1")
	# shellcheck disable=SC2086
	add_counts $counts
}

# count_last_line LOG STATUS: the line `N passed, N failed` that a harness ended with.
count_last_line()
{
	local counts

	counts=$(awk -v status="$2" '
		{ last = $0 }
		END {
			if (match(last, /^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/)) {
				split(last, field, /[^0-9]+/)
				passed = field[1]; failed = field[2]; skipped = field[3]
			}
			if (!failed && (status != 0 || !passed)) failed = 1
			print passed + 0, failed + 0, skipped + 0
		}' "$1")
	# shellcheck disable=SC2086
	add_counts $counts
}

# Runs a command with its output in a log, and tells how it ended.
logged()
{
	local log=$1 status=0

	shift
	"$@" > "$log" 2>&1 < /dev/null || status=$?
	echo "$status"
}

# ---------------------------------------------------------------------------------------------------- where they run

clean_up()
{
	end_at_once
	[ -n "$work" ] || return 0
	cluster_stop "$work"
	rm -rf "$work"
	if [ -n "$has_plugins" ]; then
		local installer=as_root
		! may_install || installer=
		$installer make -s -C "$tree" uninstall-test-plugins PG_CONFIG="$PG_CONFIG"
	fi
}

# A copy of the tree and of the shared directory that the server's user can read, and a cluster beside it.
set_up()
{
	[ -z "$work" ] || return 0
	programs=$(server_programs)
	user=$(server_user)
	pgxs=$(dirname "$("$PG_CONFIG" --pgxs)")/../..
	work=$(mktemp -d /tmp/nfstream_fdw-test.XXXXXX)
	chmod 755 "$work"
	mkdir "$work/tree"
	tar -C "$tree" --exclude=./.git --exclude=./build -cf - . | tar -C "$work/tree" -xf -
	shared=$tree/../shared
	if [ -e "$shared/data" ] && ! as_server test -r "$shared/data/pcaps"; then
		cp -r "$shared" "$work/shared"
		shared=$work/shared
	fi
	chown -R "$user" "$work"
	# 20 workers for scans, two of 8 meters at the same time, beside the server's own.
	cluster_start "$work" max_worker_processes=24 nfstream_fdw.max_workers=20 fsync=off
}

# Plugins of third parties: built out of the tree, and put where the meter looks for them until the tests are over.
set_up_plugins()
{
	local installer=as_root

	[ -z "$has_plugins" ] || return 0
	! may_install || installer=
	has_plugins=1
	logged "$logs/test-plugins.log" $installer make -C "$tree" install-test-plugins PG_CONFIG="$PG_CONFIG" > /dev/null
}

# Runs a command in the copy, as the server's user, for the cluster.
in_copy()
{
	as_server env -C "$work/tree" PATH="$programs:$PATH" PGHOST="$work" PGPORT="$port" PGUSER="$user" HOME="$work" "$@"
}

# ------------------------------------------------------------------------------------------------------------- parts

part_build()
{
	count_tap "$logs/build.log" "$(logged "$logs/build.log" "$tree/scripts/check-build.sh" "$logs/make.log")"
}

# The folders of src/, the length of files and their layout, and whether the tests of them can fail.
part_tree()
{
	local test log

	for test in check test; do
		log=$logs/tree_$test.log
		count_tap "$log" "$(logged "$log" "$tree/scripts/$test-tree.py")"
		cat "$log" >> "$logs/tree.log"
	done
	log=$logs/tree_format.log
	count_tap "$log" "$(logged "$log" "$tree/scripts/format.sh" --check)"
	cat "$log" >> "$logs/tree.log"
}

# test_cut takes longer than all the others together: it runs as test_cut.1 to test_cut.4, each on its share of the captures.
unit_test()
{
	local name=$1 program=${1%.*}

	logged "$logs/$name.log" env -C "$tree" CMOCKA_MESSAGE_OUTPUT=TAP NFSTREAM_TEST_PCAPS="$tree/test/pcaps" \
		NFSTREAM_TEST_SHARE="${name##*.}/4" "$tree/build/test/unit/$program" > "$logs/$name.status"
}

part_unit()
{
	local program name status names=()

	status=$(logged "$logs/unit.log" make -C "$tree" -j "$(nproc)" unit-programs)
	if [ "$status" -ne 0 ] || grep -q 'warning:' "$logs/unit.log"; then
		add_counts 0 1 0
		return
	fi
	for program in "$tree"/build/test/unit/test_*; do
		name=$(basename "$program")
		if [ "$name" = test_cut ]; then
			names+=("$name".{1..4})
		elif [ -x "$program" ]; then
			names+=("$name")
		fi
	done
	at_once unit_test "${names[@]}"
	for name in "${names[@]}"; do
		count_tap "$logs/$name.log" "$(cat "$logs/$name.status")"
		cat "$logs/$name.log" >> "$logs/unit.log"
	done
}

part_fuzz()
{
	local status

	status=$(logged "$logs/fuzz.log" make -C "$tree" -j "$(nproc)" fuzz-programs)
	[ "$status" -ne 0 ] || status=$(logged "$logs/fuzz.log" "$tree/scripts/fuzz.sh" --tap "$fuzz_seconds")
	count_tap "$logs/fuzz.log" "$status"
}

# Random input through a program of the engine's, NAME_dump, and through the model of the shared directory.
part_differential()
{
	local model=$tree/../shared/tools/model.py test name log status captures arguments

	mapfile -t captures < <(find "$tree/test/pcaps" -name '*.pcap' ! -name 'damage_*' | sort)
	for test in "$tree"/test/unit/*_differential.py; do
		name=$(basename "$test" _differential.py)
		log=$logs/differential_$name.log
		if [ ! -e "$model" ]; then
			echo "skipped $name: $model is not here" >> "$logs/differential.log"
			add_counts 0 0 1
			continue
		fi
		status=$(logged "$log" make -C "$tree" -j "$(nproc)" "build/test/unit/${name}_dump")
		arguments=(--model "$model" "$tree/build/test/unit/${name}_dump")
		[ "$name" != decode ] || arguments+=("${captures[@]}")
		[ "$status" -ne 0 ] || status=$(logged "$log" python3 "$test" "${arguments[@]}")
		[ "$status" -eq 0 ] || echo "not ok $name" >> "$log"
		cat "$log" >> "$logs/differential.log"
		add_counts $((status == 0)) $((status != 0)) 0
	done

	# And what the formats' drafts say, with tcpdump and capinfos.
	log=$logs/differential_draft.log
	status=$(logged "$log" make -C "$tree" -j "$(nproc)" build/test/unit/capture_dump)
	[ "$status" -ne 0 ] || status=$(logged "$log" python3 "$tree/test/unit/draft_fields.py" "$tree/build/test/unit/capture_dump")
	[ "$status" -eq 0 ] || echo "not ok draft_fields" >> "$log"
	cat "$log" >> "$logs/differential.log"
	add_counts $((status == 0)) $((status != 0)) 0
}

# The captures are what their README says; each that differs is a failure.
part_pcaps()
{
	local status captures=0 differences=0

	status=$(logged "$logs/pcaps.log" "$tree/test/pcaps/check.py")
	read -r captures differences < <(sed -n 's/^\([0-9]*\) captures, \([0-9]*\) differences.*/\1 \2/p' \
		"$logs/pcaps.log") || true
	captures=${captures:-0}
	[ "${differences:-0}" -gt 0 ] || differences=$((status != 0 || captures == 0))
	add_counts $((captures > differences ? captures - differences : 0)) "$differences" 0
}

part_docs()
{
	local status

	set_up
	in_copy createdb docs
	status=$(logged "$logs/docs.log" make -C "$tree" build/doc-columns build/doc-options)
	[ "$status" -ne 0 ] || status=$(logged "$logs/docs.log" "$tree/scripts/check-docs.py" \
		--captures "$work/tree/test/pcaps" --psql "$programs/psql -h $work -p $port -U $user -d docs")
	count_tap "$logs/docs.log" "$status"

	# What the extension says stands in the table of messages.
	status=$(logged "$logs/messages.log" "$tree/scripts/check-messages.py")
	count_tap "$logs/messages.log" "$status"
	cat "$logs/messages.log" >> "$logs/docs.log"
}

part_regress()
{
	local status

	set_up
	status=$(logged "$logs/regress.log" in_copy make -s installcheck PG_CONFIG="$PG_CONFIG")
	count_regress "$logs/regress.log" "$status" "$(find "$tree/sql" -name '*.sql' | wc -l)"
	if [ -e "$work/tree/regression.diffs" ]; then
		cat "$work/tree/regression.diffs" >> "$logs/regress.log"
	fi
}

# Copies of the meter as one is that may capture: one that everyone may run; one that only the server's group may, as `make
# install-capture` has it but with more; one of another group.  Only root can make them; for anybody else the directory stays empty.
capable_meters()
{
	local mode

	mkdir -p "$work/meters"
	[ "$(id -u)" -eq 0 ] || return 0
	for mode in 755 750 other; do
		install -D -o root -g "$(id -gn "$user")" -m "${mode/other/750}" "$programs/nfstream_meter" "$work/meters/$mode/nfstream_meter"
		[ "$mode" != other ] || chgrp root "$work/meters/$mode/nfstream_meter"
		/sbin/setcap cap_net_raw,cap_net_admin=ep "$work/meters/$mode/nfstream_meter"
	done
}

tap_test()
{
	local name=$1

	in_copy mkdir -p "$work/tap/$name"
	logged "$logs/tap_$name.log" in_copy env TESTDIR="$work/tap/$name" \
		TESTDATADIR="$work/tap/$name/tmp_check" TESTLOGDIR="$work/tap/$name/tmp_check/log" PG_TEST_PORT_DIR="$work/tap" \
		PGPORT="6$port" PG_REGRESS="$pgxs/src/test/regress/pg_regress" NFSTREAM_TEST_PCAPS="$work/tree/test/pcaps" \
		NFSTREAM_TEST_METERS="$work/meters" NFSTREAM_SHARED="$shared" NFSTREAM_MESSAGES="${NFSTREAM_MESSAGES:-}" \
		prove -v -I "$pgxs/src/test/perl" -I test/t "test/t/$name.pl" > "$logs/tap_$name.status"
}

part_tap()
{
	local test name status names=()

	set_up
	capable_meters
	set_up_plugins
	for test in "$tree"/test/t/*.pl; do
		[ ! -e "$test" ] || names+=("$(basename "$test" .pl)")
	done
	at_once tap_test "${names[@]}"
	for name in "${names[@]}"; do
		status=$(cat "$logs/tap_$name.status")
		count_tap "$logs/tap_$name.log" "$status"
		if [ "$status" -ne 0 ]; then
			cp -r "$work/tap/$name/tmp_check/log" "$logs/tap_$name" 2> /dev/null || true
		fi
		cat "$logs/tap_$name.log" >> "$logs/tap.log"
	done
}

live_test()
{
	local name=$1

	logged "$logs/live_$name.log" env PATH="$programs:$PATH" PG_CONFIG="$PG_CONFIG" /usr/bin/python3 -B "$tree/test/live/test_$name.py" \
		--captures "$work/tree/test/pcaps" ${shared:+--shared "$shared"} > "$logs/live_$name.status"
}

# Whether this user makes network namespaces here.
can_make_networks()
{
	[ "$(id -u)" -eq 0 ] && unshare --net --mount true 2> /dev/null
}

# Interfaces of network namespaces that the tests make, which only root can.  Each test has a cluster of its own, and waits most of
# its time for a clock: so there are more of them than cores, but for the one that asks what a meter bears.
part_live()
{
	local test name log names=() at_a_time=$((2 * $(nproc)))

	if ! can_make_networks; then
		echo "skipped: only root makes network namespaces" > "$logs/live.log"
		add_counts 0 0 1
		return
	fi
	set_up
	[ -e "$shared/data" ] || shared=
	for test in "$tree"/test/live/test_*.py; do
		name=$(basename "$test" .py)
		[ "$name" = test_load ] || names+=("${name#test_}")
	done
	log=$logs/live_install_capture.log
	count_tap "$log" "$(logged "$log" "$tree/scripts/test-install-capture.sh")"
	cat "$log" >> "$logs/live.log"
	at_once live_test "${names[@]}"
	at_once live_test load
	for name in "${names[@]}" load; do
		count_tap "$logs/live_$name.log" "$(cat "$logs/live_$name.status")"
		cat "$logs/live_$name.log" >> "$logs/live.log"
	done
}

part_valgrind()
{
	count_tap "$logs/valgrind.log" "$(logged "$logs/valgrind.log" "$tree/scripts/valgrind.sh")"
}

# The tests run as who calls; the server writes its files into a directory that is its own.
part_datasets()
{
	local test name log status

	set_up
	as_server mkdir -p "$work/exports"
	mkdir -p "$tree/build/conformance"
	for test in "$tree"/test/datasets/test_*.py; do
		name=$(basename "$test" .py)
		log=$logs/datasets_${name#test_}.log
		status=$(logged "$log" env PATH="$programs:$PATH" /usr/bin/python3 "$work/tree/test/datasets/$name.py" \
			--dsn "host=$work port=$port user=$user" --captures "$work/tree/test/pcaps" --exports "$work/exports" \
			--build "$tree/build/conformance" ${PEER:+--peer})
		count_tap "$log" "$status"
		cat "$log" >> "$logs/datasets.log"
	done
}

part_quickstart()
{
	local log=$logs/quickstart_live.log

	count_tap "$logs/quickstart.log" "$(logged "$logs/quickstart.log" "$tree/scripts/test-quickstart.sh")"
	if ! can_make_networks; then
		add_counts 0 0 1
		return
	fi
	count_tap "$log" "$(logged "$log" "$tree/scripts/test-quickstart-live.sh")"
	cat "$log" >> "$logs/quickstart.log"
}

# All attributes at each hook of a plugin in Python, beside NFStream's, where there is a meter with Python.
plugin_attributes()
{
	local log=$logs/plugin_attributes.log

	[ -e "$tree/build/nfstream_meter_python" ] || { add_counts 0 0 1; return; }
	count_tap "$log" "$(logged "$log" python3 "$tree/test/plugins/attributes.py" --program "$tree/build/nfstream_meter_python")"
}

# The classes of the specification in all their forms, beside NFStream; with Debian's Python, which has scikit-learn.
part_plugins()
{
	plugin_attributes
	set_up
	set_up_plugins
	in_copy createdb plugins
	mkdir -p "$tree/build/conformance"
	count_last_line "$logs/plugins.log" "$(logged "$logs/plugins.log" env PATH="$programs:$PATH" \
		/usr/bin/python3 "$work/tree/test/plugins/run.py" --dsn "host=$work port=$port user=$user dbname=plugins" \
		--meter "$tree/build/nfstream_meter" --shared "$shared" --build "$tree/build/conformance" ${PEER:+--peer})"
}

part_conformance()
{
	local arguments capture pcaps=()

	set_up
	in_copy createdb conformance
	for capture in ${PCAPS:-}; do
		capture=$(realpath "$capture")
		if ! as_server test -r "$capture"; then
			cp "$capture" "$work"
			capture=$work/$(basename "$capture")
			chown "$user" "$capture"
		fi
		pcaps+=("$capture")
	done
	arguments=(--dsn "host=$work port=$port user=$user dbname=conformance" --meter "$tree/build/nfstream_meter"
		--shared "$shared" --build "$tree/build/conformance" ${NDPI:+--ndpi "$(realpath "$NDPI")"}
		${PEER:+--peer} ${GOLDENS:+--goldens} ${PROFILES:+--profiles "$PROFILES"} ${ONLY:+--only "$ONLY"}
		${SEED:+--seed "$SEED"} ${pcaps[@]:+--pcaps "${pcaps[@]}"})
	count_last_line "$logs/conformance.log" "$(logged "$logs/conformance.log" env PATH="$programs:$PATH" \
		python3 "$work/tree/test/conformance/run.py" "${arguments[@]}")"
	part_note=$(grep -o -m 1 'SEED=[0-9]*' "$logs/conformance.log" || true)
}

# Runs a part, prints its line and adds its counts to the total.
run_part()
{
	local part=$1 verdict=ok start=$SECONDS

	part_passed=0 part_failed=0 part_skipped=0 part_note=
	printf '  %-12s ' "$part"
	: > "$logs/$part.log"
	"part_$part"
	[ $((part_passed + part_failed + part_skipped)) -gt 0 ] || part_failed=1
	[ "$part_skipped" -eq 0 ] || verdict="ok, $part_skipped skipped"
	[ "$part_failed" -eq 0 ] || verdict="FAILED: $part_failed"
	printf '%5d tests in %3d s   %s\n' $((part_passed + part_failed)) $((SECONDS - start)) \
		"$verdict${part_note:+   with $part_note}"
	if [ "$part_failed" -gt 0 ]; then
		if ! grep -E -m 20 '^ *not ok|\.\.\. FAILED|^ *FAILED|error:' "$logs/$part.log"; then
			tail -n 5 "$logs/$part.log"
		fi | sed 's/^/      /'
		echo "      all of it: $logs/$part.log"
	fi
	echo "$part $part_passed $part_failed $part_skipped $((SECONDS - start))" >> "$logs/counts"
	passed=$((passed + part_passed)) failed=$((failed + part_failed)) skipped=$((skipped + part_skipped))
}

total()
{
	clean_up
	trap - EXIT
	printf '%d passed, %d failed' "$passed" "$failed"
	[ "$skipped" -eq 0 ] || printf ', %d skipped' "$skipped"
	printf '\n'
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
	exit
}

for part in $parts; do
	[[ " $all_parts " == *" $part "* ]] || die "There is no part $part. Parts: $all_parts"
done
trap clean_up EXIT
trap 'exit 130' INT TERM
rm -rf "$logs"
mkdir -p "$logs"
# shellcheck disable=SC2086
"$tree/scripts/install-deps.sh" --test $parts
echo "Building and installing for $("$PG_CONFIG" --version) ..."
if ! build_and_install > "$logs/make.log" 2>&1; then
	tail -n 30 "$logs/make.log"
	failed=1
	total
fi
for part in $parts; do
	run_part "$part"
done
total

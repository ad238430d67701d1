# shellcheck shell=bash
#
# tap.sh - tests in TAP, for scripts.  Sourced; what is tested ends with tap_end.
#

number=0
broken=0

# check WORDS COMMAND...: a test that passes if the command succeeds; what it says is shown if it fails.
# Functions see the variables of their callers, and those that are tested have a `said` of their own.
check()
{
	local words=$1 check_said

	shift
	number=$((number + 1))
	if check_said=$("$@" 2>&1); then
		echo "ok $number - $words"
	else
		echo "not ok $number - $words"
		sed 's/^/# /' <<< "$check_said"
		broken=1
	fi
}

# skip WORDS WHY: a test that cannot be run here.
skip()
{
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

# The plan; ends the script, with status 1 if a test has failed.
tap_end()
{
	echo "1..$number"
	exit "$broken"
}

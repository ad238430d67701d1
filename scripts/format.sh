#!/bin/bash
#
# format.sh - lays out all C files as .clang-format has it.
#
#	format.sh				writes them
#	format.sh --check		tests, in TAP, that there is nothing to write, and that this test can fail
#
# Each version of clang-format has an opinion of its own: so it is this one, wherever it runs, from PyPI into build/clang-format.
#
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/tap.sh"

version=20.1.8
home=$tree/build/clang-format
program=$home/bin/clang-format

have_program()
{
	[ "$("$program" --version 2> /dev/null)" = "clang-format version $version" ]
}

install_program()
{
	python3 -m venv "$home" && "$home/bin/pip" install -q --disable-pip-version-check "clang-format==$version"
}

# c_files DIRECTORY: all of a tree but what was built.
c_files()
{
	find "$1" -path "$1/build" -prune -o -path "$1/.git" -prune -o -name '*.[ch]' -print0
}

# is_formatted DIRECTORY: says where each file is first that would be written otherwise.
is_formatted()
{
	c_files "$1" | xargs -0 "$program" --dry-run -Werror --ferror-limit=1 > "$said" 2>&1 && return
	grep ': error: ' "$said" || cat "$said"
	echo "make format lays them out."
	return 1
}

# Whether a file is told apart that has a blank too many.
sees_a_blank()
{
	local directory status

	directory=$(mktemp -d "$tree/build/format.XXXXXX")
	cp "$tree/.clang-format" "$directory"
	printf 'int one;\n' > "$directory/one.c"
	is_formatted "$directory" && printf 'int  one;\n' > "$directory/one.c" && ! is_formatted "$directory"
	status=$?
	rm -r "$directory"
	return "$status"
}

mkdir -p "$tree/build"
if ! have_program && ! why=$(install_program 2>&1); then
	[ "${1-}" = --check ] || die "$why" "clang-format $version could not be installed from PyPI."
	echo "ok 1 - C files are laid out as .clang-format has it # SKIP clang-format $version could not be installed from PyPI"
	echo "1..1"
	exit
fi
if [ "${1-}" != --check ]; then
	c_files "$tree" | xargs -0 "$program" -i
	exit
fi
said=$tree/build/format.log
check "C files are laid out as .clang-format has it" is_formatted "$tree"
check "a file that is not is seen" sees_a_blank
tap_end

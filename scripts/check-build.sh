#!/bin/bash
#
# check-build.sh - tests, in TAP, that what was built keeps its walls.
#
#	check-build.sh LOG		LOG is what make said
#
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/tap.sh"

no_line()
{
	! grep -nE "$@"
}

# no_library FILE NAME...: the file needs none of these libraries, itself or by another.
no_library()
{
	local file=$1 libraries

	shift
	libraries=$(ldd "$file")
	! grep -E "$(printf '%s|' "$@")^$" <<< "$libraries"
}

has_dynamic()
{
	readelf -dW "$1" | grep "$2" > /dev/null
}

is_position_independent()
{
	readelf -hW "$1" | grep 'Type: *DYN' > /dev/null
}

# no_header_of DIRECTORY PATTERN...: what was compiled into build/DIRECTORY includes no header whose path matches.
no_header_of()
{
	local files

	files=$(find "$tree/build/$1" -name '*.d')
	[ -n "$files" ] || return 1
	# shellcheck disable=SC2086
	! grep -nE "$2" $files
}

# Without pg_config and libraries, make says what is missing instead of a compiler's errors.
says_what_is_missing()
{
	local said word

	if said=$(env -u MAKEFLAGS PKG_CONFIG_LIBDIR=/nonexistent make -C "$tree" PG_CONFIG=/nonexistent 2>&1); then
		return 1
	fi
	echo "$said"
	for word in libpcap PostgreSQL 'make deps'; do
		grep -q "$word" <<< "$said" || return 1
	done
	! grep -q 'No such file' <<< "$said"
}

meter=$tree/build/nfstream_meter
meter_python=$tree/build/nfstream_meter_python
sockets=$tree/build/nfstream_sockets
extension=$tree/nfstream_fdw.so
headers=$("$PG_CONFIG" --includedir-server)
check "compiles without a warning" no_line 'warning:' "$1"
check "the extension loads neither libpcap nor libndpi" no_library "$extension" libpcap libndpi
check "the extension includes no header of theirs" no_header_of server '(^| )/[^ ]*/(pcap|ndpi)[^ ]*\.h'
check "the extension includes no header of engine, meter and sockets" no_header_of server 'src/(engine|meter|sockets)/'
check "the meter includes no header of the server" no_header_of meter "$headers|src/pg/"
check "the meter has no Python in it" no_library "$meter" libpython
check "the meter is position independent" is_position_independent "$meter"
check "the meter's relocations are read-only before it starts" has_dynamic "$meter" 'BIND_NOW\|FLAGS.* NOW'
check "the installed meter is the one that was built" cmp "$meter" "$("$PG_CONFIG" --bindir)/nfstream_meter"
check "the installed extension is the one that was built" cmp "$extension" "$("$PG_CONFIG" --pkglibdir)/nfstream_fdw.so"
check "the program for sockets loads neither libpcap nor libndpi" no_library "$sockets" libpcap libndpi
check "the program for sockets is position independent" is_position_independent "$sockets"
check "the program for sockets' relocations are read-only before it starts" has_dynamic "$sockets" 'BIND_NOW\|FLAGS.* NOW'
check "the installed program for sockets is the one that was built" cmp "$sockets" "$("$PG_CONFIG" --bindir)/nfstream_sockets"
if [ -e "$meter_python" ]; then
	check "the installed meter with Python is the one that was built" cmp "$meter_python" "$("$PG_CONFIG" --bindir)/nfstream_meter_python"
	check "the meter with Python is position independent" is_position_independent "$meter_python"
	check "the meter with Python's relocations are read-only before it starts" has_dynamic "$meter_python" 'BIND_NOW\|FLAGS.* NOW'
else
	skip "a meter with Python" "there is no python3-embed to build it with"
fi
check "make says what is missing" says_what_is_missing
tap_end

#!/bin/bash
#
# install-deps.sh - installs with apt what is missing to build, run and test nfstream_fdw.
#
#	install-deps.sh				what building and running it needs
#	install-deps.sh --test [PART...]	what its tests need too; of scripts/run-tests.sh these parts alone
#	install-deps.sh --live		what a live quickstart needs too
#	install-deps.sh --matrix	what making the Debians needs that test-matrix.sh runs the tests in
#	install-deps.sh --check		installs nothing: fails, and says what is missing to build it
#
# Looks for things, not for packages: where all is there, whoever brought it, nothing is done.  Neither makes a cluster
# nor starts a service.
#
set -euo pipefail
. "$(dirname "$0")/common.sh"

mode=${1-}
parts=${*:2}			# of the tests; none: all
missing=()				# in words
packages=()				# of Debian
made=()					# files that keep Debian's packages quiet, to be removed again

# need WORDS PACKAGES COMMAND...: the packages are needed where the command fails.
need()
{
	local words=$1 needed=$2

	shift 2
	if ! "$@" > /dev/null 2>&1; then
		missing+=("$words")
		# shellcheck disable=SC2206
		packages+=($needed)
	fi
}

# need_for PARTS WORDS PACKAGES COMMAND...: the same, for these parts of the tests.
need_for()
{
	local part

	for part in $1; do
		if [ -z "$parts" ] || [[ " $parts " == *" $part "* ]]; then
			shift
			need "$@"
			return
		fi
	done
}

have_server_headers()
{
	[ -e "$("$PG_CONFIG" --pgxs)" ] && [ -e "$("$PG_CONFIG" --includedir-server)/postgres.h" ]
}

have_server()
{
	local programs

	programs=$("$PG_CONFIG" --bindir) &&
		[ -x "$programs/postgres" ] && [ -x "$programs/initdb" ] && [ -x "$programs/psql" ]
}

# A server of one's own has PL/Python or not: its tests say so.
have_plpython()
{
	local libraries

	libraries=$("$PG_CONFIG" --pkglibdir) &&
		{ [ -e "$libraries/plpython3.so" ] || [[ $libraries != /usr/lib/postgresql/* ]]; }
}

have_fuzzer()
{
	local program=$tree/build/have_fuzzer status=0

	mkdir -p "$tree/build"
	echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
		clang -x c - -fsanitize=fuzzer,address,undefined -o "$program" || status=$?
	rm -f "$program"
	return "$status"
}

# What Debian calls the server: VERSION stands for the major version, found when the lists of packages are there.
look_for_all()
{
	local captures peers compiler=gcc

	[[ ${CC:-} != clang* ]] || compiler=clang
	missing=()
	packages=()
	if [ "$mode" = --matrix ]; then
		need "debootstrap" debootstrap test -x /usr/sbin/debootstrap
		need "the keys of Debian's archive" debian-archive-keyring test -e /usr/share/keyrings/debian-archive-keyring.gpg
		return
	fi
	need "a C compiler" "$compiler libc6-dev" command -v "${CC:-cc}"
	need "make" make command -v make
	need "pkg-config" pkg-config command -v pkg-config
	need "libpcap" libpcap-dev pkg-config --exists libpcap
	need "libmnl" libmnl-dev pkg-config --exists libmnl
	need "libseccomp" libseccomp-dev pkg-config --exists libseccomp
	need "libcap" libcap-dev pkg-config --exists libcap
	need "libsodium" libsodium-dev pkg-config --exists libsodium
	need "nettle" nettle-dev pkg-config --exists nettle
	need "zlib" zlib1g-dev pkg-config --exists zlib
	need "libzstd" libzstd-dev pkg-config --exists libzstd
	if [ -z "${NDPI:-}" ]; then
		need "libndpi 4.2 or later" libndpi-dev pkg-config --atleast-version=4.2 libndpi
	elif [ ! -e "$NDPI/include/ndpi/ndpi_api.h" ]; then
		die "There is no $NDPI/include/ndpi/ndpi_api.h: NDPI=$NDPI does not name the prefix of an nDPI."
	fi
	need "the headers of a PostgreSQL server (pg_config)" postgresql-server-dev-VERSION have_server_headers
	[ "$mode" != --check ] || return 0
	need "Python's library, for plugins in Python" python3-dev pkg-config --exists "${PYTHON_PACKAGE:-python3-embed}"
	need "a PostgreSQL server" "postgresql-VERSION" have_server
	if [ "$mode" = --live ]; then
		need "ip" iproute2 command -v ip
		need "setcap" libcap2-bin test -x /sbin/setcap
		need "Python 3" python3 command -v python3
	fi
	[ "$mode" = --test ] || return 0
	captures="unit differential pcaps conformance"
	peers="datasets plugins conformance"
	need_for "unit differential" "cmocka" libcmocka-dev pkg-config --exists cmocka
	need_for tap "prove" perl command -v prove
	need_for tap "Perl's IPC::Run" libipc-run-perl perl -MIPC::Run -e 1
	need "Python 3" python3 command -v python3
	need_for "tree $peers" "Python's venv" python3-venv python3 -c 'import ensurepip, venv'
	need_for "$peers" "Debian's Python's venv" python3-venv /usr/bin/python3 -c 'import ensurepip, venv'
	need_for "datasets plugins" "PL/Python" postgresql-plpython3-VERSION have_plpython
	need_for "datasets plugins" "scikit-learn" python3-sklearn /usr/bin/python3 -c 'import sklearn'
	need_for "datasets plugins" "pandas" python3-pandas /usr/bin/python3 -c 'import pandas'
	need_for "live $peers" "psycopg2" python3-psycopg2 /usr/bin/python3 -c 'import psycopg2'
	need_for tap "PyYAML" python3-yaml /usr/bin/python3 -c 'import yaml'
	need_for "live $captures" "scapy" python3-scapy /usr/bin/python3 -c 'import scapy.packet'
	need_for "tap live quickstart" "setcap" libcap2-bin test -x /sbin/setcap
	need_for "unit live quickstart" "ip and ss" iproute2 command -v ss
	need_for live "ps and sysctl" procps command -v sysctl
	need_for live "ethtool" ethtool test -x /usr/sbin/ethtool
	need_for live "tcpreplay" tcpreplay command -v tcpreplay
	need_for live "ping" iputils-ping command -v ping
	need_for live "curl" curl command -v curl
	need_for live "openssl" openssl command -v openssl
	need_for live "dig" bind9-dnsutils command -v dig
	need_for live "OpenSSH" "openssh-client openssh-server" test -x /usr/sbin/sshd
	need_for live "ngtcp2's programs" "ngtcp2-client ngtcp2-server" test -x /usr/sbin/gtlsserver
	need_for "tap $captures" "tcpdump" tcpdump command -v tcpdump
	need_for "tap $captures" "capinfos" wireshark-common command -v capinfos
	need_for tap "tshark" tshark command -v tshark
	need_for "tap $peers" "zstd" zstd command -v zstd
	need_for conformance "ndpiReader" libndpi-bin command -v ndpiReader
	need_for fuzz "clang" clang command -v clang
	need_for fuzz "libFuzzer" libclang-rt-dev have_fuzzer
	need_for "unit fuzz" "llvm-symbolizer" llvm command -v llvm-symbolizer
	need_for valgrind "valgrind" "valgrind libc6-dbg" valgrind -q true
}

# The major version of PostgreSQL to install for: the one that PG_CONFIG or a server on this machine has, else Debian's.
server_version()
{
	local found

	if [[ $PG_CONFIG =~ ^/usr/lib/postgresql/([0-9]+)/ ]]; then
		echo "${BASH_REMATCH[1]}"
	elif [ "$PG_CONFIG" != pg_config ]; then
		die "$PG_CONFIG names no PostgreSQL of Debian's: its server and headers are yours to install."
	elif have_server_headers 2> /dev/null; then
		"$PG_CONFIG" --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/'
	elif found=$(ls -d /usr/lib/postgresql/*/bin/postgres 2> /dev/null); then
		sort -V <<< "$found" | sed -n '$s,/usr/lib/postgresql/\([0-9]*\)/.*,\1,p'
	else
		apt-cache depends postgresql | sed -n 's/.*Depends: postgresql-\([0-9][0-9]*\)$/\1/p'
	fi
}

# Keeps Debian's packages from making a cluster and from starting services while a command runs.
without_services()
{
	local status=0 policy=/usr/sbin/policy-rc.d clusters=/etc/postgresql-common/createcluster.d

	if [ ! -e "$policy" ]; then
		as_root sh -c "printf '#!/bin/sh\nexit 101\n' > $policy && chmod 755 $policy"
		made+=("$policy")
	fi
	as_root mkdir -p "$clusters"
	as_root sh -c "echo 'create_main_cluster = off' > $clusters/nfstream_fdw.conf"
	made+=("$clusters/nfstream_fdw.conf")
	trap 'exit 130' INT TERM
	trap 'as_root rm -f "${made[@]}"' EXIT
	"$@" || status=$?
	as_root rm -f "${made[@]}"
	as_root rmdir --ignore-fail-on-non-empty "$clusters"
	trap - EXIT INT TERM
	return "$status"
}

install_packages()
{
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

look_for_all
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$mode" = --check ]; then
	{
		echo "Missing to build nfstream_fdw:"
		printf '	%s\n' "${missing[@]}"
		echo "\`make deps\` installs it with apt. What is in a place of its own: PG_CONFIG=/path/pg_config NDPI=/prefix"
	} >&2
	exit 1
fi

command -v apt-get > /dev/null || die "Missing:" "${missing[@]/#/	}" "There is no apt-get here to install it with."
need_root "Installing what is missing ($(printf '%s, ' "${missing[@]}" | sed 's/, $//'))" "make deps"
log=$tree/build/deps.log
mkdir -p "$tree/build"
echo "Looking up packages ..."
as_root apt-get update -q > "$log" 2>&1 || die "apt-get update failed:" "$(tail -n 5 "$log")"
if [[ ${packages[*]} == *VERSION* ]]; then
	version=$(server_version)
	[ -n "$version" ] || die "apt knows no PostgreSQL."
	packages=("${packages[@]//VERSION/$version}")
fi
echo "Installing ${packages[*]} ..."
without_services install_packages "${packages[@]}" >> "$log" 2>&1 ||
	die "$(tail -n 15 "$log")" "Installing failed: $log has all of what apt said."
look_for_all
[ ${#missing[@]} -eq 0 ] || die "Still missing after installing ${packages[*]}:" "${missing[@]/#/	}"

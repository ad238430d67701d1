#!/bin/bash
#
# build-assertions.sh - builds a PostgreSQL whose assertions are checked, from Debian's sources; for test-matrix.sh.
#
#	build-assertions.sh VERSION DIRECTORY		the major version; installed into the directory when all has gone well
#
set -euo pipefail

version=$1
directory=$2
work=$(mktemp -d /var/tmp/postgresql.XXXXXX)
trap 'rm -rf "$work"' EXIT
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends dpkg-dev bison flex perl libipc-run-perl make gcc libc6-dev zlib1g-dev
cd "$work"
apt-get source -q -o APT::Sandbox::User=root "postgresql-$version"
cd "postgresql-$version"-*/
options=(--enable-cassert --enable-debug --enable-tap-tests --without-readline)
! ./configure --help | grep -q -- --without-icu || options+=(--without-icu)
./configure -q --prefix="$directory" "${options[@]}" CFLAGS=-O1
make -s -j "$(nproc)"
make -s install DESTDIR="$work/installed"
mkdir -p "$(dirname "$directory")"
mv "$work/installed$directory" "$directory"

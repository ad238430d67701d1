#!/bin/bash
#
# chroot.sh - makes a small Debian in a directory, and runs commands in it.
#
#	chroot.sh make DIRECTORY SUITE				with debootstrap; MIRROR=URL
#	chroot.sh run DIRECTORY COMMAND...			what the command writes stays there
#	chroot.sh try DIRECTORY CHANGES COMMAND...	what it writes goes to CHANGES/files, and DIRECTORY stays as it is;
#												CHANGES/shared, if it is a link, is read-only in /nfstream_fdw/shared
#
# Each works in name spaces of its own for mounts and processes, which the kernel takes down when the first process in them
# has ended, and that ends with this script, whatever ends it.  So nobody else sees what is mounted in there, nothing stays
# mounted or running, and a directory that nobody works in has only files in it.
#
set -euo pipefail

die()
{
	printf '%s\n' "$@" >&2
	exit 1
}

# Becomes this script once more, with other arguments, in name spaces of its own.  PID 1 in there is a shell: it takes care
# of the processes whose parents have ended.
enter()
{
	# Who started this may have ended before the kernel was asked to tell.
	# shellcheck disable=SC2016
	exec setpriv --pdeathsig KILL bash -c '[ "$PPID" -eq "$1" ] && exec "${@:2}"' from "$PPID" \
		unshare --mount --propagation private --pid --mount-proc --ipc --fork --kill-child \
		bash -c '"$@"; exit $?' first-process "$(realpath "${BASH_SOURCE[0]}")" "$@"
}

# Runs a command in a directory's Debian, with nothing of the environment but what it needs, and no signal ignored.
in_debian()
{
	local directory=$1 status=0

	shift
	mount -t proc proc "$directory/proc"
	mount -t devpts -o newinstance,ptmxmode=666 devpts "$directory/dev/pts"
	mount -t tmpfs -o mode=1777 tmpfs "$directory/dev/shm"
	cp -L /etc/resolv.conf "$directory/etc/resolv.conf" 2> /dev/null || true
	env -i --default-signal PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
		http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" no_proxy="${no_proxy:-}" \
		chroot "$directory" "$@" < /dev/null || status=$?
	return "$status"
}

# In the name spaces.
make_inside()
{
	local directory=$1 suite=$2 mirror=${MIRROR:-}

	# Where this machine's own packages come from, if it has their lists; else debootstrap knows one.
	[ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian //p')
	mirror=${mirror%%$'\n'*}
	/usr/sbin/debootstrap --variant=minbase "$suite" "$directory" ${mirror:+"$mirror"}
	# It is made to be thrown away: a power failure may damage it, and nobody reads its manuals.
	printf '%s\n' force-unsafe-io 'path-exclude=/usr/share/doc/*' 'path-exclude=/usr/share/man/*' \
		'path-exclude=/usr/share/locale/*' > "$directory/etc/dpkg/dpkg.cfg.d/quick"
	# A mirror may be a snapshot of a day that is long past.
	echo 'Acquire::Check-Valid-Until "false";' > "$directory/etc/apt/apt.conf.d/snapshot"
	sed -i '/^deb /{p;s//deb-src /}' "$directory/etc/apt/sources.list"
}

run_inside()
{
	in_debian "$@"
}

try_inside()
{
	local directory=$1 changes=$2

	shift 2
	mkdir -p "$changes/files" "$changes/work" "$changes/root"
	mount -t overlay -o "lowerdir=$directory,upperdir=$changes/files,workdir=$changes/work" overlay "$changes/root" ||
		die "$changes must be on a file system that an overlay can write to, and the path be without commas and colons."
	if [ -L "$changes/shared" ]; then
		mkdir -p "$changes/root/nfstream_fdw/shared"
		mount --bind "$(realpath "$changes/shared")" "$changes/root/nfstream_fdw/shared"
		mount -o remount,bind,ro "$changes/root/nfstream_fdw/shared"
	fi
	in_debian "$changes/root" "$@"
}

[ "$(id -u)" -eq 0 ] || die "Only root can change the root directory."
case ${1-} in
	make | run | try)
		enter "inside-$1" "${@:2}"
		;;
	inside-make | inside-run | inside-try)
		"${1#inside-}_inside" "${@:2}"
		;;
	*)
		sed -n '5,8s/^#\t/usage: /p' "$0" >&2
		exit 1
		;;
esac

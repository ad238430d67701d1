#!/bin/bash
#
# record.sh - records captures of real programs that talk to each other in network namespaces.
#
#	record.sh [-d DIRECTORY] [NAME...]
#
# Writes NAME.pcap (or .pcapng), by default all of them, into DIRECTORY, by default the one that this script lies in.
# Needs root and Debian 12; installs what is missing with apt.  No packet leaves the namespaces.  Times, ports and
# random numbers differ from run to run, so the numbers in README.md are to be updated (check.py --update) after it.
#
#	client 10.1.0.2 ---- 10.1.0.1 router 198.51.100.1 ---- 198.51.100.10 server
#	2001:db8:1::2        2001:db8:1::1   2001:db8:2::1     2001:db8:2::10
#
# What is recorded is seen by the router, on its side of the client.  VLAN, MPLS, GTP-U, GRE and VXLAN come from two
# Open vSwitch, seen on the line between them:
#
#	left1 ---- switch1 ==== switch2 ---- right1
#	left2 ----                      ---- right2
#
set -euo pipefail

captures=(http tls dns dhcp mdns ssh quic icmp ipv6 ftp_smtp_tftp nanoseconds cooked_v1 cooked_v2 ipip ip6ip6 seg6
	vlan qinq qinq_8021ad mpls gre vxlan gtpu gtpu_ipv6 busy)
packages=(avahi-daemon avahi-utils bind9-dnsutils busybox curl dbus-daemon dnsmasq-base ethtool iproute2 iputils-ping
	nftables nginx ngtcp2-client ngtcp2-server openssh-client openssh-server openssl openvswitch-switch python3
	python3-aiosmtpd python3-pyftpdlib tcpdump traceroute udhcpc wireshark-common)
services=(avahi-daemon nftables nginx openvswitch-switch ssh)	# what the packages would start at the next boot
names=(www.facebook.com www.google.com www.youtube.com github.com intranet.example)

PATH=/usr/sbin:/usr/bin:/sbin:/bin
here=$(cd "$(dirname "$0")" && pwd)
for part in network server clients switches; do
	. "$here/recorded/$part.sh"
done

directory=$here
prefix=record-$$
work=
policy=
started=()
running=

usage()
{
	echo "usage: $0 [-d DIRECTORY] [NAME...]   NAMEs: ${captures[*]}" >&2
	exit 2
}

clean_up()
{
	[ -z "$running" ] || kill "$running" 2> /dev/null || true
	end_started
	remove_namespaces											# and so what $running waits for
	[ -z "$running" ] || wait "$running" 2> /dev/null || true
	remove_namespaces											# and what it has added since
	[ -z "$policy" ] || rm -f "$policy"
	[ -z "$work" ] || rm -rf "$work"
}

# Installs the missing packages, without starting their services now or at the next boot.
install_packages()
{
	local package missing=() new=()

	for package in "${packages[@]}"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null)" = installed ] || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0

	for package in "${services[@]}"; do
		[ -e "/lib/systemd/system/$package.service" ] || new+=("$package.service")
	done
	if [ ! -e /usr/sbin/policy-rc.d ]; then
		policy=/usr/sbin/policy-rc.d
		printf '#!/bin/sh\nexit 101\n' > "$policy"
		chmod 755 "$policy"
	fi
	apt-get -o DPkg::Lock::Timeout=300 -qq update
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq install -y --no-install-recommends \
		"${missing[@]}" > "$work/apt.log" 2>&1 || { tail -20 "$work/apt.log" >&2; return 1; }
	if [ ${#new[@]} -gt 0 ]; then
		systemctl --quiet disable "${new[@]}" > /dev/null 2>&1 || true
	fi
}

main()
{
	local name option failed=()

	while getopts d: option; do
		case $option in
			d) directory=$(cd "$OPTARG" && pwd) ;;
			*) usage ;;
		esac
	done
	shift $((OPTIND - 1))
	for name in "$@"; do
		[[ " ${captures[*]} " == *" $name "* ]] || usage
	done
	[ $# -eq 0 ] || captures=("$@")
	[ "$(id -u)" -eq 0 ] || { echo "$0: needs root, for network namespaces" >&2; exit 1; }

	trap clean_up EXIT
	trap 'exit 1' HUP INT TERM
	umask 022
	work=$(mktemp -d /tmp/record.XXXXXX)
	install_packages
	add_routed_network
	start_servers

	# Each in a shell of its own: what one starts ends with it, and one that fails does not keep the others.
	for name in "${captures[@]}"; do
		(
			started=()
			set -E
			trap 'echo "$name: failed in ${FUNCNAME[*]} (lines ${BASH_LINENO[*]})" >&2' ERR
			trap end_started EXIT
			"record_$name"
		) &
		running=$!
		if wait "$running"; then
			echo "$name"
		else
			failed+=("$name")
		fi
		running=
		remove_namespaces client router server
		rm -rf "$work/switch1" "$work/switch2"
	done
	[ ${#failed[@]} -eq 0 ]
}

main "$@"

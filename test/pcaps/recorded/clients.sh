# clients.sh - captures of a client that talks to a server through a router; part of record.sh.
#
# One function for each capture, record_NAME, run in a shell of its own.

record_http()
{
	local url=http://www.example.org

	start_capture router lan http.pcap
	web client $url/ $url/answer.json -o /dev/null $url/picture.png -o /dev/null
	web client -A 'Mozilla/5.0 (X11; Linux x86_64; rv:102.0) Gecko/20100101 Firefox/102.0' $url/missing
	web client -d 'name=value&other=1' $url/form
	web client -L $url/old
	web client -I $url/
	web client -u user:secret -H 'Content-Type: application/json' -d '{"a": 1}' http://198.51.100.10/form
	web client -T "$work/www/picture.png" $url/upload.png
	stop_capture
}

record_tls()
{
	local name

	start_capture router lan tls.pcap
	for name in "${names[@]}"; do
		web client --tlsv1.2 --tls-max 1.2 "https://$name/"
		web client --tlsv1.3 "https://$name/"
	done
	web client --no-alpn --http1.1 "https://198.51.100.10/"
	stop_capture
}

record_dns()
{
	local server=@198.51.100.10

	start_capture router lan dns.pcap
	ask client $server www.example.org A
	ask client $server www.example.org AAAA
	ask client $server example.org MX
	ask client $server example.org TXT
	ask client $server missing.example.org A
	ask client $server -x 198.51.100.10
	ask client $server +tcp www.example.org A
	ask client $server +tcp example.org MX
	ask client $server +bufsize=512 long.example.org TXT	# does not fit: asked again over TCP
	ask client $server +noedns www.facebook.com A
	stop_capture
}

record_dhcp()
{
	cat > "$work/udhcpc.sh" <<-END
		#!/bin/sh
		[ "\$1" != bound ] || ip addr add "\$ip/\$mask" dev "\$interface"
	END
	chmod 755 "$work/udhcpc.sh"
	add_namespace guest
	add_namespace dhcp
	add_line guest eth0 02:00:00:00:03:02 dhcp eth0 02:00:00:00:03:01
	add_address dhcp eth0 10.3.0.1/24

	start_capture dhcp eth0 dhcp.pcap
	start dhcp dhcp.log dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --user=root --pid-file= \
		--log-facility=- --dhcp-leasefile="$work/leases" --dhcp-authoritative --no-ping \
		--dhcp-range=10.3.0.100,10.3.0.120,10m --dhcp-option=option:ntp-server,10.3.0.1 --domain=lab.example
	wait_until grep -q 'DHCP, IP range' "$work/dhcp.log"
	start guest udhcpc.log busybox udhcpc -f -R -i eth0 -s "$work/udhcpc.sh" -x hostname:guest -V test-client
	wait_until grep -q 'lease of' "$work/udhcpc.log"
	inside guest ping -q -c 1 -W 1 10.3.0.1 > /dev/null
	kill -TERM "${started[-1]}"					# -R: gives its address back
	wait "${started[-1]}" || true
	stop_capture
}

# One machine of mdns.pcap, in mount and process namespaces of its own because avahi's paths can't be chosen.
write_mdns_sh()
{
	cat <<-END
		#!/bin/bash
		# mdns.sh NAME: a machine that offers a web page and looks for others.
		set -eu
		mount -t tmpfs none /run
		mkdir -p /run/dbus /run/avahi-daemon
		dbus-daemon --config-file=$work/bus.conf --nofork &
		until [ -e /run/dbus/system_bus_socket ]; do sleep 0.1; done
		printf '[server]\nhost-name=%s\nuse-ipv6=yes\nallow-interfaces=eth0\n' \$1 > /run/avahi.conf
		printf '[publish]\npublish-hinfo=yes\npublish-workstation=yes\n' >> /run/avahi.conf
		avahi-daemon --file=/run/avahi.conf --no-drop-root --no-chroot --no-rlimits &
		until timeout 1 avahi-browse -t _x._tcp; do sleep 0.2; done
		avahi-publish -s "pages of \$1" _http._tcp 80 path=/ &
		sleep 2
		timeout 5 avahi-browse -t -r _http._tcp
		timeout 5 avahi-resolve -n printer.local
		sleep 2
	END
}

record_mdns()
{
	local jobs=()

	cat > "$work/bus.conf" <<-END
		<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
		 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
		<busconfig>
		<type>system</type><listen>unix:path=/run/dbus/system_bus_socket</listen><auth>EXTERNAL</auth>
		<policy context="default">
		<allow send_destination="*" eavesdrop="true"/><allow receive_sender="*"/><allow own="*"/><allow user="*"/>
		</policy>
		</busconfig>
	END
	write_mdns_sh > "$work/mdns.sh"
	add_namespace laptop
	add_namespace printer
	add_line laptop eth0 02:00:00:00:04:02 printer eth0 02:00:00:00:04:03
	add_address laptop eth0 192.168.4.2/24
	add_address printer eth0 192.168.4.3/24

	start_capture laptop eth0 mdns.pcap
	start printer printer.log unshare --mount --pid --fork --kill-child bash "$work/mdns.sh" printer
	jobs+=($!)
	start laptop laptop.log unshare --mount --pid --fork --kill-child bash "$work/mdns.sh" laptop
	jobs+=($!)
	wait "${jobs[@]}"
	stop_capture
}

record_ssh()
{
	ssh-keygen -q -t ed25519 -N '' -C host -f "$work/host"
	ssh-keygen -q -t ed25519 -N '' -C user -f "$work/user"
	cat > "$work/sshd_config" <<-END
		HostKey $work/host
		AuthorizedKeysFile $work/user.pub
		PermitRootLogin prohibit-password
		StrictModes no
		UsePAM no
		UseDNS no
		PidFile none
	END
	echo 'root:*:19000:0:99999:7:::' > "$work/shadow"			# root may log in by key, whatever the machine says
	cat > "$work/sshd.sh" <<-END
		set -eu
		mount -t tmpfs none /run
		mkdir /run/sshd
		mount --bind $work/shadow /etc/shadow
		exec /usr/sbin/sshd -D -e -f $work/sshd_config
	END
	start server sshd.log bash "$work/sshd.sh"
	wait_until grep -q 'Server listening' "$work/sshd.log"

	start_capture router lan ssh.pcap
	inside client ssh -F none -i "$work/user" -o StrictHostKeyChecking=no -o UserKnownHostsFile="$work/known" \
		-o LogLevel=ERROR root@198.51.100.10 'echo hello; uname -s' > /dev/null
	stop_capture
}

record_quic()
{
	local address request name page

	for address in 198.51.100.10 2001:db8:2::10; do
		start server "quic-$address.log" gtlsserver -q -d "$work/www" "$address" 443 "$work/www.google.com.key" \
			"$work/www.google.com.crt"
	done
	wait_until inside server bash -c 'test "$(ss -Hlun sport = 443 | wc -l)" -eq 2'

	# The name that the client asks for is the one that it was started with, so it is to be found.
	start_capture router lan quic.pcap
	for request in '198.51.100.10 www.google.com index.html' '198.51.100.10 www.youtube.com picture.png' \
		'2001:db8:2::10 www.facebook.com answer.json' '2001:db8:2::10 intranet.example index.html'; do
		read -r address name page <<< "$request"
		echo "$address $name" > "$work/hosts"
		inside client bash -c 'mount --bind "$0" /etc/hosts; exec "$@" > /dev/null 2>&1' "$work/hosts" \
			gtlsclient -q --exit-on-all-streams-close "$name" 443 "https://$name/$page"
	done
	stop_capture
}

record_icmp()
{
	start_capture router lan icmp.pcap
	inside client ping -q -c 3 -i 0.2 198.51.100.10 > /dev/null
	inside client ping -q -c 3 -i 0.2 2001:db8:2::10 > /dev/null
	inside client ping -q -c 1 -s 3000 198.51.100.10 > /dev/null	# fragments
	inside client ping -q -c 1 -s 3000 2001:db8:2::10 > /dev/null
	inside client traceroute -n -q 1 -w 1 -N 1 198.51.100.10 > /dev/null	# time exceeded, port unreachable
	inside client traceroute -n -q 1 -w 1 -N 1 2001:db8:2::10 > /dev/null
	inside client traceroute -n -q 1 -w 1 -N 1 -I 198.51.100.10 > /dev/null
	inside client ping -q -c 1 -W 1 203.0.113.1 > /dev/null || true	# network unreachable
	ip -n "$prefix-router" link set wan mtu 1280
	inside client ping -q -c 1 -W 1 -s 1400 -M do 198.51.100.10 > /dev/null || true	# fragmentation needed
	stop_capture
	ip -n "$prefix-router" link set wan mtu 1500
}

record_ipv6()
{
	local at='[2001:db8:2::10]'

	start_capture router lan ipv6.pcap
	ask client @2001:db8:2::10 www.example.org AAAA
	ask client @2001:db8:2::10 missing.example.org AAAA
	ask client @2001:db8:2::10 +tcp www.example.org AAAA
	web client http://www.example.org/ http://www.example.org/answer.json -o /dev/null
	web client https://www.facebook.com/
	web client --tls-max 1.2 https://github.com/
	stop_capture
}

record_ftp_smtp_tftp()
{
	start server ftp.log python3 -m pyftpdlib -i 198.51.100.10 -p 21 -r 30000-30020 -d "$work/ftp" -u user -P secret -w
	start server smtp.log python3 -m aiosmtpd -n -l 198.51.100.10:25 -c aiosmtpd.handlers.Sink
	wait_until inside server curl -s ftp://user:secret@198.51.100.10/hello.txt
	wait_until inside server bash -c 'exec 3<> /dev/tcp/198.51.100.10/25'
	printf 'From: a@example.org\r\nTo: b@example.org\r\nSubject: hello\r\n\r\nhello, world\r\n' > "$work/mail"

	start_capture router lan ftp_smtp_tftp.pcap
	web client ftp://user:secret@198.51.100.10/
	web client ftp://user:secret@198.51.100.10/hello.txt
	web client -T "$work/mail" ftp://user:secret@198.51.100.10/mail.txt
	web client -P - ftp://user:secret@198.51.100.10/answer.json		# active: the server connects to the client
	web client --mail-from a@example.org --mail-rcpt b@example.org -T "$work/mail" smtp://198.51.100.10
	(cd "$work/tmp" && inside client busybox tftp -g -r hello.txt 198.51.100.10 > /dev/null 2>&1)
	stop_capture
}

# What several of the captures below hold: DNS, HTTP and a ping, to another address of the server.
talk()
{
	local from=$1 server=$2 url=$2

	case $server in
		*:*) url="[$server]" ;;
	esac
	inside "$from" ping -q -c 1 -w 5 "$server" > /dev/null
	ask "$from" "@$server" www.example.org A
	inside "$from" curl -sS -o /dev/null --max-time 10 "${@:3}" "http://$url/answer.json"
}

record_nanoseconds()
{
	start_capture router lan nanoseconds.pcapng
	talk client 198.51.100.10
	talk client 2001:db8:2::10
	stop_capture
}

# All devices of the server: its loopback device, on which it talks to itself, and the line.
record_cooked()
{
	start_capture server any "cooked_$1.pcap" -y "$2"
	talk server 127.0.0.1
	talk server ::1
	talk client 198.51.100.10
	stop_capture
}

record_cooked_v1()
{
	record_cooked v1 LINUX_SLL
}

record_cooked_v2()
{
	record_cooked v2 LINUX_SLL2
}

# add_tunnel CLIENT SERVER: a tunnel between two addresses, with IPv4 and IPv6 in it.
add_tunnel()
{
	start client "tunnel-$1.log" "$here/recorded/tunnel.py" tun0 "$1" "$2"
	start server "tunnel-$2.log" "$here/recorded/tunnel.py" tun0 "$2" "$1"
	wait_until ip -n "$prefix-client" link set tun0 mtu 1400 up
	wait_until ip -n "$prefix-server" link set tun0 mtu 1400 up
	add_address client tun0 10.5.0.2/24 2001:db8:5::2/64
	add_address server tun0 10.5.0.1/24 2001:db8:5::1/64
}

record_ipip()
{
	add_tunnel 10.1.0.2 198.51.100.10
	start_capture router lan ipip.pcap
	talk client 10.5.0.1
	talk client 2001:db8:5::1
	stop_capture
}

record_ip6ip6()
{
	add_tunnel 2001:db8:1::2 2001:db8:2::10
	start_capture router lan ip6ip6.pcap
	talk client 10.5.0.1
	talk client 2001:db8:5::1
	stop_capture
}

# The kernel's segment routing: a routing header between the two IPv6 headers one way, none the other way.
record_seg6()
{
	inside server sysctl -q net.ipv6.conf.all.seg6_enabled=1 net.ipv6.conf.eth0.seg6_enabled=1
	add_address server lo 2001:db8:6::1/128
	ip -n "$prefix-client" -6 route add 2001:db8:6::/64 encap seg6 mode encap segs 2001:db8:2::d6 dev eth0
	ip -n "$prefix-router" -6 route add 2001:db8:2::d6/128 via 2001:db8:2::10
	ip -n "$prefix-server" -6 route add 2001:db8:2::d6/128 encap seg6local action End.DT6 table 255 dev eth0
	start_capture router lan seg6.pcap
	talk client 2001:db8:6::1
	stop_capture
}

# visit ADDRESS NUMBER: what one of the many does.
visit()
{
	local name=${names[$2 % ${#names[@]}]}

	ask client -b "$1" @198.51.100.10 "$name" A
	web client --interface "$1" "http://$name/answer.json"
	if [ $(($2 % 2)) -eq 1 ]; then
		web client --interface "$1" --http1.1 --tls-max 1.$((2 + $2 % 4 / 3)) "https://$name/answer.json"
	fi
}

record_busy()
{
	local i address batch=()

	for i in {1..64}; do
		add_address client eth0 "10.1.$((i / 8 + 1)).$((i * 3))/16"
	done
	start_capture router lan busy.pcap 'ip or arp'
	for i in {1..64}; do
		visit "10.1.$((i / 8 + 1)).$((i * 3))" "$i" &
		batch+=($!)
		if [ ${#batch[@]} -eq 8 ]; then
			wait "${batch[@]}"
			batch=()
		fi
	done
	stop_capture
}

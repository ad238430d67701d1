# switches.sh - captures of the line between two Open vSwitch; part of record.sh.
#
# One function for each capture, record_NAME, run in a shell of its own.

# add_switches: the two of them, the line between them, two hosts on each side with the same two addresses.
add_switches()
{
	local i side

	for i in 1 2; do
		add_namespace "switch$i"
		start_switch "switch$i"
	done
	add_line switch1 line 02:00:00:00:07:01 switch2 line 02:00:00:00:07:02
	for i in 1 2; do
		for side in left right; do
			add_namespace "$side$i"
		done
		add_line "left$i" eth0 "02:00:00:00:08:0$i" switch1 "port$i" "02:00:00:00:07:1$i"
		add_line "right$i" eth0 "02:00:00:00:09:0$i" switch2 "port$i" "02:00:00:00:07:2$i"
		add_address "left$i" eth0 10.8.0.2/24 2001:db8:8::2/64
		add_address "right$i" eth0 10.8.0.3/24 2001:db8:8::3/64
		start "right$i" "nginx$i.log" nginx -c "$work/nginx.conf"
		start "right$i" "dnsmasq$i.log" dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts \
			--user=root --pid-file= --host-record=www.example.org,10.8.0.3
		wait_until inside "right$i" curl -sf http://10.8.0.3/
	done
}

# start_switch NAMESPACE: an Open vSwitch in user space, with files of its own.
start_switch()
{
	local run=$work/$1
	local environment=(env OVS_RUNDIR="$run" OVS_LOGDIR="$run" OVS_DBDIR="$run" OVS_SYSCONFDIR="$run")

	mkdir "$run"
	ovsdb-tool create "$run/conf.db" /usr/share/openvswitch/vswitch.ovsschema
	start "$1" "$1-db.log" "${environment[@]}" ovsdb-server "$run/conf.db" --remote="punix:$run/db.sock" \
		--unixctl="$run/db.ctl" --no-chdir
	wait_until test -S "$run/db.sock"
	start "$1" "$1.log" "${environment[@]}" ovs-vswitchd "unix:$run/db.sock" --unixctl="$run/ctl" --no-chdir
	configure "$1" set Open_vSwitch . other_config:vlan-limit=2
	wait_until test -S "$run/ctl"
}

# configure SWITCH COMMAND...: as ovs-vsctl has them.
configure()
{
	ovs-vsctl --db="unix:$work/$1/db.sock" --timeout=10 "${@:2}"
}

# flow SWITCH FLOW...: OpenFlow rules of its bridge.
flow()
{
	local rule

	for rule in "${@:2}"; do
		ovs-ofctl add-flow "unix:$work/$1/main.mgmt" "$rule"
	done
}

# plug SWITCH PORT [SETTING...]: a device becomes a port of the switch.
plug()
{
	configure "$1" --may-exist add-br main -- set bridge main datapath_type=netdev -- add-port main "$2" "${@:3}"
}

# Two VLANs in which the same addresses and ports talk, on a line that carries both.
record_vlan()
{
	local i

	add_switches
	for i in 1 2; do
		plug "switch$i" line trunks=100,200
		plug "switch$i" port1 tag=100
		plug "switch$i" port2 tag=200
	done
	start_capture switch1 line vlan.pcap
	for i in 1 2; do
		talk "left$i" 10.8.0.3 --local-port 40000
		talk "left$i" 2001:db8:8::3 --local-port 40001
	done
	stop_capture
}

# double_tags FILE ETHERTYPE: VLAN 100 inside the provider's VLAN 300; the inner tags come from a second bridge.
double_tags()
{
	local i

	add_switches
	for i in 1 2; do
		plug "switch$i" line trunks=300
		ip -n "$prefix-switch$i" link add inner type veth peer name outer
		ip -n "$prefix-switch$i" link set inner up
		ip -n "$prefix-switch$i" link set outer up
		plug "switch$i" outer vlan_mode=dot1q-tunnel tag=300 other_config:qinq-ethtype="$2"
		configure "switch$i" add-br customer -- set bridge customer datapath_type=netdev \
			-- add-port customer inner trunks=100 -- add-port customer port1 tag=100
	done
	start_capture switch1 line "$1"
	talk left1 10.8.0.3
	talk left1 2001:db8:8::3
	stop_capture
}

record_qinq()
{
	double_tags qinq.pcap 802.1q
}

record_qinq_8021ad()
{
	double_tags qinq_8021ad.pcap 802.1ad
}

# One label for IPv4, two for IPv6; ARP and neighbour discovery of multicast go without.
record_mpls()
{
	local i two='push_mpls:0x8847,set_field:300->mpls_label,push_mpls:0x8847,set_field:200->mpls_label'

	add_switches
	for i in 1 2; do
		plug "switch$i" port1
		plug "switch$i" line
		flow "switch$i" "priority=2,in_port=port1,ip,actions=push_mpls:0x8847,set_field:100->mpls_label,output:line" \
			"priority=2,in_port=port1,ipv6,ipv6_dst=2001:db8:8::/64,actions=$two,output:line" \
			"priority=2,in_port=line,mpls,mpls_label=100,actions=pop_mpls:0x0800,output:port1" \
			"priority=2,in_port=line,mpls,mpls_label=200,actions=pop_mpls:0x8847,resubmit(line,1)" \
			"table=1,mpls,mpls_label=300,actions=pop_mpls:0x86dd,output:port1"
	done
	start_capture switch1 line mpls.pcap
	talk left1 10.8.0.3
	talk left1 2001:db8:8::3
	stop_capture
}

# tunnel_switches TYPE ADDRESS ADDRESS: a tunnel between the switches, which are hosts of the line.
tunnel_switches()
{
	local i addresses=("$2" "$3")

	add_switches
	for i in 1 2; do
		plug "switch$i" port1
		plug "switch$i" tunnel -- set interface tunnel type="$1" options:remote_ip="${addresses[2 - i]}" options:key=77
		configure "switch$i" add-br under -- set bridge under datapath_type=netdev \
			other_config:hwaddr="02:00:00:00:0a:0$i" -- add-port under line
		wait_until inside "switch$i" grep -q "02:00:00:00:0a:0$i" /sys/class/net/under/address
		ip -n "$prefix-switch$i" link set under up
		add_address "switch$i" under "${addresses[i - 1]}/24"
	done
	wait_until inside switch1 ping -c 1 -W 1 "$3"
}

record_gre()
{
	tunnel_switches gre 192.0.2.1 192.0.2.2
	start_capture switch1 line gre.pcap
	talk left1 10.8.0.3
	talk left1 2001:db8:8::3
	stop_capture
}

record_vxlan()
{
	tunnel_switches vxlan 192.0.2.1 192.0.2.2
	start_capture switch1 line vxlan.pcap
	talk left1 10.8.0.3
	talk left1 2001:db8:8::3
	stop_capture
}

# GTP-U carries packets, not frames: the switches put on and take off the hosts' link headers.  Open vSwitch 3.1 sends a
# UDP checksum that it does not accept itself (taken before the GTP length is filled in), so each packet leaves without;
# and it does not take IPv6 out of the tunnel, so there is none in it.
gtpu()
{
	local i host=(02:00:00:00:08:01 02:00:00:00:09:01)

	tunnel_switches gtpu "$2" "$3"
	for i in 1 2; do
		flow "switch$i" "priority=2,in_port=port1,ip,actions=output:tunnel" \
			"priority=2,in_port=port1,ipv6,actions=drop" \
			"priority=2,in_port=tunnel,actions=set_field:${host[i - 1]}->eth_dst,output:port1"
		inside "switch$i" nft "table netdev fix { chain out { type filter hook egress device line priority 0;
			udp dport 2152 udp checksum set 0; }; }"
	done
	ip -n "$prefix-left1" neigh replace 10.8.0.3 lladdr "${host[1]}" dev eth0
	ip -n "$prefix-right1" neigh replace 10.8.0.2 lladdr "${host[0]}" dev eth0
	start_capture switch1 line "$1"
	talk left1 10.8.0.3
	stop_capture
}

record_gtpu()
{
	gtpu gtpu.pcap 192.0.2.1 192.0.2.2
}

record_gtpu_ipv6()
{
	gtpu gtpu_ipv6.pcap 2001:db8:a::1 2001:db8:a::2
}

# network.sh - namespaces, the lines between them, the programs in them, and what listens; part of record.sh.
#
# $prefix is what the namespaces' names begin with, $work a directory of the run, $directory where captures go.

# wait_until COMMAND...: up to 10 seconds, until the command succeeds.
wait_until()
{
	local i

	for ((i = 0; i < 100; i++)); do
		"$@" > /dev/null 2>&1 && return 0
		sleep 0.1
	done
	echo "gave up waiting for: $*" >&2
	return 1
}

# inside NAMESPACE COMMAND...: with an environment of its own (no proxies, no settings of root's).
inside()
{
	local namespace=$prefix-$1

	shift
	ip netns exec "$namespace" env -i PATH="$PATH" HOME="$work" LC_ALL=C "$@"
}

# start NAMESPACE LOG COMMAND...: in the background, ended with the shell that started it.
start()
{
	local namespace=$prefix-$1 log=$work/$2

	shift 2
	# "env" and "ip" become the command itself, so that $! is its id.
	ip netns exec "$namespace" env -i PATH="$PATH" HOME="$work" LC_ALL=C "$@" > "$log" 2>&1 < /dev/null &
	started+=($!)
}

# Ends what this shell started, the last first.
end_started()
{
	local i

	for ((i = ${#started[@]} - 1; i >= 0; i--)); do
		kill "${started[i]}" 2> /dev/null || true
		wait "${started[i]}" 2> /dev/null || true
	done
	started=()
}

# remove_namespaces [NAMESPACE...]: all of ours, and what still runs in them, but these.
remove_namespaces()
{
	local namespace process

	for namespace in $(ip netns list | awk -v p="$prefix-" 'index($1, p) == 1 {print substr($1, length(p) + 1)}'); do
		[[ " $* " != *" $namespace "* ]] || continue
		for process in $(ip netns pids "$prefix-$namespace"); do
			kill -KILL "$process" 2> /dev/null || true
		done
		ip netns del "$prefix-$namespace"
	done
}

add_namespace()
{
	ip netns add "$prefix-$1"
	ip -n "$prefix-$1" link set lo up
	inside "$1" sysctl -q net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.accept_ra=0 \
		net.ipv6.conf.default.router_solicitations=0
}

# add_line NAMESPACE DEVICE MAC NAMESPACE DEVICE MAC: a cable between two, without offloads: each packet is whole, with
# its checksum, and not longer than the line allows.
add_line()
{
	ip -n "$prefix-$1" link add "$2" address "$3" type veth peer name "$5" address "$6" netns "$prefix-$4"
	inside "$1" ethtool -K "$2" tx off rx off tso off gso off gro off > /dev/null
	inside "$4" ethtool -K "$5" tx off rx off tso off gso off gro off > /dev/null
	ip -n "$prefix-$1" link set "$2" up
	ip -n "$prefix-$4" link set "$5" up
}

# add_address NAMESPACE DEVICE ADDRESS...
add_address()
{
	local address

	for address in "${@:3}"; do
		ip -n "$prefix-$1" addr add "$address" dev "$2"
	done
}

add_routed_network()
{
	local namespace

	for namespace in client router server; do
		add_namespace $namespace
	done
	add_line client eth0 02:00:00:00:01:02 router lan 02:00:00:00:01:01
	add_line server eth0 02:00:00:00:02:10 router wan 02:00:00:00:02:01
	add_address client eth0 10.1.0.2/16 2001:db8:1::2/64
	add_address router lan 10.1.0.1/16 2001:db8:1::1/64
	add_address router wan 198.51.100.1/24 2001:db8:2::1/64
	add_address server eth0 198.51.100.10/24 2001:db8:2::10/64
	inside router sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n "$prefix-client" route add default via 10.1.0.1
	ip -n "$prefix-server" route add default via 198.51.100.1
	ip -n "$prefix-client" route add default via 2001:db8:1::1
	ip -n "$prefix-server" route add default via 2001:db8:2::1
}

# start_capture NAMESPACE DEVICE FILE [OPTION...]: tcpdump, or dumpcap for a pcapng.  One at a time.
start_capture()
{
	local program=(tcpdump -Z root -n --immediate-mode -w) ready='listening on'

	case $3 in
		*.pcapng)
			program=(dumpcap -q -w) ready='^File:' ;;
	esac
	start "$1" "$3.log" "${program[@]}" "$work/$3" -i "$2" "${@:4}"
	capture=$!
	captured=$3
	wait_until grep -q "$ready" "$work/$3.log"
	case $3 in
		*.pcapng)
			sleep 0.5 ;;						# dumpcap says so before it listens
	esac
}

stop_capture()
{
	sleep 0.3
	kill -TERM "$capture"
	wait "$capture" || true
	[ "$(stat -c %s "$work/$captured")" -gt 24 ]
	install -m 644 "$work/$captured" "$directory/$captured"
}

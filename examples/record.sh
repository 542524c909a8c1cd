#!/usr/bin/env bash
# Records the captures of this folder again: real programs talking between network namespaces.
#
#   sudo ./record.sh [-o DIR] all|SCENE ...     DIR is this folder unless given: its captures are replaced
#
# needs root; iproute2, ethtool, tcpdump, dumpcap and editcap (Wireshark), python3, nginx, nft, dnsmasq, dig, curl, openssl,
# ping, arping, gzip, zstd, lz4. Nothing leaves the namespaces. The network, with addresses reserved for documentation:
#
#   client ---- r1 ---- wire ---- r2 ---- server
#      eth0  eth0 eth1  (relay)  eth1 eth0  eth0
#
#   client  192.0.2.10    2001:db8:1::10      r1  192.0.2.1    2001:db8:1::1     198.51.100.1  2001:db8:ff::1
#   server  203.0.113.10  2001:db8:2::10      r2  203.0.113.1  2001:db8:2::1     198.51.100.2  2001:db8:ff::2
#           203.0.113.11, 203.0.113.12
#
# "wire" is no hop: record/relay.py passes its frames on, with the delay, loss, reordering and duplication of the scene.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
out=$here
prefix=dex
nodes=(client r1 wire r2 server)
work=
background=() # processes of the whole run
captures=()   # processes of the running capture
wire_pid=

die() {
	echo "record.sh: $*" >&2
	exit 1
}

cleanup() {
	local pid node
	trap - EXIT INT TERM
	for pid in "${captures[@]}" $wire_pid "${background[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	wait "${captures[@]}" $wire_pid "${background[@]}" 2>/dev/null || true
	for node in "${nodes[@]}"; do
		ip netns delete "$prefix-$node" 2>/dev/null || true
	done
	rm -rf "$work"
}

# ---- running things in nodes

in_node() { # NODE COMMAND...
	local node=$1
	shift
	ip netns exec "$prefix-$node" "$@"
}

become() { # NODE COMMAND...: as in_node for the background, so that $! is the command and not a shell around it
	local node=$1
	shift
	exec ip netns exec "$prefix-$node" "$@"
}

address() { # NODE ARGUMENTS OF ip...
	local node=$1
	shift
	ip -n "$prefix-$node" "$@"
}

wait_for() { # WORD LOG WHAT
	local try
	for ((try = 0; try < 100; try++)); do
		if grep -q "$1" "$2" 2>/dev/null; then return; fi
		sleep 0.05
	done
	cat "$2" >&2
	die "$3 did not start"
}

start_python() { # NODE FILE ARGUMENTS...: sets $started to the process
	local node=$1 file=$2 log
	shift 2
	log=$(mktemp -p "$work")
	become "$node" python3 "$here/record/$file" "$@" >"$log" 2>&1 &
	started=$!
	wait_for ready "$log" "$file $*"
}

stop() { # PROCESS
	kill "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

client() { # SCENE
	in_node client python3 "$here/record/client.py" "$1"
}

wire() { # OPTIONS OF relay.py...
	if [ -n "$wire_pid" ]; then stop "$wire_pid"; fi
	start_python wire relay.py left right "$@"
	wire_pid=$started
}

# ---- recording

record() { # NODE INTERFACE FILE [OPTIONS OF THE TOOL...]: dumpcap for .pcapng, tcpdump for .pcap
	local node=$1 interface=$2 file=$out/$3 log
	shift 3
	log=$(mktemp -p "$work")
	rm -f "$file"
	case $file in
	*.pcapng)
		become "$node" dumpcap -q -i "$interface" -w "$file" "$@" >"$log" 2>&1 &
		captures+=($!)
		wait_for File: "$log" "dumpcap"
		;;
	*)
		become "$node" tcpdump -Z root -U --immediate-mode -i "$interface" -w "$file" "$@" >"$log" 2>&1 &
		captures+=($!)
		wait_for 'listening on' "$log" "tcpdump"
		;;
	esac
}

begin() { # before each scene: an empty neighbour cache, so that every capture shows ARP or neighbour discovery
	local node
	for node in client r1 r2 server; do
		address "$node" neigh flush all
	done
}

begin_known() { # the same where nothing but the wire may make packets wait: the neighbours are known already
	in_node client ping -q -c 1 -w 5 203.0.113.10 >/dev/null
}

finish() { # FILE...: end all recordings, wait for what is still on its way first
	local pid file
	sleep 0.7
	for pid in "${captures[@]}"; do stop "$pid"; done
	captures=()
	for file; do
		chmod 644 "$out/$file"
		case $file in
		*.pcapng) python3 "$here/record/scrub.py" "$out/$file" ;;
		esac
	done
}

# ---- the network

link() { # NODE INTERFACE MAC NODE INTERFACE MAC
	ip link add "$2" address "$3" netns "$prefix-$1" type veth peer name "$5" address "$6" netns "$prefix-$4"
	local node interface
	for node in "$1 $2" "$4 $5"; do
		read -r node interface <<<"$node"
		# What the network card would do later must not show in a capture: big segments, wrong checksums, lost tags.
		in_node "$node" ethtool -K "$interface" tx off rx off tso off gso off gro off rxvlan off txvlan off \
			>/dev/null
		address "$node" link set "$interface" up
	done
}

addresses() { # NODE INTERFACE ADDRESS...
	local node=$1 interface=$2 one
	shift 2
	for one; do
		case $one in
		*:*) address "$node" addr add "$one" dev "$interface" nodad ;;
		*) address "$node" addr add "$one" dev "$interface" ;;
		esac
	done
}

build_network() {
	local node
	for node in "${nodes[@]}"; do
		ip netns add "$prefix-$node"
		in_node "$node" sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 \
			net.ipv4.tcp_congestion_control=reno net.ipv4.tcp_no_metrics_save=1 \
			net.ipv6.conf.default.router_solicitations=0
		address "$node" link set lo up
	done
	in_node wire sysctl -qw net.ipv6.conf.default.disable_ipv6=1
	for node in r1 r2; do
		in_node "$node" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	done
	link client eth0 02:00:00:00:01:0a r1 eth0 02:00:00:00:01:01
	link r1 eth1 02:00:00:00:ff:01 wire left 02:00:00:00:ff:0a
	link wire right 02:00:00:00:ff:0b r2 eth1 02:00:00:00:ff:02
	link r2 eth0 02:00:00:00:02:01 server eth0 02:00:00:00:02:0a
	addresses client eth0 192.0.2.10/24 2001:db8:1::10/64
	addresses r1 eth0 192.0.2.1/24 2001:db8:1::1/64
	addresses r1 eth1 198.51.100.1/30 2001:db8:ff::1/64
	addresses r2 eth1 198.51.100.2/30 2001:db8:ff::2/64
	addresses r2 eth0 203.0.113.1/24 2001:db8:2::1/64
	addresses server eth0 203.0.113.10/24 203.0.113.11/24 203.0.113.12/24 2001:db8:2::10/64
	address client route add default via 192.0.2.1
	address client route add default via 2001:db8:1::1
	address server route add default via 203.0.113.1
	address server route add default via 2001:db8:2::1
	address r1 route add 203.0.113.0/24 via 198.51.100.2
	address r1 route add 2001:db8:2::/64 via 2001:db8:ff::2
	address r2 route add 192.0.2.0/24 via 198.51.100.1
	address r2 route add 2001:db8:1::/64 via 2001:db8:ff::1
	address r2 route add blackhole 203.0.113.66/32
	wire
	in_node client ping -q -c 1 -w 5 203.0.113.10 >/dev/null
	in_node client ping -q -c 1 -w 5 2001:db8:2::10 >/dev/null
}

start_servers() {
	mkdir "$work/www"
	echo '<h1>It works</h1>' >"$work/www/index.html"
	seq -f 'line %09.0f' 10000 >"$work/www/large.txt"
	openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=www.example.net \
		-addext subjectAltName=DNS:www.example.net -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
	cat >"$work/nginx.conf" <<-END
		user root; daemon off; pid $work/nginx.pid; error_log $work/nginx.log;
		events { }
		http {
			access_log off; client_body_temp_path $work/a; proxy_temp_path $work/b; fastcgi_temp_path $work/c;
			uwsgi_temp_path $work/d; scgi_temp_path $work/e; default_type text/plain;
			types { text/html html; }
			server {
				listen 80; listen [::]:80; listen 443 ssl; listen [::]:443 ssl; root $work/www;
				ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem; ssl_protocols TLSv1.2 TLSv1.3;
			}
		}
	END
	become server nginx -c "$work/nginx.conf" -e "$work/nginx.log" &
	background+=($!)
	become server dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file= --user=root --no-resolv --no-hosts \
		--listen-address=203.0.113.10,2001:db8:2::10 --bind-interfaces --local=/example.net/ \
		--host-record=www.example.net,203.0.113.10,2001:db8:2::10 --cname=web.example.net,www.example.net \
		--mx-host=example.net,mail.example.net,10 --host-record=mail.example.net,203.0.113.12 \
		--txt-record=long.example.net,"$(printf 'text-%03d,' {1..120} | fold -w 200 | paste -sd, | tr -s ,)" \
		--local-ttl=300 2>"$work/dnsmasq.log" &
	background+=($!)
	start_python server server.py --tcp 7000 --tcp 7001 --tcp 7002 --mute 203.0.113.12:53 --mute 203.0.113.10:9000
	background+=("$started")
	sleep 0.5
}

get() { # OPTIONS OF curl...: -s without a word, but fail if there is no answer
	in_node client curl -s -o /dev/null --max-time 20 "$@"
}

# ---- the scenes; each names its files in finish

scene_web() {
	wire --delay-ms 10
	begin
	record client eth0 web-client.pcapng
	record r1 eth1 web-middle.pcap
	record server eth0 web-server.pcapng
	get http://203.0.113.10/ --next -s -o /dev/null http://203.0.113.10/missing \
		--next -s -o /dev/null http://203.0.113.10/ # one connection, kept alive
	get http://203.0.113.10/large.txt
	get -I http://203.0.113.10/large.txt
	finish web-client.pcapng web-middle.pcap web-server.pcapng
}

scene_ipv6_web() {
	wire
	begin
	record client eth0 ipv6-web.pcapng
	get "http://[2001:db8:2::10]/" --next -s -o /dev/null "http://[2001:db8:2::10]/missing"
	finish ipv6-web.pcapng
}

scene_dns() {
	wire
	begin
	record client eth0 dns.pcapng
	ask() { in_node client dig +tries=1 +timeout=1 "$@" >/dev/null || true; }
	ask @203.0.113.10 www.example.net A
	ask @203.0.113.10 www.example.net AAAA
	ask @203.0.113.10 web.example.net A
	ask @203.0.113.10 example.net MX +noedns
	ask @203.0.113.10 -x 203.0.113.10
	ask @203.0.113.10 no-such-name.example.net A
	ask @203.0.113.10 www.elsewhere.example A # refused
	ask @203.0.113.10 long.example.net TXT +noedns # cut short, asked again over TCP
	ask @203.0.113.10 www.example.net A +tcp
	ask @2001:db8:2::10 www.example.net AAAA
	ask @203.0.113.12 www.example.net A +tries=2 # no answer, asked twice
	ask @203.0.113.11 www.example.net A # port unreachable
	finish dns.pcapng
}

scene_tls() {
	wire
	begin
	record client eth0 tls.pcapng
	rm -f "$work/keys"
	SSLKEYLOGFILE=$work/keys get -k --resolve www.example.net:443:203.0.113.10 --tlsv1.3 https://www.example.net/
	SSLKEYLOGFILE=$work/keys get -k --resolve www.example.net:443:203.0.113.10 --tls-max 1.2 https://www.example.net/
	get --resolve www.example.net:443:203.0.113.10 https://www.example.net/ || true # certificate not trusted
	finish tls.pcapng
	editcap --inject-secrets tls,"$work/keys" "$out/tls.pcapng" "$out/tls-with-keys.pcapng"
	python3 "$here/record/scrub.py" "$out/tls-with-keys.pcapng"
	chmod 644 "$out/tls-with-keys.pcapng"
}

scene_pings() {
	wire --delay-ms 8
	begin
	record client eth0 pings-client.pcapng
	record r1 eth1 pings-r1.pcap
	record r2 eth0 pings-r2.pcap
	record server eth0 pings-server.pcapng
	local from to size
	for to in "client 203.0.113.10" "client 2001:db8:2::10" "server 192.0.2.10" "server 2001:db8:1::10"; do
		read -r from to <<<"$to"
		for size in 8 56 1000 4000; do # the last in fragments
			in_node "$from" ping -q -c 3 -i 0.1 -s "$size" "$to" >/dev/null
		done
	done
	ping_in_vain() { in_node client ping -q -i 0.2 "$@" >/dev/null || true; }
	ping_in_vain -c 3 -t 1 203.0.113.10    # TTL exceeded, by r1
	ping_in_vain -c 3 -t 2 203.0.113.10    # TTL exceeded, by r2
	ping_in_vain -c 2 -t 1 2001:db8:2::10  # hop limit exceeded, by r1
	ping_in_vain -c 2 -W 1 203.0.113.66    # no answer at all
	ping_in_vain -c 2 -W 4 203.0.113.99    # host unreachable, by r2
	ping_in_vain -c 2 -W 1 10.255.0.1      # network unreachable, by r1
	ping_in_vain -c 1 -W 4 2001:db8:2::99  # address unreachable, by r2
	finish pings-client.pcapng pings-r1.pcap pings-r2.pcap pings-server.pcapng
	gzip -nf "$out/pings-r2.pcap"
}

scene_pings_lossy() {
	wire --delay-ms 30 --loss 0.15 --duplicate 0.15 --seed 3
	begin
	record client eth0 pings-lossy-client.pcap
	record server eth0 pings-lossy-server.pcapng
	in_node client ping -q -c 40 -i 0.05 203.0.113.10 >/dev/null
	finish pings-lossy-client.pcap pings-lossy-server.pcapng
}

scene_refused() {
	wire
	begin
	record client eth0 refused.pcap
	client refused
	finish refused.pcap
}

scene_client_resets() {
	wire
	begin
	record client eth0 client-resets.pcapng
	client client-resets
	finish client-resets.pcapng
}

scene_server_resets() {
	wire
	begin
	record server eth0 server-resets.pcap
	client server-resets
	finish server-resets.pcap
}

scene_stalled_reader() {
	wire
	begin
	record server eth0 stalled-reader-ns.pcap --time-stamp-precision=nano
	client stalled-reader
	finish stalled-reader-ns.pcap
}

scene_keep_alive() {
	wire
	begin
	record client eth0 keep-alive.pcap
	client keep-alive
	finish keep-alive.pcap
	lz4 -q -f --rm "$out/keep-alive.pcap" "$out/keep-alive.pcap.lz4"
}

scene_lossy() { # recorded before and after the wire that loses
	wire --delay-ms 20 --loss 0.03 --reorder 0.03 --duplicate 0.02 --seed 11
	begin
	record client eth0 lossy-client.pcapng
	record r1 eth1 lossy-r1-headers.pcap -s 96
	record r2 eth1 lossy-r2-headers.pcap -s 96
	record server eth0 lossy-server.pcapng
	client transfers
	finish lossy-client.pcapng lossy-r1-headers.pcap lossy-r2-headers.pcap lossy-server.pcapng
	zstd -q -f --rm "$out/lossy-client.pcapng" "$out/lossy-server.pcapng"
}

scene_slow_handshakes() {
	wire --delay-syn-ack 7001:350 --delay-syn-ack 7002:1200
	begin
	record client eth0 slow-handshakes.pcapng
	client handshakes
	finish slow-handshakes.pcapng
}

scene_slow_answers() {
	wire --delay-ms 10
	begin
	record client eth0 slow-answers-client.pcapng
	record server eth0 slow-answers-server.pcap
	client slow-answers
	finish slow-answers-client.pcapng slow-answers-server.pcap
}

scene_slow_server() { # a good network, and the wire's own word that it is
	begin_known
	wire --delay-ms 10 --log "$out/slow-server-wire.tsv"
	record client eth0 slow-server-client.pcapng
	record server eth0 slow-server-server.pcapng
	client slow-server
	finish slow-server-client.pcapng slow-server-server.pcapng
}

scene_bad_network() { # it loses, and it is narrow
	begin_known
	wire --delay-ms 15 --loss 0.06 --reorder 0.02 --rate-kbit 3000 --seed 14 --log "$out/bad-network-wire.tsv"
	record client eth0 bad-network-client.pcapng -s 200
	record r1 eth1 bad-network-r1.pcapng -s 96
	record r2 eth1 bad-network-r2.pcapng -s 96
	record server eth0 bad-network-server.pcapng -s 200
	client bad-network
	finish bad-network-client.pcapng bad-network-r1.pcapng bad-network-r2.pcapng bad-network-server.pcapng
}

scene_long_transfers() { # through a network that loses, one that is narrow, and a good one from a slow server
	begin_known
	wire --delay-ms 10 --loss 0.01 --seed 14
	record client eth0 long-transfers-client.pcapng -s 96
	record server eth0 long-transfers-server.pcapng -s 96
	client long-download
	client long-upload
	wire --delay-ms 10 --rate-kbit 4000
	client long-download
	client long-upload
	wire --delay-ms 10
	client slow-download
	finish long-transfers-client.pcapng long-transfers-server.pcapng
	zstd -q -f --rm "$out/long-transfers-client.pcapng" "$out/long-transfers-server.pcapng"
}

scene_behind_nat() { # r1 gives its own address to all that goes into the wire
	addresses client eth0 192.0.2.11/24
	in_node client ping -q -c 1 -w 5 -I 192.0.2.11 192.0.2.1 >/dev/null
	in_node r1 nft 'table ip nat { chain out { type nat hook postrouting priority 100; oifname "eth1" masquerade; }; }'
	begin_known
	wire --delay-ms 10 --delay-syn-ack 7001:400 --log "$out/behind-nat-wire.tsv"
	record client eth0 behind-nat-client.pcapng
	record server eth0 behind-nat-server.pcapng
	client behind-nat
	finish behind-nat-client.pcapng behind-nat-server.pcapng
	in_node r1 nft delete table ip nat
	address client addr delete 192.0.2.11/24 dev eth0
}

scene_port_reuse() {
	wire
	begin
	record client eth0 port-reuse.pcap
	client port-reuse
	finish port-reuse.pcap
}

scene_vlan() { # client and r1 share two VLANs, one of them inside another
	local vlan name net tags node host interface pid here_pids=()
	wire
	for vlan in "vlan10 10 0x8100:10:5" "qinq 20 0x88a8:200 0x8100:20"; do
		read -r name net tags <<<"$vlan"
		for node in client r1; do
			host=0a
			if [ "$node" = r1 ]; then host=01; fi
			# shellcheck disable=SC2086 # several tags are several arguments
			start_python "$node" vlan.py eth0 "$name" $tags
			here_pids+=("$started")
			address "$node" link set "$name" mtu 1492 up address "02:00:00:00:$net:$host"
		done
		addresses client "$name" "10.0.$net.10/24" "fd00:$net::10/64"
		addresses r1 "$name" "10.0.$net.1/24" "fd00:$net::1/64"
	done
	sleep 0.5
	begin
	record client eth0 vlan.pcapng
	record r1 eth0 vlan-r1.pcap
	for net in 10 20; do
		in_node client ping -q -c 3 -i 0.1 "10.0.$net.1" >/dev/null
		in_node client ping -q -c 2 -i 0.1 "fd00:$net::1" >/dev/null
	done
	for interface in vlan10:10 qinq:20; do
		net=${interface#*:}
		address client route add 203.0.113.11/32 via "10.0.$net.1"
		address server route add "10.0.$net.0/24" via 203.0.113.1
		address r2 route add "10.0.$net.0/24" via 198.51.100.1
		get http://203.0.113.11/
		sleep 0.2 # the last FIN and ACK
		address client route delete 203.0.113.11/32
	done
	in_node client ping -q -c 2 -i 0.1 192.0.2.1 >/dev/null # untagged
	finish vlan.pcapng vlan-r1.pcap
	for pid in "${here_pids[@]}"; do stop "$pid"; done
}

scene_tunnels() { # between the routers: what client and server say to each other travels inside
	wire
	begin
	record r1 eth1 tunnels.pcapng
	local mode left node number=0
	for mode in gre gre-key ipip; do
		number=$((number + 1))
		start_python r1 tunnel.py "$mode" "$mode" 198.51.100.1 198.51.100.2
		left=$started
		start_python r2 tunnel.py "$mode" "$mode" 198.51.100.2 198.51.100.1
		through_tunnel "$mode" "10.1.$number"
		stop "$left"
		stop "$started"
	done
	start_python r1 tunnel.py 6in4 6in4 198.51.100.1 198.51.100.2
	left=$started
	start_python r2 tunnel.py 6in4 6in4 198.51.100.2 198.51.100.1
	for node in r1 r2; do address "$node" link set 6in4 mtu 1480 up; done
	address r1 route add 2001:db8:2::10/128 dev 6in4
	address r2 route add 2001:db8:1::10/128 dev 6in4
	in_node client ping -q -c 2 -i 0.1 2001:db8:2::10 >/dev/null
	get "http://[2001:db8:2::10]/"
	sleep 0.2
	stop "$left"
	stop "$started"
	address r1 link add vxlan5 address 02:00:00:00:05:01 type vxlan id 5 dstport 4789 dev eth1 \
		local 198.51.100.1 remote 198.51.100.2
	address r2 link add vxlan5 address 02:00:00:00:05:02 type vxlan id 5 dstport 4789 dev eth1 \
		local 198.51.100.2 remote 198.51.100.1
	through_tunnel vxlan5 10.1.5
	for node in r1 r2; do address "$node" link delete vxlan5; done
	finish tunnels.pcapng
}

through_tunnel() { # INTERFACE NET: a ping and a page from client to server, both ways through the tunnel
	addresses r1 "$1" "$2.1/30"
	addresses r2 "$1" "$2.2/30"
	address r1 link set "$1" mtu 1450 up
	address r2 link set "$1" mtu 1450 up
	address r1 route add 203.0.113.10/32 via "$2.2"
	address r2 route add 192.0.2.10/32 via "$2.1"
	in_node client ping -q -c 2 -i 0.1 203.0.113.10 >/dev/null
	get http://203.0.113.10/
	sleep 0.2 # the last FIN and ACK
	address r1 route delete 203.0.113.10/32
	address r2 route delete 192.0.2.10/32
}

scene_ring() { # three files, flows running across them
	wire
	begin
	rm -f "$out"/ring[-_]*
	record client eth0 ring.pcapng -P -b packets:80 # dumpcap counts its files; -P: classic pcap
	client long-flows
	finish
	local file number=0
	for file in "$out"/ring_*.pcapng; do
		number=$((number + 1))
		mv "$file" "$out/ring-$(printf %05d "$number").pcap"
	done
	chmod 644 "$out"/ring-*.pcap
}

scene_two_interfaces() { # with different snaplens; what r1 forwards is seen twice
	wire
	begin
	record r1 eth0 two-interfaces.pcapng -i eth1 -s 128
	get http://203.0.113.10/
	in_node client ping -q -c 3 -i 0.1 203.0.113.10 >/dev/null
	finish two-interfaces.pcapng
}

scene_link_types() { # the same on all interfaces at once (cooked), and on the loopback
	wire
	begin
	record r1 any any-interface.pcap -y LINUX_SLL2
	record client lo loopback.pcap
	in_node client ping -q -c 3 -i 0.1 203.0.113.10 >/dev/null
	get http://203.0.113.10/
	in_node client ping -q -c 2 -i 0.1 127.0.0.1 >/dev/null
	in_node client ping -q -c 2 -i 0.1 ::1 >/dev/null
	finish any-interface.pcap loopback.pcap
	start_python r1 tunnel.py tun0 ipip 198.51.100.1 198.51.100.2
	local left=$started
	start_python r2 tunnel.py tun0 ipip 198.51.100.2 198.51.100.1
	address r1 link set tun0 up # before tcpdump asks for its link type
	record r1 tun0 raw-ip.pcap
	through_tunnel tun0 10.1.9
	finish raw-ip.pcap
	stop "$left"
	stop "$started"
}

scene_arp() {
	wire
	begin
	record client eth0 arp.pcap
	in_node client ping -q -c 2 -i 0.1 192.0.2.1 >/dev/null
	in_node client ping -q -c 1 -W 4 192.0.2.77 >/dev/null || true # nobody has it
	in_node client arping -q -U -c 2 -I eth0 192.0.2.10 || true # gratuitous
	in_node client arping -q -D -c 1 -w 1 -I eth0 192.0.2.1 || true # duplicate address detection: it is taken
	finish arp.pcap
}

scene_udp_one_way() {
	wire
	begin
	record client eth0 udp-one-way.pcap
	client one-way
	finish udp-one-way.pcap
}

# ---- main

scenes=(web ipv6_web dns tls pings pings_lossy refused client_resets server_resets stalled_reader keep_alive lossy
	slow_handshakes slow_answers slow_server bad_network long_transfers behind_nat port_reuse vlan tunnels ring two_interfaces link_types arp udp_one_way)

usage() {
	sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"
	echo "scenes: ${scenes[*]//_/-}"
}

if [ "${1:-}" = -h ] || [ "${1:-}" = --help ]; then
	usage
	exit 0
fi
if [ "${1:-}" = -o ]; then
	mkdir -p "$2"
	out=$(cd "$2" && pwd)
	shift 2
fi
if [ $# = 0 ]; then # never replace captures unasked
	usage >&2
	exit 2
fi
if [ "$*" != all ]; then scenes=("${@//-/_}"); fi
[ "$(id -u)" = 0 ] || die "needs root, for network namespaces and capturing"
for tool in ip ethtool tcpdump dumpcap editcap python3 nginx dnsmasq dig curl openssl ping arping nft gzip zstd lz4; do
	command -v "$tool" >/dev/null || die "$tool is missing"
done
for scene in "${scenes[@]}"; do
	declare -F "scene_$scene" >/dev/null || die "no scene named ${scene//_/-}"
done

for node in "${nodes[@]}"; do
	[ ! -e "/run/netns/$prefix-$node" ] ||
		die "another run is under way, or was killed; after a killed one: ip netns delete $prefix-$node"
done

work=$(mktemp -d)
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
build_network
start_servers
for scene in "${scenes[@]}"; do
	echo "${scene//_/-}" >&2
	"scene_$scene"
done

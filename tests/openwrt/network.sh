# shellcheck shell=sh
# The router's network: br-lan with a device on it, and a line to a provider whose resolver says 192.0.2.1 to every name.

make_network() {
    mount -t tmpfs tmpfs "$root/tmp"
    mount -t tmpfs tmpfs "$root/dev"
    for node in null zero random urandom; do
        : >"$root/dev/$node"
        mount --bind "/dev/$node" "$root/dev/$node"
    done
    mount -t proc proc "$root/proc"
    mount -t sysfs sysfs "$root/sys"
    sysctl -qw net.ipv4.ip_forward=1
    ip link set lo up
    ip link add br-lan type bridge
    ip addr add 192.168.1.1/24 dev br-lan
    ip -6 addr add fd00:1::1/64 dev br-lan nodad
    ip link set br-lan up
    device=$(new_place br-lan.eth eth0)
    ip link set br-lan.eth master br-lan up
    nsenter --target "$device" --net sh -c 'ip addr add 192.168.1.9/24 dev eth0 && ip link set eth0 up &&
        ip -6 addr add fd00:1::9/64 dev eth0 nodad && ip route add default via 192.168.1.1 &&
        ip -6 route add default via fd00:1::1'
    provider=$(new_place wan eth0)
    ip addr add 198.51.100.1/24 dev wan
    ip link set wan up
    nsenter --target "$provider" --net sh -c 'ip addr add 198.51.100.53/24 dev eth0 && ip link set eth0 up &&
        ip route add 192.168.1.0/24 via 198.51.100.1'
    nsenter --target "$provider" --net "$upstream" --listen 198.51.100.53:53 &
    fresh_memory
    soon on_device dig +time=1 +tries=1 @198.51.100.53 up.example >/dev/null
}

# new_place HERE THERE: a network namespace at the other end of a wire; prints a process of it.
new_place() {
    unshare --net sleep 100000 >/dev/null 2>&1 &
    place=$!
    until [ "$(readlink /proc/$place/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
    ip link add "$1" type veth peer name "$2" netns "$place"
    nsenter --target "$place" --net ip link set lo up
    echo $place
}

# What a boot leaves in memory.
fresh_memory() {
    find "$root/tmp" -mindepth 1 -delete
    mkdir -p "$root/tmp/run" "$root/tmp/lock" "$root/tmp/resolv.conf.d"
    echo "nameserver 198.51.100.53" >"$root/tmp/resolv.conf.d/resolv.conf.auto"
    on_router syslogd -O /tmp/log
}

# The line that a provider's modem gives: a resolver of its own at its other end. Prints a process of that.
new_line() {
    line=$(new_place "$1" eth0)
    ip addr add "$2.1.2/24" dev "$1"
    ip link set "$1" mtu 1492 up
    nsenter --target "$line" --net sh -c "ip addr add $2.1.1/24 dev eth0 && ip link set eth0 up"
    nsenter --target "$line" --net "$upstream" --listen "$2.1.1:53" >/dev/null 2>&1 &
    echo "$line"
}

on_device() { nsenter --target "$device" --net "$@"; }

# dns_by_ra: the servers that a router advertisement tells the device of (RFC 8106).
dns_by_ra() { on_device python3 "$here/rdnss.py" eth0; }

# dns_by_dhcpv6 MESSAGE: the servers that DHCPv6 tells the device of, when it asks for an address (solicit) or without
# (information-request).
dns_by_dhcpv6() { on_device python3 "$here/dhcpv6.py" eth0 "$1"; }

# dns_by_dhcp: the servers that a lease tells the device of.
dns_by_dhcp() {
    cat >"$work/udhcpc" <<'EOF'
#!/bin/sh
[ "$1" != bound ] || echo "$dns"
EOF
    chmod +x "$work/udhcpc"
    on_device busybox udhcpc -i eth0 -n -q -f -t 5 -T 1 -s "$work/udhcpc" 2>/dev/null
}

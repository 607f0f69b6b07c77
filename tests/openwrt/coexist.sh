# shellcheck shell=sh
# What else a router does: a network of guests on a VLAN, a line that comes late, another one, or one that wants a sign-in.

on_guest() { nsenter --target "$guest" --net "$@"; }

guest_gets() { on_guest dig +time=2 +tries=1 +short "@$1" "$2" A | grep -qx -- "$3"; }

# The guests' network as OpenWrt names it. Of a VLAN Luytre sees the interface alone.
new_guest() {
    guest=$(new_place br-lan.3 eth0)
    ip addr add 192.168.3.1/24 dev br-lan.3
    ip link set br-lan.3 up
    on_guest sh -c 'ip addr add 192.168.3.9/24 dev eth0 && ip link set eth0 up && ip route add default via 192.168.3.1'
}

guests_are_filtered() {
    new_guest
    check "guests whom dnsmasq serves are filtered without a word in the settings" soon guest_gets 192.168.3.1 bet365.com "$page"
    check "whoever they ask" guest_gets 9.9.9.9 bet365.com "$page"
    check "other names are answered" guest_gets 192.168.3.1 guest.example 192.0.2.1
    check "but by dnsmasq past us" fails guest_gets "192.168.3.1 -p 5054" nas.lan 192.168.1.20
    check "fw4 leads guests of their zone to the block page" grep -qx src=visitors "$root/tmp/run/procd/luytre/daemon/data"
    check "and those of the home's zone" grep -qx src=lan "$root/tmp/run/procd/luytre/daemon/data"
    kill "$guest"
    soon fails ip link show br-lan.3
    new_guest
    check "a network that goes and comes is filtered from its first question" guest_gets 9.9.9.9 bet365.com "$page"
    on_router sh -c 'uci add_list luytre.main.interface=lan && uci commit luytre'
    event "config.change luytre"
    check "a network that the settings leave out is not answered" soon fails guest_gets 192.168.3.1 left-out.example 192.0.2.1
    check "and whom it asks is not changed" fails guest_gets 9.9.9.9 bet365.com "$page"
    on_router sh -c 'uci delete luytre.main.interface && uci commit luytre'
    event "config.change luytre"
    kill "$guest"
    skip "VLANs themselves: this kernel has none; the guests' interface has a VLAN's name"
}

resolvers_are() { printf '%s' "${1:+nameserver $1
}" >"$root/tmp/resolv.conf.d/resolv.conf.auto"; }

line_comes_later() {
    cut_power
    resolvers_are ''
    ip link set wan down
    boot
    check "without a line it filters" says 192.168.1.1 bet365.com A "$page"
    check "and knows the home's names" says 192.168.1.1 nas.lan A 192.168.1.20
    check "other names get no answer, at once" fails says 192.168.1.1 early.example A 192.0.2.1
    before=$(pid_of daemon)
    ip link set wan up
    ip addr replace 198.51.100.1/24 dev wan
    resolvers_are 198.51.100.53
    event "interface.*.up"
    check "with the line they do" soon says 192.168.1.1 early.example A 192.0.2.1
    line=$(new_line pppoe-wan 100.64)
    resolvers_are 100.64.1.1
    ip link set wan down
    event "interface.*.up"
    check "another line brings other resolvers, of a carrier's own addresses" soon says 192.168.1.1 other.example A 192.0.2.1
    check "by the same process" [ "$before" = "$(pid_of daemon)" ]
    check "another resolver is still not reached" says 9.9.9.9 bet365.com A "$page"
    kill "$line"
    ip link set wan up
    resolvers_are 198.51.100.53
    event "interface.*.up"
    check "and back" soon says 192.168.1.1 back.example A 192.0.2.1
    skip "PPPoE itself: this kernel has no PPP; the line is an interface of that name"
}

line_wants_a_sign_in() {
    hotel=$(new_place hotel eth0)
    ip addr add 10.99.1.2/24 dev hotel
    ip link set hotel up
    nsenter --target "$hotel" --net sh -c 'ip addr add 10.99.1.1/24 dev eth0 && ip link set eth0 up &&
        ip route add default via 10.99.1.2'
    nsenter --target "$hotel" --net python3 "$here/portal.py" 10.99.1.1 >/dev/null 2>&1 &
    resolvers_are 10.99.1.1
    ip link set wan down
    on_router sh -c 'uci add_list luytre.main.upstream=tls://dns.example@10.99.1.9 && uci commit luytre'
    event "config.change luytre"
    check "behind a line that wants a sign-in an encrypted server is not reached" fails says 192.168.1.1 one.example A 192.0.2.1
    check "devices find the portal all the same" soon says 192.168.1.1 captive.apple.com A 10.99.1.1
    check "and nobody else's name is asked in the clear" fails says 192.168.1.1 bank.example A 10.99.1.1
    on_router sh -c 'uci delete luytre.main.upstream && uci commit luytre'
    event "config.change luytre"
    check "with the line's own servers devices find it too" soon says 192.168.1.1 www.msftconnecttest.com A 10.99.1.1
    check "and the page to sign in at" soon says 192.168.1.1 login.hotel.example A 10.99.1.1
    check "which alone leads inward" fails says 192.168.1.1 bank.example A 10.99.1.1
    check "what is blocked stays blocked" says 192.168.1.1 bet365.com A "$page"
    ubus_call status
    check "the operator is told" grep -q '"line"' "$work/told"
    check "somebody signs in" on_device curl -sf --max-time 5 http://10.99.1.1/enter
    check "then the way is free" soon says 192.168.1.1 bank.example A 192.0.2.1
    check "and the portal's names are nobody's" soon says 192.168.1.1 login.hotel.example A 192.0.2.1
    kill "$hotel"
    ip link set wan up
    resolvers_are 198.51.100.53
    event "interface.*.up"
    check "and home again" soon says 192.168.1.1 home-again.example A 192.0.2.1
}

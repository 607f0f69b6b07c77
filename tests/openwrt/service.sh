# shellcheck shell=sh
# The service on a router that runs.
page=198.18.53.53

dnsmasq_alone_answers() {
    on_router /etc/init.d/dnsmasq enable
    on_router /etc/init.d/dnsmasq start
    check "before: dnsmasq answers, unfiltered" soon says 192.168.1.1 bet365.com A 192.0.2.1
    check "before: it tells devices of itself by router advertisements" is_router "$(dns_by_ra)"
    check "before: and by DHCPv6" is_router "$(dns_by_dhcpv6 solicit)"
    check "before: it tells devices of another resolver by DHCP" [ "$(dns_by_dhcp)" = 198.51.100.53 ]
    check "before: and knows the home's names" says 192.168.1.1 nas.lan A 192.168.1.20
    on_router cat /etc/config/dhcp >"$work/dhcp.before"
}

package_is_installed() {
    cp "$package" "$root/tmp/"
    began=$(date +%s%N)
    check "the package is installed with one command" on_router opkg install "/tmp/$(basename "$package")"
    echo "    $((($(date +%s%N) - began) / 1000000)) ms until it answers"
    check "at once a listed name is blocked, and leads to the block page" says 192.168.1.1 bet365.com A "$page"
    check "and our own name, where port 80 is the page's and not LuCI's" says 192.168.1.1 luytre.lan A "$page"
    check "other names are asked of the provider" says 192.168.1.1 example.org A 192.0.2.1
    check "the home's own names still come from dnsmasq" says 192.168.1.1 nas.lan A 192.168.1.20
    check "and its addresses" says 192.168.1.1 20.1.168.192.in-addr.arpa PTR nas.lan.
    check "and zones that dnsmasq had servers for" says 192.168.1.1 www.corp.example A 192.0.2.1
    check "IPv6 is answered too" says fd00:1::1 bet365.com A "$page"
    check "another resolver is not reached: the question comes here" says 9.9.9.9 bet365.com A "$page"
    check "dnsmasq, asked past us, knows no name of the Internet" \
        fails says "192.168.1.1 -p 5054" example.org A 192.0.2.1
    check "/etc/config/dhcp was not touched" same_dhcp
}

same_dhcp() { cmp "$root/etc/config/dhcp" "$work/dhcp.before"; }

devices_are_told() {
    check "devices are told of this router by DHCP" [ "$(dns_by_dhcp)" = 192.168.1.1 ]
    check "and by router advertisements" is_router "$(dns_by_ra)"
    check "where it answers" says "$(dns_by_ra)%eth0" bet365.com A "$page"
    check "and by DHCPv6, when they ask for an address" is_router "$(dns_by_dhcpv6 solicit)"
    check "or for servers alone" is_router "$(dns_by_dhcpv6 information-request)"
    check "where it answers too" says "$(dns_by_dhcpv6 information-request)%eth0" bet365.com A "$page"
    check "and of all else as before" grep -qx 'dhcp-option=tag:lan,42,192.168.1.1' "$root/tmp/dnsmasq.conf"
}

# is_router ADDRESS: one of the home's network.
is_router() { [ -n "$1" ] && ip -6 addr show dev br-lan | grep -qF " $1/"; }

pid_of() { cat "$root/tmp/run/procd/luytre/$1/pid"; }

rights_of() {
    sed -n 's/^\(Uid\|NoNewPrivs\|CapPrm\|CapEff\|CapBnd\|CapAmb\):\t\([0-9a-f]*\).*/\2/p' "/proc/$(pid_of "$1")/status" |
        tr "\n" " "
}

both_are_shielded() {
    for instance in daemon helper; do
        [ "$(cat "/proc/$(pid_of "$instance")/oom_score_adj")" = -500 ] || return 1
    done
}

service_is_confined() {
    # CAP_NET_BIND_SERVICE is bit 10, CAP_NET_ADMIN bit 12; Uid, permitted, effective, bounding, ambient, no new rights.
    check "the daemon is a user of its own that may bind port 53 and nothing else" [ "$(rights_of daemon)" = \
        "553 0000000000000400 0000000000000400 0000000000000400 0000000000000400 1 " ]
    check "the helper may change the network and nothing else" [ "$(rights_of helper)" = \
        "553 0000000000001000 0000000000001000 0000000000001000 0000000000001000 1 " ]
    check "the kernel refuses both what they never do" calls_are_refused
    check "both ask for a jail, and don't run without" \
        [ "$(cat "$root"/tmp/run/procd/luytre/*/jail | grep -cx requirejail)" = 2 ]
    check "both are started again for ever" \
        [ "$(cat "$root"/tmp/run/procd/luytre/*/respawn | tr '\n' ' ')" = "3600 5 0 3600 5 0 " ]
    check "every folder of the jail is there" jail_is_whole
    if (echo -500 >/proc/self/oom_score_adj) 2>/dev/null; then
        check "when memory runs out others end first" soon both_are_shielded
    else
        skip "this kernel lets nobody say who ends first when memory runs out"
    fi
    check "the helper's rules are in force" soon table_stands
    check "fw4 is told of the block page" grep -qx "src_dip=$page" "$root/tmp/run/procd/luytre/daemon/data"
}

calls_are_refused() {
    for instance in daemon helper; do
        on_router grep -q '^Seccomp:[[:space:]]*2$' "/proc/$(pid_of $instance)/status" || return 1
    done
}

table_stands() { on_router nft list table inet luytre 2>/dev/null; }

jail_is_whole() {
    cat "$root"/tmp/run/procd/luytre/*/mounts | cut -d' ' -f2 | while read -r path; do
        [ -e "$root$path" ] || { echo "$path" && exit 1; }
    done
}

# What `uci commit` and netifd set off, if the service asked for it.
event() {
    ! grep -qx "$1" "$root/tmp/run/procd/luytre.triggers" || service reload
}

root_is_said_to_be_open() {
    on_router luytre status --json | grep -q '"root_is_open": *true'
}

settings_are_taken_in() {
    before=$(pid_of daemon)
    on_router sh -c 'uci set luytre.main.upstream=tls://nowhere..example && uci commit luytre'
    check "a wrong setting is refused" fails event "config.change luytre"
    check "with its reason in the log" soon grep -q 'upstream.servers' "$root/tmp/log"
    check "and the daemon goes on" [ "$before" = "$(pid_of daemon)" ]
    on_router sh -c 'uci set luytre.main.upstream=udp://198.51.100.99 && uci commit luytre'
    event "config.change luytre"
    check "uci commit luytre takes a setting in" soon fails says 192.168.1.1 first.example A 192.0.2.1
    on_router sh -c 'uci delete luytre.main.upstream && uci commit luytre'
    event "config.change luytre"
    check "and out" soon says 192.168.1.1 second.example A 192.0.2.1
    before=$(pid_of daemon)
    echo 'nameserver 198.51.100.98' >"$root/tmp/resolv.conf.d/resolv.conf.auto"
    event "interface.*.up"
    check "an interface that comes up brings other resolvers, without a restart" \
        soon fails says 192.168.1.1 third.example A 192.0.2.1
    echo 'nameserver 198.51.100.53' >"$root/tmp/resolv.conf.d/resolv.conf.auto"
    on_router env ACTION=step sh /etc/hotplug.d/ntp/30-luytre
    check "so does the time that NTP sets" soon says 192.168.1.1 fourth.example A 192.0.2.1
    check "it is the same process" [ "$before" = "$(pid_of daemon)" ]
    check "root has a password: nothing is said of it" fails root_is_said_to_be_open
    sed -i 's/^root:[^:]*:/root::/' "$root/etc/shadow"
    on_router /etc/init.d/luytre reload
    check "root without a password is told to the page" soon root_is_said_to_be_open
    sed -i 's/^root::/root:x:/' "$root/etc/shadow"
    on_router /etc/init.d/luytre reload
    check "until it has one" soon fails root_is_said_to_be_open
    echo 2001:db8:7::/64 >"$root/tmp/prefixes.lan"
    event "interface.*.up"
    check "a new prefix of the provider is the home's own" \
        soon grep -qx 'LUYTRE_LISTEN__LAN=auto,2001:db8:7::/64' "$root/tmp/run/procd/luytre/daemon/env"
    check "and it answers" soon says 192.168.1.1 bet365.com A "$page"
    printf '\n[house]\ndeny = ["denied.example"]\n' >>"$root/etc/luytre/luytre.toml"
    service reload
    check "luytre.toml is taken in" soon says 192.168.1.1 denied.example A "$page"
}

crash_is_mended() {
    before=$(pid_of daemon)
    kill -9 "$before"
    check "the rules stay when the daemon crashes" on_router nft list table inet luytre
    check "and it answers again" soon says 192.168.1.1 bet365.com A "$page"
    check "as another process" [ "$before" != "$(pid_of daemon)" ]
}

service_is_stopped() {
    service stop
    check "stopped: dnsmasq answers as before" soon says 192.168.1.1 bet365.com A 192.0.2.1
    check "stopped: devices are told what they were before" [ "$(dns_by_dhcp)" = 198.51.100.53 ]
    check "stopped: by DHCPv6 too" is_router "$(dns_by_dhcpv6 solicit)"
    check "stopped: no rule of ours is left" fails on_router nft list table inet luytre
    check "stopped: nor an address" fails ip_has "$page"
    check "stopped: nor a change of dnsmasq" [ ! -s "$root/tmp/state/dhcp" ]
    : >"$root/tmp/dnsmasq.late"
    service start
    rm "$root/tmp/dnsmasq.late"
    check "started again, it filters" says 192.168.1.1 bet365.com A "$page"
    check "and has the home's own names, though dnsmasq was a second later" says 192.168.1.1 nas.lan A 192.168.1.20
    on_router sh -c 'uci set luytre.main.enabled=0 && uci commit luytre'
    event "config.change luytre"
    check "switched off, dnsmasq answers" soon says 192.168.1.1 bet365.com A 192.0.2.1
    on_router sh -c 'uci set luytre.main.enabled=1 && uci commit luytre'
    service reload
    check "switched on, it filters" soon says 192.168.1.1 bet365.com A "$page"
}

ip_has() { ip addr show dev lo | grep -q "$1"; }

start_fails() {
    service stop
    cp "$root/etc/luytre/luytre.toml" "$work/luytre.toml"
    echo 'nonsense = 1' >>"$root/etc/luytre/luytre.toml"
    service start || true
    check "a broken configuration does not start" [ -z "$(ls "$root/tmp/run/procd/luytre")" ]
    check "with its place in the log" soon grep -q 'luytre.toml:[0-9]*: .*nonsense' "$root/tmp/log"
    check "and leaves DNS to dnsmasq" soon says 192.168.1.1 bet365.com A 192.0.2.1
    cp "$work/luytre.toml" "$root/etc/luytre/luytre.toml"
    # A program that finds everything good and never answers.
    mv "$root/usr/sbin/luytre" "$work/luytre.moved"
    printf '#!/bin/sh\ncase $1 in check) ;; status) exit 1 ;; *) exec sleep 1000 ;; esac\n' >"$root/usr/sbin/luytre"
    chmod +x "$root/usr/sbin/luytre"
    sed -i 's/^PATIENCE=.*/PATIENCE=2/' "$root/etc/init.d/luytre"
    service start
    check "one that does not answer gives way" soon says 192.168.1.1 bet365.com A 192.0.2.1
    check "and nothing of it runs on" [ -z "$(ls "$root/tmp/run/procd/luytre")" ]
    mv "$work/luytre.moved" "$root/usr/sbin/luytre"
    sed -i 's/^PATIENCE=.*/PATIENCE=20/' "$root/etc/init.d/luytre"
    service start
}

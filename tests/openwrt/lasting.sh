# shellcheck shell=sh
# What outlives a power cut, an upgrade and the package itself.

# Everything on flash, by its contents.
flash() {
    (
        cd "$root" || exit 1
        find . \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp \) -prune -o -print | sort |
            while read -r path; do
                echo "$path $(contents_of "$path")"
            done
    )
}

contents_of() {
    if [ -L "$1" ]; then readlink "$1"; elif [ -f "$1" ]; then sha256sum <"$1"; fi
}

remember_root() {
    on_router /etc/init.d/dnsmasq enable
    flash >"$work/flash.before"
}

# Every process of the router ends at once, and memory is lost.
cut_power() {
    soon nobody_on_router
    ip addr del "$page/32" dev lo 2>/dev/null || true
    nft flush ruleset
    fresh_memory
}

# Kills who is there, until a look finds nobody: one that is killed may have started another behind our back.
nobody_on_router() {
    nobody=true
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/root" 2>/dev/null)" = "$root" ] || continue
        kill -9 "${process#/proc/}" 2>/dev/null || true
        nobody=false
    done
    $nobody
}

boot() {
    for script in $(on_router sh -c 'ls /etc/rc.d/S*'); do on_router "$script" boot; done
}

router_boots() {
    cut_power
    boot
    check "after a power cut it filters from the first question" says 192.168.1.1 bet365.com A "$page"
    check "it is started before dnsmasq and the network" [ -e "$root/etc/rc.d/S18luytre" ]
    check "dnsmasq was started once, in its place" soon says 192.168.1.1 nas.lan A 192.168.1.20
    check "/etc/config/dhcp is as it always was" same_dhcp
    cut_power
    mv "$root/usr/sbin/luytre" "$work/luytre.moved"
    boot
    check "without the program the router is the one it was before" soon says 192.168.1.1 bet365.com A 192.0.2.1
    mv "$work/luytre.moved" "$root/usr/sbin/luytre"
    cut_power
    boot
}

power_is_cut() {
    on_router opkg remove luytre
    cut_power
    count=$(grep -c -v '/$' "$work/contents")
    good=0
    for files in $(seq 0 $((count - 1))); do
        cp "$package" "$root/tmp/"
        ! on_router opkg install "/tmp/$(basename "$package")" "$files" || return 1
        cut_power
        boot
        ! soon says 192.168.1.1 bet365.com A 192.0.2.1 || good=$((good + 1))
    done
    cp "$package" "$root/tmp/"
    check "an installation cut short before each of $count files leaves a router that answers" [ $good = "$count" ]
    check "and is made good by the next" on_router opkg install "/tmp/$(basename "$package")"
    check "which filters" says 192.168.1.1 bet365.com A "$page"
}

# What OpenWrt's sysupgrade takes along: changed conffiles, and what keep.d names.
kept_files() {
    on_router sh -c 'find $(sed "/^#/d" /lib/upgrade/keep.d/*) -type f 2>/dev/null
        cat /usr/lib/opkg/info/*.conffiles' | sort -u
}

router_is_upgraded() {
    write_family
    service reload
    check "a family's rule holds" soon says 192.168.1.1 forbidden.example A "$page"
    : >"$root/srv/luytre/list.lyt.part"
    : >"$root/srv/luytre/consent.json"
    kept_files >"$work/kept"
    check "settings, accounts and certificates are kept over a sysupgrade" \
        grep -qx /etc/luytre/family.toml "$work/kept"
    check "and whether a parent agreed to health reports" grep -qx /srv/luytre/consent.json "$work/kept"
    check "lists and history are not: they would not fit into memory" fails grep -q 'list\|history' "$work/kept"
    (cd "$root" && sed 's,^/,,' "$work/kept" | tar -cf "$work/kept.tar" -T -)
    service stop
    cp "$package" "$root/tmp/"
    check "an upgrade of the package keeps what was set" on_router opkg upgrade "/tmp/$(basename "$package")"
    check "and its rule still holds" soon says 192.168.1.1 forbidden.example A "$page"
    on_router opkg remove luytre
    cut_power
    tar -xf "$work/kept.tar" -C "$root"
    boot
    cp "$package" "$root/tmp/"
    on_router opkg install "/tmp/$(basename "$package")"
    check "a new image with the kept files has the family's rules" soon says 192.168.1.1 forbidden.example A "$page"
    check "with settings that only the daemon's user reads" [ "$(stat -c %u:%a "$root/etc/luytre")" = 553:750 ]
}

write_family() {
    cat >"$root/etc/luytre/family.toml" <<'EOF'
version = 1

[[rule]]
name = "forbidden.example"
action = "block"
EOF
}

package_is_removed() {
    on_router opkg remove luytre
    check "removed: dnsmasq answers" soon says 192.168.1.1 bet365.com A 192.0.2.1
    flash >"$work/flash.after"
    check "removed: on flash everything is as it was before, to the byte" diff "$work/flash.before" "$work/flash.after"
    check "removed: no rule is left" fails on_router nft list table inet luytre
    check "removed: no address is left" fails ip_has "$page"
    check "removed: no process is left" fails pgrep -x luytre
}

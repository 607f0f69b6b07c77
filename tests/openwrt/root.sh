# shellcheck shell=sh
# A router's root folder of Debian's parts: busybox, dnsmasq, nft and setpriv with their libraries, OpenWrt's uci, the
# stand-ins of `standin`, and the configuration that OpenWrt ships, with some of a household's own.

# make_root FOLDER
make_root() {
    root=$1
    mkdir -p "$root/bin" "$root/sbin" "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib" "$root/usr/share" "$root/etc/config" \
        "$root/etc/rc.d" "$root/tmp" "$root/proc" "$root/sys" "$root/dev" "$root/lib/upgrade/keep.d" \
        "$root/etc/hotplug.d/ntp" "$root/etc/capabilities" "$root/etc/init.d" "$root/usr/lib/opkg/info" \
        "$root/usr/libexec/rpcd"
    ln -s tmp "$root/var"
    cp /bin/busybox "$root/bin/"
    for applet in $(busybox --list); do
        [ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"
    done
    for program in dnsmasq nft setpriv; do with_libraries "$(command -v $program)" "$root/usr/sbin/$program"; done
    ln -s ../sbin/setpriv "$root/usr/bin/setpriv"
    ln -s ../../bin/busybox "$root/usr/bin/env"
    cp -R --remove-destination "$here/standin/." "$root/"
    cp "$uci" "$root/sbin/uci"
    configure
}

with_libraries() {
    cp -L "$1" "$2"
    ldd "$1" | sed -n 's,^[^/]*\(/[^ ]*\).*,\1,p' | while read -r library; do
        mkdir -p "$root$(dirname "$library")"
        [ -e "$root$library" ] || cp -L "$library" "$root$library"
    done
}

configure() {
    printf 'root:x:0:0:root:/root:/bin/ash\n' >"$root/etc/passwd"
    printf 'root:x:0:\n' >"$root/etc/group"
    printf 'root:x:0:0:99999:7:::\n' >"$root/etc/shadow"
    printf '127.0.0.1 localhost\n192.168.1.20 nas.lan nas\n' >"$root/etc/hosts"
    cat >"$root/etc/config/dhcp" <<'EOF'
# Mine: the printer needs its lease. Don't touch!
config dnsmasq
	option domainneeded '1'
	option localise_queries '1'
	option rebind_protection '1'
	option local '/lan/'
	option domain 'lan'
	list server '/corp.example/198.51.100.53'
	list server '198.51.100.53'

config dhcp 'lan'
	option interface 'lan'
	option ra 'server'
	option dhcpv6 'server'
	list dhcp_option '42,192.168.1.1'
	list dhcp_option '6,198.51.100.53'

config dhcp 'guest'
	option interface 'guest'

config dhcp wan
	option interface 'wan'
	option ignore	1
EOF
    cat >"$root/etc/config/network" <<'EOF'
config interface 'lan'
	option device 'br-lan'
	option proto 'static'
	option ipaddr '192.168.1.1'
	option netmask '255.255.255.0'

config interface 'guest'
	option device 'br-lan.3'
	option proto 'static'
	option ipaddr '192.168.3.1'
	option netmask '255.255.255.0'
EOF
    cat >"$root/etc/config/firewall" <<'EOF'
config zone
	option name 'lan'
	list network 'lan'

config zone
	option name 'visitors'
	list network 'guest'
EOF
}

# shellcheck shell=sh
# The same service from the .apk, as OpenWrt 25.12 installs it. The test's reader has unpacked it into $work/apk.

apk_is_installed() {
    rm -rf "$root/tmp/apk" && cp -R "$work/apk" "$root/tmp/apk"
    check "the .apk is installed with one command" on_router apk add /tmp/apk
    check "at once a listed name is blocked" says 192.168.1.1 bet365.com A "$page"
    check "the daemon is the user that the package names" [ "$(rights_of daemon | cut -d' ' -f1)" = 553 ]
    check "the home's own names still come from dnsmasq" says 192.168.1.1 nas.lan A 192.168.1.20
}

# A newer package, with another program and other settings of its own.
apk_is_upgraded() {
    on_router sh -c 'uci set luytre.main.strict=1 && uci commit luytre'
    service reload
    write_family
    before=$(pid_of daemon)
    echo '# newer' >>"$root/tmp/apk/files/etc/config/luytre"
    printf '\0' >>"$root/tmp/apk/files/usr/sbin/luytre"
    check "an upgrade is installed" on_router apk add /tmp/apk
    check "the new program runs, not the one it replaced" runs_another_than "$before"
    check "what was set is kept" on_router sh -c '[ "$(uci get luytre.main.strict)" = 1 ]'
    check "the newer settings lie beside it" grep -qx '# newer' "$root/etc/config/luytre.apk-new"
    check "the family's rule still holds" soon says 192.168.1.1 forbidden.example A "$page"
    check "a sysupgrade would keep the setting that somebody changed" \
        [ "$(changed_conffiles)" = /etc/config/luytre ]
}

runs_another_than() { [ "$1" != "$(pid_of daemon)" ] && kill -0 "$(pid_of daemon)"; }

# What OpenWrt's sysupgrade looks for: files that are no longer as the package brought them.
changed_conffiles() {
    while read -r file hash; do
        [ "$(sha256sum <"$root$file" | cut -d' ' -f1)" = "$hash" ] || echo "$file"
    done <"$root/lib/apk/packages/luytre.conffiles_static"
}

apk_is_removed() {
    on_router apk del luytre
    check "the .apk removed: dnsmasq answers" soon says 192.168.1.1 bet365.com A 192.0.2.1
    flash >"$work/flash.after"
    check "the .apk removed: on flash everything is as it was before, to the byte" \
        diff "$work/flash.before" "$work/flash.after"
}

# shellcheck shell=sh
# A provider's image: what the image builder takes from openwrt/imagebuilder, and what it makes of a router at its first
# start.

# What the image builder does: files laid over, packages configured without a running system.
flash_image() {
    cut_power
    cp -R "$source/openwrt/imagebuilder/files/." "$root/"
    cat >>"$root/etc/luytre/provider.conf" <<'END'
LISTS="https://mirror.provider.example/list https://lists.example/list"
UPSTREAM="udp://198.51.100.53"
NAME="VNTT · 1800 1234"
HEALTH="https://health.provider.example/luytre"
EDITION=small
RING=late
LABEL="echo vnpt-48a7-22b1"
CLOSE_ROOT=1
POLICY="https://isp.example/fleet/policy.json"
END
    mkdir -p "$root/etc/dropbear"
    echo 'ssh-ed25519 AAAA provider' >"$root/etc/dropbear/authorized_keys"
    sed -i 's/^root:[^:]*:/root::/' "$root/etc/shadow"
    printf '{}' >"$root/etc/luytre/root.json"
}

# OpenWrt's /etc/init.d/boot: each script once.
first_start() {
    for script in "$root"/etc/uci-defaults/*; do
        ! on_router sh "/etc/uci-defaults/$(basename "$script")" || rm -f "$script"
    done
    boot
}

# telling: whom health reports would reach, whether a parent agreed, and when they were sent last.
telling() {
    on_router luytre status --json >"$work/told"
    told '["to", "consent", "sent"].map((key) => it.health_report[key]).join()'
}

image_is_preset() {
    flash_image
    first_start
    check "a provider's image filters at its first start" soon says 192.168.1.1 bet365.com A "$page"
    check "it asks the provider's mirror first, then the centre" [ "$(on_router uci get luytre.main.list_url)" = \
        "https://mirror.provider.example/list https://lists.example/list" ]
    check "its servers, edition and ring are taken in" [ "$(grep -cxE \
        'LUYTRE_(UPSTREAM__SERVERS=udp://198.51.100.53|LIST__EDITION=small|LIST__RING=late)' \
        "$root/tmp/run/procd/luytre/daemon/env")" = 3 ]
    check "and its name, for the pages" grep -qx "LUYTRE_WEB__PROVIDER='''VNTT · 1800 1234'''" \
        "$root/tmp/run/procd/luytre/daemon/env"
    check "where health reports would go, of which none goes out before a parent agrees" \
        [ "$(telling)" = health.provider.example,false, ]
    check "the first account is made by the code on the label" \
        [ "$(on_router env LUYTRE_WEB__SETUP_CODE_FILE=/etc/luytre/setup-code luytre setup-code | awk '{ print $NF }')" = \
            vnpt-48a7-22b1 ]
    check "which only the daemon reads" [ "$(stat -c %u:%a "$root/etc/luytre/setup-code")" = 553:600 ]
    check "root has no password that anybody could know" grep -q '^root:\*:' "$root/etc/shadow"
    check "the script is gone, and does not undo what people set" [ ! -e "$root/etc/uci-defaults/95-luytre-provider" ]
    on_router sh -c 'uci set luytre.main.strict=1 && uci commit luytre'
    cp "$source/openwrt/imagebuilder/files/etc/uci-defaults/95-luytre-provider" "$root/tmp/again"
    on_router uci show luytre | sort >"$work/uci.before"
    on_router sh /tmp/again && on_router uci show luytre | sort >"$work/uci.after"
    check "a first start that is cut short and begun again ends the same" cmp "$work/uci.before" "$work/uci.after"
    cut_power
    boot
    check "what people set stays" [ "$(on_router uci get luytre.main.strict)" = 1 ]
}

# What the provider signed is kept where a sysupgrade finds it; here it has come already, and says more than the image.
image_has_a_policy() {
    env="$root/tmp/run/procd/luytre/daemon/env"
    check "without the provider's keys no policy is taken" [ "$(grep -c OPERATOR "$env")" = 0 ]
    (cd "$work" && "$hub" policy new-key --dir operator) >/dev/null
    printf 'provider = "of the policy"\nlist.ring = "early"\nupstream.bootstrap = ["198.51.100.54"]\n' >"$work/draft.toml"
    (cd "$work" && "$hub" policy sign draft.toml --dir operator --to policy.json) >/dev/null
    cp "$work/operator/operator.json" "$root/etc/luytre/operator.json"
    cp "$work/policy.json" "$root/srv/luytre/policy.json"
    service restart
    check "with them the policy's address is taken in" grep -qxF \
        LUYTRE_OPERATOR__POLICY=https://isp.example/fleet/policy.json "$env"
    check "a policy that is kept is in force at once" soon policy_says 'version 1, sets upstream.bootstrap, list.ring'
    check "and what the image says itself stands over it" policy_says "own configuration stands over list.ring, web.provider"
    check "a sysupgrade keeps the policy" grep -qx /srv/luytre/policy.json "$root/lib/upgrade/keep.d/luytre"
    mkdir -p "$root/rom/etc/luytre"
    (cd "$work" && "$hub" policy new-key --dir operator) >/dev/null
    cp "$work/operator/operator.json" "$root/rom/etc/luytre/operator.json"
    cp "$source/openwrt/imagebuilder/files/etc/uci-defaults/95-luytre-provider" "$root/tmp/again"
    on_router sh /tmp/again
    check "and the keys of the newer image count" cmp "$work/operator/operator.json" "$root/etc/luytre/operator.json"
    rm -rf "$root/rom" "$root/etc/luytre/operator.json" "$root/srv/luytre/policy.json"
    on_router sh -c 'uci delete luytre.main.policy; uci commit luytre'
}

policy_says() { on_router luytre status | grep '^policy ' | grep -qF "$1"; }

image_is_careful() {
    cp "$source/openwrt/imagebuilder/files/etc/uci-defaults/95-luytre-provider" "$root/tmp/again"
    rm "$root/etc/luytre/setup-code" "$root/etc/dropbear/authorized_keys"
    sed -i 's/^root:[^:]*:/root::/' "$root/etc/shadow"
    for label in 'echo 1234' 'exit 1' 'echo "<>/!"'; do
        printf 'LABEL=%s\n' "'$label'" >>"$root/etc/luytre/provider.conf"
        on_router sh /tmp/again
        check "a label's command that prints no code ($label) leaves none" [ ! -e "$root/etc/luytre/setup-code" ]
    done
    check "which the log says" soon grep -q 'prints no code' "$root/tmp/log"
    check "without the provider's keys root is not closed" grep -q '^root::' "$root/etc/shadow"
    rm -f "$root/etc/luytre/provider.conf"
    check "without its settings nothing happens" on_router sh /tmp/again
    sed -i 's/^root::/root:x:/' "$root/etc/shadow"
    rm -rf "$root/etc/dropbear" "$root/etc/uci-defaults"
}

# shellcheck shell=sh
# The package itself, without a router.

scripts_are_clean() {
    for script in etc/init.d/luytre usr/lib/luytre/settings.sh usr/lib/luytre/dnsmasq.sh etc/hotplug.d/ntp/30-luytre; do
        check "$script passes shellcheck" shellcheck -s dash -e SC1091 "$source/openwrt/files/$script"
        check "$script runs under busybox ash" busybox ash -n "$source/openwrt/files/$script"
    done
    for script in control/postinst control/prerm control/postrm; do
        check "$script passes shellcheck" shellcheck "$source/openwrt/$script"
        check "$script runs under busybox ash" busybox ash -n "$source/openwrt/$script"
    done
    for script in "$source/openwrt/pack" "$source/openwrt/feed" "$here/run" "$here"/*.sh; do
        check "$(basename "$script") passes shellcheck" shellcheck -x -s sh -e SC1091,SC2016,SC2034,SC2154 "$script"
    done
    check "capability files name all five sets" five_sets
}

# A set that is left out means every capability there is.
five_sets() {
    for file in "$source"/openwrt/files/etc/capabilities/*.json; do
        for set in bounding effective ambient permitted inheritable; do
            grep -q "\"$set\": \[ \"CAP_[A-Z_]*\" \]" "$file" || return 1
        done
    done
}

packages_are_the_same() {
    "$source/openwrt/pack" "$luytre" x86_64 "$work/one" >/dev/null
    mkdir -p "$work/elsewhere/umask"
    (umask 077 && cp -R "$source/openwrt" "$work/elsewhere/" && cp "$source/Cargo.toml" "$work/elsewhere/" &&
        SOURCE_DATE_EPOCH=$(git -C "$source" log -1 --format=%ct) \
            "$work/elsewhere/openwrt/pack" "$luytre" x86_64 "$work/two" >/dev/null)
    mv "$work"/one/*.ipk "$package"
    check "the package is the same, made elsewhere and under another umask" cmp "$package" "$work"/two/*.ipk
    tar -xzOf "$package" ./data.tar.gz | tar -tvzf - >"$work/contents"
    check "it holds nothing but files of root, without special bits" \
        awk '$2 != "0/0" || $1 !~ /^[d-]rw[x-]r-[x-]r-[x-]$/ { print; bad = 1 } END { exit bad }' "$work/contents"
    awk '!/\/$/ { print "    " $1, $3, $6 }' "$work/contents"
}

feed_is_signed() {
    mkdir -p "$work/feed"
    cp "$package" "$work/feed/luytre_0.1.0-r1_x86_64.ipk"
    openssl genpkey -algorithm ed25519 -out "$work/feed.pem"
    "$source/openwrt/feed" "$work/feed" "$work/feed.pem"
    check "the feed's index names each package with its hash" \
        grep -q "SHA256sum: $(sha256sum "$package" | cut -d' ' -f1)" "$work/feed/Packages"
    check "its signature is good, in usign's form" signature_is_good
    echo >>"$work/feed/Packages"
    check "a changed index is refused" fails signature_is_good
}

# By the two files alone: "Ed", the key's name, and then 32 bytes of key or 64 of signature.
signature_is_good() {
    sed -n 2p "$work/feed/luytre.pub" | base64 -d >"$work/pub"
    sed -n 2p "$work/feed/Packages.sig" | base64 -d >"$work/sig"
    [ "$(head -c 10 "$work/pub" | od -An -tx1)" = "$(head -c 10 "$work/sig" | od -An -tx1)" ] || return 1
    # A public key's DER form is these twelve bytes and the key (RFC 8410).
    { printf '\060\052\060\005\006\003\053\145\160\003\041\000' && tail -c 32 "$work/pub"; } >"$work/pub.der"
    tail -c 64 "$work/sig" >"$work/sig.raw"
    openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$work/pub.der" -in "$work/feed/Packages" \
        -sigfile "$work/sig.raw"
}

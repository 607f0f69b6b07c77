# shellcheck shell=sh
# The package itself, without a router.

scripts_are_clean() {
    for script in etc/init.d/luytre usr/lib/luytre/settings.sh usr/lib/luytre/dnsmasq.sh etc/hotplug.d/ntp/30-luytre \
        usr/libexec/rpcd/luytre; do
        check "$script passes shellcheck" shellcheck -s dash -e SC1091 "$source/openwrt/files/$script"
        check "$script runs under busybox ash" busybox ash -n "$source/openwrt/files/$script"
    done
    for script in control/postinst control/prerm control/postrm luci-app-luytre/control/postinst \
        luci-app-luytre/control/postrm; do
        check "$script passes shellcheck" shellcheck "$source/openwrt/$script"
        check "$script runs under busybox ash" busybox ash -n "$source/openwrt/$script"
    done
    for script in "$source/openwrt/pack" "$source/openwrt/feed" "$here/run" "$here"/*.sh; do
        check "$(basename "$script") passes shellcheck" shellcheck -x -s sh -e SC1091,SC2016,SC2034,SC2154 "$script"
    done
    check "the provider's first start passes shellcheck" shellcheck -s dash -e SC1091 \
        "$source/openwrt/imagebuilder/files/etc/uci-defaults/95-luytre-provider"
    check "and runs under busybox ash" busybox ash -n \
        "$source/openwrt/imagebuilder/files/etc/uci-defaults/95-luytre-provider"
    for script in adb.py apk lmo; do
        check "$script compiles" python3 -c 'compile(open(__import__("sys").argv[1]).read(), "", "exec")' "$source/openwrt/$script"
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
    "$source/openwrt/pack" luytre x86_64 "$work/feed" "$luytre" >/dev/null
    mkdir -p "$work/elsewhere/umask"
    (umask 077 && cp -R "$source/openwrt" "$work/elsewhere/" && cp "$source/Cargo.toml" "$work/elsewhere/" &&
        SOURCE_DATE_EPOCH=$(git -C "$source" log -1 --format=%ct) \
            "$work/elsewhere/openwrt/pack" luytre x86_64 "$work/two" "$luytre" >/dev/null)
    for kind in ipk apk; do
        check "the .$kind is the same, made elsewhere and under another umask" cmp "$work"/feed/*.$kind "$work"/two/*.$kind
    done
    cp "$work"/feed/*.ipk "$package"
    tar -xzOf "$package" ./data.tar.gz | tar -tvzf - >"$work/contents"
    check "it holds nothing but files of root, without special bits" \
        awk '$2 != "0/0" || $1 !~ /^[d-]rw[x-]r-[x-]r-[x-]$/ { print; bad = 1 } END { exit bad }' "$work/contents"
    awk '!/\/$/ { print "    " $1, $3, $6 }' "$work/contents"
}

# By a reader that shares nothing with the packager.
reader() { node "$here/apk.mjs" "$@"; }

apk_is_whole() {
    check "the .apk's every value, hash and offset is right" reader unpack "$work"/feed/*.apk "$work/apk"
    check "it holds the .ipk's files, to the byte and the mode, and apk's notes" same_files
    check "it names the user that OpenWrt makes" \
        grep -qx luytre=553:luytre=553 "$work/apk/files/lib/apk/packages/luytre.rusers"
    check "and by their hashes the files that are people's" conffiles_are_named
    for change in 5 1000 100000; do
        cp "$work"/feed/*.apk "$work/changed.apk"
        printf X | dd of="$work/changed.apk" bs=1 seek=$change conv=notrunc 2>/dev/null
        check "changed at byte $change, it is refused" fails reader unpack "$work/changed.apk" "$work/changed"
    done
    if command -v apk >/dev/null; then
        check "apk-tools takes the package for good" apk verify --allow-untrusted "$work"/feed/*.apk
    else
        skip "there are no apk-tools 3 here: only the test's own reader has read the .apk"
    fi
}

same_files() {
    mkdir -p "$work/ipk"
    tar -xzOf "$package" ./data.tar.gz | tar -xzf - -C "$work/ipk"
    (cd "$work/ipk" && find . -type f -printf '%m %p\n' | sort) >"$work/ipk.files"
    (cd "$work/apk/files" && find . -type f -printf '%m %p\n' | grep -v ' \./lib/apk/' | sort) >"$work/apk.files"
    cmp "$work/ipk.files" "$work/apk.files" && diff -r "$work/ipk" "$work/apk/files" | grep -v '^Only in .*/lib: apk$' |
        fails grep .
}

conffiles_are_named() {
    while read -r file hash; do
        echo "$hash  $work/apk/files$file"
    done <"$work/apk/files/lib/apk/packages/luytre.conffiles_static" >"$work/conffiles"
    [ "$(wc -l <"$work/conffiles")" = 2 ] && sha256sum -c --quiet "$work/conffiles"
}

feed_is_signed() {
    openssl genpkey -algorithm ed25519 -out "$work/feed.pem"
    openssl ecparam -name prime256v1 -genkey -noout -out "$work/apk.pem"
    "$source/openwrt/feed" "$work/feed" "$work/feed.pem" "$work/apk.pem"
    check "opkg's index names each package with its hash" \
        grep -q "SHA256sum: $(sha256sum "$package" | cut -d' ' -f1)" "$work/feed/Packages"
    check "its signature is good, in usign's form" signature_is_good
    echo >>"$work/feed/Packages"
    check "a changed index is refused" fails signature_is_good
    check "apk's index is signed, and names each package with its hash" \
        reader verify "$work/feed/packages.adb" "$work/feed/luytre.pem" "$work"/feed/*.apk
    openssl ecparam -name prime256v1 -genkey -noout | openssl pkey -pubout -out "$work/other.pem"
    check "by nobody else's key" \
        fails reader verify "$work/feed/packages.adb" "$work/other.pem" "$work"/feed/*.apk
    check "a key of the wrong kind is refused by name" \
        sh -c '"$1/openwrt/apk" index "$2/wrong.adb" --key "$2/feed.pem" "$2"/feed/*.apk 2>&1 | grep "no P-256 key"' \
        sh "$source" "$work"
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

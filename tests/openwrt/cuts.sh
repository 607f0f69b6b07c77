# shellcheck shell=sh
# Installations and settings that are cut short: by SIGKILL, for every process of the router or for ours alone.

# An answer, ours or dnsmasq's: the home has DNS.
router_answers() { says 192.168.1.1 bet365.com A 192.0.2.1 || says 192.168.1.1 bet365.com A "$page"; }

# now: a moment, in milliseconds.
now() { echo $(($(date +%s%N) / 1000000)); }

# time_of COMMAND...: how long it takes, in milliseconds.
time_of() {
    began=$(now)
    "$@" >/dev/null 2>&1
    echo $(($(now) - began))
}

# cut_after MILLISECONDS CUT COMMAND...: begins the command and cuts it short.
cut_after() {
    moment=$1 cut=$2
    shift 2
    "$@" >/dev/null 2>&1 &
    cut_short=$!
    sleep "$(printf '%d.%03d' $((moment / 1000)) $((moment % 1000)))"
    # What stands still starts nothing more.
    kill -STOP $cut_short 2>/dev/null || true
    # shellcheck disable=SC2046 # numbers, to be split
    kill -9 $cut_short $(pgrep -P $cut_short) 2>/dev/null || true
    wait $cut_short 2>/dev/null || true
    "$cut"
}

fresh_apk() {
    rm -rf "$root/tmp/apk" && cp -R "$work/apk" "$root/tmp/apk"
}

add_apk() { on_router apk add /tmp/apk; }

apk_is_cut() {
    count=$(find "$work/apk/files" -type f | wc -l)
    good=0
    for files in $(seq 0 $((count - 1))); do
        fresh_apk
        ! on_router apk add /tmp/apk "$files" 2>/dev/null || return 1
        cut_power
        boot
        ! soon router_answers || good=$((good + 1))
    done
    check "an .apk cut short within each of $count files leaves a router that answers" [ $good = "$count" ]
    fresh_apk
    check "and is made good by the next" add_apk
    check "which filters" says 192.168.1.1 bet365.com A "$page"
    on_router apk del luytre
    fresh_apk
    length=$(time_of add_apk)
    good=0
    for part in $(seq 0 9); do
        on_router apk del luytre
        fresh_apk
        cut_after $((length * part / 10)) cut_power add_apk
        boot
        ! soon router_answers || good=$((good + 1))
        fresh_apk
        add_apk
    done
    check "so does one cut short at 10 moments of the $length ms that all of it takes" [ $good = 10 ]
    check "and the next filters" says 192.168.1.1 bet365.com A "$page"
    on_router apk del luytre
}

upgrade_apk() {
    fresh_apk
    add_apk
}

upgrade_ipk() {
    cp "$package" "$root/tmp/"
    on_router opkg upgrade "/tmp/$(basename "$package")"
}

# upgrade_is_cut KIND COMMAND: the power fails at 10 moments of an upgrade, and each is made good by the next.
upgrade_is_cut() {
    write_family
    "$2" >/dev/null 2>&1
    cp "$root/etc/luytre/family.toml" "$work/family.before"
    on_router uci show luytre >"$work/uci.before"
    length=$(time_of "$2")
    good=0 whole=0 better=0
    for part in $(seq 0 9); do
        cut_after $((length * part / 10)) cut_power "$2"
        boot
        ! soon router_answers || good=$((good + 1))
        ! same_settings || whole=$((whole + 1))
        "$2" >/dev/null 2>&1
        ! soon says 192.168.1.1 forbidden.example A "$page" || better=$((better + 1))
    done
    check "an upgrade of the $1 cut short at 10 moments of its $length ms leaves a router that answers" [ $good = 10 ]
    check "with the family's rules and the settings as they were" [ $whole = 10 ]
    check "and the next one filters by them" [ $better = 10 ]
}

same_settings() {
    on_router uci show luytre >"$work/uci.after" &&
        cmp "$work/uci.before" "$work/uci.after" && cmp "$work/family.before" "$root/etc/luytre/family.toml"
} >/dev/null

# Two settings that change together: strict and the page's port.
wish() { on_router sh -c "uci set luytre.main.strict=$1 && uci set luytre.main.page_port=$2"; }

# What stands in the file.
settings_stand() { on_router sh -c 'echo "$(uci get luytre.main.strict) $(uci get luytre.main.page_port)"'; }

take_settings() {
    on_router uci commit luytre
    event "config.change luytre"
}

# Our scripts and the daemon, and nothing else of the router; procd starts the daemon again.
kill_ours() {
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/root" 2>/dev/null)" = "$root" ] || continue
        case $({ tr '\0' ' ' <"$process/cmdline"; } 2>/dev/null) in
            *init.d/luytre* | *sbin/luytre\ run* | uci\ *) kill -9 "${process#/proc/}" 2>/dev/null || true ;;
        esac
    done
}

# settings_are_whole: one of both wishes, which the daemon runs by, and DNS.
settings_are_whole() {
    stand=$(settings_stand)
    case $stand in
        '0 8088') strict=false ;;
        '1 8089') strict=true ;;
        *) echo "settings: $stand" && return 1 ;;
    esac
    soon says 192.168.1.1 bet365.com A "$page" && says 192.168.1.1 whole.example A 192.0.2.1 || return 1
    tr '\0' '\n' <"/proc/$(pid_of daemon)/environ" >"$work/environ"
    grep -qx "LUYTRE_WEB__LISTEN=0.0.0.0:${stand#* },\[::\]:${stand#* }" "$work/environ" &&
        grep -qx "LUYTRE_FIREWALL__STRICT=$strict" "$work/environ"
}

# cut_settings CUT AGAIN: changes both to and fro, and cuts each change short: before each of uci's calls that change a
# file and after the last, and at 6 moments of all that follows from it.
cut_settings() {
    stand='0 8088' good=0 kept=0
    for call in ftruncate write fsync chmod rename exit_group; do
        wish_otherwise
        cut_commit $call "$1"
        "$2"
        settle
    done
    for part in 0 1 2 3 4 5; do
        wish_otherwise
        cut_after $((length * part / 6)) "$1" take_settings
        "$2"
        settle
    done
    echo "    12 cuts: $kept before the change, $((12 - kept)) after it"
}

# Both sides were met: else no cut was within the change.
all_good() { [ "$good" = 12 ] && [ "$kept" -gt 0 ] && [ "$kept" -lt 12 ]; }

wish_otherwise() {
    before=$stand
    if [ "$before" = '0 8088' ]; then wish 1 8089; else wish 0 8088; fi
}

settle() {
    if settings_are_whole; then good=$((good + 1)); else echo "    cut: $stand"; fi
    [ "$stand" != "$before" ] || kept=$((kept + 1))
}

# cut_commit CALL CUT: uci is killed where it would empty its note of the change, write the new file, sync it, give it its
# rights, put it in place, or is done.
cut_commit() {
    strace -qq -o "$work/strace" -e "trace=$1" -e "inject=$1:signal=KILL" chroot "$root" /sbin/uci commit luytre || true
    "$2"
}

restart_service() { service restart; }

settings_are_cut() {
    wish 1 8089
    take_settings
    wish 0 8088
    length=$(time_of take_settings)
    cut_settings cut_power boot
    check "settings whose change a power cut ends at 12 moments are the old or the new ones, in force" all_good
    wish 0 8088
    take_settings
    cut_settings kill_ours restart_service
    check "and so when the scripts and the daemon alone are killed" all_good
    wish 0 8088
    take_settings
    on_router sh -c 'uci delete luytre.main.page_port && uci commit luytre'
    event "config.change luytre"
}

family_is_cut() {
    service restart
    code=$(on_router luytre setup-code | awk '{ print $NF }')
    check "what the page saves while the daemon is killed, at 40 moments, is whole, in force, and kept if confirmed" \
        on_device python3 "$here/saves.py" 192.168.1.1 8088 "$code" "$root/tmp/run/procd/luytre/daemon/pid" "$page" 40
    sed 's/^/    /' "$work/output"
}

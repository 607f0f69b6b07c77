# shellcheck shell=sh
# Counting, and the commands that scenarios are made of.
passed=0 failed=0 skipped=0

# check WHAT COMMAND...: one counted check; goes on after a failure.
check() {
    what=$1
    shift
    if "$@" >"$work/output" 2>&1; then
        echo "ok: $what"
        passed=$((passed + 1))
    else
        echo "FAILED: $what"
        sed 's/^/    /' "$work/output"
        failed=$((failed + 1))
    fi
}

# fails COMMAND...: the opposite.
fails() { ! "$@"; }

skip() {
    echo "SKIPPED: $*"
    skipped=$((skipped + 1))
}

finish() {
    [ "$failed" -eq 0 ] || { echo "the router's log:" && tail -n 60 "$root/tmp/log" 2>/dev/null; }
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ] || exit 1
    exit 0
}

# on_router COMMAND...: as root of the router.
on_router() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/ "$@"; }

service() { on_router /etc/init.d/luytre "$@"; }

# soon COMMAND...: until it succeeds, for up to 15 s.
soon() {
    until_then=$(($(date +%s) + 15))
    until "$@"; do
        [ "$(date +%s)" -lt $until_then ] || return 1
        sleep 0.1
    done
}

# says SERVER NAME TYPE ANSWER: what the device's question gets.
says() { on_device dig +time=2 +tries=1 +short "@$1" "$2" "$3" | grep -qx -- "$4"; }

# shellcheck shell=sh
# What an operator and LuCI see: `ubus call luytre`, by rpcd's plugin as rpcd would run it, for there is no rpcd here.

# ubus_call METHOD [ARGUMENTS]: into $work/told, which must be JSON.
ubus_call() {
    printf '%s' "${2:-{\}}" | on_router /usr/libexec/rpcd/luytre call "$1" >"$work/told"
    node -e 'JSON.parse(require("fs").readFileSync(process.argv[1]))' "$work/told"
}

told() { node -p "const it = JSON.parse(require('fs').readFileSync('$work/told')); $1"; }

tells() { [ "$(told "$1")" = "$2" ]; }

operator_asks() {
    on_router /usr/libexec/rpcd/luytre list >"$work/signatures.json"
    says 192.168.1.1 example.org A 192.0.2.1 || true
    check "ubus call luytre status says how the service is" ubus_call status
    cp "$work/told" "$work/status.json"
    data_model_is_true
    check "that it runs, and its list" tells 'it.running && it.enabled && it.list.state' starter
    check "that the ways round are closed" tells it.firewall on
    check "and nothing else: no name, no device, no count of questions" tells 'Object.keys(it).sort().join()' \
        concerns,enabled,firewall,list,page_port,policy,root_is_open,running,strict,update,upstream,uptime_s,version
    check "neither name nor address of a device is in it" \
        fails grep -iE 'example\.org|192\.168\.|bet365|([0-9a-f]{2}:){5}' "$work/told"
    check "ubus call luytre sync says why no list is looked for" ubus_call sync
    check "where none is configured" tells 'it.error.includes("[list] urls")' true
    check "ubus call luytre pause cuts the house off" ubus_call pause '{"minutes":5,"ubus_rpc_session":"0"}'
    check "until it is over" tells '/cut off until 2/.test(it.done)' true
    check "nobody gets an answer" soon says 192.168.1.1 paused.example A "$page"
    ubus_call pause '{"minutes":"0"}'
    check "and 0 lifts it" soon says 192.168.1.1 paused.example A 192.0.2.1
    check "the family finds both in its log" [ "$(grep -c '"pause"' "$root/srv/luytre/audit.jsonl")" = 2 ]
    for wrong in '{}' '{"minutes":"$(reboot)"}' '{"minutes":"5}' '{"minutes":-1}' '{"minutes":99999999}' 'no JSON' '"\"'; do
        check "pause refuses $wrong" ubus_call pause "$wrong"
        check "and says why" tells 'it.error.length > 0' true
    done
    on_router sh -c 'uci set luytre.main.page_port="80,\"x\":1" && uci set luytre.main.strict="a\"b"'
    check "settings that break JSON are not passed on" ubus_call status
    check "but replaced" tells it.page_port,it.strict false
    on_router sh -c 'uci revert luytre.main.page_port; uci revert luytre.main.strict'
    service stop
    ubus_call status
    check "stopped, it says so" tells 'it.running || it.error.includes("no daemon answers")' true
    service start
}

# What a TR-369 agent with bbfdm reads, against what it is mapped to.
data_model_is_true() {
    log=$work/datamodel.log
    node "$here/datamodel.mjs" "$root/usr/share/bbfdm/micro_services/luytre.json" "$root/etc/bbfdm/services/luytre.json" \
        "$work/signatures.json" "$work/status.json" "$source/openwrt/files/etc/config/luytre" "$source/docs/for-isps.md" | tee "$log" || true
    count_lines
    skip "there is no bbfdm here: the data model is checked against its documents and what it is mapped to"
}

# count_lines: what a program of ours printed into $log.
count_lines() {
    passed=$((passed + $(awk '/^ok: / { n++ } END { print n + 0 }' "$log")))
    failed=$((failed + $(awk '/^FAILED: / { n++ } END { print n + 0 }' "$log")))
}

luci_page_is_shown() {
    "$source/openwrt/pack" luci-app-luytre all "$work/luci" >/dev/null
    reader unpack "$work"/luci/*.apk "$work/luci/apk"
    log=$work/luci.log
    node "$here/luci.mjs" "$source/openwrt/luci-app-luytre" "$work/signatures.json" "$work/status.json" \
        "$work/luci/apk/files/usr/lib/lua/luci/i18n/luytre.vi.lmo" | tee "$log" || true
    count_lines
    skip "there is no LuCI, rpcd or ubus here: the page runs under node with a stand-in for LuCI's modules"
}

# shellcheck shell=dash disable=SC2154 # config_get sets the settings
# What /etc/config/luytre says, as variables that stand over luytre.toml. Needs OpenWrt's functions.sh.

# Settings of people; kept over a sysupgrade.
SETTINGS=/etc/luytre
CONFIG=$SETTINGS/luytre.toml
# What the daemon keeps: on flash, for /var is memory.
STATE=/srv/luytre
# Sockets, and notes of what was changed until the next boot.
RUN=/var/run/luytre
# Blocked names lead here, so that the block page has a port 80 that is not LuCI's. From the range for benchmarks
# (RFC 2544), which no home uses, and from our own unique local prefix.
PAGE_V4=198.18.53.53
PAGE_V6=fd6c:7579:7472:6500::53

# load_settings: reads the section `main`.
load_settings() {
	config_load luytre
	config_get_bool enabled main enabled 1
	config_get_bool firewall main firewall 1
	config_get_bool strict main strict 0
	config_get interfaces main interface
	[ -n "$interfaces" ] || interfaces=$(served_networks)
	interfaces=${interfaces:-lan}
	config_get upstream main upstream
	config_get list_url main list_url
	config_get edition main edition
	config_get ring main ring
	config_get page_port main page_port 8088
	config_get provider main provider
	config_get policy main policy
	config_get local_port main local_port 5054
	config_get health main health
}

# environment: prints a variable a line, NAME=VALUE, in the same order whenever nothing has changed.
environment() {
	local devices zones
	devices=$(each_of device_of "$interfaces")
	zones=$(local_zones)
	echo "LUYTRE_STATE__DIR=$STATE"
	echo "LUYTRE_FAMILY__FILE=$SETTINGS/family.toml"
	# Redirected questions come to whichever address the kernel picks; who may ask is [listen] lan's to say.
	echo "LUYTRE_LISTEN__DNS=0.0.0.0:53,[::]:53"
	echo "LUYTRE_LISTEN__LAN=$(commas auto "$(each_of prefixes_of "$interfaces")")"
	echo "LUYTRE_WEB__LISTEN=0.0.0.0:$page_port,[::]:$page_port"
	echo "LUYTRE_REPLY__ADDRESS=$PAGE_V4,$PAGE_V6"
	[ -z "$provider" ] || echo "LUYTRE_WEB__PROVIDER='''$(printf %s "$provider" | tr -d "'\n")'''"
	[ -z "$health" ] || echo "LUYTRE_HEALTH__SEND_TO=$health"
	[ -z "$upstream" ] || echo "LUYTRE_UPSTREAM__SERVERS=$(commas "$upstream")"
	# Zones that somebody wrote into luytre.toml are his to keep.
	[ -z "$zones" ] || grep -qs '^[[:space:]]*zones' "$CONFIG" || echo "LUYTRE_UPSTREAM__ZONES={ $zones }"
	[ -z "$list_url" ] || echo "LUYTRE_LIST__URLS=$(commas "$list_url")"
	[ ! -e "$SETTINGS/root.json" ] || echo "LUYTRE_LIST__ROOT=$SETTINGS/root.json"
	[ -z "$edition" ] || echo "LUYTRE_LIST__EDITION=$edition"
	[ -z "$ring" ] || echo "LUYTRE_LIST__RING=$ring"
	# Without the keys that sign it nothing may come from there.
	if [ -n "$policy" ] && [ -e "$SETTINGS/operator.json" ]; then
		echo "LUYTRE_OPERATOR__POLICY=$policy"
		echo "LUYTRE_OPERATOR__KEYS=$SETTINGS/operator.json"
	fi
	[ ! -e "$SETTINGS/setup-code" ] || echo "LUYTRE_WEB__SETUP_CODE_FILE=$SETTINGS/setup-code"
	if [ "$firewall" = 1 ] && [ -n "$devices" ]; then
		echo "LUYTRE_FIREWALL__ENABLED=true"
		echo "LUYTRE_FIREWALL__LAN_INTERFACES=$(commas "$devices")"
		echo "LUYTRE_FIREWALL__STRICT=$([ "$strict" = 1 ] && echo true || echo false)"
		echo "LUYTRE_FIREWALL__HELPER=$RUN/helper.sock"
	fi
}

# with_environment COMMAND...: runs it as the daemon would be.
with_environment() {
	local line variables
	variables=$(environment)
	while read -r line; do
		set -- "$line" "$@"
	done <<-END
		$variables
	END
	env "$@"
}

# commas WORDS...: joins them.
commas() {
	# shellcheck disable=SC2048,SC2086 # words, to be split
	set -- $*
	local IFS=,
	echo "$*"
}

# each_of FUNCTION WORDS: what it prints for each, in one line.
each_of() {
	local word out=
	for word in $2; do
		out="$out $("$1" "$word")"
	done
	# shellcheck disable=SC2086 # spaces, to be put right
	echo $out
}

# device_of NETWORK: before the network is up /etc/config/network says it.
device_of() {
	local device=
	network_get_device device "$1" || device=$(uci -q get "network.$1.device")
	echo "$device"
}

# prefixes_of NETWORK: public prefixes that the provider gave it; private ones are of the home anyway.
prefixes_of() {
	local prefixes=
	network_get_prefix_assignments6 prefixes "$1" 2>/dev/null || return 0
	each_of public_prefix "$prefixes"
}

public_prefix() {
	case $1 in
		[23]*:*/*) echo "$1" ;;
	esac
}

# local_zones: entries of a TOML table, for names that dnsmasq alone knows: the home's domain, the zones of its own
# servers, and the addresses of the home.
local_zones() {
	local zone out=
	for zone in $(dnsmasq_zones) $(each_of reverse_zone "$interfaces"); do
		case $out in *"\"$zone\" ="*) continue ;; esac
		out="$out${out:+, }\"$zone\" = [\"udp://127.0.0.1:$local_port\"]"
	done
	echo "$out"
}

# reverse_zone NETWORK: 1.168.192.in-addr.arpa for 192.168.1.1/24; whole bytes of the mask.
reverse_zone() {
	local address mask first second third rest
	address=$(uci -q get "network.$1.ipaddr")
	mask=$(uci -q get "network.$1.netmask")
	address=${address%% *}
	case $address in *.*.*.*) ;; *) return 0 ;; esac
	case $address in */*) mask=${address#*/} address=${address%/*} ;; esac
	IFS=. read -r first second third rest <<-END
		$address
	END
	: "$rest"
	case $mask in
		255.255.255.* | 24 | 25 | 26 | 27 | 28 | 29 | 30 | '') echo "$third.$second.$first.in-addr.arpa" ;;
		255.255.* | 16 | 17 | 18 | 19 | 20 | 21 | 22 | 23) echo "$second.$first.in-addr.arpa" ;;
		*) echo "$first.in-addr.arpa" ;;
	esac
}

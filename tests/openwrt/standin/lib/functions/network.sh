# shellcheck shell=dash disable=SC2034
# Stand-in for OpenWrt's network.sh: a network is up when its device is there.
network_get_device() {
	_device=$(uci -q get "network.$2.device")
	[ -e "/sys/class/net/$_device" ] || return 1
	eval "$1=\$_device"
}

network_get_prefix_assignments6() {
	_prefixes=$(cat "/tmp/prefixes.$2" 2>/dev/null) || return 1
	eval "$1=\$_prefixes"
}

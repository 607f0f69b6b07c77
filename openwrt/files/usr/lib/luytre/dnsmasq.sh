# shellcheck shell=dash disable=SC2154 # config_get sets the settings
# Takes DNS over from dnsmasq, which keeps DHCP, leases and the names of the home, and gives it back.
#
# /etc/config/dhcp is never written. What changes lies in /var/state, UCI's own place for what holds until the next boot
# and what dnsmasq's init script reads over the file: so a power cut, a sysupgrade to an image without Luytre or an `rm`
# of everything here leaves exactly the router that was there before.

# The changes that stand in /var/state, a line each as `uci` takes them.
TAKEN=$RUN/taken
# Whether dnsmasq was told to start again.
has_restarted=

uci_state() { uci -q -P /var/state "$@"; }

# take_dns: returns when dnsmasq has left port 53. Nothing happens when nothing has changed since.
take_dns() {
	local wanted
	mkdir -p "$RUN" /var/state
	wanted=$(dnsmasq_changes)
	[ "$wanted" != "$(cat "$TAKEN" 2>/dev/null)" ] || return 0
	forget_changes
	# Written first: what a kill leaves half done is undone by this list.
	echo "$wanted" >"$TAKEN"
	local verb rest
	echo "$wanted" | while read -r verb rest; do
		uci_state "$verb" "$rest"
	done
	restart_dnsmasq
}

# give_back_dns: dnsmasq answers as it did before.
give_back_dns() {
	[ -e "$TAKEN" ] || return 0
	forget_changes
	restart_dnsmasq
}

forget_changes() {
	[ -e "$TAKEN" ] || return 0
	local verb rest
	while read -r verb rest; do
		uci_state revert "${rest%%=*}"
	done <"$TAKEN"
	rm -f "$TAKEN"
}

# Before it was started there is nothing to restart: it will read the same.
restart_dnsmasq() {
	[ -x /etc/init.d/dnsmasq ] || return 0
	/etc/init.d/dnsmasq running || return 0
	/etc/init.d/dnsmasq restart
	has_restarted=1
}

# The home's own names come from it: where it was told to start again it may take longer than we do.
until_dnsmasq_answers() {
	local waited=0
	[ -n "$has_restarted" ] || return 0
	grep -qs "port=$local_port\$" "$TAKEN" || return 0
	until is_held "$local_port" || [ "$waited" -ge "$PATIENCE" ]; do
		sleep 1
		waited=$((waited + 1))
	done
}

dnsmasq_changes() {
	local number=0
	while uci -q get "dhcp.@dnsmasq[$number]" >/dev/null; do
		moved_instance "dhcp.@dnsmasq[$number]"
		number=$((number + 1))
	done
	local pool
	for pool in $(dhcp_pools); do
		announced_by "dhcp.$pool"
	done
}

# moved_instance SECTION: off port 53, and without upstream servers: asked past us it knows only the home's own names.
moved_instance() {
	local server
	case $(uci -q get "$1.port") in
		'' | 53) ;;
		*) return 0 ;;
	esac
	echo "set $1.port=$local_port"
	echo "set $1.noresolv=1"
	echo "set $1.localuse=1"
	[ -n "$(uci -q get "$1.server")" ] || return 0
	echo "delete $1.server"
	for server in $(uci -q get "$1.server"); do
		case $server in
			/*) echo "add_list $1.server=$server" ;;
		esac
	done
}

# announced_by POOL: devices are told of this router (0.0.0.0 and [fe80::] mean itself to dnsmasq), which dnsmasq does
# unasked on port 53 only. odhcpd tells of it by DHCPv6 and router advertisements, whatever the port.
announced_by() {
	local option
	[ "$(uci -q get "$1.ignore")" != 1 ] || return 0
	[ -z "$(uci -q get "$1.dhcp_option")" ] || echo "delete $1.dhcp_option"
	for option in $(uci -q get "$1.dhcp_option"); do
		case $option in
			6,* | option:dns-server,* | option6:23,* | option6:dns-server,*) ;;
			*) echo "add_list $1.dhcp_option=$option" ;;
		esac
	done
	echo "add_list $1.dhcp_option=6,0.0.0.0"
	! dnsmasq_tells_ipv6 || echo "add_list $1.dhcp_option=option6:dns-server,[fe80::]"
	local servers
	servers=$(uci -q get "$1.dns")
	[ -z "$servers" ] || logger -t luytre -p daemon.warn \
		"devices of ${1#dhcp.} are told by IPv6 to ask $servers: take 'list dns' out of /etc/config/dhcp"
}

# Where there is no odhcpd; a dnsmasq that was built without DHCPv6 would not start with an option of it.
dnsmasq_tells_ipv6() {
	[ ! -x /usr/sbin/odhcpd ] && dnsmasq --version 2>/dev/null | grep -q ' DHCPv6\( \|$\)'
}

# served_networks: whose devices are given addresses, guests' among them: without us nobody would answer them any more.
served_networks() {
	local pool
	for pool in $(dhcp_pools); do
		[ "$(uci -q get "dhcp.$pool.ignore")" = 1 ] || uci -q get "dhcp.$pool.interface"
	done
}

dhcp_pools() {
	uci -q show dhcp | sed -n 's/^dhcp\.\([^.=]*\)=dhcp$/\1/p'
}

# dnsmasq_zones: the home's domain, and the zones that dnsmasq has servers of their own for.
dnsmasq_zones() {
	local number=0 server
	while uci -q get "dhcp.@dnsmasq[$number]" >/dev/null; do
		uci -q get "dhcp.@dnsmasq[$number].domain"
		for server in $(uci -q get "dhcp.@dnsmasq[$number].server"); do
			case $server in
				/?*/*) echo "$server" | cut -d/ -f2 ;;
			esac
		done
		number=$((number + 1))
	done
}

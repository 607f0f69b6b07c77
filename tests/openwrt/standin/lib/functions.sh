# shellcheck shell=dash
# Stand-in for OpenWrt's functions.sh: what Luytre's scripts use of it.
config_load() { _package=$1; }

config_get() {
	_value=$(uci -q get "$_package.$2.$3") || _value=$4
	eval "$1=\$_value"
}

config_get_bool() {
	config_get "$@"
	eval "case \$$1 in 1 | on | true | yes | enabled) $1=1 ;; *) $1=0 ;; esac"
}

# The user that the package's notes name, opkg's or apk's.
add_group_and_user() {
	local id
	id=$(sed -n 's/^Require-User: //p' /usr/lib/opkg/info/luytre.control 2>/dev/null)
	id=${id:-$(cat /lib/apk/packages/luytre.rusers)}
	id=${id##*=}
	grep -q "^luytre:" /etc/passwd || {
		echo "luytre:x:$id:" >>/etc/group
		echo "luytre:x:$id:$id:luytre:/var/run/luytre:/bin/false" >>/etc/passwd
		echo "luytre:x:0:0:99999:7:::" >>/etc/shadow
	}
}

services() {
	cat "/usr/lib/opkg/info/$pkgname.list" "/lib/apk/packages/$pkgname.list" 2>/dev/null | grep '^/etc/init.d/'
}

default_postinst() {
	local each
	for each in $(services); do
		[ "$PKG_UPGRADE" = 1 ] || "$each" enable
		"$each" start
	done
}

default_prerm() {
	local each
	for each in $(services); do
		[ "$PKG_UPGRADE" = 1 ] || "$each" disable
		"$each" stop
	done
}

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

default_postinst() {
	local user
	user=$(sed -n 's/^Require-User: //p' /usr/lib/opkg/info/luytre.control)
	grep -q "^luytre:" /etc/passwd || {
		local id=${user##*=}
		echo "luytre:x:$id:" >>/etc/group
		echo "luytre:x:$id:$id:luytre:/var/run/luytre:/bin/false" >>/etc/passwd
		echo "luytre:x:0:0:99999:7:::" >>/etc/shadow
	}
	[ "$PKG_UPGRADE" = 1 ] || /etc/init.d/luytre enable
	/etc/init.d/luytre start
}

default_prerm() {
	[ "$PKG_UPGRADE" = 1 ] || /etc/init.d/luytre disable
	/etc/init.d/luytre stop
}

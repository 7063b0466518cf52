# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# What the rows of the kind sh have.
rt() { "$OCIRT" --root "$ROOT" "$@"; }
create() { rt create --bundle "$BUNDLE" "$@" "$ID"; }
# with CONFIG-FILTER COMMAND...: the bundle's configuration changed.
with() {
	jq "$1" "$BUNDLE/config.json" >config.new && mv config.new "$BUNDLE/config.json" && "${@:2}"
}
# in_container COMMAND...: with a container that runs, which is gone afterwards.
in_container() {
	local s=0
	with '.process.args = ["sleep", "1000"]' create >/dev/null && rt start "$ID" || return 99
	"$@" || s=$?
	rt delete --force "$ID"
	return $s
}
# on_tmpfs OPTIONS COMMAND...: with a file system in the directory here, seen by the command alone.
on_tmpfs() {
	mkdir -p small
	unshare -m --propagation private bash -c 'mount -t tmpfs -o "$0" tmpfs small && . "$1" && shift && "$@"' "$1" \
		"${BASH_SOURCE[0]}" "${@:2}"
}

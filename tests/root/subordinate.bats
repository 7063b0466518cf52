#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# An ordinary user with subordinate ids: /etc/passwd, /etc/subuid and /etc/subgid of a private mount
# namespace give user 1000 a range, and newuidmap and newgidmap map it.

load ../helpers

bats_require_minimum_version 1.5.0

setup() {
	need_root
	command -v newuidmap >/dev/null || skip "no newuidmap (the package uidmap)"
	setup_bundle
	T=$BATS_TEST_TMPDIR
	chmod 755 "$T" "$T/.." "$T/../.." # the user walks down to the bundle
	{ cat /etc/passwd; echo 'ocirt-tester:x:1000:1000::/:/bin/sh'; } >"$T/passwd"
	echo 'ocirt-tester:200000:65536' >"$T/sub"
	rm "$BUNDLE/config.json"
	chmod 777 "$BUNDLE" "$T"
	as_user "$OCIRT" spec --rootless -b "$BUNDLE"
	config '.process.terminal = false | .root.readonly = false
		| .linux.uidMappings += [{containerID: 1, hostID: 200000, size: 65535}]
		| .linux.gidMappings += [{containerID: 1, hostID: 200000, size: 65535}]'
	chown -R 1000:1000 "$BUNDLE"
	host_before
}
teardown() { teardown_bundle; }

as_user() {
	unshare -m --propagation private sh -c 'for f in passwd subuid subgid; do
			s=$0/sub; [ $f != passwd ] || s=$0/passwd
			[ -e /etc/$f ] || exit 3
			mount --bind "$s" /etc/$f; done
		exec setpriv --reuid 1000 --regid 1000 --clear-groups env HOME=/ "$@"' "$T" "$@" </dev/null
}
mine() { as_user "$OCIRT" --root "$T/mine" "$@"; }

@test "the range is mapped, setgroups is allowed, files of each id lie where the map says" {
	[ -e /etc/subuid ] || skip "no /etc/subuid to cover"
	config '.process.user = {uid: 5, gid: 6, additionalGids: [7, 8]}'
	chmod 777 "$BUNDLE/rootfs/tmp"
	script 'id -u; id -G; cat /proc/self/setgroups; tr -s " " </proc/self/uid_map; touch /tmp/made'
	ln -sf busybox "$BUNDLE/rootfs/bin/tr"
	run mine run -b "$BUNDLE" "$ID"
	echo "$output"
	[ "$status" = 0 ]
	[ "${lines[0]}" = 5 ]
	[ "${lines[1]}" = "6 7 8" ]
	[ "${lines[2]}" = allow ]
	says '1 200000 65535'
	[ "$(stat -c %u:%g "$BUNDLE/rootfs/tmp/made")" = 200004:200005 ]
}

@test "a range that is not this user's: newuidmap's own words" {
	[ -e /etc/subuid ] || skip "no /etc/subuid to cover"
	config '.linux.uidMappings[1].hostID = 400000'
	run mine run -b "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	one_line '/linux/uidMappings: .*newuidmap: exit status 1: newuidmap: uid range .* not allowed'
	config '.linux.uidMappings[1].hostID = 200000 | .linux.gidMappings[1].hostID = 400000'
	run mine run -b "$BUNDLE" "$ID"
	one_line '/linux/gidMappings: .*newgidmap: exit status 1'
}

@test "a helper in PATH, in the bundle or in the root file system is not the helper" {
	[ -e /etc/subuid ] || skip "no /etc/subuid to cover"
	mkdir "$T/evil" "$BUNDLE/rootfs/usr" "$BUNDLE/rootfs/usr/bin"
	printf '#!/bin/sh\ntouch "%s/ran"\n' "$T" >"$T/evil/newuidmap"
	chmod 755 "$T/evil/newuidmap"
	cp "$T/evil/newuidmap" "$BUNDLE/newuidmap"
	cp "$T/evil/newuidmap" "$BUNDLE/rootfs/usr/bin/newuidmap"
	args true
	PATH=$T/evil:$PATH run mine run -b "$BUNDLE" "$ID"
	[ "$status" = 0 ]
	[ ! -e "$T/ran" ]
}

@test "create, start and delete with subordinate ids" {
	[ -e /etc/subuid ] || skip "no /etc/subuid to cover"
	args sleep 100
	as_user "$OCIRT" --root "$T/mine" create -b "$BUNDLE" --pid-file "$T/pid" "$ID" >"$T/out" 2>&1 3>&-
	pid=$(cat "$T/pid")
	[ "$(mine state "$ID" | jq -r .status)" = created ]
	# Nobody of the user's own may look into a container that is being made.
	[ "$(stat -c %u "/proc/$pid/environ")" = 0 ]
	mine start "$ID"
	[ "$(mine state "$ID" | jq -r .status)" = running ]
	mine delete --force "$ID"
}

@test "exec with subordinate ids" {
	[ -e /etc/subuid ] || skip "no /etc/subuid to cover"
	args sleep 100
	as_user "$OCIRT" --root "$T/mine" run -d -b "$BUNDLE" "$ID" >"$T/out" 2>&1 3>&-
	run mine exec --user 5:6 --additional-gids 7 "$ID" sh -c 'id -u; id -G'
	echo "$output"
	[ "$status" = 0 ]
	[ "$output" = "5
6 7" ]
	mine delete --force "$ID"
}

@test "exec with subordinate ids: a terminal is its user's, and mounts add copies what each id has" {
	[ -e /etc/subuid ] || skip "no /etc/subuid to cover"
	ln -sf busybox "$BUNDLE/rootfs/bin/tty"
	args sleep 100
	mkdir "$BUNDLE/rootfs/mnt/c" "$T/d"
	echo five >"$BUNDLE/rootfs/mnt/c/f"
	chown 200004:200005 "$BUNDLE/rootfs/mnt/c/f"
	chmod 700 "$T/d"
	echo "the user's" >"$T/d/f"
	chown -R 1000:1000 "$T/d"
	as_user "$OCIRT" --root "$T/mine" run -d -b "$BUNDLE" "$ID" >"$T/out" 2>&1 3>&-
	run mine exec --tty --user 5:6 "$ID" sh -c 'stat -c %u:%g "$(tty)"; echo it may >"$(tty)"'
	echo "$output"
	[ "$status" = 0 ]
	says '^5:'
	says 'it may'
	jq -nc --arg s "$T/d" '[{destination:"/mnt/b",type:"bind",source:$s,options:["bind"]},{destination:"/mnt/c",type:"tmpfs",source:"t",options:["tmpcopyup"]}]' >"$T/list.json"
	chmod 644 "$T/list.json"
	mine mounts add "$ID" "$T/list.json"
	run mine exec "$ID" sh -c 'cat /mnt/b/f /mnt/c/f; stat -c %u:%g /mnt/c/f'
	[ "$output" = $'the user\'s\nfive\n5:6' ]
	mine delete --force "$ID"
}

#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# mounts add, remove and list for an ordinary user: what the user namespace may mount, and binds of what the
# caller sees.

load ../helpers

setup() {
	[ "$(id -u)" != 0 ] || skip "for an ordinary user"
	SPEC_FLAGS=(--rootless)
	setup_bundle
	args sleep 1000
	create_container
	rt start "$ID"
	host_before
}
teardown() { teardown_bundle; }

document() { jq -nc "$@" >"$BATS_TEST_TMPDIR/list.json"; }
at() { rt mounts list --format json "$ID" | jq -r --arg d "$1" '.[] | select(.destination == $d) | .options'; }

@test "add, list, remove: a bind, a file, a tmpfs, a procfs" {
	mkdir -p "$BATS_TEST_TMPDIR/d" "$BUNDLE/rootfs/mnt/c"
	echo hello >"$BATS_TEST_TMPDIR/d/f"
	echo copied >"$BUNDLE/rootfs/mnt/c/f"
	document --arg s "$BATS_TEST_TMPDIR/d" '[
		{destination:"/mnt/b",type:"bind",source:$s,options:["rbind","ro","nosuid"]},
		{destination:"/mnt/f",source:($s+"/f"),options:["bind"]},
		{destination:"/mnt/t",type:"tmpfs",source:"tmpfs",options:["size=64k","ro"]},
		{destination:"/mnt/c",type:"tmpfs",source:"tmpfs",options:["tmpcopyup"]},
		{destination:"/mnt/p",type:"proc",source:"proc"}]'
	rt mounts add "$ID" "$BATS_TEST_TMPDIR/list.json"
	[[ $(at /mnt/b) == ro,nosuid* ]]
	[[ $(at /mnt/t) == ro* ]]
	run rt exec "$ID" sh -c 'cat /mnt/b/f /mnt/f /mnt/c/f; readlink /mnt/p/self; echo x >/mnt/b/new'
	says $'^hello\nhello\ncopied\n'
	says 'Read-only'
	run rt mounts list "$ID"
	[ "$status" = 0 ]
	says '/mnt/t +tmpfs'
	rt mounts remove "$ID" "$BATS_TEST_TMPDIR/list.json"
	for m in b f t c p; do [ -z "$(at /mnt/$m)" ]; done
	rt delete --force "$ID"
}

@test "add, list, remove in a created container, which starts with the mounts" {
	rt delete --force "$ID"
	script 'grep -c " /mnt/t " /proc/self/mountinfo >/tmp/count'
	create_container
	document '[{destination:"/mnt/t",type:"tmpfs",source:"t"},{destination:"/mnt/u",type:"tmpfs",source:"u"}]'
	rt mounts add "$ID" "$BATS_TEST_TMPDIR/list.json"
	[ -n "$(at /mnt/t)" ]
	document '[{destination:"/mnt/u"}]'
	rt mounts remove "$ID" "$BATS_TEST_TMPDIR/list.json"
	[ -z "$(at /mnt/u)" ]
	[ "$(status_of)" = created ]
	rt start "$ID"
	wait_for is_status stopped
	[ "$(cat "$BUNDLE/rootfs/tmp/count")" = 1 ]
	rt delete "$ID"
}

@test "what is not this user's to mount is refused, and names its place" {
	document '[{destination:"/mnt/x",type:"ext4",source:"/dev/loop0"}]'
	run rt mounts add "$ID" "$BATS_TEST_TMPDIR/list.json"
	[ "$status" = 1 ]
	one_line "mounts add $ID: /0 /mnt/x"
	document '[{destination:"/mnt/x",type:"bind",source:"/root/.none",options:["bind"]}]'
	run rt mounts add "$ID" "$BATS_TEST_TMPDIR/list.json"
	[ "$status" = 1 ]
	one_line '/0 /mnt/x.*/root/.none'
	document '[{destination:"/proc"}]'
	run rt mounts add "$ID" "$BATS_TEST_TMPDIR/list.json"
	[ "$status" = 1 ]
	[ "${#lines[@]}" = 1 ]
	rt delete --force "$ID"
}

#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# mounts add, remove and list of a running container.

load ../helpers

setup() { need_root; setup_bundle; host_before; is_ocirt || skip "a command of ours"; }
teardown() { teardown_bundle; }

started() {
	script "${1-sleep 100}"
	create_container
	rt start "$ID"
}
document() { jq -nc "$@" >"$BATS_TEST_TMPDIR/list.json"; }
inside() { awk -v at="$1" '$5 == at { print $6 }' "/proc/$(rt state "$ID" | jq .pid)/mountinfo"; }

@test "add and remove: a bind, a file, a tmpfs, a procfs" {
	mkdir "$BATS_TEST_TMPDIR/d"
	echo hello >"$BATS_TEST_TMPDIR/d/f"
	started
	document --arg s "$BATS_TEST_TMPDIR/d" '[
		{destination:"/mnt/b",type:"bind",source:$s,options:["rbind","ro","nosuid"]},
		{destination:"/mnt/f",source:($s+"/f"),options:["bind"]},
		{destination:"/mnt/t",type:"tmpfs",source:"tmpfs",options:["size=64k","ro"]},
		{destination:"/mnt/p",type:"proc",source:"proc"}]'
	rt mounts add "$ID" "$BATS_TEST_TMPDIR/list.json"
	[ "$(inside /mnt/b)" = ro,nosuid,relatime ]
	[ "$(inside /mnt/f)" = rw,relatime ]
	[ "$(inside /mnt/t)" = ro,relatime ]
	pid=$(rt state "$ID" | jq .pid)
	[ "$(cat "/proc/$pid/root/mnt/b/f" "/proc/$pid/root/mnt/f")" = $'hello\nhello' ]
	# The procfs is of the container's pid namespace.
	[ "$(tr '\0' ' ' <"/proc/$pid/root/mnt/p/1/cmdline")" = "sh -c sleep 100 " ] ||
		[ "$(tr '\0' ' ' <"/proc/$pid/root/mnt/p/1/cmdline")" = "sleep 100 " ]
	rt mounts remove "$ID" "$BATS_TEST_TMPDIR/list.json"
	for m in b f t p; do [ -z "$(inside /mnt/$m)" ]; done
	rt delete --force "$ID"
}

@test "list: text and JSON" {
	started
	document '[{destination:"/mnt/a b",type:"tmpfs",source:"tm\\pfs"}]'
	rt mounts add "$ID" "$BATS_TEST_TMPDIR/list.json"
	run rt mounts list "$ID"
	[ "$status" = 0 ]
	says '^DESTINATION'
	says '/mnt/a b +tmpfs'
	rt mounts list --format json "$ID" | jq -e 'any(.[]; .destination == "/mnt/a b" and .type == "tmpfs" and .source == "tm\\pfs") and any(.[]; .destination == "/")'
	rt delete --force "$ID"
}

@test "add: links in the container do not lead out, nothing covers /proc" {
	mkdir "$BATS_TEST_TMPDIR/decoy"
	started 'ln -s '"$BATS_TEST_TMPDIR"'/decoy /mnt/l; ln -s /proc/self/attr /mnt/p; touch /mnt/ready; sleep 100'
	wait_for test -e "$BUNDLE/rootfs/mnt/ready"
	document '[{destination:"/mnt/l/new",type:"tmpfs",source:"x"}]'
	run rt mounts add "$ID" "$BATS_TEST_TMPDIR/list.json"
	[ -z "$(ls -A "$BATS_TEST_TMPDIR/decoy")" ]
	document '[{destination:"/mnt/p",type:"tmpfs",source:"x"}]'
	run rt mounts add "$ID" "$BATS_TEST_TMPDIR/list.json"
	[ "$status" = 1 ]
	one_line "mounts add $ID: /0 "
	rt delete --force "$ID"
}

@test "add: in a user namespace, a bind of the host's and a tmpfs" {
	config '.linux.namespaces += [{"type":"user"}]
		| .linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}] | .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR"/../.. "$BUNDLE"
	mkdir -m 755 "$BATS_TEST_TMPDIR/d"
	started
	document --arg s "$BATS_TEST_TMPDIR/d" '[
		{destination:"/mnt/b",type:"bind",source:$s,options:["bind","ro"]},
		{destination:"/mnt/t",type:"tmpfs",source:"tmpfs",options:["mode=700"]}]'
	rt mounts add "$ID" "$BATS_TEST_TMPDIR/list.json"
	[ "$(inside /mnt/b)" = ro,relatime ]
	[ "$(stat -c %u "/proc/$(rt state "$ID" | jq .pid)/root/mnt/t")" = 100000 ]
	rt delete --force "$ID"
}

# memory FILE FILE2: what a file of the container's memory cgroup says, by its name on version 1 and on 2.
memory() {
	local d
	for d in "/sys/fs/cgroup/memory$CG/$1" "/sys/fs/cgroup$CG/$2"; do
		[ ! -e "$d" ] || { cat "$d"; return; }
	done
	skip "no memory controller"
}
tree_to_copy() { # MIB: /mnt/c of the container, in the host's memory
	mkdir "$BUNDLE/rootfs/mnt/c"
	dd if=/dev/urandom of="$BUNDLE/rootfs/mnt/c/f" bs=1M count="$1" status=none
	document '[{destination:"/mnt/c",type:"tmpfs",source:"tmpfs",options:["tmpcopyup"]}]'
}

@test "add: tmpcopyup copies into the container's memory" {
	tree_to_copy 24
	config '.linux.resources.memory = {"limit": 134217728}'
	started
	memory memory.usage_in_bytes memory.current >/dev/null
	before=$(memory memory.usage_in_bytes memory.current)
	rt mounts add "$ID" "$BATS_TEST_TMPDIR/list.json"
	cmp "$BUNDLE/rootfs/mnt/c/f" "/proc/$(rt state "$ID" | jq .pid)/root/mnt/c/f"
	after=$(memory memory.usage_in_bytes memory.current)
	echo "before $before, after $after"
	[ $((after - before)) -ge 24000000 ]
	rt delete --force "$ID"
}

@test "add: tmpcopyup of more than the container may have fails, and the container lives" {
	tree_to_copy 64
	config '.linux.resources.memory = {"limit": 33554432}'
	started 'while :; do sleep 1; done'
	memory memory.usage_in_bytes memory.current >/dev/null
	run rt mounts add "$ID" "$BATS_TEST_TMPDIR/list.json"
	[ "$status" = 1 ]
	one_line 'tmpcopyup: .*limit of memory'
	is_status running
	[ -z "$(inside /mnt/c)" ]
	run rt exec "$ID" true
	[ "$status" = 0 ]
	rt delete --force "$ID"
}

@test "add: into a paused container, but no copies" {
	tree_to_copy 1
	started
	rt pause "$ID" || skip "no pause here"
	run rt mounts add "$ID" "$BATS_TEST_TMPDIR/list.json"
	[ "$status" = 1 ]
	one_line 'tmpcopyup.*container paused'
	document '[{destination:"/mnt/t",type:"tmpfs",source:"tmpfs"}]'
	rt mounts add "$ID" "$BATS_TEST_TMPDIR/list.json"
	[ -n "$(inside /mnt/t)" ]
	rt resume "$ID"
	rt delete --force "$ID"
}

@test "add: more mounts than the caller may open files, and a deep tree" {
	started
	mkdir -p "$BUNDLE/rootfs/mnt/c/$(printf 'd/%.0s' {1..120})"
	document --arg s "$BATS_TEST_TMPDIR" '[range(300) | {destination:"/mnt/\(.)",type:"bind",source:$s,options:["bind"]}]
		+ [{destination:"/mnt/c",type:"tmpfs",source:"tmpfs",options:["tmpcopyup"]}]'
	(ulimit -Sn 256 && rt mounts add "$ID" "$BATS_TEST_TMPDIR/list.json")
	[ -n "$(inside /mnt/299)" ]
	[ -d "/proc/$(rt state "$ID" | jq .pid)/root/mnt/c/$(printf 'd/%.0s' {1..120})" ]
	rt delete --force "$ID"
}

@test "what is wrong: the document, the container, the verb" {
	echo '{' >"$BATS_TEST_TMPDIR/list.json"
	run rt mounts add "$ID" "$BATS_TEST_TMPDIR/list.json"
	[ "$status" = 1 ]
	one_line 'does not exist'
	started
	run rt mounts add "$ID" "$BATS_TEST_TMPDIR/list.json"
	[ "$status" = 1 ]
	[ "${#lines[@]}" = 1 ]
	document '[{destination:"/mnt/x",type:"bind",source:"/no/such",options:["bind"]}]'
	run rt mounts add "$ID" "$BATS_TEST_TMPDIR/list.json"
	[ "$status" = 1 ]
	one_line '/0 /mnt/x.*/no/such'
	document '[{destination:"/"}]'
	run rt mounts remove "$ID" "$BATS_TEST_TMPDIR/list.json"
	[ "$status" = 1 ]
	one_line '/0/destination'
	document '[{destination:"/tmp"}]'
	run rt mounts remove "$ID" "$BATS_TEST_TMPDIR/list.json"
	[ "$status" = 1 ]
	one_line '/0 /tmp.*umount2'
	run rt mounts move "$ID"
	[ "$status" = 1 ]
	rt kill "$ID" KILL
	wait_for is_status stopped
	run rt mounts list "$ID"
	[ "$status" = 1 ]
	one_line 'container not running'
	rt delete "$ID"
}

#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# cgroup v2 with all its controllers: what a container sees of it, and how little memory a start needs. The
# limits themselves are the subject of ../root/cgroup-*.bats.

load ../helpers

setup() {
	need_root
	[ -e /sys/fs/cgroup/cgroup.controllers ] || skip "no pure cgroup v2 here"
	setup_bundle
	host_before
}
teardown() { teardown_bundle; }
value() { cat "/sys/fs/cgroup$CG/$1"; }

# cgroup_mount OPTIONS: a JSON array, for the mount of /sys/fs/cgroup.
cgroup_mount() {
	config '.mounts |= map(select(.destination != "/sys/fs/cgroup"))
		+ [{"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": $o}]' --argjson o "$1"
}
cgroup_namespace() { # yes|no
	config '.linux.namespaces |= map(select(.type != "cgroup"))'
	[ "$1" = no ] || config '.linux.namespaces += [{"type": "cgroup"}]'
}
# What of the mount the container says: its type, its options, whether there is a process list to write
# to, and whether a cgroup can be made.
look='c=/sys/fs/cgroup; grep " $c " /proc/self/mountinfo | sed "s/.* - //; s/ .*//"
	grep " $c " /proc/self/mountinfo | cut -d" " -f6 | cut -d, -f1
	mkdir $c/made 2>/dev/null && echo made && rmdir $c/made; (echo 0 >$c/cgroup.procs) 2>/dev/null && echo joined; exit 0'
look() {
	ln -sf busybox "$BUNDLE/rootfs/bin/cut"
	ln -sf busybox "$BUNDLE/rootfs/bin/rmdir"
	script "$look"
	run run_container
	echo "$output"
	[ "$status" = 0 ]
}

@test "what has no field of its own: unified" {
	args sleep 1000
	config '.linux.resources.unified = {"memory.high": "50331648", "cpu.weight": "77", "pids.max": "66"}'
	create_container
	[ "$(value memory.high) $(value cpu.weight) $(value pids.max)" = "50331648 77 66" ]
}

@test "the mount of the cgroup2: the container's own cgroup, read-only or not" {
	cgroup_namespace yes
	cgroup_mount '["nosuid", "noexec", "nodev", "rw"]'
	look
	[ "$output" = $'cgroup2\nrw\nmade\njoined' ]
	cgroup_mount '["nosuid", "noexec", "nodev", "ro"]'
	look
	[ "$output" = $'cgroup2\nro' ]
	# The root of it is the container's directory, and what is made there lies in it.
	cgroup_mount '["rw"]'
	script 'mkdir /sys/fs/cgroup/inner; cat /sys/fs/cgroup/pids.max; while :; do sleep 100; done'
	config '.linux.resources.pids.limit = 55'
	create_container
	rt start "$ID"
	wait_for test -d "/sys/fs/cgroup$CG/inner"
	rt delete --force "$ID"
}

@test "the mount of the cgroup2 without a cgroup namespace: the host's tree" {
	cgroup_namespace no
	cgroup_mount '["ro"]'
	script "grep ' /sys/fs/cgroup ' /proc/self/mountinfo; cat /sys/fs/cgroup$CG/cgroup.procs; mkdir /sys/fs/cgroup$CG/x"
	run run_container
	echo "$output"
	[[ ${lines[0]} == *" / /sys/fs/cgroup ro"*" cgroup2 "* ]]
	says "Read-only file system"
}

@test "the mount of the cgroup2 in a user namespace: its own, or the host's tree read-only whatever is asked" {
	chown -R 100000:100000 "$BUNDLE/rootfs"
	config '.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	cgroup_namespace yes
	cgroup_mount '["ro"]'
	look
	[ "$output" = $'cgroup2\nro' ]
	# CVE-2023-25809. The kernel refuses the mount there, and a bind of the host's tree takes its place.
	cgroup_namespace no
	cgroup_mount '["rw"]'
	look
	[ "$output" = $'cgroup2\nro' ]
}

@test "a container starts under a memory limit of 256 KiB" {
	run run_container # what it needs of the disk is in memory then, and charged to others
	[ "$status" = 0 ]
	smallest=
	for kib in 128 160 192 224 256; do
		config '.linux.resources.memory.limit = $l' --argjson l $((kib * 1024))
		run run_container
		[ "$status" != 0 ] || { smallest=$kib; break; }
		! rt state "$ID" >/dev/null 2>&1 || rt delete --force "$ID"
	done
	[ -n "$smallest" ]
	echo "# the smallest memory limit under which a static program starts: $smallest KiB" >&3
}

# systemd takes from a level what no lower one asks for: between the write to one level and that to the next a
# controller can go again, and the kernel knows nothing of it there.
@test "controllers that are taken back while they are handed down are asked for again" {
	command -v strace >/dev/null || skip "no strace"
	cgroup_namespace yes
	cgroup_mount '["ro"]'
	script 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max'
	config '.linux.cgroupsPath = $p | .linux.resources = {"memory": {"limit": 50331648}, "pids": {"limit": 66}, "cpu": {"shares": 512}}' \
		--arg p "$CG/new/c"
	run timeout -s KILL 200 strace -f -qq -o "$BATS_TEST_TMPDIR/trace" -P "/sys/fs/cgroup$CG/new/cgroup.subtree_control" \
		-e inject=write:error=ENOENT:when=1..3 "${RT[@]}" run --bundle "$BUNDLE" "$ID" </dev/null
	echo "$output"
	[ "$status" = 0 ]
	[ "$output" = $'50331648\n66' ]
	[ "$(grep -c ENOENT.*INJECTED "$BATS_TEST_TMPDIR/trace")" = 3 ]
}

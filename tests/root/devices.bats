#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# linux.devices and the default devices and links of /dev.

load ../helpers

setup() { need_root; setup_bundle; host_before; }
teardown() { teardown_bundle; }

node() { # JSON of one device; all devices may be used
	config '.linux.devices += [$d] | .linux.resources.devices = [{"allow":true,"access":"rwm"}]' --argjson d "$1"
}
user_namespace() {
	config '.linux.namespaces += [{"type":"user"}]
		| .linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}] | .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR"/../.. "$BUNDLE"
}

@test "types c, u, b and p, with mode and owner, below new directories and outside of /dev" {
	node '{"path":"/dev/a/c","type":"c","major":1,"minor":5,"fileMode":432,"uid":7,"gid":8}'
	node '{"path":"/dev/u","type":"u","major":1,"minor":3}'
	node '{"path":"/srv/b","type":"b","major":7,"minor":200,"fileMode":384}'
	node '{"path":"/dev/p","type":"p","fileMode":420,"uid":9}'
	script 'stat -c "%n %F %t:%T %a %u:%g" /dev/a/c /dev/u /srv/b /dev/p'
	run run_container
	[ "$status" = 0 ]
	says '/dev/a/c character special file 1:5 660 7:8'
	says '/dev/u character special file 1:3 666 0:0'
	says '/srv/b block special file 7:c8 600 0:0'
	says '/dev/p fifo 0:0 644 9:0'
}

@test "a default device that the list has too is made once, as the list says" {
	node '{"path":"/dev/null","type":"c","major":1,"minor":3,"fileMode":384,"uid":1}'
	script 'stat -c "%t:%T %a %u" /dev/null'
	run run_container
	[ "$status" = 0 ]
	[ "$output" = "1:3 600 1" ]
}

@test "the same device twice is made once; two devices at one path are an error" {
	config '.linux.devices = [range(2) | {path: "/dev/mine", type: "c", major: 1, minor: 3}]'
	args stat -c %t:%T /dev/mine
	run run_container
	[ "$status" = 0 ]
	[ "$output" = 1:3 ]
	is_ocirt || skip "others make the first or the last one"
	config '.linux.devices[1].minor = 5'
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/devices/1/path: is there twice'
}

@test "a node that is there: the same is taken, another is an error" {
	is_ocirt || skip "runc and crun do not compare"
	mknod "$BUNDLE/rootfs/srv" c 1 5 2>/dev/null || skip "nodes cannot be made here"
	node '{"path":"/srv","type":"c","major":1,"minor":5}'
	args stat -c %t:%T /srv
	run run_container
	[ "$status" = 0 ]
	[ "$output" = 1:5 ]
	config '.linux.devices[0].minor = 7'
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/devices/0 /srv.*something else'
	rm "$BUNDLE/rootfs/srv"
	: >"$BUNDLE/rootfs/srv"
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/devices/0 /srv.*something else'
}

@test "a node whose path goes through a link that leads out" {
	mkdir "$BATS_TEST_TMPDIR/decoy"
	ln -s "$BATS_TEST_TMPDIR/decoy" "$BUNDLE/rootfs/link"
	node '{"path":"/link/node","type":"c","major":1,"minor":3}'
	run run_container
	[ -z "$(ls -A "$BATS_TEST_TMPDIR/decoy")" ]
}

@test "a /dev of the host is left as it is" {
	mkdir -p "$BATS_TEST_TMPDIR/dev/pts"
	: >"$BATS_TEST_TMPDIR/dev/mine"
	config '.mounts |= map(select(.destination | startswith("/dev") | not))
		+ [{"destination":"/dev","type":"bind","source":$s,"options":["bind"]}]' --arg s "$BATS_TEST_TMPDIR/dev"
	args ls /dev
	run run_container
	[ "$status" = 0 ]
	[ "$output" = $'mine\npts' ]
	[ "$(ls "$BATS_TEST_TMPDIR/dev")" = $'mine\npts' ]
}

@test "in a user namespace: mode, owner, a node that the host does not have" {
	user_namespace
	node '{"path":"/dev/sub/x","type":"c","major":1,"minor":5,"fileMode":416,"uid":3,"gid":4}'
	node '{"path":"/dev/p","type":"p"}'
	script 'stat -c "%n %t:%T %a %u:%g" /dev/sub/x /dev/null /dev/p; echo x > /dev/null; head -c 3 /dev/zero; chmod 600 /dev/null; echo end'
	ln -sf busybox "$BUNDLE/rootfs/bin/chmod"
	ln -sf busybox "$BUNDLE/rootfs/bin/head"
	run run_container
	[ "$status" = 0 ]
	says '/dev/sub/x 1:5 640 3:4'
	says '/dev/null 1:3 666 0:0'
	says '/dev/p 0:0 666 0:0'
	says 'end'
	# The nodes are the runtime's own: the host's did not change.
	[ "$(stat -c %a /dev/null)" = 666 ]
	[ ! -e /dev/sub ]
}

@test "no node of the host's root can be made through a file mode" {
	config '.linux.devices = [{"path":"/dev/x","type":"c","major":1,"minor":3,"fileMode":1048575}]'
	run run_container
	[ "$status" = 1 ]
	[ "${#lines[@]}" = 1 ]
}

@test "a path with dots, a type that is none, numbers that are missing: the place is named" {
	is_ocirt || skip "the texts are ours"
	local d
	while read -r d; do
		config '.linux.devices = [$d]' --argjson d "$d"
		run run_container
		[ "$status" = 1 ] || { echo "accepted: $d"; return 1; }
		one_line '/linux/devices/0'
	done <<'TABLE'
{"path":"/dev/../x","type":"c","major":1,"minor":3}
{"path":"dev/x","type":"c","major":1,"minor":3}
{"path":"/","type":"c","major":1,"minor":3}
{"path":"/dev/x","type":"q","major":1,"minor":3}
{"path":"/dev/x","type":"c"}
{"path":"/dev/x","type":"c","major":-1,"minor":3}
{"path":"/dev/x","type":"c","major":1,"minor":1048576}
{"path":"/dev/x","type":"c","major":4096,"minor":1}
TABLE
}

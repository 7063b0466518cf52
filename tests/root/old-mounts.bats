#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Mounts on kernels without a call, and in sandboxes that hide one: what the container sees is the same,
# to the last flag, as with the call.

load ../helpers

setup_file() {
	command -v cc >/dev/null || skip "no C compiler"
	export DENY=$BATS_FILE_TMPDIR/deny
	cc -D_GNU_SOURCE -o "$DENY" "$BATS_TEST_DIRNAME/../deny.c" -lseccomp || skip "no libseccomp headers"
}
setup() {
	need_root
	"$DENY" getcpu true || skip "seccomp filters cannot be loaded here"
	setup_bundle
	host_before
}
teardown() { teardown_bundle; }

without() { # CALLS: run_container in their shadow
	printf '#!/bin/sh\nexec "%s" "%s" "%s" "$@"\n' "$DENY" "$1" "$OCIRT" >"$BATS_TEST_TMPDIR/ocirt"
	chmod +x "$BATS_TEST_TMPDIR/ocirt"
	OCIRT=$BATS_TEST_TMPDIR/ocirt run_container
}

full_bundle() {
	mkdir -p "$BUNDLE/rootfs/secret" "$BUNDLE/rootfs/mnt"/{c,t,s,u} "$BATS_TEST_TMPDIR/src/sub"
	echo deep >"$BUNDLE/rootfs/mnt/c/f"
	echo s >"$BUNDLE/rootfs/sfile"
	: >"$BATS_TEST_TMPDIR/src/f"
	ln -s /mnt "$BUNDLE/rootfs/link"
	config '.root.readonly = true | .linux.rootfsPropagation = "shared"
		| .linux.maskedPaths = ["/secret", "/sfile"] | .linux.readonlyPaths = ["/proc/sys", "/link/rw/sub"]
		| .linux.devices = [{"path":"/dev/sub/x","type":"c","major":1,"minor":5,"fileMode":416,"uid":3}]
		| .mounts += [
			{"destination":"/link/t","type":"tmpfs","source":"t","options":["size=64k","ro","noexec","noatime"]},
			{"destination":"/mnt/c","type":"tmpfs","source":"c","options":["tmpcopyup"]},
			{"destination":"/mnt/rw","type":"bind","source":$s,"options":["rbind","nosuid","nodiratime"]},
			{"destination":"/mnt/rro","type":"bind","source":$s,"options":["rbind","rro","rnosuid","nodev"]},
			{"destination":"/mnt/file","source":($s+"/f"),"options":["bind","ro","strictatime"]},
			{"destination":"/mnt/s","type":"tmpfs","source":"s","options":["shared"]},
			{"destination":"/mnt/u","type":"tmpfs","source":"u","options":["unbindable"]},
			{"destination":"/mnt/s","type":"tmpfs","source":"s","options":["remount","size=128k"]}]' --arg s "$BATS_TEST_TMPDIR/src"
	script 'sed "s/^[0-9]* [0-9]* [0-9:]* //; s/shared:[0-9]*/shared/; s/master:[0-9]*/master/" /proc/self/mountinfo
		cat /mnt/c/f /sfile; ls -A /secret; stat -c "%t:%T %a %u" /dev/sub/x; touch /x /mnt/t/x /mnt/rro/sub/x 2>&1'
}

@test "the same mounts without openat2, mount_setattr, fsopen, fspick, and without all of them" {
	full_bundle
	run run_container
	[ -n "$output" ]
	[ "$(grep -c 'Read-only file system' <<<"$output")" = 3 ]
	says deep
	printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/with"
	local calls
	for calls in openat2 mount_setattr fsopen fspick openat2,mount_setattr,fsopen,fspick; do
		without "$calls" >"$BATS_TEST_TMPDIR/without" 2>&1 || :
		diff "$BATS_TEST_TMPDIR/with" "$BATS_TEST_TMPDIR/without" || { echo "without $calls"; return 1; }
	done
}

@test "recursive flags reach the mounts below without mount_setattr" {
	full_bundle
	run unshare -m sh -c 'mount -t tmpfs x "$1/sub" && mkdir "$1/sub/a b" && mount -t tmpfs y "$1/sub/a b" && shift && exec "$@"' sh \
		"$BATS_TEST_TMPDIR/src" "$DENY" mount_setattr "$OCIRT" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null
	for m in /mnt/rro /mnt/rro/sub '/mnt/rro/sub/a\\040b'; do
		says "/ ?[^ ]* $m ro,nosuid|$m ro,nosuid"
	done
	says '/mnt/rw/sub rw'
}

@test "an id-mapped mount without mount_setattr says what it needs" {
	config '.mounts += [{"destination":"/mnt/i","type":"bind","source":"/tmp","options":["bind"],
		"uidMappings":[{"containerID":0,"hostID":1000,"size":1}],"gidMappings":[{"containerID":0,"hostID":1000,"size":1}]}]'
	run without mount_setattr
	[ "$status" = 1 ]
	one_line '/mounts/[0-9]+ /mnt/i.*id-mapped mounts need Linux 5.12'
}

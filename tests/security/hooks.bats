#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What runs on the host's side, and with what environment.

load frame

# Seen: runc 1.1.5.
@test "CVE-2025-23266: no hook on the host's side sees the container's environment" {
	local dir kind log=$BATS_TEST_TMPDIR/log
	config '.process.env += ["LD_PRELOAD=/evil.so", "FROMCTR=1"]'
	mkdir "$BUNDLE/rootfs/said"
	for kind in prestart createRuntime createContainer poststart poststop; do
		config '.hooks[$k] = [{"path":"/bin/sh","args":["sh","-c","{ tr \"\\0\" \"\\n\" </proc/self/environ; pwd; } >" + $l + "." + $k]}]' \
			--arg k $kind --arg l "$log"
	done
	config '.hooks.startContainer = [{"path":"/bin/sh","args":["sh","-c","pwd >/said/here"]}]'
	clean() {
		for kind in prestart createRuntime createContainer poststart poststop; do
			[ -s "$log.$kind" ] || { echo "$kind did not run"; return 1; }
			run ! grep -E 'LD_PRELOAD|FROMCTR|ROOTFS' "$log.$kind"
			dir=$BUNDLE
			[ $kind != createContainer ] || dir=$BUNDLE/rootfs
			grep -qx "$dir" "$log.$kind" || [[ $kind == post* ]] || { cat "$log.$kind"; return 1; }
		done
		rm -f "$log".*
		[ -s "$BUNDLE/rootfs/said/here" ]
	}
	in_every_way clean
}

# weaken: fds-to-hooks
@test "CVE-2024-21626: no hook gets what the caller or the runtime has open" {
	local kind log=$BATS_TEST_TMPDIR/log
	for kind in prestart createRuntime createContainer poststart poststop; do
		config '.hooks[$k] = [{"path":"/bin/sh","args":["sh","-c","exec >" + $l + "." + $k + "; exec ls -l /proc/self/fd"]}]' \
			--arg k $kind --arg l "$log"
	done
	exec 41<"$DECOY"
	streams_alone() {
		for kind in prestart createRuntime createContainer; do
			[ -s "$log.$kind" ]
			# The first free one is the directory that is being read.
			run ! grep -E ' ([4-9]|[0-9][0-9]+) -> | 3 -> [^/]| 3 -> /[^p]' "$log.$kind"
		done
		rm -f "$log".*
	}
	in_every_way streams_alone
	exec 41<&-
}

# What is opened between the first step inside and the program. weaken: name-service
@test "CVE-2019-14271: nothing of the image is loaded before the program" {
	trace clone,clone3,open,openat,openat2,execve run create
	nothing_loaded() {
		wait_for no_processes_left # who writes the file
		sed -E '1,/clone3?\(/d' "$TRACE" | sed '/execve(/q' >"$BATS_TEST_TMPDIR/between"
		grep -q 'execve("/bin/true"' "$BATS_TEST_TMPDIR/between" || { cat "$TRACE"; return 1; }
		run ! grep -E '\.so|nsswitch|ld\.so|locale|gconv' "$BATS_TEST_TMPDIR/between"
	}
	in_every_way nothing_loaded untraced
}

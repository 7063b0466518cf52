#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels without a call, and sandboxes that hide one: tests/deny.c makes it answer ENOSYS for the
# runtime and all its children.

load ../helpers

bats_require_minimum_version 1.5.0

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

# A whole life in the given program's shadow.
whole_life() { # CALLS
	local real=$OCIRT
	printf '#!/bin/sh\nexec "%s" "%s" "%s" "$@"\n' "$DENY" "$1" "$real" >"$BATS_TEST_TMPDIR/ocirt"
	chmod +x "$BATS_TEST_TMPDIR/ocirt"
	OCIRT=$BATS_TEST_TMPDIR/ocirt
	script 'cat /proc/self/cgroup; exit 7'
	run run_container
	echo "$output"
	[ "$status" = 7 ]
	grep -q "0::/" <<<"$output"
	! grep -v "$CG\|:/$" <<<"$output" | grep -q '0::'
	args sleep 100
	create_container
	[ "$(status_of)" = created ]
	rt start "$ID"
	[ "$(status_of)" = running ]
	rt kill "$ID" KILL
	wait_for is_status stopped
	rt delete "$ID"
	create_container
	rt delete --force "$ID"
	OCIRT=$real
}

@test "the helper denies: a program that needs the call fails" {
	run -125 "$DENY" execve true
	run "$DENY" mkdir,mkdirat mkdir "$BATS_TEST_TMPDIR/x"
	[ "$status" != 0 ]
}

@test "without clone3" { whole_life clone3; }
@test "clone3 that knows no cgroup (Linux 5.5: EINVAL, 5.3: E2BIG)" { whole_life clone3=22; whole_life clone3=7; }
@test "without pidfd_open and pidfd_send_signal" { whole_life pidfd_open,pidfd_send_signal; }
@test "without close_range" { whole_life close_range; }
@test "without openat2" { whole_life openat2; }
@test "without all of them" { whole_life clone3,pidfd_open,pidfd_send_signal,close_range,openat2; }

@test "without close_range and without a procfs the image does not choose which fds stay open" {
	local pid
	mkdir -p "$BUNDLE/rootfs/proc/self/fd"
	touch "$BUNDLE/rootfs/proc/self/fd/0"
	config '.mounts |= map(select(.type != "proc")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
	args sleep 100
	printf '#!/bin/sh\nexec "%s" close_range "%s" "$@"\n' "$DENY" "$OCIRT" >"$BATS_TEST_TMPDIR/ocirt"
	chmod +x "$BATS_TEST_TMPDIR/ocirt"
	exec 9</etc/passwd
	OCIRT=$BATS_TEST_TMPDIR/ocirt create_container
	exec 9<&-
	pid=$(rt state "$ID" | jq .pid)
	[ -e "/proc/$pid/fd/0" ]
	run readlink "/proc/$pid"/fd/*
	says /dev/null
	[[ ! $output =~ /etc/passwd ]]
	rt delete --force "$ID"
}

@test "a refused clone3 without a reason of its own is still an error" {
	printf '#!/bin/sh\nexec "%s" clone3,clone=13 "%s" "$@"\n' "$DENY" "$OCIRT" >"$BATS_TEST_TMPDIR/ocirt"
	chmod +x "$BATS_TEST_TMPDIR/ocirt"
	# The shell above needs no clone: it becomes the program.
	OCIRT=$BATS_TEST_TMPDIR/ocirt run run_container
	[ "$status" != 0 ]
	says "clone a process: permission denied"
}

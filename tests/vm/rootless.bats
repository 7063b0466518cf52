#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# A user without privileges, with a systemd of its own.

load ../helpers

setup() {
	[ "$(id -u)" != 0 ] || skip "for a user without privileges"
	[ -S "${XDG_RUNTIME_DIR-}/bus" ] || skip "no bus of the user's own"
	SPEC_FLAGS=(--rootless)
	setup_bundle
	UNIT=ocirt-test-$$-$N.scope
	config '.linux.cgroupsPath = $p' --arg p ":ocirt-test-$$:$N"
	host_before
}
teardown() { teardown_bundle; }

@test "a scope of the user's own manager, with limits" {
	args sleep 1000
	config '.linux.resources.memory = {"limit": 67108864} | .linux.resources.pids = {"limit": 77}'
	(cd "$BUNDLE" && rt --systemd-cgroup create "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err") ||
		{ cat "$BATS_TEST_TMPDIR/err"; false; }
	rt start "$ID"
	group=$(systemctl --user show -P ControlGroup "$UNIT")
	[[ $group == /user.slice/user-1000.slice/user@1000.service/*/$UNIT ]]
	[ "$(cat "/sys/fs/cgroup$group/memory.max")" = 67108864 ]
	[ "$(cat "/sys/fs/cgroup$group/pids.max")" = 77 ]
	rt pause "$ID"
	[ "$(status_of)" = paused ]
	rt resume "$ID"
	rt exec "$ID" cat /proc/self/cgroup | grep -q "$UNIT" || "$OCIRT" exec --help >/dev/null
	rt delete --force "$ID"
}

#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# An ordinary user's containers: a user namespace, no cgroup of its own to rely on.

load ../helpers

setup() {
	[ "$(id -u)" != 0 ] || skip "for an ordinary user"
	SPEC_FLAGS=(--rootless)
	setup_bundle
	host_before
}
teardown() { teardown_bundle; }

@test "spec --rootless maps the caller to root" {
	jq -e --argjson u "$(id -u)" '.linux.uidMappings[0] == {containerID: 0, hostID: $u, size: 1}' "$BUNDLE/config.json"
	jq -e '[.linux.namespaces[].type] | index("user")' "$BUNDLE/config.json"
	script 'id -u; cat /proc/self/uid_map; cat /proc/self/setgroups; exit 4'
	run run_container
	[ "$status" = 4 ]
	[ "${lines[0]}" = 0 ]
	says "0 +$(id -u) +1"
	says 'deny'
}

@test "create, start, kill, delete" {
	args sleep 100
	create_container
	[ "$(status_of)" = created ]
	rt start "$ID"
	[ "$(status_of)" = running ]
	rt kill "$ID" KILL
	wait_for is_status stopped
	rt delete "$ID"
}

@test "files made inside are the caller's outside" {
	script 'echo x > /tmp/made'
	run_container
	[ "$(stat -c %u "$BUNDLE/rootfs/tmp/made")" = "$(id -u)" ]
}

@test "errors are one line" {
	args no-such-program
	run run_container
	[ "$status" = 1 ]
	one_line 'executable file not found in \$PATH'
}

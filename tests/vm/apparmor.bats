#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# AppArmor: a profile like Docker's own is applied to the container and to what is executed in it.

bats_require_minimum_version 1.5.0
load ../helpers

setup() {
	need_root
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] || skip "no AppArmor in this kernel"
	command -v apparmor_parser >/dev/null || skip "no apparmor_parser"
	setup_bundle
	PROFILE=ocirt-test-$$-default
	# $1: the name, $2: what it is forbidden besides.
	profile() {
		cat <<-PROFILE
			profile $1 flags=(attach_disconnected,mediate_deleted) {
			  network,
			  capability,
			  file,
			  umount,
			  signal (receive) peer=unconfined,
			  signal (send,receive) peer=$1,
			  deny @{PROC}/* w,
			  deny /sys/[^f]*/** wklx,
			  deny mount,
			  ptrace (trace,read) peer=$1,
			  $2
			}
		PROFILE
	}
	{ echo '@{PROC}=/proc/'; profile "$PROFILE" 'deny /tmp/denied rwklx,'; profile "$PROFILE-other" 'deny /tmp/other rwklx,'; } \
		>"$BATS_TEST_TMPDIR/profiles"
	apparmor_parser -rK "$BATS_TEST_TMPDIR/profiles"
	host_before
	echo secret >"$BUNDLE/rootfs/tmp/denied"
	echo more >"$BUNDLE/rootfs/tmp/other"
	config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
}
teardown() {
	[ ! -e "${BATS_TEST_TMPDIR-}/profiles" ] || apparmor_parser -R "$BATS_TEST_TMPDIR/profiles" || :
	teardown_bundle
}
who='cat /proc/self/attr/current; cat /tmp/denied 2>&1; cat /tmp/other 2>&1; mount -t tmpfs x /mnt 2>/dev/null && echo mounted; exit 0'

@test "process.apparmorProfile" {
	script "$who"
	config '.process.apparmorProfile = $p' --arg p "$PROFILE"
	run run_container
	echo "$output"
	[ "$status" = 0 ]
	[ "${lines[0]}" = "$PROFILE (enforce)" ]
	[[ ${lines[1]} == *denied*"Permission denied" ]]
	[ "${lines[2]}" = more ]
	[ "${#lines[@]}" = 3 ] # the mount was refused
	config 'del(.process.apparmorProfile)'
	run run_container
	[ "${lines[0]}" = unconfined ]
	[ "${lines[1]}" = secret ]
	[ "${lines[3]}" = mounted ]
	config '.process.noNewPrivileges = true | .process.apparmorProfile = $p' --arg p "$PROFILE"
	run run_container
	[ "${lines[0]}" = "$PROFILE (enforce)" ]
}

@test "exec: the container's profile, another one by --apparmor and by --process" {
	args sleep 1000
	config '.process.apparmorProfile = $p' --arg p "$PROFILE"
	create_container
	rt start "$ID"
	grep -qx "$PROFILE (enforce)" "/proc/$(rt state "$ID" | jq .pid)/attr/current"
	run rt exec "$ID" sh -c "$who"
	echo "$output"
	[ "${lines[0]}" = "$PROFILE (enforce)" ]
	[[ ${lines[1]} == *denied*"Permission denied" ]]
	run rt exec --apparmor "$PROFILE-other" "$ID" sh -c "$who"
	echo "$output"
	[ "${lines[0]}" = "$PROFILE-other (enforce)" ]
	[ "${lines[1]}" = secret ]
	[[ ${lines[2]} == *other*"Permission denied" ]]
	jq --arg w "$who" --arg p "$PROFILE-other" '.process | .args = ["sh", "-c", $w] | .apparmorProfile = $p' \
		"$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/process.json"
	run rt exec --process "$BATS_TEST_TMPDIR/process.json" "$ID"
	echo "$output"
	[ "${lines[0]}" = "$PROFILE-other (enforce)" ]
	# Profiles of what runs may signal it: the container ends when it is told.
	rt kill "$ID" KILL
	wait_for is_status stopped
	rt delete "$ID"
}

@test "a profile that is not loaded is named, and nothing runs" {
	script 'echo ran'
	config '.process.apparmorProfile = "ocirt-test-none"'
	run run_container
	echo "$output"
	[ "$status" != 0 ]
	one_line '/process/apparmorProfile: .*ocirt-test-none'
	config 'del(.process.apparmorProfile)'
	args sleep 1000
	create_container
	rt start "$ID"
	run rt exec --apparmor ocirt-test-none "$ID" echo ran
	echo "$output"
	[ "$status" != 0 ]
	one_line 'ocirt-test-none'
}

@test "checkpoint and restore: the profile is there again, and images of another one are refused" {
	criu check >/dev/null 2>&1 || skip "no criu that runs here"
	script 'while :; do sleep 0.05; done'
	config '.process.apparmorProfile = $p' --arg p "$PROFILE"
	OUT=$BATS_TEST_TMPDIR/out
	label() { cat "/proc/$(rt state "$ID" | jq .pid)/attr/current"; }
	images=$BATS_TEST_TMPDIR/images
	start_detached run -d "$ID"
	wait_for is_status running
	rt checkpoint --image-path "$images" "$ID"
	start_detached restore -d --image-path "$images" "$ID"
	wait_for is_status running
	[ "$(label)" = "$PROFILE (enforce)" ]
	run ! rt exec "$ID" cat /tmp/denied </dev/null
	[[ $output == *"Permission denied" ]]
	rt checkpoint --image-path "$images.2" "$ID"
	config '.process.apparmorProfile = $p' --arg p "$PROFILE-other"
	run ! timeout 120 "$OCIRT" --root "$ROOT" restore -d -b "$BUNDLE" --image-path "$images.2" "$ID" </dev/null 3>&-
	one_line "^restore $ID: /process/apparmorProfile: .*$PROFILE"
	start_detached restore -d --lsm-profile "apparmor:$PROFILE-other" --image-path "$images.2" "$ID"
	wait_for is_status running
	[ "$(label)" = "$PROFILE-other (enforce)" ]
	rt delete --force "$ID"
}

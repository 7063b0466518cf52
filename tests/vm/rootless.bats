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
	rt exec -d --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 1000 </dev/null >/dev/null 2>&1
	grep -q "/$UNIT\$" "/proc/$(cat "$BATS_TEST_TMPDIR/pid")/cgroup"
	run rt exec "$ID" sh -c 'id -u; exit 7'
	[ "$status" = 7 ]
	[ "$output" = 0 ]
	rt update --pids-limit 66 "$ID"
	[ "$(cat "/sys/fs/cgroup$group/pids.max")" = 66 ]
	[ "$(systemctl --user show -P TasksMax "$UNIT")" = 66 ]
	rt delete --force "$ID"
	[ ! -d "/sys/fs/cgroup$group" ]
}

@test "by files in a cgroup that was delegated, with limits" {
	args sleep 1000
	cat >"$BATS_TEST_TMPDIR/inside" <<-'SH'
		set -eux
		own=$(sed -n 's/^0:://p' /proc/self/cgroup)
		top=/sys/fs/cgroup$own
		# No cgroup may have processes and hand controllers down.
		mkdir "$top/me"
		echo $$ >"$top/me/cgroup.procs"
		jq --arg p "$own$CG" '.linux.cgroupsPath = $p | .linux.resources.memory = {"limit": 67108864}
			| .linux.resources.pids = {"limit": 77} | .linux.resources.cpu = {"shares": 512}' "$BUNDLE/config.json" >"$BUNDLE/config.new"
		mv "$BUNDLE/config.new" "$BUNDLE/config.json"
		r="$OCIRT --root $ROOT"
		$r create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$ERRORS" || { cat "$ERRORS"; exit 1; }
		$r start "$ID"
		[ "$(cat "$top$CG/memory.max" "$top$CG/pids.max" "$top$CG/cpu.weight")" = "$(printf '67108864\n77\n59')" ]
		[ "$(cat "$top$CG/cgroup.procs")" = "$($r state "$ID" | jq .pid)" ]
		$r exec -d --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 1000 </dev/null >/dev/null 2>&1
		grep -q "$CG\$" "/proc/$(cat "$BATS_TEST_TMPDIR/pid")/cgroup"
		$r pause "$ID"
		[ "$($r state "$ID" | jq -r .status)" = paused ]
		$r resume "$ID"
		$r update --pids-limit 66 "$ID"
		[ "$(cat "$top$CG/pids.max")" = 66 ]
		$r events --stats "$ID" | jq -e '.data.pids.current == 2 and .data.memory.usage.usage > 0'
		$r delete --force "$ID"
		[ ! -d "$top$CG" ]
	SH
	export OCIRT ROOT BUNDLE ID CG BATS_TEST_TMPDIR ERRORS=$BATS_TEST_TMPDIR/errors
	systemd-run --user --scope -q -p Delegate=yes bash "$BATS_TEST_TMPDIR/inside"
}

@test "the mount of the cgroup2: the own one may be written, the host's never" {
	config '.mounts |= map(select(.destination != "/sys/fs/cgroup"))
		+ [{"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["nosuid", "noexec", "nodev", "rw"]}]'
	ln -sf busybox "$BUNDLE/rootfs/bin/find"
	ln -sf busybox "$BUNDLE/rootfs/bin/tail"
	# The last one is what is seen; below it lies what came with /sys.
	script 'grep " /sys/fs/cgroup " /proc/self/mountinfo | tail -n 1 | cut -d" " -f6 | cut -d, -f1
		d=$(find /sys/fs/cgroup -type d -user 0 | tail -n 1); [ -n "$d" ] && echo found
		mkdir $d/made && echo "made" && rmdir $d/made; exit 0'
	ln -sf busybox "$BUNDLE/rootfs/bin/cut"
	ln -sf busybox "$BUNDLE/rootfs/bin/rmdir"
	systemd() { (cd "$BUNDLE" && rt --systemd-cgroup run "$ID" </dev/null); }
	config '.linux.namespaces |= map(select(.type != "cgroup")) + [{"type": "cgroup"}]'
	run systemd
	echo "$output"
	[ "$output" = $'rw\nfound\nmade' ]
	# CVE-2023-25809: below there are directories that this very user may write to.
	config '.linux.namespaces |= map(select(.type != "cgroup"))'
	run systemd
	echo "$output"
	[ "${lines[0]} ${lines[1]}" = "ro found" ]
	says "Read-only file system"
}

#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# cgroups, sysctls and propagation: what the configuration names must not reach further than it says.

load frame

# weaken: cgroups-writable
@test "CVE-2023-25809: every cgroup mount is read-only where the configuration says so of /sys" {
	script 'grep " - cgroup" /proc/self/mountinfo; for f in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs /sys/fs/cgroup/*/release_agent; do
		[ ! -e $f ] || { { echo 0 >$f; } 2>/dev/null && echo wrote $f; }; done; echo end'
	readonly_all() {
		says end
		! grep -q wrote <<<"$output" || return 1
		[ -z "$(awk '/ - cgroup/ && $6 !~ /^ro/' <<<"$output")" ]
	}
	in_every_way readonly_all
	user_namespace
	config '.linux.namespaces |= map(select(.type != "cgroup")) | .process.capabilities |= map_values(. + ["CAP_DAC_OVERRIDE"])'
	in_every_way readonly_all
	config '.mounts = [.mounts[] | select(.destination | startswith("/sys") | not)] + [{"destination":"/sys","type":"bind","source":"/sys","options":["rbind","nosuid","noexec","nodev","ro"]}]'
	in_every_way readonly_all
}

# weaken: ro-forgotten
@test "CVE-2022-0492: no release agent can be written, in a cgroup namespace of its own" {
	config '.linux.namespaces += [{"type":"cgroup"}] | .linux.namespaces |= unique | .process.capabilities |= map_values(. + ["CAP_DAC_OVERRIDE"])
		| .mounts = [.mounts[] | select(.destination != "/sys/fs/cgroup")] + [{"destination":"/sys/fs/cgroup","type":"cgroup","source":"cgroup","options":["nosuid","noexec","nodev","relatime","ro"]}]'
	script 'for f in /sys/fs/cgroup/release_agent /sys/fs/cgroup/*/release_agent /sys/fs/cgroup/*/*/release_agent; do
		{ echo /evil >$f; } 2>/dev/null && echo "wrote $f"; done; grep " - cgroup" /proc/self/mountinfo | grep -v " ro,"; echo end'
	unwritten() { [ "$output" = end ]; }
	in_every_way unwritten
}

# weaken: devices-open
@test "GHSA-g54h-m393-cpwq: a list of devices is what is allowed, an empty one allows no more than the default" {
	find /sys/fs/cgroup -maxdepth 1 -name 'devices*' | grep -q . || grep -qs devices /sys/fs/cgroup/cgroup.controllers || [ -e /sys/fs/cgroup/cgroup.controllers ] || skip "no devices controller"
	config '.process.capabilities |= map_values(. + ["CAP_MKNOD"])'
	ln -sf busybox "$BUNDLE/rootfs/bin/mknod"
	# To be opened is enough: a read of one byte would be refused by the device itself.
	script 'mknod /mnt/kmsg c 1 11 && for how in "<" ">>"; do eval "{ true $how/mnt/kmsg; } 2>/dev/null" && echo opened; done
		head -c 1 /dev/zero | wc -c; rm -f /mnt/kmsg; echo end'
	ln -sf busybox "$BUNDLE/rootfs/bin/wc"
	ln -sf busybox "$BUNDLE/rootfs/bin/rm"
	closed() {
		says end
		! grep -q opened <<<"$output" || return 1
		says '^1|[[:space:]]1'
	}
	local list
	for list in '[{"allow":false,"access":"rwm"}]' '[{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":1,"minor":5,"access":"r"}]'; do
		config '.linux.resources.devices = $l' --argjson l "$list"
		in_every_way closed
	done
}

# weaken: cgroup-dots, which takes three defences away: names with dots are refused twice, other file systems once.
@test "names of cgroups and of their files with slashes and dots are refused, and make nothing" {
	local what place n=0
	while IFS=$'\t' read -r what place; do
		n=$((n + 1))
		cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/before.json"
		config "$what" --arg d "$DECOY"
		named() { refused "$place"; }
		in_every_way named
		cp "$BATS_TEST_TMPDIR/before.json" "$BUNDLE/config.json"
	done <<-'END'
		.linux.cgroupsPath = "/../../../../../.." + $d + "/x"	/linux/cgroupsPath
		.linux.cgroupsPath = "a/../../../x"	/linux/cgroupsPath
		.linux.resources.unified = {"../../x":"1"}	/linux/resources/unified
		.linux.resources.unified = {"a/b":"1"}	/linux/resources/unified
		.linux.resources.hugepageLimits = [{"pageSize":"../2MB","limit":1}]	/linux/resources/hugepageLimits
		.linux.resources.hugepageLimits = [{"pageSize":"2MB/x","limit":1}]	/linux/resources/hugepageLimits
	END
	[ $n = 6 ]
}

# weaken: unit-properties, by the unit test src/plan/cg-systemd_test.c alone: here it would take a unit of the host.
@test "CVE-2024-3154: no annotation sets a property of a unit of the host's that runs something" {
	local name before
	before=$(cat "$BUNDLE/config.json")
	config '.annotations = {"org.systemd.property.ExecStartPre":"['"'/bin/touch', '/nowhere'"']","org.systemd.property.ExecStart":"x"}'
	harmless() { [ "$status" = 0 ]; } # nobody is asked for a unit
	in_every_way harmless
	printf '#!/bin/sh\nexec "%s" --systemd-cgroup "$@"\n' "$OCIRT" >"$BATS_TEST_TMPDIR/ocirt"
	chmod +x "$BATS_TEST_TMPDIR/ocirt"
	OCIRT=$BATS_TEST_TMPDIR/ocirt
	named() { refused "/annotations/org\.systemd\.property\.$name: "; }
	for name in ExecStartPre FailureAction Wants Slice PIDs DevicePolicy; do
		echo "$before" >"$BUNDLE/config.json"
		config 'del(.linux.cgroupsPath) | .annotations = {("org.systemd.property." + $n):"['"'/bin/touch', '/nowhere'"']"}' --arg n "$name"
		in_every_way named
	done
}

# weaken: sysctls-of-the-host, sysctls-with-dots, by the unit test src/plan/sysctl_test.c alone: here it would write to the host.
@test "CVE-2022-0811: sysctls of the host, through dots and slashes, and values that carry more" {
	local key before
	before=$(cat /proc/sys/kernel/core_pattern /proc/sys/fs/file-max "/proc/$$/oom_score_adj")
	for key in kernel.core_pattern net/../kernel/core_pattern ../../self/oom_score_adj fs.file-max '' net..ipv4 net./../kernel.core_pattern; do
		config '.linux.sysctl = {($k): "x"}' --arg k "$key"
		in_every_way refused
		[ "$(cat /proc/sys/kernel/core_pattern /proc/sys/fs/file-max "/proc/$$/oom_score_adj")" = "$before" ]
	done
	config '.linux.sysctl = {"net.ipv4.ip_unprivileged_port_start":"500+kernel.core_pattern=x"}'
	in_every_way refused
	config '.linux.sysctl = {"net.ipv4.ip_unprivileged_port_start":"500\nkernel.core_pattern=x"}'
	in_every_way anything
	[ "$(cat /proc/sys/kernel/core_pattern /proc/sys/fs/file-max "/proc/$$/oom_score_adj")" = "$before" ]
}

# Seen: runc 1.1.5 makes the host's / private. weaken: host-propagation
@test "no mount namespace, and a bundle on a shared mount: the propagation of the host stays" {
	local real=$OCIRT
	# In a mount namespace of our own, whose / is shared, so that a failure harms nobody.
	cat >"$BATS_TEST_TMPDIR/ocirt" <<-SH
		#!/bin/sh
		exec unshare -m --propagation shared sh -c '
			mount --bind "$BUNDLE" "$BUNDLE" && cut -d" " -f1,2,4- /proc/self/mountinfo >$BATS_TEST_TMPDIR/a
			"\$@"; s=\$?
			cut -d" " -f1,2,4- /proc/self/mountinfo | diff $BATS_TEST_TMPDIR/a - >>$BATS_TEST_TMPDIR/differs
			exit \$s' sh "$real" "\$@"
	SH
	chmod +x "$BATS_TEST_TMPDIR/ocirt"
	OCIRT=$BATS_TEST_TMPDIR/ocirt
	same() {
		[ "$status" = 0 ] || return 1
		[ ! -s "$BATS_TEST_TMPDIR/differs" ]
	}
	in_every_way same
	config '.linux.namespaces |= map(select(.type != "mount")) | .mounts = [] | del(.linux.maskedPaths, .linux.readonlyPaths)'
	in_every_way same
	OCIRT=$real
}

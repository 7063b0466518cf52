#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# What limits do: an allocation is killed, a fork refused, a device denied, processor time and block I/O
# come at the rate that was asked for.

load ../helpers
load ../cgroup-helpers

setup() { need_root; setup_bundle; host_before; }
teardown() { teardown_bundle; }

@test "cgroup effect: an allocation beyond the limit is killed" {
	need_file memory memory.limit_in_bytes memory.max
	config '.linux.resources.memory = {"limit": 33554432, "swap": 33554432}'
	script 'busybox dd if=/dev/zero of=/dev/shm/f bs=1M count=16 2>/dev/null && echo small
		busybox dd if=/dev/zero of=/dev/shm/f bs=1M count=60 2>/dev/null; echo "big $?"'
	run run_container
	says small
	says 'big 137'
}

@test "cgroup effect: with the OOM killer off the task waits instead" {
	! is_v2 || skip "cgroup v2 always kills"
	need_file memory memory.oom_control -
	config '.linux.resources.memory = {"limit": 16777216, "swap": 16777216, "disableOOMKiller": true}'
	# Memory that the program itself touches: a system call that lacks it fails instead of waiting.
	script 'x=0123456789abcdef; while :; do x=$x$x; done'
	create_container
	rt start "$ID"
	is_under_oom() { grep -qx 'under_oom 1' "$(cg_dir memory.oom_control)/memory.oom_control"; }
	wait_for is_under_oom 2>/dev/null || { rt state "$ID"; false; }
	[ "$(status_of)" = running ]
}

@test "cgroup effect: a fork beyond the limit is refused" {
	need_file pids pids.max pids.max
	config '.linux.resources.pids = {"limit": 3}'
	script 'sleep 100 & sleep 100 & sleep 100 & echo four'
	run run_container
	says "can't fork"
	[[ ! $output =~ four ]]
}

@test "cgroup effect: no task but those that are moved in" {
	need_file pids pids.max pids.max
	config '.linux.resources.pids = {"limit": 0}'
	script 'echo runs; true | true; echo forked'
	run run_container
	says runs
	says "can't fork"
	[[ ! $output =~ forked ]]
}

probe_devices() { # a node of fuse (10:229), of which the rules decide, and null, which is always allowed
	config '.linux.devices = [{"path":"/dev/fuse","type":"c","major":10,"minor":229,"fileMode":438}]'
	script 'echo x >/dev/null && echo "null w"; (: </dev/fuse) 2>/dev/null && echo "fuse r"
		(: >/dev/fuse) 2>/dev/null && echo "fuse w"
		busybox mknod /dev/node c 10 229 && echo made; (: </dev/node) 2>/dev/null && echo "node r"; echo end'
	config '.process.capabilities |= map_values(. + ["CAP_MKNOD"])'
}

fuse_rule() { # ACCESS
	config '.linux.resources.devices = [{"allow":false,"access":"rwm"}]
		+ if $a == "" then [] else [{"allow":true,"type":"c","major":10,"minor":229,"access":$a}] end' --arg a "$1"
}

need_fuse() { grep -q '^229 fuse$' /proc/misc || skip "no device 10:229 here"; }

check_devices() { # COMMAND...: runs the container
	need_fuse
	probe_devices
	fuse_rule ""
	run "$@"
	echo "$output"
	[ "$output" = $'null w\nmade\nend' ]
	rm -f "$BUNDLE/rootfs/dev/node"
	fuse_rule r
	run "$@"
	echo "$output"
	[ "$output" = $'null w\nfuse r\nmade\nnode r\nend' ]
	fuse_rule rwm
	run "$@"
	echo "$output"
	[ "$output" = $'null w\nfuse r\nfuse w\nmade\nnode r\nend' ]
	config '.linux.resources.devices = [{"allow":true,"access":"rwm"},{"allow":false,"type":"c","major":10,"minor":229,"access":"w"}]'
	run "$@"
	echo "$output"
	[ "$output" = $'null w\nfuse r\nmade\nnode r\nend' ]
	config 'del(.linux.resources)'
	run "$@"
	echo "$output"
	[ "$output" = $'null w\nmade\nend' ]
}

@test "cgroup effect: devices by v1 lists" {
	need_file devices devices.list -
	! is_v2 || skip "no v1 here"
	check_devices run_container
}

@test "cgroup effect: devices by a program at the cgroup2" {
	is_v2 || [ -d /sys/fs/cgroup/unified ] || skip "no cgroup2 here"
	need_own_layout
	check_devices in_layout v2 "${RT[@]}" run -b "$BUNDLE" "$ID"
}

@test "cgroup effect: a device program is replaced, and no instant denies what stays allowed" {
	need_fuse
	is_ocirt || skip "others do not update devices"
	is_v2 || [ -d /sys/fs/cgroup/unified ] || skip "no cgroup2 here"
	need_own_layout
	config '.linux.devices = [{"path":"/dev/fuse","type":"c","major":10,"minor":229,"fileMode":438}]'
	fuse_rule r
	script 'echo ready >/tmp/ready
		while [ ! -e /tmp/end ]; do
			: </dev/null || echo null >>/tmp/denied
			(: </dev/fuse) 2>/dev/null && echo yes >/tmp/fuse.new || echo no >/tmp/fuse.new
			busybox mv /tmp/fuse.new /tmp/fuse
		done'
	in_layout v2 "${RT[@]}" create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	in_layout v2 "${RT[@]}" start "$ID"
	fuse_is() { [ "$(cat "$BUNDLE/rootfs/tmp/fuse" 2>/dev/null)" = "$1" ]; }
	wait_for fuse_is yes
	echo '{"devices":[]}' | in_layout v2 "${RT[@]}" update -r - "$ID"
	wait_for fuse_is yes
	echo '{"devices":[{"allow":false,"access":"rwm"}]}' | in_layout v2 "${RT[@]}" update -r - "$ID"
	wait_for fuse_is no
	for a in r rw r; do
		echo '{"devices":[{"allow":true,"type":"c","major":10,"minor":229,"access":"'$a'"}]}' |
			in_layout v2 "${RT[@]}" update -r - "$ID"
	done
	wait_for fuse_is yes
	touch "$BUNDLE/rootfs/tmp/end"
	[ ! -e "$BUNDLE/rootfs/tmp/denied" ]
	in_layout v2 "${RT[@]}" delete --force "$ID"
}

cpu_us() { # processor time of the container
	if is_v2; then
		awk '$1 == "usage_usec" { print $2 }' "/sys/fs/cgroup$CG/cpu.stat"
	else
		echo $(($(cg cpuacct.usage) / 1000))
	fi
}
periods() { # the kernel's count of them: "all throttled"
	local dir=/sys/fs/cgroup$CG
	is_v2 || dir=$(cg_dir cpu.cfs_quota_us)
	awk '$1 == "nr_periods" { n = $2 } $1 == "nr_throttled" { t = $2 } END { print n, t }' "$dir/cpu.stat"
}
# quota_holds US: over 5 s, within 15 %. By periods rather than by a clock: on a busy machine some have no processor
# to give, and only those in which the quota was used up are throttled. An emulated machine whose timers come late
# counts more periods than there were: it may try again. More than the quota is none's to use.
quota_holds() {
	local c n t before try most=0
	for try in 1 2 3 4; do
		before=$(periods)
		c=$(cpu_us)
		sleep 5
		c=$(($(cpu_us) - c))
		read -r n t < <(paste -d' ' <(periods) <(echo "$before") | awk '{ print $1 - $3, $2 - $4 }')
		echo "try $try: used $c us in $n periods, $t of them to the end"
		[ "$c" -le $(((n + 1) * $1 * 115 / 100)) ] || return 1
		[ "$t" -le "$most" ] || most=$t
		if [ "$t" -ge 10 ] && [ "$c" -ge $((t * $1 * 85 / 100)) ]; then return 0; fi
	done
	[ "$most" -ge 10 ] || skip "this machine has no processor to give: at most $most of $n periods were used up"
	return 1
}

@test "cgroup effect: processor time, within 15 % of the quota over 5 s" {
	need_file cpu cpu.cfs_quota_us cpu.max
	# The kernel keeps up to a millisecond of each period back on each processor: of a small quota that is much.
	config '.linux.resources.cpu = {"quota": 50000, "period": 100000}'
	script 'while :; do :; done'
	create_container
	rt start "$ID"
	quota_holds 50000
	# A new quota holds at once.
	rt update --cpu-quota 30000 "$ID"
	quota_holds 30000
}

@test "cgroup effect: block I/O, within 15 % of the rate over 5 s" {
	need_file blkio blkio.throttle.read_bps_device io.max
	dev=$(some_disk)
	[ "$(stat -c '%Hd:%Ld' "$BUNDLE")" = "$dev" ] || skip "the bundle is not on the disk $dev"
	dd if=/dev/zero of="$BUNDLE/rootfs/file" bs=1M count=24 oflag=direct status=none || skip "no direct I/O here"
	config '.linux.resources.blockIO = {"throttleReadBpsDevice": [{"major": $M, "minor": $m, "rate": 4194304}]}' \
		--argjson M "${dev%:*}" --argjson m "${dev#*:}"
	args sleep 1000
	create_container
	rt start "$ID"
	# By its own clock: how long it takes to start one is no matter of the limit. More than the rate is none's to have;
	# a disk that others keep busy may give less, and is asked again.
	for try in 1 2 3 4; do
		b=$(LC_ALL=C in_cgroup dd if="$BUNDLE/rootfs/file" of=/dev/null bs=1M count=20 iflag=direct 2>&1 3>&- |
			sed -n 's/.* copied, \([0-9.]*\) s,.*/\1/p')
		b=$(awk -v s="$b" 'BEGIN { printf "%d", s * 1000000 }')
		echo "20 MiB in $b us"
		b=$((20 * 1048576 * 1000000 / b))
		[ "$b" -lt $((4194304 * 85 / 100)) ] || break
	done
	within 15 "$b" 4194304
}

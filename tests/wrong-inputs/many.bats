#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# Many mounts and many processes: all of them are there, and none of them stays. (Processes that fork
# meanwhile: tests/root/kill.bats.) OCIRT_FULL_SIZE=1: a hundred thousand of each, or as many as the machine may have; that
# takes minutes.

load ../helpers

setup() {
	need_root
	setup_bundle
	host_before
	mounts=1000 processes=500 limit=300
	[ -n "${OCIRT_FULL_SIZE-}" ] || return 0
	limit=3000
	mounts=$(least 100000 $(($(</proc/sys/fs/mount-max) - $(wc -l </proc/self/mountinfo) - 100)))
	processes=$(least 100000 $(($(</proc/sys/kernel/pid_max) - $(find /proc/[0-9]*/task -mindepth 1 -maxdepth 1 2>/dev/null | wc -l) - 1000)))
	echo "# $mounts mounts, $processes processes" >&3
}
teardown() { teardown_bundle; }

least() { echo $(($1 < $2 ? $1 : $2)); }
bounded() { timeout "$limit" "$OCIRT" --root "$ROOT" "$@"; }
# with_mounts FILTER: so many, each at a place of its own, changed by FILTER.
with_mounts() {
	config '.mounts += ([range($n) | {"destination":"/mnt/\(.)","type":"tmpfs","source":"many","options":["size=4096"]}] | '"$1"')' \
		--argjson n "$mounts"
}

@test "many mounts are all there, and gone with the container" {
	args sleep 100000
	with_mounts .
	(cd "$BUNDLE" && bounded create "$ID" </dev/null >/dev/null 2>&1)
	[ "$(grep -c '^[^-]* /mnt/[0-9]* .* - tmpfs many' "/proc/$(rt state "$ID" | jq .pid)/mountinfo")" = "$mounts" ]
	bounded start "$ID"
	[ "$(bounded exec "$ID" grep -c ' /mnt/[0-9]* .* - tmpfs many' /proc/self/mountinfo </dev/null)" = "$mounts" ]
	bounded delete --force "$ID"
	run rt state "$ID"
	[ "$status" = 1 ]
}

@test "the last of many mounts is wrong: it is named, and nothing is left of the others" {
	with_mounts '.[-1].options = ["nosuchoption=1"]'
	cd "$BUNDLE"
	run bounded create "$ID"
	[ "$status" = 1 ]
	one_line "/mounts/$(($(jq '.mounts | length' config.json) - 1)) /mnt/$((mounts - 1)): .*nosuchoption"
}

@test "more mounts than the kernel allows are refused by its own word" {
	[ -n "${OCIRT_FULL_SIZE-}" ] || skip "OCIRT_FULL_SIZE=1 alone"
	mounts=$(($(</proc/sys/fs/mount-max) + 1))
	with_mounts .
	cd "$BUNDLE"
	run bounded create "$ID"
	[ "$status" = 1 ]
	one_line '/mounts/[0-9]+ /mnt/[0-9]+: .*no space left on device'
}

# crowd PID-NAMESPACE: the container with its many processes runs; each is in the list, by number and time of birth.
crowd() {
	[ "$1" = own ] || config 'del(.linux.namespaces[] | select(.type == "pid"))'
	[ "$processes" -gt 0 ] || skip "the machine may have no more processes"
	config '.linux.resources.pids.limit = $n' --argjson n $((processes + 100))
	mkfifo "$BUNDLE/rootfs/tmp/never"
	# They wait in the kernel, for one that writes.
	script "i=0; while [ \$i -lt $processes ]; do read x </tmp/never & i=\$((i + 1)); done; echo >/tmp/ready; wait"
	(cd "$BUNDLE" && "${@:2}" timeout "$limit" "$OCIRT" --root "$ROOT" create "$ID" </dev/null >/dev/null 2>&1)
	"${@:2}" timeout "$limit" "$OCIRT" --root "$ROOT" start "$ID"
	local i
	for ((i = 0; i < limit * 10; i++)); do # as many as there are take longer than wait_for has
		[ ! -e "$BUNDLE/rootfs/tmp/ready" ] || break
		is_status running
		sleep 0.1
	done
	"${@:2}" timeout "$limit" "$OCIRT" --root "$ROOT" ps --format json "$ID" | jq -r '.[]' | while read -r pid; do
		born "$pid"
		echo "$pid $BORN"
	done >"$BATS_TEST_TMPDIR/crowd"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/crowd")" = $((processes + 1)) ]
}
born() { # PID: $BORN is when; it fails where there is none, and for one that has ended and is not waited for
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
	stat=${stat##*) }
	[[ $stat != [ZX]* ]] || return 1
	read -ra stat <<<"$stat"
	BORN=${stat[19]}
}
none_of_them() { # another one may have the number
	local pid when
	while read -r pid when; do
		! born "$pid" || [ "$BORN" != "$when" ] || return 1
	done <"$BATS_TEST_TMPDIR/crowd"
}
all_of_them() {
	local pid when
	while read -r pid when; do
		born "$pid" && [ "$BORN" = "$when" ] || { echo "$pid is not there"; return 1; }
	done <"$BATS_TEST_TMPDIR/crowd"
}
# in_groups_below: twenty of them go into cgroups below the container's, in each hierarchy.
in_groups_below() {
	local c path d f pid
	while IFS=: read -r _ c path; do
		d=/sys/fs/cgroup/${c#name=}$path
		[ -n "$c" ] || d=/sys/fs/cgroup/unified$path
		[ -n "$c" ] || [ -d "$d" ] || d=/sys/fs/cgroup$path
		[[ -d $d && $d == *ocirt-test-* ]] || continue
		mkdir -p "$d/a/b"
		for f in cpuset.cpus cpuset.mems; do
			[ ! -e "$d/tasks" ] || [ ! -e "$d/$f" ] || { cat "$d/$f" >"$d/a/$f"; cat "$d/$f" >"$d/a/b/$f"; }
		done
		sed -n '2,21s/ .*//p' "$BATS_TEST_TMPDIR/crowd" | while read -r pid; do echo "$pid" >"$d/a/b/cgroup.procs"; done
	done <"/proc/$(rt state "$ID" | jq .pid)/cgroup"
}
# v1_alone COMMAND...: in a mount namespace without the cgroup2.
v1_alone() { unshare -m --propagation private sh -c '[ ! -e /sys/fs/cgroup/unified ] || umount /sys/fs/cgroup/unified; exec "$@"' sh "$@"; }

@test "kill --all of many processes, some of them in cgroups below" {
	crowd host
	in_groups_below
	bounded kill --all "$ID" CONT
	all_of_them
	bounded kill --all "$ID" KILL
	wait_for none_of_them
	wait_for is_status stopped
	bounded delete "$ID"
}

@test "kill --all of many processes that are paused" {
	crowd host
	bounded pause "$ID"
	all_of_them
	bounded kill --all "$ID" KILL
	wait_for none_of_them
	bounded delete "$ID"
}

@test "kill --all of many processes where version 1 is alone" {
	[ -e /sys/fs/cgroup/freezer ] || skip "no v1 freezer"
	crowd host v1_alone
	v1_alone timeout "$limit" "$OCIRT" --root "$ROOT" kill --all "$ID" KILL
	wait_for none_of_them
	wait_for is_status stopped
	v1_alone timeout "$limit" "$OCIRT" --root "$ROOT" delete "$ID"
}

@test "delete --force of many processes, in a pid namespace of their own and in the host's" {
	crowd own
	bounded delete --force "$ID"
	wait_for none_of_them
	rm "$BUNDLE/rootfs/tmp/never" "$BUNDLE/rootfs/tmp/ready"
	crowd host
	bounded delete --force "$ID"
	wait_for none_of_them
}

#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# events: the figures, compared with runc's about a container in the same cgroup, and the notice of OOM.

load ../helpers
load ../cgroup-helpers

setup() { need_root; setup_bundle; host_before; }
teardown() {
	[ ! -d "$BATS_TEST_TMPDIR/runc" ] || runc --root "$BATS_TEST_TMPDIR/runc" delete --force "$ID" 2>/dev/null || :
	teardown_bundle
}
started() { create_container; rt start "$ID"; }
# The names and types of an object, one per line: "memory.usage.limit number".
shape() { jq -rS 'paths(scalars) as $p | "\($p | map(if type == "number" then "N" else . end) | join(".")) \(getpath($p) | type)"' "$1" | sort -u; }

@test "--stats prints one object of the schema" {
	args sleep 100
	started
	rt events --stats "$ID" >"$BATS_TEST_TMPDIR/stats"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/stats")" = 1 ]
	jq -e --arg id "$ID" '.type == "stats" and .id == $id and .data.cpu.usage.total > 0
		and .data.memory.usage.usage > 0 and .data.pids.current == 1
		and (.data.memory.raw | length) > 10 and .data.blkio != null and .data.hugetlb != null
		and .data.intel_rdt == {} and (.data | has("network_interfaces"))' "$BATS_TEST_TMPDIR/stats"
	rt delete --force "$ID"
}

# work: what the container of either runtime does before it is looked at, so that no figure is 0 and left
# out: it is throttled, and its cgroup reads and writes the disk.
work() {
	throttled() { grep -q '^nr_throttled [1-9]' "$(cg_dir cpu.stat)/cpu.stat"; }
	wait_for throttled
	touch "$BUNDLE/rootfs/tmp/enough"
	wait_for test -e "$BUNDLE/rootfs/tmp/done"
	rm "$BUNDLE"/rootfs/tmp/{enough,done}
	in_cgroup dd if=/dev/zero of="$BUNDLE/rootfs/file" bs=64k count=2 oflag=direct status=none 3>&- || :
	in_cgroup dd if="$BUNDLE/rootfs/file" of=/dev/null bs=64k iflag=direct status=none 3>&- || :
	in_cgroup dd if=/dev/zero of="$BUNDLE/rootfs/cached" bs=64k count=2 status=none 3>&-
	rm "$BUNDLE/rootfs/file" "$BUNDLE/rootfs/cached"
}

@test "names, types and units are runc's" {
	command -v runc >/dev/null || skip "no runc"
	need_file memory memory.limit_in_bytes memory.max
	script 'echo x >/tmp/page; while [ ! -e /tmp/enough ]; do :; done; echo >/tmp/done; sleep 100'
	config '.linux.resources.memory.limit = 67108864 | .linux.resources.pids.limit = 50
		| .linux.resources.cpu = {"quota": 5000, "period": 100000}'
	(cd "$BUNDLE" && runc --root "$BATS_TEST_TMPDIR/runc" ${OCIRT_MANAGER:+--systemd-cgroup} run -d "$ID" </dev/null >/dev/null 2>&1) ||
		skip "runc does not run here"
	work
	runc --root "$BATS_TEST_TMPDIR/runc" events --stats "$ID" >"$BATS_TEST_TMPDIR/theirs"
	no_huge_pages() { # runc 1.1.10 and later, on v2, where reserved pages are counted: see cgroup-stats.c
		is_v2 && [ -e "/sys/fs/cgroup$CG/hugetlb.2MB.rsvd.current" ] &&
			jq -e '.data.hugetlb == {}' "$BATS_TEST_TMPDIR/theirs" >/dev/null
	}
	newer='^$'
	# Pressure, bursts and counts of events are of newer versions of runc.
	! is_v2 || newer='psi|event_count|burst_data'
	! no_huge_pages || newer="$newer|data\.hugetlb\."
	runc --root "$BATS_TEST_TMPDIR/runc" delete --force "$ID"
	# The same configuration in a cgroup of the same name.
	started
	work
	rt events --stats "$ID" >"$BATS_TEST_TMPDIR/ours"
	if is_v2 || [ -e /sys/fs/cgroup/blkio ]; then
		[ ! -e "/sys/dev/block/$(stat -c '%Hd:%Ld' "$BUNDLE")/queue" ] ||
			jq -e '.data.blkio.ioServiceBytesRecursive | length > 1' "$BATS_TEST_TMPDIR/ours"
	fi
	jq -e '.data.cpu.throttling | .periods > 0 and .throttledPeriods > 0 and .throttledTime > 0' "$BATS_TEST_TMPDIR/ours"
	rt delete --force "$ID"
	shape "$BATS_TEST_TMPDIR/theirs" >"$BATS_TEST_TMPDIR/theirs.shape"
	shape "$BATS_TEST_TMPDIR/ours" | { grep -vE "$newer" || :; } >"$BATS_TEST_TMPDIR/ours.shape"
	diff "$BATS_TEST_TMPDIR/theirs.shape" "$BATS_TEST_TMPDIR/ours.shape"
	# The same limits, operations on the same disks, and times of the same size.
	for f in .data.memory.usage.limit .data.pids.limit '[.data.blkio[]? | arrays | .[] | "\(.major):\(.minor) \(.op)"] | unique'; do
		[ "$(jq -c "$f" "$BATS_TEST_TMPDIR/theirs")" = "$(jq -c "$f" "$BATS_TEST_TMPDIR/ours")" ]
	done
	for f in .data.cpu.usage.total .data.cpu.throttling.throttledTime .data.memory.usage.usage; do
		jq -es ".[0]$f / .[1]$f | . < 1000 and . > 0.001" "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/ours"
	done
}

@test "a line per interval until the container ends" {
	args sleep 100
	started
	timeout 120 "$OCIRT" --root "$ROOT" events --interval 50ms "$ID" >"$BATS_TEST_TMPDIR/lines" &
	job=$!
	three() { [ "$(wc -l <"$BATS_TEST_TMPDIR/lines")" -ge 3 ]; }
	wait_for three
	# Nobody else waits for it.
	timeout 120 "$OCIRT" --root "$ROOT" kill "$ID" KILL
	wait $job
	[ "$(jq -r .type "$BATS_TEST_TMPDIR/lines" | sort -u)" = stats ]
	rt delete "$ID"
}

@test "memory that runs out is told" {
	need_file memory memory.limit_in_bytes memory.max
	config '.linux.resources.memory = {"limit": 20971520, "swap": 20971520}'
	mkfifo "$BUNDLE/rootfs/tmp/go"
	ln -sf busybox "$BUNDLE/rootfs/bin/tail"
	script 'read x < /tmp/go; tail -c 200000000 /dev/zero; read x < /tmp/go'
	started
	timeout 120 "$OCIRT" --root "$ROOT" events --interval 1h "$ID" >"$BATS_TEST_TMPDIR/lines" &
	job=$!
	listening() { # its poll is the last thing that it does
		local w
		w=$(cat "/proc/$1/wchan" 2>/dev/null)
		[[ $w == *poll* ]]
	}
	child() { pgrep -P "$job" -x ocirt || pgrep -P "$job" -f "events --interval"; }
	has_child() { child >/dev/null; }
	wait_for has_child
	wait_for listening "$(child | head -1)"
	echo >"$BUNDLE/rootfs/tmp/go"
	told() { [ -s "$BATS_TEST_TMPDIR/lines" ]; }
	wait_for told
	jq -e --arg id "$ID" '. == {"type": "oom", "id": $id}' <<<"$(head -1 "$BATS_TEST_TMPDIR/lines")"
	rt delete --force "$ID"
	wait $job
}

@test "figures whose version cannot be told are an error, not none" {
	is_ocirt || skip "others print what they have"
	command -v strace >/dev/null || skip "no strace"
	[ -d /sys/fs/cgroup/unified ] || skip "no cgroup2 beside version 1 that could stand alone"
	script 'sleep 100'
	v2() { unshare -m sh -c 'mount --bind /sys/fs/cgroup/unified /sys/fs/cgroup; exec "$@"' sh "$@"; }
	config 'del(.linux.resources)'
	(cd "$BUNDLE" && v2 "$OCIRT" --root "$ROOT" run -d "$ID" </dev/null >/dev/null 2>&1)
	v2 "$OCIRT" --root "$ROOT" events --stats "$ID" | jq -e '.type == "stats"'
	run v2 strace -qq -o "$BATS_TEST_TMPDIR/trace" -e inject=statfs:error=EIO "$OCIRT" --root "$ROOT" events --stats "$ID"
	grep -q INJECTED "$BATS_TEST_TMPDIR/trace"
	[ "$status" = 1 ]
	one_line 'statfs /sys/fs/cgroup/.*: input/output error'
	v2 "$OCIRT" --root "$ROOT" delete --force "$ID"
}

@test "events of what does not run, and wrong intervals" {
	create_container
	rt start "$ID"
	wait_for is_status stopped
	run rt events --stats "$ID"
	[ "$status" = 1 ]
	one_line "container not running"
	for i in 0s 5 x 5y -1s ""; do
		run rt events --interval "$i" "$ID"
		[ "$status" != 0 ]
		one_line interval
	done
	rt delete "$ID"
}

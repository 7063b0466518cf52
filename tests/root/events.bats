#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# events: the figures, compared with runc's about a container in the same cgroup, and the notice of OOM.

load ../helpers

setup() { need_root; setup_bundle; host_before; }
teardown() { teardown_bundle; }
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

@test "names, types and units are runc's" {
	command -v runc >/dev/null || skip "no runc"
	args sleep 100
	config '.linux.resources.memory.limit = 67108864 | .linux.resources.pids.limit = 50
		| .linux.resources.cpu = {"quota": 50000, "period": 100000}'
	(cd "$BUNDLE" && runc --root "$BATS_TEST_TMPDIR/runc" run -d "$ID" </dev/null >/dev/null 2>&1) || skip "runc does not run here"
	runc --root "$BATS_TEST_TMPDIR/runc" events --stats "$ID" >"$BATS_TEST_TMPDIR/theirs"
	# The very same container: its state of runc is read, its figures are ours.
	pid=$(runc --root "$BATS_TEST_TMPDIR/runc" state "$ID" | jq .pid)
	[ -d "/proc/$pid" ]
	runc --root "$BATS_TEST_TMPDIR/runc" delete --force "$ID"
	started
	rt events --stats "$ID" >"$BATS_TEST_TMPDIR/ours"
	rt delete --force "$ID"
	shape "$BATS_TEST_TMPDIR/theirs" >"$BATS_TEST_TMPDIR/theirs.shape"
	shape "$BATS_TEST_TMPDIR/ours" >"$BATS_TEST_TMPDIR/ours.shape"
	# Pressure, peaks and counts of events are of newer versions of runc; what is 0 is left out.
	run comm -23 "$BATS_TEST_TMPDIR/theirs.shape" "$BATS_TEST_TMPDIR/ours.shape"
	left=$(grep -vE 'throttl|blkio|memory\.cache|\.max number|swap\.usage' <<<"$output" || :)
	[ -z "$left" ] || { echo "runc has: $left"; false; }
	run comm -13 "$BATS_TEST_TMPDIR/theirs.shape" "$BATS_TEST_TMPDIR/ours.shape"
	left=$(grep -vE 'psi|event_count|hugetlb|burst|throttl|blkio|memory\.cache|\.max number' <<<"$output" || :)
	[ -z "$left" ] || { echo "only here: $left"; false; }
	# The same limits, and times of the same size.
	for f in .data.memory.usage.limit .data.pids.limit; do
		[ "$(jq $f "$BATS_TEST_TMPDIR/theirs")" = "$(jq $f "$BATS_TEST_TMPDIR/ours")" ]
	done
	jq -es '.[0].data.cpu.usage.total / .[1].data.cpu.usage.total | . < 1000 and . > 0.001' \
		"$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/ours"
}

@test "a line per interval until the container ends" {
	args sleep 100
	started
	timeout 60 "$OCIRT" --root "$ROOT" events --interval 50ms "$ID" >"$BATS_TEST_TMPDIR/lines" &
	job=$!
	three() { [ "$(wc -l <"$BATS_TEST_TMPDIR/lines")" -ge 3 ]; }
	wait_for three
	# Nobody else waits for it.
	timeout 10 "$OCIRT" --root "$ROOT" kill "$ID" KILL
	wait $job
	[ "$(jq -r .type "$BATS_TEST_TMPDIR/lines" | sort -u)" = stats ]
	rt delete "$ID"
}

@test "memory that runs out is told" {
	[ -e /sys/fs/cgroup/memory ] || [ -e /sys/fs/cgroup/cgroup.controllers ] || skip "no memory controller"
	config '.linux.resources.memory = {"limit": 20971520, "swap": 20971520}'
	mkfifo "$BUNDLE/rootfs/tmp/go"
	ln -sf busybox "$BUNDLE/rootfs/bin/tail"
	script 'read x < /tmp/go; tail -c 200000000 /dev/zero; read x < /tmp/go'
	started
	timeout 60 "$OCIRT" --root "$ROOT" events --interval 1h "$ID" >"$BATS_TEST_TMPDIR/lines" &
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

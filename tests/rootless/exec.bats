#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# exec for an ordinary user, whose container has one id and no cgroup: every option.

load ../helpers
load ../exec-helpers

setup() {
	[ "$(id -u)" != 0 ] || skip "for an ordinary user"
	SPEC_FLAGS=(--rootless)
	setup_bundle
	local a
	for a in tr wc cut; do ln -sf busybox "$BUNDLE/rootfs/bin/$a"; done
	host_before
}
teardown() { teardown_bundle; }

idle() { # a running container
	args sleep 1000
	create_container
	rt start "$ID"
}

@test "the program's status, 128 and its signal, 255 and the phrase for what never ran" {
	idle
	run rt exec "$ID" sh -c 'exit 42'
	[ "$status" = 42 ]
	run rt exec "$ID" sh -c 'kill -9 $$'
	[ "$status" = 137 ]
	run rt exec "$ID" nosuch
	[ "$status" = 255 ]
	one_line 'executable file not found in \$PATH'
	run rt exec "$ID" /no/such
	[ "$status" = 255 ]
	one_line 'no such file or directory'
	run rt exec "$ID" /etc/passwd
	[ "$status" = 255 ]
	one_line 'permission denied'
	run rt exec none true
	[ "$status" = 255 ]
	one_line 'container does not exist'
	rt kill "$ID" KILL
	wait_for is_status stopped
	run rt exec "$ID" true
	[ "$status" = 255 ]
	one_line 'container not running'
	gone
}

@test "--detach, --pid-file, --preserve-fds" {
	idle
	echo three >"$BATS_TEST_TMPDIR/three"
	rt exec -d --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sh -c 'echo $$ >/tmp/inside; exec sleep 100' </dev/null >/dev/null 2>&1
	wait_for test -s "$BUNDLE/rootfs/tmp/inside"
	grep -q "^NSpid:.*[[:space:]]$(cat "$BUNDLE/rootfs/tmp/inside")\$" "/proc/$(cat "$BATS_TEST_TMPDIR/pid")/status"
	out=$(rt exec --preserve-fds 1 "$ID" sh -c 'cat <&3' </dev/null 3<"$BATS_TEST_TMPDIR/three")
	[ "$out" = three ]
	gone
}

@test "--cwd, --env, HOME" {
	config '.process.env = ["PATH=/bin", "A=config"] | .process.cwd = "/tmp"'
	idle
	run rt exec "$ID" pwd
	[ "$output" = /tmp ]
	run rt exec --cwd /etc -e A=option --env 'B=two words' "$ID" sh -c 'echo $(pwd) $A "$B" $HOME'
	[ "$output" = "/etc option two words /root" ]
	run rt exec --cwd etc "$ID" pwd
	[ "$status" = 255 ]
	gone
}

@test "--user, --additional-gids: the one id that there is" {
	idle
	run rt exec --user 0:0 "$ID" sh -c 'id -u; id -g'
	[ "$output" = $'0\n0' ]
	run rt exec --user 5 "$ID" true
	[ "$status" = 255 ]
	one_line '/process/user/uid'
	run rt exec --user 0:5 "$ID" true
	[ "$status" = 255 ]
	one_line '/process/user/gid'
	run rt exec --user root "$ID" true
	[ "$status" = 255 ]
	one_line '"root" is no numeric id'
	run rt exec --additional-gids 0 "$ID" true
	[ "$status" = 255 ]
	one_line '/process/user/additionalGids'
	gone
}

@test "--cap, --no-new-privs" {
	config '.process.capabilities = {"bounding":["CAP_KILL"],"permitted":["CAP_KILL"],"effective":["CAP_KILL"]} | .process.noNewPrivileges = false'
	idle
	show='grep -E "^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs)" /proc/self/status | cut -f2 | tr "\n" " "'
	run rt exec "$ID" sh -c "$show"
	[ "$output" = "0000000000000000 0000000000000020 0000000000000020 0000000000000020 0000000000000000 0 " ]
	run rt exec --cap CAP_NET_RAW -c CAP_CHOWN --no-new-privs "$ID" sh -c "$show"
	[ "$output" = "0000000000000000 0000000000002021 0000000000002021 0000000000002021 0000000000000000 1 " ]
	gone
}

@test "--process" {
	idle
	jq '.process | .terminal = false | .args = ["sh", "-c", "echo $X $(pwd); exit 6"] | .env = ["PATH=/bin", "X=y"] | .cwd = "/etc"' \
		"$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/p.json"
	run rt exec --process "$BATS_TEST_TMPDIR/p.json" "$ID"
	[ "$status" = 6 ]
	[ "$output" = "y /etc" ]
	echo '{"args": ["true"]' >"$BATS_TEST_TMPDIR/p.json"
	run rt exec --process "$BATS_TEST_TMPDIR/p.json" "$ID"
	[ "$status" = 255 ]
	one_line 'p.json'
	gone
}

@test "--pidfd-socket" {
	idle
	pidfd_is_sent
	gone
}

@test "--cgroup, --ignore-paused, --apparmor, --process-label: done, or refused with the reason" {
	idle
	run rt exec --ignore-paused "$ID" echo runs
	[ "$output" = runs ]
	run rt exec --cgroup / "$ID" echo in it
	[ "$output" = "in it" ]
	if [ "$(rt state "$ID" | jq -r .pid | xargs -I P cat /proc/P/cgroup | grep -c "$CG")" = 0 ]; then
		run rt exec --cgroup sub "$ID" true
		[ "$status" = 255 ]
		one_line -- '--cgroup: the container has no cgroup for sub'
	fi
	labels_are_refused
	gone
}

@test "many in a row and side by side leave no process" {
	idle
	for ((i = 0; i < 50; i++)); do rt exec "$ID" true; done
	for ((i = 0; i < 40; i += 8)); do
		jobs=()
		for ((k = 0; k < 8; k++)); do
			rt exec "$ID" sh -c "exit $k" &
			jobs+=($!)
		done
		for ((k = 0; k < 8; k++)); do
			status=0
			wait "${jobs[k]}" || status=$?
			[ "$status" = "$k" ]
		done
	done
	# The first process and the shell that looks, with no zombie beside them.
	[ "$(rt exec "$ID" sh -c 'echo /proc/[0-9]*' | wc -w)" = 2 ]
	gone
}

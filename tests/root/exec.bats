#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# One more process in a container: every option, every state, and a container that is an attacker's.

load ../helpers
load ../exec-helpers

setup() {
	need_root
	setup_bundle
	local a
	for a in stat ps chmod tty rmdir mknod ln mkfifo umount rm cp mv tr cut sort find; do ln -sf busybox "$BUNDLE/rootfs/bin/$a"; done
	host_before
}
teardown() { teardown_bundle; }

idle() { # a running container; its first process ends at once on TERM
	script 'trap "exit 0" TERM; echo up > /tmp/up; while :; do sleep 1; done'
	create_container
	rt start "$ID"
	wait_for test -e "$BUNDLE/rootfs/tmp/up"
}
document() { # FILTER: a process document from the container's own
	jq ".process | .terminal = false | $1" "$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/process.json"
}
pause_here() { # whether this host can
	rt pause "$ID" 2>/dev/null || skip "no pause here"
}

@test "the program's status, 128 and its signal, 255 for the runtime's own failures" {
	idle
	run rt exec "$ID" sh -c 'exit 42'
	[ "$status" = 42 ]
	run rt exec "$ID" sh -c 'kill -9 $$'
	[ "$status" = 137 ]
	run rt exec "$ID" no-such-program
	[ "$status" = 255 ]
	one_line 'executable file not found in \$PATH'
	run rt exec "$ID" /no/such/program
	[ "$status" = 255 ]
	one_line 'no such file or directory'
	run rt exec "$ID" /etc/passwd
	[ "$status" = 255 ]
	one_line 'permission denied'
	run rt exec "$ID" /tmp
	[ "$status" = 255 ]
	one_line 'is a directory'
	run rt exec no-such-container true
	[ "$status" = 255 ]
	one_line 'container does not exist'
	run rt exec "$ID"
	[ "$status" = 255 ]
	gone
}

@test "created, stopped and paused containers" {
	script 'exit 0'
	create_container
	run rt exec "$ID" echo before the start
	[ "$status" = 0 ]
	[ "$output" = "before the start" ]
	rt start "$ID"
	wait_for is_status stopped
	run rt exec "$ID" true
	[ "$status" = 255 ]
	one_line 'container not running'
	gone
}

@test "paused: refused, or waited for" {
	idle
	pause_here
	run rt exec "$ID" true
	[ "$status" = 255 ]
	one_line 'cannot exec in a paused container'
	rt exec --ignore-paused "$ID" echo later >"$BATS_TEST_TMPDIR/later" &
	p=$!
	rt resume "$ID"
	wait $p
	[ "$(cat "$BATS_TEST_TMPDIR/later")" = later ]
	gone
}

@test "paused: who waits for it can be interrupted, and nothing comes of it afterwards" {
	is_ocirt || skip "runc waits on"
	idle
	pause_here
	for s in TERM USR1; do
		"$OCIRT" --root "$ROOT" exec --ignore-paused "$ID" touch /tmp/late &
		p=$!
		waits() { [ -n "$(ps -o pid= --ppid $p)" ]; }
		wait_for waits
		kill -$s $p
		status=0
		wait $p || status=$?
		[ "$status" = $((128 + $(kill -l $s))) ]
	done
	rt resume "$ID"
	alone() { [ "$(rt ps --format json "$ID" | jq length)" -le 2 ]; }
	wait_for alone
	[ ! -e "$BUNDLE/rootfs/tmp/late" ]
	gone
}

@test "no room for a process: the limit is named" {
	config '.linux.resources.pids = {limit: 1}'
	args sleep 100
	create_container
	rt start "$ID"
	run rt exec "$ID" true
	[ "$status" = 255 ]
	one_line "limit of processes"
	gone
}

@test "everything that init is in: namespaces, cgroup, root, session of its own" {
	config '.linux.namespaces |= map(select(.type != "cgroup")) + [{"type":"cgroup"}]'
	[ ! -e /proc/self/ns/time ] || config '.linux.namespaces += [{"type":"time"}]'
	idle
	run rt exec "$ID" sh -c 'for n in cgroup ipc mnt net pid time user uts; do
		[ "$(readlink /proc/1/ns/$n)" = "$(readlink /proc/self/ns/$n)" ] || echo "not in $n"; done
		[ "$(sed "s/^[0-9]*://" /proc/1/cgroup)" = "$(sed "s/^[0-9]*://" /proc/self/cgroup)" ] || echo "other cgroup"
		[ "$(cut -d" " -f6 /proc/$$/stat)" = $$ ] || echo "session of another"'
	[ "$output" = "" ]
	# From outside: in the container's cgroups, and nowhere else.
	rt exec -d --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 100 </dev/null >/dev/null 2>&1
	init=$(rt state "$ID" | jq .pid)
	diff "/proc/$init/cgroup" "/proc/$(cat "$BATS_TEST_TMPDIR/pid")/cgroup"
	gone
}

@test "--detach, --pid-file: the process is the caller's to wait for" {
	idle
	rt exec -d --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sh -c 'echo $$ > /tmp/inside; exec sleep 100' </dev/null >/dev/null 2>&1
	pid=$(cat "$BATS_TEST_TMPDIR/pid")
	wait_for test -s "$BUNDLE/rootfs/tmp/inside"
	grep -q "^NSpid:.*[[:space:]]$(cat "$BUNDLE/rootfs/tmp/inside")\$" "/proc/$pid/status"
	kill "$pid"
	# One that fails leaves none.
	rm "$BATS_TEST_TMPDIR/pid"
	run rt exec -d --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" /no/such/program
	[ "$status" = 255 ]
	[ ! -e "$BATS_TEST_TMPDIR/pid" ]
	run rt exec --pid-file /no/such/dir/pid "$ID" true
	[ "$status" = 255 ]
	one_line '--pid-file'
	gone
}

@test "--cwd, --env, HOME by uid" {
	printf 'root:x:0:0::/root:/bin/sh\n1000:x:0:0::/wrong:/bin/sh\nsomebody:x:1000:1000::/users/some:/bin/sh\n' >"$BUNDLE/rootfs/etc/passwd"
	config '.process.env = ["PATH=/bin", "A=config", "B=config"] | .process.cwd = "/tmp"'
	idle
	run rt exec "$ID" pwd
	[ "$output" = /tmp ]
	run rt exec --cwd /etc "$ID" pwd
	[ "$output" = /etc ]
	run rt exec --cwd=etc "$ID" pwd
	[ "$status" = 255 ]
	run rt exec --env A=option -e 'C=two words' "$ID" sh -c 'echo $A $B "$C" $HOME'
	[ "$output" = "option config two words /root" ]
	run rt exec --user 1000 "$ID" sh -c 'echo $HOME'
	[ "$output" = /users/some ]
	run rt exec --user 4000 "$ID" sh -c 'echo $HOME'
	[ "$output" = / ]
	run rt exec -e HOME=/mine "$ID" sh -c 'echo $HOME'
	[ "$output" = /mine ]
	run rt exec -e novalue "$ID" true
	[ "$status" = 255 ]
	gone
}

@test "--user takes numbers, strictly; CVE-2016-3697, CVE-2026-30892" {
	printf '1:x:0:0::/:/bin/sh\n' >"$BUNDLE/rootfs/etc/passwd"
	config '.process.user = {"uid":11,"gid":22,"additionalGids":[33]}'
	idle
	ids='echo $(id -u) $(id -g) $(grep ^Groups /proc/self/status)'
	run rt exec "$ID" sh -c "$ids"
	[ "$output" = "11 22 Groups: 33" ]
	run rt exec -u 1 "$ID" sh -c "$ids"
	[ "$output" = "1 22 Groups: 33" ]
	run rt exec --user=1:2 -g 44 --additional-gids 55,66 "$ID" sh -c "$ids"
	[ "$output" = "1 2 Groups: 33 44 55 66" ]
	run rt exec -u 65534:65534 "$ID" sh -c "$ids"
	[ "$output" = "65534 65534 Groups: 33" ]
	for bad in '' x : 1: -1 ' 1' +1 1x 0x1 1:2:3 4294967295 4294967296 100000000000000000000 :5 root 1:4294967295; do
		run rt exec "--user=$bad" "$ID" id
		[ "$status" = 255 ] || { echo "taken: $bad"; false; }
	done
	for bad in x '' 1,,2 -1; do
		run rt exec "--additional-gids=$bad" "$ID" id
		[ "$status" = 255 ] || { echo "taken: $bad"; false; }
	done
	gone
}

@test "--cap: a name that is not known is left out with a warning" {
	idle
	run rt exec --cap CAP_NOSUCH --cap CAP_SYS_TIME "$ID" sh -c 'grep CapEff /proc/self/status; exit 3'
	[ "$status" = 3 ]
	says 'CAP_NOSUCH.* ignored'
	says 'CapEff:.*22000420'
	gone
}

@test "programs that are not there: the words tell the ways apart" {
	idle
	run rt exec "$ID" nosuch
	[ "$status" = 255 ]
	says 'executable file not found in \$PATH'
	for word in '' ' ' 'a b'; do
		run rt exec "$ID" "$word"
		[ "$status" = 255 ]
		says "exec: \"$word\": executable file not found in \\\$PATH"
	done
	for word in /bin/nosuch ./nosuch nosuch/ none/sh; do
		run rt exec "$ID" "$word"
		[ "$status" = 255 ]
		says 'no such file or directory'
	done
	for word in / . .. /bin ./bin; do
		run rt exec "$ID" "$word"
		[ "$status" = 255 ]
		says 'is a directory'
	done
	run rt exec "$ID" /bin/busybox/x
	[ "$status" = 255 ]
	says 'not a directory'
	gone
}

@test "--process: words behind the id are ignored" {
	idle
	echo '{"args": ["echo", "document"], "cwd": "/", "user": {"uid": 0, "gid": 0}, "env": ["PATH=/bin"]}' >"$BATS_TEST_TMPDIR/p.json"
	run rt exec --process "$BATS_TEST_TMPDIR/p.json" "$ID" echo words
	[ "$status" = 0 ]
	[ "$output" = document ]
	gone
}

@test "--cap adds to three sets and not to the inheritable or ambient one (CVE-2022-29162)" {
	config '.process.capabilities = {"bounding":["CAP_KILL"],"permitted":["CAP_KILL"],"effective":["CAP_KILL"]}'
	idle
	run rt exec "$ID" grep ^Cap /proc/self/status
	says 'CapEff:[[:space:]]+0000000000000020'
	run rt exec --cap CAP_NET_RAW -c CAP_CHOWN "$ID" grep ^Cap /proc/self/status
	says 'CapInh:[[:space:]]+0000000000000000'
	says 'CapPrm:[[:space:]]+0000000000002021'
	says 'CapEff:[[:space:]]+0000000000002021'
	says 'CapBnd:[[:space:]]+0000000000002021'
	says 'CapAmb:[[:space:]]+0000000000000000'
	gone
}

@test "--no-new-privs, rlimits, oom score, seccomp are the container's" {
	config '.process.noNewPrivileges = false | .process.oomScoreAdj = 123
		| .process.rlimits = [{"type":"RLIMIT_NOFILE","soft":77,"hard":88}]
		| .linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":11}]}'
	idle
	run rt exec "$ID" sh -c 'grep -E "NoNewPrivs|Seccomp:" /proc/self/status; cat /proc/self/oom_score_adj; ulimit -n; ulimit -Hn; mkdir /tmp/d'
	says 'NoNewPrivs:[[:space:]]+0'
	says 'Seccomp:[[:space:]]+2'
	says $'123\n77\n88'
	says 'temporarily unavailable'
	run rt exec --no-new-privs "$ID" grep NoNewPrivs /proc/self/status
	says 'NoNewPrivs:[[:space:]]+1'
	gone
}

@test "--process: a document; what it leaves out of the confinement stays" {
	config '.process.capabilities = {"bounding":["CAP_KILL"],"permitted":["CAP_KILL"],"effective":["CAP_KILL"]} | .process.noNewPrivileges = true'
	idle
	document '.args = ["sh", "-c", "echo $X $(id -u) $(pwd); grep -E \"CapEff|NoNewPrivs\" /proc/self/status"] | .env = ["PATH=/bin", "X=y"] | .cwd = "/etc" | .user = {"uid": 7, "gid": 8}
		| del(.capabilities) | del(.noNewPrivileges)'
	run rt exec --process "$BATS_TEST_TMPDIR/process.json" "$ID"
	[ "$status" = 0 ]
	[ "${lines[0]}" = "y 7 /etc" ]
	says 'NoNewPrivs:[[:space:]]+1'
	document '.args = ["true"] | .nonsense = 1'
	run rt exec -p "$BATS_TEST_TMPDIR/process.json" "$ID"
	[ "$status" = 0 ]
	for text in '' '[]' '{' '{"args":"true"}' '{"args":[],"cwd":"/"}' '{"args":["true"],"cwd":"x"}'; do
		echo "$text" >"$BATS_TEST_TMPDIR/process.json"
		run rt exec -p "$BATS_TEST_TMPDIR/process.json" "$ID"
		[ "$status" = 255 ] || { echo "taken: $text"; false; }
		[ "${#lines[@]}" = 1 ]
	done
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	for file in "$BATS_TEST_TMPDIR/fifo" "$BATS_TEST_TMPDIR" /dev/zero /no/such; do
		run rt exec -p "$file" "$ID"
		[ "$status" = 255 ] || { echo "taken: $file"; false; }
	done
	run rt exec -p "$BATS_TEST_TMPDIR/process.json" "$ID" true
	[ "$status" = 255 ]
	gone
}

@test "--preserve-fds passes what was asked for, and nothing else is open" {
	idle
	echo three >"$BATS_TEST_TMPDIR/three"
	mkdir "$BATS_TEST_TMPDIR/dir"
	out=$(rt exec --preserve-fds 1 "$ID" sh -c 'cat <&3' </dev/null 3<"$BATS_TEST_TMPDIR/three")
	[ "$out" = three ]
	# An open directory of the host that the caller forgot.
	out=$(rt exec "$ID" sh -c 'ls /proc/$$/fd; true' </dev/null 3>&- 37<"$BATS_TEST_TMPDIR/dir")
	for n in $out; do [ "$n" -le 2 ] || [ "$n" = 10 ]; done
	out=$(rt exec --preserve-fds 1 "$ID" sh -c 'ls /proc/$$/fd; true' </dev/null 3<"$BATS_TEST_TMPDIR/three" 37<"$BATS_TEST_TMPDIR/dir")
	for n in $out; do [ "$n" -le 3 ] || [ "$n" = 10 ]; done
	# A number that only the runtime's own files have by then.
	run rt --log "$BATS_TEST_TMPDIR/log" exec --preserve-fds 2 "$ID" true 3>&- 4>&-
	[ "$status" = 255 ]
	gone
}

@test "--cgroup: one below the container's" {
	idle
	local v1=/sys/fs/cgroup/pids$CG v2=/sys/fs/cgroup/unified$CG
	[ -d "$v1" ] && [ -d "$v2" ] || skip "needs the hybrid layout"
	find /sys/fs/cgroup -type d -path "*$CG" | while read -r d; do
		mkdir "$d/sub"
		for f in cpus mems; do [ ! -e "$d/sub/cpuset.$f" ] || [[ $d =~ unified ]] || cat "$d/cpuset.$f" >"$d/sub/cpuset.$f"; done
	done
	run rt exec --cgroup sub "$ID" cat /proc/self/cgroup
	[ "$status" = 0 ]
	[ "$(grep -c "$CG/sub\$" <<<"$output")" -ge 2 ]
	[ "$(grep "$CG" <<<"$output" | grep -vc "$CG/sub\$")" = 0 ]
	run rt exec --cgroup pids:/sub "$ID" cat /proc/self/cgroup
	[ "$(grep -c "$CG/sub\$" <<<"$output")" = 1 ]
	for bad in ../x sub/../.. pids:.. nosuch:sub missing; do
		run rt exec --cgroup "$bad" "$ID" true
		[ "$status" = 255 ] || { echo "taken: $bad"; false; }
	done
	gone
}

@test "execCPUAffinity" {
	[ "$(nproc)" -ge 2 ] || skip "one processor"
	config '.process.execCPUAffinity = {"initial": "0", "final": "1"}'
	idle
	run rt exec "$ID" grep Cpus_allowed_list /proc/self/status
	[ "$status" = 0 ]
	says '[[:space:]]1$'
	gone
	config '.process.execCPUAffinity = {"initial": "1"}'
	idle
	run rt exec "$ID" grep Cpus_allowed_list /proc/self/status
	[ "$status" = 0 ]
	says '[[:space:]]1$'
	gone
}

@test "--pidfd-socket" {
	idle
	pidfd_is_sent
	gone
}

@test "--apparmor and --process-label of a host without them are refused, not forgotten" {
	idle
	labels_are_refused
	gone
}

@test "a user namespace with maps: ids, files and capabilities are those inside" {
	config '.linux.namespaces += [{"type":"user"}] | .linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}] | .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 711 "$BATS_TEST_TMPDIR" "$BUNDLE"
	idle
	run rt exec "$ID" sh -c 'id -u; readlink /proc/self/ns/user; readlink /proc/1/ns/user; touch /tmp/mine; stat -c %u /tmp/mine'
	[ "$status" = 0 ]
	[ "${lines[0]}" = 0 ]
	[ "${lines[1]}" = "${lines[2]}" ]
	[ "${lines[3]}" = 0 ]
	[ "$(stat -c %u "$BUNDLE/rootfs/tmp/mine")" = 100000 ]
	run rt exec -u 5:6 "$ID" sh -c 'id -u; id -g'
	[ "$output" = $'5\n6' ]
	run rt exec -u 70000 "$ID" true
	[ "$status" = 255 ]
	gone
}

@test "without a mount namespace of its own the container's root is the root" {
	config '.linux.namespaces |= map(select(.type != "mount")) | .mounts = [] | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
	script 'trap "exit 0" TERM; echo up > /tmp/up; while :; do sleep 1; done'
	create_container || skip "this runtime wants a mount namespace"
	rt start "$ID"
	run rt exec "$ID" ls /
	[ "$status" = 0 ]
	says rootfs || says tmp
	[ -e "$BUNDLE/rootfs/tmp/up" ]
	[[ ! $output =~ boot ]]
	gone
}

# ---- an attacker's container ---------------------------------------------------------------------------

@test "hostile: cwd and program through /proc/self/fd (CVE-2024-21626)" {
	idle
	for n in 3 4 5 6 7 8 9 10 11 12; do
		ln -s "/proc/self/fd/$n" "$BUNDLE/rootfs/c$n"
		run rt exec --cwd "/proc/self/fd/$n" "$ID" ls
		[ "$status" = 255 ] || { echo "cwd fd $n: $output"; false; }
		run rt exec --cwd "/c$n" "$ID" ls
		[ "$status" = 255 ] || { echo "link to fd $n: $output"; false; }
		run rt exec "$ID" "/proc/self/fd/$n/../../../../bin/bash" -c true
		[ "$status" = 255 ] || { echo "program below fd $n: $output"; false; }
	done
	run rt exec --cwd /tmp "$ID" ../../../../../../../../usr/bin/env
	[ "$status" = 255 ]
	gone
}

@test "hostile: ptmx is a file, a FIFO, a link, or /dev/pts is gone; nothing hangs, nothing is sent" {
	config '.process.capabilities |= with_entries(.value += ["CAP_SYS_ADMIN"])'
	idle
	python3 - "$BATS_TEST_TMPDIR/sock" >"$BATS_TEST_TMPDIR/got" <<'PY' &
import socket, sys
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(9); s.settimeout(120)
while True:
    c, _ = s.accept()
    t, anc, _, _ = c.recvmsg(4096, socket.CMSG_SPACE(4))
    if t == b'end': break
    if anc: print("a descriptor came", flush=True)
PY
	p=$!
	wait_for listens "$BATS_TEST_TMPDIR/sock"
	try() {
		run timeout 120 "$OCIRT" --root "$ROOT" exec -d -t --console-socket "$BATS_TEST_TMPDIR/sock" "$ID" true
		[ "$status" = 255 ] || { echo "$1: $status $output"; false; }
	}
	# /dev/ptmx alone is not used: the true one of devpts is, and that works.
	rt exec "$ID" sh -c 'rm -f /dev/ptmx; echo x > /dev/ptmx'
	out=$(rt exec -t "$ID" tty </dev/null) || :
	[[ $out =~ pts|tty ]]
	rt exec "$ID" sh -c 'mkdir /tmp/p; echo x > /tmp/p/ptmx; mount -o bind /tmp/p /dev/pts'
	try "a file"
	rt exec "$ID" sh -c 'rm /tmp/p/ptmx; mkfifo /tmp/p/ptmx'
	try "a FIFO"
	rt exec "$ID" sh -c 'rm /tmp/p/ptmx; ln -s /proc/self/fd/0 /tmp/p/ptmx'
	try "a link"
	rt exec "$ID" sh -c 'umount /dev/pts; mount -o bind /dev/null /dev/pts/ptmx'
	try "another device over it"
	rt exec "$ID" sh -c 'umount /dev/pts/ptmx; umount /dev/pts; rmdir /dev/pts 2>/dev/null; ln -s /proc/self/fd /dev/pts || true'
	try "a link in place of the directory"
	python3 -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.send(b"end")' "$BATS_TEST_TMPDIR/sock"
	wait $p
	[ ! -s "$BATS_TEST_TMPDIR/got" ]
	gone
}

@test "hostile: /etc/passwd is a FIFO, a device, a link, endless, or full of long lines" {
	idle
	try() {
		run timeout 120 "$OCIRT" --root "$ROOT" exec "$ID" sh -c 'echo "home $HOME"'
		[ "$status" = 0 ] || { echo "$1: $status $output"; false; }
		[ "$output" = "home $2" ] || { echo "$1: $output"; false; }
	}
	cd "$BUNDLE/rootfs/etc"
	rm passwd && mkfifo passwd
	try "a FIFO" /
	rm passwd && ln -s /proc/self/fd/0 passwd
	try "a link" /
	rm passwd && ln -s ../../../../../../etc/passwd passwd
	try "a link out" /
	rm passwd && mkdir passwd
	try "a directory" /
	rmdir passwd && mknod passwd c 1 5
	try "a device without an end" /
	rm passwd && truncate -s 1T passwd
	try "a terabyte" /
	rm passwd && { head -c 100000 /dev/zero | tr '\0' x; printf '\nroot:x:0:0::/found:/bin/sh\n'; } >passwd
	try "long lines" /found
	printf 'root:x:0:0::/a\0b:/x\n0:0\n:::\nroot:x:00:0::relative:\n' >passwd
	run timeout 120 "$OCIRT" --root "$ROOT" exec "$ID" true
	[ "$status" = 0 ]
	cd /
	gone
}

@test "hostile: /proc is faked, and the binaries are scripts of /proc/self/exe (CVE-2019-5736)" {
	config '.process.capabilities |= with_entries(.value += ["CAP_SYS_ADMIN","CAP_SYS_PTRACE"])'
	sum=$(md5sum <"$OCIRT")
	idle
	printf '#!/proc/self/exe\n' >"$BUNDLE/rootfs/bin/evil"
	chmod +x "$BUNDLE/rootfs/bin/evil"
	# What runs is a copy of the runtime that can be read at most; it may fail in any way.
	run timeout 120 "$OCIRT" --root "$ROOT" exec "$ID" evil
	[ "$status" != 0 ]
	cat >"$BUNDLE/rootfs/bin/grab" <<'SH'
#!/bin/sh
for p in /proc/[0-9]*; do
	if { echo overwritten >"$p/exe"; } 2>/dev/null; then echo "wrote $p"; fi
done
SH
	chmod +x "$BUNDLE/rootfs/bin/grab"
	rt exec -d "$ID" sh -c 'while [ ! -e /tmp/stop ]; do grab; done >/tmp/grabbed 2>&1; echo end >/tmp/ended' </dev/null >/dev/null 2>&1
	for _ in 1 2 3 4 5 6 7 8 9 10; do rt exec "$ID" true; done
	touch "$BUNDLE/rootfs/tmp/stop"
	wait_for test -e "$BUNDLE/rootfs/tmp/ended"
	cat "$BUNDLE/rootfs/tmp/grabbed"
	[ ! -s "$BUNDLE/rootfs/tmp/grabbed" ]
	[ "$(md5sum <"$OCIRT")" = "$sum" ]
	# A tmpfs in place of /proc, with files that swallow a label.
	rt exec "$ID" sh -c 'mkdir -p /tmp/f/self/attr /tmp/f/thread-self/attr/apparmor /tmp/f/1; touch /tmp/f/self/attr/exec; mount -o bind /tmp/f /proc'
	run timeout 120 "$OCIRT" --root "$ROOT" exec "$ID" sh -c 'echo still here; ls /proc'
	[ "$status" = 0 ]
	says 'still here'
	gone
}

@test "many in a row and side by side leave nothing (the short form of tests/stress/exec)" {
	"$BATS_TEST_DIRNAME/../stress/exec" 60 40
}

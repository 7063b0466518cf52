#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a program inside a container sees, for each part of config.json.

load ../helpers

setup() { need_root; setup_bundle; host_before; }
teardown() { teardown_bundle; }

@test "namespaces: host name, process 1, network with lo up" {
	config '.hostname = "inside" | .domainname = "domain.example"'
	script 'hostname; echo $$; cat /proc/sys/kernel/domainname; ls /sys/class/net; cat /sys/class/net/lo/flags; ip a'
	run run_container
	[ "$status" = 0 ]
	[ "${lines[0]}" = inside ]
	[ "${lines[1]}" = 1 ]
	! is_ocirt || [ "${lines[2]}" = domain.example ]
	says $'\nlo\n'
	says 'LOOPBACK,UP'
}

@test "an empty host name is none" {
	config '.hostname = "" | .domainname = ""'
	args hostname
	run run_container
	[ "$status" = 0 ]
	[ "$output" = "$(hostname)" ]
}

@test "namespaces: each listed one is new, each other one is the host's" {
	config '.linux.namespaces = [{"type":"pid"},{"type":"mount"},{"type":"ipc"}] | del(.hostname)'
	script 'for n in pid mnt ipc uts net; do readlink /proc/self/ns/$n; done'
	run run_container
	[ "$status" = 0 ]
	for i in 0 1 2; do
		n=$(sed 's/:.*//' <<<"${lines[i]}")
		[ "${lines[i]}" != "$(readlink "/proc/self/ns/$n")" ]
	done
	[ "${lines[3]}" = "$(readlink /proc/self/ns/uts)" ]
	[ "${lines[4]}" = "$(readlink /proc/self/ns/net)" ]
}

@test "namespaces: a path joins" {
	sleep 60 &
	p=$!
	config '.linux.namespaces |= map(if .type == "network" then .path = "/proc/'$p'/ns/net" else . end)'
	args readlink /proc/self/ns/net
	run run_container
	kill $p
	[ "$status" = 0 ]
	[ "$output" = "$(readlink /proc/self/ns/net)" ]
}

@test "time offsets" {
	is_ocirt || skip "not in every runtime"
	[ -e /proc/self/ns/time ] || skip "no time namespaces"
	config '.linux.namespaces += [{"type":"time"}] | .linux.timeOffsets = {
		"boottime": {"secs": 1000000, "nanosecs": 7}, "monotonic": {"secs": 77, "nanosecs": 5}}'
	args cat /proc/self/timens_offsets
	run run_container
	[ "$status" = 0 ]
	says 'boottime +1000000 +7$'
	says 'monotonic +77 +5'
}

@test "default devices and links" {
	script 'cd /dev; for d in null zero full random urandom tty; do stat -c "%n %t:%T %a %F" $d; done
		for l in fd stdin stdout stderr ptmx; do readlink $l; done; echo x > null; head -c 3 zero | wc -c 2>/dev/null || :'
	run run_container
	says 'null 1:3 666 character special file'
	says 'zero 1:5 666'
	says 'full 1:7 666'
	says 'random 1:8 666'
	says 'urandom 1:9 666'
	says 'tty 5:0 666'
	says $'/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\n(/dev/)?pts/ptmx'
}

@test "linux.devices: mode, owner, path below a new directory" {
	config '.linux.devices = [{"path":"/dev/sub/mynull","type":"c","major":1,"minor":3,"fileMode":384,"uid":5,"gid":6}]
		| .linux.resources.devices = [{"allow":true,"access":"rwm"}]'
	args stat -c '%t:%T %a %u:%g' /dev/sub/mynull
	run run_container
	[ "$status" = 0 ]
	[ "$output" = "1:3 600 5:6" ]
}

@test "masked and read-only paths" {
	mkdir "$BUNDLE/rootfs/secret"
	echo s >"$BUNDLE/rootfs/secret/f"
	echo s >"$BUNDLE/rootfs/sfile"
	echo s >"$BUNDLE/rootfs/rofile"
	config '.linux.maskedPaths = ["/secret", "/sfile", "/not/there"] | .linux.readonlyPaths = ["/rofile", "/proc/sys", "/not/there"]'
	script 'ls -A /secret; cat /sfile; echo x > /secret/g; echo x > /rofile; echo x > /proc/sys/kernel/hostname; echo end; cat /rofile'
	run run_container
	says end # the two streams may come in any order
	[ "$(grep -c 'Read-only file system' <<<"$output")" = 3 ]
	[ "$(cat "$BUNDLE/rootfs/rofile")" = s ]
	[ "$(ls "$BUNDLE/rootfs/secret")" = f ]
}

@test "read-only root" {
	config '.root.readonly = true'
	script 'touch /x || echo refused'
	run run_container
	says refused
	[ ! -e "$BUNDLE/rootfs/x" ]
	config '.root.readonly = false'
	run run_container
	[ -e "$BUNDLE/rootfs/x" ]
}

@test "mounts: bind, ro, noexec, recursive, of files" {
	src=$BATS_TEST_TMPDIR/src
	mkdir -p "$src"
	echo hello >"$src/f"
	config '.mounts += [
		{"destination":"/mnt/ro","type":"bind","source":$s,"options":["rbind","ro","noexec","nosuid","nodev"]},
		{"destination":"/mnt/rw","type":"bind","source":$s,"options":["bind"]},
		{"destination":"/mnt/new/file","source":($s+"/f"),"options":["bind","ro"]}]' --arg s "$src"
	script 'cat /mnt/ro/f /mnt/new/file; echo x > /mnt/ro/g || echo refused; echo y > /mnt/rw/h; grep " /mnt/" /proc/self/mountinfo'
	run run_container
	says $'hello\nhello\n'
	says refused
	says '/mnt/ro ro,nosuid,nodev,noexec'
	says '/mnt/rw rw'
	[ "$(cat "$src/h")" = y ]
}

@test "mounts: tmpfs with size and mode" {
	config '.mounts += [{"destination":"/mnt/t","type":"tmpfs","source":"tmpfs","options":["size=64k","mode=1770","noexec"]}]'
	script 'stat -c %a /mnt/t; grep " /mnt/t " /proc/self/mountinfo'
	run run_container
	[ "${lines[0]}" = 1770 ]
	says 'noexec.* - tmpfs tmpfs .*size=64k'
}

@test "mounts: propagation" {
	config '.mounts += [{"destination":"/mnt/s","type":"tmpfs","source":"tmpfs","options":["shared"]},
		{"destination":"/mnt/p","type":"tmpfs","source":"tmpfs","options":["private"]}]'
	script 'grep " /mnt/[sp] " /proc/self/mountinfo'
	run run_container
	says '/mnt/s [^-]*shared:'
	[[ ! $output =~ /mnt/p\ [^-]*shared: ]]
}

@test "mounts: a source that is not there names the mount" {
	config '.mounts += [{"destination":"/mnt/x","type":"bind","source":"/no/such/source","options":["bind"]}]'
	run run_container
	[ "$status" = 1 ]
	one_line '/no/such/source.*no such file or directory'
}

@test "mounts: a link in the rootfs does not lead out of it" {
	mkdir "$BATS_TEST_TMPDIR/outside"
	ln -s "$BATS_TEST_TMPDIR/outside" "$BUNDLE/rootfs/link"
	config '.mounts += [{"destination":"/link/made","type":"tmpfs","source":"tmpfs"}]'
	args true
	run run_container
	[ -z "$(ls -A "$BATS_TEST_TMPDIR/outside")" ]
}

@test "user, groups and umask" {
	config '.process.user = {"uid":1234,"gid":2345,"additionalGids":[7,8],"umask":23}'
	script 'id -u; id -g; grep ^Groups /proc/self/status; umask'
	run run_container
	[ "$status" = 0 ]
	[ "${lines[0]}" = 1234 ]
	[ "${lines[1]}" = 2345 ]
	says 'Groups:[[:space:]]+7 8'
	[ "${lines[3]}" = 0027 ]
}

@test "capabilities: the five sets" {
	config '.process.capabilities = {"bounding":["CAP_CHOWN","CAP_KILL","CAP_SYS_TIME"],"permitted":["CAP_CHOWN","CAP_KILL"],
		"effective":["CAP_CHOWN"],"inheritable":["CAP_KILL"],"ambient":["CAP_KILL"]} | .process.user = {"uid":1000,"gid":1000}'
	args grep ^Cap /proc/self/status
	run run_container
	[ "$status" = 0 ]
	# The exec of a program without file capabilities leaves the ambient set alone.
	says 'CapInh:[[:space:]]+0000000000000020'
	says 'CapPrm:[[:space:]]+0000000000000020'
	says 'CapEff:[[:space:]]+0000000000000020'
	says 'CapBnd:[[:space:]]+0000000002000021'
	says 'CapAmb:[[:space:]]+0000000000000020'
}

@test "capabilities: none" {
	config 'del(.process.capabilities)'
	args grep ^CapEff /proc/self/status
	run run_container
	is_ocirt || skip "runtimes differ when the field is absent"
	says 'CapEff:[[:space:]]+0000000000000000'
}

@test "no_new_privs, rlimits, oom_score_adj" {
	config '.process.noNewPrivileges = true | .process.oomScoreAdj = 321
		| .process.rlimits = [{"type":"RLIMIT_NOFILE","soft":77,"hard":88},{"type":"RLIMIT_CORE","soft":0,"hard":0}]'
	script 'grep NoNewPrivs /proc/self/status; cat /proc/self/oom_score_adj; grep "open files" /proc/self/limits'
	run run_container
	says 'NoNewPrivs:[[:space:]]+1'
	[ "${lines[1]}" = 321 ]
	says 'Max open files +77 +88'
	config '.process.noNewPrivileges = false'
	run run_container
	says 'NoNewPrivs:[[:space:]]+0'
}

@test "sysctl" {
	config '.linux.sysctl = {"net.ipv4.ip_forward":"1","kernel.msgmax":"9999"}'
	args cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax
	run run_container
	[ "$status" = 0 ]
	[ "$output" = $'1\n9999' ]
}

@test "seccomp: a denied call" {
	config '.linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":11}]}'
	script 'mkdir /tmp/d; grep Seccomp: /proc/self/status'
	run run_container
	says 'temporarily unavailable'
	says 'Seccomp:[[:space:]]+2'
}

@test "cwd: present, missing, not a directory" {
	config '.process.cwd = "/tmp"'
	args pwd
	run run_container
	[ "$output" = /tmp ]
	config '.process.cwd = "/made/by/runtime"'
	run run_container
	[ "$output" = /made/by/runtime ]
	config '.process.cwd = "/etc/passwd"'
	run run_container
	[ "$status" = 1 ]
	[ "${#lines[@]}" = 1 ]
}

@test "env is the config's" {
	config '.process.env = ["PATH=/bin","A=b c","EMPTY="]'
	args env
	run env SECRET=host "$OCIRT" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" = 0 ]
	says 'A=b c'
	says 'EMPTY='
	[[ ! $output =~ SECRET ]]
}

@test "no descriptor but the standard ones" {
	script 'ls /proc/$$/fd; true' # not the last command, which the shell would become
	exec 9</dev/null
	run run_container
	is_ocirt || skip "some runtimes hand on what they were given"
	[ "$status" = 0 ]
	for n in "${lines[@]}"; do
		[ "$n" -le 2 ] || [ "$n" = 10 ] # a shell may keep its own on 10
	done
}

@test "--preserve-fds and LISTEN_FDS" {
	echo three >"$BATS_TEST_TMPDIR/three"
	script 'cat <&3'
	out=$(cd "$BUNDLE" && rt run --preserve-fds 1 "$ID" </dev/null 3<"$BATS_TEST_TMPDIR/three")
	[ "$out" = three ]
	script 'cat <&3; echo $LISTEN_FDS $LISTEN_PID'
	# The protocol of sd_listen_fds(3): the number counts only for the process that is named.
	out=$(sh -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"' sh "$OCIRT" --root "$ROOT" run --bundle "$BUNDLE" "$ID" \
		</dev/null 3<"$BATS_TEST_TMPDIR/three")
	[ "$out" = $'three\n1 1' ]
}

@test "console socket: a terminal is sent and is the container's" {
	config '.process.terminal = true | .process.consoleSize = {"height":33,"width":44}'
	script '[ "$(stat -c %t:%T /dev/console)" = "$(stat -Lc %t:%T /proc/self/fd/0)" ] && grep -q " /dev/console " /proc/self/mountinfo && echo console
		test -t 0 && echo is-a-terminal'
	cat >"$BATS_TEST_TMPDIR/recv.py" <<'PY'
import array, os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(1)
s.settimeout(120)
c, _ = s.accept()
_, anc, _, _ = c.recvmsg(4096, socket.CMSG_SPACE(4))
fd = array.array('i', anc[0][2])[0]
print(os.get_terminal_size(fd).lines, os.get_terminal_size(fd).columns, flush=True)
try:
    while True:
        b = os.read(fd, 4096)
        if not b:
            break
        sys.stdout.write(b.decode())
        sys.stdout.flush()
except OSError:
    pass
PY
	python3 "$BATS_TEST_TMPDIR/recv.py" "$BATS_TEST_TMPDIR/sock" >"$BATS_TEST_TMPDIR/tty" 2>&1 &
	p=$!
	wait_for listens "$BATS_TEST_TMPDIR/sock"
	create_container --console-socket "$BATS_TEST_TMPDIR/sock"
	rt start "$ID"
	wait $p
	wait_for is_status stopped
	rt delete "$ID"
	cat "$BATS_TEST_TMPDIR/tty"
	grep -q is-a-terminal "$BATS_TEST_TMPDIR/tty"
	grep -q console "$BATS_TEST_TMPDIR/tty"
	[ "$(head -1 "$BATS_TEST_TMPDIR/tty")" = "33 44" ]
}

@test "cgroup: placement and removal" {
	args sleep 100
	create_container
	pid=$(rt state "$ID" | jq .pid)
	grep -q "$CG" "/proc/$pid/cgroup"
	[ -n "$(cgroup_dirs)" ]
	rt delete --force "$ID"
	[ -z "$(cgroup_dirs)" ]
}

@test "cgroup: limits are written" {
	config '.linux.resources = {"pids":{"limit":55},"memory":{"limit":67108864},"cpu":{"shares":512}}'
	args sleep 100
	create_container
	pid=$(rt state "$ID" | jq .pid)
	found=
	for f in /sys/fs/cgroup/pids"$CG"/pids.max /sys/fs/cgroup"$CG"/pids.max; do
		[ ! -e "$f" ] || { [ "$(cat "$f")" = 55 ]; found=1; }
	done
	for f in /sys/fs/cgroup/memory"$CG"/memory.limit_in_bytes /sys/fs/cgroup"$CG"/memory.max; do
		[ ! -e "$f" ] || { [ "$(cat "$f")" = 67108864 ]; found=1; }
	done
	rt delete --force "$ID"
	[ "$found" ]
}

@test "the host's program cannot be written to through a process of the container (CVE-2019-5736)" {
	args sleep 100
	create_container
	pid=$(rt state "$ID" | jq .pid)
	# The very file, and on a mount that takes no write, whoever asks.
	cmp "/proc/$pid/exe" "$OCIRT"
	[ ! -w "/proc/$pid/exe" ]
	grep -q r-xp "/proc/$pid/maps"
	! grep -q rwxp "/proc/$pid/maps"
}

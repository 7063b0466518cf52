#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Single fields in all their values, as the program inside or somebody outside sees them.
# shellcheck disable=SC2016,SC2317

load ../helpers

setup() { need_root; setup_bundle; host_before; }
teardown() { teardown_bundle; }

# static NAME: a program from standard input into the container's /bin, or the test is skipped.
static() {
	cat >"$BATS_TEST_TMPDIR/$1.c"
	cc -D_GNU_SOURCE -O1 -static -o "$BUNDLE/rootfs/bin/$1" "$BATS_TEST_TMPDIR/$1.c" || skip "no static libc"
}
idle() {
	script 'trap "exit 0" TERM; echo up > /tmp/up; while :; do sleep 1; done'
	create_container
	rt start "$ID"
	wait_for test -e "$BUNDLE/rootfs/tmp/up"
}

# ---- process --------------------------------------------------------------------------------------------

@test "the session keyring has the container's name, exec finds the same one; --no-new-keyring keeps the caller's" {
	static ring <<'C'
#include <linux/keyctl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
/* ring NAME PROGRAM...: as the caller of a runtime. ring: says which session keyring it has, and its serial number. */
int main(int argc, char **argv)
{
	char text[256] = "";
	if (argc > 2) {
		if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, argv[1], 0, 0, 0) < 0)
			return 9;
		execvp(argv[2], argv + 2);
		return 127;
	}
	if (syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, text, sizeof(text) - 1, 0) < 0)
		return perror("keyctl"), 9;
	printf("%ld %s\n", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0, 0, 0), text);
	return 0;
}
C
	"$BUNDLE/rootfs/bin/ring" x true || skip "no keyrings here"
	args ring
	run "$BUNDLE/rootfs/bin/ring" callers "$OCIRT" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" = 0 ]
	says ";_ses\\.$ID\$"
	run "$BUNDLE/rootfs/bin/ring" callers "$OCIRT" --root "$ROOT" run --no-new-keyring --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" = 0 ]
	says ';callers$'
	idle
	run rt exec "$ID" ring
	says ";_ses\\.$ID\$"
	rt delete --force "$ID"
}

@test "umask: each value, and 022 where none is given" {
	local umask
	script 'umask; touch /tmp/f; stat -c %a /tmp/f; rm -f /tmp/f'
	ln -sf busybox "$BUNDLE/rootfs/bin/rm"
	while read -r umask wanted mode; do
		config ".process.user.umask = $umask | if .process.user.umask == null then del(.process.user.umask) else . end"
		run run_container
		[ "$output" = "$wanted"$'\n'"$mode" ] || { echo "$umask: $output"; false; }
	done <<-'END'
		0 0000 666
		2 0002 664
		63 0077 600
		511 0777 0
		null 0022 644
	END
	config '.process.user.umask = 63'
	idle
	run rt exec "$ID" sh -c umask
	[ "$output" = 0077 ]
	rt delete --force "$ID"
}

@test "process.user.username is of another platform: the numbers count" {
	printf 'root:x:0:0::/:/bin/sh\nuser:x:7:7::/:/bin/sh\n' >"$BUNDLE/rootfs/etc/passwd"
	script 'echo $(id -u)/$(id -g)'
	local name
	for name in root user nobody ''; do
		config '.process.user = {"uid":1000,"gid":1001,"username":$n}' --arg n "$name"
		run run_container
		[ "$status" = 0 ]
		[ "$output" = 1000/1001 ]
	done
	config '.process.user.username = 5'
	run run_container
	[ "$status" = 1 ]
	one_line '/process/user/username'
}

@test "exec: the caller's groups stay with run.oci.keep_original_groups, and only then" {
	is_ocirt || skip "crun's annotation"
	local keep
	for keep in 0 1; do
		config '.annotations = {"run.oci.keep_original_groups":$k}' --arg k $keep
		idle
		run setpriv --groups 4242 "$OCIRT" --root "$ROOT" exec "$ID" grep ^Groups /proc/self/status
		[ "$status" = 0 ]
		[ "$(grep -c 4242 <<<"$output")" = $keep ]
		rt delete --force "$ID"
	done
}

@test "the caller's groups stay with run.oci.keep_original_groups in a user namespace, new or joined" {
	is_ocirt || skip "crun's annotation"
	local keep holder
	chown -R 100000:100000 "$BUNDLE/rootfs"
	cp "$BUNDLE/config.json" "$BUNDLE/first.json"
	for keep in 0 1; do
		config '.annotations = {"run.oci.keep_original_groups":$k} | .linux.namespaces += [{type: "user"}]
			| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings' \
			--arg k $keep
		idle
		run setpriv --groups 4242 "$OCIRT" --root "$ROOT" exec "$ID" grep ^Groups /proc/self/status
		[ "$status" = 0 ]
		[ "$(grep -c 65534 <<<"$output")" = $keep ]
		holder=$(rt state "$ID" | jq .pid)
		config '.linux.cgroupsPath += "-joined" | (.linux.namespaces[] | select(.type == "user")).path = $p | del(.linux.uidMappings, .linux.gidMappings)' \
			--arg p "/proc/$holder/ns/user"
		script 'grep ^Groups /proc/self/status'
		run setpriv --groups 4242 "$OCIRT" --root "$ROOT" run --bundle "$BUNDLE" "$ID-joined"
		[ "$status" = 0 ] || { echo "$output"; false; }
		[ "$(grep -c 65534 <<<"$output")" = $keep ]
		cp "$BUNDLE/first.json" "$BUNDLE/config.json"
		rt delete --force "$ID"
	done
}

# ---- names ----------------------------------------------------------------------------------------------

@test "hostname and domainname: in a new UTS namespace, in one that is joined, and never in the host's" {
	local before holder
	before=$(hostname)/$(cat /proc/sys/kernel/domainname)
	script 'echo $(hostname)/$(cat /proc/sys/kernel/domainname)'
	config '.hostname = "one" | .domainname = "two.example"'
	run run_container
	[ "$output" = one/two.example ]
	unshare --uts sleep 300 3>&- &
	holder=$!
	# Until it has left ours.
	apart() { [ "$(readlink "/proc/$holder/ns/uts")" != "$(readlink /proc/self/ns/uts)" ]; }
	wait_for apart
	config '.hostname = "three" | .domainname = "four" | .linux.namespaces |= map(if .type == "uts" then .path = $p else . end)' \
		--arg p "/proc/$holder/ns/uts"
	run run_container
	[ "$output" = three/four ]
	[ "$(nsenter --uts="/proc/$holder/ns/uts" hostname)" = three ]
	kill $holder
	wait $holder || :
	config '.linux.namespaces |= map(select(.type != "uts"))'
	run run_container
	[ "$status" = 1 ]
	one_line '/hostname'
	config 'del(.hostname)'
	run run_container
	[ "$status" = 1 ]
	one_line '/domainname'
	config 'del(.domainname)'
	run run_container
	[ "$output" = "$before" ]
	[ "$(hostname)/$(cat /proc/sys/kernel/domainname)" = "$before" ]
}

@test "sysctl: keys with dots, with slashes, and with a dot in a name" {
	unshare --net sleep 300 3>&- &
	local holder=$!
	apart() { [ "$(readlink "/proc/$holder/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }
	wait_for apart
	local net=/proc/$holder/ns/net
	nsenter --net="$net" ip link add d0.1 type veth peer name d1 || {
		kill $holder
		skip "no network device can be made here"
	}
	config '.linux.namespaces |= map(if .type == "network" then .path = $p else . end)' --arg p "$net"
	args cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/d0.1/forwarding /proc/sys/kernel/msgmax
	local ip device msg n=0
	while read -r ip device msg; do
		n=$((n + 1))
		nsenter --net="$net" sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv4/conf/d0.1/forwarding'
		# The first sets all devices' too, and an object has no order.
		config '.linux.sysctl = {($a):"1",($b):"1",($c):$v}' --arg a "$ip" --arg b "$device" --arg c "$msg" --arg v "$((7000 + n))"
		run run_container
		[ "$output" = $'1\n1\n'$((7000 + n)) ] || { echo "$ip $device $msg: $output"; false; }
	done <<-'END'
		net.ipv4.ip_forward net.ipv4.conf.d0/1.forwarding kernel.msgmax
		net/ipv4/ip_forward net/ipv4/conf/d0.1/forwarding kernel/msgmax
	END
	config 'del(.linux.sysctl)'
	nsenter --net="$net" sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
	config '.linux.sysctl = {"net.ipv4.conf.d0/1.forwarding":"1"}'
	run run_container
	[ "${lines[0]} ${lines[1]}" = "0 1" ]
	kill $holder
	wait $holder || :
	[ $n = 2 ]
}

@test "sysctl: each belongs to one namespace, which must be the container's own" {
	local key value namespace before
	before=$(cat /proc/sys/kernel/msgmax /proc/sys/kernel/domainname /proc/sys/net/ipv4/ip_forward)
	while read -r key value namespace; do
		cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/before.json"
		config '.linux.sysctl = {($k):$v} | del(.hostname)' --arg k "$key" --arg v "$value"
		args cat "/proc/sys/${key//.//}"
		run run_container
		[ "$status" = 0 ]
		# kernel.sem has four numbers.
		[ "$(tr -s '\t ' ' ' <<<"$output")" = "${value//_/ }" ] || [ "$key" = kernel.sem ]
		config '.linux.namespaces |= map(select(.type != $n))' --arg n "$namespace"
		[ "$namespace" != ipc ] || config '.mounts |= map(select(.destination != "/dev/mqueue"))'
		run run_container
		[ "$status" = 1 ] || { echo "$key without a $namespace namespace: $output"; false; }
		one_line "/linux/sysctl/$key: it needs a $namespace namespace"
		cp "$BATS_TEST_TMPDIR/before.json" "$BUNDLE/config.json"
	done <<-'END'
		kernel.msgmax 7000 ipc
		kernel.msgmnb 7000 ipc
		kernel.msgmni 70 ipc
		kernel.sem 32000 ipc
		kernel.shmall 7000 ipc
		kernel.shmmax 70000 ipc
		kernel.shmmni 70 ipc
		kernel.shm_rmid_forced 1 ipc
		fs.mqueue.msg_max 7 ipc
		kernel.domainname some.example uts
		net.ipv4.ip_forward 1 network
	END
	for key in kernel.pid_max vm.swappiness fs.file-max kernel.hostname kernel.msg net; do
		config '.linux.sysctl = {($k):"1"}' --arg k "$key"
		run run_container
		[ "$status" = 1 ] || { echo "$key: $output"; false; }
		one_line "/linux/sysctl/$key"
	done
	[ "$(cat /proc/sys/kernel/msgmax /proc/sys/kernel/domainname /proc/sys/net/ipv4/ip_forward)" = "$before" ]
}

# ---- hooks ----------------------------------------------------------------------------------------------

@test "the state that hooks get, without a pid namespace: one pid, the host's" {
	local kind
	config '.linux.namespaces |= map(select(.type != "pid")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
	for kind in prestart createRuntime createContainer poststart; do
		config '.hooks[$k] = [{"path":"/bin/sh","args":["sh","-c","cat >" + $l + "." + $k]}]' \
			--arg k $kind --arg l "$BATS_TEST_TMPDIR/state"
	done
	config '.hooks.startContainer = [{"path":"/bin/sh","args":["sh","-c","cat >/tmp/state"]}]'
	script 'echo $$ >/tmp/pid; sleep 300'
	create_container
	local pid
	pid=$(rt state "$ID" | jq .pid)
	[ "$(readlink "/proc/$pid/ns/pid")" = "$(readlink /proc/self/ns/pid)" ]
	rt start "$ID"
	wait_for test -s "$BUNDLE/rootfs/tmp/pid"
	wait_for test -s "$BATS_TEST_TMPDIR/state.poststart"
	[ "$(cat "$BUNDLE/rootfs/tmp/pid")" = "$pid" ]
	cp "$BUNDLE/rootfs/tmp/state" "$BATS_TEST_TMPDIR/state.startContainer"
	for kind in prestart createRuntime createContainer startContainer poststart; do
		[ "$(jq .pid "$BATS_TEST_TMPDIR/state.$kind")" = "$pid" ] || { echo "$kind:"; cat "$BATS_TEST_TMPDIR/state.$kind"; false; }
	done
	rt delete --force "$ID"
}

# ---- seccomp --------------------------------------------------------------------------------------------

@test "seccomp: each operator, with both halves of 64 bits" {
	static offsets <<'C'
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void)
{
	static const unsigned long long value[] = { 0, 5, 0x100000004, 0x100000005, 0x100000006, 0x100000015, ~0ULL };
	for (int i = 0; i < 7; i++)
		putchar(syscall(SYS_lseek, 1000, value[i], 0) < 0 && errno == E2BIG ? 'y' : '-');
	putchar('\n');
	return 0;
}
C
	args offsets
	local op value two wanted n=0
	while read -r op value two wanted; do
		n=$((n + 1))
		config '.linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["lseek"],"action":"SCMP_ACT_ERRNO","errnoRet":7,
			"args":[{"index":1,"value":$v,"valueTwo":$t,"op":$o}]}]}' --arg o "SCMP_CMP_$op" --argjson v "$value" --argjson t "$two"
		run run_container
		[ "$output" = "$wanted" ] || { echo "$op: $output, not $wanted"; false; }
	done <<-'END'
		LT 4294967301 0 yyy----
		LE 4294967301 0 yyyy---
		EQ 4294967301 0 ---y---
		NE 4294967301 0 yyy-yyy
		GE 4294967301 0 ---yyyy
		GT 4294967301 0 ----yyy
		MASKED_EQ 4294967311 4294967301 ---y-y-
		MASKED_EQ 15 5 -y-y-y-
	END
	[ $n = 8 ]
}

@test "seccomp: SCMP_ACT_LOG lets pass, SCMP_ACT_TRACE without a tracer is no call, SCMP_ACT_ALLOW is an exception" {
	args mkdir /tmp/d
	config '.linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_LOG"],"syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_LOG"}]}'
	run run_container
	[ "$status" = 0 ]
	rmdir "$BUNDLE/rootfs/tmp/d"
	config '.linux.seccomp.syscalls[0].action = "SCMP_ACT_TRACE"'
	run run_container
	[ "$status" != 0 ]
	says 'Function not implemented'
	config '.linux.seccomp.syscalls[0].errnoRet = 77'
	run run_container
	says 'Function not implemented'
	config '.linux.seccomp = {"defaultAction":"SCMP_ACT_LOG","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":28}]}'
	run run_container
	says 'No space left'
	[ ! -e "$BUNDLE/rootfs/tmp/d" ]
}

# The agent gets a call, sends its caller a signal, and answers.
@test "seccomp: SCMP_ACT_NOTIFY waits through signals with SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, and only then" {
	[ "$(uname -m)" = x86_64 ] || skip "the agent knows x86-64 alone"
	static call <<'C'
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
static volatile sig_atomic_t got;
static void take(int sig) { got = sig; }
int main(void)
{
	struct sigaction action = { .sa_handler = take };
	sigaction(SIGUSR1, &action, NULL);
	int result = mkdir("/tmp/d", 0700) < 0 ? errno : 0;
	printf("%s signal %d\n", strerrorname_np(result), got);
	return 0;
}
C
	cat >"$BATS_TEST_TMPDIR/agent.py" <<'PY'
import array, fcntl, os, signal, socket, struct, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(1)
s.settimeout(120)
c, _ = s.accept()
_, anc, _, _ = c.recvmsg(65536, socket.CMSG_SPACE(4))
fd = array.array('i', anc[0][2])[0]
n = bytearray(80)
fcntl.ioctl(fd, 0xc0502100, n)
cid, pid = struct.unpack_from('QI', n)
os.kill(pid, signal.SIGUSR1)
# Killable, it stays for as long as nobody answers; else it leaves as soon as it runs.
stays = True
end = time.monotonic() + (1 if sys.argv[2] == 'stays' else 20)
while stays and time.monotonic() < end:
    try:
        fcntl.ioctl(fd, 0x40082102, struct.pack('Q', cid))
    except OSError:
        stays = False
if stays:
    fcntl.ioctl(fd, 0xc0182101, bytearray(struct.pack('QqiI', cid, 0, -28, 0)))
PY
	args call
	local flags what wanted agent
	for what in leaves stays; do
		rm -f "$BATS_TEST_TMPDIR/sock"
		python3 "$BATS_TEST_TMPDIR/agent.py" "$BATS_TEST_TMPDIR/sock" $what >"$BATS_TEST_TMPDIR/agent.out" 2>&1 3>&- &
		agent=$!
		wait_for listens "$BATS_TEST_TMPDIR/sock"
		flags='[]' wanted='EINTR signal 10'
		[ $what = leaves ] || flags='["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]' wanted='ENOSPC signal 10'
		config '.linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","flags":$f,"listenerPath":$p,"syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_NOTIFY"}]}' \
			--argjson f "$flags" --arg p "$BATS_TEST_TMPDIR/sock"
		run run_container
		wait $agent || cat "$BATS_TEST_TMPDIR/agent.out"
		[ "$output" = "$wanted" ] || { echo "$what: $output"; false; }
	done
}

# ---- limits ---------------------------------------------------------------------------------------------

@test "a working directory climbs no further than the root; 300 mounts lie on one point" {
	config '.process.cwd = "/../../.."'
	args pwd
	run run_container
	[ "$output" = / ]
	config '.process.cwd = "/" | .mounts += [range(300) | {"destination":"/mnt","type":"tmpfs","source":("m" + tostring),"options":["size=4k"]}]'
	args grep -c ' /mnt .* - tmpfs m[0-9]* ' /proc/self/mountinfo
	run run_container
	[ "$output" = 300 ]
}

#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# linux.seccomp as a program inside sees it, and the listener as its agent sees it.

load ../helpers

setup() { need_root; setup_bundle; host_before; }
teardown() { teardown_bundle; }

profile() { config ".linux.seccomp = $1"; }

# agent: takes one listener, keeps what came with it, and answers calls, until nobody is under the filter
# any more, with errno 38 for mkdir and "go on" for the rest. The numbers of the ioctls are those of x86-64.
agent() {
	[ "$(uname -m)" = x86_64 ] || skip "the agent knows x86-64 alone"
	cat >"$BATS_TEST_TMPDIR/agent.py" <<'PY'
import array, ctypes, fcntl, os, select, socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(1)
s.settimeout(120)
c, _ = s.accept()
c.settimeout(120)
text, anc, _, _ = c.recvmsg(65536, socket.CMSG_SPACE(4))
# One state, and then the end of the connection.
while rest := c.recv(65536):
    text += rest
open(sys.argv[2], 'wb').write(text)
fd = array.array('i', anc[0][2])[0]
wait = select.poll()
wait.register(fd, select.POLLIN)
while True:
    ready = wait.poll(120000)
    if not ready:
        sys.exit('no notification')
    if not ready[0][1] & select.POLLIN:
        break
    n = bytearray(80)
    fcntl.ioctl(fd, 0xc0502100, n)
    cid, pid, flags, nr = struct.unpack_from('QIIi', n)
    print(nr, flush=True)
    made = nr in (83, 258)
    fcntl.ioctl(fd, 0xc0182101, bytearray(struct.pack('QqiI', cid, 0, -38 if made else 0, 0 if made else 1)))
PY
	python3 "$BATS_TEST_TMPDIR/agent.py" "$BATS_TEST_TMPDIR/sock" "$BATS_TEST_TMPDIR/message" \
		>"$BATS_TEST_TMPDIR/calls" 2>&1 3>&- &
	AGENT=$!
	wait_for listens "$BATS_TEST_TMPDIR/sock"
}

@test "errnoRet, and EPERM where none is given" {
	profile '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":11},
		{"names":["sethostname"],"action":"SCMP_ACT_ERRNO"}]}'
	config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	script 'mkdir /tmp/d; hostname x; grep ^Seccomp: /proc/self/status'
	run run_container
	says 'temporarily unavailable'
	says 'sethostname: Operation not permitted'
	says 'Seccomp:[[:space:]]+2'
}

@test "arguments: the index, the operator and both values" {
	# The number of the signal is argument 1: 10 is refused, and of a mask of 14 also 11.
	script 'for s in 8 10 11 12; do kill -$s $$ 2>/dev/null && printf "$s "; done'
	profile '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["kill"],"action":"SCMP_ACT_ERRNO",
		"args":[{"index":1,"value":10,"op":"SCMP_CMP_EQ"}]}]}'
	[ "$(run_container)" = "8 11 12 " ]
	profile '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["kill"],"action":"SCMP_ACT_ERRNO",
		"args":[{"index":1,"value":14,"valueTwo":10,"op":"SCMP_CMP_MASKED_EQ"}]}]}'
	[ "$(run_container)" = "8 12 " ]
	profile '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["kill"],"action":"SCMP_ACT_ERRNO",
		"args":[{"index":1,"value":11,"op":"SCMP_CMP_GT"},{"index":1,"value":9,"op":"SCMP_CMP_LT"}]}]}'
	[ "$(run_container)" = "10 11 " ] # two of one argument: either, as with runc
}

@test "defaultErrnoRet: what no rule names" {
	profile '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":11,"architectures":["SCMP_ARCH_X86_64"],"syscalls":[{"names":
		["execve","write","writev","exit_group","brk","mmap","munmap","arch_prctl","set_tid_address","set_robust_list","rseq",
		"prlimit64","readlink","getrandom","mprotect","getuid","getgid","setuid","setgid","fstat","newfstatat",
		"ioctl","readlinkat","prctl","umask"],"action":"SCMP_ACT_ALLOW"}]}'
	args mkdir /tmp/d
	run run_container
	[ "$status" = 1 ]
	says 'temporarily unavailable'
}

# int80: getpid of the 32-bit interface from a 64-bit program
@test "architectures: the calls of one that is not listed end the program" {
	[ "$(uname -m)" = x86_64 ] || skip "x86-64 and its 32-bit calls"
	cat >"$BATS_TEST_TMPDIR/int80.c" <<'C'
void _start(void)
{
	int got;

	__asm__ volatile("int $0x80" : "=a"(got) : "a"(20) : "memory");
	__asm__ volatile("syscall" : : "a"(231), "D"(got == 1 ? 7 : 8) : "memory");
}
C
	cc -nostdlib -static -O2 -o "$BUNDLE/rootfs/bin/int80" "$BATS_TEST_TMPDIR/int80.c" || skip "no compiler"
	args /bin/int80
	run run_container
	[ "$status" = 7 ] || skip "this kernel has no 32-bit calls"
	profile '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86"],"syscalls":[
		{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}'
	run run_container
	[ "$status" = 7 ]
	profile '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"],"syscalls":[
		{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}'
	run run_container
	[ "$status" != 7 ]
}

@test "killing actions end the program by SIGSYS and leave nothing" {
	for action in SCMP_ACT_KILL SCMP_ACT_KILL_THREAD SCMP_ACT_KILL_PROCESS SCMP_ACT_TRAP; do
		profile '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"'$action'"}]}'
		args mkdir /tmp/d
		run run_container
		[ "$status" = 159 ] || { echo "$action: $status $output"; return 1; }
	done
}

@test "a profile with nothing but execve, write and exit" {
	for nnp in true false; do
		config ".process.noNewPrivileges = $nnp"
		profile '{"defaultAction":"SCMP_ACT_KILL_PROCESS","architectures":["SCMP_ARCH_X86_64"],"syscalls":[{"names":
			["execve","write","exit_group","brk","mmap","arch_prctl","set_tid_address","set_robust_list","rseq",
			"prlimit64","readlink","getrandom","mprotect","getuid","getgid","setuid","setgid","fstat","newfstatat",
			"ioctl","readlinkat","prctl"],"action":"SCMP_ACT_ALLOW"}]}'
		args echo alive
		run run_container
		[ "$status" = 0 ] || { echo "$nnp: $status $output"; return 1; }
		[ "$output" = alive ]
	done
}

@test "without no_new_privs the right to load a filter does not reach the program" {
	config '.process.noNewPrivileges = false | .process.capabilities = {"bounding":["CAP_KILL"],"permitted":["CAP_KILL"],
		"effective":["CAP_KILL"],"inheritable":[],"ambient":[]}'
	profile '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["sethostname"],"action":"SCMP_ACT_ERRNO"}]}'
	for uid in 0 1000; do
		config ".process.user = {uid:$uid,gid:$uid}"
		script 'grep -E "^(Cap|Seccomp:|NoNew)" /proc/self/status'
		run run_container
		[ "$status" = 0 ]
		says 'Seccomp:[[:space:]]+2'
		says 'NoNewPrivs:[[:space:]]+0'
		says 'CapBnd:[[:space:]]+0000000000000020'
		want=0000000000000020
		[ $uid = 0 ] || want=0000000000000000
		says "CapPrm:[[:space:]]+$want"
		says "CapEff:[[:space:]]+$want"
		says 'CapAmb:[[:space:]]+0000000000000000'
	done
}

@test "unknown names are no error, unknown words are" {
	profile '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["no_such_call","mkdir"],"action":"SCMP_ACT_ERRNO"}]}'
	run run_container
	[ "$status" = 0 ]
	profile '{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_NO"]}'
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/seccomp/flags/0'
	profile '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_NO"]}'
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/seccomp/architectures/0'
}

@test "every flag" {
	profile '{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_TSYNC","SECCOMP_FILTER_FLAG_LOG",
		"SECCOMP_FILTER_FLAG_SPEC_ALLOW"],"syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}'
	run run_container
	[ "$status" = 0 ]
	is_ocirt || skip "the list is ours"
	# Each that is called supported, by itself.
	agent
	for flag in $("$OCIRT" features | jq -r '.linux.seccomp.supportedFlags[]'); do
		[ $flag != SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV ] || continue # needs a listener
		profile '{"defaultAction":"SCMP_ACT_ALLOW","flags":["'$flag'"],"syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}'
		run run_container
		[ "$status" = 0 ]
	done
	profile '{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],"syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_NOTIFY"}]}'
	config ".linux.seccomp.listenerPath = \"$BATS_TEST_TMPDIR/sock\""
	run run_container
	[ "$status" = 0 ]
	wait $AGENT
}

@test "the listener reaches the agent with the state, and its answers the program" {
	agent
	profile '{"defaultAction":"SCMP_ACT_ALLOW","listenerMetadata":"some words","flags":["SECCOMP_FILTER_FLAG_TSYNC"],
		"syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_NOTIFY"}]}'
	config ".linux.seccomp.listenerPath = \"$BATS_TEST_TMPDIR/sock\" | .annotations.a = \"b\""
	script 'mkdir /tmp/d; ls /proc/self/fd; true'
	create_container
	pid=$(rt state "$ID" | jq .pid)
	rt start "$ID"
	wait_for is_status stopped
	wait $AGENT
	rt delete "$ID"
	cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/message"
	grep -q 'Function not implemented' "$BATS_TEST_TMPDIR/err"
	jq -e --argjson pid "$pid" --arg id "$ID" --arg b "$BUNDLE" '.fds == ["seccompFd"] and .pid == $pid and .metadata == "some words"
		and .state.id == $id and .state.pid == $pid and .state.bundle == $b and .state.status == "creating"
		and .state.annotations.a == "b" and .ociVersion == .state.ociVersion' "$BATS_TEST_TMPDIR/message"
	[ "$(tr '\n' ' ' <"$BATS_TEST_TMPDIR/out")" = "0 1 2 3 " ] # the last is the directory that ls reads
}

@test "a profile that traps every call does not trap the sending of its listener" {
	agent
	profile '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["sendmsg","sendto","write","futex","close","execve","prctl"],
		"action":"SCMP_ACT_NOTIFY"}]}'
	config ".linux.seccomp.listenerPath = \"$BATS_TEST_TMPDIR/sock\" | .process.scheduler = {policy: \"SCHED_BATCH\"}"
	args echo heard
	run run_container
	wait $AGENT
	cat "$BATS_TEST_TMPDIR/calls"
	[ "$output" = heard ]
	[ "$(head -1 "$BATS_TEST_TMPDIR/calls")" = 59 ] # the first trapped call is execve itself
}

@test "no agent: an error before anything is made" {
	profile '{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/no/such/socket","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_NOTIFY"}]}'
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/seccomp/listenerPath: connect /no/such/socket: no such file or directory'
	config '.linux.seccomp.listenerPath = $p' --arg p "$BATS_TEST_TMPDIR/nobody"
	run run_container
	[ "$status" = 1 ]
	one_line "/linux/seccomp/listenerPath: connect $BATS_TEST_TMPDIR/nobody: no such file or directory"
}

@test "a listener that nobody needs is not looked for; metadata needs one" {
	profile '{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/no/such/socket","listenerMetadata":"m","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}'
	run run_container
	[ "$status" = 0 ]
	config 'del(.linux.seccomp.listenerPath)'
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/seccomp/listenerMetadata: needs listenerPath'
}

@test "an errno for an action that has none is an error, of the default and of a rule" {
	is_ocirt || skip "runc leaves it out"
	for action in SCMP_ACT_ALLOW SCMP_ACT_KILL SCMP_ACT_LOG SCMP_ACT_TRAP; do
		profile '{"defaultAction":"'$action'","defaultErrnoRet":5}'
		run run_container
		[ "$status" = 1 ]
		one_line "/linux/seccomp/defaultErrnoRet: $action has no errno"
		profile '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["mkdir"],"action":"'$action'","errnoRet":5}]}'
		run run_container
		[ "$status" = 1 ]
		one_line "/linux/seccomp/syscalls/0/errnoRet: $action has no errno"
	done
}

@test "exec: under the filter, with a listener of its own, and without no_new_privs" {
	"$OCIRT" exec --help >/dev/null 2>&1 || skip "no exec"
	agent
	kill $AGENT
	wait $AGENT || :
	rm "$BATS_TEST_TMPDIR/sock"
	sed -i 's/s.listen(1)/s.listen(2)/; s/^c, _ = s.accept()/first = s.accept(); c, _ = s.accept()/' "$BATS_TEST_TMPDIR/agent.py"
	python3 "$BATS_TEST_TMPDIR/agent.py" "$BATS_TEST_TMPDIR/sock" "$BATS_TEST_TMPDIR/message" >"$BATS_TEST_TMPDIR/calls" 2>&1 3>&- &
	AGENT=$!
	wait_for listens "$BATS_TEST_TMPDIR/sock"
	profile '{"defaultAction":"SCMP_ACT_ALLOW","listenerMetadata":"m","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_NOTIFY"}]}'
	config ".linux.seccomp.listenerPath = \"$BATS_TEST_TMPDIR/sock\" | .process.noNewPrivileges = false"
	args sleep 100
	create_container
	rt start "$ID"
	init=$(rt state "$ID" | jq .pid)
	run rt exec --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sh -c 'mkdir /tmp/d; grep ^Seccomp: /proc/self/status' </dev/null
	wait $AGENT
	says 'Function not implemented'
	says 'Seccomp:[[:space:]]+2'
	jq -e --argjson pid "$(cat "$BATS_TEST_TMPDIR/pid")" --argjson init "$init" '.pid == $pid and .metadata == "m" and .state.pid == $init
		and .state.status == "running"' "$BATS_TEST_TMPDIR/message"
	rt delete --force "$ID"
}

@test "the connection ends behind the state, before the agent has to answer execve, for exec as well" {
	[ "$(uname -m)" = x86_64 ] || skip "the agent knows x86-64 alone"
	cat >"$BATS_TEST_TMPDIR/agent.py" <<'PY'
import array, fcntl, os, socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(2)
s.settimeout(120)
for _ in range(2):
    c, _ = s.accept()
    if os.fork() == 0:
        break
    c.close()
else:
    sys.exit(max(os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(2)))
c.settimeout(120)
_, anc, _, _ = c.recvmsg(65536, socket.CMSG_SPACE(4))
fd = array.array('i', anc[0][2])[0]
while c.recv(65536):
    pass
n = bytearray(80)
fcntl.ioctl(fd, 0xc0502100, n)
fcntl.ioctl(fd, 0xc0182101, bytearray(struct.pack('QqiI', struct.unpack_from('Q', n)[0], 0, 0, 1)))
PY
	python3 "$BATS_TEST_TMPDIR/agent.py" "$BATS_TEST_TMPDIR/sock" >"$BATS_TEST_TMPDIR/calls" 2>&1 3>&- &
	AGENT=$!
	wait_for listens "$BATS_TEST_TMPDIR/sock"
	profile '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["execve"],"action":"SCMP_ACT_NOTIFY"}]}'
	config ".linux.seccomp.listenerPath = \"$BATS_TEST_TMPDIR/sock\""
	args sleep 100
	create_container
	rt start "$ID"
	run timeout 120 "$OCIRT" --root "$ROOT" exec "$ID" echo heard </dev/null
	[ "$output" = heard ] || { cat "$BATS_TEST_TMPDIR/calls"; echo "$output"; false; }
	wait $AGENT
	rt delete --force "$ID"
}

@test "an execve that fails is told, whatever the profile forbids" {
	is_ocirt || skip "others send the error and cannot"
	local action
	printf '#!/no/such/interpreter\n' >"$BUNDLE/rootfs/bin/broken"
	chmod 755 "$BUNDLE/rootfs/bin/broken"
	for action in SCMP_ACT_ERRNO SCMP_ACT_KILL_PROCESS; do
		config '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls":
			[{"names": ["sendmsg", "sendto", "write", "close", "mmap"], "action": $a}]}' --arg a "$action"
		args /bin/broken
		run run_container
		[ "$status" != 0 ]
		says 'exec /bin/broken: no such file or directory'
		create_container
		run rt start "$ID"
		[ "$status" != 0 ]
		says 'exec /bin/broken: no such file or directory'
		rt delete --force "$ID"
	done
	# … the filter of the container being that of exec as well.
	args sleep 100
	config '.linux.seccomp.syscalls[0] |= (.names = ["sendmsg", "sendto"] | .action = "SCMP_ACT_ERRNO")'
	create_container
	rt start "$ID"
	run rt exec "$ID" /bin/broken
	[ "$status" != 0 ]
	says 'exec /bin/broken: no such file or directory'
	rt exec "$ID" true
	rt delete --force "$ID"
}

#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A process that joins a container which is hostile already: the recipes of tests/root/exec.bats ("hostile:
# ...") in three ways, with its streams the caller's, as pipes, and detached, and without the calls that
# have a fall-back. exec has no create and start: detached, its caller is gone while it runs.
# shellcheck disable=SC2016

load frame

idle() {
	script 'trap "exit 0" TERM; echo up >/tmp/up; while :; do sleep 1; done'
	"$OCIRT" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/idle.out" 2>&1
	rt start "$ID"
	wait_for test -e "$BUNDLE/rootfs/tmp/up"
}

# exec_here ARGUMENT...: in the way $WAY without $LACK; $status and $output.
exec_here() {
	local o=$BATS_TEST_TMPDIR/way.out pid
	status=0
	case $WAY in
	streams) rt_here exec "$@" </dev/null >"$o" 2>&1 || status=$? ;;
	pipes)
		{
			{ : | rt_here exec "$@" 2>&1; echo $? >"$o.status"; } | cat >"$o"
		} || :
		status=$(<"$o.status")
		;;
	detached)
		rm -f "$BATS_TEST_TMPDIR/pid"
		rt_here exec --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$@" </dev/null >"$o" 2>&1 || status=$?
		if [ "$status" = 0 ]; then
			pid=$(<"$BATS_TEST_TMPDIR/pid")
			wait_for is_over "$pid"
		fi
		;;
	esac
	output=$(tr -d '\0\r' <"$o")
	mapfile -t lines <<<"$output"
	echo "# exec $* ($WAY without $LACK): status $status: $output" | head -c 1000
	[[ $status != 124 && $status != 137 ]] || { echo "it hung"; return 1; }
}
# Whoever was its parent may not have waited for it yet.
is_over() { ! grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$1/status"; }

in_every_exec() { # CHECKS: a function that calls exec_here, as often as it likes
	for LACK in "${WITHOUT[@]}"; do
		for WAY in streams pipes detached; do "$1"; done
	done
	LACK=-
}
gone() {
	rt delete --force "$ID"
	assert_clean_host
}

# While the directory is opened the process is not in the container's pid namespace yet: there is no "self".
# weaken: exec-fds-pass
@test "exec, CVE-2024-21626: the working directory and the program through a descriptor" {
	local n
	for n in 3 5 7 9 37; do ln -s "/proc/self/fd/$n" "$BUNDLE/rootfs/c$n"; done
	idle
	exec 37<"$DECOY"
	outside() {
		for n in 3 5 7 9 37; do
			exec_here --cwd "/proc/self/fd/$n" "$ID" ls
			[ "$status" != 0 ]
			exec_here --cwd "/c$n" "$ID" ls
			[ "$status" != 0 ]
		done
		exec_here "$ID" /proc/self/fd/37/../../../../bin/bash -c true
		[ "$status" != 0 ]
		# And it does not pass to what runs.
		exec_here "$ID" sh -c 'cat /proc/self/fd/37/file; [ ! -e /proc/self/fd/37 ] && echo closed'
		says closed
		[[ $output != *secret* ]]
	}
	in_every_exec outside
	exec 37<&-
	gone
}

# weaken: exec-inheritable, exec-user-forgotten
@test "exec, CVE-2026-30892, CVE-2016-3697, CVE-2022-29162, CVE-2022-27650: who it is, and what it inherits" {
	printf '1:x:0:0::/:/bin/sh\n' >"$BUNDLE/rootfs/etc/passwd"
	config '.process.capabilities = {"bounding":["CAP_KILL"],"permitted":["CAP_KILL"],"effective":["CAP_KILL"]}'
	idle
	exactly() {
		exec_here -u 1 "$ID" sh -c 'echo $(id -u)/$(id -g)'
		says '^1/0$'
		exec_here -u 65534:65533 "$ID" sh -c 'echo $(id -u)/$(id -g)'
		says '^65534/65533$'
		local bad
		for bad in '' x : 1: -1 ' 1' +1 0x1 4294967295 4294967296; do
			exec_here "--user=$bad" "$ID" id
			[ "$status" = 255 ] || { echo "taken: $bad"; return 1; }
		done
		exec_here --cap CAP_NET_RAW "$ID" grep -E '^Cap(Inh|Amb)' /proc/self/status
		[ "$(grep -c 0000000000000000 <<<"$output")" = 2 ]
	}
	in_every_exec exactly
	gone
}

@test "exec, CVE-2026-47262: HOME is looked up in a bounded time in any /etc/passwd" {
	config '.process.env = ["PATH=/bin"]'
	idle
	home() {
		exec_here "$ID" sh -c 'echo "home $HOME"'
		says '^home /$'
	}
	with_each_passwd in_every_exec home
	gone
}

@test "exec, CVE-2019-5736, CVE-2015-1334: the runtime as an interpreter, and a /proc that was faked" {
	config '.process.capabilities |= with_entries(.value += ["CAP_SYS_ADMIN","CAP_SYS_PTRACE","CAP_DAC_OVERRIDE"])'
	printf '#!/proc/self/exe\n' >"$BUNDLE/rootfs/bin/evil"
	cat >"$BUNDLE/rootfs/bin/grab" <<'SH'
#!/bin/sh
# Whoever else is in here, while it is the runtime still or again: its program is opened, and written later.
for p in /proc/[0-9]*/exe; do
	[ "$p" != "/proc/$$/exe" ] || continue
	case $(readlink "$p") in /bin/busybox) ;; *) { echo overwritten >"$p"; } 2>/dev/null && echo "wrote $p" ;; esac
done
SH
	chmod +x "$BUNDLE/rootfs/bin/evil" "$BUNDLE/rootfs/bin/grab"
	local sum
	sum=$(sha256sum <"$OCIRT")
	idle
	rt exec -d "$ID" sh -c 'while [ ! -e /tmp/stop ]; do grab; done >/tmp/grabbed 2>&1; echo end >/tmp/ended' </dev/null >"$BATS_TEST_TMPDIR/idle.out" 2>&1
	kept() {
		exec_here "$ID" evil
		[ "$status" != 0 ] || [ "$WAY" = detached ]
		exec_here "$ID" true
		[ "$status" = 0 ]
		[ "$(sha256sum <"$OCIRT")" = "$sum" ]
	}
	in_every_exec kept
	touch "$BUNDLE/rootfs/tmp/stop"
	wait_for test -e "$BUNDLE/rootfs/tmp/ended"
	[ ! -s "$BUNDLE/rootfs/tmp/grabbed" ] || { cat "$BUNDLE/rootfs/tmp/grabbed"; false; }
	rt exec "$ID" sh -c 'mkdir -p /tmp/f/self/attr /tmp/f/thread-self/attr/apparmor; touch /tmp/f/self/attr/exec /tmp/f/thread-self/attr/exec; mount -o bind /tmp/f /proc'
	faked() {
		exec_here "$ID" sh -c 'echo still here'
		says 'still here'
		# A label must be refused, or given: what swallows it is not asked.
		[ -d /sys/kernel/security/apparmor ] || {
			exec_here --apparmor some-profile "$ID" true
			[ "$status" != 0 ]
		}
		[ ! -s "$BUNDLE/rootfs/tmp/f/self/attr/exec" ]
		[ ! -s "$BUNDLE/rootfs/tmp/f/thread-self/attr/exec" ]
	}
	in_every_exec faked
	gone
}

@test "exec, CVE-2025-52565: a terminal of the container's own making is none" {
	config '.process.capabilities |= with_entries(.value += ["CAP_SYS_ADMIN"])'
	local a
	for a in umount rm mkfifo ln; do ln -sf busybox "$BUNDLE/rootfs/bin/$a"; done
	idle
	local kind
	for kind in file FIFO link; do
		# From inside, as an attacker would do it.
		rt exec "$ID" sh -c 'umount /dev/pts 2>/dev/null; rm -rf /tmp/p; mkdir /tmp/p; case $1 in
			file) echo x >/tmp/p/ptmx ;;
			FIFO) mkfifo /tmp/p/ptmx ;;
			link) ln -s /proc/self/fd/0 /tmp/p/ptmx ;;
			esac; ln -s /proc/sys/kernel/hostname /tmp/p/0; mount -o bind /tmp/p /dev/pts' sh "$kind"
		no_terminal() {
			[ "$WAY" != detached ] || return 0
			exec_here --tty "$ID" true
			[ "$status" = 255 ]
			says '/dev/pts'
		}
		in_every_exec no_terminal
		# Detached, it would be sent to a socket: nothing comes.
		for LACK in "${WITHOUT[@]}"; do
			status=0
			listen
			rt_here exec --detach --tty --console-socket "$BATS_TEST_TMPDIR/console" "$ID" true </dev/null >"$BATS_TEST_TMPDIR/way.out" 2>&1 || status=$?
			[ "$status" = 255 ]
			kill "$LISTENER" 2>/dev/null || :
			wait "$LISTENER" || :
		done
		LACK=-
	done
	gone
}

# weaken: exec-fds-seen
@test "exec, CVE-2016-9962, CVE-2016-8649: whoever watches every new process sees nothing of the host" {
	static spy <<'C'
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
static struct stat home, proc;
static long seen;
static int bad;
static void look(int pid)
{
	static const char *const links[] = { "root", "cwd" };
	char path[64], text[4096];
	struct stat st;
	/* A directory that is not of this mount namespace's root is the host's. */
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, links[i]);
		if (stat(path, &st) == 0) {
			seen++;
			if (st.st_dev != home.st_dev || (i == 0 && st.st_ino != home.st_ino))
				bad = printf("%s is foreign\n", path);
		}
	}
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	DIR *dir = opendir(path);
	for (struct dirent *e; dir && (e = readdir(dir));) {
		int n = atoi(e->d_name);
		if (e->d_name[0] == '.' || n <= 2)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, n);
		ssize_t got = readlink(path, text, sizeof(text) - 1);
		if (got <= 0)
			continue;
		text[got] = '\0';
		seen++;
		/* The socket to the runtime, what the program itself opened inside, and a list of descriptors in the procfs here. */
		if (strncmp(text, "socket:", 7) != 0 && stat(path, &st) == 0 && st.st_dev != home.st_dev && st.st_dev != proc.st_dev)
			bad = printf("%s is %s\n", path, text);
	}
	if (dir)
		closedir(dir);
	/* Held in mid-air: is it still the runtime, and what may it do? */
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) == 0) {
		int status;
		ptrace(PTRACE_INTERRUPT, pid, 0, 0);
		if (waitpid(pid, &status, __WALL) == pid) {
			snprintf(path, sizeof(path), "/proc/%d/status", pid);
			FILE *f = fopen(path, "r");
			unsigned long long caps;
			while (f && fgets(text, sizeof(text), f))
				if (sscanf(text, "CapPrm: %llx", &caps) == 1 && (caps & ~0x80020ULL))
					bad = printf("%d has the capabilities %llx\n", pid, caps);
			if (f)
				fclose(f);
			seen++;
		}
		ptrace(PTRACE_DETACH, pid, 0, 0);
	}
}
int main(void)
{
	int last = getpid();
	stat("/", &home);
	stat("/proc", &proc);
	close(open("/tmp/spying", O_CREAT | O_WRONLY, 0600));
	while (access("/tmp/stop", F_OK) < 0) {
		int miss = 0;
		for (int pid = last + 1; miss < 8; pid++) {
			if (kill(pid, 0) < 0 && errno == ESRCH) { miss++; continue; }
			miss = 0;
			look(pid);
		}
		/* Numbers grow: find where they are now. */
		FILE *f = fopen("/proc/loadavg", "r");
		int now = 0;
		if (f && fscanf(f, "%*s %*s %*s %*s %d", &now) == 1 && now > last)
			last = now - 2 > last ? now - 2 : last;
		if (f)
			fclose(f);
	}
	FILE *f = fopen("/tmp/spied", "w");
	fprintf(f, "%ld %s\n", seen, bad ? "bad" : "good");
	fclose(f);
	return 0;
}
C
	# CAP_KILL and CAP_SYS_PTRACE, in the host's user namespace: the worst case.
	config '.process.capabilities = {"bounding":["CAP_KILL","CAP_SYS_PTRACE"],"permitted":["CAP_KILL","CAP_SYS_PTRACE"],"effective":["CAP_KILL","CAP_SYS_PTRACE"]} | .process.noNewPrivileges = true
		| .mounts += [{"destination":"/tmp","type":"bind","source":$t,"options":["bind"]}]' --arg t "$BUNDLE/rootfs/tmp"
	idle
	rt exec -d "$ID" spy </dev/null >"$BATS_TEST_TMPDIR/spy" 2>&1
	wait_for test -e "$BUNDLE/rootfs/tmp/spying"
	watched() {
		local i
		for ((i = 0; i < 12; i++)); do
			exec_here "$ID" true
			[ "$status" = 0 ]
		done
	}
	in_every_exec watched
	touch "$BUNDLE/rootfs/tmp/stop"
	wait_for test -s "$BUNDLE/rootfs/tmp/spied"
	cat "$BATS_TEST_TMPDIR/spy"
	local seen verdict
	read -r seen verdict <"$BUNDLE/rootfs/tmp/spied"
	[ "$seen" -gt 0 ]
	[ "$verdict" = good ]
	gone
}

# weaken: exec-name-service
@test "exec, CVE-2019-14271: nothing of the image is loaded between the joining and the program" {
	idle
	trace setns,open,openat,openat2,execve exec
	nothing_loaded() {
		untraced
		exec_here "$ID" true
		[ "$status" = 0 ]
		wait_for grep -q 'execve("/bin/true"' "$TRACE"
		sed -n '/setns(/,$p' "$TRACE" | sed '/execve(/q' >"$BATS_TEST_TMPDIR/between"
		grep -q 'execve("/bin/true"' "$BATS_TEST_TMPDIR/between"
		run ! grep -E '\.so|nsswitch|ld\.so|locale|gconv' "$BATS_TEST_TMPDIR/between"
	}
	in_every_exec nothing_loaded
	gone
}

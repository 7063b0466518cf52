#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Ways around a system call filter: other numbers, other widths, other words.

load frame

profile() { config '.process.noNewPrivileges = true | .linux.seccomp = $p' --argjson p "$1"; }
x86_64() { [ "$(uname -m)" = x86_64 ] || skip "x86-64's other calls"; }

# weaken: foreign-architectures, x32-let-through
@test "the calls of other architectures do not pass a filter that has this one alone" {
	x86_64
	static other <<'C'
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static long int80(char *path)
{
	long result;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(39L), "b"(path), "c"(0755L) : "memory");
	return result;
}
static void attempt(const char *name, int which)
{
	struct stat st;
	/* A path that 32 bits can hold. */
	char *path = mmap((void *) 0x10000000, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	int how;
	pid_t pid;
	strcpy(path, "/mnt/");
	strcat(path, name);
	pid = fork();
	if (pid == 0) {
		long got = 0;
		if (which == 1)
			got = int80(path);
		else if (syscall(which == 0 ? SYS_mkdir : 0x40000000 | SYS_mkdir, path, 0755) < 0)
			got = -errno;
		_exit(-got);
	}
	waitpid(pid, &how, 0);
	if (stat(path, &st) == 0)
		printf("%s made\n", name);
	else if (WIFSIGNALED(how))
		printf("%s signal %d\n", name, WTERMSIG(how));
	else
		printf("%s errno %d\n", name, WEXITSTATUS(how));
	rmdir(path);
}
int main(void)
{
	attempt("native", 0);
	attempt("int80", 1);
	attempt("x32", 2);
	return 0;
}
C
	args other
	# Not that the kernel has no such calls is what ends them, but the filter: by SIGSYS, or with its errno.
	killed() { [ "$output" = $'native errno 1\nint80 signal 31\nx32 signal 31' ]; }
	# Without some calls the filter of tests/deny.c stands in front, which has this architecture alone.
	refused_all() { [ "$output" = $'native errno 1\nint80 errno 1\nx32 errno 1' ] || { [ "$LACK" != - ] && killed; }; }
	profile '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"],"syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}'
	in_every_way killed
	profile '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}'
	in_every_way killed
	profile '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"],"syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}'
	in_every_way refused_all
}

# weaken: mask-of-64-bits
@test "CVE-2019-10063, CVE-2017-5226: the upper half of an argument does not hide a command; rules combine as they say" {
	static verdicts <<'C'
#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
static void say(const char *what, long result) { printf("%s %s\n", what, result < 0 && errno == E2BIG ? "denied" : "passed"); }
int main(void)
{
	say("plain", syscall(SYS_ioctl, 99, (unsigned long) TIOCSTI, 0));
	say("upper", syscall(SYS_ioctl, 99, (unsigned long) TIOCSTI | 1UL << 32, 0));
	say("other", syscall(SYS_ioctl, 99, (unsigned long) TIOCGWINSZ, 0));
	say("and-both", syscall(SYS_lseek, 1000, 1, 2));
	say("and-first", syscall(SYS_lseek, 1000, 1, 3));
	say("and-second", syscall(SYS_lseek, 1000, 5, 2));
	say("or-first", syscall(SYS_setpriority, 77, 0, 0));
	say("or-second", syscall(SYS_setpriority, 0, 0x7fffffff, 0));
	say("or-none", syscall(SYS_setpriority, 76, 0x7ffffffe, 0));
	return 0;
}
C
	args verdicts
	profile '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
		{"names":["ioctl"],"action":"SCMP_ACT_ERRNO","errnoRet":7,"args":[{"index":1,"value":4294967295,"valueTwo":21522,"op":"SCMP_CMP_MASKED_EQ"}]},
		{"names":["lseek"],"action":"SCMP_ACT_ERRNO","errnoRet":7,"args":[{"index":1,"value":1,"op":"SCMP_CMP_EQ"},{"index":2,"value":2,"op":"SCMP_CMP_EQ"}]},
		{"names":["setpriority"],"action":"SCMP_ACT_ERRNO","errnoRet":7,"args":[{"index":0,"value":77,"op":"SCMP_CMP_EQ"}]},
		{"names":["setpriority"],"action":"SCMP_ACT_ERRNO","errnoRet":7,"args":[{"index":1,"value":2147483647,"op":"SCMP_CMP_EQ"}]}]}'
	as_written() {
		[ "$output" = $'plain denied\nupper denied\nother passed\nand-both denied\nand-first passed\nand-second passed\nor-first denied\nor-second denied\nor-none passed' ]
	}
	in_every_way as_written
}

# weaken: filter-forgotten
@test "a filter and no_new_privs are in force at the first instruction; killing leaves nothing" {
	script 'grep -E "^(Seccomp|NoNewPrivs):" /proc/self/status | tr -s "\t" " "'
	ln -sf busybox "$BUNDLE/rootfs/bin/tr"
	profile '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["reboot"],"action":"SCMP_ACT_ERRNO"}]}'
	on() { [ "$output" = $'NoNewPrivs: 1\nSeccomp: 2' ]; }
	in_every_way on
	config '.process.noNewPrivileges = false'
	filtered() { [ "$output" = $'NoNewPrivs: 0\nSeccomp: 2' ]; }
	in_every_way filtered
	static threads <<'C'
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>
static void *wait_for_ever(void *x) { for (;;) pause(); return x; }
int main(void) { pthread_t t; pthread_create(&t, 0, wait_for_ever, 0); mkdir("/mnt/x", 0700); return 0; }
C
	args threads
	profile '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_KILL_PROCESS"}]}'
	ended() { [ "$WAY" = create ] || [ "$status" = 159 ]; }
	in_every_way ended
	# Everything is forbidden, execve too.
	profile '{"defaultAction":"SCMP_ACT_KILL_PROCESS"}'
	dead() { [ "$status" != 0 ] || [ "$WAY" = create ]; }
	in_every_way dead
	profile '{"defaultAction":"SCMP_ACT_KILL"}'
	in_every_way dead
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inject: runs a program and makes one system call of it, or of a child of it, fail or the last one.
 *
 *     inject -o FILE [-a PID] [-p PROCESS -n N (-e ERRNO | -k) [-c CALL]] -- PROGRAM [ARGUMENT...]
 *
 * Processes have names that do not depend on who runs first: 0 is the program, 0.1 its first child, 0.1.2
 * the second child of that one; -a PID joins a process that runs already, as `a`. System calls are counted
 * in each process. The N-th one of PROCESS gets ERRNO without having been done (close is done: the kernel
 * closes even where it reports an error), or its process is killed in its place; with -c only if it is that
 * call, for two runs need not have the same ones (malloc asks when it likes). FILE gets a line
 * `PROCESS N CALL FIRST-ARGUMENT` for every call, or, with -p, for the one that was hit, and then with the
 * path or the file of the descriptor that it is about; after an execve a line `PROCESS N -`, since what
 * follows is the loader.
 *
 * A process is let go when it executes another program than this one: what is tested is the runtime, not
 * what it starts. When the program has ended, children that have come to rest are let go too (at once when
 * the call was hit: nothing of them is watched any more), and the status is the program's (128 + the signal
 * that ended it).
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
int main(void)
{
	puts("written for x86-64");
	return 77;
}
#else

enum { PROCESSES = 512, QUIET_MS = 30, HIT_QUIET_MS = 2 };
enum {
	OPTIONS = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL
};

struct process { /* a thread, in truth; those of one process share a name and a count */
	pid_t pid;
	int leader; /* index of the one that counts */
	char name[64];
	long calls;
	int children;
	int started; /* the program itself, not our fork before it */
	int pending; /* the errno to give at its exit */
	int known; /* has a name */
	int stopped; /* its first stop came before its parent told of it */
};

static struct process table[PROCESSES];
static int count;
static FILE *out;
static const char *target;
static long target_call;
static int give_errno;
static int do_kill;
static const char *expected;
static int was_hit;
static struct stat our_program;

static void die(const char *what)
{
	perror(what);
	exit(125);
}

static struct process *find(pid_t pid)
{
	for (int i = 0; i < count; i++)
		if (table[i].pid == pid)
			return &table[i];
	return NULL;
}

static struct process *add(pid_t pid)
{
	struct process *p = find(pid);

	if (p != NULL)
		return p;
	for (p = table; p < table + count && p->pid != 0; p++)
		;
	if (p == table + PROCESSES) {
		fputs("too many processes\n", stderr);
		exit(125);
	}
	if (p == table + count)
		count++;
	*p = (struct process){ .pid = pid, .leader = (int) (p - table) };
	return p;
}

static int tgid_of(pid_t pid)
{
	char path[64], line[256];
	int tgid = pid;
	FILE *f;

	(void) snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return pid;
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Tgid: %d", &tgid) == 1)
			break;
	(void) fclose(f);
	return tgid;
}

static void name_child(struct process *parent, pid_t pid)
{
	struct process *child = add(pid);
	struct process *head = &table[parent->leader];
	int tgid = tgid_of(pid);
	struct process *leader = tgid == pid ? NULL : find(tgid);

	if (leader != NULL) {
		child->leader = leader->leader;
	} else {
		(void) snprintf(
			child->name, sizeof(child->name), "%.50s.%d", head->name, ++head->children);
	}
	child->known = 1;
	child->started = 1;
}

static void go_on(struct process *p, int sig)
{
	/* ESRCH: it has been killed meanwhile, and its end will be told. */
	(void) ptrace(PTRACE_SYSCALL, p->pid, 0, (void *) (long) sig);
}

static void let_go(struct process *p, int sig)
{
	(void) ptrace(PTRACE_DETACH, p->pid, 0, (void *) (long) sig);
	p->pid = 0;
}

static void set_regs(pid_t pid, const struct user_regs_struct *regs)
{
	struct iovec part = { .iov_base = (void *) regs, .iov_len = sizeof(*regs) };

	(void) ptrace(PTRACE_SETREGSET, pid, (void *) NT_PRSTATUS, &part);
}

static int is_one_of(const char *call, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(call, *names) == 0)
			return 1;
	return 0;
}

/* What the call is about, for a reader: "" where that is neither a path nor a descriptor. */
static void object_of(
	pid_t pid, const char *call, const struct user_regs_struct *regs, char *text, size_t size)
{
	static const char *const first[] = { "open", "mkdir", "rmdir", "unlink", "readlink",
		"access", "stat", "lstat", "statfs", "chdir", "umount2", "execve", NULL };
	static const char *const second[] = { "openat", "openat2", "open_tree", "mkdirat",
		"unlinkat", "readlinkat", "newfstatat", "faccessat", "faccessat2", "fchmodat",
		"fchownat", "linkat", "mknodat", "renameat", "renameat2", "statx", "execveat",
		NULL };
	unsigned long where = 0;
	char path[64];
	ssize_t n = 0;

	if (is_one_of(call, first))
		where = regs->rdi;
	else if (is_one_of(call, second))
		where = regs->rsi;
	if (where != 0) {
		struct iovec to = { text, size - 1 };
		struct iovec from = { (void *) where, size - 1 };

		/* A string at the end of a page: the next one may not be there. */
		if ((where & 4095) + size > 4096)
			from.iov_len = 4096 - (where & 4095);
		n = process_vm_readv(pid, &to, 1, &from, 1, 0);
	}
	if ((n <= 0 || text[0] == 0) && regs->rdi < 4096 && strcmp(call, "mmap") != 0 &&
		strcmp(call, "prctl") != 0) {
		(void) snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, (int) regs->rdi);
		n = readlink(path, text, size - 1);
	}
	text[n > 0 ? n : 0] = 0;
	for (char *c = text; *c != 0; c++)
		if (*c <= ' ')
			*c = '_';
}

static void at_entry(struct process *p)
{
	struct process *head = &table[p->leader];
	struct user_regs_struct regs;
	struct iovec part = { .iov_base = &regs, .iov_len = sizeof(regs) };
	char object[256] = "";
	char *call;

	if (!head->started || ptrace(PTRACE_GETREGSET, p->pid, (void *) NT_PRSTATUS, &part) < 0)
		return;
	head->calls++;
	if (target != NULL &&
		(was_hit || strcmp(head->name, target) != 0 || head->calls != target_call))
		return;
	call = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, (int) regs.orig_rax);
	if (target != NULL && expected != NULL && (call == NULL || strcmp(call, expected) != 0)) {
		free(call);
		return;
	}
	if (target != NULL && call != NULL)
		object_of(p->pid, call, &regs, object, sizeof(object));
	(void) fprintf(out, "%s %ld %s %d %s\n", head->name, head->calls, call != NULL ? call : "?",
		(int) regs.rdi, object);
	free(call);
	if (target == NULL)
		return;
	was_hit = 1;
	(void) fflush(out);
	if (do_kill) {
		(void) kill(head->pid != 0 ? head->pid : p->pid, SIGKILL);
		return;
	}
	p->pending = give_errno;
	if (regs.orig_rax == SYS_close)
		return;
	regs.orig_rax = (unsigned long long) -1;
	set_regs(p->pid, &regs);
}

static void at_exit(struct process *p)
{
	struct user_regs_struct regs;
	struct iovec part = { .iov_base = &regs, .iov_len = sizeof(regs) };

	if (p->pending == 0)
		return;
	if (ptrace(PTRACE_GETREGSET, p->pid, (void *) NT_PRSTATUS, &part) == 0) {
		regs.rax = (unsigned long long) -(long long) p->pending;
		set_regs(p->pid, &regs);
	}
	p->pending = 0;
}

static int is_our_program(pid_t pid)
{
	char path[64], link[256] = "";
	struct stat st;

	(void) snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	if (readlink(path, link, sizeof(link) - 1) > 0 && strstr(link, "memfd:") != NULL)
		return 1;
	return stat(path, &st) == 0 && st.st_ino == our_program.st_ino &&
		st.st_size == our_program.st_size;
}

/* Returns 0 when the process is no longer ours. */
static int at_event(struct process *p, int event)
{
	unsigned long message = 0;

	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		if (ptrace(PTRACE_GETEVENTMSG, p->pid, 0, &message) == 0) {
			name_child(p, (pid_t) message);
			if (find((pid_t) message)->stopped)
				go_on(find((pid_t) message), 0);
		}
		return 1;
	case PTRACE_EVENT_EXEC:
		/* A thread that executes takes the number of its leader. */
		if (strcmp(table[p->leader].name, "0") == 0 && our_program.st_ino == 0) {
			char path[64];

			(void) snprintf(path, sizeof(path), "/proc/%d/exe", p->pid);
			(void) stat(path, &our_program);
			p->started = 1;
			return 1;
		}
		if (is_our_program(p->pid)) {
			if (target == NULL)
				(void) fprintf(out, "%s %ld - 0\n", table[p->leader].name,
					table[p->leader].calls);
			return 1;
		}
		let_go(p, 0);
		return 0;
	default:
		return 1;
	}
}

static void handle(struct process *p, int status)
{
	int sig = WSTOPSIG(status);
	int event = status >> 16;

	if (!p->known) {
		p->stopped = 1; /* it goes on when its parent has told its name */
		return;
	}
	if (event == PTRACE_EVENT_STOP) {
		/* A group stop: it stays until SIGCONT, as without us. */
		if (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU) {
			(void) ptrace(PTRACE_LISTEN, p->pid, 0, 0);
			return;
		}
		go_on(p, 0);
		return;
	}
	if (event != 0) {
		if (at_event(p, event))
			go_on(p, 0);
		return;
	}
	if (sig == (SIGTRAP | 0x80)) {
		struct __ptrace_syscall_info info = { 0 };

		if (ptrace(PTRACE_GET_SYSCALL_INFO, p->pid, (void *) sizeof(info), &info) > 0 &&
			info.op == PTRACE_SYSCALL_INFO_ENTRY)
			at_entry(p);
		else
			at_exit(p);
		go_on(p, 0);
		return;
	}
	go_on(p, sig);
}

static void release_all(void)
{
	for (int i = 0; i < count; i++) {
		int status;

		if (table[i].pid == 0)
			continue;
		if (ptrace(PTRACE_INTERRUPT, table[i].pid, 0, 0) == 0 &&
			waitpid(table[i].pid, &status, __WALL) == table[i].pid &&
			WIFSTOPPED(status)) {
			if (WSTOPSIG(status) == (SIGTRAP | 0x80) && table[i].pending != 0)
				at_exit(&table[i]);
			let_go(&table[i], 0);
		}
	}
}

static int serve(pid_t root)
{
	int result = -1;
	int quiet = 0;

	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL | (result >= 0 ? WNOHANG : 0));
		struct process *p;

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return result;
		if (pid == 0) {
			if (++quiet > (was_hit ? HIT_QUIET_MS : QUIET_MS)) {
				release_all();
				return result;
			}
			(void) poll(NULL, 0, 1);
			continue;
		}
		quiet = 0;
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (pid == root)
				result = WIFEXITED(status) ? WEXITSTATUS(status)
							   : 128 + WTERMSIG(status);
			p = find(pid);
			if (p != NULL)
				p->pid = 0;
			continue;
		}
		p = add(pid);
		handle(p, status);
	}
}

static pid_t launch(char **argv)
{
	int go[2];
	char byte = 0;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) < 0)
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		(void) close(go[1]);
		if (read(go[0], &byte, 1) != 1)
			_exit(125);
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	(void) close(go[0]);
	if (ptrace(PTRACE_SEIZE, pid, 0, (void *) (long) OPTIONS) < 0)
		die("ptrace");
	add(pid)->known = 1;
	(void) strcpy(find(pid)->name, "0");
	if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0 || write(go[1], &byte, 1) != 1)
		die("ptrace");
	(void) close(go[1]);
	return pid;
}

static void join(pid_t pid)
{
	if (ptrace(PTRACE_SEIZE, pid, 0, (void *) (long) OPTIONS) < 0)
		die("ptrace");
	add(pid)->known = 1;
	find(pid)->started = 1;
	(void) strcpy(find(pid)->name, "a");
	if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0)
		die("ptrace");
}

int main(int argc, char **argv)
{
	pid_t joined = 0;
	int option;

	while ((option = getopt(argc, argv, "+o:a:p:n:e:c:k")) != -1)
		switch (option) {
		case 'o':
			out = fopen(optarg, "we");
			break;
		case 'a':
			joined = atoi(optarg);
			break;
		case 'p':
			target = optarg;
			break;
		case 'n':
			target_call = atol(optarg);
			break;
		case 'e':
			give_errno = atoi(optarg);
			break;
		case 'c':
			expected = optarg;
			break;
		case 'k':
			do_kill = 1;
			break;
		default:
			return 125;
		}
	if (out == NULL || optind >= argc)
		return 125;
	if (joined != 0) {
		char path[64];

		(void) snprintf(path, sizeof(path), "/proc/%d/exe", joined);
		join(joined);
	}
	option = serve(launch(argv + optind));
	(void) fclose(out);
	return option;
}
#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * floor: the fewest system calls that give a container the isolation of the bench's two configurations,
 * written by hand for exactly those, with the filter that ocirt compiled. It checks nothing that could
 * not fail here, resolves paths in a root file system that it trusts, keeps no state, reports no error
 * but its status. A call in it that ocirt does without is a defect of this program; floor.calls lists
 * what it makes.
 *
 *   floor run BUNDLE docker|minimal v1|v2 FILTER|- NAME PROGRAM
 *   floor exec PID v1|v2 FILTER|- NAME PROGRAM    beside a container that another runtime has started
 *   floor filter PID FILE                         the filter of a process, through ptrace
 *
 * NAME is that of the cgroup below each hierarchy.
 */
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PTRACE_SECCOMP_GET_FILTER
#define PTRACE_SECCOMP_GET_FILTER 0x420c
#endif

/* A failure has a number of its own as status: the line. */
#define MUST(call)                                                                                 \
	do {                                                                                       \
		if ((call) < 0)                                                                    \
			_exit(__LINE__ % 250 + 1);                                                 \
	} while (0)

static const char *const hierarchies[] = { "systemd", "pids", "blkio", "freezer", "devices",
	"memory", "cpuset", "cpuacct", "cpu" };
enum { HIERARCHIES = sizeof(hierarchies) / sizeof(hierarchies[0]) };

struct clone3_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
		set_tid_size, cgroup;
};

static struct sock_filter code[BPF_MAXINSNS];
static struct sock_fprog filter = { 0, code };
static char dirs[HIERARCHIES][256];

static void read_filter(const char *path)
{
	ssize_t got;
	int fd;

	if (strcmp(path, "-") == 0)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = read(fd, code, sizeof(code));
	MUST(got);
	filter.len = (unsigned short) ((size_t) got / sizeof(code[0]));
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	MUST(fd);
	MUST(write(fd, text, strlen(text)));
	close(fd);
}

static void name_dirs(int v2, const char *name)
{
	for (int i = 0; i < (v2 ? 1 : HIERARCHIES); i++)
		snprintf(dirs[i], sizeof(dirs[i]), "/sys/fs/cgroup/%s/%s",
			v2 ? "." : hierarchies[i], name);
}

static void put_in(int hierarchy, const char *file, const char *text)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dirs[hierarchy], file);
	put(path, text);
}

/* The devices that Docker allows: everything may be made, these may be opened. */
static const char *const allowed[] = { "c *:* m", "b *:* m", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm",
	"c 5:0 rwm", "c 1:8 rwm", "c 1:9 rwm", "c 136:* rwm", "c 5:2 rwm" };

/* On v2 the bench's configuration has no device rules: crun 1.8 cannot load its program everywhere. */
static void make_cgroups(int v2, int docker)
{
	char value[256];

	for (int i = 0; i < (v2 ? 1 : HIERARCHIES); i++)
		MUST(mkdir(dirs[i], 0755));
	if (v2)
		return;
	for (int i = 0; i < 2; i++) {
		const char *file = i == 0 ? "cpuset.cpus" : "cpuset.mems";
		int fd;
		ssize_t got;

		snprintf(value, sizeof(value), "/sys/fs/cgroup/cpuset/%s", file);
		fd = open(value, O_RDONLY | O_CLOEXEC);
		got = read(fd, value, sizeof(value) - 1);
		MUST(got);
		close(fd);
		value[got] = '\0';
		put_in(6, file, value);
	}
	if (!docker)
		return;
	put_in(4, "devices.deny", "a");
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		put_in(4, "devices.allow", allowed[i]);
}

static int cgroup_fd(void)
{
	int fd = open(dirs[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	MUST(fd);
	return fd;
}

/* cgroup: of v2, or -1. */
static pid_t clone_into(uint64_t flags, int cgroup)
{
	struct clone3_args args = { .flags = flags, .exit_signal = SIGCHLD };

	if (cgroup >= 0) {
		args.flags |= 0x200000000ULL; /* CLONE_INTO_CGROUP */
		args.cgroup = (uint64_t) cgroup;
	}
	return (pid_t) syscall(SYS_clone3, &args, sizeof(args));
}

/* A thread that moves itself alone need not wait until the kernel has stopped all forks. */
static void enter_cgroups(int v2)
{
	for (int i = 0; i < (v2 ? 0 : HIERARCHIES); i++)
		put_in(i, "tasks", "0");
}

static void loopback(void)
{
	struct ifreq ask = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	MUST(sock);
	MUST(ioctl(sock, SIOCSIFFLAGS, &ask));
	close(sock);
}

static void fs(const char *type, const char *to, unsigned long flags, const char *data)
{
	MUST(mount(type, to, type, flags, data));
}

static void bind_tree(const char *from, const char *to)
{
	MUST(mount(from, to, NULL, MS_BIND | MS_REC, NULL));
}

static void cgroup_mounts(int v2)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	char to[64];

	if (v2) { /* a new cgroup2 mount waits for the kernel */
		bind_tree(dirs[0], "sys/fs/cgroup");
		MUST(mount(NULL, "sys/fs/cgroup", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | flags,
			NULL));
		return;
	}
	fs("tmpfs", "sys/fs/cgroup", flags, "mode=755");
	for (int i = 0; i < HIERARCHIES; i++) {
		snprintf(to, sizeof(to), "sys/fs/cgroup/%s", hierarchies[i]);
		MUST(mkdir(to, 0755));
		bind_tree(dirs[i], to);
		MUST(mount(NULL, to, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | flags, NULL));
	}
	MUST(mount(NULL, "sys/fs/cgroup", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | flags, NULL));
}

static void devices(void)
{
	static const struct {
		const char *path;
		unsigned major, minor;
	} nodes[] = { { "dev/null", 1, 3 }, { "dev/zero", 1, 5 }, { "dev/full", 1, 7 },
		{ "dev/random", 1, 8 }, { "dev/urandom", 1, 9 }, { "dev/tty", 5, 0 } };
	static const char *const links[][2] = { { "/proc/self/fd", "dev/fd" },
		{ "/proc/self/fd/0", "dev/stdin" }, { "/proc/self/fd/1", "dev/stdout" },
		{ "/proc/self/fd/2", "dev/stderr" }, { "/proc/kcore", "dev/core" },
		{ "pts/ptmx", "dev/ptmx" } };

	umask(0);
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		MUST(mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)));
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		MUST(symlink(links[i][0], links[i][1]));
	umask(022);
}

static void mounts(const char *bundle, int docker, int v2)
{
	char source[512];

	fs("proc", "proc", docker ? MS_NOSUID | MS_NODEV | MS_NOEXEC : 0, NULL);
	fs("tmpfs", "dev", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k");
	if (docker) {
		static const char *const files[] = { "resolv.conf", "hostname", "hosts" };

		MUST(mkdir("dev/pts", 0755));
		fs("devpts", "dev/pts", MS_NOSUID | MS_NOEXEC,
			"newinstance,ptmxmode=0666,mode=0620,gid=5");
		fs("sysfs", "sys", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL);
		cgroup_mounts(v2);
		MUST(mkdir("dev/mqueue", 0755));
		fs("mqueue", "dev/mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
		MUST(mkdir("dev/shm", 0755));
		fs("tmpfs", "dev/shm", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=67108864");
		for (int i = 0; i < 3; i++) {
			char to[64];

			snprintf(source, sizeof(source), "%s/%s", bundle, files[i]);
			snprintf(to, sizeof(to), "etc/%s", files[i]);
			bind_tree(source, to);
		}
	}
	devices();
}

static void cover(void)
{
	static const char *const files[] = { "/proc/kcore", "/proc/keys", "/proc/timer_list",
		"/proc/latency_stats", "/proc/timer_stats", "/proc/sched_debug" };
	static const char *const folders[] = { "/proc/asound", "/proc/acpi", "/proc/scsi",
		"/sys/firmware" };
	static const char *const read_only[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
		"/proc/sysrq-trigger" };

	/* What this kernel does not have needs no cover. */
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		mount("/dev/null", files[i], NULL, MS_BIND, NULL);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		mount("tmpfs", folders[i], "tmpfs", MS_RDONLY, "nr_inodes=1");
	for (size_t i = 0; i < sizeof(read_only) / sizeof(read_only[0]); i++)
		if (mount(read_only[i], read_only[i], NULL, MS_BIND | MS_REC, NULL) == 0)
			MUST(mount(NULL, read_only[i], NULL,
				MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
				NULL));
}

static void identity(int docker)
{
	/* Docker's fourteen. */
	const uint64_t keep = docker ? 0xa80425fb : UINT64_MAX;
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t) keep, .permitted = (uint32_t) keep }, { 0 }
	};
	gid_t group = 0;

	if (!docker)
		return;
	for (unsigned long cap = 0; cap < 64; cap++)
		if ((keep >> cap & 1) == 0 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			break;
	MUST(setgroups(1, &group));
	if (filter.len > 0)
		MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter));
	MUST(syscall(SYS_capset, &header, data));
}

static void become(const char *program)
{
	char *const argv[] = { (char *) program, NULL };
	char *const envp[] = { "PATH=/bin:/sbin", "HOME=/", NULL };

	execve(program, argv, envp);
	_exit(127);
}

static void child(const char *bundle, int docker, int v2, const char *program)
{
	char root[512];

	enter_cgroups(v2);
	MUST(setsid());
	MUST(syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, "_ses.floor"));
	if (docker)
		loopback();
	MUST(mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL));
	snprintf(root, sizeof(root), "%s/rootfs", bundle);
	bind_tree(root, root);
	MUST(chdir(root));
	mounts(bundle, docker, v2);
	MUST(syscall(SYS_pivot_root, ".", "."));
	MUST(umount2(".", MNT_DETACH));
	MUST(chdir("/"));
	if (docker) {
		/* While /proc/sys can be written to. */
		put("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
		put("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
		MUST(sethostname("bench", 5));
		cover();
	}
	MUST(syscall(SYS_close_range, 3, ~0U, 0));
	identity(docker);
	become(program);
}

static int finish(pid_t pid)
{
	int status;

	MUST(wait4(pid, &status, 0, NULL));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int do_run(char **argv)
{
	const int docker = strcmp(argv[1], "docker") == 0, v2 = strcmp(argv[2], "v2") == 0;
	uint64_t flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID;
	int status;
	pid_t pid;

	read_filter(argv[3]);
	name_dirs(v2, argv[4]);
	make_cgroups(v2, docker);
	pid = clone_into(flags | (docker ? CLONE_NEWNET : 0), v2 ? cgroup_fd() : -1);
	MUST(pid);
	if (pid == 0)
		child(argv[0], docker, v2, argv[5]);
	status = finish(pid);
	for (int i = 0; i < (v2 ? 1 : HIERARCHIES); i++)
		rmdir(dirs[i]);
	return status;
}

static int do_exec(char **argv)
{
	const int v2 = strcmp(argv[1], "v2") == 0;
	int pidfd = (int) syscall(SYS_pidfd_open, atoi(argv[0]), 0), cgroup = -1;
	pid_t pid;

	MUST(pidfd);
	read_filter(argv[2]);
	name_dirs(v2, argv[3]);
	/* The directories are no longer in sight behind setns: on v1 the process moves itself before. */
	if (!v2)
		enter_cgroups(0);
	else
		cgroup = cgroup_fd();
	MUST(setns(pidfd, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET));
	pid = clone_into(0, cgroup);
	MUST(pid);
	if (pid == 0) {
		MUST(setsid());
		MUST(syscall(SYS_close_range, 3, ~0U, 0));
		identity(1);
		become(argv[4]);
	}
	return finish(pid);
}

static int do_filter(char **argv)
{
	pid_t pid = atoi(argv[0]);
	long count;
	int fd, status;

	MUST(ptrace(PTRACE_SEIZE, pid, NULL, NULL));
	MUST(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL));
	MUST(waitpid(pid, &status, __WALL));
	count = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, NULL, code);
	MUST(ptrace(PTRACE_DETACH, pid, NULL, NULL));
	MUST(count);
	fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	MUST(fd);
	MUST(write(fd, code, (size_t) count * sizeof(code[0])));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 8 && strcmp(argv[1], "run") == 0)
		return do_run(argv + 2);
	if (argc == 7 && strcmp(argv[1], "exec") == 0)
		return do_exec(argv + 2);
	if (argc == 4 && strcmp(argv[1], "filter") == 0)
		return do_filter(argv + 2);
	return 2;
}

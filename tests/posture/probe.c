/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe: prints what a process inside a container holds, one fact a line, without ids that differ
 * from run to run. Static, so that any rootfs can run it. For tests/posture/run
 * and tests/posture/default.
 *
 * Its arguments are the paths to look at (the masked and the read-only ones).
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void file(const char *name, const char *path, const char *prefix)
{
	char line[4096];
	FILE *f = fopen(path, "re");

	if (!f) {
		printf("%s: absent\n", name);
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		if (prefix && strncmp(line, prefix, strlen(prefix)) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		printf("%s: %s\n", name, line);
	}
	(void) fclose(f);
}

/* Fields 5 (mount point), 4 (root), 6 (options), the propagation without its number, and what
 * follows the dash. */
static void mounts(void)
{
	char line[4096];
	FILE *f = fopen("/proc/self/mountinfo", "re");

	while (f && fgets(line, sizeof(line), f)) {
		char root[1024], at[1024], options[512], optional[64] = "-";
		char *dash = strstr(line, " - ");

		line[strcspn(line, "\n")] = '\0';
		if (!dash ||
			sscanf(line, "%*s %*s %*s %1023s %1023s %511s %63s", root, at, options,
				optional) < 3)
			continue;
		optional[strcspn(optional, ":")] = '\0';
		printf("mount: %s root=%s %s %s %s\n", at, strcmp(at, "/") == 0 ? "*" : root,
			options, optional, dash + 3);
	}
	if (f)
		(void) fclose(f);
}

static void look(const char *what, const char *path)
{
	struct stat st;
	char target[1024] = "";

	if (lstat(path, &st) < 0) {
		printf("%s: %s absent\n", what, path);
		return;
	}
	if (S_ISLNK(st.st_mode))
		(void) !readlink(path, target, sizeof(target) - 1);
	printf("%s: %s mode=%o owner=%u:%u dev=%lx %s writable=%d\n", what, path, st.st_mode,
		st.st_uid, st.st_gid, (unsigned long) st.st_rdev, target, access(path, W_OK) == 0);
}

static void dir(const char *path)
{
	struct dirent **list;
	int n = scandir(path, &list, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char full[1024];

		(void) snprintf(full, sizeof(full), "%s/%s", path, list[i]->d_name);
		if (list[i]->d_name[0] != '.')
			look("dev", full);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

static void namespaces(void)
{
	static const char *const names[] = { "cgroup", "ipc", "mnt", "net", "pid", "time", "user",
		"uts" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[64], text[64] = "";

		(void) snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		(void) !readlink(path, text, sizeof(text) - 1);
		printf("ns: %s\n", text);
	}
}

int main(int argc, char **argv)
{
	static const char *const status[] = { "Uid:", "Gid:", "Groups:", "Umask:", "CapInh:",
		"CapPrm:", "CapEff:", "CapBnd:", "CapAmb:", "NoNewPrivs:", "Seccomp:" };
	char cwd[4096] = "";
	char host[256] = "";

	for (size_t i = 0; i < sizeof(status) / sizeof(status[0]); i++)
		file("status", "/proc/self/status", status[i]);
	printf("securebits: %d\n", prctl(PR_GET_SECUREBITS));
	printf("dumpable: %d\n", prctl(PR_GET_DUMPABLE));
	printf("pdeathsig: %d\n", ({
		int s = -1;
		prctl(PR_GET_PDEATHSIG, &s);
		s;
	}));
	printf("personality: %x\n", (unsigned) personality(0xffffffff));
	printf("process 1: %d\n", getpid() == 1);
	printf("session leader: %d group leader: %d\n", getsid(0) == getpid(),
		getpgid(0) == getpid());
	printf("keyring of its own: %d\n", syscall(SYS_keyctl, 0, -3, 0) >= 0);
	for (int r = 0; r < RLIM_NLIMITS; r++) {
		struct rlimit l;

		if (getrlimit(r, &l) == 0)
			printf("rlimit: %d %lld %lld\n", r, (long long) l.rlim_cur,
				(long long) l.rlim_max);
	}
	file("oom", "/proc/self/oom_score_adj", NULL);
	file("uid_map", "/proc/self/uid_map", NULL);
	file("gid_map", "/proc/self/gid_map", NULL);
	file("setgroups", "/proc/self/setgroups", NULL);
	file("sigign", "/proc/self/status", "SigIgn:");
	file("sigblk", "/proc/self/status", "SigBlk:");
	(void) !getcwd(cwd, sizeof(cwd));
	(void) gethostname(host, sizeof(host) - 1);
	printf("cwd: %s\nhostname: %s\n", cwd, host);
	for (char **e = environ; *e; e++)
		printf("env: %s\n", *e);
	for (int fd = 0; fd < 1024; fd++) {
		struct stat st;

		if (fstat(fd, &st) == 0)
			printf("fd: %d type=%o\n", fd, st.st_mode & S_IFMT);
	}
	for (int i = 1; i < argc; i++)
		look("path", argv[i]);
	dir("/dev");
	mounts();
	/* Numbers of the host's: for tests/posture/default alone, which knows them. */
	if (getenv("POSTURE") != NULL) {
		namespaces();
		file("cgroup", "/proc/self/cgroup", NULL);
		file("status", "/proc/self/status", "Seccomp_filters:");
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/exeseal.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"

#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

enum { TREE_CLONE = 1, ATTR_RDONLY = 1, SEAL_EXEC = 0x20 };
#define ALL_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

struct attributes {
	uint64_t set, clear, propagation, userns;
};

static bool is_sealed(int exe)
{
	struct statvfs fs;
	int seals = fcntl(exe, F_GET_SEALS);

	if (seals >= 0 && (seals & ALL_SEALS) == ALL_SEALS)
		return true;
	return fstatvfs(exe, &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0;
}

/* The program on a mount of its own that is read-only and in no namespace. -1 where the caller may
 * not mount or the kernel is older than 5.12. */
static int clone_read_only(int exe)
{
	const struct attributes attributes = { .set = ATTR_RDONLY };
	_cleanup_fd_ int fd = -1;

	fd = (int) syscall(SYS_open_tree, exe, "", TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH);
	if (fd < 0 ||
		syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)) <
			0)
		return -1;
	return TAKE_FD(fd);
}

static int copy_sealed(int exe, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;
	off_t done = 0;

	/* MFD_EXEC is asked for where vm.memfd_noexec wants it; before Linux 6.3 it is unknown. */
	fd = memfd_create("ocirt", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	if (fd < 0)
		fd = memfd_create("ocirt", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return err_sys(err, "memfd_create");
	if (fstat(exe, &st) < 0)
		return err_sys(err, "fstat /proc/self/exe");
	while (done < st.st_size) {
		ssize_t n = sendfile(fd, exe, &done, (size_t) (st.st_size - done));

		if (n < 0 && errno != EINTR)
			return err_sys(err, "sendfile /proc/self/exe");
		if (n == 0)
			return err_num(err, EIO, "sendfile /proc/self/exe");
	}
	if (fcntl(fd, F_ADD_SEALS, ALL_SEALS | SEAL_EXEC) < 0 &&
		fcntl(fd, F_ADD_SEALS, ALL_SEALS) < 0)
		return err_sys(err, "fcntl F_ADD_SEALS");
	return TAKE_FD(fd);
}

int exeseal_ensure(char **argv, char **envp, struct err *err)
{
	_cleanup_fd_ int exe = -1, tree = -1, copy = -1;
	const char *started;

	if (getauxval(AT_SECURE) != 0)
		return err_set(err, ERR_UNSUPPORTED, "ocirt must not be set-user-id");
	started = (const char *) (uintptr_t) getauxval(AT_EXECFN);
	exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (exe < 0)
		return err_sys(err, "open /proc/self/exe");
	if (is_sealed(exe)) {
		/* Run from an fd, the kernel names us after its number. */
		if (started != NULL && str_starts(started, "/dev/fd/"))
			(void) prctl(
				PR_SET_NAME, (unsigned long) (uintptr_t) "ocirt", 0UL, 0UL, 0UL);
		return 0;
	}
	if (started != NULL && str_starts(started, "/dev/fd/"))
		return err_set(err, ERR_SYSTEM, "execveat ocirt: the copy is not sealed");
	/* The fds are O_CLOEXEC: the new program holds its file by its mapping alone. */
	tree = clone_read_only(exe);
	if (tree >= 0)
		(void) syscall(SYS_execveat, tree, "", argv, envp, AT_EMPTY_PATH);
	copy = copy_sealed(exe, err);
	if (copy < 0)
		return -1;
	(void) syscall(SYS_execveat, copy, "", argv, envp, AT_EMPTY_PATH);
	return err_sys(err, "execveat /proc/self/exe");
}

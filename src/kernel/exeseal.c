/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/exeseal.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
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

/* ---- in place ----------------------------------------------------------------------------------- */

/* The loadable segments of this program, as the kernel told them to its loader. */
struct image {
	const ElfW(Phdr) * headers;
	size_t count;
	uintptr_t bias;
	uintptr_t page;
};

static bool find_image(struct image *ret)
{
	struct image image = {
		.headers = (const ElfW(Phdr) *) (uintptr_t) getauxval(AT_PHDR),
		.count = getauxval(AT_PHNUM),
		.page = getauxval(AT_PAGESZ),
	};

	if (image.headers == NULL || image.page == 0)
		return false;
	for (size_t i = 0; i < image.count; i++)
		if (image.headers[i].p_type == PT_PHDR) {
			image.bias = (uintptr_t) image.headers - image.headers[i].p_vaddr;
			*ret = image;
			return true;
		}
	return false;
}

/* What has been written to stays, in memory of nobody's file; a pure part comes from the new file, which
 * is the same one: the very instruction that asks for it is replaced by itself. */
static int remap_segment(const struct image *image, const ElfW(Phdr) * segment, int file)
{
	const uintptr_t start = (image->bias + segment->p_vaddr) & ~(image->page - 1);
	const uintptr_t end =
		(image->bias + segment->p_vaddr + segment->p_filesz + image->page - 1) &
		~(image->page - 1);
	const size_t length = end - start;
	const int protection = ((segment->p_flags & PF_R) != 0 ? PROT_READ : 0) |
		((segment->p_flags & PF_X) != 0 ? PROT_EXEC : 0);
	void *copy;

	if (length == 0)
		return 0;
	if ((segment->p_flags & PF_W) == 0)
		return mmap((void *) start, length, protection, MAP_PRIVATE | MAP_FIXED, file,
			       (off_t) (segment->p_offset & ~(image->page - 1))) == MAP_FAILED
			? -1
			: 0;
	copy = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (copy == MAP_FAILED)
		return -1;
	memcpy(copy, (const void *) start, length);
	if (mremap(copy, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, (void *) start) ==
		MAP_FAILED) {
		(void) munmap(copy, length);
		return -1;
	}
	return 0;
}

/* The loader had made these read-only once it had written them. */
static int protect_again(const struct image *image)
{
	for (size_t i = 0; i < image->count; i++) {
		const ElfW(Phdr) *part = &image->headers[i];
		const uintptr_t start = (image->bias + part->p_vaddr) & ~(image->page - 1);
		const uintptr_t end =
			(image->bias + part->p_vaddr + part->p_memsz) & ~(image->page - 1);

		if (part->p_type == PT_GNU_RELRO && end > start &&
			mprotect((void *) start, end - start, PROT_READ) < 0)
			return -1;
	}
	return 0;
}

/* Where the kernel thinks that our parts lie, for it wants all of them at once. proc(5), stat. */
static int read_layout(struct prctl_mm_map *ret)
{
	_cleanup_fd_ int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	unsigned long long v[53] = { 0 };
	char text[2048], *word, *next;
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (got <= 0)
		return -1;
	text[got] = '\0';
	/* The name, which is field 2, may hold anything: behind it comes field 3. */
	next = strrchr(text, ')');
	if (next == NULL || next[1] != ' ')
		return -1;
	next += 2;
	for (int field = 3; field <= 51; field++) {
		word = strsep(&next, " ");
		if (word == NULL)
			return -1;
		(void) sscanf(word, "%llu", &v[field]);
	}
	*ret = (struct prctl_mm_map){
		.start_code = v[26],
		.end_code = v[27],
		.start_stack = v[28],
		.start_data = v[45],
		.end_data = v[46],
		.start_brk = v[47],
		.brk = (uint64_t) (uintptr_t) sbrk(0),
		.arg_start = v[48],
		.arg_end = v[49],
		.env_start = v[50],
		.env_end = v[51],
	};
	return 0;
}

/* Lets this process run from the read-only clone without running anew, which costs the loader's work a
 * second time: every mapping of the program's file is replaced by one of the clone's, and then the
 * kernel lets /proc/self/exe name that (prctl(2), PR_SET_MM_MAP; CAP_CHECKPOINT_RESTORE, or
 * CAP_SYS_ADMIN). -1 where it does not; the program runs on as before. */
static int move_over(int tree)
{
	_cleanup_fd_ int file = -1;
	struct prctl_mm_map map;
	struct image image;
	char path[40];

	(void) snprintf(path, sizeof(path), "/proc/self/fd/%d", tree);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0 || !is_sealed(file) || !find_image(&image) || read_layout(&map) < 0)
		return -1;
	for (size_t i = 0; i < image.count; i++)
		if (image.headers[i].p_type == PT_LOAD &&
			remap_segment(&image, &image.headers[i], file) < 0)
			return -1;
	if (protect_again(&image) < 0)
		return -1;
	map.exe_fd = (uint32_t) file;
	return prctl(PR_SET_MM, PR_SET_MM_MAP, (unsigned long) (uintptr_t) &map, sizeof(map), 0UL);
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
	/* The fds are O_CLOEXEC: a new program holds its file by its mapping alone. */
	tree = clone_read_only(exe);
	if (tree >= 0 && move_over(tree) == 0)
		return 0;
	if (tree >= 0)
		(void) syscall(SYS_execveat, tree, "", argv, envp, AT_EMPTY_PATH);
	copy = copy_sealed(exe, err);
	if (copy < 0)
		return -1;
	(void) syscall(SYS_execveat, copy, "", argv, envp, AT_EMPTY_PATH);
	return err_sys(err, "execveat /proc/self/exe");
}

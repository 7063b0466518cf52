/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/bpf.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "kernel/rlimit.h"

static const char program_name[] = "ocirt_devices"; /* at most 15 bytes */

enum { PROGRAMS = 64 }; /* the kernel allows so many at one cgroup */

static long call(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int try_load(const struct bpf_insn *code, size_t count)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uint64_t) (uintptr_t) code;
	attr.insn_cnt = (uint32_t) count;
	attr.license = (uint64_t) (uintptr_t) "GPL";
	memcpy(attr.prog_name, program_name, sizeof(program_name));
	return (int) call(BPF_PROG_LOAD, &attr);
}

/* Kernels before 5.11 count a program as locked memory, and refuse it to a caller with a small limit.
 * The limit is widened for the call alone: the container must not inherit it. A caller who may not
 * widen it gets the first answer again. */
static int load(const struct bpf_insn *code, size_t count, struct err *err)
{
	int fd = try_load(code, count);
	uint64_t soft, hard;

	if (fd < 0 && errno == EPERM && rlimit_get(0, RLIMIT_MEMLOCK, &soft, &hard, err) == 0) {
		if (rlimit_set(0, RLIMIT_MEMLOCK, UINT64_MAX, UINT64_MAX, err) < 0) {
			err_drop(err);
			errno = EPERM;
		} else {
			fd = try_load(code, count);
			if (rlimit_set(0, RLIMIT_MEMLOCK, soft, hard, err) < 0) {
				fd_close(&fd);
				return -1;
			}
		}
	}
	return fd < 0 ? err_sys(err, "load a device program of %zu instructions", count) : fd;
}

static int open_program(uint32_t id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	return (int) call(BPF_PROG_GET_FD_BY_ID, &attr);
}

static int is_ours(int program)
{
	struct bpf_prog_info info;
	union bpf_attr attr;

	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t) program;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uint64_t) (uintptr_t) &info;
	return call(BPF_OBJ_GET_INFO_BY_FD, &attr) == 0 && str_eq(info.name, program_name);
}

/* The one that is attached already, -1 for none. A query that is not allowed finds none. */
static int find_ours(int cgroup)
{
	uint32_t ids[PROGRAMS] = { 0 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t) cgroup;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uint64_t) (uintptr_t) ids;
	attr.query.prog_cnt = PROGRAMS;
	if (call(BPF_PROG_QUERY, &attr) < 0)
		return -1;
	for (uint32_t i = 0; i < attr.query.prog_cnt && i < PROGRAMS; i++) {
		int program = open_program(ids[i]);

		if (program >= 0 && is_ours(program))
			return program;
		fd_close(&program);
	}
	return -1;
}

static int attach(int cgroup, int program, int old, unsigned flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t) cgroup;
	attr.attach_bpf_fd = (uint32_t) program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = flags;
	if ((flags & BPF_F_REPLACE) != 0)
		attr.replace_bpf_fd = (uint32_t) old;
	return (int) call(BPF_PROG_ATTACH, &attr);
}

static int detach(int cgroup, int program)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t) cgroup;
	attr.attach_bpf_fd = (uint32_t) program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	return (int) call(BPF_PROG_DETACH, &attr);
}

int bpf_attach_devices(int cgroup, const struct bpf_insn *code, size_t count, struct err *err)
{
	_cleanup_fd_ int program = load(code, count, err), old = -1;

	if (program < 0)
		return -1;
	old = find_ours(cgroup);
	if (old >= 0) {
		if (attach(cgroup, program, old, BPF_F_ALLOW_MULTI | BPF_F_REPLACE) == 0)
			return 0;
		if (errno != EINVAL)
			return err_sys(err, "replace the device program of a cgroup");
	}
	if (attach(cgroup, program, -1, BPF_F_ALLOW_MULTI) < 0)
		return err_sys(err, "attach a device program to a cgroup");
	if (old >= 0 && detach(cgroup, old) < 0)
		return err_sys(err, "detach the old device program of a cgroup");
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/rlimit.h"

#include <sys/syscall.h>
#include <unistd.h>

/* struct rlimit64 of the kernel: 64 bits whatever libc's rlim_t is. */
struct limit {
	uint64_t soft, hard;
};

int rlimit_set(pid_t pid, int resource, uint64_t soft, uint64_t hard, struct err *err)
{
	const struct limit limit = { soft, hard };

	if (syscall(SYS_prlimit64, pid, resource, &limit, NULL) < 0)
		return err_sys(err, "prlimit resource %d", resource);
	return 0;
}

int rlimit_get(pid_t pid, int resource, uint64_t *ret_soft, uint64_t *ret_hard, struct err *err)
{
	struct limit limit;

	if (syscall(SYS_prlimit64, pid, resource, NULL, &limit) < 0)
		return err_sys(err, "prlimit resource %d", resource);
	*ret_soft = limit.soft;
	*ret_hard = limit.hard;
	return 0;
}

int rlimit_lift(int resource, uint64_t soft, uint64_t *ret_before, struct err *err)
{
	uint64_t before, hard;

	if (rlimit_get(0, resource, &before, &hard, err) < 0)
		return -1;
	if (soft > hard)
		soft = hard;
	if (before >= soft)
		return 0;
	if (rlimit_set(0, resource, soft, hard, err) < 0)
		return -1;
	*ret_before = before;
	return 1;
}

int rlimit_lower(int resource, uint64_t before, struct err *err)
{
	uint64_t soft, hard;

	if (rlimit_get(0, resource, &soft, &hard, err) < 0)
		return -1;
	return rlimit_set(0, resource, before, hard, err);
}

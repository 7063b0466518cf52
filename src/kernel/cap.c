/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/cap.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CAPS_MAX = 63 };

static int bounding_has(int cap)
{
	return prctl(PR_CAPBSET_READ, (unsigned long) cap, 0UL, 0UL, 0UL);
}

int cap_last(void)
{
	int low = 0, high = CAPS_MAX + 1;

	/* The kernel knows 0 to some N: half the distance each time. */
	while (high - low > 1) {
		int middle = (low + high) / 2;

		if (bounding_has(middle) >= 0)
			low = middle;
		else
			high = middle;
	}
	return low;
}

int cap_drop_bounding(uint64_t keep, struct err *err)
{
	for (int cap = 0; cap <= CAPS_MAX; cap++) {
		if ((keep >> cap & 1) != 0 ||
			prctl(PR_CAPBSET_DROP, (unsigned long) cap, 0UL, 0UL, 0UL) == 0)
			continue;
		/* Behind the last one that the kernel knows. */
		if (errno == EINVAL)
			return 0;
		/* Without the right to drop it may be gone all the same. */
		if (errno != EPERM || bounding_has(cap) > 0)
			return err_num(err, EPERM, "prctl PR_CAPBSET_DROP %d", cap);
	}
	return 0;
}

int cap_keep(bool keep, struct err *err)
{
	if (prctl(PR_SET_KEEPCAPS, keep ? 1UL : 0UL, 0UL, 0UL, 0UL) < 0)
		return err_sys(err, "prctl PR_SET_KEEPCAPS");
	return 0;
}

int cap_apply(uint64_t permitted, uint64_t effective, uint64_t inheritable, struct err *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	for (int half = 0; half < 2; half++)
		data[half] = (struct __user_cap_data_struct){
			.permitted = (uint32_t) (permitted >> (32 * half)),
			.effective = (uint32_t) (effective >> (32 * half)),
			.inheritable = (uint32_t) (inheritable >> (32 * half)),
		};
	if (syscall(SYS_capset, &header, data) < 0)
		return err_sys(err, "capset");
	return 0;
}

int cap_ambient(uint64_t ambient, struct err *err)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0UL, 0UL, 0UL) < 0)
		return err_sys(err, "prctl PR_CAP_AMBIENT_CLEAR_ALL");
	for (int cap = 0; cap <= CAPS_MAX; cap++)
		if ((ambient >> cap & 1) != 0 &&
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, (unsigned long) cap, 0UL, 0UL) <
				0)
			return err_sys(err, "prctl PR_CAP_AMBIENT_RAISE %d", cap);
	return 0;
}

static int get_sets(uint64_t *permitted, uint64_t *effective, uint64_t *inheritable)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &header, data) < 0)
		return -1;
	*permitted = data[0].permitted | (uint64_t) data[1].permitted << 32;
	*effective = data[0].effective | (uint64_t) data[1].effective << 32;
	*inheritable = data[0].inheritable | (uint64_t) data[1].inheritable << 32;
	return 0;
}

int cap_check(uint64_t permitted, uint64_t effective, uint64_t inheritable, struct err *err)
{
	const uint64_t want[3] = { permitted, effective, inheritable };
	static const char *const names[3] = { "permitted", "effective", "inheritable" };
	uint64_t have[3];

	if (get_sets(&have[0], &have[1], &have[2]) < 0)
		return err_sys(err, "capget");
	for (int i = 0; i < 3; i++)
		if (have[i] != want[i])
			return err_set(err, ERR_SYSTEM,
				"capset: the %s set is 0x%llx instead of 0x%llx", names[i],
				(unsigned long long) have[i], (unsigned long long) want[i]);
	return 0;
}

bool cap_effective(int cap)
{
	uint64_t permitted, effective, inheritable;

	return cap >= 0 && cap <= CAPS_MAX && get_sets(&permitted, &effective, &inheritable) == 0 &&
		(effective >> cap & 1) != 0;
}

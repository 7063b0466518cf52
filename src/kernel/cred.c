/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/cred.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

static int set_failed(const char *call, uint32_t id, struct err *err)
{
	if (errno == EINVAL) {
		(void) err_num(err, EINVAL, "%s %u", call, id);
		return err_ctx(err, "id %u is not mapped in the user namespace", id);
	}
	return err_sys(err, "%s %u", call, id);
}

int cred_set_ids(uint32_t uid, uint32_t gid, struct err *err)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	/* The group first: without uid 0 there is no right to change it any more. */
	if (setresgid(gid, gid, gid) < 0)
		return set_failed("setresgid", gid, err);
	if (setresuid(uid, uid, uid) < 0)
		return set_failed("setresuid", uid, err);
	if (getresuid(&ruid, &euid, &suid) < 0 || getresgid(&rgid, &egid, &sgid) < 0)
		return err_sys(err, "getresuid");
	if (ruid != uid || euid != uid || suid != uid || rgid != gid || egid != gid || sgid != gid)
		return err_set(err, ERR_SYSTEM, "setresuid %u: did not take effect", uid);
	return 0;
}

int cred_set_groups(const uint32_t *groups, size_t count, struct err *err)
{
	_Static_assert(sizeof(gid_t) == sizeof(uint32_t), "a list of groups is passed as it is");
	int have;

	if (setgroups(count, groups) < 0)
		return err_sys(err, "setgroups");
	/* The kernel sorts the list, so only its length is compared. */
	have = getgroups(0, NULL);
	if (have < 0)
		return err_sys(err, "getgroups");
	if ((size_t) have != count)
		return err_set(err, ERR_SYSTEM, "setgroups: did not take effect");
	return 0;
}

bool cred_has_groups(void)
{
	return getgroups(0, NULL) != 0;
}

uint32_t cred_umask(uint32_t mask)
{
	return (uint32_t) umask((mode_t) mask);
}

int cred_drop_groups(struct err *err)
{
	if (cred_set_groups(NULL, 0, err) == 0)
		return 0;
	if (err->num != EPERM)
		return -1;
	err_drop(err);
	return 0;
}

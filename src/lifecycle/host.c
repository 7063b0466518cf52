/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <unistd.h>

#include "base/facts.h"
#include "base/fd.h"
#include "base/str.h"
#include "kernel/exeseal.h"
#include "kernel/facts.h"
#include "kernel/procfs.h"
#include "lifecycle/lifecycle.h"

int lifecycle_seal(char **argv, char **envp, struct err *err)
{
	return exeseal_ensure(argv, envp, err);
}

/* runc's rule: root of a user namespace has no /run of its own, unless it calls itself root. */
static int honours_runtime_dir(bool *ret, struct err *err)
{
	const char *user = getenv("USER");
	_cleanup_fd_ int procfs = -1;
	struct facts facts = { 0 };

	*ret = geteuid() != 0;
	if (*ret || (user != NULL && str_eq(user, "root")))
		return 0;
	procfs = procfs_open(err);
	if (procfs < 0 || facts_probe(procfs, &facts, err) < 0)
		return -1;
	*ret = facts.in_user_ns;
	return 0;
}

int lifecycle_default_root(struct arena *arena, const char **ret, struct err *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	bool honour;

	if (honours_runtime_dir(&honour, err) < 0)
		return -1;
	if (!honour)
		*ret = "/run/ocirt";
	else if (runtime != NULL && runtime[0] != '\0')
		*ret = arena_printf(arena, "%s/ocirt", runtime);
	else if (geteuid() == 0)
		return err_set(err, ERR_USAGE,
			"neither --root nor XDG_RUNTIME_DIR is set, and this user namespace has no "
			"/run "
			"of its own");
	else
		*ret = arena_printf(arena, "/run/user/%u/ocirt", geteuid());
	return 0;
}

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

/* Root of a user namespace that somebody else entered for us has no /run of its own. */
int lifecycle_default_root(struct arena *arena, const char **ret, struct err *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	const char *user = getenv("USER");
	bool root = geteuid() == 0;

	if (root && user && !str_eq(user, "root")) {
		_cleanup_fd_ int procfs = procfs_open(err);
		struct facts facts = { 0 };

		if (procfs < 0 || facts_probe(procfs, &facts, err) < 0)
			return -1;
		root = !facts.in_user_ns;
		if (!root && !runtime)
			return err_set(err, ERR_USAGE, "neither --root nor XDG_RUNTIME_DIR is set");
	}
	*ret = root	  ? "/run/ocirt"
		: runtime ? arena_printf(arena, "%s/ocirt", runtime)
			  : arena_printf(arena, "/run/user/%u/ocirt", geteuid());
	return 0;
}

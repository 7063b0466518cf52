/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
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

/* Where XDG_RUNTIME_DIR is unset: what systemd would have set it to, else a directory that state_root_open
 * accepts from its owner alone. */
static const char *fall_back(struct arena *arena)
{
	const char *run = arena_printf(arena, "/run/user/%u", geteuid());
	struct stat st;

	if (stat(run, &st) == 0 && st.st_uid == geteuid())
		return arena_printf(arena, "%s/ocirt", run);
	return arena_printf(arena, "/tmp/ocirt-%u", geteuid());
}

/* runc's rule: root of a user namespace has no /run of its own, unless it calls itself root or nobody
 * names it another place. A relative XDG_RUNTIME_DIR counts as none (XDG base directory
 * specification). */
int lifecycle_default_root(struct arena *arena, const char **ret, struct err *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	const char *user = getenv("USER");
	bool root = geteuid() == 0;

	if (runtime != NULL && runtime[0] != '/')
		runtime = NULL;
	if (root && runtime != NULL && (user == NULL || !str_eq(user, "root"))) {
		_cleanup_fd_ int procfs = procfs_open(err);
		struct facts facts = { 0 };

		if (procfs < 0 || facts_probe(procfs, &facts, err) < 0)
			return -1;
		root = !facts.in_user_ns;
	}
	/* unshare -Ur: all capabilities, and a /run that belongs to somebody else. */
	if (root && access("/run/ocirt", X_OK) < 0 && (errno != ENOENT || access("/run", W_OK) < 0))
		root = false;
	*ret = root		  ? "/run/ocirt"
		: runtime != NULL ? arena_printf(arena, "%s/ocirt", runtime)
				  : fall_back(arena);
	return 0;
}

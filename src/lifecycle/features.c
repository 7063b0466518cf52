/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The build's, not the one of this folder. */
#include <config.h>

#include "base/arena.h"
#include "base/facts.h"
#include "base/fd.h"
#include "kernel/facts.h"
#include "kernel/procfs.h"
#include "kernel/seccomp.h"
#include "plan/document.h"
#include "lifecycle/lifecycle.h"
#include "ocirt-commit.h"
#include "plan/features.h"

const char *lifecycle_libraries(struct arena *arena)
{
	const char *seccomp = seccomp_library_version(arena);

	return seccomp == NULL ? "" : arena_printf(arena, "libseccomp: %s\n", seccomp);
}

int lifecycle_features(struct arena *arena, char **ret_json, struct err *err)
{
	_cleanup_fd_ int procfs = procfs_open(err);
	const struct ocispec_alloc alloc = document_alloc(arena);
	struct facts facts = { 0 };
	size_t length;

	if (procfs < 0 || facts_probe(procfs, &facts, err) < 0)
		return err_ctx(err, "features");
	*ret_json = ocispec_print(&ocispec_features,
		plan_features(&facts,
			&(struct build_facts){
				PACKAGE_VERSION, OCIRT_COMMIT, seccomp_library_version(arena) },
			arena),
		OCISPEC_PRETTY, &alloc, &length);
	return 0;
}

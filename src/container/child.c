/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/child.h"

#include "base/err.h"
#include "base/log.h"
#include "kernel/ns.h"

void child_end(pid_t pid, int pidfd, uint64_t deadline_ns, const char *what)
{
	struct err late;

	if (ns_end(pid, pidfd, deadline_ns, &late) < 0) {
		log_warning("%s: %s", what, late.text);
		err_drop(&late);
	}
}

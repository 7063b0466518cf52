/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seccomp: linux.seccomp in kernel values. Not the filter: kernel/seccomp.c compiles it. Made by
 * plan_seccomp (parts.h). Follows config-linux.md, "Seccomp", and seccomp(2).
 */
#ifndef OCIRT_PLAN_SECCOMP_H
#define OCIRT_PLAN_SECCOMP_H

#include "base/seccomp-rules.h"

struct seccomp_plan {
	struct seccomp_rules rules;
	unsigned flags; /* SECCOMP_FILTER_FLAG_*, NEW_LISTENER where a rule notifies */
	bool unknown_is_error; /* a name that libseccomp does not know ends create */
	const char *listener_path; /* NULL: no rule notifies */
	const char *listener_metadata; /* NULL: none */
};

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deny: runs a program for which some system calls do not exist, as on a kernel that is too old or in a
 * sandbox that hides them.
 *
 *     deny CALL[,CALL...] PROGRAM ARG...
 *
 * Each CALL answers ENOSYS (or, as CALL=NUMBER, that errno) for the program and all its children.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (argc < 3 || filter == NULL) {
		fprintf(stderr, "usage: deny CALL[=ERRNO][,CALL...] PROGRAM ARG...\n");
		return 125;
	}
	/* Root needs no no_new_privs, and must not get it: setuid programs are tested too. */
	if (geteuid() == 0)
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	for (char *next = argv[1], *name; (name = strsep(&next, ",")) != NULL;) {
		char *number = strchr(name, '=');
		int num = number != NULL ? (int) strtol(number + 1, NULL, 10) : ENOSYS;
		int call;

		if (number != NULL)
			*number = '\0';
		call = seccomp_syscall_resolve_name(name);
		if (call == __NR_SCMP_ERROR ||
			seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t) num), call, 0) != 0) {
			fprintf(stderr, "deny: no rule for %s\n", name);
			return 125;
		}
	}
	if (seccomp_load(filter) != 0) {
		perror("deny: seccomp");
		return 125;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 125;
}

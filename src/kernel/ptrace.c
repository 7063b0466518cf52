/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ptrace.h"

#include <errno.h>
#include <poll.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "base/time.h"

enum { POLL_MS = 1 };

int ptrace_hold(pid_t tid, struct err *err)
{
	if (ptrace(PTRACE_SEIZE, tid, NULL, (void *) PTRACE_O_EXITKILL) < 0)
		return err_sys(err, "ptrace seize %d", (int) tid);
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0)
		return err_sys(err, "ptrace interrupt %d", (int) tid);
	return 0;
}

int ptrace_stopped(pid_t tid, uint64_t deadline_ns, struct err *err)
{
	for (;;) {
		int status;
		const pid_t got = waitpid(tid, &status, __WALL | WNOHANG);

		if (got < 0 && errno != EINTR)
			return err_sys(err, "waitpid %d", (int) tid);
		if (got == tid && WIFSTOPPED(status))
			return 0;
		if (got == tid)
			return err_num(err, ESRCH, "waitpid %d", (int) tid);
		if (time_poll_ms(deadline_ns) == 0)
			return err_set(err, ERR_TIMEOUT, "process %d does not stop", (int) tid);
		(void) poll(NULL, 0, POLL_MS);
	}
}

int ptrace_filter(pid_t tid, size_t index, struct arena *arena, const struct sock_filter **ret,
	size_t *ret_count, struct err *err)
{
	struct sock_filter *code;
	const long count = ptrace(PTRACE_SECCOMP_GET_FILTER, tid, (void *) index, NULL);

	if (count < 0 && errno == ENOENT)
		return 0;
	if (count < 0)
		return err_sys(err, "ptrace get-filter %d", (int) tid);
	code = arena_array(arena, (size_t) count, sizeof(*code));
	/* A program once loaded keeps its length. */
	if (ptrace(PTRACE_SECCOMP_GET_FILTER, tid, (void *) index, code) != count)
		return err_sys(err, "ptrace get-filter %d", (int) tid);
	*ret = code;
	*ret_count = (size_t) count;
	return 1;
}

void ptrace_let_go(pid_t tid)
{
	(void) ptrace(PTRACE_DETACH, tid, NULL, NULL); /* ESRCH: it has ended */
}

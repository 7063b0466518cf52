/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/seccomp.h"

#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/time.h"
#include "container/proc.h"
#include "kernel/ns.h"
#include "kernel/rlimit.h"
#include "kernel/seccomp.h"
#include "plan/filter.h"
#include "plan/seccomp.h"

/* libseccomp's time for one profile, of which it needs a hundredth: of the processor, so that a busy machine
 * refuses none, and by the clock. */
enum { LIBRARY_CPU_S = 2, LIBRARY_MS = 120 * 1000 };

struct filter_box {
	unsigned flags;
	unsigned short count;
	struct sock_filter code[BPF_MAXINSNS];
	struct err err; /* why there is no program */
};

/* To allow a call that does not exist changes nothing. To refuse one that is only too new for the
 * library must not get lost in silence. */
static int note_unknown(const struct seccomp_plan *plan, const int *numbers, struct err *err)
{
	const struct seccomp_rules *rules = &plan->rules;

	for (size_t i = 0; i < rules->rule_count; i++) {
		const struct seccomp_rule *rule = &rules->rules[i];

		if (plan->unknown_is_error && numbers[i] == -1 && !seccomp_knows(rule->name))
			return err_at(err, "/linux/seccomp/syscalls",
				"libseccomp does not know \"%s\"", rule->name);
		if (numbers[i] == -1 && rule->action != SECCOMP_RET_ALLOW &&
			rule->action != rules->default_action && !seccomp_knows(rule->name))
			log_warning("seccomp: libseccomp does not know %s: its rule is left out",
				rule->name);
	}
	return 0;
}

__attribute__((noreturn)) static void compile_as_child(const struct seccomp_rules *rules,
	pid_t parent, struct filter_box *box, struct arena *arena)
{
	struct proc_filter filter = { .flags = 0 };

	if (ns_die_with(parent, &box->err) < 0 ||
		rlimit_set(0, RLIMIT_CPU, LIBRARY_CPU_S, LIBRARY_CPU_S, &box->err) < 0 ||
		seccomp_compile(rules, arena, &filter.code, &filter.count, &box->err) < 0)
		_exit(1);
	filter_box_put(box, &filter);
	_exit(0);
}

/* By libseccomp, in a process of its own: its tree of conditions (2.5.4) never ends for some profiles. */
static int compile_apart(const struct seccomp_plan *plan, struct arena *arena,
	struct proc_filter *filter, struct err *err)
{
	__attribute__((cleanup(filter_box_done))) struct filter_box *box = NULL;
	_cleanup_fd_ int pidfd = -1;
	const pid_t parent = getpid();
	struct sock_filter *code;
	siginfo_t info = { 0 };
	struct err ignored;
	pid_t pid;
	int ended, sig;

	if (filter_box_new(plan, &box, err) < 0)
		return -1;
	pid = ns_clone(0, -1, &pidfd, err);
	if (pid < 0)
		return -1;
	if (pid == 0)
		compile_as_child(&plan->rules, parent, box, arena);
	ended = ns_pidfd_wait(pidfd, time_deadline_ms(LIBRARY_MS), err);
	if (ended <= 0 && ns_pidfd_send(pidfd, SIGKILL, &ignored) < 0)
		err_drop(&ignored);
	if (ns_reap_soon(pid, pidfd, &info, err) < 0 || ended < 0)
		return -1;
	sig = info.si_code == CLD_EXITED ? 0 : info.si_status;
	if (sig == SIGKILL || sig == SIGXCPU)
		return err_set(err, ERR_TIMEOUT,
			"libseccomp does not get done with this profile in %d seconds",
			LIBRARY_CPU_S);
	if (sig != 0)
		return err_set(err, ERR_CHILD, "libseccomp was ended by signal %d", sig);
	if (info.si_status != 0) {
		*err = box->err;
		return -1;
	}
	code = arena_array(arena, box->count, sizeof(*code));
	memcpy(code, box->code, box->count * sizeof(*code));
	filter->code = code;
	filter->count = box->count;
	return 0;
}

int seccomp_filter_make(const struct seccomp_plan *plan, struct arena *arena,
	struct proc_filter *ret, struct err *err)
{
	struct proc_filter filter = { .listener_socket = -1 };
	struct filter_arch *archs;
	uint32_t *tokens;
	size_t count;

	*ret = filter;
	if (plan == NULL)
		return 0;
	filter.flags = plan->flags;
	seccomp_archs(&plan->rules, arena, &tokens, &count);
	archs = arena_array(arena, count, sizeof(*archs));
	for (size_t i = 0; i < count; i++) {
		int *numbers = arena_array(arena, plan->rules.rule_count, sizeof(*numbers));

		seccomp_numbers(&plan->rules, tokens[i], numbers);
		archs[i] = (struct filter_arch){ tokens[i], numbers };
	}
	if (note_unknown(plan, archs[0].numbers, err) < 0)
		return -1;
	if (filter_compile(&plan->rules, archs, count, arena, &filter.code, &filter.count) != 0 &&
		compile_apart(plan, arena, &filter, err) < 0)
		return err_place(err, "/linux/seccomp");
	*ret = filter;
	return 0;
}

/* ---- the box ------------------------------------------------------------------------------------ */

int filter_box_new(const struct seccomp_plan *plan, struct filter_box **ret, struct err *err)
{
	void *box;

	*ret = NULL;
	if (plan == NULL)
		return 0;
	box = mmap(NULL, sizeof(struct filter_box), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (box == MAP_FAILED)
		return err_sys(err, "mmap seccomp");
	*ret = box;
	return 0;
}

void filter_box_put(struct filter_box *box, const struct proc_filter *filter)
{
	box->flags = filter->flags;
	box->count = filter->count;
	memcpy(box->code, filter->code, filter->count * sizeof(*filter->code));
}

void filter_box_open(const struct filter_box *box, struct proc_filter *filter)
{
	filter->flags = box->flags;
	filter->count = box->count;
	filter->code = box->code;
}

void filter_box_done(struct filter_box **box)
{
	if (*box != NULL)
		(void) munmap(*box, sizeof(**box));
	*box = NULL;
}
